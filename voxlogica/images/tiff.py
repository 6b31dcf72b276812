"""TIFF files.

SimpleITK decodes them. libtiff takes most files that end too soon for whole ones, so the
directories are walked here first, to the last strip or tile.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from voxlogica.images.errors import ImageFileError, quoted
from voxlogica.images.formats import FORMATS
from voxlogica.images.library import read_header, read_voxels
from voxlogica.images.opened import Opened

_TIFF = FORMATS[".tif"]


def opened(path: str) -> Opened:
    """Open a TIFF; ImageFileError where it is damaged, truncated or holds no such thing."""
    data = Path(path).read_bytes()
    try:
        whole = _is_whole(data)
    except struct.error:  # a length or offset that leads out of the file
        whole = False
    if not whole:
        raise ImageFileError(
            f"{quoted(path)} is truncated: the TIFF data stop before their end",
            "fetch or export it anew",
        )
    _check_pages(path, data)
    header = read_header(path, _TIFF)
    return Opened(
        header=header,
        parts=(path,),
        voxels=partial(read_voxels, path, _TIFF, talkative=True, declared=header.nbytes),
    )


_STRIPS, _STRIP_LENGTHS, _TILES, _TILE_LENGTHS, _SAMPLES = 273, 279, 324, 325, 277
# Role, width, height, bits, compression, meaning, samples, rows a strip, planes, number format.
_SHAPE = (254, 256, 257, 258, 259, 262, _SAMPLES, 278, 284, 339)
_TAGS = frozenset({_STRIPS, _STRIP_LENGTHS, _TILES, _TILE_LENGTHS, *_SHAPE})
_NUMBERS = {1: "B", 3: "H", 4: "I", 13: "I", 16: "Q", 18: "Q"}


def _is_whole(data: bytes) -> bool:
    """Directories that lead from one to the next, and the strips or tiles that they point to."""
    pages = 0
    for page in _pages(data):
        pages += 1
        for starts, lengths in ((_STRIPS, _STRIP_LENGTHS), (_TILES, _TILE_LENGTHS)):
            strips = zip(page.get(starts, ()), page.get(lengths, ()), strict=False)
            if any(start + length > len(data) for start, length in strips):
                return False
    return pages > 0


def _check_pages(path: str, data: bytes) -> None:
    """Raise ImageFileError for pages that ITK would mistake, or write beyond its memory for."""
    pages = {tuple(page.get(tag) for tag in _SHAPE) for page in _pages(data)}
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


def _pages(data: bytes) -> Iterator[dict[int, tuple[int, ...]]]:
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
            if tag in _TAGS:
                number = _NUMBERS.get(kind)
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
