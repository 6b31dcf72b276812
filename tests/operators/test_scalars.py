"""Numbers and truth values: the dotted operators."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.references import call

floats = st.one_of(st.floats(), st.sampled_from([0.0, -0.0, 1.0, -1.0]))
IN_NUMPY = {
    ".+.": np.add,
    ".-.": np.subtract,
    ".*.": np.multiply,
    "./.": np.divide,
    ".<.": np.less,
    ".<=.": np.less_equal,
    ".>.": np.greater,
    ".>=.": np.greater_equal,
    ".=.": np.equal,
}


@pytest.mark.parametrize("name", IN_NUMPY)
@given(a=floats, b=floats)
def test_numbers_are_float64_as_ieee_has_it(name, a, b):
    with np.errstate(all="ignore"):
        expected = IN_NUMPY[name](np.float64(a), np.float64(b)).item()
    result = call(name, a, b)
    assert result == expected or (math.isnan(result) and math.isnan(expected))
    assert math.copysign(1, result) == math.copysign(1, expected) or math.isnan(expected)


def test_division_by_zero_is_infinite_or_nothing():
    assert call("./.", 1.0, 0.0) == math.inf
    assert call("./.", 1.0, -0.0) == -math.inf
    assert math.isnan(call("./.", 0.0, 0.0))
    assert math.isnan(call("./.", math.nan, 0.0))


def test_truth_tables():
    for a in (False, True):
        assert call("!.", a) is (not a)
        for b in (False, True):
            assert call(".&.", a, b) is (a and b)
            assert call(".|.", a, b) is (a or b)
