"""DICOM: one file, or a folder that holds one series of slices.

GDCM, through SimpleITK, finds the slices of a series, sorts them by place and decodes them. It
takes a slice that ends too soon for a whole one, and does not say which files it left out, whether
slices are missing, or whether several lie in one place: all that is looked after here.

Tags and encodings: DICOM PS3.5 chapter 7 and annex A.4, PS3.10 chapter 7.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from voxlogica.images.errors import ImageFileError, quoted
from voxlogica.images.formats import FORMATS, SIGNATURE_LENGTH, content_suffix, suffix_of
from voxlogica.images.library import (
    Header,
    check_name,
    damaged,
    header_of,
    header_reader,
    overheard,
    read_header,
    read_voxels,
    simpleitk,
)
from voxlogica.images.opened import Opened

if TYPE_CHECKING:
    from numpy.typing import NDArray

_DICOM = FORMATS[".dcm"]
_DESCRIPTION, _POSITION = "0008|103e", "0020|0032"
# By how much of their mean the gaps between slices may differ before a warning.
_UNEVEN = 0.01
_SHOWN = 3


def opened(path: str) -> Opened:
    """Open one DICOM file; ImageFileError where it is damaged, truncated or holds no image."""
    _check_whole(path)
    return Opened(
        header=read_header(path, _DICOM),
        parts=(path,),
        voxels=partial(read_voxels, path, _DICOM, talkative=False),
    )


def folder_opened(path: str) -> Opened:
    """Open the series in a folder; ImageFileError where there is none, or more than one."""
    names = sorted(entry.name for entry in Path(path).iterdir() if entry.is_file())
    for name in names:
        check_name(str(Path(path) / name))
    found = _series_in(path)
    if not found:
        raise _without_series(path, names)
    if len(found) > 1:
        raise _with_several(path, found)
    (files,) = found.values()
    for file in files:
        _check_whole(file)
    slices = [_opened_slice(file) for file in files]
    _check_alike(path, slices)
    return Opened(
        header=_header(path, slices),
        parts=files,
        voxels=partial(_series_voxels, path, files, _common_pixel(slices)),
        warnings=(*_left_out(path, names, files), *_uneven(path, slices)),
    )


def _series_in(path: str) -> dict[str, tuple[str, ...]]:
    """The files of each series in a folder, sorted by place."""
    finder = simpleitk().ImageSeriesReader

    def find() -> dict[str, tuple[str, ...]]:
        return {
            uid: tuple(finder.GetGDCMSeriesFileNames(path, uid))
            for uid in finder.GetGDCMSeriesIDs(path)
        }

    try:
        found, _ = overheard(find)
    except RuntimeError as problem:
        raise damaged(path, _DICOM, problem) from problem
    return found


@dataclass(frozen=True, slots=True)
class _Slice:
    """A file of a series, and how far along the slices' normal it says it lies."""

    file: str
    header: Header
    position: float | None


def _opened_slice(file: str) -> _Slice:
    reader = header_reader(file, _DICOM)
    header = header_of(reader)
    if not reader.HasMetaDataKey(_POSITION) or len(header.size) != 3:
        return _Slice(file, header, None)
    normal = header.direction[2::3]
    return _Slice(file, header, sum(n * x for n, x in zip(normal, header.origin, strict=True)))


def _check_alike(path: str, slices: Sequence[_Slice]) -> None:
    first = slices[0]
    for other in slices[1:]:
        if _extent(other) != _extent(first):
            raise ImageFileError(
                f"{quoted(path)} holds slices of different sizes: {_extent(first)} pixels in"
                f" {_name(first)}, {_extent(other)} in {_name(other)}",
                "put the slices of one volume in a folder of their own",
            )
    if len(slices) > 1 and first.header.size[2:] not in ((), (1,)):
        raise ImageFileError(
            f"{quoted(path)} holds {len(slices)} volumes in one series",
            "name the file of one of them",
        )
    at: dict[float, _Slice] = {}
    for one in slices:
        if one.position is None:
            continue
        same = at.setdefault(round(one.position, 4), one)
        if same is not one:
            raise ImageFileError(
                f"{quoted(path)} holds more than one image of the same slice, such as"
                f" {_name(same)} and {_name(one)}: a series over time, or 4-D, is not read",
                "put the slices of one volume in a folder of their own",
            )


def _extent(one: _Slice) -> str:
    colours = f"×{one.header.components}" if one.header.components > 1 else ""
    return "×".join(map(str, one.header.size[:2])) + colours


def _name(one: _Slice) -> str:
    return quoted(Path(one.file).name)


def _header(path: str, slices: Sequence[_Slice]) -> Header:
    """The header of the volume: its first and last slice place it, as ITK reads them together."""
    first = slices[0].header
    if len(slices) == 1:
        return first
    image = _read([slices[0].file, slices[-1].file], path, None)
    across = image.GetSpacing()
    return Header(
        size=(*first.size[:2], len(slices)),
        spacing=(*across[:2], across[2] / (len(slices) - 1)),
        origin=tuple(image.GetOrigin()),
        direction=tuple(image.GetDirection()),
        components=first.components,
        pixel=first.pixel,
    )


def _common_pixel(slices: Sequence[_Slice]) -> str | None:
    """The type to read all slices as, where rescaling gives them different ones."""
    pixels = {one.header.pixel for one in slices}
    if len(pixels) == 1:
        return None
    return "sitkFloat64" if any("64-bit" in pixel for pixel in pixels) else "sitkFloat32"


def _series_voxels(path: str, files: Sequence[str], pixel: str | None) -> NDArray[Any]:
    array: NDArray[Any] = simpleitk().GetArrayFromImage(_read(files, path, pixel))
    return array


def _read(files: Sequence[str], path: str, pixel: str | None) -> Any:
    itk = simpleitk()
    reader = itk.ImageSeriesReader()
    reader.SetFileNames(list(files))
    if pixel is not None:
        reader.SetOutputPixelType(getattr(itk, pixel))
    try:
        return reader.Execute()
    except Exception as problem:
        raise damaged(path, _DICOM, problem) from problem


_PIXEL_DATA = re.compile(rb"\xe0\x7f\x10\x00(?:(?P<typed>O[BW]\0\0.{4})|.{4})", re.DOTALL)
_IMPLICIT = b"1.2.840.10008.1.2\0"
_ENCAPSULATED = 0xFFFFFFFF
_SEQUENCE_END = b"\xfe\xff\xdd\xe0"


def _check_whole(path: str) -> None:
    """Raise ImageFileError where the pixel data that a file announces are not all there.

    An icon may come before the image. Where elements carry their type, the announcement is 8 bytes
    that do not occur by chance, and all must hold. In the implicit encoding it is 4 bytes, which
    voxels may look like, and one must.
    """
    data = Path(path).read_bytes()
    announced = list(_PIXEL_DATA.finditer(data))
    typed = [found for found in announced if found["typed"]]
    if _IMPLICIT in data[:1024]:
        whole = not announced or any(_is_there(data, found) for found in announced)
    else:
        whole = all(_is_there(data, found) for found in typed)
    if not whole:
        raise ImageFileError(
            f"{quoted(path)} is truncated: its pixel data stop before their end",
            "fetch or export it anew",
        )


def _is_there(data: bytes, announced: re.Match[bytes]) -> bool:
    length = int.from_bytes(announced[0][-4:], "little")
    if length == _ENCAPSULATED:
        return data.find(_SEQUENCE_END, announced.end()) >= 0
    return announced.end() + length <= len(data)


def _without_series(path: str, names: Sequence[str]) -> ImageFileError:
    images = [name for name in names if suffix_of(name) in FORMATS]
    return ImageFileError(
        f"{quoted(path)} is a folder, and holds no DICOM series",
        f"name one of its files, such as {quoted(Path(path) / images[0])}"
        if images
        else "name a file, or the folder that holds the slices themselves",
    )


def _with_several(path: str, found: dict[str, tuple[str, ...]]) -> ImageFileError:
    shown = [
        f"{uid} ({len(files)} files{_description(files[0])})"
        for uid, files in sorted(found.items())[:_SHOWN]
    ]
    more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
    return ImageFileError(
        f"{quoted(path)} holds {len(found)} DICOM series: {', '.join(shown)}{more}",
        "put the one you want in a folder of its own",
    )


def _description(file: str) -> str:
    reader = header_reader(file, _DICOM)
    described = reader.HasMetaDataKey(_DESCRIPTION) and reader.GetMetaData(_DESCRIPTION).strip()
    return f", {quoted(described)}" if described else ""


def _left_out(path: str, names: Sequence[str], files: Sequence[str]) -> Iterator[str]:
    """That files which are DICOM are not in the series, being something else than images.

    Raises ImageFileError for one that is of the series' own kind, or cut off before it says of
    which: it is a slice, and GDCM could not read it.
    """
    used = {Path(file).name for file in files}
    kind = _sop_class(Path(files[0]))
    left = []
    for name in names:
        if name in used or name.upper() == "DICOMDIR":
            continue
        file = Path(path) / name
        with file.open("rb") as content:
            is_dicom = content_suffix(content.read(SIGNATURE_LENGTH)) == ".dcm"
        if is_dicom or suffix_of(name) == ".dcm":
            if _sop_class(file) in (None, kind):
                raise ImageFileError(
                    f"{quoted(file)}, a slice of the DICOM series there, is damaged or truncated",
                    "fetch or export it anew",
                )
            left.append(quoted(name))
    if left:
        more = f" and {len(left) - _SHOWN} more" if len(left) > _SHOWN else ""
        yield f"{quoted(path)}: {', '.join(left[:_SHOWN])}{more} left out: no image of the series"


_SOP_CLASS = re.compile(rb"\x02\0\x02\0UI(..)", re.DOTALL)


def _sop_class(file: Path) -> bytes | None:
    """What sort of thing a DICOM file says it holds, if it is long enough to say."""
    with file.open("rb") as content:
        head = content.read(1024)
    found = _SOP_CLASS.search(head)
    if found is None:
        return None
    uid = head[found.end() :][: int.from_bytes(found[1], "little")]
    return uid if len(uid) == int.from_bytes(found[1], "little") else None


def _uneven(path: str, slices: Sequence[_Slice]) -> Iterator[str]:
    """That the gaps between slices differ: one may be missing."""
    places = [one.position for one in slices if one.position is not None]
    gaps = [abs(b - a) for a, b in pairwise(places)]
    if len(places) == len(slices) and gaps:
        mean = sum(gaps) / len(gaps)
        if max(abs(gap - mean) for gap in gaps) > _UNEVEN * mean:
            yield (
                f"{quoted(path)}: the DICOM slices are unevenly spaced, from {min(gaps):g} to"
                f" {max(gaps):g}, and are taken as {mean:g} apart: is one missing?"
            )
