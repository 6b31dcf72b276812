"""NIfTI headers of grids that lie along the patient's axes, as ITK reads and writes them.

Most headers are such, and simple: every number is one of the file's own, or its negative. Reading
and writing them here spares SimpleITK's import, which takes longer than all else that is done with
a header. Whatever is not as simple is left to SimpleITK.

NIfTI counts from left to right and back to front, ITK the other way: along x and y signs differ.
Layout: https://nifti.nimh.nih.gov/pub/dist/src/niftilib/nifti1.h
"""

from __future__ import annotations

import math
import struct
from typing import TYPE_CHECKING

from voxlogica.images.geometry import Geometry
from voxlogica.images.library import Header

if TYPE_CHECKING:
    import numpy as np

_LENGTH = 348
_MILLIMETRES, _SECONDS = 2, 8
_ALIGNED_TO_ANATOMY = 1
_ITK_SIGNS = (-1.0, -1.0, 1.0)
# Half a turn about x, y or z, or none: which axes a quaternion (b, c, d) turns round.
_TURNS = {
    (0.0, 0.0, 0.0): (1.0, 1.0, 1.0),
    (1.0, 0.0, 0.0): (1.0, -1.0, -1.0),
    (0.0, 1.0, 0.0): (-1.0, 1.0, -1.0),
    (0.0, 0.0, 1.0): (-1.0, -1.0, 1.0),
}
_CODES = {
    "uint8": 2,
    "int16": 4,
    "int32": 8,
    "float32": 16,
    "float64": 64,
    "int8": 256,
    "uint16": 512,
    "uint32": 768,
    "int64": 1024,
    "uint64": 1280,
}
_TYPES = {code: name for name, code in _CODES.items()}


def aligned_header(head: bytes, order: str) -> Header | None:
    """What a NIfTI-1 header says, of byte order `<` or `>`; None if it is not a simple one.

    Simple are 2-D and 3-D images of one number a voxel, no side of length 1, axes that run along
    the patient's, and the two ways of saying so, qform and sform, in exact agreement.
    """
    sides, *dim = struct.unpack_from(order + "4h", head, 40)
    (code,) = struct.unpack_from(order + "h", head, 70)
    handed, *steps = struct.unpack_from(order + "4f", head, 76)
    units = head[123] & 7
    size = tuple(dim[:sides])
    if head[344:348] != b"n+1\0" or sides not in (2, 3) or min(size) < 2 or code not in _TYPES:
        return None
    spacing = tuple(steps[:sides])
    if units not in (0, _MILLIMETRES) or not all(1e-6 <= step <= 1e6 for step in spacing):
        return None
    has_qform, has_sform = (code > 0 for code in struct.unpack_from(order + "hh", head, 252))
    placings = []
    if has_qform:
        placings.append(_qform(head, order, handed))
    if has_sform:
        placings.append(_sform(head, order, (*spacing, 1.0)[:3]))
    if not placings or placings[0] is None or placings[0] != placings[-1]:
        return None
    signs, offsets = placings[0]
    return Header(
        size=size,
        spacing=spacing,
        origin=tuple(sign * offset for sign, offset in zip(_ITK_SIGNS, offsets, strict=True))[
            :sides
        ],
        direction=tuple(
            _ITK_SIGNS[i] * signs[i] if i == j else 0.0 for i in range(sides) for j in range(sides)
        ),
        components=1,
        pixel=_TYPES[code],
    )


# Signs of the axes, and where the first voxel is.
_Placing = tuple[tuple[float, ...], tuple[float, ...]]


def _qform(head: bytes, order: str, handed: float) -> _Placing | None:
    numbers = struct.unpack_from(order + "6f", head, 256)
    turned = _TURNS.get((abs(numbers[0]), abs(numbers[1]), abs(numbers[2])))
    if turned is None:
        return None
    return (turned[0], turned[1], turned[2] * (-1.0 if handed < 0 else 1.0)), numbers[3:]


def _sform(head: bytes, order: str, spacing: tuple[float, ...]) -> _Placing | None:
    numbers = struct.unpack_from(order + "12f", head, 280)
    rows = [numbers[i : i + 4] for i in (0, 4, 8)]
    for i, row in enumerate(rows):
        if any(row[j] for j in range(3) if j != i) or abs(row[i]) != spacing[i]:
            return None
    signs = tuple(math.copysign(1.0, row[i]) for i, row in enumerate(rows))
    return signs, tuple(row[3] for row in rows)


def encoded_header(dtype: np.dtype[np.generic], geometry: Geometry) -> bytes | None:
    """The header of a single-file image of one number a voxel, up to where the voxels begin.

    None for a grid that is turned or far away, which SimpleITK is left to describe.
    """
    n = geometry.dimension
    cosines = geometry.direction
    if any(cosines[n * i + j] for i in range(n) for j in range(n) if i != j):
        return None
    placed = (*geometry.spacing, *geometry.origin)
    if not all(abs(cosines[n * i + i]) == 1.0 for i in range(n)) or max(map(abs, placed)) > 1e9:
        return None
    spacing = (*geometry.spacing, 1.0)[:3]
    origin = (*geometry.origin, 0.0)[:3]
    signs = [_ITK_SIGNS[i] * (cosines[n * i + i] if i < n else 1.0) for i in range(3)]
    offsets = [_ITK_SIGNS[i] * origin[i] + 0.0 for i in range(3)]
    handed = math.prod(signs)
    turned = (signs[0], signs[1], signs[2] * handed)
    (quaternion,) = (q for q, axes in _TURNS.items() if axes == turned)
    sides = (*geometry.size, 1, 1, 1, 1, 1)[:7]
    steps = (handed, *spacing, 0.0, 0.0, 0.0, 0.0)
    rows = (
        number
        for i in range(3)
        for number in (*(signs[i] * spacing[i] if i == j else 0.0 for j in range(3)), offsets[i])
    )
    return (
        struct.pack("=i34xB1x", _LENGTH, ord("r"))
        + struct.pack("=8h14x3h", n, *sides, _CODES[dtype.name], 8 * dtype.itemsize, 0)
        + struct.pack("=8f3f3xB", *steps, _LENGTH + 4, 1.0, 0.0, _MILLIMETRES | _SECONDS)
        + struct.pack("=128x2h", _ALIGNED_TO_ANATOMY, _ALIGNED_TO_ANATOMY)
        + struct.pack("=6f12f", *quaternion, *offsets, *rows)
        + b"\0" * 16
        + b"n+1\0"
        + b"\0" * 4
    )
