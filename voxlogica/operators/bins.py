"""How many bins a histogram is to have."""

from __future__ import annotations

from voxlogica.operators.signature import OperationError


def whole_bins(name: str, bins: float) -> int:
    """The number of bins that operator `name` was given; OperationError where it can't be one."""
    from voxlogica.kernels.histograms import MOST_BINS

    if not (1 <= bins <= MOST_BINS and bins.is_integer()):
        raise OperationError(
            f"{name} got {bins:g} bins: expected a whole number from 1 to {MOST_BINS}",
            "100 bins suit most images",
        )
    return int(bins)
