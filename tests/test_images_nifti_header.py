"""Headers of grids along the patient's axes: as ITK reads and writes them, or left to it."""

from __future__ import annotations

import struct

import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813
from hypothesis import given, settings
from hypothesis import strategies as st

from voxlogica.images.formats import FORMATS
from voxlogica.images.geometry import Geometry
from voxlogica.images.library import read_header
from voxlogica.images.nifti_header import aligned_header, encoded_header

FIELDS = "i10s18sihcB8hfffhhhh8ffffhBBffffii80s24shhffffff12f16s4s4B"
KINDS = ("u1", "i1", "u2", "i2", "u4", "i4", "u8", "i8", "f4", "f8")


@st.composite
def geometries(draw):
    n = draw(st.sampled_from([2, 3]))
    steps = st.floats(0.01, 100) | st.sampled_from([1.0, 0.88, 1.1, 2.0])
    places = st.floats(-1e4, 1e4) | st.sampled_from([0.0, -118.12])
    signs = [draw(st.sampled_from([1.0, -1.0])) for _ in range(n)]
    return Geometry(
        size=tuple(draw(st.integers(2, 5)) for _ in range(n)),
        spacing=tuple(draw(steps) for _ in range(n)),
        origin=tuple(draw(places) for _ in range(n)),
        direction=tuple(signs[i] * (i == j) for i in range(n) for j in range(n)),
    )


def itk_image(geometry, dtype):
    image = sitk.GetImageFromArray(np.zeros(geometry.shape, dtype))
    image.SetSpacing(geometry.spacing)
    image.SetOrigin(geometry.origin)
    image.SetDirection(geometry.direction)
    return image


def by_itk(path):
    header = read_header(str(path), FORMATS[".nii"])
    return header.size, header.spacing, header.origin, header.direction, header.components


def here(content, order="<"):
    header = aligned_header(content[:348], order)
    if header is None:
        return None
    return header.size, header.spacing, header.origin, header.direction, header.components


@given(geometries(), st.sampled_from(KINDS))
@settings(max_examples=60, deadline=None)
def test_what_is_written_is_what_itk_writes(tmp_path_factory, geometry, kind):
    path = tmp_path_factory.mktemp("written") / "a.nii"
    sitk.WriteImage(itk_image(geometry, kind), path)
    theirs = struct.unpack("=" + FIELDS, path.read_bytes()[:352])
    ours = struct.unpack("=" + FIELDS, encoded_header(np.dtype(kind), geometry))
    assert ours == theirs


@given(geometries(), st.sampled_from(KINDS))
@settings(max_examples=60, deadline=None)
def test_what_is_read_is_what_itk_reads(tmp_path_factory, geometry, kind):
    path = tmp_path_factory.mktemp("read") / "a.nii"
    sitk.WriteImage(itk_image(geometry, kind), path)
    assert here(path.read_bytes()) == by_itk(path)


def field(name, *values):
    offset, form = {
        "handed": (76, "f"),
        "steps": (80, "3f"),
        "units": (123, "B"),
        "qcode": (252, "h"),
        "scode": (254, "h"),
        "turn": (256, "3f"),
        "offsets": (268, "3f"),
        "row x": (280, "4f"),
    }[name]
    return offset, struct.pack("<" + form, *values)


@given(
    geometry=geometries(),
    handed=st.sampled_from([1.0, -1.0, 0.0]),
    turn=st.sampled_from([(0, 0, 0), (1, 0, 0), (0, 1, 0), (0, 0, 1), (0, 0, -1), (0.5, 0.5, 0.5)]),
    codes=st.sampled_from([(0, 0), (1, 0), (0, 1), (2, 2), (1, 4), (3, 1)]),
    units=st.sampled_from([0, 1, 2, 3, 10]),
    consistent=st.booleans(),
)
@settings(max_examples=150, deadline=None)
def test_other_writers_headers_are_read_as_itk_does_or_left_to_it(
    tmp_path_factory, geometry, handed, turn, codes, units, consistent
):
    path = tmp_path_factory.mktemp("read") / "a.nii"
    sitk.WriteImage(itk_image(geometry, "u1"), path)
    content = bytearray(path.read_bytes())
    changes = [field("qcode", codes[0]), field("scode", codes[1]), field("units", units)]
    if not consistent:
        changes += [field("handed", handed), field("turn", *turn)]
    for offset, change in changes:
        content[offset : offset + len(change)] = change
    path.write_bytes(content)
    found = here(bytes(content))
    assert found is None or found == by_itk(path)
    if consistent and codes != (0, 0) and units in (0, 2, 10):
        assert found is not None


@pytest.mark.parametrize(
    "change",
    [
        field("steps", 1.0, 2.0, 0.0),
        field("steps", 1.0, -2.0, 1.0),
        field("steps", 2.0, 1.0, 1.0),
        field("offsets", 1.0, 2.0, 4.0),
        field("row x", 1.0, 0.1, 0.0, 0.0),
        field("turn", 0.1, 0.0, 0.0),
        (40, struct.pack("<4h", 3, 5, 4, 1)),
        (40, struct.pack("<5h", 4, 5, 4, 3, 1)),
        (70, struct.pack("<h", 128)),
        (344, b"ni1\0"),
    ],
)
def test_what_is_not_simple_is_left_to_itk(tmp_path, change):
    path = tmp_path / "a.nii"
    sitk.WriteImage(itk_image(Geometry.of_size(5, 4, 3), "u1"), path)
    content = bytearray(path.read_bytes())
    assert here(bytes(content)) is not None
    content[change[0] : change[0] + len(change[1])] = change[1]
    assert here(bytes(content)) is None


def test_a_header_of_the_other_byte_order_is_read_alike(tmp_path):
    geometry = Geometry.of_size(5, 4, 3, spacing=(1.0, 2.0, 0.5))
    head = encoded_header(np.dtype("i2"), geometry)
    turned = struct.pack(">" + FIELDS, *struct.unpack("=" + FIELDS, head))
    assert here(turned, ">") == here(head)


def test_turned_and_distant_grids_are_written_by_itk():
    turned = Geometry((2, 2), (1.0, 1.0), (0.0, 0.0), (0.0, 1.0, -1.0, 0.0))
    distant = Geometry((2, 2), (1.0, 1.0), (0.0, 1e30), (1.0, 0.0, 0.0, 1.0))
    for geometry in (turned, distant):
        assert encoded_header(np.dtype("u1"), geometry) is None
