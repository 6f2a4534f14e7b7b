"""The report as one HTML page: plots first, then tables; nothing is loaded from elsewhere."""

import html
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from scaffold import __version__, files
from scaffold.plan.answer import figures, one_in, paragraphs, seconds
from scaffold.plan.cadence import usd_per_month
from scaffold.plan.chart import Point, Series, lines, scatter
from scaffold.plan.planning import Plan
from scaffold.plan.remedies import sentence
from scaffold.plan.search import Trial

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
    hours = "1 hour" if plan.traffic.hours == 1 else f"{plan.traffic.hours:g} hours"
    yield f"<h1>{title}</h1>"
    yield f'<p class="quiet">{_text(plan.traffic.label)}, {hours}, on {_text(gpus)}</p>'
    yield from _answer(plan)
    yield from _by_cadence(plan)
    if plan.warnings:
        yield "<h2>What to know</h2><ul>"
        said = sentence(plan.remedies) if plan.remedies else ""
        yield from (f"<li>{_text(told)}</li>" for told in plan.warnings if told != said)
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


def _answer(plan: Plan) -> Iterator[str]:
    met = plan.chosen.meets_target
    target, refused = plan.target, one_in(plan.target.refused_share)
    wanted = f"95 of 100 answers within {seconds(target.p95_s)}, {refused} refused at most"
    verdict = "These settings meet the target" if met else "Nothing that was tried meets the target"
    yield f'<p class="verdict {"good" if met else "bad"}"><b>{verdict}:</b> {wanted}.</p>'
    yield '<div class="answers">'
    for question, answer in paragraphs(plan):
        yield f"<section><h2>{question}</h2><p>{_text(answer)}</p></section>"
    yield "</div>"
    if plan.remedies:
        yield "<p><b>Each of these changes alone would meet it:</b></p><ul>"
        yield from (f"<li>{_text(remedy.says())}</li>" for remedy in plan.remedies)
        yield "</ul>"
    yield f'<p class="quiet">{_text(plan.sizing.rests_on().capitalize())}.</p>'


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
    columns = [dict(figures(end.result, plan)) for end in plan.cadences]
    for end, column in zip(plan.cadences, columns, strict=True):
        column["meets the target"] = "yes" if end.meets_target else "no"
    for name in columns[0]:
        numbers = "".join(f'<td class="n">{column[name]}</td>' for column in columns)
        yield f"</tr><tr><td>{name}</td>{numbers}"
    yield "</tr></table></div>"


def _over_time(plan: Plan) -> Iterator[str]:
    line = plan.chosen.result.timeline
    hours = [start / 3600 for start in line["seconds"]]
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
    yield '<h2>Over time</h2><p class="quiet">All of these have the same axis, in hours.</p>'
    for title, unit, series, log in charts:
        plot = lines(hours, series, unit, until=plan.traffic.hours, log=log)
        caption = f'<b>{title}</b> <span class="key">{unit}</span> {_legend(series)}'
        yield f"<figure><figcaption>{caption}</figcaption>{plot}</figure>"


def _legend(series: Iterable[Series]) -> str:
    return "".join(
        f'<span class="key"><i class="k{entry.style}"></i>{entry.name}</span>' for entry in series
    )


def _tried(plan: Plan) -> Iterator[str]:
    front = {trial.settings for trial in plan.front}
    points = [
        Point(
            usd_per_month(trial.usd, plan.searched_hours),
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
    yield f"<figure>{plot}</figure>"
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


def _cells(trial: Trial, hours: float) -> list[str]:
    settings, result = trial.settings, trial.result
    return [
        str(settings.concurrency),
        str(settings.max_instances),
        f"{settings.scaling_threshold:g}",
        str(settings.shutdown_after_seconds),
        "yes" if settings.keep_warm else "no",
        f"{usd_per_month(trial.usd, hours):,.0f}",
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
    yield "<h2>Settings</h2><div class='scroll'><table>"
    yield "<tr><th>setting</th><th>chosen</th><th>before</th></tr>"
    for name, value in plan.answers.items():
        yield f"<tr><td>{name}</td><td>{_text(value)}</td><td>{_text(given[name])}</td></tr>"
    yield "</table></div>"
    if plan.sizing.fits:
        yield "<h2>Hardware that fits</h2><div class='scroll'><table><tr><th>GPU</th>"
        yield "<th class='n'>GPUs</th><th class='n'>requests at once</th>"
        yield "<th class='n'>seconds each</th><th class='n'>$/hour</th>"
        yield "<th>in these answers</th></tr>"
        for fit in [fit for fit in plan.sizing.fits if fit.fits]:
            each = "" if fit.seconds_per_request is None else f"{fit.seconds_per_request:g}"
            row = (fit.gpu_count, fit.sequences, each, f"{fit.usd_per_hour:.2f}")
            numbers = "".join(f'<td class="n">{figure}</td>' for figure in row)
            allowed = "yes" if fit.eligible else ""
            yield f"<tr><td>{fit.gpu}</td>{numbers}<td>{allowed}</td></tr>"
        yield "</table></div>"
    yield "<h2>Assumptions</h2><div class='scroll'><table><tr><th>what</th><th>value</th>"
    yield "<th>known</th><th>from</th><th>change it by</th></tr>"
    for entry in plan.sizing.assumptions:
        cells = (entry.name, entry.value, entry.known, entry.source, entry.option)
        yield "<tr>" + "".join(f"<td>{_text(cell)}</td>" for cell in cells) + "</tr>"
    yield "</table></div><h2>Rules of the platform</h2><div class='scroll'><table>"
    yield "<tr><th>rule</th><th>value</th><th>source</th></tr>"
    for name, source in plan.rules.sources.items():
        yield f"<tr><td>{name}</td><td>{_rule(plan, name)}</td><td>{_text(source)}</td></tr>"
    yield "</table></div>"


def _rule(plan: Plan, name: str) -> str:
    value = plan.rules.value(name)
    return " to ".join(map(str, value)) if isinstance(value, list) else _text(value)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return html.escape(str(value))
