"""Cross-correlation of local histograms, against histograms counted anew at each voxel."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.references import (
    call,
    histogram,
    images,
    local_correlation,
    numbers,
    region,
    regions,
    unhurried,
    valuation,
    valuations,
)
from voxlogica.operators.signature import OperationError

limits = st.one_of(numbers, st.sampled_from([-2.0, 0.0, 0.1, 2.5]))


@unhurried
@given(
    drawn=images(valuations, valuations, regions),
    rho=st.sampled_from([-1.0, 0.0, 1.0, 2.2, 1.65, 4.0, math.inf]),
    low=limits,
    high=limits,
    bins=st.integers(1, 5),
)
def test_histograms_of_boxes_are_correlated_with_that_of_the_region(drawn, rho, low, high, bins):
    a, b, fb = drawn
    m1, m2 = float(np.float32(low)), float(np.float32(high))
    if math.isinf(m1):
        m1 = m2 = 0.0  # there are no equal bins: nothing is counted
    target = histogram(b.array[fb.array], m1, m2, bins)
    result = call("crossCorrelation", rho, a, b, fb, low, high, float(bins))
    radius = box_radius(rho, a.geometry.spacing[::-1])
    expected = local_correlation(a.array, target, m1, m2, radius)
    np.testing.assert_allclose(result, expected, rtol=1e-6, atol=1e-6)


def box_radius(rho: float, spacing: tuple[float, ...]) -> tuple[int, ...]:
    return tuple(max(1, 99 if math.isinf(rho) else round(rho / step)) for step in spacing)


def test_the_radius_is_physical_and_rounded_half_to_even():
    v = valuation(np.random.default_rng(0).random((7, 9, 11)), (0.5, 1.0, 2.0))
    everywhere = region(np.ones((7, 9, 11)), (0.5, 1.0, 2.0))
    for rho, radius in ((2.5, (1, 2, 5)), (3.5, (2, 4, 7)), (0.1, (1, 1, 1))):
        result = call("crossCorrelation", rho, v, v, everywhere, 0.0, 1.0, 6.0)
        target = histogram(v.array, 0.0, 1.0, 6)
        expected = local_correlation(v.array, target, 0.0, 1.0, radius)
        np.testing.assert_allclose(result, expected, rtol=1e-6, atol=1e-6)


def test_the_same_texture_correlates_fully():
    stripes = valuation(np.tile([0, 1, 2, 3], (9, 5)))
    part = region(np.arange(180).reshape(9, 20) % 20 < 8)
    result = call("crossCorrelation", 10.0, stripes, stripes, part, 0.0, 8.0, 8.0)
    assert result.max() <= 1 and result.min() >= -1
    whole = call("crossCorrelation", 99.0, stripes, stripes, part, 0.0, 8.0, 8.0)
    assert (whole == 1).all()


def test_the_opposite_texture_correlates_negatively():
    low, high = valuation(np.zeros((5, 5))), valuation(np.ones((5, 5)))
    everywhere = region(np.ones((5, 5)))
    assert (call("crossCorrelation", 1.0, low, high, everywhere, 0.0, 2.0, 2.0) == -1).all()


def test_the_upper_limit_is_not_counted():
    v = valuation([[0.0, 1.0, 1.0, 1.0]])
    everywhere = region(np.ones((1, 4)))
    # Of all four voxels only the first is counted, so the far end sees nothing: a constant.
    result = call("crossCorrelation", 1.0, v, v, everywhere, 0.0, 1.0, 2.0)
    assert result.tolist() == [[1.0, 1.0, 0.0, 0.0]]


def test_constant_histograms():
    v = valuation([[0.0, 1.0]])
    nowhere, everywhere, first = region([[0, 0]]), region([[1, 1]]), region([[1, 0]])
    assert call("crossCorrelation", 1.0, v, v, nowhere, 0.0, 2.0, 2.0).tolist() == [[1.0, 1.0]]
    assert call("crossCorrelation", 1.0, v, v, everywhere, 0.0, 2.0, 2.0).tolist() == [[1.0, 1.0]]
    assert call("crossCorrelation", 1.0, v, v, first, 0.0, 2.0, 2.0).tolist() == [[0.0, 0.0]]
    for low, high in ((1.0, 1.0), (2.0, 0.0), (math.nan, 1.0)):
        result = call("crossCorrelation", 1.0, v, v, first, low, high, 2.0)
        assert result.tolist() == [[1.0, 1.0]], "where nothing is counted all is constant"


@pytest.mark.parametrize("bins", [0.0, -1.0, 2.5, math.nan, math.inf, 65_536.0])
def test_an_impossible_number_of_bins_is_refused(bins):
    v, r = valuation([[1, 2]]), region([[1, 1]])
    with pytest.raises(OperationError, match="whole number from 1 to 65535"):
        call("crossCorrelation", 1.0, v, v, r, 0.0, 1.0, bins)


def test_a_radius_that_is_no_number_is_refused():
    v, r = valuation([[1, 2]]), region([[1, 1]])
    with pytest.raises(OperationError, match="nan for its radius"):
        call("crossCorrelation", math.nan, v, v, r, 0.0, 1.0, 2.0)
