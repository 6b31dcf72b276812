"""Voxels as the page gets them."""

import json
import struct
import zlib
from base64 import b64decode

import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813

from voxlogica.images.geometry import Geometry
from voxlogica.images.image import Image
from voxlogica.images.reading import open_image, read_image
from voxlogica.report.sprites import sprite
from voxlogica.studio.encoding import scan_frame


def told(frame: bytes) -> tuple[dict[str, object], bytes]:
    (length,) = struct.unpack_from("<I", frame)
    return json.loads(frame[4 : 4 + length]), zlib.decompress(frame[4 + length :])


@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
def test_colours_come_as_they_are_shown(tmp_path, kind):
    colours = np.random.default_rng(3).integers(0, 256, (5, 7, 3)).astype(kind)
    colours[0, :2] = [[0], [255]]
    path = tmp_path / "photo.png"
    sitk.WriteImage(sitk.GetImageFromArray(colours, isVector=True), str(path))
    header, data = told(scan_frame("x", 0, read_image(open_image(str(path)))))
    assert header["type"] == "u8"
    assert header["components"] == 3
    found = np.frombuffer(data, np.uint8).reshape(5, 7, 3)
    assert found[0, 0].tolist() == [0, 0, 0]
    assert found[0, 1].tolist() == [255, 255, 255]
    if kind is np.uint8:
        np.testing.assert_array_equal(found, colours)


def numbers_of(values: np.ndarray) -> tuple[dict[str, object], np.ndarray, np.ndarray]:
    """A frame's header, what its numbers stand for, and which voxels are none."""
    geometry = Geometry.of_size(*values.shape[::-1])
    header, data = told(scan_frame("x", 0, Image(values, geometry)))
    count = values.size
    codes = np.frombuffer(data, "<u2", count).astype(float)
    missing = np.zeros(values.shape, bool)
    if header.get("missing"):
        bits = np.frombuffer(data, np.uint8, offset=2 * count)
        missing = np.unpackbits(bits, count=count, bitorder="little").astype(bool)
        # As the page finds out how many there are.
        assert len(data) * 8 // 17 == count
    low, high = header["low"], header["high"]
    found = low + codes / 65535 * (high - low)
    return header, found.reshape(values.shape), missing.reshape(values.shape)


@pytest.mark.parametrize("far", [1e9, -1e9, 3e38, np.inf, -np.inf])
def test_a_voxel_that_is_far_off_leaves_the_others_told_apart(far):
    values = np.random.default_rng(1).normal(100, 20, (4, 20, 30)).astype(np.float32)
    values[1, 2, 3] = far
    header, found, missing = numbers_of(values)
    assert not missing.any()
    others = np.isfinite(values) & (np.abs(values) < 1e6)
    assert np.abs(found - values)[others].max() < (header["last"] - header["first"]) / 300
    assert header["beyond"] == [far < 0, far > 0]
    assert found[1, 2, 3] == pytest.approx(header["high"] if far > 0 else header["low"])


@pytest.mark.parametrize("shape", [(1, 1), (3, 5), (2, 3, 7)])
def test_what_is_no_number_is_told_as_such(shape):
    values = np.random.default_rng(2).normal(size=shape).astype(np.float32)
    values.reshape(-1)[::3] = np.nan
    _, found, missing = numbers_of(values)
    np.testing.assert_array_equal(missing, np.isnan(values))
    np.testing.assert_allclose(found[~missing], values[~missing], atol=1e-3)


@pytest.mark.parametrize("value", [0.0, 7.5, -1e30, np.nan, np.inf])
def test_a_scan_of_one_value_is_that_everywhere(value):
    _, found, missing = numbers_of(np.full((2, 3, 4), value, np.float32))
    assert missing.all() == np.isnan(value)
    if np.isfinite(value):
        np.testing.assert_allclose(found, value, rtol=1e-6)


def test_what_is_no_number_is_beside_the_sprite_of_a_page():
    values = np.random.default_rng(2).normal(size=(9, 40, 40)).astype(np.float32)
    values[2, 3, 4] = np.nan
    made = sprite(Image(values, Geometry.of_size(40, 40, 9)), 500_000)
    bits = np.frombuffer(zlib.decompress(b64decode(made.missing)), np.uint8)
    missing = np.unpackbits(bits, count=values.size, bitorder="little").reshape(values.shape)
    np.testing.assert_array_equal(missing.astype(bool), np.isnan(values))
