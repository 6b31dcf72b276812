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


IN_NUMPY_OF_ONE = {
    "sqrt": np.sqrt,
    "abs": np.abs,
    "floor": np.floor,
    "ceil": np.ceil,
    "round": np.rint,
}


@pytest.mark.parametrize("name", IN_NUMPY_OF_ONE)
@given(a=st.one_of(floats, st.integers(-9, 9).map(lambda n: n / 2)))
def test_roots_and_whole_numbers_are_exact(name, a):
    with np.errstate(all="ignore"):
        expected = float(IN_NUMPY_OF_ONE[name](np.float64(a)))
    result = call(name, a)
    assert result == expected or (math.isnan(result) and math.isnan(expected))
    # Whole numbers have no sign where they are 0; a root has that of its number.
    if result == 0:
        assert math.copysign(1, result) == (math.copysign(1, a) if name == "sqrt" else 1)


def test_exponentials_logarithms_and_powers_are_those_of_the_kernels():
    assert abs(call("exp", 1.0) - math.e) <= math.ulp(math.e)
    assert call("exp", 0.0) == call("log", math.e) == 1
    assert call("log", 0.0) == -math.inf
    assert math.isnan(call("log", -1.0))
    assert call("pow", 2.0, 10.0) == 1024
    assert call("pow", -8.0, 3.0) == -512
    assert call("pow", math.nan, 0.0) == 1


def test_no_result_rests_on_the_mathematics_of_the_system(monkeypatch):
    def refuse(*_):
        raise AssertionError

    for name in ("exp", "log", "pow", "log2"):
        monkeypatch.setattr(math, name, refuse)
    assert call("exp", 0.0) == call("pow", 3.0, 0.0) == 1
    assert call("log", 1.0) == 0
