"""Ranks of values among those of a region."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from voxlogica.kernels import slabs
from voxlogica.kernels.extremes import finite_range
from voxlogica.kernels.histograms import tally
from voxlogica.kernels.kernel import compiled, readable

# Whole numbers that span no more than this are counted rather than sorted.
_WIDEST_COUNT = 1 << 20
# Values are first put into boxes by their sign, exponent and 5 bits more, block by block.
_BOX_BITS = 14
_BOXES = 1 << _BOX_BITS
_BOXING_BLOCKS = 8
# Boxes that lie side by side are sorted together, to about so many heaps of one size.
_HEAPS = 16
# What `nan` is sorted as: above the bits of any number.
_NAN_KEY = 0xFFFF_FFFF

Values = NDArray[np.float32]
Inside = NDArray[np.uint8]


def percentile_ranks(values: Values, region: NDArray[np.bool_], correction: float) -> Values:
    """For each voxel of the region, the share of it that has a smaller value.

    Those with the same value, itself included, count `correction` each. Outside the region, −1.
    `values` is float32, `region` bool; the result is float32, all of one shape. A share is a
    quotient of float64, rounded once. `nan` is neither smaller nor the same as anything, but one
    of the region's voxels all the same.

    Whole numbers in a small range, as scanners give them, are counted: O(voxels), with memory for a
    count of each number. Others are sorted: O(voxels + n log n) for n voxels in the region, with 8
    bytes for each of these. They are parted by their leading bits, as radix sort does (Knuth, "The
    Art of Computer Programming", volume 3, 5.2.5), and the parts sorted by comparison.
    """
    result = np.empty(values.size, np.float32)
    flat = readable(values.reshape(-1), np.float32)
    inside = readable(region.reshape(-1), np.uint8)
    counted = whole_numbers(flat, inside)
    if counted is not None:
        _rank_by_counting(flat, inside, *counted, correction, result)
    else:
        _rank_by_sorting(flat, inside, correction, result)
    return result.reshape(values.shape)


def whole_numbers(values: Values, inside: Inside) -> tuple[float, NDArray[np.int64]] | None:
    """The least of the region's values, and how many there are of it and each whole number on.

    None where they are not all whole numbers in a small range. Arrays of one axis.
    """
    lowest, highest, whole = finite_range(values, inside)
    if not whole or not 0 <= highest - lowest < _WIDEST_COUNT:
        return None
    return lowest, tally(
        values.size,
        int(highest - lowest) + 1,
        lambda first, end, counts: _count_whole(
            values[first:end], inside[first:end], lowest, counts
        ),
    )


def _rank_by_counting(
    values: Values,
    inside: Inside,
    lowest: float,
    counts: NDArray[np.int64],
    correction: float,
    result: Values,
) -> None:
    ranks = shares(np.cumsum(counts) - counts, counts, int(counts.sum()), correction)
    slabs.over(
        values.size,
        lambda first, end: _look_up(
            values[first:end], inside[first:end], lowest, ranks, result[first:end]
        ),
        at_least=slabs.FEWEST_VOXELS,
    )


def shares(
    smaller: NDArray[np.int64], same: NDArray[np.int64], total: int, correction: float
) -> Values:
    """The ranks of values, by how many others are smaller and how many the same."""
    with np.errstate(all="ignore"):
        ranks: Values = ((smaller + correction * same) / total).astype(np.float32)
    return ranks


def _rank_by_sorting(values: Values, inside: Inside, correction: float, result: Values) -> None:
    bits = values.view(np.uint32)
    block = -(-values.size // _BOXING_BLOCKS)
    counts = np.zeros((_BOXING_BLOCKS, _BOXES), np.int64)

    def count(first: int, end: int) -> None:
        for k in range(first, end):
            part = slice(k * block, (k + 1) * block)
            _count_boxes(bits[part], inside[part], counts[k])

    slabs.over(_BOXING_BLOCKS, count)
    # Of a box, first what comes from the first block.
    ends = np.cumsum(counts.T.reshape(-1)).reshape(_BOXES, _BOXING_BLOCKS)
    total = int(ends[-1, -1])
    places = np.ascontiguousarray((ends - counts.T).T)
    keys = np.empty(total, np.uint64)

    def put(first: int, end: int) -> None:
        for k in range(first, end):
            part = slice(k * block, (k + 1) * block)
            _put_in_boxes(bits[part], inside[part], k * block, places[k], keys, result[part])

    slabs.over(_BOXING_BLOCKS, put)
    box_ends = ends[:, -1]
    heaps = np.searchsorted(box_ends, np.arange(1, _HEAPS) * total // _HEAPS)
    cuts = np.unique([0, *box_ends[heaps].tolist(), total]).tolist()

    def rank(first: int, end: int) -> None:
        for start, stop in zip(cuts[first:end], cuts[first + 1 : end + 1], strict=True):
            keys[start:stop].sort()
            _rank_sorted(keys, start, stop, float(correction), result)

    slabs.over(len(cuts) - 1, rank)


@compiled("f4[1] u1[1] f8 i8[1]w")
def _count_whole(
    values: Values,
    inside: Inside,
    lowest: float,
    counts: NDArray[np.int64],
) -> None:
    for i in range(len(values)):
        if inside[i]:
            counts[int(values[i] - lowest)] += 1


@compiled("f4[1] u1[1] f8 f4[1]w*2")
def _look_up(
    values: Values,
    inside: Inside,
    lowest: float,
    ranks: Values,
    result: Values,
) -> None:
    for i in range(len(values)):
        result[i] = ranks[int(values[i] - lowest)] if inside[i] else np.float32(-1)


@compiled()
def ordered(bits: Any) -> Any:
    """A whole number for a float32's bits: in the order of values, with `nan` above all.

    The bits of floats are in the order of their values once those of negative ones are turned over.
    """
    if bits & 0x7FFF_FFFF > 0x7F80_0000:
        return _NAN_KEY
    # −0 is the same value as 0.
    if bits > 0x8000_0000:
        return bits ^ 0xFFFF_FFFF
    return bits | 0x8000_0000


@compiled("u4[1] u1[1] i8[1]w")
def _count_boxes(bits: NDArray[np.uint32], inside: Inside, counts: NDArray[np.int64]) -> None:
    for i in range(len(bits)):
        if inside[i]:
            counts[ordered(np.int64(bits[i])) >> (32 - _BOX_BITS)] += 1


@compiled("u4[1] u1[1] i8 i8[1]w u8[1]w f4[1]w")
def _put_in_boxes(
    bits: NDArray[np.uint32],
    inside: Inside,
    start: int,
    places: NDArray[np.int64],
    keys: NDArray[np.uint64],
    result: Values,
) -> None:
    """A key for each of the region's values: in the upper half its value, in the lower its place.

    The first voxel is at `start`. `places` is where the next key of a box goes. Outside the region,
    the result is −1.
    """
    for i in range(len(bits)):
        if inside[i]:
            value = ordered(np.int64(bits[i]))
            box = value >> (32 - _BOX_BITS)
            keys[places[box]] = (np.uint64(value) << np.uint64(32)) | np.uint64(start + i)
            places[box] += 1
        else:
            result[i] = np.float32(-1)


@compiled("u8[1]w i8*2 f8 f4[1]w")
def _rank_sorted(
    keys: NDArray[np.uint64], start: int, stop: int, correction: float, result: Values
) -> None:
    """Ranks of the voxels of sorted keys, all those of equal values among them."""
    total = len(keys)
    first = start
    while first < stop:
        value = keys[first] >> np.uint64(32)
        end = first + 1
        while end < stop and keys[end] >> np.uint64(32) == value:
            end += 1
        smaller, same = first, end - first
        if value == np.uint64(_NAN_KEY):
            smaller, same = 0, 0
        rank = np.float32((smaller + correction * same) / total)
        for k in range(first, end):
            result[keys[k] & np.uint64(0xFFFF_FFFF)] = rank
        first = end
