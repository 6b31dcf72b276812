"""Printed values, as text and as JSON."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voxlogica.engine.results import Effort, Printed, Report, SavedImage, Stats
from voxlogica.engine.texts import json_value
from voxlogica.report.run_json import diagnostics_json, report_json
from voxlogica.syntax.diagnostics import Note, error, warning
from voxlogica.syntax.printer import number_text, value_text
from voxlogica.syntax.source import Source, Span


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (3.0, "3"),
        (-2.0, "-2"),
        (0.1, "0.1"),
        (1 / 3, "0.3333333333333333"),
        (123456789012345.0, "123456789012345"),
        (1e22, "1e+22"),
        (math.inf, "inf"),
        (-math.inf, "-inf"),
        (math.nan, "nan"),
        (True, "true"),
        (False, "false"),
        ("as it is", "as it is"),
        ([], "[]"),
        ([1.0, 2.5, 3.0], "[1, 2.5, 3]"),
        ([[True], ["a"]], "[[true], [a]]"),
    ],
)
def test_printed_values(value, text):
    assert value_text(value) == text


@given(st.floats(allow_nan=False))
def test_a_printed_number_reads_back_as_the_same(number):
    text = number_text(number)
    assert float(text) == number
    assert not text.endswith(".0")
    assert len(text) <= len(repr(number))


@given(st.recursive(st.floats() | st.booleans() | st.text(), st.lists))
def test_every_value_is_strict_json(value):
    def refuse(name: str) -> None:
        raise AssertionError(f"{name} is not JSON")

    assert json.loads(json.dumps(json_value(value)), parse_constant=refuse) == json_value(value)


def test_numbers_that_json_has_no_way_to_write_are_strings():
    assert json_value([math.inf, -math.inf, math.nan, 1.0, 0.5]) == ["inf", "-inf", "nan", 1, 0.5]


SOURCE = Source("p.imgql", "let a = 1\nprint b\n")
PROBLEM = error("unknown name `b`", Span(SOURCE, 16, 17), "here", [Note("look")], "declare it")
REMARK = warning("odd")


def test_the_report_is_one_object():
    report = Report(
        (Printed("dice", "number", 0.5),),
        (SavedImage("t", ".nii.gz", "/out/t.nii.gz", "valuation(bool)", 0.0, 1.0),),
        (REMARK,),
        Stats(2, 2, 0, 0, 1.5, 1000, {"near": Effort(2, 0, 0.25)}, {"b:1": Effort(1, 1, 0.5)}),
    )
    assert json.loads(report_json(report, {"@graph": []})) == {
        "print": [{"name": "dice", "vltype": "number", "value": 0.5}],
        "layers": [
            {
                "name": "t",
                "extension": ".nii.gz",
                "path": "/out/t.nii.gz",
                "vltype": "valuation(bool)",
                "min": 0,
                "max": 1,
            }
        ],
        "tables": [],
        "asserts": [],
        "error": None,
        "status": "done",
        "log": ["warning: odd"],
        "stats": {
            "operations": 2,
            "computed": 2,
            "reused": 0,
            "stored": 0,
            "awaited": 0,
            "seconds": 1.5,
            "peak_memory": 1000,
            "by_operator": {"near": {"computed": 2, "reused": 0, "seconds": 0.25}},
            "by_worker": {"b:1": {"computed": 1, "reused": 1, "seconds": 0.5}},
        },
        "provenance": {"@graph": []},
    }


def test_the_report_of_a_failure_has_the_errors_as_text():
    found = json.loads(report_json(Report((), (), (REMARK, PROBLEM), Stats())))
    assert found["error"].startswith("p.imgql:2:7: error: unknown name `b`")
    assert found["log"] == ["warning: odd"]


def test_messages_are_told_piece_by_piece():
    found = json.loads(diagnostics_json([PROBLEM, REMARK]))
    place = {"file": "p.imgql", "line": 2, "column": 7, "end_line": 2, "end_column": 8}
    assert found["diagnostics"] == [
        {
            "severity": "error",
            "message": "unknown name `b`",
            "place": place,
            "label": "here",
            "notes": [{"message": "look", "place": None}],
            "hint": "declare it",
        },
        {
            "severity": "warning",
            "message": "odd",
            "place": None,
            "label": "",
            "notes": [],
            "hint": None,
        },
    ]
