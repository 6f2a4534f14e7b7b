"""The summary on the terminal."""

from collections.abc import Iterator

from scaffold.plan.cadence import shown, usd_per_month
from scaffold.plan.measured import sentences
from scaffold.plan.planning import Plan
from scaffold.plan.search import Trial
from scaffold.plan.simulation import Result
from scaffold.plan.sizing import Fit
from scaffold.runtime import report

FIGURES = (
    "answered",
    "refused",
    "p50",
    "p95",
    "p99",
    "instances on average",
    "instances at most",
    "cold starts",
    "answers 429",
    "billed",
    "a month at this rate",
)
_COLUMNS = "  {:>5} {:>9} {:>9} {:>8} {:>5}  {:>9} {:>8} {:>8} {:>9}"


def summary(plan: Plan) -> str:
    """Sizing, the chosen settings, what they do and cost, the alternatives, what to know."""
    told = ["", *sentences(plan.measured)] if plan.measured else []
    lines = [*_sizing(plan), *told, "", *_settings(plan), "", *_result(plan)]
    if len(plan.front) > 1:
        lines += ["", *_alternatives(plan)]
    if plan.hardware:
        lines += ["", *_hardware(plan)]
    lines += [f"\n{report.wrapped(warning)}" for warning in plan.warnings]
    return "\n".join(lines)


def _sizing(plan: Plan) -> Iterator[str]:
    sizing, context = plan.sizing, plan.context
    yield f"{context['model'] or context['name']} on {', '.join(context['eligible_gpus'])}"
    if sizing.weights_gib is not None and sizing.kv_bytes_per_token is not None:
        yield (
            f"  weights {sizing.weights_gib:.1f} GiB, {sizing.kv_bytes_per_token / 1024:.0f} KiB "
            f"per token, needs {sizing.needed_gb_per_gpu:.0f} GB per GPU"
        )
    else:
        yield f"  needs {sizing.needed_gb_per_gpu:.0f} GB on one GPU"
    for fit in [fit for fit in sizing.fits if fit.eligible]:
        yield f"  {fit.gpu} x {fit.gpu_count}: {fit.sequences} at once{_speed(fit)}"
    for assumption in sizing.assumptions:
        yield (
            f"  {assumption.name}: {assumption.value} "
            f"({assumption.known}: {assumption.source}; {assumption.option})"
        )


def _speed(fit: Fit) -> str:
    if not fit.seconds_per_request:
        return ""
    if fit.seconds_alone is None:
        return f", {fit.seconds_per_request:g} s each"
    told = f", a request {fit.seconds_alone:g} s alone, {fit.seconds_per_request:g} s under load"
    if fit.tokens_per_second:
        told += (
            f" (first token about {fit.first_token_s:g} s, then {fit.tokens_per_second:g} a second)"
        )
    return told


def _settings(plan: Plan) -> Iterator[str]:
    verdict = "meets" if plan.chosen.meets_target else "misses"
    yield (
        f"Settings for {plan.traffic.label} over {plan.traffic.hours:g} h; {verdict} the target of "
        f"p95 {plan.target.p95_s:g} s and {plan.target.refused_share:.2%} refused"
    )
    given = plan.given.settings.as_json()
    for name, value in plan.answers.items():
        change = "" if given[name] == value else f"   (was {shown(given[name])})"
        yield f"  {name:<24} {shown(value)}{change}"


def _result(plan: Plan) -> Iterator[str]:
    yield f"{plan.chosen.result.requests:,} requests; {plan.sizing.rests_on()}"
    if len(plan.cadences) > 1:
        yield "By how often the platform's autoscaler runs, which is not public:"
    columns = [[f"every {end.seconds:,g} s", *figures(end.result, plan)] for end in plan.cadences]
    names = ["", *FIGURES]
    for row in zip(names, *columns, strict=True):
        yield f"  {row[0]:<22}" + "".join(f"{cell:>22}" for cell in row[1:])


def figures(result: Result, plan: Plan) -> list[str]:
    """One cell for each of `FIGURES`."""
    month = usd_per_month(result.usd, plan.traffic.hours)
    return [
        f"{result.completed:,}",
        f"{result.refused:,} ({result.refused_share:.2%})",
        *(f"{seconds:.2f} s" for seconds in (result.p50_s, result.p95_s, result.p99_s)),
        f"{result.instances_mean:.2f}",
        f"{result.instances_max}",
        f"{result.cold_starts}",
        f"{result.busy_answers:,}",
        f"${result.usd:,.2f}",
        f"${month:,.0f}",
    ]


def _alternatives(plan: Plan) -> Iterator[str]:
    yield (
        f"What each next step costs ({len(plan.trials)} settings tried over "
        f"{plan.searched_hours:.3g} h; none of these is beaten in both cost and p95"
        f"{', at the worse end of the cadence' if len(plan.cadences) > 1 else ''})"
    )
    yield _COLUMNS.format(
        "conc.", "instances", "threshold", "idle s", "warm", "$/month", "p50 s", "p95 s", "refused"
    )
    for trial in plan.front:
        yield _row(trial, plan.searched_hours)


def _row(trial: Trial, hours: float) -> str:
    settings, result = trial.settings, trial.result
    return _COLUMNS.format(
        settings.concurrency,
        settings.max_instances,
        settings.scaling_threshold,
        settings.shutdown_after_seconds,
        "yes" if settings.keep_warm else "no",
        f"{usd_per_month(trial.usd, hours):,.0f}",
        f"{result.p50_s:.2f}",
        f"{result.p95_s:.2f}",
        f"{result.refused_share:.2%}",
    ) + ("" if trial.meets_target else "  misses the target")


def _hardware(plan: Plan) -> Iterator[str]:
    names = [
        row.on(several=plan.compares_models) + (" *" if row.ordinary else "")
        for row in plan.hardware
    ]
    width = max(16, *map(len, names))
    yield "The cheapest settings found on each GPU (* ordinary accounts may deploy there)"
    yield f"  {'GPU':<{width}} {_COLUMNS[2:]}".format(
        "conc.", "instances", "threshold", "idle s", "warm", "$/month", "p50 s", "p95 s", "refused"
    )
    for name, row in zip(names, plan.hardware, strict=True):
        yield f"  {name:<{width}} {_row(row.trial, row.hours)[2:]}"
