"""The shortest way by steps within a region, from some voxels to others.

Indices and spacings are in the order of an array's axes, (z, y, x) or (y, x), as kernels have them.
"""

from __future__ import annotations

from itertools import product

import numpy as np
from numpy.typing import NDArray

Region = NDArray[np.bool_]
Lengths = NDArray[np.float64]
Index = tuple[int, ...]
Spacing = tuple[float, ...]

# Ways are looked for that are no longer than so many straight ones, then among all.
_DETOURS = (1.03, 1.1, 1.3, 2.0)


def shortest(
    domain: Region, spacing: Spacing, begins: Lengths, ends: Region, left: Lengths
) -> tuple[list[Index], float]:
    """The shortest way in a domain by steps, and its length with the straight ways at its ends.

    Of each voxel of the domain, in raster order: what it costs to begin there, `inf` where no way
    does; whether ways end there; and what is `left` from there on: exact where they end, elsewhere
    at most that. There is a way. No step among where ways begin, or end, is shorter than what they
    cost. What is too far from both ends is left out until it is needed.
    """
    search = _Search(domain, spacing, begins, ends, left)
    least = float((begins + left).min())
    for detour in (*_DETOURS, np.inf):
        bound = least * detour if least else 0.0
        length, best = search.lengths(bound)
        if best <= bound:
            break
    return search.back(length)[::-1], best


class _Search:
    """A search for the shortest way, in which the voxels of the domain are numbered."""

    def __init__(
        self, domain: Region, spacing: Spacing, begins: Lengths, ends: Region, left: Lengths
    ) -> None:
        padded = np.pad(domain, 1)
        self._shape = padded.shape
        self._places = np.flatnonzero(padded)
        # One more number, the last, is that of all outside.
        self._numbers = np.full(padded.size, self._places.size, np.int32)
        self._numbers[self._places] = np.arange(self._places.size, dtype=np.int32)
        self._begins, self._ends, self._left = begins, ends, left
        self._final = np.append(np.where(ends, left, np.inf), np.inf)
        self._offsets, self._steps = _steps(padded.shape, spacing)
        self._least_step = min(spacing)

    def lengths(self, bound: float) -> tuple[Lengths, float]:
        """The least length to each voxel, as far as it matters, and the least of a way.

        Of no more than the bound, or the least is more than that.
        """
        first = np.isfinite(self._begins)
        # Nothing is shorter than −inf: where that is, no way goes, or none from elsewhere.
        length = np.where(first, self._begins, np.where(self._left <= bound, np.inf, -np.inf))
        length = np.append(length, -np.inf)
        fixed = np.append(first, True)
        best = float((self._begins + self._final[:-1]).min())
        waiting = np.flatnonzero(first & ~self._ends & (self._begins + self._left <= bound))
        order = np.empty(length.size, np.int32)
        while waiting.size:
            lengths = length[waiting]
            least = lengths.min()
            if least >= best:
                break
            settled = lengths < least + self._least_step
            batch, waiting = waiting[settled], waiting[~settled]
            around = self._around(batch)
            there = (lengths[settled][:, None] + self._steps).ravel()
            (better,) = np.nonzero((there < length[around]) & ~fixed[around])
            around, there = around[better], there[better]
            if bound < np.inf:
                (near,) = np.nonzero(there + self._left[around] <= bound)
                around, there = around[near], there[near]
            new = around[np.isinf(length[around])]
            np.minimum.at(length, around, there)
            best = min(best, float((length[around] + self._final[around]).min(initial=np.inf)))
            # Each once.
            numbers = np.arange(new.size, dtype=np.int32)
            order[new] = numbers
            new = new[order[new] == numbers]
            waiting = np.concatenate([waiting, new[~self._ends[new]]])
        return length, best

    def back(self, length: Lengths) -> list[Index]:
        """The voxels of the shortest way, from its end."""
        voxel = int(np.argmin(np.where(length >= 0, length, np.inf) + self._final))
        way = [voxel]
        while not np.isfinite(self._begins[voxel]):
            around = self._around(np.array([voxel]))
            (good,) = np.nonzero(length[around] + self._steps == length[voxel])
            voxel = min(n for n in around[good].tolist() if not self._ends[n])
            way.append(voxel)
        places = np.unravel_index(self._places[way], self._shape)
        return [tuple(int(n) - 1 for n in place) for place in zip(*places, strict=True)]

    def _around(self, voxels: NDArray[np.int64]) -> NDArray[np.int32]:
        """The numbers of the neighbours of some voxels, one after the other."""
        places = (self._places[voxels][:, None] + self._offsets).ravel()
        around: NDArray[np.int32] = self._numbers[places]
        return around


def _steps(shape: Index, spacing: Spacing) -> tuple[NDArray[np.int64], Lengths]:
    """How far the neighbours of a voxel are, in memory and in space."""
    ways = [way for way in product((-1, 0, 1), repeat=len(shape)) if any(way)]
    strides = [int(np.prod(shape[axis + 1 :])) for axis in range(len(shape))]
    offsets = [sum(n * stride for n, stride in zip(way, strides, strict=True)) for way in ways]
    lengths = [
        float(np.sqrt(sum((n * step) ** 2 for n, step in zip(way, spacing, strict=True))))
        for way in ways
    ]
    return np.array(offsets), np.array(lengths)
