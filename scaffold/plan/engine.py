"""Seconds of an engine that batches: of a step, of a prompt, of a request, by what is in flight.

A roofline. A step of decoding reads the weights once, whatever the number of sequences, and the
cache of each of them; a prompt is bound by arithmetic. vLLM schedules sequences that decode first
and fills what is left of a step's tokens with prompts, in parts; SGLang gives these parts steps of
their own. Either way a prompt slows down everybody by the time it takes.
"""

import math
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from scaffold.memory import Shape


@dataclass(frozen=True)
class Tokens:
    """A typical request: tokens of the prompt and of the answer."""

    prompt: float
    answer: float

    @property
    def held(self) -> float:
        """Tokens in the cache on average over its life: the prompt and half of the answer."""
        return self.prompt + self.answer / 2


@dataclass(frozen=True)
class Mixture:
    """Experts of which each token takes `chosen`; `parameters` are those of all of them."""

    experts: int
    chosen: int
    parameters: float

    def touched(self, tokens: float) -> float:
        """The share of the experts that so many tokens of a step need, chosen evenly."""
        return 1.0 - math.pow(1 - self.chosen / self.experts, tokens)


@dataclass(frozen=True)
class Anatomy:
    """A model as a step reads it: `unread` parameters are an embedding that is looked up."""

    shape: Shape
    unread: float = 0.0
    mixture: Mixture | None = None

    @property
    def bits(self) -> int:
        """The width of most weights: 16, 8 or 4."""
        size = self.shape.bytes_per_parameter
        return 16 if size >= 1.6 else 8 if size >= 0.8 else 4

    @property
    def active(self) -> float:
        """Parameters that work on one token."""
        read = self.shape.parameters - self.unread
        if not self.mixture:
            return read
        return read - self.mixture.parameters * (1 - self.mixture.chosen / self.mixture.experts)

    def read_bytes(self, sequences: float) -> float:
        """What a step reads of the weights for so many sequences."""
        size, unread = self.shape.bytes_per_parameter, self.unread * 2.0
        whole = self.shape.parameters * size - unread
        if not self.mixture:
            return whole
        return whole - self.mixture.parameters * size * (1 - self.mixture.touched(sequences))


@dataclass(frozen=True)
class Constants:
    """What an engine reaches, as `engine.yml` says: seconds, and shares of the sheet's figures."""

    layer_seconds: float
    sequence_seconds: float
    weights_share: dict[int, float]
    cache_share: float
    decode_share: float
    prompt_share: float


@cache
def table(name: str) -> dict[str, Any]:
    """A file of figures beside this module."""
    found: dict[str, Any] = yaml.safe_load(Path(__file__).with_name(name).read_bytes())
    return found


@cache
def constants(kind: str) -> Constants:
    """Those of `dense` models or of a `mixture`."""
    return Constants(**_values(kind))


def _values(kind: str) -> dict[str, Any]:
    entries = table("engine.yml")[kind].items()
    return {name: entry["value"] for name, entry in entries if name != "off_by"}


def step_tokens(engine: str, gpu: str, vram_gb: float) -> int:
    """Tokens that `vllm` or `sglang` computes in a step unless told otherwise."""
    said = table("engine.yml")["schedule"]["step_tokens"][engine]
    found: dict[int, int] = said["by_memory"]
    memory = 0 if gpu in said["slow"] else vram_gb
    return found[max(least for least in found if least <= memory)]


class Engine:
    """One model on the GPUs of one instance."""

    def __init__(
        self, model: Anatomy, gpu: str, gpu_count: int = 1, fitted: Constants | None = None
    ) -> None:
        figures, parallel = table("gpus.yml")[gpu], _values("parallel")
        self.model, self.gpus = model, gpu_count
        kind = "mixture" if model.mixture else "dense"
        self.fitted = fitted or constants(kind)
        # How far off it is on average, and whether measurements on this GPU are behind that.
        self.off_by = float(table("engine.yml")[kind]["off_by"])
        self.is_fitted = gpu in table("engine.yml")["fitted_on"]
        self.bytes_per_second: float = figures["gb_per_s"] * 1e9
        wide = model.bits == 8 and "tflops_8" in figures
        self.flop_per_second: float = figures["tflops_8" if wide else "tflops"] * 1e12
        gathered = parallel["layer_seconds_per_gpu"] * gpu_count if gpu_count > 1 else 0.0
        self.launch_seconds: float = (self.fitted.layer_seconds + gathered) * model.shape.layers
        self.request_seconds: float = table("engine.yml")["schedule"]["request_seconds"]["value"]
        self.prompt_share = self.fitted.prompt_share / math.pow(
            gpu_count, parallel["prompt_exponent"]
        )

    def step(self, sequences: float, held: float) -> float:
        """Seconds of one step that gives each of `sequences` its next token.

        `held` are the tokens that each keeps in the cache.
        """
        fitted, shape = self.fitted, self.model.shape
        reading = self.model.read_bytes(sequences) / self.gpus
        reading /= fitted.weights_share[self.model.bits] * self.bytes_per_second
        arithmetic = sequences * 2 * self.model.active / self.gpus
        arithmetic /= fitted.decode_share * self.flop_per_second
        cache = sequences * shape.kv_gib_per_gpu(held, self.gpus) * 2**30
        cache /= fitted.cache_share * self.bytes_per_second
        return (
            self.launch_seconds
            + max(reading, arithmetic)
            + cache
            + sequences * fitted.sequence_seconds
        )

    def prompt(self, tokens: float) -> float:
        """Seconds the arithmetic of a prompt takes, alone on the instance."""
        shape = self.model.shape
        attention = 2 * tokens * tokens * shape.heads * shape.head_dim * shape.layers
        work = 2 * self.model.active * tokens + attention
        return work / (self.gpus * self.prompt_share * self.flop_per_second)

    def seconds(self, sequences: float, tokens: Tokens) -> float:
        """Seconds of a request while `sequences` like it are in flight all the time.

        While it decodes, the prompts of the others are computed between its own tokens.
        """
        steps = max(tokens.answer, 1.0)
        prompts = sequences * self.prompt(tokens.prompt)
        return self.request_seconds + prompts + steps * self.step(sequences, tokens.held)

    def first_token(self, sequences: float, tokens: Tokens, step_tokens: int) -> float:
        """Seconds until the first token, where requests arrive independently of each other.

        Half of the step under way, the prompts that came before and are not computed yet (a queue
        with one server and equal work), then one step for each part of the prompt that fits beside
        the sequences that decode. Many that arrive in one instant wait for each other: the median
        of n then waits for n / 2 prompts.
        """
        parts = math.ceil(tokens.prompt / max(step_tokens - sequences, 1))
        step, prompt = self.step(sequences, tokens.held), self.prompt(tokens.prompt)
        busy = sequences * prompt / self.seconds(sequences, tokens)
        waits = prompt * (1 + busy / (2 * (1 - busy)))
        return self.request_seconds + (0.5 + parts) * step + waits

    def per_token(self, sequences: float, tokens: Tokens) -> float:
        """Seconds between two tokens on average, the others' prompts included."""
        between = (sequences - 1) * self.prompt(tokens.prompt) / max(tokens.answer, 1.0)
        return self.step(sequences, tokens.held) + between
