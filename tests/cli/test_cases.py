"""`voxlogica run --cases`: which files there are in the end, what is told, with which status."""

from __future__ import annotations

import csv
import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813
from click.testing import CliRunner, Result

from voxlogica.batch.journal import Journal, read_journal
from voxlogica.cli.commands import voxlogica as command

PROGRAM = 'param high = 1\nprint "twice" high + high\nassert "small" high < 5\n'
# The third case fails while it runs.
FAILING = 'let s = [1, 2, 3]\nparam at = 0\nprint "v" s[at]\n'


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("VOXLOGICA_CACHE", str(tmp_path / "store"))
    Path("p.imgql").write_text(PROGRAM)
    Path("fails.imgql").write_text(FAILING)
    Path("good.csv").write_text("case,high\na,1\nb,2\n")
    Path("false.csv").write_text("case,high\na,1\nb,7\nc,9\n")
    Path("at.csv").write_text("case,at\na,0\nb,1\nc,7\nd,2\n")
    return tmp_path


def run(*arguments: str) -> Result:
    return CliRunner().invoke(command, ["run", *arguments])


def merge(*arguments: str) -> Result:
    return CliRunner().invoke(command, ["merge", *arguments])


def names() -> set[str]:
    return {path.name for path in Path().iterdir()} - {
        *("p.imgql", "fails.imgql", "good.csv", "false.csv", "at.csv", "store")
    }


class TestTables:
    def test_without_a_file_the_csv_is_on_standard_output(self):
        found = run("p.imgql", "--cases", "good.csv")
        assert (found.exit_code, names()) == (0, set())
        assert found.stdout == "case,high,twice,small,empty,error\na,1,2,true,,\nb,2,4,true,,\n"
        assert found.stderr.splitlines()[-1] == "2 cases: 2 done"

    def test_with_one_nothing_is_there(self):
        found = run("p.imgql", "--cases", "good.csv", "--csv", "out/t.csv", "-q")
        assert (found.exit_code, found.output, names()) == (0, "", {"out"})
        assert [path.name for path in Path("out").iterdir()] == ["t.csv"]
        assert Path("out/t.csv").read_text() == run("p.imgql", "--cases", "good.csv").stdout

    def test_all_kinds_at_once_say_the_same(self):
        kinds = ("--csv", "t.csv", "--json", "t.json", "--jsonl", "-")
        found = run("p.imgql", "--cases", "false.csv", *kinds)
        lines = [json.loads(line) for line in found.stdout.splitlines()]
        assert json.loads(Path("t.json").read_text()) == lines
        with Path("t.csv").open(newline="") as file:
            assert [row["small"] for row in csv.DictReader(file)] == ["true", "false", "false"]
        assert [line["small"] for line in lines] == [True, False, False]

    @pytest.mark.parametrize(
        ("arguments", "status", "said"),
        [
            (("--csv", "-", "--json", "-"), 2, "--csv and --json both write to standard output"),
            (("--csv", "t", "--jsonl", "./t"), 2, "--csv and --jsonl both write to ./t"),
            (("--print", "twice"), 2, "no --cases then"),
            (("--csv", "good.csv"), 1, "it is the table of cases"),
            (("--csv", "p.imgql"), 1, "it is the program"),
            (("--json", "t.nii.gz"), 1, "that is the name of an image"),
            *(
                (("--csv", "t", option, "t.rows.jsonl"), 2, "and the journal of --csv both write")
                for option in ("--json", "--jsonl", "--junit", "--provenance", "--summary")
            ),
            (("--json", "t", "--jsonl", "./t.rows.jsonl"), 2, "and the journal of --json both wr"),
            (("--csv", "store"), 1, "it is a folder"),
            (("--csv", "t.json"), 1, "that is the name of JSON, which `--json t.json` writes"),
            (("--json", "t.TSV"), 1, "that is the name of TSV, which `--csv t.TSV` writes"),
            (("--jsonl", "t.json"), 1, "that is the name of JSON"),
            (("--csv", "t.xlsx"), 1, "spreadsheets refuse text of that name; they open t.csv"),
        ],
    )
    def test_what_cannot_be_written_is_told_before_anything_runs(self, arguments, status, said):
        Path("store").mkdir()
        found = run("p.imgql", "--cases", "good.csv", *arguments)
        assert (found.exit_code, found.stdout, names()) == (status, "", set())
        assert said in found.stderr
        assert Path("good.csv").read_text() == "case,high\na,1\nb,2\n"

    def test_a_table_of_cases_in_the_place_of_the_journal_is_told(self):
        Path("t.rows.jsonl").write_text('{"case": "a", "high": 1}\n')
        found = run("p.imgql", "--cases", "t.rows.jsonl", "--csv", "t")
        assert (found.exit_code, found.stdout, names()) == (1, "", {"t.rows.jsonl"})
        assert "cannot write t.rows.jsonl: it is the table of cases" in found.stderr

    @pytest.mark.parametrize("option", [("--csv", "t"), ("--jsonl", "t"), ("--fail-fast",)])
    def test_what_goes_with_cases_says_so(self, option):
        found = run("p.imgql", *option)
        assert (found.exit_code, names()) == (2, set())
        assert f"{option[0]} goes with --cases" in found.stderr

    @pytest.mark.parametrize(
        "given",
        [
            *(("--cases", "false.csv"), ("--csv", "other.csv"), ("--junit", "other.xml")),
            *(("--shard", "2/2"), ("--dialect", "2"), ("--params", "other.json")),
        ],
    )
    def test_what_says_one_thing_is_given_once(self, given):
        whole = ("--cases", "good.csv", "--csv", "t.csv", "--junit", "t.xml", "--shard", "1/2")
        found = run("p.imgql", *whole, "--dialect", "1", "--params", "t.json", *given)
        assert (found.exit_code, names()) == (2, set())
        assert f"{given[0]} is given twice" in found.stderr
        checked = CliRunner().invoke(command, ["check", "p.imgql", *whole[:2], *whole[:2]])
        assert (checked.exit_code, "--cases is given twice" in checked.stderr) == (2, True)

    def test_how_it_is_carried_out_may_be_said_again_as_after_an_alias(self):
        how = ("-j1", "-j", "2", "--memory-limit", "1GB", "--memory-limit", "2GB")
        assert run("p.imgql", "--cases", "good.csv", *how).exit_code == 0

    def test_a_table_that_is_written_already_is_left_to_its_run(self):
        with Journal(Path("t.csv"), "other"):
            found = run("p.imgql", "--cases", "good.csv", "--csv", "t.csv")
            assert (found.exit_code, found.stdout) == (1, "")
            assert "error: another run is writing this table" in found.stderr
        assert names() == set()


class TestVerdict:
    def test_false_assertions_are_status_3_and_told_together(self):
        found = run("p.imgql", "--cases", "false.csv")
        assert (found.exit_code, found.stdout.count("false")) == (3, 2)
        assert found.stderr.endswith(
            'p.imgql:3:1: error in 2 cases: assertion "small" is false: high = {high}, wanted < 5\n'
            '  |\n3 | assert "small" high < 5\n  | ^^^^^^^^^^^^^^^^^^^^^^^\n'
            "  = cases: b, c\n\n3 cases: 1 done, 2 with a false assertion\n"
        )

    def test_what_is_wrong_with_the_program_replaces_no_table(self):
        Path("t.csv").write_text("case,older\n")
        Path("p.imgql").write_text(PROGRAM + 'print "d" dise(high)\n')
        found = run("p.imgql", "--cases", "good.csv", "--csv", "t.csv", "--junit", "j.xml")
        assert (found.exit_code, found.stdout) == (1, "")
        assert found.stderr.startswith("p.imgql:4:11: error: unknown function `dise`\n")
        assert "= note: so for 2 cases, of which none was carried out\n" in found.stderr
        assert (Path("t.csv").read_text(), names()) == ("case,older\n", {"t.csv", "j.xml"})
        assert 'errors="1"' in Path("j.xml").read_text()

    def test_a_failure_is_status_1_and_stops_no_other(self):
        found = run("fails.imgql", "--cases", "at.csv")
        assert found.exit_code == 1
        rows = [*csv.DictReader(found.stdout.splitlines())]
        assert [row["v"] for row in rows] == ["1", "2", "", "3"]
        assert [bool(row["error"]) for row in rows] == [False, False, True, False]
        assert "error in case c: " in found.stderr
        assert found.stderr.splitlines()[-1] == "4 cases: 3 done, 1 failed"

    def test_the_first_stops_all_where_that_is_wished(self):
        found = run("fails.imgql", "--cases", "at.csv", "--fail-fast", "-j1", "--csv", "t.csv")
        assert (found.exit_code, names()) == (1, {"t.csv"})
        assert "1 failed" in found.stderr.splitlines()[-1]
        assert Path("t.csv").read_text().splitlines()[3].startswith("c,7,,,")

    def test_then_lines_of_json_are_of_the_same_cases_as_the_table(self):
        kinds = ("--csv", "t.csv", "--jsonl", "-", "--fail-fast", "-j3")
        found = run("fails.imgql", "--cases", "at.csv", *kinds)
        lines = Path("t.csv").read_text().splitlines()[1:]
        assert [json.loads(line)["case"] for line in found.stdout.splitlines()] == [
            line.partition(",")[0] for line in lines
        ]

    def test_a_quiet_run_tells_what_is_wrong_all_the_same(self):
        assert run("p.imgql", "--cases", "good.csv", "-q", "--csv", "t").stderr == ""
        assert "error in 2 cases" in run("p.imgql", "--cases", "false.csv", "-q").stderr

    def test_a_verbose_one_has_a_line_a_case(self):
        told = run("fails.imgql", "--cases", "at.csv", "-v").stderr.splitlines()
        assert sorted(line.split(" s  ")[1] for line in told if " s  " in line) == [
            *("a: done", "b: done", "c: failed", "d: done")
        ]


# The first twelve cases take next to no time, and the others longer than a signal.
LONG = (
    'param n = 1\nprint "long" fold + (for i in range(0, n) do sqrt(i + n) + sqrt(2 * (i + n)))\n'
)
ROUNDS = [*range(1, 13), 2500, 2501]


class TestStopped:
    """Real processes: a table is whole or not there, and its rows are somewhere in any case."""

    @pytest.fixture(autouse=True)
    def many(self):
        Path("long.imgql").write_text(LONG)
        Path("many.csv").write_text("case,n\n" + "".join(f"c{n},{n}\n" for n in ROUNDS))
        Path("t.csv").write_text("case,older\n")

    def stopped_by(
        self, number: int, program: str = "long.imgql"
    ) -> subprocess.CompletedProcess[str]:
        """A run that gets a signal when its first row has come."""
        kinds = ("--csv", "t.csv", "--jsonl", "-")
        arguments = ["run", program, "--cases", "many.csv", *kinds]
        with subprocess.Popen(
            [sys.executable, "-m", "voxlogica", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ},
        ) as running:
            assert running.stdout is not None
            first = running.stdout.readline()
            running.send_signal(number)
            out, told = running.communicate()
            return subprocess.CompletedProcess(arguments, running.returncode, first + out, told)

    @pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
    def test_the_rows_that_are_done_stay_and_the_same_command_goes_on(self, number):
        found = self.stopped_by(number)
        is_kill = number == signal.SIGKILL
        assert found.returncode == (-number if is_kill else 128 + number)
        journal = Path("t.csv.rows.jsonl")
        if not is_kill:
            assert f"`voxlogica merge {journal.resolve()}`" in found.stderr
            assert found.stderr.endswith("error: interrupted\n")
        assert Path("t.csv").read_text() == "case,older\n"
        kept = [row.case.name for row in read_journal(journal)]
        told = [json.loads(line)["case"] for line in found.stdout.splitlines() if line[-1:] == "}"]
        assert set(told) <= set(kept)
        assert 0 < len(kept) < len(ROUNDS)
        # What a killed run has half written is hidden, until the next one comes by.
        assert len([*Path().glob(".voxlogica-saving-*")]) == is_kill
        again = run("long.imgql", "--cases", "many.csv", "--csv", "t.csv")
        assert (again.exit_code, again.stdout) == (0, "")
        assert names() == {"long.imgql", "many.csv", "t.csv"}
        undisturbed = run("long.imgql", "--cases", "many.csv", "--no-cache").stdout
        assert Path("t.csv").read_text() == undisturbed

    def test_what_is_of_numbers_alone_is_carried_out_again_or_the_others_alone(self):
        told = self.stopped_by(signal.SIGINT).stderr
        journal = Path("t.csv.rows.jsonl").resolve()
        assert "= the same command carries them out again: the store has none of them" in told
        assert f"= with `--only-failed {journal}`, into another table, it carries out the" in told
        others = ("--only-failed", str(journal), "--csv", "others.csv")
        assert run("long.imgql", "--cases", "many.csv", *others).exit_code == 0
        undisturbed = run("long.imgql", "--cases", "many.csv")
        assert "by an earlier run" not in undisturbed.stderr
        assert len(Path("others.csv").read_text()) < len(undisturbed.stdout)
        merged = merge(str(journal), "others.csv").stdout
        assert sorted(merged.splitlines()) == sorted(undisturbed.stdout.splitlines())

    def test_another_command_into_the_same_table_leaves_the_rows_of_the_first(self):
        self.stopped_by(signal.SIGKILL)
        journal, aside = Path("t.csv.rows.jsonl"), Path("t.csv.rows.1.jsonl")
        before = journal.read_bytes()
        found = run("p.imgql", "--cases", "good.csv", "--csv", "t.csv")
        assert found.exit_code == 0
        said = f"note: rows of another command, or of other files, are in {aside.resolve()} now"
        assert said in found.stderr
        assert (aside.read_bytes(), journal.exists()) == (before, False)
        assert merge(str(aside)).exit_code == 0

    def test_the_journal_is_not_taken_for_the_whole_of_what_is_done(self):
        self.stopped_by(signal.SIGKILL)
        before = Path("t.csv.rows.jsonl").read_bytes()
        again = ("--only-failed", "t.csv.rows.jsonl", "--csv", "t.csv")
        found = run("long.imgql", "--cases", "many.csv", *again)
        assert (found.exit_code, found.stdout) == (1, "")
        assert "`voxlogica merge t.csv.rows.jsonl OTHER --csv t.csv`" in found.stderr
        assert Path("t.csv.rows.jsonl").read_bytes() == before

    @pytest.mark.parametrize("changed", ["l.imgql", "dots.png"])
    def test_rows_of_files_that_have_changed_are_not_mixed_with_those_of_the_new_ones(
        self, changed
    ):
        def dots(value: int) -> None:
            sitk.WriteImage(sitk.GetImageFromArray(np.full((4, 5), value, np.uint8)), "dots.png")

        dots(200)
        Path("l.imgql").write_text("let more(x) = x + 1\n")
        read = 'import "l.imgql"\nload m = "dots.png"\nprint "more" more(max(intensity(m)))\n'
        Path("both.imgql").write_text(read + LONG)
        journal, aside = Path("t.csv.rows.jsonl"), Path("t.csv.rows.1.jsonl")
        self.stopped_by(signal.SIGKILL, "both.imgql")
        assert {row.prints[0].value for row in read_journal(journal)} == {201.0}
        self.stopped_by(signal.SIGKILL, "both.imgql")
        assert not aside.exists()
        if changed == "l.imgql":
            Path("l.imgql").write_text("let more(x) = x + 2\n")
        else:
            dots(201)
        self.stopped_by(signal.SIGKILL, "both.imgql")
        assert {row.prints[0].value for row in read_journal(journal)} == {202.0}
        assert {row.prints[0].value for row in read_journal(aside)} == {201.0}

    def test_what_is_of_images_goes_on_from_there(self):
        sitk.WriteImage(sitk.GetImageFromArray(np.full((4, 5), 200, np.uint8)), "dots.png")
        voxels = 'load m = "dots.png"\nprint "volume" volume(intensity(m) >. n)\n'
        Path("images.imgql").write_text(LONG + voxels)
        told = self.stopped_by(signal.SIGINT, "images.imgql").stderr
        assert "= the same command goes on from there\n" in told
        done = len([*read_journal(Path("t.csv.rows.jsonl"))])
        again = run("images.imgql", "--cases", "many.csv", "--csv", "t.csv")
        (replayed,) = re.findall(r"done \((\d+) by an earlier run\)", again.stderr)
        assert int(replayed) >= done > 0

    def test_a_disk_that_is_full_is_told_and_takes_no_row(self):
        arguments = "run long.imgql --cases many.csv --csv t.csv --no-cache --jsonl - -j1"
        found = subprocess.run(
            [
                "bash",
                "-c",
                f'ulimit -f 2 && exec "$0" -m voxlogica {arguments}',
                sys.executable,
            ],
            capture_output=True,
            text=True,
            check=False,
        )
        assert found.returncode == 1
        assert found.stderr.count("error: ") == 1
        assert "t.csv.rows.jsonl: file too large" in found.stderr
        done = [json.loads(line)["case"] for line in found.stdout.splitlines()]
        assert 0 < len(done) < len(ROUNDS)
        assert [row.case.name for row in read_journal(Path("t.csv.rows.jsonl"))] == done

    def test_who_reads_only_the_beginning_ends_it_in_silence(self):
        script = '"$0" -m voxlogica run -q long.imgql --cases many.csv --jsonl - | head -1'
        found = subprocess.run(
            ["bash", "-c", script, sys.executable], capture_output=True, text=True, check=True
        )
        assert (len(found.stdout.splitlines()), found.stderr) == (1, "")


class TestMerge:
    """The command; what is made of parts has tests of its own."""

    def test_shards_make_the_table_of_all(self):
        whole = run("fails.imgql", "--cases", "at.csv")
        for which in (1, 2, 3):
            part = ("--shard", f"{which}/3", "--csv", f"part{which}.csv", "-q")
            assert run("fails.imgql", "--cases", "at.csv", *part).stdout == ""
        found = merge("part3.csv", "part1.csv", "part2.csv", "--csv", "all.csv", "--jsonl", "-")
        assert found.exit_code == 0
        assert Path("all.csv").read_text() == whole.stdout
        assert len(found.stdout.splitlines()) == 4
        assert found.stderr == "4 cases of 3 tables, 1 failed\n"

    def test_what_failed_is_carried_out_again_and_merged(self):
        run("fails.imgql", "--cases", "at.csv", "--csv", "all.csv")
        Path("fails.imgql").write_text(FAILING.replace("s[at]", "at + 1"))
        again = ("--only-failed", "all.csv", "--csv", "again.csv")
        assert run("fails.imgql", "--cases", "at.csv", *again).exit_code == 0
        assert len(Path("again.csv").read_text().splitlines()) == 2
        assert merge("all.csv", "again.csv", "--csv", "all.csv").stderr.endswith("0 failed\n")
        lines = Path("all.csv").read_text().splitlines()
        assert [row["v"] for row in csv.DictReader(lines)] == [*"1283"]

    def test_a_name_says_what_is_in_the_file(self):
        """Tabs in .tsv, also around what has commas, quotes or tabs in it; and read as that."""
        Path("p.imgql").write_text('print "text" "$word"\n')
        Path("odd.csv").write_text('case,word\na,"one, two"\nb,"a ""b"""\nc,"x\ty"\n')
        assert run("p.imgql", "--cases", "odd.csv", "--csv", "t.tsv").exit_code == 0
        whole = run("p.imgql", "--cases", "odd.csv").stdout
        assert Path("t.tsv").read_text().splitlines()[1] == "a\tone, two\tone, two\t\t"
        assert merge("t.tsv").stdout == whole
        assert merge("t.tsv", "--csv", "again.tsv").exit_code == 0
        assert Path("again.tsv").read_text() == Path("t.tsv").read_text()
        done = run("p.imgql", "--cases", "odd.csv", "--only-failed", "t.tsv")
        assert "0 of 3 failed, or are not there, in t.tsv" in done.stderr
        refused = merge("t.tsv", "--json", "t.csv")
        assert (refused.exit_code, "which `--csv t.csv` writes" in refused.stderr) == (1, True)

    def test_what_is_wrong_leaves_no_file(self):
        Path("cut.csv").write_text("case,error\np1,")
        found = merge("cut.csv", "--csv", "out.csv")
        assert (found.exit_code, found.stdout) == (1, "")
        assert found.stderr.startswith("error: cut.csv ends in the middle of a line")
        assert names() == {"cut.csv"}
        assert merge().exit_code == 2
