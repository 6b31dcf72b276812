"""What files hold as it lies there: numbers, whatever their byte order, and bytes."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Any, Self

from voxlogica.images.arrays import NDArray, np
from voxlogica.images.errors import ANEW, ImageFileError, quoted


def check_length(path: str, promised: int, of: str | None = None) -> None:
    """Raise ImageFileError where a file is shorter than its header promises, or that of another."""
    there = Path(path).stat().st_size
    if there < promised:
        raise too_short(path, promised, there, of)


def too_short(path: str, promised: int, there: int, of: str | None = None) -> ImageFileError:
    """The error of a file that is too short; `of` is the file that has its header."""
    apart = f"{quoted(of or path)} has its voxels in {quoted(path)}, which"
    return ImageFileError(
        f"{quoted(path) if of in (None, path) else apart} is truncated: its header promises"
        f" {promised} bytes, and there are {there}",
        ANEW,
    )


def read_into(values: NDArray[Any], path: str, start: int | None, of: str | None = None) -> None:
    """Fill an array with what a file holds from a byte on; None for its last bytes.

    ImageFileError where it is too short; `of` is the file that has its header.
    """
    with Path(path).open("rb") as file:
        begin = file.seek(-values.nbytes, 2) if start is None else file.seek(start)
        read = file.readinto(values.data.cast("B"))
    if read < values.nbytes:
        raise too_short(path, begin + values.nbytes, begin + read, of)


def native(values: NDArray[Any]) -> NDArray[Any]:
    """The same numbers in the byte order of this machine."""
    return values.astype(values.dtype.newbyteorder("="), copy=False)


def infinite(array: NDArray[Any]) -> int:
    """How many values are nan or infinite."""
    if array.dtype.kind != "f":
        return 0
    with np.errstate(all="ignore"):
        if np.isfinite(array.sum()):
            return 0
    return array.size - int(np.count_nonzero(np.isfinite(array)))


def content_digest(path: str) -> bytes:
    """The SHA-256 of a file. Raises OSError."""
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()


class NotInFileError(Exception):
    """A length or an offset that leads out of the file."""


class Bytes:
    """A file, read where it is asked for; a context manager."""

    def __init__(self, path: str) -> None:
        self._file = os.open(path, os.O_RDONLY)
        self.length = os.fstat(self._file).st_size

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._file)

    def read(self, start: int, length: int) -> bytes:
        """So many bytes; NotInFileError where there are fewer."""
        if start + length > self.length:
            raise NotInFileError
        parts = []
        while length:
            part = os.pread(self._file, length, start)
            if not part:
                raise NotInFileError
            parts.append(part)
            start, length = start + len(part), length - len(part)
        return parts[0] if len(parts) == 1 else b"".join(parts)
