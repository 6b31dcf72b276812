"""PNG and BMP of every kind, made by hand: read as Pillow reads them, or named."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image as Picture

from voxlogica.images.errors import ImageFileError
from voxlogica.images.reading import open_image, read_image

RANDOM = np.random.default_rng(7)
WIDTH, HEIGHT = 13, 7


def rows(octets: int) -> list[bytes]:
    return [RANDOM.bytes(octets) for _ in range(HEIGHT)]


def as_pillow(path: Path) -> Any:
    """Read a picture, and compare it with Pillow's of as many components."""
    file = open_image(path)
    found = read_image(file).array
    mode = {1: "L", 2: "LA", 3: "RGB", 4: "RGBA"}[file.components]
    np.testing.assert_array_equal(found, np.array(Picture.open(path).convert(mode)))
    return file


# PNG


def png(path: Path, depth: int, colours: int, lines: list[bytes], extra: bytes = b"") -> Path:
    def chunk(name: bytes, content: bytes) -> bytes:
        checksum = struct.pack(">I", zlib.crc32(name + content))
        return struct.pack(">I", len(content)) + name + content + checksum

    head = struct.pack(">IIBBBBB", WIDTH, HEIGHT, depth, colours, 0, 0, 0)
    voxels = zlib.compress(b"".join(b"\0" + line for line in lines))
    named = chunk(extra[:4], extra[4:]) if extra else b""
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + named
        + chunk(b"IDAT", voxels)
        + chunk(b"IEND", b"")
    )
    return path


@pytest.mark.parametrize("depth", [1, 2, 4, 8])
def test_png_of_greys_and_palettes(tmp_path: Path, depth: int) -> None:
    lines = rows(-(-WIDTH * depth // 8))
    as_pillow(png(tmp_path / "grey.png", depth, 0, lines))
    palette = b"PLTE" + RANDOM.bytes(3 << depth)
    assert as_pillow(png(tmp_path / "palette.png", depth, 3, lines, palette)).is_colour


def test_png_of_grey_and_opacity_has_two_numbers_a_voxel(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    voxels = RANDOM.integers(0, 256, (HEIGHT, WIDTH, 2), np.uint8)
    png(path, 8, 4, [line.tobytes() for line in voxels])
    file = as_pillow(path)
    assert (file.components, file.is_colour, file.warnings) == (2, False, ())
    Picture.fromarray(voxels, "LA").save(path, optimize=True)  # with a filter a line
    as_pillow(path)
    wide = RANDOM.integers(0, 65536, (HEIGHT, WIDTH, 2), np.uint16)
    png(path, 16, 4, [line.astype(">u2").tobytes() for line in wide])
    found = read_image(open_image(path)).array
    assert found.dtype == np.uint16
    np.testing.assert_array_equal(found, wide)


@pytest.mark.parametrize("depth", [1, 8, 16])
def test_a_grey_that_png_shows_as_transparent_is_a_grey(tmp_path: Path, depth: int) -> None:
    lines = rows(-(-WIDTH * depth // 8))
    plain = read_image(open_image(png(tmp_path / "plain.png", depth, 0, lines))).array
    file = open_image(png(tmp_path / "a.png", depth, 0, lines, b"tRNS\0\1"))
    assert "transparent" in file.warnings[0]
    np.testing.assert_array_equal(read_image(file).array, plain)


def test_damage_in_png_of_grey_and_opacity_is_told_of_the_file(tmp_path: Path) -> None:
    path = png(tmp_path / "a.png", 8, 4, rows(2 * WIDTH)[:2])
    with pytest.raises(ImageFileError, match=r'a\.png" is damaged'):
        read_image(open_image(path))


# BMP


def bmp(
    path: Path,
    depth: int,
    content: bytes,
    palette: bytes = b"",
    compression: int = 0,
    masks: bytes = b"",
    header: int = 40,
    height: int = HEIGHT,
) -> Path:
    between = masks if header == 40 else b""
    start = 14 + header + len(between) + len(palette)
    head = struct.pack(
        "<IiiHHIIiiII", header, WIDTH, height, 1, depth, compression, len(content), 0, 0, 0, 0
    )
    if header > 40:
        head += masks.ljust(header - 40, b"\0")
    if header == 12:
        head = struct.pack("<IHHHH", header, WIDTH, height, 1, depth)
    path.write_bytes(
        b"BM"
        + struct.pack("<IHHI", start + len(content), 0, 0, start)
        + head
        + between
        + palette
        + content
    )
    return path


def line(depth: int) -> int:
    return (WIDTH * depth + 31) // 32 * 4


@pytest.mark.parametrize("height", [HEIGHT, -HEIGHT])
@pytest.mark.parametrize("header", [40, 108, 124])
@pytest.mark.parametrize("depth", [1, 4, 8, 16, 24])
def test_bmp_of_every_depth(tmp_path: Path, depth: int, header: int, height: int) -> None:
    content = RANDOM.bytes(line(depth) * HEIGHT)
    palette = RANDOM.bytes(4 << depth) if depth <= 8 else b""
    file = as_pillow(bmp(tmp_path / "a.bmp", depth, content, palette, header=header, height=height))
    assert (file.components, file.is_colour) == (3, True)


def test_bmp_of_greys_has_one_number_a_voxel(tmp_path: Path) -> None:
    for depth in (1, 4, 8):
        content = RANDOM.bytes(line(depth) * HEIGHT)
        palette = b"".join(RANDOM.bytes(1) * 3 + b"\0" for _ in range(1 << depth))
        assert as_pillow(bmp(tmp_path / "a.bmp", depth, content, palette)).components == 1


def test_bmp_says_which_bits_are_which_colour(tmp_path: Path) -> None:
    path = tmp_path / "a.bmp"
    voxels = RANDOM.integers(0, 256, (HEIGHT, WIDTH, 4), np.uint8)
    content = voxels[::-1].tobytes()
    bmp(path, 32, content, compression=3, masks=struct.pack("<3I", 0xFF, 0xFF00, 0xFF0000))
    np.testing.assert_array_equal(read_image(open_image(path)).array, voxels[..., :3])
    bmp(path, 32, content)
    np.testing.assert_array_equal(read_image(open_image(path)).array, voxels[..., [2, 1, 0, 3]])
    masks = struct.pack("<4I", 0xFF0000, 0xFF00, 0xFF, 0xFF000000)
    assert as_pillow(bmp(path, 32, content, compression=3, masks=masks, header=108)).components == 4
    masks = struct.pack("<3I", 0xF800, 0x7E0, 0x1F)
    as_pillow(bmp(path, 16, RANDOM.bytes(line(16) * HEIGHT), compression=3, masks=masks))


def test_bmp_of_runs(tmp_path: Path) -> None:
    palette = RANDOM.bytes(1024)
    whole = b"".join(bytes((5, 7, 8, 9, 0, 0)) for _ in range(HEIGHT)) + b"\0\1"
    as_pillow(bmp(tmp_path / "a.bmp", 8, whole, palette, compression=1))
    literal = b"".join(bytes((0, 5, 1, 2, 3, 4, 5, 0, 8, 9, 0, 0)) for _ in range(HEIGHT)) + b"\0\1"
    as_pillow(bmp(tmp_path / "a.bmp", 8, literal, palette, compression=1))
    halves = b"".join(bytes((5, 0x12, 0, 5, 0x34, 0x56, 0x70, 0, 3, 0xAB, 0, 0)) for _ in range(7))
    as_pillow(bmp(tmp_path / "a.bmp", 4, halves + b"\0\1", palette[:64], compression=2))


def test_bmp_with_the_header_of_os2(tmp_path: Path) -> None:
    content = RANDOM.bytes(line(8) * HEIGHT)
    as_pillow(bmp(tmp_path / "a.bmp", 8, content, RANDOM.bytes(768), header=12))


def test_bmp_that_is_not_read_or_not_whole_is_said_to_be_so(tmp_path: Path) -> None:
    path = bmp(tmp_path / "a.bmp", 24, b"\xff\xd8\xff", compression=4)
    with pytest.raises(ImageFileError, match="compressed by JPEG, which is not read"):
        open_image(path)
    bmp(path, 8, bytes(1000), RANDOM.bytes(1024), compression=1, height=1 << 30)
    with pytest.raises(ImageFileError, match="truncated"):
        open_image(path)
    bmp(path, 8, b"\xff" * line(8) * HEIGHT, RANDOM.bytes(64))
    with pytest.raises(ImageFileError, match="beyond its palette"):
        read_image(open_image(path))
