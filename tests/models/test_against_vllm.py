"""What a request keeps is what vLLM's own specifications of its caches come to."""

import json
import subprocess
from typing import Any

import pytest

from scaffold.models import attention
from scaffold.models.attention import IN_FLIGHT
from scaffold.models.config import Config
from support import model_configs as known
from support.serving import vllm

pytestmark = pytest.mark.heavy
PROGRAM = """
import json, sys
import torch
from vllm.model_executor.layers.mamba.mamba_utils import MambaStateShapeCalculator as States
from vllm.v1.kv_cache_interface import (
    FullAttentionSpec, MambaSpec, MLAAttentionSpec, SlidingWindowSpec,
)
BLOCK, HALF, WHOLE = 16, torch.bfloat16, torch.float32
in_flight = int(sys.argv[1])

def token(heads, size, kind=FullAttentionSpec):
    page = kind(block_size=BLOCK, num_kv_heads=heads, head_size=size, dtype=HALF).page_size_bytes
    return page / BLOCK

def window(heads, size, tokens):
    spec = SlidingWindowSpec(
        block_size=BLOCK, num_kv_heads=heads, head_size=size, dtype=HALF, sliding_window=tokens)
    return spec.page_size_bytes * spec.max_admission_blocks_per_request(in_flight, 131072)

def state(shapes):
    return MambaSpec(block_size=BLOCK, shapes=shapes, dtypes=(HALF, WHOLE)).page_size_bytes

print(json.dumps({
    "LLAMA_70B": {"token": 80 * token(8, 128)},
    "QWEN35_27B": {
        "token": 16 * token(4, 256),
        "state": 48 * state(States.gated_delta_net_state_shape(1, 16, 48, 128, 128, 4))},
    "NEMOTRON_3_NANO": {
        "token": 6 * token(2, 128),
        "state": 23 * state(States.mamba2_state_shape(1, 4096, 8, 64, 64, 128, 4))},
    "GPT_OSS_20B": {"token": 12 * token(8, 64), "window": 12 * window(8, 64, 128)},
    "GEMMA4_31B": {"token": 10 * token(4, 512), "window": 50 * window(16, 256, 1024)},
    "KIMI_K25": {"token": 61 * token(1, 576, MLAAttentionSpec)},
}))
"""


def test_every_kind_of_layer() -> None:
    done = subprocess.run(
        [vllm(), "-c", PROGRAM, str(IN_FLIGHT)], check=True, capture_output=True, text=True
    )
    theirs: dict[str, dict[str, Any]] = json.loads(done.stdout.splitlines()[-1])
    for name, figures in theirs.items():
        ours = attention.kept(Config(getattr(known, name)))
        assert ours.token == figures["token"], name
        assert ours.state == figures.get("state", 0), name
        # They count in blocks, and one more than the window may touch.
        assert ours.sliding * ours.window == pytest.approx(figures.get("window", 0), rel=0.01), name
