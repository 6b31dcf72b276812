"""The geometry of an image: where its voxels lie in the patient's space."""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Geometry:
    """Size and placement of a 2-D or 3-D grid of voxels.

    Axes are in the order x, y(, z); an array over the grid has the reversed shape, so that x is
    its fastest axis. Spacing and origin are in the physical unit of the file (millimetres in
    medical images); direction is the row-major matrix of direction cosines.
    """

    size: tuple[int, ...]
    spacing: tuple[float, ...]
    origin: tuple[float, ...]
    direction: tuple[float, ...]

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

    def agrees_with(self, other: Geometry) -> bool:
        """Whether the two place the same grid alike, up to the rounding of file headers."""
        if self == other:
            return True
        if self.size != other.size:
            return False
        steps = self.spacing
        cosines = (1.0,) * len(self.direction)
        return (
            _close(self.spacing, other.spacing, steps, 1e-5)
            and _close(self.origin, other.origin, steps, 1e-3)
            and _close(self.direction, other.direction, cosines, 1e-5)
        )

    def canonical(self) -> bytes:
        """An encoding that is equal exactly for equal geometries, in every run and machine."""
        n = len(self.size)
        return struct.pack(f"<B{n}q", n, *self.size) + struct.pack(
            f"<{2 * n + n * n}d", *(v + 0.0 for v in self.spacing + self.origin + self.direction)
        )

    def __str__(self) -> str:
        return "×".join(map(str, self.size))


def _close(
    a: tuple[float, ...], b: tuple[float, ...], scale: tuple[float, ...], tolerance: float
) -> bool:
    return all(abs(p - q) <= tolerance * s for p, q, s in zip(a, b, scale, strict=True))
