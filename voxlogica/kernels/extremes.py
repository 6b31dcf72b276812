"""The least and greatest of a region's values."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from voxlogica.kernels import slabs
from voxlogica.kernels.kernel import compiled

# So many voxels have their least and greatest value found together.
_BLOCK = 1 << 16
# The bits of floats but for the sign; those of an infinity.
MAGNITUDE, INFINITE = (1 << 31) - 1, 0x7F80_0000


def finite_range(
    values: NDArray[np.float32], inside: NDArray[np.uint8]
) -> tuple[float, float, bool]:
    """The least and greatest finite value where `inside` is 1; whether all there are whole numbers.

    `values` and `inside` are C-contiguous, of one axis. +inf and −inf where nothing is finite; what
    is not finite is not whole. O(voxels), with 24 bytes of memory for every 65,536 of them.
    """
    found = np.empty((-(-values.size // _BLOCK), 3), np.int64)

    def do(first: int, end: int) -> None:
        for k in range(first, end):
            part = slice(k * _BLOCK, (k + 1) * _BLOCK)
            _range_of_block(values[part], values[part].view(np.int32), inside[part], found[k])

    slabs.over(len(found), do)
    lowest, highest, fractions = int(found[:, 0].min()), int(found[:, 1].max()), found[:, 2].any()
    if lowest > highest:
        return math.inf, -math.inf, not fractions
    return value_at(lowest), value_at(highest), not fractions


def value_at(order: int) -> float:
    """The float32 of such a place in the order of all; 0 has no sign."""
    bits = order if order >= 0 else order ^ MAGNITUDE
    return float(np.int32(bits).view(np.float32)) + 0.0


@compiled("f4[1] i4[1] u1[1] i8[1]w")
def _range_of_block(
    values: NDArray[np.float32],
    bits: NDArray[np.int32],
    inside: NDArray[np.uint8],
    found: NDArray[np.int64],
) -> None:
    """The least and greatest in the order of floats, and how many are not whole numbers.

    The bits of floats are in the order of their values once those of negative ones are turned over;
    of whole numbers, unlike of floats, the least of many is found in vectors.
    """
    lowest, highest, fractions = MAGNITUDE, -MAGNITUDE - 1, 0
    for i in range(len(values)):
        pattern = int(bits[i])
        finite = (pattern & MAGNITUDE) < INFINITE
        order = pattern if pattern >= 0 else pattern ^ MAGNITUDE
        counts = inside[i] != 0 and finite
        low, high = order if counts else MAGNITUDE, order if counts else -MAGNITUDE - 1
        lowest, highest = min(lowest, low), max(highest, high)
        # An infinity less itself is no number, so neither it nor nan passes for whole.
        fractions += inside[i] != 0 and values[i] - np.floor(values[i]) != 0
    found[0], found[1], found[2] = lowest, highest, fractions
