"""Picture files: PNG, JPEG, BMP and TIFF.

SimpleITK decodes them. Its libraries take most pictures that end too soon for whole ones, so the
structure is walked here first: to the last chunk, marker, row or strip.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from voxlogica.images.errors import ImageFileError, quoted
from voxlogica.images.formats import FORMATS
from voxlogica.images.library import read_header, read_voxels
from voxlogica.images.opened import Opened

if TYPE_CHECKING:
    from numpy.typing import NDArray


def opened(path: str, kind: str) -> Opened:
    """Open a picture; ImageFileError where it is damaged, truncated or holds no such thing."""
    data = Path(path).read_bytes()
    try:
        whole = _WHOLE[kind](data)
    except (struct.error, IndexError):  # a length or offset that leads out of the file
        whole = False
    if not whole:
        raise ImageFileError(
            f"{quoted(path)} is truncated: the {FORMATS[kind].name} data stop before their end",
            "fetch or export it anew",
        )
    if kind == ".tif":
        _check_pages(path, data)
    header = read_header(path, FORMATS[kind])
    grey = kind == ".bmp" and header.components == 3 and _has_grey_palette(data)
    return Opened(
        header=replace(header, components=1) if grey else header,
        parts=(path,),
        voxels=partial(_voxels, path, kind, grey),
    )


def _voxels(path: str, kind: str, grey: bool) -> NDArray[Any]:
    import numpy as np

    voxels = read_voxels(path, FORMATS[kind], talkative=kind != ".bmp")
    return np.ascontiguousarray(voxels[..., 0]) if grey else voxels


def _is_whole_png(data: bytes) -> bool:
    """Chunks of a length, a name, so many bytes and a checksum, up to the one named IEND."""
    position = 8
    while data[position + 4 : position + 8] != b"IEND":
        (length,) = struct.unpack_from(">I", data, position)
        position += 12 + length
    return position + 12 <= len(data)


_AFTER_SCAN = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")


def _is_whole_jpeg(data: bytes) -> bool:
    """Markers with their segments, and scans of entropy-coded data, up to the marker EOI."""
    position = 2
    while True:
        position = data.find(b"\xff", position)
        if position < 0:
            return False
        marker = data[position + 1]
        if marker == 0xD9:
            return True
        if marker in (0x00, 0x01, 0xFF) or 0xD0 <= marker <= 0xD8:
            position += 1 if marker == 0xFF else 2
            continue
        (length,) = struct.unpack_from(">H", data, position + 2)
        position += 2 + length
        if marker == 0xDA:
            found = _AFTER_SCAN.search(data, position)
            if found is None:
                return False
            position = found.start()


def _is_whole_bmp(data: bytes) -> bool:
    """Rows of whole 4-byte words, from the offset in the header on."""
    fields: tuple[int, ...] = struct.unpack_from("<IIiiHHII", data, 10)
    offset, header, width, height, _, depth, compression, length = fields
    if header < 40:  # OS/2's short header has other fields
        return len(data) > offset
    rows = length if compression else (width * depth + 31) // 32 * 4 * abs(height)
    return len(data) >= offset + max(rows, 1)


def _has_grey_palette(data: bytes) -> bool:
    """Whether a BMP counts shades of grey: SimpleITK gives it three equal components."""
    header, _, _, _, depth = struct.unpack_from("<IiiHH", data, 14)
    (used,) = struct.unpack_from("<I", data, 46)
    palette = data[14 + header : 14 + header + 4 * (used or 256)]
    return depth == 8 and palette[::4] == palette[1::4] == palette[2::4]


_STRIPS, _STRIP_LENGTHS, _TILES, _TILE_LENGTHS, _SAMPLES = 273, 279, 324, 325, 277
# Role, width, height, bits, compression, meaning, samples, rows a strip, planes, number format.
_SHAPE = (254, 256, 257, 258, 259, 262, _SAMPLES, 278, 284, 339)
_TIFF_TAGS = frozenset({_STRIPS, _STRIP_LENGTHS, _TILES, _TILE_LENGTHS, *_SHAPE})
_TIFF_NUMBERS = {1: "B", 3: "H", 4: "I", 13: "I", 16: "Q", 18: "Q"}


def _is_whole_tiff(data: bytes) -> bool:
    """Directories that lead from one to the next, and the strips or tiles that they point to."""
    pages = 0
    for page in _tiff_pages(data):
        pages += 1
        for starts, lengths in ((_STRIPS, _STRIP_LENGTHS), (_TILES, _TILE_LENGTHS)):
            strips = zip(page.get(starts, ()), page.get(lengths, ()), strict=False)
            if any(start + length > len(data) for start, length in strips):
                return False
    return pages > 0


def _check_pages(path: str, data: bytes) -> None:
    """Raise ImageFileError for pages that ITK would mistake, or write beyond its memory for."""
    pages = {tuple(page.get(tag) for tag in _SHAPE) for page in _tiff_pages(data)}
    if len(pages) > 1:
        raise ImageFileError(
            f"{quoted(path)} has pages that differ in size or type",
            "save each of its pages as a file of its own",
        )
    # Grey with transparency is handed on as one component of twice the width.
    if pages.pop()[_SHAPE.index(_SAMPLES)] == (2,):
        raise ImageFileError(
            f"{quoted(path)} has 2 components a voxel; images have 1, 3 or 4",
            "export it without its transparency",
        )


def _tiff_pages(data: bytes) -> Iterator[dict[int, tuple[int, ...]]]:
    """The whole-number fields of each directory, TIFF or BigTIFF.

    struct.error where a directory, or the values of a field, lie outside the file.
    """
    order = "<" if data[:2] == b"II" else ">"
    big = struct.unpack_from(order + "H", data, 2)[0] == 43
    count_form, entry_form, offset_form = ("Q", "HHQ", "Q") if big else ("H", "HHI", "I")
    inline = struct.calcsize(order + offset_form)
    (position,) = struct.unpack_from(order + offset_form, data, 8 if big else 4)
    seen: set[int] = set()
    while position and position not in seen:
        seen.add(position)
        (entries,) = struct.unpack_from(order + count_form, data, position)
        position += struct.calcsize(order + count_form)
        page: dict[int, tuple[int, ...]] = {}
        for _ in range(entries):
            tag, kind, count = struct.unpack_from(order + entry_form, data, position)
            position += struct.calcsize(order + entry_form)
            if tag in _TIFF_TAGS:
                number = _TIFF_NUMBERS.get(kind)
                if number is not None:
                    length = count * struct.calcsize(order + number)
                    at = position
                    if length > inline:
                        (at,) = struct.unpack_from(order + offset_form, data, position)
                    if at + length > len(data):
                        raise struct.error("values outside the file")
                    page[tag] = struct.unpack_from(f"{order}{count}{number}", data, at)
            position += inline
        yield page
        (position,) = struct.unpack_from(order + offset_form, data, position)


_WHOLE: dict[str, Callable[[bytes], bool]] = {
    ".png": _is_whole_png,
    ".jpg": _is_whole_jpeg,
    ".bmp": _is_whole_bmp,
    ".tif": _is_whole_tiff,
}
