"""Images that need a space and nothing else."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given

from tests.references import call, geometries, indices, numbers, unhurried
from voxlogica.images.geometry import Geometry


@unhurried
@given(geometries())
def test_coordinates_are_indices_whatever_the_spacing(space):
    for axis, name in enumerate("xyz"):
        values = call(name, space=space)
        for voxel in indices(space.shape):
            expected = voxel[::-1][axis] if axis < space.dimension else 0
            assert values[voxel] == expected


@unhurried
@given(geometries())
def test_the_border_is_where_an_index_is_first_or_last(space):
    region = call("border", space=space)
    for voxel in indices(space.shape):
        ends = (i in (0, n - 1) for i, n in zip(voxel, space.shape, strict=True))
        assert region[voxel] == any(ends)


@unhurried
@given(geometries(), numbers)
def test_constants_are_the_same_everywhere(space, number):
    assert call("tt", space=space).all()
    assert not call("ff", space=space).any()
    assert call("bconstant", True, space=space).all()
    assert not call("bconstant", False, space=space).any()
    values = call("constant", number, space=space)
    np.testing.assert_array_equal(values, np.float32(number))


@pytest.mark.parametrize(("number", "rounded"), [(0.1, np.float32(0.1)), (1e300, np.inf)])
def test_a_constant_is_rounded_to_float32(recwarn, number, rounded):
    assert (call("constant", number, space=Geometry.of_size(3, 2)) == rounded).all()
    assert not recwarn.list
