"""Texture: how like a target's histogram the histogram around each voxel is."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from voxlogica.kernels.compiled import compiled
from voxlogica.kernels.histograms import Bins

# How much the histograms of a plane's columns may take: bins that don't fit are counted in turns.
_COLUMNS_BYTES = 64 << 20
# Histograms are padded to a multiple of what processors add at once.
_LANES = 16
# How many voxels' sums are held between counting and correlating.
_SLAB_VOXELS = 1 << 20


def local_correlation(
    numbers: Bins, target: NDArray[np.int64], radius: tuple[int, ...]
) -> NDArray[np.float32]:
    """Pearson's correlation, across the bins, of each voxel's local histogram with the target's.

    `numbers` has the bin of each voxel, as of `bin_numbers`, in shape (y, x) or (z, y, x); the
    local histogram counts those in the box that reaches `radius` voxels each way along each axis,
    cut at the edge of the image. `target` has a count a bin. float32, of the shape of `numbers`: 1
    where both histograms are constant, 0 where only one is.

    Sums are exact integers; only the last quotient is rounded. Raises OverflowError where they
    could pass 64 bits: never with fewer than 9·10¹⁸ / (bins · voxels) voxels in the box.

    O(voxels · bins), in vector operations, whatever the radius: a histogram is kept for each column
    along z of the plane at hand, one for each place of the row at hand, and one that slides along
    the row. After Perreault and Hébert, "Median filtering in constant time" (2007), with one more
    dimension.
    """
    bins = len(target)
    # A 2-D image is one of a single row a plane: then the columns of a plane are few.
    depth, height, width = shape = (
        numbers.shape if numbers.ndim == 3 else (numbers.shape[0], 1, numbers.shape[1])
    )
    reach = tuple(map(min, radius if numbers.ndim == 3 else (radius[0], 1, radius[1]), shape))
    rz, ry, rx = reach
    tall = min(2 * rz + 1, depth)
    box = tall * min(2 * ry + 1, height) * min(2 * rx + 1, width)
    total = int(target.sum())
    if box * max(total, box) * bins >= 1 << 63:
        raise OverflowError("too many voxels to correlate exactly")
    weights = bins * target - total
    spread = bins * sum(h * h for h in target.tolist()) - total * total

    # Counts of a box that fit int16 are summed twice as fast.
    small = tall <= 255 and box <= 32_767
    column_type, count_type = (np.uint8, np.int16) if small else (np.int32, np.int32)
    square_type = np.int32 if small else np.int64
    fitting = _COLUMNS_BYTES // (height * width * np.dtype(column_type).itemsize)
    turn = min(bins, max(fitting // _LANES, 1) * _LANES)
    lanes = -(-turn // _LANES) * _LANES
    columns = np.empty((height, width * lanes), column_type)
    rows = np.empty((width + 2 * rx + 1, lanes), count_type)
    window = np.empty(lanes, count_type)

    result = np.empty(shape, np.float32)
    thick = max(1, _SLAB_VOXELS // (height * width))
    for first in range(0, depth, thick):
        slab = result[first : first + thick]
        counts, squares, products = np.zeros((3, *slab.shape), np.int64)
        for start in range(0, bins, turn):
            _box_sums(
                numbers.reshape(shape),
                first,
                np.uint16(start),
                weights[start : start + turn],
                reach,
                columns,
                rows,
                window,
                square_type,
                counts,
                squares,
                products,
            )
        _correlate(counts, squares, products, bins, float(spread), slab)
    return result.reshape(numbers.shape)


@compiled
def _box_sums(
    numbers: Bins,
    first: int,
    start: np.uint16,
    weights: NDArray[np.int64],
    reach: tuple[int, int, int],
    columns: NDArray[Any],
    rows: NDArray[Any],
    window: NDArray[Any],
    square_type: Any,
    counts: NDArray[np.int64],
    squares: NDArray[np.int64],
    products: NDArray[np.int64],
) -> None:
    """Add up Σh, Σh² and Σh·weight, h being a box's histogram over the bins from `start` on.

    For the planes from `first` on that `counts` has room for. `columns`, `rows` and `window` are
    workspace: `columns` holds a histogram for each column, side by side, so that a row of the
    plane is taken in as one run of numbers.
    """
    rz, ry, rx = reach
    depth, height, width = numbers.shape
    lanes = len(window)
    weighted_columns = np.zeros((height, width), np.int64)
    # The row is wider than the image, with nothing there, so that the window slides without tests.
    weighted_row = np.empty(width + 2 * rx + 1, np.int64)
    columns[:] = 0
    inner = rows.reshape(-1)[(rx + 1) * lanes : (rx + 1 + width) * lanes]
    weighted_inner = weighted_row[rx + 1 : rx + 1 + width]
    for z in range(max(first - rz, 0), min(first + rz, depth)):
        _count_plane(numbers, z, start, weights, 1, columns, weighted_columns)
    for k in range(len(counts)):
        z = first + k
        if z + rz < depth:
            _count_plane(numbers, z + rz, start, weights, 1, columns, weighted_columns)
        if k > 0 and z - rz - 1 >= 0:
            _count_plane(numbers, z - rz - 1, start, weights, -1, columns, weighted_columns)
        rows[:] = 0
        weighted_row[:] = 0
        for y in range(-ry, height):
            if y + ry < height:
                _add(inner, columns[y + ry])
                _add(weighted_inner, weighted_columns[y + ry])
            if y - ry - 1 >= 0:
                _subtract(inner, columns[y - ry - 1])
                _subtract(weighted_inner, weighted_columns[y - ry - 1])
            if y < 0:
                continue
            window[:] = 0
            product = np.int64(0)
            for x in range(-rx, width):
                entering, leaving = x + 2 * rx + 1, max(x, 0)
                product += weighted_row[entering] - weighted_row[leaving]
                count = np.int32(0)
                square = square_type(0)
                for b in range(lanes):
                    h = window[b] + rows[entering, b] - rows[leaving, b]
                    window[b] = h
                    count = np.int32(count + h)
                    square = square_type(square + square_type(h) * square_type(h))
                if x >= 0:
                    counts[k, y, x] += count
                    squares[k, y, x] += square
                    products[k, y, x] += product


@compiled
def _count_plane(
    numbers: Bins,
    z: int,
    start: np.uint16,
    weights: NDArray[np.int64],
    times: int,
    columns: NDArray[Any],
    weighted_columns: NDArray[np.int64],
) -> None:
    height, width = weighted_columns.shape
    lanes = columns.shape[1] // width
    for y in range(height):
        for x in range(width):
            b = np.int64(numbers[z, y, x]) - start
            if 0 <= b < len(weights):
                columns[y, x * lanes + b] += times
                weighted_columns[y, x] += times * weights[b]


@compiled
def _add(row: NDArray[Any], column: NDArray[Any]) -> None:
    for i in range(len(row)):
        row[i] += column[i]


@compiled
def _subtract(row: NDArray[Any], column: NDArray[Any]) -> None:
    for i in range(len(row)):
        row[i] -= column[i]


@compiled
def _correlate(
    counts: NDArray[np.int64],
    squares: NDArray[np.int64],
    products: NDArray[np.int64],
    bins: int,
    target_spread: float,
    result: NDArray[np.float32],
) -> None:
    depth, height, width = result.shape
    for z in range(depth):
        for y in range(height):
            for x in range(width):
                count = counts[z, y, x]
                spread = np.float64(bins * squares[z, y, x] - count * count)
                if spread > 0 and target_spread > 0:
                    scale = np.sqrt(spread) * np.sqrt(target_spread)
                    result[z, y, x] = np.float32(products[z, y, x] / scale)
                else:
                    result[z, y, x] = np.float32(spread == target_spread)
