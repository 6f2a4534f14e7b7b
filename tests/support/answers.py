"""Answers that tests give: the least, every combination of choices, and random ones."""

import itertools
from typing import Any

REQUIRED = {"username": "alice", "name": "my-chute"}


A_COMMIT = "0123456789abcdef0123456789abcdef01234567"
ENGINES = [
    ("image", "diffusers"),
    ("llm", "vllm"),
    ("llm", "sglang"),
    ("speech", "transformers"),
]
# Every kind of field, answer and bound.
ENDPOINTS: list[dict[str, Any]] = [
    {
        "name": "detect",
        "description": "Find what is in a picture",
        "fields": {
            "picture": {"type": "image_b64", "megabytes": 4, "megapixels": 12.5},
            "mask": {"type": "image_b64", "default": None},
            "threshold": {"type": "float", "default": 0.5, "ge": 0, "le": 1},
            "labels": {"type": "list[str]", "default": None, "description": "Only these."},
            "boxes": {"type": "list[int]", "min_length": 2, "max_length": 8},
            "weights": {"type": "list[float]", "default": [0.5, 1], "max_length": 3},
            "mode": {"type": "str", "choices": ["fast", "exact"], "default": "fast"},
            "size": {"type": "int", "choices": list(range(1000, 1025))},
            "kind": {"type": "str", "choices": ["a few", "of those", "that are long"]},
            "steps": {"type": "int", "gt": 3, "lt": 100, "multiple_of": 8},
            "exact": {"type": "bool", "default": False},
        },
        "returns": {"labels": {"type": "list[str]"}, "score": {"type": "float"}},
    },
    {
        "name": "speak_up_for_whoever_cannot",
        "path": "/v1/audio/speech",
        "cache": False,
        "fields": {
            "text": {"type": "str", "min_length": 20, "max_length": 500},
            "code": {"type": "str", "pattern": "^[a-z]{2}$", "example": "en"},
            "ref_audio_b64": {"type": "audio_b64", "default": None, "seconds": 30},
        },
        "answer": "audio/wav",
    },
    {
        "name": "tell",
        "gpu": False,
        "fields": {
            "pdf_b64": {"type": "file_b64", "kinds": ["application/pdf"]},
            "audio_b64": {"type": "audio_b64"},
        },
        "answer": "text/event-stream",
        "returns": {"text": {"type": "str"}},
    },
]
CUSTOM: list[dict[str, Any]] = [
    {"workload": "custom"},
    {
        "workload": "custom",
        "endpoints": ENDPOINTS,
        "concurrency": 8,
        "cache": "redis",
        "metrics_cord": True,
    },
    {
        "workload": "custom",
        "endpoints": [{"name": "draw", "fields": {"n": {"type": "int"}}, "answer": "image/png"}],
        "models": [f"owner/name@{A_COMMIT}", f"{'o' * 60}/{'n' * 60}@{A_COMMIT}"],
        "packages": ["einops==0.8.1", "opencv-python-headless==4.12.0.88"],
        "system_packages": ["ffmpeg", "libgl1=1.7.0-1build1"],
        "gated": True,
        "cache": "lru",
        "keep_warm": True,
        "ci": "none",
    },
]
SPECIAL: list[dict[str, Any]] = [
    *CUSTOM,
    {"workload": "image", "model": "someone/something", "revision": A_COMMIT},
    {"workload": "image", "task": "edit", "model": "someone/something", "revision": A_COMMIT},
    {"workload": "image", "model": "black-forest-labs/FLUX.1-Kontext-dev", "cache": "redis"},
    {"workload": "image", "task": "edit", "model": "black-forest-labs/FLUX.2-klein-4B"},
    {"workload": "llm", "model": "someone/something", "revision": A_COMMIT},
    {"workload": "image", "model": "black-forest-labs/FLUX.1-schnell"},
    {"workload": "llm", "gpu_count": 2, "include": ["h100", "h200"], "exclude": ["h200"]},
    {"workload": "llm", "include": [], "max_hourly_price_per_gpu": 2.0, "tee": False},
    {"workload": "llm", "task": "embed", "model": "someone/something", "revision": A_COMMIT},
    {"workload": "llm", "model": "Qwen/Qwen3-Embedding-8B", "cache": "lru", "metrics_cord": True},
    {"workload": "llm", "model": "Qwen/Qwen3-Embedding-0.6B", "engine": "sglang", "cache": "redis"},
    {"workload": "llm", "task": "classify", "model": "someone/something", "revision": A_COMMIT},
    {
        "workload": "llm",
        "task": "classify",
        "model": "someone/something",
        "revision": A_COMMIT,
        "engine": "sglang",
        "cache": "redis",
    },
    {"workload": "llm", "model": "Qwen/Qwen3-Reranker-8B", "cache": "lru", "metrics_cord": True},
    {"workload": "llm", "model": "BAAI/bge-reranker-v2-m3", "cache": "redis"},
    {"workload": "speech", "model": "someone/something", "revision": A_COMMIT, "gated": True},
    {"workload": "speech", "model": "openai/whisper-large-v3", "cache": "redis"},
    {"workload": "image", "keep_warm": True, "gated": True, "name": "a-" + "b" * 46},
]


# ci, keep_warm and metrics_cord: half of all there are, and any two of them in each way.
EXTRAS = [
    ("github", True, True),
    ("github", False, False),
    ("none", True, False),
    ("none", False, True),
]


def combinations() -> list[dict[str, Any]]:
    """Each engine with each cache and any two of the extras, and some answers that select text."""
    choices = itertools.product(ENGINES, ("none", "lru", "redis"), EXTRAS)
    return SPECIAL + [
        {"workload": w, "engine": e, "cache": cache, "ci": ci, "keep_warm": warm, "metrics_cord": m}
        for (w, e), cache, (ci, warm, m) in choices
    ]
