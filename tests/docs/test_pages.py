"""What the pages tell a reader to type works as it stands there, and says what they show.

`TEST_WRITE=1` writes what was said into the pages instead, where it differs.
"""

import os
import sys
from pathlib import Path

import pytest

from support.pages import Block, follow, matches, typed
from support.places import ROOT

DOCS = ROOT / "docs"
PAGES = sorted(
    path for name in ("agents", "tutorials", "how-to") for path in (DOCS / name).rglob("*.md")
)
WRITE = "TEST_WRITE"


def named(page: Path) -> str:
    """What a page is called here."""
    return page.relative_to(DOCS).as_posix()


@pytest.fixture
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Of a reader who has installed this checkout, and has no account and no network."""
    programs = tmp_path_factory.mktemp("programs")
    program = programs / "chute-new"
    program.write_text(f'#!/bin/sh\nPYTHONPATH="{ROOT}" exec "{sys.executable}" -m scaffold "$@"\n')
    program.chmod(0o755)
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")},
        "PATH": f"{programs}:{Path(sys.executable).parent}:{os.environ['PATH']}",
        "HOME": str(tmp_path_factory.mktemp("home")),
        "COLUMNS": "80",
    }


def rewritten(text: str, block: Block, said: str) -> str:
    """The page with what a block says now."""
    before = f"```sh\n{block.text}```\n\n```text\n"
    return text.replace(f"{before}{block.said}```", f"{before}{said.rstrip()}\n```")


@pytest.mark.path
@pytest.mark.parametrize("page", [p for p in PAGES if typed(p.read_text(), aside=False)], ids=named)
def test_a_page_can_be_followed(page: Path, tmp_path: Path, environment: dict[str, str]) -> None:
    text = page.read_text(encoding="utf-8")
    for block, said in follow(text, tmp_path, environment):
        if block.said is None or matches(said, block.said):
            continue
        assert os.environ.get(WRITE), f"{block.text}\nshows\n{block.said}\nbut says\n{said}"
        page.write_text(rewritten(page.read_text(encoding="utf-8"), block, said), encoding="utf-8")
