"""What can hardly be meant is warned of: while planning where numbers stand in the program, else
when they are computed; and published programs give no false alarm."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813

from voxlogica import running
from voxlogica.syntax.source import Source

LOADING = """\
load m = "scan.nii.gz"
let v = intensity(m)
let r = v >. 100
"""


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    array = np.zeros((4, 5, 6), np.uint8)
    array[1:3, 1:4, 1:5] = 200
    array[2, 2, 2] = 150
    image = sitk.GetImageFromArray(array)
    image.SetSpacing((1, 1.5, 2))
    sitk.WriteImage(image, "scan.nii.gz")
    return tmp_path


def warnings(text: str) -> list[str]:
    said = running.check(Source("p.imgql", LOADING + text))
    assert all(d.severity == "warning" for d in said)
    return [d.message for d in said]


WHILE_PLANNING = [
    ('print "a" volume(between(200, 50, v))', "`between` from 200 to 50 is empty"),
    ('print "a" max(crossCorrelation(3, v, v, r, 255, 0, 9))', "end at 0, before they begin"),
    ('print "a" max(crossCorrelation(0.4, v, v, r, 0, 255, 9))', "0.4 is less than a voxel"),
    ('print "a" max((v ~[0 - 3, 10] v))', "`~` by -3: a distance is never below 0"),
    ('print "a" volume(dilate(r, 0.9))', "`dilate` by 0.9 is less than a voxel, of 1×1.5×2"),
    ('print "a" volume(erode(r, 0.9))', "`erode` by 0.9"),
    ('print "a" volume(imopen(r, 0.1))', "`imopen` by 0.1"),
    ('print "a" volume(imclose(r, 0.1))', "`imclose` by 0.1"),
    ('print "a" volume(smoothen(r, 0.9))', "`smoothen` by 0.9"),
    ('print "a" volume(smoothen(0.9, r))', "`smoothen` by 0.9"),
    ('print "a" volume(distleq(0.9, r))', "`distleq` by 0.9"),
    ('print "a" volume(distgeq(-2, r))', "`distgeq` by -2"),
    ('let f(n) = dilate(r, n)\nprint "a" volume(f(0.5))', "`dilate` by 0.5"),
    ('print "a" volume(percentiles(v, r, 0) >. 95)', "gives ranks from 0 to 1"),
    ('print "a" volume(percentiles(v, r, 0) <. 0.1)', "so all that is < 0.1 too"),
    ('print "a" volume(0.1 .>= percentiles(v, r, 0))', "so all that is <= 0.1 too"),
    ('let low = !(percentiles(v, r, 0) >. 0.1)\nprint "a" avg(v, low)', "is <= 0.1 too"),
    ('save "low.nii.gz" percentiles(v, r, 0) <. 0.1', "the region of `percentiles` is -1"),
    ('print "a" volume(95 .<= percentiles(v, r, 0))', "compared with 95"),
    ('print "a" max(percentiles(v, r, 50))', "with the correction 50"),
    ('print "a" 1\nprint "a" 2', '"a" is printed twice'),
    ('print "a" dir(".", "*.png")', 'no name in "." matches "*.png"'),
]


@pytest.mark.parametrize(("text", "message"), WHILE_PLANNING)
def test_numbers_in_the_program_are_doubted_while_planning(text, message):
    (said,) = warnings(text)
    assert message in said
    # The run says it once, too.
    report = running.run(Source("p.imgql", LOADING + text), cache=False)
    assert sum(message in d.message for d in report.diagnostics) == len(report.diagnostics) == 1
    assert report.diagnostics[0].span.source.name == "p.imgql"


MEANT = [
    'print "a" volume(between(50, 200, v))\nprint "b" volume(between(50, 50, v))',
    'print "a" volume(dilate(r, 1))\nprint "b" volume(distleq(0, r) | erode(r, 2))',
    'print "a" max((v ~[3, 10] v))\nprint "b" max((v ~[1, 10] constant(3)))',
    'print "a" max(crossCorrelation(3, v, v, r, min(v), max(v), 10))',
    'print "a" volume(percentiles(v, r, 0.5) >. 1)\nprint "b" volume(percentiles(v, r, 1) >=. 0.9)',
    'print "a" volume(dt(r) <=. 0.5)\nprint "b" volume(v >. 95)\nprint "A" 1',
    'let l = percentiles(v, r, 0) <. 0.1\nprint "a" volume(l & r) print "b" volume((I l) & r)',
    'print "a" volume(percentiles(v, tt, 0) <. 0.1)\nprint "b" volume(percentiles(v, r, 0) <. 0)',
    'print "a" volume(!(percentiles(v, r, 0) <. 0.1))',
    'print "a" dir(".", "scan*")',
    'let unused = 1\nprint "a" volume(smoothen(r, 1.5))',
]


@pytest.mark.parametrize("text", MEANT)
def test_what_may_well_be_meant_is_not_doubted(text):
    assert warnings(text) == []
    assert running.run(Source("p.imgql", LOADING + text), cache=False).diagnostics == ()


WHEN_COMPUTED = [
    ('print "a" volume(between(max(v), min(v), v))', "`between` from 200 to 0 is empty"),
    ('print "a" volume(dilate(r, avg(v, r) - 1000))', "a distance is never below 0"),
    ('print "a" max(crossCorrelation(3, v, v, r, max(v), min(v), 9))', "before they begin, at 200"),
    ('print "a" volume(percentiles(v, r, 0) >. max(v))', "compared with 200"),
    (
        'let n = volume(r)\nprint "a" for i in range(n - 20) do volume(between(n, i, v))',
        "`between` from 24 to",
    ),
]


@pytest.mark.parametrize(("text", "message"), WHEN_COMPUTED)
def test_numbers_that_are_computed_are_doubted_then(text, message):
    text = LOADING.replace("v >. 100", "v > 100") + text
    assert running.check(Source("p.imgql", text), dialect=2) == ()
    for _ in range(2):  # also where the results come from the store
        report = running.run(Source("p.imgql", text), dialect=2)
        assert report.diagnostics
        assert all(message in d.message for d in report.diagnostics)
        assert [p.name for p in report.prints] == ["a"]
    with pytest.raises(running.VoxLogicaError):
        running.run(Source("p.imgql", text), dialect=2, strict=True)


def test_a_bound_may_be_an_element_of_what_may_be_empty():
    text = (
        LOADING + 'print "a" volume(v >. index([], 0))\nprint "b" volume(dilate(r, index([], 0)))'
    )
    with pytest.raises(running.VoxLogicaError, match="0 elements"):
        running.run(Source("p.imgql", text), cache=False)


def test_what_no_goal_needs_is_not_computed_to_be_doubted():
    text = 'let a = between(max(v), min(v), v)\nprint "b" 1'
    report = running.run(Source("p.imgql", LOADING + text), cache=False)
    assert (report.diagnostics, report.stats.operations) == ((), 1)


def test_one_label_in_two_programs_is_nothing_to_warn_of():
    programs = [Source(name, 'print "a" 1') for name in ("p.imgql", "q.imgql")]
    assert running.check(programs) == ()


@pytest.mark.parametrize("function", ["dice_score", "jaccard_index"])
def test_other_values_than_those_of_a_region_are_named(function):
    imports = 'import "simpleitk" import "arrays"\nm = ReadImage("scan.nii.gz")\n'
    text = f'{imports}print "d" {function}(m, m > 0)\nprint "e" {function}(m, m, 200)\n'
    for _ in range(2):  # also where the results come from the store
        report = running.run(Source("p.imgql", text), dialect=2)
        (said,) = report.diagnostics
        assert f"{function} compares regions, and `found` has other values" in said.message
        assert "than 0 and 1: 150, 200; only voxels that are 1 count" in said.message
        assert str(said.span) == "p.imgql:3:11"
        assert [p.value for p in report.prints] == [0, 1]
    regions = f'{imports}print "d" {function}(m > 0, (m > 0) & (m < 180))'
    assert running.run(Source("p.imgql", regions), dialect=2).diagnostics == ()


def test_two_images_that_are_written_to_one_file():
    both = 'print "a" WriteImage(m, "w.mha")\nprint "b" WriteImage(r, "{}")'
    assert warnings('import "simpleitk"\n' + both.format("v.mha")) == []
    (said,) = warnings('import "simpleitk"\n' + both.format("w.mha"))
    assert said == "w.mha is written twice: what is written last remains"


@pytest.mark.parametrize(
    ("function", "instead"), [("dice_score", "dice"), ("jaccard_index", "jaccard")]
)
def test_nothing_to_compare_is_told_with_what_has_a_value_there(function, instead):
    imports = 'import "simpleitk" import "arrays"\nm = ReadImage("scan.nii.gz")\n'
    for arguments in ("m > 900, m > 901", "m, m, 901"):
        text = f'{imports}print "d" {function}({arguments})\n'
        report = running.run(Source("p.imgql", text), dialect=2)
        (said,) = report.diagnostics
        assert said.severity == "warning" and "nothing to compare" in said.message
        assert f'`{instead}(found, truth)`, after `import "metrics"`' in (said.hint or "")
        assert math.isnan(report.prints[0].value)
