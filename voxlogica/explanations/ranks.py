"""`percentiles`: how many voxels of the region are darker, and which brightness a rank is."""

from __future__ import annotations

from typing import Any

from voxlogica.dataclass import dataclass
from voxlogica.explanations.claims import Claim, counted, told
from voxlogica.explanations.context import Argument, Context, Descend, Explained, Explainer
from voxlogica.explanations.places import numbers_of
from voxlogica.images.arrays import NDArray, np

# The rank outside of the region.
OUTSIDE = -1.0


@dataclass(frozen=True, slots=True)
class Ranked(Claim):
    """The rank of a voxel's value among those of a region's voxels.

    Of `of` voxels, `darker` have a smaller value and `equal` the same, itself included; outside of
    the region the rank is −1, and nothing is counted.
    """

    value: float
    is_inside: bool
    brightness: float
    darker: int
    equal: int
    of: int
    correction: float
    texts: tuple[str, str]

    kind = "rank"

    def sentence(self) -> str:
        """How many are darker."""
        values, region = self.texts
        if not self.is_inside:
            return f"Not in {region}: there the rank is −1."
        said = (
            f"{values} is {told(self.brightness)}: of {counted(self.of, 'voxel')} of {region},"
            f" {self.darker:,} are darker"
        )
        share = f" ({100 * self.darker / self.of:.1f} %)" if self.of else ""
        others = self.equal - 1
        return f"{said}{share}{f', {others:,} as bright' if others > 0 else ''}."


def ranked(context: Context) -> Explained:
    """The voxel's rank, by counting."""
    values, region, correction = context.arguments
    inside = bool(context.at(region))
    here = _number(context, values)
    darker = equal = of = 0
    if inside:
        numbers, within, _ = _ranked_part(context, values, region)
        darker = int(np.count_nonzero((numbers < here) & within))
        equal = int(np.count_nonzero((numbers == here) & within))
        of = int(np.count_nonzero(within))
    claim = Ranked(
        float(context.own),
        inside,
        here,
        darker,
        equal,
        of,
        float(context.value(correction)),
        (values.text, region.text),
    )
    if not inside:
        return Explained(claim, (Descend(region),), (Descend(values),))
    return Explained(claim, (Descend(values),), (Descend(region),))


def brightness_of_rank(
    context: Context, sign: str, rank: Argument, number: float
) -> tuple[str, float | None] | None:
    """The value that begins to satisfy a comparison of its rank, of the text of what is ranked.

    None if what is compared is no rank.
    """
    of = context.within(rank)
    if of is None or of.operator != "percentiles" or sign not in (">", ">=", "<", "<="):
        return None
    values, region, _ = of.arguments

    def found() -> float | None:
        numbers, inside, box = _ranked_part(of, values, region)
        holds = {">": np.greater, ">=": np.greater_equal, "<": np.less, "<=": np.less_equal}[sign]
        satisfying = numbers[holds(of.value(rank)[box], np.float32(number)) & inside]
        satisfying = satisfying[~np.isnan(satisfying)]
        if not satisfying.size:
            return None
        return float(satisfying.min() if sign in (">", ">=") else satisfying.max())

    least: float | None = context.once(("bright", rank.position, sign, number), found)
    return values.text, least


def _number(context: Context, values: Argument) -> float:
    found = context.at(values)
    if isinstance(found, tuple):
        found = context.at(context.applied("intensity", values))
    return float(found)


def _ranked_part(
    context: Context, values: Argument, region: Argument
) -> tuple[NDArray[Any], NDArray[np.bool_], tuple[slice, ...]]:
    """The values and the region, cut out by the box that holds the region, and this box."""
    from voxlogica.kernels.surfaces import box as box_of

    inside = context.value(region)
    nothing = tuple(slice(0, 0) for _ in inside.shape)
    box = context.once(("box", region.position), lambda: box_of(inside) or nothing)
    return numbers_of(context, values)[box], inside[box], box


EXPLAINERS: dict[str, Explainer] = {"percentiles": ranked}
