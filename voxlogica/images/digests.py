"""SHA-256 of files that are there: of images, of all files that they consist of."""

from __future__ import annotations

import hashlib
from pathlib import Path

from voxlogica.images.errors import ImageFileError

# Of images whose voxels may be in other files than their header.
_HEADERS = (".mhd", ".nhdr", ".hdr", ".img")


def content_digest(path: str) -> bytes:
    """The SHA-256 of a file. Raises OSError."""
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()


def file_digest(path: str) -> str:
    """The same in hexadecimal digits."""
    return content_digest(path).hex()


def saved_digests(path: str) -> dict[str, str]:
    """That of each file that a saved image, table or text consists of; of none where it is gone."""
    from voxlogica.images.reading import open_image

    try:
        if Path(path).suffix.lower() in _HEADERS:
            return {name: digest.hex() for name, digest in open_image(path).files}
        return {path: file_digest(path)}
    except (OSError, ImageFileError):
        return {}
