"""`voxlogica params`, and parameters on the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.shell_completion import BashComplete
from click.testing import CliRunner, Result

from voxlogica.cli.commands import voxlogica as command

PROGRAM = """\
// A study.

param high = 0.95 from 0.5 to 1   // the rank above which tumour is sought
// where the cases are,
//   one a folder
param data = "cases"
param sizes = [1, 2]
    from 0                        // in mm
param truth: string // the expert's
let flip = false  param flips = true // both
import "lib"
print "$high $k" high
"""


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("p.imgql").write_text(PROGRAM)
    Path("lib.imgql").write_text("param k = 3")
    return tmp_path


def voxlogica(*arguments: str, width: int = 80, typed: str | None = None) -> Result:
    return CliRunner(env={"COLUMNS": str(width)}).invoke(command, arguments, input=typed)


LISTED = """\
p.imgql:
truth  (to be given)  string                   the expert's
high   0.95           number from 0.5 to 1     the rank above which tumour is sought
data   "cases"        string                   where the cases are,
                                               one a folder
sizes  [1, 2]         sequence(number) from 0  in mm
flips  true           bool                     both

lib.imgql:
k      3              number
"""
NARROW = """\
p.imgql:
truth: string, to be given
    the expert's
high = 0.95: number from 0.5 to 1
    the rank above which tumour is
    sought
data = "cases": string
    where the cases are,
    one a folder
sizes = [1, 2]: sequence(number) from 0
    in mm
flips = true: bool
    both

lib.imgql:
k = 3: number
"""


@pytest.mark.parametrize(("width", "listed"), [(90, LISTED), (40, NARROW)])
def test_parameters_are_listed_with_their_comments_as_wide_as_the_terminal(width, listed):
    found = voxlogica("params", "p.imgql", width=width)
    assert (found.exit_code, found.stderr, found.stdout) == (0, "", listed)


@pytest.mark.parametrize("width", [1, 20, 60, 300])
def test_no_width_is_too_small(width):
    found = voxlogica("params", "p.imgql", width=width)
    assert found.exit_code == 0
    assert "".join(found.stdout.split()).count("tobegiven") == 1


def test_one_that_is_long_leaves_the_others_a_table():
    Path("q.imgql").write_text(
        'import "lib"\nparam ml = [900, 2000, 300] from [0, 0, 0] to [5000, 5000, 5000]'
        " // of each\n"
        "param truth: string // the expert's\n"
    )
    long = "ml = [900, 2000, 300]: sequence(number) from [0, 0, 0] to [5000, 5000, 5000]"
    assert voxlogica("params", "q.imgql", width=80).stdout == (
        f"q.imgql:\ntruth  (to be given)  string  the expert's\n{long}\n    of each\n\n"
        "lib.imgql:\nk      3              number\n"
    )
    wide = voxlogica("params", "q.imgql", width=120).stdout.splitlines()
    assert [line.split("  ")[0] for line in wide if line[-1:] != ":"] == ["truth", "ml", "", "k"]


def test_a_program_from_a_pipe_and_one_without_parameters():
    found = voxlogica("params", "-", typed="param x = -1")
    assert found.stdout == "x  -1  number\n"
    found = voxlogica("params", "-", typed='print "a" volumme(1)')
    assert (found.exit_code, found.stdout) == (0, "")
    assert found.stderr == "no parameters in <stdin>\n"


def test_as_json_they_are_for_scripts():
    found = voxlogica("params", "p.imgql", "--json", "-")
    told = json.loads(found.stdout)
    assert told["error"] == []
    by_name = {p.pop("name"): p for p in told["parameters"]}
    assert by_name["sizes"] == {
        "program": "p.imgql",
        "type": "sequence(number)",
        "default": [1, 2],
        "from": 0,
        "to": None,
        "comment": "in mm",
    }
    assert (by_name["truth"]["default"], by_name["k"]["program"]) == (None, "lib.imgql")
    found = voxlogica("params", "p.imgql", "--json", "p.json")
    assert found.stdout.startswith("p.imgql:\n")
    assert json.loads(Path("p.json").read_text())["parameters"][2]["default"] == "cases"


def test_what_is_declared_wrongly_is_told():
    Path("q.imgql").write_text("param x = y")
    found = voxlogica("params", "q.imgql", "--json", "-")
    assert found.exit_code == 1
    assert "is a literal" in found.stderr
    (said,) = json.loads(found.stdout)["error"]
    assert "is a literal" in said
    assert voxlogica("params", "gone.imgql").exit_code == 1


def test_the_command_line_sets_them():
    run = ("run", "--no-cache", "p.imgql", "-D", "truth=t.nii")
    assert voxlogica(*run).stdout == "0.95 3=0.95\n"
    assert voxlogica(*run, "-D", "high=.5", "-D", "k=4").stdout == "0.5 4=0.5\n"
    assert voxlogica(*run, "-D", "sizes=[3,4.5]").exit_code == 0
    found = voxlogica(*run, "-D", "high=2")
    assert (found.exit_code, found.stdout) == (1, "")
    assert "p.imgql:3:1: error: `high` cannot be set to `2`: it takes a number" in found.stderr
    for other in ("check", "plan"):
        assert voxlogica(other, "p.imgql", "-D", "truth=t").exit_code == 0
        found = voxlogica(other, "p.imgql", "-D", "truth=t", "-D", "hihg=1")
        assert (found.exit_code, "did you mean `-D high=…`?" in found.stderr) == (1, True)
        assert "`truth` has no value" in voxlogica(other, "p.imgql").stderr


def test_shells_complete_what_may_be_set():
    complete = BashComplete(command, {}, "voxlogica", "_VOXLOGICA_COMPLETE")
    found = complete.get_completions(["run", "p.imgql", "-D", "k=1", "-D"], "t")
    assert [item.value for item in found] == ["truth="]
    found = complete.get_completions(["check", "gone.imgql", "-D"], "")
    assert found == []
