"""The shortest way by steps within a region, from some voxels to others.

Indices and spacings are in the order of an array's axes, (z, y, x) or (y, x), as kernels have them.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise, product

import numpy as np
from numpy.typing import NDArray

from voxlogica.dataclass import dataclass

Region = NDArray[np.bool_]
Lengths = NDArray[np.float64]
Places = NDArray[np.int64]
Index = tuple[int, ...]
Spacing = tuple[float, ...]

# Ways are looked for that are no longer than so many straight ones, then among all.
_DETOURS = (1.03, 1.1, 1.3, 2.0)
# In a domain of more voxels, a way is good enough that is longer by this share than the shortest.
_MOST_EXACT, _SLACK = 400_000, 0.2
# There, those are looked at together that are so many steps apart: more are, but fewer times.
_AT_ONCE = 4
# So much is added to lengths, as 0 stands for what was not reached: memory that nobody looked at.
_REACHED = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class Ends:
    """Where ways in a domain begin and end, by indices in it.

    They begin at `starts`, one array an axis, at some `costs`, and end where `ends` is true. `left`
    tells of indices what is left to go from there: exact where ways end, elsewhere at most that.
    No step among where ways begin, or end, is shorter than what they cost.
    """

    starts: tuple[Places, ...]
    costs: Lengths
    ends: Region
    left: Callable[[tuple[Places, ...]], Lengths]


def shortest(domain: Region, spacing: Spacing, ends: Ends) -> tuple[list[Index], float, float]:
    """The way, its length with what its ends cost, and by what share another may be shorter.

    That is 0, but in large domains. There is a way. What is too far from both ends is left out
    until it is needed: O(voxels between). It is Dijkstra's algorithm, where all voxels are settled
    at once that are less than the shortest step further than the nearest one (as the buckets of
    Dial, "Algorithm 360", 1969). In large domains, those are looked at first that seem nearer to
    the end, by a distance that is taken for more than it is (Pohl, "Heuristic search viewed as path
    finding in a graph", 1970).
    """
    search = _Search(domain, spacing, ends)
    if np.count_nonzero(domain) > _MOST_EXACT:
        way, length = search.quick(1 + _SLACK)
        return way[::-1], length, _SLACK
    least = float((ends.costs + ends.left(ends.starts)).min())
    for detour in (*_DETOURS, np.inf):
        bound = least * detour if least else 0.0
        best = search.within(bound)
        if best <= bound:
            break
    return search.back()[::-1], best, 0.0


class _Search:
    """A search for the shortest way; the voxels of the domain, with a margin, are numbered."""

    def __init__(self, domain: Region, spacing: Spacing, ends: Ends) -> None:
        self._shape = tuple(side + 2 for side in domain.shape)
        # Where a way may go on to: not out of the domain, nor back to where it begins.
        self._free = np.pad(domain, 1).ravel()
        self._ends = np.pad(ends.ends & domain, 1).ravel()
        self._starts = np.ravel_multi_index([n + 1 for n in ends.starts], self._shape)
        self._free[self._starts] = False
        self._costs, self._left_of = ends.costs, ends.left
        self._offsets, self._steps = _steps(self._shape, spacing)
        self._least_step = min(spacing)
        # Of each voxel, the least length of a way there, and 1.
        self._length: Lengths = np.zeros(0)
        self._best, self._last = np.inf, -1

    def within(self, bound: float) -> float:
        """The least length of a way, if it is not more than the bound."""
        waiting = self._begun(bound)
        while waiting.size:
            lengths = self._length[waiting]
            least = lengths.min()
            if least >= self._best + _REACHED:
                break
            settled = lengths < least + self._least_step
            batch, waiting = waiting[settled], waiting[~settled]
            around, there, _ = self._reached(batch)
            if bound < np.inf:
                near = there - _REACHED + self._left(around) <= bound
                around, there = around[near], there[near]
            new = np.unique(around[self._length[around] == 0])
            self._shortened(around, there)
            self._ended(np.unique(around[self._ends[around]]))
            waiting = np.concatenate([waiting, new[~self._ends[new]]])
        return self._best

    def quick(self, weight: float) -> tuple[list[Index], float]:
        """A way of at most the least length times the weight, from its end, and its length."""
        waiting = self._begun(np.inf)
        keys = self._length[waiting] + weight * self._left(waiting)
        come_from = np.zeros(self._length.size, np.int64)
        while waiting.size:
            least = keys.min()
            if least >= self._best + _REACHED:
                break
            chosen = keys <= least + _AT_ONCE * self._least_step
            batch = np.unique(waiting[chosen])
            waiting, keys = waiting[~chosen], keys[~chosen]
            around, there, sources = self._reached(batch)
            self._shortened(around, there)
            won = self._length[around] == there
            around, sources = around[won], sources[won]
            come_from[around] = sources
            new = np.unique(around)
            self._ended(new[self._ends[new]])
            new = new[~self._ends[new]]
            waiting = np.concatenate([waiting, new])
            keys = np.concatenate([keys, self._length[new] + weight * self._left(new)])
        way = [self._last]
        while come_from[way[-1]]:
            way.append(int(come_from[way[-1]]))
        steps = dict(zip(self._offsets.tolist(), self._steps.tolist(), strict=True))
        length = sum(steps[b - a] for a, b in pairwise(way))
        begun = float(self._length[way[-1]]) - _REACHED
        return self._indices(way), begun + length + float(self._left(np.array(way[:1]))[0])

    def back(self) -> list[Index]:
        """The voxels of the shortest way, from its end; of several, the first in raster order."""
        way = [self._last]
        starts = set(self._starts.tolist())
        while way[-1] not in starts:
            around = way[-1] + self._offsets
            there = self._length[around]
            good = (
                (there > 0) & ~self._ends[around] & (there + self._steps == self._length[way[-1]])
            )
            way.append(int(around[good].min()))
        return self._indices(way)

    def _begun(self, bound: float) -> Places:
        """Where ways begin and lead on, if they may be so short."""
        self._length = np.zeros(self._free.size)
        self._length[self._starts] = self._costs + _REACHED
        self._best, self._last = np.inf, -1
        self._ended(np.sort(self._starts[self._ends[self._starts]]))
        on = ~self._ends[self._starts] & (self._costs + self._left(self._starts) <= bound)
        return self._starts[on]

    def _ended(self, ends: Places) -> None:
        """Take note of ways that end."""
        if ends.size:
            lengths = self._length[ends] - _REACHED + self._left(ends)
            place = int(lengths.argmin())
            if (lengths[place], ends[place]) < (self._best, self._last):
                self._best, self._last = float(lengths[place]), int(ends[place])

    def _reached(self, voxels: Places) -> tuple[Places, Lengths, Places]:
        """What is reached from voxels by shorter ways than before, how long, and from where."""
        around = voxels[:, None] + self._offsets
        there = self._length[voxels][:, None] + self._steps
        known = self._length[around]
        better = self._free[around] & ((known == 0) | (there < known))
        return around[better], there[better], voxels[np.nonzero(better)[0]]

    def _shortened(self, voxels: Places, lengths: Lengths) -> None:
        new = self._length[voxels] == 0
        self._length[voxels[new]] = np.inf
        np.minimum.at(self._length, voxels, lengths)

    def _left(self, voxels: Places) -> Lengths:
        places = np.unravel_index(voxels, self._shape)
        return self._left_of(tuple(n - 1 for n in places))

    def _indices(self, voxels: list[int]) -> list[Index]:
        places = np.unravel_index(voxels, self._shape)
        return [tuple(int(n) - 1 for n in place) for place in zip(*places, strict=True)]


def _steps(shape: Index, spacing: Spacing) -> tuple[Places, Lengths]:
    """How far the neighbours of a voxel are, in memory and in space."""
    ways = [way for way in product((-1, 0, 1), repeat=len(shape)) if any(way)]
    strides = [int(np.prod(shape[axis + 1 :])) for axis in range(len(shape))]
    offsets = [sum(n * stride for n, stride in zip(way, strides, strict=True)) for way in ways]
    lengths = [
        float(np.sqrt(sum((n * step) ** 2 for n, step in zip(way, spacing, strict=True))))
        for way in ways
    ]
    return np.array(offsets), np.array(lengths)
