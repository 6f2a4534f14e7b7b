"""What fits on which GPU, and every assumption behind it with its source and its option."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from scaffold import memory
from scaffold.plan.speed import Tokens, llm_seconds

PARALLEL = (1, 2, 4, 8)


@dataclass(frozen=True)
class Assumption:
    """Something the plan rests on; `option` changes it."""

    name: str
    value: Any
    source: str
    option: str


@dataclass(frozen=True)
class Fit:
    """One kind of hardware: how many requests fit at once, and what one takes there."""

    gpu: str
    gpu_count: int
    eligible: bool
    fits: bool
    sequences: int | None
    seconds_per_request: float | None
    usd_per_hour: float


@dataclass(frozen=True)
class Sizing:
    """Memory need and all hardware, the cheapest that fits first."""

    weights_gib: float | None
    kv_bytes_per_token: float | None
    needed_gb_per_gpu: float
    fits: tuple[Fit, ...]
    assumptions: tuple[Assumption, ...]

    def as_json(self) -> dict[str, Any]:
        """The `sizing` of `plan --json`."""
        return asdict(self)


def size_llm(
    context: Mapping[str, Any],
    shape: memory.Shape,
    tokens: Tokens,
    budget: memory.Budget,
    concurrency: int,
) -> tuple[Fit, ...]:
    """Every GPU and parallel size that divides the heads."""
    found = []
    for gpu in context["gpus"]:
        for count in PARALLEL:
            if shape.heads % count:
                continue
            held = tokens.prompt + tokens.answer
            fitting = memory.sequences(shape, gpu["vram_gb"], count, held, budget)
            full = memory.sequences(shape, gpu["vram_gb"], count, context["context_length"], budget)
            load = min(concurrency, fitting)
            seconds = llm_seconds(shape, gpu["id"], count, load, tokens) if load else None
            found.append(
                Fit(
                    gpu["id"],
                    count,
                    gpu["id"] in context["eligible_gpus"] and count == context["gpu_count"],
                    full > 0,
                    fitting,
                    None if seconds is None else round(seconds, 2),
                    round(gpu["usd_per_hour"] * count, 2),
                )
            )
    return _sorted(found)


def size_alone(
    context: Mapping[str, Any],
    needed: float,
    at_once: int,
    seconds: Callable[[str, int], float | None],
) -> tuple[Fit, ...]:
    """Every GPU, of which one instance has one; `seconds` are those of a request there."""
    return _sorted(
        [
            Fit(
                gpu["id"],
                1,
                gpu["id"] in context["eligible_gpus"],
                gpu["vram_gb"] >= needed,
                at_once if gpu["vram_gb"] >= needed else 0,
                _rounded(seconds(gpu["id"], at_once)),
                gpu["usd_per_hour"],
            )
            for gpu in context["gpus"]
        ]
    )


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 2)


def _sorted(found: list[Fit]) -> tuple[Fit, ...]:
    return tuple(sorted(found, key=lambda fit: (not fit.fits, fit.usd_per_hour, fit.gpu)))
