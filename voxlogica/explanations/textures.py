"""`crossCorrelation`: the two histograms that are compared at a voxel."""

from __future__ import annotations

from typing import Any, cast

from voxlogica.dataclass import dataclass
from voxlogica.explanations.claims import Claim, told
from voxlogica.explanations.context import Argument, Context, Descend, Explained, Explainer
from voxlogica.explanations.histograms import Counts, compared, counts, drawn, radius_in_voxels
from voxlogica.explanations.marks import Voxel
from voxlogica.explanations.places import numbers_of, spacing_of
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
        """What is compared with what."""
        sides = "×".join(str(b - a + 1) for a, b in zip(*self.box, strict=True))
        over = f" over {self.over}" if self.over else ""
        return (
            f"Correlation {self.value:.3f} of two histograms of {len(self.target)} bins from"
            f" {told(self.low)} to {told(self.high)}: of {self.image} in the {sides} voxels around"
            f" ({sum(self.around):,} counted), and of {self.other}{over}"
            f" ({sum(self.target):,} counted)."
        )

    def drawing(self, columns: int) -> tuple[str, ...]:
        """Both histograms, one below the other, and what their bins go from and to."""
        names = ("around", self.over or "everywhere")
        margin = min(max(map(len, names)), columns // 3)
        room = max(columns - margin - 1, 1)
        bars = [drawn(counts, room)[0] for counts in (self.around, self.target)]
        width = len(bars[0])
        low, high = told(self.low), told(self.high)
        lines = [f"{name[:margin]:>{margin}} {bar}" for name, bar in zip(names, bars, strict=True)]
        if len(low) + len(high) < width:
            lines.append(f"{'':{margin}} {low}{high:>{width - len(low)}}")
        return tuple(line.rstrip() for line in lines)


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
    values = numbers_of(context, a)
    key = ("target", b.position, context.position)
    target = cast(
        "Counts",
        context.once(
            key,
            lambda: counts(numbers_of(context, b), over[1], low, high, int(context.value(bins))),
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
    folded = {image.position: Descend(image) for image in images}
    return Explained(claim, (), tuple(folded.values()))


EXPLAINERS: dict[str, Explainer] = {
    "crossCorrelation": _cross_correlation,
    "~": _alike,
}
