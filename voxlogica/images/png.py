"""PNG files, which SimpleITK decodes.

libpng takes most files that end too soon for whole ones, so the chunks are walked here first. ITK
has no pixels of grey and opacity: the same bytes are handed to it as such that it has, of as many
bytes a pixel, which is all that decoding depends on.

Format: https://www.w3.org/TR/png-3/
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from voxlogica.images.arrays import NDArray, np
from voxlogica.images.deflating import check_ratio
from voxlogica.images.errors import damaged, quoted, truncated
from voxlogica.images.formats import FORMATS, Format
from voxlogica.images.library import read_voxels, voxels_of
from voxlogica.images.opened import OpenedImage, alone, picture

_PNG = FORMATS[".png"]
_GREY, _COLOURS, _PALETTE, _GREY_WITH_ALPHA, _COLOURS_WITH_ALPHA = 0, 2, 3, 4, 6
# By the type of colours: bits a sample, samples a pixel, and components as they are decoded.
_DEPTHS = {
    _GREY: (1, 2, 4, 8, 16),
    _COLOURS: (8, 16),
    _PALETTE: (1, 2, 4, 8),
    _GREY_WITH_ALPHA: (8, 16),
    _COLOURS_WITH_ALPHA: (8, 16),
}
_SAMPLES = {_GREY: 1, _COLOURS: 3, _PALETTE: 1, _GREY_WITH_ALPHA: 2, _COLOURS_WITH_ALPHA: 4}
_COMPONENTS = _SAMPLES | {_PALETTE: 3}
# Depth and colour type of as many bytes a pixel: 16-bit greys, and four of 8 bits.
_SAME_BYTES = {8: (16, _GREY), 16: (8, _COLOURS_WITH_ALPHA)}


class _Chunk(NamedTuple):
    """A chunk's name, its content, and all of it with length and checksum."""

    name: bytes
    content: bytes
    whole: bytes


def opened(path: str) -> OpenedImage:
    """Open a PNG; ImageFileError where it is damaged, truncated or holds no such thing."""
    try:
        chunks = list(_chunks(path))
        width, height, depth, colours, *_ = struct.unpack_from(">IIBBBBB", chunks[0].content)
    except (struct.error, IndexError):  # a length that leads out of the file
        raise truncated(path, "the PNG data stop before their end") from None
    held = sum(len(chunk.content) for chunk in chunks if chunk.name == b"IDAT")
    if depth not in _DEPTHS.get(colours, ()) or not min(width, height) > 0:
        raise damaged(
            path,
            f"no PNG is {width}×{height} with {depth} bits of colours of the type {colours}",
        )
    check_ratio(path, height * (width * depth * _SAMPLES[colours] // 8 + 1), held)
    components, warnings, voxels = _COMPONENTS[colours], [], read_voxels
    transparent = any(chunk.name == b"tRNS" for chunk in chunks)
    if colours == _GREY_WITH_ALPHA:
        voxels = _grey_with_alpha
    elif colours == _GREY and transparent:
        voxels = _without_transparency
        warnings.append(f"{quoted(path)} shows one of its greys as transparent: it is read as grey")
    elif transparent and colours != _COLOURS_WITH_ALPHA:
        components += 1
    header = picture((width, height), components, f"uint{max(8, depth)}")
    return OpenedImage(
        header=header,
        parts=(path,),
        voxels=alone(voxels, path, _PNG, header.nbytes),
        warnings=tuple(warnings),
    )


def _chunks(path: str) -> Iterator[_Chunk]:
    """Chunks of a length, a name, so many bytes and a checksum, up to the one named IEND.

    struct.error where one leads out of the file.
    """
    data, position, name = Path(path).read_bytes(), 8, b""
    while name != b"IEND":
        length, name = struct.unpack_from(">I4s", data, position)
        end = position + 12 + length
        if end > len(data):
            raise struct.error("a chunk outside the file")
        yield _Chunk(name, data[position + 8 : end - 4], data[position:end])
        position = end


# Voxels


def _grey_with_alpha(path: str, form: Format, declared: int) -> NDArray[Any]:
    """Grey and opacity, shape (height, width, 2)."""
    first, *others = _chunks(path)
    width, height, depth, _, *rest = struct.unpack_from(">IIBBBBB", first.content)
    content = struct.pack(">IIBBBBB", width, height, *_SAME_BYTES[depth], *rest)
    voxels = _of_chunks(path, [_chunk(b"IHDR", content), *others], form, declared)
    if depth == 8:
        return np.stack([voxels >> 8, voxels & 255], axis=-1).astype(np.uint8)
    wide = voxels.astype(np.uint16)
    return np.ascontiguousarray(wide[..., ::2] << 8 | wide[..., 1::2])


def _without_transparency(path: str, form: Format, declared: int) -> NDArray[Any]:
    return _of_chunks(path, _chunks(path), form, declared)


def _of_chunks(path: str, chunks: Iterable[_Chunk], form: Format, declared: int) -> NDArray[Any]:
    """What SimpleITK reads from the chunks that no decoder can do without."""
    needed = [chunk.whole for chunk in chunks if chunk.name in (b"IHDR", b"IDAT", b"IEND")]
    return voxels_of(path, [_SIGNATURE, *needed], form, declared)


_SIGNATURE = b"\x89PNG\r\n\x1a\n"


def _chunk(name: bytes, content: bytes) -> _Chunk:
    checksum = zlib.crc32(name + content)
    whole = struct.pack(">I", len(content)) + name + content + struct.pack(">I", checksum)
    return _Chunk(name, content, whole)
