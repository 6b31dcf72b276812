"""Whole volumes for a page: an image as one JPEG of all its slices, a region as packed bits.

What a JPEG loses is not seen in greys; where a region ends must be exact.
"""

from __future__ import annotations

import math
import zlib
from base64 import b64encode
from collections.abc import Iterator
from math import ceil
from typing import Any

from voxlogica.dataclass import dataclass
from voxlogica.images.arrays import NDArray, np
from voxlogica.images.image import Image
from voxlogica.images.jpeg import jpeg
from voxlogica.pictures.windowing import Scan, Window, scan

# Qualities, how much coarser voxels are along x and y, and about how many times the bytes it takes
# of the one that is measured: the first that is small enough is used.
_MEASURED = 60
_WAYS = (
    (95, 1, 2.6),
    (85, 1, 1.6),
    (60, 1, 1.0),
    (45, 1, 0.82),
    (30, 1, 0.66),
    (50, 2, 0.3),
    (30, 2, 0.22),
    (40, 3, 0.14),
    (25, 4, 0.07),
)
# So many slices tell what all will take, about: that it is less by this must be.
_TRIED, _ROOM = 16, 0.97
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
    values are what they are. The voxels that are no numbers are the region `missing`, packed, if
    there are any.
    """

    jpeg: bytes
    columns: int
    tile: tuple[int, int]
    coarse: int
    low: float
    high: float
    shown: Window
    components: int = 1
    missing: str | None = None

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
            "missing": self.missing,
        }


def sprite(image: Image, most_bytes: int, *, coloured: bool = True) -> Sprite | None:
    """An image as a sprite of at most so many bytes; None where that would show nothing.

    It is coarser where need be. Labels are none, if they would be `coloured`: a JPEG mixes them.
    O(voxels).
    """
    shown = scan(image, coloured)
    if shown.kind == "labels" or image.geometry.voxels > _MOST_VOXELS or most_bytes < _LEAST:
        return None
    span = _span(shown)
    values = _octets(shown, image, span)
    components = values.shape[-1] if values.ndim == 4 else 1
    for quality, coarse in _likely(values, most_bytes):
        means = _means(values, coarse)
        sheet, columns = _sheet(means)
        content = jpeg(sheet, quality)
        if len(content) <= most_bytes:
            tile = means.shape[2], means.shape[1]
            missing = _missing(shown)
            return Sprite(content, columns, tile, coarse, *span, shown.window, components, missing)
    return None


def _missing(shown: Scan) -> str | None:
    values = shown.values_of(shown.array)
    if shown.kind == "colour" or values.dtype.kind != "f" or not math.isnan(values.min()):
        return None
    return packed(np.isnan(values))


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


def _padded(side: int) -> int:
    return ceil(side / _BLOCK) * _BLOCK


def _octets(shown: Scan, image: Image, span: Window) -> NDArray[np.uint8]:
    """All voxels, shape (z, y, x) or with 3 colours, from 0 where the span begins to 255."""
    array = shown.array if image.geometry.dimension == 3 else shown.array[np.newaxis]
    of_colour = (3,) if shown.kind == "colour" else ()
    octets = np.empty((*array.shape[:3], *of_colour), np.uint8)
    low, high = span
    scale = 255 / (high - low)  # 0 where that is beyond the greatest number
    for part, into in zip(array, octets, strict=True):
        values = shown.values_of(part)
        if of_colour:
            values = values[..., :3]
        is_single = values.dtype.itemsize <= 2 or values.dtype == np.float32
        tile: NDArray[np.floating[Any]] = values.astype(np.float32 if is_single else np.float64)
        with np.errstate(all="ignore"):  # what is beyond the greatest number is white
            tile -= low
            tile *= scale
        np.clip(tile, 0, 255, out=tile)
        if values.dtype.kind == "f" and math.isnan(tile.min()):
            tile[np.isnan(tile)] = 0
        into[...] = tile
    return octets


def _likely(values: NDArray[np.uint8], most_bytes: int) -> Iterator[tuple[int, int]]:
    """The ways to write voxels that are likely to be small enough, by what a few slices take."""
    some = values[:: max(1, len(values) // _TRIED)]
    sheet, _ = _sheet(some)
    likely = len(jpeg(sheet, _MEASURED)) * len(values) / len(some)
    for quality, coarse, share in _WAYS:
        fits = likely * share <= most_bytes * _ROOM
        pixels = len(values) * math.prod(_padded(ceil(side / coarse)) for side in values.shape[1:3])
        if fits and pixels <= _MOST_PIXELS:
            yield quality, coarse


def _sheet(values: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], int]:
    """All slices in one picture that is about square, and how many there are in a row."""
    count, height, width, *of_colour = values.shape
    wide, high = _padded(width), _padded(height)
    columns = max(1, round((count * high / wide) ** 0.5))
    rows = ceil(count / columns)
    sheet = np.zeros((rows, high, columns, wide, *of_colour), np.uint8)
    for k, tile in enumerate(values):
        place = sheet[k // columns, :, k % columns]
        place[:height, :width] = tile
        # Blocks at the edge go on as they are: black would be seen through them.
        place[height:, :width] = tile[-1:]
        place[:, width:] = place[:, width - 1 : width]
    return sheet.reshape(rows * high, columns * wide, *of_colour), columns


def _means(values: NDArray[np.uint8], coarse: int) -> NDArray[np.uint8]:
    """Means over squares of voxels; at the ends, of what is left of one and its last voxels."""
    if coarse == 1:
        return values
    more = [(0, -side % coarse) for side in values.shape[1:3]]
    if any(after for _, after in more):
        values = np.pad(values, [(0, 0), *more, *[(0, 0)] * (values.ndim - 3)], "edge")
    total = np.zeros_like(values[:, ::coarse, ::coarse], np.uint16)
    for y in range(coarse):
        for x in range(coarse):
            total += values[:, y::coarse, x::coarse]
    total //= coarse * coarse
    return total.astype(np.uint8)
