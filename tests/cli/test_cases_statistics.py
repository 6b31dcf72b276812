"""What `run --cases` tells of numbers: on standard error, in a file, and what it refuses."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from voxlogica.cli.commands import voxlogica as command

# The nearer `high` is to what is best for a case, the greater its score.
PROGRAM = """
param best = 0
param high = 0
print "score" 1 - abs(high - best) / 10
print "distance" abs(high - best)
assert "good" abs(high - best) .<=. 2
"""
CASES = """case,best,site,set
a,1,Pisa,train
b,2,Pisa,train
c,2,Siena,test
d,9,Siena,test
"""
SWEEP = ("--sweep", "high=0:3:1")


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("p.imgql").write_text(PROGRAM)
    Path("cases.csv").write_text(CASES)


def run(*arguments: str, cases: str = "cases.csv") -> Result:
    csv = () if "--csv" in arguments else ("--csv", "t.csv")
    return CliRunner().invoke(
        command, ["run", "p.imgql", "--cases", cases, "--no-cache", *csv, *arguments]
    )


def tree(name: str = "s.json") -> dict[str, object]:
    found: dict[str, object] = json.loads(Path(name).read_text())
    return found


def test_what_the_numbers_say_is_told_on_standard_error():
    found = run("--csv", "-", "-D", "high=2")
    assert found.stdout.startswith("case,best,site,set,score,")
    assert "\nscore     4  0.800  " in found.stderr
    assert "    least 0.300 (d), greatest 1.000 (b)\n" in found.stderr
    assert 'assert "good": holds in 3 of 4\n' in found.stderr
    # What there is to do about it comes last.
    assert found.stderr.rstrip().endswith("4 cases: 3 done, 1 with a false assertion")


def test_it_is_told_by_groups():
    found = run("-D", "high=2", "--group-by", "site")
    assert "  site=Pisa   2  0.950  " in found.stderr
    assert 'assert "good" (site=Siena): holds in 1 of 2\n' in found.stderr


def test_a_quiet_run_tells_nothing_of_it_but_in_the_file():
    found = run("-q", "-D", "high=2", "--summary", "s.json")
    assert "score  " not in found.stderr
    score = tree()["columns"]["score"][0]
    assert (score["n"], score["mean"], score["greatest"]) == (4, 0.8, {"value": 1, "case": "b"})
    assert tree()["asserts"]["good"] == [{"group": {}, "held": 3, "of": 4}]
    assert tree()["best"] is None


def test_combinations_are_told_one_by_one():
    found = run(*SWEEP, "--summary", "s.json")
    assert "means over cases:\n" in found.stderr
    assert "\nhigh=2  4  0.800     2.000\n" in found.stderr
    assert "--best 'mean(score)'\n" in found.stderr
    assert [part["group"] for part in tree()["columns"]["score"]] == [
        {"high": value} for value in "0123"
    ]


def test_the_best_combination_is_told_with_its_numbers():
    found = run(*SWEEP, "--best", "mean(score)", "--summary", "s.json")
    assert "best mean(score): high=2, of 4 combinations\n  over 4 cases: 0.800 (" in found.stderr
    assert "on unseen cases: 0.800 (" in found.stderr
    assert "\nwith high=2:\n" in found.stderr
    assert tree()["best"]["combination"] == {"high": "2"}
    (score,) = tree()["columns"]["score"]
    assert score["mean"] == tree()["best"]["value"] == 0.8


def test_the_best_may_be_the_least():
    found = run("-q", *SWEEP, "--best-least", "max(distance)")
    # That was asked for, and so is told.
    assert "best max(distance): high=3, of 4 combinations" in found.stderr
    assert "with high=3" not in found.stderr


def test_a_group_stays_together_and_a_split_is_kept_apart():
    found = run(*SWEEP, "--best", "mean(score)", "--group-by", "site")
    assert "chosen without each of 2 groups" in " ".join(found.stderr.split())
    found = run(*SWEEP, "--best", "min(score)", "--split", "set")
    assert "high=1, of 4 combinations\n  over 2 train cases: 0.900; mean" in found.stderr
    assert "  on 2 unseen test cases: 0.200; mean" in found.stderr


def test_cells_that_say_nothing_are_one_group_and_none_to_try_a_choice_on():
    said_by = ("Pisa", "", "Pisa", "n/a")
    rows = [
        f"{case},{n},{site}" for n, (case, site) in enumerate(zip("abcd", said_by, strict=True))
    ]
    Path("some.csv").write_text("\n".join(["case,best,site", *rows, ""]))
    run("--group-by", "site", "--summary", "s.json", cases="some.csv")
    parts = [(part["group"], part["n"]) for part in tree()["columns"]["score"]]
    assert parts == [({}, 4), ({"site": "Pisa"}, 2), ({"site": ""}, 2)]
    Path("t.csv").unlink()
    best = (*SWEEP, "--best", "mean(score)", "--group-by", "site")
    found = run(*best, cases="some.csv")
    assert (found.exit_code, Path("t.csv").exists()) == (1, False)
    assert "`--group-by site`: 2 cases have nothing there: b, d" in found.stderr
    # What is swept is said, whatever it is.
    Path("p.imgql").write_text('param of = "x"\nprint "score" 1\n')
    run("--sweep", "of=n/a,x", "--group-by", "site", "--summary", "s.json", cases="some.csv")
    groups = [part["group"] for part in tree()["columns"]["score"]]
    assert [group["of"] for group in groups] == ["n/a"] * 3 + ["x"] * 3


def test_the_first_column_is_called_case_whatever_sets_it():
    Path("upper.csv").write_text(CASES.replace("case", "CASE"))
    Path("p.imgql").write_text(PROGRAM + 'save "o/$CASE.txt" "x"\n')
    for column in ("case", "CASE"):
        run("--group-by", column, "--summary", "s.json", cases="upper.csv")
        groups = [part["group"] for part in tree()["columns"]["score"]]
        assert groups == [{}, *({column: name} for name in "abcd")]


def test_where_none_is_the_best_the_table_is_there_all_the_same():
    Path("p.imgql").write_text('param at = 0\nprint "v" [1, 2][at]\n')
    Path("at.csv").write_text("case,other\na,1\n")
    found = run("--sweep", "at=7,8", "--best", "mean(v)", cases="at.csv")
    assert found.exit_code == 1
    assert "error: there is no best combination by mean(v): no case has a number" in found.stderr
    assert Path("t.csv").read_text().count("\n") == 3


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (("--best", "mean(score)"), 2, "there is no --sweep"),
        ((*SWEEP, "--split", "set"), 2, "there is no --best"),
        ((*SWEEP, "--best", "mean(score)", "--best-least", "mean(score)"), 2, "exclude each other"),
        ((*SWEEP, "--best", "mean(score)", "--split", "set", "--group-by", "site"), 2, "two ways"),
        ((*SWEEP, "--best", "mean(scores)"), 1, "did you mean `mean(score)`?"),
        ((*SWEEP, "--best", "score"), 1, "did you mean `mean(score)`?"),
        (("--group-by", "sites"), 1, "did you mean `site`?"),
        (("--group-by", "ward"), 1, "there are `case`, `best`, `site`, `set`"),
        ((*SWEEP, "--group-by", "high"), 1, "that is swept"),
        (
            (*SWEEP, "--best", "mean(score)", "--split", "site"),
            1,
            "no case is `train` in the column",
        ),
        (("--summary", "t.csv"), 2, "--csv and --summary both write to t.csv"),
    ],
)
def test_what_cannot_be_told_is_refused_before_anything_runs(arguments, status, said):
    found = run(*arguments)
    assert (found.exit_code, Path("t.csv").exists()) == (status, False)
    assert said in found.stderr


@pytest.mark.parametrize("option", ["--group-by", "--best", "--best-least", "--split", "--summary"])
def test_without_cases_there_is_nothing_to_tell(option):
    found = CliRunner().invoke(command, ["run", "p.imgql", option, "x"])
    assert (found.exit_code, "goes with --cases" in found.stderr) == (2, True)


def test_what_rests_on_a_rule_is_told_in_every_run():
    import numpy as np
    import SimpleITK as sitk  # noqa: N813

    values = np.zeros((4, 5, 6), np.uint8)
    values[1:3, 1:3, 1:3] = 1
    sitk.WriteImage(sitk.GetImageFromArray(values), "some.nii.gz")
    sitk.WriteImage(sitk.GetImageFromArray(values * 0), "none.nii.gz")
    Path("p.imgql").write_text(
        'import "metrics"\nload f = "$FOUND.nii.gz"\nload t = "$TRUTH.nii.gz"\n'
        'print "dice" dice(f, t)\nprint "ml" ml(f > 0)\n'
    )
    pairs = [(f, t) for f in ("some", "none") for t in ("some", "none")]
    Path("pairs.csv").write_text("FOUND,TRUTH\n" + "".join(f"{f},{t}\n" for f, t in pairs))
    again = ["run", "p.imgql", "--cases", "pairs.csv", "--cache", "store", "--csv", "t.csv"]
    # Computed, replayed, and in other rows of the results that are kept.
    for more in ([], [], ["--no-rewrites"]):
        found = CliRunner().invoke(command, [*again, *more])
        rows = list(csv.DictReader(Path("t.csv").read_text().splitlines()))
        assert [row["empty"] for row in rows] == ["", "truth", "found", "both"]
        # Volumes need no rule.
        assert re.findall(r"none empty +(\d) +(\S+)", found.stderr) == [("1", "1.000")]


def test_merged_tables_of_a_sweep_are_counted_by_cases():
    for which in ("1", "2"):
        assert run(*SWEEP, "--shard", f"{which}/2", "--csv", f"{which}.csv", "-q").exit_code in (
            0,
            3,
        )
    found = CliRunner().invoke(command, ["merge", "1.csv", "2.csv", "--csv", "t.csv"])
    assert found.stderr == "16 combinations of 4 cases of 2 tables, 0 failed\n"
