"""Voxels as the page gets them."""

import json
import struct
import zlib

import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813

from voxlogica.images.reading import open_image, read_image
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
