"""What is shown of crossCorrelation, against the operator itself and the definition."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.references import call, histogram, images, indices, regions, unhurried, valuations
from voxlogica.explanations.boxes import around
from voxlogica.explanations.textures import Counts, counts, drawn, radius_in_voxels
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
    low, high = (float(np.float32(limit)) for limit in bins[:2])
    k = bins[2]
    at = data.draw(st.sampled_from(list(indices(a.array.shape))))
    target = counts(b.array, region.array, low, high, k)
    assert list(target) == histogram(b.array[region.array], low, high, k)
    radius = radius_in_voxels(rho, a.array.shape, a.geometry.spacing[::-1])
    box = a.array[around(at, radius, a.array.shape)]
    around_it = counts(box, np.ones(box.shape, bool), low, high, k)
    assert list(around_it) == histogram(box.ravel(), low, high, k)
    expected = call("crossCorrelation", rho, a, b, region, low, high, float(k))
    assert correlation(around_it, target) == expected[at]


def correlation(one: Counts, other: Counts) -> float:
    """Pearson's correlation across bins; 1 where both are constant, 0 where only one is.

    Sums are exact; roots, product and quotient are rounded as by `kernels.texture`.
    """
    bins = len(one)
    spread, other_spread = (float(bins * sum(n * n for n in h) - sum(h) ** 2) for h in (one, other))
    if not (spread and other_spread):
        return float(spread == other_spread)
    product = sum(n * (bins * m - sum(other)) for n, m in zip(one, other, strict=True))
    return float(np.float32(product / (math.sqrt(spread) * math.sqrt(other_spread))))


def test_bars_are_drawn():
    assert drawn((0, 1, 4, 8, 0), 60) == " ▁▄█ "


@pytest.mark.parametrize(("columns", "expected"), [(4, "▄█▁ "), (100, "▄▄██▁   ")])
def test_bins_that_do_not_fit_are_added(columns: int, expected: str):
    assert drawn((4, 4, 8, 8, 1, 0, 0, 0), columns) == expected


def test_little_is_seen_beside_much():
    assert drawn((1000, 1, 0), 60) == "█▁ "
