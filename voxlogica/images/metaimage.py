"""MetaImage files: `.mha`, and `.mhd` with the voxels in other files.

They are read here. MetaIO, which SimpleITK uses, takes the name of a data file for a format of
printf's, verifies neither the length nor the checksum of compressed voxels, and believes a header
whatever it says.

Fields, and how they are understood: https://itk.org/Wiki/ITK/MetaIO/Documentation, metaImage.cxx
"""

from __future__ import annotations

import hashlib
import itertools
import math
import os
import re
import sys
from collections.abc import Sequence
from contextlib import suppress
from itertools import chain
from pathlib import Path
from typing import Any

from voxlogica.dataclass import dataclass, replace
from voxlogica.images.arrays import NDArray, np
from voxlogica.images.deflating import DeflateError, cause, check_ratio, inflater, is_compressed
from voxlogica.images.encoding import EncodedFile, VoxelsToWrite, head_of_one_voxel, resized, slabs
from voxlogica.images.errors import ImageFileError, damaged, quoted, truncated, unread
from voxlogica.images.opened import Header, OpenedImage, alone, identity
from voxlogica.images.raw import check_length, native, read_into
from voxlogica.images.text_header import (
    beginning_of,
    beside,
    data_names,
    header_lines,
    is_numbered,
    of_type,
    wrong,
)

_MOST_SIDES = 10
_TYPES = {
    "MET_CHAR": "int8",
    "MET_UCHAR": "uint8",
    "MET_SHORT": "int16",
    "MET_USHORT": "uint16",
    "MET_INT": "int32",
    "MET_UINT": "uint32",
    "MET_LONG": "int32",
    "MET_ULONG": "uint32",
    "MET_LONG_LONG": "int64",
    "MET_ULONG_LONG": "uint64",
    "MET_FLOAT": "float32",
    "MET_DOUBLE": "float64",
}
# A key of ours: the format has none for what several numbers a voxel are.
_COLOUR = "ColorModel"
_COLOURS = ("RGB", "RGBA")
_REQUIRED = ("NDims", "DimSize", "ElementType", "ElementDataFile")
# Names of one field each; where a file has several of them, the last here holds.
_SPACING = ("ElementSize", "ElementSpacing")
_ORIGIN = ("Position", "Offset", "Origin")
_MATRIX = ("Orientation", "Rotation", "TransformMatrix")
# Where ElementDataFile names several files.
_LIST = re.compile(r"LIST(?:\s+(\d{1,2}))?\b.*")


@dataclass(frozen=True, slots=True)
class _Layout:
    """Where the voxels are: in each of `files` so many values from byte `start` on.

    They are of the type `pixel`, the byte that counts most first if they are `big`.
    Where `start` is None they are the last of the file. If they are `compressed`, that is how many
    bytes they take in their one file. If they are `text`, they are written out.
    """

    path: str
    files: tuple[str, ...]
    start: int | None
    pixel: str
    big: bool
    count: int
    compressed: int | None
    text: bool

    @property
    def nbytes(self) -> int:
        """How many bytes each file holds, as they are in memory."""
        return self.count * int(self.pixel.lstrip("uintfloa")) // 8


def opened(path: str) -> OpenedImage:
    """Open a MetaImage; ImageFileError where it is damaged, truncated or holds no such thing."""
    head = beginning_of(path)
    fields, length = _fields(head)
    for name in _REQUIRED:
        if name not in fields:
            raise ImageFileError(
                f"{quoted(path)} is truncated, or not a MetaImage file: it has no {name}"
            )
    header = _header(path, fields)
    layout = _layout(path, header, fields, head, length)
    return OpenedImage(
        header=header,
        parts=tuple(dict.fromkeys((path, *layout.files))),
        voxels=alone(_voxels, layout, header),
    )


def _fields(head: bytes) -> tuple[dict[str, str], int]:
    """The header's fields, the last of which says where the voxels are, and its length."""
    fields: dict[str, str] = {}
    for line, following in header_lines(head):
        name, _, value = re.sub("[=:]", "\0", line, count=1).partition("\0")
        fields[name.strip()] = value.strip()
        if "ElementDataFile" in fields:
            return fields, following
    return fields, len(head)


def _header(path: str, fields: dict[str, str]) -> Header:
    sides = _whole(path, fields, "NDims")
    if sides > _MOST_SIDES:
        raise wrong(path, "NDims", fields["NDims"])
    size = _wholes(path, fields, "DimSize", sides)
    channels = _whole(path, fields, "ElementNumberOfChannels")
    if fields["ElementType"] not in _TYPES:
        raise of_type(path, fields["ElementType"])
    rows = _numbers(path, fields, _MATRIX, identity(sides))
    return Header(
        size=size,
        spacing=_numbers(path, fields, _SPACING, (1.0,) * sides),
        origin=_numbers(path, fields, _ORIGIN, (0.0,) * sides),
        # A row of the file's matrix is an axis; a column of ours is.
        direction=tuple(rows[sides * j + i] for i in range(sides) for j in range(sides)),
        components=channels,
        pixel=_TYPES[fields["ElementType"]],
        is_colour=True if fields.get(_COLOUR) in _COLOURS else None,
    )


def _layout(path: str, header: Header, fields: dict[str, str], head: bytes, length: int) -> _Layout:
    """Where the voxels are. ImageFileError where they cannot be all there."""
    data = fields["ElementDataFile"]
    if not data:
        raise wrong(path, "ElementDataFile", data)
    local = data == "LOCAL"
    files = (path,) if local else _data_files(path, data, header.size, head[length:])
    skipped = _whole(path, fields, "HeaderSize", otherwise=0, least=-1)
    big = any(_yes(fields, name) for name in ("BinaryDataByteOrderMSB", "ElementByteOrderMSB"))
    text = "BinaryData" in fields and not _yes(fields, "BinaryData")
    start = length if local else skipped
    compressed = None
    if _yes(fields, "CompressedData") and not text:
        if len(files) > 1:
            raise unread(
                path,
                "has compressed voxels in several files",
                "save it as one file, or without compression",
            )
        start = max(start, 0)
        there = Path(files[0]).stat().st_size - start
        compressed = _whole(path, fields, "CompressedDataSize", otherwise=there, least=0)
        check_length(files[0], start + compressed, path)
    layout = _Layout(
        path=path,
        files=files,
        start=None if start < 0 else start,
        pixel=header.pixel,
        big=big,
        count=math.prod(header.size) * header.components // len(files),
        compressed=compressed,
        text=text,
    )
    for file in files:
        if layout.compressed is not None:
            check_ratio(file, layout.nbytes, layout.compressed)
        else:  # of text, at least a digit and a space each
            held = 2 * layout.count - 1 if text else layout.nbytes
            check_length(file, (layout.start or 0) + held, path)
    return layout


def _data_files(path: str, data: str, size: Sequence[int], following: bytes) -> tuple[str, ...]:
    """The files that hold the voxels: one, or several that hold as much each, usually a slice."""
    names = data_names(data, following)
    listed = _LIST.fullmatch(data)
    if not listed and not is_numbered(data):
        return beside(path, names)
    sides = int(listed[1] or 0) if listed else 0
    wanted = math.prod(size[sides if 0 < sides <= len(size) else -1 :])
    # No more is made of them than there is: a header may number billions.
    files = beside(path, itertools.islice(names, min(wanted, sys.maxsize)))
    if len(files) < wanted:
        raise truncated(
            path, f"it names {len(files)} files with voxels, and its size calls for {wanted}", None
        )
    return files


def _yes(fields: dict[str, str], name: str) -> bool:
    return fields.get(name, "")[:1] in ("T", "t", "1")


def _whole(path: str, fields: dict[str, str], name: str, otherwise: int = 1, least: int = 1) -> int:
    """The whole number of a field, none less than `least`; another one where there is no field."""
    return _wholes(path, fields, name, 1, least)[0] if name in fields else otherwise


def _wholes(
    path: str, fields: dict[str, str], name: str, count: int, least: int = 1
) -> tuple[int, ...]:
    """The whole numbers of a field, which are so many, and none less than `least`."""
    words = fields[name].split()[:count]
    numbers = [int(word) for word in words if re.fullmatch(r"-?\d{1,18}", word)]
    if len(numbers) < count or min(numbers) < least:
        raise wrong(path, name, fields[name])
    return tuple(numbers)


def _numbers(
    path: str, fields: dict[str, str], names: Sequence[str], missing: tuple[float, ...]
) -> tuple[float, ...]:
    """The numbers of a field that has one of several names, as many as there are else."""
    name = next((name for name in reversed(names) if name in fields), None)
    if name is None:
        return missing
    try:
        numbers = [float(word) for word in fields[name].split()[: len(missing)]]
    except ValueError:
        numbers = []
    if len(numbers) < len(missing):
        raise wrong(path, name, fields[name])
    return tuple(numbers)


# Voxels


def _voxels(layout: _Layout, header: Header) -> NDArray[Any]:
    # First of all: other threads import meanwhile, NumPy too.
    content = None if layout.compressed is None else _inflated(layout)
    dtype = np.dtype(layout.pixel).newbyteorder(">" if layout.big else "<")
    if content is not None:
        values = np.frombuffer(content, dtype)
    elif layout.text:
        values = np.concatenate([_written_out(layout, file) for file in layout.files])
    else:
        values = np.empty(layout.count * len(layout.files), dtype)
        for part, file in zip(np.split(values, len(layout.files)), layout.files, strict=True):
            read_into(part, file, layout.start, layout.path)
    return native(values).reshape(header.shape)


def _written_out(layout: _Layout, path: str) -> NDArray[Any]:
    with Path(path).open("rb") as file:
        file.seek(layout.start or 0)
        words = file.read().split()[: layout.count]
    try:
        if len(words) == layout.count:
            return np.array(words, "S").astype(layout.pixel)
    except (ValueError, OverflowError):
        pass
    raise damaged(path, f"it does not hold {layout.count} numbers of type {layout.pixel}")


def _inflated(layout: _Layout) -> bytes:
    """Compressed voxels, their number and checksum verified."""
    (path,) = layout.files
    with Path(path).open("rb") as file:
        file.seek(layout.start or 0)
        data = file.read(layout.compressed)
    stream = inflater(gzip=is_compressed(data))
    try:
        content: bytes = stream.decompress(data, layout.nbytes + 1)
        if not stream.eof:
            content += stream.decompress(stream.unconsumed_tail, 1)
    except DeflateError as problem:
        why = cause(problem)
    else:
        if stream.eof and len(content) == layout.nbytes:
            return content
        why = f"{len(content)} bytes are compressed in it, and its header promises {layout.nbytes}"
        if len(content) > layout.nbytes:
            why = f"more bytes are compressed in it than the {layout.nbytes} of its header"
    raise damaged(path, why)


# Writing


def encoded(voxels: VoxelsToWrite) -> list[EncodedFile]:
    """The file, or header and file of voxels, that an image becomes."""
    # It says no unit, and is read in millimetres.
    voxels = replace(voxels, geometry=voxels.geometry.in_unit("mm"))
    head = head_of_one_voxel(voxels, ".mha")
    if voxels.colour:
        # A key of our own; MetaIO has none for it, and passes over this one.
        said = f"\n{_COLOUR} = {voxels.colour}\nElementType".encode()
        head = head.replace(b"\nElementType", said)
    head = resized(head, rb"(\nDimSize =)(?: 1)+(?=\n)", voxels.geometry)
    if voxels.ending == ".mha":
        return [EncodedFile(voxels.name, chain([head], slabs(voxels.values)))]
    data = data_name(voxels.name)
    head = head.replace(
        b"\nElementDataFile = LOCAL\n", b"\nElementDataFile = " + data.encode() + b"\n"
    )
    # In this order: of a run that is killed between the two, the next one knows what is there.
    return [EncodedFile(voxels.name, [head]), EncodedFile(data, slabs(voxels.values))]


def data_name(name: str) -> str:
    """The name of the file of voxels beside a header of this name; no two headers have the same.

    MetaIO takes a per cent sign for the pattern of numbered slices, a backslash for a folder, LIST
    for a list: where a name has such, another is made of it, its own.
    """
    path = Path(name)
    plain = re.sub(r"[^\w .+-]", "_", path.stem).strip()
    is_taken = plain != path.stem or re.match("LIST|LOCAL", plain, re.IGNORECASE)
    if path.suffix == ".mhd" and not is_taken:
        return plain + ".raw"
    return f"_{plain}_{hashlib.sha256(name.encode()).hexdigest()[:8]}.raw"


def check_own(header: Path, path: str) -> None:
    """Raise ImageFileError where the voxels of a header would replace a file that is not its own.

    Its own is what the header names that stands there now; `path` is what the program calls it.
    """
    data = header.parent / data_name(header.name)
    if not os.path.lexists(data):
        return
    with suppress(OSError):  # no such header
        fields, _ = _fields(beginning_of(header))
        if data.is_file() and fields.get("ElementDataFile") == data.name:
            return
    raise ImageFileError(
        f"{quoted(path)} is not written: its voxels would replace {quoted(str(data))}, which is not"
        " of this image",
        "delete it if nothing needs it; else save under another name, or as .mha, one file",
    )
