"""A film of the wizard for the README, light and dark, from the real program in tmux."""

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
#: As rich draws them: pixels for a row and a column, and around all of them.
ROW, COLUMN, MARGIN, TOP = 24.4, 12.2, 12, 40
WIDTH, HEIGHT = COLUMNS * COLUMN, ROWS * ROW
ENTER, BACKSPACE = "\r", "\x7f"

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


#: For rich to fill, after the film's own figures: a window through which a long strip is seen.
_FILM = """\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}">
<style>
text {{{{ font: 20px ui-monospace, monospace; white-space: pre }}}}
.film {{{{ animation: film {seconds}s step-end infinite }}}}
@keyframes film {{{{ {frames} }}}}
@media (prefers-reduced-motion: reduce) {{{{
  .film {{{{ animation: none; transform: translateY({last:.1f}px) }}}}
}}}}
{{styles}}
</style>
<rect x="1" y="1" width="{inside:.0f}" height="{below:.0f}" rx="8" fill="{back}" stroke="#8b949e"/>
<text x="50%" y="26" fill="{front}" text-anchor="middle">chute-new</text>
<svg x="{left}" y="{top}" width="{columns:.0f}" height="{rows:.1f}">
<g class="film">
{{backgrounds}}
{{matrix}}
</g>
</svg>
</svg>
"""


@dataclass(frozen=True)
class Scene:
    """A question: what is typed into it, by what that is seen, and what is pressed then."""

    question: str
    typed: str = ""
    seen: str = ""
    then: str = ENTER


#: An interview from the first question to the review, which stays on the screen.
SCENES = (
    Scene("workload"),
    Scene("model"),
    Scene("username", "alice", "alice"),
    Scene("name", "pictures", "pictures"),
    Scene("include", "h1", "h100_nvl", BACKSPACE * 2 + ENTER),
    *map(Scene, ("scaling", "max_instances", "cache", "ci", "destination")),
)
REVIEW = "Create it in ./pictures?"
FRAME_SECONDS, LAST_SECONDS = 1.5, 6


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


def taken() -> list[str]:
    """The screens of the interview in their order, as the terminal shows them."""
    with tempfile.TemporaryDirectory() as folder:
        pane = Pane(Path(folder))
        screens = []
        try:
            for scene in SCENES:
                pane.wait_for(rf"^\? {scene.question}(?: |$)")
                screens.append(pane.screen())
                if scene.typed:
                    pane.type(scene.typed)
                    pane.wait_for(re.escape(scene.seen))
                    screens.append(pane.screen())
                pane.type(scene.then)
            pane.wait_for(re.escape(REVIEW))
            return [*screens, pane.screen()]
        finally:
            pane.close()


def recorded(screens: list[str]) -> Console:
    """A console that has printed screens one below the other, each with all of its rows."""
    console = Console(record=True, width=COLUMNS, file=StringIO(), force_terminal=True)
    for screen in screens:
        rows = [*screen.rstrip("\n").split("\n"), *[""] * ROWS][:ROWS]
        text = Text.from_ansi("\n".join(rows))
        console.print(text, overflow="crop", no_wrap=True)
    return console


def drawn(screens: list[str], theme: str) -> str:
    """Screens as one SVG that shows each for a while; whoever wants no motion sees the last."""
    colours = THEMES[theme]
    shown = len(screens) - 1
    seconds = FRAME_SECONDS * shown + LAST_SECONDS
    # CSS, with its braces doubled: where the film stands from which part of its time on.
    frames = " ".join(
        f"{100 * FRAME_SECONDS * number / seconds:.2f}%"
        f" {{{{transform: translateY({-HEIGHT * number:.1f}px)}}}}"
        for number in range(len(screens))
    )
    form = _FILM.format(
        **{"left": MARGIN, "top": TOP, "rows": HEIGHT, "columns": WIDTH},
        **{"width": WIDTH + 2 * MARGIN, "height": HEIGHT + TOP + MARGIN},
        **{"inside": WIDTH + 2 * MARGIN - 2, "below": HEIGHT + TOP + MARGIN - 2},
        back=colours.background_color.hex,
        front=colours.foreground_color.hex,
        seconds=seconds,
        frames=frames,
        last=-HEIGHT * shown,
    )
    svg = recorded(screens).export_svg(theme=colours, unique_id=theme, code_format=form)
    # What rich repeats in each line: where it is cut off, and spaces that do not collapse.
    svg = re.sub(r' clip-path="[^"]*"', "", svg).replace("&#160;", " ")
    return re.sub(r"<text[^>]*> *\n?</text>\n?", "", svg)


def files() -> dict[Path, str | None]:
    """All pictures, drawn anew."""
    screens = taken()
    return {FOLDER / f"wizard-{theme}.svg": drawn(screens, theme) for theme in THEMES}
