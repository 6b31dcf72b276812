"""Messages as lines that GitHub takes for annotations."""

from __future__ import annotations

import os

from voxlogica.engine.cases import Case, Checked, Fault, Row
from voxlogica.report.annotations import MOST_SHOWN, annotation, row_annotations
from voxlogica.syntax.diagnostics import error, render, warning
from voxlogica.syntax.source import Source, Span


def at(name: str) -> Span:
    return Span(Source(name, 'load a = "b"\nprint "x" y\n'), 23, 24)


def failed(name: str, *faults: Fault) -> Row:
    return Row(Case(0, name, {}), faults=faults)


def test_a_message_stands_at_its_line_and_column_with_its_help():
    told = error("unknown name `y`", at("a.imgql"), hint="did you mean `x`?")
    assert annotation(told, "") == (
        "::error file=a.imgql,line=2,col=11::unknown name `y`%0Ahelp: did you mean `x`?"
    )
    assert annotation(warning("doubt"), "") == "::warning::doubt"


def test_what_has_a_meaning_in_commands_is_escaped():
    told = error("100 %\r\nof: a, b", at("c:\\a,b%.imgql"))
    assert annotation(told, "") == (
        "::error file=c%3A\\a%2Cb%25.imgql,line=2,col=11::100 %25%0D%0Aof: a, b"
    )


def test_a_file_is_named_as_seen_from_the_folder_of_the_repository(tmp_path, monkeypatch):
    (tmp_path / "sub").mkdir()
    monkeypatch.chdir(tmp_path / "sub")
    inside = annotation(error("e", at("a.imgql")), os.fspath(tmp_path))
    assert inside == "::error file=sub/a.imgql,line=2,col=11::e"
    absolute = annotation(error("e", at(f"{tmp_path}/b.imgql")), os.fspath(tmp_path))
    assert absolute == "::error file=b.imgql,line=2,col=11::e"
    outside = annotation(error("e", at("../../c.imgql")), os.fspath(tmp_path))
    assert outside == "::error file=../../c.imgql,line=2,col=11::e"
    assert annotation(error("e", at("<stdin>")), os.fspath(tmp_path)) == "::error::e"


def test_cases_with_a_fault_at_one_place_are_told_of_together_the_most_first():
    missing = [Fault(f"p{i} is missing", "", "a.imgql", 1, 10) for i in range(5)]
    false = Checked("good", False, Fault("too low", "", "a.imgql", 7, 1))
    rows = [Row(Case(0, "first", {}), asserts=(false, Checked("fine", True)))]
    rows += [failed(f"p{i}", fault) for i, fault in enumerate(missing)]
    assert row_annotations(rows, "") == [
        "::error file=a.imgql,line=1,col=10,title=5 of 6 cases"
        "::p0: p0 is missing%0Ap1: p1 is missing%0Ap2: p2 is missing%0Aand 2 more",
        "::error file=a.imgql,line=7,col=1,title=1 of 6 cases::first: too low",
    ]
    assert row_annotations([Row(Case(0, "fine", {}))], "") == []


def test_a_case_that_failed_is_not_told_of_for_its_assertions():
    false = Checked("good", False, Fault("too low", "", "a.imgql", 7, 1))
    row = Row(Case(0, "p", {}), asserts=(false,), faults=(Fault("lack of memory", ""),))
    assert row_annotations([row], "") == ["::error title=1 of 1 case::p: lack of memory"]


def test_no_more_are_written_than_github_shows():
    rows = [failed(f"p{i}", Fault("e", "", "a.imgql", i + 1, 1)) for i in range(30)]
    assert len(row_annotations(rows, "")) == MOST_SHOWN == 10


def test_warnings_stand_at_their_places_too_after_the_errors():
    place = "a.imgql:2:11"
    rows = [
        Row(Case(i, f"p{i}", {}), log=(f"{place}: warning: doubt {i}\n  |\n2 | y", "warning: all"))
        for i in range(2)
    ]
    rows.append(failed("p2", Fault("e", "", "a.imgql", 2, 11)))
    assert row_annotations(rows, "") == [
        "::error file=a.imgql,line=2,col=11,title=1 of 3 cases::p2: e",
        "::warning file=a.imgql,line=2,col=11,title=2 of 3 cases::p0: doubt 0%0Ap1: doubt 1",
        "::warning title=2 of 3 cases::p0: all%0Ap1: all",
    ]
    assert len(row_annotations(rows, "", warnings=False)) == 1


def test_a_warning_is_read_as_it_is_shown():
    def told(span: Span | None) -> list[str]:
        shown = render(warning("doubt: twice", span, hint="look"))
        return row_annotations([Row(Case(0, "p", {}), log=(shown,))], "")

    assert told(None) == ["::warning title=1 of 1 case::p: doubt: twice"]
    assert told(at("c:\\a b.imgql")) == [
        "::warning file=c%3A\\a b.imgql,line=2,col=11,title=1 of 1 case::p: doubt: twice"
    ]


def test_combinations_are_of_their_cases():
    rows = [
        Row(Case(i, "p", {"h": i}), faults=(Fault("e", "", "a.imgql", 1, 1),)) for i in range(2)
    ]
    assert "title=1 of 1 case::" in row_annotations(rows, "")[0]
