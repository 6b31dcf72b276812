"""Texture: how like a target's histogram the histogram around each voxel is."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from voxlogica.dataclass import dataclass
from voxlogica.kernels.compiled import readable
from voxlogica.kernels.histograms import Bins
from voxlogica.kernels.local_histograms import GROUP, number_lanes, score_rows
from voxlogica.kernels.slabs import over

# A bin's number within a turn, and one for none of them, fit a byte: so many bins at a time.
_MOST_LANES = 256
# How much the histograms of columns may take, on each core: bins that don't fit are counted in
# turns; and how much they had better take, to stay in a core's own cache.
_COLUMNS_BYTES = 32 << 20
_CACHE_BYTES = 1 << 20
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
    lanes = min(_MOST_LANES, max(fitting // GROUP, 1) * GROUP)
    turns = -(-bins // (lanes - 1))
    turn = -(-bins // turns)
    padded = -(-(turn + 1) // GROUP) * GROUP
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
            number_lanes(source, bottom, start, len(weighing) - 1, _TILE, voxels, lows, highs)
            score_rows(
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
