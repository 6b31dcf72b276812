"""Places that an explanation points at: what viewers draw, and `--save` writes as regions."""

from __future__ import annotations

from typing import Any

from voxlogica.dataclass import dataclass

Voxel = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Point:
    """One voxel."""

    at: Voxel

    def to_json(self) -> dict[str, Any]:
        """As viewers draw it."""
        return {"kind": "point", "at": [*self.at]}


@dataclass(frozen=True, slots=True)
class Path:
    """Voxels one after another; the one of the number `narrowest` is in the narrowest place."""

    points: tuple[Voxel, ...]
    narrowest: int

    def to_json(self) -> dict[str, Any]:
        """As viewers draw it."""
        points = [[*point] for point in self.points]
        return {"kind": "path", "points": points, "narrowest": self.narrowest}


@dataclass(frozen=True, slots=True)
class Ball:
    """All within a radius, in the image's unit of length, of a voxel's centre."""

    at: Voxel
    radius: float

    def to_json(self) -> dict[str, Any]:
        """As viewers draw it."""
        return {"kind": "ball", "at": [*self.at], "radius": float(self.radius)}


@dataclass(frozen=True, slots=True)
class Line:
    """From one voxel straight to another."""

    start: Voxel
    end: Voxel

    def to_json(self) -> dict[str, Any]:
        """As viewers draw it."""
        return {"kind": "line", "from": [*self.start], "to": [*self.end]}


Mark = Point | Path | Ball | Line
