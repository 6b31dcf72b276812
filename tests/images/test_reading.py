"""Reading image files: SimpleITK is the reference, for voxels and geometry alike."""

from __future__ import annotations

import bz2
import gzip
import hashlib
import math
import os
import pickle
import re
import shutil
import struct
import sys
import threading
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from voxlogica.dataclass import replace
from voxlogica.images.errors import ImageFileError
from voxlogica.images.image import Image
from voxlogica.images.readers import kept
from voxlogica.images.reading import ImageFile, open_image, read_image
from voxlogica.remarks import heard

ANY_FOLDER = settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


# What files are made of


def grid(*shape: int, dtype: str = "int16", components: int = 1) -> np.ndarray:
    """Voxels that are all different as far as the type allows."""
    count = int(np.prod(shape)) * components
    values = (np.arange(count) * 7 % 251).astype(dtype)
    return values.reshape((*shape, components) if components > 1 else shape)


def itk_image(voxels: np.ndarray, components: int = 1) -> sitk.Image:
    """A SimpleITK image with a geometry that is nothing ordinary."""
    image = sitk.GetImageFromArray(voxels, isVector=components > 1)
    image.SetSpacing((0.5, 1.25, 3.0)[: image.GetDimension()])
    image.SetOrigin((-3.5, 4.0, 10.25)[: image.GetDimension()])
    if image.GetDimension() == 3:
        image.SetDirection((0.0, -1.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0))
    return image


def nifti(
    voxels: bytes,
    size: tuple[int, ...],
    code: int,
    *,
    order: str = "<",
    slope: float = 0.0,
    intercept: float = 0.0,
    offset: float = 352.0,
    intent: int = 0,
    magic: bytes = b"n+1\0",
    pixdim: tuple[float, ...] = (1.0, 0.5, 1.25, 3.0),
    sform: tuple[float, ...] | None = None,
    qform: int = 1,
) -> bytes:
    """A NIfTI-1 file made by hand, field by field."""
    head = bytearray(348)
    struct.pack_into(order + "i", head, 0, 348)
    struct.pack_into(order + "8h", head, 40, len(size), *size, *(1,) * (7 - len(size)))
    struct.pack_into(order + "3h", head, 68, intent, code, 8)
    struct.pack_into(order + "8f", head, 76, *pixdim, *(1.0,) * (8 - len(pixdim)))
    struct.pack_into(order + "3f", head, 108, offset, slope, intercept)
    struct.pack_into(order + "2h", head, 252, qform, 0 if sform is None else 1)
    struct.pack_into(order + "6f", head, 256, 0.0, 0.0, 0.5, 10.0, -20.0, 30.0)
    if sform is not None:
        struct.pack_into(order + "12f", head, 280, *sform)
    head[344:348] = magic
    return bytes(head) + b"\0" * 4 + voxels


NIFTI_CODES = {
    "uint8": 2,
    "int16": 4,
    "int32": 8,
    "float32": 16,
    "float64": 64,
    "int8": 256,
    "uint16": 512,
    "uint32": 768,
    "int64": 1024,
    "uint64": 1280,
}


# What reading them gives


def load(path: Path) -> Image:
    return read_image(open_image(path))


def refusal(path: Path | str) -> ImageFileError:
    """The error of opening or reading a file, which must be one line that names it."""
    with pytest.raises(ImageFileError) as caught:
        load(Path(path))
    message = caught.value.message
    assert "\n" not in message
    assert Path(path).name in message
    return caught.value


def assert_as_itk(path: Path, reference: Path | None = None) -> Image:
    """Read a file as SimpleITK does, voxels, type, geometry and all, but for dots per inch."""
    image, expected = load(path), sitk.ReadImage(str(reference or path))
    assert image.geometry.size == expected.GetSize()
    if path.suffix.lstrip(".") in {*PICTURE_FORMATS, "tif"}:
        assert image.geometry.spacing == (1.0,) * expected.GetDimension()
    else:
        assert image.geometry.spacing == expected.GetSpacing()
    assert image.geometry.origin == expected.GetOrigin()
    # niftilib has them in float32.
    exact = 0.0 if path.suffix not in (".nii", ".gz", ".hdr", ".img") else 1e-6
    assert image.geometry.direction == pytest.approx(expected.GetDirection(), abs=exact, rel=0)
    assert image.components == expected.GetNumberOfComponentsPerPixel()
    voxels = sitk.GetArrayFromImage(expected)
    assert image.array.dtype == voxels.dtype
    np.testing.assert_array_equal(image.array, voxels)
    assert image.array.flags.c_contiguous
    assert image.array.flags.aligned
    assert not image.array.flags.writeable
    return image


# NIfTI, whose voxels are not read by SimpleITK


@ANY_FOLDER
@given(
    dtype=st.sampled_from(sorted(NIFTI_CODES)),
    size=st.lists(st.integers(2, 5), min_size=2, max_size=3).map(tuple),
    order=st.sampled_from("<>"),
    scaling=st.sampled_from([(0.0, 0.0), (1.0, 0.0), (0.1, 5.0), (-2.0, -0.7), (1.0, math.nan)]),
    extra=st.integers(0, 3),
    compress=st.booleans(),
    seed=st.integers(0, 99),
)
def test_nifti_is_read_as_simpleitk_reads_it(
    tmp_path: Path,
    dtype: str,
    size: tuple[int, ...],
    order: str,
    scaling: tuple[float, float],
    extra: int,
    compress: bool,
    seed: int,
) -> None:
    bits = np.random.default_rng(seed).bytes(int(np.prod(size)) * np.dtype(dtype).itemsize)
    values = np.frombuffer(bits, np.dtype(dtype).newbyteorder(order))
    if values.dtype.kind == "f":  # what becomes of nan and inf has a test of its own
        values = np.nan_to_num(values, nan=1, posinf=2, neginf=3).astype(values.dtype)
    elif values.itemsize > 2:  # ITK rounds larger ones to float32 before it scales them
        values = (values >> np.array(8 * values.itemsize - 23, values.dtype)).astype(values.dtype)
    content = nifti(
        b"\0" * 16 * extra + values.tobytes(),
        size,
        NIFTI_CODES[dtype],
        order=order,
        slope=scaling[0],
        intercept=scaling[1],
        offset=352.0 + 16 * extra,
    )
    path = tmp_path / ("a.nii.gz" if compress else "a.nii")
    path.write_bytes(gzip.compress(content) if compress else content)
    with np.errstate(all="ignore"):
        assert_as_itk(path)
    path.unlink()


@pytest.mark.parametrize("extension", ["mha", "mhd", "nrrd", "tif"])
def test_nan_and_infinity_are_kept_in_every_format_but_nifti(
    tmp_path: Path, extension: str
) -> None:
    voxels = np.array([[np.nan, np.inf, -np.inf], [0, 1, 2]], "float32")
    sitk.WriteImage(itk_image(voxels), tmp_path / f"a.{extension}")
    with heard() as remarks:
        np.testing.assert_array_equal(load(tmp_path / f"a.{extension}").array, voxels)
    assert remarks == []


@pytest.mark.parametrize("kind", ["f4", "f8"])
@pytest.mark.parametrize("extension", ["nii", "nii.gz"])
def test_nan_and_infinity_are_0_in_nifti_as_itk_has_it_and_counted(
    tmp_path: Path, extension: str, kind: str
) -> None:
    voxels = np.array([[np.nan, np.inf, -np.inf], [0, 1, 2]], kind)
    sitk.WriteImage(itk_image(voxels), tmp_path / f"a.{extension}")
    with heard() as remarks:
        assert_as_itk(tmp_path / f"a.{extension}")
    (remark,) = remarks
    assert "3 values are nan or infinite, and read as 0" in remark.message
    voxels = np.full((2, 3), np.finfo(kind).max, kind)  # whose sum is infinite
    sitk.WriteImage(itk_image(voxels), tmp_path / f"b.{extension}")
    with heard() as remarks:
        np.testing.assert_array_equal(load(tmp_path / f"b.{extension}").array, voxels)
    assert remarks == []


@pytest.mark.parametrize("code, size", [(128, (2, 3, 4)), (2304, (3, 2)), (128, (5, 2))])
def test_nifti_colour_is_read_with_components_last(
    tmp_path: Path, code: int, size: tuple[int, ...]
) -> None:
    path = tmp_path / "colour.nii"
    path.write_bytes(nifti(bytes(range(96)), size, code))
    assert load(path).array.shape == (*size[::-1], 3 if code == 128 else 4)
    assert_as_itk(path)


def test_nifti_vectors_are_read_though_their_components_lie_apart(tmp_path: Path) -> None:
    path = tmp_path / "vectors.nii"
    sitk.WriteImage(itk_image(grid(3, 4, 5, components=3), components=3), path)
    assert_as_itk(path)


def test_scaled_nifti_vectors_are_scaled(tmp_path: Path) -> None:
    # SimpleITK overruns its memory here, so the expected values are written out.
    path = tmp_path / "scaled.nii"
    voxels = np.arange(24, dtype="int16")
    path.write_bytes(nifti(voxels.tobytes(), (2, 2, 2, 1, 3), 4, intent=1007, slope=2, intercept=1))
    expected = np.moveaxis(voxels.reshape(3, 2, 2, 2), 0, -1) * np.float32(2) + np.float32(1)
    np.testing.assert_array_equal(load(path).array, expected)


def test_a_compressed_image_is_not_mistaken_for_its_uncompressed_neighbour(tmp_path: Path) -> None:
    voxels = grid(3, 4, 5)
    sitk.WriteImage(itk_image(voxels), tmp_path / "a.nii.gz")
    sitk.WriteImage(itk_image(voxels + 1000), tmp_path / "a.nii")
    np.testing.assert_array_equal(load(tmp_path / "a.nii.gz").array, voxels)
    np.testing.assert_array_equal(load(tmp_path / "a.nii").array, voxels + 1000)


def test_gzip_files_in_a_row_are_one_file(tmp_path: Path) -> None:
    voxels = grid(3, 4, 5)
    sitk.WriteImage(itk_image(voxels), tmp_path / "plain.nii")
    content = (tmp_path / "plain.nii").read_bytes()
    pieces = [content[:100], content[100:360], content[360:]]
    (tmp_path / "a.nii.gz").write_bytes(b"".join(map(gzip.compress, pieces)))
    np.testing.assert_array_equal(load(tmp_path / "a.nii.gz").array, voxels)


@pytest.mark.parametrize("compress", [False, True])
@pytest.mark.parametrize("magic", [b"ni1\0", b"\0\0\0\0"], ids=["NIfTI", "Analyze"])
@pytest.mark.parametrize("named", ["pair.hdr", "pair.img"])
def test_a_pair_of_header_and_voxels_is_read_by_either_name(
    tmp_path: Path, named: str, magic: bytes, compress: bool
) -> None:
    if compress and named == "pair.img":
        return
    voxels = grid(2, 3, 4).tobytes()
    (tmp_path / "pair.hdr").write_bytes(nifti(b"", (4, 3, 2), 4, magic=magic, offset=0)[:348])
    name = "pair.img.gz" if compress else "pair.img"
    (tmp_path / name).write_bytes(gzip.compress(voxels) if compress else voxels)
    assert_as_itk(tmp_path / named, tmp_path / "pair.hdr")


def test_half_a_pair_says_what_is_missing(tmp_path: Path) -> None:
    (tmp_path / "pair.hdr").write_bytes(nifti(b"", (4, 3, 2), 4, magic=b"ni1\0", offset=0)[:348])
    assert '"pair.img" is missing' in refusal(tmp_path / "pair.hdr").message.replace(
        f"{tmp_path}/", ""
    )


# Other formats


VOLUME_FORMATS = ["nii", "nii.gz", "mha", "mhd", "nrrd", "nhdr", "tif"]
PICTURE_FORMATS = ["png", "jpg", "jpeg", "bmp", "tiff"]


@pytest.mark.parametrize("components", [1, 3, 4])
@pytest.mark.parametrize("dtype", ["uint8", "int16", "float32"])
@pytest.mark.parametrize("compress", [False, True])
@pytest.mark.parametrize("extension", VOLUME_FORMATS)
def test_volumes_are_read_as_simpleitk_reads_them(
    tmp_path: Path, extension: str, compress: bool, dtype: str, components: int
) -> None:
    path = tmp_path / f"a.{extension}"
    voxels = grid(3, 4, 5, dtype=dtype, components=components)
    sitk.WriteImage(itk_image(voxels, components), path, useCompression=compress)
    assert_as_itk(path)


@pytest.mark.parametrize("components", [1, 3, 4])
@pytest.mark.parametrize("extension", PICTURE_FORMATS)
def test_pictures_are_read_as_simpleitk_reads_them(
    tmp_path: Path, extension: str, components: int
) -> None:
    if (extension, components) in {("jpg", 4), ("jpeg", 4), ("bmp", 1)}:
        return
    path = tmp_path / f"a.{extension}"
    voxels = grid(6, 9, dtype="uint8", components=components)
    sitk.WriteImage(itk_image(voxels, components), path)
    assert_as_itk(path)


def test_a_bmp_of_greys_has_one_component(tmp_path: Path) -> None:
    voxels = grid(6, 9, dtype="uint8")
    sitk.WriteImage(itk_image(voxels), tmp_path / "grey.bmp")
    assert open_image(tmp_path / "grey.bmp").components == 1
    np.testing.assert_array_equal(load(tmp_path / "grey.bmp").array, voxels)


@pytest.mark.parametrize("extension", ["nii", "nii.gz", "mha", "nrrd", "png", "jpg", "bmp", "tif"])
def test_extensions_in_capitals_are_the_same(tmp_path: Path, extension: str) -> None:
    sitk.WriteImage(itk_image(grid(4, 5, dtype="uint8")), tmp_path / f"a.{extension}")
    small = open_image(tmp_path / f"a.{extension}")
    (tmp_path / f"a.{extension}").rename(tmp_path / f"B.{extension.upper()}")
    capital = open_image(tmp_path / f"B.{extension.upper()}")
    assert capital.canonical() == small.canonical()
    assert read_image(capital).array.shape == (4, 5)


def test_names_with_spaces_and_letters_of_all_scripts_are_read(tmp_path: Path) -> None:
    for name in ["a b.mhd", "ärzte/脑.nii.gz", "50%.mha", "scan.nii.nii", "scan.hdr.nii"]:
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        plain = tmp_path / f"plain.{name.rpartition('.')[2].replace('gz', 'nii.gz')}"
        if name.endswith("mhd"):
            sitk.WriteImage(itk_image(grid(3, 4, 5)), path)
        else:
            sitk.WriteImage(itk_image(grid(3, 4, 5)), plain)
            plain.rename(path)
        np.testing.assert_array_equal(load(path).array, grid(3, 4, 5))


# MetaImage, which SimpleITK does not read


META = "ObjectType = Image\nNDims = 3\nDimSize = 5 4 3\nElementType = MET_SHORT\n"


@pytest.mark.parametrize(
    "name",
    ["50%.raw", "x%s.raw", "x%n.raw", "best 77 % d.raw", "s(%Max=5).raw", "a\\b.raw", "ä脑.raw"],
)
def test_a_metaimage_s_data_file_may_have_any_name(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(grid(3, 4, 5).tobytes())
    (tmp_path / "a.mhd").write_text(META + f"ElementDataFile = {name}\n")
    np.testing.assert_array_equal(load(tmp_path / "a.mhd").array, grid(3, 4, 5))


@pytest.mark.parametrize(
    "fields",
    [
        "ElementSize = 1 2 3",
        "ElementSpacing = 4 5 6\nElementSize = 1 2 3",
        "ElementSpacing: 4 5 6",
        "Position = 1 2 3\nOrigin = 4 5 6\nOffset = 7 8 9",
        "Position = 7 8 9\nOffset = 1 2 3",
        "TransformMatrix = 0 1 0 0 0 1 1 0 0\nCenterOfRotation = 1 1 1",
        "Orientation = 0 1 0 0 0 1 1 0 0\nRotation = 0 0 1 1 0 0 0 1 0",
        "HeaderSize = 7",
        "HeaderSize = -1",
        "BinaryDataByteOrderMSB = True",
        "ElementByteOrderMSB = 1\nBinaryData = True",
        "Comment = a = b: c\nAnatomicalOrientation = RAS\nName = %s%n",
    ],
)
def test_a_metaimage_s_fields_mean_what_they_do_to_simpleitk(tmp_path: Path, fields: str) -> None:
    (tmp_path / "a.raw").write_bytes(bytes(7) + grid(3, 4, 5).tobytes())
    (tmp_path / "a.mhd").write_text(META + f"{fields}\nElementDataFile = a.raw\n")
    assert_as_itk(tmp_path / "a.mhd")


def test_a_metaimage_s_voxels_may_be_written_out(tmp_path: Path) -> None:
    text = " ".join(map(str, grid(3, 4, 5).ravel()))
    for value in (text, text[:-3], text.replace("7", "seven", 1)):
        (tmp_path / "a.mha").write_text(
            META + f"BinaryData = False\nElementDataFile = LOCAL\n{value}"
        )
        if value == text:
            np.testing.assert_array_equal(load(tmp_path / "a.mha").array, grid(3, 4, 5))
        else:
            assert "does not hold 60 numbers of type int16" in refusal(tmp_path / "a.mha").message


@pytest.mark.parametrize(
    "fields",
    [
        "NDims = -1",
        "NDims = 0",
        "NDims = 11",
        "NDims = 3000000000",
        "NDims = three",
        "DimSize = 5 4",
        "DimSize = 5 -4 3",
        "DimSize = 0 4 3",
        "DimSize = 4294967296 4294967296 4294967296",
        "DimSize = 5 4 3.5",
        "ElementNumberOfChannels = 0",
        "ElementNumberOfChannels = 99999999999",
        "ElementType = MET_STRING",
        "ElementType = " + "X" * 5000,
        "ElementSpacing = 1 2",
        "TransformMatrix = 1 0 0",
        "HeaderSize = -2",
        "CompressedData = True\nCompressedDataSize = -5",
        "CompressedData = True\nCompressedDataSize = 5000",
        "CompressedData = True\nDimSize = 5000 4000 3000",
        "Offset = 1e400 0 0",
    ],
)
def test_a_metaimage_s_header_is_not_believed(tmp_path: Path, fields: str) -> None:
    data = "ElementDataFile = LOCAL\n"
    (tmp_path / "a.mha").write_bytes((META + f"{fields}\n{data}").encode() + bytes(120))
    assert len(refusal(tmp_path / "a.mha").message) < 400


def test_a_metaimage_that_names_no_file_of_voxels_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.mhd").write_text(META + "ElementDataFile =\n")
    assert 'its ElementDataFile is ""' in refusal(tmp_path / "a.mhd").message


@pytest.mark.parametrize("change", [0, 1, -1])
def test_a_compressed_metaimage_holds_what_it_says(tmp_path: Path, change: int) -> None:
    voxels = grid(3, 4, 5).tobytes()
    data = zlib.compress(voxels + b"\0" * change if change >= 0 else voxels[:change])
    head = META + f"CompressedData = True\nCompressedDataSize = {len(data)}\n"
    (tmp_path / "a.mha").write_bytes(f"{head}ElementDataFile = LOCAL\n".encode() + data)
    if change:
        assert "bytes are compressed in it" in refusal(tmp_path / "a.mha").message
    else:
        np.testing.assert_array_equal(load(tmp_path / "a.mha").array, grid(3, 4, 5))


def test_every_damaged_byte_of_a_compressed_metaimage_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "a.mha"
    sitk.WriteImage(itk_image(grid(3, 9, 7)), path, useCompression=True)
    whole, content = load(path).array, path.read_bytes()
    begin = content.index(b"LOCAL\n") + 6
    for place in range(begin, len(content)):
        damaged = bytearray(content)
        damaged[place] ^= 0x04
        path.write_bytes(damaged)
        try:
            # The window's size alone may be another without harm.
            assert place == begin
            np.testing.assert_array_equal(load(path).array, whole)
        except (ImageFileError, AssertionError):
            assert "damaged" in refusal(path).message


# NRRD, whose header is checked before NrrdIO sees it

NRRD = "NRRD0004\ntype: int16\ndimension: 3\nsizes: 5 4 3\nendian: little\nencoding: raw\n"


@pytest.mark.parametrize(
    "old, new",
    [
        ("dimension: 3", "dimension: -1"),
        ("dimension: 3", "dimension: 2"),
        ("sizes: 5 4 3", "sizes: 5 -4 3"),
        ("sizes: 5 4 3", "sizes: 5 0 3"),
        ("sizes: 5 4 3", "sizes: " + "1 " * 17),
        ("sizes: 5 4 3", "sizes: 4294967296 4294967296 4294967296"),
        ("encoding: raw", "encoding: gzip\nspace dimension: 3\nsizes: 5000 4000 3000"),
        ("int16", "block"),
        ("int16", "x" * 2000),
        ("endian: little", "x" * 2000),
        ("endian: little", "endian: " + "x" * 2000),
        ("endian: little", "units: " + '"mm" ' * 2000),
        ("endian: little", "endi\0an: little"),
    ],
)
def test_a_nrrd_s_header_is_not_believed(tmp_path: Path, old: str, new: str) -> None:
    (tmp_path / "a.nrrd").write_bytes((NRRD.replace(old, new) + "\n").encode() + bytes(120))
    message = refusal(tmp_path / "a.nrrd").message
    assert "crash" not in message
    assert len(message) < 400


def test_a_nrrd_compressed_by_bzip2_is_not_called_damaged(tmp_path: Path) -> None:
    path = tmp_path / "a.nrrd"
    header = NRRD.replace("raw", "bzip2") + "\n"
    path.write_bytes(header.encode() + bz2.compress(bytes(120)))
    assert refusal(path).message == f'"{path}" is compressed by bzip2, which is not read'


def test_a_nrrd_s_comments_and_keys_may_be_long(tmp_path: Path) -> None:
    keys = "# " + "x" * 5000 + "\nSegmentation_ConversionParameters:=" + "x|" * 5000
    content = f"{NRRD}{keys}\n\n".encode() + grid(3, 4, 5).tobytes()
    (tmp_path / "a.nrrd").write_bytes(content)
    np.testing.assert_array_equal(load(tmp_path / "a.nrrd").array, grid(3, 4, 5))


@pytest.mark.parametrize("name", ["50%.raw", "x%s.raw", "best 77 % d.raw", "a\\b.raw"])
def test_a_nrrd_s_data_file_may_have_any_name(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(grid(3, 4, 5).tobytes())
    (tmp_path / "a.nhdr").write_text(f"{NRRD}data file: {name}\n")
    np.testing.assert_array_equal(load(tmp_path / "a.nhdr").array, grid(3, 4, 5))


def test_a_nrrd_s_data_file_is_no_format_of_printf(tmp_path: Path) -> None:
    for name in ("x%n%d.raw 1 3 1", "%5d%s.raw 1 3 1", "x%d.raw"):
        (tmp_path / name).write_bytes(grid(3, 4, 5).tobytes())
        (tmp_path / "a.nhdr").write_text(f"{NRRD}data file: {name}\n")
        assert "takes for a pattern" in refusal(tmp_path / "a.nhdr").message


# Pictures


@pytest.mark.parametrize("width, height", [(0, 5), (1 << 31, 1 << 31), (30_000, 30_000)])
def test_a_png_s_sides_are_not_believed(tmp_path: Path, width: int, height: int) -> None:
    path = tmp_path / "a.png"
    made_whole(path)
    head = b"IHDR" + struct.pack(">II", width, height) + path.read_bytes()[24:29]
    content = bytearray(path.read_bytes())
    content[12:33] = head + struct.pack(">I", zlib.crc32(head))
    path.write_bytes(content)
    with pytest.raises(ImageFileError, match="damaged"):
        open_image(path)


def test_a_jpeg_s_sides_are_not_believed(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    made_whole(path)
    content = path.read_bytes()
    at = re.search(b"\xff[\xc0\xc2]", content).start() + 5  # type: ignore[union-attr]
    for height, width in ((0, 33), (65500, 65500)):
        path.write_bytes(content[:at] + struct.pack(">HH", height, width) + content[at + 4 :])
        with pytest.raises(ImageFileError, match="damaged"):
            open_image(path)


def test_a_picture_s_header_needs_no_reader_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made_whole(tmp_path / "a.png")
    made_whole(tmp_path / "a.jpg")
    with kept():
        pass  # none is idle
    monkeypatch.setattr(sys, "executable", "")
    assert open_image(tmp_path / "a.png").geometry.size == (33, 21)
    assert open_image(tmp_path / "a.jpg").geometry.size == (33, 21)


# Gzip


def test_sides_that_no_file_holds_are_refused_at_once(tmp_path: Path) -> None:
    for sides in ((32767,) * 3, (32767,) * 6):
        (tmp_path / "a.nii.gz").write_bytes(gzip.compress(nifti(bytes(96), sides, 4)))
        assert "cannot hold" in refusal(tmp_path / "a.nii.gz").message


def test_empty_gzip_members_cost_no_more_than_their_length(tmp_path: Path) -> None:
    voxels = nifti(grid(3, 4, 5).tobytes(), (5, 4, 3), 4)
    empty = gzip.compress(b"")
    (tmp_path / "a.nii.gz").write_bytes(gzip.compress(voxels) + empty * 50_000)
    np.testing.assert_array_equal(load(tmp_path / "a.nii.gz").array, grid(3, 4, 5))


# Sides of length 1


def test_sides_of_length_one_are_dropped_with_a_warning(tmp_path: Path) -> None:
    path = tmp_path / "slice.nii.gz"
    image = sitk.GetImageFromArray(grid(1, 4, 5))
    image.SetSpacing((0.5, 1.5, 9.0))
    image.SetOrigin((1.0, 2.0, 3.0))
    sitk.WriteImage(image, path)
    file = open_image(path)
    assert file.geometry.size == (5, 4)
    assert file.geometry.spacing == (0.5, 1.5)
    assert file.geometry.origin == (1.0, 2.0)
    assert file.geometry.direction == (1, 0, 0, 1)
    (warning,) = file.warnings
    assert "slice.nii.gz" in warning
    assert "5×4×1 is read as 5×4" in warning
    np.testing.assert_array_equal(read_image(file).array, grid(4, 5))


@pytest.mark.parametrize(
    "shape, size",
    [
        ((1, 4, 5), (5, 4)),
        ((4, 1, 5), (5, 4)),
        ((4, 5, 1), (5, 4)),
        ((1, 1, 5), (5, 1)),
        ((1, 5, 1), (1, 5)),
        ((5, 1, 1), (1, 5)),
        ((1, 1, 1), (1, 1)),
    ],
)
def test_what_remains_has_two_sides(
    tmp_path: Path, shape: tuple[int, ...], size: tuple[int, ...]
) -> None:
    path = tmp_path / "thin.mha"
    sitk.WriteImage(sitk.GetImageFromArray(grid(*shape)), path)
    assert open_image(path).geometry.size == size
    np.testing.assert_array_equal(load(path).array.ravel(), grid(*shape).ravel())


@pytest.mark.parametrize(
    "direction",
    [(1, 0, 0, 0, 0, -1, 0, 1, 0), (0.8, 0, 0.6, 0.36, 0.8, -0.48, -0.48, 0.6, 0.64)],
    ids=["coronal", "oblique"],
)
def test_a_tilted_slice_keeps_a_direction_that_can_be_written(
    tmp_path: Path, direction: tuple[float, ...]
) -> None:
    image = sitk.GetImageFromArray(grid(1, 4, 5))
    image.SetDirection(direction)
    sitk.WriteImage(image, tmp_path / "tilted.mha")
    geometry = open_image(tmp_path / "tilted.mha").geometry
    flat = sitk.GetImageFromArray(grid(4, 5))
    flat.SetDirection(geometry.direction)
    assert flat.GetDirection() == geometry.direction == (1, 0, 0, 1)


def test_a_turned_slice_keeps_its_direction(tmp_path: Path) -> None:
    image = sitk.GetImageFromArray(grid(1, 4, 5))
    image.SetDirection((0.6, -0.8, 0, 0.8, 0.6, 0, 0, 0, 1))
    sitk.WriteImage(image, tmp_path / "turned.mha")
    assert open_image(tmp_path / "turned.mha").geometry.direction == (0.6, -0.8, 0.8, 0.6)


def test_a_negative_spacing_is_an_axis_that_runs_the_other_way(tmp_path: Path) -> None:
    path = tmp_path / "mirrored.nii"
    path.write_bytes(nifti(grid(4, 3, 2).tobytes(), (2, 3, 4), 4, pixdim=(1.0, -0.5, 1.25, 3.0)))
    image = assert_as_itk(path)
    assert min(image.geometry.spacing) > 0


# What an image file is known by


def test_a_file_is_known_by_its_content_not_its_place(tmp_path: Path) -> None:
    sitk.WriteImage(itk_image(grid(3, 4, 5)), tmp_path / "a.mhd")
    (tmp_path / "other").mkdir()
    for part in ("a.mhd", "a.raw"):
        shutil.copy(tmp_path / part, tmp_path / "other" / part)
    first, second = open_image(tmp_path / "a.mhd"), open_image(tmp_path / "other" / "a.mhd")
    assert first.path != second.path
    assert first.canonical() == second.canonical()
    assert first.kind.encode() in first.canonical()
    voxels = bytearray((tmp_path / "a.raw").read_bytes())
    voxels[7] ^= 1
    (tmp_path / "other" / "a.raw").write_bytes(voxels)
    assert open_image(tmp_path / "other" / "a.mhd").canonical() != first.canonical()


def test_the_spelling_of_an_extension_does_not_matter(tmp_path: Path) -> None:
    sitk.WriteImage(itk_image(grid(4, 5, dtype="uint8")), tmp_path / "a.jpg")
    shutil.copy(tmp_path / "a.jpg", tmp_path / "a.jpeg")
    short, long = open_image(tmp_path / "a.jpg"), open_image(tmp_path / "a.jpeg")
    assert short.canonical() == long.canonical()


@pytest.mark.parametrize("name, part", [("a.nii.gz", "a.nii.gz"), ("a.mhd", "a.raw")])
def test_a_file_that_changes_after_it_was_opened_is_not_read(
    tmp_path: Path, name: str, part: str
) -> None:
    sitk.WriteImage(itk_image(grid(3, 4, 5)), tmp_path / name)
    file = open_image(tmp_path / name)
    os.utime(tmp_path / part, ns=(1, 1))
    np.testing.assert_array_equal(read_image(file).array, grid(3, 4, 5))
    sitk.WriteImage(itk_image(grid(3, 4, 5) + 1), tmp_path / name)
    with pytest.raises(ImageFileError, match="was changed after the run began"):
        read_image(file)
    (tmp_path / part).unlink()
    with pytest.raises(ImageFileError, match="was changed after the run began"):
        read_image(file)


def test_an_opened_file_can_be_handed_to_another_process(tmp_path: Path) -> None:
    sitk.WriteImage(itk_image(grid(3, 4, 5)), tmp_path / "a.nii.gz")
    file: ImageFile = pickle.loads(pickle.dumps(open_image(tmp_path / "a.nii.gz")))
    assert file == open_image(tmp_path / "a.nii.gz")
    np.testing.assert_array_equal(read_image(file).array, grid(3, 4, 5))


def test_images_are_read_by_many_threads_at_once(tmp_path: Path) -> None:
    made = []
    for number, extension in enumerate(["nii", "nii.gz", "mha", "nrrd", "tif"] * 4):
        path = tmp_path / f"{number}.{extension}"
        sitk.WriteImage(itk_image(grid(3, 40, 50) + number), path, useCompression=True)
        made.append(path)
    for number in range(8):
        path = tmp_path / f"photo{number}.png"
        sitk.WriteImage(itk_image(grid(40, 50, dtype="uint8") + np.uint8(number)), path)
        made.append(path)
    with ThreadPoolExecutor(8) as pool:
        images = list(pool.map(load, made))
    for path, image in zip(made, images, strict=True):
        np.testing.assert_array_equal(image.array, sitk.GetArrayFromImage(sitk.ReadImage(path)))


# What cannot be read


def test_a_missing_file_suggests_the_nearest_name(tmp_path: Path) -> None:
    sitk.WriteImage(itk_image(grid(2, 3, 4)), tmp_path / "case_01_flair.nii.gz")
    problem = refusal(tmp_path / "case_1_Flair.nii.gz")
    assert "does not exist" in problem.message
    assert "case_01_flair.nii.gz" in str(problem.hint)
    assert refusal(tmp_path / "unlike.png").hint is None
    assert "no folder" in refusal(tmp_path / "nowhere" / "a.nii").message
    assert "is a file" in refusal(tmp_path / "case_01_flair.nii.gz" / "a.nii").message


@pytest.mark.parametrize("name", ["", "a\0b.nii", "/dev/null", "x" * 300 + ".nii", "\udcff.nii"])
def test_what_is_no_file_at_all(tmp_path: Path, name: str) -> None:
    if name.startswith("\udcff"):
        (tmp_path / name).write_bytes(b"something")
        name = str(tmp_path / name)
    with pytest.raises(ImageFileError) as caught:
        open_image(name)
    caught.value.message.encode()


@pytest.mark.parametrize("extension", [*VOLUME_FORMATS, *PICTURE_FORMATS, "dcm", "hdr"])
@pytest.mark.parametrize("content", [b"", b"a few words, and no image at all\n" * 40])
def test_a_file_that_is_no_image(
    tmp_path: Path, extension: str, content: bytes, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / f"a.{extension}"
    path.write_bytes(content)
    if extension == "hdr":
        (tmp_path / "a.img").write_bytes(content)
    message = refusal(path).message
    assert ("is empty" in message) == (content == b"")
    assert capfd.readouterr() == ("", "")


def test_a_picture_under_a_wrong_name_says_what_it_is(tmp_path: Path) -> None:
    sitk.WriteImage(itk_image(grid(4, 5, dtype="uint8")), tmp_path / "a.png")
    shutil.copy(tmp_path / "a.png", tmp_path / "a.jpg")
    shutil.copy(tmp_path / "a.png", tmp_path / "a.scan")
    assert "its content is PNG" in refusal(tmp_path / "a.jpg").message
    assert "unknown extension .scan" in refusal(tmp_path / "a.scan").message
    assert "end in .png" in str(refusal(tmp_path / "a.scan").hint)
    (tmp_path / "a.txt").write_text("words")
    assert ".nii.gz" in str(refusal(tmp_path / "a.txt").hint)


def test_compression_must_show_in_the_name(tmp_path: Path) -> None:
    content = nifti(grid(2, 3, 4).tobytes(), (4, 3, 2), 4)
    (tmp_path / "a.nii").write_bytes(gzip.compress(content))
    assert "a.nii.gz" in str(refusal(tmp_path / "a.nii").hint)
    (tmp_path / "b.nii.gz").write_bytes(content)
    np.testing.assert_array_equal(load(tmp_path / "b.nii.gz").array, grid(2, 3, 4))
    (tmp_path / "c.Nii").write_bytes(content)
    assert "rename it to end in .nii" in str(refusal(tmp_path / "c.Nii").hint)


INFINITE = (1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, float("-inf"), 0.0)
SHEARED = (1.0, 0.5, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0)
NIFTI_REFUSALS: dict[str, tuple[str, bytes]] = {
    "five dimensions": ("is 5-D", nifti(bytes(192), (4, 3, 2, 2, 2), 4)),
    "one dimension": ("is 1-D", nifti(bytes(96), (24,), 4)),
    "complex": ("complex numbers", nifti(bytes(192), (4, 3, 2), 32)),
    "128-bit floats": ("128-bit", nifti(bytes(384), (4, 3, 2), 1536)),
    "bits": ("single bits", nifti(bytes(3), (4, 3, 2), 1)),
    "an unknown type": ("unknown type 77", nifti(bytes(96), (4, 3, 2), 77)),
    "a displacement field": ("displacement", nifti(bytes(288), (4, 3, 2, 1, 3), 16, intent=1006)),
    "an infinite place": ("out of this world", nifti(bytes(48), (4, 3, 2), 4, sform=INFINITE)),
    "sheared axes": ("oblique angles", nifti(bytes(48), (4, 3, 2), 4, sform=SHEARED, qform=0)),
    "NIfTI-2 of nothing": (
        "header is damaged",
        struct.pack("<i", 540) + b"n+2\0\r\n\x1a\n" + bytes(600),
    ),
    "a short header": ("truncated", nifti(b"", (4, 3, 2), 4)[:200]),
}


@pytest.mark.parametrize("case", NIFTI_REFUSALS)
def test_nifti_images_that_are_not_read(
    tmp_path: Path, case: str, capfd: pytest.CaptureFixture[str]
) -> None:
    expected, content = NIFTI_REFUSALS[case]
    (tmp_path / "a.nii").write_bytes(content)
    assert expected in refusal(tmp_path / "a.nii").message
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("extension", ["nii", "nii.gz", "mha", "nrrd"])
def test_a_fourth_dimension_is_frames_unless_it_has_one_step(
    tmp_path: Path, extension: str
) -> None:
    path = tmp_path / f"a.{extension}"
    frames = [grid(2, 3, 4), grid(2, 3, 4) + 100, grid(2, 3, 4) * 2]
    volumes = [sitk.GetImageFromArray(frame) for frame in frames]
    for volume in volumes:
        volume.SetSpacing((1.5, 2.5, 3.5))
    sitk.WriteImage(sitk.JoinSeries(volumes), path)
    file = open_image(path)
    assert (file.frames, file.geometry.size) == (3, (4, 3, 2))
    assert file.geometry.spacing == (1.5, 2.5, 3.5)
    for number, frame in enumerate(frames):
        chosen = replace(file, frame=number)
        assert chosen.left_open is None
        np.testing.assert_array_equal(read_image(chosen).array, frame)
    sitk.WriteImage(sitk.JoinSeries(volumes[:1]), path)
    assert open_image(path).left_open is None
    np.testing.assert_array_equal(load(path).array, frames[0])


@pytest.mark.parametrize("extension", ["nii", "mha", "nrrd"])
def test_any_number_of_components_is_read_and_no_colour(tmp_path: Path, extension: str) -> None:
    for components in (2, 3, 5):
        path = tmp_path / f"several.{extension}"
        voxels = grid(4, 5, dtype="float32", components=components)
        sitk.WriteImage(sitk.GetImageFromArray(voxels, isVector=True), path)
        assert not open_image(path).is_colour
        np.testing.assert_array_equal(load(path).array, voxels)


def tiff(*pages: dict[int, int]) -> bytes:
    """A TIFF file of grey pages of bytes, made by hand; fields may be set otherwise."""
    content = bytearray(b"II*\0" + struct.pack("<I", 8))
    for number, changes in enumerate(pages):
        fields = {256: 4, 257: 3, 258: 8, 259: 1, 262: 1, 277: 1, 278: 3, 279: 12} | changes
        fields[273] = len(content) + 2 + 12 * (len(fields) + 1) + 4
        following = fields[273] + 12 if number + 1 < len(pages) else 0
        content += struct.pack("<H", len(fields))
        for tag, value in sorted(fields.items()):
            content += struct.pack("<HHII", tag, 4, 1, value)
        content += struct.pack("<I", following) + bytes(range(12))
    return bytes(content)


def test_tiff_pages_make_a_volume_when_they_are_alike(tmp_path: Path) -> None:
    path = tmp_path / "pages.tif"
    path.write_bytes(tiff({}, {}, {}))
    assert assert_as_itk(path).geometry.size == (4, 3, 3)
    for change in ({256: 3, 278: 3, 279: 9}, {258: 16, 279: 24}):
        path.write_bytes(tiff({}, change, {}))
        assert "pages that differ" in refusal(path).message
    path.write_bytes(tiff({}, {254: 1, 256: 3, 278: 3, 279: 9}, {}, {254: 2}))
    assert load(path).geometry.size == (4, 3, 3)  # the second is a thumbnail
    path.write_bytes(tiff({277: 2, 256: 2}))
    assert open_image(path).components == 2


# Files that stop too soon, or are damaged


def made_whole(path: Path, compress: bool = False) -> None:
    flat = path.suffix in (".png", ".jpg", ".bmp")
    voxels = grid(21, 33, dtype="uint8") if flat else grid(5, 21, 33)
    sitk.WriteImage(itk_image(voxels), path, useCompression=compress)


WHOLE = ["nii", "nii.gz", "mha", "mhd", "nrrd", "nhdr", "png", "jpg", "bmp", "tif", "hdr"]


@pytest.mark.parametrize("compress", [False, True])
@pytest.mark.parametrize("extension", WHOLE)
def test_a_truncated_file_is_never_read_as_something_else(
    tmp_path: Path, extension: str, compress: bool, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / f"a.{extension}"
    made_whole(path, compress)
    whole = load(path).array
    for part in sorted(tmp_path.iterdir()):
        content = part.read_bytes()
        ends = [1, 2, 5, 9, 50, *range(100, len(content), max(1, len(content) // 25))]
        for end in [*ends, len(content) - 20, len(content) - 2, len(content) - 1]:
            part.write_bytes(content[:end])
            try:
                np.testing.assert_array_equal(load(path).array, whole)
            except ImageFileError as problem:
                assert "a." in problem.message
        part.write_bytes(content)
    np.testing.assert_array_equal(load(path).array, whole)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("extension", ["nii", "nii.gz", "mha", "nrrd", "png", "jpg", "bmp", "tif"])
def test_a_file_cut_in_half_is_seen_before_its_voxels_are_read(
    tmp_path: Path, extension: str
) -> None:
    path = tmp_path / f"a.{extension}"
    made_whole(path)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    with pytest.raises(ImageFileError, match="truncated"):
        open_image(path)


@pytest.mark.parametrize("extension", ["nii.gz", "mha", "nrrd", "png"])
def test_damage_within_compressed_voxels_is_noticed(
    tmp_path: Path, extension: str, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / f"a.{extension}"
    made_whole(path, compress=True)
    content = bytearray(path.read_bytes())
    for place in range(len(content) * 2 // 3, len(content) - 20, 37):
        damaged = bytearray(content)
        damaged[place] ^= 0x10
        path.write_bytes(damaged)
        assert "damaged" in refusal(path).message
    assert capfd.readouterr() == ("", "")


def test_damage_that_libjpeg_only_mumbles_about_is_an_error(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "a.jpg"
    made_whole(path)
    content = path.read_bytes()
    path.write_bytes(content[:-40] + content[-2:])
    assert "damaged: Corrupt JPEG data" in refusal(path).message
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("name, part", [("a.mhd", "a.raw"), ("a.nhdr", "a.raw")])
def test_voxels_in_another_file_that_is_missing_or_short(
    tmp_path: Path, name: str, part: str, capfd: pytest.CaptureFixture[str]
) -> None:
    sitk.WriteImage(itk_image(grid(3, 4, 5)), tmp_path / name)
    (tmp_path / part).write_bytes((tmp_path / part).read_bytes()[:-1])
    with pytest.raises(ImageFileError, match=r"a\.raw.*truncated.*120 bytes, and there are 119"):
        open_image(tmp_path / name)
    (tmp_path / part).unlink()
    assert "a.raw" in refusal(tmp_path / name).message
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("extension", ["mha", "nrrd"])
def test_a_header_that_never_ends_is_soon_refused(tmp_path: Path, extension: str) -> None:
    begin = {"mha": b"ObjectType = Image", "nrrd": b"NRRD0004"}[extension]
    (tmp_path / f"a.{extension}").write_bytes(begin + b"\n#" * 600_000)
    refusal(tmp_path / f"a.{extension}")


@pytest.mark.parametrize(
    "names", ["LIST\n0.raw\n1.raw\n2.raw\n", "%d.raw 0 2 1\n", "%d.raw 0 999999999 1\n"]
)
def test_a_metaimage_may_have_a_file_for_each_slice(tmp_path: Path, names: str) -> None:
    path = tmp_path / "a.mhd"
    fields = "ObjectType = Image\nNDims = 3\nDimSize = 5 4 3\nElementType = MET_SHORT\n"
    path.write_text(f"{fields}BinaryData = True\nElementDataFile = {names}")
    for number, plane in enumerate(grid(3, 4, 5)):
        (tmp_path / f"{number}.raw").write_bytes(plane.tobytes())
    before = open_image(path)
    np.testing.assert_array_equal(read_image(before).array, grid(3, 4, 5))
    (tmp_path / "1.raw").write_bytes(bytes(40))
    assert open_image(path).digest != before.digest
    (tmp_path / "1.raw").write_bytes(bytes(39))
    refusal(path)
    (tmp_path / "1.raw").unlink()
    assert "1.raw" in refusal(path).message


@settings(
    max_examples=150,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    extension=st.sampled_from(["nii", "nii.gz", "mha", "nrrd", "png", "jpg", "bmp", "tif"]),
    edits=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), min_size=1, max_size=4),
    keep=st.floats(0.2, 1),
)
def test_no_bytes_whatever_bring_more_than_an_error(
    tmp_path: Path,
    extension: str,
    edits: list[tuple[float, int]],
    keep: float,
    capfd: pytest.CaptureFixture[str],
) -> None:
    whole, path = tmp_path / f"whole.{extension}", tmp_path / f"a.{extension}"
    if not whole.exists():
        made_whole(whole)
    content = bytearray(whole.read_bytes())
    for place, value in edits:
        # Half of the edits go to the header.
        reach = min(400, len(content)) if value % 2 else len(content)
        content[int(place * (reach - 1))] = value
    path.write_bytes(content[: max(1, int(len(content) * keep))])
    try:
        load(path)
    except ImageFileError as problem:
        assert path.name in problem.message
    assert capfd.readouterr() == ("", "")


# The program's own printing


def test_nothing_that_other_threads_print_is_lost(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    made_whole(tmp_path / "a.jpg")
    (tmp_path / "cut.jpg").write_bytes((tmp_path / "a.jpg").read_bytes()[:-60] + b"\xff\xd9")
    done = threading.Event()

    def read() -> None:
        while not done.is_set():
            load(tmp_path / "a.jpg")
            refusal(tmp_path / "cut.jpg")

    readers = [threading.Thread(target=read) for _ in range(2)]
    for reader in readers:
        reader.start()
    for number in range(2000):
        os.write(2, b"line %d\n" % number)
    done.set()
    for reader in readers:
        reader.join()
    shown = capfd.readouterr().err.splitlines()
    assert sorted(shown) == sorted(f"line {number}" for number in range(2000))


def test_the_files_of_an_image_are_told_each_with_its_digest(tmp_path: Path) -> None:
    sitk.WriteImage(itk_image(grid(3, 4, 5)), str(tmp_path / "a.mhd"))
    file = open_image(tmp_path / "a.mhd")
    assert [path for path, _ in file.files] == [f"{tmp_path}/a.mhd", f"{tmp_path}/a.raw"]
    for path, digest in file.files:
        assert digest == hashlib.sha256(Path(path).read_bytes()).digest()
    assert file.digest == hashlib.sha256(b"".join(digest for _, digest in file.files)).digest()
