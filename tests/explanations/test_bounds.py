"""Numbers that sentences give as bounds: what is said of them is true as it is read."""

from __future__ import annotations

import operator
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.references import unhurried
from voxlogica.explanations.balls import Fitting
from voxlogica.explanations.claims import bound
from voxlogica.explanations.comparisons import Compared

_HOLDS = {
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
    "==": operator.eq,
    "!=": operator.ne,
}
_CHANGES = {
    (">", True): "at least",
    (">", False): "below",
    (">=", True): "above",
    (">=", False): "at most",
    ("<", True): "at most",
    ("<", False): "above",
    ("<=", True): "below",
    ("<=", False): "at least",
    ("==", True): "anything but",
    ("==", False): "exactly",
    ("!=", True): "exactly",
    ("!=", False): "anything but",
}
# Numbers that are `at least`, `above`, … the one that is told.
_SUCH = {
    "at least": lambda told, up, down: (told, up),
    "above": lambda told, up, down: (up,),
    "at most": lambda told, up, down: (told, down),
    "below": lambda told, up, down: (down,),
    "exactly": lambda told, up, down: (told,),
    "anything but": lambda told, up, down: (up, down),
}
VALUES = st.floats(width=32, allow_nan=False, allow_infinity=False).filter(
    lambda value: 1e-30 < abs(value) < 1e30
)


@pytest.mark.parametrize(("sign", "holds"), _CHANGES)
@unhurried
@given(value=VALUES)
def test_what_would_change_a_comparison_does_as_it_is_told(sign, holds, value):
    change = _CHANGES[sign, holds]
    told = np.float32(bound(change, value))
    up, down = (np.nextafter(told, np.float32(side)) for side in (np.inf, -np.inf))
    for number in _SUCH[change](told, up, down):
        assert bool(_HOLDS[sign](np.float32(value), number)) is not holds


@unhurried
@given(value=VALUES)
def test_bounds_are_as_near_as_four_digits_can_be(value):
    for change in ("at least", "above", "at most", "below"):
        assert float(bound(change, value)) == pytest.approx(value, rel=1.001e-3)
    assert np.float32(bound("exactly", value)) == np.float32(value)


def test_a_sentence_has_the_bound_on_the_right_side():
    claim = Compared(
        ">", 105.93122863769531, 100.0, True, 5.931, "at least", ("s", "t"), ("s", 0.9312286)
    )
    assert claim.sentence() == (
        "s is 105.9, more than t, which is 100, by 5.931. It would be out with `t` at least 106."
        " In this image, s from 0.9313 on satisfies it."
    )


def test_so_has_the_threshold_of_a_ball():
    value = 0.9538999795913696
    claim = Fitting("rank", ">", 0.86, "very", value, (1, 2, 3), (1, 2, 4), "at least", True)
    (said,) = re.findall(r"at least ([0-9.]+)", claim.sentence())
    assert np.float32(said) >= np.float32(value)
    claim = Fitting("rank", ">", 0.86, "very", 0.7312449, (1, 2, 3), (1, 2, 4), "below", False)
    assert "below 0.7312:" in claim.sentence()
