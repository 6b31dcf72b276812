"""The values of DICOM images, in every encoding: pydicom and Pillow are the references."""

from __future__ import annotations

import base64
import io
import shutil
from pathlib import Path

import numpy as np
import pydicom
import pytest
import SimpleITK as sitk  # noqa: N813
from PIL import Image as Picture
from pydicom.data import get_testdata_file
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate
from pydicom.pixels import apply_color_lut
from pydicom.sequence import Sequence as Items
from pydicom.uid import (
    JPEG2000,
    MPEG4HP41,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGLSLossless,
    RLELossless,
)

from tests.dicom_files import (
    enhanced,
    held,
    image,
    item,
    items,
    load,
    placed,
    refusal,
    save,
    series,
    warnings,
)
from voxlogica.images.errors import ImageFileError
from voxlogica.images.reading import open_image, read_image


def noise(*shape: int, bits: int = 16, signed: bool = False, seed: int = 1) -> np.ndarray:
    """Values over the whole range of so many bits."""
    dtype = np.dtype(f"{'' if signed else 'u'}int{8 if bits <= 8 else 16 if bits <= 16 else 32}")
    least = -(1 << bits - 1) if signed else 0
    return np.random.default_rng(seed).integers(least, least + (1 << bits), shape).astype(dtype)


# How values are stored


@pytest.mark.parametrize(
    "syntax",
    [
        ImplicitVRLittleEndian,
        ExplicitVRLittleEndian,
        ExplicitVRBigEndian,
        DeflatedExplicitVRLittleEndian,
    ],
)
@pytest.mark.parametrize("bits, signed", [(8, False), (16, True), (16, False), (32, True)])
def test_uncompressed_values_are_read_in_every_transfer_syntax(
    tmp_path: Path, syntax: str, bits: int, signed: bool
) -> None:
    voxels = noise(3, 5, 7, bits=bits, signed=signed)
    for frame, plane in enumerate(voxels):
        data = placed(plane, (0, 0, frame), number=frame)
        if syntax == ExplicitVRBigEndian and bits > 8:
            data.PixelData = plane.astype(plane.dtype.newbyteorder(">")).tobytes()
        save(data, tmp_path / "scan" / f"{frame}.dcm", syntax)
    found = load(tmp_path / "scan")
    np.testing.assert_array_equal(found.array, voxels)
    assert found.dtype == voxels.dtype
    assert found.dtype.isnative
    np.testing.assert_array_equal(load(tmp_path / "scan" / "1.dcm").array, voxels[1])


@pytest.mark.parametrize("words", [True, False])
def test_bytes_of_a_big_endian_file_may_lie_in_pairs(tmp_path: Path, words: bool) -> None:
    voxels = noise(6, 7, bits=8)
    data = placed(voxels, (0, 0, 0))
    if words:
        data.PixelData = voxels.reshape(-1, 2)[:, ::-1].tobytes()
        data["PixelData"].VR = "OW"
    save(data, tmp_path / "a.dcm", ExplicitVRBigEndian)
    np.testing.assert_array_equal(load(tmp_path / "a.dcm").array, voxels)


@pytest.mark.parametrize("signed", [False, True])
@pytest.mark.parametrize("stored, high", [(12, 11), (12, 15), (10, 12), (16, 15), (1, 0)])
def test_bits_beside_the_stored_ones_are_no_part_of_the_value(
    tmp_path: Path, signed: bool, stored: int, high: int
) -> None:
    values = noise(6, 7, bits=stored, signed=signed).astype("int16" if signed else "uint16")
    words = values.view("uint16") & ((1 << stored) - 1)
    words = (words << (high + 1 - stored)).astype("uint16")
    overlay = noise(6, 7, seed=2)
    mask = (((1 << stored) - 1) << (high + 1 - stored)) & 0xFFFF
    words = words | (overlay & ~np.uint16(mask))
    data = placed(
        words, (0, 0, 0), BitsStored=stored, HighBit=high, PixelRepresentation=int(signed)
    )
    save(data, tmp_path / "a.dcm")
    np.testing.assert_array_equal(load(tmp_path / "a.dcm").array, values)


def test_numbers_with_fractions_are_read_as_they_are(tmp_path: Path) -> None:
    voxels = np.random.default_rng(1).normal(size=(2, 5, 7))
    for keyword, bits in (("FloatPixelData", 32), ("DoubleFloatPixelData", 64)):
        values = voxels.astype(f"float{bits}")
        data = enhanced(
            values.astype("uint16"), [(0, 0, 0), (0, 0, 1)], PixelData=None, BitsAllocated=bits
        )
        setattr(data, keyword, values.tobytes())
        save(data, tmp_path / f"{bits}.dcm")
        found = load(tmp_path / f"{bits}.dcm")
        np.testing.assert_array_equal(found.array, values)
        assert found.dtype == values.dtype


def test_a_file_without_a_preamble_is_read(tmp_path: Path) -> None:
    voxels = noise(3, 5, 7, signed=True)
    scan = series(tmp_path / "scan", voxels)
    for file in list(scan.iterdir()):
        (tmp_path / "bare").mkdir(exist_ok=True)
        (tmp_path / "bare" / file.stem).write_bytes(file.read_bytes()[132:])
    np.testing.assert_array_equal(load(tmp_path / "bare").array, voxels)
    for syntax in (ImplicitVRLittleEndian, ExplicitVRLittleEndian):
        plain = tmp_path / f"plain{len(syntax)}"
        data = placed(voxels[0], (0, 0, 0))
        with pydicom.filebase.DicomFileLike(plain.open("wb")) as stream:
            stream.is_implicit_VR = syntax == ImplicitVRLittleEndian
            stream.is_little_endian = True
            pydicom.filewriter.write_dataset(stream, data)
        np.testing.assert_array_equal(load(plain).array, voxels[0])


def test_pixel_data_may_begin_anywhere(tmp_path: Path) -> None:
    voxels = noise(6, 7)
    for syntax in (ExplicitVRLittleEndian, ImplicitVRLittleEndian):
        path = save(placed(voxels, (0, 0, 0)), tmp_path / "a.dcm", syntax)
        bare = path.stat().st_size
        for length in range((1 << 16) - bare - 20, (1 << 16) - bare + 120, 2):
            data = placed(voxels, (0, 0, 0))
            data.add_new(0x00091010, "UN", bytes(length))
            data.add_new(0x00090010, "LO", "OURS")
            save(data, path, syntax)
            np.testing.assert_array_equal(load(path).array, voxels)


# What values mean


@pytest.mark.parametrize(
    "slope, intercept, dtype",
    [
        ("1", "0", "uint16"),
        ("1", "-1024", "int32"),
        ("2", "-100", "int32"),
        ("0.5", "3", "float32"),
        ("1", "0.25", "float32"),
        ("1e6", "0", "int64"),
        ("-1", "0", "int32"),
        ("70000", "0", "int64"),
    ],
)
def test_values_are_rescaled_and_stay_whole_where_they_can(
    tmp_path: Path, slope: str, intercept: str, dtype: str
) -> None:
    voxels = noise(5, 7)
    data = placed(voxels, (0, 0, 0), RescaleSlope=slope, RescaleIntercept=intercept)
    save(data, tmp_path / "a.dcm")
    found = load(tmp_path / "a.dcm").array
    np.testing.assert_array_equal(found, held(tmp_path / "a.dcm").astype(dtype))
    assert np.issubdtype(found.dtype, np.integer) == np.issubdtype(dtype, np.integer)


def test_values_are_rescaled_to_any_size_but_not_beyond(tmp_path: Path) -> None:
    voxels = noise(5, 7)
    for slope in ("1e300", "1e35", "1.5e-30"):
        save(placed(voxels, (0, 0, 0), RescaleSlope=slope), tmp_path / "a.dcm")
        expected = held(tmp_path / "a.dcm")
        np.testing.assert_allclose(load(tmp_path / "a.dcm").array, expected, rtol=1e-7)
    save(placed(voxels, (0, 0, 0), RescaleSlope="1e306"), tmp_path / "a.dcm")
    assert "beyond all numbers" in refusal(tmp_path / "a.dcm")


def test_twelve_bits_of_a_ct_stay_in_sixteen(tmp_path: Path) -> None:
    voxels = noise(5, 7, bits=12)
    save(placed(voxels, (0, 0, 0), BitsStored=12, RescaleIntercept=-1024), tmp_path / "a.dcm")
    np.testing.assert_array_equal(load(tmp_path / "a.dcm").array, voxels.astype("int16") - 1024)
    assert load(tmp_path / "a.dcm").dtype == "int16"


def test_slices_that_are_rescaled_differently_keep_their_values(tmp_path: Path) -> None:
    voxels = noise(3, 5, 7)
    slopes = [1, 0.3, 2]
    for k, slope in enumerate(slopes):
        data = placed(voxels[k], (0, 0, k), number=k, RescaleSlope=slope)
        save(data, tmp_path / "pet" / f"{k}.dcm")
    expected = voxels * np.array(slopes)[:, None, None]
    np.testing.assert_array_equal(load(tmp_path / "pet").array, expected.astype("float32"))


def test_slices_that_are_stored_differently_keep_their_values(tmp_path: Path) -> None:
    planes = [noise(5, 7, bits=12), noise(5, 7, bits=16, signed=True), noise(5, 7, bits=8)]
    for k, plane in enumerate(planes):
        save(placed(plane, (0, 0, k), number=k), tmp_path / "ct" / f"{k}.dcm")
    np.testing.assert_array_equal(load(tmp_path / "ct").array, np.stack(planes, dtype="int32"))


def test_low_values_that_are_shown_bright_are_low(tmp_path: Path) -> None:
    voxels = noise(5, 7, signed=True)
    data = placed(
        voxels,
        (0, 0, 0),
        PhotometricInterpretation="MONOCHROME1",
        RescaleSlope=2,
        RescaleIntercept=-100,
    )
    save(data, tmp_path / "a.dcm")
    np.testing.assert_array_equal(load(tmp_path / "a.dcm").array, voxels.astype(int) * 2 - 100)


def test_values_are_looked_up_in_the_modality_s_table(tmp_path: Path) -> None:
    voxels = noise(5, 7, bits=8)
    table = np.random.default_rng(1).integers(0, 4096, 100).astype("uint16")
    data = placed(voxels, (0, 0, 0), RescaleSlope=None, RescaleIntercept=None)
    data.ModalityLUTSequence = Items([item()])
    data.ModalityLUTSequence[0].add_new("LUTDescriptor", "US", [100, 50, 16])
    data.ModalityLUTSequence[0].ModalityLUTType = "US"
    data.ModalityLUTSequence[0].add_new("LUTData", "US", table.tolist())
    save(data, tmp_path / "a.dcm")
    expected = table[np.clip(voxels.astype(int) - 50, 0, 99)]
    np.testing.assert_array_equal(load(tmp_path / "a.dcm").array, expected)


def test_real_world_values_are_read_with_a_word_where_there_are_no_others(tmp_path: Path) -> None:
    mapping = items(RealWorldValueSlope=0.5, RealWorldValueIntercept=1.0)
    voxels = noise(3, 5, 7)
    own = [{"RealWorldValueMappingSequence": mapping}] * 3
    save(enhanced(voxels, [(0, 0, k) for k in range(3)], own=own), tmp_path / "adc.dcm")
    np.testing.assert_array_equal(load(tmp_path / "adc.dcm").array, voxels * 0.5 + 1)
    assert "real world values" in warnings(tmp_path / "adc.dcm")
    data = placed(voxels[0], (0, 0, 0), RealWorldValueMappingSequence=mapping)
    save(data, tmp_path / "mr.dcm")
    np.testing.assert_array_equal(load(tmp_path / "mr.dcm").array, voxels[0])


# Colours


@pytest.mark.parametrize("planes", [False, True])
def test_colours_are_read_pixel_by_pixel_or_plane_by_plane(tmp_path: Path, planes: bool) -> None:
    voxels = noise(6, 7, 3, bits=8)
    data = image(voxels)
    if planes:
        data.PixelData = voxels.transpose(2, 0, 1).tobytes()
        data.PlanarConfiguration = 1
    save(data, tmp_path / "a.dcm")
    found = load(tmp_path / "a.dcm")
    assert found.components == 3
    np.testing.assert_array_equal(found.array, voxels)


def test_luminance_and_chrominance_are_read_as_colours(tmp_path: Path) -> None:
    voxels = noise(6, 8, 3, bits=8)
    save(image(voxels, PhotometricInterpretation="YBR_FULL"), tmp_path / "a.dcm")
    y, b, r = (voxels[..., k].astype(float) for k in range(3))
    expected = np.stack(
        [
            y + 1.402 * (r - 128),
            y - 0.344136 * (b - 128) - 0.714136 * (r - 128),
            y + 1.772 * (b - 128),
        ],
        axis=-1,
    )
    np.testing.assert_allclose(load(tmp_path / "a.dcm").array, np.clip(expected, 0, 255), atol=1)
    halved = np.empty((6, 4, 4), "uint8")
    halved[..., 0], halved[..., 1] = voxels[:, ::2, 0], voxels[:, 1::2, 0]
    halved[..., 2], halved[..., 3] = voxels[:, ::2, 1], voxels[:, ::2, 2]
    data = image(voxels, PhotometricInterpretation="YBR_FULL_422", PixelData=halved.tobytes())
    save(data, tmp_path / "b.dcm")
    whole = voxels.copy()
    whole[:, 1::2, 1:] = whole[:, ::2, 1:]
    save(image(whole, PhotometricInterpretation="YBR_FULL"), tmp_path / "c.dcm")
    np.testing.assert_array_equal(load(tmp_path / "b.dcm").array, load(tmp_path / "c.dcm").array)


def test_chrominance_of_every_second_pixel_of_an_odd_number_is_refused(tmp_path: Path) -> None:
    data = image(noise(3, 3, 3, bits=8), PhotometricInterpretation="YBR_FULL_422")
    data.PixelData = bytes(18)
    save(data, tmp_path / "a.dcm")
    assert "damaged" in refusal(tmp_path / "a.dcm")


def test_numbers_of_colours_are_read_as_the_palette_s_colours(tmp_path: Path) -> None:
    for bits in (8, 16):
        voxels = noise(6, 7, bits=8)
        data = image(voxels, PhotometricInterpretation="PALETTE COLOR")
        for colour in ("Red", "Green", "Blue"):
            table = noise(256, bits=bits, seed=len(colour))
            name = f"{colour}PaletteColorLookupTable"
            data.add_new(f"{name}Descriptor", "US", [256, 0, bits])
            data.add_new(f"{name}Data", "OW", table.tobytes())
        path = save(data, tmp_path / f"{bits}.dcm")
        found = load(path)
        assert found.components == 3
        expected = apply_color_lut(voxels, pydicom.dcmread(path))
        np.testing.assert_array_equal(found.array, expected)
        assert found.dtype == f"uint{bits}"


# Compressed


def compressed(data: Dataset, streams: list[bytes]) -> Dataset:
    data.PixelData = encapsulate(streams)
    data["PixelData"].VR = "OB"
    data["PixelData"].is_undefined_length = True
    return data


@pytest.mark.parametrize("bits, signed", [(8, False), (12, False), (16, False), (16, True)])
def test_run_lengths_are_decoded(tmp_path: Path, bits: int, signed: bool) -> None:
    voxels = noise(3, 6, 7, bits=bits, signed=signed)
    for k, plane in enumerate(voxels):
        data = placed(
            plane,
            (0, 0, k),
            number=k,
            BitsStored=bits,
            RescaleSlope=2,
            RescaleIntercept=-100,
            PhotometricInterpretation="MONOCHROME1",
        )
        data.file_meta = pydicom.dataset.FileMetaDataset()
        data.file_meta.TransferSyntaxUID = pydicom.uid.UID(ExplicitVRLittleEndian)
        data.compress(RLELossless)
        save(data, tmp_path / "scan" / f"{k}.dcm", RLELossless)
    np.testing.assert_array_equal(load(tmp_path / "scan").array, voxels.astype(int) * 2 - 100)


@pytest.mark.parametrize("photometric", ["RGB", "YBR_FULL"])
def test_run_lengths_of_colours_are_decoded(tmp_path: Path, photometric: str) -> None:
    voxels = noise(6, 7, 3, bits=8)
    data = image(voxels, PhotometricInterpretation=photometric)
    save(data, tmp_path / "a.dcm")
    data.compress(RLELossless)
    save(data, tmp_path / "b.dcm", RLELossless)
    np.testing.assert_array_equal(load(tmp_path / "a.dcm").array, load(tmp_path / "b.dcm").array)


def test_frames_that_are_compressed_keep_their_order_and_slopes(tmp_path: Path) -> None:
    voxels = noise(4, 6, 7)
    order = [2, 0, 3, 1]
    data = enhanced(voxels[order], [(0, 0, k) for k in order], slopes=[1.0, 0.5, 3.0, 0.25])
    data.file_meta = pydicom.dataset.FileMetaDataset()
    data.file_meta.TransferSyntaxUID = pydicom.uid.UID(ExplicitVRLittleEndian)
    data.compress(RLELossless)
    save(data, tmp_path / "e.dcm", RLELossless)
    expected = np.empty(voxels.shape)
    for frame, (k, slope) in enumerate(zip(order, [1.0, 0.5, 3.0, 0.25], strict=True)):
        expected[k] = voxels[k] * slope + frame
    np.testing.assert_array_equal(load(tmp_path / "e.dcm").array, expected.astype("float32"))


@pytest.mark.parametrize("compressor", ["JPEG", "JPEG2000", "RLE"])
@pytest.mark.parametrize("bits, signed", [(8, False), (16, False), (16, True)])
def test_what_gdcm_compressed_without_loss_is_what_it_was(
    tmp_path: Path, compressor: str, bits: int, signed: bool
) -> None:
    voxels = noise(32, 33, bits=bits, signed=signed)
    writer = sitk.ImageFileWriter()
    writer.SetImageIO("GDCMImageIO")
    writer.SetCompressor(compressor)
    writer.UseCompressionOn()
    writer.SetFileName(str(tmp_path / "a.dcm"))
    writer.Execute(sitk.GetImageFromArray(voxels[None]))
    assert pydicom.dcmread(tmp_path / "a.dcm").file_meta.TransferSyntaxUID.is_compressed
    np.testing.assert_array_equal(load(tmp_path / "a.dcm").array, voxels)


@pytest.mark.parametrize("colours", [False, True])
@pytest.mark.parametrize("photometric", ["RGB", "YBR_FULL_422", "YBR_FULL"])
def test_jpeg_frames_are_what_pillow_makes_of_them(
    tmp_path: Path, colours: bool, photometric: str
) -> None:
    y, x = np.mgrid[:40, :48]
    smooth = np.stack([4 * y, 5 * x, 255 - 3 * y - x], axis=-1).astype("uint8")
    pixels = smooth if colours else smooth[..., 0]
    stream = io.BytesIO()
    keep_rgb = colours and photometric == "RGB"
    Picture.fromarray(pixels).save(stream, "JPEG", quality=90, keep_rgb=keep_rgb)
    meaning = photometric if colours else "MONOCHROME2"
    data = compressed(image(pixels, PhotometricInterpretation=meaning), [stream.getvalue()])
    save(data, tmp_path / "a.dcm", JPEGBaseline8Bit)
    expected = np.asarray(Picture.open(stream))
    found = load(tmp_path / "a.dcm").array.astype(int)
    assert np.abs(found - expected).max() <= (3 if colours else 0)


@pytest.mark.parametrize("colours", [False, True])
@pytest.mark.parametrize("syntax", [JPEG2000Lossless, JPEG2000])
def test_jpeg_2000_frames_are_what_pillow_makes_of_them(
    tmp_path: Path, colours: bool, syntax: str
) -> None:
    pixels = noise(32, 40, 3, bits=8) if colours else noise(32, 40, bits=8)
    stream = io.BytesIO()
    lossless = syntax == JPEG2000Lossless
    Picture.fromarray(pixels).save(
        stream, "JPEG2000", irreversible=not lossless, no_jp2=True, mct=int(colours)
    )
    meaning = ("YBR_RCT" if lossless else "YBR_ICT") if colours else "MONOCHROME2"
    data = compressed(image(pixels, PhotometricInterpretation=meaning), [stream.getvalue()])
    save(data, tmp_path / "a.dcm", syntax)
    expected = np.asarray(Picture.open(stream)).astype(int)
    assert np.abs(load(tmp_path / "a.dcm").array.astype(int) - expected).max() <= (not lossless)


def test_jpeg_ls_frames_are_decoded(tmp_path: Path) -> None:
    voxels = (np.arange(72) * 911 % 4096).astype("uint16").reshape(8, 9)
    stream = base64.b64decode(  # by pyjpegls
        "/9j/9wALDAAIAAkBAREA/9oACAEBAAAAAIAAAALoAAAAXRjbjLi7iribiM6dMqmwKJp06lKS4JSmTJSqmCqqqqInhEUURESw"
        "iJppJWElKSScJKD/2Q=="
    )
    data = placed(voxels, (0, 0, 0), BitsStored=12, RescaleIntercept=-1024)
    save(compressed(data, [stream]), tmp_path / "a.dcm", JPEGLSLossless)
    np.testing.assert_array_equal(load(tmp_path / "a.dcm").array, voxels.astype("int16") - 1024)


def test_a_video_is_refused_by_name(tmp_path: Path) -> None:
    data = compressed(image(noise(6, 7, 3, bits=8)), [b"\0\0\1\xb3" * 10])
    save(data, tmp_path / "a.dcm", MPEG4HP41)
    assert "compressed as" in refusal(tmp_path / "a.dcm")
    assert "MPEG-4" in refusal(tmp_path / "a.dcm")


# Not all there


def test_a_header_that_asks_for_more_than_the_file_holds_takes_no_memory(tmp_path: Path) -> None:
    for elements in (
        {"Rows": 65535, "Columns": 65535},
        {"NumberOfFrames": 2**31 - 1},
        {"Rows": 65535, "Columns": 65535, "NumberOfFrames": 2**31 - 1},
    ):
        for syntax in (ExplicitVRLittleEndian, DeflatedExplicitVRLittleEndian):
            data = image(noise(6, 7), **elements)
            save(data, tmp_path / "a.dcm", syntax)
            assert "truncated" in refusal(tmp_path / "a.dcm")


def test_a_length_beyond_the_file_takes_no_memory(tmp_path: Path) -> None:
    path = save(placed(noise(6, 7), (0, 0, 0)), tmp_path / "a.dcm", ImplicitVRLittleEndian)
    content = path.read_bytes()
    for tag in (b"\x28\0\x30\0", b"\x20\0\x32\0", b"\xe0\x7f\x10\0"):
        at = content.index(tag, 132) + 4
        path.write_bytes(content[:at] + b"\xf0\xff\xff\xff" + content[at + 4 :])
        assert "truncated" in refusal(path) or "without an image" in refusal(path)


def test_what_is_deflated_without_end_is_refused(tmp_path: Path) -> None:
    path = save(image(noise(6, 7)), tmp_path / "a.dcm", DeflatedExplicitVRLittleEndian)
    path.write_bytes(path.read_bytes()[:-20])
    assert "truncated" in refusal(path) or "damaged" in refusal(path)


@pytest.mark.parametrize("elements", [{"PixelData": None}, {"PixelData": None, "Rows": None}])
def test_a_file_without_pixel_data_is_refused(tmp_path: Path, elements: dict[str, None]) -> None:
    save(image(noise(6, 7), **elements), tmp_path / "a.dcm")
    refusal(tmp_path / "a.dcm")


def test_pixel_data_that_are_longer_than_the_image_are_told_of(tmp_path: Path) -> None:
    pixels = noise(6, 7)
    save(image(pixels, PixelData=pixels.tobytes() + bytes(10)), tmp_path / "a.dcm")
    assert "10 bytes of pixel data more" in warnings(tmp_path / "a.dcm")
    save(image(pixels, PixelData=pixels.tobytes() * 2), tmp_path / "b.dcm")
    assert "longer than 1 frames" in refusal(tmp_path / "b.dcm")


@pytest.mark.parametrize("cut", [0.2, 0.5, 0.9])
def test_a_compressed_frame_that_is_cut_short_is_refused(tmp_path: Path, cut: float) -> None:
    stream = io.BytesIO()
    Picture.fromarray(noise(64, 64, bits=8)).save(stream, "JPEG")
    whole = stream.getvalue()
    data = compressed(image(noise(64, 64, bits=8)), [whole[: int(len(whole) * cut)]])
    save(data, tmp_path / "a.dcm", JPEGBaseline8Bit)
    assert "damaged" in refusal(tmp_path / "a.dcm")
    data = compressed(image(noise(64, 64, bits=8)), [whole])
    path = save(data, tmp_path / "b.dcm", JPEGBaseline8Bit)
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * cut)])
    assert "truncated" in refusal(path) or "damaged" in refusal(path)


def test_a_compressed_frame_of_another_size_than_the_header_says_is_refused(
    tmp_path: Path,
) -> None:
    stream = io.BytesIO()
    Picture.fromarray(noise(64, 64, bits=8)).save(stream, "JPEG")
    for rows in (63, 65, 65535):
        data = compressed(image(noise(64, 64, bits=8), Rows=rows), [stream.getvalue()])
        save(data, tmp_path / "a.dcm", JPEGBaseline8Bit)
        assert "damaged" in refusal(tmp_path / "a.dcm")


def test_a_few_bytes_that_say_they_are_gigabytes_are_not_decoded(tmp_path: Path) -> None:
    stream = io.BytesIO()
    Picture.fromarray(noise(64, 64, bits=8)).save(stream, "JPEG")
    large = stream.getvalue().replace(b"\x08\0\x40\0\x40", b"\x08\xff\xf0\xff\xf0")
    data = image(noise(64, 64, bits=8), Rows=0xFFF0, Columns=0xFFF0)
    save(compressed(data, [large]), tmp_path / "a.dcm", JPEGBaseline8Bit)
    assert "4,292,870,400 bytes of pixels" in refusal(tmp_path / "a.dcm")


def test_a_file_that_changed_since_it_was_opened_is_not_read(tmp_path: Path) -> None:
    series(tmp_path / "scan", noise(3, 6, 7))
    opened = open_image(tmp_path / "scan")
    shutil.copy(tmp_path / "scan" / "001.dcm", tmp_path / "scan" / "002.dcm")
    with pytest.raises(ImageFileError, match="was changed"):
        read_image(opened)


# Files of other makers


OTHERS = {
    "CT_small.dcm": "a preamble that begins a TIFF file",
    "MR_small_RLE.dcm": "RLE, 16 bits",
    "MR_small_bigendian.dcm": "big endian",
    "SC_rgb_small_odd_big_endian.dcm": "bytes in pairs, an odd number of them",
    "examples_jpeg2k.dcm": "JPEG 2000, bytes behind its end",
    "JPEG2000.dcm": "JPEG 2000, signed",
    "J2K_pixelrep_mismatch.dcm": "JPEG 2000 that is signed where the header says it is not",
    "693_J2KI.dcm": "JPEG 2000, 14 bits",
    "SC_jpeg_no_color_transform.dcm": "JPEG, red, green and blue as they are",
    "SC_rgb_dcmtk_+eb+cy+s4.dcm": "JPEG, chrominance at half the resolution",
    "SC_rgb_gdcm_KY.dcm": "JPEG 2000, colours",
    "examples_palette.dcm": "a palette",
    "examples_overlay.dcm": "an overlay in unused bits",
    "image_dfl.dcm": "deflated",
}


@pytest.mark.parametrize("name", OTHERS)
def test_files_of_other_makers_hold_what_pydicom_says(name: str) -> None:
    path = Path(str(get_testdata_file(name, download=False)))
    data = pydicom.dcmread(path)
    if data.PhotometricInterpretation == "PALETTE COLOR":
        expected = apply_color_lut(data.pixel_array, data)
    else:
        expected = held(path) if data.SamplesPerPixel == 1 else data.pixel_array
    np.testing.assert_array_equal(load(path).array, expected)


def test_doses_of_other_makers_are_scaled() -> None:
    for name in ("rtdose.dcm", "rtdose_rle.dcm", "rtdose_expb.dcm"):
        path = Path(str(get_testdata_file(name, download=False)))
        data = pydicom.dcmread(path)
        expected = data.pixel_array * float(data.DoseGridScaling)
        np.testing.assert_array_equal(load(path).array, expected)


@pytest.mark.parametrize("name", ["JPGExtended.dcm", "JPEG-lossy.dcm"])
def test_jpeg_of_twelve_bits_is_what_gdcm_makes_of_it(name: str) -> None:
    path = str(get_testdata_file(name, download=False))
    expected = sitk.GetArrayFromImage(sitk.ReadImage(path))[0]
    np.testing.assert_array_equal(load(Path(path)).array, expected)
    assert expected.max() > 255
