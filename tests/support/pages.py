"""Runs the commands of a page of the documentation as they stand there, and compares what they say.

In a page a block marked `sh` is what a reader types. Where a block marked `text` follows at once,
it is what they see then; `...` in it stands for any text, lines included. A block with a title is a
file of that name. Blocks after a comment that begins with `not run` need what no test has, such as
an account. All blocks of a page run in one shell.
"""

import doctest
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

BLOCK = re.compile(
    r'^(?P<aside><!-- not run: [^>]+ -->\n)?^```(?P<kind>\w+)(?: title="(?P<title>[^"]+)")?\n'
    r"(?P<text>.*?)^```\n(?:\n```text\n(?P<said>.*?)^```\n)?",
    re.DOTALL | re.MULTILINE,
)
END = "\x1e"


@dataclass(frozen=True)
class Block:
    """One block: what is typed, or what is in a file, and what is seen then."""

    kind: str
    text: str
    said: str | None = None
    title: str | None = None
    aside: bool = False


def blocks(page: str) -> list[Block]:
    """The blocks of a page, in order."""
    return [
        Block(
            found["kind"], found["text"], found["said"], found["title"], found["aside"] is not None
        )
        for found in BLOCK.finditer(page)
    ]


def typed(page: str, *, aside: bool) -> list[Block]:
    """The blocks that a reader types: those that are run, or those that are not."""
    return [block for block in blocks(page) if block.kind == "sh" and block.aside == aside]


class Shell:
    """A reader's shell in a folder: what they change stays for the next block."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self.process = subprocess.Popen(
            ["bash", "--noprofile", "--norc"],
            cwd=folder,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.input, self.output = self.process.stdin, self.process.stdout
        self.input.write("set -E; trap 'failed=$?' ERR\n")

    def run(self, text: str) -> tuple[str, int]:
        """What a block says, on both streams, and the status of the last command that failed."""
        self.input.write(f"failed=0\n{{ {text}\n}} </dev/null\nprintf '{END}%s\\n' \"$failed\"\n")
        self.input.flush()
        return self._answer()

    def _answer(self) -> tuple[str, int]:
        said: list[str] = []
        for line in self.output:
            before, end, status = line.partition(END)
            said.append(before)
            if end:
                return "".join(said), int(status)
        raise AssertionError(f"the shell ended: {''.join(said)}")

    def end(self) -> None:
        """End it."""
        self.input.close()
        self.output.close()
        self.process.wait(timeout=30)


def matches(said: str, seen: str) -> bool:
    """Whether what was said is what the page shows."""
    flags = doctest.ELLIPSIS
    return doctest.OutputChecker().check_output(seen.rstrip() + "\n", said.rstrip() + "\n", flags)


def follow(page: str, folder: Path, environment: dict[str, str]) -> Iterator[tuple[Block, str]]:
    """Do what a page says: each block that is run, with what it said.

    No command may fail but one that tells so itself: `COMMAND || echo "exit code $?"`.
    """
    shell = Shell(folder, environment)
    try:
        for block in blocks(page):
            if block.aside:
                continue
            if block.title:
                target = folder / block.title
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_text(block.text, encoding="utf-8")
            elif block.kind == "sh":
                said, status = shell.run(block.text)
                assert status == 0, f"status {status} of\n{block.text}\n{said}"
                yield block, said
    finally:
        shell.end()
