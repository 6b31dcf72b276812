"""Hidden folders that outlive their owner only until the next one comes by.

The owner holds a lock on a file inside, which the kernel releases the instant the process dies. So
whoever can take that lock knows the folder for dead: no process numbers, no ages.
"""

from __future__ import annotations

import fcntl
import itertools
import os
import shutil
import tempfile
from pathlib import Path

_PREFIX = ".voxlogica-saving-"
_OWNER = "owner"


class HiddenFolder:
    """A folder beside the files to come, on the same file system, so that a rename moves them."""

    def __init__(self, parent: Path) -> None:
        """Make one in `parent`, and remove those there that dead processes left."""
        _remove_dead(parent)
        self._path, self._owner = _made_and_locked(parent)
        self._numbers = itertools.count()

    def new_place(self) -> Path:
        """A new, empty folder inside."""
        place = self._path / str(next(self._numbers))
        place.mkdir()
        return place

    def remove(self) -> None:
        """Remove it with all that is in it, also while others are still writing there."""
        doomed = self._path.with_name(self._path.name + "-removed")
        try:
            # Under another name, no thread that is about to write makes a file in it.
            self._path.rename(doomed)
        except OSError:
            doomed = self._path
        shutil.rmtree(doomed, ignore_errors=True)
        os.close(self._owner)


def _made_and_locked(parent: Path) -> tuple[Path, int]:
    while True:
        folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=parent))
        try:
            owner = os.open(folder / _OWNER, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except FileNotFoundError:
            continue  # another process found it without an owner, and took it for dead
        try:
            fcntl.flock(owner, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(owner)  # likewise: it is about to remove it
            continue
        except OSError:
            pass  # a file system without locks: nobody can take the folder for dead either
        if _is_at(owner, folder / _OWNER):
            return folder, owner
        os.close(owner)


def _is_at(descriptor: int, path: Path) -> bool:
    try:
        found = path.stat()
    except FileNotFoundError:
        return False
    return os.path.samestat(found, os.fstat(descriptor))


def _remove_dead(parent: Path) -> None:
    for folder in parent.glob(_PREFIX + "*"):
        try:
            owner = os.open(folder / _OWNER, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError:
            continue  # gone meanwhile, or another user's
        try:
            fcntl.flock(owner, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(folder, ignore_errors=True)
        except OSError:
            pass  # its owner lives, or the file system has no locks to tell
        finally:
            os.close(owner)
