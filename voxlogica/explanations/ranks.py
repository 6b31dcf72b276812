"""Where a value is among those of a region: its rank, and on which side of Otsu's threshold.

`percentiles`: how many voxels of the region are darker, and which brightness a rank is. `otsu`:
where its threshold parts the values.
"""

from __future__ import annotations

from typing import Any

from voxlogica.dataclass import dataclass
from voxlogica.explanations.claims import Claim, bound, counted, told
from voxlogica.explanations.context import Argument, Context, Descend, Explained, Explainer
from voxlogica.explanations.places import brightness_at, numbers_of
from voxlogica.images.arrays import NDArray, np
from voxlogica.kernels.surfaces import box as box_of

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


@dataclass(frozen=True, slots=True)
class Split(Claim):
    """Whether a voxel of a region is above Otsu's threshold, which lies between two values.

    `above` is the least of the region's values above it, `below` the greatest of the others; None
    where there is none.
    """

    value: bool
    image: str
    region: str
    inside: bool
    brightness: float
    below: float | None
    above: float | None

    kind = "otsu"

    def sentence(self) -> str:
        """On which side of the threshold the value is."""
        if not self.inside:
            return f"Not in {self.region}."
        said = f"{self.image} is {told(self.brightness)}"
        if self.above is None:
            return f"{said}: the values of {self.region} are not parted in two."
        above = bound("exactly", self.above)
        return f"{said}: in {self.region}, what is above Otsu's threshold begins at {above}."


def ranked(context: Context) -> Explained:
    """The voxel's rank, by counting."""
    values, region, correction = context.arguments
    inside = bool(context.at(region))
    here = brightness_at(context, values)
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


def _ranked_part(
    context: Context, values: Argument, region: Argument
) -> tuple[NDArray[Any], NDArray[np.bool_], tuple[slice, ...]]:
    """The values and the region, cut out by the box that holds the region, and this box."""
    inside = context.value(region)
    nothing = tuple(slice(0, 0) for _ in inside.shape)
    box = context.once(("box", region.position), lambda: box_of(inside) or nothing)
    return numbers_of(context, values)[box], inside[box], box


def _otsu(context: Context) -> Explained:
    values, region, _ = context.arguments
    numbers, inside = numbers_of(context, values), bool(context.at(region))
    above = context.value(context.position)

    def found() -> tuple[float | None, float | None]:
        lower = numbers[context.value(region) & ~above]
        # What is not a number is on neither side.
        lower, upper = lower[lower == lower], numbers[above]
        return (
            float(lower.max()) if lower.size else None,
            float(upper.min()) if upper.size else None,
        )

    claim = Split(
        bool(context.own),
        values.text,
        region.text,
        inside,
        float(numbers[context.voxel[::-1]]),
        *context.once(("otsu", context.position), found),
    )
    decided, other = (values, region) if inside else (region, values)
    return Explained(claim, (Descend(decided),), (Descend(other),))


EXPLAINERS: dict[str, Explainer] = {"percentiles": ranked, "otsu": _otsu}
