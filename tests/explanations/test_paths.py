"""The widest way against a search that tries every radius, on small images."""

from __future__ import annotations

import heapq
import math
from itertools import pairwise, product

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from numpy.typing import NDArray

from tests.references import images, regions, unhurried
from voxlogica.explanations.paths import WidestPath, straight, widest_path
from voxlogica.images.image import Image

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


def radii(region: Array, spacing: Spacing) -> dict[Index, float]:
    """How far each voxel of a region is from the nearest one outside it."""
    outside = voxels_of(~region)
    return {
        at: min((away(at, other, spacing) for other in outside), default=math.inf)
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
    region: Array, spacing: Spacing, start: Index, targets: set[Index]
) -> tuple[float, float] | None:
    """The radius and the length of the widest way: every radius is tried, the greatest first."""
    reach = radii(region, spacing)
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
    found: WidestPath, region: Array, spacing: Spacing, start: Index, targets: set[Index]
) -> None:
    """It goes by steps through the region, and its balls are as it says."""
    reach = radii(region, spacing)
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


@unhurried
@given(images(regions, regions), st.data())
def test_is_the_widest_and_the_shortest_of_these(pair: tuple[Image, Image], data: st.DataObject):
    region, target = pair
    spacing = region.geometry.spacing[::-1]
    assume(region.array.any())
    start = data.draw(st.sampled_from(sorted(voxels_of(region.array))))
    component = set(least_lengths(voxels_of(region.array), {start: 0.0}, spacing))
    targets = voxels_of(target.array) & component
    found = widest_path(region.array, spacing, start, target.array)
    expected = best_way(region.array, spacing, start, targets)
    assert (found is None) == (expected is None) == (not targets)
    if found is None or expected is None:
        return
    is_way(found, region.array, spacing, start, targets)
    width, length = expected
    assert found.width == pytest.approx(width, rel=CLOSE)
    assert found.length == pytest.approx(length, rel=CLOSE)
    assert found == widest_path(region.array, spacing, start, target.array)


def test_a_leak_is_found_where_two_balls_are_joined_by_a_bridge():
    z, y, x = np.ogrid[:15, :31, :60]
    here = (z - 7) ** 2 + (y - 10) ** 2 + (x - 12) ** 2 < 8**2
    there = (z - 7) ** 2 + (y - 20) ** 2 + (x - 46) ** 2 < 9**2
    bridge = (abs(y - 15) <= 1) & (abs(z - 7) <= 1) & (x > 12) & (x < 46)
    wide = (abs(y - 15) <= 2) & (abs(z - 7) <= 2) & (x > 22) & (x < 34) & (x != 28)
    region = here | there | bridge | wide
    seed = (z - 7) ** 2 + (y - 10) ** 2 + (x - 8) ** 2 < 2**2
    # At the surface of the far ball, where nothing is wide.
    start = (7, 20, 54)
    assert region[start]
    found = widest_path(region, (1.0, 1.0, 1.0), start, seed)
    assert found is not None
    assert found.width == 2.0
    assert found.points[found.narrowest][1] == 15
    assert 20 <= found.points[found.narrowest][2] <= 38


def test_a_detour_is_taken_where_it_is_wider():
    region = np.zeros((11, 21), np.bool_)
    region[:, :5] = region[:, -5:] = True
    region[1, 5:-5] = True
    region[5:11, 5:-5] = True
    targets = np.zeros_like(region)
    targets[1, 20] = True
    found = widest_path(region, (1.0, 1.0), (1, 0), targets)
    assert found is not None
    assert found.width > 1
    assert (1, 10) not in found.points


def test_a_voxel_outside_the_region_has_no_way():
    region = np.zeros((3, 3), np.bool_)
    with pytest.raises(ValueError, match="voxel of the region"):
        widest_path(region, (1.0, 1.0), (1, 1), ~region)


def test_all_of_an_image_is_infinitely_wide():
    region = np.ones((3, 4), np.bool_)
    targets = np.zeros_like(region)
    targets[2, 3] = True
    found = widest_path(region, (1.0, 1.0), (0, 0), targets)
    assert found is not None
    assert found.width == math.inf
    assert (found.points[0], found.points[-1]) == ((0, 0), (2, 3))


@given(st.tuples(*[st.integers(-6, 6)] * 3), st.tuples(*[st.integers(-6, 6)] * 3))
def test_a_straight_way_only_comes_nearer(start: Index, end: Index):
    line = straight(start, end)
    assert (line[0], line[-1]) == (start, end)
    for one, other in pairwise(line):
        assert max(abs(a - b) for a, b in zip(one, other, strict=True)) == 1
        for a, b, c in zip(one, other, end, strict=True):
            assert abs(b - c) <= abs(a - c)
