"""The files of a store beside its index: one frame for each image, and parts of frames.

    frames/ab/abcdef….b2     the voxels of the result with this id
    parts/abcdef…-….part     a frame that is being written

A frame is written as a part and renamed when it is whole. Who writes a part holds a lock on it, of
the kernel's, so that parts of processes that have died can be told from parts being written.

Nothing is forced to the disk (fsync). A process that is killed loses nothing by that: what it has
written is the kernel's. Only a power cut can leave a frame with holes behind; its digest tells, and
the result is computed again. Waiting for the disk with each frame (25 ms and more for 30 MB)
would be paid in each run.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from voxlogica.engine.frames import compressed

try:
    import fcntl
except ImportError:  # Windows, where a file that is open cannot be removed anyway
    fcntl = None  # type: ignore[assignment]

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Files:
    """The frames and parts in a store's folder. Safe for any thread and process."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._frames, self._parts = folder / "frames", folder / "parts"

    def frame(self, operation: bytes) -> Path:
        """Where the frame of a result is, or would be."""
        name = operation.hex()
        return self._frames / name[:2] / f"{name}.b2"

    def has_frame(self, operation: bytes) -> bool:
        """Whether there is a file where the frame of a result would be."""
        try:
            return self.frame(operation).exists()
        except OSError:
            return False

    def part(self, operation: bytes) -> Part:
        """A new, empty part, to be used in a `with` block. Raises OSError."""
        self._parts.mkdir(parents=True, exist_ok=True)
        while True:
            part = Part(self._parts / f"{operation.hex()}-{secrets.token_hex(4)}.part")
            # Whoever cleans up may have come between the making and the locking of the file.
            if part.exists():
                return part
            part.close()

    def put_in_place(self, part: Part, operation: bytes) -> None:
        """Make a part the frame of a result. Raises OSError."""
        frame = self.frame(operation)
        if not fcntl:
            part.finish()
        try:
            part.path.replace(frame)
        except FileNotFoundError:
            frame.parent.mkdir(parents=True, exist_ok=True)
            part.path.replace(frame)

    def read(self, operation: bytes, most: int) -> bytes:
        """The bytes of a frame. Raises OSError, also where it is larger than `most` bytes."""
        # Not through a link, and not from what is no file, where reading could wait.
        flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
        file = os.open(self.frame(operation), flags | getattr(os, "O_BINARY", 0))
        with os.fdopen(file, "rb") as frame:
            size = os.fstat(file).st_size
            if size > most:
                raise OSError("larger than the index says")
            return frame.read(size)

    def frames(self) -> list[bytes]:
        """The ids of all results that have a frame."""
        found = (_operation(path) for folder in _entries(self._frames) for path in _entries(folder))
        return [operation for operation in found if operation is not None]

    def remove_parts(self) -> int:
        """Remove what processes that have died have left behind; how many files that were."""
        removed = sum(_remove_unless_locked(path) for path in _entries(self._parts))
        for path in self._folder.glob("discarded-*"):
            shutil.rmtree(path, ignore_errors=True)
        return removed

    def discard_all(self) -> bool:
        """Remove all frames, at once for all who look for them; whether there was anything.

        Raises OSError.
        """
        if not self._frames.exists():
            return False
        discarded = self._folder / f"discarded-{secrets.token_hex(4)}"
        self._frames.rename(discarded)
        shutil.rmtree(discarded, ignore_errors=True)
        return True


class Part:
    """A frame that is being written. Leaving its `with` block removes what was not renamed."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.size = 0
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
        self._file: int | None = os.open(path, flags, 0o666)
        if fcntl:
            with contextlib.suppress(OSError):  # as on some network file systems
                fcntl.flock(self._file, fcntl.LOCK_EX)

    def exists(self) -> bool:
        """Whether it is still to be found under its name."""
        return self._file is not None and (not fcntl or os.fstat(self._file).st_nlink > 0)

    def write(self, array: NDArray[Any], digest: Callable[[bytes], None]) -> None:
        """Write the frame of an array, and show `digest` its bytes. Raises OSError."""
        assert self._file is not None, "it is finished"
        for chunk in compressed(array):
            rest = memoryview(chunk)
            while rest:
                rest = rest[os.write(self._file, rest) :]
            digest(chunk)
            self.size += len(chunk)

    def finish(self) -> None:
        """Close the file, and with it end the lock."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def close(self) -> None:
        """Give it up, unless it was renamed."""
        self.finish()
        self.path.unlink(missing_ok=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _entries(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except OSError:
        return []  # there is no such folder, or we may not look


def _operation(path: Path) -> bytes | None:
    """The id in the name of a frame; None for what is not called, or is not where, a frame is."""
    try:
        operation = bytes.fromhex(path.stem)
    except ValueError:
        return None
    expected = f"{operation.hex()}.b2"
    return operation if path.name == expected and path.parent.name == expected[:2] else None


def _remove_unless_locked(path: Path) -> bool:
    try:
        if fcntl:
            file = os.open(path, os.O_RDWR | os.O_NONBLOCK)
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                path.unlink()
            finally:
                os.close(file)
        else:
            path.unlink()
    except OSError:
        return False  # being written, or gone
    return True
