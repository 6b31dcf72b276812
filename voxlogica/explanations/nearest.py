"""The nearest voxel of a region, and how far it is.

Indices and spacings are in the order of an array's axes, (z, y, x) or (y, x), as kernels have them.
"""

from __future__ import annotations

import math

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
    return rounded(squares_from(start, tuple((0, side) for side in shape), spacing), spacing)


def squares_from(
    start: Index, ranges: tuple[tuple[int, int], ...], spacing: Spacing
) -> NDArray[np.float64]:
    """Squared distances to the voxels of a box, exact: in steps where these are all of one length.

    Else (dx·sx)² + (dy·sy)² + (dz·sz)² in float64, added in this order, as `signed_distance` does.
    """
    even = min(spacing) == max(spacing)
    total = np.zeros((1,) * len(ranges), np.float64)
    for axis in reversed(range(len(ranges))):
        first, end = ranges[axis]
        away = np.arange(first, end, dtype=np.float64) - start[axis]
        if not even:
            away *= spacing[axis]
        shape = [1] * len(ranges)
        shape[axis] = -1
        total = total + (away * away).reshape(shape)
    return total


def _squares_of(
    start: Index,
    places: tuple[NDArray[np.int64], ...],
    ranges: tuple[tuple[int, int], ...],
    spacing: Spacing,
) -> NDArray[np.float64]:
    """Squared distances to some voxels of a box, by their places in it, as of `squares_from`."""
    even = min(spacing) == max(spacing)
    total = np.zeros(places[0].size, np.float64)
    for axis in reversed(range(len(ranges))):
        first, end = ranges[axis]
        away = np.arange(first, end, dtype=np.float64) - start[axis]
        if not even:
            away *= spacing[axis]
        total += (away * away)[places[axis]]
    return total


def _squares_along(
    start: Index, places: tuple[NDArray[np.int64], ...], width: int, spacing: Spacing
) -> NDArray[np.float64]:
    """Squared distances to the voxels of rows along x at some places, as of `squares_from`."""
    even = min(spacing) == max(spacing)
    away = [np.arange(width, dtype=np.float64)[None] - start[-1]]
    away += [
        (n.astype(np.float64) - m)[:, None]
        for n, m in zip(places[::-1], start[-2::-1], strict=True)
    ]
    total = np.zeros((1, 1), np.float64)
    for axis, along in enumerate(away):
        part = along if even else along * spacing[-1 - axis]
        total = total + part * part
    return total


def rounded(squares: NDArray[np.float64], spacing: Spacing) -> NDArray[np.float32]:
    """The distances whose squares `squares_from` has, rounded to float32 as those of `dt`."""
    unit = spacing[0] if min(spacing) == max(spacing) else 1.0
    return (unit * np.sqrt(squares)).astype(np.float32)


def _nearest_in_box(
    region: Region, spacing: Spacing, start: Index, steps: tuple[int, ...]
) -> Nearest | None:
    """The nearest true voxel of those at most so many steps away along each axis."""
    ranges = tuple(
        (max(n - reach, 0), min(n + reach + 1, side))
        for n, reach, side in zip(start, steps, region.shape, strict=True)
    )
    part = region[tuple(slice(first, end) for first, end in ranges)]
    found = np.flatnonzero(part)
    if not found.size:
        return None
    squares = _squares_of(start, np.unravel_index(found, part.shape), ranges, spacing)
    best = int(squares.argmin())
    place = np.unravel_index(int(found[best]), part.shape)
    at = tuple(int(n) + first for n, (first, _) in zip(place, ranges, strict=True))
    return Nearest(at, float(rounded(squares[best], spacing)))


def _nearest_by_rows(region: Region, spacing: Spacing, start: Index) -> Nearest | None:
    """The nearest true voxel, by rows along x."""
    width = region.shape[-1]
    rows = np.flatnonzero(region.reshape(-1, width).any(axis=1))
    if not rows.size:
        return None
    sides = tuple((0, side) for side in region.shape[:-1])
    # Of each row, to where it is nearest.
    across = squares_from((*start[:-1], 0), (*sides, (0, 1)), spacing).ravel()[rows]
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
    squares = _squares_along(start, np.unravel_index(rows, region.shape[:-1]), width, spacing)
    squares[~voxels] = np.inf
    place = int(squares.argmin())
    row, x = divmod(place, width)
    return float(squares[row, x]), int(rows[row]) * width + x
