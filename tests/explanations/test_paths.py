"""The widest way against a search that tries every radius, on small images."""

from __future__ import annotations

import math
from itertools import pairwise
from random import Random

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests.explanations.ways import CLOSE, Index, best_way, is_way, least_lengths, voxels_of
from tests.references import images, regions, unhurried
from voxlogica.explanations import shortest
from voxlogica.explanations.paths import Kept, Ways, straight, widest_path
from voxlogica.explanations.regions_at import component_in
from voxlogica.images.image import Image
from voxlogica.kernels.distance import signed_distance


@unhurried
@given(images(regions, regions), st.sampled_from([math.inf, 2.5, 0.7]), st.data())
def test_is_the_widest_and_the_shortest_of_these(
    pair: tuple[Image, Image], enough: float, data: st.DataObject
):
    region, target = pair
    spacing = region.geometry.spacing[::-1]
    assume(region.array.any())
    start = data.draw(st.sampled_from(sorted(voxels_of(region.array))))
    component = set(least_lengths(voxels_of(region.array), {start: 0.0}, spacing))
    targets = voxels_of(target.array) & component
    found = widest_path(region.array, spacing, start, target.array, None, enough)
    expected = best_way(region.array, spacing, start, targets, enough)
    assert (found is None) == (expected is None) == (not targets)
    if found is None or expected is None:
        return
    is_way(found, region.array, spacing, start, targets, enough)
    width, length = expected
    assert found.width == pytest.approx(width, rel=CLOSE)
    assert found.length == pytest.approx(length, rel=CLOSE)
    assert found == widest_path(region.array, spacing, start, target.array, None, enough)


@settings(deadline=None, max_examples=25)
@given(st.randoms(use_true_random=False), st.sampled_from([2.0, 4.0]), st.booleans())
def test_what_is_near_suffices_where_the_way_is_wide_enough(
    random: Random, enough: float, isotropic: bool
):
    shape, spacing = (14, 40, 40), (1.0, 1.0, 1.0) if isotropic else (2.5, 0.8, 1.0)
    region = np.ones(shape, np.bool_)
    targets = np.zeros(shape, np.bool_)
    for _ in range(12):
        at = [random.randrange(side) for side in shape]
        region[tuple(slice(n, n + random.randrange(1, 9)) for n in at)] = False
    for _ in range(4):
        targets[tuple(random.randrange(side) for side in shape)] = True
    inside = np.argwhere(region)
    start = tuple(int(n) for n in inside[random.randrange(len(inside))])
    whole = tuple(slice(0, side) for side in shape)
    found = widest_path(region, spacing, start, targets, None, enough)
    own = component_in(region, whole, start)
    assert found == Ways(own, targets, spacing, enough).way(start)
    kept, radii = Kept(), np.minimum(signed_distance(~region, spacing), enough)
    for voxel in inside[:: max(len(inside) // 4, 1)]:
        at = tuple(int(n) for n in voxel)
        again = widest_path(region, spacing, at, targets, None, enough, kept)
        assert again == widest_path(region, spacing, at, targets, None, enough)
        if again is not None:
            centres = again.points[again.first : again.end]
            assert min(radii[centre] for centre in centres) == np.float32(again.width)


@unhurried
@given(images(regions, regions), st.data())
def test_in_a_large_region_a_way_is_not_much_longer_than_the_shortest(
    pair: tuple[Image, Image], data: st.DataObject
):
    region, target = pair
    spacing = region.geometry.spacing[::-1]
    assume(region.array.any())
    start = data.draw(st.sampled_from(sorted(voxels_of(region.array))))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shortest, "_MOST_EXACT", 0)
        found = widest_path(region.array, spacing, start, target.array, None, 1.5)
    expected = best_way(region.array, spacing, start, voxels_of(target.array & region.array), 1.5)
    assert (found is None) == (expected is None)
    if found is not None and expected is not None:
        is_way(found, region.array, spacing, start, voxels_of(target.array), 1.5)
        width, length = expected
        assert found.width == pytest.approx(width, rel=CLOSE)
        assert length * (1 - CLOSE) <= found.length <= length * (1 + found.slack) * (1 + CLOSE)


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
