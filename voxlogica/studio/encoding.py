"""Arrays as the page gets them: binary frames, small and quick to make.

A frame is the length of its header (4 bytes, little-endian), the header in JSON, and what zlib
makes of the voxels, x fastest, then y, then z: of a region, eight voxels a byte, the first in its
lowest bit, so many `bytes`; of a scan, whole numbers of 16 bits, little-endian, which run from
`low` to `high`, or the bytes red, green and blue. A region of 240×240×155 voxels takes 1 to 2 ms
and some ten kilobytes, a scan 40 ms and some megabytes, once.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from typing import Any

from voxlogica.images.arrays import NDArray, np
from voxlogica.images.deflating import deflated
from voxlogica.images.image import Image
from voxlogica.pictures.windowing import Scan, scan

# The greatest value of a voxel in a frame.
_MOST = 2**16 - 1


def region_frame(identity: str, grid: int, image: Image) -> bytes:
    """The frame of a region, known by the id of its operation, on the grid of a number."""
    bits = np.packbits(image.array.reshape(-1).view(np.uint8), bitorder="little")
    return _frame({"is": "bits", "id": identity, "grid": grid, "bytes": bits.size}, bits)


def scan_frame(identity: str, grid: int, image: Image) -> bytes:
    """The frame of any other image, with the window to begin with, from `first` to `last`.

    A colour is three bytes a voxel. Voxels that are no number are the darkest.
    """
    shown = scan(image, coloured=False)
    header: dict[str, object] = {"is": "scan", "id": identity, "grid": grid}
    if shown.kind == "colour":
        whole = {"low": 0, "high": 255, "first": 0, "last": 255}
        return _frame({**header, "type": "u8", "components": 3, **whole}, _colours(shown))
    low, high, values = _in_16_bits(shown.values_of(shown.array))
    first, last = shown.window
    if last <= first:
        first, last = first - 0.5, first + 0.5
    window = {"low": low, "high": high, "first": float(first), "last": float(last)}
    return _frame({**header, "type": "u16", **window}, values)


def _colours(shown: Scan) -> NDArray[np.uint8]:
    """Red, green and blue, from black to white as they are shown."""
    values = shown.array[..., :3]
    if values.dtype == np.uint8:
        return np.ascontiguousarray(values)
    low, high = shown.window
    shares = (values.astype(np.float32) - np.float32(low)) * np.float32(255 / ((high - low) or 1))
    found: NDArray[np.uint8] = np.rint(shares.clip(0, 255)).astype(np.uint8)
    return found


def _in_16_bits(values: NDArray[Any]) -> tuple[float, float, NDArray[np.uint16]]:
    """Numbers in 16 bits, and what the least and the greatest of these stand for."""
    if values.dtype.kind in "iu":
        least, greatest = int(values.min()), int(values.max())
        if greatest - least <= _MOST:  # each as it is, whatever their type counts to
            shifted = np.subtract(values, least, dtype=np.int64) if least else values
            return least, least + _MOST, shifted.astype("<u2")
        values = values.astype(np.float64)
    finite = np.isfinite(values)
    whole = bool(finite.all())
    some = values if whole else values[finite]
    low, high = (float(some.min()), float(some.max())) if some.size else (0.0, 1.0)
    if low == high:
        high = low + 1
    known = values if whole else np.nan_to_num(values, nan=low, posinf=high, neginf=low)
    scaled = (known - low) * (_MOST / (high - low))
    return low, high, np.rint(scaled).astype("<u2")


def _frame(header: Mapping[str, object], voxels: NDArray[Any]) -> bytes:
    told = json.dumps(header).encode()
    return b"".join((struct.pack("<I", len(told)), told, deflated(voxels.tobytes())))
