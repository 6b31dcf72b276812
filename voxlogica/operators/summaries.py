"""Operations that rewriting makes: a region's values, gone through once for all who ask of them."""

from __future__ import annotations

from typing import Annotated

from voxlogica import kernels
from voxlogica.kernels.voxelwise import SUMMARY
from voxlogica.operators.signature import (
    Cost,
    Number,
    Numbers,
    OperationError,
    Region,
    Type,
    Valuation,
    operator,
)

# No program can print or save it, so it is never a goal, and never in the store.
RankedValues = Annotated["kernels.quantiles.CountedValues", Type("ranked values")]

# What a summary has, in this order.
STATISTICS = ("count", "sum", "mean", "deviation", "least", "greatest")


@operator("summaryOf", step=SUMMARY, cost=Cost.PASS)
def summary_of(values: Valuation, region: Region) -> Numbers:
    """Of a region's values: their number, sum, mean, deviation, least and greatest, in one pass.

    Example: summaryOf(v, a)
    """
    return kernels.blocks.summary(values.array, region.array)


@operator("statisticOf", cost=Cost.NOTHING)
def statistic_of(summary: Numbers, place: Number) -> Number:
    """The number at a place of a summary.

    Example: statisticOf(summaryOf(v, a), 3)
    """
    return summary[int(place)]


@operator("rankedOf")
def ranked_of(values: Valuation, region: Region) -> RankedValues:
    """A region's values, counted.

    Example: rankedOf(v, a)
    """
    return kernels.quantiles.ranked(values.array, region.array)


@operator("medianOf")
def median_of(ranked: RankedValues) -> Number:
    """The value in the middle, of an even number the mean of the two.

    Example: medianOf(rankedOf(v, a))
    """
    return kernels.quantiles.median(ranked)


@operator("quantileOf")
def quantile_of(ranked: RankedValues, share: Number) -> Number:
    """The value below which this share of the values is.

    Example: quantileOf(rankedOf(v, a), 0.5)
    """
    # Not: greater or less, since nan is neither.
    if not 0 <= share <= 1:
        raise OperationError(
            f"`quantile` takes a share from 0 to 1, not {share:.15g}", "95 % is 0.95"
        )
    return kernels.quantiles.quantile(ranked, share)
