"""`otsu`: where its threshold parts the values of a region."""

from __future__ import annotations

from voxlogica.dataclass import dataclass
from voxlogica.explanations.claims import Claim, bound, told
from voxlogica.explanations.context import Context, Descend, Explained, Explainer
from voxlogica.explanations.places import numbers_of


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


EXPLAINERS: dict[str, Explainer] = {"otsu": _otsu}
