"""Picture files: PNG, JPEG and BMP.

SimpleITK decodes them. Its libraries take most pictures that end too soon for whole ones, so the
structure is walked here first: to the last chunk, marker or row.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable
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
    header = read_header(path, FORMATS[kind])
    grey = kind == ".bmp" and header.components == 3 and _has_grey_palette(data)
    return Opened(
        header=replace(header, components=1) if grey else header,
        parts=(path,),
        voxels=partial(_voxels, path, kind, grey, header.nbytes),
    )


def _voxels(path: str, kind: str, grey: bool, declared: int) -> NDArray[Any]:
    import numpy as np

    voxels = read_voxels(path, FORMATS[kind], kind != ".bmp", declared)
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


_WHOLE: dict[str, Callable[[bytes], bool]] = {
    ".png": _is_whole_png,
    ".jpg": _is_whole_jpeg,
    ".bmp": _is_whole_bmp,
}
