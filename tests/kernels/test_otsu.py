"""Otsu's threshold, of images that several cores share."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.kernels.values import image, on
from tests.references import otsu_split
from voxlogica.kernels.otsu import above_threshold, best_split


@given(st.lists(st.integers(0, 1000), min_size=1, max_size=12))
def test_the_split_is_the_best_of_all(counts):
    assert best_split(np.array(counts)) == otsu_split(counts)


@pytest.mark.parametrize("name", ["grey levels", "one magnitude", "specials"])
def test_any_number_of_cores_gives_the_same(name):
    values, region = image(name)
    found = []
    for number in (1, 2, 5):
        with on(number):
            found.append(above_threshold(values, region, 300))
    for other in found[1:]:
        np.testing.assert_array_equal(found[0], other)


@pytest.mark.parametrize("name", ["grey levels", "all magnitudes"])
def test_images_that_are_views(name):
    values, region = image(name)
    views = values.transpose(2, 0, 1)[::-2], region.transpose(2, 0, 1)[::-2]
    copies = views[0].copy(), views[1].copy()
    np.testing.assert_array_equal(above_threshold(*views, 3), above_threshold(*copies, 3))
