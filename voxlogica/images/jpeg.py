"""JPEG files, which SimpleITK decodes.

libjpeg takes most files that end too soon for whole ones, so the markers are walked here first.
"""

from __future__ import annotations

import re
import struct
from functools import partial
from pathlib import Path

from voxlogica.images.errors import ImageFileError, quoted
from voxlogica.images.formats import FORMATS
from voxlogica.images.library import read_header, read_voxels
from voxlogica.images.opened import Opened

_JPEG = FORMATS[".jpg"]


def opened(path: str) -> Opened:
    """Open a JPEG; ImageFileError where it is damaged, truncated or holds no such thing."""
    try:
        whole = _is_whole(Path(path).read_bytes())
    except (struct.error, IndexError):  # a length that leads out of the file
        whole = False
    if not whole:
        raise ImageFileError(
            f"{quoted(path)} is truncated: the JPEG data stop before their end",
            "fetch or export it anew",
        )
    header = read_header(path, _JPEG)
    return Opened(
        header=header,
        parts=(path,),
        voxels=partial(read_voxels, path, _JPEG, talkative=True, declared=header.nbytes),
    )


_AFTER_SCAN = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")


def _is_whole(data: bytes) -> bool:
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
