"""Which cases a command runs for: `--cases`, `--sweep`, `--shard`, `--only-failed`."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.shell_completion import BashComplete
from click.testing import CliRunner, Result

from voxlogica.cli.commands import voxlogica as command

PROGRAM = """\
param high = 0.95 from 0.5 to 1
print "x" high
save "out/${CASE}_$high.txt" "x"
"""


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("p.imgql").write_text(PROGRAM)
    Path("cases.csv").write_text("case\np1\np2\n")
    return tmp_path


def run(*arguments: str, typed: str | bytes | None = None, program: str = "p.imgql") -> Result:
    line = ["run", program, "--no-cache", *arguments]
    return CliRunner().invoke(command, line, input=typed)


def rows(found: Result) -> list[list[str]]:
    assert found.exit_code == 0, found.stderr
    return [line.split(",") for line in found.stdout.splitlines()]


def test_each_combination_is_a_line():
    found = rows(run("--cases", "cases.csv", "--sweep", "high=0.9:1:0.05"))
    assert found[0][1:4] == ["CASE", "high", "x"]
    assert [line[1:4] for line in found[1:]] == [
        [case, high, high] for case in ("p1", "p2") for high in ("0.9", "0.95", "1")
    ]
    assert len([*Path("out").iterdir()]) == 6


def test_standard_input_is_a_table():
    assert [line[0] for line in rows(run("--cases", "-", typed="case\na\nb\n"))] == [
        "case",
        "a",
        "b",
    ]
    assert rows(run("--cases", "-", typed='[{"case": "a"}]'))[1][0] == "a"
    found = run("--cases", "-", typed="case\na\n", program="-")
    assert (found.exit_code, "and not both" in found.stderr) == (2, True)


def test_notes_are_on_standard_error_unless_it_is_quiet():
    Path("cases.csv").write_text("case,age\np1,7\n")
    said = "note: the column `age` sets nothing in the programs: carried into the table\n"
    assert said in run("--cases", "cases.csv").stderr
    assert said not in run("--cases", "cases.csv", "-q").stderr


def test_parts_of_the_cases():
    assert [line[0] for line in rows(run("--cases", "cases.csv", "--shard", "2/2"))[1:]] == ["p2"]
    Path("t.csv").write_text("case,x,error\np1,1,\np2,,broken\n")
    assert rows(run("--cases", "cases.csv", "--only-failed", "t.csv"))[1][0] == "p2"


@pytest.mark.parametrize("suffix", ["csv", "json", "jsonl"])
def test_a_part_without_cases_is_a_table_too(suffix):
    parts = [f"t{k}.{suffix}" for k in (1, 2, 3)]
    for k, part in enumerate(parts, 1):
        assert run("--cases", "cases.csv", "--shard", f"{k}/3", f"--{suffix}", part).exit_code == 0
    merged = CliRunner().invoke(command, ["merge", *parts, "--csv", "-"])
    assert merged.stdout == run("--cases", "cases.csv").stdout
    again = run("--cases", "cases.csv", "--only-failed", parts[0])
    assert again.stdout == merged.stdout


@pytest.mark.parametrize(
    "options",
    [
        ("--sweep", "high=1"),
        ("--shard", "1/2"),
        ("--only-failed", "t.csv"),
        ("--cases", "cases.csv", "--sweep", "high"),
        ("--cases", "cases.csv", "--sweep", "high=1", "--sweep", "high=0.9"),
        ("--cases", "cases.csv", "--shard", "3/2"),
    ],
)
def test_wrong_usage(options):
    found = run(*options)
    assert (found.exit_code, found.stdout) == (2, "")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--cases", "cases.cvs"), 'did you mean "cases.csv"?'),
        (("--cases", "out.nii.gz"), "is an image, and neither a pattern nor a table"),
        (("--cases", "d/{CASE}"), "nothing matches 'd/{CASE}': \"d\" does not exist"),
        (("--cases", "cases.csv", "--sweep", "high=2"), "`high` cannot be set to `2`"),
        (("--cases", "cases.csv", "--csv", "out/p1_0.95.txt"), "is what `--csv` writes, and wou"),
        (("--cases", "cases.csv", "--csv", "t", "--only-failed", "t"), "`voxlogica merge t OTHER"),
    ],
)
def test_what_is_wrong_is_told_before_anything_runs(options, said):
    found = run(*options)
    assert (found.exit_code, found.stdout) == (1, "")
    assert said in found.stderr
    assert not Path("out").exists()


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (("run", "--csv", "cases.csv"), "it is the table of cases"),
        (("run", "--junit", "cases.csv"), "it is the table of cases"),
        (("check", "--json", "cases.csv"), "it is the table of cases"),
        (("plan", "-o", "cases.csv"), "it is the table of cases"),
        (("run", "--csv", "s.json", "--params", "s.json"), "it is the file of parameters"),
        (("check", "--params", "s.json", "--json", "./s.json"), "it is the file of parameters"),
    ],
)
def test_what_is_read_is_not_written(line, said):
    Path("s.json").write_text("{}")
    before = {path: path.read_bytes() for path in Path().iterdir()}
    name, *options = line
    found = CliRunner().invoke(command, [name, "p.imgql", "--cases", "cases.csv", *options])
    assert (found.exit_code, said in found.stderr) == (1, True)
    assert {path: path.read_bytes() for path in Path().iterdir()} == before


def test_shells_complete_what_may_be_swept_and_files():
    complete = BashComplete(command, {}, "voxlogica", "_VOXLOGICA_COMPLETE")
    found = complete.get_completions(["run", "p.imgql", "--sweep"], "h")
    assert [item.value for item in found] == ["high="]
    for option in ("--cases", "--only-failed", "--params"):
        (found,) = complete.get_completions(["run", "p.imgql", option], "ca")
        assert found.type == "file"
