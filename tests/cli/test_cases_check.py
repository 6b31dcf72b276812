"""`voxlogica check` and `voxlogica plan` over cases."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813
from click.testing import CliRunner, Result

from voxlogica.cli.commands import voxlogica as command

PROGRAM = """\
param high = 1 from 0 to 9
load image = "$CASE.nii.gz"
print "$CASE" volume(intensity(image) > high)
"""


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("p1", "p2", "p3"):
        image = sitk.GetImageFromArray(np.ones((2, 3, 4), np.uint8))
        sitk.WriteImage(image, f"{name}.nii.gz")
    Path("p.imgql").write_text(PROGRAM)
    Path("cases.csv").write_text("case\np1\np2\np3\n")
    return tmp_path


def voxlogica(*arguments: str) -> Result:
    return CliRunner().invoke(command, arguments)


def test_programs_without_mistakes():
    found = voxlogica("check", "p.imgql", "--cases", "{CASE}.nii.gz")
    assert (found.exit_code, found.stdout) == (0, "")
    assert found.stderr == "no mistakes in p.imgql, for 3 cases\n"


def test_alike_mistakes_are_told_together_and_each_in_json():
    Path("p1.nii.gz").unlink()
    Path("p3.nii.gz").write_bytes(b"no image")
    Path("p2.nii.gz").unlink()
    found = voxlogica("check", "p.imgql", "--cases", "cases.csv", "--json", "-")
    assert found.exit_code == 1
    assert 'p.imgql:2:14: error in 2 cases: "{CASE}.nii.gz" does not exist' in found.stderr
    assert "error in case p3" in found.stderr
    assert found.stderr.endswith("3 cases: 3 with errors\n")
    told = json.loads(found.stdout)["diagnostics"]
    assert [one["notes"][-1]["message"] for one in told] == ["cases: p1", "cases: p2", "cases: p3"]


def test_a_mistake_of_the_program_is_told_once():
    Path("p.imgql").write_text(PROGRAM + 'print "b" volumme(image)')
    found = voxlogica("check", "p.imgql", "--cases", "cases.csv", "--json", "-")
    assert found.stderr.count("unknown function `volumme`") == 1
    assert "error in all 3 cases: unknown function" in found.stderr
    (told,) = json.loads(found.stdout)["diagnostics"]
    assert told["notes"][-1]["message"] == "cases: p1, p2, p3"


def test_cases_that_are_wrong_are_told_as_in_a_run():
    Path("cases.csv").write_text("case,high\np1,10\n")
    for line in (("check", "p.imgql", "--json", "-"), ("plan", "p.imgql"), ("run", "p.imgql")):
        found = voxlogica(*line, "--cases", "cases.csv")
        assert found.exit_code == 1
        assert "cases.csv:2: `high` cannot be set to `10`" in found.stderr
    found = voxlogica("check", "p.imgql", "--json", "-", "--cases", "cases.csv")
    assert "cannot be set" in json.loads(found.stdout)["error"]


def test_of_a_sweep_each_combination_is_looked_at_once():
    line = ("check", "p.imgql", "--cases", "cases.csv", "--sweep", "high=1:4:1")
    counted = "6 combinations of 3 cases"
    assert voxlogica(*line).stderr == f"no mistakes in p.imgql, for {counted}\n"
    Path("p1.nii.gz").unlink()
    assert voxlogica(*line).stderr.endswith(f"{counted}: 4 with errors\n")


def test_warnings_are_no_errors_unless_they_are_to_be():
    Path("p.imgql").write_text(PROGRAM + 'print "$CASE" 1')
    found = voxlogica("check", "p.imgql", "--cases", "cases.csv")
    assert (found.exit_code, "warning in all 3 cases: " in found.stderr) == (0, True)
    assert found.stderr.endswith("no errors in p.imgql, for 3 cases\n")
    assert voxlogica("check", "p.imgql", "--cases", "cases.csv", "--strict").exit_code == 1


def test_the_plan_is_that_of_the_first_case_or_of_one_that_is_named():
    plan = ("plan", "p.imgql", "--cases", "cases.csv")
    assert 'print "p1"' in voxlogica(*plan).stdout
    assert 'print "p3"' in voxlogica(*plan, "--case", "p3").stdout
    assert 'print "p2"' in voxlogica(*plan, "--shard", "2/3").stdout
    found = voxlogica(*plan, "--case", "p01")
    assert (found.exit_code, 'did you mean "p1"?' in found.stderr) == (1, True)
    assert voxlogica("plan", "p.imgql", "--cases", "{CASE}.nii.gz").exit_code == 0


@pytest.mark.parametrize(
    "line",
    [
        ("check", "p.imgql", "--sweep", "high=1"),
        ("plan", "p.imgql", "--case", "p1"),
        ("plan", "p.imgql", "--shard", "1/2"),
    ],
)
def test_wrong_usage(line):
    assert voxlogica(*line).exit_code == 2
