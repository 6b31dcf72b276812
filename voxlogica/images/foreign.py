"""What a file is that was named as an image and is none: told by its first bytes.

Sources: the Git LFS specification (pointer files), git-annex's "internals" page; the magic numbers
of RFC 1952, PKWARE's APPNOTE, POSIX pax, and of the formats' own descriptions.
"""

from __future__ import annotations

import re
import zlib
from typing import NamedTuple

from voxlogica.images.text_header import is_utf_8

# So many bytes of a file are looked at.
LENGTH = 4096


class Foreign(NamedTuple):
    """What a file is instead, as the end of a sentence, and how to come by the image."""

    said: str
    hint: str


_FETCH = "it was probably fetched in the image's place, as an error or a log-in page: fetch it anew"
_UNPACK = "unpack it, and load the image that is in it"
_CONVERT = "convert it to one of the formats that are read, such as .nii.gz"
_NO_POINTERS = "fetch the file itself: "

# By what a file begins with, the first that fits.
_KINDS: tuple[tuple[re.Pattern[bytes], Foreign], ...] = tuple(
    (re.compile(begin, re.DOTALL | re.IGNORECASE), Foreign(said, hint))
    for begin, said, hint in (
        (
            rb"version https://(git-lfs\.github\.com|hawser\.github\.com)/spec/",
            "is a Git LFS pointer, which stands for the file itself",
            _NO_POINTERS + "`git lfs pull`",
        ),
        (
            rb"/annex/objects/",
            "is a git-annex pointer, which stands for the file itself",
            _NO_POINTERS + "`git annex get`, or `datalad get`",
        ),
        (rb"(\xef\xbb\xbf)?\s*<(!doctype html|html|head|body)\b", "is a web page", _FETCH),
        (rb"(\xef\xbb\xbf)?\s*<(\?xml|\w+ )", "is text in XML", _FETCH),
        (rb'(\xef\xbb\xbf)?\s*(\{\s*("|\})|\[\s*["\[\{\]\d])', "is text in JSON", _FETCH),
        (rb"PK(\x03\x04|\x05\x06)", "is a zip archive", _UNPACK),
        (rb".{257}ustar", "is a tar archive", _UNPACK),
        (rb"7z\xbc\xaf\x27\x1c", "is a 7z archive", _UNPACK),
        (rb"Rar!\x1a\x07", "is a rar archive", _UNPACK),
        (rb"BZh[1-9]1AY&SY", "is compressed with bzip2", "`bunzip2` unpacks it"),
        (rb"\xfd7zXZ\0", "is compressed with xz", "`unxz` unpacks it"),
        (rb"\x28\xb5\x2f\xfd", "is compressed with zstd", "`unzstd` unpacks it"),
        (rb"%PDF-", "is a PDF document", "export the picture from it as .png"),
        (rb"\x89HDF\r\n\x1a\n", "is an HDF5 file (as MINC 2 and MATLAB 7.3 are)", _CONVERT),
        (rb"CDF[\x01\x02]", "is a NetCDF file (as MINC 1 is)", _CONVERT),
        (rb"MATLAB 5\.0 MAT-file", "is a MATLAB file", _CONVERT),
        (rb"\x93NUMPY", "is an array of NumPy's", _CONVERT),
        (rb"GIF8[79]a", "is a GIF picture", "convert it to .png"),
        (rb"RIFF.{4}WEBP", "is a WebP picture", "convert it to .png"),
    )
)
_GZIP = b"\x1f\x8b\x08"
# What no text has.
_CONTROL = re.compile(rb"[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f\x7f]")


def foreign(head: bytes) -> Foreign | None:
    """What the first bytes of a file, LENGTH of them, show that it is, other than an image."""
    if not head.startswith(_GZIP):
        return _kind(head)
    inside = _inflated(head)
    if inside.startswith(_GZIP):
        return Foreign("is compressed twice", "`gunzip` it once, and rename it to end in .gz again")
    kind = _kind(inside)
    return kind and Foreign(f"is compressed, and what is in it {kind.said}", kind.hint)


def is_text(head: bytes) -> bool:
    """Whether the first bytes of a file, compressed or not, are text."""
    head = _inflated(head) if head.startswith(_GZIP) else head
    return bool(head) and not _CONTROL.search(head) and is_utf_8(head)


def _kind(head: bytes) -> Foreign | None:
    return next((kind for pattern, kind in _KINDS if pattern.match(head)), None)


def _inflated(head: bytes) -> bytes:
    """The beginning of what is compressed."""
    try:
        return zlib.decompressobj(31).decompress(head, LENGTH)
    except zlib.error:
        return b""
