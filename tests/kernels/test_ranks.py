"""Ranks of values among those of a region, of images that several cores share."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.kernels.values import IMAGES, SHAPE, image, on
from voxlogica.kernels.ranks import percentile_ranks


def by_searching(values: np.ndarray, region: np.ndarray, correction: float) -> np.ndarray:
    """Ranks from numpy's sort; `nan` sorts last there."""
    chosen = values[region]
    ordered = np.sort(chosen[~np.isnan(chosen)])
    smaller = np.searchsorted(ordered, chosen, "left")
    same = np.searchsorted(ordered, chosen, "right") - smaller
    smaller[np.isnan(chosen)] = same[np.isnan(chosen)] = 0
    result = np.full(values.shape, -1, np.float32)
    result[region] = (smaller + correction * same) / len(chosen)
    return result


@pytest.mark.parametrize("name", IMAGES)
def test_ranks_on_any_number_of_cores(name):
    values, region = image(name)
    expected = by_searching(values, region, 0.3)
    for number in (1, 2, 5):
        with on(number):
            found = percentile_ranks(values, region, 0.3)
        np.testing.assert_array_equal(found, expected)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.floats(width=32), min_size=1, max_size=50), st.integers(0, 2**32 - 1))
def test_ranks_of_any_floats(values, seed):
    array = np.array(values, np.float32).reshape(1, -1)
    region = np.random.default_rng(seed).random(array.shape) < 0.8
    if region.any():
        np.testing.assert_array_equal(
            percentile_ranks(array, region, 0.5), by_searching(array, region, 0.5)
        )


@pytest.mark.parametrize("name", IMAGES)
def test_an_empty_region_has_no_ranks(name):
    values, _ = image(name)
    assert (percentile_ranks(values, np.zeros(SHAPE, np.bool_), 0.5) == -1).all()


@pytest.mark.parametrize("name", ["grey levels", "all magnitudes"])
def test_images_that_are_views(name):
    values, region = image(name)
    views = values.transpose(2, 0, 1)[::-2], region.transpose(2, 0, 1)[::-2]
    copies = views[0].copy(), views[1].copy()
    np.testing.assert_array_equal(percentile_ranks(*views, 3), percentile_ranks(*copies, 3))
