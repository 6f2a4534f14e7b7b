"""A page in a real browser without a window: how it comes out at a width, light or dark."""

import json
import re
import subprocess
from html import unescape
from pathlib import Path
from typing import Any

from support.machine import need

BROWSER = "chromium"
#: The page stands in a frame, since no window of a browser is as narrow as a telephone.
AROUND = """\
<!doctype html><title>not asked</title>
<script>
const ask = frame => document.title = JSON.stringify(frame.contentWindow.eval({question}))
</script>
<iframe src="{page}" width="{width}" height="1200" onload="ask(this)"></iframe>
"""


def shown(page: Path, folder: Path, question: str, *, width: int = 900, dark: bool = False) -> Any:
    """What a browser answers to a question, an expression in JavaScript, about a page.

    `folder` is for what the browser keeps.
    """
    around = folder / "around.html"
    asked = AROUND.format(page=page.as_uri(), width=width, question=json.dumps(question))
    around.write_text(asked, encoding="utf-8")
    scheme = 0 if dark else 1  # as Blink numbers them
    done = _browse(
        folder,
        "--window-size=1400,1300",
        f"--blink-settings=preferredColorScheme={scheme}",
        "--allow-file-access-from-files",
        "--dump-dom",
        around.as_uri(),
    )
    titles: list[str] = re.findall(r"<title>(.*?)</title>", done.stdout)
    assert titles, done.stderr
    return json.loads(unescape(titles[0]))


def printed(page: Path, folder: Path) -> int:
    """On how many sheets of paper it comes out."""
    paper = folder / "paper.pdf"
    done = _browse(folder, "--no-pdf-header-footer", f"--print-to-pdf={paper}", page.as_uri())
    assert paper.exists(), done.stderr
    return len(re.findall(rb"/Type\s*/Page\b", paper.read_bytes()))


def _browse(folder: Path, *options: str) -> "subprocess.CompletedProcess[str]":
    need(BROWSER)
    return subprocess.run(
        [
            BROWSER,
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            f"--user-data-dir={folder / 'profile'}",
            *options,
        ],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
