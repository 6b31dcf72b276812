"""Cases as they are run: their names, what they set, and what is told before anything runs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from voxlogica.batch.journal import Journal
from voxlogica.batch.shards import Shard, shard
from voxlogica.batch.sources import Sources, read_cases, refuse_other_files
from voxlogica.batch.sweeps import sweep
from voxlogica.engine.cases import Case, Fault, Row
from voxlogica.report.cases_table import Lines, csv_text, json_lines, json_table
from voxlogica.syntax.diagnostics import VoxLogicaError, render
from voxlogica.syntax.source import Source

PROGRAM = """\
param high = 0.95 from 0.5 to 1
param truth: string
param sizes = [1, 2]
load flair = "data/${CASE}_flair.nii.gz"
print "$CASE" high
"""


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def found(
    table: str,
    program: str = PROGRAM,
    *,
    by_hand=None,
    by_file=None,
    sweeps=(),
    name: str = "cases.csv",
):
    Path(name).write_text(table)
    chosen = Sources(name, sweeps=tuple(map(sweep, sweeps)))
    return read_cases(chosen, [Source("p.imgql", program)], by_hand or {}, by_file or {}, 1)


def names(table: str) -> list[str]:
    return [case.name for case in found(table, 'print "a" 1').cases]


def refused(table: str, program: str = PROGRAM, **given) -> str:
    with pytest.raises(VoxLogicaError) as told:
        found(table, program, **given)
    return "\n\n".join(map(render, told.value.diagnostics))


class TestNames:
    def test_the_column_case_has_them_in_any_letters(self):
        assert names("high,case\n1,b\n1,a\n") == ["b", "a"]
        assert names("high,Case\n1,b\n1,a\n") == ["b", "a"]

    def test_else_the_first_column_that_tells_them_apart(self):
        assert names("site,id\nA,p1\nA,p2\n") == ["p1", "p2"]
        assert names("id,site\np1,A\np2,A\n") == ["p1", "p2"]
        assert names("site,id\n1,x\nn/a,y\n") == ["x", "y"]

    def test_else_as_many_of_the_first_as_do(self):
        assert names("site,id,k\nA,1,3\nA,2,3\nB,1,3\n") == ["A/1", "A/2", "B/1"]

    def test_of_a_pattern_all_that_is_in_braces(self):
        for name in ("s2/p1.nii", "s10/p1.nii", "s2/p10.nii"):
            Path(name).parent.mkdir(exist_ok=True)
            Path(name).touch()
        cases = read_cases(Sources("{S}/{CASE}.nii"), [Source("p", 'print "a" 1')], {}, {}, 1).cases
        assert [case.name for case in cases] == ["s2/p1", "s2/p10", "s10/p1"]
        assert cases[0].columns == {"S": "s2", "CASE": "p1"}

    def test_a_table_that_a_run_has_left_has_them_beside_what_they_set(self):
        table = "case,CASE,truth,dice,error\np1,p1,t,0.9,\np2,p2,t,,gone\n"
        cases, _ = found(table)
        assert [(c.name, c.definitions["CASE"]) for c in cases] == [("p1", "p1"), ("p2", "p2")]

    def test_doubled_and_lacking_names_are_told(self):
        assert 'several cases are called "a", on lines 2, 4' in refused("case\na\nb\na\n")
        assert "cases.csv:3: the column `case` has no name" in refused("case,k\na,1\n,2\n")
        assert "cases.csv:2 and 4 are the same case" in refused("a,b\n1,2\n3,4\n1,2\n")


class TestWhatCasesSet:
    def test_columns_set_parameters_and_variables_and_others_are_carried(self):
        cases, notes = found("CASE,high,truth,age\np1,0.9,t,7\np2,,u,n/a\n")
        assert len(cases) == 2
        assert cases[0] == Case(
            0,
            "p1",
            {"CASE": "p1", "high": "0.9", "truth": "t", "age": "7"},
            frozenset({"CASE", "high", "truth"}),
        )
        assert cases[1].definitions == {"CASE": "p2", "truth": "u"}
        assert cases[-1] == cases[1:][0] == cases[1]
        assert notes == ("the column `age` sets nothing in the programs: carried into the table",)

    def test_the_column_case_sets_it_in_the_letters_of_the_program(self):
        for written in ("case", "Case", "CASE"):
            (case,), _ = found(f"{written},truth\np1,t\n")
            assert case.definitions == {"CASE": "p1", "truth": "t"}
        (case,), _ = found("Case,CASE_ID\np1,t\n", 'print "$case ${CASE_ID}" 1')
        assert case.definitions == {"case": "p1", "CASE_ID": "t"}

    def test_a_file_of_parameters_gives_way_to_a_column(self):
        cases, _ = found("CASE,high\np1,0.9\np2,\n", by_file={"truth": "t", "high": 0.8})
        assert [case.definitions.get("high") for case in cases] == ["0.9", None]

    def test_variables_that_tell_of_the_program_are_set_only_where_it_has_them(self):
        assert found("case,file\np1,x\n", 'print "a" 1').cases[0].sets == frozenset()
        assert found("case,file\np1,x\n", 'print "$file" 1').cases[0].sets == {"file"}

    def test_what_is_declared_by_equals_is_carried(self):
        _, notes = found("case,dice\np1,0.9\n", 'let dice = 1 print "$case" dice')
        assert "`dice` sets nothing" in notes[0]

    def test_where_nothing_is_set_that_is_said(self):
        _, notes = found("id\np1\n", 'print "a" 1')
        assert notes == (
            "no column of cases.csv sets anything: for the programs all cases are one",
        )

    def test_what_is_imported_may_depend_on_the_case(self):
        Path("a.imgql").write_text("param k = 1 from 0 to 2")
        Path("b.imgql").write_text("param other = 3")
        program = 'import "$LIB" print "x" 1'
        cases, notes = found("case,LIB,k\np1,a,2\np2,b,\n", program)
        assert cases[0].sets == {"LIB", "k"}
        assert notes == ()
        assert "cases.csv:3: `k` cannot be set" in refused("case,LIB,k\np1,a,2\np2,a,3\n", program)
        assert "there is no library `c`" in refused("case,LIB,k\np1,a,2\np2,c,2\n", program)

    def test_a_column_sets_only_where_what_is_imported_has_it(self):
        Path("a.imgql").write_text("param k = 1 from 0 to 2")
        Path("b.imgql").write_text("param other = 3")
        cases, _ = found("case,LIB,k\np1,a,2\np2,b,5\n", 'import "$LIB" print "x" 1')
        assert [case.sets for case in cases] == [{"LIB", "k"}, {"LIB"}]

    def test_a_library_may_be_called_as_the_case(self):
        Path("p1.imgql").write_text("param k = 1")
        (case,), _ = found("case,k\np1,2\n", 'import "$CASE" print "x" 1')
        assert case.definitions == {"CASE": "p1", "k": "2"}

    def test_truth_values_are_as_spreadsheets_write_them(self):
        program = 'param flip = false print "$case $text" 1'
        cases, _ = found("case,flip,text\np1,TRUE,TRUE\np2,false,\n", program)
        assert [case.columns["flip"] for case in cases] == ["true", "false"]
        assert cases[0].columns["text"] == "TRUE"
        assert "it takes `true` or `false`" in refused("case,flip,text\np1,yes,\n", program)

    def test_values_of_json_keep_their_types(self):
        table = '[{"case": "p1", "truth": "t", "high": 1, "sizes": [3]}]'
        (case,), _ = found(table, name="cases.json")
        assert case.definitions == {"CASE": "p1", "truth": "t", "high": 1.0, "sizes": (3.0,)}

    def test_a_hundred_thousand_rows_are_checked(self):
        table = "case,truth,high\n" + "".join(f"p{n},t{n},0.{n % 5 + 5}\n" for n in range(100_000))
        assert len(found(table).cases) == 100_000


class TestWhatIsToldBeforehand:
    GOOD = "CASE,truth\np1,t\n"

    @pytest.mark.parametrize(
        ("table", "said"),
        [
            (
                "CASE,truth,high\np1,t,2\n",
                "cases.csv:2: `high` cannot be set to `2`: it takes a nu",
            ),
            (
                "CASE,truth,high\np1,t,x\n",
                "`high` cannot be set to `x`: it takes a number from 0.5",
            ),
            ('CASE;truth;high\np1;t;"0,95"\n', "the decimal sign is a point: 0.95"),
            ("CASE,truth,sizes\np1,t,3\n", "`sizes` cannot be set to `3`: it takes a sequence"),
            ("CASE,truth,hihg\np1,t,1\n", "the column `hihg` of cases.csv sets nothing; the para"),
            ("CAES,truth\np1,t\n", "the variable `CASE` has nearly the same name"),
            ("CASE\np1\n", "`truth` has no value: it is a parameter without a default, and no col"),
            ("CASE,truth\np1,t\np2,\np3,n/a\n", "cases.csv:3: no value for `truth`, which the pr"),
            ("id,truth\np1,t\n", "`$CASE` is not defined: no column of cases.csv sets it"),
            ("CASE,truth,site\np1,t,\n,u,x\n", "cases.csv:3: the column `CASE` has no name for"),
        ],
    )
    def test_each_mistake_once(self, table, said):
        told = refused(table)
        assert said in told
        assert told.count("error:") == 1

    def test_that_no_column_names_the_cases_is_told_once(self):
        program = 'load a = "$CASE_flair.nii"\nload b = "${CASE}/b.nii"\nprint "$K" 1\n'
        told = refused("id,K\np1,1\n", program)
        assert told.count("error:") == 1
        assert "p.imgql:1:10: error: `$CASE` is not defined: no column of cases.csv sets it" in told
        Path("p1_flair.nii").touch()
        with pytest.raises(VoxLogicaError) as failed:
            read_cases(Sources("{ID}_flair.nii"), [Source("p.imgql", program)], {}, {}, 1)
        assert str(failed.value).count("error:") == 1
        assert "`{CASE}` there, or `${ID}` in the program" in str(failed.value)

    @pytest.mark.parametrize("separator", [",", ";", "\t"])
    @pytest.mark.parametrize("sizes", ["[1, 2]", '["a", "b"]'])
    def test_a_sequence_is_shown_as_one_writes_it_into_a_cell(self, separator, sizes):
        program = PROGRAM.replace("param sizes", "param sizes_of_old") + f"param sizes = {sizes}\n"
        table = "CASE,truth,sizes\np1,t,CELL\n".replace(",", separator)
        told = refused(table.replace("CELL", "3"), program=program)
        assert "-D" not in told
        (example,) = re.findall(r"as in `(.*)`", told)
        assert len(found(table.replace("CELL", example), program=program).cases) == 1

    def test_alike_mistakes_are_told_together(self):
        rows = "".join(f"p{n},t,{n}\n" for n in range(10))
        told = refused("CASE,truth,high\n" + rows)
        assert "cases.csv:2: `high` cannot be set to `0`" in told
        assert "; also lines 4, 5, 6, 7, 8 and 3 more" in told
        assert told.count("error:") == 1

    def test_what_is_set_for_all_is_looked_at_too(self):
        assert "`high` cannot be set to `2`" in refused(self.GOOD, by_hand={"high": "2"})
        assert "did you mean `-D high=…`?" in refused(self.GOOD, by_hand={"hihg": "1"})
        told = refused("CASE,truth,high\np1,t,1\n", by_hand={"high": "1"})
        assert "`high` is set twice, by the column of cases.csv, and by `-D high=…`" in told

    def test_what_is_set_twice_is_told_once(self):
        for given in ({"by_hand": {"scan": "x"}}, {"sweeps": ("scan=1,2",)}):
            told = refused("CASE,truth,scan\np1,t,1\n", **given)
            assert "`scan` is set twice" in told
            assert told.count("error:") == 1
        told = refused(self.GOOD, by_hand={"scan": "x"}, sweeps=("scan=1,2",))
        assert told.count("error:") == 1

    @pytest.mark.parametrize(
        ("swept", "hint"),
        [
            ("high=0.6-0.9", "a range is FROM:TO:STEP: `--sweep high=0.6:0.9:STEP`"),
            ("high=[0.6, 0.7]", "values stand in no brackets: `--sweep high=0.6,0.7`"),
            ("hihg=0.6,0.7", "did you mean `--sweep high=…`?"),
        ],
    )
    def test_a_sweep_is_told_as_it_is_written(self, swept, hint):
        told = refused(self.GOOD, sweeps=(swept,))
        assert hint in told
        assert told.count("error:") == 1

    def test_what_dash_d_sets_is_not_missing(self):
        assert len(found("id\np1\n", by_hand={"truth": "t", "CASE": "x"}).cases) == 1

    def test_a_program_that_is_wrong_is_told_once(self):
        told = refused("case\np1\np2\n", 'print "$case" (1')
        assert told.count("error:") == 1
        assert "p.imgql:1:" in told

    def test_images_and_folders_are_no_sources(self, tmp_path):
        (tmp_path / "d").mkdir()
        for name, said in (("a.nii.gz", "is an image"), ("d", "is a folder")):
            with pytest.raises(VoxLogicaError, match=said):
                refuse_other_files(name)
        with pytest.raises(VoxLogicaError, match="has no pattern and no table"):
            refuse_other_files("")
        for name in ("-", "d/{CASE}.nii.gz", "cases.csv"):
            refuse_other_files(name)

    def test_a_table_may_have_a_brace_in_its_name(self):
        (case,), _ = found("id,K\np1,x\n", 'print "$K" 1', name="{CASE}.csv")
        assert (case.name, case.definitions) == ("p1", {"K": "x"})


class TestSomeOfThem:
    TABLE = "CASE,truth\n" + "".join(f"p{n},t\n" for n in range(1, 11))

    def chosen(self, table: str = TABLE, **given):
        Path("cases.csv").write_text(table)
        given["sweeps"] = tuple(map(sweep, given.get("sweeps", ())))
        return read_cases(Sources("cases.csv", **given), [Source("p", PROGRAM)], {}, {}, 1)

    def test_each_is_run_with_each_combination(self):
        cases, _ = self.chosen("CASE,truth\np1,t\np2,t\n", sweeps=["high=0.9:1:0.1"])
        assert [(c.number, c.name, c.columns["high"]) for c in cases] == [
            (0, "p1", 0.9),
            (1, "p1", 1.0),
            (2, "p2", 0.9),
            (3, "p2", 1.0),
        ]
        assert [*cases[0].columns] == ["CASE", "truth", "high"]
        assert cases[3].definitions == {"CASE": "p2", "truth": "t", "high": 1.0}

    @pytest.mark.parametrize(
        ("sweep", "said"),
        [
            ("high=0.9:1.2:0.1", "`high` cannot be set to `1.1`"),
            ("truth=a,b", "`truth` is set twice, by the column of cases.csv, and by `--sweep"),
            ("hihg=1,2", "did you mean `--sweep high=…`?"),
            ("high=0.9,0.90", "one value is there more than once"),
        ],
    )
    def test_a_sweep_that_cannot_be_is_told(self, sweep, said):
        with pytest.raises(VoxLogicaError) as told:
            self.chosen(sweeps=[sweep])
        assert said in str(told.value)

    def test_there_are_a_million_at_most(self):
        table = "CASE,truth\n" + "".join(f"p{n},t\n" for n in range(11))
        said = "11 cases in 100000 combinations are 1100000 runs: at most 1000000"
        with pytest.raises(VoxLogicaError, match=said):
            self.chosen(table, sweeps=["high=0.500005:1:0.000005"])

    @pytest.mark.parametrize("of", [1, 2, 3, 7, 10, 12])
    def test_shards_are_all_cases_in_order_each_once(self, of):
        whole, _ = self.chosen(sweeps=["high=0.9,1"])
        parts = [
            self.chosen(sweeps=["high=0.9,1"], shard=Shard(k + 1, of)).cases for k in range(of)
        ]
        assert [case for part in parts for case in part] == [*whole]
        assert max(map(len, parts)) - min(map(len, parts)) <= 2
        assert all(len(part) % 2 == 0 for part in parts)

    def test_a_shard_is_written_as_a_share(self):
        assert shard("2/8") == Shard(2, 8)
        for text in ("0/2", "3/2", "1", "1/0", "-1/2", "a/b", "1/2/3"):
            with pytest.raises(ValueError, match=r"K/N|counted from 1"):
                shard(text)

    def rows(self, cases, failing: set[int]):
        fault = (Fault("it is broken", "error: it is broken"),)
        return [Row(case, faults=fault if case.number in failing else ()) for case in cases]

    @pytest.mark.parametrize("suffix", ["csv", "json", "jsonl", "rows.jsonl"])
    @pytest.mark.parametrize("sweeps", [[], ["high=0.9,1"]])
    def test_what_failed_or_is_not_there_is_run_again(self, suffix, sweeps):
        cases, _ = self.chosen(sweeps=sweeps)
        rows = self.rows(cases[:-3], {0, 4})
        table = Path(f"t.{suffix}")
        if suffix == "rows.jsonl":
            with Journal(Path("t"), "w") as journal:
                for row in rows:
                    journal.add(row)
        else:
            text = {"csv": csv_text, "json": json_table, "jsonl": json_lines}[suffix]
            table.write_text("".join(text(Lines(rows))))
        again, notes = self.chosen(sweeps=sweeps, only_failed=str(table))
        assert [case.number for case in again] == [0, 4, *(c.number for c in cases[-3:])]
        assert notes == (f"5 of {len(cases)} failed, or are not there, in {table}",)

    def test_a_swept_table_needs_its_sweeps(self):
        table = "CASE,truth\np1,t\np2,t\n"
        sweeps = ["high=0.9,1", "sizes=[1],[2]"]
        rows = self.rows(self.chosen(table, sweeps=sweeps).cases, set())
        Path("t.csv").write_text("".join(csv_text(Lines(rows))))
        for given, lacking in (([], "high"), (["high=0.9,1"], "sizes")):
            with pytest.raises(VoxLogicaError) as told:
                self.chosen(table, only_failed="t.csv", sweeps=given)
            assert 't.csv has several lines of the case "p1"' in str(told.value)
            assert f"--sweep {lacking}=…" in str(told.value)
        assert not self.chosen(table, only_failed="t.csv", sweeps=sweeps).cases

    def test_a_swept_value_is_the_same_however_the_table_has_it(self):
        Path("t.csv").write_text("case,high,error\np1,0.90,\np2,1.0,\n")
        cases = self.chosen("CASE,truth\np1,t\n", sweeps=["high=0.9,1"], only_failed="t.csv").cases
        assert [case.columns["high"] for case in cases] == [1]

    def test_a_name_that_looks_like_a_formula_is_known_again(self):
        table = "CASE,truth\n=1+1,t\n-p,t\n'q,t\n"
        cases, _ = self.chosen(table)
        Path("t.csv").write_text("".join(csv_text(Lines(self.rows(cases, {1})))))
        assert [case.name for case in self.chosen(table, only_failed="t.csv").cases] == ["-p"]

    def test_what_is_no_table_of_these_cases_is_told(self):
        Path("t.csv").write_text("case,error\np1,\n")
        for name, said in (
            ("cases.csv", "it has no column `case`, `error`"),
            ("t.csv", "it has no column `high`"),
            ("u.csv", "the table u.csv does not exist"),
        ):
            with pytest.raises(VoxLogicaError) as told:
                self.chosen(only_failed=name, sweeps=["high=0.9,1"])
            assert said in str(told.value)


@pytest.mark.parametrize(
    "table",
    [
        "CASE,\x1b[31mtruht\np,1\n",
        "CASE,truth,high\n\x1b[31m,t,\x1b[31m\n",
        "CASE,truth\n\x1b[31m,t\n\x1b[31m,t\n",
        "CASE,truth,a\x1bb,a\x1bb\n1,2,3,4\n",
        "CASE,truth\n\x1b/../a,t\na,t\n",
    ],
)
def test_what_a_table_has_does_nothing_to_a_terminal(table):
    assert "\x1b" not in refused(table, PROGRAM + 'save "$CASE.txt" "x"')
