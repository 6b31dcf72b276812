"""The nearest voxel, against all of them, and against the distance transform."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tests.references import images, indices, near, regions, signed_distance, unhurried
from voxlogica.explanations.nearest import distance_at, nearest, nearest_edge
from voxlogica.images.image import Image


@unhurried
@given(images(regions), st.data())
def test_is_nearest_and_first_of_equals(region: Image, data: st.DataObject):
    spacing = region.geometry.spacing[::-1]
    start = data.draw(st.sampled_from(list(indices(region.array.shape))))
    found = nearest(region.array, spacing, start)
    if not region.array.any():
        assert found is None
        return
    assert found is not None

    def away(at: tuple[int, ...]) -> float:
        return sum(((a - b) * s) ** 2 for a, b, s in zip(at, start, spacing, strict=True))

    voxels = [tuple(map(int, at)) for at in np.argwhere(region.array)]
    least = min(map(away, voxels))
    assert region.array[found.at]
    assert math.isclose(found.distance, math.sqrt(least), rel_tol=1e-6)
    assert found.at == next(at for at in voxels if math.isclose(away(at), least, rel_tol=1e-9))
    assert found.distance == max(signed_distance(region.array, spacing)[start], 0)


@unhurried
@given(images(regions), st.data())
def test_edge_and_distance_at_a_voxel_are_those_of_the_transform(
    region: Image, data: st.DataObject
):
    array, spacing = region.array, region.geometry.spacing[::-1]
    start = data.draw(st.sampled_from(list(indices(array.shape))))
    assert distance_at(array, spacing, start) == signed_distance(array, spacing)[start]
    if not array[start]:
        return
    found, edge = nearest_edge(array, spacing, start), array & near(~array)
    if not edge.any():
        assert found is None
        return
    assert found is not None
    assert found == nearest(edge, spacing, start)


def test_is_found_far_away_along_long_and_short_steps():
    region = np.zeros((3, 200, 300), np.bool_)
    region[2, 190, 5] = region[0, 3, 280] = True
    for spacing in ((1.0, 1.0, 1.0), (30.0, 0.2, 1.0), (1e-3, 7.0, 1.0)):
        for start in ((0, 0, 0), (1, 100, 150), (2, 199, 299)):
            found = nearest(region, spacing, start)
            ends = [
                (sum(((a - b) * s) ** 2 for a, b, s in zip(at, start, spacing, strict=True)), at)
                for at in ((2, 190, 5), (0, 3, 280))
            ]
            assert found is not None
            assert found.at == min(ends)[1]
