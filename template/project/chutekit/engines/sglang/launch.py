"""SGLang's words for the engine's settings, and its names for what it measures."""

from __future__ import annotations

import json
import tempfile

from chutekit.engines import command
from chutekit.engines.engine import KEEP_ALIVE_SECONDS, EngineSettings, Launch

METRICS = {
    "sglang:prompt_tokens_total": "prompt_tokens",
    "sglang:generation_tokens_total": "generated_tokens",
    "sglang:num_running_reqs": "running_requests",
    "sglang:num_queue_reqs": "waiting_requests",
    "sglang:token_usage": "kv_cache_usage",
    # Counted at each step, the two above only when a request ends.
    "sglang:realtime_tokens_total": "steps",
}
PROGRESS = ("steps", "prompt_tokens", "generated_tokens")

ENVIRONMENT = command.ENVIRONMENT | {"SGLANG_TIMEOUT_KEEP_ALIVE": str(KEEP_ALIVE_SECONDS)}


def arguments(settings: EngineSettings) -> list[str]:
    """Return the command line after the module's name."""
    chosen = [
        "--model-path",
        settings.model_path,
        "--served-model-name",
        settings.served_name,
        "--host",
        "127.0.0.1",
        "--port",
        str(settings.port),
        "--tp-size",
        str(settings.gpu_count),
        "--context-length",
        str(settings.context_length),
        "--max-running-requests",
        str(settings.max_sequences),
        "--mem-fraction-static",
        str(settings.memory_fraction),
        "--dtype",
        settings.dtype,
        "--load-format",
        "safetensors",
        "--log-level",
        "info",
        "--log-level-http",
        "warning",
        "--enable-metrics",
        "--enable-cache-report",
        "--allowed-media-domains",
        command.NO_HOST,
        "--limit-mm-data-per-request",
        command.media(settings.pictures),
        # Peer access between GPUs is off in a trusted execution environment.
        "--disable-custom-all-reduce",
    ]
    if settings.pictures:
        # Some models that see are started blind otherwise, such as Gemma 3 and Llama 4.
        chosen += ["--enable-multimodal"]
    if settings.quantization:
        chosen += ["--quantization", settings.quantization]
    if settings.tool_parser:
        chosen += ["--tool-call-parser", settings.tool_parser]
    if settings.reasoning_parser:
        chosen += ["--reasoning-parser", settings.reasoning_parser]
    if settings.embedding or settings.classifying:
        chosen += ["--is-embedding"]
    if settings.shorter_vectors:
        # The model's own configuration does not say so.
        chosen += ["--json-model-override-args", '{"is_matryoshka": true}']
    return chosen


def launch(settings: EngineSettings, api_key: str) -> Launch:
    """Return how to start SGLang."""
    key = ["--config", _key_file(api_key)]
    return Launch(
        command=command.python_module("sglang.launch_server", [*key, *arguments(settings)]),
        environment=ENVIRONMENT,
        metrics=METRICS,
        progress=PROGRESS,
    )


def _key_file(api_key: str) -> str:
    """Write the key where only we and the engine can read it: SGLang takes it from no variable,
    and on the command line everybody on the machine could read it."""
    with tempfile.NamedTemporaryFile("w", suffix=".yaml", delete=False) as file:
        json.dump({"api-key": api_key}, file)
    return file.name
