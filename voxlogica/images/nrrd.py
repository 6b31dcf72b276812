"""NRRD files: `.nrrd`, and `.nhdr` with the voxels in other files.

SimpleITK reads header and voxels, and complains of what is too short. What is done here is to check
the header, which NrrdIO believes, to find the files that belong to the image, to see early that
none is missing or too short, and to inflate compressed voxels, whose checksum it does not verify.

Fields: https://teem.sourceforge.net/nrrd/format.html
"""

from __future__ import annotations

import math
import re
from itertools import chain
from pathlib import Path
from typing import Any

from voxlogica.dataclass import replace
from voxlogica.images.arrays import NDArray
from voxlogica.images.deflating import check_ratio, inflated
from voxlogica.images.encoding import EncodedFile, VoxelsToWrite, head_of_one_voxel, resized, slabs
from voxlogica.images.errors import ImageFileError, damaged, quoted, refuse, shortened, unread
from voxlogica.images.formats import FORMATS
from voxlogica.images.library import read_header, read_voxels, voxels_of
from voxlogica.images.opened import OpenedImage, alone
from voxlogica.images.raw import check_length
from voxlogica.images.text_header import (
    beginning_of,
    beside,
    data_names,
    header_lines,
    is_numbered,
    of_type,
    wrong,
)

_NRRD = FORMATS[".nrrd"]
_SPATIAL = frozenset({"domain", "space", "time", "none", "???"})
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


def opened(path: str) -> OpenedImage:
    """Open a NRRD image; ImageFileError where it is damaged, truncated or holds no such thing."""
    head = beginning_of(path)
    fields, length = _fields(head)
    if "sizes" not in fields or "type" not in fields:
        raise ImageFileError(f"{quoted(path)} is truncated, or its header is damaged")
    detached = fields.get("data file", "")
    _check_lines(path, head[:length])
    _check(path, fields, detached)
    parts = beside(path, data_names(detached, head[length:])) or (path,)
    start = 0 if detached else length
    held = math.prod(map(int, fields["sizes"].split())) * _BYTES[fields["type"]]
    skips = {fields.get(name, "0") for name in ("line skip", "lineskip", "byte skip", "byteskip")}
    encoding = fields.get("encoding") if len(parts) == 1 and skips == {"0"} else None
    if encoding == "raw":
        check_length(parts[0], start + held)
    check_ratio(path, held, sum(Path(part).stat().st_size for part in parts))
    header = read_header(path, _NRRD)
    voxels = alone(read_voxels, path, _NRRD, header.nbytes)
    if encoding in ("gzip", "gz"):
        voxels = alone(_inflated, path, head[:length], parts[0], start, held, header.nbytes)
    return OpenedImage(
        header=replace(header, is_colour=_is_colour(fields)),
        parts=tuple(dict.fromkeys((path, *parts))),
        voxels=voxels,
    )


def _inflated(
    path: str, head: bytes, file: str, start: int, length: int, declared: int
) -> NDArray[Any]:
    """Voxels that are compressed from byte `start` of a file, `length` bytes when inflated."""
    content = inflated(file, length, start)
    return voxels_of(path, [_as_raw(head), memoryview(content)[:length]], _NRRD, declared)


def _as_raw(head: bytes) -> bytes:
    """The header of an image with compressed voxels as one with raw ones behind it."""
    kept = (line for line in head.splitlines() if not re.match(rb"(?i)data ?file:|\s*$", line))
    lines = (re.sub(rb"(?i)^(encoding:).*", rb"\1 raw", line) for line in kept)
    return b"\n".join((*lines, b"", b""))


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
            raise damaged(path, f"line {number} of its header is {shown}")


def _check(path: str, fields: dict[str, str], detached: str) -> None:
    """Raise ImageFileError for numbers and names that are not as NrrdIO believes them to be."""
    sizes = fields["sizes"].split()
    dimension = fields.get("dimension", "")
    refuse(
        (
            not (0 < len(sizes) <= _MOST_SIDES and all(map(_WHOLE.fullmatch, sizes))),
            lambda: wrong(path, "sizes", fields["sizes"]),
        ),
        (dimension != str(len(sizes)), lambda: wrong(path, "dimension", dimension)),
        (fields["type"] not in _BYTES, lambda: of_type(path, fields["type"])),
        (
            fields.get("encoding", "").lower() in ("bz2", "bzip2"),
            lambda: unread(
                path, "is compressed by bzip2", "save it anew with the encoding gzip, or raw"
            ),
        ),
        # A name becomes a format of printf's where it looks like one.
        (
            re.search(r"%\d*d", detached) is not None and not is_numbered(detached),
            lambda: ImageFileError(
                f"{quoted(path)} has its voxels in {quoted(shortened(detached))}, whose name NRRD"
                " takes for a pattern of several",
                "rename it, without the %, in the header too",
            ),
        ),
    )


def _is_colour(fields: dict[str, str]) -> bool | None:
    """Whether the numbers of a voxel are red, green and blue; None where they may be anything."""
    kinds = {kind.lower() for kind in fields.get("kinds", "").split()} - _SPATIAL
    if kinds & {"rgb-color", "rgba-color"}:
        return True
    return None if kinds <= {"vector"} else False


# Writing


def encoded(voxels: VoxelsToWrite) -> list[EncodedFile]:
    """The file that an image becomes."""
    voxels = replace(voxels, geometry=voxels.geometry.in_unit("mm"))
    head = head_of_one_voxel(voxels, ".nrrd")
    head = resized(head, rb"(\nsizes:(?: [34](?= 1))?)(?: 1)+(?=\n)", voxels.geometry)
    if voxels.colour:
        head = head.replace(b"\nkinds: vector ", f"\nkinds: {voxels.colour}-color ".encode())
    return [EncodedFile(voxels.name, chain([head], slabs(voxels.values)))]
