"""Decompression by libtiff, through SimpleITK.

What libtiff is to decompress is put into a TIFF file of the simplest layout, in memory.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import Any

from voxlogica.images.arrays import NDArray
from voxlogica.images.errors import ImageFileError, quoted
from voxlogica.images.formats import FORMATS
from voxlogica.images.library import voxels_of

_WIDTH, _LENGTH = 256, 257
_STRIPS, _STRIP_LENGTHS, _TILE_WIDTH, _TILES, _TILE_LENGTHS = 273, 279, 322, 324, 325
_RATIONALS = frozenset({529, 532})


def libtiff_image(
    path: str,
    order: str,
    fields: Mapping[int, tuple[int, ...] | bytes],
    segments: Sequence[bytes],
) -> NDArray[Any]:
    """What SimpleITK reads from a file of these fields and strips or tiles.

    `path` is the file that they are from, whose damage is told. BigTIFF is not needed: offsets are
    of 32 bits.
    """
    # Colours are handed on with an opacity.
    declared = fields[_WIDTH][0] * fields[_LENGTH][0] * 4
    content = _file(order, dict(fields), segments)
    try:
        return voxels_of(path, [content], FORMATS[".tif"], declared)
    except ImageFileError as problem:
        raise ImageFileError(
            f"{quoted(path)} is damaged, or compressed in a way that libtiff does not know",
            "fetch it anew, or export it without compression",
        ) from problem


def _file(order: str, fields: dict[int, Any], segments: Sequence[bytes]) -> bytes:
    tiled = _TILE_WIDTH in fields
    lengths = tuple(map(len, segments))
    starts = tuple(accumulate(lengths, initial=8))
    fields[_TILES if tiled else _STRIPS] = starts[:-1]
    fields[_TILE_LENGTHS if tiled else _STRIP_LENGTHS] = lengths
    at = starts[-1] + starts[-1] % 2
    behind = at + 2 + 12 * len(fields) + 4
    entries, extra = [], b""
    for tag, value in sorted(fields.items()):
        if isinstance(value, bytes):
            kind, count, packed = 7, len(value), value
        elif tag in _RATIONALS:
            kind, count, packed = 5, len(value) // 2, struct.pack(f"{order}{len(value)}I", *value)
        else:
            wide = max(value, default=0) > 0xFFFF or tag in (_STRIPS, _STRIP_LENGTHS)
            kind, count = (4, len(value)) if wide else (3, len(value))
            packed = struct.pack(f"{order}{len(value)}{'I' if wide else 'H'}", *value)
        if len(packed) > 4:
            entry = struct.pack(order + "I", behind + len(extra))
            extra += packed + b"\0" * (len(packed) % 2)
        else:
            entry = packed.ljust(4, b"\0")
        entries.append(struct.pack(order + "HHI", tag, kind, count) + entry)
    head = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "I", at)
    directory = struct.pack(order + "H", len(fields)) + b"".join(entries) + b"\0" * 4
    return b"".join((head, *segments, b"\0" * (starts[-1] % 2), directory, extra))
