"""The wizard, run against a script."""

import threading
from pathlib import Path
from typing import Any

import pytest

from scaffold.answers.questions import Questionnaire
from scaffold.wizard import run
from scaffold.wizard.interview import LookUp
from support.conversation import (
    Monitor,
    Step,
    Talk,
    Talker,
    keyboard_and_monitor,
    play,
)


@pytest.fixture
def talk(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Talker:
    """Run the wizard against a script, in an empty folder that must stay empty."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TERM", "xterm")

    def talk_(
        *script: Step,
        given: dict[str, Any] | None = None,
        destination: Path | None = None,
        size: tuple[int, int] = (80, 24),
        questionnaire: Questionnaire | None = None,
        look_up: LookUp | None = None,
        resumed: bool = False,
    ) -> Talk:
        monitor, log = Monitor(*size), list[str]()
        agreed = None
        with keyboard_and_monitor(monitor, monkeypatch) as keyboard:
            thread = threading.Thread(target=play, args=(script, monitor, keyboard, log))
            thread.start()
            try:
                agreed = run(
                    questionnaire or Questionnaire(),
                    given or {},
                    destination,
                    look_up=look_up,
                    resumed=resumed,
                )
            finally:
                thread.join()
                assert not log, log[0]
        return Talk(agreed, monitor)

    return talk_
