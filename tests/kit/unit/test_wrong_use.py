"""Each mistake in chute.py is one sentence that names it, while chute.py is imported."""

import asyncio
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from chutekit import WrongUse
from chutekit.engines.engine import EngineSettings
from chutekit.engines.llm_chute import LlmChute
from chutekit.pictures.studio import Studio
from chutekit.serving import lifecycle
from chutekit.serving.app import ServedChute
from chutekit.serving.instance import Instance
from chutekit.testing.gateway import Gateway

from support.chutes import GOOD, LLM, Body


def without(*names: str) -> dict[str, Any]:
    """Good settings but for some."""
    return {name: value for name, value in GOOD.items() if name not in names}


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        (without("image"), "ServedChute needs image."),
        (without("username", "name"), "ServedChute needs username, name."),
        (without("node_selector"), "ServedChute needs node_selector."),
        (
            GOOD | {"max_instanses": 3},
            "ServedChute has no setting max_instanses; did you mean max_instances?",
        ),
        (GOOD | {"gpus": 3}, "ServedChute has no setting gpus."),
        (
            GOOD | {"passthrough_headers": {}},
            "ServedChute has no setting passthrough_headers.",
        ),
        (GOOD | {"name": ""}, "ServedChute: name must be a text that is not empty, not ''."),
        (
            GOOD | {"image": 5},
            "ServedChute: image must be an Image or the name of one, not 5.",
        ),
        (
            GOOD | {"node_selector": {"gpu_count": 1}},
            "ServedChute: node_selector must be a NodeSelector, not {'gpu_count': 1}.",
        ),
        (
            GOOD | {"concurrency": 0},
            "ServedChute: concurrency must be a whole number of at least 1, not 0.",
        ),
        (
            GOOD | {"concurrency": True},
            "ServedChute: concurrency must be a whole number of at least 1, not True.",
        ),
        (
            GOOD | {"max_instances": "3"},
            "ServedChute: max_instances must be a whole number of at least 1, not '3'.",
        ),
        (
            GOOD | {"scaling_threshold": 75},
            "ServedChute: scaling_threshold must be above 0 and at most 1, not 75.",
        ),
        (GOOD | {"tee": "yes"}, "ServedChute: tee must be True or False, not 'yes'."),
        (
            GOOD | {"max_body_bytes": 0},
            "ServedChute: max_body_bytes must be a whole number of at least 1, not 0.",
        ),
        *[
            (
                GOOD | {"request_seconds": wrong},
                "ServedChute: request_seconds must be above 0 and at most 540, "
                f"not {wrong!r}: the platform cuts longer calls off.",
            )
            for wrong in (0, 541, "60")
        ],
    ],
)
def test_settings_of_a_chute(settings: dict[str, Any], sentence: str) -> None:
    with pytest.raises(WrongUse) as raised:
        ServedChute(**settings)
    assert str(raised.value) == sentence


def test_settings_of_an_engine() -> None:
    with pytest.raises(WrongUse, match="^LlmChute: model must be a text that is not empty"):
        LlmChute(**GOOD)
    with pytest.raises(WrongUse, match="^EngineSettings: gpu_count must be a whole number"):
        EngineSettings(gpu_count=0, context_length=1, max_sequences=1)
    with pytest.raises(WrongUse, match="^EngineSettings: memory_fraction must be above 0"):
        EngineSettings(gpu_count=1, context_length=1, max_sequences=1, memory_fraction=90)


def test_the_gateway_of_tests_wants_bytes() -> None:
    gateway = Gateway(ServedChute(**GOOD), "http://127.0.0.1:1")
    with pytest.raises(TypeError, match="^content must be bytes, as of json"):
        gateway.call("POST", "/moderate", {"prompt": "x"})  # type: ignore[arg-type]


def test_a_start_up_hook_without_the_chute() -> None:
    def start() -> None:
        """Takes nothing."""

    with pytest.raises(WrongUse, match=r"^A start-up hook must be callable as start\(self\)\.$"):
        ServedChute(**GOOD).on_startup()(start)


@pytest.mark.whole
def test_an_engine_that_no_hook_started() -> None:
    with pytest.raises(lifecycle.StartupError, match="awaited start_engine"):
        LlmChute(**LLM).check_started()


class NoSteps:
    """A pipeline whose method lacks an argument, which its stand-in would not."""

    def generate(self, request: Any, seed: int) -> None:
        """Makes nothing."""


def test_a_pipeline_that_only_its_stand_in_could_replace() -> None:
    opening = Studio.open(
        Instance(1),
        NoSteps,  # type: ignore[arg-type]
        model="a/b",
        revision="",
        files=(),
        listed="",
        gated=False,
        warm_up=None,
    )
    with pytest.raises(WrongUse, match=r"callable as generate\(self, request, seed, on_step\)"):
        asyncio.run(opening)


def test_a_refused_warm_up_names_its_field(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    ended: list[int] = []
    instance = Instance(1)
    monkeypatch.setattr(instance, "end", ended.append)
    monkeypatch.setattr(lifecycle, "LINGER_SECONDS", 0)
    try:
        Body(prompt="a lighthouse", steps=0)
    except ValueError as error:
        asyncio.run(lifecycle.give_up(instance, error))
    (line,) = capsys.readouterr().out.splitlines()
    reason = json.loads(line)["reason"]
    assert reason == "Body: steps: input should be greater than or equal to 1"
    assert ended == [1]


@pytest.mark.whole
def test_the_sdk_shows_the_sentence_and_no_trace(tmp_path: Path) -> None:
    (tmp_path / "chute.py").write_text(
        "from chutekit.serving.app import ServedChute\nprod = ServedChute(username='alice')\n"
    )
    code = "from chutes.entrypoint._shared import load_chute; load_chute('chute:prod', None, False)"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={
            "PYTHONPATH": str(Path(__file__).parents[3] / "template" / "project"),
            "CHUTES_ALLOW_MISSING": "true",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    told = done.stdout + done.stderr
    assert "ServedChute needs name, image, node_selector." in told
    assert "Traceback" not in told
