"""Two regions compared, what was found with the truth: overlaps, distances, lesions."""

from __future__ import annotations

from collections.abc import Callable
from inspect import cleandoc
from typing import Any, NamedTuple

from voxlogica.images.image import Image
from voxlogica.operators.pairs import overlap_of
from voxlogica.operators.signature import (
    MASK,
    NUMBER,
    Cost,
    Operator,
    Parameter,
    Type,
    register,
    sequence_of,
)


class Basis(NamedTuple):
    """What is found once of a pair of regions: operations of `pairs.py`, and what they give."""

    operations: tuple[str, ...]
    find: Callable[..., Any]
    type: Type


class Metric(NamedTuple):
    """A metric: its names, what it is computed of, how, and the manual; rules share its basis.

    `own` are its parameters beside the two regions.
    """

    names: tuple[str, ...]
    basis: Basis
    formula: Callable[..., float]
    manual: str
    own: tuple[Parameter, ...] = ()

    @property
    def name(self) -> str:
        """The operator's own."""
        return f"metrics.{self.names[0]}"

    @property
    def of_basis(self) -> str:
        """The operation that computes it of its basis: `diceOf`, `volumeSimilarityOf`."""
        first, *others = self.names[0].split("_")
        return "".join((first, *(word.capitalize() for word in others), "Of"))


def _share(part: float, whole: float, same: bool) -> float:
    """A part of a whole; where there is no whole, 1 if both regions are the same, else 0."""
    return part / whole if whole else float(same)


def _dice(overlap: list[float]) -> float:
    both, extra, missed, _ = overlap
    return _share(2 * both, 2 * both + extra + missed, True)


def _jaccard(overlap: list[float]) -> float:
    both, extra, missed, _ = overlap
    return _share(both, both + extra + missed, True)


def _sensitivity(overlap: list[float]) -> float:
    both, extra, missed, _ = overlap
    return _share(both, both + missed, not extra)


def _specificity(overlap: list[float]) -> float:
    _, extra, missed, neither = overlap
    return _share(neither, neither + extra, not missed)


def _precision(overlap: list[float]) -> float:
    both, extra, missed, _ = overlap
    return _share(both, both + extra, not missed)


def _accuracy(overlap: list[float]) -> float:
    both, extra, missed, neither = overlap
    return (both + neither) / (both + extra + missed + neither)


def _volume_similarity(overlap: list[float]) -> float:
    both, extra, missed, _ = overlap
    return 1 - _share(abs(extra - missed), 2 * both + extra + missed, False)


_OVERLAP = Basis(("overlapOf",), overlap_of, sequence_of(NUMBER))

METRICS = (
    Metric(("dice",), _OVERLAP, _dice, """
        Dice's score: how much the two regions overlap, from 0 to 1.

        Twice the voxels that they share, divided by those of the one and of the other together. 1
        where both are empty, 0 where one is. The same the other way round.

        Example: metrics.dice(found, truth)
        """),
    Metric(("jaccard", "iou"), _OVERLAP, _jaccard, """
        Jaccard's index, intersection over union, from 0 to 1.

        The voxels that the two regions share, divided by those that are in at least one. 1 where
        both are empty, 0 where one is. The same the other way round.

        Example: metrics.jaccard(found, truth)
        """),
    Metric(("sensitivity", "recall"), _OVERLAP, _sensitivity, """
        The share of the truth that was found, from 0 to 1.

        1 where both are empty, 0 where one is.

        Example: metrics.sensitivity(found, truth)
        """),
    Metric(("specificity",), _OVERLAP, _specificity, """
        The share of what is outside the truth that was left alone, from 0 to 1.

        All voxels of the image count, also those outside the brain: the larger the image, the
        nearer to 1. To count in a part of it, say so: `volume(brain \\ (found | truth)) /
        volume(brain \\ truth)`. Where the truth is the whole image, 1 if the found region is, too,
        else 0.

        Example: metrics.specificity(found, truth)
        """),
    Metric(("precision",), _OVERLAP, _precision, """
        The share of what was found that is true, from 0 to 1.

        1 where both are empty, 0 where one is.

        Example: metrics.precision(found, truth)
        """),
    Metric(("accuracy",), _OVERLAP, _accuracy, """
        The share of the image's voxels that are in both regions, or in neither.

        As with `specificity`, the larger the image, the nearer to 1. The same the other way round.

        Example: metrics.accuracy(found, truth)
        """),
    Metric(("volume_similarity",), _OVERLAP, _volume_similarity, """
        How alike the two regions are in size, from 0 to 1, wherever they lie.

        1 − |A − B| / (A + B), of regions of A and B voxels. 1 where both are empty, 0 where one is.
        The same the other way round.

        Example: metrics.volume_similarity(found, truth)
        """),
)  # fmt: skip


def _declare(metric: Metric) -> None:
    """The metric, and the operation of its basis that a rule makes of it."""
    basis, formula = metric.basis, metric.formula

    def compare(found: Image, truth: Image, *own: Any) -> float:
        return formula(basis.find(found, truth), *own)

    manual = cleandoc(metric.manual)
    regions = Parameter("found", MASK), Parameter("truth", MASK)
    register(
        Operator(
            metric.name,
            (*regions, *metric.own),
            NUMBER,
            compare,
            manual,
            namespace="metrics",
            heading="metrics",
        ),
        metric.names,
        "metrics",
    )
    of = f"{basis.operations[-1]}(found, truth)"
    sentence = f"The metric `{metric.names[0]}`, of what others of the same regions need, too."
    register(
        Operator(
            metric.of_basis,
            (Parameter("of", basis.type), *metric.own),
            NUMBER,
            formula,
            f"{sentence}\n\nExample: {metric.of_basis}({of})",
            Cost.MOMENT,
            heading="pairs",
        ),
        [metric.of_basis],
    )


for metric in METRICS:
    _declare(metric)
