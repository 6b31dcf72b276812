"""Hidden folders that outlive their owner only until the next one comes by.

The owner holds a lock on a file inside, which the kernel releases the instant the process dies. So
whoever can take that lock knows the folder for dead: no process numbers, no ages.

Only what is certain to be such a folder is removed: it has exactly such a name, is the user's, no
link, and has an empty file `voxlogica-owner`. In it, only what an owner makes is.
"""

from __future__ import annotations

import contextlib
import fcntl
import itertools
import os
import re
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

_PREFIX = ".voxlogica-saving-"
# Eight hexadecimal digits, once what tempfile takes; and as one is called while it is removed.
_NAME = re.compile(re.escape(_PREFIX) + r"[a-z0-9_]{8}(-removed)?")
_PLACE = re.compile(r"\d+")
_OWNER, _MAKING = "voxlogica-owner", "voxlogica-making"
_NO_LINK = os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


class HiddenFolder:
    """A folder beside the files to come, on the same file system, so that a rename moves them."""

    def __init__(self, parent: Path) -> None:
        """One that `make` makes in `parent`.

        Who has noted it before that can remove it wherever an exception has come up.
        """
        self._parent = parent
        self.path = parent / f"{_PREFIX}{os.urandom(4).hex()}"
        self._owner: int | None = None
        self._process = os.getpid()
        self._numbers = itertools.count()

    def make(self) -> Self:
        """Make it, and remove those there that dead processes left."""
        _remove_dead(self._parent)
        try:
            self.path.mkdir(0o700)
            making, flags = self.path / _MAKING, os.O_RDWR | os.O_CREAT | os.O_EXCL | _NO_LINK
            self._owner = os.open(making, flags, 0o600)
            _made.add(self)
            # Where there are no locks, nobody can take the folder for dead either.
            with contextlib.suppress(OSError):
                fcntl.flock(self._owner, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # Only now does the folder say what it is, so nobody has come between.
            making.rename(self.path / _OWNER)
        except OSError:
            self.remove()
            raise
        return self

    def new_place(self) -> Path:
        """A new, empty folder inside."""
        place = self.path / str(next(self._numbers))
        place.mkdir(0o700)
        return place

    def remove(self) -> None:
        """Remove it with all that is in it, also while others are still writing there.

        May be called again where an exception came up within; and where it has not been made. No
        effect in a child process that was forked meanwhile: the folder is its parent's.
        """
        if os.getpid() != self._process:
            return
        doomed = self.path.with_name(self.path.name + "-removed")
        if self._is_own(self.path) and not os.path.lexists(doomed):
            # Under another name, no thread that is about to write makes a file in it.
            with contextlib.suppress(OSError):
                self.path.rename(doomed)
        # As `make` may leave it.
        making = self.path / _MAKING
        if self._owner is None or _is_at(self._owner, making):
            with contextlib.suppress(OSError):
                making.unlink()
        for path in (doomed, self.path):
            with contextlib.suppress(OSError), _opened(path) as folder:
                if self._is_own(path):
                    _remove(path, folder)
            with contextlib.suppress(OSError):  # empty
                path.rmdir()
        self._let_go()

    def _let_go(self) -> None:
        """Close what holds the lock, which lasts as long as any process has a copy of it open."""
        owner, self._owner = self._owner, None
        _made.discard(self)
        if owner is not None:
            os.close(owner)

    def _is_own(self, path: Path) -> bool:
        return self._owner is not None and _is_at(self._owner, path / _OWNER)


# Those that there are, of this process.
_made: set[HiddenFolder] = set()


def _let_go_after_fork() -> None:
    """In a child process, whose parent's they are."""
    for folder in list(_made):
        folder._let_go()


os.register_at_fork(after_in_child=_let_go_after_fork)


def _is_at(descriptor: int, path: Path) -> bool:
    try:
        found = path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    return os.path.samestat(found, os.fstat(descriptor))


def _remove_dead(parent: Path) -> None:
    try:
        names = [name for name in os.listdir(parent) if _NAME.fullmatch(name)]  # noqa: PTH208
    except OSError:
        return
    for name in names:
        # Gone meanwhile, somebody else's, or its owner lives; or there are no locks to tell.
        with (
            contextlib.suppress(OSError),
            _opened(parent / name) as folder,
            _locked_owner(folder),
        ):
            _remove(parent / name, folder)


@contextmanager
def _opened(path: Path) -> Iterator[int]:
    """A descriptor of a folder that is no link. Raises OSError."""
    folder = os.open(path, os.O_RDONLY | os.O_DIRECTORY | _NO_LINK)
    try:
        yield folder
    finally:
        os.close(folder)


@contextmanager
def _locked_owner(folder: int) -> Iterator[None]:
    """Hold the lock of a folder whose owner is dead. Raises OSError where it is no such folder."""
    owner = os.open(_OWNER, os.O_RDWR | _NO_LINK, dir_fd=folder)
    try:
        found = os.fstat(owner)
        if not (
            stat.S_ISREG(found.st_mode)
            and found.st_uid == os.fstat(folder).st_uid == os.geteuid()
            and found.st_size == 0
        ):
            raise PermissionError
        fcntl.flock(owner, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(owner)


def _remove(path: Path, folder: int) -> None:
    """Remove what an owner has made in a folder, and then the folder, if nothing is left in it."""
    for name in os.listdir(folder):
        if _PLACE.fullmatch(name):
            shutil.rmtree(name, ignore_errors=True, dir_fd=folder)
    # The owner's file last: where something stays, the next one comes by again.
    if os.listdir(folder) == [_OWNER]:
        os.unlink(_OWNER, dir_fd=folder)
        path.rmdir()
