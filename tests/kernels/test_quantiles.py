"""Quantiles, and the least value of a rank, of images that several cores share."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.kernels.test_ranks import by_searching
from tests.kernels.values import IMAGES, SHAPE, image, on
from voxlogica.kernels.quantiles import least_ranked, quantile, ranked
from voxlogica.kernels.ranks import percentile_ranks


@pytest.mark.parametrize("name", IMAGES)
@pytest.mark.parametrize("correction", [0.0, 0.5, 1.0, 1.5, -0.5])
def test_the_least_value_whose_rank_passes_a_threshold(name, correction):
    values, region = image(name)
    found = percentile_ranks(values, region, correction)
    numbers = region & ~np.isnan(values)
    # Ranks that there are, those next to them, and any.
    some = np.random.default_rng(1).choice(found[numbers], 3).tolist()
    for threshold in (*some, np.nextafter(np.float32(some[0]), np.float32(9)), 0.9, 0, 2, np.nan):
        for strict in (False, True):
            passing = found > np.float32(threshold) if strict else found >= np.float32(threshold)
            passed = values[passing & numbers]
            expected = passed.min() if passed.size else np.nan
            for number in (1, 2):
                with on(number):
                    least = least_ranked(values, region, correction, threshold, strict)
                np.testing.assert_equal(np.float32(least) + 0, np.float32(expected) + 0)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.floats(width=32), min_size=1, max_size=50),
    st.floats(0, 1),
    st.floats(0, 1, width=32),
    st.booleans(),
)
def test_the_least_value_of_any_floats(values, correction, threshold, strict):
    array = np.array(values, np.float32).reshape(1, -1)
    region = np.ones(array.shape, np.bool_)
    found = by_searching(array, region, correction)
    passing = (found > threshold if strict else found >= threshold) & ~np.isnan(array)
    least = least_ranked(array, region, correction, threshold, strict)
    np.testing.assert_array_equal(passing, array >= np.float32(least))


def by_numpy(values: np.ndarray, share: float) -> float:
    """numpy's, of float64; what it says of infinities, neighbours of one value, is another."""
    ordered = np.sort(values.astype(np.float64))
    if not len(ordered) or np.isnan(ordered[-1]):
        return np.nan
    place = (len(ordered) - 1) * share
    low, high = ordered[int(place)], ordered[min(int(place) + 1, len(ordered) - 1)]
    if low == high or place == int(place):
        return low
    if np.isinf(low) or np.isinf(high):
        return np.nan if np.isinf(low) and np.isinf(high) else low if np.isinf(low) else high
    return np.quantile(ordered, share)


SHARES = (0.0, 0.01, 0.25, 0.5, 1 / 3, 0.95, 0.999999, 1.0)


@pytest.mark.parametrize("name", IMAGES)
@pytest.mark.parametrize("density", [0, 0.01, 0.6, 1])
def test_quantiles_on_any_number_of_cores(name, density):
    values, _ = image(name)
    region = np.random.default_rng(1).random(SHAPE) < density
    for number in (1, 2):
        with on(number):
            among = ranked(values, region)
            found = [quantile(among, share) for share in SHARES]
        expected = [by_numpy(values[region], share) for share in SHARES]
        np.testing.assert_array_equal(found, expected)
        again = among.with_arrays([array.copy() for array in among.arrays])
        np.testing.assert_array_equal([quantile(again, share) for share in SHARES], expected)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.floats(width=32), min_size=1, max_size=50), st.floats(0, 1))
def test_quantiles_of_any_floats(values, share):
    array = np.array(values, np.float32).reshape(1, -1)
    found = quantile(ranked(array, np.ones(array.shape, np.bool_)), share)
    np.testing.assert_array_equal(found, by_numpy(array[0], share))
    assert found != 0 or not np.signbit(found)
