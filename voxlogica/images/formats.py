"""The formats of image files: what each can hold, and how a file shows which one it is of."""

from __future__ import annotations

import os
import re
from pathlib import PurePath

from voxlogica.dataclass import dataclass


@dataclass(frozen=True, slots=True)
class Format:
    """A format, and what an image must be like to fit it.

    `library` is SimpleITK's name for its reader and writer. A planar format holds 2-D images only;
    a display format holds whole numbers from 0 to 255. `components` are the numbers of values a
    voxel may have, `unfit` the types of value that it cannot hold, `longest_side` is in voxels.
    `unkept` is what it has no room for of where an image lies, as a Geometry names it; one that
    does not keep infinite values has them, and nan, read as 0.
    """

    name: str
    library: str
    written: bool = True
    planar: bool = False
    display: bool = False
    components: tuple[int, ...] = (1, 3, 4)
    unfit: frozenset[str] = frozenset()
    longest_side: int | None = None
    unkept: tuple[str, ...] = ()
    keeps_infinite: bool = True


_PLACE = ("spacing", "origin", "direction")
_NIFTI = Format("NIfTI", "NiftiImageIO", longest_side=32767, keeps_infinite=False)
_META = Format("MetaImage", "MetaImageIO")
_NRRD = Format("NRRD", "NrrdImageIO")
_PNG = Format("PNG", "PNGImageIO", planar=True, display=True, longest_side=1_000_000, unkept=_PLACE)
_JPEG = Format(
    "JPEG",
    "JPEGImageIO",
    planar=True,
    display=True,
    components=(1, 3),
    longest_side=65500,
    unkept=_PLACE,
)
_TIFF = Format(
    "TIFF",
    "TIFFImageIO",
    unfit=frozenset({"int64", "uint64", "float64"}),
    unkept=("origin", "direction"),
)
_NIFTI_PAIR = Format("NIfTI or Analyze", "NiftiImageIO", written=False)

FORMATS: dict[str, Format] = {
    ".nii": _NIFTI,
    ".nii.gz": _NIFTI,
    ".mha": _META,
    ".mhd": _META,
    ".nrrd": _NRRD,
    ".png": _PNG,
    ".jpg": _JPEG,
    ".jpeg": _JPEG,
    ".bmp": Format("BMP", "BMPImageIO", planar=True, display=True, unkept=_PLACE),
    ".tif": _TIFF,
    ".tiff": _TIFF,
    ".nhdr": Format("NRRD", "NrrdImageIO", written=False),
    ".hdr": _NIFTI_PAIR,
    ".img": _NIFTI_PAIR,
    ".dcm": Format("DICOM", "GDCMImageIO", written=False),
}
WRITTEN = tuple(suffix for suffix, form in FORMATS.items() if form.written)


def suffix_of(path: str | os.PathLike[str]) -> str:
    """The extension that says a file's format, in lower case: `.nii.gz` of `A.B.NII.GZ`."""
    name = PurePath(os.fspath(path).lower()).name
    if name.endswith(".gz"):
        return PurePath(name[:-3]).suffix + ".gz"
    return PurePath(name).suffix


_SIGNATURES = (
    # Its preamble may begin another format, for readers that know no DICOM.
    (re.compile(rb".{128}DICM", re.DOTALL), ".dcm"),
    (re.compile(rb"\x89PNG\r\n\x1a\n"), ".png"),
    (re.compile(rb"\xff\xd8\xff"), ".jpg"),
    (re.compile(rb"BM.{12}[\x0c\x28\x34\x38\x40\x6c\x7c]\0\0\0", re.DOTALL), ".bmp"),
    (re.compile(rb"II[*+]\0|MM\0[*+]"), ".tif"),
    (re.compile(rb"NRRD\d{4}"), ".nrrd"),
    # Without preamble: the length of the first group, or elements of group 8 that come first.
    (
        re.compile(rb"(\x02\0\0\0UL|\x08\0[\0\x05\x08\x16]\0([A-Z]{2}.\0|.\0\0\0))", re.DOTALL),
        ".dcm",
    ),
    (re.compile(rb".{344}n\+[12]\0|.{4}n\+2\0", re.DOTALL), ".nii"),
    (re.compile(rb"\s*(ObjectType|Comment|NDims)\s*[=:]"), ".mha"),
)
SIGNATURE_LENGTH = 348


def content_suffix(head: bytes) -> str | None:
    """The extension that the first bytes of a file, SIGNATURE_LENGTH of them, speak for."""
    return next((suffix for pattern, suffix in _SIGNATURES if pattern.match(head)), None)
