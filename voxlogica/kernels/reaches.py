"""How far a distance reaches, in whole numbers: squares to add up, and what they may sum up to.

The full transform (`distance.py`) has float64 sums of squares, whose roots are rounded to float32
and compared. Here small integers stand for these: for each axis a square for every number of steps,
in a unit in which sums of three compare with a limit as the exact ones do with the reach. That they
do is not assumed, but looked at for every sum that can occur.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from voxlogica.dataclass import dataclass

Axes = tuple[float, float, float]
Shape = tuple[int, int, int]
Squares = tuple[NDArray[Any], NDArray[Any], NDArray[Any]]

# Narrow integers first: more of them fit an instruction. Of each, so many units are tried.
_KINDS = ((np.uint8, 120), (np.uint16, 200))
# So many bytes are compared for a voxel in the time of a full transform where that has whole
# squared steps, and where it has others; what else there is to do, as a part of that time. Measured
# by `python -m benchmarks sizes`, on the regions that come off worst.
_WHOLE, _OTHERS = 400, 560
_REST = 0.05
# So many sums on either side of the limit are looked at before all are.
_NEAREST = 16


@dataclass(frozen=True, slots=True, eq=False)
class ReachSquares:
    """Squares by the number of steps along z, y and x; sums up to the limit are in reach.

    Read-only, of one unsigned type that has room for twice the limit and one. Empty where not even
    the voxel itself is in reach. `cost` is what it takes to look at all in reach of each voxel, in
    full transforms.
    """

    squares: Squares
    limit: int
    cost: float


@lru_cache(256)
def reach_of(
    reach: float, strict: bool, shape: Shape, steps: Axes, unit: float | None
) -> ReachSquares | None:
    """What is in reach on a grid of a shape, whose axes z, y and x have such steps.

    In reach is what the full transform gives a distance of at most `reach`, or less than that if
    `strict`. `unit` is the step of all axes where it counts whole squared steps, else None. None
    where the full transform costs less, or no unit is found, which is rare.
    """
    with np.errstate(all="ignore"):
        if unit is not None:
            return _of_whole_steps(reach, strict, shape, unit)
        return _in_some_unit(reach, strict, shape, steps)


def _of_whole_steps(reach: float, strict: bool, shape: Shape, unit: float) -> ReachSquares | None:
    limit = _largest_square(reach, strict, unit, sum((n - 1) ** 2 for n in shape))
    longest = math.isqrt(limit) + 1 if limit >= 0 else 0
    lengths = [min(n, longest) for n in shape]
    for kind, _ in _KINDS:
        if 2 * limit + 1 <= np.iinfo(kind).max:
            cost = _cost(lengths, kind, _WHOLE)
            return (
                _reach([np.arange(n) ** 2 for n in lengths], limit, kind, cost)
                if cost < 1
                else None
            )
    return None


def _largest_square(reach: float, strict: bool, unit: float, largest: int) -> int:
    """The largest whole number of squared steps in reach, at most the largest; −1 if none is."""
    passing, failing = -1, largest + 1
    while failing - passing > 1:
        middle = (passing + failing) // 2
        # As the full transform rounds its root.
        distance = float(np.float32(unit * math.sqrt(middle)))
        if distance < reach or (distance == reach and not strict):
            passing = middle
        else:
            failing = middle
    return passing


def _in_some_unit(reach: float, strict: bool, shape: Shape, steps: Axes) -> ReachSquares | None:
    def passes(sums: NDArray[np.float64]) -> NDArray[np.bool_]:
        distances = np.sqrt(sums).astype(np.float32)
        passed: NDArray[np.bool_] = distances < reach if strict else distances <= reach
        return passed

    away = [np.arange(min(n, _OTHERS)) * step for n, step in zip(shape, steps, strict=True)]
    z, y, x = ((one * one)[passes(one * one)] for one in away)
    lengths = len(z), len(y), len(x)
    if not len(x):
        return _reach((z, y, x), -1, np.uint8, 0.0)
    if _cost(lengths, np.uint8, _OTHERS) >= 1:
        return None
    # Added in the order of the full transform. Sums grow along z, in whole numbers too: so only the
    # last in reach and the first beyond may be mistaken for each other.
    in_plane = (x + y[:, None]).reshape(-1)
    count = np.count_nonzero(passes(in_plane[:, None] + z), axis=1)
    last, first = np.flatnonzero(count), np.flatnonzero(count < len(z))
    within, without = in_plane[last] + z[count[last] - 1], in_plane[first] + z[count[first]]
    largest = float(within.max()) or 1.0
    # Those nearest to the limit: most units that will not do mistake some of these.
    inner, outer = last[np.argsort(within)[-_NEAREST:]], first[np.argsort(without)[:_NEAREST]]
    for kind, units in _KINDS:
        cost = _cost(lengths, kind, _OTHERS)
        if cost >= 1:
            break
        most = (int(np.iinfo(kind).max) - 1) // 2
        targets = np.linspace(most, max(most // 2, 1) if units < most else 1, units)

        def nearest(
            places: NDArray[np.intp],
            planes: NDArray[np.intp],
            scale: NDArray[np.float64] = targets[:, None] / largest,
        ) -> NDArray[np.float64]:
            at_y, at_x = np.divmod(places, len(x))
            sums: NDArray[np.float64] = np.rint(x[at_x] * scale) + np.rint(y[at_y] * scale)
            return sums + np.rint(z[planes] * scale)

        if outer.size:
            lowest = nearest(outer, count[outer]).min(axis=1)
            targets = targets[nearest(inner, count[inner] - 1).max(axis=1) < lowest]
        for target in targets:
            whole_z, whole_y, whole_x = (
                np.rint(axis * (target / largest)).astype(np.int64) for axis in (z, y, x)
            )
            whole = (whole_x + whole_y[:, None]).reshape(-1)
            limit = int((whole[last] + whole_z[count[last] - 1]).max())
            beyond = whole[first] + whole_z[count[first]]
            if limit <= most and (not beyond.size or limit < beyond.min()):
                return _reach((whole_z, whole_y, whole_x), limit, kind, cost)
    return None


def _cost(lengths: Sequence[int], kind: Any, full: int) -> float:
    compared: int = sum(2 * max(n - 1, 0) for n in lengths) * np.dtype(kind).itemsize
    return _REST + compared / full


def _reach(squares: Sequence[NDArray[Any]], limit: int, kind: Any, cost: float) -> ReachSquares:
    z, y, x = (axis.astype(kind) for axis in squares)
    for axis in (z, y, x):
        axis.flags.writeable = False
    return ReachSquares((z, y, x), limit, cost)
