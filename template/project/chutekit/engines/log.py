"""The engine's output: in its own words until it is ready, afterwards only what cannot be a prompt.

Before the first request an engine's lines are the best explanation of a failed start. Once it
serves, a traceback or a warning may quote what a client wrote, so of each line only its level and
place, a traceback's frames and the type of an exception are kept.
"""

from __future__ import annotations

import re
from collections import defaultdict, deque

from chutekit.serving import logs

KEPT_LINES = 40
LONGEST_LINE = 300
#: More than engines have; what a client wrote can name any number.
MOST_PROCESSES = 64

PROCESS = re.compile(r"^\((\w{1,64}) pid=\d+\) ?")
# Each takes time that grows with the line, not with its square: a client may have written it.
LEVEL = re.compile(r"\b(WARNING|ERROR|CRITICAL)\b")
PLACE = re.compile(r"\b\w+\.py:\d+")
FRAME = re.compile(r'File "([^"]+\.py)", line (\d+), in ([\w<>]+)')
EXCEPTION = re.compile(r"(?:^|[\s:])((?:\w+\.)*[A-Z]\w*(?:Error|Exception|Interrupt|Exit))\b")


class EngineLog:
    """The last lines of each of an engine's processes, fit for our log.

    When one of them fails the others complain at length, so each has its own lines.
    """

    def __init__(self) -> None:
        self._lines: defaultdict[str, deque[str]] = defaultdict(lambda: deque(maxlen=KEPT_LINES))
        self._serving = False

    def add(self, line: str) -> None:
        """Keep one line of output, or of a line written while serving what `safe` leaves of it."""
        named = PROCESS.match(line)
        text = line[named.end() :] if named else line
        kept = safe(text) if self._serving else text.rstrip()
        if kept:
            name = named[1] if named else "main"
            known = name in self._lines or len(self._lines) < MOST_PROCESSES
            self._lines[name if known else "main"].append(kept[:LONGEST_LINE])

    def serving(self) -> None:
        """From now on lines may quote requests; those from before are no longer of interest."""
        self._lines.clear()
        self._serving = True

    def tell(self) -> None:
        """Write what is kept to our log, an event for each process."""
        for process, lines in self._lines.items():
            logs.event("engine_output", "error", process=process, lines=list(lines))
        self._lines.clear()


def safe(line: str) -> str | None:
    """Return what a line says about the engine itself, or None when that is nothing."""
    if frame := FRAME.search(line):
        path, number, function = frame.groups()
        return f"{'/'.join(path.split('/')[-2:])}:{number} {function}"
    said = []
    if (level := LEVEL.search(line)) and (place := PLACE.search(line, level.end())):
        said += [level[0], place[0]]
    if exception := EXCEPTION.search(line):
        said.append(exception[1])
    return " ".join(said) or None
