"""Pictures in terminals: what characters, sixels and Kitty's protocol say, read back."""

from __future__ import annotations

import io
import re
from base64 import b64decode

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from PIL import Image as Decoded

from voxlogica.images.geometry import Geometry
from voxlogica.images.image import Image
from voxlogica.pictures.overlays import COLOURS
from voxlogica.pictures.png import Raster
from voxlogica.pictures.scene import scene
from voxlogica.pictures.terminal import (
    by_kitty,
    by_sixels,
    foreground,
    in_characters,
    in_terminal,
)

CODE = re.compile(r"\x1b\[[\d;]*m")
RANDOM = np.random.default_rng(3)


def image(array: np.ndarray, spacing: tuple[float, ...] | None = None) -> Image:
    return Image(array, Geometry.of_size(*array.shape[::-1], spacing=spacing))


def greys(rows) -> np.ndarray:
    return np.repeat(np.array(rows, np.uint8)[..., np.newaxis], 3, axis=-1)


def rows_of(shown: str) -> list[str]:
    return CODE.sub("", shown).splitlines()


class TestCharacters:
    def test_a_character_has_two_pixels_and_says_its_colours_where_they_change(self):
        assert in_characters(greys([[0, 255], [255, 0], [0, 0]]), "24-bit") == [
            "\x1b[38;2;0;0;0;48;2;255;255;255m▀\x1b[38;2;255;255;255;48;2;0;0;0m▀\x1b[0m",
            "\x1b[38;2;0;0;0;49m▀▀\x1b[0m",
        ]

    def test_greys_among_256_colours_and_in_characters(self):
        row = greys([[0, 50, 100, 150, 200, 255]])
        (found,) = in_characters(row, "256")
        assert re.findall(r"38;5;(\d+)", found) == ["16", "236", "241", "246", "251", "231"]
        assert in_characters(row, "ascii") == [" :=+#@"]

    def test_colours_are_those_of_the_picture_or_the_nearest(self):
        pixels = np.array([[(255, 0, 0)], [(10, 20, 30)]], np.uint8)
        assert in_characters(pixels, "24-bit")[0].startswith("\x1b[38;2;255;0;0;48;2;10;20;30m")
        assert in_characters(pixels, "256")[0].startswith("\x1b[38;5;196;48;5;17m")
        assert foreground((255, 0, 0), "256") == "\x1b[38;5;196m"
        assert foreground((255, 0, 0), "ascii") == ""


class TestPixels:
    def test_kitty_gets_the_png_in_parts(self):
        pixels = RANDOM.integers(0, 256, (40, 60, 3), np.uint8)
        shown = by_kitty(Raster(pixels, None).png())
        parts = re.findall(r"\x1b_G([^;]*);([^\x1b]*)\x1b\\", shown)
        assert "".join(f"\x1b_G{keys};{data}\x1b\\" for keys, data in parts) == shown
        assert len(parts) > 1
        assert [keys.split(",")[-1] for keys, _ in parts] == ["m=1"] * (len(parts) - 1) + ["m=0"]
        assert all(len(data) <= 4096 for _, data in parts)
        png = b64decode("".join(data for _, data in parts))
        np.testing.assert_array_equal(np.asarray(Decoded.open(io.BytesIO(png))), pixels)

    @pytest.mark.parametrize("shape", [(6, 5), (13, 7), (1, 1), (64, 300)])
    def test_sixels_read_back_are_the_picture(self, shape):
        few = RANDOM.integers(0, 256, (9, 3), np.uint8)
        pixels = few[RANDOM.integers(0, 9, shape)]
        pixels[: shape[0] // 2] = few[0]
        assert np.abs(sixels(by_sixels(pixels)).astype(int) - pixels).max() <= 2

    def test_of_more_colours_than_sixels_have_those_that_are_alike_are_one(self):
        pixels = RANDOM.integers(0, 256, (90, 90, 3), np.uint8)
        assert np.abs(sixels(by_sixels(pixels)).astype(int) - pixels).max() <= 130
        ramp = greys([np.arange(256)] * 4)
        assert np.abs(sixels(by_sixels(ramp)).astype(int) - ramp).max() <= 5


def sixels(shown: str) -> np.ndarray:
    """A picture by what sixels say, told by the manual of the VT340."""
    begun = re.fullmatch(r'\x1bP0;1q"1;1;(\d+);(\d+)(.*)\x1b\\', shown)
    assert begun
    width, height = int(begun[1]), int(begun[2])
    found = np.zeros((height, width, 3), np.uint8)
    colours: dict[int, list[int]] = {}
    x = top = own = 0
    for token in re.finditer(r"#(\d+);2;(\d+);(\d+);(\d+)|#(\d+)|!(\d+)(.)|([$-])|(.)", begun[3]):
        if token[1]:
            colours[int(token[1])] = [round(int(token[k]) * 2.55) for k in (2, 3, 4)]
        elif token[5]:
            own = int(token[5])
        elif token[8]:
            x, top = 0, top + 6 * (token[8] == "-")
        else:
            many, sign = (int(token[6]), token[7]) if token[6] else (1, token[9])
            for bit in range(6):
                if ord(sign) - 63 >> bit & 1:
                    found[top + bit, x : x + many] = colours[own]
            x += many
    return found


class TestPlanes:
    def test_a_head_is_upright_between_the_letters_of_its_sides(self):
        array = np.zeros((9, 9, 9), np.float32)
        array[:, :, :3] = 5.5  # to the right of the patient, in LPS
        shown = in_terminal(scene(image(array), {}), 200, 40, "ascii", legend=False)
        title, first, *_ = shown.splitlines()
        assert title.split() == [
            "R",
            "ax",
            "L",
            "R",
            "co",
            "L",
            "A",
            "sa",
            "P",
        ] or title.startswith("R")
        assert first.startswith("@@@   ")

    def test_where_there_is_room_all_planes_are_shown_and_else_the_first(self):
        array = RANDOM.random((90, 90, 90), np.float32)
        wide = in_terminal(scene(image(array), {}), 200, 30, "ascii")
        assert re.findall("axial|coronal|sagittal", wide) == ["axial", "coronal", "sagittal"]
        narrow = in_terminal(scene(image(array), {}), 60, 30, "ascii")
        assert re.findall("axial|coronal|sagittal", narrow) == ["axial"]

    def test_regions_have_their_colours_and_a_legend(self):
        array = np.zeros((30, 30), np.uint8)
        region = np.zeros(array.shape, bool)
        region[5:15, 5:15] = True
        scan = image(RANDOM.random((30, 30), np.float32))
        regions = dict.fromkeys("abc", image(region))
        shown = in_terminal(scene(scan, regions), 60, 30, "24-bit")
        for name, colour, mark in zip("abc", COLOURS, ("▬▬", "▬▬", "╍╍"), strict=False):
            red, green, blue = colour
            assert f"\x1b[38;2;{red};{green};{blue}m{mark}\x1b[0m {name}: 100 voxels" in shown
            assert f"2;{red};{green};{blue};48" in shown
        assert "black " in shown.splitlines()[-1]
        assert ":" not in in_terminal(scene(scan, regions), 60, 30, "24-bit", legend=False)

    def test_sides_are_in_proportion_to_the_physical_ones(self):
        array = RANDOM.random((20, 20), np.float32)
        rows = rows_of(
            in_terminal(scene(image(array, (2.0, 1.0)), {}), 80, 40, "24-bit", legend=False)
        )
        assert [len(row) for row in rows] == [40] * 10
        rows = rows_of(
            in_terminal(scene(image(array, (1.0, 4.0)), {}), 80, 10, "24-bit", legend=False)
        )
        assert [len(row) for row in rows] == [5] * 10

    @pytest.mark.parametrize("shows", ["kitty", "sixel"])
    def test_a_terminal_that_shows_pixels_gets_one_picture_with_all_in_it(self, shows):
        shown = in_terminal(scene(image(RANDOM.random((9, 9, 9), np.float32)), {}), 80, 24, shows)
        assert shown.startswith({"kitty": "\x1b_Ga=T,f=100", "sixel": "\x1bP0;1q"}[shows])
        assert shown.endswith("\x1b\\\n")


@settings(max_examples=60, deadline=None)
@given(
    array=arrays.arrays(
        st.sampled_from([np.bool_, np.uint8, np.int16, np.float32]),
        arrays.array_shapes(min_dims=2, max_dims=3, max_side=9),
    ),
    columns=st.integers(1, 130),
    lines=st.integers(1, 6),
    step=st.sampled_from([0.1, 1.0, 30.0]),
    shows=st.sampled_from(["24-bit", "256", "ascii"]),
)
def test_any_image_fits(array, columns, lines, step, shows):
    spacing = (step, *[1.0] * (array.ndim - 1))
    shown = in_terminal(scene(image(array, spacing), {}), columns, lines, shows, legend=False)
    assert shown.endswith("\n")
    rows = rows_of(shown)
    assert 1 <= len(rows) <= lines + 1  # the titles
    assert all(len(row) <= columns for row in rows)
