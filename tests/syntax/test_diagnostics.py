"""What is said of a name that nothing has."""

from __future__ import annotations

from itertools import permutations

import pytest

from voxlogica.syntax.diagnostics import nearest


@pytest.mark.parametrize(
    "written, meant",
    [
        ("ediantt", "median"),
        ("Mediann", "Median"),
        ("MEDIAN", "Median"),
        ("otsuu", "otsu"),
        ("nothing", None),
    ],
)
def test_the_same_name_is_offered_in_whatever_order_names_come(
    written: str, meant: str | None
) -> None:
    offered = {nearest(written, names) for names in permutations(("median", "Median", "otsu"))}
    assert offered == {meant}
