"""The pages of a TIFF file: how their voxels are laid out, and reading them.

A page is cut into strips or tiles, its segments. What a segment holds is read here: numbers of any
width and byte order, differences, planes apart or together. ITK gets some layouts wrong without a
word: it takes tiles of 16 bits for such of 8, and does not see that 0 is white. Of libtiff, through
SimpleITK, only decompression is wanted: it is given the compressed segments as the rows of a
picture of bytes, a layout which it reads rightly.

Tags and their values: TIFF 6.0, and https://www.loc.gov/preservation/digital/formats/content/tiff_tags.shtml
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum
from itertools import groupby
from typing import TYPE_CHECKING, Any

from voxlogica.images.errors import ImageFileError, quoted
from voxlogica.images.libtiff import libtiff_image
from voxlogica.images.tiff_directories import Bytes, Directory, NotInFileError

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Tag(IntEnum):
    """The fields of a directory."""

    WIDTH = 256
    LENGTH = 257
    BITS = 258
    COMPRESSION = 259
    PHOTOMETRIC = 262
    FILL_ORDER = 266
    STRIPS = 273
    ORIENTATION = 274
    SAMPLES = 277
    ROWS_A_STRIP = 278
    STRIP_LENGTHS = 279
    PLANES = 284
    T4_OPTIONS = 292
    T6_OPTIONS = 293
    PREDICTOR = 317
    COLOURS = 320
    TILE_WIDTH = 322
    TILE_LENGTH = 323
    TILES = 324
    TILE_LENGTHS = 325
    EXTRA = 338
    FORMAT = 339
    JPEG_TABLES = 347
    YCBCR_COEFFICIENTS = 529
    YCBCR_SUBSAMPLING = 530
    YCBCR_POSITIONING = 531
    BLACK_AND_WHITE = 532
    DEPTH = 32997


WHITE_IS_ZERO, BLACK_IS_ZERO, RGB, PALETTE, YCBCR = 0, 1, 2, 3, 6
_PLAIN, _JPEG = 1, 7
_DEFLATE = frozenset({8, 32946})
_FAX = frozenset({2, 3, 4})
# By libtiff, to bytes.
_BYTES_BY_LIBTIFF = frozenset({5, 32773})
_COMPRESSIONS = {
    6: "the JPEG of TIFF's first version 6",
    32766: "NeXT's run lengths",
    32771: "word-aligned fax",
    32809: "ThunderScan",
    33003: "JPEG 2000",
    33004: "JPEG 2000",
    33005: "JPEG 2000",
    34661: "JBIG",
    34676: "SGI's logarithms",
    34677: "SGI's logarithms",
    34712: "JPEG 2000",
    34887: "LERC",
    34892: "lossy JPEG of DNG",
    34925: "LZMA",
    50000: "Zstandard",
    50001: "WebP",
    50002: "JPEG XL",
    52546: "JPEG XL",
}
_PHOTOMETRICS = {
    4: "a mask for transparency",
    5: "inks, such as CMYK",
    8: "CIE L*a*b* colours",
    9: "ICC L*a*b* colours",
    10: "ITU L*a*b* colours",
    32803: "the raw mosaic of a camera",
    32844: "logarithms of luminance",
    32845: "logarithms of colours",
    34892: "the raw colours of a camera",
}
_UNSIGNED, _SIGNED, _FLOAT, _UNTYPED = 1, 2, 3, 4
_NATIVE_BITS = {_UNSIGNED: (8, 16, 32, 64), _SIGNED: (8, 16, 32, 64), _FLOAT: (16, 32, 64)}
_ASSOCIATED = 1  # of an extra sample: the opacity that the colours have been multiplied by
_MOST_EXPANDED = 4096  # by what deflate and LZW enlarge at most
_MOST_BLANK = 1 << 17  # pixels a byte
_LONGEST_SIDE = 1 << 31
_TOGETHER = 1 << 26  # bytes


@dataclass(frozen=True, slots=True)
class Page:
    """The layout of a page, in the terms of its directory.

    `kind` is `u`, `i` or `f` of numpy; `photometric` says what numbers mean; `together` whether the
    samples of a pixel stand side by side, or each plane apart. Segments of `rows` × `columns` fill
    each plane row by row; those of strips at the end have fewer rows.
    """

    order: str
    width: int
    length: int
    samples: int
    bits: int
    kind: str
    photometric: int | None
    compression: int
    predictor: int
    reversed_bits: bool
    together: bool
    tiled: bool
    rows: int
    columns: int
    starts: tuple[int, ...]
    lengths: tuple[int, ...]
    extra: tuple[int, ...]
    orientation: int
    colours: tuple[int, ...]
    directory: Directory

    @property
    def likeness(self) -> tuple[object, ...]:
        """What pages that make a volume have in common."""
        return (
            self.width,
            self.length,
            self.samples,
            self.bits,
            self.kind,
            self.photometric,
            self.extra,
            self.colours,
        )

    @property
    def is_one_run(self) -> bool:
        """Whether the numbers of the page stand in the file as they are, one after the other."""
        ends = (s + n for s, n in zip(self.starts, self.lengths, strict=True))
        return (
            self.compression == _PLAIN
            and self.predictor == 1
            and not self.reversed_bits
            and not self.tiled
            and (self.samples == 1 or self.together)
            and self.bits in (8, 16, 32, 64)
            and all(end == start for end, start in zip(ends, self.starts[1:], strict=False))
        )

    @property
    def octets(self) -> int:
        """How many bytes a page of plain numbers takes."""
        return self.length * self.row_octets(self.width)

    def row_octets(self, columns: int) -> int:
        """How many bytes a row of a segment takes, which begins with a whole one."""
        return (columns * self._abreast * self.bits + 7) // 8

    @property
    def _abreast(self) -> int:
        return self.samples if self.together else 1

    @property
    def count(self) -> int:
        """How many segments there are."""
        planes = 1 if self.together else self.samples
        return planes * -(-self.length // self.rows) * -(-self.width // self.columns)

    def segments(self) -> Iterator[tuple[int, int, int, int]]:
        """Plane, row and column where each segment begins, and its rows."""
        for plane in range(1 if self.together else self.samples):
            for row in range(0, self.length, self.rows):
                for column in range(0, self.width, self.columns):
                    rows = self.rows if self.tiled else min(self.rows, self.length - row)
                    yield plane, row, column, rows


def page_of(path: str, directory: Directory) -> Page:
    """The page that a directory describes; ImageFileError where it is of a kind that is not read.

    Raises NotInFileError where fields are missing or contradict each other.
    """
    number, numbers = directory.number, directory.numbers
    width, length = number(Tag.WIDTH, 0), number(Tag.LENGTH, 0)
    samples = number(Tag.SAMPLES, 1)
    tiled = Tag.TILES in directory.fields or Tag.TILE_WIDTH in directory.fields
    together = number(Tag.PLANES, 1) != 2 or samples == 1
    rows, columns = number(Tag.ROWS_A_STRIP, length) or length, width
    starts, lengths = numbers(Tag.STRIPS), numbers(Tag.STRIP_LENGTHS)
    if tiled:
        rows, columns = number(Tag.TILE_LENGTH, 0), number(Tag.TILE_WIDTH, 0)
        starts = numbers(Tag.TILES) or starts
        lengths = numbers(Tag.TILE_LENGTHS) or lengths
    if not all(0 < side < _LONGEST_SIDE for side in (width, length, rows, columns, samples)):
        raise NotInFileError
    rows = rows if tiled else min(rows, length)
    bits, kind = _numbers(path, directory, samples)
    extra = numbers(Tag.EXTRA)
    page = Page(
        order=directory.order,
        width=width,
        length=length,
        samples=samples,
        bits=bits,
        kind=kind,
        photometric=next(iter(numbers(Tag.PHOTOMETRIC)), None),
        compression=number(Tag.COMPRESSION, _PLAIN),
        predictor=number(Tag.PREDICTOR, 1),
        reversed_bits=number(Tag.FILL_ORDER, 1) == 2,
        together=together,
        tiled=tiled,
        rows=rows,
        columns=columns,
        starts=starts,
        lengths=lengths,
        extra=extra,
        orientation=number(Tag.ORIENTATION, 1),
        colours=numbers(Tag.COLOURS) if number(Tag.PHOTOMETRIC, 1) == PALETTE else (),
        directory=directory,
    )
    _check_kind(path, page)
    return page


def _numbers(path: str, directory: Directory, samples: int) -> tuple[int, str]:
    """How many bits a number has, and which kind it is."""
    bits = directory.numbers(Tag.BITS) or (1,)
    formats = directory.numbers(Tag.FORMAT) or (_UNSIGNED,)
    if len({*bits[:samples]}) > 1 or len({*formats[:samples]}) > 1:
        raise _unread(path, "numbers of several types a pixel", "export one channel by itself")
    form = _UNSIGNED if formats[0] == _UNTYPED else formats[0]
    if form not in _NATIVE_BITS:
        raise ImageFileError(
            f"{quoted(path)} holds complex numbers, which are not read as an image",
            "save its magnitude or its phase as an image of its own",
        )
    if bits[0] not in _NATIVE_BITS[form] and not (form == _UNSIGNED and 0 < bits[0] < 16):
        kind = {_UNSIGNED: "whole numbers", _SIGNED: "signed numbers", _FLOAT: "floats"}[form]
        raise _unread(path, f"{kind} of {bits[0]} bits")
    return bits[0], {_UNSIGNED: "u", _SIGNED: "i", _FLOAT: "f"}[form]


def _check_kind(path: str, page: Page) -> None:
    """Raise ImageFileError for what is known to be a picture, and not read."""
    found = page.compression
    if found not in {_PLAIN, _JPEG, *_DEFLATE, *_FAX, *_BYTES_BY_LIBTIFF}:
        name = _COMPRESSIONS.get(found, f"the unknown method {found}")
        raise ImageFileError(
            f"{quoted(path)} is compressed by {name}, which is not read",
            "export it without compression, or with deflate or LZW",
        )
    if page.photometric is not None and page.photometric not in (0, 1, 2, 3, 6):
        name = _PHOTOMETRICS.get(page.photometric, f"colours of the kind {page.photometric}")
        raise _unread(path, name, "export it as grey or RGB")
    if found == _JPEG and (page.bits != 8 or page.kind != "u"):
        raise _unread(path, f"JPEG of {page.bits} bits")
    if found == _JPEG and page.samples not in (1, 3, 4):
        raise _unread(path, f"JPEG of {page.samples} numbers a pixel", "export it as grey or RGB")
    if page.photometric == YCBCR and found != _JPEG:
        raise _unread(path, "YCbCr colours without JPEG", "export it as RGB")
    if found in _FAX and page.bits * page.samples != 1:
        raise _unread(path, f"fax of {page.bits * page.samples} bits a pixel")
    whole, floats = page.predictor == 2, page.predictor == 3
    if found != _JPEG and (
        page.predictor not in (1, 2, 3)
        or (whole and (page.kind == "f" or page.bits < 8))
        or (floats and page.kind != "f")
        or (page.predictor > 1 and page.bits not in (8, 16, 32, 64))
    ):
        raise _unread(path, f"differences of the kind {page.predictor} of such numbers")
    if page.photometric == PALETTE and (page.samples != 1 or page.kind != "u" or page.bits > 16):
        raise _unread(path, "a palette of several numbers")
    if page.directory.number(Tag.DEPTH, 1) != 1:
        raise _unread(path, "pages that are volumes")


def _unread(path: str, what: str, hint: str | None = None) -> ImageFileError:
    return ImageFileError(
        f"{quoted(path)} is a TIFF file of {what}, which is not read",
        hint or "export it with numbers of 8 or 16 bits, or floats of 32",
    )


def is_whole(page: Page, file: Bytes) -> bool:
    """Whether all segments are there, and can hold as much as they have to."""
    # First of all: what a header declares may be more than can be gone through.
    if min(len(page.starts), len(page.lengths)) < page.count:
        return False
    row = page.row_octets(page.columns)
    needed = page.segments()
    for (_, _, _, rows), start, length in zip(needed, page.starts, page.lengths, strict=False):
        least = rows * row
        if page.compression in _FAX:  # a white row is one bit, however long
            least = max(-(-rows // 8), rows * page.columns // _MOST_BLANK)
        elif page.compression != _PLAIN:
            least = -(-least // _MOST_EXPANDED)
        if length < max(least, 1) or start + length > file.length:
            return False
    return True


# Reading


def numbers_of(path: str, page: Page, file: Bytes) -> NDArray[Any]:
    """The numbers of a page as they stand in it, shape (length, width, samples), native order.

    Those of 16 bits and less come as uint8 or uint16; ImageFileError where they are damaged.
    """
    import numpy as np

    if page.compression == _JPEG:
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
    if page.compression == _PLAIN:
        yield from packed
    elif page.compression in _DEFLATE:
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
    turning = page.reversed_bits and page.compression not in _FAX
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
    import numpy as np

    octets = rows * page.row_octets(page.columns)
    fax = page.compression in _FAX
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
    import numpy as np

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
        raise _unread(path, f"JPEG of {page.samples} numbers a pixel", "export it as grey or RGB")
    return np.ascontiguousarray(found[..., : page.samples])


def _decoded(page: Page, content: bytes | memoryview, rows: int, abreast: int) -> NDArray[Any]:
    """The numbers of a segment, shape (rows, columns, samples side by side)."""
    import numpy as np

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
    import numpy as np

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
