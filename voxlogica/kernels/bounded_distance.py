"""Where the distance to a region compares in a way with a number: without the distance."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from voxlogica.kernels import slabs
from voxlogica.kernels.closure import edge
from voxlogica.kernels.compiled import compiled, readable
from voxlogica.kernels.distance import signed_distance

Region = NDArray[np.bool_]

# What a row of voxels is, as far as the search has come.
_FAR, _MIXED, _FULL = 0, 1, 2
# From where on the full transform is as fast: in voxels, and in rows to look at for one row.
_LARGEST_RADIUS = 40
_MOST_ROWS = 400
# Twice as many steps and one are counted in uint8.
_LONGEST_ROW = 127
# How many numbers are gone through at once: enough to hide what a loop costs to start.
_BLOCK = 4096


def at_most(region: Region, spacing: tuple[float, ...], bound: float) -> Region:
    """Where `signed_distance(region, spacing) <= float32(bound)`, voxel for voxel the same.

    `region` is bool of shape (y, x) or (z, y, x), `spacing` positive, in that order; so the result.
    Nothing compares with `nan`. What is compared is whole: the largest number of squared voxels
    that passes is found first, by bisection with the arithmetic of the full transform. Then squared
    distances are taken no further, as uint8 or uint16: along each axis, the least over the voxels
    in reach plus the square of how far they are, for a whole row along x at once. This is Saito and
    Toriwaki's transform (see `distance.py`) with a bound: O(voxels · radius), with 1 or 2 bytes of
    memory a voxel, and as much for the gaps between rows, of up to a radius. Where spacing differs
    between axes, the ball is a union of rows along x, and float64 is left to the choice of these:
    O(voxels · radius²), and a byte a voxel, with gaps. Both leave out what is far from any seed, or
    deep among them. The full transform takes over where it is faster.
    """
    number = _float32(bound)
    if number >= 0:
        return _within(region, region, spacing, number, False, False, np.less_equal, number)
    return _inside(region, spacing, number, True)


def below(region: Region, spacing: tuple[float, ...], bound: float) -> Region:
    """Where `signed_distance(region, spacing) < float32(bound)`; otherwise as `at_most`."""
    number = _float32(bound)
    if number > 0:
        return _within(region, region, spacing, number, True, False, np.less, number)
    return _inside(region, spacing, number, False)


def at_least(region: Region, spacing: tuple[float, ...], bound: float) -> Region:
    """Where `signed_distance(region, spacing) >= float32(bound)`; otherwise as `at_most`."""
    number = _float32(bound)
    if number > 0:
        return _within(region, region, spacing, number, True, True, np.greater_equal, number)
    return _none(region) if math.isnan(number) else ~_inside(region, spacing, number, False)


def above(region: Region, spacing: tuple[float, ...], bound: float) -> Region:
    """Where `signed_distance(region, spacing) > float32(bound)`; otherwise as `at_most`."""
    number = _float32(bound)
    if number >= 0:
        return _within(region, region, spacing, number, False, True, np.greater, number)
    return _none(region) if math.isnan(number) else ~_inside(region, spacing, number, True)


def _inside(region: Region, spacing: tuple[float, ...], number: float, equal: bool) -> Region:
    """Where the signed distance is below a number of 0 or less, or equal to it if so wanted."""
    if math.isnan(number):
        return _none(region)
    compare: Callable[..., Any] = np.less_equal if equal else np.less
    beyond = _within(edge(region), region, spacing, -number, equal, True, compare, number)
    return np.logical_and(beyond, region, out=beyond)


def _within(
    seeds: Region,
    region: Region,
    spacing: tuple[float, ...],
    reach: float,
    strict: bool,
    inverted: bool,
    compare: Callable[..., Any],
    number: float,
) -> Region:
    """Where the distance to the nearest seed is at most, or if strict less than, the reach.

    Or, inverted, where it is not. If it takes the full transform, what is wanted is said by
    `compare`, of the signed distance to the region with a number.
    """
    if not seeds.any():
        return np.full(region.shape, (math.inf <= reach and not strict) != inverted)
    depth = (1, *region.shape)[-3:]
    steps = (1.0, *spacing)[-3:]
    source = readable(seeds.reshape(depth), np.uint8)
    with np.errstate(all="ignore"):
        if min(spacing) == max(spacing):
            limit = _largest_square(reach, strict, spacing[0], sum((n - 1) ** 2 for n in depth))
            if limit <= 0:
                if limit < 0:
                    return np.full(region.shape, inverted)
                return np.not_equal(seeds, inverted, order="C")
            if limit <= _LARGEST_RADIUS**2:
                return _by_squares(source, limit, inverted).reshape(region.shape)
        else:
            rows = _rows_of_ball(reach, strict, steps, depth)
            if rows is not None:
                if len(rows) == 0:
                    return np.full(region.shape, inverted)
                return _by_rows(source, rows, inverted).reshape(region.shape)
    full: Region = compare(signed_distance(region, spacing), np.float32(number))
    return full


def _float32(bound: float) -> float:
    with np.errstate(all="ignore"):
        return float(np.float32(bound))


def _none(region: Region) -> Region:
    return np.zeros(region.shape, np.bool_)


def _passes(squared: float, unit: float, reach: float, strict: bool) -> bool:
    """Whether a squared distance is in reach, as the full transform rounds its root."""
    distance = float(np.float32(unit * math.sqrt(squared)))
    return distance < reach if strict else distance <= reach


def _largest_square(reach: float, strict: bool, unit: float, largest: int) -> int:
    """The largest whole number of squared voxels in reach, at most the largest; −1 if none is."""
    passing, failing = -1, largest + 1
    while failing - passing > 1:
        middle = (passing + failing) // 2
        if _passes(middle, unit, reach, strict):
            passing = middle
        else:
            failing = middle
    return passing


def _rows_of_ball(
    reach: float, strict: bool, steps: tuple[float, ...], shape: tuple[int, ...]
) -> NDArray[np.int64] | None:
    """The offsets (z, y) of the rows of voxels in reach of one, and how far they go along x.

    Nearest first, the centre's own with it; empty if not even the voxel itself is in reach. None if
    they are too many or too long.
    """
    rows: list[tuple[float, int, int, int]] = []

    def half(y: int, z: int) -> int:
        passing, failing = -1, shape[2]
        while failing - passing > 1:
            middle = (passing + failing) // 2
            x2 = (middle * steps[2]) * (middle * steps[2])
            y2, z2 = (y * steps[1]) * (y * steps[1]), (z * steps[0]) * (z * steps[0])
            if _passes((x2 + y2) + z2, 1.0, reach, strict):
                passing = middle
            else:
                failing = middle
        return passing

    count = 0
    for z in range(shape[0]):
        for y in range(shape[1]):
            length = half(y, z)
            if length < 0:
                break
            if length > _LONGEST_ROW:
                return None
            rows.append((math.hypot(y * steps[1], z * steps[0]), z, y, length))
            count += (2 if z else 1) * (2 if y else 1)
            if count > _MOST_ROWS:
                return None
        else:
            continue
        if y == 0:
            break
    return np.array([row[1:] for row in sorted(rows)], np.int64).reshape(-1, 3)


def _by_squares(seeds: NDArray[np.uint8], limit: int, inverted: bool) -> Region:
    """Where the least squared distance to a seed is at most the limit, on a grid of unit steps.

    Some rows at a time, with a gap after each that no row reaches across: one long row to the
    processor.
    """
    depth, height, width = seeds.shape
    radius = math.isqrt(limit)
    kind = np.uint8 if limit + radius * radius < 255 else np.uint16
    squares = np.arange(radius + 1).astype(kind) ** 2
    gap = min(radius, width - 1)
    stride = width + gap
    rows = min(max(_BLOCK // stride, 1), height)
    kept = np.empty((depth, height * stride), kind)
    states = np.empty((depth, -(-height // rows)), np.uint8)
    result = np.empty(seeds.shape, np.bool_)
    into = result.view(np.uint8)

    def within_planes(first: int, end: int) -> None:
        # With rows that are far before the first and after the last.
        along_x = np.full((height + 2 * radius) * stride, limit + 1, kind)
        states_x, some = np.empty(height, np.uint8), np.zeros(height + 2 * radius + 1, np.int64)
        padded = np.full(rows * stride + 2 * gap, limit + 1, kind)
        _squares_within_planes(
            seeds, first, end, squares, limit, rows, along_x, states_x, some, padded, kept, states
        )

    def across_planes(first: int, end: int) -> None:
        block = np.empty(rows * stride, kind)
        _squares_across_planes(
            kept, states, first, end, squares, limit, rows, inverted, block, into
        )

    slabs.over(depth, within_planes)
    slabs.over(depth, across_planes)
    return result


@compiled(
    "u1[3] i8*2 u1[1]w i8*2 u1[1]w*2 i8[1]w u1[1]w u1[2]w*2",
    "u1[3] i8*2 u2[1]w i8*2 u2[1]w u1[1]w i8[1]w u2[1]w u2[2]w u1[2]w",
)
def _squares_within_planes(
    seeds: NDArray[np.uint8],
    first_plane: int,
    end_plane: int,
    squares: NDArray[Any],
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
    radius = len(squares) - 1
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
            _block_squares(seeds, z, first, last, states_x, squares, far, padded, least)
        for block in range(states.shape[1]):
            first = block * rows
            last = min(first + rows, height)
            least = kept[z, first * stride : last * stride]
            states[z, block] = _gather(
                along_x, states_x, some, squares, first, last, stride, far, least
            )


@compiled(
    "u1[2]w*2 i8*2 u1[1]w i8*2 b1 u1[1]w u1[3]w",
    "u2[2]w u1[2]w i8*2 u2[1]w i8*2 b1 u2[1]w u1[3]w",
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
    for z in range(first_plane, end_plane):
        for block in range(states.shape[1]):
            first, last = block * rows, min((block + 1) * rows, height)
            start, end = first * stride, last * stride
            least = scratch[: end - start]
            found = states[z, block]
            if found == _MIXED:
                _copy(least, kept[z, start:end])
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
    gap = min(len(squares), width) - 1
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
    _copy(least, padded[gap : gap + length])
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
        _fill(least, squares[0])
        return _FULL
    start, end = first + radius, last + radius
    if some[end + radius] == some[start - radius]:
        return _FAR
    _copy(least, along_x[start * stride : end * stride])
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
def _copy(least: NDArray[Any], other: NDArray[Any]) -> None:
    for x in range(len(least)):
        least[x] = other[x]


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


def _by_rows(seeds: NDArray[np.uint8], rows: NDArray[np.int64], inverted: bool) -> Region:
    """Where some row of the ball around a voxel has a seed. Laid out as in `_by_squares`."""
    depth, height, width = seeds.shape
    steps = np.arange(rows[:, 2].max() + 1, dtype=np.uint8)
    gap = min(len(steps), width) - 1
    stride = width + gap
    lines = min(max(_BLOCK // stride, 1), height)
    margin = int(rows[:, 1].max())
    along_x = np.empty((depth, (height + 2 * margin) * stride), np.uint8)
    some, whole = np.zeros((2, depth, height + 2 * margin + 1), np.int64)
    result = np.empty(seeds.shape, np.bool_)
    into = result.view(np.uint8)

    def along_rows(first: int, end: int) -> None:
        states = np.empty(height, np.uint8)
        padded = np.full(lines * stride + 2 * gap, len(steps), np.uint8)
        _steps_along_rows(
            seeds, first, end, steps, lines, margin, states, padded, along_x, some, whole
        )

    def within_ball(first: int, end: int) -> None:
        block = np.empty(lines * stride, np.uint8)
        _rows_within_ball(
            along_x, some, whole, first, end, rows, lines, margin, inverted, block, into
        )

    slabs.over(depth, along_rows)
    slabs.over(depth, within_ball)
    return result


@compiled("u1[3] i8*2 u1[1]w i8*2 u1[1]w*2 u1[2]w i8[2]w*2")
def _steps_along_rows(
    seeds: NDArray[np.uint8],
    first_plane: int,
    end_plane: int,
    steps: NDArray[np.uint8],
    lines: int,
    margin: int,
    states: NDArray[np.uint8],
    padded: NDArray[np.uint8],
    along_x: NDArray[np.uint8],
    some: NDArray[np.int64],
    whole: NDArray[np.int64],
) -> None:
    """How many steps it is along x to a seed, in rows with some that are far before and after.

    And how many rows before each have a seed, and how many have nothing else.
    """
    height = seeds.shape[1]
    stride = along_x.shape[1] // (height + 2 * margin)
    far = np.uint8(len(steps))
    for z in range(first_plane, end_plane):
        for y in range(height):
            states[y] = _state(seeds[z, y])
        for y in range(-margin, height + margin):
            state = states[y] if 0 <= y < height else _FAR
            some[z, y + margin + 1] = some[z, y + margin] + (state != _FAR)
            whole[z, y + margin + 1] = whole[z, y + margin] + (state == _FULL)
        _fill(along_x[z, : margin * stride], far)
        _fill(along_x[z, (height + margin) * stride :], far)
        for first in range(0, height, lines):
            last = min(first + lines, height)
            least = along_x[z, (first + margin) * stride : (last + margin) * stride]
            _block_squares(seeds, z, first, last, states, steps, far, padded, least)


@compiled("u1[2]w i8[2]w*2 i8*2 i8[2]w i8*2 b1 u1[1]w u1[3]w")
def _rows_within_ball(
    along_x: NDArray[np.uint8],
    some: NDArray[np.int64],
    whole: NDArray[np.int64],
    first_plane: int,
    end_plane: int,
    rows: NDArray[np.int64],
    lines: int,
    margin: int,
    inverted: bool,
    scratch: NDArray[np.uint8],
    result: NDArray[np.uint8],
) -> None:
    depth, height, width = result.shape
    stride = along_x.shape[1] // (height + 2 * margin)
    for z in range(first_plane, end_plane):
        for first in range(0, height, lines):
            last = min(first + lines, height)
            hit = scratch[: (last - first) * stride]
            _fill(hit, np.uint8(0))
            full = False
            for i in range(len(rows)):
                away_z, away_y, length = rows[i, 0], rows[i, 1], rows[i, 2]
                for sign_z in range(-1, 2 if away_z else 0, 2):
                    other = z + sign_z * away_z
                    if not 0 <= other < depth:
                        continue
                    for sign_y in range(-1, 2 if away_y else 0, 2):
                        start = first + margin + sign_y * away_y
                        end = start + last - first
                        if some[other, end] != some[other, start]:
                            line = along_x[other, start * stride : end * stride]
                            _mark(hit, line, np.uint8(length))
                            full = full or whole[other, end] - whole[other, start] == last - first
                if full:
                    break
            for y in range(first, last):
                offset = (y - first) * stride
                if full:
                    _fill(result[z, y], np.uint8(not inverted))
                else:
                    _flip(hit[offset : offset + width], inverted, result[z, y])


@compiled()
def _mark(hit: NDArray[np.uint8], steps: NDArray[np.uint8], length: Any) -> None:
    for x in range(len(hit)):
        hit[x] |= steps[x] <= length


@compiled()
def _flip(hit: NDArray[np.uint8], inverted: bool, row: NDArray[np.uint8]) -> None:
    for x in range(len(row)):
        row[x] = (hit[x] != 0) != inverted
