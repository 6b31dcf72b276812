"""Tables of cases: which columns they have, and that what is written is read back as it was."""

from __future__ import annotations

import csv
import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voxlogica.engine.cases import Case, Checked, Fault, Row
from voxlogica.engine.results import Printed
from voxlogica.report.cases_table import (
    Lines,
    cell_text,
    columns_of,
    csv_text,
    json_lines,
    json_table,
    line_of,
    read_cell,
    renamed,
)
from voxlogica.syntax.printer import value_text


def case(number, name, **columns):
    return Case(number, name, columns, frozenset(columns))


def printed(label, value):
    return Printed(label, "number", value, label)


DONE = Row(
    case(0, "p1", scan="p1.nii", high=0.9),
    (printed("dice", 0.5), printed("spread", [1.0, -2.5])),
    (Checked("good", False, Fault("false", "error: false")),),
)
FAILED = Row(case(1, "p2", scan="p2.nii", high=0.8), faults=(Fault("no\nfile", ""), Fault("b", "")))


def table(rows):
    return "".join(csv_text(Lines(rows)))


class TestColumns:
    def test_case_its_columns_prints_assertions_empty_and_last_the_error(self):
        assert table([FAILED, DONE]) == (
            "case,scan,high,dice,spread,good,empty,error\n"
            "p2,p2.nii,0.8,,,,,no file (and 1 more)\n"
            'p1,p1.nii,0.9,0.5,"[1, -2.5]",false,,\n'
        )

    def test_what_a_source_calls_case_is_the_first_and_is_there_once(self):
        row = Row(Case(0, "p1", {"scan": "a", "case": "p1"}))
        assert table([row]) == "case,scan,empty,error\np1,a,,\n"

    def test_what_sets_a_variable_has_its_own_name(self):
        row = Row(Case(0, "p1", {"CASE": "p1", "scan": "a"}))
        assert table([row]) == "case,CASE,scan,empty,error\np1,p1,a,,\n"

    def test_a_column_called_case_that_is_not_the_name_stays(self):
        row = Row(Case(0, "p1/a", {"CASE": "p1", "scan": "a"}))
        assert table([row]) == "case,CASE,scan,empty,error\np1/a,p1,a,,\n"

    def test_of_one_name_the_later_says_what_it_is_and_it_is_told(self):
        row = Row(
            Case(0, "p1", {"dice": 1.0, "error": "old"}),
            (printed("dice", 2.0), printed("dice", 3.0)),
            (Checked("dice", True),),
        )
        assert table([row]) == (
            "case,dice,error (column),dice (print),dice (print 2),dice (assert),empty,error\n"
            "p1,1,old,2,3,true,,\n"
        )
        assert renamed(row)[1] == (
            "two columns of the table would be called `dice`: that of the print is `dice (print)`"
        )
        assert len(renamed(row)) == 4
        assert renamed(DONE) == []

    def test_labels_are_as_the_program_writes_them(self):
        row = Row(case(0, "p1"), (Printed("bob dice", "number", 1.0, "$CASE dice"),))
        assert [*line_of(row)] == ["case", "$CASE dice", "empty", "error"]

    def test_a_column_that_comes_late_stands_where_its_line_has_it(self):
        assert columns_of([{"a": 1.0, "z": 1.0}, {"a": 1.0, "b": 1.0, "c": 1.0, "z": 1.0}]) == [
            *"abcz"
        ]

    def test_no_rows_are_a_table_all_the_same(self):
        assert "".join(json_table(Lines([]))) == "[]\n"


class TestJSON:
    def test_an_array_has_all_columns_for_all(self):
        first, second = json.loads("".join(json_table(Lines([DONE, FAILED]))))
        assert [*first] == [*second]
        assert first == {
            **{"case": "p1", "scan": "p1.nii", "high": 0.9, "dice": 0.5, "spread": [1, -2.5]},
            **{"good": False, "empty": None, "error": None},
        }
        assert (second["dice"], second["error"]) == (None, "no file (and 1 more)")

    def test_a_line_has_those_of_its_case(self):
        done, failed = "".join(json_lines(Lines([DONE, FAILED]))).splitlines()
        assert json.loads(done)["dice"] == 0.5
        assert [*json.loads(failed)] == ["case", "scan", "high", "empty", "error"]

    def test_what_json_lacks_is_text(self):
        row = Row(Case(0, "\udcff", {}), (printed("a", float("nan")), printed("b", -float("inf"))))
        line = "".join(json_lines([line_of(row)]))
        assert line.encode("utf-8")  # no half of a surrogate pair
        assert json.loads(line) == {
            **{"case": "\udcff", "a": "nan", "b": "-inf", "empty": None, "error": None}
        }


class TestFormulas:
    @pytest.mark.parametrize(
        "text",
        ["=cmd|' /C calc'!A0", "+1+1", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "＝1", "-inf", "+1_0"],
    )
    def test_a_text_that_a_spreadsheet_would_carry_out_begins_with_an_apostrophe(self, text):
        assert cell_text(text)[0] == "'"
        row = Row(Case(0, text, {text: text}), (Printed(text, "string", text, text),))
        for cells in csv.reader(io.StringIO(table([row]), newline="")):
            assert not any(cell.startswith(text[0]) for cell in cells)

    @pytest.mark.parametrize("text", ["a;=1", "a\n=1", "a\t@b", "x;'=1"])
    def test_so_does_what_one_with_other_separators_would(self, text):
        assert f"'{text[-2:]}" in cell_text(text)

    @pytest.mark.parametrize(
        "value", [-0.5, -float("inf"), "-0.5", "+1e5", "-.5", "a=b", "", "p-1"]
    )
    def test_numbers_and_other_texts_are_as_they_are(self, value):
        assert cell_text(value) == value_text(value)

    @given(st.text(st.sampled_from("=+-@\t\r\n;'1a＝"), max_size=12))
    def test_it_is_read_back(self, text):
        assert read_cell(cell_text(text)) == text

    @given(st.text())
    def test_whatever_it_is(self, text):
        assert read_cell(cell_text(text)) == text


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"])), min_size=2, max_size=4))
def test_quotes_separators_and_ends_of_lines_are_read_back(texts):
    row = Row(Case(0, texts[0], {}), (Printed("a", "string", texts[1], "a"),))
    _, cells = csv.reader(io.StringIO(table([row]), newline=""))
    assert [read_cell(cell) for cell in cells] == [texts[0], texts[1], "", ""]
