"""Rows in the store are not believed because they are there."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest
import SimpleITK

from tests.batch.test_carrying_out import folder as folder
from voxlogica.batch.carrying_out import run_cases
from voxlogica.batch.replaying import StoredRows
from voxlogica.batch.row_text import row_line
from voxlogica.engine.cases import Case, Fault, Row
from voxlogica.engine.memory import memory_with_warnings
from voxlogica.engine.store import Store
from voxlogica.engine.store_opening import open_store
from voxlogica.plan_to_report import Settings
from voxlogica.report import case_pictures
from voxlogica.report.case_pictures import Size, drawings_of
from voxlogica.syntax.source import Source

PROGRAM = 'load m = "$CASE.nii.gz"\nprint "v" volume(intensity(m) >. 40)\nsave "$CASE.csv" [1]\n'
CASES = [Case(0, "c1", {"CASE": "c1"}, frozenset({"CASE"}))]


def row() -> Row:
    chosen = Settings(1, "store", *memory_with_warnings())
    (found,) = run_cases([Source("p.imgql", PROGRAM)], CASES, chosen)
    return found


def replaced(text: object) -> None:
    """Put something else in the place of the row that the store has."""
    with opened() as store:
        (entry,) = (entry for entry in store.entries() if entry.operator == "row")
        key = bytes.fromhex(entry.id)
        kept = store.read(key)
        assert isinstance(kept, str)
        store.drop_wrong([key])
        value = text if not isinstance(text, str) else text.replace("FILES", kept.split("\n")[0])
        store.put(key, value, operator="row", seconds=0.0)  # type: ignore[arg-type]


def opened() -> Store:
    store = open_store(Path("store"), warn=lambda message: None)
    assert store is not None
    return store


FAILED = row_line(Row(CASES[0], faults=(Fault("no", "no"),)))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "FILES",
        "FILES\n{}",
        "FILES\nnull",
        f"FILES\n{FAILED}",
        f"[]]\n{row_line(Row(CASES[0]))}",
        f"null\n{row_line(Row(CASES[0]))}",
        f"[1]\n{row_line(Row(CASES[0]))}",
        f"{json.dumps([['c1.csv', '1', 2, 3]])}\n{row_line(Row(CASES[0]))}",
        f"{json.dumps([[chr(0), 1, 2, 3]])}\n{row_line(Row(CASES[0]))}",
        "[" * 100_000,
        1.0,
        ["a"],
    ],
)
def test_what_is_no_row_of_a_case_that_is_done_is_as_if_it_were_not_there(text):
    first = row()
    assert row().replayed
    replaced(text)
    again = row()
    assert not again.replayed
    assert again.prints == first.prints
    assert row().replayed


IMAGES = 'load m = "$CASE.nii.gz"\nsave "$CASE_found.nii.gz" intensity(m) >. 40\n'


def drawn(side: int) -> Row:
    """The row of a case of which pictures are wanted, the longest side of so many pixels."""
    chosen = Settings(1, "store", *memory_with_warnings(), pictures=Size(side, 0, 3, 9_000))
    (found,) = run_cases([Source("p.imgql", IMAGES)], CASES, chosen)
    return found


def test_pictures_are_kept_with_a_row_and_others_are_drawn_anew():
    first = drawn(40)
    (drawing,) = drawings_of(first.pictures)
    assert drawing.name == "c1.nii.gz" and drawing.thumbs and first.by_operator
    again = drawn(40)
    assert again.replayed and again.pictures == first.pictures
    assert not drawn(20).replayed and drawn(20).replayed
    chosen = Settings(1, "store", *memory_with_warnings())
    (without,) = run_cases([Source("p.imgql", IMAGES)], CASES, chosen)
    assert without.replayed and not without.pictures


def test_pictures_that_cannot_be_drawn_are_a_warning_of_a_case_that_is_done(monkeypatch):
    def no_room(*_: object) -> None:
        raise MemoryError

    with monkeypatch.context() as scarce:
        scarce.setattr(case_pictures, "drawings", no_room)
        found = drawn(40)
    assert not found.failed and not found.pictures and "for drawing pictures" in found.log[0]
    assert Path("c1_found.nii.gz").exists()
    assert not drawn(40).replayed and drawn(40).pictures


def test_a_row_is_of_the_files_that_its_case_wrote_not_of_what_another_run_has_put_there(
    monkeypatch,
):
    keep = StoredRows.keep

    def keep_late(self, key, kept, tell_of):
        (file,) = kept.files[0].placed
        # What another run puts there at this moment, of the same size and time.
        Path("other.csv").write_text("2\n")
        os.utime("other.csv", ns=(file.changed, file.changed))
        Path("other.csv").replace(file.path)
        keep(self, key, kept, tell_of)

    with monkeypatch.context() as late:
        late.setattr(StoredRows, "keep", keep_late)
        row()
    assert Path("c1.csv").read_text() == "2\n"
    assert not row().replayed
    assert Path("c1.csv").read_text() == "1\n"
    assert row().replayed


@pytest.mark.parametrize(("side", "kept"), [(8, {"row"}), (80, {"row", "volumeOf", "sequence"})])
def test_of_a_moments_work_the_row_alone_is_kept(side, kept):
    image = np.full((side, side, side), 50, np.uint8)
    SimpleITK.WriteImage(SimpleITK.GetImageFromArray(image), "c1.nii.gz")
    assert row().prints[0].value == side**3
    with opened() as store:
        assert {entry.operator for entry in store.entries()} == kept
