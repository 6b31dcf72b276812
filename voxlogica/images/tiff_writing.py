"""TIFF files as they are written: for programs that read images, and for libtiff to decompress.

TIFF itself has neither a distance of slices nor a unit beyond inches and centimetres. ImageJ says
both in a text beside the first page, which microscopy's programs read; what knows only pages still
has the voxels. SimpleITK cannot write that text.

A page that libtiff, through SimpleITK, is to decompress is put into a file of its own, in memory.

Tags: https://www.itu.int/itudoc/itu-t/com16/tiff-fx/docs/tiff6.pdf
ImageJ: https://imagej.net/ij/source/ij/io/TiffEncoder.java
"""

from __future__ import annotations

import math
import struct
import sys
from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate
from typing import Any

from voxlogica.images.arrays import NDArray
from voxlogica.images.errors import ImageFileError, quoted
from voxlogica.images.formats import FORMATS
from voxlogica.images.geometry import Geometry
from voxlogica.images.library import voxels_of
from voxlogica.images.tiff_pages import BLACK_IS_ZERO, PLAIN, RGB, Tag, forms

# A field is whole numbers, of which two are a fraction where the tag says so, or bytes.
Fields = dict[int, "tuple[int, ...] | bytes"]
_SHORT, _LONG, _RATIONAL, _ASCII, _LONG8, _UNDEFINED = 3, 4, 5, 2, 16, 7
_FORMS = {_SHORT: "H", _LONG: "I", _RATIONAL: "I", _LONG8: "Q"}
_RATIONALS = frozenset(
    {Tag.X_RESOLUTION, Tag.Y_RESOLUTION, Tag.YCBCR_COEFFICIENTS, Tag.BLACK_AND_WHITE}
)
_PLACES = frozenset({Tag.STRIPS, Tag.STRIP_LENGTHS, Tag.TILES, Tag.TILE_LENGTHS})
_SIDES = frozenset({Tag.WIDTH, Tag.LENGTH, Tag.ROWS_A_STRIP})


def _packed(
    tag: int, value: tuple[int, ...] | bytes, order: str, big: bool
) -> tuple[int, int, bytes]:
    """A field's type, how many values of it there are, and their bytes."""
    if isinstance(value, bytes):
        return _ASCII if tag == Tag.DESCRIPTION else _UNDEFINED, len(value), value
    kind = _SHORT
    if tag in _RATIONALS:
        kind = _RATIONAL
    elif tag in _PLACES and big:
        kind = _LONG8
    elif tag in _PLACES | _SIDES or max(value, default=0) > 0xFFFF:
        kind = _LONG
    content = struct.pack(f"{order}{len(value)}{_FORMS[kind]}", *value)
    return kind, len(value) // (2 if kind == _RATIONAL else 1), content


def _directory(fields: Fields, place: int, following: int, order: str, big: bool) -> bytes:
    """A directory that stands at `place`, with what does not fit its entries behind it."""
    count_form, entry_form, offset_form = forms(order, big)
    at = place + count_form.size + len(fields) * entry_form.size + offset_form.size
    at += at % 2
    whole, behind = count_form.pack(len(fields)), b""
    for tag, value in sorted(fields.items()):
        kind, many, content = _packed(tag, value, order, big)
        if len(content) > offset_form.size:
            start = at + len(behind)
            behind += content + b"\0" * (len(content) % 2)
            content = offset_form.pack(start)
        whole += entry_form.pack(tag, kind, many, content)
    whole += offset_form.pack(following)
    return whole + b"\0" * (len(whole) % 2) + behind


def _head(order: str, big: bool, place: int) -> bytes:
    """What stands before all else: the byte order, and where the first directory is."""
    mark = b"II" if order == "<" else b"MM"
    if big:
        return mark + struct.pack(order + "3HQ", 43, 8, 0, place)
    return mark + struct.pack(order + "HI", 42, place)


# For libtiff


def libtiff_image(
    path: str, order: str, fields: Mapping[int, tuple[int, ...] | bytes], segments: Sequence[bytes]
) -> NDArray[Any]:
    """What SimpleITK reads from a file of these fields and strips or tiles.

    `path` is the file that they are from, whose damage is told. BigTIFF is not needed: offsets are
    of 32 bits.
    """
    # Colours are handed on with an opacity.
    declared = fields[Tag.WIDTH][0] * fields[Tag.LENGTH][0] * 4
    lengths = tuple(map(len, segments))
    *starts, end = accumulate(lengths, initial=8)
    tiled = Tag.TILE_WIDTH in fields
    places: Fields = {
        Tag.TILES if tiled else Tag.STRIPS: tuple(starts),
        Tag.TILE_LENGTHS if tiled else Tag.STRIP_LENGTHS: lengths,
    }
    at = end + end % 2
    directory = _directory({**fields, **places}, at, 0, order, big=False)
    content = (_head(order, False, at), *segments, b"\0" * (end % 2), directory)
    try:
        return voxels_of(path, content, FORMATS[".tif"], declared)
    except ImageFileError as problem:
        raise ImageFileError(
            f"{quoted(path)} is damaged, or compressed in a way that libtiff does not know",
            "fetch it anew, or export it without compression",
        ) from problem


# To save

_UNITLESS, _ALPHA = 1, 2
_FORMATS = {"u": 1, "i": 2, "f": 3}
# Beyond, offsets do not fit 32 bits, and the file is a BigTIFF.
_LARGEST = 2**32 - 2**16


def tiff(values: NDArray[Any], geometry: Geometry, components: int) -> Iterator[bytes]:
    """What a TIFF file holds before the voxels of an image, of shape `geometry.shape` and more.

    It has a page for each slice.
    """
    pages = math.prod(geometry.size[2:])
    page = values.nbytes // pages
    big = values.nbytes + 512 * (pages + 1) > _LARGEST
    order = "<" if sys.byteorder == "little" else ">"
    first = _fields(values, geometry, components, page)
    others = {tag: value for tag, value in first.items() if tag != Tag.DESCRIPTION}
    step = len(_directory(others, 0, 0, order, big))
    place = 16 if big else 8
    following = place + len(_directory(first, 0, 0, order, big))
    end = following + (pages - 1) * step
    voxels = end + -end % 16
    yield _head(order, big, place)
    for number in range(pages):
        fields: Fields = {**(others if number else first), Tag.STRIPS: (voxels + number * page,)}
        yield _directory(fields, place, following if number + 1 < pages else 0, order, big)
        place, following = following, following + step
    yield b"\0" * (voxels - end)


def _fields(values: NDArray[Any], geometry: Geometry, components: int, page: int) -> Fields:
    """The fields of the first page, of so many bytes; the place of its voxels is not yet known."""
    width, length = geometry.size[:2]
    fields: Fields = {
        Tag.WIDTH: (width,),
        Tag.LENGTH: (length,),
        Tag.BITS: (8 * values.dtype.itemsize,) * components,
        Tag.COMPRESSION: (PLAIN,),
        Tag.PHOTOMETRIC: (BLACK_IS_ZERO if components == 1 else RGB,),
        Tag.STRIPS: (0,),
        Tag.SAMPLES: (components,),
        Tag.ROWS_A_STRIP: (length,),
        Tag.STRIP_LENGTHS: (page,),
        Tag.FORMAT: (_FORMATS[values.dtype.kind],) * components,
    }
    if components == 4:
        fields[Tag.EXTRA] = (_ALPHA,)
    if geometry.unit != "px":
        fields[Tag.X_RESOLUTION] = _per(geometry.spacing[0])
        fields[Tag.Y_RESOLUTION] = _per(geometry.spacing[1])
        fields[Tag.RESOLUTION_UNIT] = (_UNITLESS,)
    if geometry.dimension == 3 or geometry.unit != "px":
        fields[Tag.DESCRIPTION] = _description(geometry).encode() + b"\0"
    return fields


def _description(geometry: Geometry) -> str:
    """The text of ImageJ."""
    slices = geometry.size[2:]
    lines = [
        "ImageJ=1.54f",
        *(f"{name}={count}" for count in slices for name in ("images", "slices")),
        f"unit={'pixel' if geometry.unit == 'px' else geometry.unit}",
        *(f"spacing={apart!r}" for apart in geometry.spacing[2:]),
        "loop=false",
        "",
    ]
    return "\n".join(lines)


def _per(step: float) -> tuple[int, int]:
    """How many voxels a unit has, as a fraction of numbers of 32 bits, as near as they come."""
    from fractions import Fraction  # with decimal numbers, which cost time to import

    most = 2**32 - 1
    fraction = Fraction(step).limit_denominator(max(1, int(most / max(step, 1.0))))
    return fraction.denominator, min(max(fraction.numerator, 1), most)
