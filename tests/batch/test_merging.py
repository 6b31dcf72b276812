"""Tables of parts made into one: what they say together, and where they contradict each other."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from voxlogica.batch.earlier_tables import read_lines
from voxlogica.batch.journal import Journal, journal_of
from voxlogica.batch.merging import TablePart, lacking, merged, read_part
from voxlogica.engine.cases import Case, Checked, Fault, Row
from voxlogica.engine.results import Printed
from voxlogica.report.cases_table import Lines, csv_text, json_lines, json_table, line_of
from voxlogica.syntax.diagnostics import VoxLogicaError


def done(number: int, value: float, **columns) -> Row:
    case = Case(number, f"p{number}", columns)
    return Row(case, (Printed("v", "number", value, "v"),), (Checked("ok", True),))


def failed(number: int, why: str = "gone", **columns) -> Row:
    return Row(Case(number, f"p{number}", columns), faults=(Fault(why, why),))


def part(name: str, *rows: Row) -> TablePart:
    return TablePart(name, [line_of(row) for row in rows])


def table(*parts: TablePart) -> str:
    return "".join(csv_text(merged(parts)))


def text(*rows: Row) -> str:
    return "".join(csv_text(Lines(rows)))


WRITTEN = {".csv": csv_text, ".json": json_table, ".jsonl": json_lines}


@given(st.integers(1, 12), st.sampled_from([*WRITTEN, "journal"]), st.integers(0, 50))
def test_shards_are_the_whole_whatever_they_are_written_as(tmp_path_factory, of, suffix, seed):
    folder = tmp_path_factory.mktemp("parts")
    rows = [
        failed(n, f"=gone; {n}") if (n + seed) % 5 == 0 else done(n, (n - seed) / 4)
        for n in range(20)
    ]
    names = []
    for which in range(of):
        own = rows[20 * which // of : 20 * (which + 1) // of]
        path = folder / f"part{which}{suffix}"
        if suffix == "journal":
            with Journal(path, "work") as journal:
                for row in own:
                    journal.add(row)
            path = journal_of(path)
        else:
            path.write_text("".join(WRITTEN[suffix](Lines(own))))
        names.append(str(path))
    parts = [read_part(name) for name in sorted(names)]
    assert table(*parts) == text(*rows)
    assert list(lacking(parts)) == []


# Whatever may stand in a name of a file, in a label or in what is printed.
TEXTS = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0\ufeff")
    | st.sampled_from([*" \t'\"=-+,;\r\n", "\udcff", "\udc80"]),
    max_size=4,
)


@given(
    st.lists(TEXTS.filter(bool), min_size=1, unique=True, max_size=4),
    # That spreadsheets write truth values so is another matter.
    st.lists(st.tuples(TEXTS, TEXTS.filter(lambda text: not text.isupper())), max_size=4),
    st.sampled_from([*WRITTEN]),
)
@example(["p1", "p1 "], [("", "a"), (" ", " b"), ("v", ""), (" v", "7")], ".csv")
@example(["TRUE"], [], ".csv")
@example(["p1"], [(";;;;;;", "a")], ".csv")
def test_what_is_written_is_read_as_it_was(tmp_path_factory, names, prints, suffix):
    rows = [
        Row(
            Case(number, name, {}),
            tuple(Printed(label, "string", value, label) for label, value in prints),
        )
        for number, name in enumerate(names)
    ]
    path = tmp_path_factory.mktemp("parts") / f"part{suffix}"
    path.write_text("".join(WRITTEN[suffix](Lines(rows))), "utf-8", "surrogateescape", newline="")
    found = read_part(str(path)).lines
    assert [line["case"] for line in found] == names
    assert "".join(csv_text(found)) == text(*rows)


def test_bytes_that_are_no_text_are_told():
    assert [*lacking([part("a", Row(Case(0, "p\udcff", {}))), part("b")])] == [
        "a has bytes that are no text in UTF-8: they stay as they are"
    ]


class TestDoubled:
    @pytest.mark.parametrize("order", [("a", "b"), ("b", "a")])
    def test_a_case_that_ran_again_is_as_it_was_then_and_where_it_was(self, order):
        first, second = order
        found = table(
            part(first, done(1, 1.0), failed(2), failed(3, "x"), done(4, 4.0)),
            part(second, done(2, 2.0), failed(3, "x")),
        )
        assert found == text(done(1, 1.0), done(2, 2.0), failed(3, "x"), done(4, 4.0))

    def test_the_same_twice_is_there_once(self):
        assert table(part("a", done(1, 1.0)), part("b", done(1, 1.0), done(2, 2.0))) == text(
            done(1, 1.0), done(2, 2.0)
        )

    def test_other_results_for_one_case_are_an_error_that_says_which(self):
        with pytest.raises(VoxLogicaError) as told:
            merged([part("a.csv", done(1, 1.0)), part("b.csv", done(1, 1.5))])
        assert "the case p1 is in a.csv and in b.csv, and `v` is not the same: 1 and 1.5" in str(
            told.value
        )

    def test_so_are_other_columns_of_one_that_failed(self):
        with pytest.raises(VoxLogicaError, match=r"`scan` is not the same: a\.nii and b\.nii"):
            merged([part("a", failed(1, scan="a.nii")), part("b", done(1, 1.0, scan="b.nii"))])

    def test_a_number_is_the_same_however_it_is_written(self):
        before, now = done(1, 1.0, low="0.90"), done(1, 1.0, low="0.9")
        other = done(1, 2.0, low="0.95")
        assert table(part("a", before, other), part("b", now)) == text(before, other)

    def test_combinations_are_told_apart_by_what_is_swept(self):
        found = table(
            part("a", done(1, 1.0, low=0.1), failed(1, low=0.2)),
            part("b", done(1, 2.0, low=0.2), done(1, 3.0, low=0.3)),
        )
        assert found == text(done(1, 1.0, low=0.1), done(1, 2.0, low=0.2), done(1, 3.0, low=0.3))

    def test_other_results_for_one_combination_are_an_error_too(self):
        lines = [done(n, n + low, scan=f"{n}.nii", low=low) for n in (1, 2) for low in (0.1, 0.2)]
        other = done(2, 9.0, scan="2.nii", low=0.1)
        said = r"case p2 with low=0\.1 is in a and in b, and `v` is not the same: 2\.1 and 9"
        with pytest.raises(VoxLogicaError, match=said):
            merged([part("a", *lines), part("b", other)])
        with pytest.raises(VoxLogicaError, match="`scan` is not the same"):
            merged([part("a", *lines), part("b", done(2, 2.1, scan="x.nii", low=0.1))])
        assert table(part("a", *lines), part("b", lines[2])) == text(*lines)

    def test_jobs_that_sweep_the_same_with_another_value_of_one_name_each(self):
        lines = [
            [done(n, n + low * high, low=low, high=high) for n in (1, 2) for low in (0.1, 0.2)]
            for high in (1.0, 2.0)
        ]
        found = table(part("a", *lines[0]), part("b", *lines[1]))
        assert found == text(*lines[0], *lines[1])

    @given(st.data())
    def test_what_ran_again_of_a_sweep_is_what_was_or_is_told(self, data):
        lines = [
            done(n, value, low=low, high=high)
            for (n, low, high), value in {
                (n, low, high): data.draw(st.sampled_from([0.0, 1.0, float(n)]))
                for n in range(3)
                for low in (0.1, 0.2)
                for high in (1.0, 2.0)
            }.items()
        ]
        again = data.draw(st.lists(st.sampled_from(lines), min_size=1, unique_by=id))
        before = [
            failed(row.case.number, **row.case.columns)
            if row in again and data.draw(st.booleans())
            else row
            for row in lines
        ]
        assert table(part("a", *before), part("b", *again)) == text(*lines)
        at = data.draw(st.integers(0, len(lines) - 1))
        other = done(lines[at].case.number, 9.0, **lines[at].case.columns)
        with pytest.raises(VoxLogicaError, match="`v` is not the same"):
            merged([part("a", *lines), part("b", other)])

    def test_a_line_that_a_table_has_twice_tells_no_combinations_apart(self):
        with pytest.raises(VoxLogicaError, match="`v` is not the same"):
            merged([part("a", done(1, 1.0), done(1, 1.0)), part("b", done(1, 2.0))])


class TestParts:
    def test_they_come_in_the_order_in_which_people_count(self):
        parts = [part(f"p{n}.csv", done(n, 0.0)) for n in (10, 9, 2)]
        assert [line["case"] for line in merged(parts)] == ["p2", "p9", "p10"]

    def test_others_come_as_they_are_named(self):
        parts = [part(name, done(n, 0.0)) for n, name in enumerate(["so_far", "p10", "p9", "more"])]
        assert [line["case"] for line in merged(parts)] == ["p0", "p2", "p1", "p3"]

    def test_columns_that_only_some_have_are_kept_and_told(self):
        other = Row(Case(2, "p2", {}), (Printed("w", "number", 5.0, "w"),))
        parts = [part("a", done(1, 1.0)), part("b", other), part("c", failed(3))]
        assert table(*parts) == "case,v,ok,w,empty,error\np1,1,true,,,\np2,,,5,,\np3,,,,,gone\n"
        assert list(lacking(parts)) == ["a has no column `w`", "b has no columns `v`, `ok`"]

    def test_a_pattern_is_for_the_shell(self, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        with pytest.raises(VoxLogicaError, match="no file matches"):
            read_part("part_*.csv")
        Path("part_1.csv").write_text("case,error\n")
        with pytest.raises(VoxLogicaError, match="leave out the quotes"):
            read_part("part_*.csv")

    @pytest.mark.parametrize(
        ("name", "content", "said"),
        [
            ("a.csv", "case,v,error\np1,1,\np2,1,", "a.csv ends in the middle of a line"),
            ("a.csv", "case,v,error\np1,1,\np2,1", "a.csv:3: 2 cells on this line"),
            ("a.csv", "name,v\np1,1\n", "is no table of what came of cases: it has no column"),
            ("a.csv", "", "a.csv is empty"),
            ("a.json", '[\n{"case": "p1", "error": null}', "a.json:2:30: not JSON"),
            ("a.jsonl", '{"case": "p1", "error": null}', "ends in the middle of a line"),
            ("a.jsonl", '{"case": "p1", "error"', "a.jsonl:1:23: not JSON"),
            ("a.rows.jsonl", '{"voxlogica journal": 1}\n{}\n', "a.rows.jsonl:2: this is no row"),
            ("gone.csv", None, "gone.csv does not exist"),
            ("a.csv", "case;v;error\np1;0,96;\n", "a.csv:2: in `v`, 0,96 has a decimal comma"),
            ("a.csv", "case\tv\terror\np1\t-1,5e-3\t\n", "the decimal sign is a point: -1.5e-3"),
        ],
    )
    def test_what_is_no_whole_table_is_told_with_its_place(
        self, name, content, said, tmp_path, monkeypatch
    ):
        monkeypatch.chdir(tmp_path)
        if content is not None:
            Path(name).write_text(content)
        with pytest.raises(VoxLogicaError) as told:
            read_part(name)
        assert said in str(told.value)

    def test_a_table_that_a_spreadsheet_has_saved_is_read(self, tmp_path):
        path = tmp_path / "t.csv"
        path.write_bytes("\ufeffcase;v;empty;error\r\np1;0.5;;\r\np2;;;gone\r\n".encode())
        assert read_lines(str(path)) == [
            {"case": "p1", "v": 0.5, "empty": None, "error": None},
            {"case": "p2", "v": None, "empty": None, "error": "gone"},
        ]

    def test_truth_values_of_a_spreadsheet_are_those_of_the_table(self, tmp_path):
        path = tmp_path / "t.csv"
        path.write_text("case,ok,gene,error\np1,TRUE,TRUE,\np2,FALSE,TP53,\np3,,,gone\n")
        lines = read_lines(str(path))
        assert [line["ok"] for line in lines] == [True, False, None]
        assert [line["gene"] for line in lines] == ["TRUE", "TP53", None]
