"""What a run leaves for CI systems: files and annotations, with cases and without."""

from __future__ import annotations

import json
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813
from click.testing import CliRunner, Result

from voxlogica.cli import streams
from voxlogica.cli.commands import voxlogica as command

PROGRAM = """load m = "$CASE.png"
let n = volume(intensity(m) >. 100)
print "n" n
assert "large" n .>=. 2
"""

WARNED = """load m = "$CASE.png"
print "n" volume(intensity(m) >. 100)
print "n" 2
"""


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch) -> Path:
    """Three cases: `a` is too small, `b` is right, `c` is no image."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)
    for width, name in enumerate("ab", start=1):
        array = np.zeros((4, 5), np.uint8)
        array[1, 1 : 1 + width] = 200
        sitk.WriteImage(sitk.GetImageFromArray(array), f"{name}.png")
    Path("c.png").write_text("no image")
    Path("p.imgql").write_text(PROGRAM)
    return tmp_path


def run(*arguments: str) -> Result:
    return CliRunner().invoke(command, ["run", "p.imgql", *arguments])


def check(*arguments: str) -> Result:
    return CliRunner().invoke(command, ["check", "p.imgql", *arguments])


def outcomes(text: str) -> dict[str | None, list[str]]:
    """Of each test case, what is in it."""
    tests = ET.fromstring(text).iter("testcase")
    return {test.get("name"): [part.tag for part in test] for test in tests}


class TestJUnit:
    def test_a_case_is_a_test_case(self):
        found = run("--cases", "{CASE}.png", "--csv", "t.csv", "--junit", "j.xml")
        assert found.exit_code == 1
        assert outcomes(Path("j.xml").read_text()) == {
            "a": ["failure", "system-out"],
            "b": ["system-out"],
            "c": ["error"],
        }
        failure = next(ET.parse("j.xml").iter("failure"))
        assert failure.get("message") == 'assertion "large" is false: n = 1, wanted >= 2'

    @pytest.mark.parametrize(
        ("case", "status", "told"),
        [("a", 3, ["failure", "system-out"]), ("b", 0, ["system-out"]), ("c", 1, ["error"])],
    )
    def test_without_cases_the_program_is_the_one(self, case, status, told):
        found = run("-D", f"CASE={case}", "--junit", "j.xml")
        assert found.exit_code == status
        assert outcomes(Path("j.xml").read_text()) == {"p.imgql": told}

    def test_cases_after_one_that_stopped_the_run_are_skipped(self):
        Path("cases.csv").write_text("CASE\na\nc\nb\nd\n")
        audits = ("--junit", "j.xml", "--provenance", "p.json")
        found = run("--cases", "cases.csv", "--fail-fast", "-j1", "--csv", "t.csv", *audits)
        assert found.exit_code == 1
        told = outcomes(Path("j.xml").read_text())
        assert [*told] == ["a", "c", "b", "d"]
        assert told["c"] == ["error"]
        skipped = [name for name, parts in told.items() if parts == ["skipped"]]
        assert "d" in skipped
        (suite,) = ET.parse("j.xml").getroot()
        assert suite.get("skipped") == str(len(skipped))
        assert f"{len(skipped)} not carried out" in found.stderr
        actions = [
            entity
            for entity in json.loads(Path("p.json").read_text())["@graph"]
            if entity["@type"] == "CreateAction"
        ]
        assert len(actions) == 4 - len(skipped)

    def test_it_can_take_the_place_of_what_is_printed(self):
        assert outcomes(run("-D", "CASE=b", "--junit", "-").stdout) == {"p.imgql": ["system-out"]}
        both = run("-D", "CASE=b", "--junit", "-", "--print", "n")
        assert both.exit_code == 2
        assert "`--junit -` takes the place of what is printed" in both.stderr

    def test_a_program_that_cannot_be_read_is_an_error(self):
        found = CliRunner().invoke(command, ["run", "none.imgql", "--junit", "j.xml"])
        assert found.exit_code == 1
        assert outcomes(Path("j.xml").read_text()) == {"none.imgql": ["error"]}

    @pytest.mark.parametrize("file", ["-", "same", "./same"])
    def test_two_reports_are_two_files(self, file):
        other = "-" if file == "-" else "same"
        found = run("-D", "CASE=b", "--json", other, "--junit", file)
        assert found.exit_code == 2
        assert "--json and --junit both write to" in found.stderr
        assert not Path("same").exists()

    def test_it_takes_no_place_of_what_the_program_saves(self):
        Path("p.imgql").write_text('save "out.txt" "text"\n')
        found = run("--junit", "out.txt")
        assert (found.exit_code, found.stderr) == (
            1,
            "error: cannot write out.txt: the program saves a table there\n",
        )
        assert not Path("out.txt").exists()

    def test_together_with_the_json_report(self):
        assert run("-D", "CASE=c", "--junit", "j.xml", "--json", "r.json").exit_code == 1
        assert json.loads(Path("r.json").read_text())["status"] == "failed"
        assert outcomes(Path("j.xml").read_text()) == {"p.imgql": ["error"]}


class TestAnnotations:
    @pytest.fixture(autouse=True)
    def workflow(self, monkeypatch, folder):
        monkeypatch.setenv("GITHUB_ACTIONS", "true")
        monkeypatch.setenv("GITHUB_WORKSPACE", str(folder))
        monkeypatch.setattr(streams, "_annotated", {"error": 0, "warning": 0})

    def annotated(self, found: Result) -> list[str]:
        return [line for line in found.stderr.splitlines() if line.startswith("::")]

    def test_messages_are_shown_beside_the_program(self):
        found = run("-D", "CASE=a")
        assert found.stdout == "n=1\n"
        assert self.annotated(found) == [
            '::error file=p.imgql,line=4,col=1::assertion "large" is false: n = 1, wanted >= 2'
        ]
        checked = CliRunner().invoke(command, ["check", "p.imgql", "-D", "CASE=c"])
        (line,) = self.annotated(checked)
        assert line.startswith('::error file=p.imgql,line=1,col=10::"c.png" is no image')

    def test_so_are_those_of_cases(self):
        found = run("--cases", "{CASE}.png")
        places = [line.split("::")[1] for line in self.annotated(found)]
        assert places == [
            "error file=p.imgql,line=4,col=1,title=1 of 3 cases",
            "error file=p.imgql,line=1,col=10,title=1 of 3 cases",
        ]

    def test_warnings_of_cases_are_one_a_place(self):
        Path("p.imgql").write_text(WARNED)
        Path("c.png").unlink()
        found = run("--cases", "{CASE}.png")
        assert "warning in all 2 cases" in found.stderr
        (line,) = self.annotated(found)
        assert line.startswith("::warning file=p.imgql,line=3,")
        assert "title=2 of 2 cases::a: " in line
        assert self.annotated(run("--cases", "{CASE}.png", "--quiet")) == []
        (checked,) = self.annotated(check("--cases", "{CASE}.png"))
        assert checked == line

    def test_errors_that_a_check_finds_are_one_a_place(self):
        Path("d.png").write_text("no image")
        found = check("--cases", "{CASE}.png")
        assert found.exit_code == 1
        (line,) = self.annotated(found)
        assert line.startswith(
            '::error file=p.imgql,line=1,col=10,title=2 of 4 cases::c: "c.png" is no image'
        )
        assert '%0Ad: "d.png" is no image' in line

    def test_no_more_than_github_shows(self):
        Path("p.imgql").write_text("".join(f'print "p{i}" unknown{i}\n' for i in range(15)))
        found = run()
        assert found.stderr.count(": error: ") == 15
        assert len(self.annotated(found)) == 10

    def test_elsewhere_there_are_none(self, monkeypatch):
        monkeypatch.delenv("GITHUB_ACTIONS")
        assert self.annotated(run("-D", "CASE=a")) == []


class TestOfAnEarlierRun:
    """A report is this run's or gone, whatever went wrong: nobody takes the old one for it."""

    REPORTS = ("--junit", "j.xml", "--provenance", "p.json")
    OLD = "of an earlier run"

    @pytest.fixture(autouse=True)
    def old(self, folder):
        for name in ("j.xml", "p.json", "s.json", "r.json"):
            Path(name).write_text(self.OLD)
        Path("cases.csv").write_text("CASE\na\nb\n")
        Path("t.csv").write_text(self.OLD)

    def told(self) -> str:
        """The errors in JUnit's file; the record has the same."""
        (said,) = (error.get("message", "") for error in ET.parse("j.xml").iter("error"))
        graph = json.loads(Path("p.json").read_text())["@graph"]
        (action,) = (entity for entity in graph if entity["@type"] == "CreateAction")
        assert action["error"] == said
        return said

    @pytest.mark.parametrize(
        ("program", "arguments", "said"),
        [
            ("print “x” 1", (), "expected"),
            (PROGRAM, ("--cases", "none.csv"), "the table none.csv does not exist"),
            ("param k = 1 from 0 to 2\n" + PROGRAM, ("-D", "k=7"), "`k` cannot be set to `7`"),
            (PROGRAM, ("-D", "CASSE=a"), "CASSE"),
        ],
    )
    def test_what_is_wrong_before_any_case_is_in_them(self, program, arguments, said):
        Path("p.imgql").write_text(program)
        given = (*arguments, *(() if "--cases" in arguments else ("--cases", "cases.csv")))
        found = run(*given, "--csv", "t.csv", "--summary", "s.json", *self.REPORTS)
        assert found.exit_code == 1
        assert said in self.told()
        assert not Path("s.json").exists()
        assert Path("t.csv").read_text() == self.OLD

    @pytest.mark.parametrize(
        ("arguments", "status"),
        [
            (("--params", "none.json"), 1),
            (("--cases", "cases.csv", "--params", "none.json"), 1),
            (("--cases", "cases.csv", "--csv", "p.imgql"), 1),
            (("--cases", "cases.csv", "--best", "mean(n)"), 2),
            (("--cases", "cases.csv", "--shard", "3/2"), 2),
            (("--csv", "t.csv"), 2),
            (("-D", "1=2"), 2),
            (("-q", "-v"), 2),
            (("--no-such-option",), 2),
            (("--jobs",), 2),
        ],
    )
    @pytest.mark.parametrize("is_first", [True, False])
    def test_where_the_command_line_is_wrong_they_are_gone(self, arguments, status, is_first):
        given = (*self.REPORTS, *arguments) if is_first else (*arguments, *self.REPORTS)
        if arguments == ("--jobs",):
            given = (*self.REPORTS, *arguments)
        assert run(*given).exit_code == status
        assert not Path("j.xml").exists()
        assert not Path("p.json").exists()
        assert Path("t.csv").read_text() == self.OLD

    def test_so_is_the_json_of_a_single_run(self):
        assert run("--json", "r.json", "--params", "none.json").exit_code == 1
        assert not Path("r.json").exists()

    def test_the_json_of_cases_is_a_table_and_stays(self):
        assert run("--json", "r.json", "--cases", "cases.csv", "-q", "-v").exit_code == 2
        assert Path("r.json").read_text() == self.OLD

    def test_what_is_no_report_stays_whatever_is_wrong(self):
        Path("mine.json").write_text('{"CASE": "a"}')
        for arguments in (
            ("--junit", "cases.csv", "--cases", "cases.csv"),
            ("--junit", "cases.csv", "--cases", "cases.csv", "--no-such-option"),
            ("--junit", "mine.json", "--params", "mine.json"),
            ("--junit", "p.imgql", "-D", "1=2"),
            ("--junit", "a.png", "-D", "1=2"),
            ("--junit", "t.csv", "--csv", "t.csv", "--cases", "cases.csv"),
        ):
            before = {path: path.read_bytes() for path in Path().iterdir()}
            assert run(*arguments).exit_code in (1, 2)
            assert {path: path.read_bytes() for path in Path().iterdir()} == before

    def test_what_the_program_saves_comes_back(self):
        Path("p.imgql").write_text('save "t.csv" "text"\n')
        assert run("--junit", "t.csv", "--provenance", "p.json").exit_code == 1
        assert Path("t.csv").read_text() == self.OLD
        assert not Path("p.json").exists()

    def test_a_kill_leaves_none(self):
        """They are out of the way before anything is carried out."""
        killed = (
            "import os, sys\nfrom voxlogica import running\n"
            "running.run = lambda *a, **o: os.kill(os.getpid(), 9)\n"
            "sys.argv[0] = 'voxlogica'\nfrom voxlogica.cli import main\nmain()\n"
        )
        arguments = ("run", "p.imgql", "-D", "CASE=a", *self.REPORTS)
        subprocess.run([sys.executable, "-c", killed, *arguments], check=False)
        assert not Path("j.xml").exists()
        assert not Path("p.json").exists()
        assert run("-D", "CASE=b", *self.REPORTS).exit_code == 0
        assert not [*Path().glob(".voxlogica-saving-*")]
