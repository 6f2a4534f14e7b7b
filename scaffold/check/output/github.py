"""Annotations for GitHub's log, and a summary of everything.

A step shows ten errors and ten warnings at most, so the worst come first.
"""

from scaffold.check.model import Finding, Report, Severity
from scaffold.check.output.words import counted
from scaffold.runtime import streams

_KIND = {
    Severity.EXPOSED: "error",
    Severity.REFUSED: "error",
    Severity.BREAKS: "error",
    Severity.COSTS: "warning",
    Severity.WEAKENS: "warning",
    Severity.STYLE: "notice",
    Severity.ADVICE: "notice",
}
_SHOWN = 10


def render(report: Report) -> str:
    """Workflow commands, ten of a kind, and a last line that counts all of them."""
    shown = dict.fromkeys(_KIND.values(), 0)
    lines = []
    for finding in (*report.findings, *report.warnings):
        kind = _KIND[finding.severity]
        shown[kind] += 1
        if shown[kind] <= _SHOWN:
            lines.append(_annotation(kind, finding))
    hidden = sum(max(0, count - _SHOWN) for count in shown.values())
    more = f", {hidden} of them not shown here" if hidden else ""
    findings, warnings = counted(len(report.findings), "finding"), len(report.warnings)
    lines.append(f"chute-new: {findings}, {counted(warnings, 'warning')}{more}")
    return "\n".join(lines)


def _annotation(kind: str, finding: Finding) -> str:
    message = _escaped(f"{finding.message}\nFix: {finding.fix}")
    file = _escaped(finding.file).replace(":", "%3A").replace(",", "%2C")
    return f"::{kind} file={file},line={finding.line},title={finding.id}::{message}"


def _escaped(text: str) -> str:
    text = streams.plain(text, commands=True)
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
