"""The namespaces beside SimpleITK's, and what ImgQL 2 adds to images, folders and strings."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.references import images, numbers, region, regions, unhurried, valuation, valuations
from voxlogica import running
from voxlogica.images.geometry import Geometry
from voxlogica.images.image import Image
from voxlogica.operators import namespace, namespaces, registry
from voxlogica.operators.signature import (
    ANY,
    BOOL,
    MODEL,
    NUMBER,
    REGION,
    STRING,
    VALUATION,
    OperationError,
    Purity,
    Type,
    sequence_of,
)
from voxlogica.remarks import heard
from voxlogica.syntax.diagnostics import VoxLogicaError
from voxlogica.syntax.source import Source


def type_of(value: object) -> Type:
    match value:
        case Image():
            kinds = {np.dtype(bool): REGION, np.dtype(np.float32): VALUATION}
            return MODEL if value.components > 1 else kinds.get(value.dtype, MODEL)
        case bool():
            return BOOL
        case float() | int():
            return NUMBER
        case str():
            return STRING
        case _:
            return sequence_of(type_of(value[0]) if value else ANY)


def call(name: str, *values):
    """As a program calls it: of the overloads, the first that takes the types."""
    space, _, own = name.rpartition(".")
    overloads = (namespace(space) if space else registry())[own]
    types = [type_of(v) for v in values]
    chosen = next(o for o in overloads if o.takes(types))
    return chosen.function(*(float(v) if type(v) is int else v for v in values))


labels = st.integers(0, 3).map(float)


def labelled(geometry):
    return valuations(geometry, labels)


# --- What there is --------------------------------------------------------------------------------


def test_the_namespaces():
    assert namespaces() == ("simpleitk", "vox1", "strings", "arrays", "metrics", "geom")
    assert set(namespace("geom")) == {"blank", "circle", "regular_polygon"}
    assert set(namespace("strings")) == {"concat", "format_string", "equals", "split"}
    assert {"concat", "format_string", "overlay", "dir"} <= set(registry())
    assert not {"split", "equals", "dice_score", "blank"} & set(registry())
    assert namespace("vox1") == registry()
    with pytest.raises(KeyError):
        namespace("vox3")


@pytest.mark.parametrize("name", ["arrays", "geom", "metrics", "strings"])
def test_each_operator_of_a_namespace_has_a_manual_and_an_example(name):
    for own, overloads in namespace(name).items():
        for found in overloads:
            assert found.sentence.endswith(".") and len(found.sentence) < 120
            others = {"iou": "jaccard", "recall": "sensitivity"}
            assert others.get(own, own) in found.example
            assert found.name in (own, f"{name}.{others.get(own, own)}")


def test_the_operators_of_imgql_1_have_plain_names():
    plain = {
        ".+.": "num_add", ".-.": "num_sub", ".*.": "num_mul", "./.": "num_div",
        ".<.": "num_lt", ".<=.": "num_leq", ".>.": "num_gt", ".>=.": "num_geq", ".=.": "num_eq",
        ".&.": "bool_and_scalar", ".|.": "bool_or_scalar", "!.": "bool_not_scalar",
        ".=": "eq_sv", ".<=": "geq_sv", ".>=": "leq_sv",
        "+.": "add_vs", "-.": "sub_vs", "*.": "mul_vs", "/.": "div_vs",
        ".-": "sub_sv", "./": "div_sv",
    }  # fmt: skip
    for dotted, name in plain.items():
        assert registry()[name] == registry()[dotted]


def test_plain_names_compare_the_image_with_the_number():
    values = valuation([[1, 2, 3]])
    np.testing.assert_array_equal(call("leq_sv", 2, values).array, [[True, True, False]])
    np.testing.assert_array_equal(call("geq_sv", 2, values).array, [[False, True, True]])
    assert call("num_neq", 1, 2) and not call("num_neq", 1, 1) and call("num_neq", math.nan, 1)


# --- Constants on the grid of an image ------------------------------------------------------------


@unhurried
@given(images(regions))
def test_border_and_indices_are_those_of_the_constants_on_the_images_grid(image):
    for name in ("border", "x", "y", "z"):
        spaceless = next(o for o in registry()[name] if o.spaceless)
        expected = spaceless.function(space=image.geometry)
        found = call(name, image)
        assert found.geometry == image.geometry
        np.testing.assert_array_equal(found.array, expected.array)


# --- arrays ---------------------------------------------------------------------------------------


@unhurried
@given(images(regions, regions))
def test_dice_and_jaccard_of_regions(pair):
    a, b = ({tuple(i) for i in np.argwhere(image.array)} for image in pair)
    dice, jaccard = call("arrays.dice_score", *pair), call("arrays.jaccard_index", *pair)
    if not a and not b:
        assert math.isnan(dice) and math.isnan(jaccard)
    else:
        assert dice == 2 * len(a & b) / (len(a) + len(b))
        assert jaccard == len(a & b) / len(a | b)


@unhurried
@given(images(labelled, labelled), labels)
def test_dice_of_a_label(pair, label):
    regions_of = [image.with_array(image.array == label) for image in pair]
    of_label = call("arrays.dice_score", *pair, label)
    of_regions = call("arrays.dice_score", *regions_of)
    assert of_label == of_regions or (math.isnan(of_label) and math.isnan(of_regions))


@unhurried
@given(images(labelled, labelled))
def test_confusion_accuracy_and_comparison(pair):
    found, truth = (image.array.ravel() for image in pair)
    table = call("arrays.confusion_matrix", *pair)
    for t, row in enumerate(table):
        for f, count in enumerate(row):
            assert count == sum((truth == t) & (found == f))
    assert len(table) == max(found.max(), truth.max()) + 1
    assert sum(map(sum, call("arrays.confusion_matrix", *pair, 5))) == found.size
    assert call("arrays.pixel_accuracy", *pair) == (found == truth).sum() / found.size
    compared = call("arrays.compare_arrays", *pair)
    difference = truth.astype(np.float64) - found
    np.testing.assert_allclose(
        compared,
        [
            (difference == 0).sum(), (difference != 0).sum(), found.size,
            100 * (difference == 0).mean(), difference.mean(), abs(difference).mean(),
            abs(difference).max(), difference.min(), difference.max(),
        ],
    )  # fmt: skip


@unhurried
@given(images(labelled), labels)
def test_counting(image, label):
    counted = call("arrays.count_pixels", image)
    assert [v for v, _ in counted] == sorted({float(v) for v in image.array.ravel()})
    for value, count in counted:
        assert call("arrays.count_pixels", image, value) == count
    region_of = call("arrays.threshold_equal", image, label)
    np.testing.assert_array_equal(region_of.array, image.array == label)
    chosen = call("arrays.threshold_equal", image, label, 7, 9)
    np.testing.assert_array_equal(chosen.array, np.where(image.array == label, 7, 9))
    assert chosen.array.dtype == np.float32


def test_statistics_of_any_type():
    values = np.array([[1, 2, 2], [4, 5, 250]], np.uint8)
    image = Image(values, Geometry.of_size(3, 2))
    expected = [values.mean(), values.std(), 1, 250, 3, 6, 5]
    np.testing.assert_allclose(call("arrays.array_stats", image), expected)
    assert call("arrays.array_stats", region([[1, 0]]))[0] == 0.5


def test_vectors_are_sequences_of_checked_numbers():
    assert call("arrays.vector_uint32", [1.0, 2.0]) == [1.0, 2.0]
    assert call("arrays.vector_double", [0.5]) == [0.5]
    for wrong in (0.5, -1.0, 2.0**32, math.nan):
        with pytest.raises(OperationError, match="whole numbers"):
            call("arrays.vector_uint32", [wrong])


def test_what_is_no_image_of_classes_is_told():
    classes = valuation([[0, 1, 2]])
    for wrong in ([[0.5, 0, 0]], [[-1, 0, 0]], [[math.nan, 0, 0]], [[math.inf, 0, 0]]):
        with pytest.raises(OperationError, match="classes"):
            call("arrays.confusion_matrix", valuation(wrong), classes)
    with pytest.raises(OperationError, match="a voxel is of class 2"):
        call("arrays.confusion_matrix", classes, classes, 2)
    with pytest.raises(OperationError, match=r"from 1 to 4096 classes, not 1\.5"):
        call("arrays.confusion_matrix", classes, classes, 1.5)
    colour = Image(np.zeros((1, 3, 3), np.uint8), classes.geometry)
    with pytest.raises(OperationError, match="3 values a voxel"):
        call("arrays.count_pixels", colour, 1)
    assert call("arrays.pixel_accuracy", colour, colour) == 1
    with pytest.raises(OperationError, match="of 3 and of 1 values"):
        call("arrays.pixel_accuracy", colour, classes)


# --- geom -----------------------------------------------------------------------------------------


def test_blank_counts_rows_before_columns():
    image = call("geom.blank", 2, 3, 7)
    assert image.geometry == Geometry.of_size(3, 2)
    np.testing.assert_array_equal(image.array, np.full((2, 3), 7, np.float32))
    assert not call("geom.blank", 1, 1).array.any()
    for wrong in (0, 1.5, -1, 1e9, math.nan):
        with pytest.raises(OperationError, match="as height"):
            call("geom.blank", wrong, 3)


@pytest.mark.parametrize(("cx", "cy", "radius"), [(4, 3, 2), (0, 0, 2.5), (9.5, 3, 1), (20, 20, 3)])
def test_a_circle_is_what_is_at_most_a_radius_away(cx, cy, radius):
    image = valuation(np.arange(70).reshape(7, 10))
    found = call("geom.circle", image, cx, cy, radius, 200)
    for (y, x), value in np.ndenumerate(image.array):
        inside = math.hypot(x - cx, y - cy) <= radius
        assert found.array[y, x] == (200 if inside else value)


@pytest.mark.parametrize("sides", [3, 4, 5, 6, 12])
def test_a_polygon_is_what_lies_on_the_inner_side_of_every_edge(sides):
    image, centre, radius = call("geom.blank", 41, 41), (20, 20), 15
    found = call("geom.regular_polygon", image, *centre, radius, sides, 1)
    turns = [math.pi + 2 * math.pi * k / sides for k in range(sides + 1)]
    corners = [(20 + 15 * math.cos(t), 20 + 15 * math.sin(t)) for t in turns]
    for (y, x), value in np.ndenumerate(found.array):
        sides_of = [
            (x1 - x0) * (y - y0) - (y1 - y0) * (x - x0)
            for (x0, y0), (x1, y1) in itertools.pairwise(corners)
        ]
        if min(sides_of) > 1e-6 or min(sides_of) < -1e-6:
            assert value == (min(sides_of) > 0)
        else:
            assert value == 1


def test_drawing_is_on_2d_images():
    cube = Image(np.zeros((2, 2, 2), np.float32), Geometry.of_size(2, 2, 2))
    with pytest.raises(OperationError, match="2-D images, and this one is 3-D"):
        call("geom.circle", cube, 1, 1, 1, 1)
    flat = call("geom.blank", 3, 3)
    for wrong in (0, -1, math.nan, math.inf):
        with pytest.raises(OperationError, match="radius above 0"):
            call("geom.circle", flat, 1, 1, wrong, 1)
    for wrong in (2, 3.5, math.nan):
        with pytest.raises(OperationError, match="number of sides"):
            call("geom.regular_polygon", flat, 1, 1, 1, wrong, 1)


# --- strings --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("parts", "whole"),
    [
        (("a", "b"), "ab"),
        (("case_", 7, ".nii.gz"), "case_7.nii.gz"),
        ((0.1, True, -0.5, 1e300, math.inf), "0.1true-0.51e+300inf"),
        (("",), ""),
        (("spacing ", [1.0, 1.0, 2.5], [["a", True], []]), "spacing [1, 1, 2.5][[a, true], []]"),
    ],
)
def test_concat_shows_values_as_print_does(parts, whole):
    assert call("concat", *parts) == whole


@pytest.mark.parametrize(
    ("template", "values", "text"),
    [
        ("{:.2f}", (0.125,), "0.12"),
        ("{:03d}", (7,), "007"),
        ("{:03.0f}", (7,), "007"),
        ("x_{}_{}", (1, "a"), "x_1_a"),
        ("{1}{0}", (1, 2), "21"),
        ("{:>6}|{:<6}|{:^6}|", ("a", 2.5, 3), "     a|2.5   |  3   |"),
        ("{:5}|{:05}", (3, 4), "    3|00004"),
        ("{:x} {:e} {:g} {:%}", (255, 1, 0.5, 0.5), "ff 1.000000e+00 0.5 50.000000%"),
        ("{{}} {}", (True,), "{} true"),
        ("{:,}", (1234567,), "1,234,567"),
        ("{} {}", (math.nan, 1e20), "nan 1e+20"),
        ("{} {:.1f}", ([1.0, 2.5], [[1.0], []]), "[1, 2.5] [[1.0], []]"),
    ],
)
def test_format_string_is_pythons(template, values, text):
    assert call("format_string", template, *values) == text


@pytest.mark.parametrize(
    ("template", "values", "why"),
    [
        ("{} {}", (1,), "more braces than the 1 value given"),
        ("{:d}", (0.5,), "whole numbers, not 0.5"),
        ("{:d}", ("a",), "unknown format code 'd'"),
        ("{", (1,), "cannot be filled in"),
        ("{a}", (1,), "not the number of a value"),
        ("{0.__class__}", (1,), "not the number of a value"),
        ("{0[0]}", ("a",), "not the number of a value"),
        ("{:10000000000}", (1,), "more than 9,999 places"),
        ("{:.10000}", (0.5,), "more than 9,999 places"),
    ],
)
def test_templates_that_cannot_be_filled_in(template, values, why):
    with pytest.raises(OperationError, match=why.replace("{", r"\{")):
        call("format_string", template, *values)


def test_splitting_and_comparing_strings():
    assert call("strings.split", "a,b,,c") == ["a", "b", "", "c"]
    assert call("strings.split", "a_b", "_") == ["a", "b"]
    assert call("strings.equals", "a", "a") and not call("strings.equals", "a", "A")
    with pytest.raises(OperationError, match="separates nothing"):
        call("strings.split", "a", "")


# --- dir ------------------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path):
    for name in ("b/x.nii.gz", "a/x.nii.gz", "a/y.png", "c10.png", "c9.png", ".hidden/z.png"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("")
    return tmp_path


@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        ((), ["a", "b", "c10.png", "c9.png"]),
        (("*.png",), ["c10.png", "c9.png"]),
        (("*.nii.gz", True), ["a/x.nii.gz", "b/x.nii.gz"]),
        (("*/*.png",), ["a/y.png"]),
        (("*.png", True), ["a/y.png", "c10.png", "c9.png"]),
        ((".*",), [".hidden"]),
        (("nothing",), []),
    ],
)
def test_dir_lists_names_sorted(folder, arguments, names):
    assert call("dir", str(folder), *arguments) == names


def test_dir_gives_whole_paths(folder, monkeypatch):
    monkeypatch.chdir(folder)
    expected = [str(folder.resolve() / "a" / "y.png")]
    assert call("dir", "a", "*.png", False, True) == expected


def test_dir_tells_what_is_no_folder(folder, monkeypatch):
    monkeypatch.chdir(folder)
    with pytest.raises(OperationError, match='"nowhere" does not exist') as problem:
        call("dir", "nowhere")
    assert str(folder) in problem.value.hint
    with pytest.raises(OperationError, match="is a file"):
        call("dir", "c9.png")
    with pytest.raises(OperationError, match="not a pattern"):
        call("dir", ".", "/etc/*")
    assert registry()["dir"][0].purity is Purity.OUTSIDE


# --- overlay --------------------------------------------------------------------------------------


def test_the_image_below_is_grey_from_black_to_white():
    picture = call("overlay", valuation([[0, 50, 100]]), region([[0, 0, 0]]))
    np.testing.assert_array_equal(picture.array[0], [[0] * 3, [128] * 3, [255] * 3])
    assert picture.array.dtype == np.uint8 and picture.components == 3
    bytes_as_they_are = Image(np.array([[3, 200]], np.uint8), Geometry.of_size(2, 1))
    kept = call("overlay", bytes_as_they_are, region([[0, 0]]))
    np.testing.assert_array_equal(kept.array[0, :, 0], [3, 200])
    constant = call("overlay", valuation([[5, 5]]), region([[0, 0]]))
    assert not constant.array.any()


def test_a_regions_edge_is_opaque_and_its_inside_lets_the_image_through():
    grid = np.zeros((7, 7))
    square = np.zeros((7, 7), bool)
    square[1:6, 1:6] = True
    picture = call("overlay", valuation(grid), region(square)).array
    orange = np.array([230, 159, 0])
    np.testing.assert_array_equal(picture[1, 1], orange)
    np.testing.assert_array_equal(picture[3, 3], np.rint(orange * 0.35))
    assert not picture[0].any()


def test_each_layer_has_its_colour_and_later_ones_lie_above():
    first, second = region([[1, 1, 0], [0, 0, 0]]), region([[0, 1, 1], [0, 0, 0]])
    row = call("overlay", valuation(np.zeros((2, 3))), first, second).array[0]
    assert [tuple(voxel) for voxel in row] == [(230, 159, 0), (86, 180, 233), (86, 180, 233)]


def test_from_the_third_layer_on_edges_are_broken():
    square, nothing = np.zeros((20, 20), bool), region(np.zeros((20, 20), bool))
    square[2:18, 2:18] = True
    layers = nothing, nothing, region(square)
    top = call("overlay", valuation(np.zeros((20, 20))), *layers).array[2, 2:18]
    green = np.array([0, 158, 115])
    opaque, tinted = (top == green).all(axis=1), (top == np.rint(green * 0.35)).all(axis=1)
    assert opaque.sum() == tinted.sum() == 8


def test_numbers_are_the_more_opaque_the_greater_they_are():
    heat = valuation([[0, 1, 2, math.nan]])
    row = call("overlay", valuation([[0, 0, 0, 0]]), heat).array[0, :, 0]
    assert list(row) == [0, round(230 * 0.3), round(230 * 0.6), 0]


@unhurried
@given(images(valuations, regions))
def test_any_image_can_be_laid_over(pair):
    values, over = pair
    picture = call("overlay", values, over)
    again = call("overlay", picture, over)
    for shown in (picture, again):
        assert shown.geometry == values.geometry
        assert shown.array.shape == (*values.geometry.shape, 3)
        assert shown.array.dtype == np.uint8
    one_value = over.with_array(over.array.astype(np.float32) * 9)
    np.testing.assert_array_equal(call("overlay", values, one_value).array, picture.array)


def test_sequences_go_into_texts_but_images_do_not():
    text = """
        print "a" concat("size ", for i in range(2) do i / 2, [], ["x"])
        print "b" format_string("{:.1f}", [1, 2])
    """
    printed = running.run(Source("p.imgql", text), cache=False).prints
    assert [p.value for p in printed] == ["size [0, 0.5][][x]", "[1.0, 2.0]"]
    with pytest.raises(VoxLogicaError):
        running.run(Source("p.imgql", 'print "a" concat("x", [tt])'), cache=False)


@given(numbers)
def test_concat_of_a_number_reads_back(number):
    text = call("concat", number)
    assert float(text) == number or math.isnan(number)


def test_a_template_without_braces_is_doubted():
    with heard() as remarks:
        assert call("format_string", "%.2f", 0.5) == "%.2f"
    ((message, hint),) = remarks
    assert "no braces" in message
    assert "{:.2f}" in hint
