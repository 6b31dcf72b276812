"""TIFF files: what they hold is read rightly whatever the layout, or refused by name.

Files are made, and read for comparison, by tifffile with imagecodecs, and by Pillow.
"""

from __future__ import annotations

import itertools
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import SimpleITK
import tifffile
from PIL import Image as Picture

from voxlogica.dataclass import replace
from voxlogica.images.errors import ImageFileError
from voxlogica.images.reading import ImageFile, open_image, read_image

RANDOM = np.random.default_rng(9)
SHAPE = (37, 21)


def values(dtype: str, shape: tuple[int, ...]) -> Any:
    """Values of a type, its least and greatest among them."""
    kind = np.dtype(dtype)
    if kind.kind == "f":
        return RANDOM.normal(0, 100, shape).astype(kind)
    if kind.kind == "b":
        return RANDOM.integers(0, 2, shape).astype(bool)
    found = np.iinfo(kind)
    made = RANDOM.integers(found.min, found.max, shape, kind, endpoint=True)
    made.flat[:2] = found.min, found.max
    return made


def voxels(path: Path, channel: int = 0, frame: int = 0) -> Any:
    file = open_image(path)
    assert not file.warnings
    return read_image(chosen(file, channel, frame)).array


def chosen(file: ImageFile, channel: int, frame: int) -> ImageFile:
    return replace(file, channel=channel, frame=frame)


def refusal(path: Path) -> str:
    with pytest.raises(ImageFileError) as caught:
        read_image(open_image(path))
    assert path.name in caught.value.message
    assert "damaged" not in caught.value.message
    return caught.value.message


def as_meant(found: Any, photometric: str) -> Any:
    """What tifffile reads, as numbers of which 0 is black, of the types that images have."""
    if found.dtype == bool:
        found = found.astype(np.uint8) * 255
    if found.dtype == np.float16:
        found = found.astype(np.float32)
    if photometric == "miniswhite" and found.dtype.kind == "u":
        found = np.iinfo(found.dtype).max - found
    return found


TYPES = ["bool", "uint8", "int8", "uint16", "int16", "uint32", "int32", "float16"]
TYPES += ["float32", "float64", "uint64", "int64"]
UNPREDICTED = ["bool", "uint64", "int64"]  # by the writer
COMPRESSIONS = [None, "zlib", "lzw", "packbits"]
GREYS = ["minisblack", "miniswhite"]


@pytest.mark.parametrize("tile", [None, (16, 16), (32, 16)])
@pytest.mark.parametrize("dtype", TYPES)
def test_greys_of_every_layout(tmp_path: Path, dtype: str, tile: tuple[int, int] | None) -> None:
    path = tmp_path / "a.tif"
    for compression, order, photometric, predictor, big in itertools.product(
        COMPRESSIONS, "<>", GREYS, [False, True], [False, True]
    ):
        if predictor and (compression in (None, "packbits") or dtype in UNPREDICTED):
            continue
        if photometric == "miniswhite" and np.dtype(dtype).kind not in "bu":
            continue
        tifffile.imwrite(
            path,
            values(dtype, SHAPE),
            photometric=photometric,
            compression=compression,
            predictor=predictor or None,
            byteorder=order,
            bigtiff=big,
            tile=tile,
            rowsperstrip=None if tile else 10,
            metadata=None,
        )
        expected = as_meant(tifffile.imread(path), photometric)
        found = voxels(path)
        assert found.dtype == expected.dtype
        np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("samples", [3, 4])
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
@pytest.mark.parametrize("tile", [None, (16, 16)])
def test_colours_of_every_layout(
    tmp_path: Path, tile: tuple[int, int] | None, dtype: str, samples: int
) -> None:
    path = tmp_path / "a.tif"
    picture = values(dtype, (*SHAPE, samples))
    for compression, order, planes in itertools.product(COMPRESSIONS, "<>", ["contig", "separate"]):
        apart = planes == "separate"
        tifffile.imwrite(
            path,
            np.moveaxis(picture, -1, 0) if apart else picture,
            photometric="rgb",
            planarconfig=planes,
            extrasamples=["unassalpha"] if samples == 4 else None,
            compression=compression,
            byteorder=order,
            tile=tile,
            rowsperstrip=None if tile else 10,
            metadata=None,
        )
        assert open_image(path).is_colour
        np.testing.assert_array_equal(voxels(path), picture)


@pytest.mark.parametrize("bits", [2, 3, 4, 5, 7, 9, 10, 12, 14, 15])
def test_numbers_of_bits_that_are_no_bytes(tmp_path: Path, bits: int) -> None:
    pytest.importorskip("imagecodecs", "2026.3.6", reason="older ones do not write them")
    dtype = np.uint8 if bits < 8 else np.uint16
    numbers = RANDOM.integers(0, 1 << bits, SHAPE).astype(dtype)
    shown = {2: 85, 4: 17}.get(bits, 1)  # greys of so many bits go from 0 to 255
    for photometric, greatest in (("minisblack", 0), ("miniswhite", (1 << bits) - 1)):
        tifffile.imwrite(
            tmp_path / "a.tif", numbers, bitspersample=bits, photometric=photometric, metadata=None
        )
        expected = (greatest - numbers if greatest else numbers).astype(dtype) * dtype(shown)
        np.testing.assert_array_equal(voxels(tmp_path / "a.tif"), expected)


@pytest.mark.parametrize("compression", ["group3", "group4", "tiff_ccitt", "packbits", "tiff_lzw"])
@pytest.mark.parametrize("turned", [False, True])
def test_pictures_of_one_bit(tmp_path: Path, compression: str, turned: bool) -> None:
    picture = Picture.fromarray((values("uint8", (50, 77)) > 128).astype(np.uint8) * 255)
    fields = {266: 2} if turned else {}
    picture.convert("1").save(tmp_path / "a.tif", compression=compression, tiffinfo=fields)
    np.testing.assert_array_equal(voxels(tmp_path / "a.tif"), np.array(picture))


@pytest.mark.parametrize("compression", ["group3", "group4", "tiff_ccitt"])
def test_tiles_of_fax(tmp_path: Path, compression: str) -> None:
    picture = (np.indices((50, 70)).sum(axis=0) // 5 % 2).astype(np.uint8) * 255
    tiles = []
    for top, left in itertools.product(range(0, 50, 16), range(0, 70, 32)):
        tile = np.zeros((16, 32), np.uint8)
        shown = picture[top : top + 16, left : left + 32]
        tile[: shown.shape[0], : shown.shape[1]] = shown
        Picture.fromarray(tile).convert("1").save(tmp_path / "one.tif", compression=compression)
        with tifffile.TiffFile(tmp_path / "one.tif") as one:
            (page,) = one.pages
            (start,), (length,) = page.dataoffsets, page.databytecounts
        tiles.append((tmp_path / "one.tif").read_bytes()[start : start + length])
    starts = (8, *(8 + n for n in itertools.accumulate(map(len, tiles))))
    code = {"tiff_ccitt": 2, "group3": 3, "group4": 4}[compression]
    fields = {256: (70,), 257: (50,), 258: (1,), 259: (code,), 262: (1,), 322: (32,), 323: (16,)}
    fields |= {324: starts[:-1], 325: tuple(map(len, tiles))}
    (tmp_path / "a.tif").write_bytes(tiff_of(fields, b"".join(tiles)))
    np.testing.assert_array_equal(voxels(tmp_path / "a.tif"), picture)


def tiff_of(fields: dict[int, tuple[int, ...]], segments: bytes) -> bytes:
    """A file of one directory, with such segments from byte 8 on."""
    at = 8 + len(segments)
    behind = at + 2 + 12 * len(fields) + 4
    content = b"II*\0" + struct.pack("<I", at) + segments + struct.pack("<H", len(fields))
    long = b""
    for tag, numbers in fields.items():
        packed = struct.pack(f"<{len(numbers)}I", *numbers)
        content += struct.pack("<HHI", tag, 4, len(numbers))
        content += packed if len(numbers) == 1 else struct.pack("<I", behind + len(long))
        long += packed if len(numbers) > 1 else b""
    return content + bytes(4) + long


def test_lzw_as_it_was_before_tiff_6_and_runs_with_a_byte_too_many(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    fields = {256: (4,), 257: (2,), 258: (8,), 259: (5,), 262: (1,), 273: (8,), 278: (2,)}
    # Codes of 9 bits, their lowest bit the first: to begin, eight numbers, the end.
    codes = [256, 9, 8, 7, 6, 5, 4, 3, 2, 257]
    lzw = sum(code << 9 * i for i, code in enumerate(codes)).to_bytes(12, "little")
    path.write_bytes(tiff_of(fields | {279: (len(lzw),)}, lzw))
    np.testing.assert_array_equal(voxels(path), [[9, 8, 7, 6], [5, 4, 3, 2]])
    for runs in (b"\xfd\x07\x03\1\2\3\4\0", b"\xfd\x07\x80\x03\1\2\3\4\0\0"):
        path.write_bytes(tiff_of(fields | {259: (32773,), 279: (len(runs),)}, runs))
        np.testing.assert_array_equal(voxels(path), [[7, 7, 7, 7], [1, 2, 3, 4]])


@pytest.mark.parametrize("compression", ["lzw", "packbits", "zlib", "group3", "group4"])
@pytest.mark.parametrize("written", [0xA5, 0x5A])
def test_what_is_damaged_within_is_refused(tmp_path: Path, compression: str, written: int) -> None:
    path = tmp_path / "a.tif"
    picture = (np.indices((64, 64)).prod(axis=0) % 251).astype(np.uint8)
    if compression.startswith("group"):
        bits = Picture.fromarray((picture > 99).astype(np.uint8) * 255).convert("1")
        bits.save(path, compression=compression)
    else:
        tifffile.imwrite(path, picture, compression=compression, metadata=None)
    open_image(path)
    with tifffile.TiffFile(path) as file:
        start, length = file.pages[0].dataoffsets[0], file.pages[0].databytecounts[0]
    content = bytearray(path.read_bytes())
    middle = start + length // 2
    content[middle : start + length] = bytes([written]) * (start + length - middle)
    path.write_bytes(content)
    with pytest.raises(ImageFileError, match="is damaged"):
        read_image(open_image(path))


def test_deflated_strips_may_hold_more_than_is_wanted_or_lack_a_checksum(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    fields = {256: (4,), 257: (2,), 258: (8,), 259: (8,), 262: (1,), 273: (8,), 278: (2,)}
    whole = zlib.compress(bytes(range(8)))
    for strip in (whole, whole[:-4], zlib.compress(bytes(range(12)))):
        path.write_bytes(tiff_of(fields | {279: (len(strip),)}, strip))
        np.testing.assert_array_equal(voxels(path), [[0, 1, 2, 3], [4, 5, 6, 7]])
    path.write_bytes(tiff_of(fields | {279: (len(whole),)}, whole[:-1] + b"?"))
    with pytest.raises(ImageFileError, match="cannot be decompressed"):
        read_image(open_image(path))


@pytest.mark.parametrize("tile", [None, (16, 16)])
@pytest.mark.parametrize("photometric", ["minisblack", "miniswhite", "rgb"])
def test_jpeg_is_as_libtiff_reads_it(
    tmp_path: Path, photometric: str, tile: tuple[int, int] | None
) -> None:
    shape = (*SHAPE, 3) if photometric == "rgb" else SHAPE
    picture = np.clip(np.indices(shape).sum(axis=0) * 3, 0, 255).astype(np.uint8)
    tifffile.imwrite(
        tmp_path / "a.tif",
        picture,
        photometric=photometric,
        compression="jpeg",
        tile=tile,
        metadata=None,
    )
    found = voxels(tmp_path / "a.tif").astype(int)
    expected = as_meant(tifffile.imread(tmp_path / "a.tif"), photometric)
    assert found.shape == shape
    assert np.abs(found - expected).max() <= 4


def test_palettes_are_colours_and_those_of_imagej_show_values(tmp_path: Path) -> None:
    numbers = values("uint8", SHAPE)
    palette = RANDOM.integers(0, 256, (3, 256)).astype(np.uint16) * 257
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, numbers, photometric="palette", colormap=palette, metadata=None)
    np.testing.assert_array_equal(voxels(path), palette.T[numbers] >> 8)
    assert open_image(path).is_colour
    tifffile.imwrite(path, numbers, photometric="palette", colormap=palette[[0, 0, 0]])
    np.testing.assert_array_equal(voxels(path), palette[0][numbers] >> 8)
    tifffile.imwrite(path, numbers, imagej=True, photometric="palette", colormap=palette)
    np.testing.assert_array_equal(voxels(path), numbers)


@pytest.mark.parametrize("colours", [0, 1, 767])
def test_palettes_that_are_none_are_refused(tmp_path: Path, colours: int) -> None:
    path = tmp_path / "a.tif"
    palette = (320, 3, colours, (7,) * colours, True)
    numbers = values("uint8", SHAPE)
    fields = [palette] if colours else []
    tifffile.imwrite(path, numbers, photometric="minisblack", metadata=None, extratags=fields)
    path.write_bytes(fields_changed(path.read_bytes(), photometric=3))
    with pytest.raises(ImageFileError, match="as many reds as greens and blues"):
        open_image(path)


def test_what_is_not_read_is_said_and_not_called_damaged(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    picture = np.zeros((*SHAPE, 4), np.uint8)
    tifffile.imwrite(path, picture, photometric="separated", metadata=None)
    assert "CMYK" in refusal(path)
    tifffile.imwrite(path, picture[..., :3], photometric="cielab", metadata=None)
    assert "L*a*b*" in refusal(path)
    tifffile.imwrite(path, picture[..., 0], compression="zstd", metadata=None)
    assert "Zstandard" in refusal(path)
    tifffile.imwrite(path, np.zeros(SHAPE, np.complex64), metadata=None)
    assert "complex" in refusal(path)
    volume = np.zeros((4, *SHAPE), np.uint8)
    tifffile.imwrite(
        path, volume, volumetric=True, tile=(4, 16, 16), photometric="minisblack", metadata=None
    )
    assert "volumes" in refusal(path)


def test_what_is_doubtful_is_read_with_a_warning(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    numbers = values("float32", SHAPE)
    tifffile.imwrite(path, numbers, photometric="miniswhite", metadata=None)
    (said,) = open_image(path).warnings
    assert "0 is white" in said
    tifffile.imwrite(path, numbers, extratags=[(274, 3, 1, 6, True)], metadata=None)
    (said,) = open_image(path).warnings
    assert "turned" in said
    np.testing.assert_array_equal(read_image(open_image(path)).array, numbers)


def test_lower_resolutions_are_left_out(tmp_path: Path) -> None:
    picture = values("uint16", (64, 48))
    with tifffile.TiffWriter(tmp_path / "below.ome.tif") as file:
        file.write(picture, subifds=1)
        file.write(picture[::2, ::2], subfiletype=1)
    with tifffile.TiffWriter(tmp_path / "behind.tif") as file:
        file.write(picture, metadata=None)
        file.write(picture[::2, ::2], subfiletype=1, metadata=None)
    for name in ("below.ome.tif", "behind.tif"):
        np.testing.assert_array_equal(voxels(tmp_path / name), picture)


# Many pages


@pytest.mark.parametrize("truncate", [False, True])
def test_arrays_that_tifffile_writes_have_their_axes(tmp_path: Path, truncate: bool) -> None:
    path = tmp_path / "a.tif"
    stack = values("uint16", (4, 3, 5, 6, 7))
    tifffile.imwrite(path, stack, metadata={"axes": "TCZYX"}, truncate=truncate)
    file = open_image(path)
    assert (file.frames, len(file.channels), file.geometry.size) == (4, 3, (7, 6, 5))
    for frame, channel in itertools.product(range(4), range(3)):
        np.testing.assert_array_equal(voxels(path, channel, frame), stack[frame, channel])
    tifffile.imwrite(path, stack[0, 0], truncate=truncate, photometric="minisblack")
    np.testing.assert_array_equal(voxels(path), stack[0, 0])
    tifffile.imwrite(path, stack[0], truncate=truncate, photometric="minisblack")
    assert "3 × 5 pages" in refusal(path)
    with tifffile.TiffWriter(path) as file:
        for volume in stack[0]:
            file.write(volume, photometric="minisblack")
    assert "holds 3 images" in refusal(path)


def test_arrays_may_say_their_axes_before_their_shape(tmp_path: Path) -> None:
    """As tifffile did before 2026."""
    path = tmp_path / "a.tif"
    stack = values("uint16", (4, 3, 6, 7))
    said = '{"axes": "TCYX", "shape": [4, 3, 6, 7]}'
    tifffile.imwrite(path, stack, photometric="minisblack", metadata=None, description=said)
    file = open_image(path)
    assert (file.frames, len(file.channels), file.geometry.size) == (4, 3, (7, 6))
    np.testing.assert_array_equal(voxels(path, 2, 1), stack[1, 2])


@pytest.mark.parametrize("tag", [33629, 34361, 34412])
def test_files_of_microscopes_whose_axes_are_not_read_are_named(tmp_path: Path, tag: int) -> None:
    path = tmp_path / "a.tif"
    stack = values("uint16", (4, 6, 7))
    fields = [(tag, 4, 24, tuple(range(24)), True)]
    tifffile.imwrite(path, stack, photometric="minisblack", metadata=None, extratags=fields)
    assert "whose axes are not read" in refusal(path)


def test_pages_alike_are_slices_and_a_resolution_is_no_spacing(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    volume = values("int16", (5, *SHAPE))
    tifffile.imwrite(path, volume, metadata=None, resolution=(300, 300), resolutionunit="INCH")
    np.testing.assert_array_equal(voxels(path), volume)
    geometry = open_image(path).geometry
    assert (geometry.spacing, geometry.unit) == ((1.0, 1.0, 1.0), "px")


OME_ORDERS = ["TZCYX", "TCZYX", "CTZYX", "ZCTYX", "ZTCYX", "CZTYX"]


@pytest.mark.parametrize("axes", OME_ORDERS)
def test_ome_says_channels_frames_slices_sizes_and_names(tmp_path: Path, axes: str) -> None:
    path = tmp_path / "a.ome.tif"
    stack = values("uint16", tuple({"T": 4, "C": 3, "Z": 5, "Y": 6, "X": 7}[a] for a in axes))
    metadata = {
        "axes": axes,
        "PhysicalSizeX": 0.25,
        "PhysicalSizeXUnit": "µm",
        "PhysicalSizeY": 500,
        "PhysicalSizeYUnit": "nm",
        "PhysicalSizeZ": 0.002,
        "PhysicalSizeZUnit": "mm",
        "Channel": {"Name": ["DAPI", "GFP", "Cy5"]},
    }
    tifffile.imwrite(path, stack, metadata=metadata)
    file = open_image(path)
    assert (file.channels, file.frames) == (("DAPI", "GFP", "Cy5"), 4)
    assert file.geometry.size == (7, 6, 5)
    assert file.geometry.spacing == pytest.approx((0.25, 0.5, 2.0))
    assert file.geometry.unit == "um"
    with pytest.raises(ImageFileError, match='channels 0 "DAPI", 1 "GFP", 2 "Cy5" and 4 frames'):
        read_image(file)
    ordered = np.moveaxis(stack, [axes.index(a) for a in "TCZ"], [0, 1, 2])
    for frame, channel in itertools.product(range(4), range(3)):
        np.testing.assert_array_equal(voxels(path, channel, frame), ordered[frame, channel])


def test_ome_of_colours(tmp_path: Path) -> None:
    path = tmp_path / "a.ome.tif"
    stack = values("uint8", (2, 6, 7, 3))
    tifffile.imwrite(path, stack, photometric="rgb", metadata={"axes": "ZYXS"})
    file = open_image(path)
    assert (file.left_open, file.is_colour, file.components) == (None, True, 3)
    np.testing.assert_array_equal(voxels(path), stack)


def test_ome_of_several_files_or_images_or_with_planes_missing(tmp_path: Path) -> None:
    path = tmp_path / "a.ome.tif"
    tifffile.imwrite(path, values("uint8", (3, 6, 7)), metadata={"axes": "ZYX"})
    text = tifffile.tiffcomment(path)

    def described(changed: str) -> Path:
        tifffile.tiffcomment(path, changed.encode())
        return path

    renamed = tmp_path / "b.ome.tif"
    renamed.write_bytes(path.read_bytes())
    assert open_image(renamed).geometry.size == (7, 6, 3)
    elsewhere = '<UUID FileName="other.ome.tif">urn:uuid:0</UUID></TiffData>'
    several = text.replace("</Pixels>", f'<TiffData IFD="0" FirstZ="1">{elsewhere}</Pixels>')
    assert '"other.ome.tif"' in refusal(described(several))
    assert '"all.xml"' in refusal(described('<OME><BinaryOnly MetadataFile="all.xml"/></OME>'))
    assert "lacks 2 of the 3" in refusal(described(text.replace('PlaneCount="3"', "")))
    with tifffile.TiffWriter(path, ome=True) as file:
        file.write(values("uint8", (6, 7)), metadata={"Name": "left"})
        file.write(values("uint8", (6, 7)), metadata={"Name": "right"})
    assert 'holds 2 images: "left", "right"' in refusal(path)


def test_imagej_says_channels_frames_slices_and_sizes(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    stack = values("uint16", (4, 5, 3, 6, 7))
    tifffile.imwrite(
        path,
        stack,
        imagej=True,
        resolution=(4, 2),
        metadata={"axes": "TZCYX", "unit": "um", "spacing": 1.5},
    )
    file = open_image(path)
    assert (file.channels, file.frames, file.geometry.size) == (("", "", ""), 4, (7, 6, 5))
    assert (file.geometry.spacing, file.geometry.unit) == ((0.25, 0.5, 1.5), "um")
    for frame, channel in itertools.product(range(4), range(3)):
        np.testing.assert_array_equal(voxels(path, channel, frame), stack[frame, :, channel])


@pytest.mark.parametrize("order", "<>")
def test_imagej_stacks_may_stand_behind_one_directory(tmp_path: Path, order: str) -> None:
    volume = values("uint16", (5, *SHAPE)).astype(order + "u2")
    said = b"ImageJ=1.11a\nimages=5\nslices=5\n\0"
    fields = {256: SHAPE[1], 257: SHAPE[0], 258: 16, 259: 1, 262: 1, 270: 0, 273: 8}
    fields |= {277: 1, 278: SHAPE[0], 279: volume[0].nbytes}
    text, at = 8 + volume.nbytes, 8 + volume.nbytes + len(said)
    content = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "I", at)
    content += volume.tobytes() + said + struct.pack(order + "H", len(fields))
    for tag, value in fields.items():
        kind, count = (2, len(said)) if tag == 270 else (4, 1)
        content += struct.pack(order + "HHII", tag, kind, count, text if tag == 270 else value)
    path = tmp_path / "a.tif"
    path.write_bytes(content + bytes(4))
    np.testing.assert_array_equal(voxels(path), volume)
    path.write_bytes(content[: 8 + 4 * volume[0].nbytes])
    with pytest.raises(ImageFileError, match="truncated"):
        open_image(path)
    shorter = content.replace(b"images=5\nslices=5", b"images=9\nslices=9")
    path.write_bytes(shorter + bytes(4))
    with pytest.raises(ImageFileError, match="holds 1 of the 9 pages"):
        open_image(path)


def test_what_simpleitk_writes(tmp_path: Path) -> None:
    for compression, dtype, components in itertools.product(
        ["PackBits", "LZW", "Deflate", "NoCompression"], ["uint8", "uint16", "float32"], [1, 3]
    ):
        volume = values(dtype, (3, *SHAPE, 3) if components == 3 else (3, *SHAPE))
        writer = SimpleITK.ImageFileWriter()
        writer.SetFileName(str(tmp_path / "a.tif"))
        writer.UseCompressionOn()
        writer.SetCompressor(compression)
        writer.Execute(SimpleITK.GetImageFromArray(volume, isVector=components == 3))
        np.testing.assert_array_equal(voxels(tmp_path / "a.tif"), volume)


def fields_changed(content: bytes, **changes: int) -> bytes:
    """A small TIFF of one directory, little-endian, with fields of other numbers."""
    tags = {"width": 256, "length": 257, "photometric": 262, "rows": 278}
    tags |= {"tile_width": 322, "tile_length": 323}
    found = bytearray(content)
    (at,) = struct.unpack_from("<I", found, 4)
    (entries,) = struct.unpack_from("<H", found, at)
    for entry in range(at + 2, at + 2 + 12 * entries, 12):
        (tag,) = struct.unpack_from("<H", found, entry)
        for name, number in changes.items():
            if tags[name] == tag:
                struct.pack_into("<HII", found, entry + 2, 4, 1, number)
    return bytes(found)


@pytest.mark.parametrize("rows", [0, 37, 38, (1 << 16) - 1, 1 << 31, (1 << 32) - 1])
def test_a_strip_of_more_rows_than_there_are_is_the_whole_page(tmp_path: Path, rows: int) -> None:
    path = tmp_path / "a.tif"
    picture = values("uint16", SHAPE)
    for compression in (None, "zlib", "lzw", "jpeg"):
        shown = picture if compression != "jpeg" else np.full(SHAPE, 7, np.uint8)
        tifffile.imwrite(path, shown, byteorder="<", metadata=None, compression=compression)
        path.write_bytes(fields_changed(path.read_bytes(), rows=rows))
        np.testing.assert_array_equal(voxels(path), shown)


def test_no_header_declares_more_than_can_be_there(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    whole = {"byteorder": "<", "metadata": None, "photometric": "minisblack"}
    picture = values("uint8", (32, 32))
    for changes in (
        {"width": 1 << 30, "length": 1 << 30},
        {"width": 1 << 30, "length": 1 << 30, "tile_width": 1, "tile_length": 1},
        {"length": 1 << 30, "rows": 1},
        {"tile_width": 0},
        {"width": 0},
    ):
        for options in ({}, {"compression": "zlib"}, {"compression": "lzw", "tile": (16, 16)}):
            tifffile.imwrite(path, picture, **whole, **options)
            content = path.read_bytes()
            path.write_bytes(fields_changed(content, **changes))
            if path.read_bytes() != content:
                with pytest.raises(ImageFileError, match="truncated"):
                    open_image(path)
    Picture.fromarray(picture).convert("1").save(path, compression="group4")
    path.write_bytes(fields_changed(path.read_bytes(), width=1 << 30, length=1 << 10, rows=1 << 10))
    with pytest.raises(ImageFileError, match="truncated"):
        open_image(path)


@pytest.mark.parametrize(
    "said",
    [
        "ImageJ=1.54f\nimages=2\nslices=16000000\nframes=16000000\n",
        "ImageJ=1.54f\nimages=9000000\n",
        '{"shape": [1000000000000, 37, 21]}',
    ],
)
@pytest.mark.parametrize("compression", [None, "zlib"])
def test_descriptions_of_more_pages_than_there_is_room_for_are_refused(
    tmp_path: Path, said: str, compression: str | None
) -> None:
    path = tmp_path / "a.tif"
    tifffile.imwrite(
        path, values("uint8", SHAPE), metadata=None, description=said, compression=compression
    )
    with pytest.raises(ImageFileError, match=r"holds 1 of the \d+ pages"):
        open_image(path)


def test_pages_that_lie_over_each_other_are_refused(tmp_path: Path) -> None:
    voxels_of_all = zlib.compress(bytes(1000 * 1000))
    content = b"II*\0" + struct.pack("<I", 8 + len(voxels_of_all)) + voxels_of_all
    fields = {256: 1000, 257: 1000, 258: 8, 259: 8, 262: 1, 273: 8, 279: len(voxels_of_all)}
    for number in range(1, 101):
        content += struct.pack("<H", len(fields))
        for tag, value in fields.items():
            content += struct.pack("<HHII", tag, 4, 1, value)
        following = len(content) + 4 if number < 100 else 0
        content += struct.pack("<I", following)
    path = tmp_path / "a.tif"
    path.write_bytes(content)
    with pytest.raises(ImageFileError, match="truncated"):
        open_image(path)
