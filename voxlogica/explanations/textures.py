"""`crossCorrelation`: the two histograms that are compared at a voxel."""

from __future__ import annotations

from typing import Any, cast

from voxlogica.dataclass import dataclass
from voxlogica.explanations.claims import Claim, told
from voxlogica.explanations.context import Argument, Context, Descend, Explained, Explainer
from voxlogica.explanations.histograms import Counts, compared, counts, drawn, radius_in_voxels
from voxlogica.explanations.marks import Voxel
from voxlogica.explanations.places import spacing_of
from voxlogica.images.arrays import np


@dataclass(frozen=True, slots=True)
class Correlated(Claim):
    """The correlation of two histograms of equal bins over the values from `low` up to `high`.

    `around` counts the values in the box around the voxel, from the first to the last of `box`;
    `target` those of the other image over its region.
    """

    value: float
    image: str
    other: str
    over: str
    low: float
    high: float
    box: tuple[Voxel, Voxel]
    around: Counts
    target: Counts

    kind = "correlation"

    def sentence(self) -> str:
        """What is compared with what, and both histograms in characters."""
        sides = [b - a + 1 for a, b in zip(*self.box, strict=True)]
        counted, of_target = sum(self.around), sum(self.target)
        over = f" over {self.over}" if self.over else ""
        return (
            f"Correlation {self.value:.3f} of two histograms of {len(self.target)} bins from"
            f" {told(self.low)} to {told(self.high)}:\n"
            f"  {drawn(self.around)[0]}  {self.image} in {'×'.join(map(str, sides))} voxels around"
            f" ({counted:,} counted)\n"
            f"  {drawn(self.target)[0]}  {self.other}{over} ({of_target:,} counted)"
        )


def _cross_correlation(context: Context) -> Explained:
    rho, a, b, over, low, high, bins = context.arguments
    limits = float(context.value(low)), float(context.value(high))
    region = context.value(over)
    return _correlated(context, (a, b), (over.text, region), rho, limits, bins)


def _alike(context: Context) -> Explained:
    a, b, rho, bins = context.arguments
    limits = tuple(float(context.value(context.applied(name, b))) for name in ("min", "max"))
    everywhere = np.ones(context.geometry.shape, np.bool_)
    return _correlated(context, (a, b), ("", everywhere), rho, (limits[0], limits[1]), bins)


def _correlated(
    context: Context,
    images: tuple[Argument, Argument],
    over: tuple[str, Any],
    rho: Argument,
    limits: tuple[float, float],
    bins: Argument,
) -> Explained:
    a, b = images
    low, high = limits
    values = _values(context, a)
    key = ("target", b.position, context.position)
    target = cast(
        "Counts",
        context.once(
            key,
            lambda: counts(_values(context, b), over[1], low, high, int(context.value(bins))),
        ),
    )
    radius = radius_in_voxels(float(context.value(rho)), values.shape, spacing_of(context.geometry))
    found = compared(values, target, low, high, radius, context.voxel[::-1])
    first, last = found.box
    claim = Correlated(
        float(context.own),
        a.text,
        b.text,
        over[0],
        found.low,
        found.high,
        (first[::-1], last[::-1]),
        found.around,
        found.target,
    )
    return Explained(claim, (), tuple(Descend(image) for image in dict.fromkeys(images)))


def _values(context: Context, image: Argument) -> Any:
    """The numbers of an image: of a model of colours, its intensity."""
    array = context.value(image)
    if array.ndim > context.geometry.dimension or array.dtype != np.float32:
        array = context.value(context.applied("intensity", image))
    return array


EXPLAINERS: dict[str, Explainer] = {
    "crossCorrelation": _cross_correlation,
    "~": _alike,
}
