"""TIFF files as they are written: a page a slice, plain numbers, lengths told as ImageJ does.

TIFF itself has neither a distance of slices nor a unit beyond inches and centimetres. ImageJ says
both in a text beside the first page, which microscopy's programs read; what knows only pages still
has the voxels. SimpleITK cannot write that text.

Tags: https://www.itu.int/itudoc/itu-t/com16/tiff-fx/docs/tiff6.pdf
ImageJ: https://imagej.net/ij/source/ij/io/TiffEncoder.java
"""

from __future__ import annotations

import struct
import sys
from collections.abc import Iterator
from typing import Any

from voxlogica.images.arrays import NDArray
from voxlogica.images.geometry import Geometry

_SHORT, _LONG, _RATIONAL, _ASCII, _LONG8 = 3, 4, 5, 2, 16
_WIDTH, _LENGTH, _BITS, _COMPRESSION, _PHOTOMETRIC, _DESCRIPTION = 256, 257, 258, 259, 262, 270
_STARTS, _SAMPLES, _ROWS, _BYTES, _X, _Y, _UNIT = 273, 277, 278, 279, 282, 283, 296
_EXTRA, _FORMAT = 338, 339
_GREY, _RGB, _NO_UNIT, _PLAIN, _ALPHA = 1, 2, 1, 1, 2
_FORMATS = {"u": 1, "i": 2, "f": 3}
_FORMS = {_SHORT: "H", _LONG: "I", _RATIONAL: "2I", _ASCII: "s", _LONG8: "Q"}
# Beyond, offsets do not fit 32 bits, and the file is a BigTIFF.
_LARGEST = 2**32 - 2**16


def tiff(values: NDArray[Any], geometry: Geometry, components: int) -> Iterator[bytes]:
    """What a TIFF file holds before the voxels of an image, of shape `geometry.shape` and more."""
    pages = geometry.size[2] if geometry.dimension == 3 else 1
    page = values.nbytes // pages
    big = values.nbytes + 512 * (pages + 1) > _LARGEST
    directories = [
        _fields(values, geometry, components, page, number, big) for number in range(pages)
    ]
    head = 16 if big else 8
    lengths = [_length(fields, big) for fields in directories]
    voxels = head + sum(lengths)
    voxels += -voxels % 16
    order = "<" if sys.byteorder == "little" else ">"
    mark = b"II" if order == "<" else b"MM"
    if big:
        yield mark + struct.pack(order + "3HQ", 43, 8, 0, head)
    else:
        yield mark + struct.pack(order + "HI", 42, head)
    place = head
    for number, (fields, length) in enumerate(zip(directories, lengths, strict=True)):
        fields[_STARTS] = (_LONG8 if big else _LONG, (voxels + number * page,))
        following = place + length if number + 1 < pages else 0
        yield _directory(fields, place, following, order, big)
        place += length
    yield b"\0" * (voxels - place)


_Fields = dict[int, tuple[int, tuple[Any, ...]]]


def _fields(
    values: NDArray[Any], geometry: Geometry, components: int, page: int, number: int, big: bool
) -> _Fields:
    width, length = geometry.size[:2]
    fields: _Fields = {
        _WIDTH: (_LONG, (width,)),
        _LENGTH: (_LONG, (length,)),
        _BITS: (_SHORT, (8 * values.dtype.itemsize,) * components),
        _COMPRESSION: (_SHORT, (_PLAIN,)),
        _PHOTOMETRIC: (_SHORT, (_GREY if components == 1 else _RGB,)),
        _STARTS: (_LONG8 if big else _LONG, (0,)),
        _SAMPLES: (_SHORT, (components,)),
        _ROWS: (_LONG, (length,)),
        _BYTES: (_LONG8 if big else _LONG, (page,)),
        _FORMAT: (_SHORT, (_FORMATS[values.dtype.kind],) * components),
    }
    if components == 4:
        fields[_EXTRA] = (_SHORT, (_ALPHA,))
    if geometry.unit != "px":
        fields[_X] = (_RATIONAL, _per(geometry.spacing[0]))
        fields[_Y] = (_RATIONAL, _per(geometry.spacing[1]))
        fields[_UNIT] = (_SHORT, (_NO_UNIT,))
    said = _description(geometry)
    if number == 0 and said:
        fields[_DESCRIPTION] = (_ASCII, (said.encode() + b"\0",))
    return fields


def _description(geometry: Geometry) -> str:
    """The text of ImageJ; none for a picture in pixels."""
    if geometry.dimension == 2 and geometry.unit == "px":
        return ""
    lines = ["ImageJ=1.54f"]
    if geometry.dimension == 3:
        slices = geometry.size[2]
        lines += [f"images={slices}", f"slices={slices}"]
    lines.append(f"unit={'pixel' if geometry.unit == 'px' else geometry.unit}")
    if geometry.dimension == 3:
        lines.append(f"spacing={geometry.spacing[2]!r}")
    return "\n".join([*lines, "loop=false", ""])


def _per(step: float) -> tuple[int, int]:
    """How many voxels a unit has, as a fraction of numbers of 32 bits, as near as they come."""
    from fractions import Fraction  # with decimal numbers, which cost time to import

    most = 2**32 - 1
    fraction = Fraction(step).limit_denominator(max(1, int(most / max(step, 1.0))))
    return fraction.denominator, min(max(fraction.numerator, 1), most)


def _length(fields: _Fields, big: bool) -> int:
    entries = (8 + 20 * len(fields) + 8) if big else (2 + 12 * len(fields) + 4)
    room = 8 if big else 4
    beside = (len(_packed(kind, numbers, "<")) for kind, numbers in fields.values())
    return entries + sum(n + n % 2 for n in beside if n > room) + entries % 2


def _directory(fields: _Fields, place: int, following: int, order: str, big: bool) -> bytes:
    """A directory that stands at `place`, with what does not fit its entries behind it."""
    room, count, offset, entry = (8, "Q", "Q", "HHQ") if big else (4, "H", "I", "HHI")
    entries = [struct.pack(order + count, len(fields))]
    behind = b""
    at = place + struct.calcsize(order + count) + len(fields) * (20 if big else 12) + room
    at += at % 2
    for tag, (kind, numbers) in sorted(fields.items()):
        content = _packed(kind, numbers, order)
        many = len(content) if kind == _ASCII else len(numbers) // (2 if kind == _RATIONAL else 1)
        if len(content) <= room:
            said = content.ljust(room, b"\0")
        else:
            said = struct.pack(order + offset, at + len(behind))
            behind += content + b"\0" * (len(content) % 2)
        entries.append(struct.pack(order + entry, tag, kind, many) + said)
    entries.append(struct.pack(order + offset, following))
    whole = b"".join(entries)
    return whole + b"\0" * (len(whole) % 2) + behind


def _packed(kind: int, numbers: tuple[Any, ...], order: str) -> bytes:
    if kind == _ASCII:
        text: bytes = numbers[0]
        return text
    form = _FORMS[kind].removeprefix("2")
    return struct.pack(f"{order}{len(numbers)}{form}", *numbers)
