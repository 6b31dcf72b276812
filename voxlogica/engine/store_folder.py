"""Which folder a store may be in, and keeping to it.

A store takes a folder that is new or empty, and marks it; later it knows its folder by that mark,
or by its index, as stores had no mark at first. Any other folder holds what is somebody else's:
nothing in it is written, renamed or removed. All that is done in a store's folder is done from a
descriptor of that folder, and through no link, so it stays there whatever names come to mean.

Whoever can write to the folder can make up results. So the user's own cache folder must be the
user's, and nobody else's to write to; and a folder that is everybody's to write to is never used.
Who names a folder that a group writes to has chosen to trust the group.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import stat
import struct
import weakref
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from voxlogica.engine.store_database import APPLICATION, NAME
from voxlogica.user_cache import make_private, temporary_cache, user_cache

_LOCK = "index.lock"
# A name and a first line that programs for backups know as a folder not worth keeping: see
# https://bford.info/cachedir/. The second line makes it ours.
_MARK = "CACHEDIR.TAG"
_MARKING = b"""\
Signature: 8a477f597d28d172789f06886806bc55
# This folder is a store of results of voxlogica, which alone changes what is in it.
# All of it may be deleted at any time.
"""
# What versions under development left in the user's cache folder.
_BESIDE = frozenset({"kernels", "grammar.tables"})

_README = b"""\
This folder keeps results of voxlogica, so that they are not computed again.

index.sqlite    what there is: an SQLite database; its view `entries` is meant to be looked at
frames/         the voxels of images, one file for each, compressed with Blosc2
parts/          frames that are being written
claims*         which operations are being computed at this moment
CACHEDIR.TAG    marks this folder as a store, and as not worth a backup

It may be deleted at any time; what is missing is computed again. `voxlogica cache --help` tells of
better ways to make it smaller.
"""

_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY
# Not through a link, and not from what is no file, where opening could wait.
NO_LINK = os.O_NOFOLLOW | os.O_NONBLOCK

# SQLite's header and log: "The SQLite Database Header", "WAL File Format" in its documentation.
_HEADER, _HEADER_MAGIC, _APPLICATION_AT = 100, b"SQLite format 3\0", slice(68, 72)
_LOG_HEADER, _LOG_FRAME = struct.Struct(">4sIIIIIII"), struct.Struct(">IIIIII")
_LOG_MAGIC = (b"\x37\x7f\x06\x82", b"\x37\x7f\x06\x83")


class UnusableFolderError(Exception):
    """The folder is not one that a store may be in; says why, and what to do."""


class StoreFolder:
    """A folder that is a store's, by `descriptor`; it is closed when nobody has this any more."""

    def __init__(self, folder: Path) -> None:
        """Open the folder, made if there is none. Nothing in it is changed.

        Raises OSError, or UnusableFolderError.
        """
        self.path = folder
        make_private(folder)
        self.descriptor = os.open(folder, _DIRECTORY)
        weakref.finalize(self, os.close, self.descriptor)
        self._check_trust()
        # Where there is such a lock, another process may be about to adopt the folder.
        if not self._is_lock():
            self._is_ours()

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Let one thread of one process at a time open, make or set aside an index.

        Held by the kernel, on a file for this alone, so it ends with its holder. Where there are no
        such locks, SQLite's own have to do. Raises OSError.
        """
        flags = os.O_RDWR | os.O_CREAT | NO_LINK
        with closing_descriptor(os.open(_LOCK, flags, 0o666, dir_fd=self.descriptor)) as file:
            with contextlib.suppress(OSError):  # as on some network file systems
                fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def adopt(self) -> None:
        """Mark the folder as a store's, if it is not; called alone.

        Raises OSError, or UnusableFolderError.
        """
        if not self._is_ours():
            self._write_new(_MARK, _MARKING)
            self._write_new("README", _README)
        elif not self._is_marked():
            with contextlib.suppress(OSError):  # it is known by its index
                self._write_new(_MARK, _MARKING)

    @contextmanager
    def inside(self, *path: str, made: bool = False) -> Iterator[int]:
        """A descriptor of a folder in the store's; where it is to be `made`, it is if it must.

        That is for those whom the store's own is for. Raises OSError, also where one is a link.
        """
        with ExitStack() as closing:
            folder = self.descriptor
            for name in path:
                is_new = made and _is_made(name, folder)
                inner = os.open(name, _DIRECTORY | NO_LINK, dir_fd=folder)
                folder = closing.enter_context(closing_descriptor(inner))
                if is_new and (mode := stat.S_IMODE(os.fstat(self.descriptor).st_mode)) & 0o077:
                    os.fchmod(folder, mode | 0o700)
            yield folder

    def _is_ours(self) -> bool:
        """Whether the folder is a store's, and not merely empty. Raises UnusableFolderError."""
        names = set(os.listdir(self.descriptor))  # noqa: PTH208  (by descriptor)
        if NAME in names and not is_file(NAME, self.descriptor):
            raise UnusableFolderError(f"{NAME} in it is no file")
        if self._is_marked() or self._has_index():
            return True
        if self._is_lock():
            names.discard(_LOCK)
        if self.path == user_cache():
            names -= _BESIDE
        if names:
            raise UnusableFolderError(
                "it holds files that are none of a store's, and is left as it is;"
                " choose an empty or a new folder with --cache DIR"
            )
        return False

    def _is_lock(self) -> bool:
        """Whether there is an empty file where the lock would be."""
        try:
            found = os.stat(_LOCK, dir_fd=self.descriptor, follow_symlinks=False)
        except FileNotFoundError:
            return False
        return stat.S_ISREG(found.st_mode) and found.st_size == 0

    def _check_trust(self) -> None:
        found = os.fstat(self.descriptor)
        if self.path in (user_cache(), temporary_cache()):
            if found.st_uid != os.geteuid():
                raise UnusableFolderError("it belongs to another user")
            writers = stat.S_IWOTH | (0 if _is_users_alone(found.st_gid) else stat.S_IWGRP)
        else:
            writers = stat.S_IWOTH
        if found.st_mode & writers:
            who = "everybody" if found.st_mode & stat.S_IWOTH else "its group"
            raise UnusableFolderError(
                f"{who} can write to it, and make up results;"
                " choose another with --cache DIR, such as a new one inside"
            )

    def _is_marked(self) -> bool:
        return self._beginning(_MARK, len(_MARKING) + 1) == _MARKING

    def _has_index(self) -> bool:
        header = self._beginning(NAME, _HEADER)
        if not header.startswith(_HEADER_MAGIC):
            return False
        return header[_APPLICATION_AT] == APPLICATION or self._has_log()

    def _has_log(self) -> bool:
        """Whether the first page of an index is in SQLite's log, where a killed process left it."""
        log = self._beginning(f"{NAME}-wal", 64 << 20)
        if len(log) < _LOG_HEADER.size or log[:4] not in _LOG_MAGIC:
            return False
        _, _, page, *_ = _LOG_HEADER.unpack_from(log)
        step = _LOG_FRAME.size + page
        for at in range(_LOG_HEADER.size, len(log) - step + 1, step):
            begin = at + _LOG_FRAME.size
            first = log[begin : begin + _HEADER]
            if log[at : at + 4] == b"\0\0\0\1" and first[_APPLICATION_AT] == APPLICATION:
                return True
        return False

    def _beginning(self, name: str, most: int) -> bytes:
        """What a file begins with; nothing of what is no file."""
        try:
            file = os.open(name, os.O_RDONLY | NO_LINK, dir_fd=self.descriptor)
        except OSError:
            return b""
        with os.fdopen(file, "rb") as opened:
            is_file = stat.S_ISREG(os.fstat(file).st_mode)
            return opened.read(most) if is_file else b""

    def _write_new(self, name: str, content: bytes) -> None:
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | NO_LINK
        try:
            file = os.open(name, flags, 0o666, dir_fd=self.descriptor)
        except FileExistsError:
            return
        with closing_descriptor(file):
            try:
                if os.write(file, content) < len(content):
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            except OSError:
                # A part of the mark would mark nothing, and be in the way.
                os.unlink(name, dir_fd=self.descriptor)
                raise


def is_file(name: str, folder: int) -> bool:
    """Whether what a folder has under a name is a file, and no link. Raises OSError."""
    return stat.S_ISREG(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode)


@contextmanager
def closing_descriptor(descriptor: int) -> Iterator[int]:
    """A descriptor, closed in the end."""
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _is_made(name: str, parent: int) -> bool:
    """Make a folder; False if it is there already. Raises OSError."""
    try:
        os.mkdir(name, 0o700, dir_fd=parent)
    except FileExistsError:
        return False
    return True


def _is_users_alone(group: int) -> bool:
    """Whether nobody but the user is in a group, as where each user has one of the same name."""
    import grp
    import pwd

    try:
        user, found = pwd.getpwuid(os.geteuid()), grp.getgrgid(group)
    except KeyError:
        return False
    return (
        user.pw_gid == group
        and set(found.gr_mem) <= {user.pw_name}
        and (found.gr_name == user.pw_name)
    )
