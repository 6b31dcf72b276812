"""Texture: how like a target's histogram the histogram around each voxel is."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import DTypeLike, NDArray

from voxlogica.dataclass import dataclass
from voxlogica.kernels.histograms import Bins
from voxlogica.kernels.kernel import readable
from voxlogica.kernels.local_histograms import GROUP, Box, Histograms, number_lanes, score_rows
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
    shape = (1, *numbers.shape)[-3:]
    total = int(target.sum())
    weights = len(target) * target - total
    spread = float(len(target) * sum(h * h for h in target.tolist()) - total * total)
    layout = _laid_out(shape, radius, len(target), total)
    source = readable(numbers.reshape(shape), np.uint16)
    result = np.empty(shape, np.float32)
    # What each bin of a turn weighs; the first lane is that of all other voxels.
    turns = [
        (start, np.concatenate([[0], weights[start : start + layout.turn]]).astype(np.int64))
        for start in range(0, len(target), layout.turn)
    ]
    spare: list[_Workspace] = []

    def strips(first: int, end: int) -> None:
        # Of equal size: a thin one would mostly count what it does not score.
        parts = max(round((end - first) / layout.thickest), 1)
        size = -(-(end - first) // parts)
        for start in range(first, end, size):
            space = spare.pop() if spare else _workspace(layout)
            _score(source, turns, spread, layout, space, start, min(start + size, end), result)
            spare.append(space)

    depth, height, width = shape
    over(height, strips, max(layout.thinnest, _STRIP_VOXELS // (depth * width)))
    return result.reshape(numbers.shape)


@dataclass(frozen=True, slots=True)
class _Layout:
    """How the work is laid out, on an image of a shape (z, y, x), with boxes of a reach.

    So many of the `bins` are counted in a turn, in so many lanes. A strip has rows from the
    `thinnest` to the `thickest`, and at most half as many again where they are rounded to equal
    sizes: `most_near` with the rows in its reach.
    """

    shape: tuple[int, int, int]
    reach: tuple[int, int, int]
    bins: int
    counters: _Counters
    turn: int
    lanes: int
    thinnest: int
    thickest: int
    most_near: int


def _laid_out(
    shape: tuple[int, int, int], radius: tuple[int, ...], bins: int, total: int
) -> _Layout:
    """The layout for a target of so many bins, with so many voxels in all."""
    depth, height, width = shape
    rz, ry, rx = map(min, (0, *radius)[-3:], shape)
    tall = min(2 * rz + 1, depth)
    box = tall * min(2 * ry + 1, height) * min(2 * rx + 1, width)
    if box * max(total, box) * bins >= 1 << 63 or box > _COUNTERS[-1].largest:
        raise OverflowError("too many voxels to correlate exactly")
    counters = next(c for c in _COUNTERS if tall <= c.tallest and box <= c.largest)
    # A strip's first rows are added up, and columns of the rows around it counted, for it alone:
    # no strip is much thinner than that.
    thinnest = min(2 * ry + 1, -(-height // 2))
    row_bytes = width * np.dtype(counters.column).itemsize
    fitting = _COLUMNS_BYTES // (min(thinnest + 2 * ry, height) * row_bytes)
    most_lanes = min(_MOST_LANES, max(fitting // GROUP, 1) * GROUP)
    turn = -(-bins // -(-bins // (most_lanes - 1)))
    lanes = -(-(turn + 1) // GROUP) * GROUP
    thickest = max(_CACHE_BYTES // (row_bytes * lanes) - 2 * ry, thinnest)
    most_near = min(2 * thickest + 2 * ry, height)
    reach = (rz, ry, rx)
    return _Layout(shape, reach, bins, counters, turn, lanes, thinnest, thickest, most_near)


def _score(
    source: Bins,
    turns: Sequence[tuple[int, NDArray[np.int64]]],
    spread: float,
    layout: _Layout,
    space: _Workspace,
    first: int,
    end: int,
    result: NDArray[np.float32],
) -> None:
    """The scores of some rows of all planes."""
    (depth, height, width), (_, ry, _) = layout.shape, layout.reach
    bottom, top = max(first - ry, 0), min(end + ry, height)
    near = top - bottom
    # Whole arrays, of another length: kernels take no others.
    voxels = space.numbers[: depth * near * width].reshape(depth, near, width)
    tiles = -(-width // _TILE)
    lows = space.lows[: depth * near * tiles].reshape(depth, near, tiles)
    highs = space.highs[: depth * near * tiles].reshape(depth, near, tiles)
    counts, sums_of_weights, column_lows, column_highs = space.columns
    columns = counts[:near], sums_of_weights[:near], column_lows[:near], column_highs[:near]
    sums = np.zeros((depth if len(turns) > 1 else 0, end - first, 3, width), np.int64)
    for start, weighing in turns:
        number_lanes(source, bottom, start, len(weighing) - 1, _TILE, voxels, lows, highs)
        score_rows(
            (voxels, lows, highs),
            weighing,
            bottom,
            first,
            end,
            *layout.reach,
            start == turns[-1][0],
            layout.bins,
            spread,
            _TILE,
            columns,
            space.rows,
            space.box,
            sums,
            result,
        )


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
    columns: Histograms
    rows: Histograms
    box: Box


def _workspace(layout: _Layout) -> _Workspace:
    (depth, _, width), (_, _, rx) = layout.shape, layout.reach
    rows, lanes, kinds = layout.most_near, layout.lanes, layout.counters
    tiles = -(-width // _TILE)
    wide = width + 2 * rx + 1
    return _Workspace(
        np.empty(depth * rows * width, np.uint8),
        np.empty(depth * rows * tiles, np.uint8),
        np.empty(depth * rows * tiles, np.uint8),
        (
            np.empty((rows, width, lanes), kinds.column),
            np.empty((rows, width), np.int64),
            np.empty((rows, tiles), np.uint8),
            np.empty((rows, tiles), np.uint8),
        ),
        (
            np.empty((wide, lanes), kinds.row),
            np.empty(wide, np.int64),
            np.empty(tiles, np.uint8),
            np.empty(tiles, np.uint8),
        ),
        (
            np.empty(lanes, kinds.box),
            np.empty(width, kinds.square),
            np.empty(width, np.int64),
            np.empty(width, np.int64),
        ),
    )
