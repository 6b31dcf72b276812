"""The files of a store beside its index: one frame for each image, and parts of frames.

    frames/ab/abcdef….b2     the voxels of the result with this id
    parts/abcdef…-….part     a frame that is being written

A frame is written as a part and renamed when it is whole. Who writes a part holds a lock on it, of
the kernel's, so that parts of processes that have died can be told from parts being written.

Only files with exactly such names, in exactly such places, are ever removed, and only files: what
else somebody puts into the folders stays, and no link is followed, neither there nor on the way.

Nothing is forced to the disk (fsync). A process that is killed loses nothing by that: what it has
written is the kernel's. Only a power cut can leave a frame with holes behind; its digest tells, and
the result is computed again. Waiting for the disk with each frame (25 ms and more for 30 MB)
would be paid in each run.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Any

from voxlogica.engine.frames import compressed
from voxlogica.engine.store_folder import NO_LINK, StoreFolder, closing_descriptor, is_file

if TYPE_CHECKING:
    from numpy.typing import NDArray

_FRAMES, _PARTS = "frames", "parts"
_FRAME = re.compile(r"([0-9a-f]{64})\.b2")
_PART = re.compile(r"[0-9a-f]{64}-[0-9a-f]{8}\.part")
_SUBFOLDER = re.compile(r"[0-9a-f]{2}")


class StoreFiles:
    """The frames and parts in a store's folder. Safe for any thread and process."""

    def __init__(self) -> None:
        self._folder: StoreFolder | None = None

    def are_in(self, folder: StoreFolder) -> None:
        """From now on, the files in this folder."""
        self._folder = folder

    def has_frame(self, operation: bytes) -> bool:
        """Whether there is a file where the frame of a result would be."""
        try:
            with self._inside(_FRAMES, _subfolder(operation)) as folder:
                return is_file(_frame(operation), folder)
        except OSError:
            return False

    @contextmanager
    def part(self, operation: bytes) -> Iterator[FramePart]:
        """A new, empty part; in the end, what was not put in place is removed. Raises OSError."""
        name = f"{operation.hex()}-{os.urandom(4).hex()}.part"
        with (
            self._inside(_PARTS, made=True) as folder,
            closing_descriptor(_locked_new(name, folder)) as file,
        ):
            try:
                yield FramePart(name, folder, file)
            finally:
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(name, dir_fd=folder)

    def put_in_place(self, part: FramePart, operation: bytes) -> None:
        """Make a part the frame of a result. Raises OSError."""
        with self._inside(_FRAMES, _subfolder(operation), made=True) as folder:
            os.replace(part.name, _frame(operation), src_dir_fd=part.folder, dst_dir_fd=folder)

    def read(self, operation: bytes, most: int) -> bytes:
        """The bytes of a frame. Raises OSError, also where it is larger than `most` bytes."""
        with self._inside(_FRAMES, _subfolder(operation)) as folder:
            file = os.open(_frame(operation), os.O_RDONLY | NO_LINK, dir_fd=folder)
        with os.fdopen(file, "rb") as frame:
            size = os.fstat(file).st_size
            if size > most:
                raise OSError("larger than the index says")
            return frame.read(size)

    def remove(self, operation: bytes) -> bool:
        """Remove the frame of a result; whether there was one. Raises OSError."""
        try:
            with self._inside(_FRAMES, _subfolder(operation)) as folder:
                return _removed(_frame(operation), folder)
        except FileNotFoundError:
            return False

    def frames(self) -> list[bytes]:
        """The ids of all results that have a frame."""
        return [
            bytes.fromhex(found[1])
            for subfolder in self._names(_FRAMES)
            if _SUBFOLDER.fullmatch(subfolder)
            for name in self._names(_FRAMES, subfolder)
            if (found := _FRAME.fullmatch(name)) and name.startswith(subfolder)
        ]

    def remove_parts(self) -> int:
        """Remove what processes that have died have left behind; how many files that were."""
        parts = [name for name in self._names(_PARTS) if _PART.fullmatch(name)]
        if not parts:
            return 0
        with contextlib.suppress(OSError), self._inside(_PARTS) as folder:
            return sum(_removed_unless_locked(name, folder) for name in parts)
        return 0

    def _names(self, *path: str) -> list[str]:
        """What there is in a folder; nothing where there is no such folder, or we may not look."""
        try:
            with self._inside(*path) as folder:
                return sorted(os.listdir(folder))  # noqa: PTH208  (by descriptor)
        except OSError:
            return []

    def _inside(self, *path: str, made: bool = False) -> AbstractContextManager[int]:
        """A descriptor of a folder in the store's, as `StoreFolder.inside`. Raises OSError."""
        if self._folder is None:
            raise FileNotFoundError
        return self._folder.inside(*path, made=made)


class FramePart:
    """A frame that is being written: its name in a folder, whose descriptor and its own it has."""

    def __init__(self, name: str, folder: int, file: int) -> None:
        self.name, self.folder = name, folder
        self.size = 0
        self._file = file

    def write(self, array: NDArray[Any], digest: Callable[[bytes], None]) -> None:
        """Write the frame of an array, and show `digest` its bytes. Raises OSError."""
        for chunk in compressed(array):
            rest = memoryview(chunk)
            while rest:
                rest = rest[os.write(self._file, rest) :]
            digest(chunk)
            self.size += len(chunk)


def _locked_new(name: str, folder: int) -> int:
    """A descriptor of a new file that is locked. Raises OSError."""
    while True:
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | NO_LINK
        file = os.open(name, flags, 0o666, dir_fd=folder)
        with contextlib.suppress(OSError):  # as on some network file systems
            fcntl.flock(file, fcntl.LOCK_EX)
        # Whoever cleans up may have come between the making and the locking of the file.
        if os.fstat(file).st_nlink:
            return file
        os.close(file)


def _frame(operation: bytes) -> str:
    return f"{operation.hex()}.b2"


def _subfolder(operation: bytes) -> str:
    return operation.hex()[:2]


def _removed(name: str, folder: int) -> bool:
    """Remove a file, if it is one; whether it was. Raises OSError."""
    if not is_file(name, folder):
        return False
    os.unlink(name, dir_fd=folder)
    return True


def _removed_unless_locked(name: str, folder: int) -> bool:
    try:
        with closing_descriptor(os.open(name, os.O_RDWR | NO_LINK, dir_fd=folder)) as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return _removed(name, folder)
    except OSError:
        return False  # being written, or gone
