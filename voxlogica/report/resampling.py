"""A slice at the size in which it is shown: means where pixels are coarser than voxels."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from voxlogica.images.arrays import NDArray, np
from voxlogica.report.windowing import Window

# From so many pixels a voxel on, voxels are shown as the squares that they are.
_SQUARES = 3.0
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
    squares = min(want / have for have, want in zip(plane.shape, wanted, strict=True)) >= _SQUARES
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
    seen = plane
    for axis, want in enumerate(size[::-1]):
        seen = _any_along(seen, want, axis)
    return seen


def nearest(plane: NDArray[Any], size: tuple[int, int]) -> NDArray[Any]:
    """A slice at a size (width, height), each pixel the voxel's at its middle: for labels."""
    rows, columns = (
        _middles(have, want) for have, want in zip(plane.shape, size[::-1], strict=True)
    )
    return plane[np.ix_(rows, columns)]


def _any_along(plane: NDArray[np.bool_], want: int, axis: int) -> NDArray[np.bool_]:
    have = plane.shape[axis]
    if want >= have:
        return plane.take(_middles(have, want), axis=axis)
    starts = np.arange(want) * have // want
    found: NDArray[np.bool_] = np.logical_or.reduceat(plane, starts, axis=axis)
    return found


def _middles(have: int, want: int) -> NDArray[np.intp]:
    """The voxel at the middle of each pixel."""
    found: NDArray[np.intp] = ((np.arange(want) + 0.5) * have / want).astype(np.intp)
    return found


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
    columns = np.arange(width) * plane.shape[1] // width
    across = np.diff(np.append(columns, plane.shape[1]))
    together = max(1, _VOXELS_AT_ONCE // plane.shape[1] * height // plane.shape[0])
    for first in range(0, height, together):
        end = min(first + together, height)
        part = _in_window(plane[rows[first] : rows[end]], shown)
        starts = rows[first:end] - rows[first]
        voxels = np.diff(rows[first : end + 1])[:, np.newaxis] * across
        if held is not None:
            missing = np.isnan(part)
            if missing.any():
                part[missing] = 0
                held[first:end] = _summed(~missing, starts, columns) / voxels
        shades[first:end] = _summed(part, starts, columns) / voxels
    return shades, held if held is not None and held.min() < 1 else None


def _summed(part: NDArray[Any], rows: NDArray[Any], columns: NDArray[Any]) -> NDArray[np.float32]:
    for axis, starts in enumerate((rows, columns)):
        if len(starts) < part.shape[axis]:
            part = np.add.reduceat(part, starts, axis=axis, dtype=np.float32)
    summed: NDArray[np.float32] = part.astype(np.float32, copy=False)
    return summed


def _in_window(part: NDArray[Any], shown: Window) -> NDArray[np.float32]:
    """Values of the window as numbers from 0 to 1; of a single value, 1, or 0 if that is 0."""
    low, high = shown
    if low == high:
        low, high = low - abs(low), low or 1.0
    single = part.dtype.itemsize <= 2 or part.dtype == np.float32
    # Halves, as the difference of the two may be beyond the greatest number.
    halves: NDArray[Any] = part.astype(np.float32 if single else np.float64)
    halves *= 0.5
    np.clip(halves, low / 2, high / 2, out=halves)
    halves -= low / 2
    halves /= (high / 2 - low / 2) or 1.0
    return halves.astype(np.float32, copy=False)


def _resized(plane: NDArray[np.float32], wanted: tuple[int, int], squares: bool) -> NDArray[Any]:
    rows, columns = (
        _weights(have, want, squares) for have, want in zip(plane.shape, wanted, strict=True)
    )
    if rows is not None:
        plane = rows @ plane
    return plane if columns is None else plane @ columns.T


@lru_cache(32)
def _weights(have: int, want: int, squares: bool) -> NDArray[np.float32] | None:
    """How much of each of `have` voxels is in each of `want` pixels; None where all is as it is."""
    if have == want:
        return None
    step = have / want
    weights = np.zeros((want, have), np.float32)
    pixels = np.arange(want)
    if step > 1:  # the part of a pixel that a voxel covers
        edges = np.arange(want + 1)[:, np.newaxis] * step
        covered = np.clip(edges - np.arange(have), 0, 1)
        weights[:] = (covered[1:] - covered[:-1]) / step
        return weights
    middles = (pixels + 0.5) * step
    if squares:
        weights[pixels, middles.astype(np.intp)] = 1
        return weights
    middles = np.clip(middles - 0.5, 0, have - 1)
    before = middles.astype(np.intp)
    after = np.minimum(before + 1, have - 1)
    np.add.at(weights, (pixels, before), 1 - (middles - before))
    np.add.at(weights, (pixels, after), middles - before)
    return weights
