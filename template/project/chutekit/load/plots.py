"""Plots as SVG, drawn here so that a page needs nothing else, not even a network."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

WIDTH, HEIGHT = 720, 260
LEFT, RIGHT, TOP, BOTTOM = 62, 12, 12, 40
Point = tuple[float, float]


@dataclass(frozen=True)
class Axis:
    """A range of values with round numbers to write beside it."""

    name: str
    low: float
    high: float
    marks: tuple[float, ...]

    @classmethod
    def of(cls, name: str, values: Iterable[float], *, zero: bool = True) -> Axis:
        """Return one that holds the values, and 0 where wanted."""
        found = [value for value in values if math.isfinite(value)] or [0.0]
        low, high = (0.0 if zero else min(found)), max(found)
        if high <= low:
            high = low + 1.0
        step = _step((high - low) / 5)
        count = math.floor(high / step + 1e-9)
        marks = [step * index for index in range(math.ceil(low / step - 1e-9), count + 1)]
        return cls(name, low, high, tuple(marks))

    def share(self, value: float) -> float:
        """Return where a value lies, from 0 to 1."""
        return min(1.0, max(0.0, (value - self.low) / (self.high - self.low)))


def _step(rough: float) -> float:
    size: float = math.pow(10, math.floor(math.log10(rough)))
    return next(size * factor for factor in (1, 2, 2.5, 5, 10) if rough <= size * factor * 1.0001)


@dataclass(frozen=True)
class Plot:
    """A frame with two axes, to which marks are added as text."""

    title: str
    across: Axis
    up: Axis

    def place(self, point: Point) -> Point:
        """Return where a point is in the picture."""
        x = LEFT + self.across.share(point[0]) * (WIDTH - LEFT - RIGHT)
        y = HEIGHT - BOTTOM - self.up.share(point[1]) * (HEIGHT - TOP - BOTTOM)
        return round(x, 1), round(y, 1)

    def dots(self, points: Iterable[Point], style: str) -> str:
        """Return a dot for each point."""
        places = map(self.place, points)
        path = "".join(f"M{x} {y}h.01" for x, y in places)
        return f'<path class="dots {style}" d="{path}"/>' if path else ""

    def line(self, points: Sequence[Point], style: str) -> str:
        """Return a line through the points."""
        if not points:
            return ""
        path = "L".join(f"{x} {y}" for x, y in map(self.place, points))
        return f'<path class="line {style}" d="M{path}"/>'

    def bar(self, x: float, low: float, high: float, style: str) -> str:
        """Return an upright bar between two values."""
        (a, b), (_, c) = self.place((x, low)), self.place((x, high))
        return f'<path class="line {style}" d="M{a} {b}V{c}"/>'

    def upright(self, x: float) -> str:
        """Return a thin line from bottom to top."""
        a, _ = self.place((x, self.up.low))
        return f'<path class="edge" d="M{a} {TOP}V{HEIGHT - BOTTOM}"/>'

    def drawn(self, *marks: str) -> str:
        """Return the picture with what was added to it."""
        return (
            f'<figure><figcaption>{escape(self.title)}</figcaption><svg viewBox="0 0 {WIDTH} '
            f'{HEIGHT}" role="img" aria-label="{escape(self.title)}">{self._frame()}'
            f"{''.join(marks)}</svg></figure>"
        )

    def _frame(self) -> str:
        bottom, parts = HEIGHT - BOTTOM, []
        for mark in self.across.marks:
            x, _ = self.place((mark, self.up.low))
            parts.append(f'<text class="below" x="{x}" y="{bottom + 15}">{mark:g}</text>')
        for mark in self.up.marks:
            _, y = self.place((self.across.low, mark))
            parts.append(f'<path class="grid" d="M{LEFT} {y}H{WIDTH - RIGHT}"/>')
            parts.append(f'<text class="beside" x="{LEFT - 6}" y="{y + 4}">{mark:g}</text>')
        middle = (LEFT + WIDTH - RIGHT) / 2
        parts.append(f'<text class="below" x="{middle}" y="{HEIGHT - 6}">{self.across.name}</text>')
        parts.append(
            f'<text class="below" transform="translate(12 {(TOP + bottom) / 2}) rotate(-90)">'
            f"{self.up.name}</text>"
        )
        return "".join(parts)
