"""vLLM's words for the engine's settings, and its names for what it measures."""

from __future__ import annotations

import json

from chutekit.engines import command
from chutekit.engines.engine import KEEP_ALIVE_SECONDS, EngineSettings, Launch

METRICS = {
    "vllm:prompt_tokens_total": "prompt_tokens",
    "vllm:generation_tokens_total": "generated_tokens",
    "vllm:num_requests_running": "running_requests",
    "vllm:num_requests_waiting": "waiting_requests",
    "vllm:kv_cache_usage_perc": "kv_cache_usage",
}
PROGRESS = ("prompt_tokens", "generated_tokens")

ENVIRONMENT = command.ENVIRONMENT | {
    "VLLM_NO_USAGE_STATS": "1",
    "VLLM_DO_NOT_TRACK": "1",
    "VLLM_SERVER_DEV_MODE": "0",
    # Answers would be kept in memory for ever, for whoever knows their names.
    "VLLM_ENABLE_RESPONSES_API_STORE": "0",
    "VLLM_LOGGING_COLOR": "0",
    "VLLM_MEDIA_URL_ALLOW_REDIRECTS": "0",
    "VLLM_WORKER_MULTIPROC_METHOD": "spawn",
    "VLLM_HTTP_TIMEOUT_KEEP_ALIVE": str(KEEP_ALIVE_SECONDS),
}


def arguments(settings: EngineSettings) -> list[str]:
    """Return the command line after the module's name."""
    chosen = [
        "--model",
        settings.model_path,
        "--served-model-name",
        settings.served_name,
        "--host",
        "127.0.0.1",
        "--port",
        str(settings.port),
        "--tensor-parallel-size",
        str(settings.gpu_count),
        "--max-model-len",
        str(settings.context_length),
        "--max-num-seqs",
        str(settings.max_sequences),
        "--gpu-memory-utilization",
        str(settings.memory_fraction),
        "--dtype",
        settings.dtype,
        "--load-format",
        "safetensors",
        "--enable-prompt-tokens-details",
        "--no-enable-log-requests",
        "--no-enable-log-outputs",
        "--disable-uvicorn-access-log",
        "--disable-fastapi-docs",
        "--allowed-media-domains",
        command.NO_HOST,
        # By default the first request's schema decides for all that come after it.
        "--structured-outputs-config.backend",
        "xgrammar",
        # Peer access between GPUs is off in a trusted execution environment.
        "--disable-custom-all-reduce",
    ]
    if settings.pictures:
        chosen += ["--limit-mm-per-prompt", command.media(settings.pictures)]
    else:
        # What sees is not even loaded.
        chosen += ["--language-model-only"]
    if settings.quantization:
        chosen += ["--quantization", settings.quantization]
    if settings.tool_parser:
        chosen += ["--enable-auto-tool-choice", "--tool-call-parser", settings.tool_parser]
    if settings.reasoning_parser:
        chosen += ["--reasoning-parser", settings.reasoning_parser]
    if settings.embedding:
        chosen += ["--runner", "pooling", "--convert", "embed"]
    if settings.classifying or settings.ranking:
        chosen += ["--runner", "pooling", "--convert", "classify"]
    if settings.judge:
        chosen += ["--chat-template", settings.judge.template]
    if overrides := _overrides(settings):
        chosen += ["--hf-overrides", json.dumps(overrides)]
    return chosen


def _overrides(settings: EngineSettings) -> dict[str, object]:
    """What the model's own configuration does not say."""
    found: dict[str, object] = {"is_matryoshka": True} if settings.shorter_vectors else {}
    if settings.judge:
        found |= {
            "architectures": [settings.judge.architecture],
            "classifier_from_token": list(settings.judge.answers),
            # vLLM's name for a score of what it says for yes less what it says for no.
            "is_original_qwen3_reranker": True,
        }
    return found


def launch(settings: EngineSettings, api_key: str) -> Launch:
    """Return how to start vLLM."""
    return Launch(
        command=command.python_module("vllm.entrypoints.openai.api_server", arguments(settings)),
        # On the command line everybody on the machine could read the key.
        environment=ENVIRONMENT | {"VLLM_API_KEY": api_key},
        metrics=METRICS,
        progress=PROGRESS,
    )
