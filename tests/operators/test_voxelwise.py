"""Operators that treat each voxel alone: comparisons, arithmetic, connectives, mask."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given

from tests.references import (
    call,
    images,
    numbers,
    region,
    regions,
    unhurried,
    valuation,
    valuations,
)
from voxlogica.kernels.voxelwise import TABLE
from voxlogica.operators import voxelwise

f32 = np.float32
ARITHMETIC = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b,
}
COMPARISONS = {
    ".=": lambda n, v: v == n,
    ".<=": lambda n, v: v >= n,
    ".>=": lambda n, v: v <= n,
}


def same(result: np.ndarray, expected: np.ndarray) -> None:
    """Equal to the sign of zero; one nan is as good as another."""
    np.testing.assert_array_equal(result, expected)
    number = ~np.isnan(expected)
    np.testing.assert_array_equal(np.signbit(result)[number], np.signbit(expected)[number])


@pytest.mark.parametrize("name", ARITHMETIC)
@unhurried
@given(pair=images(valuations, valuations), n=numbers)
def test_arithmetic_is_that_of_float32(name, pair, n):
    a, b = pair
    compute = ARITHMETIC[name]
    with np.errstate(all="ignore"):
        of_images = compute(a.array, b.array)
        with_number = compute(a.array, f32(n))
        from_number = compute(f32(n), a.array)
    assert of_images.dtype == with_number.dtype == np.float32
    same(call(name, a, b), of_images)
    same(call(name + ".", a, n), with_number)
    if name in "-/":
        same(call("." + name, n, a), from_number)


@unhurried
@given(images(valuations))
def test_abs_drops_the_sign(v):
    expected = np.array([abs(x) for x in v.array.ravel().tolist()], np.float32)
    same(call("abs", v), expected.reshape(v.array.shape))


@pytest.mark.parametrize("name", COMPARISONS)
@unhurried
@given(v=images(valuations), n=numbers)
def test_comparisons_put_the_number_first(name, v, n):
    expected = [COMPARISONS[name](n, x) for x in v.array.ravel().tolist()]
    assert call(name, n, v).ravel().tolist() == expected


@unhurried
@given(v=images(valuations), low=numbers, high=numbers)
def test_between_includes_both_ends(v, low, high):
    expected = [low <= x <= high for x in v.array.ravel().tolist()]
    assert call("between", low, high, v).ravel().tolist() == expected


@pytest.mark.parametrize("name", ["abs", "mask", "select", ".="])
def test_what_numpy_has_not_exactly_is_carried_out_by_the_kernel_of_chains(name, monkeypatch):
    given = {"v": valuation([[-1.5, 2.0, math.inf]]), "r": region([[1, 0, 1]]), "n": 2.0}
    (row,) = [row for rows in TABLE.values() for row in rows if row.name == name]
    arguments = [given[kind] for kind in row.takes]
    by_numpy = call(name, *arguments)
    monkeypatch.setattr(voxelwise, "_of_arrays", lambda row: None)
    same(call(name, *arguments), by_numpy)


def test_numbers_are_rounded_to_float32_before_they_meet_an_image():
    v = valuation([[0.1, 0.2, 0.3]])
    assert call(".=", 0.1, v).tolist() == [[True, False, False]]
    assert call("between", 0.1, 0.2, v).tolist() == [[True, True, False]]
    assert call("+.", v, 1e-9).tolist() == v.array.tolist()


def test_what_is_too_great_or_undefined_makes_no_noise(recwarn):
    v = valuation([[3e38, 0.0, -3e38]])
    assert call("+.", v, 1e300).tolist() == [[math.inf] * 3]
    assert call("*.", v, 10.0).tolist() == [[math.inf, 0.0, -math.inf]]
    assert call("./", 1.0, v)[0, 1] == math.inf
    assert np.isnan(call("/", v, v)[0, 1])
    assert call(".>=", 1e300, v).all()
    assert not recwarn.list


@unhurried
@given(images(regions, regions))
def test_connectives_are_truth_tables(pair):
    a, b = pair
    pairs = list(zip(a.array.ravel().tolist(), b.array.ravel().tolist(), strict=True))
    assert call("and", a, b).ravel().tolist() == [p and q for p, q in pairs]
    assert call("or", a, b).ravel().tolist() == [p or q for p, q in pairs]
    assert call("not", a).ravel().tolist() == [not p for p, _ in pairs]


@unhurried
@given(images(valuations, regions))
def test_mask_selects(pair):
    v, r = pair
    expected = [
        x if inside else 0.0
        for x, inside in zip(v.array.ravel().tolist(), r.array.ravel().tolist(), strict=True)
    ]
    same(call("mask", v, r).ravel(), np.array(expected, np.float32))


@unhurried
@given(images(valuations, valuations, regions))
def test_select_takes_each_voxel_from_one_of_two(images_of_one_grid):
    a, b, r = images_of_one_grid
    expected = [
        x if inside else y
        for x, y, inside in zip(a.array.flat, b.array.flat, r.array.flat, strict=True)
    ]
    same(call("select", r, a, b), np.array(expected, f32).reshape(r.array.shape))


def test_mask_lets_nothing_through_from_outside():
    v = valuation([[math.nan, math.inf, -0.0, 5.0]])
    assert call("mask", v, region([[0, 0, 0, 0]])).tolist() == [[0.0] * 4]


def test_the_number_and_the_region_are_told_apart_by_type():
    r = region([[1, 0]])
    for arguments in ((3.0, r), (r, 3.0)):
        assert call("theNumber", *arguments) == 3.0
        assert call("theRegion", *arguments) is r.array
