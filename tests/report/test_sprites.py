"""Volumes for pages: what is decoded of them is what was put in, as exactly as is said."""

import zlib
from base64 import b64decode

import imagecodecs
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from voxlogica.images.geometry import Geometry
from voxlogica.images.image import Image
from voxlogica.report.sprites import packed, sprite

PLENTY = 1_000_000


def smooth(shape, seed=0):
    """What a JPEG keeps well: waves over the voxels, from 0 to 1."""
    z, y, x = np.indices(shape) / 9
    return (2 + np.sin(x + seed) + np.cos(y) * np.sin(z)) / 4


def image_of(array, components=1):
    shape = array.shape[:-1] if components > 1 else array.shape
    return Image(np.ascontiguousarray(array), Geometry.of_size(*shape[::-1]))


def decoded(made, geometry):
    """The values of a sprite, by another decoder than that of pages; coarse tiles enlarged."""
    told = made.to_json("name")
    sheet = imagecodecs.jpeg8_decode(b64decode(told["jpeg"])).astype(float)
    count = geometry.size[2] if geometry.dimension == 3 else 1
    width, height = told["tile"]
    tiles = []
    for k in range(count):
        left = k % told["columns"] * told["step"][0]
        top = k // told["columns"] * told["step"][1]
        tile = sheet[top : top + height, left : left + width]
        tiles.append(tile.repeat(told["coarse"], 0).repeat(told["coarse"], 1))
    nx, ny = geometry.size[:2]
    values = np.stack(tiles)[:, :ny, :nx] / 255 * (told["high"] - told["low"]) + told["low"]
    return values if geometry.dimension == 3 else values[0]


@pytest.mark.parametrize("shape", [(7, 33, 50), (1, 8, 8), (30, 16, 9)])
@pytest.mark.parametrize("dtype", ["int16", "uint8", "float32", "float64", "uint32"])
def test_every_slice_is_found_in_its_place(shape, dtype):
    values = (smooth(shape) * 200).astype(dtype)
    made = sprite(image_of(values), PLENTY)
    assert made.coarse == 1
    assert np.abs(decoded(made, Geometry.of_size(*shape[::-1])) - values).max() < 25
    assert np.abs(decoded(made, Geometry.of_size(*shape[::-1])) - values).mean() < 4


def test_the_window_is_within_what_is_kept():
    made = sprite(image_of((smooth((5, 20, 20)) * 900 - 300).astype("f4")), PLENTY)
    assert made.low <= made.shown.low < made.shown.high <= made.high


def test_a_picture_is_a_single_slice():
    values = smooth((1, 30, 40))[0].astype("f4")
    made = sprite(image_of(values), PLENTY)
    assert np.abs(decoded(made, Geometry.of_size(40, 30)) - values).mean() < 0.02


def test_colours_stay_colours():
    values = np.stack([smooth((4, 24, 24), seed) * 255 for seed in range(3)], -1).astype("u1")
    made = sprite(image_of(values, 3), PLENTY)
    assert made.components == 3
    assert np.abs(decoded(made, Geometry.of_size(24, 24, 4)) - values).mean() < 12


def test_what_is_too_large_becomes_coarser_and_keeps_its_place():
    noise = np.random.default_rng(1).normal(0, 0.2, (20, 65, 83))
    values = ((smooth((20, 65, 83)) + noise) * 100).astype("f4")
    large, small = sprite(image_of(values), PLENTY), sprite(image_of(values), 14_000)
    assert large.coarse == 1 and small.coarse > 1 and len(small.jpeg) <= 14_000
    assert np.abs(decoded(small, Geometry.of_size(83, 65, 20)) - values).mean() < 25


def test_what_would_show_nothing_is_left_out():
    values = np.random.default_rng(1).normal(0, 1, (120, 128, 128)).astype("f4")
    assert sprite(image_of(values), 5_000) is None
    assert sprite(image_of(values), 12_000) is None


def test_labels_are_not_mixed():
    labels = np.zeros((4, 9, 9), np.uint8)
    labels[1:3, 2:5, 2:5] = 3
    labels[1:3, 6:8, 2:5] = 1
    assert sprite(image_of(labels), PLENTY) is None


@given(
    arrays.arrays(
        np.float32,
        (2, 5, 6),
        elements=st.floats(width=32) | st.sampled_from([np.nan, np.inf, -np.inf, 0.0]),
    )
)
@settings(max_examples=60)
def test_any_numbers_are_shown_somehow(values):
    made = sprite(image_of(values), PLENTY)
    if made is not None:
        assert np.isfinite([made.low, made.high, *made.shown]).all()
        assert made.low < made.high
        assert decoded(made, Geometry.of_size(6, 5, 2)).shape == (2, 5, 6)


@given(arrays.arrays(bool, arrays.array_shapes(min_dims=2, max_dims=3, max_side=9)))
def test_regions_are_exact(region):
    bits = np.frombuffer(zlib.decompress(b64decode(packed(region))), np.uint8)
    found = np.unpackbits(bits, count=region.size, bitorder="little").astype(bool)
    assert np.array_equal(found.reshape(region.shape), region)


def test_where_there_is_room_values_are_nearly_as_they_are():
    noise = np.random.default_rng(1).normal(100, 20, (8, 18, 16)).astype(np.float32)
    image = image_of(noise)
    made = sprite(image, PLENTY)
    away = np.abs(decoded(made, image.geometry) - noise.clip(made.low, made.high))
    assert np.percentile(away, 95) < (made.high - made.low) / 50
