"""Signed distances, against every pair of voxels, and against scipy on larger images."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage

from tests.references import call, images, near, region, regions, signed_distance, unhurried


@unhurried
@given(images(regions))
def test_distances_between_voxel_centres(r):
    expected = signed_distance(r.array, r.geometry.spacing[::-1])
    np.testing.assert_array_equal(call("dt", r), expected)


@unhurried
@given(
    seed=st.integers(0, 2**32 - 1),
    density=st.sampled_from([0.0003, 0.01, 0.3, 0.9, 0.9997]),
    grid=st.sampled_from(
        [
            ((50, 70), (1.0, 1.0)),
            ((50, 70), (0.7, 0.7)),
            ((50, 70), (0.9, 3.3)),
            ((15, 20, 25), (1.0, 1.0, 1.0)),
            ((15, 20, 25), (5.0, 0.9375, 0.9375)),
            ((15, 20, 25), (0.1, 0.2, 0.3)),
            ((1, 90), (0.1, 0.3)),
            ((90, 1), (0.1, 0.3)),
            ((3, 40, 40), (100.0, 1.0, 0.01)),
        ]
    ),
)
def test_distances_in_larger_images(seed, density, grid):
    shape, spacing = grid
    array = np.random.default_rng(seed).random(shape) < density
    result = call("dt", region(array, spacing[::-1]))
    edge = array & near_by_scipy(~array)
    if not edge.any():
        assert (result == (-np.inf if array.all() else np.inf)).all()
        return
    isotropic = len(set(spacing)) == 1
    steps = (1.0,) * len(spacing) if isotropic else spacing
    expected = ndimage.distance_transform_edt(~edge, sampling=steps)
    expected = (spacing[0] if isotropic else 1.0) * expected
    signed = np.where(array, 0 - expected, expected).astype(np.float32)
    np.testing.assert_array_almost_equal_nulp(result, signed, 1)


def near_by_scipy(array: np.ndarray) -> np.ndarray:
    return ndimage.binary_dilation(array, np.ones((3,) * array.ndim))


def test_the_edge_is_at_zero_and_has_no_sign():
    array = np.zeros((7, 7))
    array[1:6, 1:6] = 1
    result = call("dt", region(array, (2.0, 2.0)))
    assert result[3].tolist() == [2.0, 0.0, -2.0, -4.0, -2.0, 0.0, 2.0]
    assert not np.signbit(result[result == 0]).any()


def test_a_diagonal_neighbour_outside_makes_an_edge():
    array = np.ones((3, 3))
    array[0, 0] = 0
    assert call("dt", region(array))[1, 1] == 0


def test_the_edge_of_the_image_is_no_edge():
    array = np.ones((1, 5))
    array[0, 0] = 0
    assert call("dt", region(array)).tolist() == [[1.0, 0.0, -1.0, -2.0, -3.0]]


@pytest.mark.parametrize("shape", [(1, 1), (4, 5), (1, 1, 1), (2, 3, 4)])
def test_infinite_where_there_is_no_edge(shape):
    assert (call("dt", region(np.zeros(shape))) == np.inf).all()
    assert (call("dt", region(np.ones(shape))) == -np.inf).all()


@unhurried
@given(images(regions))
def test_the_sign_tells_the_region(r):
    result = call("dt", r)
    np.testing.assert_array_equal(result <= 0, r.array)
    on_edge = r.array & near(~r.array)
    np.testing.assert_array_equal(result == 0, on_edge)
