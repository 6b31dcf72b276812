"""The pages of a TIFF file, classic or BigTIFF: what each says of itself, and how it is laid out.

Nothing is believed that leads out of the file. Directories of other pages than those in the main
chain, as the lower resolutions of a pyramid have them, are not looked at.

A page is cut into strips or tiles, its segments. What is known to be a picture, but is of a kind
that is not read, is refused by its name.

Tags and their values: TIFF 6.0, https://www.itu.int/itudoc/itu-t/com16/tiff-fx/docs/tiff6.pdf and
https://www.loc.gov/preservation/digital/formats/content/tiff_tags.shtml
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from enum import IntEnum
from fractions import Fraction

from voxlogica.dataclass import dataclass
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

    def fraction(self, tag: int) -> Fraction | None:
        """The number that two whole ones make; None where there is none, or no number."""
        match self.numbers(tag):
            case (numerator, denominator, *_) if denominator:
                return Fraction(numerator, denominator)
        return None


# Of each field's type: the form of its numbers, and of how many such one value is made.
_NUMBERS = {
    3: ("H", 1),
    4: ("I", 1),
    5: ("I", 2),
    6: ("b", 1),
    8: ("h", 1),
    9: ("i", 1),
    13: ("I", 1),
    16: ("Q", 1),
    18: ("Q", 1),
}
_OCTETS = frozenset({1, 2, 7})
_READ = frozenset(Tag)


def directories(file: Bytes) -> Iterator[Directory]:
    """The directories of a file's main chain, in order; NotInFileError where it leads outside."""
    head = file.read(0, 8)
    order = "<" if head[:2] == b"II" else ">"
    big = struct.unpack_from(order + "H", head, 2)[0] == 43
    forms = ("Q", "HHQ8s", "Q") if big else ("H", "HHI4s", "I")
    count_form, entry_form, offset_form = (order + form for form in forms)
    entry_length, offset_length = struct.calcsize(entry_form), struct.calcsize(offset_form)
    (position,) = struct.unpack(offset_form, file.read(8 if big else 4, offset_length))
    seen: set[int] = set()
    # Fields of many directories may lie in one place: the file is read twice over, and no more.
    left = 2 * file.length + (1 << 16)
    while position:
        if position in seen or left < 0:
            raise NotInFileError
        seen.add(position)
        count_length = struct.calcsize(count_form)
        (entries,) = struct.unpack(count_form, file.read(position, count_length))
        block = file.read(position + count_length, entries * entry_length + offset_length)
        fields: dict[int, tuple[int, ...] | bytes] = {}
        for tag, kind, count, value in struct.iter_unpack(
            entry_form, block[: entries * entry_length]
        ):
            if tag in _READ:
                found = _field(file, order, offset_form, kind, count, value)
                if found is not None:
                    fields[tag] = found
                    left -= len(found)
        yield Directory(order, fields)
        (position,) = struct.unpack_from(offset_form, block, entries * entry_length)


def _field(
    file: Bytes, order: str, offset_form: str, kind: int, count: int, value: bytes
) -> tuple[int, ...] | bytes | None:
    """The values of a field, which stand in its place if they are short; None of another type."""
    form, together = ("B", 1) if kind in _OCTETS else _NUMBERS.get(kind, ("", 0))
    if not form:
        return None
    length = count * together * struct.calcsize("=" + form)
    if length <= len(value):
        content = value[:length]
    else:
        content = file.read(struct.unpack(offset_form, value)[0], length)
    if kind in _OCTETS:
        return content
    return struct.unpack(f"{order}{count * together}{form}", content)


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
_UNSIGNED, _SIGNED, _FLOAT, _UNTYPED = 1, 2, 3, 4
_NATIVE_BITS = {_UNSIGNED: (8, 16, 32, 64), _SIGNED: (8, 16, 32, 64), _FLOAT: (16, 32, 64)}
_MOST_EXPANDED = 4096  # by what deflate and LZW enlarge at most
_MOST_BLANK = 1 << 17  # pixels a byte
_LONGEST_SIDE = 1 << 31


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
            self.compression == PLAIN
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
    # By default 2 ** 32 - 1, which some writers say.
    rows, columns = min(number(Tag.ROWS_A_STRIP, length) or length, length), width
    starts, lengths = numbers(Tag.STRIPS), numbers(Tag.STRIP_LENGTHS)
    if tiled:
        rows, columns = number(Tag.TILE_LENGTH, 0), number(Tag.TILE_WIDTH, 0)
        starts = numbers(Tag.TILES) or starts
        lengths = numbers(Tag.TILE_LENGTHS) or lengths
    if not all(0 < side < _LONGEST_SIDE for side in (width, length, rows, columns, samples)):
        raise NotInFileError
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
        compression=number(Tag.COMPRESSION, PLAIN),
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
        raise unread_tiff(path, "numbers of several types a pixel", "export one channel by itself")
    form = _UNSIGNED if formats[0] == _UNTYPED else formats[0]
    if form not in _NATIVE_BITS:
        raise of_complex_numbers(path)
    if bits[0] not in _NATIVE_BITS[form] and not (form == _UNSIGNED and 0 < bits[0] < 16):
        kind = {_UNSIGNED: "whole numbers", _SIGNED: "signed numbers", _FLOAT: "floats"}[form]
        raise unread_tiff(path, f"{kind} of {bits[0]} bits")
    return bits[0], {_UNSIGNED: "u", _SIGNED: "i", _FLOAT: "f"}[form]


def _check_kind(path: str, page: Page) -> None:
    """Raise ImageFileError for what is known to be a picture, and not read."""
    found = page.compression
    if found not in _READ_COMPRESSIONS:
        name = _COMPRESSIONS.get(found, f"the unknown method {found}")
        raise unread(
            path,
            f"is compressed by {name}",
            "export it without compression, or with deflate or LZW",
        )
    inks = _PHOTOMETRICS.get(page.photometric or 0) or f"colours of the kind {page.photometric}"
    bits, kind, samples, predictor = page.bits, page.kind, page.samples, page.predictor
    jpeg, fax = found == JPEG, found in FAX
    mixed = page.photometric == PALETTE and ((samples, kind) != (1, "u") or bits > 16)
    impossible = (
        predictor not in (1, 2, 3)
        or (predictor > 1 and bits not in (8, 16, 32, 64))
        or (predictor > 1 and (kind == "f") != (predictor == 3))
    )
    grey = "export it as grey or RGB"
    refuse(
        (page.photometric not in (None, *_READ_COLOURS), lambda: unread_tiff(path, inks, grey)),
        (jpeg and (bits != 8 or kind != "u"), lambda: unread_tiff(path, f"JPEG of {bits} bits")),
        (
            jpeg and samples not in (1, 3, 4),
            lambda: unread_tiff(path, f"JPEG of {samples} numbers a pixel", grey),
        ),
        (
            page.photometric == YCBCR and not jpeg,
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
        (mixed, lambda: unread_tiff(path, "a palette of several numbers")),
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
