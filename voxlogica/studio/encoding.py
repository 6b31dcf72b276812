"""Arrays as the page gets them: binary frames, small and quick to make.

A frame is the length of its header (4 bytes, little-endian), the header in JSON, and what zlib
makes of the voxels, x fastest, then y, then z: of a region, eight voxels a byte, the first in its
lowest bit, so many `bytes`; of a scan, whole numbers of 16 bits, little-endian, which run from
`low` to `high`, or the bytes red, green and blue. Where a scan has voxels that are no numbers,
their region follows as `missing`. A region of 240×240×155 voxels takes 1 to 2 ms and some ten
kilobytes, a scan 40 ms and some megabytes, once.
"""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Mapping
from typing import Any

from voxlogica.images.arrays import NDArray, np
from voxlogica.images.deflating import deflated
from voxlogica.images.image import Image
from voxlogica.pictures.windowing import Scan, scan

# The greatest value of a voxel in a frame.
_MOST = 2**16 - 1
# So many times the window's width are kept apart at each side of it: a window has 300 values then,
# however far off a single voxel is.
_AROUND = 100.0


def region_frame(identity: str, grid: int, image: Image) -> bytes:
    """The frame of a region, known by the id of its operation, on the grid of a number."""
    bits = np.packbits(image.array.reshape(-1).view(np.uint8), bitorder="little")
    return _frame({"is": "bits", "id": identity, "grid": grid, "bytes": bits.size}, bits)


def scan_frame(identity: str, grid: int, image: Image) -> bytes:
    """The frame of any other image, with the window to begin with, from `first` to `last`.

    A colour is three bytes a voxel. What lies very far off the window is as its last value, and
    `beyond` says at which ends that is so.
    """
    shown = scan(image, coloured=False)
    header: dict[str, object] = {"is": "scan", "id": identity, "grid": grid}
    if shown.kind == "colour":
        whole = {"low": 0, "high": 255, "first": 0, "last": 255}
        return _frame({**header, "type": "u8", "components": 3, **whole}, _colours(shown))
    first, last = map(float, shown.window)
    if last <= first:
        first, last = first - 0.5, first + 0.5
    numbers = shown.values_of(shown.array)
    low, high, beyond, values = _in_16_bits(numbers, first, last)
    header |= {"type": "u16", "low": low, "high": high, "first": first, "last": last}
    missing = np.isnan(numbers) if numbers.dtype.kind == "f" else None
    if missing is None or not missing.any():
        return _frame({**header, "beyond": beyond}, values)
    bits = np.packbits(missing, bitorder="little")
    return _frame({**header, "beyond": beyond, "missing": True}, values, bits)


def _colours(shown: Scan) -> NDArray[np.uint8]:
    """Red, green and blue, from black to white as they are shown."""
    values = shown.array[..., :3]
    if values.dtype == np.uint8:
        return np.ascontiguousarray(values)
    low, high = shown.window
    shares = (values.astype(np.float32) - np.float32(low)) * np.float32(255 / ((high - low) or 1))
    found: NDArray[np.uint8] = np.rint(shares.clip(0, 255)).astype(np.uint8)
    return found


def _in_16_bits(
    values: NDArray[Any], first: float, last: float
) -> tuple[float, float, tuple[bool, bool], NDArray[np.uint16]]:
    """Numbers in 16 bits, what the least and greatest of these stand for, and what is beyond."""
    if values.dtype.kind in "iu":
        least, greatest = int(values.min()), int(values.max())
        if greatest - least <= _MOST:  # each as it is, whatever their type counts to
            shifted = np.subtract(values, least, dtype=np.int64) if least else values
            return least, least + _MOST, (False, False), shifted.astype("<u2")
        values = values.astype(np.float64)
    around = _AROUND * (last - first)
    with np.errstate(invalid="ignore"):
        least, greatest = np.fmin.reduce(values, axis=None), np.fmax.reduce(values, axis=None)
    low, high = max(float(least), first - around), min(float(greatest), last + around)
    if not low < high:  # of a single number, or of none
        low = low if math.isfinite(low) else first
        high = low + max(1.0, abs(low) / 1000)
    scaled = (np.clip(values, low, high) - low) * (_MOST / (high - low))
    beyond = bool(least < low), bool(greatest > high)
    return low, high, beyond, np.rint(np.nan_to_num(scaled, copy=False, nan=0.0)).astype("<u2")


def _frame(header: Mapping[str, object], *parts: NDArray[Any]) -> bytes:
    told = json.dumps(header).encode()
    voxels = b"".join(part.tobytes() for part in parts)
    return b"".join((struct.pack("<I", len(told)), told, deflated(voxels)))
