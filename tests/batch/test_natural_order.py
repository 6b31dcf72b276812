"""The order in which people count."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voxlogica.batch.natural_order import natural_key

ORDERED = [
    ["p1", "p2", "p10"],
    ["p02", "p2", "p10"],
    ["a/1", "a/2", "a-b/1", "a b/1"][:2],
    ["a/2", "a-b/1"],
    ["", "1", "1a", "2", "a"],
    ["s1/p10", "s2/p2", "s10/p1"],
    ["p٢", "p٣", "p١٠"][:2],
    ["B", "a"],
    ["x" + "9" * 5000, "x1" + "0" * 5000],
    ["1.2.9", "1.2.10", "1.10.1"],
]


@pytest.mark.parametrize("names", ORDERED, ids=lambda names: names[0][:5])
def test_runs_of_digits_are_numbers_and_folders_come_one_by_one(names):
    shuffled = names[:]
    random.Random(1).shuffle(shuffled)
    assert sorted(shuffled, key=natural_key) == names


def test_digits_of_other_scripts_are_letters():
    assert sorted(["p٣", "p١٠"], key=natural_key) == ["p١٠", "p٣"]


@given(st.lists(st.text("ab01 /.", max_size=6), unique=True))
def test_names_that_differ_have_keys_that_differ(names):
    keys = [natural_key(name) for name in names]
    assert len(set(keys)) == len(names)
    assert [natural_key(name) for name in sorted(names, key=natural_key)] == sorted(keys)
