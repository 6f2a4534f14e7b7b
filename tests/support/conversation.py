"""A conversation with the wizard: keys in, a terminal's screen and the answers out."""

import io
import shutil
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, TextIO, cast

import pyte
import pytest
from prompt_toolkit.application import Application, create_app_session
from prompt_toolkit.data_structures import Size
from prompt_toolkit.input import PipeInput, create_pipe_input
from prompt_toolkit.key_binding.defaults import load_key_bindings
from prompt_toolkit.output.vt100 import Vt100_Output
from prompt_toolkit.styles import BaseStyle, default_ui_style, merge_styles

from scaffold.answers.questions import Questionnaire, template_folder
from scaffold.wizard import Agreed, prompts

ENTER, BACK, ESCAPE, SPACE = "\r", "\x1b[Z", "\x1b", " "
UP, DOWN, PAGE_DOWN = "\x1b[A", "\x1b[B", "\x1b[6~"
CTRL_C, CTRL_D, CLEAR, BACKSPACE = "\x03", "\x04", "\x15", "\x7f"
TALL = (80, 60)
PATIENCE_SECONDS = 10
UNKNOWN_MODEL, COMMIT = "owner/some-model", "0123456789abcdef" * 2 + "01234567"
# A question's name as it stands before its prompt, and what is typed there; a tuple of one is a
# text to wait for.
Step = tuple[str, str] | tuple[str]
IMAGE: tuple[Step, ...] = (
    ("workload", ENTER),
    ("model", ENTER),
    ("username", "alice" + ENTER),
    ("name", "my-chute" + ENTER),
    ("include", ENTER),
    ("scaling", ENTER),
    ("max_instances", ENTER),
    ("cache", ENTER),
    ("ci", ENTER),
    ("destination", ENTER),
)
LLM: tuple[Step, ...] = (
    ("workload", DOWN + ENTER),
    ("engine", ENTER),
    *IMAGE[1:6],
    ("concurrency", ENTER),
    *IMAGE[6:],
)
FLUX, LARGE_LLM, SMALL_LLM = (
    "black-forest-labs/FLUX.1-schnell",  # 40 GB, gated
    "Qwen/Qwen3-32B",  # 79 GB
    "Qwen/Qwen3-0.6B",
)
CREATE: Step = ("review", ENTER)
CHANGE: Step = ("review", DOWN + ENTER)
EVERYTHING: Step = ("review", DOWN * 2 + ENTER)
STEP_BACK: Step = ("review", DOWN * 3 + ENTER)
QUIT: Step = ("review", DOWN * 4 + ENTER)


class Monitor(io.TextIOBase):
    """A terminal emulator that what is written goes to; `frames` are its screens in order."""

    def __init__(self, columns: int, rows: int) -> None:
        self.size = Size(rows=rows, columns=columns)
        self.screen = pyte.Screen(columns, rows)
        self.stream = pyte.Stream(self.screen)
        self.frames: list[str] = []
        self.lines = [""] * rows
        self.changed = threading.Condition()

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return "utf-8"

    def write(self, text: str) -> int:
        with self.changed:
            self.stream.feed(text.replace("\n", "\r\n") if "\r" not in text else text)
            self.frames.append(self.text())
            self.changed.notify_all()
        return len(text)

    def text(self) -> str:
        for row in self.screen.dirty:
            cells = self.screen.buffer[row]
            self.lines[row] = "".join(cells[at].data for at in range(self.size.columns)).rstrip()
        self.screen.dirty.clear()
        return "\n".join(self.lines).rstrip()

    def shows(self, step: Step) -> bool:
        now = self.frames[-1] if self.frames else ""
        if len(step) == 1:
            return step[0] in now
        return any(f"{row} ".startswith(f"? {step[0]} ") for row in now.split("\n"))

    def comes_to(self, step: Step) -> bool:
        """Wait for a question or a text; False when it does not come."""
        with self.changed:
            return self.changed.wait_for(lambda: self.shows(step), PATIENCE_SECONDS)

    def showed(self, text: str) -> bool:
        return any(text in " ".join(frame.split()) for frame in self.frames)


@dataclass
class Talk:
    """What a run of the wizard came to."""

    agreed: Agreed | None
    monitor: Monitor

    @property
    def answers(self) -> dict[str, Any]:
        assert self.agreed is not None
        return self.agreed.answers

    @property
    def screen(self) -> str:
        return self.monitor.text()


def facts(key: str) -> Any:
    """What the template knows and never asks."""
    return next(q.default for q in Questionnaire().questions if q.key == key)


def pick_model(name: str) -> Step:
    """From the first of the catalog, where the pointer stands, down to a model."""
    catalog = next(c for c in facts("catalog").values() if any(m["id"] == name for m in c))
    return ("model", DOWN * [entry["id"] for entry in catalog].index(name) + ENTER)


def play(script: Sequence[Step], monitor: Monitor, keyboard: PipeInput, log: list[str]) -> None:
    """Type each step when its question is on the screen; Ctrl-C at the end, or when it is not."""
    for step in script:
        if not monitor.comes_to(step):
            log.append(f"waited for {step}, the screen was:\n{monitor.text()}")
            keyboard.send_text(CTRL_C)
            return
        if len(step) == 2:
            keyboard.send_text(step[1])
    keyboard.send_text(CTRL_C)


@contextmanager
def keyboard_and_monitor(monitor: Monitor, monkeypatch: pytest.MonkeyPatch) -> Iterator[PipeInput]:
    output = Vt100_Output(
        cast(TextIO, monitor), lambda: monitor.size, term="xterm", enable_cpr=False
    )
    monkeypatch.setattr(prompts, "create_output", lambda stdout: output)
    # The same for every prompt, and a third of the time that one takes.
    monkeypatch.setattr("prompt_toolkit.application.application.load_key_bindings", key_bindings)
    monkeypatch.setattr(Application, "_create_merged_style", lambda *_: colours())
    monkeypatch.setattr(
        "prompt_toolkit.shortcuts.utils._create_merged_style", lambda *_, **__: colours()
    )
    with create_pipe_input() as keyboard, create_app_session(input=keyboard):
        yield keyboard


@cache
def colours() -> BaseStyle:
    """Those of the wizard, upon those of the library."""
    return merge_styles([default_ui_style(), prompts.STYLE])


key_bindings = cache(load_key_bindings)
Talker = Callable[..., Talk]


def defaults(**given: Any) -> dict[str, Any]:
    """The answers that come of accepting every default."""
    resolution = Questionnaire().resolve({"username": "alice", "name": "my-chute", **given})
    assert not resolution.problems
    return resolution.answers


def copied_template(tmp_path: Path) -> Path:
    """The questions and facts in a folder of their own, to be changed."""
    copied = tmp_path.parent / f"{tmp_path.name}-template"
    shutil.copytree(template_folder(), copied, ignore=shutil.ignore_patterns("project"))
    return copied


def given_before(label: str, workload: str = "image") -> dict[str, Any]:
    """Defaults for every question asked before one."""
    labels = [step[0] for step in (LLM if workload == "llm" else IMAGE)]
    answers = defaults(workload=workload)
    before = labels[: [*labels, "review"].index(label)]
    # Whoever gives a number knows the numbers, and is not asked about scaling.
    known = ["shutdown_after_seconds"] if "scaling" in before else []
    return {key: answers[key] for key in [*before, *known] if key in answers}


def every_key(workload: str) -> list[str]:
    """All that is asked when everything is, but where to make it."""
    keys = list(defaults(workload=workload))
    keys.insert(keys.index("concurrency"), "scaling")
    return keys
