"""Pictures of images made of characters, and values in a line."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from voxlogica.images.geometry import Geometry
from voxlogica.images.image import Image
from voxlogica.report.image_in_characters import image_in_characters, middle_slice
from voxlogica.report.shown_values import shown_text

CODE = re.compile(r"\x1b\[[\d;]*m")


def image(array: np.ndarray, spacing: tuple[float, ...] | None = None, components: int = 1):
    shape = array.shape[:-1] if components > 1 else array.shape
    return Image(array, Geometry.of_size(*shape[::-1], spacing=spacing))


def test_a_voxel_is_a_pixel_where_there_is_room_and_two_lie_above_each_other():
    array = np.array([[0, 255], [255, 0], [0, 0]], np.uint8)
    assert image_in_characters(image(array), 40, 20, "24-bit") == (
        "\x1b[38;2;0;0;0;48;2;255;255;255m▀\x1b[38;2;255;255;255;48;2;0;0;0m▀\x1b[0m\n"
        "\x1b[38;2;0;0;0;49m▀▀\x1b[0m\n"
    )


def test_shades_of_grey_among_256_colours_and_in_characters():
    array = np.array([[0, 50, 100, 150, 200, 250]] * 2, np.uint8)
    found = image_in_characters(image(array), 40, 20, "256")
    assert re.findall(r"38;5;(\d+)", found) == ["16", "236", "241", "246", "251", "231"]
    assert image_in_characters(image(array), 40, 20, "ascii") == " :=+#@\n"


def test_colours_are_those_of_the_image():
    array = np.zeros((2, 2, 3), np.uint8)
    array[0, 0], array[1, 1] = (255, 0, 0), (10, 20, 30)
    found = image_in_characters(image(array, components=3), 40, 20, "24-bit")
    assert "38;2;255;0;0;48;2;0;0;0m" in found
    assert "38;2;0;0;0;48;2;10;20;30m" in found
    assert "38;5;196;" in image_in_characters(image(array, components=3), 40, 20, "256")


def test_sides_are_in_proportion_to_the_physical_ones():
    array = np.zeros((20, 20), bool)
    lines = image_in_characters(image(array, (2.0, 1.0)), 80, 40, "24-bit").splitlines()
    assert [len(CODE.sub("", line)) for line in lines] == [40] * 10
    lines = image_in_characters(image(array, (1.0, 4.0)), 80, 10, "24-bit").splitlines()
    assert [len(CODE.sub("", line)) for line in lines] == [5] * 10


def test_of_a_volume_the_middle_slice_is_shown():
    array = np.zeros((5, 2, 4), bool)
    array[2, :, 1] = True
    assert middle_slice(image(array)) == 2
    assert image_in_characters(image(array), 9, 9, "ascii") == " @\n"


def test_voxels_that_share_a_pixel_are_averaged():
    array = np.zeros((8, 8), np.uint8)
    array[:, ::2] = 255
    found = image_in_characters(image(array), 4, 40, "24-bit")
    assert set(re.findall(r"38;2;(\d+)", found)) == {"128"}


@pytest.mark.parametrize(
    ("row", "picture"),
    [
        ([0.0, 0.0, 0.0], "\n"),
        ([5.0, 5.0, 5.0], "@@@\n"),
        ([np.nan, 0.0, 1.0], "  @\n"),
        ([-np.inf, 0.0, np.inf], "  @\n"),
        ([np.inf, np.inf, -np.inf], "@@\n"),
        ([-3e38, 0.0, 3e38], " =@\n"),
        ([-7.0, -7.0, np.nan], "@@\n"),
    ],
)
def test_values_that_are_not_finite_or_all_alike(row, picture):
    array = np.array([row, row], np.float32)
    assert image_in_characters(image(array), 9, 9, "ascii") == picture


@settings(max_examples=60, deadline=None)
@given(
    array=arrays.arrays(
        st.sampled_from([np.bool_, np.uint8, np.int16, np.float32]),
        arrays.array_shapes(min_dims=2, max_dims=3, max_side=9),
    ),
    columns=st.integers(1, 12),
    lines=st.integers(1, 6),
    step=st.sampled_from([0.1, 1.0, 30.0]),
    shades=st.sampled_from(["24-bit", "256", "ascii"]),
)
def test_any_image_fits(array, columns, lines, step, shades):
    spacing = (step, *[1.0] * (array.ndim - 1))
    shown = image_in_characters(image(array, spacing), columns, lines, shades)
    assert shown.endswith("\n")
    rows = CODE.sub("", shown).splitlines()
    assert 1 <= len(rows) <= lines
    assert all(len(row) <= columns for row in rows)


class TestValuesInALine:
    def test_scalars_strings_and_sequences(self):
        assert shown_text(3.0, "number") == "3"
        assert shown_text("a\nb", "string") == r'"a\nb"'
        assert shown_text([[1.0, 2.5], [True]], "") == "[[1, 2.5], [true]]"
        assert shown_text([1.0] * 102, "").endswith("1, … 2 more]")

    def test_images(self):
        region = np.array([[True, False, True]])
        shown = shown_text(image(region, (0.5, 2.0)), "valuation(bool)")
        assert shown == "valuation(bool) 3×1, spacing 0.5×2, 2 of 3 voxels"
        values = np.array([[np.nan, -1.5, np.inf]], np.float32)
        shown = shown_text(image(values), "valuation(number)")
        assert shown == "valuation(number) 3×1, spacing 1×1, -1.5 … inf, 1 nan"
        nothing = np.full((1, 2), np.nan, np.float32)
        assert shown_text(image(nothing), "v") == "v 2×1, spacing 1×1, 2 nan"
        colour = np.zeros((1, 2, 3), np.uint8)
        shown = shown_text(image(colour, components=3), "model")
        assert shown == "model 2×1, spacing 1×1, 3 components, 0 … 0"
