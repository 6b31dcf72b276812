"""SHA-256 of files that are there: of images, of all files that they consist of."""

from __future__ import annotations

from pathlib import Path

from voxlogica.images.errors import ImageFileError
from voxlogica.images.raw import content_digest

# Of images whose voxels may be in other files than their header.
_HEADERS = (".mhd", ".nhdr", ".hdr", ".img")


def file_digest(path: str) -> str:
    """The SHA-256 of a file, in hexadecimal digits. Raises OSError."""
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
