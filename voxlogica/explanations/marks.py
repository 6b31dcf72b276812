"""Places that an explanation points at: what viewers draw, and `--save` writes as regions."""

from __future__ import annotations

from typing import Any

from voxlogica.dataclass import dataclass
from voxlogica.explanations.claims import plain

Voxel = tuple[int, ...]
# What JSON calls data whose names it has otherwise.
_IN_JSON = {"start": "from", "end": "to"}


class Mark:
    """What is pointed at."""

    __slots__ = ()

    def to_json(self) -> dict[str, Any]:
        """Its kind and its data, as viewers draw it."""
        data = {_IN_JSON.get(n, n): plain(getattr(self, n)) for n in type(self).__annotations__}
        return {"kind": type(self).__name__.lower(), **data}


@dataclass(frozen=True, slots=True)
class Point(Mark):
    """One voxel."""

    at: Voxel


@dataclass(frozen=True, slots=True)
class Path(Mark):
    """Voxels one after another; the one of the number `narrowest` is in the narrowest place."""

    points: tuple[Voxel, ...]
    narrowest: int


@dataclass(frozen=True, slots=True)
class Ball(Mark):
    """All within a radius, in the image's unit of length, of a voxel's centre."""

    at: Voxel
    radius: float


@dataclass(frozen=True, slots=True)
class Line(Mark):
    """From one voxel straight to another."""

    start: Voxel
    end: Voxel
