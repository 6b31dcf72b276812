"""The commands, in process: what goes to which stream, with which exit status."""

from __future__ import annotations

import json
import os
import xml.etree.ElementTree as ET
from pathlib import Path

import click
import pytest
from click.shell_completion import BashComplete
from click.testing import CliRunner, Result

from voxlogica import __version__
from voxlogica.cli.commands import voxlogica as command
from voxlogica.cli.ops import ops

IMAGE = 'load m = "dots.png"\nlet r = intensity(m) >. 100\n'


@pytest.fixture(autouse=True)
def folder(dots) -> Path:
    Path("good.imgql").write_text(IMAGE + 'save "out/r.nii.gz" r\nprint "volume" volume(r)\n')
    Path("wrong.imgql").write_text('print "a" volumme(1)\n')
    Path("fails.imgql").write_text(
        IMAGE + 'print "v" volume(r)\nsave "out/r.nii.gz" r\n'
        'print "otsu" volume(otsu(intensity(m), r, 0.5))\n'
    )
    Path("clamps.imgql").write_text(IMAGE + 'save "big.png" intensity(m) *. 2\n')
    return dots


def voxlogica(*arguments: str) -> Result:
    return CliRunner().invoke(command, arguments)


class TestRun:
    def test_standard_output_has_the_printed_lines_only(self):
        found = voxlogica("run", "good.imgql")
        assert (found.exit_code, found.stdout, found.stderr) == (0, "volume=3\n", "")
        assert Path("out/r.nii.gz").is_file()

    @pytest.mark.parametrize("program", ["wrong.imgql", "fails.imgql", "missing.imgql"])
    def test_what_fails_says_so_on_standard_error_only_and_leaves_nothing(self, program):
        before = sorted(Path().rglob("*"))
        found = voxlogica("run", program)
        assert (found.exit_code, found.stdout) == (1, "")
        assert "error: " in found.stderr
        assert "Traceback" not in found.stderr
        assert sorted(Path().rglob("*")) == before

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ('save "big.png" intensity(m) *. 2\nprint "a" 1\n', "outside 0..255"),
            ('save "a.nii" tt\nsave "a.nii" ff\nprint "a" 1\n', "saved twice"),
            ('print "a" volume(intensity(m) >. 1) - 2 - 3\n', "two readings"),
        ],
    )
    def test_a_strict_run_takes_doubts_for_errors_and_places_nothing(self, text, said):
        Path("p.imgql").write_text(IMAGE + text)
        strict = voxlogica("run", "--strict", "-q", "p.imgql", "--json", "r.json")
        assert (strict.exit_code, strict.stdout) == (1, "")
        assert strict.stderr.count("error: ") == 1
        assert said in strict.stderr
        assert "warning, which `--strict` makes an error" in strict.stderr
        assert {p.name for p in Path().iterdir()} == {
            *("r.json", "p.imgql", "dots.png"),
            *("good.imgql", "wrong.imgql", "fails.imgql", "clamps.imgql"),
        }
        report = json.loads(Path("r.json").read_text())
        assert (report["status"], report["print"], report["log"]) == ("failed", [], [])
        easy = voxlogica("run", "p.imgql")
        assert (easy.exit_code, easy.stdout[:2]) == (0, "a=")
        assert easy.stderr.count("warning: ") == 1

    def test_a_strict_run_does_not_mind_its_store(self, tmp_path):
        (tmp_path / "file").touch()
        found = voxlogica("run", "--strict", "good.imgql", "--cache", str(tmp_path / "file"))
        assert (found.exit_code, found.stdout) == (0, "volume=3\n")
        assert "warning: " in found.stderr

    def test_a_program_may_come_from_standard_input(self):
        Path("lib.imgql").write_text("let three = 3\n")
        text = 'import "lib"\nprint "a" three + 1\n'
        for arguments in (["run", "-"], ["run", "-", "good.imgql"], ["check", "-"], ["plan", "-"]):
            found = CliRunner().invoke(command, arguments, input=text)
            assert found.exit_code == 0
            assert found.stdout.startswith("a=4\n") == (arguments[0] == "run")
        wrong = CliRunner().invoke(command, ["run", "-"], input='print "a" thre\n')
        assert wrong.exit_code == 1
        assert wrong.stderr.startswith("<stdin>:1:11: error: unknown name `thre`")
        binary = CliRunner().invoke(command, ["run", "-"], input=b"\xff\xfe\0")
        assert binary.stderr.startswith("error: <stdin>: not a text in UTF-8")
        assert CliRunner().invoke(command, ["run", "-", "-"], input=text).exit_code == 2

    @pytest.mark.parametrize("name", ["dots.png", "out/r.nii.gz", "good.imgql", "new.imgql", "out"])
    def test_a_report_replaces_neither_programs_nor_images_nor_folders(self, name):
        voxlogica("run", "good.imgql")
        before = Path(name).read_bytes() if Path(name).is_file() else None
        for written in (["run", "good.imgql", "--json", name], ["plan", "good.imgql", "-o", name]):
            found = voxlogica(*written)
            assert (found.exit_code, found.stdout) == (1, "")
            assert f"cannot write {name}: " in found.stderr
            if before is not None:
                assert Path(name).read_bytes() == before

    def test_a_report_replaces_nothing_that_is_read_only(self):
        Path("report.json").write_text("{}")
        Path("report.json").chmod(0o444)
        for written in (["run", "good.imgql", "--json"], ["plan", "good.imgql", "-o"]):
            found = voxlogica(*written, "report.json")
            assert found.exit_code == 1
            assert "there is a read-only file of that name" in found.stderr
        assert Path("report.json").read_text() == "{}"

    def test_a_report_and_an_image_do_not_share_a_file(self):
        found = voxlogica("run", "good.imgql", "--json", "out/r.nii.gz")
        assert (found.exit_code, found.stdout) == (1, "")
        assert "cannot write out/r.nii.gz: that is the name of an image" in found.stderr
        assert not Path("out").exists()
        Path("out").mkdir()
        Path("out/r.nii.gz").symlink_to("report")
        Path("table.imgql").write_text('save "report.json" [1, 2]\n')
        found = voxlogica("run", "table.imgql", "--json", "report.json")
        assert found.stderr == "error: cannot write report.json: the program saves a table there\n"
        assert not Path("report.json").exists()
        found = voxlogica("run", "good.imgql", "--json", "out/report")
        assert (found.exit_code, found.stdout) == (1, "")
        assert "cannot write out/report: the program saves an image there" in found.stderr
        assert not Path("out/report").exists()

    def test_files_are_compressed_as_hard_as_asked_for(self):
        sizes = []
        for level in "0", "1":
            assert voxlogica("run", "good.imgql", "--compression", level).exit_code == 0
            sizes.append(Path("out/r.nii.gz").stat().st_size)
        assert sizes[0] > sizes[1]
        for wrong in "10", "-1", "best":
            found = voxlogica("run", "good.imgql", "--compression", wrong)
            assert found.exit_code == 2
            assert "--compression" in found.stderr

    def test_json_has_all_in_one_object_beside_the_lines(self):
        found = voxlogica("run", "good.imgql", "--json", "deep/report.json")
        assert found.stdout == "volume=3\n"
        report = json.loads(Path("deep/report.json").read_text())
        assert set(report) == {
            *("print", "layers", "tables", "asserts"),
            *("error", "status", "log", "stats", "provenance"),
        }
        assert report["print"] == [{"name": "volume", "vltype": "number", "value": 3}]
        assert report["layers"][0]["path"] == str(Path("out/r.nii.gz").resolve())
        assert [p.name for p in Path("deep").iterdir()] == ["report.json"]

    def test_json_takes_the_place_of_the_lines_on_standard_output(self):
        found = voxlogica("run", "good.imgql", "--json", "-")
        assert json.loads(found.stdout)["error"] is None

    @pytest.mark.parametrize("program", ["wrong.imgql", "fails.imgql", "missing.imgql"])
    def test_json_is_written_when_the_run_fails(self, program):
        found = voxlogica("run", program, "--json", "report.json")
        assert found.exit_code == 1
        report = json.loads(Path("report.json").read_text())
        assert (report["print"], report["layers"]) == ([], [])
        assert report["error"].strip() == found.stderr.strip()

    def test_a_report_that_cannot_be_written_is_told_before_anything_runs(self):
        Path("file").write_text("")
        found = voxlogica("run", "good.imgql", "--json", "file/report.json")
        assert (found.exit_code, found.stdout) == (1, "")
        assert "cannot write file/report.json" in found.stderr
        assert not Path("out").exists()

    @pytest.mark.parametrize(
        ("command", "option"), [("run", "--json"), ("check", "--json"), ("plan", "-o")]
    )
    def test_a_folder_and_the_program_itself_are_no_place_for_a_report(self, command, option):
        text = Path("good.imgql").read_text()
        Path("link.json").symlink_to("good.imgql")
        for name, problem in (
            (".", "it is a folder"),
            ("./good.imgql", "it is the program"),
            ("link.json", "it is the program"),
            ("missing/../good.imgql", "it is the program"),
        ):
            found = voxlogica(command, "wrong.imgql", "good.imgql", option, name)
            assert (found.exit_code, found.stdout) == (1, "")
            assert found.stderr == f"error: cannot write {name}: {problem}\n"
        assert Path("good.imgql").read_text() == text
        assert not Path("missing").exists()
        assert voxlogica(command, "good.imgql", option, "").exit_code == 2

    @pytest.mark.parametrize(
        ("command", "option"), [("run", "--json"), ("check", "--json"), ("plan", "-o")]
    )
    def test_no_report_takes_the_place_of_an_image_whose_header_is_text(self, command, option):
        header = "ObjectType = Image\nNDims = 2\n"
        Path("a.mhd").write_text(header)
        Path("link.json").symlink_to("a.mhd")
        for name in ("a.mhd", "link.json", "new.nrrd"):
            found = voxlogica(command, "good.imgql", option, name)
            assert (found.exit_code, found.stdout) == (1, "")
            assert found.stderr == f"error: cannot write {name}: that is the name of an image\n"
        assert Path("a.mhd").read_text() == header

    @pytest.mark.parametrize(
        ("command", "option"), [("run", "--json"), ("check", "--json"), ("plan", "-o")]
    )
    def test_a_report_goes_where_a_link_leads(self, command, option):
        Path("elsewhere").mkdir()
        for target in ("elsewhere/old.json", "elsewhere/new.json"):
            Path("link.json").unlink(missing_ok=True)
            Path("link.json").symlink_to(target)
            Path("elsewhere/old.json").write_text("{}")
            assert voxlogica(command, "good.imgql", option, "link.json").exit_code == 0
            assert Path("link.json").is_symlink()
            assert len(Path(target).read_text()) > 20
        assert len(list(Path("elsewhere").iterdir())) == 2

    @pytest.mark.skipif(os.geteuid() == 0, reason="nothing is forbidden to root")
    def test_a_program_that_may_not_be_read_is_told(self):
        Path("good.imgql").chmod(0)
        found = voxlogica("run", "good.imgql")
        assert (found.exit_code, found.stdout) == (1, "")
        assert found.stderr == "error: cannot read the program good.imgql: permission denied\n"

    def test_warnings_are_told_unless_quiet_and_are_in_the_log(self):
        found = voxlogica("run", "clamps.imgql", "--json", "r.json")
        assert (found.exit_code, found.stdout) == (0, "")
        assert "clamps.imgql:3:1: warning: " in found.stderr
        assert found.stderr.strip() == "\n".join(json.loads(Path("r.json").read_text())["log"])
        assert voxlogica("run", "-q", "clamps.imgql").stderr == ""
        assert "error: " in voxlogica("run", "-q", "wrong.imgql").stderr

    def test_verbose_tells_of_each_operation(self):
        found = voxlogica("run", "-v", "--no-rewrites", "good.imgql")
        assert found.stdout == "volume=3\n"
        lines = found.stderr.splitlines()
        assert any(" volume : number  good.imgql:4:" in line for line in lines)
        assert any(" save out/r.nii.gz : valuation(bool)  good.imgql:3:1" in li for li in lines)

    def test_definitions_replace_variables(self):
        Path("named.imgql").write_text('load m = "$NAME.png"\nprint "$NAME" max(intensity(m))')
        found = voxlogica("run", "named.imgql", "-D", "NAME=other", "-D", "NAME=dots")
        assert found.stdout == "dots=200\n"

    def test_the_dialect_can_be_chosen(self):
        Path("minus.imgql").write_text('print "d" 9 .-. 4 .-. 2')
        assert voxlogica("run", "-q", "--dialect", "1", "minus.imgql").stdout == "d=7\n"
        assert voxlogica("run", "-q", "--dialect", "2", "minus.imgql").stdout == "d=3\n"

    @pytest.mark.parametrize(
        "arguments",
        [
            ["run"],
            ["run", "good.imgql", "-j", "0"],
            ["run", "good.imgql", "-j", "many"],
            ["run", "good.imgql", "-D", "NAME"],
            ["run", "good.imgql", "-D", "1=2"],
            ["run", "good.imgql", "--dialect", "3"],
            ["run", "good.imgql", "-q", "-v"],
            ["run", "good.imgql", "--no-such-option"],
            ["no-such-command"],
            ["plan", "good.imgql", "--format", "pdf"],
            ["completion", "tcsh"],
        ],
    )
    def test_wrong_usage_is_exit_status_2(self, arguments):
        found = voxlogica(*arguments)
        assert (found.exit_code, found.stdout) == (2, "")
        assert found.stderr

    def test_a_defect_is_called_one_and_shows_its_traceback_only_when_asked(self, monkeypatch):
        from voxlogica import running

        def breaks(*_, **__):
            raise RuntimeError("a bug")

        monkeypatch.setattr(running, "run", breaks)
        found = voxlogica("run", "good.imgql", "--json", "r.json")
        assert found.exit_code == 1
        assert "defect of voxlogica" in found.stderr
        assert "Traceback" not in found.stderr
        assert "a bug" in json.loads(Path("r.json").read_text())["error"]
        assert "Traceback" in voxlogica("run", "good.imgql", "--debug").stderr


class TestPrint:
    PROGRAM = (
        IMAGE + 'print "dice" 0.5\nprint "$CASE voxels" volume(r)\nprint "all" [1, true]\n'
        'print "twice" 1\nprint "twice" 2\nprint "text" "two words"\nsave "out/r.nii" r\n'
    )

    @pytest.fixture(autouse=True)
    def program(self, folder):
        Path("p.imgql").write_text(self.PROGRAM)

    @pytest.mark.parametrize(
        ("label", "value"),
        [
            ("dice", "0.5"),
            ("$CASE voxels", "3"),
            ("bob voxels", "3"),
            ("all", "[1, true]"),
            ("text", "two words"),
        ],
    )
    def test_a_value_alone_is_written_and_all_else_is_done(self, label, value):
        run = ("run", "-q", "p.imgql", "-D", "CASE=bob", "--print", label, "--json", "r.json")
        found = voxlogica(*run)
        assert (found.exit_code, found.stdout, found.stderr) == (0, f"{value}\n", "")
        assert Path("out/r.nii").is_file()
        assert len(json.loads(Path("r.json").read_text())["print"]) == 6

    @pytest.mark.parametrize(
        ("label", "said"),
        [
            ("dcie", 'nothing is printed as "dcie"\n  = help: did you mean "dice"?'),
            ("CASE", 'nothing is printed as "CASE"\n  = help: what is printed: "dice", "bob vox'),
            ("twice", '"twice" is printed 2 times'),
            ("", 'nothing is printed as ""'),
        ],
    )
    def test_an_unknown_label_is_an_error_before_anything_runs(self, label, said):
        found = voxlogica("run", "p.imgql", "-q", "-D", "CASE=bob", "--print", label)
        assert (found.exit_code, found.stdout) == (1, "")
        assert found.stderr.startswith(f"error: {said}")
        assert not Path("out").exists()

    def test_what_is_wrong_with_the_program_is_told_instead(self):
        found = voxlogica("run", "wrong.imgql", "--print", "b")
        assert found.exit_code == 1
        assert "unknown function `volumme`" in found.stderr
        assert "nothing is printed" not in found.stderr

    def test_of_a_program_that_goes_on_from_image_data(self):
        Path("s.imgql").write_text(
            'import "simpleitk"\nm = ReadImage("dots.png")\nn = max(m) / 100\n'
            'print "n" for i in range(n) do i\n'
        )
        assert voxlogica("run", "s.imgql", "--print", "n").stdout == "[0, 1]\n"
        assert voxlogica("run", "s.imgql", "--print", "m").exit_code == 1

    def test_it_is_no_use_with_a_report_on_standard_output(self):
        assert voxlogica("run", "p.imgql", "--print", "dice", "--json", "-").exit_code == 2
        several = voxlogica("run", "p.imgql", "--print", "dice", "--print", "n")
        assert (several.exit_code, "--print is given twice" in several.stderr) == (2, True)
        several = voxlogica("run", "p.imgql", "-D", "high=0.9, low=0.8")
        assert (several.exit_code, "`-D high=0.9 -D low=0.8`" in several.stderr) == (2, True)


class TestAsserts:
    PROGRAM = IMAGE + 'print "volume" volume(r)\nassert "large" volume(r) > 9\nsave "out/r.nii" r\n'

    @pytest.mark.parametrize("options", [(), ("-q",), ("--strict",)])
    def test_what_is_false_is_told_at_the_end_and_is_exit_status_3(self, options):
        Path("p.imgql").write_text(self.PROGRAM)
        found = voxlogica("run", "p.imgql", *options)
        assert (found.exit_code, found.stdout) == (3, "volume=3\n")
        assert found.stderr.startswith(
            'p.imgql:4:1: error: assertion "large" is false: volume(r) = 3, wanted > 9\n'
        )
        assert Path("out/r.nii").is_file()
        Path("p.imgql").write_text(self.PROGRAM.replace("> 9", "< 9"))
        found = voxlogica("run", "p.imgql", *options)
        assert (found.exit_code, found.stdout, found.stderr) == (0, "volume=3\n", "")

    def test_failures_count_more(self):
        Path("p.imgql").write_text(self.PROGRAM + 'print "o" volume(otsu(intensity(m), r, 0.5))\n')
        found = voxlogica("run", "p.imgql")
        assert (found.exit_code, found.stdout) == (1, "")
        assert "assertion" not in found.stderr

    def test_reports_have_them(self):
        Path("p.imgql").write_text(self.PROGRAM + 'assert "some" nemptyB(r)\n')
        found = voxlogica("run", "p.imgql", "--json", "-")
        assert found.exit_code == 3
        report = json.loads(found.stdout)
        assert (report["status"], report["error"], report["log"]) == ("done", None, [])
        large, some = report["asserts"]
        assert (large["label"], large["value"]) == ("large", False)
        assert large["compared"] == [
            {"name": "volume(r)", "value": 3, "wanted": "> 9", "index": []}
        ]
        assert large["message"].endswith("volume(r) = 3, wanted > 9")
        assert (large["place"]["line"], large["place"]["column"]) == (4, 1)
        assert (some["label"], some["value"], some["message"]) == ("some", True, None)

    @pytest.mark.parametrize(
        ("text", "status"),
        [('assert "a" 1 > 2\n', 3), ('assert "a" 1 < 2\n', 0), ('assert "a" 1 > 2\nx\n', 1)],
    )
    def test_a_session_from_a_pipe_ends_so_too(self, text, status):
        found = CliRunner().invoke(command, ["repl", "--no-cache"], input=text + "3\n")
        assert (found.exit_code, found.stdout) == (status, "3\n")
        assert ('assertion "a" is false: 1, wanted > 2' in found.stderr) == ("1 > 2" in text)

    def test_plans_have_them(self):
        Path("p.imgql").write_text(self.PROGRAM)
        assert 'assert "large" %' in voxlogica("plan", "p.imgql").stdout


class TestCheck:
    def test_a_strict_check_takes_doubts_for_errors(self):
        Path("p.imgql").write_text('print "a" 5 - 2 - 3\n')
        assert voxlogica("check", "p.imgql").exit_code == 0
        strict = voxlogica("check", "--strict", "p.imgql")
        assert strict.exit_code == 1
        assert "error: the two readings" in strict.stderr
        assert voxlogica("check", "--strict", "--dialect", "2", "p.imgql").exit_code == 0

    def test_a_good_program_is_said_to_be_so_and_not_run(self):
        found = voxlogica("check", "good.imgql", "clamps.imgql")
        assert (found.exit_code, found.stdout) == (0, "")
        assert found.stderr == "no mistakes in good.imgql, clamps.imgql\n"
        assert not Path("out").exists()

    def test_a_program_that_is_warned_of_is_only_said_to_have_no_errors(self):
        Path("minus.imgql").write_text(IMAGE + 'print "d" 9 .-. 4 .-. 2')
        found = voxlogica("check", "minus.imgql")
        assert (found.exit_code, found.stdout) == (0, "")
        assert "warning: " in found.stderr
        assert found.stderr.endswith("\nno errors in minus.imgql\n")

    def test_with_json_nothing_else_is_said_of_a_good_program(self):
        found = voxlogica("check", "good.imgql", "--json", "-")
        assert (found.exit_code, found.stderr) == (0, "")
        assert json.loads(found.stdout) == {"error": None, "log": [], "diagnostics": []}

    def test_all_errors_are_shown(self):
        Path("two.imgql").write_text('print "a" x1\nprint "b" x2\n')
        found = voxlogica("check", "two.imgql", "wrong.imgql")
        assert (found.exit_code, found.stdout) == (1, "")
        assert found.stderr.count("error: ") == 3
        assert "did you mean `volume`" in found.stderr

    def test_json_is_for_editors(self):
        found = voxlogica("check", "wrong.imgql", "--json", "-")
        (said,) = json.loads(found.stdout)["diagnostics"]
        assert said["severity"] == "error"
        assert (said["place"]["line"], said["place"]["column"]) == (1, 11)


class TestPlan:
    def test_text_is_the_default_and_goes_to_standard_output(self):
        found = voxlogica("plan", "good.imgql", "--no-rewrites")
        assert found.exit_code == 0
        assert found.stdout.startswith('%0 = load("dots.png")')
        assert found.stdout.endswith('print "volume" %' + found.stdout.rpartition("%")[2])

    def test_other_formats_and_a_file(self):
        assert json.loads(voxlogica("plan", "good.imgql", "--format", "json").stdout)["goals"]
        assert voxlogica("plan", "good.imgql", "--format", "dot").stdout.startswith("digraph")
        found = voxlogica("plan", "good.imgql", "--format", "svg", "-o", "drawings/plan.svg")
        assert (found.exit_code, found.stdout) == (0, "")
        ET.parse("drawings/plan.svg")

    def test_it_is_shown_as_written_and_as_computed_where_these_differ(self):
        Path("twice.imgql").write_text('load d = "dots.png"\nprint "" max(abs(intensity(d) +. 1))')
        found = voxlogica("plan", "twice.imgql").stdout
        assert found.startswith("as written, ")
        assert "\n\nas computed, " in found
        plain = voxlogica("plan", "twice.imgql", "--no-rewrites").stdout
        assert plain.startswith("%0 = load(")

    def test_a_wrong_program_has_no_plan(self):
        found = voxlogica("plan", "wrong.imgql", "-o", "plan.txt")
        assert (found.exit_code, found.stdout) == (1, "")
        assert not Path("plan.txt").exists()


class TestOps:
    @pytest.mark.parametrize(
        ("name", "namespace"),
        [
            ("Median", "simpleitk"),
            ("Extract", "simpleitk"),
            ("dice_score", "arrays"),
            ("ntpp", "RegionCalculus"),
        ],
    )
    def test_what_has_to_be_imported_is_found_and_says_so(self, name, namespace):
        found = voxlogica("ops", name)
        assert found.exit_code == 0
        assert name in found.stdout.splitlines()[0]
        assert f'There after: import "{namespace}"' in found.stdout

    @pytest.mark.parametrize("name", ["assert", "param", "print", "save"])
    def test_commands_of_the_language_are_told_as_such(self, name):
        found = voxlogica("ops", name)
        assert found.exit_code == 0
        assert found.stdout.startswith(f"{name} ")
        assert "A command of the language" in found.stdout

    def test_the_list_has_operators_and_library_functions(self):
        found = voxlogica("ops")
        assert found.exit_code == 0
        assert "  near(region: valuation(bool)) → valuation(bool)" in found.stdout
        assert "  grow(a: valuation(bool), b: valuation(bool)) → valuation(bool)" in found.stdout
        assert "  ntpp(a: valuation(bool), b: valuation(bool)) → bool" in found.stdout

    @pytest.mark.parametrize("name", ["percentiles", "-.", "-", ".-.", "~>", "!", "N", "\\"])
    def test_a_name_shows_its_manual(self, name):
        found = voxlogica("ops", name)
        assert found.exit_code == 0
        assert found.stdout.startswith(f"{name}(")

    def test_another_word_is_searched_for(self):
        found = voxlogica("ops", "euclidean")
        assert found.exit_code == 0
        assert "dt(" in found.stdout
        assert "percentiles(" not in found.stdout

    @pytest.mark.parametrize("word", ["csv", "area", "particles", "table", "objects labels"])
    def test_words_of_manuals_are_searched_where_no_sentence_has_them(self, word):
        found = voxlogica("ops", *word.split())
        assert found.exit_code == 0
        assert "  objects(labels: image" in found.stdout
        assert "  dt(" not in found.stdout
        assert voxlogica("ops", *word.split(), "nonesuch").exit_code == 1

    def test_what_programs_need_not_know_is_only_shown_when_asked_for(self):
        assert "theNumber" not in voxlogica("ops").stdout
        assert voxlogica("ops", "thenumber").exit_code == 1
        assert voxlogica("ops", "theNumber").stdout.startswith("theNumber(")

    @pytest.mark.parametrize(
        ("begun", "completed"), [("perc", {"percentiles"}), ("B", {"B+"}), ("~", set())]
    )
    def test_names_that_need_no_quotes_are_completed(self, begun, completed):
        (argument,) = ops.params
        context = click.Context(ops)
        assert {c.value for c in argument.shell_complete(context, begun)} == completed

    def test_an_unknown_word_gets_a_guess(self):
        found = voxlogica("ops", "percentils")
        assert (found.exit_code, found.stdout) == (1, "")
        assert "did you mean `percentiles`?" in found.stderr


class TestTheRest:
    def test_a_program_without_a_command_is_told_how_it_is_run(self):
        found = voxlogica("first.imgql")
        assert (found.exit_code, found.stdout) == (2, "")
        assert "Did you mean 'run first.imgql'?" in found.stderr

    def test_version(self):
        assert voxlogica("version").stdout == f"voxlogica {__version__}\n"

    @pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
    def test_completion_is_a_script_for_the_shell(self, shell):
        found = voxlogica("completion", shell)
        assert found.exit_code == 0
        assert "_VOXLOGICA_COMPLETE" in found.stdout

    @pytest.mark.parametrize("name", command.commands)
    def test_a_list_tells_of_a_command_what_its_own_help_begins_with(self, name):
        context = click.Context(command)
        _, imported, _ = command.resolve_command(context, [name])
        assert imported.name == name
        listed = command.get_command(context, name)
        assert listed.get_short_help_str() == imported.get_short_help_str(limit=100)

    def test_a_misspelt_command_is_named(self):
        found = voxlogica("rnu", "good.imgql")
        assert (found.exit_code, found.stdout) == (2, "")
        assert "No such command 'rnu'." in found.stderr  # versions of click may add a guess

    @pytest.mark.parametrize(
        ("typed", "completed"),
        [
            ("voxlogica ver", {"verify", "version"}),
            ("voxlogica cache pr", {"prune"}),
            ("voxlogica run --json", {"--json", "--jsonl"}),
            ("voxlogica nonesuch --js", set()),
        ],
    )
    def test_commands_and_their_options_are_completed(self, typed, completed):
        complete = BashComplete(command, {}, "voxlogica", "_VOXLOGICA_COMPLETE")
        before, begun = typed.split()[1:-1], typed.split()[-1]
        assert {c.value for c in complete.get_completions(before, begun)} == completed

    @pytest.mark.parametrize("command", [None, *command.commands])
    def test_help_is_everywhere(self, command):
        for option in ("--help", "-h"):
            found = voxlogica(*([command] if command else []), option)
            assert found.exit_code == 0
            assert "Usage: " in found.stdout
            assert max(map(len, found.stdout.splitlines())) <= 80
            assert not any(line.endswith("...") for line in found.stdout.splitlines()[3:])
            if command != "version":
                assert "Examples:" in found.stdout


class TestOpsOfSimpleITK:
    def test_all_functions_are_listed_with_a_sentence(self):
        found = voxlogica("ops", "simpleitk")
        assert found.exit_code == 0
        lines = found.stdout.splitlines()
        assert len(lines) > 250
        (line,) = [line for line in lines if line.split()[0] == "BinaryThreshold"]
        assert line.split(maxsplit=1)[1] == "Binarize an input image by thresholding."

    def test_one_is_shown_with_its_signatures_and_its_manual(self):
        shown = voxlogica("ops", "simpleitk.Add").stdout.splitlines()
        assert shown[:3] == [
            "Add(Image image1, Image image2) -> Image",
            "Add(Image image1, double constant) -> Image",
            "Add(double constant, Image image2) -> Image",
        ]
        assert voxlogica("ops", "simpleitk.sitkFloat32").exit_code == 0
        assert "Statistics(image: image) → sequence(number)" in (
            voxlogica("ops", "simpleitk.Statistics").stdout
        )

    @pytest.mark.parametrize(
        ("name", "said"),
        [
            ("BinaryDilat", "did you mean `simpleitk.BinaryDilate`?"),
            ("Show", "it opens a window"),
            ("CenteredTransformInitializer", "it gives Transform, which is no value of ImgQL"),
        ],
    )
    def test_one_that_is_not_there_is_told_why(self, name, said):
        found = voxlogica("ops", f"simpleitk.{name}")
        assert found.exit_code == 1 and said in found.stderr

    def test_the_namespaces_are_among_the_others(self):
        assert "arrays.dice_score(found: image" in voxlogica("ops", "score").stdout
        assert voxlogica("ops", "dice").stdout.startswith("metrics.dice(found: ")
        assert voxlogica("ops", "overlay").stdout.startswith("overlay(image: image, layers: image")
