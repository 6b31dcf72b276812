"""Closure, interior and edge, against the neighbours of each voxel."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.references import near as near_by_neighbours
from voxlogica.kernels import closure
from voxlogica.kernels.slabs import Cores


def check(region: np.ndarray) -> None:
    region.flags.writeable = False
    closed, opened = near_by_neighbours(region), ~near_by_neighbours(~region)
    for function, expected in (
        (closure.near, closed),
        (closure.interior, opened),
        (closure.edge, region & ~opened),
    ):
        result = function(region)
        np.testing.assert_array_equal(result, expected, function.__name__)
        assert result.dtype == np.bool_
        assert result.flags.c_contiguous


@settings(max_examples=60, deadline=None)
@given(
    shape=st.tuples(*[st.integers(1, 6)] * 3) | st.tuples(*[st.integers(1, 9)] * 2),
    density=st.sampled_from([0.0, 0.05, 0.5, 0.95, 1.0]),
    seed=st.integers(0, 2**32 - 1),
)
def test_the_neighbours_of_each_voxel(shape, density, seed):
    check(np.random.default_rng(seed).random(shape) < density)


@pytest.mark.parametrize("shape", [(40, 300), (3, 30, 200), (300, 1), (2, closure._BLOCK)])
def test_rows_are_taken_some_at_a_time_on_any_number_of_cores(shape):
    region = np.random.default_rng(0).random(shape) < 0.1
    for number in (1, 3):
        cores = Cores(number)
        with cores.working():
            check(region)
        cores.close()


def test_regions_that_are_views():
    region = np.random.default_rng(0).random((9, 10, 8)) < 0.3
    check(region.transpose(2, 1, 0)[::-1, ::2])
    check(region[3, :, ::-1])
