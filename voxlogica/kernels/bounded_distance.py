"""Where the distance to a region compares in a way with a number: without the distance."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from voxlogica.kernels import slabs
from voxlogica.kernels.closure import edge
from voxlogica.kernels.distance import copy, signed_distance
from voxlogica.kernels.kernel import compiled, readable
from voxlogica.kernels.reaches import ReachSquares, reach_of

Region = NDArray[np.bool_]

# What a row of voxels is, as far as the search has come.
_FAR, _MIXED, _FULL = 0, 1, 2
# What it takes to begin, in voxels of a full transform that are done meanwhile, and at most as a
# part of a full one, which has to begin as well.
_START, _MOST_START = 50_000, 0.2
# How many numbers are gone through at once: enough to hide what a loop costs to start.
_BLOCK = 4096


# What the full transform is compared by: where strict, and inverted.
_COMPARE: Mapping[tuple[bool, bool], np.ufunc] = {
    (False, False): np.less_equal,
    (True, False): np.less,
    (False, True): np.greater,
    (True, True): np.greater_equal,
}


def at_most(
    region: Region,
    spacing: tuple[float, ...],
    bound: float,
    strict: bool = False,
    inverted: bool = False,
) -> Region:
    """Where `signed_distance(region, spacing) <= float32(bound)`, voxel for voxel the same.

    If `strict`, where it is less; `inverted`, where it is more, or if strict not less. `region` is
    bool of shape (y, x) or (z, y, x), `spacing` positive, in that order; so the result.
    Nothing compares with `nan`. Squared distances are taken no further than to the bound, as
    integers of 1 or 2 bytes that compare with it as the exact ones do (`reaches.py`): along each
    axis, the least over the voxels in reach plus the square of how far they are, for some rows
    along x at once. This is Saito and Toriwaki's transform (see `distance.py`) with a bound:
    O(voxels · radius), with memory for an integer a voxel, and as much for the gaps between rows,
    of up to a radius. What is far from any seed, or deep among them, is left out. The full
    transform takes over where it costs less.
    """
    number = _float32(bound)
    if math.isnan(number):
        return np.zeros(region.shape, np.bool_)
    # Of the region itself, what is no nearer to the edge.
    is_inside = number < 0 or (strict and number == 0)
    reach = _reach(region.shape, spacing, abs(number), strict != is_inside)
    if reach is None:
        compare = _COMPARE[strict, inverted]
        found: Region = compare(signed_distance(region, spacing), np.float32(number))
    elif is_inside:
        found = _within(edge(region), reach, True, number == -math.inf and strict)
        np.logical_and(found, region, out=found)
        if inverted:
            np.logical_not(found, out=found)
    else:
        found = _within(region, reach, inverted, number == math.inf and not strict)
    return found


def _within(seeds: Region, reach: ReachSquares, inverted: bool, is_endless: bool) -> Region:
    """Where a seed is in reach, which if endless it is even where there is none; or inverted."""
    if reach.limit < 0:
        return np.full(seeds.shape, inverted)
    if not seeds.any():
        return np.full(seeds.shape, is_endless != inverted)
    source = readable(seeds.reshape(_planes(seeds.shape)), np.uint8)
    return _by_squares(source, reach, inverted).reshape(seeds.shape)


def cost(shape: tuple[int, ...], spacing: tuple[float, ...], bound: float) -> float:
    """What a comparison costs at most, in full transforms; at most 1."""
    found = _reach(shape, spacing, abs(_float32(bound)), False)
    if found is None:
        return 1.0
    return min(1.0, found.cost + min(_MOST_START, _START / math.prod(shape)))


def _planes(shape: tuple[int, ...]) -> tuple[int, int, int]:
    """Of a 2-D image, rows as planes: these are shared out among cores."""
    return (shape[0], 1, shape[1]) if len(shape) == 2 else (shape[0], shape[1], shape[2])


def _reach(
    shape: tuple[int, ...], spacing: tuple[float, ...], reach: float, strict: bool
) -> ReachSquares | None:
    steps = (spacing[0], 1.0, spacing[1]) if len(shape) == 2 else (*spacing[:2], spacing[-1])
    unit = spacing[0] if min(spacing) == max(spacing) else None
    return reach_of(reach, strict, _planes(shape), steps, unit)


def _float32(bound: float) -> float:
    with np.errstate(all="ignore"):
        return float(np.float32(bound))


def _by_squares(seeds: NDArray[np.uint8], reach: ReachSquares, inverted: bool) -> Region:
    """Where the least sum of squares on the way to a seed is at most the reach's limit.

    Some rows at a time, with a gap after each that no row reaches across: one long row to the
    processor.
    """
    depth, height, width = seeds.shape
    squares_z, squares_y, squares_x = reach.squares
    limit, kind = reach.limit, squares_x.dtype
    gap, margin = len(squares_x) - 1, len(squares_y) - 1
    stride = width + gap
    rows = min(max(_BLOCK // stride, 1), height)
    kept = np.empty((depth, height * stride), kind)
    states = np.empty((depth, -(-height // rows)), np.uint8)
    result = np.empty(seeds.shape, np.bool_)
    into = result.view(np.uint8)

    def within_planes(first: int, end: int) -> None:
        # With rows that are far before the first and after the last.
        along_x = np.full((height + 2 * margin) * stride, limit + 1, kind)
        states_x, some = np.empty(height, np.uint8), np.zeros(height + 2 * margin + 1, np.int64)
        padded = np.full(rows * stride + 2 * gap, limit + 1, kind)
        _squares_within_planes(
            seeds, first, end, squares_x, squares_y, limit, rows,
            along_x, states_x, some, padded, kept, states,
        )  # fmt: skip

    planes = -(-slabs.FEWEST_VOXELS // (height * width))
    slabs.over(depth, within_planes, planes)
    slabs.over(
        depth,
        lambda first, end: _squares_across_planes(
            kept,
            states,
            first,
            end,
            squares_z,
            limit,
            rows,
            inverted,
            np.empty(rows * stride, kind),
            into,
        ),
        planes,
    )
    return result


@compiled(
    "u1[3] i8*2 u1[1]*2 i8*2 u1[1]w*2 i8[1]w u1[1]w u1[2]w*2",
    "u1[3] i8*2 u2[1]*2 i8*2 u2[1]w u1[1]w i8[1]w u2[1]w u2[2]w u1[2]w",
)
def _squares_within_planes(
    seeds: NDArray[np.uint8],
    first_plane: int,
    end_plane: int,
    squares_x: NDArray[Any],
    squares_y: NDArray[Any],
    limit: int,
    rows: int,
    along_x: NDArray[Any],
    states_x: NDArray[np.uint8],
    some: NDArray[np.int64],
    padded: NDArray[Any],
    kept: NDArray[Any],
    states: NDArray[np.uint8],
) -> None:
    """Squared distances to the seeds of the same plane, and what each block of rows has of them."""
    height = seeds.shape[1]
    radius = len(squares_y) - 1
    stride = kept.shape[1] // height
    far = kept.dtype.type(limit + 1)
    for z in range(first_plane, end_plane):
        for y in range(height):
            states_x[y] = _state(seeds[z, y])
        for y in range(-radius, height + radius):
            there = 0 <= y < height and states_x[y] != _FAR
            some[y + radius + 1] = some[y + radius] + there
        for first in range(0, height, rows):
            last = min(first + rows, height)
            least = along_x[(first + radius) * stride : (last + radius) * stride]
            _block_squares(seeds, z, first, last, states_x, squares_x, far, padded, least)
        for block in range(states.shape[1]):
            first = block * rows
            last = min(first + rows, height)
            least = kept[z, first * stride : last * stride]
            states[z, block] = _gather(
                along_x, states_x, some, squares_y, first, last, stride, far, least
            )


@compiled(
    "u1[2]w*2 i8*2 u1[1] i8*2 b1 u1[1]w u1[3]w",
    "u2[2]w u1[2]w i8*2 u2[1] i8*2 b1 u2[1]w u1[3]w",
)
def _squares_across_planes(
    kept: NDArray[Any],
    states: NDArray[np.uint8],
    first_plane: int,
    end_plane: int,
    squares: NDArray[Any],
    limit: int,
    rows: int,
    inverted: bool,
    scratch: NDArray[Any],
    result: NDArray[np.uint8],
) -> None:
    """The least over the planes in reach, compared; a block of rows that is settled is left."""
    depth, height, width = result.shape
    stride = kept.shape[1] // height
    kind = kept.dtype.type
    far = kind(limit + 1)
    # A block of rows through all planes before the next: what is in reach stays in the cache.
    for block in range(states.shape[1]):
        first, last = block * rows, min((block + 1) * rows, height)
        start, end = first * stride, last * stride
        for z in range(first_plane, end_plane):
            least = scratch[: end - start]
            found = states[z, block]
            if found == _MIXED:
                copy(kept[z, start:end], least)
            for k in range(1, len(squares)):
                if found == _FULL:
                    break
                before = states[z - k, block] if z - k >= 0 else _FAR
                after = states[z + k, block] if z + k < depth else _FAR
                if before == _FULL or after == _FULL:
                    found = _FULL
                    break
                if before == _FAR and after == _FAR:
                    continue
                if found == _FAR:
                    _fill(least, far)
                    found = _MIXED
                if after == _FAR:
                    _least_of_one(least, kept[z - k, start:end], squares[k])
                elif before == _FAR:
                    _least_of_one(least, kept[z + k, start:end], squares[k])
                else:
                    _least_of_two(least, kept[z - k, start:end], kept[z + k, start:end], squares[k])
            for y in range(first, last):
                row = result[z, y]
                if found == _MIXED:
                    offset = (y - first) * stride
                    _compare(least[offset : offset + width], kind(limit), inverted, row)
                else:
                    _fill(row, np.uint8((found == _FULL) != inverted))


@compiled()
def _block_squares(
    seeds: NDArray[np.uint8],
    z: int,
    first: int,
    last: int,
    states: NDArray[np.uint8],
    squares: NDArray[Any],
    far: Any,
    padded: NDArray[Any],
    least: NDArray[Any],
) -> None:
    """Squared distances along x, of some rows of a plane."""
    width = seeds.shape[2]
    gap = len(squares) - 1
    mixed = False
    for y in range(first, last):
        mixed = mixed or states[y] != states[first] or states[y] == _MIXED
    if not mixed:
        _fill(least, squares[0] if states[first] == _FULL else far)
        return
    for y in range(first, last):
        start = gap + (y - first) * (width + gap)
        _seed(padded[start : start + width], seeds[z, y], far)
    length = len(least)
    copy(padded[gap : gap + length], least)
    for k in range(1, gap + 1):
        before = padded[gap - k : gap - k + length]
        after = padded[gap + k : gap + k + length]
        _least_of_two(least, before, after, squares[k])


@compiled()
def _seed(row: NDArray[Any], seeds: NDArray[np.uint8], far: Any) -> None:
    for x in range(len(row)):
        row[x] = 0 if seeds[x] else far


@compiled()
def _compare(least: NDArray[Any], limit: Any, inverted: bool, row: NDArray[np.uint8]) -> None:
    for x in range(len(row)):
        row[x] = (least[x] <= limit) != inverted


@compiled()
def _gather(
    along_x: NDArray[Any],
    states: NDArray[np.uint8],
    some: NDArray[np.int64],
    squares: NDArray[Any],
    first: int,
    last: int,
    stride: int,
    far: Any,
    least: NDArray[Any],
) -> int:
    """Squared distances within a plane, of some rows; whether there is any in reach.

    `some[i]` counts the rows before `along_x`'s ith that have a seed.
    """
    radius = len(squares) - 1
    full = True
    for y in range(first, last):
        full = full and states[y] == _FULL
    if full:
        return _FULL
    start, end = first + radius, last + radius
    if some[end + radius] == some[start - radius]:
        return _FAR
    copy(along_x[start * stride : end * stride], least)
    for k in range(1, radius + 1):
        before = some[end - k] != some[start - k]
        after = some[end + k] != some[start + k]
        above = along_x[(start - k) * stride : (end - k) * stride]
        below = along_x[(start + k) * stride : (end + k) * stride]
        if before and after:
            _least_of_two(least, above, below, squares[k])
        elif before:
            _least_of_one(least, above, squares[k])
        elif after:
            _least_of_one(least, below, squares[k])
    return _MIXED


@compiled()
def _fill(row: NDArray[Any], value: Any) -> None:
    # A slice assigned to is not as fast.
    for x in range(len(row)):
        row[x] = value


@compiled()
def _state(seeds: NDArray[np.uint8]) -> int:
    """Whether a row is all seeds, has some, or has none."""
    every, some = np.uint8(1), np.uint8(0)
    for x in range(len(seeds)):
        every &= seeds[x]
        some |= seeds[x]
    return _FULL if every else _MIXED if some else _FAR


@compiled()
def _least_of_two(
    least: NDArray[Any], before: NDArray[Any], after: NDArray[Any], square: Any
) -> None:
    kind = least.dtype.type
    for x in range(len(least)):
        nearer = before[x] if before[x] < after[x] else after[x]
        squared = kind(nearer + square)
        least[x] = squared if squared < least[x] else least[x]


@compiled()
def _least_of_one(least: NDArray[Any], other: NDArray[Any], square: Any) -> None:
    kind = least.dtype.type
    for x in range(len(least)):
        squared = kind(other[x] + square)
        least[x] = squared if squared < least[x] else least[x]
