"""Closure and interior of a region, where every voxel is next to all 8 (26) around it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from voxlogica.kernels import slabs
from voxlogica.kernels.kernel import compiled, readable

Region = NDArray[np.bool_]

# So many voxels are gone through at once: enough to hide what a loop costs to start.
_BLOCK = 4096


def near(region: Region) -> Region:
    """The voxels in the region or next to it.

    `region` is bool, of shape (y, x) or (z, y, x); so is the result. A row along x is put together
    from the nine around it, then from itself a step to each side: O(voxels), in 14 operations on
    vectors of bytes. No memory beyond the result. The closure of SLCS: Ciancia, Latella, Loreti and
    Massink, "Model checking spatial logics for closure spaces" (2016).
    """
    return _closed(region, False, False)


def interior(region: Region) -> Region:
    """The voxels whose neighbours are all in the region; what lies off the grid is no neighbour.

    The dual of `near`, and computed like it: `interior(r) == ~near(~r)`.
    """
    return _closed(region, True, False)


def edge(region: Region) -> Region:
    """The voxels of the region that are not in its interior, at the cost of `near`."""
    return _closed(region, True, True)


def _closed(region: Region, dual: bool, within: bool) -> Region:
    depth, height, width = (1, *region.shape)[-3:]
    planes = readable(region.reshape(depth, height * width), np.uint8)
    result = np.empty(planes.shape, np.bool_)
    into = result.view(np.uint8)
    rows = max(_BLOCK // width, 1)
    room = 2, (rows + 2) * width + 2
    slabs.over(
        depth * height,
        lambda first, end: _close_rows(
            planes, width, first, end, dual, within, rows, np.zeros(room, np.uint8), into
        ),
        at_least=8 * rows,
    )
    return result.reshape(region.shape)


@compiled("u1[2] i8*3 b1*2 i8 u1[2]w*2")
def _close_rows(
    planes: NDArray[np.uint8],
    width: int,
    first: int,
    end: int,
    dual: bool,
    within: bool,
    rows: int,
    scratch: NDArray[np.uint8],
    result: NDArray[np.uint8],
) -> None:
    """The closure, or the interior, of some rows; or those of their voxels not in the interior.

    So many rows at a time, as if they were one, and the ends of each put right afterwards. The
    scratch has room for twice two rows and two voxels more.
    """
    depth, area = planes.shape
    height = area // width
    flip = np.uint8(dual)
    # An interior is turned over twice, an edge once.
    back = np.uint8(dual and not within)
    along_z, along_y = scratch[0], scratch[1]
    row = first
    while row < end:
        z, y = row // height, row % height
        count = min(rows, height - y, end - row)
        size = count * width
        before, here, after = planes[max(z - 1, 0)], planes[z], planes[min(z + 1, depth - 1)]
        # Beyond the grid lies nothing: what is next to it once more changes nothing.
        above, start, below = max(y - 1, 0) * width, y * width, min(y + count, height - 1) * width
        for source, length, into in (
            (above, width, 0),
            (start, size, width),
            (below, width, width + size),
        ):
            _join(
                before[source : source + length],
                here[source : source + length],
                after[source : source + length],
                flip,
                along_z[into : into + length],
            )
        joined = along_y[1 : size + 1]
        _join(
            along_z[:size],
            along_z[width : width + size],
            along_z[2 * width : 2 * width + size],
            np.uint8(0),
            joined,
        )
        target = result[z, start : start + size]
        _join_sides(along_y[:size], joined, along_y[2 : size + 2], back, target)
        for left in range(0, size, width):
            right = left + width - 1
            target[left] = (joined[left] | joined[min(left + 1, right)]) ^ back
            target[right] = (joined[right] | joined[max(right - 1, left)]) ^ back
        if within:
            _meet(here[start : start + size], target)
        row += count


@compiled()
def _join(
    a: NDArray[np.uint8],
    b: NDArray[np.uint8],
    c: NDArray[np.uint8],
    flip: Any,
    into: NDArray[np.uint8],
) -> None:
    """Where one of three is true, each turned over before where `flip` is 1."""
    for x in range(len(into)):
        into[x] = (a[x] ^ flip) | (b[x] ^ flip) | (c[x] ^ flip)


@compiled()
def _join_sides(
    before: NDArray[np.uint8],
    middle: NDArray[np.uint8],
    after: NDArray[np.uint8],
    back: Any,
    into: NDArray[np.uint8],
) -> None:
    """Where one of three is true, turned over afterwards where `back` is 1."""
    for x in range(len(into)):
        into[x] = (before[x] | middle[x] | after[x]) ^ back


@compiled()
def _meet(row: NDArray[np.uint8], into: NDArray[np.uint8]) -> None:
    for x in range(len(into)):
        into[x] &= row[x]
