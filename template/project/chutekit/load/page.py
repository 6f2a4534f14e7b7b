"""The report as one HTML page: the answer first, then plots and all figures. Nothing is loaded."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from html import escape
from typing import Any

from chutekit.load.document import late, rate_of
from chutekit.load.figures import SHARES
from chutekit.load.outcome import ANSWERED, UNSENT
from chutekit.load.plots import Axis, Plot, Point

#: More dots than these only make the page heavy; every n-th is drawn.
MOST_DOTS = 4000
STYLE = """
:root{color-scheme:light dark;--a:#2563eb;--b:#c2410c;--bad:#dc2626;--dim:#8884}
body{font:15px/1.5 system-ui,sans-serif;max-width:760px;margin:2rem auto;padding:0 1rem}
h1{font-size:1.4rem}figure{margin:1.5rem 0}figcaption{font-weight:600}svg{width:100%;height:auto}
svg text{font-size:12px;fill:currentColor}.below{text-anchor:middle}.beside{text-anchor:end}
.grid,.edge{stroke:var(--dim)}.line{fill:none;stroke-width:2}.dots{stroke-width:4;
stroke-linecap:round;opacity:.6}.a{stroke:var(--a)}.b{stroke:var(--b)}.bad{stroke:var(--bad)}
table{border-collapse:collapse;font-variant-numeric:tabular-nums;display:block;overflow-x:auto}
td,th{padding:.2rem .6rem;text-align:right;border-bottom:1px solid var(--dim);white-space:nowrap}
.key i{display:inline-block;width:1em;height:.2em;vertical-align:middle;margin-right:.3em}
.warn{color:var(--bad)}@media print{body{max-width:none}}
"""


def html(document: dict[str, Any]) -> str:
    """Return the page of a document of `Report.as_json`."""
    rows = [
        dict(zip(document["requests"]["columns"], row, strict=True))
        for row in document["requests"]["rows"]
    ]
    name = escape(str(document["target"]["name"]))
    parts = [f"<h1>Load on {name}</h1>", *_answer(document)]
    if rows:
        parts += [_over_time(document, rows), _in_flight(rows), _by_share(rows)]
    if len(document["stages"]) > 1:
        parts.append(_by_rate(document))
    parts.append(_table(document))
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" '
        f'content="width=device-width,initial-scale=1"><title>Load on {name}</title>'
        f"<style>{STYLE}</style>{''.join(parts)}</html>\n"
    )


def _answer(document: dict[str, Any]) -> Iterator[str]:
    whole, target = document["figures"], document["target"]
    when = time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(document["time"]))
    about = escape(", ".join(str(target[key]) for key in ("model", "path") if key in target))
    yield f"<p>{about}; {when}; chutekit {escape(document['chutekit'])}.</p>"
    if target.get("backend") == "stub":
        yield '<p class="warn">The stub answered: this is not the speed of the model.</p>'
    if document["stopped"]:
        yield f'<p class="warn">Ended early: {escape(document["stopped"])}.</p>'
    yield (
        f"<p>{whole['requests']:,} requests, {whole['answered']:,} answered, "
        f"{whole['failed_share']:.1%} failed. Every time counts from when its request was due, "
        "whether or not earlier ones were answered.</p>"
    )
    if found := document["found"]:
        rate = "none" if found["rate"] is None else f"{found['rate']:.3g} requests per second"
        goals = escape(", ".join(document["asked"]["goals"]))
        yield f"<p>Highest rate that meets {goals}: <b>{rate}</b>.</p>"
    if whole["failed"]:
        kinds = escape(", ".join(f"{count} × {kind}" for kind, count in whole["failed"].items()))
        yield f'<p class="warn">Failed: {kinds}.</p>'
    if lateness := late(whole):
        yield (
            f'<p class="warn">The sender itself was late by up to {lateness:.2f} s for 99 of 100 '
            "requests; so much of the figures is its own.</p>"
        )


def _over_time(document: dict[str, Any], rows: list[dict[str, Any]]) -> str:
    shown = rows[:: math.ceil(len(rows) / MOST_DOTS)]
    whole = [(row["due_s"], row["whole_s"]) for row in shown if row["ended"] == ANSWERED]
    first = [
        (row["due_s"], row["first_s"])
        for row in shown
        if row["ended"] == ANSWERED and row["first_s"] is not None
    ]
    bad = [(row["due_s"], row["whole_s"]) for row in shown if row["ended"] != ANSWERED]
    plot = Plot(
        "Each request, by when it was due",
        Axis.of("seconds", [row["due_s"] for row in shown]),
        Axis.of("seconds", [value for _, value in (*whole, *bad)]),
    )
    edges = [plot.upright(stage["begins_s"]) for stage in document["stages"][1:]]
    marks = plot.dots(whole, "a"), plot.dots(first, "b"), plot.dots(bad, "bad")
    return plot.drawn(*edges, *marks) + _key(a="whole answer", b="first token", bad="failed")


def _in_flight(rows: list[dict[str, Any]]) -> str:
    moves = sorted(
        move
        for row in rows
        if row["ended"] != UNSENT
        for move in ((row["due_s"] + row["late_s"], 1), (row["due_s"] + row["whole_s"], -1))
    )
    count, steps = 0, []
    for moment, change in moves:
        steps.append((moment, float(count)))
        count += change
        steps.append((moment, float(count)))
    thin = steps[:: math.ceil(max(len(steps), 1) / MOST_DOTS)]
    plot = Plot(
        "Requests in flight",
        Axis.of("seconds", [moment for moment, _ in thin]),
        Axis.of("requests", [number for _, number in thin]),
    )
    return plot.drawn(plot.line(thin, "a"))


def _by_share(rows: list[dict[str, Any]]) -> str:
    """Percentiles on an axis that gives the slowest ones room: 90, 99 and 99.9 equally far."""
    lines = {
        style: sorted(row[field] for row in rows if row["ended"] == ANSWERED and row[field])
        for style, field in (("a", "whole_s"), ("b", "first_s"))
    }
    plot = Plot(
        "So many of all answers are slower: 1 of 10 at 1, 1 of 100 at 2",
        Axis.of("powers of ten", [math.log10(len(rows) + 1)]),
        Axis.of("seconds", [value for values in lines.values() for value in values]),
    )
    drawn = [plot.line(_tail(values), style) for style, values in lines.items()]
    return plot.drawn(*drawn) + _key(a="whole answer", b="first token")


def _tail(values: list[float]) -> list[Point]:
    count = len(values)
    points = [(math.log10(count / (count - place)), value) for place, value in enumerate(values)]
    # The slow end has few values, all of them wanted; of the others some do.
    return points[:-500:50] + points[-500:]


def _by_rate(document: dict[str, Any]) -> str:
    stages = [
        (rate, stage["figures"]["whole_s"])
        for rate, stage in zip(rate_of(document["stages"]), document["stages"], strict=True)
        if stage["figures"]["whole_s"]
    ]
    stages.sort(key=lambda entry: entry[0])
    found: dict[str, list[Point]] = {"a": [], "b": []}
    bars: list[tuple[float, float, float, str]] = []
    for rate, spread in stages:
        for style, share in (("a", "p50"), ("b", "p95")):
            value = spread[share]
            if value["value"] is not None:
                found[style].append((rate, value["value"]))
                if value["low"] is not None and value["high"] is not None:
                    bars.append((rate, value["low"], value["high"], style))
    plot = Plot(
        "Whole answers by requests per second, with what is certain of them",
        Axis.of("requests per second", [rate for rate, _ in stages]),
        Axis.of("seconds", [y for points in found.values() for _, y in points]),
    )
    marks = [plot.line(points, style) for style, points in found.items()]
    return plot.drawn(*marks, *(plot.bar(*bar) for bar in bars)) + _key(a="p50", b="p95")


def _key(**names: str) -> str:
    parts = (
        f'<i style="background:var(--{style})"></i>{name} &ensp;' for style, name in names.items()
    )
    return f'<p class="key">{"".join(parts)}</p>'


def _table(document: dict[str, Any]) -> str:
    head = "".join(
        f"<th>{name}</th>"
        for name in (
            "rate/s",
            "answered/s",
            "in flight",
            "tokens/s",
            "failed",
            "seconds of",
            *SHARES,
            "max",
        )
    )
    rows = []
    for rate, stage in zip(rate_of(document["stages"]), document["stages"], strict=True):
        figures = stage["figures"]
        numbers = (
            f"{rate:.3g}",
            f"{figures['answered_per_second']:.3g}",
            f"{figures['in_flight_mean']:.3g}",
            f"{figures['tokens_out_per_second']:.4g}",
            f"{figures['failed_share']:.1%}",
        )
        for measure, name in _MEASURES.items():
            if spread := figures[measure]:
                values = (*(spread[share]["value"] for share in SHARES), spread["max"])
                cells = (*numbers, name, *map(_seconds, values))
                rows.append("<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>")
    return f"<table><tr>{head}</tr>{''.join(rows)}</table>"


_MEASURES = {
    "first_token_s": "first token",
    "between_tokens_s": "between tokens",
    "whole_s": "whole answer",
    "longest_gap_s": "longest gap",
}


def _seconds(value: float | None) -> str:
    return "never" if value is None else f"{value:.3g}"
