"""Tables and text as files hold them: other readers find in them what was written."""

from __future__ import annotations

import csv
import io
import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voxlogica.engine.texts import encoded
from voxlogica.syntax.printer import value_text

NUMBERS = st.floats(width=64)
TEXTS = st.text(max_size=6) | st.sampled_from(
    ["", '"', 'a"b', "a,b", "a\tb", "a\nb", "\r", "é漢", "=1"]
)
SCALARS = NUMBERS | st.booleans() | TEXTS
TABLES = st.lists(st.lists(SCALARS, min_size=1, max_size=4), max_size=5)


def content(suffix: str, value) -> str:
    return b"".join(encoded(suffix, value).chunks).decode()


@given(TABLES, st.sampled_from([(".csv", ","), (".tsv", "\t")]))
def test_the_csv_module_reads_each_field_as_print_shows_it(table, kind):
    suffix, separator = kind
    text = io.StringIO(content(suffix, table), newline="")
    back = list(csv.reader(text, delimiter=separator, strict=True))
    assert back == [[value_text(value) for value in row] for row in table]


@given(st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=4), max_leaves=12))
def test_json_reads_back(value):
    def meant(item):
        if isinstance(item, list):
            return [meant(part) for part in item]
        return value_text(item) if isinstance(item, float) and not math.isfinite(item) else item

    assert json.loads(content(".json", value)) == meant(value)


@given(st.lists(NUMBERS, max_size=9))
def test_numbers_read_back_as_they_were(numbers):
    back = [float(line) for line in content(".txt", numbers).splitlines()]
    assert [repr(n) for n in back] == [repr(n) for n in numbers]


@pytest.mark.parametrize(
    ("suffix", "value", "expected"),
    [
        (".csv", [["a", "b"], [1.0, True]], "a,b\n1,true\n"),
        (".csv", [1.0, 0.5], "1\n0.5\n"),
        (".csv", 3.0, "3\n"),
        (".csv", [], ""),
        (".csv", [[]], "\n"),
        (".csv", [[""], ["", ""]], '""\n,\n'),
        (".csv", ["a", [1.0]], "a\n1\n"),
        (".csv", [['say "x"', "a, b"]], '"say ""x""","a, b"\n'),
        (".tsv", [["a, b", "c\td"]], 'a, b\t"c\td"\n'),
        (".csv", [[math.nan, math.inf, -math.inf, -0.0, 1e300]], "nan,inf,-inf,-0,1e+300\n"),
        (".json", [[1.0, 2.5], ["a"]], '[\n[1, 2.5],\n["a"]\n]\n'),
        (".json", [1.0, math.nan, True, "é"], '[1, "nan", true, "é"]\n'),
        (".json", [], "[]\n"),
        (".json", -2.0, "-2\n"),
        (".txt", "two words", "two words\n"),
        (".txt", ["a", 1.0, False], "a\n1\nfalse\n"),
        (".txt", [], ""),
    ],
)  # fmt: skip
def test_what_files_hold(suffix, value, expected):
    assert content(suffix, value) == expected


def test_names_that_are_no_text_keep_their_bytes():
    name = b"caf\xe9".decode("utf-8", "surrogateescape")
    assert b"".join(encoded(".csv", [name]).chunks) == b"caf\xe9\n"
    assert json.loads(b"".join(encoded(".json", [name]).chunks)) == [name]


@pytest.mark.parametrize(
    ("table", "doubts"),
    [
        ([["a", "b"], [1.0, 2.0]], []),
        ([["a", "b"], [1.0]], ["its rows have from 1 to 2 fields"]),
        ([["=SUM(A1)"], ["+1"], ["-"], ["-1e3"], ["@x"], [-3.0]],
         ["2 texts begin as a formula does, which spreadsheet programs carry out"]),
        (["-a"], ["1 text begins as a formula does, which spreadsheet programs carry out"]),
    ],
)  # fmt: skip
def test_doubtful_tables_are_written_and_told_of(table, doubts):
    found = encoded(".csv", table)
    assert list(found.doubts) == doubts
    assert not encoded(".json", table).doubts
