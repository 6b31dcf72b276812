"""The numbers of a TIFF page: what its strips or tiles hold, decompressed and put together.

Numbers of any width and byte order, differences, planes apart or together are read here. ITK gets
some layouts wrong without a word: it takes tiles of 16 bits for such of 8, and does not see that 0
is white. Of libtiff, through SimpleITK, only decompression is wanted: it is given the compressed
segments as the rows of a picture of bytes, a layout which it reads rightly.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any

from voxlogica.images.arrays import NDArray, np
from voxlogica.images.errors import ImageFileError, quoted
from voxlogica.images.libtiff import libtiff_image
from voxlogica.images.tiff_directories import Bytes
from voxlogica.images.tiff_pages import (
    BLACK_IS_ZERO,
    DEFLATE,
    FAX,
    JPEG,
    PLAIN,
    WHITE_IS_ZERO,
    Page,
    Tag,
    unread,
)

_ASSOCIATED = 1  # of an extra sample: the opacity that the colours have been multiplied by
_TOGETHER = 1 << 26  # bytes


def numbers_of(path: str, page: Page, file: Bytes) -> NDArray[Any]:
    """The numbers of a page as they stand in it, shape (length, width, samples), native order.

    Those of 16 bits and less come as uint8 or uint16; ImageFileError where they are damaged.
    """
    if page.compression == JPEG:
        return _by_libtiff(path, page, file)
    planes = 1 if page.together else page.samples
    abreast = page.samples // planes
    found: NDArray[Any] | None = None
    contents = _contents(path, page, file)
    for (plane, top, left, rows), content in zip(page.segments(), contents, strict=True):
        wanted = rows * page.row_octets(page.columns)
        if len(content) < wanted:
            raise ImageFileError(
                f"{quoted(path)} is damaged: a {'tile' if page.tiled else 'strip'} ends too soon",
                "fetch or export it anew",
            )
        segment = _decoded(page, content[:wanted], rows, abreast)
        if found is None:
            found = np.empty((page.length, page.width, page.samples), segment.dtype)
        place = found[top : top + rows, left : left + page.columns, plane : plane + abreast]
        place[...] = segment[: place.shape[0], : place.shape[1]]
    assert found is not None
    return found


def _contents(path: str, page: Page, file: Bytes) -> Iterator[bytes | memoryview]:
    """What each segment holds once decompressed."""
    packed = (
        _turned(file.read(start, length), page)
        for start, length in zip(page.starts[: page.count], page.lengths[: page.count], strict=True)
    )
    if page.compression == PLAIN:
        yield from packed
    elif page.compression in DEFLATE:
        rows = page.row_octets(page.columns) * page.rows
        for content in packed:
            try:
                yield zlib.decompressobj().decompress(content, rows)
            except zlib.error as problem:
                raise ImageFileError(
                    f"{quoted(path)} is damaged: its voxels cannot be decompressed",
                    "fetch or export it anew",
                ) from problem
    else:
        yield from _unpacked(path, page, packed)


def _turned(content: bytes, page: Page) -> bytes:
    """The bytes of a segment, the first bit the highest. Fax codes are read in either order."""
    turning = page.reversed_bits and page.compression not in FAX
    return content.translate(_TURNED) if turning else content


_TURNED = bytes(int(f"{octet:08b}"[::-1], 2) for octet in range(256))


def _unpacked(path: str, page: Page, packed: Iterable[bytes]) -> Iterator[memoryview]:
    """Segments that libtiff decompresses, many of one size at a time."""
    for rows, group in groupby(zip(page.segments(), packed, strict=True), lambda one: one[0][3]):
        strips: list[bytes] = []
        for _, strip in group:
            strips.append(strip)
            if sum(map(len, strips)) > _TOGETHER:
                yield from _strips_unpacked(path, page, strips, rows)
                strips = []
        if strips:
            yield from _strips_unpacked(path, page, strips, rows)


def _strips_unpacked(
    path: str, page: Page, strips: Sequence[bytes], rows: int
) -> Iterator[memoryview]:
    """Segments of so many rows: each a row of a picture, whose bytes need not end where rows do.

    The codes of fax are those of rows.
    """
    octets = rows * page.row_octets(page.columns)
    fax = page.compression in FAX
    height = len(strips) * (rows if fax else 1)
    fields: dict[int, tuple[int, ...] | bytes] = {
        Tag.WIDTH: (page.columns if fax else octets,),
        Tag.LENGTH: (height,),
        Tag.BITS: (1 if fax else 8,),
        Tag.COMPRESSION: (page.compression,),
        Tag.PHOTOMETRIC: (BLACK_IS_ZERO,),
        Tag.SAMPLES: (1,),
        Tag.ROWS_A_STRIP: (rows if fax else 1,),
    }
    if fax:
        kept = (Tag.FILL_ORDER, Tag.T4_OPTIONS, Tag.T6_OPTIONS)
        fields |= {tag: n for tag in kept if (n := page.directory.numbers(tag))}
    found = libtiff_image(path, page.order, fields, strips)
    if fax:
        found = np.packbits(found.reshape(height, page.columns, -1)[..., 0] > 0, axis=-1)
    content = np.ascontiguousarray(found).data.cast("B")
    for start in range(0, len(content), octets):
        yield content[start : start + octets]


def _by_libtiff(path: str, page: Page, file: Bytes) -> NDArray[Any]:
    """A page of JPEG, which libtiff reads whole: its colours are those of the picture."""
    segments = [
        file.read(start, length)
        for start, length in zip(page.starts[: page.count], page.lengths[: page.count], strict=True)
    ]
    left_out = {Tag.STRIPS, Tag.STRIP_LENGTHS, Tag.TILES, Tag.TILE_LENGTHS, Tag.PREDICTOR}
    kept = (tag for tag in Tag if tag not in left_out)
    fields: dict[int, tuple[int, ...] | bytes] = {
        tag: value for tag in kept if (value := page.directory.fields.get(tag)) is not None
    }
    fields[Tag.ORIENTATION] = (1,)
    if page.photometric == WHITE_IS_ZERO:  # it would turn tiles, and leave strips
        fields[Tag.PHOTOMETRIC] = (BLACK_IS_ZERO,)
    if Tag.EXTRA in fields:  # it would multiply colours by an opacity that they are not yet of
        fields[Tag.EXTRA] = (_ASSOCIATED,)
    found = libtiff_image(path, page.order, fields, segments)
    found = found.reshape(page.length, page.width, -1)
    if found.shape[-1] < page.samples or found.dtype != np.uint8:
        raise unread(path, f"JPEG of {page.samples} numbers a pixel", "export it as grey or RGB")
    return np.ascontiguousarray(found[..., : page.samples])


def _decoded(page: Page, content: bytes | memoryview, rows: int, abreast: int) -> NDArray[Any]:
    """The numbers of a segment, shape (rows, columns, samples side by side)."""
    shape = (rows, page.columns, abreast)
    if page.bits not in (8, 16, 32, 64):
        return _narrow(page, content, shape)
    octets = page.bits // 8
    if page.predictor == 3:
        # Each row's bytes, all highest ones first, as differences.
        planes = np.frombuffer(content, np.uint8).reshape(rows, -1, abreast)
        whole = np.cumsum(planes, axis=1, dtype=np.uint8).reshape(rows, octets, -1)
        values = np.ascontiguousarray(np.moveaxis(whole, 1, 2)).view(f">f{octets}")
        return values.reshape(shape).astype(f"=f{octets}")
    values = np.frombuffer(content, f"{page.order}{page.kind}{octets}").reshape(shape)
    values = values.astype(values.dtype.newbyteorder("="), copy=False)
    if page.predictor == 2:
        unsigned = values.view(f"u{octets}")
        values = np.cumsum(unsigned, axis=1, dtype=unsigned.dtype).view(values.dtype)
    return values


def _narrow(page: Page, content: bytes | memoryview, shape: tuple[int, int, int]) -> NDArray[Any]:
    """Numbers of bits that are no bytes, the highest bit first, each row from a new byte on."""
    rows, columns, abreast = shape
    flags = np.unpackbits(np.frombuffer(content, np.uint8).reshape(rows, -1), axis=1)
    flags = flags[:, : columns * abreast * page.bits].reshape(*shape, page.bits)
    values = np.zeros(shape, np.uint8 if page.bits < 8 else np.uint16)
    for bit in range(page.bits):
        values <<= 1
        values |= flags[..., bit]
    return values


def run_of(page: Page, file: Bytes, number: int) -> NDArray[Any]:
    """The numbers of one of several pages that follow each other behind one directory."""
    content = file.read(page.starts[0] + number * page.octets, page.octets)
    return _decoded(page, content, page.length, page.samples)


def expected_length(page: Page, count: int) -> int:
    """How long a file is at least with so many pages behind one directory."""
    return page.starts[0] + count * page.octets
