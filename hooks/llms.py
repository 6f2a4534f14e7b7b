"""docs/llms.txt: what is where in the documentation, for programs that read texts.

The form is that of llmstxt.org: a title, a summary, and lists of links, each with what the page is
about.
"""

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
PAGE = DOCS / "llms.txt"
SUMMARY = """\
# chute-new

> A command-line tool that makes production repositories for Chutes, serverless GPUs: pinned,
> staged, health-checked and tested on the real SDK. It also audits chutes, plans their cost, renews
> their pins and updates what it made.

Without a terminal: read the first page below. Every command that has a result prints it as JSON,
and exit codes are the same for all.
"""
#: The sections, in order, by the folder of their pages; the checks have an index of their own.
SECTIONS = {
    "For agents": "agents",
    "Tutorials": "tutorials",
    "How to": "how-to",
    "Reference": "reference",
    "Explanation": ".",
    "Decisions": "decisions",
}
CHECKS = "- [Checks](checks/README.md): an index of every check of the production checklist\n"
FRONT = re.compile(r"\A---\n(?P<head>.*?)^---\n", re.DOTALL | re.MULTILINE)


def files() -> dict[Path, str | None]:
    """The text of the file, from the pages there are."""
    parts = [SUMMARY]
    for title, folder in SECTIONS.items():
        found = (DOCS / folder).glob("**/*.md" if folder == "agents" else "*.md")
        pages = sorted(page for page in found if page.name != "README.md")
        lines = "".join(map(line, pages)) + (CHECKS if folder == "reference" else "")
        if lines:
            parts.append(f"## {title}\n\n{lines}")
    return {PAGE: "\n".join(parts)}


def line(page: Path) -> str:
    """The link to a page, with its title and its first sentence."""
    text = FRONT.sub("", page.read_text(encoding="utf-8"))
    heading = re.search(r"^# (?:\d+\. )?(.+)$", text, re.MULTILINE)
    assert heading, f"{page}: no title"
    return f"- [{heading[1]}]({page.relative_to(DOCS).as_posix()}): {sentence(text)}\n"


def sentence(text: str) -> str:
    """The first sentence of a page, links without their addresses."""
    paragraphs = re.split(r"\n\s*\n", text)
    first = next(p for p in paragraphs if p.strip() and not p.lstrip().startswith(("#", "<!--")))
    plain = re.sub(r"\[([^]]+)\]\([^)]+\)", r"\1", " ".join(first.split()))
    return re.split(r"(?<=[.:?])\s", plain.removeprefix("Context. "))[0].rstrip(".:")
