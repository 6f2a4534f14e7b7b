"""Line and scatter charts as SVG text; colours come from the page's style sheet by class."""

import html
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 760, 220
LEFT, RIGHT, TOP, BOTTOM = 58, 16, 24, 24


@dataclass(frozen=True)
class Series:
    """One line; `style` is the number of its colour."""

    name: str
    values: Sequence[float]
    style: int
    area: bool = False


@dataclass(frozen=True)
class Point:
    """One mark of a scatter chart; `kind` is `front`, `chosen` or `tried`."""

    x: float
    y: float
    kind: str
    text: str


@dataclass(frozen=True)
class Axis:
    """Maps values to pixels; `ticks` are the values that get a label."""

    low: float
    high: float
    start: float
    end: float
    ticks: tuple[float, ...]
    log: bool = False

    def at(self, value: float) -> float:
        """The pixel of a value, kept inside the plot."""
        low, high, value = (
            (math.log(max(v, 1e-12)) for v in (self.low, self.high, value))
            if self.log
            else (self.low, self.high, value)
        )
        share = (value - low) / (high - low)
        return self.start + min(max(share, 0.0), 1.0) * (self.end - self.start)


def lines(
    hours: Sequence[float],
    series: Sequence[Series],
    label: str,
    *,
    until: float,
    log: bool = False,
) -> str:
    """Values over the time `until` an hour; what is not a number is a gap."""
    known = [v for line in series for v in line.values if math.isfinite(v)]
    y = _axis(known, HEIGHT - BOTTOM, TOP, log=log)
    x = _time_axis(until)
    body = [*_grid(x, y, "", "")]
    for line in series:
        for run in _runs(hours, line.values):
            points = " ".join(f"{x.at(t):.1f},{y.at(v):.1f}" for t, v in run)
            if line.area:
                base = f"{y.start:.1f}"
                first, last = x.at(run[0][0]), x.at(run[-1][0])
                area = f"{first:.1f},{base} {points} {last:.1f},{base}"
                body.append(f'<polygon class="fill s{line.style}" points="{area}"/>')
            body.append(f'<polyline class="line s{line.style}" points="{points}"/>')
    return _svg(body, label)


def scatter(points: Sequence[Point], x_label: str, y_label: str, limit: float) -> str:
    """Marks with their text on hover; the front is joined by a line, `limit` a line across."""
    x = _axis([p.x for p in points], LEFT, WIDTH - RIGHT)
    y = _axis([p.y for p in points], HEIGHT * 1.5 - 2 * BOTTOM, TOP, log=True)
    body = [*_grid(x, y, x_label, y_label, height=HEIGHT * 1.5)]
    if y.low <= limit <= y.high:
        across = f'x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y.at(limit):.1f}" y2="{y.at(limit):.1f}"'
        body.append(f'<line class="limit" {across}><title>target</title></line>')
    front = sorted((p for p in points if p.kind != "tried"), key=lambda p: p.x)
    joined = " ".join(f"{x.at(p.x):.1f},{y.at(p.y):.1f}" for p in front)
    body.append(f'<polyline class="line front" points="{joined}"/>')
    for point in sorted(points, key=lambda p: ("tried", "front", "chosen").index(p.kind)):
        body.append(
            f'<circle class="{point.kind}" cx="{x.at(point.x):.1f}" cy="{y.at(point.y):.1f}" '
            f'r="{7 if point.kind == "chosen" else 5}"><title>{html.escape(point.text)}</title>'
            "</circle>"
        )
    return _svg(body, f"{y_label} by {x_label}", height=HEIGHT * 1.5)


def _svg(body: list[str], label: str, height: float = HEIGHT) -> str:
    return (
        f'<svg viewBox="0 0 {WIDTH} {height:g}" role="img" aria-label="{html.escape(label)}">'
        + "".join(body)
        + "</svg>"
    )


def _grid(x: Axis, y: Axis, x_label: str, y_label: str, height: float = HEIGHT) -> Iterator[str]:
    right = WIDTH - RIGHT
    for tick in y.ticks:
        at = y.at(tick)
        yield f'<line class="grid" x1="{LEFT}" x2="{right}" y1="{at:.1f}" y2="{at:.1f}"/>'
        yield f'<text class="end" x="{LEFT - 8}" y="{at + 4:.1f}">{_short(tick)}</text>'
    foot = y.start + BOTTOM * 0.8
    for tick in x.ticks:
        suffix = " h" if tick == x.ticks[-1] and not x_label else ""
        anchor = "end" if x.at(tick) > right - 1 else "middle"
        at = min(x.at(tick), float(right))
        yield f'<text class="{anchor}" x="{at:.1f}" y="{foot:g}">{_short(tick)}{suffix}</text>'
    if x_label:
        yield f'<text class="end unit" x="{right}" y="{height - 4:g}">{html.escape(x_label)}</text>'
    if y_label:
        yield f'<text class="unit" x="0" y="{TOP - 12}">{html.escape(y_label)}</text>'


def _runs(hours: Sequence[float], values: Sequence[float]) -> Iterator[list[tuple[float, float]]]:
    run: list[tuple[float, float]] = []
    for time, value in zip(hours, values, strict=True):
        if math.isfinite(value):
            run.append((time, value))
        elif run:
            yield run
            run = []
    if run:
        yield run


def _axis(values: Sequence[float], start: float, end: float, *, log: bool = False) -> Axis:
    low, high = min(values, default=0.0), max(values, default=1.0)
    if log and low > 0:
        low, high = low / 1.15, max(high * 1.15, low * 2)
        return Axis(low, high, start, end, tuple(_log_ticks(low, high)), log=True)
    step = _step(max(high, 1e-9))
    top = step * math.ceil(max(high, 1e-9) / step)
    ticks = tuple(step * n for n in range(round(top / step) + 1))
    return Axis(0.0, top, start, end, ticks)


def _time_axis(hours: float) -> Axis:
    step = next((s for s in (0.25, 1, 3, 6, 12, 24, 48, 168, 720) if hours / s <= 9), 2160)
    ticks = tuple(step * n for n in range(int(hours / step + 1e-9) + 1))
    return Axis(0.0, max(hours, 1e-9), LEFT, WIDTH - RIGHT, ticks)


def _step(high: float) -> float:
    size = 10.0 ** math.floor(math.log10(high / 4))
    return next((size * n for n in (1, 2, 5) if high / (size * n) <= 5), size * 10)


def _log_ticks(low: float, high: float) -> Iterator[float]:
    exponent = math.floor(math.log10(low))
    wide = math.log10(high / low) > 3
    while 10**exponent <= high:
        for digit in (1,) if wide else (1, 2, 5):
            if low <= digit * 10**exponent <= high:
                yield digit * 10**exponent
        exponent += 1


def _short(value: float) -> str:
    if value >= 1000:
        return f"{value / 1000:g}k" if value < 1e6 else f"{value / 1e6:g}M"
    return f"{value:.3g}"
