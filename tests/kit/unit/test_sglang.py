"""The command line for SGLang."""

import json
from pathlib import Path

from chutekit.engines.engine import EngineSettings
from chutekit.engines.sglang.launch import arguments, launch

SETTINGS = EngineSettings(
    gpu_count=2, context_length=4096, max_sequences=64, model_path="/weights", served_name="mine"
)


def test_settings_become_flags() -> None:
    line = " ".join(arguments(SETTINGS))
    for flag in (
        "--model-path /weights",
        "--served-model-name mine",
        "--host 127.0.0.1 --port 10101",
        "--tp-size 2",
        "--context-length 4096",
        "--max-running-requests 64",
    ):
        assert flag in line


def test_the_key_is_not_on_the_command_line() -> None:
    command = launch(SETTINGS, "the-key").command
    assert "the-key" not in " ".join(command)
    file = Path(command[command.index("--config") + 1])
    assert json.loads(file.read_text()) == {"api-key": "the-key"}
    assert file.stat().st_mode & 0o077 == 0
    file.unlink()
