"""Distances to a region, and their comparison with a number: which voxel of it is nearest."""

from __future__ import annotations

import math
from functools import partial

from voxlogica.dataclass import dataclass
from voxlogica.explanations.claims import Claim, place
from voxlogica.explanations.context import Context, Descend, Explained, Explainer
from voxlogica.explanations.marks import Line, Mark, Voxel
from voxlogica.explanations.places import (
    length,
    nearest_edge_to,
    nearest_to,
    region_and_number,
)
from voxlogica.images.arrays import np


@dataclass(frozen=True, slots=True)
class Away(Claim):
    """The distance to a region, as `dt` has it, or, not `signed`, 0 in the region, as `pdt` has it.

    `nearest` is the voxel that it leads to. Outside the region that is its nearest voxel; inside,
    of a signed distance, the nearest of its edge, which are those next to one outside; of another,
    the voxel itself. None where there is no such voxel.
    """

    value: float
    region: str
    inside: bool
    signed: bool
    nearest: Voxel | None
    unit: str

    kind = "distance"

    def sentence(self) -> str:
        """Which voxel is nearest, and how far it is."""
        if self.nearest is None:
            return f"{self.region} is {'the whole image' if self.inside else 'empty'}."
        away = length(abs(self.value), self.unit)
        if not self.inside:
            return f"The nearest voxel of {self.region}, {place(self.nearest)}, is {away} away."
        if not self.signed:
            return f"In {self.region}, where the distance is 0."
        if not self.value:
            return f"On the edge of {self.region}."
        return f"In {self.region}, {away} from its edge, which is nearest at {place(self.nearest)}."


@dataclass(frozen=True, slots=True)
class AwayCompared(Claim):
    """A region's distance, 0 inside of it, compared with a number: `sign` is `<=` or `>=`.

    The `distance` is that of the voxel `nearest`, of the region; infinite where there is none.
    """

    value: bool
    region: str
    distance: float
    nearest: Voxel | None
    sign: str
    number: float
    unit: str

    kind = "distance compared"

    def sentence(self) -> str:
        """How far the region is, and how that compares."""
        if self.nearest is None:
            return f"{self.region} is empty: it is nowhere near."
        within = length(self.number, self.unit)
        if not self.distance:
            away = f"The voxel itself is in {self.region}"
        else:
            away = (
                f"The nearest voxel of {self.region}, {place(self.nearest)}, is"
                f" {length(self.distance, self.unit)} away"
            )
        if math.isnan(self.number):
            return f"{away}, but nothing compares with nan."
        at_most = self.value if self.sign == "<=" else not self.value
        by_equal = self.distance == self.number
        compared = ("just" if by_equal else "within" if at_most else "more than") + f" {within}"
        return f"{away}: {compared}."


def _away(context: Context, *, signed: bool) -> Explained:
    (region,) = context.arguments
    inside = bool(context.at(region))
    look = nearest_edge_to if signed and inside else nearest_to
    at, _ = look(context, context.value(region))
    claim = Away(float(context.own), region.text, inside, signed, at, context.geometry.unit)
    return Explained(claim, (), (Descend(region),), _line(context, at))


def _compared(context: Context, *, sign: str) -> Explained:
    region, number = region_and_number(context)
    at, distance = nearest_to(context, context.value(region))
    claim = AwayCompared(
        bool(context.own),
        region.text,
        distance,
        at,
        sign,
        float(np.float32(context.value(number))),
        context.geometry.unit,
    )
    because = (Descend(region, at),) if at is not None and claim.value == (sign == "<=") else ()
    return Explained(claim, because, () if because else (Descend(region),), _line(context, at))


def _line(context: Context, at: Voxel | None) -> tuple[Mark, ...]:
    return () if at is None or at == context.voxel else (Line(context.voxel, at),)


EXPLAINERS: dict[str, Explainer] = {
    "dt": partial(_away, signed=True),
    "pdt": partial(_away, signed=False),
    "distleq": partial(_compared, sign="<="),
    "distgeq": partial(_compared, sign=">="),
    "dilate": partial(_compared, sign="<="),
}
