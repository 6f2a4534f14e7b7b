"""The site is built without a warning, has every page, and no link of it leads nowhere."""

import json
import re
import subprocess
import sys
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
import yaml
from uv import find_uv_bin

from support.browsers import shown
from support.machine import online
from support.places import ROOT

DOCS = ROOT / "docs"
SITE = DOCS / "site"
WORKFLOW = ROOT / ".github" / "workflows" / "site.yml"


@dataclass
class Page(HTMLParser):
    """What a page of the site links to, and what of it can be linked to."""

    links: list[str] = field(default_factory=list)
    anchors: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name in ("href", "src") and value:
                self.links.append(value)
            elif name == "id" and value:
                self.anchors.add(value)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, by the command of the workflow that publishes it."""
    online()
    folder = tmp_path_factory.mktemp("site")
    uv: list[str | Path] = [find_uv_bin(), "--quiet"]
    subprocess.run([*uv, "venv", "--python", sys.executable, folder / "venv"], check=True)
    locked: list[str | Path] = ["--require-hashes", "--no-deps", "-r", SITE / "requirements.lock"]
    into: list[str | Path] = ["--python", folder / "venv" / "bin" / "python"]
    subprocess.run([*uv, "pip", "install", *locked, *into], check=True)
    steps = yaml.safe_load(WORKFLOW.read_text())["jobs"]["build"]["steps"]
    command = next(step["run"] for step in steps if "sphinx-build" in step.get("run", ""))
    words = command.split()[1:-1]
    built = subprocess.run(
        [folder / "venv" / "bin" / "sphinx-build", *words, folder / "built"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode == 0, built.stderr
    assert built.stderr == ""
    return folder / "built"


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[Path, Page]:
    """Each page of it, read."""
    read = {path: Page() for path in site.rglob("*.html")}
    for path, page in read.items():
        page.feed(path.read_text(encoding="utf-8"))
    return read


@pytest.mark.whole
def test_it_has_every_page_and_a_door_to_each_folder(site: Path) -> None:
    written = {path.relative_to(DOCS) for path in DOCS.rglob("*.md")}
    assert [str(path) for path in written if not (site / path.with_suffix(".html")).is_file()] == []
    for folder in (site, site / "checks", site / "decisions"):
        assert (folder / "index.html").read_text() == (folder / "README.html").read_text()
    assert (site / "llms.txt").is_file()


@pytest.mark.whole
def test_no_link_leads_nowhere(site: Path, pages: dict[Path, Page]) -> None:
    broken, followed = [], 0
    for path, page in pages.items():
        for link in page.links:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            target = target / "index.html" if target.is_dir() else target
            followed += 1
            known = pages[target].anchors | {""} if target in pages else {"", parts.fragment}
            if not target.is_file() or unquote(parts.fragment) not in known:
                broken.append(f"{path.relative_to(site)}: {link}")
    assert broken == []
    assert followed > 10_000


@pytest.mark.whole
def test_it_asks_no_other_host_for_what_it_shows(pages: dict[Path, Page], site: Path) -> None:
    """Scripts, styles and fonts are its own: links to others are for readers only."""
    for path in [*pages, *site.rglob("*.css")]:
        shown = (
            r"""(?:src|srcset)=["'](https?:)?//|<link[^>]+href=["']https?://|url\(["']?https?:"""
        )
        assert not re.search(shown, path.read_text(encoding="utf-8")), path.name


@pytest.mark.whole
@pytest.mark.parametrize("name", ["index", "checks/KS114", "tutorials/from-prototype"])
def test_it_fits_a_phone_and_follows_the_reader_into_the_dark(
    site: Path, tmp_path: Path, name: str
) -> None:
    question = (
        "({over: document.documentElement.scrollWidth - innerWidth,"
        "paper: getComputedStyle(document.body).backgroundColor})"
    )
    page = site / f"{name}.html"
    light = shown(page, tmp_path, question, width=390)
    dark = shown(page, tmp_path, question, width=1200, dark=True)
    assert light["over"] <= 0
    assert dark["over"] <= 0
    lightness = [sum(map(int, re.findall(r"\d+", facts["paper"])[:3])) for facts in (light, dark)]
    assert lightness[0] > 600
    assert lightness[1] < 150


@pytest.mark.whole
def test_search_knows_every_check(site: Path) -> None:
    text = (site / "searchindex.js").read_text(encoding="utf-8")
    index = json.loads(text.removeprefix("Search.setIndex(").rstrip().removesuffix(")"))
    checks = {f"checks/{path.stem}" for path in (DOCS / "checks").glob("[A-Z][A-Z]*[0-9].md")}
    assert len(checks) > 200
    assert checks <= set(index["docnames"])
    assert {name.removeprefix("checks/").lower() for name in checks} <= set(index["titleterms"])
