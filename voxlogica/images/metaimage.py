"""MetaImage files: `.mha`, and `.mhd` with the voxels in other files.

SimpleITK reads header and voxels. What is done here is to find the files that belong to the image,
and to see before MetaIO does that none is missing or too short. Of damaged compressed voxels MetaIO
tells by printing only.

Fields: https://itk.org/Wiki/ITK/MetaIO/Documentation
"""

from __future__ import annotations

import math
from dataclasses import replace
from functools import partial
from pathlib import Path

from voxlogica.images.errors import ImageFileError, quoted
from voxlogica.images.formats import FORMATS
from voxlogica.images.library import read_header, read_voxels
from voxlogica.images.opened import Opened
from voxlogica.images.parts import beside, check_length, data_names, header_lines

_META = FORMATS[".mha"]
_LONGEST_HEADER = 1 << 20
_BYTES = {
    "MET_CHAR": 1,
    "MET_UCHAR": 1,
    "MET_SHORT": 2,
    "MET_USHORT": 2,
    "MET_INT": 4,
    "MET_UINT": 4,
    "MET_LONG": 4,
    "MET_ULONG": 4,
    "MET_LONG_LONG": 8,
    "MET_ULONG_LONG": 8,
    "MET_FLOAT": 4,
    "MET_DOUBLE": 8,
}
# A key of ours: the format has none for what several numbers a voxel are.
COLOUR = "ColorModel"
COLOURS = ("RGB", "RGBA")
_REQUIRED = ("NDims", "DimSize", "ElementType", "ElementDataFile")


def opened(path: str) -> Opened:
    """Open a MetaImage; ImageFileError where it is damaged, truncated or holds no such thing."""
    with Path(path).open("rb") as file:
        head = file.read(_LONGEST_HEADER)
    fields, length = _fields(head)
    for name in _REQUIRED:
        if name not in fields:
            raise ImageFileError(
                f"{quoted(path)} is truncated, or not a MetaImage file: it has no {name}"
            )
    data = fields["ElementDataFile"]
    parts = _data_files(path, data, head[length:])
    if len(parts) == 1:
        held = _bytes_held(fields)
        skipped = length if data == "LOCAL" else max(0, _whole(fields.get("HeaderSize", "0")))
        if held is not None:
            check_length(parts[0], skipped + held)
    header = read_header(path, _META)
    return Opened(
        header=replace(header, is_colour=True if fields.get(COLOUR) in COLOURS else None),
        parts=tuple(dict.fromkeys((path, *parts))),
        voxels=partial(read_voxels, path, _META, talkative=True, declared=header.nbytes),
    )


def _fields(head: bytes) -> tuple[dict[str, str], int]:
    """The header's fields, the last of which says where the voxels are, and its length."""
    fields: dict[str, str] = {}
    for line, following in header_lines(head):
        name, _, value = line.partition("=")
        fields[name.strip()] = value.strip()
        if "ElementDataFile" in fields:
            return fields, following
    return fields, len(head)


def _data_files(path: str, data: str, following: bytes) -> tuple[str, ...]:
    """The files that hold the voxels: the header's own, another, or several, one a slice."""
    if data == "LOCAL":
        return (path,)
    return beside(path, data_names(data, following))


def _bytes_held(fields: dict[str, str]) -> int | None:
    """How many bytes the voxels take in their file, where the header tells."""
    if _yes(fields, "CompressedData"):
        return _whole(fields["CompressedDataSize"]) if "CompressedDataSize" in fields else None
    if not _yes(fields, "BinaryData") or fields["ElementType"] not in _BYTES:
        return None
    voxels = math.prod(map(_whole, fields["DimSize"].split()))
    channels = _whole(fields.get("ElementNumberOfChannels", "1"))
    return voxels * channels * _BYTES[fields["ElementType"]]


def _yes(fields: dict[str, str], name: str) -> bool:
    return fields.get(name, "")[:1] in ("T", "t", "1")


def _whole(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        return 0
