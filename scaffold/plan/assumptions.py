"""What a plan rests on, each with its value, its source and the option that changes it."""

from collections.abc import Iterator

from scaffold.plan.planner import Planner
from scaffold.plan.sizing import Assumption


def assumptions(planner: Planner) -> Iterator[Assumption]:
    """All of them; memory only where memory was computed."""
    request, duration = planner.request, planner.duration(planner.given().concurrency)
    yield Assumption(
        "seconds per request",
        round(duration.mean, 3),
        _speed_source(planner),
        "--seconds-per-request",
    )
    spread = "as recorded"
    if duration.values is None:
        share = f", {duration.cv:g} of the mean" if duration.kind == "lognormal" else ""
        spread = duration.kind + share
    yield Assumption(
        "spread of the seconds",
        spread,
        "assumed" if duration.values is None else "given",
        "--distribution, --spread",
    )
    yield Assumption(
        "cold start in seconds",
        round(planner.cold_start(), 1),
        "assumed: 90 s for the image, weights at 0.2 GiB/s"
        if request.cold_start_seconds is None
        else "given",
        "--cold-start-seconds",
    )
    yield Assumption(
        "callers",
        f"{request.when_full} for at most {request.patience:g} s",
        "assumed: as long as the platform's own wake-up call lasts",
        "--when-full, --patience",
    )
    if planner.shape:
        yield from _memory(planner)


def _speed_source(planner: Planner) -> str:
    request = planner.request
    if request.seconds_per_request is not None:
        return "given"
    if planner.recorded is not None:
        return "the recorded requests"
    if planner.is_llm and request.tokens_per_second is not None:
        return "the given tokens per second"
    if planner.context["workload"] == "speech":
        return "published for another GPU, scaled by its arithmetic"
    return "estimated from the model's size and the GPU's data sheet"


def _memory(planner: Planner) -> Iterator[Assumption]:
    request, budget = planner.request, planner.budget
    yield Assumption(
        "usable share of GPU memory",
        budget.usable,
        "0.93 of the advertised GB x 0.90 for the engine",
        "--usable-memory",
    )
    yield Assumption(
        "memory overhead per GPU in GiB",
        budget.overhead_gib,
        "assumed: context, activations and graphs",
        "--overhead-gib",
    )
    yield Assumption(
        "weights",
        request.weights or "as in the catalog",
        "config.json" if request.model_config else "the catalog",
        "--weights, --model-config",
    )
    yield Assumption("keys and values", request.kv_cache, "the engines' default", "--kv-cache")
    yield Assumption(
        "tokens per request",
        f"{planner.tokens.prompt:g} in, {planner.tokens.answer:g} out",
        "assumed",
        "--tokens-in, --tokens-out",
    )
