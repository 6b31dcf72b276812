"""Whole volumes for a page: an image as one JPEG of all its slices, a region as packed bits.

What a JPEG loses is not seen in greys; where a region ends must be exact.
"""

from __future__ import annotations

import zlib
from base64 import b64encode
from collections.abc import Iterator
from itertools import pairwise
from math import ceil
from typing import Any

from voxlogica.dataclass import dataclass
from voxlogica.images.arrays import NDArray, np
from voxlogica.images.image import Image
from voxlogica.images.jpeg_encoding import jpeg
from voxlogica.pictures.windowing import Scan, Window, scan

# Qualities, and how much coarser voxels are along x and y: the first that is small enough is taken.
_WAYS = ((60, 1), (45, 1), (30, 1), (50, 2), (30, 2), (40, 3), (25, 4))
# About how many times smaller each is than the one before.
_SHRINKS = 0.75
# A sprite that would be smaller shows nothing worth its bytes.
_LEAST = 12_000
# More pixels are beyond what browsers of phones decode, and more voxels what they hold.
_MOST_PIXELS, _MOST_VOXELS = 16_000_000, 64_000_000
# The blocks of a JPEG, over whose edges no slice goes.
_BLOCK = 8
# How far values are kept beyond the window, in shares of its width: to turn it wider.
_BELOW, _ABOVE = 0.25, 0.5
_SAMPLE = 100_000


@dataclass(frozen=True, slots=True)
class Sprite:
    """All slices of an image along its last axis, tile by tile, in rows of `columns`.

    A tile is `tile` (width, height) pixels, each of `coarse` × `coarse` voxels, and begins at a
    multiple of 8. Values from `low` to `high` are 0 to 255; the window is `shown`. Of colours,
    values are what they are.
    """

    jpeg: bytes
    columns: int
    tile: tuple[int, int]
    coarse: int
    low: float
    high: float
    shown: Window
    components: int = 1

    def to_json(self, name: str) -> dict[str, object]:
        """What a page's script reads."""
        return {
            "name": name,
            "jpeg": b64encode(self.jpeg).decode("ascii"),
            "columns": self.columns,
            "tile": self.tile,
            "step": [_padded(side) for side in self.tile],
            "coarse": self.coarse,
            "low": self.low,
            "high": self.high,
            "first": self.shown.low,
            "last": self.shown.high,
            "components": self.components,
        }


def sprite(image: Image, most_bytes: int) -> Sprite | None:
    """An image as a sprite of at most so many bytes; None where that would show nothing.

    It is coarser where need be. Labels are none: a JPEG mixes them. O(voxels).
    """
    shown = scan(image, coloured=True)
    if shown.kind == "labels" or image.geometry.voxels > _MOST_VOXELS:
        return None
    span = _span(shown)
    k = 0
    while k < len(_WAYS) and most_bytes >= _LEAST:
        quality, coarse = _WAYS[k]
        size = _tile(image, coarse)
        if _padded(size[0]) * _padded(size[1]) * _slices(image) > _MOST_PIXELS:
            k += 1
            continue
        sheet, columns = _sheet(shown, image, span, coarse)
        content = jpeg(sheet, quality)
        if len(content) <= most_bytes:
            components = sheet.shape[-1] if sheet.ndim == 3 else 1
            return Sprite(content, columns, size, coarse, *span, shown.window, components)
        too_large = len(content) / most_bytes
        while k < len(_WAYS) and too_large > 1:  # past those that would be too large, too
            k, too_large = k + 1, too_large * _SHRINKS
    return None


def packed(region: NDArray[np.bool_]) -> str:
    """A region for a page: bits from the lowest on, voxels in order, deflated, as base64."""
    return b64encode(zlib.compress(np.packbits(region, bitorder="little").data)).decode("ascii")


def _span(shown: Scan) -> Window:
    """The values that are kept apart: somewhat more than the window, as far as there are any."""
    low, high = shown.window
    if shown.kind == "colour" and low < high:
        return shown.window
    flat = shown.array.reshape(-1)
    values = flat[:: max(1, flat.size // _SAMPLE)]
    finite = values[np.isfinite(values)]
    if finite.size and not shown.magnitude:
        width = high - low
        low = max(low - _BELOW * width, min(low, float(finite.min())))
        high = min(high + _ABOVE * width, max(high, float(finite.max())))
    # Of a single number there is no span; one next to it is told from it however great it is.
    return Window(low, high if low < high else low + max(1.0, abs(low) / 1000))


def _slices(image: Image) -> int:
    return image.geometry.size[2] if image.geometry.dimension == 3 else 1


def _padded(side: int) -> int:
    return ceil(side / _BLOCK) * _BLOCK


def _tile(image: Image, coarse: int) -> tuple[int, int]:
    return ceil(image.geometry.size[0] / coarse), ceil(image.geometry.size[1] / coarse)


def _sheet(shown: Scan, image: Image, span: Window, coarse: int) -> tuple[NDArray[np.uint8], int]:
    """All tiles in one picture that is about square, and how many there are in a row."""
    (width, height), count = _tile(image, coarse), _slices(image)
    wide, high = _padded(width), _padded(height)
    columns = max(1, round((count * high / wide) ** 0.5))
    rows = ceil(count / columns)
    of_colour = (3,) if shown.kind == "colour" else ()
    sheet = np.zeros((rows, high, columns, wide, *of_colour), np.uint8)
    for k, tile in enumerate(_tiles(shown, image, span, coarse)):
        place = sheet[k // columns, :, k % columns]
        place[:height, :width] = tile
        # Blocks at the edge go on as they are: black would be seen through them.
        place[height:, :width] = tile[-1:]
        place[:, width:] = place[:, width - 1 : width]
    return sheet.reshape(rows * high, columns * wide, *of_colour), columns


def _tiles(shown: Scan, image: Image, span: Window, coarse: int) -> Iterator[NDArray[np.uint8]]:
    array = shown.array if image.geometry.dimension == 3 else shown.array[np.newaxis]
    low, high = span
    scale = 255 / (high - low)  # 0 where that is beyond the greatest number
    for part in array:
        values = shown.values_of(part)
        if shown.kind == "colour":
            values = values[..., :3]
        is_single = values.dtype.itemsize <= 2 or values.dtype == np.float32
        tile: NDArray[np.floating[Any]] = values.astype(np.float32 if is_single else np.float64)
        with np.errstate(all="ignore"):  # what is beyond the greatest number is white
            tile -= low
            tile *= scale
        if values.dtype.kind == "f":
            np.nan_to_num(tile, copy=False, nan=0.0, posinf=255.0, neginf=0.0)
        np.clip(tile, 0, 255, out=tile)
        yield (_means(tile, coarse) if coarse > 1 else tile).astype(np.uint8)


def _means(tile: NDArray[Any], coarse: int) -> NDArray[Any]:
    """Means over blocks of voxels; at the ends, of what is left of one."""
    for axis in (0, 1):
        starts = np.arange(0, tile.shape[axis], coarse)
        counts = [b - a for a, b in pairwise([*starts.tolist(), tile.shape[axis]])]
        shape = [1] * tile.ndim
        shape[axis] = len(counts)
        tile = np.add.reduceat(tile, starts, axis=axis) / np.reshape(counts, shape)
    return tile
