"""`erode`, `smoothen`, opening and closing: whether a ball fits, and the nearest place where."""

from __future__ import annotations

import math

from voxlogica.dataclass import dataclass
from voxlogica.explanations.boxes import Index, around, inside, outside, shape_of, within
from voxlogica.explanations.claims import Claim, bound, digits_apart, place, told
from voxlogica.explanations.comparisons import CHANGES, held_against_number
from voxlogica.explanations.context import Argument, Context, Descend, Explained, Explainer
from voxlogica.explanations.marks import Ball, Line, Mark, Point, Voxel
from voxlogica.explanations.nearest import Spacing, distances_from
from voxlogica.explanations.places import (
    length,
    nearest_to,
    numbers_of,
    region_and_number,
    spacing_of,
)
from voxlogica.images.arrays import NDArray, np

# Of so many values at most, those of all balls together, a minimum is looked for.
_MOST = 50_000_000


@dataclass(frozen=True, slots=True)
class Eroded(Claim):
    """Whether what is outside a region is further from the voxel than a radius.

    `outside` is the nearest voxel outside, `clearance` away: the voxel itself, 0 away, where that
    is outside; None where there is none. Where no ball fits around the voxel, `centre` is the
    nearest voxel around which one does, `away` from here; None where there is none.
    """

    value: bool
    region: str
    radius: float
    outside: Voxel | None
    clearance: float
    centre: Voxel | None
    away: float | None
    unit: str

    kind = "eroded"

    def sentence(self) -> str:
        """Whether the ball fits around the voxel, and where the nearest one does."""
        ball = f"ball of radius {length(self.radius, self.unit)}"
        if not 0 <= self.radius < math.inf:
            return _no_ball(self)
        if self.outside is None:
            return f"{self.region} is the whole image: any ball fits."
        away = length(self.clearance, self.unit)
        if self.value:
            return (
                f"A {ball} around the voxel fits in {self.region}: the nearest voxel outside,"
                f" {place(self.outside)}, is {away} away."
            )
        said = (
            f"A {ball} around the voxel does not fit in {self.region}: {place(self.outside)},"
            f" {away} away, is outside."
            if self.clearance
            else f"Not in {self.region}."
        )
        return f"{said} {_where_else(self, ball)}"


@dataclass(frozen=True, slots=True)
class Fitting(Claim):
    """How far a threshold may go: `values` held by `sign` against a `number` are the region.

    A ball that holds the voxel fits in that just if `value` `sign` the number holds: of all balls
    that hold it, the one around `centre` has the best worst value, which is that of its voxel `at`.
    The number would turn whether a ball fits, if it were `change` the value.
    """

    values: str
    sign: str
    number: float
    threshold: str
    value: float
    at: Voxel
    centre: Voxel
    change: str
    fits: bool

    kind = "fitting"

    def sentence(self) -> str:
        """What threshold would turn it."""
        value = bound(self.change, self.value, digits_apart(self.value, self.number))
        it = f"`{self.threshold}`" if self.threshold.isidentifier() else "a threshold"
        balls = "No ball that holds the voxel fits" if self.fits else "One that holds it would fit"
        return (
            f"{balls} with {it} {self.change} {value}: that is {self.values} at {place(self.at)}."
        )


@dataclass(frozen=True, slots=True)
class Opened(Claim):
    """Whether a ball that fits in a region holds the voxel; such a ball has a `centre`.

    It fits around a centre if what is outside is no nearer than the radius (`strict`: if it is
    further), and holds what is no further than the radius. The centre is that nearest to the voxel,
    the first in raster order of equal ones, `away` from it; None where no ball fits anywhere. With
    `of_the_rest`, it is the rest of the image that the ball fits in, and what it holds is out. Of a
    region that is a comparison with a number, `fitting` says which numbers a ball fits with.
    """

    value: bool
    region: str
    inside: bool
    radius: float
    strict: bool
    centre: Voxel | None
    away: float | None
    unit: str
    of_the_rest: bool
    fitting: Fitting | None = None

    kind = "opened"

    def sentence(self) -> str:
        """Which ball holds the voxel, or where the nearest one is; and for which thresholds."""
        said = self._placed()
        return said if self.fitting is None else f"{said} {self.fitting.sentence()}"

    def _placed(self) -> str:
        ball = f"ball of radius {length(self.radius, self.unit)}"
        if not 0 <= self.radius < math.inf:
            return _no_ball(self)
        if self.value != self.of_the_rest:
            return self._held()
        if self.of_the_rest:
            return f"Any {ball} that holds the voxel holds some of {self.region}."
        if not self.inside:
            return f"Not in {self.region}. {_where_else(self, ball)}"
        return (
            f"{self.region} is too thin here: no {ball} fits in it so that it holds the voxel."
            f" {_where_else(self, ball)}"
        )

    def _held(self) -> str:
        """The ball that holds the voxel."""
        ball = f"A ball of radius {length(self.radius, self.unit)}"
        there = "around the voxel"
        if self.away:
            assert self.centre is not None
            there = f"around {place(self.centre)}, {length(self.away, self.unit)} away,"
        if not self.of_the_rest:
            also = " and holds the voxel" if self.away else ""
            return f"{ball} {there} fits in {self.region}{also}."
        also = " the voxel, and" if self.away else ""
        return f"{ball} {there} holds{also} nothing of {self.region}."


def _no_ball(claim: Eroded | Opened) -> str:
    return f"No ball has a radius of {claim.radius:g}; so all voxels are {told(claim.value)}."


def _where_else(claim: Eroded | Opened, ball: str) -> str:
    if claim.centre is None or claim.away is None:
        return f"No {ball} fits in {claim.region} anywhere."
    away = length(claim.away, claim.unit)
    return f"The nearest {ball} that fits is around {place(claim.centre)}, {away} away."


def _erode(context: Context) -> Explained:
    region, number = region_and_number(context)
    radius = float(context.value(number))
    outside, clearance = nearest_to(context, ~context.value(region))
    value = bool(context.own)
    centre, away = (None, 0.0) if value else nearest_to(context, context.value(context.position))
    claim = Eroded(
        value,
        region.text,
        radius,
        outside,
        clearance,
        centre,
        None if centre is None else away,
        context.geometry.unit,
    )
    marks = _marks(context, context.voxel if value else claim.centre, radius)
    if value or claim.outside is None:
        return Explained(claim, (Descend(region),), (), marks)
    if claim.clearance:
        marks = (Line(context.voxel, claim.outside), *marks)
    return Explained(claim, (Descend(region, claim.outside),), (), marks)


def _smoothen(context: Context) -> Explained:
    region, number = region_and_number(context)
    centres = context.applied("distgeq", number, context.applied("not", region))
    return _opened(context, region, number, centres, strict=False)


def _imopen(context: Context) -> Explained:
    region, number = region_and_number(context)
    return _opened(context, region, number, context.applied("erode", region, number), strict=True)


def _imclose(context: Context) -> Explained:
    region, number = region_and_number(context)
    centres = context.applied("not", context.applied("dilate", region, number))
    return _opened(context, region, number, centres, strict=True, of_the_rest=True)


def _opened(
    context: Context,
    region: Argument,
    number: Argument,
    centres: int,
    *,
    strict: bool,
    of_the_rest: bool = False,
) -> Explained:
    radius = float(context.value(number))
    centre, away = nearest_to(context, context.value(centres))
    fitting = None if of_the_rest else _fitting(context, region, radius, closed=strict)
    claim = Opened(
        bool(context.own),
        region.text,
        bool(context.at(region)),
        radius,
        strict,
        centre,
        None if centre is None else away,
        context.geometry.unit,
        of_the_rest,
        fitting,
    )
    marks = _marks(context, claim.centre, radius)
    if fitting is not None and fitting.at != context.voxel:
        marks = (*marks, Point(fitting.at))
    if claim.value or claim.inside:
        return Explained(claim, (), (Descend(region),), marks)
    return Explained(claim, (Descend(region),), (), marks)


def _fitting(context: Context, region: Argument, radius: float, *, closed: bool) -> Fitting | None:
    """With which numbers a ball fits, in a region that is an image held against a number."""
    inner = context.within(region)
    held = None if inner is None else held_against_number(inner)
    if inner is None or held is None:
        return None
    sign, values, number = held
    array = numbers_of(inner, values)
    up = sign in (">", ">=")
    spacing = spacing_of(context.geometry)
    found = best_ball(array if up else -array, spacing, context.voxel[::-1], radius, closed=closed)
    if found is None:
        return None
    centre, value, weakest = found
    fits = bool(context.own)
    return Fitting(
        values.text,
        sign,
        float(inner.value(number)),
        number.text,
        value if up else -value,
        weakest[::-1],
        centre[::-1],
        CHANGES[sign][0 if fits else 1],
        fits,
    )


def best_ball(
    values: NDArray[np.float32], spacing: Spacing, at: Index, radius: float, *, closed: bool
) -> tuple[Index, float, Index] | None:
    """Of all balls that hold a voxel, that whose least value is greatest; this, and where it is.

    Told is the ball's centre. Indices and spacing are in the order of an array's axes.
    A ball's centre is no further from the voxel than the radius, a float32. The values that count
    are those of the image's voxels nearer to the centre than the radius, `closed`: no further. Of
    equal balls, that counts whose centre is nearest, of these the first in raster order. So a ball
    that holds the voxel fits in what is above a threshold just if the threshold is below this
    value, and in what is at least a threshold just if it is at most that.

    None where no values count, some are no finite numbers, or there are too many: O(voxels of a
    ball, squared).
    """
    radius = float(np.float32(radius))
    if not 0 <= radius < np.inf:
        return None
    steps = [
        min(int(radius / step) + 1, side) for step, side in zip(spacing, values.shape, strict=True)
    ]
    middle = tuple(steps)
    away = distances_from(middle, tuple(2 * n + 1 for n in steps), spacing)
    offsets = np.argwhere(away <= radius if closed else away < radius)
    centres = around(at, steps, values.shape)
    shape = shape_of(centres)
    if not len(offsets) or len(offsets) * np.prod(shape, dtype=float) > _MOST:
        return None
    box = around(at, [2 * n for n in steps], values.shape)
    part = values[box]
    if not np.isfinite(part).all():
        return None
    # Beyond the image there is nothing that would not fit.
    padded = np.pad(part, [(n, n) for n in steps], constant_values=np.inf)
    first = [side.start for side in within(centres, box)]
    least = np.full(shape, np.inf, np.float32)
    for offset in offsets:
        moved = zip(first, offset.tolist(), shape, strict=True)
        cut = tuple(slice(n + m, n + m + long) for n, m, long in moved)
        np.minimum(least, padded[cut], out=least)
    to_voxel = distances_from(inside(centres, at), shape, spacing)
    least[to_voxel > radius] = -np.inf
    best = least.max()
    place = int(np.where(least == best, to_voxel, np.inf).argmin())
    centre = outside(centres, tuple(int(n) for n in np.unravel_index(place, shape)))
    for offset in offsets:
        moved = zip(centre, offset.tolist(), steps, strict=True)
        weakest = tuple(n + m - reach for n, m, reach in moved)
        is_there = all(0 <= n < side for n, side in zip(weakest, values.shape, strict=True))
        if is_there and values[weakest] == best:
            return centre, float(best), weakest
    return None


def _marks(context: Context, centre: Voxel | None, radius: float) -> tuple[Mark, ...]:
    if centre is None:
        return ()
    ball = Ball(centre, radius)
    return (ball,) if centre == context.voxel else (ball, Line(context.voxel, centre))


EXPLAINERS: dict[str, Explainer] = {
    "erode": _erode,
    "smoothen": _smoothen,
    "imopen": _imopen,
    "imclose": _imclose,
}
