"""`crossCorrelation`: the two histograms that are compared at a voxel.

What works on arrays has indices and spacings in the order of an array's axes, (z, y, x) or (y, x).
"""

from __future__ import annotations

from typing import Any

from voxlogica.dataclass import dataclass
from voxlogica.explanations.boxes import Index, around
from voxlogica.explanations.claims import Claim, told
from voxlogica.explanations.context import Argument, Context, Descend, Explained, Explainer
from voxlogica.explanations.marks import Voxel
from voxlogica.explanations.places import numbers_of, spacing_of
from voxlogica.images.arrays import NDArray, np
from voxlogica.kernels.histograms import bin_numbers, histogram

Counts = tuple[int, ...]

# Heights of bars, in eighths of a line of text.
_BARS = " ▁▂▃▄▅▆▇█"


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
        bars = [drawn(counts, room) for counts in (self.around, self.target)]
        width = len(bars[0])
        low, high = told(self.low), told(self.high)
        lines = [f"{name[:margin]:>{margin}} {bar}" for name, bar in zip(names, bars, strict=True)]
        if len(low) + len(high) < width:
            lines.append(f"{'':{margin}} {low}{high:>{width - len(low)}}")
        return tuple(line.rstrip() for line in lines)


def _cross_correlation(context: Context) -> Explained:
    rho, a, b, over, low, high, bins = context.arguments
    limits = _single(context.value(low)), _single(context.value(high))
    return _correlated(context, (a, b), (over.text, context.value(over)), rho, limits, bins)


def _alike(context: Context) -> Explained:
    a, b, rho, bins = context.arguments
    low, high = (_single(context.value(context.applied(name, b))) for name in ("min", "max"))
    everywhere = np.ones(context.geometry.shape, np.bool_)
    return _correlated(context, (a, b), ("", everywhere), rho, (low, high), bins)


def _single(number: Any) -> float:
    """A number as the operator has it, rounded to float32."""
    return float(np.float32(number))


def _correlated(
    context: Context,
    images: tuple[Argument, Argument],
    over: tuple[str, Any],
    rho: Argument,
    limits: tuple[float, float],
    bins: Argument,
) -> Explained:
    a, b = images
    over_text, region = over
    low, high = limits
    values = numbers_of(context, a)
    target: Counts = context.once(
        ("target", b.position, context.position),
        lambda: counts(numbers_of(context, b), region, low, high, int(context.value(bins))),
    )
    radius = radius_in_voxels(float(context.value(rho)), values.shape, spacing_of(context.geometry))
    box = around(context.voxel[::-1], radius, values.shape)
    part = values[box]
    claim = Correlated(
        float(context.own),
        a.text,
        b.text,
        over_text,
        low,
        high,
        (tuple(side.start for side in box[::-1]), tuple(side.stop - 1 for side in box[::-1])),
        counts(part, np.ones(part.shape, np.bool_), low, high, len(target)),
        target,
    )
    folded = {image.position: Descend(image) for image in images}
    return Explained(claim, (), tuple(folded.values()))


def radius_in_voxels(rho: float, shape: tuple[int, ...], spacing: tuple[float, ...]) -> Index:
    """How far the box around a voxel reaches along each axis, as `crossCorrelation` rounds it."""
    return tuple(
        round(min(max(rho / step, 1.0), float(side)))
        for step, side in zip(spacing, shape, strict=True)
    )


def counts(
    values: NDArray[np.float32], region: NDArray[np.bool_], low: float, high: float, bins: int
) -> Counts:
    """How many float32 values of a region are in each of some equal bins from `low` to `high`."""
    # Mostly the region is a small part of the image: only its values are counted.
    counted = values[region]
    numbers = bin_numbers(counted, low, high, bins)
    return tuple(histogram(numbers, np.ones(counted.shape, np.bool_), bins).tolist())


def drawn(heights: Counts, columns: int) -> str:
    """A histogram as a line of characters: bins that stand together are added."""
    together = -(-len(heights) // columns)
    sums = [sum(heights[i : i + together]) for i in range(0, len(heights), together)]
    most = max(max(sums), 1)
    # What is there is seen: at least an eighth.
    return "".join(_BARS[-(-8 * n // most)] for n in sums)


EXPLAINERS: dict[str, Explainer] = {
    "crossCorrelation": _cross_correlation,
    "~": _alike,
}
