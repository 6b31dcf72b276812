"""Objects one by one: components and labels, against scipy and the definitions taken literally."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813
from hypothesis import given
from hypothesis import strategies as st
from skimage.measure import regionprops_table

from tests.references import (
    geometries,
    images,
    numbered_components,
    region,
    regions,
    unhurried,
    valuation,
    valuations,
)
from voxlogica import running
from voxlogica.dataclass import replace
from voxlogica.images.geometry import Geometry
from voxlogica.images.image import Image
from voxlogica.operators.components import component_at, voxels_of
from voxlogica.operators.labels import _lonely
from voxlogica.operators.measures import bbox, centroid
from voxlogica.operators.objects import (
    column,
    column_of,
    components,
    components_of_labels,
    count_components,
    count_labels,
    objects,
    objects_with_values,
)
from voxlogica.operators.signature import OperationError
from voxlogica.remarks import heard
from voxlogica.syntax.diagnostics import VoxLogicaError
from voxlogica.syntax.source import Source

LABELS = (0, 0, 1, 2, 3, 200, 70_000)


def labels(geometry: Any) -> st.SearchStrategy[Image]:
    """Images of a few labels, as whole numbers of any type."""
    kinds = st.sampled_from(("u1", "i2", "u4", "i8", "f4", "f8"))
    return st.tuples(valuations(geometry, st.sampled_from(LABELS).map(float)), kinds).map(
        lambda drawn: Image(
            (drawn[0].array % (256 if drawn[1] == "u1" else 30_000)).astype(drawn[1]), geometry
        )
    )


def largest_first(numbers: np.ndarray) -> list[np.ndarray]:
    """The region of each positive number: the largest first, of equal ones the first met."""
    parts = [numbers == n for n in np.unique(numbers) if n > 0]
    return sorted(parts, key=lambda part: (-part.sum(), part.ravel().argmax()))


def are(found: Any, expected: list[np.ndarray], geometry: Any) -> None:
    assert len(found) == len(expected)
    for i, (one, other) in enumerate(zip(found, expected, strict=True)):
        assert one.geometry == geometry
        assert one.array.dtype == bool
        np.testing.assert_array_equal(one.array, other)
        np.testing.assert_array_equal(component_at(found, float(i)).array, other)
        assert voxels_of(found, float(i)) == other.sum()


@unhurried
@given(images(regions))
def test_components_of_a_region_are_those_that_lcc_numbers_the_largest_first(r: Image) -> None:
    numbers = numbered_components(r.array)
    are(components(r), largest_first(numbers), r.geometry)
    assert count_components(r) == numbers.max()


@unhurried
@given(images(labels))
def test_objects_of_an_image_of_labels_are_its_positive_values(drawn: Image) -> None:
    expected = largest_first(drawn.array)
    are(components_of_labels(drawn), expected, drawn.geometry)
    assert count_labels(drawn) == len(expected)


@unhurried
@given(geometries())
def test_the_empty_region_has_none_and_the_whole_one_is_one(geometry: Any) -> None:
    for value in (False, 0, 0.0):
        empty = Image(np.full(geometry.shape, value), geometry)
        find = components if value is False else components_of_labels
        assert len(find(empty)) == 0
    (whole,) = components(Image(np.ones(geometry.shape, bool), geometry))
    assert whole.array.all()


def test_objects_that_touch_stay_apart() -> None:
    cells = valuation([[1, 1, 2], [1, 2, 2], [0, 0, 2]])
    assert count_components(region(cells.array)) == 1
    assert [int(part.array.sum()) for part in components_of_labels(cells)] == [4, 3]


def test_labels_that_float32_would_take_for_one_another_are_told_apart() -> None:
    big = 2**24
    of = region([[1, 1, 1]]).with_array(np.array([[big, big + 1, big + 2]], np.int64))
    assert count_labels(of) == 3
    bigger = of.with_array(np.array([[0, 2**40 + 1, 2**40]], np.int64))
    assert count_labels(bigger) == 2
    assert count_labels(bigger.with_array(bigger.array + 7)) == 3
    assert count_labels(bigger.with_array(np.array([[2**53, 5, 5]], np.float64))) == 2


@pytest.mark.parametrize("kind", [np.float32, np.float64, np.int64, np.uint64])
@pytest.mark.parametrize("label", [2**31, 2**32 - 256, 2**32, 2**32 + 512, 2**40])
def test_large_labels_are_found_in_whatever_type_holds_them(kind: Any, label: int) -> None:
    labels = region([[0, 1, 1]]).with_array(np.array([[0, label, label]], kind))
    assert count_labels(labels) == 1
    (found,) = components_of_labels(labels)
    assert found.array.tolist() == [[False, True, True]]
    assert objects(labels)[1][:2] == [label, 2]


@pytest.mark.parametrize(
    ("array", "said"),
    [
        (np.float32([[0, 1, 1.5]]), "a voxel is 1.5"),
        (np.float32([[0, -1, 2]]), "a voxel is -1"),
        (np.float32([[0, math.nan, 2]]), "a voxel is nan"),
        (np.float32([[0, math.inf, 2]]), "a voxel is inf, beyond 2⁵³"),
        (np.int16([[0, -3, 2]]), "a voxel is -3"),
        (np.uint64([[0, 2**53 + 1, 2]]), "beyond 2⁵³"),
        (np.uint64([[0, 2**54, 2]]), "a voxel is 1.8014398509482e+16, beyond 2⁵³"),
        (np.complex64([[0, 1, 2]]), "complex"),
        (np.zeros((1, 3, 3), np.uint8), "3 values a voxel"),
    ],
)
def test_what_are_no_labels_is_an_error(array: np.ndarray, said: str) -> None:
    of = Image(array, region([[1, 1, 1]]).geometry)
    for find in (components_of_labels, count_labels):
        with pytest.raises(OperationError, match="takes labels, whole numbers from 0 on") as told:
            find(of)
        assert said in told.value.message
        assert "`img > 0`" in str(told.value.hint)


def test_one_label_in_several_pieces_is_told() -> None:
    mask = valuation([[3, 0, 3], [0, 0, 0], [3, 3, 3]])
    with heard() as remarks:
        assert count_labels(mask) == 1
    ((message, hint),) = remarks
    assert "one label, 3, so one object, though it is in 3 pieces" in message
    assert hint is not None and "> 0" in hint
    with heard() as remarks:
        count_labels(valuation([[3, 3], [0, 3]]))
        count_labels(valuation([[3, 0, 3], [0, 0, 0], [1, 1, 1]]))
    assert list(remarks) == []


# --- Measured -------------------------------------------------------------------------------------

BOX = ("bbox_x", "bbox_y", "bbox_z", "bbox_width", "bbox_height", "bbox_depth")


def columns(table: list[list[Any]]) -> dict[str, list[float]]:
    """The columns of a table by their names."""
    return {name: column(table, name) for name in table[0]}


def small(geometry: Any) -> st.SearchStrategy[Image]:
    return valuations(geometry, st.floats(-1e3, 1e3, width=32))


@unhurried
@given(images(labels, small))
def test_objects_are_measured_as_scikit_image_does(pair: tuple[Image, Image]) -> None:
    """Where both define the same: there, physical coordinates are spacing × index."""
    drawn, v = pair
    geometry = drawn.geometry
    ours = columns(objects_with_values(drawn, v, "dapi"))
    properties = ("label", "num_pixels", "area", "centroid", "bbox")
    properties += ("intensity_min", "intensity_mean", "intensity_max")
    theirs = regionprops_table(
        drawn.array.astype(np.int64),
        v.array.astype(np.float64),
        properties=properties,
        spacing=geometry.spacing[::-1],
    )
    assert ours["label"] == theirs["label"].tolist()
    assert ours["voxels"] == theirs["num_pixels"].tolist()
    np.testing.assert_allclose(ours["size"], theirs["area"], rtol=1e-12)
    assert ours["min_dapi"] == theirs["intensity_min"].tolist()
    assert ours["max_dapi"] == theirs["intensity_max"].tolist()
    np.testing.assert_allclose(ours["mean_dapi"], theirs["intensity_mean"], rtol=1e-9, atol=1e-9)
    n = geometry.dimension
    for axis in range(n):
        name, at = "xyz"[axis], n - 1 - axis
        np.testing.assert_allclose(ours[f"centroid_{name}"], theirs[f"centroid-{at}"], rtol=1e-12)
        assert ours[BOX[axis]] == theirs[f"bbox-{at}"].tolist()
        side = theirs[f"bbox-{at + n}"] - theirs[f"bbox-{at}"]
        assert ours[BOX[3 + axis]] == side.tolist()


@unhurried
@given(images(regions, valuations), st.booleans())
def test_objects_of_a_region_are_its_components_as_the_operators_measure_them(
    pair: tuple[Image, Image], turned: bool
) -> None:
    r, v = pair
    n = r.geometry.dimension
    if turned:
        direction = np.roll(np.eye(n), 1, axis=0).ravel().tolist()
        place = replace(r.geometry, origin=(1.5, -20.0, 3.0)[:n], direction=tuple(direction))
        r, v = Image(r.array, place), Image(v.array, place)
    table = objects_with_values(r, v, "v")
    assert repr(table) == repr(objects_with_values(valuation_like(r), v, "v"))
    assert [row[: len(row) - 3] for row in table] == objects(r)
    numbers = numbered_components(r.array)
    assert len(table) == numbers.max() + 1
    for number, row in enumerate(table[1:], 1):
        cells = dict(zip(table[0], row, strict=True))
        part = r.with_array(numbers == number)
        inside = v.array[part.array].astype(np.float64)
        assert cells["label"] == number
        assert cells["voxels"] == part.array.sum()
        assert cells["size"] == pytest.approx(cells["voxels"] * math.prod(r.geometry.spacing))
        axes = "xyz"[:n]
        assert [cells[f"centroid_{a}"] for a in axes] == centroid(part)
        assert [[cells[name] for name in BOX[:n]], [cells[name] for name in BOX[3 : 3 + n]]] == (
            bbox(part)
        )
        with np.errstate(all="ignore"):
            expected = (inside.min(), sum(inside.tolist()) / len(inside), inside.max())
        found = (cells["min_v"], cells["mean_v"], cells["max_v"])
        np.testing.assert_array_equal(found, expected)
        assert not any(f == 0 and math.copysign(1, f) < 0 for f in (found[0], found[2]))


def valuation_like(r: Image) -> Image:
    return r.with_array(numbered_components(r.array).astype(np.float32))


def test_nothing_is_measured_of_an_empty_image() -> None:
    (heading,) = objects(valuation([[0, 0]]))
    assert heading == ["label", "voxels", "size", "centroid_x", "centroid_y", *BOX[:2], *BOX[3:5]]


def test_an_image_of_brightness_in_place_of_labels_is_told() -> None:
    bright = np.random.default_rng(0).integers(1, 50, (60, 60)).astype(np.uint16)
    with heard() as remarks:
        objects(Image(bright, region(bright).geometry))
    ((message, hint),) = remarks
    assert "change from voxel to voxel, as brightness does" in message
    assert "of 3600 labelled voxels are beside none of the same label" in message
    assert "labels come first" in str(hint)
    with heard() as remarks:
        objects(region(np.indices((50, 50)).sum(0) % 2))
        dots = np.zeros((80, 80), np.uint16)
        dots[::2, ::2] = np.arange(1, 1601).reshape(40, 40)
        objects(Image(dots, region(dots).geometry))
    assert list(remarks) == []


def test_thin_labels_are_not_taken_for_brightness() -> None:
    y, x = np.indices((400, 400)) % 40 - 20
    rings = np.abs(np.hypot(x, y) - 14) < 0.5
    numbers = np.arange(1, 101, dtype=np.uint16).reshape(10, 10).repeat(40, 0).repeat(40, 1)
    columns = np.zeros((400, 400), np.uint16)
    columns[:, ::2] = 1 + np.arange(200) % 20
    with heard() as remarks:
        for labels in (numbers * rings, columns, columns.T.copy()):
            objects(Image(labels, region(labels).geometry))
        deep = np.stack([columns] * 3)
        objects(Image(deep, Geometry.of_size(400, 400, 3)))
    assert list(remarks) == []


@pytest.mark.parametrize(("shape", "values"), [((40, 50), 6), ((7, 9, 8), 40), ((1, 30, 30), 9)])
def test_voxels_without_their_like_around_them_are_counted(
    shape: tuple[int, ...], values: int
) -> None:
    names = np.random.default_rng(2).integers(0, values, shape).astype(np.uint32)
    padded = np.pad(names, 1)
    count = 0
    for place in np.argwhere(names):
        around = padded[tuple(slice(i, i + 3) for i in place)]
        count += np.count_nonzero(around == names[tuple(place)]) == 1
    assert _lonely(names) == count


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ([], "has no names of columns"),
        ([[1.0, 2.0]], "has no names of columns"),
        ([["b", "c"]], "has no column `a`"),
        ([["a", "a"], [1.0, 2.0]], "has 2 columns `a`"),
        ([["a", "b"], ["x", 2.0]], 'row 2 of this table has "x" in the column `a`'),
        ([["b", "a"], [1.0, 2.0], [1.0]], "row 3 of this table has nothing in the column `a`"),
        ([["a"], [True]], "row 2 of this table has a bool in the column `a`"),
    ],
)
def test_a_column_that_is_not_there_is_an_error(table: list[list[Any]], said: str) -> None:
    with pytest.raises(OperationError) as told:
        column(table, "a")
    assert said in told.value.message


def test_a_column_is_its_numbers_and_a_slip_in_its_name_is_told() -> None:
    table = [["a", "mean_dapi"], ["x", 2.0], ["y", math.inf]]
    assert column(table, "mean_dapi") == [2.0, math.inf]
    with pytest.raises(OperationError) as told:
        column(table, "mean dapi")
    assert told.value.hint == "did you mean `mean_dapi`? its columns are a, mean_dapi"


# --- In programs ----------------------------------------------------------------------------------

SPECKS = np.zeros((12, 20), np.float32)
for _i, (_y, _x, _n) in enumerate(((1, 1, 2), (1, 8, 3), (7, 2, 1), (7, 9, 3))):
    SPECKS[_y : _y + _n, _x : _x + _n] = _i + 1


@pytest.fixture
def image(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    drawn = sitk.GetImageFromArray(SPECKS)
    drawn.SetSpacing((0.5, 2.0))
    sitk.WriteImage(drawn, "a.nii")
    sitk.WriteImage(sitk.Cast(drawn, sitk.sitkUInt16), "labels.nii")


def values(text: str, **options: Any) -> list[Any]:
    """What a program on this image prints; what `check` says of it is no error."""
    source = Source("p.imgql", f'import "simpleitk"\nm = ReadImage("a.nii")\nv = m * 1\n{text}')
    assert not [d for d in running.check(source, dialect=2) if d.severity == "error"]
    return [p.value for p in running.run(source, dialect=2, cache=False, **options).prints]


@pytest.mark.usefixtures("image")
@pytest.mark.parametrize("rewrites", [True, False])
@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("count_components(v > 0)", 4),
        ("count_components(v > 1)", 3),
        ("count_components(border)", 1),
        ("for c in components(v > 0) do volume(c)", [9, 9, 4, 1]),
        ("for c in components(v > 0) do avg(v, c)", [2, 4, 1, 3]),
        ("map(volume, components(v > 0))", [9, 9, 4, 1]),
        ("volume(components(v > 0)[2])", 4),
        ("avg(v, components(v > 0)[argmax([1, 2])])", 4),
        ("volume(components(v > 0)[max(v) - 1])", 1),
        ("volume(components(v > 0)[0] & (x > 8))", 6),
        ("for c in components(v > 0)[1:3] do volume(c)", [9, 4]),
        ("for c in (filter c in components(v > 0) do volume(c) > 3) do avg(v, c)", [2, 4, 1]),
        ("volume(fold | components(v > 0))", 23),
        ("for c in components(v > 9) do volume(c)", []),
        ("for c in components(v) do avg(v, c)", [2, 4, 1, 3]),
        ("for c in components(m) do avg(v, c)", [2, 4, 1, 3]),
        ("for c in components(lcc(v > 0)) do avg(v, c)", [2, 4, 1, 3]),
        ("count_components(ConnectedComponent(v > 0))", 4),
        ("for c in components(ReadImage(\"labels.nii\")) do volume(c)", [9, 9, 4, 1]),
        ("for t in [0, 1] do for c in components(v > t) do volume(c)", [[9, 9, 4, 1], [9, 9, 1]]),
        ("for cs in map(components, [v > 0, v > 3]) do volume(cs[0])", [9, 9]),
        ("for c in components(Shrink(m, 1) > 0) do avg(v, c)", [2, 4, 1, 3]),
        ("column(objects(m, v, m), \"max_m\")", [1, 2, 3, 4]),
        ("column(objects(m, v, v * 2), \"max_2\")", [2, 4, 6, 8]),
        ("column(objects(v > 0, v), \"mean_v\")", [1, 2, 3, 4]),
        ("mean(column(objects(m, v), \"voxels\"))", 5.75),
        ("column(objects(m), \"size\")", [4, 9, 1, 9]),
        ("for n in (filter n in column(objects(m), \"voxels\") do n > 3) do n * 2", [8, 18, 18]),
        ("for row in objects(m)[1:] do row[0] * row[1]", [4, 18, 3, 36]),
        ("for row in (filter row in objects(m)[1:] do row[1] > 5) do row[0]", [2, 4]),
        ("for row in objects(m)[1:3] do row[1]", [4, 9]),
        ("objects(m)[0][0]", "label"),
        ("let t = objects(m) in t[length(t) - 1][1]", 9),
        ("let rows = objects(m)[1:] in rows[max(v) - 1][0]", 4),
        ("length(objects(m))", 5),
        ("length(components(m))", 4),
        ("for row in (for row in objects(m)[1:] do append([\"m\"], row)) do row[0]", list("mmmm")),
        ("for row in append([objects(m)[0]], filter row in objects(m)[1:] do row[1] > 4) do row[1]",
         ["voxels", 9, 9]),
        ("concat(objects(m)[0][1], \"!\")", "voxels!"),
        ("objects(m)[2][1] + 1", 10),
        ("for name in objects(m, v)[0][9:] do name", ["min_v", "mean_v", "max_v"]),
        ("objects(v > 9)", [["label", "voxels", "size", "centroid_x", "centroid_y", "bbox_x",
          "bbox_y", "bbox_width", "bbox_height"]]),
        ("let f(l, image) = objects(l, image)[0][10] in f(m, v)", "mean_image"),
        ("for t in map(objects, [v, m]) do t[1][1]", [4, 4]),
        ("column(append(objects(m), objects(m)[1:]), \"voxels\")", [4, 9, 1, 9, 4, 9, 1, 9]),
        ("column([[\"n\", \"s\"], [1, \"x\"], [2, \"y\"]], \"n\")", [1, 2]),
        ("for n in column(objects(m, v), \"mean_v\", [4, 9, 1]) do [n > 1, n < 9]",
         [[True, True], [False, False], [False, True]]),
        ("let t = objects(mask(m, v > 2), v) in column(t, \"mean_v\", column(t, \"label\"))",
         [3, 4]),
        ("let ids = column(objects(m), \"label\") in length(filter n in"
         " column(objects(mask(m, v > 2), v), \"mean_v\", ids) do n > 0)", 2),
        ("let largest(r) = components(r)[0] in volume(largest(v < 1))", 217),
    ],
)  # fmt: skip
def test_programs_go_through_components(expression: str, expected: Any, rewrites: bool) -> None:
    assert values(f'print "" {expression}', rewrites=rewrites) == [expected]


@given(st.lists(st.integers(0, 6), unique=True), st.lists(st.integers(0, 9)), st.booleans())
def test_rows_of_two_tables_are_joined_by_their_first_column(
    rows: list[int], wanted: list[int], shuffled: bool
) -> None:
    table: list[list[Any]] = [["label", "x"], *([float(n), n * 0.5] for n in rows)]
    known = {n: n * 0.5 for n in rows}
    order = wanted[::-1] if shuffled else wanted
    found = column_of(table, "x", [float(n) for n in order])
    np.testing.assert_array_equal(found, [known.get(n, math.nan) for n in order])


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ([["label", "a"], [1.0, 2.0], [1.0, 3.0]], "rows 2 and 3 of this table have both 1 in"),
        ([["name", "a"], ["x", 2.0]], 'row 2 of this table has "x" in the column `name`'),
        ([["b", "c"]], "has no column `a`"),
        ([["a", "a"]], "has 2 columns `a`"),
        ([], "has no names of columns"),
    ],
)
def test_a_table_without_one_row_a_number_is_not_joined(table: list[list[Any]], said: str) -> None:
    with pytest.raises(OperationError) as told:
        column_of(table, "a", [1.0])
    assert said in told.value.message


@pytest.mark.usefixtures("image")
def test_components_are_saved_one_file_each() -> None:
    values('save "out/c.nii.gz" components(v > 0)')
    assert sorted(p.name for p in Path("out").iterdir()) == [f"c_00{i}.nii.gz" for i in range(4)]
    saved = sitk.ReadImage("out/c_002.nii.gz")
    assert saved.GetSpacing() == (0.5, 2.0)
    np.testing.assert_array_equal(sitk.GetArrayFromImage(saved), SPECKS == 1)


@pytest.mark.usefixtures("image")
@pytest.mark.parametrize(
    ("expression", "kind"),
    [
        ("lcc(v > 0)", "uint8"),
        ("mask(lcc(v > 0), v > 1)", "uint8"),
        ("select(v > 1, lcc(v > 0), constant(300))", "uint16"),
        ("select(v > 1, lcc(v > 0), constant(0.5))", "float32"),
        ("select(v > 1, constant(1), constant(2))", "float32"),
        ("lcc(v > 0) + mask(lcc(v > 1), v > 2)", "uint8"),
        ("lcc(v > 1) - lcc(v > 0)", "int8"),
        ("lcc(v > 0) * 1", "float32"),
        ("Flip(lcc(v > 0), [true, false])", "uint8"),
        ("Extract(lcc(v > 0), [5, 5], [0, 0])", "uint8"),
        ("Resample(lcc(v > 0), m, [], sitkNearestNeighbor)", "uint8"),
        ("Resample(lcc(v > 0), m, [], \"sitkNearestNeighbor\")", "uint8"),
        ("Resample(lcc(v > 0), m)", "float32"),
        ("ConnectedComponent(v > 0)", "uint8"),
        ("MorphologicalWatershed(v, 1, true, true)", "uint8"),
        ("mask(MorphologicalWatershed(v, 1, true, true), v > 0)", "uint8"),
        ("ReadImage(\"labels.nii\")", "uint16"),
        ("v", "float32"),
        ("mask(ReadImage(\"labels.nii\"), v > 0)", "float32"),
        ("Cast(m, sitkUInt32)", "uint32"),
        ("Flip(Cast(m, sitkUInt32), [true, false])", "uint32"),
        ("mask(Cast(m, sitkUInt32), v > 0)", "uint8"),
        ("mask(Cast(m, \"sitkInt16\"), v > 0)", "uint8"),
        ("intensity(Cast(v, 3))", "float32"),
        ("mask(Cast(m, sitkFloat32), v > 0)", "float32"),
        ("mask(LabelContour(lcc(v > 0)), v > 1)", "uint8"),
        ("LabelContour(lcc(v > 0))", "uint32"),
    ],
)  # fmt: skip
def test_labels_are_saved_as_whole_numbers_of_the_smallest_type(expression: str, kind: str) -> None:
    values(f'save "o.mha" {expression}\nsave "o.nii.gz" {expression}')
    for name in ("o.mha", "o.nii.gz"):
        assert sitk.GetArrayFromImage(sitk.ReadImage(name)).dtype == kind


@pytest.mark.usefixtures("image")
@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("volume(components(v > 0)[4])", "index 4 is out of range: the sequence has 4 elements"),
        ("volume(components(v > 9)[0])", "index 0 is out of range: the sequence has 0 elements"),
        ("count_components(v * 0.5)", "whole numbers from 0 on: a voxel is 0.5"),
        ('column(objects(v > 0, v), "mean")', "this table has no column `mean`"),
        ('column([1, 2], "a")', "`column` expects a table as rows, found sequence(number)"),
        ("objects(v, 3)", "`objects` expects valuation(number) as values, found a number"),
        ("objects(v, v > 0)", "expects valuation(number) as values, found valuation(bool)"),
        ("objects(v * 0.5)", "`objects` takes labels, whole numbers from 0 on: a voxel is 0.5"),
        ("components(3)", "found a number"),
        ("components(v > 0)", "`print` shows numbers, bools and strings"),
        ("volume(components(v > 0))", "sequence(valuation(bool))"),
    ],
)
def test_what_is_wrong_is_told(expression: str, said: str) -> None:
    source = f'import "simpleitk"\nv = ReadImage("a.nii") * 1\nprint "" {expression}'
    with pytest.raises(VoxLogicaError) as raised:
        running.run(Source("p.imgql", source), dialect=2, cache=False)
    (only,) = raised.value.diagnostics
    assert said in only.message, only


@pytest.mark.usefixtures("image")
def test_a_component_is_on_the_grid_of_its_region_before_anything_runs() -> None:
    """Whatever is wrong with sizes is told without computing anything."""
    sitk.WriteImage(sitk.GetImageFromArray(SPECKS[1:]), "b.nii")
    text = 'import "simpleitk"\nv = ReadImage("a.nii") > 0\nw = ReadImage("b.nii") > 0\n'
    for expression in ("components(v)[0] & w", "fold | (for c in components(v) do c & w)"):
        told = running.check(Source("p.imgql", f'{text}print "" volume({expression})'), dialect=2)
        assert "different sizes" in told[0].message


def test_thousands_of_components_are_not_all_in_memory(tmp_path: Path) -> None:
    """Of 1,600 images of 1 MB each, hardly any is there at a time."""
    array = np.zeros((1024, 1024), np.uint8)
    array[:1000:25, :1000:25] = array[1:500:25, 1:1000:25] = 1
    sitk.WriteImage(sitk.GetImageFromArray(array), tmp_path / "s.nii")
    (tmp_path / "p.imgql").write_text(
        'import "simpleitk"\nr = ReadImage("s.nii") > 0\n'
        'print "n" count_components(r)\n'
        'print "sizes" fold + (for c in components(r) do volume(c))\n'
        'print "all" fold + (for c in components(r) do volume(c & r))\n'
    )
    done = subprocess.run(
        [sys.executable, "-m", "voxlogica", "run", "--json", "-", "p.imgql"],
        cwd=tmp_path,
        env={**os.environ, "VOXLOGICA_CACHE": str(tmp_path / "cache")},
        capture_output=True,
        text=True,
        check=True,
    )
    report = json.loads(done.stdout)
    assert [p["value"] for p in report["print"]][:2] == [1600, array.sum()]
    assert report["stats"]["peak_memory"] < 600e6
