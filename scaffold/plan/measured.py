"""An engine as it was measured, and how well its constants account for the measurements."""

import statistics
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from scaffold.errors import BadUsage
from scaffold.plan.engine import Engine, Tokens
from scaffold.plan.fitting import Steps, as_text
from scaffold.plan.measurements import Measurements
from scaffold.plan.polish import fit, replayed
from scaffold.plan.reports import measurements
from scaffold.plan.traffic import Floats

SHARES = (0.5, 0.9, 0.95)
#: Of requests that met nobody, so many are enough to say what one takes alone.
ALONE = 20
#: The spread of a request's work below which all are taken to be alike.
ALIKE = 0.02
#: Shares that are worth a warning: of requests without an answer, and of the mean error.
UNANSWERED, FAR_OFF = 0.02, 0.15


class MeasuredEngine(Engine):
    """An engine with constants of its own instead of those of a GPU's data sheet."""

    def __init__(self, steps: Steps, off_by: float) -> None:
        self.steps, self.off_by, self.is_fitted = steps, off_by, True
        self.request_seconds = steps.request

    def step(self, sequences: float, held: float) -> float:
        """Seconds of one step for so many sequences, each of which holds so many tokens."""
        return self.steps.seconds(sequences, held)

    def prompt(self, tokens: float) -> float:
        """Seconds that a prompt adds to the steps it is computed in."""
        return self.steps.prompt * tokens


@dataclass(frozen=True)
class Quantile:
    """Of the requests of one stage: seconds until the first token or the end."""

    stage: str
    what: str
    share: float
    measured_s: float
    computed_s: float
    held_back: bool

    @property
    def error(self) -> float:
        """How far the computed seconds are from the measured ones, as a share of these."""
        return self.computed_s / self.measured_s - 1


@dataclass(frozen=True)
class Measured:
    """What a report comes to: an engine where tokens were counted, else seconds of a request.

    `seconds` are those of a request alone, `spread` their standard deviation over the mean, or that
    of the requests' work where there is an engine. `quality` is of each stage, computed from the
    others where there are any.
    """

    found: Measurements
    seconds: float
    spread: float
    tokens: Tokens | None = None
    steps: Steps | None = None
    quality: tuple[Quantile, ...] = ()

    @property
    def off_by(self) -> float:
        """The mean error of whole answers, over stages and quantiles."""
        errors = [abs(entry.error) for entry in self.quality if entry.what == "whole answer"]
        return statistics.fmean(errors) if errors else 0.0

    @property
    def engine(self) -> MeasuredEngine | None:
        """The engine, where there is one."""
        return MeasuredEngine(self.steps, self.off_by) if self.steps else None

    @property
    def distribution(self) -> str:
        """That of a request's work."""
        return "constant" if self.spread < ALIKE else "lognormal"


@cache
def measured(path: Path) -> Measured:
    """What a report comes to; BadUsage when it is none."""
    return computed(measurements(path))


def computed(found: Measurements) -> Measured:
    """What measurements come to."""
    if not found.counts_tokens:
        return _seconds(found)
    steps = fit(found)
    engine = MeasuredEngine(steps, 0.0)
    answer = np.nan_to_num(found.answer)
    tokens = Tokens(float(found.prompt.mean()), float(answer.mean()))
    work = np.array(
        [
            engine.seconds(1, Tokens(*pair))
            for pair in zip(found.prompt.tolist(), answer.tolist(), strict=True)
        ]
    )
    if not work.mean() > 0:
        raise BadUsage("the measured requests take no time")
    return Measured(
        found,
        float(work.mean()),
        float(work.std() / work.mean()),
        tokens,
        steps,
        tuple(_quality(found, steps)),
    )


def as_json(found: Measured) -> dict[str, Any]:
    """The `measured` of `plan --json`."""
    return {
        "source": found.found.source,
        "requests": len(found.found),
        "unanswered": found.found.unanswered,
        "constants": asdict(found.steps) if found.steps else None,
        "seconds_alone": round(found.seconds, 4),
        "spread": round(found.spread, 4),
        "off_by": round(found.off_by, 4),
        "quality": [
            {
                "stage": entry.stage,
                "what": entry.what,
                "quantile": entry.share,
                "measured_s": round(entry.measured_s, 4),
                "computed_s": round(entry.computed_s, 4),
                "error": round(entry.error, 4),
                "held_back": entry.held_back,
            }
            for entry in found.quality
        ],
    }


def sentences(found: Measured) -> Iterator[str]:
    """What was measured and how well that is accounted for, in lines for people."""
    told = found.found
    yield f"Measured by {told.source}: {len(told):,} answered requests" + (
        f", {told.unanswered:,} without an answer" if told.unanswered else ""
    )
    if found.steps is None:
        yield f"  {found.seconds:.3g} s alone, spread {found.spread:.2g} of that; no tokens counted"
        return
    yield f"  {as_text(found.steps)}"
    rows: dict[tuple[str, str], list[str]] = {}
    for entry in found.quality:
        cell = f"{_share(entry.share)} {entry.measured_s:.3g} s {entry.error:+.0%}"
        rows.setdefault((entry.stage, entry.what), []).append(cell)
    held_back = any(entry.held_back for entry in found.quality)
    yield "  measured, and how far off it is computed" + (
        " from the other rates:" if held_back else ":"
    )
    for (stage, what), cells in rows.items():
        yield f"    {stage:<14} {what:<13} {', '.join(cells)}"


def _share(share: float) -> str:
    return f"p{share * 100:g}"


def warnings(found: Measured, tokens: Tokens, at_once: int) -> Iterator[str]:
    """What of a plan for such requests, so many at once, was never measured."""
    told = found.found
    if told.about.get("backend") == "stub":
        yield (
            "The stub answered what was measured: this is the speed of a stand-in, not of the "
            "model. Measure staging: make load"
        )
    share = told.unanswered / (told.unanswered + len(told))
    if share > UNANSWERED:
        yield (
            f"{share:.0%} of the measured requests got no answer; the speed is computed from the "
            "others. Measure at a lower rate."
        )
    if found.steps is None or found.tokens is None:
        return
    if found.off_by > FAR_OFF:
        yield (
            f"The measurements are accounted for to {found.off_by:.0%} only: something else than "
            "steps and tokens took the time, such as a start, another load or a cache."
        )
    most = told.most_at_once
    if at_once > 1.5 * most:
        yield (
            f"At most {most} requests were in flight while measuring; with {at_once} the speed is "
            "extrapolated. Measure at a higher rate."
        )
    for name, wanted, usual in (
        ("prompts", tokens.prompt, found.tokens.prompt),
        ("answers", tokens.answer, found.tokens.answer),
    ):
        if usual and not 0.5 <= wanted / usual <= 2:
            yield (
                f"{name.capitalize()} of {wanted:.0f} tokens were not measured, those were "
                f"{usual:.0f} on average: the speed is extrapolated."
            )


def _seconds(found: Measurements) -> Measured:
    """By the requests that met no other; by all where these are few."""
    others = np.searchsorted(np.sort(found.end), found.sent, "right")
    alone = np.arange(len(found)) - others <= 0
    took = (found.end - found.sent)[alone if alone.sum() >= ALONE else slice(None)]
    if not took.mean() > 0:
        raise BadUsage("the measured requests take no time")
    return Measured(found, float(took.mean()), float(took.std() / took.mean()))


def _quality(found: Measurements, steps: Steps) -> list[Quantile]:
    stages = sorted(set(found.stage.tolist()))
    entries = []
    for stage in stages:
        others = [other for other in stages if other != stage]
        mine = found.of(stage)
        entries += compare(mine, fit(found.of(*others)) if others else steps, bool(others))
    return entries


def compare(found: Measurements, steps: Steps, held_back: bool) -> list[Quantile]:
    """Quantiles of the requests as they were, and as an engine with these constants has them."""
    first, end = replayed(found, steps)
    label = found.stages[int(found.stage[0])].label
    pairs: list[tuple[str, Floats, Floats]] = [
        ("whole answer", found.end - found.sent, end - found.sent)
    ]
    if np.isfinite(found.first).all():
        pairs.append(("first token", found.first - found.sent, first - found.sent))
    return [
        Quantile(
            label,
            what,
            share,
            float(np.quantile(real, share)),
            float(np.quantile(computed, share)),
            held_back,
        )
        for what, real, computed in pairs
        for share in SHARES
        if np.quantile(real, share) > 0
    ]
