"""Texture: how like a target's histogram the histogram around each voxel is."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from voxlogica.kernels.compiled import compiled, readable
from voxlogica.kernels.histograms import Bins
from voxlogica.kernels.slabs import over

# A bin's number within a turn, and one for none of them, fit a byte: so many bins at a time.
_MOST_LANES = 256
# How much the histograms of columns may take, on each core: bins that don't fit are counted in
# turns; and how much they had better take, to stay in a core's own cache.
_COLUMNS_BYTES = 32 << 20
_CACHE_BYTES = 1 << 20
# Histograms are padded to a multiple of what processors add at once: `_GROUP` bins, a power of two.
_GROUP = 32
# Over so many voxels along x it is known which bins are met.
_TILE = 32
# Less is not worth another thread.
_STRIP_VOXELS = 1 << 16


@dataclass(frozen=True, slots=True)
class _Counters:
    """What counts are held in: of the longest column and the largest box that fit."""

    tallest: int
    largest: int
    column: DTypeLike
    row: DTypeLike
    box: DTypeLike
    square: DTypeLike


# The smaller, the more are added at once. A box's Σh² is at most the square of its voxels.
_COUNTERS = (
    _Counters(255, 32_767, np.uint8, np.int16, np.int16, np.int32),
    _Counters((1 << 31) - 1, (1 << 31) - 1, np.int32, np.int32, np.int32, np.int64),
)


def local_correlation(
    numbers: Bins, target: NDArray[np.int64], radius: tuple[int, ...]
) -> NDArray[np.float32]:
    """Pearson's correlation, across the bins, of each voxel's local histogram with the target's.

    `numbers` has the bin of each voxel, as of `bin_numbers`, in shape (y, x) or (z, y, x); the
    local histogram counts those in the box that reaches `radius` voxels each way along each axis,
    cut at the edge of the image. `target` has a count a bin. float32, of the shape of `numbers`: 1
    where both histograms are constant, 0 where only one is.

    Sums are exact integers; only the last quotient is rounded. Raises OverflowError where they
    could pass 64 bits: never with fewer than 9·10¹⁸ / (bins · voxels) voxels in the box, if the
    target has no more.

    The numerator is linear in the histogram: a running sum over the box of each voxel's centred
    target count. Only Σh² takes histograms: one is kept for each column along z of the plane at
    hand, one for each place of the row at hand, and one slides along the row. Each goes no further
    than the bins that are met nearby, and where all around is in one bin it is known without.
    After Perreault and Hébert, "Median filtering in constant time" (2007), with one more dimension.
    Threads take strips of rows, over all planes, as many as the columns of which fit in a cache.

    O(voxels · bins), in vector operations, whatever the radius. Beside the result it takes, on each
    core, a byte for each voxel of a strip and of the rows in its reach; at most 32 MB of columns,
    if no more than 250,000 have a row of the strip in their reach; and with more than 255 bins, or
    where they don't fit there, 24 bytes for each voxel of the strip. Columns are counted in bytes
    and boxes in 16 bits, unless boxes are taller than 255 or of more than 32,767 voxels: then both
    in 32.
    """
    bins = len(target)
    depth, height, width = shape = (1, *numbers.shape)[-3:]
    rz, ry, rx = map(min, (0, *radius)[-3:], shape)
    tall = min(2 * rz + 1, depth)
    box = tall * min(2 * ry + 1, height) * min(2 * rx + 1, width)
    total = int(target.sum())
    if box * max(total, box) * bins >= 1 << 63 or box > _COUNTERS[-1].largest:
        raise OverflowError("too many voxels to correlate exactly")
    weights = bins * target - total
    spread = float(bins * sum(h * h for h in target.tolist()) - total * total)
    kinds = next(c for c in _COUNTERS if tall <= c.tallest and box <= c.largest)

    # A strip's first rows are added up, and columns of the rows around it counted, for it alone:
    # no strip is much thinner than that.
    thinnest = min(2 * ry + 1, -(-height // 2))
    row_bytes = width * np.dtype(kinds.column).itemsize
    fitting = _COLUMNS_BYTES // (min(thinnest + 2 * ry, height) * row_bytes)
    lanes = min(_MOST_LANES, max(fitting // _GROUP, 1) * _GROUP)
    turns = -(-bins // (lanes - 1))
    turn = -(-bins // turns)
    padded = -(-(turn + 1) // _GROUP) * _GROUP
    thickest = max(_CACHE_BYTES // (row_bytes * padded) - 2 * ry, thinnest)
    # Strips that are rounded to equal sizes are at most half as thick again.
    most_near = min(2 * thickest + 2 * ry, height)
    starts = range(0, bins, turn)
    # What each bin of a turn weighs; the first lane is that of all other voxels.
    weights_of = [np.concatenate([[0], weights[s : s + turn]]).astype(np.int64) for s in starts]

    source = readable(numbers.reshape(shape), np.uint16)
    result = np.empty(shape, np.float32)
    spare: list[_Workspace] = []

    def strip(first: int, end: int) -> None:
        """The scores of some rows of all planes."""
        bottom, top = max(first - ry, 0), min(end + ry, height)
        near = top - bottom
        space = spare.pop() if spare else _workspace(kinds, depth, most_near, width, padded, rx)
        # Whole arrays, of another length: kernels take no others.
        voxels = space.numbers[: depth * near * width].reshape(depth, near, width)
        tiles = space.row_lows.size
        lows = space.lows[: depth * near * tiles].reshape(depth, near, tiles)
        highs = space.highs[: depth * near * tiles].reshape(depth, near, tiles)
        sums = np.zeros((depth if turns > 1 else 0, end - first, 3, width), np.int64)
        for start, weighing in zip(starts, weights_of, strict=True):
            _lanes(source, bottom, start, len(weighing) - 1, _TILE, voxels, lows, highs)
            _score_rows(
                voxels,
                lows,
                highs,
                weighing,
                bottom,
                first,
                end,
                rz,
                ry,
                rx,
                start == starts[-1],
                bins,
                spread,
                _TILE,
                _GROUP,
                space.columns[:near],
                space.column_weights[:near],
                space.column_lows[:near],
                space.column_highs[:near],
                space.rows,
                space.row_weights,
                space.row_lows,
                space.row_highs,
                space.histogram,
                space.squares,
                space.counts,
                space.products,
                sums,
                result,
            )
        spare.append(space)

    def strips(first: int, end: int) -> None:
        # Of equal size: a thin one would mostly count what it does not score.
        parts = max(round((end - first) / thickest), 1)
        size = -(-(end - first) // parts)
        for start in range(first, end, size):
            strip(start, min(start + size, end))

    over(height, strips, max(thinnest, _STRIP_VOXELS // (depth * width)))
    return result.reshape(numbers.shape)


@dataclass(frozen=True, slots=True)
class _Workspace:
    """What a thread counts in.

    The voxels' lanes in a strip, and the least and the greatest in each tile. A histogram for each
    column along z, side by side; the column's sum of weights; and the least and the greatest lane
    met in each tile. The same for the columns of the row at hand, summed over y; the row is wider
    than the image, with nothing there, so that the box slides without tests. Then the histogram of
    the box, and what comes of it for each voxel of the row.
    """

    numbers: NDArray[np.uint8]
    lows: NDArray[np.uint8]
    highs: NDArray[np.uint8]
    columns: NDArray[Any]
    column_weights: NDArray[np.int64]
    column_lows: NDArray[np.uint8]
    column_highs: NDArray[np.uint8]
    rows: NDArray[Any]
    row_weights: NDArray[np.int64]
    row_lows: NDArray[np.uint8]
    row_highs: NDArray[np.uint8]
    histogram: NDArray[Any]
    squares: NDArray[Any]
    counts: NDArray[np.int64]
    products: NDArray[np.int64]


def _workspace(
    kinds: _Counters, depth: int, rows: int, width: int, lanes: int, rx: int
) -> _Workspace:
    tiles = -(-width // _TILE)
    wide = width + 2 * rx + 1
    return _Workspace(
        np.empty(depth * rows * width, np.uint8),
        np.empty(depth * rows * tiles, np.uint8),
        np.empty(depth * rows * tiles, np.uint8),
        np.empty((rows, width, lanes), kinds.column),
        np.empty((rows, width), np.int64),
        np.empty((rows, tiles), np.uint8),
        np.empty((rows, tiles), np.uint8),
        np.empty((wide, lanes), kinds.row),
        np.empty(wide, np.int64),
        np.empty(tiles, np.uint8),
        np.empty(tiles, np.uint8),
        np.empty(lanes, kinds.box),
        np.empty(width, kinds.square),
        np.empty(width, np.int64),
        np.empty(width, np.int64),
    )


@compiled
def _lanes(
    numbers: Bins,
    bottom: int,
    start: int,
    bins: int,
    tile: int,
    lanes: NDArray[np.uint8],
    lows: NDArray[np.uint8],
    highs: NDArray[np.uint8],
) -> None:
    """1, 2, … where voxels are in the bins from `start` on, 0 elsewhere; each tile's extremes.

    Of the rows from `bottom` on that `lanes` has room for.
    """
    depth, height, width = lanes.shape
    for z in range(depth):
        for y in range(height):
            line, into = numbers[z, bottom + y], lanes[z, y]
            for x in range(width):
                # Below the start it wraps around, and is too large.
                bin_of_turn = np.uint16(line[x] - start)
                into[x] = bin_of_turn + 1 if bin_of_turn < bins else 0
            for t in range(lows.shape[2]):
                part = into[t * tile : min((t + 1) * tile, width)]
                low, high = np.uint8(255), np.uint8(0)
                for x in range(len(part)):
                    low = min(low, part[x])
                    high = max(high, part[x])
                lows[z, y, t] = low
                highs[z, y, t] = high


@compiled
def _score_rows(
    numbers: NDArray[np.uint8],
    lows: NDArray[np.uint8],
    highs: NDArray[np.uint8],
    weights: NDArray[np.int64],
    bottom: int,
    first: int,
    end: int,
    rz: int,
    ry: int,
    rx: int,
    last_turn: bool,
    bins: int,
    target_spread: float,
    tile: int,
    group: int,
    columns: NDArray[Any],
    column_weights: NDArray[np.int64],
    column_lows: NDArray[np.uint8],
    column_highs: NDArray[np.uint8],
    rows: NDArray[Any],
    row_weights: NDArray[np.int64],
    row_lows: NDArray[np.uint8],
    row_highs: NDArray[np.uint8],
    histogram: NDArray[Any],
    squares: NDArray[Any],
    counts: NDArray[np.int64],
    products: NDArray[np.int64],
    sums: NDArray[np.int64],
    result: NDArray[np.float32],
) -> None:
    """The scores of the rows from `first` to `end`, of all planes.

    `numbers` are the lanes of these rows and of those they reach, from `bottom` on. Where there are
    several turns, Σh², Σh and Σh·weight are added to `sums`, and the last turn scores.
    """
    depth, height = numbers.shape[:2]
    columns[:] = 0
    column_weights[:] = 0
    for z in range(min(rz, depth)):
        for y in range(height):
            _count(numbers[z, y], 1, weights, columns[y], column_weights[y])
    for z in range(depth):
        entering, leaving = z + rz, z - rz - 1
        before, after = max(z - rz, 0), min(z + rz + 1, depth)
        _extremes(lows[before:after], highs[before:after], column_lows, column_highs)
        rows[:] = 0
        row_weights[:] = 0
        for y in range(-ry, end - bottom):
            ahead, behind = y + ry, y - ry - 1
            # A row's columns are brought up to this plane where they come into the box, so that
            # they are still in the cache when they are added.
            if ahead < height:
                if entering < depth and leaving >= 0:
                    _exchange(
                        numbers[entering, ahead],
                        numbers[leaving, ahead],
                        lows[entering, ahead],
                        highs[entering, ahead],
                        lows[leaving, ahead],
                        highs[leaving, ahead],
                        tile,
                        weights,
                        columns[ahead],
                        column_weights[ahead],
                    )
                elif entering < depth:
                    _count(
                        numbers[entering, ahead], 1, weights, columns[ahead], column_weights[ahead]
                    )
                elif leaving >= 0:
                    _count(
                        numbers[leaving, ahead], -1, weights, columns[ahead], column_weights[ahead]
                    )
            _slide_row(
                ahead,
                behind,
                rx,
                tile,
                columns,
                column_weights,
                column_lows,
                column_highs,
                rows,
                row_weights,
            )
            if y < first - bottom:
                continue
            near, far = max(y - ry, 0), min(y + ry + 1, height)
            _row_extremes(column_lows[near:far], column_highs[near:far], row_lows, row_highs)
            face = (after - before) * (far - near)
            _slide_box(rows, row_lows, row_highs, face, rx, tile, group, histogram, squares, counts)
            _slide_sum(row_weights, rx, products)
            if len(sums):
                _accumulate(squares, counts, products, sums[z, bottom + y - first])
            if last_turn:
                _scores(squares, counts, products, bins, target_spread, result[z, bottom + y])


@compiled
def _count(
    line: NDArray[np.uint8],
    times: int,
    weights: NDArray[np.int64],
    columns: NDArray[Any],
    column_weights: NDArray[np.int64],
) -> None:
    for x in range(len(line)):
        columns[x, line[x]] += times
        column_weights[x] += times * weights[line[x]]


@compiled
def _exchange(
    entering: NDArray[np.uint8],
    leaving: NDArray[np.uint8],
    entering_lows: NDArray[np.uint8],
    entering_highs: NDArray[np.uint8],
    leaving_lows: NDArray[np.uint8],
    leaving_highs: NDArray[np.uint8],
    tile: int,
    weights: NDArray[np.int64],
    columns: NDArray[Any],
    column_weights: NDArray[np.int64],
) -> None:
    """Count the voxels that come in, and no longer those that go; equal tiles of one bin stay."""
    for t in range(len(entering_lows)):
        low = min(entering_lows[t], leaving_lows[t])
        if low == max(entering_highs[t], leaving_highs[t]):
            continue
        for x in range(t * tile, min((t + 1) * tile, len(entering))):
            new, old = entering[x], leaving[x]
            columns[x, new] += 1
            columns[x, old] -= 1
            column_weights[x] += weights[new] - weights[old]


@compiled
def _extremes(
    lows: NDArray[np.uint8],
    highs: NDArray[np.uint8],
    lowest: NDArray[np.uint8],
    highest: NDArray[np.uint8],
) -> None:
    """The least and the greatest along the first axis of three."""
    lowest[:] = 255
    highest[:] = 0
    for z in range(len(lows)):
        for y in range(lows.shape[1]):
            low, high, least, greatest = lows[z, y], highs[z, y], lowest[y], highest[y]
            for t in range(len(low)):
                least[t] = min(least[t], low[t])
                greatest[t] = max(greatest[t], high[t])


@compiled
def _row_extremes(
    lows: NDArray[np.uint8],
    highs: NDArray[np.uint8],
    lowest: NDArray[np.uint8],
    highest: NDArray[np.uint8],
) -> None:
    """The least and the greatest along the first axis of two."""
    lowest[:] = 255
    highest[:] = 0
    for y in range(len(lows)):
        low, high = lows[y], highs[y]
        for t in range(len(low)):
            lowest[t] = min(lowest[t], low[t])
            highest[t] = max(highest[t], high[t])


@compiled
def _slide_row(
    ahead: int,
    behind: int,
    rx: int,
    tile: int,
    columns: NDArray[Any],
    column_weights: NDArray[np.int64],
    lows: NDArray[np.uint8],
    highs: NDArray[np.uint8],
    rows: NDArray[Any],
    row_weights: NDArray[np.int64],
) -> None:
    """Add a row of columns to `rows`, and take one away, where there are such; tile by tile.

    Where both rows are all in one bin of a tile, they are equal there.
    """
    height, width, lanes = columns.shape
    come, go = ahead < height, behind >= 0
    inner = row_weights[rx + 1 : rx + 1 + width]
    if come:
        plus_weights = column_weights[ahead]
        for x in range(width):
            inner[x] += plus_weights[x]
    if go:
        minus_weights = column_weights[behind]
        for x in range(width):
            inner[x] -= minus_weights[x]
    flat = rows.reshape(-1)
    for t in range(lows.shape[1]):
        start, end = t * tile, min((t + 1) * tile, width)
        row = flat[(start + rx + 1) * lanes : (end + rx + 1) * lanes]
        if come and go:
            low = min(lows[ahead, t], lows[behind, t])
            if low == max(highs[ahead, t], highs[behind, t]):
                continue
            plus = columns[ahead, start:end].reshape(-1)
            minus = columns[behind, start:end].reshape(-1)
            for i in range(len(row)):
                row[i] += np.int64(plus[i]) - np.int64(minus[i])
        elif come:
            plus = columns[ahead, start:end].reshape(-1)
            for i in range(len(row)):
                row[i] += plus[i]
        elif go:
            minus = columns[behind, start:end].reshape(-1)
            for i in range(len(row)):
                row[i] -= minus[i]


@compiled
def _slide_box(
    rows: NDArray[Any],
    lows: NDArray[np.uint8],
    highs: NDArray[np.uint8],
    face: int,
    rx: int,
    tile: int,
    group: int,
    histogram: NDArray[Any],
    squares: NDArray[Any],
    counts: NDArray[np.int64],
) -> None:
    """Σh² and Σh over the bins of the turn, in the box around each voxel of the row.

    The box goes along the row from tile to tile; in each, only the lanes that some voxel in reach
    is in are looked at, and where that is a single one, nothing is.
    """
    width = len(squares)
    known_from, known_to = 0, 0
    for t in range(len(lows)):
        start, end = t * tile, min((t + 1) * tile, width)
        low, high = 255, 0
        for near in range(max(start - rx, 0) // tile, min(end - 1 + rx, width - 1) // tile + 1):
            low = min(low, int(lows[near]))
            high = max(high, int(highs[near]))
        first, last = low & -group, (high & -group) + group
        box = histogram[first:last]
        if t == 0:
            box[:] = 0
            for x in range(rx + 1, 2 * rx + 1):
                row = rows[x, first:last]
                for i in range(len(box)):
                    box[i] += row[i]
        else:
            # What the box was not known to hold before, it did not.
            histogram[first : max(known_from, first)] = 0
            histogram[min(known_to, last) : last] = 0
        known_from, known_to = first, last
        if low == high:
            for x in range(start, end):
                voxels = face * (min(x + rx + 1, width) - max(x - rx, 0))
                count = 0 if low == 0 else voxels
                counts[x] = count
                squares[x] = count * count
            box[:] = 0
            histogram[low] = face * (min(end + rx, width) - max(end - 1 - rx, 0))
            continue
        for x in range(start, end):
            plus, minus = rows[x + 2 * rx + 1, first:last], rows[x, first:last]
            square = squares.dtype.type(0)
            for i in range(len(box)):
                h = histogram.dtype.type(box[i] + np.int64(plus[i]) - np.int64(minus[i]))
                box[i] = h
                wide = squares.dtype.type(h)
                square = squares.dtype.type(square + wide * wide)
            elsewhere = np.int64(histogram[0] if first == 0 else 0)
            whole = face * (min(x + rx + 1, width) - max(x - rx, 0))
            counts[x] = whole - elsewhere
            squares[x] = square - elsewhere * elsewhere


@compiled
def _slide_sum(row: NDArray[np.int64], rx: int, products: NDArray[np.int64]) -> None:
    """The sum of what is in reach along a row that is wider by the reach on either side."""
    product = np.int64(0)
    for x in range(rx + 1, 2 * rx + 1):
        product += row[x]
    for x in range(len(products)):
        product += row[x + 2 * rx + 1] - row[x]
        products[x] = product


@compiled
def _accumulate(
    squares: NDArray[Any],
    counts: NDArray[np.int64],
    products: NDArray[np.int64],
    sums: NDArray[np.int64],
) -> None:
    """Add a turn's sums to those of the turns before; all have the total then."""
    for x in range(len(squares)):
        sums[0, x] += squares[x]
        sums[1, x] += counts[x]
        sums[2, x] += products[x]
        squares[x] = sums[0, x]
        counts[x] = sums[1, x]
        products[x] = sums[2, x]


@compiled
def _scores(
    squares: NDArray[Any],
    counts: NDArray[np.int64],
    products: NDArray[np.int64],
    bins: int,
    target_spread: float,
    result: NDArray[np.float32],
) -> None:
    target_root = math.sqrt(target_spread)
    for x in range(len(result)):
        spread = np.float64(bins * np.int64(squares[x]) - counts[x] * counts[x])
        score = products[x] / (math.sqrt(spread) * target_root)
        if spread > 0 and target_spread > 0:
            result[x] = np.float32(score)
        else:
            result[x] = np.float32(spread == target_spread)
