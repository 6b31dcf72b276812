"""The nearest voxel of a region, and how far it is.

Indices and spacings are in the order of an array's axes, (z, y, x) or (y, x), as kernels have them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from voxlogica.dataclass import dataclass
from voxlogica.explanations.boxes import around, inside, outside
from voxlogica.kernels.closure import edge

Region = NDArray[np.bool_]
Index = tuple[int, ...]
Spacing = tuple[float, ...]

# How many voxels to each side are looked at first, and at last.
_FIRST_REACH, _LAST_REACH = 4, 64
# Of so many rows that are nearest, the first guess is made.
_FIRST_ROWS = 32


@dataclass(frozen=True, slots=True)
class Nearest:
    """A voxel, and the distance to its centre in physical units."""

    at: Index
    distance: float


def nearest(region: Region, spacing: Spacing, start: Index) -> Nearest | None:
    """The true voxel nearest to `start`, the first in raster order of those that tie.

    None for an empty region. The voxel itself where it is true. Squared distances are exact as in
    `kernels.distance.signed_distance`, and the root is rounded to float32, so the distance is what
    `dt` has outside a region.

    Boxes around the voxel are looked at, each twice as wide as the one before, until one has a true
    voxel; then the box that holds the ball that reaches it: O(voxels of that box). What is far is
    found by rows, of which only those are looked at that may be nearer: O(voxels) to see which rows
    have any.
    """
    if region[start]:
        return Nearest(start, 0.0)
    reach = _FIRST_REACH
    while reach <= _LAST_REACH:
        steps = tuple(max(1, round(reach * min(spacing) / step)) for step in spacing)
        found = _nearest_in_box(region, spacing, start, steps)
        if found is not None:
            whole = tuple(math.floor(found.distance * (1 + 1e-6) / step) for step in spacing)
            return _nearest_in_box(region, spacing, start, whole)
        reach *= 2
    return _nearest_by_rows(region, spacing, start)


def nearest_edge(region: Region, spacing: Spacing, start: Index) -> Nearest | None:
    """The voxel of a region's edge nearest to `start`, which is in the region, as of `nearest`.

    The edge is the true voxels next to a false one. None where none is false. As far away as the
    nearest false voxel is, there is one of the edge, so no further is looked: O(voxels of that
    box, and of that of the false voxel).
    """
    out = nearest(~region, spacing, start)
    if out is None:
        return None
    steps = [math.floor(out.distance * (1 + 1e-6) / step) + 1 for step in spacing]
    # A step more, so that in the box of the steps what is on the edge is so in the whole.
    box = around(start, [n + 1 for n in steps], region.shape)
    found = nearest(edge(region[box]), spacing, inside(box, start))
    assert found is not None
    return Nearest(outside(box, found.at), found.distance)


def distance_at(region: Region, spacing: Spacing, at: Index) -> float:
    """What `signed_distance` has at one voxel."""
    if not region[at]:
        found = nearest(region, spacing, at)
        return math.inf if found is None else found.distance
    found = nearest_edge(region, spacing, at)
    return -math.inf if found is None else -found.distance


def distances_from(start: Index, shape: tuple[int, ...], spacing: Spacing) -> NDArray[np.float32]:
    """How far each voxel of a grid is from one, which may lie outside it; rounded as `dt` is."""
    return rounded(_added(np.ix_(*_squares(start, shape, spacing))), spacing)


def _squares(start: Index, shape: tuple[int, ...], spacing: Spacing) -> list[NDArray[np.float64]]:
    """Of each axis, the squares by which voxels are away along it: in steps, if all are as long."""
    even = min(spacing) == max(spacing)
    lengths = (1.0,) * len(spacing) if even else spacing
    return [
        ((np.arange(side, dtype=np.float64) - at) * step) ** 2
        for at, side, step in zip(start, shape, lengths, strict=True)
    ]


def _added(squares: Sequence[NDArray[np.float64]]) -> NDArray[np.float64]:
    """Squared distances, exact: (dx·sx)² + (dy·sy)² + (dz·sz)² in float64, added in this order.

    So does `signed_distance`. Arrays of squares, one an axis, are broadcast to what is wanted.
    """
    return sum(squares[-2::-1], squares[-1])


def rounded(squares: NDArray[np.float64], spacing: Spacing) -> NDArray[np.float32]:
    """The distances whose squares `squares_from` has, rounded to float32 as those of `dt`."""
    unit = spacing[0] if min(spacing) == max(spacing) else 1.0
    return (unit * np.sqrt(squares)).astype(np.float32)


def _nearest_in_box(
    region: Region, spacing: Spacing, start: Index, steps: tuple[int, ...]
) -> Nearest | None:
    """The nearest true voxel of those at most so many steps away along each axis."""
    box = around(start, steps, region.shape)
    part = region[box]
    found = np.flatnonzero(part)
    if not found.size:
        return None
    places = np.unravel_index(found, part.shape)
    tables = _squares(inside(box, start), part.shape, spacing)
    squares = _added([table[n] for table, n in zip(tables, places, strict=True)])
    best = int(squares.argmin())
    at = outside(box, tuple(int(n[best]) for n in places))
    return Nearest(at, float(rounded(squares[best], spacing)))


def _nearest_by_rows(region: Region, spacing: Spacing, start: Index) -> Nearest | None:
    """The nearest true voxel, by rows along x."""
    width = region.shape[-1]
    rows = np.flatnonzero(region.reshape(-1, width).any(axis=1))
    if not rows.size:
        return None
    tables = _squares(start, region.shape, spacing)
    # Of each row, to where it is nearest.
    places = np.unravel_index(rows, region.shape[:-1])
    across = _added([table[n] for table, n in zip(tables[:-1], places, strict=True)])
    few = min(_FIRST_ROWS, rows.size)
    guess = np.argpartition(across, few - 1)[:few]
    best = _nearest_in_rows(region, spacing, start, np.sort(rows[guess]))[0]
    (within,) = np.nonzero(across <= best)
    square, place = _nearest_in_rows(region, spacing, start, rows[within])
    at = tuple(int(n) for n in np.unravel_index(place, region.shape))
    return Nearest(at, float(rounded(np.array(square), spacing)))


def _nearest_in_rows(
    region: Region, spacing: Spacing, start: Index, rows: NDArray[np.int64]
) -> tuple[float, int]:
    """The least square to a true voxel in some rows, in raster order, and the voxel's number."""
    width = region.shape[-1]
    voxels = region.reshape(-1, width)[rows]
    places = np.unravel_index(rows, region.shape[:-1])
    *across, along = _squares(start, region.shape, spacing)
    squares = _added([*(table[n, None] for table, n in zip(across, places, strict=True)), along])
    squares[~voxels] = np.inf
    place = int(squares.argmin())
    row, x = divmod(place, width)
    return float(squares[row, x]), int(rows[row]) * width + x
