"""A chat model on the SDK's own template."""
import os
from chutes.chute import NodeSelector
from chutes.chute.template.vllm import build_vllm_chute
from chutes.image import Image

os.environ["NO_PROXY"] = "localhost,127.0.0.1"

chute = build_vllm_chute(
    username="alice",
    readme="Qwen/Qwen3-32B",
    model_name="Qwen/Qwen3-32B",
    image="chutes/vllm:0.11.0",
    concurrency=24,
    node_selector=NodeSelector(gpu_count=2, min_vram_gb_per_gpu=80, include=["h100", "h200"]),
    engine_args="""
    --max-model-len 32768 --enable-auto-tool-choice --tool-call-parser hermes \\
    --reasoning-parser qwen3 --gpu-memory-utilization=0.92 --enable-prefix-caching
    """,
)
