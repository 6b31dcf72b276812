"""JPEG files, which SimpleITK decodes, and the JPEG pictures of pages.

libjpeg takes most files that end too soon for whole ones, so the markers are walked here first. In
this, what they say of the picture is read, so that libjpeg is started while the program is planned.

Format: https://www.w3.org/Graphics/JPEG/itu-t81.pdf, annex B
"""

from __future__ import annotations

import re
import struct
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from voxlogica.images.arrays import NDArray, np
from voxlogica.images.errors import ANEW, ImageFileError, damaged, quoted, refuse, truncated, unread
from voxlogica.images.formats import FORMATS
from voxlogica.images.library import read_voxels
from voxlogica.images.opened import OpenedImage, alone, picture

_JPEG = FORMATS[".jpg"]


# Frames of Huffman codes, which take a bit for each 8 × 8 pixels at least, and of arithmetic ones.
_HUFFMAN, _ARITHMETIC = (0xC0, 0xC1, 0xC2), (0xC9, 0xCA)
_MOST_PIXELS = dict.fromkeys(_HUFFMAN, 512) | dict.fromkeys(_ARITHMETIC, 1 << 16)  # a byte
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
# What is decoded from the components of a file: of four, cyan to black, red, green and blue.
_COMPONENTS = {1: 1, 3: 3, 4: 3}


def opened(path: str) -> OpenedImage:
    """Open a JPEG; ImageFileError where it is damaged, truncated or holds no such thing."""
    data = Path(path).read_bytes()
    frame = None
    with suppress(struct.error, IndexError):  # a length that leads out of the file
        frame = _frame(data)
    if frame is None:
        raise truncated(path, "the JPEG data stop before their end")
    _check(path, frame, len(data))
    header = picture((frame.width, frame.height), _COMPONENTS[frame.components])
    return OpenedImage(
        header=header,
        parts=(path,),
        voxels=alone(read_voxels, path, _JPEG, header.nbytes),
    )


class _Frame(NamedTuple):
    """What a file says of its picture, and by which marker: how it is compressed."""

    marker: int
    bits: int
    height: int
    width: int
    components: int


def _check(path: str, frame: _Frame, length: int) -> None:
    marker, bits, height, width, components = frame
    refuse(
        (
            marker not in _MOST_PIXELS or bits != 8 or components not in _COMPONENTS,
            lambda: unread(
                path,
                f"is a JPEG of a rare kind, lossless or of {bits} bits a value, {components} values"
                " a pixel",
                "export it as PNG",
            ),
        ),
        (not width or not height, lambda: damaged(path, f"its sides are {width}×{height}")),
        (
            width * height > _MOST_PIXELS.get(marker, 0) * length,
            lambda: ImageFileError(
                f"{quoted(path)} is truncated, or its header is damaged: {length} bytes cannot hold"
                f" {width}×{height} pixels",
                ANEW,
            ),
        ),
    )


_AFTER_SCAN = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")


def _frame(data: bytes) -> _Frame | None:
    """What the file says of its picture; None where it has none, or stops before its end.

    Markers come with their segments, scans with entropy-coded data, up to the marker EOI.
    """
    position, frame = 2, None
    while True:
        position = data.find(b"\xff", position)
        if position < 0:
            return None
        marker = data[position + 1]
        if marker == 0xD9:
            return frame
        if marker in (0x00, 0x01, 0xFF) or 0xD0 <= marker <= 0xD8:
            position += 1 if marker == 0xFF else 2
            continue
        (length,) = struct.unpack_from(">H", data, position + 2)
        if marker in _FRAMES and frame is None:
            frame = _Frame(marker, *struct.unpack_from(">BHHB", data, position + 4))
        position += 2 + length
        if marker == 0xDA:
            found = _AFTER_SCAN.search(data, position)
            if found is None:
                return None
            position = found.start()


# Writing, for pages: SimpleITK takes ten times as long, and writes to files only. The pictures of a
# page are of whole volumes, and made while somebody waits.


def jpeg(pixels: NDArray[np.uint8], quality: int) -> bytes:
    """A picture of greys, shape (height, width), or of red, green and blue, (height, width, 3).

    `quality` is from 1 to 100, as libjpeg has it; a side is at most 65,500 pixels. O(pixels).
    """
    import imagecodecs

    return bytes(imagecodecs.jpeg8_encode(np.ascontiguousarray(pixels), level=quality))
