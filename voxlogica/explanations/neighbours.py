"""`near`, `interior` and the boundary: which of the voxels around decides."""

from __future__ import annotations

import math
from functools import partial

from voxlogica.dataclass import dataclass
from voxlogica.explanations.claims import Claim, place
from voxlogica.explanations.context import Context, Descend, Explained, Explainer
from voxlogica.explanations.marks import Mark, Point, Voxel
from voxlogica.explanations.places import length, nearest_to, next_to


@dataclass(frozen=True, slots=True)
class NextTo(Claim):
    """Whether a region has the voxel or one of the 8 (26) around it.

    Where it has, `at` is the nearest of these, the first in raster order of equal ones: the voxel
    itself, if it is in the region. Elsewhere it is the nearest voxel of the region, `away` in the
    unit of lengths; None of an empty region. With `outside`, the voxel itself must not be in it.
    """

    value: bool
    region: str
    at: Voxel | None
    away: float | None
    unit: str
    outside: bool

    kind = "near"

    def sentence(self) -> str:
        """Which voxel of the region is near."""
        if self.at is None or self.away is None:
            return f"{self.region} is empty."
        if not self.away:
            return f"The voxel itself is in {self.region}."
        if self.value:
            return f"Next to {place(self.at)}, which is in {self.region}."
        return (
            f"{self.region} is more than a step away: its nearest voxel, {place(self.at)}, is"
            f" {length(self.away, self.unit)} from here."
        )


@dataclass(frozen=True, slots=True)
class Within(Claim):
    """Whether a region has the voxel and all that are around it in the image.

    Else, `outside` is the nearest that it does not have, the first in raster order of equal ones:
    the voxel itself, if it is not in the region.
    """

    value: bool
    region: str
    outside: Voxel | None
    itself: bool

    kind = "interior"

    def sentence(self) -> str:
        """Which neighbour is outside."""
        if self.outside is None:
            return f"In {self.region}, as are all voxels around it."
        if self.itself:
            return f"Not in {self.region}."
        return f"{place(self.outside)}, next to it, is not in {self.region}."


def _near(context: Context, *, outside: bool) -> Explained:
    (region,) = context.arguments
    array = context.value(region)
    at = next_to(context, array, context.voxel) or nearest_to(context, array)[0]
    away = None if at is None else _away(context, at)
    claim = NextTo(bool(context.own), region.text, at, away, context.geometry.unit, outside)
    marks: tuple[Mark, ...] = () if at is None or at == context.voxel else (Point(at),)
    decisive = at if claim.value or not away else None
    if decisive is None:
        return Explained(claim, (), (Descend(region),), marks)
    return Explained(claim, (Descend(region, decisive),), (), marks)


def _interior(context: Context) -> Explained:
    (region,) = context.arguments
    outside = next_to(context, ~context.value(region), context.voxel)
    claim = Within(bool(context.own), region.text, outside, outside == context.voxel)
    if outside is None:
        return Explained(claim, (Descend(region),))
    marks = () if claim.itself else (Point(outside),)
    return Explained(claim, (Descend(region, outside),), (), marks)


def _away(context: Context, at: Voxel) -> float:
    """How far a voxel is from the one that is explained."""
    pairs = zip(at, context.voxel, context.geometry.spacing, strict=True)
    return math.sqrt(sum(((a - b) * step) ** 2 for a, b, step in pairs))


EXPLAINERS: dict[str, Explainer] = {
    "near": partial(_near, outside=False),
    "N": partial(_near, outside=False),
    "interior": _interior,
    "I": _interior,
    "B+": partial(_near, outside=True),
}
