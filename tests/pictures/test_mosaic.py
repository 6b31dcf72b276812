"""Several slices in one picture, and the letters drawn into it, told by where there is ink."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voxlogica.pictures.lettering import height, width, written
from voxlogica.pictures.mosaic import Legend, Tile, grid, round_length, row
from voxlogica.pictures.overlays import COLOURS
from voxlogica.pictures.planes import Sides
from voxlogica.pictures.scene import Key

WHITE = (255, 255, 255)
SIDES = Sides("R", "L", "A", "P")
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"


def ink(text: str, size: int = 12) -> np.ndarray:
    pixels = np.zeros((height(size), width(text, size) + 2, 3), np.uint8)
    written(pixels, text, (1, 1), size, WHITE)
    return pixels[..., 0]


class TestLettering:
    def test_no_two_letters_look_alike(self):
        seen = {letter: ink(letter, 14) for letter in LETTERS}
        for one, other in ((a, b) for a in LETTERS for b in LETTERS if a < b):
            a, b = seen[one], seen[other]
            wide = max(a.shape[1], b.shape[1])
            a, b = (np.pad(x, ((0, 0), (0, wide - x.shape[1]))).astype(int) for x in (a, b))
            assert np.abs(a - b).sum() > 255 * 2, (one, other)

    @pytest.mark.parametrize("size", [8, 9, 12, 24])
    def test_capitals_stand_on_the_line_and_are_as_high_as_said(self, size):
        rows = np.flatnonzero(ink("HXE", size).max(axis=1) > 127)
        assert 0 <= rows[-1] - rows[0] + 1 - size <= 1 + size / 10
        assert rows[0] <= 2
        below = np.flatnonzero(ink("gpqy", size).max(axis=1) > 127)[-1]
        assert rows[-1] < below < height(size)

    def test_accents_are_left_away_and_what_is_unknown_is_a_frame(self):
        np.testing.assert_array_equal(ink("é"), ink("e"))
        np.testing.assert_array_equal(ink("μm"), ink("µm"))
        np.testing.assert_array_equal(ink("中"), ink("文"))
        assert ink("中").any()

    @settings(max_examples=50, deadline=None)
    @given(st.text(max_size=12), st.integers(-30, 60), st.integers(-30, 30), st.integers(5, 30))
    def test_whatever_is_written_wherever_stays_in_the_picture(self, text, x, y, size):
        pixels = np.zeros((20, 40, 3), np.uint8)
        written(pixels, text, (x, y), size, WHITE)
        big = np.zeros((220, 440, 3), np.uint8)
        written(big, text, (200 + x, 100 + y), size, WHITE)
        np.testing.assert_array_equal(pixels, big[100:120, 200:240])


def tile(value: int, shape=(40, 60), title: str = "axial, z = 7", sides=SIDES) -> Tile:
    return Tile(np.full((*shape, 3), value, np.uint8), title, sides)


LEGEND = Legend(
    (Key("tumour: 12 voxels", COLOURS[0], "line"), Key("3", COLOURS[2], "surface")),
    ("black 0, white 9",),
    0.5,
    "mm",
)


def boxes(picture: np.ndarray, value: int) -> list[tuple[int, int, int, int]]:
    """Where tiles of an even value are: y, x, height, width."""
    ys, xs = np.nonzero((picture == value).all(axis=-1))
    return [(int(ys.min()), int(xs.min()), int(np.ptp(ys)) + 1, int(np.ptp(xs)) + 1)]


class TestMosaic:
    def test_tiles_of_a_row_are_as_they_are_with_letters_around(self):
        picture = row([tile(77), tile(99, (50, 30), "sagittal, x = 3")], "scan.nii.gz", LEGEND)
        (left,), (right,) = boxes(picture, 77), boxes(picture, 99)
        assert left[2:] == (40, 60)
        assert right[2:] == (50, 30)
        assert left[0] == right[0]
        assert left[1] + 60 < right[1]
        y, x, *_ = left
        ground = picture[0, 0]
        for there in (
            picture[y - 14 : y - 1, x + 20 : x + 40],
            picture[y + 41 : y + 54, x + 20 : x + 40],
            picture[y + 10 : y + 30, x - 15 : x - 2],
            picture[y + 10 : y + 30, x + 61 : x + 76],
        ):
            assert (there != ground).any()
            assert there.max() > 200

    def test_the_letters_are_those_of_the_sides(self):
        one = row([tile(77)], "", LEGEND)
        other = row([tile(77, sides=Sides("L", "R", "A", "P"))], "", LEGEND)
        (y, x, high, wide), *_ = boxes(one, 77)
        differs = np.argwhere((one != other).any(axis=-1))
        assert len(differs)
        assert (abs(differs[:, 0] - (y + high / 2)) < 12).all()
        assert ((differs[:, 1] < x) | (differs[:, 1] >= x + wide)).all()

    def test_a_grid_has_letters_once_and_a_number_under_each_tile(self):
        tiles = [tile(60 + k, title=f"z = {k}") for k in range(5)]
        picture = grid(tiles, 3, "", LEGEND)
        found = [boxes(picture, 60 + k)[0] for k in range(5)]
        assert len({y for y, *_ in found[:3]}) == len({y for y, *_ in found[3:]}) == 1
        assert [x for _, x, *_ in found[:2]] == [x for _, x, *_ in found[3:]]
        for y, x, high, _ in found:
            assert picture[y + high + 1 : y + high + 14, x : x + 40].max() > 120

    def test_the_bar_is_as_long_as_it_says(self):
        picture = row([tile(77, title="", sides=None)], "", LEGEND)
        assert round_length(60 * 0.5) == 10
        (y, x, high, _), *_ = boxes(picture, 77)
        under = picture[y + high + 1 :, x : x + 24].max(axis=-1) > 220
        longest = max(int(line.sum()) for line in under)
        assert longest == 20  # 10 mm, of half a millimetre a pixel

    def test_a_legend_has_each_colour_and_is_as_wide_as_the_picture(self):
        keys = tuple(Key(f"region {k}: 1,000 voxels", COLOURS[k], "dashes") for k in range(7))
        picture = row([tile(77, (90, 400))], "", LEGEND._replace(keys=keys))
        for colour in COLOURS:
            assert (picture == colour).all(axis=-1).sum() > 20
        assert picture.shape[1] < 500

    def test_what_is_too_long_ends_with_dots(self):
        long = row([tile(77)], "very " * 300, LEGEND)
        assert long.shape[1] < 500
        named = LEGEND._replace(keys=(Key("name " * 300, COLOURS[0], "line"),))
        assert row([tile(77)], "", named).shape[1] < 500

    def test_it_is_the_same_each_time(self):
        np.testing.assert_array_equal(row([tile(5)], "a", LEGEND), row([tile(5)], "a", LEGEND))
