"""NRRD files: `.nrrd`, and `.nhdr` with the voxels in other files.

SimpleITK reads header and voxels, and complains of what is too short. What is done here is to check
the header, which NrrdIO believes, to find the files that belong to the image, to see early that
none is missing or too short, and to verify the checksum of compressed voxels.

Fields: https://teem.sourceforge.net/nrrd/format.html
"""

from __future__ import annotations

import math
import re
from functools import partial
from pathlib import Path
from typing import Any

from voxlogica.dataclass import dataclass, replace
from voxlogica.images.arrays import NDArray
from voxlogica.images.errors import ImageFileError, quoted, shortened
from voxlogica.images.formats import FORMATS
from voxlogica.images.gzipped import check_ratio, inflated
from voxlogica.images.library import read_header, read_voxels
from voxlogica.images.opened import Opened
from voxlogica.images.parts import beside, check_length, data_names, header_lines, is_numbered

_NRRD = FORMATS[".nrrd"]
_SPATIAL = frozenset({"domain", "space", "time", "none", "???"})
_LONGEST_HEADER = 1 << 20
_BYTES = {
    name: size
    for size, names in {
        1: "signed char|int8|int8_t|uchar|unsigned char|uint8|uint8_t",
        2: "short|short int|signed short|signed short int|int16|int16_t"
        "|ushort|unsigned short|unsigned short int|uint16|uint16_t",
        4: "int|signed int|int32|int32_t|uint|unsigned int|uint32|uint32_t|float",
        8: "longlong|long long|long long int|signed long long|signed long long int|int64|int64_t"
        "|ulonglong|unsigned long long|unsigned long long int|uint64|uint64_t|double",
    }.items()
    for name in names.split("|")
}


@dataclass(frozen=True, slots=True)
class _Checksummed:
    """Compressed voxels: from byte `start` of a file, `length` bytes when decompressed."""

    file: str
    start: int
    length: int


def opened(path: str) -> Opened:
    """Open a NRRD image; ImageFileError where it is damaged, truncated or holds no such thing."""
    with Path(path).open("rb") as file:
        head = file.read(_LONGEST_HEADER)
    fields, length = _fields(head)
    if "sizes" not in fields or "type" not in fields:
        raise ImageFileError(f"{quoted(path)} is truncated, or its header is damaged")
    detached = fields.get("data file", "")
    _check_lines(path, head[:length])
    _check(path, fields, detached)
    parts = beside(path, data_names(detached, head[length:])) or (path,)
    start = 0 if detached else length
    checksummed = None
    held = _bytes_held(fields)
    if len(parts) == 1 and held is not None:
        if fields.get("encoding") == "raw":
            check_length(parts[0], start + held)
        elif fields.get("encoding") in ("gzip", "gz"):
            checksummed = _Checksummed(parts[0], start, held)
    check_ratio(path, _bytes_promised(fields), sum(Path(part).stat().st_size for part in parts))
    header = read_header(path, _NRRD)
    return Opened(
        header=replace(header, is_colour=_is_colour(fields)),
        parts=tuple(dict.fromkeys((path, *parts))),
        voxels=partial(_voxels, path, checksummed, header.nbytes),
    )


def _voxels(path: str, checksummed: _Checksummed | None, declared: int) -> NDArray[Any]:
    if checksummed is not None:
        inflated(checksummed.file, checksummed.length, checksummed.start)
    return read_voxels(path, _NRRD, talkative=False, declared=declared)


def _fields(head: bytes) -> tuple[dict[str, str], int]:
    """The header's fields, and its length with the empty line that ends it."""
    fields: dict[str, str] = {}
    for text, following in header_lines(head):
        name, separator, value = text.partition(": ")
        if separator and not text.startswith("#"):
            fields[name.lower().replace("datafile", "data file")] = value.strip()
        if not text or fields.get("data file", "").startswith("LIST"):
            return fields, following
    return fields, len(head)


# NrrdIO copies a line that it complains of into an array of little more.
_LONGEST_LINE, _MOST_SIDES = 800, 16
_WHOLE = re.compile(r"[1-9]\d{0,17}")


def _check_lines(path: str, head: bytes) -> None:
    """Raise ImageFileError for lines that NrrdIO would not survive."""
    for number, (line, _) in enumerate(header_lines(head), 1):
        if "\0" in line or (
            len(line) > _LONGEST_LINE and not line.startswith("#") and ":=" not in line
        ):
            shown = quoted(shortened(line, 40))
            raise ImageFileError(
                f"{quoted(path)} is damaged: line {number} of its header is {shown}",
                "fetch or export it anew",
            )


def _check(path: str, fields: dict[str, str], detached: str) -> None:
    """Raise ImageFileError for numbers and names that are not as NrrdIO believes them to be."""
    sizes = fields["sizes"].split()
    dimension = fields.get("dimension", "")
    if not (0 < len(sizes) <= _MOST_SIDES and all(map(_WHOLE.fullmatch, sizes))):
        raise _wrong(path, "sizes", fields["sizes"])
    if dimension != str(len(sizes)):
        raise _wrong(path, "dimension", dimension)
    if fields["type"] not in _BYTES:
        raise ImageFileError(
            f"{quoted(path)} holds values of the type {quoted(shortened(fields['type'], 40))},"
            " which are not read as an image"
        )
    if fields.get("encoding", "").lower() in ("bz2", "bzip2"):
        raise ImageFileError(
            f"{quoted(path)} is compressed by bzip2, which is not read",
            "save it anew with the encoding gzip, or raw",
        )
    # A name becomes a format of printf's where it looks like one.
    if re.search(r"%\d*d", detached) and not is_numbered(detached):
        raise ImageFileError(
            f"{quoted(path)} has its voxels in {quoted(shortened(detached))}, whose name NRRD"
            " takes for a pattern of several",
            "rename it, without the %, in the header too",
        )


def _wrong(path: str, name: str, value: str) -> ImageFileError:
    return ImageFileError(
        f"{quoted(path)} is damaged: its {name} is {quoted(shortened(value, 40))}",
        "fetch or export it anew",
    )


def _bytes_promised(fields: dict[str, str]) -> int:
    """How many bytes the voxels take in memory."""
    return math.prod(map(int, fields["sizes"].split())) * _BYTES[fields["type"]]


def _is_colour(fields: dict[str, str]) -> bool | None:
    """Whether the numbers of a voxel are red, green and blue; None where they may be anything."""
    kinds = {kind.lower() for kind in fields.get("kinds", "").split()} - _SPATIAL
    if kinds & {"rgb-color", "rgba-color"}:
        return True
    return None if kinds <= {"vector"} else False


def _bytes_held(fields: dict[str, str]) -> int | None:
    """How many bytes the voxels take before compression, where the header tells simply."""
    skips = {fields.get(name, "0") for name in ("line skip", "lineskip", "byte skip", "byteskip")}
    return _bytes_promised(fields) if skips == {"0"} else None
