"""The directories of a TIFF file, classic or BigTIFF: what each page says of itself.

Nothing is believed that leads out of the file. Directories of other pages than those in the main
chain, as the lower resolutions of a pyramid have them, are not looked at.

Fields: TIFF 6.0, https://www.itu.int/itudoc/itu-t/com16/tiff-fx/docs/tiff6.pdf
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from fractions import Fraction
from typing import Self

from voxlogica.dataclass import dataclass


class NotInFileError(Exception):
    """A length or an offset that leads out of the file."""


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


class Bytes:
    """A file, read where it is asked for; a context manager."""

    def __init__(self, path: str) -> None:
        self._file = os.open(path, os.O_RDONLY)
        self.length = os.fstat(self._file).st_size

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._file)

    def read(self, start: int, length: int) -> bytes:
        """So many bytes; NotInFileError where there are fewer."""
        if start + length > self.length:
            raise NotInFileError
        parts = []
        while length:
            part = os.pread(self._file, length, start)
            if not part:
                raise NotInFileError
            parts.append(part)
            start, length = start + len(part), length - len(part)
        return parts[0] if len(parts) == 1 else b"".join(parts)


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
# Those that are read. A file may have others of many megabytes, which no one asks for.
TAGS = frozenset(
    {254, 255, 256, 257, 258, 259, 262, 266, 270, 273, 274, 277, 278, 279, 282, 283, 284, 292, 293}
    | {317, 320, 322, 323, 324, 325, 338, 339, 347, 529, 530, 531, 532, 32997}
    | {33629, 34361, 34412}
)


def directories(file: Bytes) -> Iterator[Directory]:
    """The directories of a file's main chain, in order; NotInFileError where it leads outside."""
    head = file.read(0, 8)
    order = "<" if head[:2] == b"II" else ">"
    big = struct.unpack_from(order + "H", head, 2)[0] == 43
    count_form, entry_form, offset_form = ("Q", "HHQ8s", "Q") if big else ("H", "HHI4s", "I")
    count_form, entry_form, offset_form = (
        order + form for form in (count_form, entry_form, offset_form)
    )
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
            if tag in TAGS:
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
