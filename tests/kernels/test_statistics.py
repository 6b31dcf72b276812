"""Ranks, histograms and Otsu's threshold of images that several cores share."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voxlogica.kernels import ranks
from voxlogica.kernels.histograms import bin_numbers, histogram
from voxlogica.kernels.otsu import above_threshold
from voxlogica.kernels.quantiles import least_ranked, quantile, ranked
from voxlogica.kernels.slabs import Cores

SHAPE = (3, 300, 400)
# Whole numbers in a small range or a large one, floats of one magnitude or of all, specials.
IMAGES = {
    "grey levels": lambda rng: rng.integers(-5, 500, SHAPE),
    "one value": lambda rng: np.full(SHAPE, 7.0),
    "wide whole numbers": lambda rng: rng.integers(0, 1 << 24, SHAPE),
    "one that is not whole, at the end": lambda rng: (
        np.arange(np.prod(SHAPE)) // 9 * 1.0
        + 0.5 * (np.arange(np.prod(SHAPE)) == np.prod(SHAPE) - 1)
    ),
    "one magnitude": lambda rng: 250 + rng.random(SHAPE),
    "all magnitudes": lambda rng: rng.normal(size=SHAPE) * 10.0 ** rng.integers(-44, 38, SHAPE),
    "specials": lambda rng: rng.choice(
        np.array([0.0, -0.0, 1e-45, -1e-45, np.inf, -np.inf, np.nan, -np.nan, 3e38, 0.5]), SHAPE
    ),
}


@contextmanager
def on(number: int) -> Iterator[None]:
    cores = Cores(number)
    with cores.working():
        yield
    cores.close()


def image(name: str) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    values = IMAGES[name](rng).reshape(SHAPE).astype(np.float32)
    return values, rng.random(SHAPE) < 0.6


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
            found = ranks.percentile_ranks(values, region, 0.3)
        np.testing.assert_array_equal(found, expected)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.floats(width=32), min_size=1, max_size=50), st.integers(0, 2**32 - 1))
def test_ranks_of_any_floats(values, seed):
    array = np.array(values, np.float32).reshape(1, -1)
    region = np.random.default_rng(seed).random(array.shape) < 0.8
    if region.any():
        np.testing.assert_array_equal(
            ranks.percentile_ranks(array, region, 0.5), by_searching(array, region, 0.5)
        )


@pytest.mark.parametrize("name", IMAGES)
def test_an_empty_region_has_no_ranks(name):
    values, _ = image(name)
    assert (ranks.percentile_ranks(values, np.zeros(SHAPE, np.bool_), 0.5) == -1).all()


@pytest.mark.parametrize("name", IMAGES)
@pytest.mark.parametrize("correction", [0.0, 0.5, 1.0, 1.5, -0.5])
def test_the_least_value_whose_rank_passes_a_threshold(name, correction):
    values, region = image(name)
    found = ranks.percentile_ranks(values, region, correction)
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


@pytest.mark.parametrize("name", ["grey levels", "one magnitude", "specials"])
def test_histograms_and_otsu_on_any_number_of_cores(name):
    values, region = image(name)
    found = []
    for number in (1, 2, 5):
        with on(number):
            numbers = bin_numbers(values, -3.0, 400.0, 40)
            counts = histogram(numbers, region, 40)
            above = above_threshold(values, region, 300)
        found.append((numbers, counts, above))
    for other in found[1:]:
        for one, another in zip(found[0], other, strict=True):
            np.testing.assert_array_equal(one, another)
    inside = values[region & np.isfinite(values)]
    expected, _ = np.histogram(inside[inside < 400], 40, (-3.0, 400.0))
    np.testing.assert_array_equal(counts, expected)


@pytest.mark.parametrize("name", ["grey levels", "all magnitudes"])
def test_images_that_are_views(name):
    values, region = image(name)
    views = values.transpose(2, 0, 1)[::-2], region.transpose(2, 0, 1)[::-2]
    copies = views[0].copy(), views[1].copy()
    for function in (ranks.percentile_ranks, above_threshold):
        np.testing.assert_array_equal(function(*views, 3), function(*copies, 3))
    np.testing.assert_array_equal(
        histogram(bin_numbers(views[0], 0, 99, 7), views[1], 7),
        histogram(bin_numbers(copies[0], 0, 99, 7), copies[1], 7),
    )
