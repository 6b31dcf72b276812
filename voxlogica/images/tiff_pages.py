"""The pages of a TIFF file, classic or BigTIFF: what each says of itself, and how it is laid out.

Nothing is believed that leads out of the file. Directories of other pages than those in the main
chain, as the lower resolutions of a pyramid have them, are not looked at.

tifffile reads all this and more, for those who trust their files: it follows directories that lead
back for ever, gives the pages before one that is damaged as if they were all, and reads one text
as often as pages share it.

A page is cut into strips or tiles, its segments. What is known to be a picture, but is of a kind
that is not read, is refused by its name.

Tags and their values: TIFF 6.0, https://www.itu.int/itudoc/itu-t/com16/tiff-fx/docs/tiff6.pdf and
https://www.loc.gov/preservation/digital/formats/content/tiff_tags.shtml
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from enum import IntEnum
from itertools import product
from typing import Any

from voxlogica.dataclass import dataclass, replace
from voxlogica.images.arrays import np
from voxlogica.images.errors import ImageFileError, of_complex_numbers, refuse, unread
from voxlogica.images.raw import Bytes, NotInFileError


class Tag(IntEnum):
    """The fields of a directory that are read. A file may have others of many megabytes."""

    ROLE = 254
    OLD_ROLE = 255
    WIDTH = 256
    LENGTH = 257
    BITS = 258
    COMPRESSION = 259
    PHOTOMETRIC = 262
    FILL_ORDER = 266
    DESCRIPTION = 270
    STRIPS = 273
    ORIENTATION = 274
    SAMPLES = 277
    ROWS_A_STRIP = 278
    STRIP_LENGTHS = 279
    X_RESOLUTION = 282
    Y_RESOLUTION = 283
    PLANES = 284
    T4_OPTIONS = 292
    T6_OPTIONS = 293
    RESOLUTION_UNIT = 296
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
    METAMORPH = 33629
    FLUOVIEW = 34361
    LSM = 34412


@dataclass(frozen=True, slots=True)
class Directory:
    """The fields of a page by their number: whole numbers, or bytes.

    `order` is that of the file's bytes, `<` or `>`.
    """

    order: str
    fields: dict[int, tuple[int, ...] | bytes]

    def numbers(self, tag: int) -> tuple[int, ...]:
        """The whole numbers of a field; none where it is not there."""
        return tuple(self.fields.get(tag, ()))

    def number(self, tag: int, otherwise: int) -> int:
        """The first of them."""
        return next(iter(self.numbers(tag)), otherwise)

    def octets(self, tag: int) -> bytes:
        """The bytes of a field, as a text has them."""
        found = self.fields.get(tag, b"")
        return found if isinstance(found, bytes) else bytes(n & 255 for n in found)

    def fraction(self, tag: int) -> float:
        """The number that two whole ones make; 0 where there is none."""
        numerator, denominator, *_ = *self.numbers(tag), 0, 0
        return numerator / denominator if denominator else 0.0


# Of each field's type: the form of its numbers, and of how many such one value is made.
_FORMS = {
    1: ("s", 1),
    2: ("s", 1),
    3: ("H", 1),
    4: ("I", 1),
    5: ("I", 2),
    6: ("b", 1),
    7: ("s", 1),
    8: ("h", 1),
    9: ("i", 1),
    13: ("I", 1),
    16: ("Q", 1),
    18: ("Q", 1),
}
_READ = frozenset(Tag)


def forms(order: str, big: bool) -> tuple[struct.Struct, ...]:
    """How a directory says the number of its entries, each of them, and an offset in the file."""
    found = ("Q", "HHQ8s", "Q") if big else ("H", "HHI4s", "I")
    return tuple(struct.Struct(order + form) for form in found)


def directories(file: Bytes) -> Iterator[Directory]:
    """The directories of a file's main chain, in order; NotInFileError where it leads outside."""
    head = file.read(0, 8)
    order = "<" if head[:2] == b"II" else ">"
    big = struct.unpack_from(order + "H", head, 2)[0] == 43
    count_form, entry_form, offset_form = forms(order, big)
    (position,) = offset_form.unpack(file.read(8 if big else 4, offset_form.size))
    seen: set[int] = set()
    # Fields of many directories may lie in one place: the file is read twice over, and no more.
    left = 2 * file.length + (1 << 16)
    while position:
        if position in seen or left < 0:
            raise NotInFileError
        seen.add(position)
        (entries,) = count_form.unpack(file.read(position, count_form.size))
        length = entries * entry_form.size
        block = file.read(position + count_form.size, length + offset_form.size)
        fields: dict[int, tuple[int, ...] | bytes] = {}
        for tag, kind, count, value in entry_form.iter_unpack(block[:length]):
            if tag in _READ and kind in _FORMS:
                fields[tag] = _field(file, order, offset_form, kind, count, value)
                left -= len(fields[tag])
        yield Directory(order, fields)
        (position,) = offset_form.unpack_from(block, length)


def _field(
    file: Bytes, order: str, offset_form: struct.Struct, kind: int, count: int, value: bytes
) -> tuple[int, ...] | bytes:
    """The values of a field, which stand in its place if they are short."""
    form, together = _FORMS[kind]
    length = count * together * struct.calcsize("=" + form)
    if length > len(value):
        value = file.read(offset_form.unpack(value)[0], length)
    found = struct.unpack_from(f"{order}{count * together}{form}", value)
    return found[0] if form == "s" else found


# The layout of a page

WHITE_IS_ZERO, BLACK_IS_ZERO, RGB, PALETTE, YCBCR = _READ_COLOURS = (0, 1, 2, 3, 6)
PLAIN, LZW, JPEG, PACKBITS = 1, 5, 7, 32773
DEFLATE = frozenset({8, 32946})
FAX = frozenset({2, 3, 4})
_READ_COMPRESSIONS = frozenset({PLAIN, LZW, JPEG, PACKBITS}) | DEFLATE | FAX
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
_BITS = (8, 16, 32, 64)
# Of the formats of numbers: numpy's kind, what messages call them, and the bits they have.
_FORMATS = {
    1: ("u", "whole numbers", (*range(1, 17), 32, 64)),
    2: ("i", "signed numbers", _BITS),
    3: ("f", "floats", _BITS[1:]),
}
_FORMATS[4] = _FORMATS[1]  # of no type that is said
_MOST_EXPANDED = 4096  # by what deflate and LZW enlarge at most
_MOST_BLANK = 1 << 17  # pixels a byte
_LONGEST_SIDE = 1 << 31


@dataclass(frozen=True, slots=True)
class Page:
    """The layout of a page, and its directory.

    Numbers have so many `bits`, and are of a `dtype` in memory; `photometric` says what they mean;
    `together` whether the samples of a pixel stand side by side, or each plane apart. Segments of
    `rows` × `columns` fill each plane row by row; those of strips at the end have fewer rows.
    """

    directory: Directory
    width: int
    length: int
    samples: int
    bits: int
    dtype: np.dtype[Any]
    photometric: int
    compression: int
    predictor: int
    reversed_bits: bool
    together: bool
    tiled: bool
    rows: int
    columns: int
    starts: tuple[int, ...]
    lengths: tuple[int, ...]

    @property
    def likeness(self) -> tuple[object, ...]:
        """What pages that make a volume have in common."""
        sides = self.width, self.length, self.samples
        extra = self.directory.numbers(Tag.EXTRA)
        return *sides, self.bits, self.dtype, self.photometric, extra, self.colours

    @property
    def colours(self) -> tuple[int, ...]:
        """All reds of the palette, all greens, all blues; none where there is no palette."""
        return self.directory.numbers(Tag.COLOURS) if self.photometric == PALETTE else ()

    def room(self, length: int) -> int:
        """How many pages a file of so many bytes may have from here on, each behind the other.

        There is but this one where its numbers are not as they are in memory, or not in one run.
        """
        whole = 0 < self.count <= len(self.starts) == len(self.lengths)
        ends = (s + n for s, n in zip(self.starts, self.lengths, strict=False))
        is_one_run = (
            whole
            and self.compression == PLAIN
            and self.predictor == 1
            and not self.reversed_bits
            and not self.tiled
            and (self.samples == 1 or self.together)
            and self.bits in _BITS
            and all(end == start for end, start in zip(ends, self.starts[1:], strict=False))
        )
        return (length - self.starts[0]) // self.octets if is_one_run else 1

    @property
    def octets(self) -> int:
        """How many bytes a page of plain numbers takes."""
        return self.length * self.row_octets(self.width)

    def further(self, number: int) -> Page:
        """One of the pages that follow each other behind the only directory, this one the first."""
        start = self.starts[0] + number * self.octets
        return replace(self, rows=self.length, starts=(start,), lengths=(self.octets,))

    def row_octets(self, columns: int) -> int:
        """How many bytes a row of a segment takes, which begins with a whole one."""
        return (columns * self.abreast * self.bits + 7) // 8

    @property
    def abreast(self) -> int:
        """How many samples of a pixel stand side by side."""
        return self.samples if self.together else 1

    @property
    def count(self) -> int:
        """How many segments there are."""
        planes = 1 if self.together else self.samples
        return planes * -(-self.length // self.rows) * -(-self.width // self.columns)

    def segments(self) -> Iterator[tuple[int, int, int, int]]:
        """Plane, row and column where each segment begins, and its rows."""
        planes = range(1 if self.together else self.samples)
        tops = range(0, self.length, self.rows)
        for plane, row, column in product(planes, tops, range(0, self.width, self.columns)):
            yield plane, row, column, self.rows if self.tiled else min(self.rows, self.length - row)


def page_of(path: str, directory: Directory) -> Page:
    """The page that a directory describes; ImageFileError where it is of a kind that is not read.

    Raises NotInFileError where fields are missing or contradict each other.
    """
    number, numbers = directory.number, directory.numbers
    width, length = number(Tag.WIDTH, 0), number(Tag.LENGTH, 0)
    samples = number(Tag.SAMPLES, 1)
    tiled = Tag.TILES in directory.fields or Tag.TILE_WIDTH in directory.fields
    # By default 2 ** 32 - 1, which some writers say.
    rows, columns = min(number(Tag.ROWS_A_STRIP, length) or length, length), width
    starts, lengths = numbers(Tag.STRIPS), numbers(Tag.STRIP_LENGTHS)
    if tiled:
        rows, columns = number(Tag.TILE_LENGTH, 0), number(Tag.TILE_WIDTH, 0)
        starts = numbers(Tag.TILES) or starts
        lengths = numbers(Tag.TILE_LENGTHS) or lengths
    if not all(0 < side < _LONGEST_SIDE for side in (width, length, rows, columns, samples)):
        raise NotInFileError
    bits, dtype = _numbers(path, directory, samples)
    page = Page(
        directory=directory,
        width=width,
        length=length,
        samples=samples,
        bits=bits,
        dtype=dtype,
        photometric=number(Tag.PHOTOMETRIC, BLACK_IS_ZERO),
        compression=number(Tag.COMPRESSION, PLAIN),
        predictor=number(Tag.PREDICTOR, 1),
        reversed_bits=number(Tag.FILL_ORDER, 1) == 2,
        together=number(Tag.PLANES, 1) != 2 or samples == 1,
        tiled=tiled,
        rows=rows,
        columns=columns,
        starts=starts,
        lengths=lengths,
    )
    _check_kind(path, page)
    return page


def _numbers(path: str, directory: Directory, samples: int) -> tuple[int, np.dtype[Any]]:
    """How many bits a number has, and what holds it in memory."""
    bits = directory.numbers(Tag.BITS) or (1,)
    formats = directory.numbers(Tag.FORMAT) or (1,)
    if len({*bits[:samples]}) > 1 or len({*formats[:samples]}) > 1:
        raise unread_tiff(path, "numbers of several types a pixel", "export one channel by itself")
    if formats[0] not in _FORMATS:
        raise of_complex_numbers(path)
    kind, named, widths = _FORMATS[formats[0]]
    if bits[0] not in widths:
        raise unread_tiff(path, f"{named} of {bits[0]} bits")
    return bits[0], np.dtype(f"{kind}{-(-bits[0] // 8)}")


def _check_kind(path: str, page: Page) -> None:
    """Raise ImageFileError for what is known to be a picture, and not read."""
    bits, kind, samples, predictor = page.bits, page.dtype.kind, page.samples, page.predictor
    found, colours = page.compression, page.photometric
    method = _COMPRESSIONS.get(found, f"the unknown method {found}")
    inks = _PHOTOMETRICS.get(colours, f"colours of the kind {colours}")
    jpeg, fax = found == JPEG, found in FAX
    impossible = predictor not in (1, 2, 3) or (
        predictor > 1 and (bits not in _BITS or (kind == "f") != (predictor == 3))
    )
    grey = "export it as grey or RGB"
    refuse(
        (
            found not in _READ_COMPRESSIONS,
            lambda: unread(
                path,
                f"is compressed by {method}",
                "export it without compression, or with deflate or LZW",
            ),
        ),
        (colours not in _READ_COLOURS, lambda: unread_tiff(path, inks, grey)),
        (jpeg and (bits != 8 or kind != "u"), lambda: unread_tiff(path, f"JPEG of {bits} bits")),
        (
            jpeg and samples not in (1, 3, 4),
            lambda: unread_tiff(path, f"JPEG of {samples} numbers a pixel", grey),
        ),
        (
            colours == YCBCR and not jpeg,
            lambda: unread_tiff(path, "YCbCr colours without JPEG", "export it as RGB"),
        ),
        (
            fax and bits * samples != 1,
            lambda: unread_tiff(path, f"fax of {bits * samples} bits a pixel"),
        ),
        (
            impossible and not jpeg,
            lambda: unread_tiff(path, f"differences of the kind {predictor} of such numbers"),
        ),
        (
            colours == PALETTE and ((samples, kind) != (1, "u") or bits > 16),
            lambda: unread_tiff(path, "a palette of several numbers"),
        ),
        (
            page.directory.number(Tag.DEPTH, 1) != 1,
            lambda: unread_tiff(path, "pages that are volumes"),
        ),
    )


def unread_tiff(path: str, what: str, hint: str | None = None) -> ImageFileError:
    """The error of a file of numbers, or colours, that are not read."""
    hint = hint or "export it with numbers of 8 or 16 bits, or floats of 32"
    return unread(path, f"is a TIFF file of {what}", hint)


def is_whole(page: Page, file: Bytes) -> bool:
    """Whether all segments are there, and can hold as much as they have to."""
    # First of all: what a header declares may be more than can be gone through.
    if min(len(page.starts), len(page.lengths)) < page.count:
        return False
    row = page.row_octets(page.columns)
    needed = page.segments()
    for (_, _, _, rows), start, length in zip(needed, page.starts, page.lengths, strict=False):
        least = rows * row
        if page.compression in FAX:  # a white row is one bit, however long
            least = max(-(-rows // 8), rows * page.columns // _MOST_BLANK)
        elif page.compression != PLAIN:
            least = -(-least // _MOST_EXPANDED)
        if length < max(least, 1) or start + length > file.length:
            return False
    return True
