"""Exact Euclidean distance to the edge of a region, in physical units."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from voxlogica.kernels.closure import interior
from voxlogica.kernels.compiled import compiled, readable

# Wide enough to fill lines of memory, narrow enough for a tile to stay in the processor's cache.
_TILE = 16


def signed_distance(region: NDArray[np.bool_], spacing: tuple[float, ...]) -> NDArray[np.float32]:
    """How far each voxel centre is from the region's edge: below 0 inside, above 0 outside.

    `region` is bool of shape (y, x) or (z, y, x); `spacing` has one positive number an axis, in
    that order. The edge is the true voxels that have a false one among their 8 (26) neighbours.
    float32, of the region's shape: `+inf` where no voxel is true, `-inf` where none is false.

    Squared distances are exact: whole numbers of voxels where the spacing is the same along all
    axes, else the least float64 value of (dx·sx)² + (dy·sy)² + (dz·sz)², added in this order.
    Only the root is rounded, to float32. O(voxels): Meijster, Roerdink and Hesselink, "A general
    algorithm for computing distance transforms in linear time" (2000).
    """
    # The nearest true voxel to one outside is on the edge, or a step towards the latter is nearer.
    edge = region & ~interior(region)
    isotropic = min(spacing) == max(spacing)
    steps = (1.0,) * len(spacing) if isotropic else spacing
    depth = (1, *region.shape)[-3:]
    squared = np.empty(depth, np.float64)
    _along_x(readable(edge.reshape(depth), np.uint8), steps[-1], squared)
    _along(squared.reshape(depth), steps[-2])
    if region.ndim == 3:
        _along(squared.reshape(1, depth[0], depth[1] * depth[2]), steps[0])
    result = np.empty(depth, np.float32)
    inside = readable(region.reshape(depth), np.uint8)
    _signed_root(squared, inside, spacing[0] if isotropic else 1.0, result)
    return result.reshape(region.shape)


@compiled
def _along_x(edge: NDArray[np.uint8], step: float, squared: NDArray[np.float64]) -> None:
    """Squared distances to the edge along x alone, by a scan each way."""
    depth, height, width = edge.shape
    for z in range(depth):
        for y in range(height):
            since = np.inf
            for x in range(width):
                since = 0.0 if edge[z, y, x] else since + 1.0
                squared[z, y, x] = since
            since = np.inf
            for x in range(width - 1, -1, -1):
                since = 0.0 if edge[z, y, x] else since + 1.0
                distance = min(since, squared[z, y, x]) * step
                squared[z, y, x] = distance * distance


@compiled
def _along(squared: NDArray[np.float64], step: float) -> None:
    """Take one more axis, the middle one of three, into squared distances, in place.

    Along each line the result at i is the least of the parabolas f(j) + ((i − j)·step)². Any two
    of them cross once, so one pass builds the stack of those that are least somewhere, each with
    the first index where it is, and another reads it off.
    """
    depth, length, width = squared.shape
    lines = np.empty((_TILE, length), np.float64)
    nearest = np.empty((_TILE, length), np.float64)
    least = np.empty(length, np.int64)
    since = np.empty(length, np.int64)
    for z in range(depth):
        for left in range(0, width, _TILE):
            tile = min(_TILE, width - left)
            for i in range(length):
                for t in range(tile):
                    lines[t, i] = squared[z, i, left + t]
            for t in range(tile):
                _least_parabolas(lines[t], step, least, since, nearest[t])
            for i in range(length):
                for t in range(tile):
                    squared[z, i, left + t] = nearest[t, i]


@compiled
def _least_parabolas(
    line: NDArray[np.float64],
    step: float,
    least: NDArray[np.int64],
    since: NDArray[np.int64],
    result: NDArray[np.float64],
) -> None:
    length = len(line)
    top = -1
    for j in range(length):
        if line[j] == np.inf:
            continue
        while top >= 0 and _lower(line, j, least[top], since[top], step):
            top -= 1
        start = _first_lower(line, j, least[top], step) if top >= 0 else 0
        if start < length:
            top += 1
            least[top] = j
            since[top] = start
    if top < 0:
        result[:] = np.inf
    for i in range(length - 1, -1, -1):
        if top < 0:
            break
        distance = (i - least[top]) * step
        result[i] = line[least[top]] + distance * distance
        if i == since[top]:
            top -= 1


@compiled
def _lower(line: NDArray[np.float64], j: int, i: int, at: int, step: float) -> bool:
    """Whether the parabola of j is below that of i at an index, as float64 gives the two."""
    of_i, of_j = (at - i) * step, (at - j) * step
    return bool(line[j] + of_j * of_j < line[i] + of_i * of_i)


@compiled
def _first_lower(line: NDArray[np.float64], j: int, i: int, step: float) -> int:
    """The first index where the parabola of j is below that of i < j; the length if none is.

    The crossing is only where to look: near a tie its rounding may differ from the parabolas' own.
    """
    length = len(line)
    crossing = 0.5 * ((line[j] - line[i]) / ((j - i) * step * step) + (i + j))
    at = length if crossing >= length else max(int(np.ceil(crossing)), 0)
    while at > 0 and _lower(line, j, i, at - 1, step):
        at -= 1
    while at < length and not _lower(line, j, i, at, step):
        at += 1
    return at


@compiled
def _signed_root(
    squared: NDArray[np.float64],
    inside: NDArray[np.uint8],
    unit: float,
    result: NDArray[np.float32],
) -> None:
    depth, height, width = squared.shape
    for z in range(depth):
        for y in range(height):
            for x in range(width):
                distance = np.float32(unit * np.sqrt(squared[z, y, x]))
                # Subtracted, not negated: 0 on the edge is to be +0.
                result[z, y, x] = np.float32(0) - distance if inside[z, y, x] else distance
