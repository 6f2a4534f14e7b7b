"""Seconds one request takes on a GPU, estimated when nobody measured them.

A token of every sequence in the batch costs one reading of the weights and of all their caches, so
decoding is bound by memory bandwidth; prompts and pictures are bound by arithmetic.
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from scaffold.memory import Shape

# Shares of the data sheet's figures that engines reach in practice (assumed; measure yours).
BANDWIDTH_SHARE = 0.6
PROMPT_SHARE = 0.4
# Measured by benchmarks/gpu_pictures.py on an H200: five pipelines reached 0.41 to 0.69 of its
# figure, and launching the kernels of a step takes the processor about as long whatever the GPU.
PICTURE_SHARE = 0.5
STEP_SECONDS = 0.05
# Text encoders and decoder: 0.10 to 0.16 on the H200, more on smaller cards.
ONCE_SECONDS = 0.3
# A recording of any length: to be decoded, and token by token, alone (assumed; measure yours).
RECORDING_SECONDS = 0.5
# What each further GPU adds with tensor parallelism (assumed).
PARALLEL_SHARE = 0.8


@dataclass(frozen=True)
class Tokens:
    """A typical request: tokens of the prompt and of the answer."""

    prompt: float
    answer: float

    @property
    def held(self) -> float:
        """Tokens in the cache on average over its life: the prompt and half of the answer."""
        return self.prompt + self.answer / 2


@cache
def _table(name: str) -> dict[str, Any]:
    table: dict[str, Any] = yaml.safe_load(Path(__file__).with_name(name).read_bytes())
    return table


def _cards(gpu_count: int) -> float:
    return 1 + (gpu_count - 1) * PARALLEL_SHARE


def llm_seconds(shape: Shape, gpu: str, gpu_count: int, concurrency: int, tokens: Tokens) -> float:
    """Seconds of one request when `concurrency` of them share the instance: the slow end."""
    figures, cards = _table("gpus.yml")[gpu], _cards(gpu_count)
    weights = shape.parameters * shape.bytes_per_parameter
    caches = concurrency * tokens.held * shape.kv_bytes_per_token
    step = (weights + caches) / (figures["gb_per_s"] * 1e9 * BANDWIDTH_SHARE * cards)
    flop = 2 * shape.parameters
    speed = figures["tflops"] * 1e12 * PROMPT_SHARE * cards
    # While it decodes, the prompts of the others are computed on the same GPU.
    seconds: float = tokens.prompt * flop / speed * concurrency + tokens.answer * max(
        step, concurrency * flop / speed
    )
    return seconds


def picture_seconds(model: str, task: str, steps: int, gpu: str) -> float | None:
    """Seconds of one picture, made or changed; None for models whose work is not known."""
    work = _table("pictures.yml").get(model, {}).get(task)
    if work is None:
        return None
    step = work / (_table("gpus.yml")[gpu]["tflops"] * PICTURE_SHARE)
    return float(ONCE_SECONDS + steps * max(step, STEP_SECONDS))


def speech_seconds(model: str, recording: float, gpu: str, concurrency: int) -> float | None:
    """Seconds until a recording of so many seconds is written down, None for unknown models.

    When `concurrency` of them share the GPU, whose arithmetic is the limit: the slow end.
    """
    known = _table("speech.yml").get(model)
    if known is None:
        return None
    cards = _table("gpus.yml")
    times = known["times"] * cards[gpu]["tflops"] / cards[known["card"]]["tflops"]
    return float(RECORDING_SECONDS + concurrency * recording / times)
