"""Where a region lies, against the indices of its voxels."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.kernels.values import on
from voxlogica.kernels.extents import extent


@given(
    st.sampled_from([(1, 1), (7, 5), (1, 1, 1), (3, 4, 9)]),
    st.sampled_from([0.0, 0.05, 0.5, 1.0]),
    st.integers(0, 1 << 30),
)
def test_sums_and_bounds_are_those_of_the_indices(shape, density, seed):
    region = np.random.default_rng(seed).random(shape) < density
    indices = np.argwhere(region)[:, ::-1]
    found = extent(region)
    if not len(indices):
        assert found is None
        return
    assert found is not None
    assert found.count == len(indices)
    assert found.sums == tuple(indices.sum(0))
    assert found.least == tuple(indices.min(0))
    assert found.greatest == tuple(indices.max(0))


@pytest.mark.parametrize("cores", [1, 2, 5])
def test_planes_are_shared_out_on_any_number_of_cores_and_read_in_any_layout(cores):
    region = np.random.default_rng(0).random((40, 90, 120)).transpose(2, 0, 1)[::-2] < 0.3
    with on(cores):
        assert extent(region) == extent(region.copy())
