"""Cases to choose from: as `voxlogica run --cases` has them."""

from __future__ import annotations

import pytest

from tests.studio.studios import PROGRAM, a_page, a_studio, write_scan
from voxlogica.engine.cases import Case
from voxlogica.studio.workshop import Cases


@pytest.fixture
def server(program, tmp_path):
    """A studio of two cases, whose scans are in another folder than the program."""
    program.write_text(PROGRAM.replace("scan.nii.gz", "$DATA/$CASE.nii.gz"))
    data = tmp_path / "data"
    data.mkdir()
    for name, brightest in (("one", 200), ("two", 60)):
        write_scan(data / f"{name}.nii.gz", brightest)
    found = [
        Case(i, n, {"CASE": n, "age": 3.0}, frozenset({"CASE"}))
        for i, n in enumerate(("one", "two"))
    ]
    definitions = {"DATA": str(data)}
    with a_studio(program, Cases(found), definitions=definitions) as server:
        yield server


def test_another_case_is_chosen_and_text_and_values_stay(server):
    with a_page(server) as page:
        opened = page.next()
        assert (opened["cases"], opened["case"]) == (["one", "two"], "one")
        assert page.until_is("outcome")["prints"][0]["value"] == 1
        edited = opened["text"].replace('"voxels"', '"count"')
        page.until_is("outcome", page.ask("set", text=edited, values={"high": 50}))
        serial = page.ask("case", case="two")
        assert page.until_is("case", serial)["case"] == "two"
        outcome = page.until_is("outcome", serial)
        assert outcome["diagnostics"] == []
        assert outcome["case"] == "two"
        assert outcome["set"] == {"high": 50}
        assert outcome["text"] == edited
        assert outcome["prints"] == [{"label": "count", "value": 60, "before": None}]
        assert page.region(outcome, "bright").sum() == 60
        line = page.until_is("line", page.ask("line"))["line"]
        assert line.endswith("-D CASE=two -D high=50")


def test_a_value_is_changed_and_then_a_case_is_opened_for_the_first_time(server):
    with a_page(server) as page:
        page.until_is("outcome")
        page.until_is("outcome", page.ask("set", values={"high": 50}))
        outcome = page.until_is("outcome", page.ask("case", case="two"))
        assert outcome["diagnostics"] == []
        assert outcome["prints"] == [{"label": "voxels", "value": 60, "before": None}]


def test_a_text_is_saved_and_then_a_case_is_opened_for_the_first_time(server):
    with a_page(server) as page:
        text = f"{page.next()['text']}// saved\n"
        page.until_is("outcome", page.ask("set", text=text))
        page.until_is("written", page.ask("write"))
        assert page.until_is("outcome", page.ask("case", case="two"))["diagnostics"] == []


def test_what_an_editor_has_added_may_be_read_while_a_value_is_set(server, program, tmp_path):
    write_scan(tmp_path / "data" / "more.nii.gz")
    with a_page(server) as page:
        page.until_is("outcome", page.ask("set", values={"high": 50}))
        program.write_text(f'{program.read_text()}load more = "$DATA/more.nii.gz"\n')
        page.until_is("changed")
        outcome = page.until(lambda m: m["is"] == "outcome" and "load more" in m["text"])
        assert outcome["diagnostics"] == []
        assert outcome["set"] == {"high": 50}


def test_a_case_that_cannot_be_read_brings_no_other_into_reach(server, tmp_path):
    """Only what the program on disk names for the cases that there are."""
    write_scan(tmp_path / "data" / "three.nii.gz")
    with a_page(server) as page:
        text = page.next()["text"].replace("$CASE", "three")
        text += 'let own = "$CASE"\n'
        page.until_is("outcome", page.ask("set", text=text))
        for case in ("two", "one"):
            outcome = page.until_is("outcome", page.ask("case", case=case))
            assert "out of reach" in outcome["diagnostics"][0]["message"]


def test_each_page_has_its_case(server):
    with a_page(server) as page, a_page(server) as other:
        other.until_is("outcome")
        page.until_is("outcome", page.ask("case", case="two"))
        assert other.until_is("outcome", other.ask("set"))["prints"][0]["value"] == 1


def test_a_case_that_is_none_is_told(server):
    with a_page(server) as page:
        page.until_is("outcome")
        assert "no case" in page.until_is("said", page.ask("case", case="three"))["message"]
