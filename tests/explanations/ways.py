"""What ways through regions are held to: searches that try everything, on small images."""

from __future__ import annotations

import heapq
import math
from itertools import pairwise, product

import numpy as np
import pytest
from numpy.typing import NDArray

from voxlogica.explanations.paths import WidestPath

Array = NDArray[np.bool_]
Index = tuple[int, ...]
Spacing = tuple[float, ...]
CLOSE = 1e-5


def away(one: Index, other: Index, spacing: Spacing) -> float:
    return math.sqrt(sum(((a - b) * s) ** 2 for a, b, s in zip(one, other, spacing, strict=True)))


def around(at: Index, voxels: set[Index]) -> list[Index]:
    """The voxels of a set one step from a voxel."""
    ways = product((-1, 0, 1), repeat=len(at))
    steps = (tuple(a + d for a, d in zip(at, way, strict=True)) for way in ways if any(way))
    return [there for there in steps if there in voxels]


def voxels_of(region: Array) -> set[Index]:
    return {tuple(int(n) for n in at) for at in np.argwhere(region)}


def radii(region: Array, spacing: Spacing, enough: float) -> dict[Index, float]:
    """How far each voxel of a region is from the nearest one outside it, or enough."""
    outside = voxels_of(~region)
    return {
        at: min(enough, *(away(at, other, spacing) for other in outside), enough)
        for at in voxels_of(region)
    }


def least_lengths(
    allowed: set[Index], start: dict[Index, float], spacing: Spacing
) -> dict[Index, float]:
    """Dijkstra's: the least length from any start, each with what it costs, by steps."""
    found: dict[Index, float] = {}
    waiting = [(cost, at) for at, cost in start.items()]
    heapq.heapify(waiting)
    while waiting:
        length, at = heapq.heappop(waiting)
        if at in found:
            continue
        found[at] = length
        for there in around(at, allowed):
            heapq.heappush(waiting, (length + away(at, there, spacing), there))
    return found


def best_way(
    region: Array, spacing: Spacing, start: Index, targets: set[Index], enough: float
) -> tuple[float, float] | None:
    """The radius and the length of the widest way: every radius is tried, the greatest first."""
    reach = radii(region, spacing, enough)
    for width in sorted(set(reach.values()), reverse=True):
        wide = {at for at, radius in reach.items() if radius >= width}
        starts = {
            at: away(at, start, spacing) for at in wide if away(at, start, spacing) < reach[at]
        }
        lengths = least_lengths(wide, starts, spacing)
        ends = [
            lengths[at] + away(at, target, spacing)
            for at in lengths
            for target in targets
            if away(at, target, spacing) < reach[at]
        ]
        if ends:
            return width, min(ends)
    return None


def is_way(
    found: WidestPath,
    region: Array,
    spacing: Spacing,
    start: Index,
    targets: set[Index],
    enough: float,
) -> None:
    """It goes by steps through the region, and its balls are as it says."""
    reach = radii(region, spacing, enough)
    assert found.points[0] == start
    assert found.points[-1] in targets
    inside = set(reach)
    assert set(found.points) <= inside
    for one, other in pairwise(found.points):
        assert other in around(one, inside)
    centres = found.points[found.first : found.end]
    assert reach[centres[0]] > away(centres[0], start, spacing)
    assert reach[centres[-1]] > away(centres[-1], found.points[-1], spacing)
    narrowest = found.points[found.narrowest]
    assert narrowest in centres
    assert reach[narrowest] == min(reach[at] for at in centres)
    assert found.width == pytest.approx(reach[narrowest], rel=CLOSE)
    length = away(start, centres[0], spacing) + away(centres[-1], found.points[-1], spacing)
    length += sum(away(a, b, spacing) for a, b in pairwise(centres))
    assert found.length == pytest.approx(length, rel=CLOSE)
