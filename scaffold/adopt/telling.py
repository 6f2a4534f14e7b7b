"""What was carried, changed and left, for people: on the terminal and in ADOPTED.md."""

import inspect
from collections.abc import Iterator

from scaffold.adopt.ledger import Entry, Fate, Ledger
from scaffold.answers.secrets import redact
from scaffold.runtime import report

NAME = "ADOPTED.md"
TITLES = {
    Fate.CARRIED: ("Carried over", "It is in this repository as it was."),
    Fate.CHANGED: ("Changed, and why", "The last column is the id of the check that asks for it."),
    Fate.LEFT: ("Left for you", "It could not be seen or decided; each says what to do."),
}


def document(ledger: Ledger, prototype: str, about: str = "") -> str:
    """ADOPTED.md; `about` is what the prototype says of itself."""
    rows = [
        f"# Adopted from {prototype}",
        "",
        "What became of each part of the prototype, which was read and never run. Places are its "
        "files and lines. Once the last list is done, this file can go.",
    ]
    if about.strip():
        rows += ["", "It said of itself:", "", "```text", *_dedented(about), "```"]
    for fate, (title, told) in TITLES.items():
        entries = list(ledger.of(fate))
        rows += ["", f"## {title}", "", told if entries else "Nothing."]
        if entries:
            rows += ["", *_table(fate, entries)]
    return "\n".join(rows) + "\n"


def _dedented(text: str) -> list[str]:
    rows = inspect.cleandoc(redact(text)).replace("```", "~~~").split("\n")
    return ["".join(filter(str.isprintable, row)) for row in rows]


def _table(fate: Fate, entries: list[Entry]) -> Iterator[str]:
    heads = {
        Fate.CARRIED: ("what", "from", "to"),
        Fate.CHANGED: ("what", "from", "now", "why", "check"),
        Fate.LEFT: ("what", "from", "what to do", "check"),
    }[fate]
    yield f"| {' | '.join(heads)} |"
    yield f"| {' | '.join('---' for _ in heads)} |"
    for each in entries:
        cells = {
            Fate.CARRIED: (each.what, each.origin, each.to),
            Fate.CHANGED: (each.what, each.origin, each.to, each.why, each.check),
            Fate.LEFT: (each.what, each.origin, each.why, each.check),
        }[fate]
        yield f"| {' | '.join(map(_cell, cells))} |"


def _cell(text: str) -> str:
    text = "".join(letter if letter.isprintable() else " " for letter in text)
    for mark in ("\\", "|", "`", "*", "_", "<", "{"):
        text = text.replace(mark, f"\\{mark}")
    return " ".join(text.split())


def lines(ledger: Ledger) -> list[str]:
    """For a terminal: how much was carried, and the rest one by one."""
    counts = {fate: list(ledger.of(fate)) for fate in Fate}
    found = [
        "",
        f"Carried over: {len(counts[Fate.CARRIED])}. Changed: {len(counts[Fate.CHANGED])}. "
        f"Left for you: {len(counts[Fate.LEFT])}. All of it is in {NAME}.",
    ]
    for fate in (Fate.CHANGED, Fate.LEFT):
        if counts[fate]:
            rows = [report.filled(_line(each), "  ", "    ") for each in counts[fate]]
            found += ["", f"{TITLES[fate][0]}:", *rows]
    return found


def _line(entry: Entry) -> str:
    check = f" [{entry.check}]" if entry.check else ""
    now = f" -> {entry.to}" if entry.to else ""
    return f"{entry.origin}: {entry.what}{now}: {entry.why}{check}"
