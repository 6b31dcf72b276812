"""NIfTI headers, read field by field, and written for grids that lie along the patient's axes.

Reading them here spares SimpleITK's import, which takes longer than all else that is done with a
header; NIfTI-2 it does not read at all. Headers of turned grids are left to SimpleITK to write.

Where voxels lie is said by a qform, an sform, both, or neither. A qform is a rotation, by a
quaternion, and steps by the voxel size; an sform a matrix that has its own. SimpleITK takes steps
always from the voxel size, and of two forms mostly the qform; FSL and nibabel take the sform. Here,
forms that agree are read as SimpleITK reads them. Where they do not, the sform is used, as far as
its axes stand at right angles and its steps are the voxel size, and a warning says so. NIfTI counts
from left to right and back to front, ITK the other way: along x and y signs differ.

Layouts: https://nifti.nimh.nih.gov/pub/dist/src/niftilib/nifti1.h and nifti2.h there
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterable
from itertools import product
from typing import Any

from voxlogica.dataclass import dataclass
from voxlogica.images.arrays import np
from voxlogica.images.errors import oblique, quoted
from voxlogica.images.geometry import Geometry, Vector, dot, vector
from voxlogica.images.opened import Header, identity

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
CODES = {
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
# Of colours of so many bytes.
COLOURS = {3: 128, 4: 2304}
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
    steps, origin, axes, warnings = _placed(path, said, size)
    return (
        Header(
            size=tuple(size),
            spacing=(*steps, *(1.0,) * (n - 3))[:n],
            origin=(*origin, *(0.0,) * (n - 3))[:n],
            direction=_direction(axes, n),
            components=components,
            pixel=dtype,
            unit="um" if said.units & 7 == _MICROMETRES else "mm",
        ),
        tuple(f"{quoted(path)}: {warning}" for warning in warnings),
    )


def is_colour(said: Fields) -> bool:
    """Whether a header of vectors says that they are colours."""
    name = said.intent_name.rstrip(b"\0")
    return said.intent in _COLOURS or (said.intent == _VECTOR and name in _COLOUR_NAMES)


# Where the voxels lie

_SCANNER = 1  # the code of a form that says where the voxels lay in the scanner
# In voxels: up to this far, two forms place voxels alike.
_TOLERANCE = 1e-3
# Cosines between axes up to which they stand at right angles, but for the rounding of headers.
_SKEW = 1e-4
_ROUNDING = 1.2e-7  # of float32


@dataclass(frozen=True, slots=True)
class _Form:
    """Axes, each with the length of a step, and the place of the first voxel, as NIfTI counts."""

    axes: tuple[Vector, ...]
    offset: Vector

    @property
    def steps(self) -> Vector:
        return vector(math.hypot(*axis) for axis in self.axes)

    @property
    def skew(self) -> float:
        """The greatest cosine between two axes; 1 where an axis has no length."""
        lengths = self.steps
        if not all(lengths):
            return 1.0
        return max(
            abs(dot(self.axes[i], self.axes[j])) / (lengths[i] * lengths[j])
            for i, j in ((0, 1), (0, 2), (1, 2))
        )

    def at(self, voxel: tuple[float, ...]) -> Vector:
        return vector(
            self.offset[i] + sum(axis[i] * v for axis, v in zip(self.axes, voxel, strict=True))
            for i in range(3)
        )

    def resized(self, steps: Vector) -> _Form:
        """The form with steps of other lengths along its axes."""
        ratios = [new / old for new, old in zip(steps, self.steps, strict=True)]
        pairs = zip(self.axes, ratios, strict=True)
        return _Form(tuple(vector(c * ratio for c in axis) for axis, ratio in pairs), self.offset)


def _placed(
    path: str, said: Fields, size: list[int]
) -> tuple[Vector, Vector, list[Vector], list[str]]:
    """Steps, origin and axes of the grid in three dimensions, as ITK counts; and warnings.

    Axes are unit vectors, one a side. ImageFileError where the only form there is has axes that
    are not at right angles.
    """
    scale = 1e3 if said.units & 7 == _METRES else 1.0
    sides = vector((*size, 1, 1)[:3])
    signed = vector(scale * s for s in (*said.pixdim[1 : 1 + min(len(size), 3)], 1.0, 1.0)[:3])
    offset = vector(scale * place for place in said.quaternion[3:])
    rows = [tuple(scale * number for number in said.rows[i : i + 4]) for i in (0, 4, 8)]
    known = [abs(step) if math.isfinite(step) else 0.0 for step in signed]
    steps, unknown = vector(step or 1.0 for step in known), not all(known)
    senses = [math.copysign(1.0, step) for step in signed]
    warnings = []
    by_quaternion, by_matrix = said.form_codes
    qform = _qform(said, steps, senses, offset) if by_quaternion > 0 else None
    sform = _of_rows(rows, vector(row[3] for row in rows)) if by_matrix > 0 else None
    if sform is not None and sform.skew > _SKEW:
        if qform is None:
            raise oblique(path)
        warnings.append("the axes of its sform are not at right angles, so its qform is used")
        sform = None
    if sform is None:
        if unknown:
            warnings.append("its voxel size is 0, which is taken for 1")
        if min(senses) < 0:
            warnings.append("its voxel size is negative, for an axis that runs the other way")
        # Neither: along ITK's axes, from its origin.
        itk = [sign * sense for sign, sense in zip(_ITK_SIGNS, senses, strict=True)]
        form = qform or _Form(_diagonal(itk), (0.0, 0.0, 0.0))
        return _as_itk(form, steps, warnings)
    fits = _apart(sform, sform.resized(steps), sides) <= _TOLERANCE
    of_sform = _lengths(sform.steps)
    if qform is None:
        if not fits and not unknown:
            warnings.append(
                f"its voxel size, {_lengths(steps)}, is not that of its sform, {of_sform}, which"
                " is used"
            )
        return _as_itk(sform, steps if fits else sform.steps, warnings)
    apart = _apart(qform, sform, sides)
    disagree = f"its qform and sform disagree by up to {apart:.3g} voxels"
    if apart <= max(_TOLERANCE, _imprecision(said, offset, rows, steps, sides)):
        return _as_itk(sform if by_matrix == _SCANNER else qform, steps, warnings)
    if fits:
        return _as_itk(sform, steps, [*warnings, f"{disagree}: the sform is used"])
    warnings.append(
        f"{disagree}: the qform is used, whose voxels have the size that the header says,"
        f" {_lengths(steps)}; those of the sform have {of_sform}"
    )
    return _as_itk(qform, steps, warnings)


def _as_itk(
    form: _Form, steps: Vector, warnings: list[str]
) -> tuple[Vector, Vector, list[Vector], list[str]]:
    axes = [
        vector(s * (c / length) + 0.0 for s, c in zip(_ITK_SIGNS, axis, strict=True))
        for axis, length in zip(form.axes, form.steps, strict=True)
    ]
    origin = vector(s * o + 0.0 for s, o in zip(_ITK_SIGNS, form.offset, strict=True))
    return steps, origin, axes, warnings


def placed_by(
    rows: Iterable[tuple[float, ...]], sides: int
) -> tuple[Vector, Vector, tuple[float, ...]] | None:
    """Steps, origin and direction, as ITK counts, of a grid of 2 or 3 sides that a matrix places.

    The matrix is that of an sform, three rows of four numbers. None where its axes are not at right
    angles.
    """
    numbers = [*rows]
    form = _of_rows(numbers, vector(row[3] for row in numbers))
    if form.skew > _SKEW:
        return None
    steps, origin, axes, _ = _as_itk(form, form.steps, [])
    return steps, origin, _direction(axes, sides)


def _direction(axes: list[Vector], n: int) -> tuple[float, ...]:
    """The direction of an image of n sides, the first three of which have these axes."""
    cosines = (axes[j][i] if i < 3 and j < 3 else float(i == j) for i in range(n) for j in range(n))
    direction = (*cosines,)
    if n == 2 and abs(direction[0] * direction[3] - direction[1] * direction[2]) < 1 - 1e-4:
        # The slice is tilted: within its plane, its axes are what directions are counted from.
        return identity(2)
    return direction


def _diagonal(numbers: list[float]) -> tuple[Vector, ...]:
    return tuple(vector(numbers[i] if i == j else 0.0 for j in range(3)) for i in range(3))


def _qform(said: Fields, steps: Vector, senses: list[float], offset: Vector) -> _Form:
    b, c, d = said.quaternion[:3]
    squares = b * b + c * c + d * d
    if 1.0 - squares < 1e-7:  # half a turn, but for rounding
        length = math.sqrt(squares)
        a, b, c, d = 0.0, b / length, c / length, d / length
    else:
        a = math.sqrt(1.0 - squares)
    # ITK takes a negative step for an axis that runs the other way.
    x, y, z = (math.copysign(step, sense) for step, sense in zip(steps, senses, strict=True))
    z = -z if said.pixdim[0] < 0 else z
    rows = (
        ((a * a + b * b - c * c - d * d) * x, 2 * (b * c - a * d) * y, 2 * (b * d + a * c) * z),
        (2 * (b * c + a * d) * x, (a * a + c * c - b * b - d * d) * y, 2 * (c * d - a * b) * z),
        (2 * (b * d - a * c) * x, 2 * (c * d + a * b) * y, (a * a + d * d - b * b - c * c) * z),
    )
    return _of_rows(rows, offset)


def _of_rows(rows: Iterable[tuple[float, ...]], offset: Vector) -> _Form:
    x, y, z, *_ = zip(*rows, strict=True)
    return _Form((vector(x), vector(y), vector(z)), offset)


def _apart(one: _Form, other: _Form, sides: Vector) -> float:
    """How far apart two forms place a voxel at most, in voxels of the other."""
    farthest = 0.0
    for corner in product(*((0.0, side - 1) for side in sides)):
        off = vector(a - b for a, b in zip(one.at(corner), other.at(corner), strict=True))
        farthest = max(farthest, *(abs(dot(off, axis)) / dot(axis, axis) for axis in other.axes))
    return farthest


def _imprecision(
    said: Fields, offset: Vector, rows: list[tuple[float, ...]], steps: Vector, sides: Vector
) -> float:
    """How far a voxel may be off, in voxels, because a header's numbers are float32.

    Near half a turn, the fourth number of a quaternion is the root of what rounding leaves.
    """
    b, c, d = said.quaternion[:3]
    rest = math.sqrt(max(0.0, 1.0 - (b * b + c * c + d * d)))
    angle = 2 * _ROUNDING / max(rest, math.sqrt(_ROUNDING))
    length = math.hypot(*(s * n for s, n in zip(steps, sides, strict=True)))
    places = _ROUNDING * max(map(abs, (*offset, *(number for row in rows for number in row))))
    return (angle * length + places) / min(steps)


def _lengths(steps: Vector) -> str:
    return " × ".join(f"{step:.6g}" for step in steps)


# Writing


def _units(geometry: Geometry) -> int:
    """The code of a geometry's unit, and of seconds, as ITK has it."""
    return (_MICROMETRES if geometry.unit == "um" else _MILLIMETRES) | _SECONDS


def of_colour(head: bytes, components: int) -> bytes:
    """The header of an image of bytes as that of an image of colours, of 3 or 4 bytes each."""
    return head[:70] + struct.pack("=2h", COLOURS[components], 8 * components) + head[74:]


def of_colours(head: bytes, colour: str) -> bytes:
    """The header of an image of vectors as that of an image of colours, "RGB" or "RGBA".

    They are vectors of that name: NIfTI's own codes for colours of numbers are none to ITK.
    """
    return head[:328] + colour.encode().ljust(16, b"\0") + head[344:]


# The field `descrip`: where it begins, and its bytes.
_DESCRIPTION, _LONGEST = 148, 80


def described(head: bytes, text: str) -> bytes:
    """A header with a description, of which 79 bytes are kept."""
    said = text.encode()[: _LONGEST - 1].ljust(_LONGEST, b"\0")
    return head[:_DESCRIPTION] + said + head[_DESCRIPTION + _LONGEST :]


def description(head: bytes) -> str:
    """What a header has for a description."""
    said, _, _ = head[_DESCRIPTION : _DESCRIPTION + _LONGEST].partition(b"\0")
    return said.decode("utf-8", "replace")


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
        + struct.pack("=8h14x3h", n, *sides, CODES[dtype.name], 8 * dtype.itemsize, 0)
        + struct.pack("=8f3f3xB", *steps, LENGTHS[1] + 4, 1.0, 0.0, _units(geometry))
        + struct.pack("=128x2h", _ALIGNED_TO_ANATOMY, _ALIGNED_TO_ANATOMY)
        + struct.pack("=6f12f", *quaternion, *offsets, *rows)
        + b"\0" * 16
        + b"n+1\0"
        + b"\0" * 4
    )
