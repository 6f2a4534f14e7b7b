"""The wizard's screens for the README, light and dark, from the real program in tmux."""

import os
import re
import shlex
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import TerminalTheme
from rich.text import Text

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "docs" / "pictures"
COLUMNS, ROWS = 80, 24
PATIENCE_SECONDS = 60
ENTER, DOWN = "\r", "\x1b[B"

_ANSI = [
    (0, 0, 0),
    (205, 49, 49),
    (13, 122, 88),
    (148, 104, 0),
    (36, 114, 200),
    (150, 60, 150),
    (0, 110, 140),
    (110, 110, 110),
]
THEMES = {
    "light": TerminalTheme((255, 255, 255), (36, 41, 47), _ANSI),
    "dark": TerminalTheme((1, 4, 9), (230, 237, 243), _ANSI),
}


@dataclass(frozen=True)
class Picture:
    """A screen: what is typed at each question on the way to it, and the text it is known by."""

    name: str
    typed: dict[str, str]
    shows: str


_FIRST = {
    "workload": ENTER,
    "model": ENTER,
    "username": "alice" + ENTER,
    "name": "pictures" + ENTER,
}
PICTURES = (
    Picture("gpus", {**_FIRST, "include": "h1"}, "h100_nvl"),
    Picture(
        "review",
        {
            **_FIRST,
            "include": ENTER,
            "scaling": ENTER,
            "max_instances": ENTER,
            "cache": ENTER,
            "ci": ENTER,
            "destination": ENTER,
        },
        "Create it in ./pictures?",
    ),
)


class Pane:
    """The wizard in a window of a tmux server of its own."""

    def __init__(self, folder: Path) -> None:
        self.socket = folder / "socket"
        home = folder / "home"
        home.mkdir()
        self.environment = {
            **{k: v for k, v in os.environ.items() if not k.startswith("CHUTE_NEW_")},
            "PYTHONPATH": str(ROOT),
            "XDG_CONFIG_HOME": str(home),
            "COLORTERM": "truecolor",
            "PROMPT_TOOLKIT_COLOR_DEPTH": "DEPTH_24_BIT",
            "LC_ALL": "C.UTF-8",
        }
        self.environment.pop("NO_COLOR", None)
        self._tmux(
            "-f",
            os.devnull,
            "new-session",
            "-d",
            "-x",
            str(COLUMNS),
            "-y",
            str(ROWS),
            f"cd {home}; {shlex.quote(sys.executable)} -m scaffold --offline; sleep 60",
        )

    def type(self, keys: str) -> None:
        """Send keys as the bytes a terminal sends."""
        self._tmux("send-keys", "-H", *(f"{byte:02x}" for byte in keys.encode()))

    def wait_for(self, pattern: str) -> None:
        """Wait until the screen shows something."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not re.search(pattern, self._tmux("capture-pane", "-p"), re.MULTILINE):
            if time.monotonic() > deadline:
                raise TimeoutError(f"the screen never showed {pattern}")
            time.sleep(0.05)

    def screen(self) -> str:
        """The screen with its colours, once it has come to rest."""
        before = ""
        while (now := self._tmux("capture-pane", "-e", "-p")) != before:
            before = now
            time.sleep(0.5)
        return now

    def close(self) -> None:
        """End the server and what runs in it."""
        self._tmux("kill-server")

    def _tmux(self, *arguments: str) -> str:
        return subprocess.run(
            ["tmux", "-S", str(self.socket), *arguments],
            env=self.environment,
            check=True,
            capture_output=True,
            text=True,
        ).stdout


def taken(picture: Picture) -> str:
    """The screen of a picture, as the terminal shows it."""
    with tempfile.TemporaryDirectory() as folder:
        pane = Pane(Path(folder))
        try:
            for key, typed in picture.typed.items():
                pane.wait_for(rf"^\? {key}(?: |$)")
                pane.type(typed)
            pane.wait_for(re.escape(picture.shows))
            return pane.screen()
        finally:
            pane.close()


def drawn(screen: str, theme: str) -> str:
    """A screen as an SVG that asks no server for its font."""
    console = Console(record=True, width=COLUMNS, file=StringIO(), force_terminal=True)
    console.print(Text.from_ansi(screen.rstrip("\n")), overflow="crop", no_wrap=True)
    svg = console.export_svg(title="chute-new", theme=THEMES[theme], unique_id=theme)
    svg = re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL)
    # A frame that shows on a white page too.
    svg = svg.replace('stroke="rgba(255,255,255,0.35)"', 'stroke="#8b949e"')
    return re.sub(r"<!--.*?-->\s*", "", svg, flags=re.DOTALL).replace("Fira Code", "ui-monospace")


def files() -> dict[Path, str | None]:
    """All pictures, drawn anew."""
    screens = {picture.name: taken(picture) for picture in PICTURES}
    return {
        FOLDER / f"{name}-{theme}.svg": drawn(screen, theme)
        for name, screen in screens.items()
        for theme in THEMES
    }
