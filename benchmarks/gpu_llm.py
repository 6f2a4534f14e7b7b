"""A chute in front of real vLLM on a real GPU, with a model of real size, beside the plan.

    TEST_VLLM_PYTHON=... python benchmarks/gpu_llm.py [--gpu h100_sxm]

The weights are the engine's own random ones (`--load-format dummy`) in the shape of Qwen3-8B:
neither memory nor speed depend on their values. Three yardsticks, all on the same engine in one
run: the bare engine for streams through the chute, the plan's engine model for whole requests,
and the plan's arithmetic of memory for the size of the engine's cache.
"""

import argparse
import asyncio
import itertools
import json
import os
import random
import re
import statistics
import tempfile
import time
import urllib.request
from pathlib import Path

import aiohttp
import llm_relay
import yaml
from llm_relay import Target

from scaffold import memory
from scaffold.plan.engine import Engine, Tokens
from scaffold.plan.models import anatomy_of
from support import tiny_llm

GPUS = llm_relay.ROOT / "template" / "data" / "gpus.yml"
QWEN3_8B = {
    "architectures": ["Qwen3ForCausalLM"],
    "model_type": "qwen3",
    "dtype": "bfloat16",
    "hidden_size": 4096,
    "intermediate_size": 12288,
    "num_hidden_layers": 36,
    "num_attention_heads": 32,
    "num_key_value_heads": 8,
    "head_dim": 128,
    "vocab_size": 151936,
    "max_position_embeddings": 40960,
    "rms_norm_eps": 1e-6,
    "hidden_act": "silu",
    "rope_parameters": {"rope_type": "default", "rope_theta": 1000000.0},
    "attention_bias": False,
    "tie_word_embeddings": False,
    "bos_token_id": 0,
    "eos_token_id": 1,
}
CONTEXT = 8192
CONCURRENCY = 256
# Concurrency, tokens of the prompt, tokens of the answer.
CASES = [(1, 16, 128), (64, 512, 128), (256, 512, 128), (16, 4000, 1)]


async def request_seconds(engine: Target, case: tuple[int, int, int], seconds: float) -> float:
    """The mean duration of a request while so many are always in flight."""
    concurrency, prompt, answer = case
    durations: list[float] = []
    connector = aiohttp.TCPConnector(limit=0)
    end = time.perf_counter() + seconds

    async with aiohttp.ClientSession(engine.url, connector=connector) as session:

        async def client(number: int) -> None:
            rng = random.Random(number)
            for round_ in itertools.count():
                # The first round arrives all at once, and is not counted.
                body = {
                    "model": llm_relay.NAME,
                    "max_tokens": answer,
                    "ignore_eos": True,
                    "prompt": [rng.randrange(10, 100_000) for _ in range(prompt)],
                }
                started = time.perf_counter()
                async with session.post(
                    "/v1/completions", json=body, headers=engine.headers
                ) as response:
                    response.raise_for_status()
                    await response.read()
                if round_:
                    durations.append(time.perf_counter() - started)
                if time.perf_counter() > end and round_:
                    return

        await asyncio.gather(*(client(number) for number in range(concurrency)))
    return statistics.mean(durations)


def cache_tokens(engine: Target) -> int:
    """How many tokens the engine's cache holds, by its own metrics."""
    request = urllib.request.Request(f"{engine.url}/metrics", headers=engine.headers)
    with urllib.request.urlopen(request) as answer:
        text = answer.read().decode()
    line = next(line for line in text.splitlines() if line.startswith("vllm:cache_config_info"))
    labels = dict(re.findall(r'(\w+)="([^"]*)"', line))
    return int(labels["num_gpu_blocks"]) * int(labels["block_size"])


def card_gb(gpu: str) -> float:
    """What the catalog says of a card's memory."""
    gpus = yaml.safe_load(GPUS.read_bytes())["gpus"]["default"]
    return float(next(entry["vram_gb"] for entry in gpus if entry["id"] == gpu))


def main() -> None:
    """Run all comparisons; a JSON line each."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--gpu", default="h100_sxm", help="its name in the catalog")
    parser.add_argument("--streams", default="1,64,256")
    parser.add_argument("--tokens", type=int, default=128)
    parser.add_argument("--seconds", type=float, default=4.0, help="of each measurement")
    parser.add_argument("--rounds", type=int, default=2)
    options = parser.parse_args()
    model = anatomy_of(QWEN3_8B)
    shape, planner = model.shape, Engine(model, options.gpu)
    with tempfile.TemporaryDirectory() as folder:
        repository = llm_relay.render(Path(folder), CONCURRENCY, CONTEXT)
        environment = tiny_llm.environment(
            repository / ".cache", os.environ["TEST_VLLM_PYTHON"], QWEN3_8B
        )
        began = time.monotonic()
        with llm_relay.running(repository, "", environment) as (chute, engine):
            print(json.dumps({"start_seconds": round(time.monotonic() - began, 1)}), flush=True)
            found = cache_tokens(engine)
            room = memory.room_gib(shape, card_gb(options.gpu), 1) / shape.kv_gib_per_gpu(1, 1)
            about = {"cache_tokens": found, "planned": int(room), "ratio": round(found / room, 3)}
            print(json.dumps(about), flush=True)
            for case in CASES:
                measured = asyncio.run(request_seconds(engine, case, options.seconds))
                concurrency, prompt, answer = case
                planned = planner.seconds(concurrency, Tokens(prompt, answer))
                about = {
                    "concurrency": concurrency,
                    "prompt": prompt,
                    "answer": answer,
                    "seconds": round(measured, 3),
                    "planned": round(planned, 3),
                    "ratio": round(measured / planned, 3),
                }
                print(json.dumps(about), flush=True)
            for streams in map(int, options.streams.split(",")):
                tokens = 8 if streams == 1 else options.tokens
                asked = llm_relay.body("vllm", tokens, 0)
                compared = asyncio.run(llm_relay.compare(chute, engine, asked, streams, options))
                print(json.dumps({"streams": streams} | compared), flush=True)


if __name__ == "__main__":
    main()
