"""The widest way through a region from a voxel to some others: how a person sees a leak.

Indices and spacings are in the order of an array's axes, (z, y, x) or (y, x), as kernels have them.
A step leads to any of the 8 (26) voxels around one, as for `through`, `touch` and `mayReach`.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from voxlogica.dataclass import dataclass, replace
from voxlogica.explanations.boxes import (
    Box,
    around,
    common,
    inside,
    outside,
    placed,
    shape_of,
    size_of,
    wider,
    within,
)
from voxlogica.explanations.nearest import distances_from, nearest
from voxlogica.explanations.regions_at import component_at, component_cut, component_in
from voxlogica.explanations.shortest import Ends, Places, shortest
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
# What ways share is kept of components whose boxes have so many voxels together, of 15 bytes each.
_MOST_KEPT = 1 << 23


@dataclass(frozen=True, slots=True)
class WidestPath:
    """A way by steps within a region, from the voxel it was asked for to one of the targets.

    `points[first:end]` are the centres of a ball that rolls: the first one has the voxel in it, the
    last one the target. `width` is the ball's radius at its narrowest place, `points[narrowest]`,
    the middle one where several are as narrow: the distance from there to the nearest voxel outside
    the region, in physical units; `inf` where the region is the whole image. `length` is how far
    the ball rolls, with the straight ways from the voxel and to the target; others may be shorter
    by the share `slack`, which is 0 but in large regions.
    """

    points: tuple[Index, ...]
    first: int
    end: int
    narrowest: int
    width: float
    length: float
    slack: float = 0.0


def widest_path(
    region: Region,
    spacing: Spacing,
    start: Index,
    targets: Region,
    runs: Runs | None = None,
    enough: float = math.inf,
    kept: Kept | None = None,
) -> WidestPath | None:
    """The way from a voxel of the region to a target within it whose narrowest place is widest.

    None where no target is in the voxel's component; `runs` is `connected(region)`, if at hand.
    What ways of other voxels to the same targets share is `kept`, if it is given.

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
    is found as `shortest` says: O(voxels of the component).
    """
    runs = connected(region) if runs is None else runs
    component = component_at(runs, start)
    if component is None:
        raise ValueError("a way begins at a voxel of the region")
    whole = wider(component.box, region.shape)
    first = nearest(targets, spacing, start)
    if first is None:
        return None
    shared = (kept or Kept()).of(component.number)
    if shared is None and math.isfinite(enough):
        found = _nearby(region, spacing, start, targets, first.distance, whole, enough)
        if found is not None:
            return found
    if shared is None:
        own = component_cut(runs, component, whole)
        shared = Ways(own, targets[whole], spacing, enough)
        if kept is not None:
            kept.keep(component.number, shared)
    found = shared.way(inside(whole, start))
    return None if found is None else _placed(found, whole)


def _nearby(
    region: Region,
    spacing: Spacing,
    start: Index,
    targets: Region,
    away: float,
    whole: Box,
    enough: float,
) -> WidestPath | None:
    """The way around the voxel and the nearest target, if it suffices to look there.

    It does where the way is wide enough, and no longer than any that leads out of there.
    """
    reach = _DETOUR * away + enough
    near = around(start, _steps_within(reach, spacing), region.shape)
    box = wider(near, region.shape, _steps_within(enough, spacing))
    if 2 * size_of(box) >= size_of(whole):
        return None
    own = component_in(region, box, start)
    found = Ways(own, targets[box], spacing, enough, within(near, box)).way(inside(box, start))
    if found is None or found.width < np.float32(enough) or found.length > reach:
        return None
    return _placed(found, box)


class Kept:
    """What ways within components of one region to the same targets share: of the last few."""

    def __init__(self) -> None:
        self._ways: dict[int, Ways] = {}

    def of(self, component: int) -> Ways | None:
        """What those of a component share, by its number."""
        return self._ways.get(component)

    def keep(self, component: int, ways: Ways) -> None:
        """Keep this for later, and of what was kept before as much as there is room for."""
        self._ways[component] = ways
        while len(self._ways) > 1 and sum(w.voxels for w in self._ways.values()) > _MOST_KEPT:
            del self._ways[next(iter(self._ways))]


class Ways:
    """The widest ways within a connected region to targets, and what they share.

    The balls' radii, which of them hold a target, and of radii that were asked for, the balls from
    where one rolls to there. Centres may be restricted to a part of the grid.
    """

    def __init__(
        self,
        own: Region,
        targets: Region,
        spacing: Spacing,
        enough: float,
        centres_in: Box | None = None,
    ) -> None:
        self._spacing, self._by = spacing, _steps_within(enough, spacing)
        self._targets = targets & own
        self._radii = np.minimum(signed_distance(~own, spacing), np.float32(enough)) * own
        if centres_in is not None:
            radii = np.zeros_like(self._radii)
            radii[centres_in] = self._radii[centres_in]
            self._radii = radii
        self._whole = tuple(slice(0, side) for side in own.shape)
        self._ends = np.zeros(own.shape, np.bool_)
        self._of_targets = box_of(self._targets)
        if self._of_targets is None:
            return
        # A ball that holds a target has its centre no further away than it is large.
        self._near_targets = near = wider(self._of_targets, own.shape, self._by)
        self._to_target = np.maximum(signed_distance(self._targets[near], spacing), 0)
        self._ends[near] = self._radii[near] > self._to_target
        largest = np.float32(enough)
        smaller = np.unique(self._radii[(self._radii > 0) & (self._radii < largest)])
        self._levels = np.append(smaller, largest)
        # Of some radii, by their places among all, the balls from where one rolls to a target.
        self._rolling: dict[int, tuple[Region, Box]] = {}

    @property
    def voxels(self) -> int:
        """How many voxels there are, of the region or not."""
        return self._ends.size

    def way(self, start: Index) -> WidestPath | None:
        """The widest way from a voxel of the region; None if there is none."""
        if not self._ends.any():
            return None
        near = around(start, self._by, self._ends.shape)
        to_start = distances_from(inside(near, start), shape_of(near), self._spacing)
        starts = self._radii[near] > to_start
        found = self._widest(starts, near)
        if found is None:
            return None
        width, domain, box = found
        ends = self._between(domain, box, near, starts, to_start)
        ways, length, slack = shortest(domain, self._spacing, ends)
        centres = [outside(box, centre) for centre in ways]
        target = nearest(self._targets, self._spacing, centres[-1])
        assert target is not None
        before = straight(start, centres[0])[:-1]
        after = straight(centres[-1], target.at)[1:]
        tightest = [i for i, centre in enumerate(centres) if self._radii[centre] == width]
        return WidestPath(
            (*before, *centres, *after),
            len(before),
            len(before) + len(centres),
            len(before) + tightest[len(tightest) // 2],
            width,
            length,
            slack,
        )

    def _widest(self, starts: Region, near: Box) -> tuple[float, Region, Box] | None:
        """The greatest radius at which some ball rolls from a start to a target, and its centres.

        Starts are within a box. Centres are the component of that, of voxels with this radius at
        least, cut out by a box. None if no ball does.
        """
        most = self._radii[near][starts].max(initial=0)
        # Mostly nothing is narrow, so the greatest is tried first.
        low, high = -1, int(np.searchsorted(self._levels, most, "right")) - 1
        middle, found = high, None
        while low < high:
            domain, box = self._rolling_at(middle)
            both = common(box, near)
            met = starts[within(both, near)] & domain[within(both, box)]
            if met.any():
                low, found = middle, (domain, box, both, met)
            else:
                high = middle - 1
            middle = (low + high + 1) // 2
        if found is None:
            return None
        domain, box, both, met = found
        seeds = np.zeros(domain.shape, np.bool_)
        seeds[within(both, box)] = met
        own = reached(connected(domain), seeds)
        part = box_of(own)
        assert part is not None
        return float(self._levels[low]), own[part], placed(part, box)

    def _rolling_at(self, level: int) -> tuple[Region, Box]:
        """The balls of at least a radius from where one rolls to a target, cut out by a box."""
        if level not in self._rolling:
            # What is wider lies within.
            less = max((other for other in self._rolling if other < level), default=None)
            box = self._whole if less is None else self._rolling[less][1]
            wide = connected(self._radii[box] >= self._levels[level])
            domain = reached(wide, self._ends[box])
            part = box_of(domain) or tuple(slice(0, 0) for _ in box)
            self._rolling[level] = domain[part].copy(), placed(part, box)
        return self._rolling[level]

    def _between(
        self, domain: Region, box: Box, near: Box, starts: Region, to_start: Distances
    ) -> Ends:
        """Where ways in a domain begin, of starts within another box, and where they end."""
        both = common(box, near)
        in_box, in_near = within(both, box), within(both, near)
        found = np.nonzero(starts[in_near] & domain[in_box])
        costs = to_start[in_near][found].astype(np.float64)
        begin = tuple(n + side.start for n, side in zip(found, in_box, strict=True))

        def left(voxels: tuple[Places, ...]) -> NDArray[np.float64]:
            moved = zip(voxels, box, strict=True)
            return self._left(tuple(n + side.start for n, side in moved))

        return Ends(begin, costs, self._ends[box], left)

    def _left(self, voxels: tuple[Places, ...]) -> NDArray[np.float64]:
        """How far the nearest target is from voxels: exact near targets, elsewhere at most that.

        Elsewhere it is the distance to the box that holds the targets.
        """
        assert self._of_targets is not None
        squares = np.zeros(voxels[0].size)
        for at, of, step in zip(voxels, self._of_targets, self._spacing, strict=True):
            away = np.maximum(np.maximum(of.start - at, at - (of.stop - 1)), 0) * step
            squares += away * away
        left = np.sqrt(squares) * _LESS
        sides = list(zip(voxels, self._near_targets, strict=True))
        near = np.logical_and.reduce([(at >= of.start) & (at < of.stop) for at, of in sides])
        left[near] = self._to_target[tuple(at[near] - of.start for at, of in sides)]
        return left


def _placed(way: WidestPath, box: Box) -> WidestPath:
    """The way on the grid that a box is cut out of."""
    return replace(way, points=tuple(outside(box, point) for point in way.points))


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


def _steps_within(length: float, spacing: Spacing) -> list[int]:
    """How many voxels at least such a length has along each axis."""
    return [_FARTHEST if math.isinf(length) else math.floor(length / step) + 1 for step in spacing]
