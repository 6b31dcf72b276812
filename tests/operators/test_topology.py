"""The closure space: neighbours and connection, against path search, and the laws of the logic."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage

from tests.references import (
    call,
    geometries,
    images,
    near,
    numbered_components,
    reachable,
    region,
    regions,
    unhurried,
)
from voxlogica.images.image import Image
from voxlogica.operators.components import components_of, largest_of, numbers_of, reached_in
from voxlogica.operators.signature import OperationError


@unhurried
@given(images(regions))
def test_near_is_one_step_to_all_neighbours(r):
    np.testing.assert_array_equal(call("near", r), near(r.array))


@unhurried
@given(images(regions))
def test_interior_is_the_dual_of_near(r):
    np.testing.assert_array_equal(call("interior", r), ~near(~r.array))


@unhurried
@given(images(regions, regions))
def test_the_laws_of_closure(pair):
    a, b = pair
    union, meet = a.with_array(a.array | b.array), a.with_array(a.array & b.array)
    assert not call("near", call_ff(a)).any()
    assert (a.array <= call("near", a)).all(), "extensive"
    assert (call("near", meet) <= call("near", a)).all(), "monotone"
    np.testing.assert_array_equal(call("near", union), call("near", a) | call("near", b))
    np.testing.assert_array_equal(call("interior", meet), call("interior", a) & call("interior", b))
    assert (call("interior", a) <= a.array).all()


def call_ff(r: Image) -> Image:
    return Image(call("ff", space=r.geometry), r.geometry)


def test_near_on_larger_images():
    for shape in ((60, 70), (20, 30, 40)):
        sparse = np.random.default_rng(0).random(shape) < 0.02
        box = np.ones((3,) * len(shape))
        np.testing.assert_array_equal(
            call("near", region(sparse)), ndimage.binary_dilation(sparse, box)
        )
        np.testing.assert_array_equal(
            call("interior", region(~sparse)), ~ndimage.binary_dilation(sparse, box)
        )


@unhurried
@given(images(regions, regions))
def test_through_is_found_by_path_search(pair):
    a, b = pair
    np.testing.assert_array_equal(call("through", a, b), reachable(a.array, b.array))


@unhurried
@given(images(regions, regions))
def test_through_is_a_fixed_point(pair):
    a, b = pair
    once = a.with_array(call("through", a, b))
    np.testing.assert_array_equal(call("through", once, b), once.array)
    assert (a.array & b.array <= once.array).all()
    np.testing.assert_array_equal(call("near", once) & b.array, once.array)


@unhurried
@given(images(regions))
def test_components_are_numbered_by_their_first_voxel(r):
    np.testing.assert_array_equal(call("lcc", r), numbered_components(r.array))


@unhurried
@given(images(regions))
def test_the_largest_components(r):
    numbers = numbered_components(r.array)
    sizes = np.bincount(numbers.ravel(), minlength=2)
    sizes[0] = 0
    largest = np.isin(numbers, np.flatnonzero(sizes == sizes.max())) & r.array
    np.testing.assert_array_equal(call("maxvol", r), largest)


def test_all_components_that_tie_are_largest():
    assert call("maxvol", region([[1, 1, 0, 1, 0, 1, 1]])).tolist() == [
        [True, True, False, False, False, True, True]
    ]


def test_diagonal_voxels_are_connected():
    assert call("lcc", region([[1, 0], [0, 1]])).max() == 1
    corner = np.zeros((2, 2, 2))
    corner[0, 0, 0] = corner[1, 1, 1] = 1
    assert call("lcc", region(corner)).max() == 1


@unhurried
@given(st.integers(0, 2**32 - 1), st.floats(0.01, 0.6), st.sampled_from([(40, 50), (9, 20, 30)]))
def test_components_of_larger_images(seed, density, shape):
    sparse = np.random.default_rng(seed).random(shape) < density
    expected, count = ndimage.label(sparse, np.ones((3,) * len(shape)))
    numbers = call("lcc", region(sparse))
    assert numbers.max() == count
    _, first = np.unique(numbers, return_index=True)
    assert (np.diff(first[1:] if (numbers == 0).any() else first) > 0).all(), "raster order"
    pairs = np.unique(np.stack([numbers.ravel(), expected.ravel()]), axis=1)
    assert pairs.shape[1] == len(np.unique(expected)), "one number a component"


@unhurried
@given(images(regions, regions))
def test_components_found_once_give_what_each_operator_gives(pair):
    a, b = pair
    parts = components_of(b)
    np.testing.assert_array_equal(reached_in(a, parts).array, call("through", a, b))
    for of, name in ((numbers_of, "lcc"), (largest_of, "maxvol")):
        found = of(parts)
        assert found.geometry == b.geometry
        np.testing.assert_array_equal(found.array, call(name, b))


def test_components_of_a_region_of_another_size_are_refused():
    with pytest.raises(OperationError, match=r"2×2.*3×1"):
        reached_in(region([[1, 0], [0, 1]]), components_of(region([[1, 0, 1]])))


@unhurried
@given(geometries())
def test_degenerate_regions(space):
    empty, full = (Image(call(name, space=space), space) for name in ("ff", "tt"))
    for name in ("near", "interior", "maxvol", "lcc"):
        assert not call(name, empty).any()
        assert (call(name, full) == 1).all()
    assert not call("through", full, empty).any()
    assert not call("through", empty, full).any()
    assert call("through", full, full).all()
