"""Rows as lines: what is written is read back, and nothing else is."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voxlogica.batch.row_text import RowTextError, row_line, row_of
from voxlogica.dataclass import replace
from voxlogica.engine.cases import Case, Checked, Fault, Row, SavedFile
from voxlogica.engine.results import Effort, InputFile, Printed

# Half a surrogate pair stands for a byte of a file's name that is no text.
texts = st.text(max_size=8) | st.just("\udcff")
scalars = st.floats() | st.booleans() | texts
columns = st.recursive(scalars, lambda inner: st.lists(inner, max_size=3).map(tuple), max_leaves=4)
values = st.recursive(scalars, lambda inner: st.lists(inner, max_size=3), max_leaves=4)
counts = st.integers(0, 10**12)
empties = st.sampled_from(["", "truth", "found", "both"])
efforts = st.builds(Effort, counts, counts, st.floats(0, 1e9))
faults = st.builds(Fault, texts, texts, texts, counts, counts)


def several(strategy):
    return st.lists(strategy, max_size=2).map(tuple)


cases = st.builds(
    Case, counts, texts, st.dictionaries(texts, columns, max_size=3), st.frozensets(texts)
)
rows = st.builds(
    Row,
    cases,
    several(st.builds(Printed, texts, texts, values, texts, empties)),
    several(st.builds(Checked, texts, st.booleans(), st.none() | faults, texts)),
    several(st.builds(SavedFile, texts, texts)),
    several(faults),
    several(texts),
    empties,
    st.floats(0, 1e9),
    counts,
    counts,
    counts,
    counts,
    st.booleans(),
    several(st.builds(InputFile, texts, texts, st.sampled_from(["program", "library", "image"]))),
    st.floats(0, 1e10),
    by_worker=st.dictionaries(texts, efforts, max_size=2),
)


def as_text(row):
    """All of a row: nan is not equal to itself."""
    case = replace(row.case, sets=frozenset())
    return repr(replace(row, case=case)), sorted(row.case.sets)


@given(rows)
def test_a_row_is_read_back_from_its_line(row):
    line = row_line(row)
    assert line.isascii()
    assert "\n" not in line
    assert as_text(row_of(line)) == as_text(row)


@given(rows, st.data())
def test_a_line_that_is_cut_short_is_no_row(row, data):
    line = row_line(row)
    with pytest.raises(RowTextError):
        row_of(line[: data.draw(st.integers(0, len(line) - 1))])


@given(rows, st.data())
def test_a_line_with_something_else_in_a_field_is_no_row(row, data):
    tree = json.loads(row_line(row))
    field = data.draw(st.sampled_from(sorted(tree)))
    other = None if data.draw(st.booleans()) else [[[]]]
    with pytest.raises(RowTextError):
        row_of(json.dumps(tree | {field: other}))
    if field == "workers":  # which only rows of clusters have
        return
    del tree[field]
    with pytest.raises(RowTextError, match=field):
        row_of(json.dumps(tree))


@pytest.mark.parametrize("line", ["", "1", "null", "[]", "{}", '"a"', "NaN", b"\xff", "[" * 100000])
def test_what_is_no_row_is_told_as_that(line):
    with pytest.raises(RowTextError):
        row_of(line)
