"""Sizes, places and volumes: what is told of grids, and of regions on them."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813
from hypothesis import given
from hypothesis import strategies as st

from tests.references import call, images, region, regions, unhurried
from voxlogica import running
from voxlogica.dataclass import replace
from voxlogica.images.geometry import Geometry
from voxlogica.images.image import Image
from voxlogica.images.library import itk_image
from voxlogica.operators.signature import OperationError
from voxlogica.syntax.source import Source

# A slanted grid: rows of a rotation about an axis that is none of its own.
TURNED = (0.36, 0.48, -0.8, -0.8, 0.6, 0.0, 0.48, 0.64, 0.6)


@st.composite
def anywhere(draw: st.DrawFn) -> Image:
    """A region on a grid that lies, and is turned, in any way."""
    drawn: Image = draw(images(regions))
    axes = drawn.geometry.dimension
    origin = tuple(draw(st.lists(st.floats(-200, 200), min_size=axes, max_size=axes)))
    direction = drawn.geometry.direction
    if draw(st.booleans()):
        direction = TURNED if axes == 3 else (0.6, 0.8, -0.8, 0.6)
    return Image(drawn.array, replace(drawn.geometry, origin=origin, direction=direction))


@unhurried
@given(anywhere())
def test_middle_and_box_are_where_the_voxels_are(r):
    middle, (first, sides) = call("centroid", r), call("bbox", r)
    axes = r.geometry.dimension
    at = np.argwhere(r.array)[:, ::-1]
    if not len(at):
        assert np.isnan(middle).all() and np.isnan(first).all() and sides == [0] * axes
        assert len(middle) == len(first) == axes
        return
    itk = itk_image(r.array.view(np.uint8), r.geometry, 1)
    known = itk.TransformContinuousIndexToPhysicalPoint(at.mean(axis=0).tolist())
    scale = max(map(abs, (*r.geometry.origin, *r.geometry.size, 1)))
    assert middle == pytest.approx(known, rel=0, abs=1e-13 * scale)
    assert first == list(at.min(axis=0)) and sides == list(np.ptp(at, axis=0) + 1)


@pytest.mark.parametrize("axes", [2, 3])
def test_simpleitk_measures_the_same(axes):
    # A round one: of single voxels its principal axes keep it busy for ever.
    distance = sum((i - 9) ** 2 for i in np.indices((20, 17, 22)[:axes]))
    grid = Geometry.of_size(*distance.shape[::-1], spacing=(0.5, 0.9, 3.3)[:axes])
    turned = TURNED if axes == 3 else (0.6, 0.8, -0.8, 0.6)
    r = Image(distance < 40, replace(grid, origin=(-70.5, 20, 310)[:axes], direction=turned))
    known = sitk.LabelShapeStatisticsImageFilter()
    known.Execute(itk_image(r.array.view(np.uint8), r.geometry, 1))
    assert call("centroid", r) == pytest.approx(known.GetCentroid(1), rel=1e-12)
    first, sides = call("bbox", r)
    assert (*first, *sides) == known.GetBoundingBox(1)


@pytest.mark.parametrize("shape", [(3, 700, 900), (900, 1100), (1, 1, 200_000), (70_000, 2, 1)])
def test_large_regions_on_all_cores(shape):
    array = np.random.default_rng(0).random(shape) < 1e-4
    array[(-1,) * len(shape)] = True
    at = np.argwhere(array)[:, ::-1]
    exact = [int(total) / len(at) for total in at.sum(axis=0)]
    assert call("centroid", region(array)) == exact
    assert call("bbox", region(array))[0] == list(at.min(axis=0))


def test_a_grid_is_told_along_x_y_and_z():
    grid = Geometry((4, 3, 2), (0.5, 0.6, 2.0), (1.0, -2.0, 3.0), TURNED, "um")
    image = Image(np.zeros(grid.shape, np.float32), grid)
    assert call("spacing", image) == [0.5, 0.6, 2]
    assert call("size", image) == [4, 3, 2]
    assert call("origin", image) == [1, -2, 3]
    assert call("unit", image) == "um"
    # Rounded once: the product of the three, as written in the file, to micrometres' cubes.
    assert call("voxelInMm3", image) == float(np.longdouble(0.5) * np.longdouble(0.6) * 2 / 10**9)


@pytest.mark.parametrize(
    ("grid", "message"),
    [
        (Geometry.of_size(4, 4), "a 2-D image has no volume"),
        (replace(Geometry.of_size(4, 4, 4), unit="px"), "has no unit of length"),
    ],
)
def test_what_has_no_volume_says_so(grid, message):
    with pytest.raises(OperationError, match=message):
        call("voxelInMm3", Image(np.ones(grid.shape, np.bool_), grid))


@pytest.fixture
def scan(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    array = np.zeros((4, 5, 6), np.int16)
    array[1:3, 2, 1:4] = 7
    image = sitk.GetImageFromArray(array)
    image.SetSpacing((0.5, 0.25, 3))
    image.SetOrigin((10, 20, -30))
    sitk.WriteImage(image, "scan.nii.gz")
    sitk.WriteImage(sitk.GetImageFromArray(array[1].astype(np.uint8)), "slice.png")
    return image


def told(text: str) -> list[object]:
    return [p.value for p in running.run(Source("p.imgql", text)).prints]


BOTH_READINGS = pytest.mark.parametrize(
    "loaded",
    ['load i = "scan.nii.gz"\n', 'import "simpleitk"\nlet i = ReadImage("scan.nii.gz")\n'],
)


@BOTH_READINGS
def test_programs_measure(scan, loaded):
    text = """
    let r = i > 0
    print "ml" ml(r)
    print "mm3" mm3(r)
    print "share" mm3(r) / mm3(tt)
    print "middle" centroid(r)
    print "box" bbox(r)
    print "grid" [spacing(i), size(r), origin(r & tt), size(tt)]
    print "unit" concat(unit(r), unit(x))
    print "index" size(i)[0]
    """
    assert told(loaded + text) == [
        6 * 0.375 / 1000,
        2.25,
        6 / 120,
        [11, 20.5, -25.5],
        [[1, 2, 1], [3, 1, 2]],
        [[0.5, 0.25, 3], [6, 5, 4], [10, 20, -30], [6, 5, 4]],
        "mmmm",
        6,
    ]


def test_what_a_filter_gives_is_measured_when_it_is_there(scan):
    text = """
    import "simpleitk"
    i = ReadImage("scan.nii.gz")
    small = Shrink(i, [2, 1, 1])
    r = small > 0
    print "spacing" spacing(small)
    print "number of slices" for z in range(size(small)[2] - 2) do z
    print "mm3" mm3(r) == volume(r) * 0.75
    box = bbox(i > 0)
    print "cut" volume(RegionOfInterest(i, box[1], box[0]) == 7)
    """
    assert told(text) == [[1, 0.25, 3], [0, 1], True, 6]


def test_what_is_told_of_a_grid_costs_nothing_and_is_known_at_once(scan):
    text = Source("p.imgql", 'load i = "scan.nii.gz"\nprint "n" for z in range(size(i)[2]) do z')
    planned = running.plan(text)
    assert {kind.operator.name for kind in planned.kinds} <= {"load", "number", "sequence"}
    report = running.run(text)
    assert report.prints[0].value == [0, 1, 2, 3]
    assert "load" not in report.stats.by_operator


@pytest.mark.parametrize(
    ("file", "message", "hint"),
    [
        ("slice.png", "a 2-D image has no volume", "`volume(r) * (spacing(r)[0] * spacing(r)[1])`"),
        ("cube.tif", "how large this image's voxels are is not known", "counts voxels"),
    ],
)
def test_that_there_is_no_volume_is_told_before_anything_runs(scan, file, message, hint):
    if file == "cube.tif":
        cube = sitk.GetImageFromArray(np.ones((3, 4, 5), np.uint8))
        sitk.WriteImage(cube, file)
    text = Source("p.imgql", f'load i = "{file}"\nprint "ml" ml(i > 0)')
    (said,) = [d for d in running.check(text) if d.severity == "error"]
    assert message in said.message and hint in said.hint
    assert said.span.text == "ml(i > 0)"
    assert Path(file).exists()


def test_an_empty_region_has_no_middle_and_no_size(scan):
    found = told('load i = "scan.nii.gz"\nprint "c" centroid(ff)\nprint "b" bbox(ff)')
    assert all(map(math.isnan, found[0] + found[1][0])) and found[1][1] == [0, 0, 0]
