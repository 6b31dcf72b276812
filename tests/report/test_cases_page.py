"""The page of many cases: what came of each, safe whatever they are called, and bounded."""

from __future__ import annotations

import json
import math
import re
import statistics
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.references import unhurried
from tests.report.test_page_document import EVIL, read
from voxlogica.engine.cases import Case, Checked, Fault, Row, SavedFile
from voxlogica.engine.results import Effort, Printed, SavedImage, Underlay
from voxlogica.images.geometry import Geometry
from voxlogica.images.image import Image
from voxlogica.report.case_pictures import (
    Drawing,
    Panel,
    drawings,
    drawings_of,
    drawings_text,
    size_of,
)
from voxlogica.report.cases_page import CarriedOut, cases_page
from voxlogica.report.cases_strips import Strip, Whose, strips_svg
from voxlogica.report.cases_verdict import GatheredPictures
from voxlogica.report.provenance import Circumstances
from voxlogica.report.short_numbers import short_number, ticks

OF = Circumstances(
    "/home/jo/work",
    "/home/jo/work",
    "/home/jo",
    ("score.imgql",),
    {},
    {},
    0.0,
    {"voxlogica": ("0.1.0", "")},
    "Linux",
    "x",
)


def row(number, dice, name=None, *, holds=True, empty="", faults=(), **columns):
    """A row of a case that prints its Dice's score, and asserts that it is good enough."""
    name = f"p{number}" if name is None else name
    case = Case(number, name, columns, frozenset(columns))
    if faults:
        return Row(case, faults=tuple(Fault(one, one) for one in faults))
    fault = None if holds else Fault(f"dice = {dice}, wanted >= 0.8", f"false in {name}")
    return Row(
        case,
        (Printed("dice", "number", dice, "dice", empty),),
        (Checked("good enough", holds, fault, "good enough"),),
        empty=empty,
        seconds=0.25,
    )


def page(rows, skipped=(), sweep=(), gathered=None):
    cases = CarriedOut(rows, skipped, sweep, gathered or GatheredPictures(), 1.0)
    return "".join(cases_page(cases, OF))


def bodies(html):
    """The names of cases in the table, in their order."""
    return re.findall(r'<tbody id="c(\d+)"', html)


def test_what_went_wrong_comes_first_with_its_messages():
    rows = [row(0, 0.9), row(1, 0.5, holds=False), row(2, 1.0), row(3, 0, faults=["no such scan"])]
    html = page(rows)
    assert bodies(html) == ["3", "1", "0", "2"]
    assert "4 cases: 2 done, 1 failed, 1 with a false assertion" in html
    assert html.index("no such scan") < html.index('id="cases"')
    assert re.search(r'class="says">.*dice = 0.5, wanted', html)
    assert "holds in 2 of 3" in html


def test_cases_that_were_not_carried_out_are_counted():
    html = page([row(0, 0.9)], skipped=[Case(1, "p1", {})])
    assert "2 cases: 1 done, 1 not carried out" in html


def test_what_rests_on_a_rule_is_marked_and_summed_up_without_it():
    html = page([row(0, 0.5), row(1, 0.7), row(2, 1.0, empty="both")])
    assert "by a rule for empty regions</button>" in html and "<td>both</td>" in html
    assert re.search(r'data-v="1">1<abbr title="[^"]+">†</abbr>', html)
    assert "none empty: median 0.6, n 2" in html


def test_each_combination_of_a_sweep_is_drawn_by_itself():
    rows = [row(k, 0.1 * k, f"p{k // 2}", high=[0.8, 0.9][k % 2]) for k in range(6)]
    html = page(rows, sweep=["high"])
    assert "6 combinations of 3 cases" in html
    assert html.count('class="of"') == 2 and "p1, high=0.9: 0.3" in html


def test_no_name_label_value_or_message_is_executed():
    case = Case(0, EVIL, {EVIL: EVIL}, frozenset())
    evil = Row(
        case,
        (Printed(EVIL, "string", EVIL, EVIL), Printed("n", "number", 1.0, EVIL * 2)),
        (Checked(EVIL, False, Fault(EVIL, EVIL), EVIL),),
        (SavedFile(EVIL, "valuation(bool)"),),
        log=(EVIL,),
    )
    gathered = GatheredPictures()
    panel = Panel("AAAA", 1, 1, EVIL, "RLAP")
    gathered.pictures[0] = (Drawing(EVIL, (panel,), (panel,), ()),)
    html = page([evil, row(1, 0.5, EVIL, faults=[EVIL])], sweep=[EVIL], gathered=gathered)
    found = read(html)
    wanted = read(page([row(0, 0.5), row(1, 0.9)]))
    inline = [one for one in found.inline if one[1].get("type") != "application/json"]
    assert [one[0] for one in inline] == [one[0] for one in wanted.inline]
    assert not any(name.startswith("on") for _, its in found.elements for name in its)
    assert not any("style" in its for _, its in found.elements)
    sources = [its["src"] for tag, its in found.elements if tag == "img"]
    assert sources and all(source.startswith("data:image/png;base64,") for source in sources)
    assert {its["href"][0] for tag, its in found.elements if tag == "a"} == {"#"}


def test_nobodys_home_is_told():
    told = row(0, 0.5, "/home/jo/scans/p1", faults=['"/home/jo/scans/p1" does not exist'])
    html = page([told])
    assert "/home/jo" not in html and "~/scans/p1" in html


def test_thousands_of_cases_have_rows_of_those_that_matter():
    rows = [row(k, 0.9 + (k % 7) / 1000) for k in range(3000)]
    rows[2500] = row(2500, 0, faults=["lost"])
    rows[2600] = row(2600, 0.1)
    html = page(rows)
    shown = bodies(html)
    assert len(shown) == 2000 and shown[0] == "2500" and "2600" in shown
    assert "1000 of 3000 cases have no row here" in html
    assert 'href="#c2600"' in html and 'href="#c2999"' not in html
    assert size_of(3000) is None and "p2999" not in html


def test_long_texts_and_many_columns_are_cut():
    wide = Row(
        Case(0, "p0", {}),
        tuple(Printed(f"n{k}", "string", "x" * 100_000, f"n{k}") for k in range(60)),
        log=tuple("w" * 100_000 for _ in range(60)),
    )
    assert len(page([wide])) < 300_000
    assert "20 more columns are in the table of the run alone" in page([wide])


def test_values_that_are_no_finite_number_are_counted_apart():
    html = page([row(0, math.nan), row(1, math.inf), row(2, 0.5)])
    assert '1 nan: <a href="#c0">p0</a>' in html and '1 infinite: <a href="#c1">p1</a>' in html
    assert "median 0.5" in html and "n 1" in html


@unhurried
@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=200))
def test_a_drawing_has_each_number_within_its_axis(values):
    whose = [Whose(f"c{k}", f"p{k}") for k in range(len(values))]
    strip = Strip("", values, range(len(values)), [0] * len(values))
    # Of fractions, for the sum of two large numbers is infinite.
    median = float(statistics.median(map(Fraction, values)))
    assert strip.quartiles[1] == pytest.approx(median, rel=1e-12)
    svg = strips_svg("dice", [strip], whose.__getitem__)
    places = [float(x) for x in re.findall(r'cx="([-\d.]+)"', svg)]
    assert all(0 <= x <= 360 for x in places)
    assert len(places) == len(values) or (len(values) > 150 and "bars" in svg)
    marks = ticks(min(values), max(values), 5)
    assert marks[0] <= min(values) and marks[-1] >= max(values)
    assert all(short_number(value) for value in values)


def test_what_is_far_from_others_is_a_point_where_all_others_are_bars():
    values = [0.9 + k / 10_000 for k in range(500)] + [0.1]
    strip = Strip("", values, range(501), [0] * 501)
    svg = strips_svg("dice", [strip], lambda k: Whose(f"c{k}", f"p{k}"))
    assert re.findall(r'href="#(c\d+)"', svg) == ["c500"]


# Pictures


def image(array):
    as_it_lies = (1.0, 0, 0, 0, 1.0, 0, 0, 0, 1.0)
    return Image(array, Geometry(array.shape[::-1], (1.0,) * 3, (0.0,) * 3, as_it_lies))


def layer(name, array):
    return SavedImage(name, ".nii.gz", f"/o/{name}", "valuation(bool)", 0, 1, image(array))


SCAN = np.random.default_rng(1).normal(100, 20, (12, 30, 20)).astype(np.float32)


def regions():
    one, other = np.zeros(SCAN.shape, bool), np.zeros(SCAN.shape, bool)
    one[3:8, 4:20, 5:10] = True
    other[5, 6, 7] = True
    return one, other


def test_regions_over_one_scan_are_drawn_together_and_images_by_themselves():
    under = Underlay("data/p1/flair.nii.gz", image(SCAN))
    one, other = regions()
    layers = [layer("tumour", one), layer("core", other), layer("rank", SCAN)]
    size = size_of(20)
    drawn = drawings(layers, {"/o/tumour": under, "/o/core": under}, size)
    assert [one.name for one in drawn] == ["flair.nii.gz", "rank.nii.gz"]
    assert [mark.text.split(":")[0] for mark in drawn[0].marks] == ["tumour", "core"]
    assert [panel.title.split(",")[0] for panel in drawn[0].panels] == [
        "axial",
        "coronal",
        "sagittal",
    ]
    assert drawn[0].panels[0].sides == "RLAP"
    assert drawings_of(drawings_text(drawn)) == drawn


@pytest.mark.parametrize("cases", [1, 100, 101, 500, 501, 2000])
def test_pictures_of_a_case_take_no_more_bytes_than_there_are_for_it(cases):
    noise = np.random.default_rng(1).normal(100, 20, (155, 240, 240)).astype(np.float32)
    region = noise > 150
    under = {f"/o/{name}": Underlay("s", image(noise)) for name in "ab"}
    size = size_of(cases)
    drawn = drawings([layer("a", region), layer("b", ~region), layer("c", noise)], under, size)
    taken = sum(len(p.png) * 3 // 4 for one in drawn for p in (*one.thumbs, *one.panels))
    assert 0 < taken <= size.bytes
    assert any(one.panels for one in drawn) == (cases <= 100)


def test_where_the_grids_differ_a_region_is_drawn_alone():
    one, _ = regions()
    other = Underlay("s", image(SCAN[:5]))
    (drawn,) = drawings([layer("a", one)], {"/o/a": other}, size_of(1))
    assert drawn.name == "" and drawn.panels


@pytest.mark.parametrize(
    "text",
    [
        "",
        "7",
        "[7]",
        '[["n",[],[]]]',
        '[["n",[["<",1,1,"",""]],[],[]]]',
        '[["n",[["AA\\"x",1,1,"",""]],[],[]]]',
        '[["n",[["AAAA","x",1,"",""]],[],[]]]',
        '[["n",[],[],[["t",0,"evil"]]]]',
        "[[1,[],[],[]]]",
    ],
)
def test_what_is_no_text_of_drawings_is_refused(text):
    with pytest.raises(ValueError):
        drawings_of(text)


def test_what_operators_and_workers_took_is_summed_over_cases():
    gathered = GatheredPictures()
    for seconds in (1.0, 2.0):
        of = {"near": Effort(1, 2, seconds)}
        at = {"a:1": Effort(1, 0, seconds)}
        drawn = json.dumps([])
        gathered.add(Row(Case(0, "p", {}), by_operator=of, by_worker=at, pictures=drawn))
    gathered.add(Row(Case(1, "q", {}), replayed=True, operations=9, by_operator=of, by_worker=at))
    stats = gathered.stats(4.0)
    assert stats.by_worker == {"a:1": Effort(2, 0, 3.0)}
    assert stats.by_operator == {"near": Effort(2, 4, 3.0)}
    assert (stats.seconds, stats.operations) == (4.0, 0) and gathered.pictures == {}


def test_what_has_one_grid_is_shown_through_one_voxel():
    grid = Geometry.of_size(20, 24, 16)
    scan = Image(np.arange(grid.voxels, dtype=np.float32).reshape(grid.shape), grid)
    region = np.zeros(grid.shape, bool)
    region[3:5, 17:20, 4:7] = True
    layers = [
        SavedImage("r", ".nii.gz", "/o/r", "valuation(bool)", 0, 1, Image(region, grid)),
        SavedImage("rank", ".nii.gz", "/o/rank", "valuation(number)", 0, 1, scan),
    ]
    one, other = drawings(layers, {"/o/r": Underlay("scan.nii.gz", scan)}, size_of(2))
    assert [panel.title for panel in one.panels] == [panel.title for panel in other.panels]


def test_a_program_that_saves_nothing_has_no_pictures_and_is_told_so():
    said = "There are no pictures, as nothing is saved"
    assert said in page([row(0, 0.9)])
    assert said not in page([row(0, 0.9, faults=["no such scan"])])
    saved = Row(Case(0, "a", {}, frozenset()), files=(SavedFile("a.nii.gz", "valuation(bool)"),))
    assert said not in page([saved])
