"""Histograms of images that several cores share."""

from __future__ import annotations

import numpy as np
import pytest

from tests.kernels.values import image, on
from voxlogica.kernels.histograms import bin_numbers, histogram


@pytest.mark.parametrize("name", ["grey levels", "one magnitude", "specials"])
def test_histograms_on_any_number_of_cores(name):
    values, region = image(name)
    found = []
    for number in (1, 2, 5):
        with on(number):
            numbers = bin_numbers(values, -3.0, 400.0, 40)
            found.append((numbers, histogram(numbers, region, 40)))
    for other in found[1:]:
        for one, another in zip(found[0], other, strict=True):
            np.testing.assert_array_equal(one, another)
    inside = values[region & np.isfinite(values)]
    expected, _ = np.histogram(inside[inside < 400], 40, (-3.0, 400.0))
    np.testing.assert_array_equal(found[0][1], expected)


@pytest.mark.parametrize("name", ["grey levels", "all magnitudes"])
def test_images_that_are_views(name):
    values, region = image(name)
    views = values.transpose(2, 0, 1)[::-2], region.transpose(2, 0, 1)[::-2]
    copies = views[0].copy(), views[1].copy()
    np.testing.assert_array_equal(
        histogram(bin_numbers(views[0], 0, 99, 7), views[1], 7),
        histogram(bin_numbers(copies[0], 0, 99, 7), copies[1], 7),
    )
