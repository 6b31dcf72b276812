"""Exactness of distances where parabolas nearly tie."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from voxlogica.kernels import distance


def least_of_all(line: np.ndarray, step: float) -> np.ndarray:
    """The least of all parabolas at each index, with the kernel's own arithmetic."""
    index = np.arange(len(line))
    away = (index[:, None] - index[None, :]) * step
    return (line[None, :] + away * away).min(axis=1)


@settings(max_examples=100, deadline=None)
@given(
    hnp.arrays(
        np.float64,
        st.integers(1, 40),
        elements=st.one_of(
            st.sampled_from([0.0, np.inf]),
            st.floats(0, 1e6),
            st.integers(0, 400).map(lambda d: (d * 0.9) ** 2),
        ),
    ),
    st.sampled_from([1.0, 0.9, 0.1, 1 / 3, 3.3, 100.0]),
)
def test_the_least_parabola_is_found_to_the_last_bit(line, step):
    plane = line.reshape(1, -1, 1).copy()
    distance._along(plane, step)
    np.testing.assert_array_equal(plane.ravel(), least_of_all(line, step))


@pytest.mark.parametrize("step", [0.9, 0.1, 1 / 3, 0.9375])
def test_ties_that_rounding_breaks(step):
    # Squares of whole multiples of the step: many parabolas cross at whole indices.
    rng = np.random.default_rng(0)
    lines = (rng.integers(0, 60, (200, 60)) * step) ** 2
    planes = lines[:, :, None].copy()
    distance._along(planes, step)
    for line, result in zip(lines, planes[:, :, 0], strict=True):
        np.testing.assert_array_equal(result, least_of_all(line, step))


def test_lines_are_taken_in_tiles():
    rng = np.random.default_rng(0)
    plane = rng.random((2, 5, 3 * distance._TILE + 1))
    result = plane.copy()
    distance._along(result, 0.3)
    for z, x in np.ndindex(2, plane.shape[2]):
        np.testing.assert_array_equal(result[z, :, x], least_of_all(plane[z, :, x], 0.3))
