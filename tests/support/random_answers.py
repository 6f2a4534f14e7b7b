"""Random answers, right and wrong, for copier, the schema and the tool."""

from typing import Any

from hypothesis import strategies as st

# Each key with values that are right, wrong, or right only beside others.
VALUES: dict[str, list[Any]] = {
    "workload": ["image", "llm", "speech", "custom", "video", None],
    "endpoints": [
        [{"name": "read", "fields": {"image_b64": {"type": "image_b64"}}}],
        [{"name": "Read", "fields": {"image_b64": {"type": "picture"}}}],
        [],
        "read",
    ],
    "models": [[], ["a/b@" + "a" * 40], ["a/b"], None],
    "packages": [["einops==0.8.1"], ["einops"], [5]],
    "system_packages": [["ffmpeg"], ["ffmpeg; true"]],
    "engine": ["diffusers", "vllm", "sglang", "transformers", "tgi"],
    "task": ["chat", "embed", "classify", "rerank", "transcribe", "rank"],
    "model": [
        "Qwen/Qwen3-8B",
        "Qwen/Qwen3-Embedding-4B",
        "Qwen/Qwen3-Reranker-4B",
        "openai/whisper-large-v3-turbo",
        "Tongyi-MAI/Z-Image-Turbo",
        "a/b",
        "nope",
    ],
    "revision": ["a" * 40, "main", 5],
    "gated": [True, "yes", 3],
    "pictures": [0, 2, 9, "2"],
    "tool_parser": ["", "hermes", "qwen25", "nope", 5],
    "reasoning_parser": ["", "qwen3", "nope"],
    "context_length": [512, 100, 40961, 8192],
    "username": ["bob", "x", 12, "b-b"],
    "name": ["abc", "Abc", "tee-tee", "a-", "glyph-art"],
    "tagline": [
        "{{ 7*7 }}",
        "x" * 1025,
        'a "quoted" $(line)\nand 🎈',
        5,
        "ours: hf_" + "Aa1" * 12,
        "0x" + "0f" * 32,
        "redis://user:word@host",
    ],
    "tee": [True, False, "true", "maybe", 1],
    "gpu_count": [1, 2, 3, 8, 9, "2", 1.5, True],
    "min_vram_gb_per_gpu": [16, 24, 80, 140, 141],
    "include": [[], ["h100"], ["4090", "l4"], ["H100"], "h100", [4090], None],
    "exclude": [[], ["pro_6000"], ["a4000", "l4", "a10", "4090", "5090", "a40"]],
    "max_hourly_price_per_gpu": [None, 1, 2.5, 0, 10, "x"],
    "concurrency": [1, 64, 0, 257],
    "max_instances": [1, 100, 101],
    "scaling_threshold": [0.5, 1, 0, 1.5, "0.5"],
    "keep_warm": [True, "off"],
    "shutdown_after_seconds": [60, 59, 604800],
    "staging_max_instances": [2, 0],
    "staging_shutdown_after_seconds": [60, 1],
    "cache": ["none", "lru", "redis", "disk"],
    "metrics_cord": [True, None],
    "ci": ["github", "none", "gitlab"],
    "base_image": ["parachutes/python:3.12", "ubuntu:24.04"],
    "nmae": ["x"],
    "layer": ["x"],
}
ANSWERS = st.fixed_dictionaries(
    {}, optional={key: st.sampled_from(values) for key, values in VALUES.items()}
)
# Most random sets of many answers are wrong somewhere; a few answers are right often enough.
FEW = st.lists(st.sampled_from(list(VALUES)), max_size=3, unique=True).flatmap(
    lambda keys: st.fixed_dictionaries({key: st.sampled_from(VALUES[key]) for key in keys})
)
