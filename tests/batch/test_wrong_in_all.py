"""Whether a program is wrong for all cases alike: then none is carried out."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813

from voxlogica.batch.wrong_in_all import wrong_in_all
from voxlogica.engine.cases import Case
from voxlogica.syntax.source import Source

LOAD = 'load m = "$CASE.png"\n'
INDEX = 'let s = [1]\nparam at = 0\nprint "$CASE" s[at]\n'
RIGHT = 'print "n" volume(intensity(m) >. 100)\n'


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch) -> Path:
    """The images of a, b and c are there; c is of another size; d is no image, e is not there."""
    monkeypatch.chdir(tmp_path)
    for name, width in (("a", 5), ("b", 5), ("c", 6)):
        sitk.WriteImage(sitk.GetImageFromArray(np.zeros((4, width), np.uint8)), f"{name}.png")
    Path("d.png").write_text("no image")
    return tmp_path


def wrong(text: str, names: str = "abc", *, strict: bool = False, **columns: str) -> list[str]:
    """What is wrong for cases of these names, with other columns of a letter each."""
    cases = [
        Case(n, name, given, frozenset(given))
        for n, name in enumerate(names)
        for given in [{"CASE": name} | {column: cells[n] for column, cells in columns.items()}]
    ]
    found = wrong_in_all([Source("p.imgql", text)], cases, {}, None, strict=strict)
    return [f"{d.span and d.span.text}: {d.message}" for d in found]


def test_what_is_right_for_one_case_may_be_carried_out():
    assert wrong(LOAD + RIGHT) == []
    assert wrong(LOAD + RIGHT, "ade") == []
    assert wrong(INDEX, at="770") == []


def test_an_unknown_function_and_a_wrong_type_are_wrong_for_all():
    assert wrong(LOAD + RIGHT + 'print "x" volumme(m)\n') == ["volumme: unknown function `volumme`"]
    (said,) = wrong(LOAD + 'print "x" volume(intensity(m))\n')
    assert "expects valuation(bool)" in said


@pytest.mark.parametrize("names", ["ade", "dae", "dea"])
def test_a_file_that_cannot_be_read_hides_no_mistake_that_others_show(names):
    (said,) = wrong(LOAD + 'print "x" volume(intensity(m))\n', names)
    assert "expects valuation(bool)" in said


def test_files_that_cannot_be_read_are_no_mistake_of_the_program():
    assert wrong(LOAD + RIGHT, "de") == []
    assert wrong('load m = "none.png"\nprint "$CASE" 1\n' + RIGHT) == []
    assert wrong(LOAD + 'print "x" volumme(m)\n', "de") == ["volumme: unknown function `volumme`"]


def test_what_differs_between_cases_is_no_one_mistake():
    """The index, and the size of images beside another."""
    assert wrong(INDEX, at="789") == []
    other = 'load o = "a.png"\nprint "x" volume((intensity(m) >. 1) & (intensity(o) >. 1))\n'
    assert wrong(LOAD + other) == []
    assert wrong(LOAD + other, "c") != []


def test_texts_in_quotes_may_differ():
    (said,) = wrong(LOAD + 'print "x" volume(channel(m, 7) >. 1)\n')
    assert said.endswith('"a.png" has no channel 7')


def test_a_warning_is_one_where_it_is_taken_for_an_error():
    text = LOAD + RIGHT + 'assert "a" 1 > 0\nassert "a" 2 > 0\n'
    assert wrong(text) == []
    assert len(wrong(text, strict=True)) == 1


def test_without_cases_nothing_is():
    assert wrong(LOAD + 'print "x" volumme(m)\n', "") == []
