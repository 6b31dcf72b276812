"""Histograms of the boxes around voxels, slid over a strip of rows; and what is scored of them.

Compiled parts of `texture.local_correlation`, which says what for, and provides all they work in. A
lane is a place in a histogram: 0 for voxels in none of the bins at hand, 1, 2, … for those bins.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from voxlogica.kernels.histograms import Bins
from voxlogica.kernels.kernel import compiled

# Histograms are padded to a multiple of what processors add at once: a power of two.
GROUP = 32


@compiled("u2[3] i8*4 u1[3]w*3")
def number_lanes(
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


# Each place's lane in a strip, and the least and the greatest in each tile of a row.
Strip = tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.uint8]]
# Histograms, their sums of weights, and the least and the greatest lane met in each tile.
Histograms = tuple[NDArray[Any], NDArray[np.int64], NDArray[np.uint8], NDArray[np.uint8]]
# A histogram; Σh², Σh and Σh·weight for each voxel of a row.
Box = tuple[NDArray[Any], NDArray[Any], NDArray[np.int64], NDArray[np.int64]]


@compiled(
    "(u1[3]w*3) i8[1]w i8*6 b1 i8 f8 i8 (i4[3]w i8[2]w u1[2]w*2) (i4[2]w i8[1]w u1[1]w*2)"
    " (i4[1]w i8[1]w*3) i8[4]w f4[3]w",
    "(u1[3]w*3) i8[1]w i8*6 b1 i8 f8 i8 (u1[3]w i8[2]w u1[2]w*2) (i2[2]w i8[1]w u1[1]w*2)"
    " (i2[1]w i4[1]w i8[1]w*2) i8[4]w f4[3]w",
)
def score_rows(
    strip: Strip,
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
    columns: Histograms,
    rows: Histograms,
    box: Box,
    sums: NDArray[np.int64],
    result: NDArray[np.float32],
) -> None:
    """The scores of the rows from `first` to `end`, of all planes.

    `strip` has the lanes of these rows and of those they reach, from `bottom` on. Where there are
    several turns, Σh², Σh and Σh·weight are added to `sums`, and the last turn scores.
    """
    numbers, lows, highs = strip
    column_counts, column_weights, column_lows, column_highs = columns
    row_counts, row_weights, row_lows, row_highs = rows
    _, squares, counts, products = box
    depth, height = numbers.shape[:2]
    column_counts[:] = 0
    column_weights[:] = 0
    for z in range(min(rz, depth)):
        for y in range(height):
            _count(numbers[z, y], 1, weights, column_counts[y], column_weights[y])
    for z in range(depth):
        before, after = max(z - rz, 0), min(z + rz + 1, depth)
        _extremes(
            lows[before:after].reshape(after - before, -1),
            highs[before:after].reshape(after - before, -1),
            column_lows.reshape(-1),
            column_highs.reshape(-1),
        )
        row_counts[:] = 0
        row_weights[:] = 0
        for y in range(-ry, end - bottom):
            # A row's columns are brought up to this plane where they come into the box, so that
            # they are still in the cache when they are added.
            if y + ry < height:
                _bring_up(strip, y + ry, z + rz, z - rz - 1, tile, weights, columns)
            _slide_row(y + ry, y - ry - 1, rx, tile, columns, rows)
            if y < first - bottom:
                continue
            near, far = max(y - ry, 0), min(y + ry + 1, height)
            _extremes(column_lows[near:far], column_highs[near:far], row_lows, row_highs)
            _slide_box(rows, (after - before) * (far - near), rx, tile, box)
            _slide_sum(row_weights, rx, products)
            if len(sums):
                _accumulate(squares, counts, products, sums[z, bottom + y - first])
            if last_turn:
                _scores(squares, counts, products, bins, target_spread, result[z, bottom + y])


@compiled()
def _bring_up(
    strip: Strip,
    row: int,
    entering: int,
    leaving: int,
    tile: int,
    weights: NDArray[np.int64],
    columns: Histograms,
) -> None:
    """Count a row of the plane that comes into reach, and no longer that of the one that goes."""
    numbers, lows, highs = strip
    counts, sums = columns[0][row], columns[1][row]
    if entering < len(numbers) and leaving >= 0:
        _exchange(
            numbers[entering, row],
            numbers[leaving, row],
            lows[entering, row],
            highs[entering, row],
            lows[leaving, row],
            highs[leaving, row],
            tile,
            weights,
            counts,
            sums,
        )
    elif entering < len(numbers):
        _count(numbers[entering, row], 1, weights, counts, sums)
    elif leaving >= 0:
        _count(numbers[leaving, row], -1, weights, counts, sums)


@compiled()
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


@compiled()
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


@compiled()
def _extremes(
    lows: NDArray[np.uint8],
    highs: NDArray[np.uint8],
    lowest: NDArray[np.uint8],
    highest: NDArray[np.uint8],
) -> None:
    """The least and the greatest along the first axis of two."""
    lowest[:] = 255
    highest[:] = 0
    for row in range(len(lows)):
        low, high = lows[row], highs[row]
        for t in range(len(low)):
            lowest[t] = min(lowest[t], low[t])
            highest[t] = max(highest[t], high[t])


@compiled()
def _slide_row(
    ahead: int,
    behind: int,
    rx: int,
    tile: int,
    columns: Histograms,
    rows: Histograms,
) -> None:
    """Add a row of columns to `rows`, and take one away, where there are such; tile by tile.

    Where both rows are all in one bin of a tile, they are equal there.
    """
    counts, column_weights, lows, highs = columns
    row_counts, row_weights = rows[0], rows[1]
    height, width, lanes = counts.shape
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
    flat = row_counts.reshape(-1)
    for t in range(lows.shape[1]):
        start, end = t * tile, min((t + 1) * tile, width)
        row = flat[(start + rx + 1) * lanes : (end + rx + 1) * lanes]
        if come and go:
            low = min(lows[ahead, t], lows[behind, t])
            if low == max(highs[ahead, t], highs[behind, t]):
                continue
            plus = counts[ahead, start:end].reshape(-1)
            minus = counts[behind, start:end].reshape(-1)
            for i in range(len(row)):
                row[i] += np.int64(plus[i]) - np.int64(minus[i])
        elif come:
            plus = counts[ahead, start:end].reshape(-1)
            for i in range(len(row)):
                row[i] += plus[i]
        elif go:
            minus = counts[behind, start:end].reshape(-1)
            for i in range(len(row)):
                row[i] -= minus[i]


@compiled()
def _slide_box(
    of_rows: Histograms,
    face: int,
    rx: int,
    tile: int,
    box: Box,
) -> None:
    """Σh² and Σh over the bins of the turn, in the box around each voxel of the row.

    The box goes along the row from tile to tile; in each, only the lanes that some voxel in reach
    is in are looked at, and where that is a single one, nothing is.
    """
    rows, _, lows, highs = of_rows
    histogram, squares, counts, _ = box
    width, lanes, flat = len(squares), rows.shape[1], rows.reshape(-1)
    known_from, known_to = 0, 0
    for t in range(len(lows)):
        start, end = t * tile, min((t + 1) * tile, width)
        low, high = 255, 0
        for near in range(max(start - rx, 0) // tile, min(end - 1 + rx, width - 1) // tile + 1):
            low = min(low, int(lows[near]))
            high = max(high, int(highs[near]))
        first, last = low & -GROUP, (high & -GROUP) + GROUP
        part = histogram[first:last]
        if t == 0:
            part[:] = 0
            for x in range(rx + 1, 2 * rx + 1):
                row = rows[x, first:last]
                for i in range(len(part)):
                    part[i] += row[i]
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
            part[:] = 0
            histogram[low] = face * (min(end + rx, width) - max(end - 1 - rx, 0))
            continue
        for x in range(start, end):
            plus, minus = flat[(x + 2 * rx + 1) * lanes + first :], flat[x * lanes + first :]
            square = squares.dtype.type(0)
            # Said to be whole groups, so that nothing is left over from vectors.
            for i in range((last - first) & -GROUP):
                h = histogram.dtype.type(part[i] + np.int64(plus[i]) - np.int64(minus[i]))
                part[i] = h
                wide = squares.dtype.type(h)
                square = squares.dtype.type(square + wide * wide)
            elsewhere = np.int64(histogram[0] if first == 0 else 0)
            whole = face * (min(x + rx + 1, width) - max(x - rx, 0))
            counts[x] = whole - elsewhere
            squares[x] = square - elsewhere * elsewhere


@compiled()
def _slide_sum(row: NDArray[np.int64], rx: int, products: NDArray[np.int64]) -> None:
    """The sum of what is in reach along a row that is wider by the reach on either side."""
    product = np.int64(0)
    for x in range(rx + 1, 2 * rx + 1):
        product += row[x]
    for x in range(len(products)):
        product += row[x + 2 * rx + 1] - row[x]
        products[x] = product


@compiled()
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


@compiled()
def _scores(
    squares: NDArray[Any],
    counts: NDArray[np.int64],
    products: NDArray[np.int64],
    bins: int,
    target_spread: float,
    result: NDArray[np.float32],
) -> None:
    target_root = math.sqrt(target_spread)
    varied = target_spread > 0
    for x in range(len(result)):
        spread = _rounded(bins * np.int64(squares[x]) - counts[x] * counts[x])
        score = np.float32(_rounded(products[x]) / (math.sqrt(spread) * target_root))
        alike = np.float32(1) if spread == target_spread else np.float32(0)
        result[x] = score if varied & (spread > 0) else alike


@compiled()
def _rounded(number: int) -> float:
    """The nearest float64, by halves: AVX2 has no instruction for integers of 64 bits.

    Either half, and the upper one times 2³², is exact; their sum is rounded once.
    """
    upper, lower = np.int32(number >> 32), np.uint32(number & 0xFFFFFFFF)
    return np.float64(upper) * 4294967296.0 + np.float64(lower)
