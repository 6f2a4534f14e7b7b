"""The report people read: what happens, worst first, each cause once; one screen unless `every`."""

import shutil
import textwrap
from collections import Counter, defaultdict
from collections.abc import Iterable

from scaffold.check.catalog import checks
from scaffold.check.model import Finding, Report, Severity
from scaffold.check.output.words import counted
from scaffold.check.summary import LINES

SCREEN = 40
_MARK = {"done": "[x]", "missing": "[ ]", "unknown": "[?]"}
HAPPENS = {
    Severity.EXPOSED: "Clients can take it over",
    Severity.REFUSED: "The platform refuses it",
    Severity.BREAKS: "It breaks",
    Severity.COSTS: "It costs money",
    Severity.WEAKENS: "It weakens",
    Severity.STYLE: "Style",
    Severity.ADVICE: "Warnings, which fail nothing",
}
_COUNTED = {
    Severity.EXPOSED: "exposed",
    Severity.REFUSED: "refused",
    Severity.BREAKS: "breaking",
    Severity.COSTS: "costing",
    Severity.WEAKENS: "weakening",
    Severity.STYLE: "of style",
}
# These are always shown; the others as far as the screen goes.
_URGENT = (Severity.EXPOSED, Severity.REFUSED, Severity.BREAKS)
_REASONS = 2
# Lines for the sentence that says what is not shown.
_RESERVED = 3
# More messages than these, of one cause, are left to --all.
_MESSAGES = 3


def render(report: Report, *, every: bool = False) -> str:
    """Plain text, no colours, at most 100 columns."""
    if every:
        body = [line for kind in Severity for line in _section(report, kind, 3)]
        return "\n".join([*body, *_foot(report)]).strip("\n")
    foot = _foot(report)
    room = SCREEN - len(foot)
    body = _urgent(report, room)
    body += _others(report, room - len(body))
    return "\n".join([*body, *foot]).strip("\n")


def _urgent(report: Report, room: int) -> list[str]:
    """Every urgent cause; the worst in as many words as the screen has room for.

    Where not even one line for each fits, the last are ids only.
    """
    groups = [(kind, group) for kind in _URGENT for group in _causes(report, kind)]
    room -= _RESERVED + 2 * len({kind for kind, _ in groups})
    brief = 1
    briefly = [_cause(group, brief) for _, group in groups]
    if sum(map(len, briefly)) > room:
        brief = 0
        groups = [(kind, group) for kind in _URGENT for group in _checks(report, kind)]
        briefly = [_cause(group, brief) for _, group in groups]
    cut = len(groups)
    while cut and sum(map(len, briefly[:cut])) + len(_beyond(groups[cut:])) > room:
        cut -= 1
    left = room - sum(map(len, briefly[:cut])) - len(_beyond(groups[cut:]))
    shown: dict[Severity, list[str]] = {}
    short: dict[str, list[Finding]] = {}
    for (kind, group), lines in zip(groups[:cut], briefly[:cut], strict=True):
        many = len({finding.message for finding in group}) > _MESSAGES
        longer = [_cause(group, detail) for detail in ((2,) if many else (3, 2))]
        told = next((found for found in longer if len(found) - len(lines) <= left), lines)
        left -= len(told) - len(lines)
        if told is lines:
            # In one line, causes of one check differ in nothing but where they are.
            short[group[0].id] = [*short.get(group[0].id, []), *group]
        else:
            shown.setdefault(kind, []).extend(told)
    for group in short.values():
        shown.setdefault(group[0].severity, []).extend(_cause(group, brief))
    kinds = [kind for kind in _URGENT if kind in shown]
    body = [row for kind in kinds for row in ("", _head(report, kind), *shown[kind])]
    return [*body, *_beyond(groups[cut:])]


def _beyond(groups: list[tuple[Severity, list[Finding]]]) -> list[str]:
    """The ids of what has no room."""
    ids = list(dict.fromkeys(group[0].id for _, group in groups))
    return _wrapped(f"And, with --all: {', '.join(ids)}.", 2) if ids else []


def _others(report: Report, room: int) -> list[str]:
    """What is not urgent: whole kinds while they fit, and how many there are of the rest."""
    shown: list[str] = []
    hidden: list[Severity] = []
    for kind in Severity:
        if kind in _URGENT or not _of(report, kind):
            continue
        fits = [
            section
            for section in (_section(report, kind, detail) for detail in (3, 2, 1))
            if len(shown) + len(section) <= room - _RESERVED
        ]
        if fits and not hidden:
            shown += fits[0]
        else:
            hidden.append(kind)
    if hidden:
        counts = [f"{HAPPENS[kind].lower()}: {len(_of(report, kind))}" for kind in hidden]
        shown += ["", *_wrapped(f"Not shown here, with --all: {', '.join(counts)}.", 0)]
    return shown


def _of(report: Report, kind: Severity) -> list[Finding]:
    return [f for f in (*report.findings, *report.warnings) if f.severity is kind]


def _section(report: Report, kind: Severity, detail: int) -> list[str]:
    lines = [line for group in _causes(report, kind) for line in _cause(group, detail)]
    return ["", _head(report, kind), *lines] if lines else []


def _head(report: Report, kind: Severity) -> str:
    return f"{HAPPENS[kind]} ({len(_of(report, kind))})"


def _causes(report: Report, kind: Severity) -> list[list[Finding]]:
    """The findings of one kind, those with one remedy together."""
    causes: dict[tuple[str, str], list[Finding]] = defaultdict(list)
    for finding in _of(report, kind):
        causes[finding.id, finding.fix].append(finding)
    return list(causes.values())


def _checks(report: Report, kind: Severity) -> list[list[Finding]]:
    """The findings of one kind, those of one check together, whatever their remedies."""
    found: dict[str, list[Finding]] = defaultdict(list)
    for finding in _of(report, kind):
        found[finding.id].append(finding)
    return list(found.values())


def _cause(group: list[Finding], detail: int) -> list[str]:
    """One check with every place it found something: title, what, and the remedy.

    `detail` 3 is all of it; 2 one message and a sentence of the remedy; 1 the title and the
    places; 0 the title and the first place.
    """
    first = group[0]
    messages = list(dict.fromkeys(finding.message for finding in group))
    head = f"{first.id}  {checks()[first.id].title}: "
    if detail == 0:
        return _wrapped(head + _first_place(group), 2, 8)
    if detail == 1:
        return _wrapped(head + _places(group), 2, 8)
    lines = _wrapped(head + _places(group), 2, 8)
    shown = messages if detail == 3 else messages[:1]
    for message in shown:
        lines += _wrapped(message, 8)
    fix = first.fix if detail == 3 else first.fix.partition(". ")[0].rstrip(".") + "."
    return [*lines, *_wrapped(f"Fix: {fix}", 8)]


def _first_place(group: list[Finding]) -> str:
    places = list(dict.fromkeys((finding.file, finding.line) for finding in group))
    more = f" and {len(places) - 1} more" if len(places) > 1 else ""
    return f"{places[0][0]}:{places[0][1]}{more}"


def _places(group: Iterable[Finding]) -> str:
    """`chute.py:3, 14 and other.py:2`."""
    files: dict[str, list[int]] = defaultdict(list)
    for finding in group:
        if finding.line not in files[finding.file]:
            files[finding.file].append(finding.line)
    return "; ".join(f"{file}:{', '.join(map(str, lines))}" for file, lines in files.items())


def _wrapped(text: str, indent: int, hanging: int | None = None) -> list[str]:
    width = min(shutil.get_terminal_size().columns, 100)
    return textwrap.wrap(
        text,
        width,
        initial_indent=" " * indent,
        subsequent_indent=" " * (indent if hanging is None else hanging),
        break_on_hyphens=False,
        break_long_words=False,
    )


def _foot(report: Report) -> list[str]:
    lines = [""]
    for line in LINES:
        lines.append(f"{_MARK[report.summary[line.title]]} {line.title}: {line.promise}")
    lines.append("")
    for note in report.notes[:_REASONS]:
        lines += _wrapped(f"{note}.", 0)
    lines += _unknown(report)
    return [*lines, *_wrapped(total(report), 0)]


def _unknown(report: Report) -> list[str]:
    """At how many places nothing could be decided, and the reasons as people say them."""
    if not report.unknown:
        return []
    reasons = Counter(unknown.why for unknown in report.unknown).most_common()
    lines = [f"Undecided at {counted(len(report.unknown), 'place')}:"]
    for why, count in reasons[:_REASONS]:
        lines += _wrapped(f"{why} ({count} times)" if count > 1 else why, 2, 4)
    rest = len(reasons) - _REASONS
    if rest > 0:
        lines.append(f"  and {counted(rest, 'more reason')}, with --format json")
    return lines


def total(report: Report) -> str:
    """How many findings of which severity there are, in a sentence or two."""
    counts = Counter(finding.severity for finding in report.findings)
    kinds = [f"{counts[kind]} {word}" for kind, word in _COUNTED.items() if counts[kind]]
    parts = [counted(len(report.findings), "finding") + (f" ({', '.join(kinds)})" if kinds else "")]
    parts.append(counted(len(report.warnings), "warning"))
    if report.waived:
        parts.append(f"{report.waived} waived")
    if report.baselined:
        parts.append(f"{report.baselined} in the baseline")
    scope = f"{counted(report.checked, 'check')} over {counted(report.files, 'Python file')}"
    total = f"{', '.join(parts)}; {scope}."
    return f"{total} `chute-new check --explain ID` tells more." if report.findings else total
