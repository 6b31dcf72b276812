"""Numbers in a program's text that a hand may move."""

from __future__ import annotations

import doctest

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voxlogica.language import numbers_in_text
from voxlogica.language.numbers_in_text import NumberInText, numbers_in, range_of
from voxlogica.language.parameters import parameter
from voxlogica.syntax.ast import Param
from voxlogica.syntax.parser import parse
from voxlogica.syntax.source import Source


def found(text: str) -> dict[str, NumberInText]:
    return {text[n.start : n.end]: n for n in numbers_in(parse(Source("", text), 2))}


def ranges(text: str) -> dict[str, tuple[float, float, float]]:
    return {written: (n.low, n.high, n.step) for written, n in found(text).items()}


def test_doctests():
    assert doctest.testmod(numbers_in_text).failed == 0


def test_they_stand_in_the_order_of_the_text_with_what_they_declare():
    text = """param a = 0.5 from 0 to 1
f(x) = x + 2
let b = for i in range(3) do [f(i), -4, 1e-3]
print "n" b[5][6] + 7
assert "a" 8 > 1
save "a.csv" [[9]]
"""
    names = [(text[n.start : n.end], n.name) for n in numbers_in(parse(Source("", text), 2))]
    assert names == [
        ("0.5", "a"), ("2", "f"), ("3", "b"), ("-4", "b"), ("1e-3", "b"),
        ("5", ""), ("6", ""), ("7", ""), ("8", ""), ("1", ""), ("9", ""),
    ]  # fmt: skip


def test_those_of_libraries_and_of_texts_that_are_wrong():
    assert found('import "metrics"\nx = 1 + \ny = 2').keys() >= {"2"}
    assert found('x = "3 4" // 5') == {}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("param x = 50 from 0 to 255", (0, 255, 1)),
        ("param x = 0.95 from 0.5 to 1", (0.5, 1, 0.005)),
        ("param x = 1 from 0 to 1", (0, 1, 0.01)),
        ("param x = -1000 from -2000", (-2000, 2000, 1)),
        ("param x = 3 to 30", (0, 30, 1)),
        ("x = 0", (0, 10, 1)),
        ("x = 0.95", (0, 1, 0.01)),
        ("x = 400", (0, 1000, 1)),
        ("x = -2.5", (-5, 5, 0.1)),
    ],
)
def test_how_far_and_in_which_steps(text, expected):
    assert list(ranges(text).values()) == [expected]


def test_parameters_alone():
    def of(text: str) -> tuple[float, float, float] | None:
        (command,) = parse(Source("", text), 2).commands
        assert isinstance(command, Param)
        declared = parameter(command, lambda wrong: None)
        assert declared is not None
        return range_of(declared)

    assert of("param x = 50 from 0 to 255") == (0, 255, 1)
    assert of("param x: number from 0 to 1") == (0, 1, 0.01)
    assert of("param x: number") is None
    assert of('param x = "a"') is None
    assert of("param x = true") is None


@given(
    st.floats(-1e9, 1e9).filter(lambda x: not x or abs(x) > 1e-9),
    st.floats(0, 1e6),
    st.floats(0, 1e6),
)
def test_a_range_has_the_number_in_it_and_enough_steps(value, below, above):
    texts = [f"x = {value:g}", f"param x = {value:f} from {value - below:f} to {value + above:f}"]
    for text in texts:
        for number in numbers_in(parse(Source("", text), 2)):
            assert number.low <= number.value <= number.high
            assert number.step > 0
            if number.high - number.low >= 10 or number.step < 1:
                assert (number.high - number.low) / number.step >= 9 or number.high == number.low
