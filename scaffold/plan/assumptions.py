"""What a plan rests on, each with its value, its source and the option that changes it."""

from collections.abc import Iterator

from scaffold.plan.measured import Measured
from scaffold.plan.planner import Planner
from scaffold.plan.sizing import Assumption

MEASURED, FITTED, ESTIMATED = "measured", "fitted", "estimated"


def assumptions(planner: Planner) -> Iterator[Assumption]:
    """All of them; memory only where memory was computed."""
    yield from _speed(planner)
    yield from _behaviour(planner)
    if planner.shape:
        yield from _memory(planner)


def _speed(planner: Planner) -> Iterator[Assumption]:
    slots = planner.given().concurrency
    known, source = _speed_source(planner)
    duration = planner.duration(slots)
    if planner.is_shared:
        alone, full = planner.duration(1).mean, duration.mean
        name, value = f"seconds per request, alone and with {slots}", f"{alone:.1f}, {full:.1f}"
        yield Assumption(name, value, known, source, "--seconds-per-request")
        if planner.tokens.answer:
            yield _first_token(planner, slots)
    else:
        seconds = round(duration.mean, 3)
        yield Assumption("seconds per request", seconds, known, source, "--seconds-per-request")
    recorded = duration.values is not None
    request = planner.request
    measured = planner.measured is not None and request.spread is None
    share = f", {duration.cv:g} of the mean" if duration.kind == "lognormal" else ""
    yield Assumption(
        "spread of the seconds" if not planner.is_shared else "spread of the work",
        "as recorded" if recorded else duration.kind + share,
        MEASURED if recorded or measured else ESTIMATED,
        "the recorded requests" if recorded else "as measured" if measured else "assumed",
        "--distribution, --spread",
    )


def _first_token(planner: Planner, slots: int) -> Assumption:
    return Assumption(
        f"seconds to the first token, with {slots}",
        round(planner.first_token(slots), 2),
        ESTIMATED,
        "for callers who come independently; two to nine times that where many come at once",
        "--tokens-in",
    )


def _speed_source(planner: Planner) -> tuple[str, str]:
    request = planner.request
    if request.seconds_per_request is not None:
        return MEASURED, "given"
    if planner.recorded is not None:
        return MEASURED, "the recorded requests"
    if planner.engines and not planner.is_shared and not planner.measured:
        return MEASURED, "the given tokens per second"
    if planner.measured:
        return _measured(planner.measured)
    if planner.context["workload"] == "speech":
        return ESTIMATED, "published for another GPU, scaled by its arithmetic"
    if not planner.engines:
        return FITTED, "the model's work by the GPU's data sheet, on an H200 0.6 to 1.1 of that"
    off_by = max(engine.off_by for engine in planner.engines)
    if all(engine.is_fitted for engine in planner.engines):
        return FITTED, f"to published measurements, off by {off_by:.0%} on average"
    return ESTIMATED, "from other GPUs' measurements and this one's data sheet"


def _measured(found: Measured) -> tuple[str, str]:
    if found.steps is None:
        return MEASURED, f"{len(found.found):,} requests by {found.found.source}"
    return (
        FITTED,
        f"to {len(found.found):,} requests measured by {found.found.source}, off by "
        f"{found.off_by:.0%} on average",
    )


def _behaviour(planner: Planner) -> Iterator[Assumption]:
    request = planner.request
    given = request.cold_start_seconds is not None
    yield Assumption(
        "cold start in seconds",
        round(planner.cold_start(), 1),
        MEASURED if given else ESTIMATED,
        "given" if given else "assumed: 90 s for the image, weights at 0.2 GiB/s",
        "--cold-start-seconds",
    )
    yield Assumption(
        "callers",
        f"{request.when_full} for at most {request.patience:g} s",
        ESTIMATED,
        "assumed: as long as the platform's own wake-up call lasts",
        "--when-full, --patience",
    )


def _memory(planner: Planner) -> Iterator[Assumption]:
    request, budget = planner.request, planner.budget
    told = request.tokens_in or request.tokens_out
    measured = planner.measured is not None and planner.measured.tokens is not None and not told
    yield Assumption(
        "usable share of GPU memory",
        budget.usable,
        ESTIMATED,
        "0.93 of the advertised GB x 0.90 for the engine",
        "--usable-memory",
    )
    yield Assumption(
        "memory overhead per GPU in GiB",
        budget.overhead_gib,
        ESTIMATED,
        "assumed: context, activations and graphs",
        "--overhead-gib",
    )
    yield Assumption(
        "weights",
        request.weights or "as in the catalog",
        MEASURED,
        "config.json" if request.model_config else "the catalog",
        "--weights, --model-config",
    )
    yield Assumption(
        "keys and values", request.kv_cache, ESTIMATED, "the engines' default", "--kv-cache"
    )
    yield Assumption(
        "tokens per request",
        f"{planner.tokens.prompt:.0f} in, {planner.tokens.answer:.0f} out",
        MEASURED if measured else ESTIMATED,
        "as measured" if measured else "assumed",
        "--tokens-in, --tokens-out",
    )
