"""The report people read: the checklist, then findings by family."""

import shutil
import textwrap
from collections import defaultdict

from scaffold.check.catalog import FAMILIES
from scaffold.check.model import Finding, Report
from scaffold.check.summary import LINES

_MARK = {"done": "[x]", "missing": "[ ]", "unknown": "[?]"}


def render(report: Report) -> str:
    """Plain text, no colours, at most 100 columns."""
    lines = [f"{_MARK[report.summary[line.title]]} {line.title}: {line.promise}" for line in LINES]
    lines += _grouped(report.findings)
    if report.warnings:
        lines += ["", "Warnings"]
        lines += [text for warning in report.warnings for text in _finding(warning)]
    lines += _unknown(report)
    return "\n".join([*lines, "", _total(report)])


def _grouped(findings: tuple[Finding, ...]) -> list[str]:
    lines = []
    for prefix, (title, _) in FAMILIES.items():
        mine = [finding for finding in findings if finding.id.startswith(prefix)]
        if mine:
            lines += ["", title]
            shown = set()
            for finding in mine:
                lines += _finding(finding)
                if finding.id not in shown:
                    lines += _wrapped(f"fix: {finding.fix}", 6)
                    shown.add(finding.id)
    return lines


def _finding(finding: Finding) -> list[str]:
    where = f"  {finding.file}:{finding.line}  {finding.id} {finding.severity}"
    return [where, *_wrapped(finding.message, 4)]


def _wrapped(text: str, indent: int) -> list[str]:
    width = min(shutil.get_terminal_size().columns, 100)
    return textwrap.wrap(
        text,
        width,
        initial_indent=" " * indent,
        subsequent_indent=" " * indent,
        break_on_hyphens=False,
        break_long_words=False,
    )


def _unknown(report: Report) -> list[str]:
    reasons: dict[str, list[str]] = defaultdict(list)
    for unknown in report.unknown:
        if unknown.id not in reasons[unknown.why]:
            reasons[unknown.why].append(unknown.id)
    if not reasons:
        return []
    lines = ["", "Could not be decided"]
    for why, ids in reasons.items():
        lines += _wrapped(f"{', '.join(ids)}: {why}", 2)
    return lines


def _total(report: Report) -> str:
    parts = [
        f"{len(report.findings)} findings",
        f"{len(report.warnings)} warnings",
        f"{len(report.unknown)} undecided",
    ]
    if report.waived:
        parts.append(f"{report.waived} waived")
    if report.baselined:
        parts.append(f"{report.baselined} in the baseline")
    total = f"{', '.join(parts)}; {report.checked} checks over {report.files} Python files."
    return f"{total} `chute-new check --explain ID` tells more." if report.findings else total
