"""The formats of image files: a row each, which says what there is to know of one before a file."""

from __future__ import annotations

import os
import re
from importlib import import_module
from pathlib import PurePath
from typing import Any

from voxlogica.dataclass import dataclass


@dataclass(frozen=True, slots=True)
class Format:
    """A format: how its files are known, who reads and writes them, what an image must be to fit.

    `endings` are those of its files, the first for all where one has to be said; `spellings` are
    others for the first. `begins` is a pattern of a file's first bytes, which all have if `always`.

    `module`, in this package, has `opened(path)`, which gives a file as `OpenedImage`. If
    the format is `written`, it may have `encoded(VoxelsToWrite)`, which gives the files that they
    become; else SimpleITK makes the file. `library` is SimpleITK's name for the format, where it is
    used. If voxels are read `apart`, in a reader process, one is started when the header was read.

    A display format holds 2-D images of whole numbers from 0 to 255; values of the types `kept` can
    be written as they are. `components` are the numbers of values a voxel may have, `unfit` the
    types of value that it cannot hold, `longest_side` is in voxels. `unkept` is what it has no room
    for of where an image lies, as a Geometry names it; one that does not keep infinite values has
    them, and nan, read as 0.
    """

    name: str
    endings: tuple[str, ...]
    module: str
    library: str = ""
    begins: bytes = b"(?!)"
    always: bool = False
    apart: bool = False
    spellings: tuple[str, ...] = ()
    written: bool = True
    display: bool = False
    kept: frozenset[str] = frozenset({"bool", "uint8"})
    components: tuple[int, ...] = (1, 3, 4)
    unfit: frozenset[str] = frozenset()
    longest_side: int | None = None
    unkept: tuple[str, ...] = ()
    keeps_infinite: bool = True

    def reading_and_writing(self) -> Any:
        """Its module, imported when a file calls for it."""
        return import_module(f"voxlogica.images.{self.module}")


_PLACE = ("spacing", "origin", "direction")
_ROWS = (
    Format(
        "NIfTI",
        (".nii", ".nii.gz"),
        "nifti",
        "NiftiImageIO",
        begins=rb".{344}n\+[12]\0|.{4}n\+2\0",
        longest_side=32767,
        keeps_infinite=False,
    ),
    Format(
        "MetaImage",
        (".mha", ".mhd"),
        "metaimage",
        "MetaImageIO",
        begins=rb"\s*(ObjectType|Comment|NDims)\s*[=:]",
    ),
    Format(
        "NRRD", (".nrrd",), "nrrd", "NrrdImageIO", begins=rb"NRRD\d{4}", always=True, apart=True
    ),
    Format(
        "PNG",
        (".png",),
        "png",
        "PNGImageIO",
        begins=rb"\x89PNG\r\n\x1a\n",
        always=True,
        apart=True,
        display=True,
        kept=frozenset({"bool", "uint8", "uint16"}),
        longest_side=1_000_000,
        unkept=_PLACE,
    ),
    Format(
        "JPEG",
        (".jpg",),
        "jpeg",
        "JPEGImageIO",
        begins=rb"\xff\xd8\xff",
        always=True,
        apart=True,
        spellings=(".jpeg",),
        display=True,
        components=(1, 3),
        longest_side=65500,
        unkept=_PLACE,
    ),
    Format(
        "BMP",
        (".bmp",),
        "bmp",
        "BMPImageIO",
        begins=rb"BM.{12}[\x0c\x28\x34\x38\x40\x6c\x7c]\0\0\0",
        always=True,
        display=True,
        unkept=_PLACE,
    ),
    Format(
        "TIFF",
        (".tif",),
        "tiff",
        "TIFFImageIO",
        begins=rb"II[*+]\0|MM\0[*+]",
        always=True,
        spellings=(".tiff",),
        unfit=frozenset({"int64", "uint64", "float64"}),
        unkept=("origin", "direction"),
    ),
    Format("NRRD", (".nhdr",), "nrrd", "NrrdImageIO", apart=True, written=False),
    Format("NIfTI or Analyze", (".hdr", ".img"), "nifti", written=False),
    Format(
        "DICOM",
        (".dcm",),
        "dicom",
        "GDCMImageIO",
        # Without preamble: the length of the first group, or elements of group 8 that come first.
        begins=rb".{128}DICM|\x02\0\0\0UL|\x08\0[\0\x05\x08\x16]\0([A-Z]{2}.\0|.\0\0\0)",
        written=False,
    ),
)

FORMATS = {suffix: row for row in _ROWS for suffix in (*row.endings, *row.spellings)}
WRITTEN = tuple(suffix for suffix, form in FORMATS.items() if form.written)
# Files of tables and text, which are saved beside images.
TEXTS = (".csv", ".tsv", ".json", ".txt")


def suffix_of(path: str | os.PathLike[str]) -> str:
    """The extension that says a file's format, in lower case: `.nii.gz` of `A.B.NII.GZ`."""
    name = PurePath(os.fspath(path).lower()).name
    if name.endswith(".gz"):
        return PurePath(name[:-3]).suffix + ".gz"
    return PurePath(name).suffix


# The last first: DICOM's preamble may begin another format, for readers that know no DICOM.
_SIGNATURES = [(row.begins, row.endings[0]) for row in reversed(_ROWS)]
SIGNATURE_LENGTH = 348


def content_suffix(head: bytes) -> str | None:
    """The extension that the first bytes of a file, SIGNATURE_LENGTH of them, speak for."""
    return next(
        (suffix for begins, suffix in _SIGNATURES if re.match(begins, head, re.DOTALL)), None
    )
