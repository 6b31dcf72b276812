"""Exponentials, logarithms and powers: within 1 ulp of what 60 decimal digits say, C99's beyond."""

from __future__ import annotations

import math
from decimal import Decimal, localcontext

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from voxlogica.kernels.blocks import evaluate
from voxlogica.kernels.elementary import exponential, logarithm, power
from voxlogica.kernels.voxelwise import TABLE

INF, NAN = math.inf, math.nan
TINY, GREATEST = 5e-324, 1.7976931348623157e308
OPERATIONS = {f"{o.name} {''.join(o.takes)}": o for o in TABLE["mathematics"]}
many = settings(max_examples=400, deadline=None)


def exactly(name, *arguments):
    """What the function of these numbers is, in 60 digits; of finite ones, where there is one."""
    with localcontext() as context:
        context.prec, context.Emax, context.Emin = 60, 10**9, -(10**9)
        x, *y = map(Decimal, arguments)
        if name == "pow":
            return (x.ln() * y[0]).exp()
        return x.exp() if name == "exp" else x.ln()


def assert_within(ulps, found, exact, kind=np.float64):
    """Beyond the greatest number there is only inf; below the least, what is between is counted."""
    with np.errstate(all="ignore"):
        nearest = kind(float(exact))
    if np.isinf(nearest):
        limit = Decimal(float(np.finfo(kind).max))
        assert np.isinf(found) or (abs(exact) < limit * 2 and found == limit)
        return
    if np.isinf(found):  # rounded up, at the very end
        found = Decimal(float(np.finfo(kind).max)) * 2
    with localcontext() as context:
        context.prec, context.Emin = 60, -(10**9)
        spacing = Decimal(float(np.spacing(abs(nearest))))
        assert abs(Decimal(float(found)) - exact) <= Decimal(ulps) * spacing, (found, exact)


@many
@given(st.one_of(st.floats(-746, 710), st.floats(-2, 2)))
@example(709.782712893384)
@example(709.7827128933841)
@example(-745.1332191019412)
@example(-708.3964185322641)
@example(TINY)
def test_exponentials_are_within_one_ulp(x):
    assert_within(0.9, exponential(x), exactly("exp", x))


@many
@given(st.one_of(st.floats(TINY, GREATEST), st.floats(0.4, 2.5), st.floats(TINY, 1e-300)))
@example(TINY)
@example(GREATEST)
@example(math.nextafter(1, 0))
@example(math.nextafter(1, 2))
@example(math.sqrt(0.5))
@example(math.sqrt(2))
def test_logarithms_are_within_one_ulp(x):
    if x == 1:
        assert logarithm(x) == 0
    else:
        assert_within(0.9, logarithm(x), exactly("log", x))


@st.composite
def powers(draw: st.DrawFn):
    """Numbers whose power is neither too great nor too small, for the most part by a hair."""
    x = draw(st.one_of(st.floats(TINY, GREATEST), st.floats(0.5, 2), st.floats(0.999999, 1.000001)))
    y = draw(st.one_of(st.floats(-3, 3), st.integers(-30, 30).map(float)))
    if x != 1 and draw(st.booleans()):
        at_most = abs(1075 / math.log2(x))
        y = draw(st.floats(-at_most, at_most, allow_infinity=False))
    return x, y


@many
@given(powers())
@example((2.0, 1023.9999999999999))
@example((2.0, 1024.0))
@example((2.0, -1074.0))
@example((2.0, -1074.9999))
@example((1 + 2**-30, 2.0**31 * 100))
@example((1 - 2**-40, 2.0**50 * 700))
@example((1.0000002926748015, 2147483649.0))
@example((math.nextafter(1, 2), 2.0**62))
@example((math.nextafter(1, 2), 2.0**64))
@example((math.nextafter(1, 0), 1e300))
def test_powers_are_within_one_ulp(pair):
    x, y = pair
    if y == 0 or x == 1:
        assert power(x, y) == 1
        return
    assert_within(0.9, power(x, y), exactly("pow", x, y))
    # The sign is that of an odd power, or there is no power.
    negative = power(-x, y)
    if not y.is_integer():
        assert math.isnan(negative)
    else:
        assert negative == (-power(x, y) if y % 2 else power(x, y))


def test_whole_powers_of_whole_numbers_are_exact():
    for base in range(2, 200):
        for exponent in range(1, 53):
            if base**exponent < 2**53:
                assert power(float(base), float(exponent)) == base**exponent
    assert all(power(n / 7, 1.0) == n / 7 for n in range(1000))


SPECIAL = [0.0, 1.0, 0.5, 2.0, 3.0, 1.5, INF, 2.0**53, 2.0**53 - 1, GREATEST, TINY, 1e300]
SPECIAL += [-n for n in SPECIAL] + [NAN]


def c99(x, y):
    """As Python says it of C's, which raises where C gives inf and nan."""
    try:
        return math.pow(x, y)
    except OverflowError:
        return -INF if x < 0 and y % 2 == 1 else INF
    except ValueError:
        if x != 0:
            return NAN
        return math.copysign(INF, x) if y % 2 == 1 else INF


def same(found, expected, ulp=1e-15):
    both_nan = math.isnan(found) and math.isnan(expected)
    signs = math.copysign(1, found) == math.copysign(1, expected)
    return both_nan or (signs and found == pytest.approx(expected, rel=ulp, abs=0))


@pytest.mark.parametrize("x", SPECIAL)
def test_special_numbers_are_as_in_c99(x):
    for y in SPECIAL:
        assert same(power(x, y), c99(x, y)), (x, y, power(x, y))
    with np.errstate(all="ignore"):
        assert same(exponential(x), float(np.exp(x)))
        assert same(logarithm(x), float(np.log(x)))


@pytest.mark.parametrize("name", ["pow vv", "pow vn", "pow nv"])
def test_special_voxels_are_as_in_c99(name):
    numbers = np.float32([0.0, 1.0, 0.5, 2.0, 3.0, 1.5, INF, 2**23, 2**24 - 1, 3e38, 1e-45])
    numbers = np.concatenate([numbers, -numbers, np.float32([NAN])])
    for x in numbers.tolist():
        arguments = {
            "pow vv": [np.full(numbers.shape, x, np.float32), numbers],
            "pow vn": [numbers, x],
            "pow nv": [x, numbers],
        }[name]
        found = evaluate(((OPERATIONS[name], (0, 1)),), arguments)
        for y, one in zip(numbers.tolist(), found.tolist(), strict=True):
            with np.errstate(all="ignore"):
                expected = float(np.float32(c99(y, x) if name == "pow vn" else c99(x, y)))
            assert same(one, expected, ulp=1.2e-7), (x, y, one)


@pytest.mark.parametrize("name", ["exp v", "log v", "pow vv"])
def test_voxels_are_rounded_once(name):
    """To no more than 0.501 ulp of float32; float64's own functions are as good as exact for it."""
    rng = np.random.default_rng(3)
    count = 1 << 20
    any_bits = rng.integers(0, 0x7F800000, count, np.uint32).view(np.float32)
    arguments = {
        "exp v": [np.concatenate([rng.uniform(-104, 89, count), -any_bits]).astype(np.float32)],
        "log v": [any_bits],
        "pow vv": [any_bits, rng.normal(0, 3, count).astype(np.float32)],
    }[name]
    found = evaluate(((OPERATIONS[name], tuple(range(len(arguments)))),), arguments)
    with np.errstate(all="ignore"):
        wide = [a.astype(np.float64) for a in arguments]
        exact = {"exp v": np.exp, "log v": np.log, "pow vv": np.power}[name](*wide)
        nearest = exact.astype(np.float32)
        finite = np.isfinite(nearest)
        np.testing.assert_array_equal(found[~finite], nearest[~finite])
        error = np.abs(found.astype(np.float64) - exact)[finite]
        assert np.all(error <= 0.501 * np.spacing(np.abs(nearest[finite])).astype(np.float64))


def test_whole_powers_of_voxels_are_exact():
    base, exponent = np.meshgrid(np.arange(-30, 31), np.arange(1, 5))
    found = evaluate(
        ((OPERATIONS["pow vv"], (0, 1)),), [base.astype(np.float32), exponent.astype(np.float32)]
    )
    np.testing.assert_array_equal(found, (base.astype(float) ** exponent).astype(np.float32))
