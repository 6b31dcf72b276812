"""Where a NIfTI header says that its voxels lie: by a qform, an sform, both, or neither.

A qform is a rotation, by a quaternion, and steps by the voxel size; an sform a matrix that has its
own. SimpleITK takes steps always from the voxel size, and of two forms mostly the qform; FSL and
nibabel take the sform. Here, forms that agree are read as SimpleITK reads them. Where they do not,
the sform is used, as far as its axes stand at right angles and its steps are the voxel size, and a
warning says so.

NIfTI counts from left to right and back to front, ITK the other way: along x and y signs differ.
Conventions: https://nifti.nimh.nih.gov/pub/dist/src/niftilib/nifti1.h
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from voxlogica.dataclass import dataclass
from voxlogica.images.errors import ImageFileError, quoted

Vector = tuple[float, float, float]

_SCANNER = 1  # the code of a form that says where the voxels lay in the scanner
# In voxels: up to this far, two forms place voxels alike.
_TOLERANCE = 1e-3
# Cosines between axes up to which they stand at right angles, but for the rounding of headers.
_SKEW = 1e-4
_ROUNDING = 1.2e-7  # of float32
_ITK_SIGNS = (-1.0, -1.0, 1.0)


@dataclass(frozen=True, slots=True)
class Forms:
    """The fields of a header that place its voxels, as they stand there."""

    size: tuple[int, int, int]
    steps: Vector
    handed: float
    qform_code: int
    sform_code: int
    quaternion: Vector
    offset: Vector
    rows: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Placing:
    """A grid in three dimensions, as ITK counts: `axes` are unit vectors, one a side."""

    steps: Vector
    origin: Vector
    axes: tuple[Vector, Vector, Vector]
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Form:
    """Axes, each with the length of a step, and the place of the first voxel, as NIfTI counts."""

    axes: tuple[Vector, Vector, Vector]
    offset: Vector

    @property
    def steps(self) -> Vector:
        x, y, z = (math.hypot(*axis) for axis in self.axes)
        return x, y, z

    @property
    def skew(self) -> float:
        """The greatest cosine between two axes; 1 where an axis has no length."""
        lengths = self.steps
        if not all(lengths):
            return 1.0
        return max(
            abs(_dot(self.axes[i], self.axes[j])) / (lengths[i] * lengths[j])
            for i, j in ((0, 1), (0, 2), (1, 2))
        )

    def at(self, voxel: Vector) -> Vector:
        x, y, z = (
            self.offset[i] + sum(axis[i] * v for axis, v in zip(self.axes, voxel, strict=True))
            for i in range(3)
        )
        return x, y, z

    def placing(self, steps: Vector) -> Placing:
        unit = [
            tuple(s * (c / length) + 0.0 for s, c in zip(_ITK_SIGNS, axis, strict=True))
            for axis, length in zip(self.axes, self.steps, strict=True)
        ]
        origin = tuple(s * o + 0.0 for s, o in zip(_ITK_SIGNS, self.offset, strict=True))
        return Placing(steps, origin, tuple(unit))  # type: ignore[arg-type]


def placing(path: str, forms: Forms) -> Placing:
    """Where the voxels lie, and what there is to warn of.

    Raises ImageFileError where the only form there is has axes that are not at right angles.
    """
    steps, unknown = _voxel_size(forms.steps)
    senses = [math.copysign(1.0, step) for step in forms.steps]
    warnings = []
    qform = _qform(forms, steps) if forms.qform_code > 0 else None
    sform = _sform(forms) if forms.sform_code > 0 else None
    if sform is not None and sform.skew > _SKEW:
        if qform is None:
            raise ImageFileError(
                f"{quoted(path)} places its axes at oblique angles to each other, which is not"
                " read",
                "resample it to a grid with right angles",
            )
        warnings.append("the axes of its sform are not at right angles, so its qform is used")
        sform = None
    if sform is None:
        if unknown:
            warnings.append("its voxel size is 0, which is taken for 1")
        if min(senses) < 0:
            warnings.append("its voxel size is negative, for an axis that runs the other way")
        if qform is None:
            # Neither: along ITK's axes, from its origin.
            x, y, z = senses
            axes = ((x, 0.0, 0.0), (0.0, y, 0.0), (0.0, 0.0, z))
            return Placing(steps, (0.0, 0.0, 0.0), axes, _said(path, warnings))
        found = qform.placing(steps)
    elif qform is None:
        found = sform.placing(steps)
        if _apart(sform, _resized(sform, steps), forms.size) > _TOLERANCE:
            if not unknown:
                warnings.append(
                    f"its voxel size, {_sides(steps)}, is not that of its sform,"
                    f" {_sides(sform.steps)}, which is used"
                )
            found = sform.placing(sform.steps)
    else:
        apart = _apart(qform, sform, forms.size)
        if apart <= max(_TOLERANCE, _imprecision(forms)):
            found = (sform if forms.sform_code == _SCANNER else qform).placing(steps)
        elif _apart(sform, _resized(sform, steps), forms.size) <= _TOLERANCE:
            warnings.append(f"{_disagree(apart)}: the sform is used")
            found = sform.placing(steps)
        else:
            warnings.append(
                f"{_disagree(apart)}: the qform is used, whose voxels have the size that the header"
                f" says, {_sides(steps)}; those of the sform have {_sides(sform.steps)}"
            )
            found = qform.placing(steps)
    return Placing(found.steps, found.origin, found.axes, _said(path, warnings))


def _said(path: str, warnings: list[str]) -> tuple[str, ...]:
    return tuple(f"{quoted(path)}: {warning}" for warning in warnings)


def _disagree(apart: float) -> str:
    return f"its qform and sform disagree by up to {apart:.3g} voxels"


def _voxel_size(steps: Vector) -> tuple[Vector, bool]:
    """The voxel size without signs, 1 where there is none, and whether that was so."""
    known = [abs(step) if math.isfinite(step) else 0.0 for step in steps]
    x, y, z = (step or 1.0 for step in known)
    return (x, y, z), not all(known)


def _qform(forms: Forms, steps: Vector) -> _Form:
    b, c, d = forms.quaternion
    squares = b * b + c * c + d * d
    if 1.0 - squares < 1e-7:  # half a turn, but for rounding
        length = math.sqrt(squares)
        a, b, c, d = 0.0, b / length, c / length, d / length
    else:
        a = math.sqrt(1.0 - squares)
    # ITK takes a negative step for an axis that runs the other way.
    x, y, z = (math.copysign(new, old) for new, old in zip(steps, forms.steps, strict=True))
    z = -z if forms.handed < 0 else z
    rows = (
        ((a * a + b * b - c * c - d * d) * x, 2 * (b * c - a * d) * y, 2 * (b * d + a * c) * z),
        (2 * (b * c + a * d) * x, (a * a + c * c - b * b - d * d) * y, 2 * (c * d - a * b) * z),
        (2 * (b * d - a * c) * x, 2 * (c * d + a * b) * y, (a * a + d * d - b * b - c * c) * z),
    )
    return _of_rows(rows, forms.offset)


def _sform(forms: Forms) -> _Form:
    rows = [forms.rows[i : i + 4] for i in (0, 4, 8)]
    return _of_rows(tuple(row[:3] for row in rows), (rows[0][3], rows[1][3], rows[2][3]))


def _of_rows(rows: tuple[tuple[float, ...], ...], offset: Vector) -> _Form:
    x, y, z = ((rows[0][j], rows[1][j], rows[2][j]) for j in range(3))
    return _Form((x, y, z), offset)


def _resized(form: _Form, steps: Vector) -> _Form:
    """The form with steps of other lengths along its axes."""
    x, y, z = (
        (axis[0] * (new / old), axis[1] * (new / old), axis[2] * (new / old))
        for axis, new, old in zip(form.axes, steps, form.steps, strict=True)
    )
    return _Form((x, y, z), form.offset)


def _apart(one: _Form, other: _Form, size: tuple[int, int, int]) -> float:
    """How far apart two forms place a voxel at most, in voxels of the other."""
    farthest = 0.0
    for corner in _corners(size):
        ours, theirs = one.at(corner), other.at(corner)
        off = (ours[0] - theirs[0], ours[1] - theirs[1], ours[2] - theirs[2])
        for axis in other.axes:
            farthest = max(farthest, abs(_dot(off, axis)) / _dot(axis, axis))
    return farthest


def _imprecision(forms: Forms) -> float:
    """How far a voxel may be off, in voxels, because a header's numbers are float32.

    Near half a turn, the fourth number of a quaternion is the root of what rounding leaves.
    """
    b, c, d = forms.quaternion
    rest = math.sqrt(max(0.0, 1.0 - (b * b + c * c + d * d)))
    angle = 2 * _ROUNDING / max(rest, math.sqrt(_ROUNDING))
    steps, _ = _voxel_size(forms.steps)
    length = math.hypot(*(s * n for s, n in zip(steps, forms.size, strict=True)))
    places = _ROUNDING * max(map(abs, (*forms.offset, *forms.rows)))
    return (angle * length + places) / min(steps)


def _corners(size: tuple[int, int, int]) -> Iterator[Vector]:
    x, y, z = (float(side - 1) for side in size)
    for i in range(8):
        yield x * (i & 1), y * (i >> 1 & 1), z * (i >> 2)


def _dot(a: Vector, b: Vector) -> float:
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


def _sides(steps: Vector) -> str:
    return " × ".join(f"{step:.6g}" for step in steps)
