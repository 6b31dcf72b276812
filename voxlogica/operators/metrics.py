"""Two regions compared, what was found with the truth: overlaps, distances, lesions."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

from voxlogica import kernels
from voxlogica.images.arrays import NDArray, np
from voxlogica.images.image import Image
from voxlogica.operators.pairs import (
    DISTANCES,
    BorderDistances,
    border_of,
    distances_between,
    matched_lesions,
    overlap_of,
)
from voxlogica.operators.signature import (
    MASK,
    NUMBER,
    Cost,
    Operator,
    OperatorParameter,
    Type,
    register,
    sequence_of,
)
from voxlogica.remarks import remark_empty


class Basis(NamedTuple):
    """What is found once of a pair of regions: operations of `pairs.py`, and what they give.

    The last joins what the others make of each region; it may take numbers, too. Of what it gives,
    of a sequence item by item, it is told whether the found region is `empty`, and the true one.
    """

    operations: tuple[str, ...]
    find: Callable[..., Any]
    type: Type
    empty: Callable[..., tuple[bool, bool]]
    numbers: tuple[OperatorParameter, ...] = ()


class Metric(NamedTuple):
    """A metric: its names, what it is computed of, how, and the manual; rules share its basis.

    `own` are its parameters beside the two regions, and those of its basis. One may be there
    `in_all_programs`, without the import. It follows a rule where a region is empty, and remarks
    on that, unless it is `by_formula` even there.
    """

    names: tuple[str, ...]
    basis: Basis
    formula: Callable[..., float | list[float]]
    manual: str
    own: tuple[OperatorParameter, ...] = ()
    in_all_programs: bool = False
    result: Type = NUMBER
    by_formula: bool = False

    @property
    def name(self) -> str:
        """The operator's own."""
        return self.names[0] if self.in_all_programs else f"metrics.{self.names[0]}"

    @property
    def of_basis(self) -> str:
        """The operation that computes it of its basis: `diceOf`, `volumeSimilarityOf`."""
        first, *others = self.names[0].split("_")
        return "".join((first, *(word.capitalize() for word in others), "Of"))


def _share(part: float, whole: float, same: bool) -> float:
    """A part of a whole; where there is no whole, 1 if both regions are the same, else 0."""
    return part / whole if whole else float(same)


_OVERLAP = Basis(
    ("overlapOf",),
    overlap_of,
    sequence_of(NUMBER),
    lambda both, extra, missed, _: (not both + extra, not both + missed),
)


def _ruled(formula: Callable[..., float]) -> Callable[[BorderDistances], float]:
    """A distance of those there and back; by rule where one of the regions is empty, or both."""

    def distance(distances: BorderDistances) -> float:
        rule = distances.by_rule
        return formula(distances.there, distances.back) if rule is None else rule

    return distance


def _nsd(distances: BorderDistances, mm: float) -> float:
    if distances.by_rule is not None:
        return float(distances.by_rule == 0)
    # As images are compared with numbers, so that three steps of 0.1 are within 0.3.
    every = _all(distances.there, distances.back).astype(np.float32)
    with np.errstate(all="ignore"):
        return int(np.count_nonzero(every <= np.float32(mm))) / every.size


def _all(*ways: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.concatenate(ways)


_BORDERS = Basis(
    ("borderOf", "distancesBetween"),
    lambda found, truth: distances_between(border_of(found), border_of(truth)),
    DISTANCES,
    lambda distances: distances.empty,
)

_OF_OVERLAPS = (
    Metric(("dice",), _OVERLAP,
           lambda both, extra, missed, _: _share(2 * both, 2 * both + extra + missed, True), """
        Dice's score: how much the two regions overlap, from 0 to 1.

        Twice the voxels that they share, divided by those of the one and of the other together. 1
        where both are empty, 0 where one is. The same the other way round.

        Example: metrics.dice(found, truth)
        """),
    Metric(("jaccard", "iou"), _OVERLAP,
           lambda both, extra, missed, _: _share(both, both + extra + missed, True), """
        Jaccard's index, intersection over union, from 0 to 1.

        The voxels that the two regions share, divided by those that are in at least one. 1 where
        both are empty, 0 where one is. The same the other way round.

        Example: metrics.jaccard(found, truth)
        """),
    Metric(("sensitivity", "recall"), _OVERLAP,
           lambda both, extra, missed, _: _share(both, both + missed, not extra), """
        The share of the truth that was found, from 0 to 1.

        1 where both are empty, 0 where one is.

        Example: metrics.sensitivity(found, truth)
        """),
    Metric(("specificity",), _OVERLAP,
           lambda _, extra, missed, neither: _share(neither, neither + extra, not missed), """
        The share of what is outside the truth that was left alone, from 0 to 1.

        All voxels of the image count, also those outside the brain: the larger the image, the
        nearer to 1. To count in a part of it, say so: `volume(brain \\ (found | truth)) /
        volume(brain \\ truth)`. Where the truth is the whole image, 1 if the found region is, too,
        else 0.

        Example: metrics.specificity(found, truth)
        """, by_formula=True),
    Metric(("precision",), _OVERLAP,
           lambda both, extra, missed, _: _share(both, both + extra, not missed), """
        The share of what was found that is true, from 0 to 1.

        1 where both are empty, 0 where one is.

        Example: metrics.precision(found, truth)
        """),
    Metric(("accuracy",), _OVERLAP,
           lambda both, extra, missed, neither:
           (both + neither) / (both + extra + missed + neither), """
        The share of the image's voxels that are in both regions, or in neither.

        As with `specificity`, the larger the image, the nearer to 1. The same the other way round.

        Example: metrics.accuracy(found, truth)
        """, by_formula=True),
    Metric(("volume_similarity",), _OVERLAP,
           lambda both, extra, missed, _:
           1 - _share(abs(extra - missed), 2 * both + extra + missed, False), """
        How alike the two regions are in size, from 0 to 1, wherever they lie.

        1 − |A − B| / (A + B), of regions of A and B voxels. 1 where both are empty, 0 where one is.
        The same the other way round.

        Example: metrics.volume_similarity(found, truth)
        """),
)  # fmt: skip

# What every manual of a distance says.
_RULES = """In the unit of the image's spacing, millimetres in medical images.
        The border of a region is its voxels with a neighbour across a face outside it; what is
        beyond the image is outside. Distances are those of voxel centres. 0 where both are empty;
        where one is, the image's diagonal, size times spacing. The same the other way round."""

_OF_DISTANCES = (
    Metric(("hd",), _BORDERS, _ruled(lambda *ways: max(float(way.max()) for way in ways)), f"""
        Hausdorff's distance: how far the borders of two regions are apart, at most.

        The greatest of the distances of each border voxel of either to the nearest of the other's:
        one wrong voxel decides it; `hd95_max` passes over the worst.

        {_RULES}

        Example: metrics.hd(found, truth)
        """),
    Metric(("hd95",), _BORDERS,
           _ruled(lambda *ways: kernels.surfaces.quantile(_all(*ways), 0.95)), f"""
        95 % of the distances between two borders are at most this: of both directions together.

        The 95th percentile, linearly interpolated, of the distances of each border voxel of either
        region to the nearest of the other's, pooled: as MedPy and VoxLogicA 2. `hd95_max`, the
        greater of the two directions' percentiles, is what Metrics Reloaded and MONAI call HD95: on
        a pair of tumours it was 21.4 where this is 16.4; DeepMind's surface-distance, which weighs
        voxels by the area of surface that they stand for, had 21.1. Say which one is meant.

        {_RULES}

        Example: hd95(found, truth)
        """, in_all_programs=True),
    Metric(("hd95_max",), _BORDERS,
           _ruled(lambda *ways: max(kernels.surfaces.quantile(way, 0.95) for way in ways)), f"""
        The greater of the two directions' 95th percentiles of the distances between two borders.

        Of the distances of each region's border voxels to the nearest of the other's, the 95th
        percentile, linearly interpolated; of the two, the greater: as Metrics Reloaded and MONAI.
        `hd95` pools the two directions, which gives less where a part of one region is missed.

        {_RULES}

        Example: metrics.hd95_max(found, truth)
        """),
    Metric(("assd",), _BORDERS,
           _ruled(lambda *ways: math.fsum(_all(*ways).tolist()) / sum(map(len, ways))), f"""
        The average symmetric surface distance: the mean of all distances between two borders.

        Of each border voxel of either region to the nearest of the other's, all counting alike, as
        MedPy and Metrics Reloaded, whose MASD is the mean of the two directions' means.

        {_RULES}

        Example: metrics.assd(found, truth)
        """),
    Metric(("nsd",), _BORDERS, _nsd, """
        The normalised surface distance: the share of both borders within a tolerance, 0 to 1.

        How many border voxels of either region are at most `mm` from the nearest of the other's,
        divided by how many there are. Distances and tolerance are compared as float32, as
        `distleq` does: three steps of 0.1 are within 0.3. Borders and distances are those of `hd`;
        DeepMind's surface-distance weighs voxels by the area of surface that they stand for. 1
        where both regions are empty, 0 where one is. The same the other way round.

        Example: nsd(found, truth, 2)
        """, (OperatorParameter("mm", NUMBER),), in_all_programs=True),
)  # fmt: skip


_LESIONS = Basis(
    ("matchedLesions",),
    matched_lesions,
    sequence_of(NUMBER),
    lambda hit, missed, false: (not hit + false, not hit + missed),
    (
        OperatorParameter("least", NUMBER, "1"),
        OperatorParameter("iou", NUMBER, "0"),
        OperatorParameter("dilation", NUMBER, "0"),
    ),
)

_OF_LESIONS = (
    Metric(("lesions",), _LESIONS, lambda *counts: [*counts], """
        How many true components were found, how many were missed, how many found ones are false.

        As `[found, missed, false positives]`. A true component, of voxels next to each other (26
        neighbours, 8 in 2-D), is found if it shares a voxel with one that was found; a found one
        that shares none with a true one is a false positive. Components of fewer than `least`
        voxels are left out, of both regions, before they are compared. With an `iou` above 0, two
        match only if of the voxels in either they share at least that part. With a `dilation`, the
        truth is dilated by so much, in millimetres, before all else, so that parts near each other
        are one lesion, and what was found beside it counts; `least` still counts its own voxels.

        Example: metrics.lesions(found, truth, 3)
        """, result=sequence_of(NUMBER), by_formula=True),
    Metric(("lesion_sensitivity",), _LESIONS,
           lambda hit, missed, false: _share(hit, hit + missed, not false), """
        The share of the true components that were found, from 0 to 1.

        found / (found + missed), as `lesions` counts them, with the same arguments. 1 where neither
        region has a component, 0 where one has none.

        Example: metrics.lesion_sensitivity(found, truth)
        """),
    Metric(("lesion_precision",), _LESIONS,
           lambda hit, missed, false: _share(hit, hit + false, not missed), """
        The share of what was found that is true, component by component, from 0 to 1.

        found / (found + false positives), as `lesions` counts them, with the same arguments: one
        that covers two true components counts as two. 1 where neither region has a component, 0
        where one has none.

        Example: metrics.lesion_precision(found, truth)
        """),
    Metric(("lesion_f1",), _LESIONS,
           lambda hit, missed, false: _share(2 * hit, 2 * hit + missed + false, True), """
        The F1 score of components: sensitivity and precision in one, from 0 to 1.

        2 · found / (2 · found + missed + false positives), as `lesions` counts them, with the same
        arguments: as in the ISLES challenges. 1 where neither region has a component, 0 where one
        has none.

        Example: metrics.lesion_f1(found, truth, 1, 0.1)
        """),
)  # fmt: skip

METRICS = (*_OF_OVERLAPS, *_OF_DISTANCES, *_OF_LESIONS)


_REGIONS = ("found", "truth")
# Results of the first were kept without what is to be remarked on them.
_VERSION = 2


def _declare(metric: Metric) -> None:
    """The metric, and the operation of its basis that a rule makes of it."""
    basis = metric.basis

    def of_basis(found: Any, *own: float) -> Any:
        parts = found if isinstance(found, list) else (found,)
        if not metric.by_formula:
            remark_empty(*basis.empty(*parts))
        return metric.formula(*parts, *own)

    def compare(found: Image, truth: Image, *numbers: float) -> Any:
        own = numbers[: len(metric.own)]
        return of_basis(basis.find(found, truth, *numbers[len(own) :]), *own)

    regions = tuple(OperatorParameter(name, MASK) for name in _REGIONS)
    declared = Operator(
        metric.name,
        (*regions, *metric.own, *basis.numbers),
        metric.result,
        compare,
        metric.manual,
        version=_VERSION,
        remarks=not metric.by_formula,
        namespace="" if metric.in_all_programs else "metrics",
        heading="distance" if metric.in_all_programs else "metrics",
    )
    for namespace in ("metrics", "") if metric.in_all_programs else ("metrics",):
        register(declared, metric.names, namespace)
    *of_each, joined = basis.operations
    regions_of = [f"{name}({of})" if (name := "".join(of_each)) else of for of in _REGIONS]
    numbers = "".join(", 2" for _ in metric.own)
    sentence = f"The metric `{metric.names[0]}`, of what others of the same regions need, too."
    register(
        Operator(
            metric.of_basis,
            (OperatorParameter("of", basis.type), *metric.own),
            metric.result,
            of_basis,
            f"{sentence}\n\nExample: {metric.of_basis}({joined}({', '.join(regions_of)}){numbers})",
            Cost.MOMENT,
            version=_VERSION,
            remarks=not metric.by_formula,
            heading="pairs",
        ),
        [metric.of_basis],
    )


for metric in METRICS:
    _declare(metric)
