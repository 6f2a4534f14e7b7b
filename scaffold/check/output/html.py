"""The report as one file of HTML that needs nothing else: worst first, remedies open."""

from html import escape
from pathlib import Path

from scaffold import __version__
from scaffold.check.catalog import checks
from scaffold.check.model import Finding, Report, Severity
from scaffold.check.output.text import HAPPENS, total
from scaffold.check.output.words import counted
from scaffold.check.summary import LINES

_STYLE = """
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h2 { margin: 2rem 0 .5rem; font-size: 1.1rem; }
ul.checklist { list-style: none; padding: 0; }
.state { display: inline-block; width: 5.5rem; font-weight: 600; }
.done { color: #1a7f37; } .missing { color: #cf222e; } .unknown { color: #9a6700; }
details { border-top: 1px solid #8884; padding: .5rem 0; }
summary { cursor: pointer; }
code, pre { font: .875rem/1.45 ui-monospace, monospace; }
pre { overflow-x: auto; padding: .5rem; background: #8881; }
@media print {
  body { max-width: none; margin: 0; font-size: 11px; } details { break-inside: avoid; }
}
"""


def render(report: Report, path: Path) -> str:
    """Checklist, findings by family with reason and example, and what could not be decided."""
    title = f"Production checklist of {escape(path.resolve().name)}"
    return "\n".join(
        [
            "<!doctype html>",
            f'<html lang="en"><meta charset="utf-8"><title>{title}</title>',
            '<meta name="viewport" content="width=device-width">',
            f"<style>{_STYLE}</style>",
            f"<h1>{title}</h1>",
            f"<p><b>{escape(total(report))}</b>",
            *_checklist(report),
            *_kinds(report),
            *_unknown(report),
            f"<p>chute-new {__version__}: {counted(report.checked, 'check')}, "
            f"{counted(report.files, 'Python file')}.",
            "</html>",
        ]
    )


def _checklist(report: Report) -> list[str]:
    rows = []
    for line in LINES:
        state = report.summary[line.title]
        rows.append(
            f'<li><span class="state {state}">{state}</span> {escape(line.title)}: '
            f"{escape(line.promise)}"
        )
    return ['<ul class="checklist">', *rows, "</ul>"]


def _kinds(report: Report) -> list[str]:
    lines = []
    for kind in Severity:
        found = [f for f in (*report.findings, *report.warnings) if f.severity is kind]
        if found:
            lines.append(f"<h2>{escape(HAPPENS[kind])} ({len(found)})</h2>")
            lines += [_finding(finding) for finding in found]
    return lines


def _finding(finding: Finding) -> str:
    check = checks()[finding.id]
    return (
        f"<details open><summary><code>{escape(finding.file)}:{finding.line}</code> "
        f"<b>{finding.id}</b> {escape(finding.message)}</summary>"
        f"<p>{escape(check.why)}<p>Fix: {escape(finding.fix)}"
        f"<pre>{escape(check.before)}</pre><pre>{escape(check.after)}</pre></details>"
    )


def _unknown(report: Report) -> list[str]:
    rows = [
        f"<li><code>{escape(u.file)}:{u.line}</code> {u.id}: {escape(u.why)}"
        for u in report.unknown
    ]
    return ["<h2>Could not be decided</h2><ul>", *rows, "</ul>"] if rows else []
