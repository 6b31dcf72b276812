"""How the numbers of a print are spread over cases: a small drawing, a point or a bar each.

A piece of SVG, whose colours are the page's. Each point leads to the row of its case.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from typing import NamedTuple

from voxlogica.report.page_document import text
from voxlogica.report.short_numbers import short_number, ticks
from voxlogica.report.spread import quantile

# In units of the drawing: all of it, what is left of the axis and right of it, and half a point.
_WIDTH, _MARGIN, _RADIUS = 360, 12, 3.2
# How high points and bars are at most, the box of the quartiles, the axis' numbers, and a label.
_HEIGHT, _BOX, _AXIS, _LABEL = 46, 10, 18, 25
# So many numbers are points, of more the bars say how many; of those, so many far ones are points.
_MOST_POINTS, _MOST_FAR, _MOST_BARS = 150, 20, 48
# Beyond so many times the distance of the quartiles a number is far from the others (Tukey 1977).
_FAR = 1.5
_TICKS = 5


class Whose(NamedTuple):
    """The case that a number is of: where the page has its row, None where it has none; its name.

    One is `wrong` of which an assertion is false.
    """

    anchor: str | None
    name: str
    wrong: bool = False


class Strip:
    """Finite numbers that are drawn together, at least one; `label` says of which cases.

    `rows` tell whose each is; those are `ruled` that rest on a rule for empty regions.
    """

    def __init__(
        self, label: str, values: Sequence[float], rows: Sequence[int], ruled: Sequence[int]
    ) -> None:
        self.label, self.values, self.rows, self.ruled = label, values, rows, ruled

    @cached_property
    def quartiles(self) -> tuple[float, float, float]:
        """The first quartile, the median, and the third, linear between two numbers."""
        ordered = sorted(self.values)
        first, middle, third = (quantile(ordered, share) for share in (0.25, 0.5, 0.75))
        return first, middle, third

    @cached_property
    def far(self) -> Sequence[int]:
        """The places of numbers that are far from the others, the farthest first."""
        first, _, third = self.quartiles
        reach = _FAR * (third - first)
        beyond = [(max(first - v, v - third), k) for k, v in enumerate(self.values)]
        return [k for by, k in sorted(beyond, key=lambda one: (-one[0], one[1])) if by > reach]


class _Axis(NamedTuple):
    marks: Sequence[float]

    def place(self, value: float) -> float:
        """Where a number stands, from left to right."""
        low, high = self.marks[0], self.marks[-1]
        if len(self.marks) == 1:
            return _WIDTH / 2
        # Halves, as the difference of the two may be beyond the greatest number.
        share = (value / 2 - low / 2) / (high / 2 - low / 2)
        return _MARGIN + share * (_WIDTH - 2 * _MARGIN)


def strips_svg(
    name: str, strips: Sequence[Strip], whose: Callable[[int], Whose], *, has_points: bool = True
) -> str:
    """The numbers of a print in one drawing, one strip below the other on one axis.

    Points unless there are many, or it is said that none are wanted; then bars, and points for
    what is far from the others. O(numbers log numbers).
    """
    values = [value for strip in strips for value in strip.values]
    axis = _Axis(ticks(min(values), max(values), _TICKS))
    label = _LABEL if len(strips) > 1 else 0
    drawn = [_Drawn(strip, axis, has_points) for strip in strips]
    parts, bottom = list[str](), 0.0
    for one in drawn:
        if label:
            y = _n(bottom + label - 5)
            parts.append(f'<text class="of" x="2" y="{y}">{text(one.strip.label)}</text>')
        bottom += label + one.height
        parts += one.parts(bottom, whose)
        bottom += _BOX
    parts += _axis(axis, bottom)
    said = f"{text(name)}: {text('; '.join(_said(one, len(strips) > 1) for one in strips))}"
    height = _n(bottom + _AXIS)
    return (
        f'<svg class="strips" role="img" aria-label="{said}" viewBox="0 0 {_WIDTH} {height}"'
        f' width="{_WIDTH}" height="{height}">{"".join(parts)}</svg>'
    )


def _said(strip: Strip, is_one_of_many: bool) -> str:
    """What a screen reader says of it."""
    first, middle, third = map(short_number, strip.quartiles)
    of = f"{strip.label}: " if is_one_of_many else ""
    return f"{of}median {middle}, quartiles {first} to {third}, {len(strip.values)} cases"


class _Drawn:
    """A strip on an axis: points in columns where they are at one place, or bars."""

    def __init__(self, strip: Strip, axis: _Axis, has_points: bool) -> None:
        self.strip = strip
        self._axis = axis
        is_whole = has_points and len(strip.values) <= _MOST_POINTS
        places = range(len(strip.values)) if is_whole else strip.far[:_MOST_FAR]
        self._columns: dict[int, list[int]] = {}
        for k in sorted(places, key=lambda k: (strip.values[k], k)):
            at = round(axis.place(strip.values[k]) / (2 * _RADIUS))
            self._columns.setdefault(at, []).append(k)
        most = max(map(len, self._columns.values()), default=1)
        # Closer together where they are many.
        self._step = min(2 * _RADIUS, (_HEIGHT - 2 * _RADIUS) / max(1, most - 1))
        self._has_bars = not is_whole
        self.height = _HEIGHT if self._has_bars else 2 * _RADIUS + (most - 1) * self._step + 4

    def parts(self, bottom: float, whose: Callable[[int], Whose]) -> Iterator[str]:
        """What is drawn above this line, and the box of the quartiles below it."""
        first, middle, third = map(self._axis.place, self.strip.quartiles)
        yield (
            f'<rect class="box" x="{_n(first)}" y="{_n(bottom + 3)}"'
            f' width="{_n(max(1.0, third - first))}" height="5"/>'
            f'<path class="middle" d="M{_n(middle)} {_n(bottom + 1)}v9"/>'
        )
        if self._has_bars:
            yield _bars(self.strip.values, self._axis, bottom)
        far = {*self.strip.far}
        for column in self._columns.values():
            for height, k in enumerate(column):
                y = bottom - _RADIUS - height * self._step
                yield self._point(k, y, whose(self.strip.rows[k]), is_far=k in far)

    def _point(self, k: int, y: float, case: Whose, *, is_far: bool) -> str:
        strip = self.strip
        kinds = {"far": is_far, "ruled": strip.ruled[k], "wrong": case.wrong}
        its = " ".join(kind for kind, holds in kinds.items() if holds)
        named = f' class="{its}"' if its else ""
        circle = (
            f'<circle{named} cx="{_n(self._axis.place(strip.values[k]))}" cy="{_n(y)}"'
            f' r="{_RADIUS}"><title>{text(case.name)}: {short_number(strip.values[k])}</title>'
            "</circle>"
        )
        if case.anchor is None:
            return circle
        return f'<a href="#{case.anchor}" tabindex="-1">{circle}</a>'


def _bars(values: Sequence[float], axis: _Axis, bottom: float) -> str:
    """How many numbers are where, as one path of bars, the highest as high as there is room."""
    count = max(1, min(_MOST_BARS, math.isqrt(len(values)) * 2))
    room = _WIDTH - 2 * _MARGIN
    counts = [0] * count
    for value in values:
        counts[min(count - 1, int((axis.place(value) - _MARGIN) / room * count))] += 1
    scale, wide = (_HEIGHT - 4) / max(counts), room / count
    path = "".join(
        f"M{_n(_MARGIN + k * wide + 0.5)} {_n(bottom)}"
        f"v{_n(-many * scale)}h{_n(wide - 1)}V{_n(bottom)}z"
        for k, many in enumerate(counts)
        if many
    )
    return f'<path class="bars" d="{path}"/>'


def _axis(axis: _Axis, top: float) -> Iterator[str]:
    yield f'<path class="axis" d="M{_MARGIN} {_n(top + 1)}H{_WIDTH - _MARGIN}"/>'
    for mark in axis.marks:
        x, anchor = axis.place(mark), "middle"
        if x < 2 * _MARGIN:
            x, anchor = 2, "start"
        elif x > _WIDTH - 2 * _MARGIN:
            x, anchor = _WIDTH - 2, "end"
        said = short_number(mark)
        yield f'<text x="{_n(x)}" y="{_n(top + 14)}" text-anchor="{anchor}">{said}</text>'


def _n(value: float) -> str:
    """A number of the drawing."""
    return f"{value:.1f}".removesuffix(".0")
