"""What fits on which GPU, and every assumption behind it with its source and its option."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from scaffold import memory
from scaffold.plan.engine import Anatomy, Engine, Tokens, step_tokens

PARALLEL = (1, 2, 4, 8)


@dataclass(frozen=True)
class Assumption:
    """Something the plan rests on; `option` changes it.

    `known` is `measured` (given, recorded, or counted from the model), `fitted` (computed, with
    constants from measurements elsewhere) or `estimated` (assumed).
    """

    name: str
    value: Any
    known: str
    source: str
    option: str


@dataclass(frozen=True)
class Fit:
    """One kind of hardware: how many requests fit at once, and what one takes there.

    Seconds of a request, and of its first token (an estimate), with the answers' concurrency in
    flight, or what fits; `seconds_alone` are those of one that has the GPU to itself.
    """

    gpu: str
    gpu_count: int
    eligible: bool
    fits: bool
    sequences: int | None
    seconds_per_request: float | None
    usd_per_hour: float
    seconds_alone: float | None = None
    first_token_s: float | None = None
    tokens_per_second: float | None = None


@dataclass(frozen=True)
class Sizing:
    """Memory need and all hardware, the cheapest that fits first."""

    weights_gib: float | None
    kv_bytes_per_token: float | None
    needed_gb_per_gpu: float
    fits: tuple[Fit, ...]
    assumptions: tuple[Assumption, ...]

    def value(self, name: str) -> Any:
        """Of the assumption of this name, which may go on after a comma; None if there is none."""
        found = (a.value for a in self.assumptions if a.name.split(",")[0] == name)
        return next(found, None)

    def rests_on(self) -> str:
        """How well that is known from which the figures of a simulation follow."""
        known = {entry.name.split(",")[0]: entry.known for entry in self.assumptions}
        return (
            f"all figures are simulated, from {known['seconds per request']} seconds per request "
            f"and {known['cold start in seconds']} cold starts"
        )

    def as_json(self) -> dict[str, Any]:
        """The `sizing` of `plan --json`."""
        return asdict(self)


def size_llm(
    context: Mapping[str, Any],
    model: Anatomy,
    tokens: Tokens,
    budget: memory.Budget,
    concurrency: int,
    measured: Engine | None = None,
) -> tuple[Fit, ...]:
    """Every GPU and parallel size that divides the heads; where eligible with what was measured."""
    found, shape, written = [], model.shape, tokens.answer > 0
    for gpu in context["gpus"]:
        at_once = step_tokens(context["engine"], gpu["id"], gpu["vram_gb"])
        for count in PARALLEL:
            if shape.heads % count:
                continue
            held = tokens.prompt + tokens.answer
            fitting = memory.sequences(shape, gpu["vram_gb"], count, held, budget)
            full = memory.sequences(shape, gpu["vram_gb"], count, context["context_length"], budget)
            load = min(concurrency, fitting)
            eligible = gpu["id"] in context["eligible_gpus"] and count == context["gpu_count"]
            engine = (eligible and measured) or Engine(model, gpu["id"], count)
            found.append(
                Fit(
                    gpu["id"],
                    count,
                    eligible,
                    full > 0,
                    fitting,
                    round(engine.seconds(load, tokens), 2) if load else None,
                    round(gpu["usd_per_hour"] * count, 2),
                    round(engine.seconds(1, tokens), 2) if load else None,
                    round(engine.first_token(load, tokens, at_once), 2) if load else None,
                    round(1 / engine.per_token(load, tokens), 1) if load and written else None,
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
