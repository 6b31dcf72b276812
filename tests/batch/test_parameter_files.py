"""Files of parameters, and the options that have them."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from voxlogica.batch.parameter_files import read_parameters
from voxlogica.cli.commands import voxlogica as command
from voxlogica.syntax.diagnostics import VoxLogicaError

PROGRAM = """\
param high = 0.95 from 0.5 to 1
param sizes = [1, 2]
param flip = false
print "$CASE" high
print "sizes" sizes
print "flip" flip
"""


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("p.imgql").write_text(PROGRAM)
    Path("s.json").write_text('{"high": 0.5, "sizes": [3], "flip": true, "CASE": "bob"}')
    return tmp_path


def voxlogica(*arguments: str) -> Result:
    return CliRunner().invoke(command, arguments)


def test_values_keep_their_types_and_null_sets_nothing():
    Path("a.json").write_bytes(b'\xef\xbb\xbf{"a": 1, "b": [true, "x"], "c": null, "d": 0}')
    assert read_parameters("a.json") == {"a": 1.0, "b": (True, "x"), "d": 0.0}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[1]", "a.json has no object"),
        ('{"a": 1', "a.json:1:8: not JSON"),
        ('{"a": {}}', "a.json: `a` is an object"),
        ('{"a": 1, "a": 2}', "`a` is there more than once"),
        ("\0", "not a text in UTF-8"),
    ],
)
def test_what_is_wrong_is_told_and_the_exit_status_is_1(text, said):
    Path("a.json").write_text(text)
    with pytest.raises(VoxLogicaError) as told:
        read_parameters("a.json")
    assert said in str(told.value)
    found = voxlogica("run", "p.imgql", "--params", "a.json")
    assert (found.exit_code, found.stdout) == (1, "")
    assert said in found.stderr
    assert "a.jsn does not exist" in voxlogica("check", "p.imgql", "--params", "a.jsn").stderr


def test_they_are_set_in_every_command():
    found = voxlogica("run", "p.imgql", "--params", "s.json", "--no-cache")
    assert found.stdout == "bob=0.5\nsizes=[3]\nflip=true\n"
    for other in ("check", "plan", "params"):
        assert voxlogica(other, "p.imgql", "--params", "s.json").exit_code == 0
    Path("s.json").write_text('{"hihg": 1}')
    for other in ("run", "check", "plan"):
        assert "did you mean `-D high=…`?" in voxlogica(other, "p.imgql", "--params=s.json").stderr


def test_what_the_command_line_sets_and_a_column_come_before_them():
    run = ("run", "p.imgql", "--params", "s.json", "--no-cache")
    assert voxlogica("run", "p.imgql", "-D", "high=1", *run[2:]).stdout.startswith("bob=1\n")
    Path("cases.csv").write_text("case,high\nann,0.75\ncay,\n")
    found = voxlogica(*run, "--cases", "cases.csv")
    lines = found.stdout.splitlines()
    assert [line.split(",")[:4] for line in lines] == [
        ["case", "CASE", "high", "$CASE"],
        ["ann", "ann", "0.75", "0.75"],
        ["cay", "cay", "", "0.5"],
    ]
