"""What is asked of `plan`: every option once, with its default, its help and its bounds."""

import math
from collections.abc import Iterator
from dataclasses import Field, dataclass, field, fields
from pathlib import Path
from typing import Any

from scaffold import memory
from scaffold.errors import BadUsage, Problem

PATTERNS = ("constant", "daily", "spike")
SPREADS = ("lognormal", "exponential", "constant")
WHEN_FULL = ("retry", "queue", "give-up")


@dataclass(frozen=True)
class Bounds:
    """What an option takes: a number above, at least or at most another, or one of some words."""

    above: float = -math.inf
    least: float = -math.inf
    most: float = math.inf
    among: tuple[str, ...] = ()

    def problems(self, value: Any) -> Iterator[str]:
        """What is wrong with a value; nothing that was not given is wrong."""
        if value is None:
            return
        if self.among:
            if value not in self.among:
                yield f"must be one of: {', '.join(self.among)}"
            return
        if not isinstance(value, int | float):
            return
        if math.isfinite(self.above) and not (math.isfinite(value) and value > self.above):
            yield f"must be above {self.above:g}"
        if math.isfinite(self.least) and not (math.isfinite(value) and value >= self.least):
            yield f"must be at least {self.least:g}"
        if value > self.most:
            yield f"must be at most {self.most:g}"


@dataclass(frozen=True)
class Option:
    """An option on the command line; `metavar` and `name` where they do not follow from it."""

    help: str
    bounds: Bounds = Bounds()
    metavar: str | None = None
    name: str | None = None


_KEY = "option"


def option(
    help: str, *, metavar: str | None = None, name: str | None = None, **bounds: Any
) -> dict[str, Option]:
    """What makes a field an option."""
    return {_KEY: Option(help, Bounds(**bounds), metavar, name)}


def option_of(declared: "Field[Any]") -> Option | None:
    """The option that a field of `Request` is; None for the others."""
    found: Option | None = declared.metadata.get(_KEY)
    return found


@dataclass(frozen=True)
class Request:
    """The options of `plan`; None where a default depends on the model or the other options."""

    rps: float | None = field(
        default=None, metadata=option("Requests per second, on average.", above=0, most=100_000)
    )
    hours: float | None = field(
        default=None, metadata=option("How long to simulate (default 24).", above=0, most=24 * 366)
    )
    pattern: str = field(
        default="constant", metadata=option("constant, daily or spike.", among=PATTERNS)
    )
    swing: float = field(
        default=0.8,
        metadata=option(
            "daily: how far noon and midnight are from the average, 0 to 1.", least=0, most=1
        ),
    )
    spike_factor: float = field(
        default=5.0, metadata=option("spike: times the usual rate.", above=0, most=1000)
    )
    spike_at_hours: float | None = field(
        default=None, metadata=option("spike: when it starts (default half way).", least=0)
    )
    spike_minutes: float = field(
        default=30.0, metadata=option("spike: how long it lasts.", above=0)
    )
    arrivals: Path | None = field(
        default=None,
        metadata=option(
            "Recorded arrivals, CSV or JSON lines: time (a number or ISO 8601) and seconds.",
            metavar="FILE",
        ),
    )
    seconds_per_request: float | None = field(
        default=None,
        metadata=option(
            "What one request takes, measured (default: estimated).", above=0, most=1800
        ),
    )
    measured: Path | None = field(
        default=None,
        metadata=option(
            "A report of a load: .chute/load.json of `make load`, guidellm's or vLLM's.",
            metavar="FILE",
        ),
    )
    distribution: str | None = field(
        default=None,
        metadata=option(
            "Of these seconds: lognormal, exponential or constant (default: lognormal, or as "
            "measured).",
            among=SPREADS,
        ),
    )
    spread: float | None = field(
        default=None,
        metadata=option(
            "lognormal: standard deviation over mean (default: 0.5, or as measured).",
            least=0,
            most=10,
        ),
    )
    tokens_in: float | None = field(
        default=None,
        metadata=option(
            "Tokens of a typical prompt (default: 1000, or as measured).", above=0, most=10_000_000
        ),
    )
    tokens_out: float | None = field(
        default=None,
        metadata=option(
            "Tokens of a typical answer (default: 300, or as measured).", above=0, most=10_000_000
        ),
    )
    tokens_per_second: float | None = field(
        default=None,
        metadata=option("Of one stream under load, measured (default: estimated).", above=0),
    )
    steps: int | None = field(
        default=None,
        metadata=option("Steps of a typical picture (default: the model's).", above=0, most=1000),
    )
    recording_seconds: float = field(
        default=60.0, metadata=option("Seconds of a typical recording.", above=0, most=86_400)
    )
    cold_start_seconds: float | None = field(
        default=None,
        metadata=option("From the first request until an instance serves.", above=0, most=5400),
    )
    engine_limit: int | None = field(
        default=None,
        metadata=option(
            "Requests in work at which an instance itself answers 429 (default: concurrency).",
            above=0,
        ),
    )
    when_full: str = field(
        default="retry",
        metadata=option(
            "What callers do about 429 and 503: retry, queue or give-up.", among=WHEN_FULL
        ),
    )
    patience: float = field(
        default=600.0, metadata=option("Seconds until callers give up.", above=0, most=86_400)
    )
    target_p95: float | None = field(
        default=None,
        metadata=option("Seconds within which 95 of 100 answers shall be there.", above=0),
    )
    target_refused: float = field(
        default=0.001,
        metadata=option("The share of requests that may go without an answer.", least=0, most=1),
    )
    model_config: Path | None = field(
        default=None,
        metadata=option("The config.json of a model not in the catalog.", metavar="FILE"),
    )
    weights: str | None = field(
        default=None, metadata=option("Format of the weights: bf16, fp8, int8, int4 ...")
    )
    kv_cache: str = field(default="bf16", metadata=option("Format of keys and values: bf16, fp8."))
    usable_memory: float = field(
        default=memory.Budget.usable,
        metadata=option("Share of a card's advertised memory the engine may use.", above=0, most=1),
    )
    overhead_gib: float = field(
        default=memory.Budget.overhead_gib,
        metadata=option("GiB per GPU for context, activations and graphs.", least=0),
    )
    platform_rules: str | None = field(
        default=None,
        metadata=option(
            "Changed platform rules, or a generation: 2025-10, 2026-02, 2026-05.", metavar="FILE"
        ),
    )
    start_warm: bool = field(
        default=False,
        metadata=option("Begin with one instance instead of none.", name="--start-warm"),
    )
    search: bool = field(
        default=True, metadata=option("Look for better settings, or only simulate those given.")
    )
    seed: int = field(
        default=1, metadata=option("The same seed gives the same plan.", least=0, most=2**63)
    )
    fixed: tuple[str, ...] = ()

    def check(self) -> None:
        """Everything that is wrong, at once."""
        found = [
            Problem(f"--{name.replace('_', '-')}", value, message)
            for name, value, message in self._problems()
        ]
        if found:
            raise BadUsage("the options do not work", problems=found)

    def _problems(self) -> Iterator[tuple[str, Any, str]]:
        for declared in fields(self):
            if given := option_of(declared):
                value = getattr(self, declared.name)
                yield from ((declared.name, value, text) for text in given.bounds.problems(value))
        if self.rps is None and self.arrivals is None:
            yield "rps", None, "is needed: requests per second, or --arrivals FILE"
        if self.rps is not None and self.arrivals is not None:
            yield "rps", self.rps, "cannot be given together with --arrivals"
