"""By how much the places of two images of one size differ, in words."""

from __future__ import annotations

import math

from voxlogica.images.geometry import Geometry, close

_TOLERANCE = 1e-5


def differences(other: Geometry, reference: Geometry) -> str:
    """What there is to tell of the place of an image beside that of a reference.

    Spacings and the distance of the origins are in the reference's unit, the angle by which the
    axes are turned is in degrees.
    """
    found, cosines = [], (1.0,) * len(reference.direction)
    other = other.in_unit(reference.unit)
    if not close(other.spacing, reference.spacing, reference.spacing, _TOLERANCE):
        found.append(f"spacing {_sides(other.spacing)} in place of {_sides(reference.spacing)}")
    apart = math.dist(other.origin, reference.origin)
    if apart > 1e-3 * min(reference.spacing):
        found.append(f"first voxel {apart:.4g} {reference.unit} away")
    if not close(other.direction, reference.direction, cosines, _TOLERANCE):
        found.append(_turned(_rotation(other, reference), reference.dimension))
    return ", ".join(found)


def reoriented(other: Geometry, reference: Geometry) -> Geometry | None:
    """An image's grid with its axes in the order and the sense of the reference's.

    None where an axis runs along none of the reference's. Voxels stay where they are.
    """
    n = reference.dimension
    if other.dimension != n:
        return None
    axes, senses = [], []
    for row in _rotation(other, reference):
        along = [j for j, cosine in enumerate(row) if abs(abs(cosine) - 1) < 1e-4]
        if len(along) != 1:
            return None
        axes += along
        senses.append(math.copysign(1.0, row[along[0]]))
    origin = list(other.origin)
    for axis, sense in zip(axes, senses, strict=True):
        length = (other.size[axis] - 1) * other.spacing[axis] if sense < 0 else 0.0
        for i in range(n):
            origin[i] += length * other.direction[n * i + axis]
    return Geometry(
        tuple(other.size[axis] for axis in axes),
        tuple(other.spacing[axis] for axis in axes),
        tuple(origin),
        tuple(
            sense * other.direction[n * i + axis]
            for i in range(n)
            for axis, sense in zip(axes, senses, strict=True)
        ),
        other.unit,
    )


def orientation(geometry: Geometry) -> str:
    """Where the axes of a 3-D grid lead, most nearly: `LPS` is to the left, back and head."""
    rows = [geometry.direction[i : i + 3] for i in (0, 3, 6)]
    found = ""
    for axis in range(3):
        cosines = [row[axis] for row in rows]
        along = max(range(3), key=lambda i: abs(cosines[i]))
        found += ("RL", "AP", "IS")[along][cosines[along] > 0]
    return found


def _rotation(other: Geometry, reference: Geometry) -> list[list[float]]:
    """The cosines between the axes of the one, in rows, and those of the other."""
    n = reference.dimension
    a, b = reference.direction, other.direction
    return [
        [math.fsum(a[n * k + i] * b[n * k + j] for k in range(n)) for j in range(n)]
        for i in range(n)
    ]


def _turned(rotation: list[list[float]], n: int) -> str:
    if n == 2:
        (a, b), (c, d) = rotation
        mirrored = a * d - b * c < 0
        angle = math.atan2(c, a)
    else:
        (a, b, c), (d, e, f), (g, h, i) = rotation
        mirrored = a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g) < 0
        # Of the angle, the sine tells small ones, the cosine large ones.
        sine = math.hypot(h - f, c - g, d - b) / 2
        angle = math.atan2(sine, (a + e + i - 1) / 2)
    if mirrored:
        along = all(abs(abs(row[i]) - 1) < 1e-4 for i, row in enumerate(rotation))
        return "an axis running the other way" if along else "axes mirrored"
    return f"axes turned by {abs(math.degrees(angle)):.3g}°"


def _sides(numbers: tuple[float, ...]) -> str:
    return " × ".join(f"{number:.6g}" for number in numbers)
