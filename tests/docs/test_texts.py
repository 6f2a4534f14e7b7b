"""What the pages name is there: other pages, their sections, commands, options and targets."""

import re
from pathlib import Path
from typing import Any

import pytest
import typer.main

from scaffold.cli import app
from support.pages import blocks, typed
from support.places import ROOT

DOCS = ROOT / "docs"
PAGES = sorted(
    [*DOCS.rglob("*.md"), *(ROOT / name for name in ("README.md", "AGENTS.md", "CONTRIBUTING.md"))]
)
LINK = re.compile(r"(?<!!)\[[^]]*\]\((?!https?://|mailto:)([^)\s#]*)(?:#([^)\s]+))?\)")
CODE = re.compile(r"^```.*?^```$|`[^`\n]+`", re.DOTALL | re.MULTILINE)
MAKEFILE = ROOT / "template" / "project" / "Makefile.jinja"


def named(page: Path) -> str:
    """What a page is called here."""
    return page.relative_to(ROOT).as_posix()


def anchors(page: Path) -> set[str]:
    """The sections of a page, as links name them."""
    text = re.sub(
        r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE
    )
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    plain = [re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings]
    return set(plain)


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_links_lead_somewhere(page: Path) -> None:
    for path, section in LINK.findall(CODE.sub("", page.read_text(encoding="utf-8"))):
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), f"{named(page)} links to {path}"
        if section:
            assert section in anchors(target), f"{named(page)} links to {path}#{section}"


def test_every_page_for_readers_is_in_the_index_and_every_page_in_the_list_for_programs() -> None:
    index = (DOCS / "README.md").read_text(encoding="utf-8")
    listed = (DOCS / "llms.txt").read_text(encoding="utf-8")
    for folder in ("tutorials", "how-to", "reference", "agents"):
        for page in (DOCS / folder).rglob("*.md"):
            link = f"({page.relative_to(DOCS).as_posix()})"
            assert link in index
            assert link in listed
    for page in [*DOCS.glob("*.md"), *(DOCS / "decisions").glob("*.md")]:
        if page.name != "README.md":
            assert f"({page.relative_to(DOCS).as_posix()})" in listed


def commands(text: str) -> list[list[str]]:
    """The words of each call of chute-new in a block of a page."""
    joined = text.replace("\\\n", " ")
    return [
        re.split(r"[|>;&#]", rest)[0].split()
        for rest in re.findall(r"^(?:[\w-]+=\S+ )*chute-new\b(.*)$", joined, re.MULTILINE)
    ]


def test_every_option_that_a_page_shows_is_one_of_its_command() -> None:
    group: Any = typer.main.get_command(app)
    options = {
        name: {spelled for parameter in command.params for spelled in parameter.opts}
        for name, command in {"": group, **group.commands}.items()
    }
    calls = [
        call
        for page in PAGES
        for block in blocks(page.read_text(encoding="utf-8"))
        if block.kind == "sh"
        for call in commands(block.text)
    ]
    assert len(calls) > 20
    for words in calls:
        name = next((word for word in words if word in group.commands), "create")
        used = {word.partition("=")[0] for word in words if word.startswith("--")}
        assert used <= options[name] | options[""] | {"--help"}, words


def test_every_target_that_a_page_names_is_one_of_the_makefile() -> None:
    text = MAKEFILE.read_text(encoding="utf-8")
    phony = re.findall(r"^\.PHONY: (.*)$", text, re.MULTILINE)
    targets = {word for line in phony for word in re.findall(r"[a-z-]+", line)}
    pages = [
        page for name in ("tutorials", "how-to", "agents") for page in (DOCS / name).rglob("*.md")
    ]
    for page in pages:
        code = "\n".join(CODE.findall(page.read_text(encoding="utf-8")))
        for target in re.findall(r"\bmake ([a-z-]+)", code):
            assert target in targets, f"{named(page)}: make {target}"


def test_a_block_that_is_not_run_says_why() -> None:
    for page in PAGES:
        for block in typed(page.read_text(encoding="utf-8"), aside=True):
            assert block.said is None, f"{named(page)}: nobody compares\n{block.said}"
