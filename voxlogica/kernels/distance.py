"""Exact Euclidean distance to the edge of a region, in physical units."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from voxlogica.kernels import slabs
from voxlogica.kernels.closure import edge
from voxlogica.kernels.kernel import compiled, readable

# So many lines are searched at once: enough for vector instructions and to hide what a loop costs
# to start, few enough for their numbers to stay in the processor's cache.
_TILE = 256
# Of long lines, fewer at once: so many numbers, but a quarter of the lines at least.
_TILE_SIZE = 1 << 16
# A choice of so few is not narrowed further.
_FEW = 4
# Sums of whole squares up to here have room in int32, as have those that are compared with them.
_LARGEST_WHOLE = 1 << 30


def signed_distance(region: NDArray[np.bool_], spacing: tuple[float, ...]) -> NDArray[np.float32]:
    """How far each voxel centre is from the region's edge: below 0 inside, above 0 outside.

    `region` is bool of shape (y, x) or (z, y, x); `spacing` has one positive number an axis, in
    that order. The edge is the true voxels that have a false one among their 8 (26) neighbours.
    float32, of the region's shape: `+inf` where no voxel is true, `-inf` where none is false.

    Squared distances are exact: whole numbers of voxels where the spacing is the same along all
    axes, else the least float64 value of (dx·sx)² + (dy·sy)² + (dz·sz)², added in this order.
    Only the root is rounded, to float32.

    An axis at a time, as Saito and Toriwaki, "New algorithms for Euclidean distance transformation
    of an n-dimensional digitized picture" (1994). The nearest voxels of a line follow one another
    as the line does, so those of a middle voxel bound those on either side: searched by halves, as
    the row minima of a totally monotone matrix in Aggarwal, Klawe, Moran, Shor and Wilber,
    "Geometric applications of a matrix-searching algorithm" (1987), for many lines at once.
    O(voxels · (log n + s)) for axes of n voxels, where s is how far the nearest ones of
    neighbouring lines are apart, a few voxels in images. Memory: 1 byte a voxel for the edge, and 4
    for each of a plane that has some of it, 8 where these do not suffice for exact squares.
    """
    # The nearest true voxel to one outside is on the edge, or a step towards the latter is nearer.
    within = _squared(edge(region), spacing)
    filled = np.flatnonzero(within.has_seeds)
    if not filled.size:
        return np.full(region.shape, -np.inf if region.all() else np.inf, np.float32)
    result = np.empty(region.shape, np.float32)
    depth, height, width = within.planes.shape
    lines, into = within.planes.reshape(depth, -1), result.reshape(depth, -1)
    tile = max(min(_TILE, _TILE_SIZE // depth), _TILE // 4)
    inside = readable(region.reshape(depth, -1), np.uint8)
    slabs.over(
        height * width,
        lambda first, end: _across_planes(
            lines,
            filled,
            first,
            end,
            within.step,
            within.few,
            within.unit,
            inside,
            np.empty((2, depth, tile), lines.dtype),
            np.empty((2, depth), np.int64),
            into,
        ),
        max(tile, slabs.FEWEST_VOXELS // depth),
    )
    return result


def distances_to(
    seeds: NDArray[np.bool_], spacing: tuple[float, ...], voxels: NDArray[np.int64]
) -> NDArray[np.float64]:
    """How far some voxels are from the nearest true one of `seeds`, which has at least one.

    `seeds` and `spacing` as `signed_distance` takes a region; `voxels` by their numbers in memory
    order, of any shape. float64, exact as there until the root, which is rounded to float64.

    Within planes as there; across them, each voxel looks at the planes around it, the nearest
    first, until none can be nearer: O(voxels · planes to the nearest seed).
    """
    within = _squared(seeds, spacing)
    lines = readable(within.planes.reshape(len(within.planes), -1), within.planes.dtype)
    wanted = readable(voxels.reshape(-1), np.int64)
    has_seeds = readable(within.has_seeds, np.uint8)
    result = np.empty(wanted.size, np.float64)
    slabs.over(
        wanted.size,
        lambda first, end: _nearest(
            lines, has_seeds, wanted, first, end, within.step, within.unit, result
        ),
        slabs.FEWEST_VOXELS // 8,
    )
    return result.reshape(voxels.shape)


class _Within(NamedTuple):
    """Squared distances to seeds in the same plane, and what it takes to go on across planes.

    Of planes without seeds, there are none. Distances are in steps of `unit`.
    """

    planes: NDArray[Any]
    has_seeds: NDArray[np.uint8]
    step: float
    few: int
    unit: float


def _squared(seeds: NDArray[np.bool_], spacing: tuple[float, ...]) -> _Within:
    depth, height, width = (1, *seeds.shape)[-3:]
    step_z, step_y, step_x = (1.0, *spacing)[-3:]
    if seeds.ndim == 2:
        # Its rows as planes, which are shared out among cores.
        depth, height = height, depth
        step_z, step_y = step_y, step_z
    lengths = depth - 1, height - 1, width - 1
    isotropic = min(spacing) == max(spacing)
    unit = spacing[0] if isotropic else 1.0
    if isotropic:
        step_z = step_y = step_x = 1.0
    whole = isotropic and sum(n * n for n in lengths) <= _LARGEST_WHOLE
    kind = np.int32 if whole else np.float64
    reaches = [n * s for n, s in zip(lengths, (step_z, step_y, step_x), strict=True)]
    farthest = sum(reach * reach for reach in reaches)
    of_planes = readable(seeds.reshape(depth, height, width), np.uint8)
    squared = np.empty((depth, height, width), kind)
    has_seeds = np.zeros(depth, np.uint8)
    few_y = _narrowed_from(step_y, farthest, height)
    slabs.over(
        depth,
        lambda first, end: _within_planes(
            of_planes,
            first,
            end,
            step_x,
            step_y,
            few_y,
            np.empty((height, width), kind),
            np.empty((3, height), np.int64),
            squared,
            has_seeds,
        ),
        -(-slabs.FEWEST_VOXELS // (height * width)),
    )
    return _Within(squared, has_seeds, step_z, _narrowed_from(step_z, farthest, depth), unit)


def _narrowed_from(step: float, farthest: float, length: int) -> int:
    """Of how many voxels on a choice may be narrowed by that of another voxel of the line.

    By one step, the two squared distances that are compared shift against each other by 2·step² or
    more. Where rounding could outweigh this, never: the choice is always among all.
    """
    certain = step * step > max(farthest * 2.0**-48, 1e-300)
    return _FEW if certain else length + 1


@compiled(
    "u1[3] i8*2 f8*2 i8 i4[2]w i8[2]w i4[3]w u1[1]w",
    "u1[3] i8*2 f8*2 i8 f8[2]w i8[2]w f8[3]w u1[1]w",
)
def _within_planes(
    seeds: NDArray[np.uint8],
    first: int,
    end: int,
    step_x: float,
    step_y: float,
    few: int,
    plane: NDArray[Any],
    choices: NDArray[np.int64],
    squared: NDArray[Any],
    has_seeds: NDArray[np.uint8],
) -> None:
    """Squared distances to the seeds of the same plane, for planes that have any."""
    height, width = plane.shape
    filled, lowest, highest = choices[0], choices[1], choices[2]
    for z in range(first, end):
        count = 0
        for y in range(height):
            if _any(seeds[z, y]):
                _along_row(seeds[z, y], step_x, plane[y])
                filled[count] = y
                count += 1
        if count:
            has_seeds[z] = 1
            for left in range(0, width, _TILE):
                right = min(left + _TILE, width)
                _along_lines(
                    plane, filled[:count], left, right, step_y, few, lowest, highest, squared[z]
                )


@compiled(
    "i4[2]w i8[1]w i8*2 f8 i8 f8 u1[2] i4[3]w i8[2]w f4[2]w",
    "f8[2]w i8[1]w i8*2 f8 i8 f8 u1[2] f8[3]w i8[2]w f4[2]w",
)
def _across_planes(
    squared: NDArray[Any],
    filled: NDArray[np.int64],
    first: int,
    end: int,
    step: float,
    few: int,
    unit: float,
    inside: NDArray[np.uint8],
    tiles: NDArray[Any],
    choices: NDArray[np.int64],
    result: NDArray[np.float32],
) -> None:
    """Signed distances, from the squared ones within the planes that are filled."""
    _, depth, tile = tiles.shape
    lines, least = tiles[0], tiles[1]
    for left in range(first, end, tile):
        right = min(left + tile, end)
        width = right - left
        # Voxels of a line are a plane apart: the cache could not hold them where they are.
        for p in range(len(filled)):
            z = filled[p]
            copy(squared[z, left:right], lines[z, :width])
        _along_lines(lines, filled, 0, width, step, few, choices[0], choices[1], least)
        for z in range(depth):
            _signed_root(least[z, :width], inside[z, left:right], unit, result[z, left:right])


@compiled(
    "i4[2] u1[1] i8[1] i8*2 f8*2 f8[1]w", "f8[2] u1[1] i8[1] i8*2 f8*2 f8[1]w", unrolled=False
)
def _nearest(
    lines: NDArray[Any],
    has_seeds: NDArray[np.uint8],
    voxels: NDArray[np.int64],
    first: int,
    end: int,
    step: float,
    unit: float,
    result: NDArray[np.float64],
) -> None:
    """The distances of voxels `first` … `end`, from the squared ones within planes."""
    depth, area = lines.shape
    for i in range(first, end):
        plane, place = voxels[i] // area, voxels[i] % area
        least = np.inf
        for away in range(depth):
            square = _square(away, step)
            if square >= least:
                break
            for z in (plane - away, plane + away):
                if 0 <= z < depth and has_seeds[z]:
                    least = min(least, lines[z, place] + square)
        result[i] = unit * np.sqrt(least)


@compiled()
def _any(row: NDArray[np.uint8]) -> bool:
    some = np.uint8(0)
    for x in range(len(row)):
        some |= row[x]
    return bool(some)


@compiled()
def _along_row(seeds: NDArray[np.uint8], step: float, squared: NDArray[Any]) -> None:
    """Squared distances to the nearest seed of a row that has any, by a scan each way."""
    kind = squared.dtype.type
    width = len(seeds)
    far = kind(width)
    since = far
    for x in range(width):
        since = kind(0) if seeds[x] else kind(since + kind(1))
        squared[x] = since
    since = far
    for x in range(width - 1, -1, -1):
        since = kind(0) if seeds[x] else kind(since + kind(1))
        squared[x] = min(since, squared[x])
    for x in range(width):
        distance = kind(squared[x] * kind(step))
        squared[x] = kind(distance * distance)


@compiled()
def _along_lines(
    lines: NDArray[Any],
    filled: NDArray[np.int64],
    left: int,
    right: int,
    step: float,
    few: int,
    lowest: NDArray[np.int64],
    highest: NDArray[np.int64],
    result: NDArray[Any],
) -> None:
    """Take one more axis, down the columns from left to right, into squared distances.

    `result[i]` becomes the least of `lines[j]` + ((i − j)·step)² over all j in `filled`, which
    increase; nothing else of `lines` is read. Which of them are least at i, in one column or
    another, is from `lowest[i]` to `highest[i]`: places in `filled`.
    """
    length = len(result)
    last = len(filled) - 1
    stride = 1
    while stride < length:
        stride *= 2
    # The first row, then the one in the middle, then those in the middle of the halves …
    start = 0
    while stride > 0:
        for i in range(start, length, 2 * stride):
            low = lowest[i - stride] if start else 0
            high = highest[i + stride] if start and i + stride < length else last
            row = result[i, left:right]
            _least(lines, filled, low, high, left, right, step, i, row)
            # No other row depends on those of the last turn.
            if stride > 1 and high - low >= few:
                low = _next_least(lines, filled, low, high, 1, left, right, step, i, row)
                high = _next_least(lines, filled, high, low, -1, left, right, step, i, row)
            lowest[i], highest[i] = low, high
        stride //= 2
        start = stride


@compiled()
def _least(
    lines: NDArray[Any],
    filled: NDArray[np.int64],
    low: int,
    high: int,
    left: int,
    right: int,
    step: float,
    i: int,
    result: NDArray[Any],
) -> None:
    """The least squared distances at i by way of the rows from one to another in `filled`.

    Four at a time, the last once more where there are fewer.
    """
    kind = result.dtype.type
    for p in range(low, high + 1, 4):
        j, k = filled[p], filled[min(p + 1, high)]
        m, n = filled[min(p + 2, high)], filled[min(p + 3, high)]
        _least_of_four(
            lines[j, left:right],
            lines[k, left:right],
            lines[m, left:right],
            lines[n, left:right],
            kind(_square(i - j, step)),
            kind(_square(i - k, step)),
            kind(_square(i - m, step)),
            kind(_square(i - n, step)),
            p == low,
            result,
        )


@compiled()
def _next_least(
    lines: NDArray[Any],
    filled: NDArray[np.int64],
    place: int,
    end: int,
    way: int,
    left: int,
    right: int,
    step: float,
    i: int,
    least: NDArray[Any],
) -> int:
    """The first place in `filled` on the way to an end that gives the least at i in some column."""
    kind = least.dtype.type
    while place != end:
        j = filled[place]
        if _is_least(lines[j, left:right], kind(_square(i - j, step)), least):
            break
        place += way
    return place


@compiled()
def _square(away: int, step: float) -> float:
    distance = away * step
    return distance * distance


@compiled()
def _least_of_four(
    a: NDArray[Any],
    b: NDArray[Any],
    c: NDArray[Any],
    d: NDArray[Any],
    of_a: Any,
    of_b: Any,
    of_c: Any,
    of_d: Any,
    afresh: bool,
    least: NDArray[Any],
) -> None:
    kind = least.dtype.type
    if afresh:
        for x in range(len(least)):
            by_a, by_b = kind(a[x] + of_a), kind(b[x] + of_b)
            by_c, by_d = kind(c[x] + of_c), kind(d[x] + of_d)
            one, other = (by_a if by_a < by_b else by_b), (by_c if by_c < by_d else by_d)
            least[x] = one if one < other else other
    else:
        for x in range(len(least)):
            by_a, by_b = kind(a[x] + of_a), kind(b[x] + of_b)
            by_c, by_d = kind(c[x] + of_c), kind(d[x] + of_d)
            one, other = (by_a if by_a < by_b else by_b), (by_c if by_c < by_d else by_d)
            # Not compared last: of a choice between what is there and what is new, LLVM makes a
            # store under a mask, which takes some processors longer than all the rest.
            old = least[x]
            one = old if old < one else one
            least[x] = one if one < other else other


@compiled()
def _is_least(line: NDArray[Any], square: Any, least: NDArray[Any]) -> bool:
    kind, found = least.dtype.type, False
    for x in range(len(least)):
        found |= kind(line[x] + square) == least[x]
    return found


@compiled()
def copy(source: NDArray[Any], into: NDArray[Any]) -> None:
    """Put one row's values into another."""
    for x in range(len(into)):
        into[x] = source[x]


@compiled()
def _signed_root(
    squared: NDArray[Any], inside: NDArray[np.uint8], unit: float, result: NDArray[np.float32]
) -> None:
    for x in range(len(result)):
        distance = np.float32(unit * np.sqrt(np.float64(squared[x])))
        # Subtracted, not negated: 0 on the edge is to be +0.
        result[x] = np.float32(0) - distance if inside[x] else distance
