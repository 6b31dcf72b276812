"""Intervals of means: held to scipy's, and to how often they hold the mean."""

from __future__ import annotations

import math

import numpy as np
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st

from tests.references import unhurried
from voxlogica.report.spread import LEAST, interval_of_mean

numbers = st.floats(-1e6, 1e6)


@pytest.mark.parametrize("n", [8, 30, 400])
@pytest.mark.parametrize(
    "draw",
    [
        lambda rng, n: rng.normal(20, 3, n),
        lambda rng, n: rng.exponential(5, n),
        lambda rng, n: 1 - rng.beta(1, 9, n),  # as Dice's score, near 1
    ],
    ids=["normal", "exponential", "dice"],
)
def test_it_is_scipys_but_for_the_samples(draw, n):
    values = draw(np.random.default_rng(7), n)
    low, high = interval_of_mean(values.tolist())
    samples = scipy.stats.bootstrap(
        (values,), np.mean, n_resamples=20_000, method="BCa", rng=np.random.default_rng(8)
    ).confidence_interval
    # Of 10,000 samples, the ends are known to some hundredths of the standard error.
    error = values.std() / math.sqrt(n)
    assert abs(low - samples.low) < 0.12 * error
    assert abs(high - samples.high) < 0.12 * error


def test_it_holds_the_mean_about_as_often_as_it_says():
    rng = np.random.default_rng(3)
    intervals = [interval_of_mean(rng.exponential(1, 40).tolist()) for _ in range(400)]
    # Of 40 skewed numbers: less than 95 %, more than the 91.5 % of intervals by percentiles.
    assert 0.915 < np.mean([low <= 1 <= high for low, high in intervals]) < 0.97


def test_it_is_the_same_in_every_run_to_the_last_bit():
    low, high = interval_of_mean([0.71, 0.88, 0.93, 0.9, 0.79, 0.95, 0.64, 0.91])
    assert (low.hex(), high.hex()) == ("0x1.8000000000000p-1", "0x1.cc28f5c28f5c3p-1")


@unhurried
@given(st.lists(numbers, min_size=6, max_size=30))
def test_it_moves_with_the_numbers(values):
    low, high = interval_of_mean(values)
    assert min(values) <= low <= high <= max(values)
    assert interval_of_mean([-v for v in values]) == (-high, -low)
    assert interval_of_mean([v * 1024 for v in values]) == (low * 1024, high * 1024)


@unhurried
@given(st.lists(numbers, min_size=2, max_size=20))
def test_what_belongs_together_is_drawn_together(values):
    expected = interval_of_mean(values)
    assert interval_of_mean(values, [*range(len(values))]) == expected
    # A patient's scans that are all alike are worth one.
    twice = [value for value in values for _ in range(2)]
    assert interval_of_mean(twice, [at // 2 for at in range(len(twice))]) == expected


def test_groups_count_by_how_many_are_in_them():
    values = [1.0, 1.0, 1.0, 5.0, 2.0, 2.0, 1.5, 4.0, 3.0]
    low, high = interval_of_mean(values, [0, 0, 0, 1, 2, 2, 3, 4, 5])
    assert 1 <= low < 2 < high <= 5


@pytest.mark.parametrize("number", range(10))
def test_there_is_none_of_so_few_that_all_are_often_on_one_side_of_the_mean(number):
    values = [0.9 + at / 100 for at in range(number)]
    often = 2 * 0.5**number > 0.05  # what the range of all of them misses
    assert (interval_of_mean(values) is None) == often == (number < LEAST)
    groups = [at % max(number, 1) for at in range(3 * number)]
    assert (interval_of_mean(values * 3, groups) is None) == often
    assert (interval_of_mean([0.5] * number) is None) == often


@pytest.mark.parametrize("value", [0.0, 0.1, -1e308, 5e-324])
def test_of_equal_numbers_it_has_no_width(value):
    assert interval_of_mean([value] * 7) == (value, value)


def test_large_numbers_do_not_overflow():
    low, high = interval_of_mean([1.7e308, 1.6e308, 1.5e308, 1.75e308, 1.65e308, 1.7e308])
    assert 1.5e308 < low < high < 1.75e308


def test_of_many_fewer_samples_are_drawn():
    values = np.random.default_rng(1).normal(0, 1, 20_000).tolist()
    low, high = interval_of_mean(values)
    assert (high - low) / 2 == pytest.approx(1.96 / math.sqrt(20_000), rel=0.1)
