"""The notebook of examples/notebook: its outputs are made anew, and are what it tells of."""

from __future__ import annotations

import csv
import re
import runpy
from pathlib import Path
from statistics import median

import pytest

MAKE = Path(__file__).parents[2] / "examples/notebook/make_notebook.py"


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("notebook")


@pytest.fixture(scope="module")
def cells(folder) -> list:
    """The cells of code, run in a kernel."""
    cells = runpy.run_path(str(MAKE))["executed"](folder).cells
    return [cell for cell in cells if cell.cell_type == "code"]


def said(cell) -> str:
    """What a cell gives, but for pictures: the text that is printed, and HTML."""
    data = [output.get("data", {}) for output in cell.outputs]
    texts = [output.get("text", "") for output in cell.outputs]
    return "".join([*texts, *(d.get("text/html", d.get("text/plain", "")) for d in data)])


def cell_with(cells: list, text: str):
    (found,) = (cell for cell in cells if text in cell.source)
    return found


def test_no_cell_warns(cells):
    names = [output.get("name") for cell in cells for output in cell.outputs]
    assert "stderr" not in names


def test_images_and_regions_are_drawn_by_themselves_and_over_the_scan(cells):
    for source in ("\nflair", "\nfound", "with_regions"):
        (cell,) = (
            c for c in cells if c.source.endswith(source) or source in c.source.split("(")[0]
        )
        assert said(cell).count("data:image/png") == 3


def test_the_lesion_is_found(cells):
    told = said(cell_with(cells, "hd95_max(found, truth)\nprint"))
    dice, distance, volume = map(float, re.findall(r"\d+\.\d+", told.replace("95 %", "")))
    assert dice > 0.85
    assert distance <= 3
    assert 8 < volume < 12


def test_dice_over_thresholds_is_plotted(cells):
    outputs = cell_with(cells, "plt.show()").outputs
    assert [sorted(output.data) for output in outputs] == [["image/png", "text/plain"]]


def test_a_cell_in_the_language_knows_the_notebook_s_images(cells):
    told = said(cell_with(cells, "%%imgql"))
    assert "volume, ml" in told
    assert "data:image/png" in told


def test_fifty_scans_make_a_table(cells, folder):
    with (folder / "scores.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["case"] for row in rows] == [f"p{seed:02}" for seed in range(50)]
    assert median(float(row["dice"]) for row in rows) > 0.85
    assert {row["error"] for row in rows} == {""}
    assert "50.0" in said(cell_with(cells, "to_csv"))
