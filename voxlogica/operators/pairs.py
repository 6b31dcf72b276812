"""Operations that rewriting makes: what metrics of two regions have in common, found once."""

from __future__ import annotations

from voxlogica.operators.signature import Cost, Numbers, Region, operator

# So many voxels are looked at together: they stay in the processor's cache.
_BLOCK = 1 << 16


@operator("overlapOf", cost=Cost.PASS)
def overlap_of(found: Region, truth: Region) -> Numbers:
    """How many voxels are in both regions, in the found one only, in the true one only, in neither.

    Example: overlapOf(found, truth)
    """
    import numpy as np

    one, other = found.array.reshape(-1), truth.array.reshape(-1)
    both = 0
    common = np.empty(min(one.size, _BLOCK), np.bool_)
    for begin in range(0, one.size, _BLOCK):
        part = slice(begin, begin + _BLOCK)
        into = common[: one[part].size]
        both += int(np.count_nonzero(np.logical_and(one[part], other[part], out=into)))
    extra, missed = (int(np.count_nonzero(all_of)) - both for all_of in (one, other))
    return [float(n) for n in (both, extra, missed, one.size - both - extra - missed)]
