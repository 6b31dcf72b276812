"""NIfTI headers, read field by field, and written for grids that lie along the patient's axes.

Reading them here spares SimpleITK's import, which takes longer than all else that is done with a
header; NIfTI-2 it does not read at all. Headers of turned grids are left to SimpleITK to write.

Layouts: https://nifti.nimh.nih.gov/pub/dist/src/niftilib/nifti1.h and nifti2.h there
"""

from __future__ import annotations

import math
import struct
from typing import Any

from voxlogica.dataclass import dataclass
from voxlogica.images.arrays import np
from voxlogica.images.geometry import Geometry
from voxlogica.images.nifti_placing import Forms, placing
from voxlogica.images.opened import Header

LENGTHS = {1: 348, 2: 540}
_METRES, _MILLIMETRES, _MICROMETRES, _SECONDS = 1, 2, 3, 8
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
# Where each field is, by the version of the format, and its numbers.
_FIELDS = {
    1: {
        "dim": (40, "8h"),
        "intent": (68, "h"),
        "intent_name": (328, "16s"),
        "code": (70, "h"),
        "pixdim": (76, "8f"),
        "scaling": (108, "3f"),
        "units": (123, "B"),
        "form_codes": (252, "2h"),
        "quaternion": (256, "6f"),
        "rows": (280, "12f"),
    },
    2: {
        "dim": (16, "8q"),
        "intent": (504, "i"),
        "intent_name": (508, "16s"),
        "code": (12, "h"),
        "pixdim": (104, "8d"),
        "scaling": (168, "q2d"),
        "units": (500, "i"),
        "form_codes": (344, "2i"),
        "quaternion": (352, "6d"),
        "rows": (400, "12d"),
    },
}


@dataclass(frozen=True, slots=True)
class Fields:
    """What a header says, as it says it. `scaling` is the offset of the voxels, slope, intercept.

    `dim` and `pixdim` begin with how many sides there are, and the handedness of the axes; the
    `quaternion` is followed by the place of the first voxel.
    """

    version: int
    dim: tuple[int, ...]
    intent: int
    intent_name: bytes
    code: int
    pixdim: tuple[float, ...]
    scaling: tuple[float, float, float]
    units: int
    form_codes: tuple[int, int]
    quaternion: tuple[float, ...]
    rows: tuple[float, ...]


def fields(head: bytes, order: str, version: int) -> Fields:
    """The fields of a header of byte order `<` or `>`; version 0 is Analyze, which has fewer."""
    found: dict[str, Any] = {}
    for name, (offset, form) in _FIELDS[version or 1].items():
        numbers = struct.unpack_from(order + form, head, offset)
        found[name] = numbers if len(numbers) > 1 else numbers[0]
    if version == 0:
        # What NIfTI has its forms in, means other things in Analyze.
        found |= {"form_codes": (0, 0), "units": 0, "intent": 0}
    return Fields(version, **found)


# Vectors, and colours of any type: the values of a voxel are along the fifth axis.
_VECTOR, _COLOURS = 1007, {2003, 2004}
_COLOUR_NAMES = {b"RGB", b"RGBA"}


def header(path: str, said: Fields, dtype: str, together: int) -> tuple[Header, tuple[str, ...]]:
    """What a header says of its image, and what there is to warn of.

    `together` values of a voxel, of type `dtype`, stand side by side in the file. Raises
    ImageFileError for axes that are not at right angles.
    """
    count = said.dim[0]
    # Sides that are not told are 1; of the first one, it is damage.
    size = [side if side > 0 or i == 0 else 1 for i, side in enumerate(said.dim[1 : count + 1])]
    components = together
    if count == 5 and said.intent in {_VECTOR, *_COLOURS} and together == 1:
        components = size.pop()
        while len(size) > 2 and size[-1] == 1:
            size.pop()
    while len(size) > 3 and size[-1] == 1:
        size.pop()
    n = len(size)
    x, y, z = (*size, 1, 1)[:3]
    placed = placing(
        path,
        Forms(
            size=(x, y, z),
            steps=_in_millimetres(said, (*said.pixdim[1 : 1 + min(n, 3)], 1.0, 1.0)[:3]),
            handed=said.pixdim[0],
            qform_code=said.form_codes[0],
            sform_code=said.form_codes[1],
            quaternion=(said.quaternion[0], said.quaternion[1], said.quaternion[2]),
            offset=_in_millimetres(said, said.quaternion[3:]),
            rows=tuple(row for i in (0, 4, 8) for row in _row(said, said.rows[i : i + 4])),
        ),
    )
    others = n - 3
    direction = [
        (placed.axes[j][i] if i < 3 and j < 3 else float(i == j))
        for i in range(n)
        for j in range(n)
    ]
    if n == 2 and abs(_determinant(direction)) < 1 - 1e-4:
        # The slice is tilted: within its plane, its axes are what directions are counted from.
        direction = [1.0, 0.0, 0.0, 1.0]
    return (
        Header(
            size=tuple(size),
            spacing=(*placed.steps, *(1.0,) * others)[:n],
            origin=(*placed.origin, *(0.0,) * others)[:n],
            direction=tuple(direction),
            components=components,
            pixel=dtype,
            unit="um" if said.units & 7 == _MICROMETRES else "mm",
        ),
        placed.warnings,
    )


def is_colour(said: Fields) -> bool:
    """Whether a header of vectors says that they are colours."""
    name = said.intent_name.rstrip(b"\0")
    return said.intent in _COLOURS or (said.intent == _VECTOR and name in _COLOUR_NAMES)


def _in_millimetres(said: Fields, numbers: tuple[float, ...]) -> tuple[float, float, float]:
    """Lengths of a file in metres as millimetres; micrometres stay what they are."""
    x, y, z = numbers
    return (x * 1e3, y * 1e3, z * 1e3) if said.units & 7 == _METRES else (x, y, z)


def _row(said: Fields, row: tuple[float, ...]) -> tuple[float, ...]:
    return tuple(1e3 * number for number in row) if said.units & 7 == _METRES else row


def _determinant(m: list[float]) -> float:
    return m[0] * m[3] - m[1] * m[2]


def _units(geometry: Geometry) -> int:
    """The code of a geometry's unit, and of seconds, as ITK has it."""
    return (_MICROMETRES if geometry.unit == "um" else _MILLIMETRES) | _SECONDS


def of_colour(head: bytes, components: int) -> bytes:
    """The header of an image of bytes as that of an image of colours, of 3 or 4 bytes each."""
    code = {3: 128, 4: 2304}[components]
    return head[:70] + struct.pack("=2h", code, 8 * components) + head[74:]


def of_colours(head: bytes, colour: str) -> bytes:
    """The header of an image of vectors as that of an image of colours, "RGB" or "RGBA".

    They are vectors of that name: NIfTI's own codes for colours of numbers are none to ITK.
    """
    return head[:328] + colour.encode().ljust(16, b"\0") + head[344:]


def resized(head: bytes, geometry: Geometry) -> bytes:
    """SimpleITK's header of an image of one voxel as that of one of a geometry's size and unit."""
    changed = bytearray(head)
    struct.pack_into(f"={geometry.dimension}h", changed, 42, *geometry.size)
    changed[123] = _units(geometry)
    return bytes(changed)


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
        struct.pack("=i34xB1x", LENGTHS[1], ord("r"))
        + struct.pack("=8h14x3h", n, *sides, _CODES[dtype.name], 8 * dtype.itemsize, 0)
        + struct.pack("=8f3f3xB", *steps, LENGTHS[1] + 4, 1.0, 0.0, _units(geometry))
        + struct.pack("=128x2h", _ALIGNED_TO_ANATOMY, _ALIGNED_TO_ANATOMY)
        + struct.pack("=6f12f", *quaternion, *offsets, *rows)
        + b"\0" * 16
        + b"n+1\0"
        + b"\0" * 4
    )
