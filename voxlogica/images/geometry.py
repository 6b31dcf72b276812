"""The geometry of an image: where its voxels lie in the patient's space."""

from __future__ import annotations

import math
import struct
from collections.abc import Iterable, Sequence

from voxlogica.dataclass import dataclass, replace

Vector = tuple[float, float, float]

# How many millimetres the units of length are.
_MILLIMETRES = {"mm": 1.0, "um": 1e-3}


@dataclass(frozen=True, slots=True)
class Geometry:
    """Size and placement of a 2-D or 3-D grid of voxels.

    Axes are in the order x, y(, z); an array over the grid has the reversed shape, so that x is
    its fastest axis. Spacing and origin are in `unit`: "mm", "um" (micrometres), or "px" where the
    file knows no length, as a photograph. Direction is the row-major matrix of direction cosines.
    """

    # Among the constants of operations.
    tag = b"G"

    size: tuple[int, ...]
    spacing: tuple[float, ...]
    origin: tuple[float, ...]
    direction: tuple[float, ...]
    unit: str = "mm"

    @staticmethod
    def of_size(*size: int, spacing: tuple[float, ...] | None = None) -> Geometry:
        """The geometry of an image of this size at the origin, of unit spacing unless given."""
        n = len(size)
        identity = tuple(float(i == j) for i in range(n) for j in range(n))
        return Geometry(size, spacing or (1.0,) * n, (0.0,) * n, identity)

    @property
    def dimension(self) -> int:
        """2 or 3."""
        return len(self.size)

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of an array over this grid: (y, x) or (z, y, x)."""
        return self.size[::-1]

    @property
    def voxels(self) -> int:
        """How many voxels the grid has."""
        return math.prod(self.size)

    @property
    def is_unplaced(self) -> bool:
        """Whether it says nothing of where its voxels lie, nor how large they are: pixels."""
        return self.unit == "px" and self == replace(Geometry.of_size(*self.size), unit="px")

    def in_unit(self, unit: str) -> Geometry:
        """The same place in space, its lengths told in another unit; pixels are no length."""
        if self.unit == unit or not {self.unit, unit} <= _MILLIMETRES.keys():
            return replace(self, unit=unit)
        factor = _MILLIMETRES[self.unit] / _MILLIMETRES[unit]
        return replace(
            self,
            spacing=tuple(step * factor for step in self.spacing),
            origin=tuple(place * factor for place in self.origin),
            unit=unit,
        )

    def agrees_with(self, other: Geometry) -> bool:
        """Whether the two place the same grid alike, up to the rounding of file headers.

        Millimetres and micrometres are converted. Mere pixels contradict no place.
        """
        if self == other:
            return True
        if self.size != other.size:
            return False
        if self.is_unplaced or other.is_unplaced:
            return True
        other = other.in_unit(self.unit)
        cosines = (1.0,) * len(self.direction)
        return (
            close(self.spacing, other.spacing, self.spacing, 1e-5)
            and close(self.origin, other.origin, self.spacing, 1e-3)
            and close(self.direction, other.direction, cosines, 1e-5)
        )

    def canonical(self) -> bytes:
        """An encoding that is equal exactly for equal geometries, in every run and machine."""
        n = len(self.size)
        numbers = self.spacing + self.origin + self.direction
        # Millimetres, which nearly all are in, go without saying.
        unit = b"" if self.unit == "mm" else self.unit.encode()
        return (
            struct.pack(f"<B{n}q", n, *self.size)
            + struct.pack(f"<{2 * n + n * n}d", *(v + 0.0 for v in numbers))
            + unit
        )

    def point(self, index: Sequence[float]) -> list[float]:
        """Where an index, which may lie between voxels, is: physical coordinates."""
        n = self.dimension
        steps = [step * at for step, at in zip(self.spacing, index, strict=True)]
        return [
            place
            + math.fsum(
                cosine * step
                for cosine, step in zip(self.direction[n * i : n * i + n], steps, strict=True)
            )
            for i, place in enumerate(self.origin)
        ]

    @property
    def voxel_size(self) -> float:
        """The area or volume of a voxel, in the square or cube of the unit; rounded once."""
        from fractions import Fraction  # with decimal numbers, which cost time to import

        return float(math.prod(map(Fraction, self.spacing)))

    def millilitres(self, voxels: int) -> float | None:
        """The volume of so many voxels; None in 2-D, and where voxels have no size."""
        if self.dimension != 3 or self.unit == "px":
            return None
        return voxels * self.in_unit("mm").voxel_size / 1000

    @property
    def steps(self) -> str:
        """The spacing as it is shown: `0.5×0.5×2 um`; without a unit it is in millimetres."""
        unit = "" if self.unit == "mm" else f" {self.unit}"
        return "×".join(f"{step:g}" for step in self.spacing) + unit

    def __str__(self) -> str:
        return "×".join(map(str, self.size))


def close(
    a: tuple[float, ...], b: tuple[float, ...], scale: tuple[float, ...], tolerance: float
) -> bool:
    """Whether numbers differ by no more than this part of a scale each."""
    return all(abs(p - q) <= tolerance * s for p, q, s in zip(a, b, scale, strict=True))


def vector(numbers: Iterable[float]) -> Vector:
    """Three numbers as a vector."""
    x, y, z = numbers
    return x, y, z


def dot(a: Vector, b: Vector) -> float:
    """The inner product."""
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
