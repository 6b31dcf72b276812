"""PNG files, which SimpleITK decodes.

libpng takes most files that end too soon for whole ones, so the chunks are walked here first. ITK
has no pixels of grey and opacity: the same bytes are handed to it as such that it has, of as many
bytes a pixel, which is all that decoding depends on.

Format: https://www.w3.org/TR/png-3/
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from voxlogica.images import readers
from voxlogica.images.arrays import NDArray, np
from voxlogica.images.errors import ImageFileError, quoted
from voxlogica.images.formats import FORMATS
from voxlogica.images.gzipped import check_ratio
from voxlogica.images.library import Header, read_voxels
from voxlogica.images.named_memory import named
from voxlogica.images.opened import Opened

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
_COMPONENTS = {_GREY: 1, _COLOURS: 3, _PALETTE: 3, _COLOURS_WITH_ALPHA: 4}
# Depth and colour type of as many bytes a pixel: 16-bit greys, and four of 8 bits.
_SAME_BYTES = {8: (16, _GREY), 16: (8, _COLOURS_WITH_ALPHA)}


class _Chunk(NamedTuple):
    """A chunk's name, its content, and all of it with length and checksum."""

    name: bytes
    content: bytes
    whole: bytes


def opened(path: str) -> Opened:
    """Open a PNG; ImageFileError where it is damaged, truncated or holds no such thing."""
    try:
        chunks = list(_chunks(Path(path).read_bytes()))
        width, height, depth, colours = struct.unpack_from(">IIBB", chunks[0].content)
    except (struct.error, IndexError):  # a length that leads out of the file
        raise ImageFileError(
            f"{quoted(path)} is truncated: the PNG data stop before their end",
            "fetch or export it anew",
        ) from None
    held = sum(len(chunk.content) for chunk in chunks if chunk.name == b"IDAT")
    if depth not in _DEPTHS.get(colours, ()) or not min(width, height) > 0:
        raise ImageFileError(
            f"{quoted(path)} is damaged: no PNG is {width}×{height} with {depth} bits of colours"
            f" of the type {colours}",
            "fetch or export it anew",
        )
    check_ratio(path, height * (width * depth * _SAMPLES[colours] // 8 + 1), held)
    readers.prepare()
    transparent = any(chunk.name == b"tRNS" for chunk in chunks)
    if colours == _GREY_WITH_ALPHA:
        return Opened(
            header=_header(width, height, depth, 2),
            parts=(path,),
            voxels=partial(_grey_with_alpha, path),
        )
    if colours == _GREY and transparent:
        return Opened(
            header=_header(width, height, depth, 1),
            parts=(path,),
            voxels=partial(_without_transparency, path),
            warnings=(f"{quoted(path)} shows one of its greys as transparent: it is read as grey",),
        )
    header = _header(
        width,
        height,
        depth,
        _COMPONENTS[colours] + (transparent and colours != _COLOURS_WITH_ALPHA),
    )
    return Opened(
        header=header,
        parts=(path,),
        voxels=partial(read_voxels, path, _PNG, talkative=True, declared=header.nbytes),
    )


def _chunks(data: bytes) -> Iterator[_Chunk]:
    """Chunks of a length, a name, so many bytes and a checksum, up to the one named IEND.

    struct.error where one leads out of the file.
    """
    position, name = 8, b""
    while name != b"IEND":
        length, name = struct.unpack_from(">I4s", data, position)
        end = position + 12 + length
        if end > len(data):
            raise struct.error("a chunk outside the file")
        yield _Chunk(name, data[position + 8 : end - 4], data[position:end])
        position = end


def _header(width: int, height: int, depth: int, components: int) -> Header:
    return Header(
        size=(width, height),
        spacing=(1.0, 1.0),
        origin=(0.0, 0.0),
        direction=(1.0, 0.0, 0.0, 1.0),
        components=components,
        pixel=f"uint{max(8, depth)}",
        is_colour=components > 2,
    )


def _grey_with_alpha(path: str) -> NDArray[Any]:
    """Grey and opacity, shape (height, width, 2)."""
    chunks = list(_chunks(Path(path).read_bytes()))
    width, height, depth, _, *others = struct.unpack(">IIBBBBB", chunks[0].content)
    same = struct.pack(">IIBBBBB", width, height, *_SAME_BYTES[depth], *others)
    voxels = _read(path, [_chunk(b"IHDR", same), *chunks[1:]], width * height * depth // 4)
    if depth == 8:
        return np.stack([voxels >> 8, voxels & 255], axis=-1).astype(np.uint8)
    wide = voxels.astype(np.uint16)
    return np.ascontiguousarray(wide[..., ::2] << 8 | wide[..., 1::2])


def _without_transparency(path: str) -> NDArray[Any]:
    chunks = list(_chunks(Path(path).read_bytes()))
    width, height = struct.unpack_from(">II", chunks[0].content)
    return _read(path, chunks, width * height * 2)


def _read(path: str, chunks: list[_Chunk], declared: int) -> NDArray[Any]:
    """What SimpleITK reads from the chunks that no decoder can do without."""
    needed = (chunk.whole for chunk in chunks if chunk.name in (b"IHDR", b"IDAT", b"IEND"))
    with named(_SIGNATURE + b"".join(needed), ".png") as name:
        try:
            return read_voxels(name, _PNG, talkative=True, declared=declared)
        except ImageFileError as problem:
            said = problem.message.replace(quoted(name), quoted(path))
            raise ImageFileError(said, problem.hint) from problem


_SIGNATURE = b"\x89PNG\r\n\x1a\n"


def _chunk(name: bytes, content: bytes) -> _Chunk:
    checksum = zlib.crc32(name + content)
    whole = struct.pack(">I", len(content)) + name + content + struct.pack(">I", checksum)
    return _Chunk(name, content, whole)
