"""Names of files that only the run tells: no case takes from another what that saves or reads."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813

from voxlogica.batch.carrying_out import run_cases
from voxlogica.batch.used_files import UsedFiles
from voxlogica.engine.cases import Case, Row
from voxlogica.engine.memory import memory_with_warnings
from voxlogica.operators import registry
from voxlogica.operators.signature import REGISTRY, Region, operator
from voxlogica.plan_to_report import Settings
from voxlogica.syntax.diagnostics import Diagnostic
from voxlogica.syntax.source import Source

CASES = [Case(n, f"c{n}", {"CASE": f"c{n}", "N": n}, frozenset({"CASE", "N"})) for n in range(4)]


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch) -> Path:
    """A working folder with an image for each case, whose least value is its number."""
    monkeypatch.chdir(tmp_path)
    Path("out").mkdir()
    for number in range(4):
        array = np.full((5, 6), number, np.float32)
        sitk.WriteImage(sitk.GetImageFromArray(array), f"c{number}.nii.gz")
        sitk.WriteImage(sitk.GetImageFromArray(array + 100), f"out/{number}.nii.gz")
    return tmp_path


def rows_of(program: str, cases=CASES, jobs: int = 2) -> list[Row]:
    settings = Settings(jobs, False, *memory_with_warnings())
    text = Source("p.imgql", 'import "simpleitk" load i = "$CASE.nii.gz" param N = 0 ' + program)
    return sorted(run_cases([text], cases, settings), key=lambda row: row.case.number)


def faults(rows: list[Row]) -> list[str]:
    return ["; ".join(fault.message for fault in row.faults) for row in rows]


def first_value(path: str) -> float:
    return float(sitk.GetArrayFromImage(sitk.ReadImage(path)).flat[0])


# The name rests on what is in the image.
NAME = 'concat("out/", ["a", "a", "b", "b"][min(i)])'
jobs = pytest.mark.parametrize("jobs", [1, 2, 5])


@jobs
def test_of_two_cases_that_write_one_file_the_first_does(jobs):
    told = faults(rows_of(f'print "w" WriteImage(i, concat({NAME}, ".nii"))', jobs=jobs))
    assert told[0] == told[2] == ""
    assert told[1] == (
        'out/a.nii is saved by the case "c1", and saved by "c0", which comes before it'
    )
    assert 'out/b.nii is saved by the case "c3", and saved by "c2"' in told[3]
    assert (first_value("out/a.nii"), first_value("out/b.nii")) == (0, 2)


@jobs
def test_what_a_case_before_saves_is_not_read(jobs):
    # Each reads what the one before it saves, but for the first.
    read = 'ReadImage(concat("out/", concat(["0", "0", "1", "2"][min(i)], ".nii.gz")))'
    rows = rows_of(f'print "v" min({read}) save "out/$N.nii.gz" i', jobs=jobs)
    told = faults(rows)
    assert told[0] == ""
    assert [print.value for print in rows[0].prints] == [100]
    assert told[1] == (
        'out/0.nii.gz is read by the case "c1", and saved by "c0", which comes before it'
    )
    assert all(told[1:])
    assert [first_value(f"out/{n}.nii.gz") for n in range(4)] == [0, 101, 102, 103]


@jobs
def test_what_a_case_before_reads_is_not_saved(jobs):
    # Each reads what the one after it saves, but for the last.
    read = 'ReadImage(concat("out/", concat(["1", "2", "3", "3"][min(i)], ".nii.gz")))'
    rows = rows_of(f'print "v" min({read}) save "out/$N.nii.gz" i', jobs=jobs)
    assert faults(rows)[0] == ""
    assert [print.value for print in rows[0].prints] == [101]
    assert faults(rows)[1] == (
        'out/1.nii.gz is saved by the case "c1", and read by "c0", which comes before it'
    )


@jobs
def test_names_that_the_plan_knows(jobs):
    """Also where nobody has looked at the cases before."""
    rows = rows_of('print "v" min(ReadImage("out/0.nii.gz")) save "out/$N.nii.gz" i', jobs=jobs)
    told = faults(rows)
    assert told[0] == ""
    assert all('"out/0.nii.gz"' not in one and "saved by" in one for one in told[1:])


@jobs
def test_a_file_of_one_case_is_no_folder_of_another(jobs):
    name = 'concat("out/", ["q.nii/r.nii", "q.nii", "s.nii/r.nii", "s.nii"][min(i)])'
    told = faults(rows_of(f'print "w" WriteImage(i, {name})', jobs=jobs))
    assert told[0] == told[2] == ""
    assert "saved, as a folder, by" in told[1]
    assert "saved, as a folder, by" in told[3]


def test_which_of_them_does_not_rest_on_who_is_faster(monkeypatch):
    """The second case has all but put its file in place before the first one goes on."""
    second_is_there = threading.Event()
    monkeypatch.setitem(REGISTRY[""], "awaiting", [])

    @operator("awaiting")
    def awaiting(region: Region) -> Region:
        if not region.array.any():  # of the first case, all of whose values are 0
            assert second_is_there.wait(60)
        return region

    def judged(files: UsedFiles, case: Case, wrong=UsedFiles.wrong) -> Diagnostic | None:
        if case.number == 1:
            second_is_there.set()
        return wrong(files, case)

    monkeypatch.setattr(UsedFiles, "wrong", judged)
    registry.cache_clear()
    try:
        name = 'concat("out/", ["a.nii", "a.nii"][volume(awaiting(intensity(i) >. 0)) / 30])'
        told = faults(rows_of(f'print "w" WriteImage(i, {name})', CASES[:2]))
    finally:
        registry.cache_clear()
    assert told[0] == ""
    assert 'saved by "c0", which comes before it' in told[1]
    assert first_value("out/a.nii") == 0
