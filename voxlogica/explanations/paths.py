"""The widest way through a region from a voxel to some others: how a person sees a leak.

Indices and spacings are in the order of an array's axes, (z, y, x) or (y, x), as kernels have them.
A step leads to any of the 8 (26) voxels around one, as for `through`, `touch` and `mayReach`.
"""

from __future__ import annotations

import math
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from voxlogica.dataclass import dataclass, replace
from voxlogica.explanations.nearest import distances_from, nearest
from voxlogica.explanations.regions_at import (
    Box,
    around,
    component_at,
    component_cut,
    component_in,
    inside,
    outside,
    shape_of,
    wider,
    within,
)
from voxlogica.kernels.components import connected, reached
from voxlogica.kernels.distance import signed_distance
from voxlogica.kernels.runs import Runs
from voxlogica.kernels.surfaces import box as box_of

Region = NDArray[np.bool_]
Distances = NDArray[np.float32]
Index = tuple[int, ...]
Spacing = tuple[float, ...]

# What is around a voxel and the nearest target is looked at so many times as far as that is away.
_DETOUR = 1.5
# What is told of as no more than a distance is less than it by more than rounding may add.
_LESS = 1 - 1e-6
# More voxels than any axis has.
_FARTHEST = 1 << 31
# Ways are looked for that are no longer than so many straight ones, then among all.
_DETOURS = (1.03, 1.1, 1.3, 2.0)


@dataclass(frozen=True, slots=True)
class WidestPath:
    """A way by steps within a region, from the voxel it was asked for to one of the targets.

    `points[first:end]` are the centres of a ball that rolls: the first one has the voxel in it, the
    last one the target. `width` is the ball's radius at its narrowest place, `points[narrowest]`,
    the middle one where several are as narrow: the distance from there to the nearest voxel outside
    the region, in physical units; `inf` where the region is the whole image. `length` is how far
    the ball rolls, with the straight ways from the voxel and to the target.
    """

    points: tuple[Index, ...]
    first: int
    end: int
    narrowest: int
    width: float
    length: float


def widest_path(
    region: Region,
    spacing: Spacing,
    start: Index,
    targets: Region,
    runs: Runs | None = None,
    enough: float = math.inf,
) -> WidestPath | None:
    """The way from a voxel of the region to a target within it whose narrowest place is widest.

    None where no target is in the voxel's component; `runs` is `connected(region)`, if at hand.

    The ball around a voxel of the region has as radius the distance to the nearest voxel outside
    the region (of the image; beyond its edge is nothing), or `enough`, if that is less: what is
    closer to its centre lies in the region. A ball rolls from one centre to the next by steps; it
    begins at some centre whose ball has `start` in it, and ends at one whose ball has a target in
    it. So a voxel at a region's surface is not by itself a narrow place. Of all these ways, those
    count whose smallest ball is greatest; of these the shortest, by physical length; of these the
    one that comes first in raster order, seen from its end.

    Only the box around the component is looked at, and first, where the voxel is not far from a
    target, what is around the two: if there is a way that is wide enough, no longer than to leave
    that. Two distance transforms give the balls' radii and those that hold a target; the greatest
    radius with a way is found by halves, each a labelling: O(voxels · log(radii)). The shortest way
    is Dijkstra's, with all voxels at once that are less than the shortest step further than the
    nearest one, none of which can be on the way to another (as the buckets of Dial, "Algorithm
    360", 1969): O(voxels of the component).
    """
    runs = connected(region) if runs is None else runs
    component = component_at(runs, start)
    if component is None:
        raise ValueError("a way begins at a voxel of the region")
    whole = wider(component.box, region.shape)
    first = nearest(targets, spacing, start)
    if first is None:
        return None
    if math.isfinite(enough):
        reach = _DETOUR * first.distance + enough
        near = around(start, [math.floor(reach / step) + 1 for step in spacing], region.shape)
        box = wider(near, region.shape, _steps_within(enough, spacing))
        if 2 * _size(box) < _size(whole):
            own = component_in(region, box, start)
            found = _way(own, targets[box], spacing, inside(box, start), within(near, box), enough)
            if found is not None and found.width == np.float32(enough) and found.length <= reach:
                return _placed(found, box)
    own = component_cut(runs, component, whole)
    everywhere = tuple(slice(0, side) for side in own.shape)
    found = _way(own, targets[whole], spacing, inside(whole, start), everywhere, enough)
    return None if found is None else _placed(found, whole)


def _way(
    own: Region, targets: Region, spacing: Spacing, start: Index, centres_in: Box, enough: float
) -> WidestPath | None:
    """The widest way in a connected region, whose centres are in a part of the grid."""
    wanted = targets & own
    of_targets = box_of(wanted)
    if of_targets is None:
        return None
    shape, by = own.shape, _steps_within(enough, spacing)
    radii = np.zeros(shape, np.float32)
    radii[centres_in] = np.minimum(signed_distance(~own, spacing)[centres_in], np.float32(enough))
    radii[~own] = 0
    # A ball that holds the voxel, or a target, has its centre no further away than it is large.
    near_targets, near_start = wider(of_targets, shape, by), around(start, by, shape)
    starts, ends = np.zeros(shape, np.bool_), np.zeros(shape, np.bool_)
    to_start = distances_from(inside(near_start, start), shape_of(near_start), spacing)
    starts[near_start] = radii[near_start] > to_start
    to_target = np.maximum(signed_distance(wanted[near_targets], spacing), 0)
    ends[near_targets] = radii[near_targets] > to_target
    if not (starts.any() and ends.any()):
        return None
    widest = _widest(radii, starts, ends)
    if widest is None:
        return None
    width, domain, box = widest
    centres, length = _shortest(
        domain,
        spacing,
        np.where(
            starts[box],
            distances_from(inside(box, start), domain.shape, spacing),
            np.float32(np.inf),
        ),
        ends[box],
        _left(to_target, near_targets, of_targets, box, spacing),
    )
    centres = [_outside(box, centre) for centre in centres]
    reached_target = nearest(wanted, spacing, centres[-1])
    assert reached_target is not None
    before = straight(start, centres[0])[:-1]
    after = straight(centres[-1], reached_target.at)[1:]
    tightest = [i for i, centre in enumerate(centres) if radii[centre] == width]
    return WidestPath(
        (*before, *centres, *after),
        len(before),
        len(before) + len(centres),
        len(before) + tightest[len(tightest) // 2],
        width,
        length,
    )


def _placed(way: WidestPath, box: Box) -> WidestPath:
    """The way on the grid that a box is cut out of."""
    return replace(way, points=tuple(_outside(box, point) for point in way.points))


def _left(
    to_target: Distances, near_targets: Box, of_targets: Box, box: Box, spacing: Spacing
) -> Distances:
    """In a box, how far the nearest target is: exact near the targets, elsewhere no more than that.

    Elsewhere it is the distance to the box that holds the targets.
    """
    shape = shape_of(box)
    squares = np.zeros(shape, np.float32)
    for axis, (side, of, step) in enumerate(zip(box, of_targets, spacing, strict=True)):
        at = np.arange(side.start, side.stop)
        away = np.maximum(np.maximum(of.start - at, at - (of.stop - 1)), 0) * step
        squares += (away * away).reshape([-1 if n == axis else 1 for n in range(len(shape))])
    left = np.sqrt(squares) * np.float32(_LESS)
    both = tuple(
        slice(max(a.start, b.start), max(a.start, b.start, min(a.stop, b.stop)))
        for a, b in zip(box, near_targets, strict=True)
    )
    if _size(both):
        left[within(both, box)] = to_target[within(both, near_targets)]
    return left


def straight(start: Index, end: Index) -> list[Index]:
    """The voxels on the straight line between two, both included, each a step from the one before.

    Along each axis it only comes nearer to the end, so it stays in any ball around the end that the
    start is in.
    """
    away = [b - a for a, b in zip(start, end, strict=True)]
    steps = max(map(abs, away))
    # Halves are rounded towards the end, on either side alike.
    return (
        [
            tuple(
                a + (1 if d > 0 else -1) * ((2 * abs(d) * i + steps) // (2 * steps))
                for a, d in zip(start, away, strict=True)
            )
            for i in range(steps + 1)
        ]
        if steps
        else [start]
    )


def _widest(radii: Distances, starts: Region, ends: Region) -> tuple[float, Region, Box] | None:
    """The greatest radius at which some ball rolls from one to another, and where such balls are.

    Of the voxels with at least this radius, the components that have a start, cut out by a box.
    None if no ball does.
    """
    box = tuple(slice(0, side) for side in radii.shape)
    most = min(radii[starts].max(), radii[ends].max())
    levels = np.unique(radii[(radii > 0) & (radii <= most)])
    # Mostly nothing is narrow, so the greatest is tried first.
    low, middle, high = -1, len(levels) - 1, len(levels) - 1
    found: Region | None = None
    while low < high:
        domain = reached(connected(radii[box] >= levels[middle]), starts[box])
        if (domain & ends[box]).any():
            # What is wider lies within.
            part = box_of(domain)
            assert part is not None
            low, found, box = middle, domain[part], outside(part, box)
        else:
            high = middle - 1
        middle = (low + high + 1) // 2
    return None if found is None else (float(levels[low]), found, box)


def _shortest(
    domain: Region, spacing: Spacing, begins: Distances, ends: Region, left: Distances
) -> tuple[list[Index], float]:
    """The shortest way in a domain by steps, and its length with the straight ways at its ends.

    It costs what `begins` says where it begins, `inf` where it does not. It ends where `ends` is
    true: from there on what is `left` is straight, elsewhere that is no more than there is. No step
    among where it begins, or ends, is shorter than straight ways. What is too far from both ends is
    left out until it is needed.
    """
    search = _Search(
        tuple(side + 2 for side in domain.shape),
        spacing,
        _padded(np.where(domain, begins, np.inf), np.inf),
        _padded(np.where(domain & ends, left, np.inf), np.inf),
        _padded(domain & np.isinf(begins), False),
        _padded(left, np.inf),
    )
    least = float((search.begins + search.left).min())
    for detour in (*_DETOURS, np.inf):
        bound = least * detour if least else 0.0
        length, best = search.lengths(bound)
        if best <= bound:
            break
    way = search.back(length)
    centres = [tuple(int(n) - 1 for n in np.unravel_index(at, search.shape)) for at in way]
    return centres[::-1], best


class _Search:
    """A search for the shortest way, on a grid with a margin, whose voxels are numbered.

    What it costs where the way begins and where it ends, `inf` where it does neither; what there is
    to find between; what is left from a voxel, at least.
    """

    def __init__(
        self,
        shape: Index,
        spacing: Spacing,
        begins: NDArray[np.float64],
        final: NDArray[np.float64],
        to_find: Region,
        left: Distances,
    ) -> None:
        self.shape, self.begins, self.final, self.to_find, self.left = (
            shape,
            begins,
            final,
            to_find,
            left,
        )
        self.goes_on = np.isinf(final)
        self.offsets, self.steps = _steps(shape, spacing)
        self.least_step = min(spacing)

    def lengths(self, bound: float) -> tuple[NDArray[np.float64], float]:
        """The least length to each voxel, as far as it matters, and the least of a way.

        Of no more than the bound, or the least is more than that.
        """
        length = np.where(self.to_find & (self.left <= bound), np.inf, -np.inf)
        first = np.isfinite(self.begins)
        length[first] = self.begins[first]
        # Where a way begins, none is shorter that comes from elsewhere.
        best = float((self.begins + self.final).min())
        waiting = np.flatnonzero(first & self.goes_on & (self.begins + self.left <= bound))
        order = np.empty(length.size, np.int32)
        while waiting.size:
            lengths = length[waiting]
            least = lengths.min()
            if least >= best:
                break
            settled = lengths < least + self.least_step
            batch, waiting = waiting[settled], waiting[~settled]
            around = (batch[:, None] + self.offsets).ravel()
            there = (lengths[settled][:, None] + self.steps).ravel()
            (better,) = np.nonzero(there < length[around])
            around, there = around[better], there[better]
            if bound < np.inf:
                (near,) = np.nonzero(there + self.left[around] <= bound)
                around, there = around[near], there[near]
            new = around[np.isinf(length[around])]
            np.minimum.at(length, around, there)
            best = min(best, float((length[around] + self.final[around]).min(initial=np.inf)))
            # Each once.
            numbers = np.arange(new.size, dtype=np.int32)
            order[new] = numbers
            new = new[order[new] == numbers]
            waiting = np.concatenate([waiting, new[self.goes_on[new]]])
        return length, best

    def back(self, length: NDArray[np.float64]) -> list[int]:
        """The voxels of the shortest way, from its end."""
        place = int(np.argmin(np.where(length >= 0, length, np.inf) + self.final))
        way = [place]
        while not np.isfinite(self.begins[place]):
            around = place + self.offsets
            good = self.goes_on[around] & (length[around] + self.steps == length[place])
            place = int(around[good].min())
            way.append(place)
        return way


def _padded(array: NDArray[Any], value: Any) -> NDArray[Any]:
    return np.pad(array, 1, constant_values=value).ravel()


def _steps(shape: Index, spacing: Spacing) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """How far the neighbours of a voxel are, in memory and in space."""
    ways = [way for way in product((-1, 0, 1), repeat=len(shape)) if any(way)]
    strides = [int(np.prod(shape[axis + 1 :])) for axis in range(len(shape))]
    offsets = [sum(n * stride for n, stride in zip(way, strides, strict=True)) for way in ways]
    lengths = [
        float(np.sqrt(sum((n * step) ** 2 for n, step in zip(way, spacing, strict=True))))
        for way in ways
    ]
    return np.array(offsets), np.array(lengths)


def _steps_within(length: float, spacing: Spacing) -> list[int]:
    """How many voxels at least such a length has along each axis."""
    return [_FARTHEST if math.isinf(length) else math.floor(length / step) + 1 for step in spacing]


def _size(box: Box) -> int:
    return math.prod(side.stop - side.start for side in box)


def _outside(box: Box, at: Index) -> Index:
    """The index in the whole, of one within a box."""
    return tuple(n + side.start for n, side in zip(at, box, strict=True))
