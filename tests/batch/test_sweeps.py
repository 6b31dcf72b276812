"""Values that a parameter has in turn, and all combinations of several."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voxlogica.batch.sweeps import MOST, Sweep, check_product, combinations, sweep


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("a=0.9:0.95:0.01", "0.9 0.91 0.92 0.93 0.94 0.95"),
        ("a=0:1:0.3", "0 0.3 0.6 0.9"),
        ("a=1:-1:-1", "1 0 -1"),
        ("a=5:5:1", "5"),
        ("a=1e-3:3e-3:1e-3", "0.001 0.002 0.003"),
        ("a=.5:1.:.25", "0.5 0.75 1"),
        ("a=-1:1:1", "-1 0 1"),
        ("a=0.8,0.85", "0.8 0.85"),
        ("a= 1 , 2", "1 2"),
        ("a = 1, 2", "1 2"),
        ("a=x", "x"),
        ("a=b:c:d", "b:c:d"),
        ("a=true,false", "true false"),
        ("a=[1,2],[3]", "[1,2] [3]"),
        ('a="x,y",z', '"x,y" z'),
        ("a=k=v,w", "k=v w"),
    ],
)
def test_a_range_or_a_list(text, values):
    assert sweep(text) == Sweep("a", tuple(values.split()))


@given(
    st.decimals(-100, 100, places=3), st.integers(0, 200), st.sampled_from(["0.01", "0.001", "2.5"])
)
def test_each_value_is_the_number_that_one_would_write(start, steps, step):
    end = start + steps * Decimal(step)
    values = sweep(f"a={start}:{end}:{step}").values
    assert len(values) == steps + 1
    assert [float(v) for v in values] == [
        float(str(start + k * Decimal(step))) for k in range(steps + 1)
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a", "is not of the form"),
        ("a=", "is not of the form"),
        ("=1", "is not of the form"),
        ("$a=1", "is not of the form"),
        ("a=1:2", "has no step"),
        ("a=1:2:0", "is no range"),
        ("a=1:2:-1", "is no range"),
        ("a=0,93:0,97:0,01", "the decimal sign is a point: a=0.93:0.97:0.01"),
        ("a=0,93:0,97", "the decimal sign is a point: a=0.93:0.97:STEP"),
        ("a=0:1e9:1", "at most 100000"),
        ("a=1:1.00000000000000001:1e-17", "finer than numbers can tell"),
        ("a=1,1", "has 1 more than once"),
        ("a=1,,2", "has a comma, and no value beside it"),
        ("a=,1", "has a comma"),
    ],
)
def test_what_is_no_sweep_is_told(text, said):
    with pytest.raises(ValueError, match=said):
        sweep(text)


def test_the_last_one_changes_fastest():
    assert combinations([("a", (1.0, 2.0)), ("b", ("x", "y"))]) == [
        {"a": 1.0, "b": "x"},
        {"a": 1.0, "b": "y"},
        {"a": 2.0, "b": "x"},
        {"a": 2.0, "b": "y"},
    ]
    assert combinations([]) == [{}]


def test_too_many_and_doubled_names_are_told():
    wide = Sweep("a", tuple(map(str, range(1000))))
    check_product([wide, wide._replace(name="b", values=wide.values[:100])])
    with pytest.raises(ValueError, match=f"101000 combinations: at most {MOST}"):
        check_product([wide, wide._replace(name="b", values=wide.values[:101])])
    with pytest.raises(ValueError, match="a is swept twice"):
        check_product([wide, wide])
