"""Which files cases read and in which folders they save, told from programs' texts."""

from __future__ import annotations

from pathlib import Path

from voxlogica.batch.case_files import files_of_cases
from voxlogica.engine.cases import Case
from voxlogica.syntax.source import Source


def case(number: int, **sets: object) -> Case:
    return Case(number, f"c{number}", sets, frozenset(sets))


def test_names_are_filled_in_for_each_case_by_what_it_sets_what_is_fixed_and_defaults() -> None:
    program = Source(
        "p.imgql",
        'param root = "data"\nload a = "$root/$CASE/$WHICH.nii.gz"\nload atlas = "atlas.nii.gz"\n'
        'print "n" volume(a > 3)\nsave "out/$CASE/r.nii.gz" a > 3\nsave "/all/$CASE.nii.gz" atlas',
    )
    cases = [case(0, CASE="x"), case(1, CASE="y", root="other")]
    found = files_of_cases([program], cases, {"WHICH": "flair"}, None)
    assert found.loads == {"data/x/flair.nii.gz", "other/y/flair.nii.gz", "atlas.nii.gz"}
    assert found.folders == {Path("out/x").absolute(), Path("out/y").absolute(), Path("/all")}


def test_a_case_whose_texts_are_wrong_has_no_files() -> None:
    Path("good.imgql").write_text("let f(x) = x > 3")
    program = Source("p.imgql", 'import "$LIB.imgql"\nload a = "$CASE.nii.gz"\nprint "n" f(a)')
    cases = [case(0, CASE="x", LIB="good"), case(1, CASE="y", LIB="lacking")]
    assert files_of_cases([program], cases, {}, None).loads == {"x.nii.gz"}
