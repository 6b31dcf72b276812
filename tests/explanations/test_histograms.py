"""What is shown of crossCorrelation, against the operator itself and the definition."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.references import call, histogram, images, indices, regions, unhurried, valuations
from voxlogica.explanations.histograms import compared, counts, drawn, radius_in_voxels
from voxlogica.images.image import Image

whole = st.integers(-3, 9).map(float)


@unhurried
@given(
    images(lambda g: valuations(g, whole), lambda g: valuations(g, whole), regions),
    st.sampled_from([0.3, 1.0, 2.5]),
    st.sampled_from([(-3.0, 9.0, 5), (0.0, 4.0, 4), (1.0, 1.0, 3), (0.1, 7.3, 1)]),
    st.data(),
)
def test_is_what_the_operator_compares(
    drawn_images: tuple[Image, Image, Image],
    rho: float,
    bins: tuple[float, float, int],
    data: st.DataObject,
):
    a, b, region = drawn_images
    low, high, k = bins
    at = data.draw(st.sampled_from(list(indices(a.array.shape))))
    target = counts(b.array, region.array, low, high, k)
    assert list(target) == histogram(b.array[region.array], np.float32(low), np.float32(high), k)
    radius = radius_in_voxels(rho, a.array.shape, a.geometry.spacing[::-1])
    found = compared(a.array, target, low, high, radius, at)
    expected = call("crossCorrelation", rho, a, b, region, low, high, float(k))
    assert found.correlation == expected[at]
    first, last = found.box
    box = a.array[tuple(slice(i, j + 1) for i, j in zip(first, last, strict=True))]
    assert list(found.around) == histogram(box.ravel(), np.float32(low), np.float32(high), k)


def test_bars_are_drawn_from_the_top_line_down():
    assert drawn((0, 1, 4, 8, 0), lines=1) == (" ▁▄█ ",)
    assert drawn((0, 1, 4, 8, 0), lines=2) == ("   █ ", " ▂██ ")


@pytest.mark.parametrize(("columns", "expected"), [(4, "▄█▁ "), (100, "▄▄██▁   ")])
def test_bins_that_do_not_fit_are_added(columns: int, expected: str):
    assert drawn((4, 4, 8, 8, 1, 0, 0, 0), columns) == (expected,)


def test_little_is_seen_beside_much():
    assert drawn((1000, 1, 0)) == ("█▁ ",)
