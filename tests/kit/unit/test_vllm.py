"""The command line for vLLM."""

from chutekit.engines.engine import EngineSettings
from chutekit.engines.vllm.launch import arguments, launch

SETTINGS = EngineSettings(
    gpu_count=2, context_length=4096, max_sequences=64, model_path="/weights", served_name="mine"
)


def test_settings_become_flags() -> None:
    line = " ".join(arguments(SETTINGS))
    for flag in (
        "--model /weights",
        "--served-model-name mine",
        "--host 127.0.0.1 --port 10101",
        "--tensor-parallel-size 2",
        "--max-model-len 4096",
        "--max-num-seqs 64",
    ):
        assert flag in line


def test_the_key_is_not_on_the_command_line() -> None:
    started = launch(SETTINGS, "the-key")
    assert "the-key" not in " ".join(started.command)
    assert started.environment["VLLM_API_KEY"] == "the-key"
