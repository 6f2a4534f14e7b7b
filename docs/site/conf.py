"""The site: the pages of docs/ as they stand, built by Sphinx with the theme Furo.

    sphinx-build -W --keep-going -n -b html -c docs/site docs OUT

Pages are written for GitHub and stay so. What a site needs besides is added while it is built: what
is where in the navigation, the names of files above their text, pictures for both themes.
"""

import re
import shutil
from pathlib import Path

from sphinx.application import Sphinx

DOCS = Path(__file__).parent.parent
VERSION = re.compile(r'^__version__ = "(.+)"$', re.MULTILINE)
INDEX = "README"

project = "chute-new"
version = release = VERSION.findall((DOCS.parent / "scaffold" / "__init__.py").read_text())[0]
extensions = ["myst_parser"]
root_doc = INDEX
exclude_patterns = ["site"]
myst_heading_anchors = 6
nitpicky = True

html_theme = "furo"
html_title = f"{project} {version}"
html_extra_path = ["../llms.txt"]
html_static_path = ["site.css"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_sourcelink = False
html_show_copyright = False
html_use_index = False

#: The navigation: pages by caption, for each page that has others below. Sphinx refuses a page
#: that is nowhere in it.
NAVIGATION = {
    INDEX: {
        "Learn": (
            "installing",
            "tutorials/first-chute",
            "tutorials/from-prototype",
            "tutorials/adopt-a-prototype",
        ),
        "How to": ("how-to/*",),
        "Look up": ("reference/*", "checks/README"),
        "Judge": ("comparison", "platform", "clients", "recovery"),
        "Understand": ("architecture", "adopt", "plan", "programs", "decisions/README"),
        "Let an agent use it": ("agents/chute-new/SKILL",),
    },
    "decisions/README": {"": ("*",)},
}
#: A page of the index of checks, which are too many to stand in the navigation of every page.
CHECK = re.compile(r"checks/[A-Z]+\d+")
TITLED = re.compile(r'^```(\w+) title="([^"]+)"$', re.MULTILINE)
PICTURE = re.compile(
    r'<picture>\s*<source [^>]*srcset="(?P<dark>[^"]+)">\s*'
    r'<img alt="(?P<alt>[^"]+)" src="(?P<light>[^"]+)"[^>]*>\s*</picture>'
)


def _tree(caption: str, pages: tuple[str, ...]) -> str:
    heading = f":caption: {caption}\n" if caption else ""
    return f"\n\n```{{toctree}}\n:hidden:\n:glob:\n{heading}\n" + "\n".join(pages) + "\n```\n"


def _pictures(found: re.Match[str]) -> str:
    return "\n".join(
        f"```{{image}} {found[theme]}\n:alt: {found['alt']}\n:class: only-{theme}\n```\n"
        for theme in ("light", "dark")
    )


def for_the_site(_: Sphinx, page: str, content: list[str]) -> None:
    """Add to the text of a page what only the site has."""
    if CHECK.fullmatch(page):
        content[0] = f"---\norphan: true\n---\n{content[0]}"
    text = TITLED.sub(r"```{code-block} \1\n:caption: \2\n", content[0])
    text = PICTURE.sub(_pictures, text)
    content[0] = text + "".join(_tree(*entry) for entry in NAVIGATION.get(page, {}).items())


def doors(app: Sphinx, failure: Exception | None) -> None:
    """Make the README of each folder what a server shows for the folder."""
    if failure is None:
        for page in Path(app.outdir).rglob(f"{INDEX}.html"):
            shutil.copyfile(page, page.with_name("index.html"))


def setup(app: Sphinx) -> None:
    """Tell Sphinx."""
    app.connect("source-read", for_the_site)
    app.connect("build-finished", doors)
