"""Rows of an earlier run hold as long as what they rest on is as it was."""

from __future__ import annotations

from pathlib import Path

import pytest

from voxlogica.batch.unchanged import unchanged
from voxlogica.engine.cases import Case, Fault, Row
from voxlogica.engine.results import InputFile
from voxlogica.images.digests import file_digest


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("l.imgql", "v.mhd", "v.raw"):
        Path(name).write_text(name)


def row() -> Row:
    """One that rests on what is there, on standard input, and on a file that is not there."""
    library = InputFile("l.imgql", file_digest("l.imgql"), "library")
    images = [InputFile(name, file_digest(name), "image") for name in ("v.mhd", "v.raw")]
    others = InputFile("<stdin>", "0", "program"), InputFile("none.nii", "", "image")
    return Row(Case(0, "p", {}), inputs=(library, *images, *others))


@pytest.mark.parametrize("name", ["l.imgql", "v.mhd", "v.raw", "none.nii"])
def test_a_file_that_is_another_or_gone_or_there_now(name):
    one = row()
    assert unchanged()(one)
    Path(name).write_text("other")
    assert not unchanged()(one)
    Path(name).unlink()
    assert unchanged()(one) == (name == "none.nii")


def test_a_file_that_says_the_same_is_the_same():
    one = row()
    Path("v.raw").unlink()
    Path("v.raw").write_text("v.raw")
    assert unchanged()(one)


def test_a_case_that_failed_rests_on_nothing():
    one = row()
    Path("l.imgql").unlink()
    assert unchanged()(Row(one.case, faults=(Fault("gone", "gone"),), inputs=one.inputs))


def test_rows_of_files_that_are_shared_are_of_one_moment():
    is_unchanged, one = unchanged(), row()
    assert is_unchanged(one)
    Path("l.imgql").unlink()
    assert is_unchanged(one)
