"""Work grows with what is checked, not with its square: counted in calls, not in seconds."""

import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType

import pytest

from scaffold.check.engine import examine
from support.checking import GOOD, HEAD

CORD = """

@chute.cord(public_api_path="/x{n}")
async def x{n}(self, args: Args):
    logger.info("{n}")
    return helper{n}(self, args.prompt)


def helper{n}(me, prompt):
    try:
        return {{"parts": [part.strip() for part in prompt.split(",")], "of": me.pipe}}
    except Exception as error:
        raise HTTPException(status_code=400, detail=str(error))
"""
START = """from fastapi import HTTPException
from loguru import logger
from pydantic import BaseModel


class Args(BaseModel):
    prompt: str

"""


def in_one_file(folder: Path, count: int) -> None:
    """One chute with that many cords."""
    cords = "".join(CORD.format(n=n) for n in range(count))
    text = f"{HEAD}{START}\nchute = {GOOD})\n{cords}"
    (folder / "chute.py").write_text(text, encoding="utf-8")


def in_many_files(folder: Path, count: int) -> None:
    """That many chutes, each in a folder of its own."""
    for number in range(count):
        (folder / f"a{number}").mkdir()
        in_one_file(folder / f"a{number}", 1)


def in_a_row(folder: Path, count: int) -> None:
    """One chute, and functions that only import runs, each of which calls the next."""
    last = 10 * count
    rows = [f"def step{n}():\n    return step{n + 1}()\n" for n in range(last)]
    text = "\n\n".join([f"{HEAD}\nchute = {GOOD})\n", *rows, f"step{last} = int\nstep0()\n"])
    (folder / "chute.py").write_text(text, encoding="utf-8")


def calls_of(folder: Path) -> int:
    """How many functions are called, Python's own among them, to check a folder."""
    count = 0

    def counted(frame: FrameType, event: str, argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(counted)
    try:
        examine(folder)
    finally:
        sys.setprofile(before)
    return count


@pytest.mark.parametrize("made", [in_one_file, in_many_files, in_a_row])
def test_twice_as_much_is_about_twice_the_work(
    made: Callable[[Path, int], None], tmp_path: Path
) -> None:
    spent = []
    for count in (1, 10, 20, 40):
        folder = tmp_path / str(count)
        folder.mkdir()
        made(folder, count)
        spent.append(calls_of(folder))
    # The first also loads what is loaded once.
    few, some, many = spent[1:]
    assert many - some < 2.5 * (some - few)
