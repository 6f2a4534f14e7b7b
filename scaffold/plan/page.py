"""The report as one HTML page: plots first, then tables; nothing is loaded from elsewhere."""

import html
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from scaffold import __version__, files
from scaffold.answers.advice import HOURS_PER_MONTH
from scaffold.plan.chart import Point, Series, lines, scatter
from scaffold.plan.planning import Plan
from scaffold.plan.search import Trial
from scaffold.plan.text import FIGURES, figures

_HEADS = (
    "concurrency",
    "instances",
    "threshold",
    "idle s",
    "keep warm",
    "$/month",
    "p50 s",
    "p95 s",
    "refused",
)


def write(plan: Plan, path: Path) -> None:
    """Write the page."""
    files.write(path, page(plan))


def page(plan: Plan) -> str:
    """The whole document."""
    style = Path(__file__).with_name("page.css").read_text(encoding="utf-8")
    title = html.escape(f"Plan for {plan.context['model'] or plan.context['name']}")
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<style>{style}</style></head><body>\n"
        + "\n".join(_body(plan, title))
        + "\n</body></html>\n"
    )


def _body(plan: Plan, title: str) -> Iterator[str]:
    gpus = ", ".join(plan.context["eligible_gpus"])
    hours = f"{plan.traffic.hours:g} hours"
    yield f"<h1>{title}</h1>"
    yield f'<p class="quiet">{_text(plan.traffic.label)}, {hours}, on {_text(gpus)}</p>'
    yield from _cards(plan)
    yield from _by_cadence(plan)
    if plan.warnings:
        yield "<h2>What to know</h2><ul>"
        yield from (f"<li>{_text(warning)}</li>" for warning in plan.warnings)
        yield "</ul>"
    yield from _over_time(plan)
    if plan.trials:
        yield from _tried(plan)
    if plan.hardware:
        yield from _on_other_gpus(plan)
    yield from _tables(plan)
    yield (
        f"<footer>chute-new {__version__}. A simulation by the platform's published rules with the "
        "assumptions above, not a promise of the platform.</footer>"
    )


def _cards(plan: Plan) -> Iterator[str]:
    result, target = plan.chosen.result, plan.target
    month = result.usd / plan.traffic.hours * HOURS_PER_MONTH
    late = "bad" if not result.p95_s <= target.p95_s else "good"
    refusing = "bad" if result.refused_share > target.refused_share else "good"
    cards = [
        ("", f"${month:,.0f}", "a month at this rate"),
        ("", f"{result.p50_s:.2f} s", "half are answered within"),
        (late, f"{result.p95_s:.2f} s", f"95 of 100 within (target {target.p95_s:g} s)"),
        (refusing, f"{result.refused_share:.2%}", f"refused (target {target.refused_share:.2%})"),
        (
            "",
            f"{result.instances_mean:.2f}",
            f"instances on average, {result.instances_max} at most",
        ),
        (
            "",
            f"{result.cold_starts}",
            "time woken from zero" if result.cold_starts == 1 else "times woken from zero",
        ),
    ]
    yield '<div class="cards">'
    for kind, value, label in cards:
        yield f'<div class="card {kind}"><b>{value}</b><span class="quiet">{label}</span></div>'
    yield "</div>"


def _by_cadence(plan: Plan) -> Iterator[str]:
    if len(plan.cadences) < 2:
        return
    yield "<h2>By how often the autoscaler runs</h2>"
    yield (
        '<p class="quiet">How often the platform does is not public: both ends of what is known. '
        "The figures above and the plots are those of the end that is worse for callers, every "
        f"{plan.chosen.result.autoscaler_seconds:,g} s.</p>"
    )
    yield '<div class="scroll"><table><tr><th></th>'
    yield "".join(f'<th class="n">every {end.seconds:,g} s</th>' for end in plan.cadences)
    verdicts = ["yes" if end.meets_target else "no" for end in plan.cadences]
    columns = [figures(end.result, plan) for end in plan.cadences]
    for name, *cells in [*zip(FIGURES, *columns, strict=True), ("meets the target", *verdicts)]:
        numbers = "".join(f'<td class="n">{cell}</td>' for cell in cells)
        yield f"</tr><tr><td>{name}</td>{numbers}"
    yield "</tr></table></div>"


def _over_time(plan: Plan) -> Iterator[str]:
    line = plan.chosen.result.timeline
    hours = [seconds / 3600 for seconds in line["seconds"]]
    slots = [count * plan.chosen.settings.concurrency for count in line["instances"]]
    charts: list[tuple[str, str, list[Series], bool]] = [
        (
            "Traffic",
            "requests/s",
            [Series("requests per second", line["rps"], 0, area=True)],
            False,
        ),
        (
            "Instances",
            "instances",
            [Series("active instances", line["instances"], 0, area=True)],
            False,
        ),
        (
            "Work and waiting",
            "requests",
            [
                Series("slots", slots, 2),
                Series("in work", line["in_flight"], 0, area=True),
                Series("callers waiting", line["waiting"], 1),
            ],
            False,
        ),
        (
            "Seconds until the answer",
            "seconds",
            [
                Series("p50", line["p50"], 0),
                Series("p95", line["p95"], 1),
                Series("p99", line["p99"], 3),
            ],
            True,
        ),
        (
            "Turned away",
            "per interval",
            [
                Series("answers 429 and 503", line["busy"], 1, area=True),
                Series("requests refused for good", line["refused"], 3),
            ],
            False,
        ),
        ("Cost", "US dollars", [Series("billed so far", line["usd"], 0, area=True)], False),
    ]
    for title, unit, series, log in charts:
        plot = lines(hours, series, unit, log=log)
        yield f'<h2>{title}</h2>{_legend(series)}<div class="scroll">{plot}</div>'


def _legend(series: Iterable[Series]) -> str:
    return "".join(
        f'<span class="key"><i class="k{entry.style}"></i>{entry.name}</span>' for entry in series
    )


def _tried(plan: Plan) -> Iterator[str]:
    front = {trial.settings for trial in plan.front}
    points = [
        Point(
            _month(trial, plan.searched_hours),
            trial.result.p95_s,
            _kind(trial, plan, front),
            _describe(trial, plan.searched_hours),
        )
        for trial in plan.trials
        if trial.result.finished and trial.result.completed
    ]
    yield f"<h2>Cost against latency for the {len(plan.trials)} settings tried</h2>"
    yield (
        '<span class="key"><i class="k0"></i>chosen</span>'
        '<span class="key"><i class="k2"></i>not beaten in both</span>'
        '<span class="key">grey: beaten, or refusing too much</span>'
        '<span class="key"><i class="k3"></i>target</span>'
    )
    plot = scatter(points, "US dollars a month", "p95 in seconds", plan.target.p95_s)
    yield f'<div class="scroll">{plot}</div>'
    yield '<div class="scroll"><table><tr>'
    yield "".join(f'<th class="n">{head}</th>' for head in _HEADS) + "</tr>"
    for trial in plan.front:
        chosen = ' class="chosen"' if trial.settings == plan.chosen.settings else ""
        yield (
            f"<tr{chosen}>"
            + "".join(f'<td class="n">{cell}</td>' for cell in _cells(trial, plan.searched_hours))
            + "</tr>"
        )
    yield "</table></div>"


def _kind(trial: Trial, plan: Plan, front: set[Any]) -> str:
    if trial.settings == plan.chosen.settings:
        return "chosen"
    return "front" if trial.settings in front else "tried"


def _month(trial: Trial, hours: float) -> float:
    return trial.usd / hours * HOURS_PER_MONTH


def _cells(trial: Trial, hours: float) -> list[str]:
    settings, result = trial.settings, trial.result
    return [
        str(settings.concurrency),
        str(settings.max_instances),
        f"{settings.scaling_threshold:g}",
        str(settings.shutdown_after_seconds),
        "yes" if settings.keep_warm else "no",
        f"{_month(trial, hours):,.0f}",
        f"{result.p50_s:.2f}",
        f"{result.p95_s:.2f}",
        f"{result.refused_share:.2%}",
    ]


def _describe(trial: Trial, hours: float) -> str:
    cells = _cells(trial, hours)
    return (
        f"concurrency {cells[0]}, at most {cells[1]} instances, threshold {cells[2]}, "
        f"idle {cells[3]} s, keep warm {cells[4]}: ${cells[5]} a month, p95 {cells[7]} s, "
        f"{cells[8]} refused"
    )


def _on_other_gpus(plan: Plan) -> Iterator[str]:
    yield "<h2>The cheapest settings found on each GPU</h2>"
    yield '<div class="scroll"><table><tr><th>GPU</th><th>any account</th>'
    yield "".join(f'<th class="n">{head}</th>' for head in (*_HEADS, "meets the target")) + "</tr>"
    for row in plan.hardware:
        cells = (*_cells(row.trial, row.hours), "yes" if row.trial.meets_target else "no")
        yield (
            f"<tr><td>{_text(row.on(several=plan.compares_models))}</td>"
            f"<td>{'yes' if row.ordinary else ''}</td>"
            + "".join(f'<td class="n">{cell}</td>' for cell in cells)
            + "</tr>"
        )
    yield "</table></div>"


def _tables(plan: Plan) -> Iterator[str]:
    given = plan.given.settings.as_json()
    yield "<h2>Settings</h2><table><tr><th>setting</th><th>chosen</th><th>before</th></tr>"
    for name, value in plan.answers.items():
        yield f"<tr><td>{name}</td><td>{value}</td><td>{given[name]}</td></tr>"
    yield "</table>"
    if plan.sizing.fits:
        yield "<h2>Hardware that fits</h2><div class='scroll'><table><tr><th>GPU</th>"
        yield "<th class='n'>GPUs</th><th class='n'>requests at once</th>"
        yield "<th class='n'>seconds each</th><th class='n'>$/hour</th>"
        yield "<th>in these answers</th></tr>"
        for fit in [fit for fit in plan.sizing.fits if fit.fits]:
            seconds = "" if fit.seconds_per_request is None else f"{fit.seconds_per_request:g}"
            figures = (fit.gpu_count, fit.sequences, seconds, f"{fit.usd_per_hour:.2f}")
            numbers = "".join(f'<td class="n">{figure}</td>' for figure in figures)
            allowed = "yes" if fit.eligible else ""
            yield f"<tr><td>{fit.gpu}</td>{numbers}<td>{allowed}</td></tr>"
        yield "</table></div>"
    yield "<h2>Assumptions</h2><table><tr><th>what</th><th>value</th><th>known</th><th>from</th>"
    yield "<th>change it by</th></tr>"
    for entry in plan.sizing.assumptions:
        cells = (entry.name, entry.value, entry.known, entry.source, entry.option)
        yield "<tr>" + "".join(f"<td>{_text(cell)}</td>" for cell in cells) + "</tr>"
    yield "</table><h2>Rules of the platform</h2><table><tr><th>rule</th><th>value</th>"
    yield "<th>source</th></tr>"
    for name, source in plan.rules.sources.items():
        yield f"<tr><td>{name}</td><td>{_rule(plan, name)}</td><td>{_text(source)}</td></tr>"
    yield "</table>"


def _rule(plan: Plan, name: str) -> str:
    value = plan.rules.value(name)
    return " to ".join(map(str, value)) if isinstance(value, list) else str(value)


def _text(value: Any) -> str:
    return html.escape(str(value))
