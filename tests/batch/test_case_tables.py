"""Tables of cases, as spreadsheets, scripts and BIDS write them."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voxlogica.batch.case_tables import STDIN, read_table, table
from voxlogica.report.cases_table import read_cell
from voxlogica.syntax.diagnostics import VoxLogicaError

PLAIN = (("case", "high", "note"), [("p1", "0.9", "a"), ("p2", "", "b, c")])


def read(text: str | bytes, name: str = "cases.csv"):
    found = table(name, text if isinstance(text, bytes) else text.encode())
    return found.columns, found.rows


def refused(text: str | bytes, name: str = "cases.csv") -> str:
    with pytest.raises(VoxLogicaError) as told:
        read(text, name)
    return str(told.value)


class TestSeparatedValues:
    @pytest.mark.parametrize(
        "text",
        [
            'case,high,note\np1,0.9,a\np2,,"b, c"\n',
            'case;high;note\np1;0.9;a\np2;;b, c\n',
            'case\thigh\tnote\np1\t0.9\ta\np2\t\tb, c',
            'case,high,note\r\np1,0.9,a\r\np2,,"b, c"\r\n',
            'case,high,note\rp1,0.9,a\rp2,,"b, c"\r',
            'sep=;\r\ncase;high;note\r\np1;0.9;a\r\np2;;b, c\r\n',
            '"case","high","note"\n"p1","0.9","a"\n"p2","","b, c"\n',
            ' case , high, note\np1 , 0.9,a\np2, , "b, c"\n',
            'case,high,note,,\np1,0.9,a,,\np2,,"b, c",,\n,,,,\n\n',
        ],
    )  # fmt: skip
    def test_the_same_table_in_many_forms(self, text):
        assert read(text) == PLAIN
        assert read(b"\xef\xbb\xbf" + text.encode()) == PLAIN
        assert read(text.encode("utf-16")) == PLAIN
        assert read(text, STDIN) == PLAIN

    def test_quotes_across_lines_and_within_cells(self):
        found = table("t.csv", b'a,b\n"x\ny","say ""yes"""\n1,2\n')
        assert found.rows == [("x\ny", 'say "yes"'), ("1", "2")]
        assert [found.place(row) for row in (0, 1)] == ["t.csv:2", "t.csv:4"]
        assert table("t.csv", b"sep=;\na;b\n1;2\n").place(0) == "t.csv:3"

    def test_one_column_and_a_hundred(self):
        assert read("case\np1\np2\n") == (("case",), [("p1",), ("p2",)])
        names = [f"c{n}" for n in range(100)]
        columns, rows = read(",".join(names) + "\n" + ",".join(names) + "\n")
        assert columns == rows[0] == tuple(names)

    def test_bids_has_tabs_and_its_own_word_for_nothing(self):
        text = "participant_id\tage\nsub-01\tn/a\nsub,02\t3;4\n"
        assert read(text, "participants.tsv")[1] == [("sub-01", "n/a"), ("sub,02", "3;4")]

    def test_a_hundred_thousand_rows(self):
        text = "case,high\n" + "".join(f"p{n},0.9\n" for n in range(100_000))
        assert len(read(text)[1]) == 100_000

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ("", "cases.csv is empty"),
            ("\n \n", "cases.csv is empty"),
            (",,\n", "cases.csv has no cases"),
            ("case,high\n", "cases.csv has no cases: its columns are `case`, `high`"),
            ("case,high\n,\n", "has no cases"),
            ("a,b,a\n1,2,3\n", "cases.csv:1: several columns are called `a`"),
            ("Case,CASE\n1,2\n", "`Case`, `CASE` would all be the cases' names"),
            ("a,,b\n1,2,3\n", "cases.csv:1: column 2 has no name"),
            (
                "a,b\n1,2,3\n4,5\n6,7,8\n",
                "cases.csv:2: 3 cells on this line, and 2 columns; also 4",
            ),
            ("a,b,c\n1,2,3\n4,5\n", "cases.csv:3: 2 cells on this line, and 3 columns"),
            ("a,b,c\n1,2,3\n4,5\n", "or is the end of the file missing?"),
            ("a\n1,2\n", "cases.csv:2: 2 cells on this line, and 1 column"),
            ("a,b\np1,0,95\n", "the decimal sign is a point: 0.95"),
            ('a,b\n1,2\n3,"4\n5,6\n', 'cases.csv:3-4: a `"` begins a cell that has no end'),
            ('a,b\n1,"2"3\n', 'cases.csv:2: after the `"` that ends a cell'),
            (b"a,b\n\xfc,2\n", "cases.csv:2: not a text in UTF-8 (byte 0xfc)"),
            (b"a,b\n1,\0\n", "not a text in UTF-8"),
            (b"\xff\xfea\x00,\x00b", "not a whole text in UTF-16"),
        ],
    )
    def test_what_is_wrong_is_told_where_it_is(self, text, said):
        assert said in refused(text)

    def test_a_quote_without_end_before_many_rows(self):
        text = 'a,b\n1,"2\n' + "3,4\n" * 100_000
        assert 'a `"` begins a cell that has no end' in refused(text)

    @given(
        # The names of two columns tell what is between cells.
        st.integers(2, 4).flatmap(
            lambda wide: st.lists(
                st.lists(st.text("a;, \t\"\n='é0", max_size=4), min_size=wide, max_size=wide),
                min_size=1,
                max_size=4,
            )
        ),
        st.sampled_from(",;\t"),
        st.sampled_from(["\n", "\r\n"]),
        st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
        st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]),
    )
    def test_what_a_program_writes_is_read_back(self, rows, delimiter, ends, encoding, quoting):
        file = io.StringIO()
        writer = csv.writer(file, delimiter=delimiter, lineterminator=ends, quoting=quoting)
        writer.writerow([f"c{n}" for n in range(len(rows[0]))])
        writer.writerows(rows)
        wanted = [tuple(read_cell(cell.strip()) for cell in row) for row in rows]
        wanted = [row for row in wanted if any(row)]
        if not wanted:
            assert "has no cases" in refused(file.getvalue().encode(encoding))
        else:
            assert read(file.getvalue().encode(encoding))[1] == wanted

    @given(st.binary(max_size=60))
    def test_whatever_there_is_it_is_read_or_refused(self, data):
        for name in ("t.csv", "t.tsv", "t.json", "t.jsonl", STDIN):
            try:
                found = table(name, data)
            except VoxLogicaError:
                continue
            assert found.rows
            assert {len(row) for row in found.rows} == {len(found.columns)}

    def test_a_file_that_is_not_there_or_no_file(self, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        Path("cases.csv").write_text("case\np1\n")
        assert read_table("cases.csv").rows == [("p1",)]
        for name, said in (("cases.cvs", 'did you mean "cases.csv"?'), (".", "is a directory")):
            with pytest.raises(VoxLogicaError, match=said.replace("?", r"\?")):
                read_table(name)


class TestJson:
    CASES = ({"case": "p1", "high": 0.9, "flip": True}, {"case": "p2", "sizes": [1, 2]})

    def test_objects_are_cases_and_their_values_keep_their_types(self):
        wanted = ("case", "high", "flip", "sizes"), [("p1", 0.9, True, ""), ("p2", "", "", (1, 2))]
        assert read(json.dumps(self.CASES), "c.json") == wanted
        assert read(json.dumps(self.CASES), STDIN) == wanted
        lines = "\n".join(map(json.dumps, self.CASES))
        assert read(lines, "c.jsonl") == wanted
        assert read(lines, STDIN) == wanted

    def test_null_says_nothing_and_zero_does_not(self):
        text = '[{"case": "p1", "a": null, "b": 0, "c": false}]'
        assert read(text, "c.json")[1] == [("p1", "", 0.0, False)]

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ("{}", "c.json is not a list of objects"),
            ("[]", "c.json has no cases"),
            ("[1]", "c.json: element 1 is not an object"),
            ('[{"a": 1}, {"a": {}}]', "c.json, object 2: `a` is an object"),
            ('[{"a": [null]}]', "c.json, object 1: `a` has a null in it"),
            ('[{"a": 1, "a": 2}]', "`a` is there more than once in one object"),
            ('[{"a": 1}\n {"a": 2}]', "c.json:2:2: not JSON: expecting ',' delimiter"),
            ('[{"a": NaN}]', "NaN is no number of JSON"),
            ('[{"a": 1e999}]', "`a` is greater than any number"),
            ("[" * 100_000, "c.json: not JSON that can be read"),
        ],
    )
    def test_what_is_wrong_is_told(self, text, said):
        assert said in refused(text, "c.json")


@pytest.mark.parametrize(("name", "text"), [("t.csv", "a,b\n"), ("t.json", "[]"), ("t.jsonl", "")])
def test_a_table_that_a_run_has_left_may_have_no_cases(name, text):
    assert table(name, text.encode(), is_ours=True).rows == []
