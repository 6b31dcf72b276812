"""A slice at the size in which it is shown: means where pixels are coarser than voxels."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from voxlogica.images.arrays import NDArray, np
from voxlogica.pictures.windowing import Window

# From so many pixels a voxel on, voxels are shown as the squares that they are.
SQUARES = 3.0
# So many are converted at a time, which stay in the processor's cache.
_VOXELS_AT_ONCE = 1 << 18


def greys(plane: NDArray[Any], size: tuple[int, int], shown: Window) -> NDArray[np.float32]:
    """A slice of shape (height, width) at a size (width, height) as numbers from 0 to 1.

    They are clipped to the window, then means by area where it becomes smaller; where it becomes
    larger, between the voxels, or the nearest one's from 3 pixels a voxel on. `nan` where most of
    a pixel is. O(voxels of the slice).
    """
    wanted = size[::-1]
    shades, held = _coarse(plane, wanted, shown)
    squares = min(want / have for have, want in zip(plane.shape, wanted, strict=True)) >= SQUARES
    shades = _resized(shades, wanted, squares)
    if held is None:
        return shades
    held = _resized(held, wanted, squares)
    return np.where(held >= 0.5, shades / np.maximum(held, 0.5), np.float32("nan"))


def means(plane: NDArray[Any], size: tuple[int, int], shown: Window) -> NDArray[np.uint8]:
    """A slice of colours, shape (height, width, 3 or 4), at a size (width, height), as `greys`."""
    channels = [greys(channel, size, shown) for channel in np.moveaxis(plane, -1, 0)]
    return np.rint(np.stack(channels, axis=-1) * 255).astype(np.uint8)


def any_in(plane: NDArray[np.bool_], size: tuple[int, int]) -> NDArray[np.bool_]:
    """A region's slice at a size (width, height): a pixel is in it if any voxel in the pixel is.

    Thus nothing of a region vanishes. O(voxels of the slice).
    """
    width, height = size
    return _any_along(_any_along(plane, height).T, width).T


def nearest(plane: NDArray[Any], size: tuple[int, int]) -> NDArray[Any]:
    """A slice at a size (width, height), each pixel the voxel's at its middle: for labels."""
    rows, columns = (
        _middles(have, want) for have, want in zip(plane.shape, size[::-1], strict=True)
    )
    return plane[np.ix_(rows, columns)]


def _any_along(lines: NDArray[np.bool_], want: int) -> NDArray[np.bool_]:
    have = len(lines)
    if want >= have:
        return lines[_middles(have, want)]
    edges = np.arange(want + 1) * have // want
    first, last = edges[:-1], edges[1:] - 1
    # The first line of each pixel, then all second ones, and so on: there are few of these.
    found = lines[first]
    for further in range(1, int((last - first).max()) + 1):
        found |= lines[np.minimum(first + further, last)]
    return found


def _middles(have: int, want: int) -> NDArray[np.intp]:
    """The voxel at the middle of each pixel."""
    return ((np.arange(want) + 0.5) * have / want).astype(np.intp)


def _coarse(
    plane: NDArray[Any], wanted: tuple[int, int], shown: Window
) -> tuple[NDArray[np.float32], NDArray[np.float32] | None]:
    """Means from 0 to 1 over blocks of voxels, still at least twice as many as are wanted.

    And how much of each is not `nan`, None where all is: what is, counts as 0. A slice of less is
    taken as it is.
    """
    height, width = (
        have // max(1, have // (2 * want)) for have, want in zip(plane.shape, wanted, strict=True)
    )
    floats = plane.dtype.kind == "f"
    shades = np.empty((height, width), np.float32)
    held = np.ones_like(shades) if floats else None
    rows = np.arange(height + 1) * plane.shape[0] // height
    columns = np.arange(width + 1) * plane.shape[1] // width
    together = max(1, _VOXELS_AT_ONCE // plane.shape[1] * height // plane.shape[0])
    for first in range(0, height, together):
        edges = rows[first : first + together + 1]
        part = _in_window(plane[edges[0] : edges[-1]], shown)
        voxels = np.diff(edges)[:, np.newaxis] * np.diff(columns)
        into = slice(first, first + together)
        if held is not None:
            missing = np.isnan(part)
            if missing.any():
                part[missing] = 0
                held[into] = _summed((~missing).view(np.uint8), edges - edges[0], columns) / voxels
        shades[into] = _summed(part, edges - edges[0], columns) / voxels
    return shades, held if held is not None and held.min() < 1 else None


def _summed(part: NDArray[Any], rows: NDArray[np.intp], columns: NDArray[np.intp]) -> NDArray[Any]:
    """Sums between edges."""
    if len(rows) <= len(part):  # ten times as fast as `reduceat`, which adds one by one
        part = np.stack([part[a:b].sum(axis=0) for a, b in pairwise(rows.tolist())])
    if len(columns) <= part.shape[1]:
        part = np.add.reduceat(part, columns[:-1], axis=1)
    return part


def _in_window(part: NDArray[Any], shown: Window) -> NDArray[np.float32]:
    """Values of the window as numbers from 0 to 1; of a single value, 1, or 0 if that is 0."""
    low, high = shown
    if low == high:
        white = part >= low if low else part > low
        return np.where(np.isnan(part), np.float32("nan"), white.astype(np.float32))
    single = part.dtype.itemsize <= 2 or part.dtype == np.float32
    if high / 2 - low / 2 < float(np.finfo(np.float32).tiny):  # float32 may not tell them apart
        single = False
    # Halves, as the difference of the two may be beyond the greatest number.
    halves: NDArray[Any] = part.astype(np.float32 if single else np.float64)
    halves *= 0.5
    np.clip(halves, low / 2, high / 2, out=halves)
    halves -= low / 2
    halves /= (high / 2 - low / 2) or 1.0  # which is 0 of the least numbers of all
    return halves.astype(np.float32, copy=False)


def _resized(
    plane: NDArray[np.float32], wanted: tuple[int, int], squares: bool
) -> NDArray[np.float32]:
    for axis, want in enumerate(wanted):
        have = plane.shape[axis]
        if want < have:
            plane = _covered(plane.swapaxes(0, axis), want).swapaxes(0, axis)
        elif want > have:
            plane = (
                plane.take(_middles(have, want), axis) if squares else _between(plane, want, axis)
            )
    return plane


def _covered(lines: NDArray[np.float32], want: int) -> NDArray[np.float32]:
    """Means of lines, and of parts of lines, that lie within each of fewer new ones."""
    have = len(lines)
    sums = np.zeros((have + 1, lines.shape[1]))
    np.cumsum(lines, axis=0, dtype=np.float64, out=sums[1:])
    edges = np.arange(want + 1) * (have / want)
    whole = np.minimum(edges.astype(np.intp), have - 1)
    upto = sums[whole] + (edges - whole)[:, np.newaxis] * lines[whole]
    return (np.diff(upto, axis=0) * (want / have)).astype(np.float32)


def _between(plane: NDArray[np.float32], want: int, axis: int) -> NDArray[np.float32]:
    """More lines than there are, each between the two that are nearest."""
    have = plane.shape[axis]
    middles = np.clip((np.arange(want) + 0.5) * (have / want) - 0.5, 0, have - 1)
    before = middles.astype(np.intp)
    shares = (middles - before).astype(np.float32)
    if axis == 0:
        shares = shares[:, np.newaxis]
    lines: NDArray[np.float32] = plane.take(before, axis)
    after = plane.take(np.minimum(before + 1, have - 1), axis)
    lines += shares * (after - lines)
    return lines
