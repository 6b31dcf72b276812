"""What CI systems read of a run: valid by their schema, whatever texts there are."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from voxlogica.engine.cases import Case, Checked, Fault, Row
from voxlogica.engine.results import Effort, Printed
from voxlogica.report.junit import junit_xml

SCHEMA = etree.XMLSchema(etree.parse(Path(__file__).with_name("junit.xsd")))
FALSE = Checked("good", False, Fault("assertion is false: dice = 0.5, wanted >= 0.8", "all of it"))


def suite(rows: list[Row], programs=("work/glioma.v2.imgql",), skipped=()) -> ET.Element:
    """The suite that the rows are, once the schema has taken it."""
    text = junit_xml(programs, rows, 1_700_000_000.0, skipped)
    SCHEMA.assertValid(etree.fromstring(text.encode()))
    (found,) = ET.fromstring(text)
    return found


def row(name: str, number: int = 0, columns=None, **what) -> Row:
    columns = {"CASE": name} if columns is None else columns
    return Row(Case(number, name, columns), **what)


def test_a_case_is_a_test_case_and_what_it_prints_a_property():
    dice = (Printed("dice", "number", 0.75), Printed("who", "string", "a"))
    found = suite([row("p1", prints=dice, seconds=1.25), row("p2", 1, log=("warning: doubt",))])
    assert {name: found.get(name) for name in ("name", "tests", "failures", "errors", "time")} == {
        "name": "work/glioma.v2.imgql",
        "tests": "2",
        "failures": "0",
        "errors": "0",
        "time": "1.250",
    }
    assert found.get("timestamp") == "2023-11-14T22:13:20"
    assert [(p.get("name"), p.get("value")) for p in found.iter("property")] == [
        ("p1: dice", "0.75"),
        ("p1: who", "a"),
    ]
    first, second = found.iter("testcase")
    # Jenkins would take what is before a dot for a package.
    assert (first.get("name"), first.get("classname")) == ("p1", "glioma_v2")
    assert (first.get("time"), second.get("time")) == ("1.250", "0.000")
    assert first.findtext("system-out") == "dice=0.75\nwho=a\n"
    assert second.findtext("system-err") == "warning: doubt\n"


def test_the_worker_of_each_case_is_a_property():
    at = {"10.0.0.7:4711": Effort(3, 0, 0.5), "10.0.0.8:4712": Effort()}
    found = suite([row("p1", by_worker=at), row("p2", 1)])
    properties = [(p.get("name"), p.get("value")) for p in found.iter("property")]
    assert properties == [("worker of p1", "10.0.0.7:4711, 10.0.0.8:4712")]
    (alone,) = suite([row("a", columns={}, by_worker=at)]).iter("property")
    assert alone.get("name") == "worker"


def test_false_assertions_are_one_failure_and_what_stopped_a_case_one_error():
    """Most readers show the first of several alone."""
    other = Checked("small", False, Fault("second", "second\nat length"))
    faults = (Fault("no such file", "a.imgql:1:1: error: no such file"), Fault("b", "b"))
    found = suite([row("p1", asserts=(FALSE, Checked("t", True), other)), row("p2", faults=faults)])
    assert (found.get("failures"), found.get("errors")) == ("1", "1")
    (failure,) = found.iter("failure")
    assert failure.get("message") == "assertion is false: dice = 0.5, wanted >= 0.8; second"
    assert failure.text == "all of it\n\nsecond\nat length"
    (error,) = found.iter("error")
    assert error.get("message") == "no such file; b"
    assert error.text == "a.imgql:1:1: error: no such file\n\nb"


def test_a_case_of_a_sweep_is_told_from_the_others_by_what_is_swept():
    rows = [
        row(name, 2 * i + j, {"CASE": name, "age": 61.0 + i, "high": high}, asserts=(FALSE,))
        for i, name in enumerate(("p1", "p2"))
        for j, high in enumerate((0.9, 0.95))
    ]
    names = [test.get("name") for test in suite(rows).iter("testcase")]
    assert names == ["p1 [high=0.9]", "p1 [high=0.95]", "p2 [high=0.9]", "p2 [high=0.95]"]


def test_cases_that_were_not_carried_out_are_skipped_at_their_place():
    fault = Fault("no such file", "no such file")
    rows = [row("p1", 1, {"high": 0.9}, faults=(fault,)), row("p3", 3, {"high": 0.9})]
    left_out = [Case(number, "p1" if number < 2 else "p3", {"high": 0.8}) for number in (0, 2)]
    found = suite(rows, skipped=left_out)
    assert [(test.get("name"), [part.tag for part in test]) for test in found] == [
        ("p1 [high=0.8]", ["skipped"]),
        ("p1 [high=0.9]", ["error"]),
        ("p3 [high=0.8]", ["skipped"]),
        ("p3 [high=0.9]", []),
    ]
    totals = [found.get(name) for name in ("tests", "failures", "errors", "skipped")]
    assert totals == ["4", "0", "1", "2"]
    assert suite(rows).get("skipped") == "0"


def test_programs_that_run_once_are_the_case_and_its_labels_the_properties():
    alone = row("a.imgql, b.imgql", columns={}, prints=(Printed("n", "number", 3.0),))
    found = suite([alone], ("a.imgql", "b.imgql"))
    assert [p.get("name") for p in found.iter("property")] == ["n"]
    assert [(t.get("classname"), t.get("name")) for t in found] == [
        (None, None),
        ("a, b", "a.imgql, b.imgql"),
    ]
    assert [element.tag for element in suite([row("x", columns={})])] == ["testcase"]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\x00\x1b[31m", r"a\x00\x1b[31m"),
        ("line\rend", r"line\rend"),
        ("half \ud800, byte \udcff", r"half \ud800, byte \udcff"),
        ("\ufffe", r"\ufffe"),
        ("<&\"'>]]>", "<&\"'>]]>"),
        ("tab\tand\nline é 𝔸", "tab\tand\nline é 𝔸"),
    ],
)
def test_what_xml_forbids_is_shown_as_an_escape(text, shown):
    fault = Fault(text, text)
    found = suite([row(text, prints=(Printed(text, "string", text),)), row("b", faults=(fault,))])
    (error,) = found.iter("error")
    assert (error.get("message"), error.text) == (shown, shown)
    assert next(found.iter("testcase")).get("name") == shown
    assert next(found.iter("property")).get("value") == shown


@given(st.lists(st.tuples(st.text(), st.text(), st.booleans()), max_size=5))
def test_any_texts_make_a_valid_file(texts):
    suite(
        [
            row(name, faults=(Fault(said, said),) if fails else (), log=(said,))
            for name, said, fails in texts
        ]
    )


@pytest.mark.parametrize(
    "refused",
    [
        '<testsuites tests="1" failures="0" errors="0"><testcase name="a"/></testsuites>',
        '<testsuite name="a" tests="1" failures="0" errors="0"><testcase name="a"><properties>'
        '<property name="a" value="b"/></properties></testcase></testsuite>',
        '<testsuite tests="1" failures="0" errors="0"/>',
    ],
)
def test_the_schema_refuses_what_jenkins_does(refused):
    assert not SCHEMA.validate(etree.fromstring(refused))
