"""Answers that tests give: the least, every combination of choices, and random ones."""

import itertools
from typing import Any

REQUIRED = {"username": "alice", "name": "my-chute"}


A_COMMIT = "0123456789abcdef0123456789abcdef01234567"
ENGINES = [("image", "diffusers"), ("llm", "vllm"), ("llm", "sglang")]
SPECIAL: list[dict[str, Any]] = [
    {"workload": "image", "model": "someone/something", "revision": A_COMMIT},
    {"workload": "llm", "model": "someone/something", "revision": A_COMMIT},
    {"workload": "image", "model": "black-forest-labs/FLUX.1-schnell"},
    {"workload": "llm", "gpu_count": 2, "include": ["h100", "h200"], "exclude": ["h200"]},
    {"workload": "llm", "include": [], "max_hourly_price_per_gpu": 2.0, "tee": False},
    {"workload": "llm", "task": "embed", "model": "someone/something", "revision": A_COMMIT},
    {"workload": "llm", "model": "Qwen/Qwen3-Embedding-8B", "cache": "lru", "metrics_cord": True},
    {"workload": "llm", "model": "Qwen/Qwen3-Embedding-0.6B", "engine": "sglang", "cache": "redis"},
    {"workload": "image", "keep_warm": True, "gated": True, "name": "a-" + "b" * 46},
]


def combinations() -> list[dict[str, Any]]:
    """All choices that select files, and some answers that select text."""
    choices = itertools.product(
        ENGINES, ("none", "lru", "redis"), ("github", "none"), (True, False), (True, False)
    )
    return SPECIAL + [
        {"workload": w, "engine": e, "cache": cache, "ci": ci, "keep_warm": warm, "metrics_cord": m}
        for (w, e), cache, ci, warm, m in choices
    ]
