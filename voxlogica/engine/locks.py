"""Locks that the kernel holds, one for each operation and purpose, among all threads and processes.

A lock is on an open file description that belongs to it alone. So the kernel decides who has it,
wakes who waits for it, and takes it back the instant its holder dies, however it dies.

Linux: one file, `claims`, in the store's folder, and in it four bytes for each operation, at an
offset taken from the operation's id; what is locked are byte ranges of a file that stays empty.
The locks are those of open file descriptions (`F_OFD_SETLK`, see fcntl(2)): the older ones that
belong to a process do not tell its threads apart, are lost when any descriptor of the file is
closed, and are refused as a deadlock where threads of two processes wait crosswise without one.
macOS, and other systems with flock(2): one empty file for each lock that is taken, in the folder
`claims.d`, removed when the last that has it drops it.

Forks. A child process gets a copy of each open descriptor, and a lock lasts until the last copy of
its description is closed. Children forked through Python close theirs at once, before anything
else happens in them, and hold no lock. A program that is started by exec gets none (`O_CLOEXEC`).
Only a child forked by code outside Python, that runs on without exec, keeps the locks that its
parent had at that moment, and only if the parent dies without releasing them, until it ends itself.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import struct
import threading
from enum import IntEnum
from pathlib import Path

# Linux has had the commands under these numbers since 3.15; Python has names for them only
# where it was built against headers that do.
_GETLK: int = getattr(fcntl, "F_OFD_GETLK", 36)
_SETLK: int = getattr(fcntl, "F_OFD_SETLK", 37)
_SETLKW: int = getattr(fcntl, "F_OFD_SETLKW", 38)

# Linux's `struct flock` where offsets have 64 bits: type, whence, start, length, process, and what
# fills it up to the alignment of an offset. On 32-bit machines too these commands take 64-bit
# offsets, and native alignment (4 bytes on x86, 8 on ARM) puts them where the C compiler does.
_FLOCK = struct.Struct("@hhqqi0q")
# A lock of an open file description belongs to no process: the kernel insists on 0 here.
_NO_PROCESS = 0
# What the names of files end in, by Purpose.
_ENDINGS = ("", ".asked", ".goal")


class ClaimsUnavailable(Exception):  # noqa: N818  (says what is the case, and is no defect)
    """The system does not let us claim operations here: go on without, it costs time only."""


class Purpose(IntEnum):
    """What an operation is locked for; these exclude each other no more than operations do."""

    CLAIM = 0  # who has it computes the operation
    ASKED = 1  # who shares it waits for who computes the operation
    GOAL = 2  # who has it works on what the operation, a goal, rests on


class Lock:
    """A lock, through an open file description of its own while it is taken.

    By itself a lock where there are none: it is nobody's, and everyone gets it.
    """

    def __init__(self, folder: Path, operation: bytes, purpose: Purpose) -> None: ...

    def take(self, wait: bool, shared: bool = False) -> bool:
        """Take the lock, alone or with all who share it; False if it is another's.

        With `wait` until it is not. May raise ClaimsUnavailable.
        """
        return True

    def drop(self) -> None:
        """Give back a lock that was taken. No effect in a child process forked since."""

    def is_taken(self) -> bool:
        """Whether it is held, here or elsewhere. May raise ClaimsUnavailable."""
        return False


class _OpenLock(Lock):
    """A lock on an open file; how files are locked is for the classes below to say."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = _Descriptor()

    def take(self, wait: bool, shared: bool = False) -> bool:
        """See Lock."""
        try:
            self._lock(wait, shared)
        except BaseException as problem:  # Ctrl-C, too
            self._file.close()
            if isinstance(problem, BlockingIOError):
                return False
            if isinstance(problem, OSError):
                raise self._unavailable(problem) from problem
            raise
        return True

    def drop(self) -> None:
        """See Lock."""
        if self._file.number is not None:
            try:
                # Closing alone does not do where a child process still has the descriptor.
                self._unlock(self._file.number)
            finally:
                self._file.close()

    def is_taken(self) -> bool:
        """See Lock."""
        file = _Descriptor()
        try:
            return self._is_locked(file.open(self._path, os.O_RDONLY))
        except FileNotFoundError:
            return False
        except OSError as refusal:
            raise self._unavailable(refusal) from refusal
        finally:
            file.close()

    def _unavailable(self, refusal: OSError) -> ClaimsUnavailable:
        return ClaimsUnavailable(f"{self._path}: {refusal.strerror or refusal}")

    def _lock(self, wait: bool, shared: bool) -> None:
        """Open the file and lock it. Raises OSError, BlockingIOError if the lock is another's."""
        raise NotImplementedError

    def _unlock(self, number: int) -> None:
        raise NotImplementedError

    def _is_locked(self, number: int) -> bool:
        raise NotImplementedError


class RangeLock(_OpenLock):
    """One byte of a file that all share (Linux)."""

    def __init__(self, folder: Path, operation: bytes, purpose: Purpose) -> None:
        super().__init__(folder / "claims")
        # 62 bits, for an offset has 63. Two operations may have the same: they exclude each other.
        self._offset = int.from_bytes(operation[:8], "big") >> 4 << 2 | purpose

    def _lock(self, wait: bool, shared: bool) -> None:
        number = self._file.open(self._path, os.O_RDWR | os.O_CREAT)
        self._control(
            number, _SETLKW if wait else _SETLK, fcntl.F_RDLCK if shared else fcntl.F_WRLCK
        )

    def _unlock(self, number: int) -> None:
        self._control(number, _SETLK, fcntl.F_UNLCK)

    def _is_locked(self, number: int) -> bool:
        answer = self._control(number, _GETLK, fcntl.F_WRLCK)
        return bool(_FLOCK.unpack(answer)[0] != fcntl.F_UNLCK)

    def _control(self, number: int, command: int, kind: int) -> bytes:
        # fcntl() lets other threads run while it waits, and goes on after a signal.
        return fcntl.fcntl(
            number, command, _FLOCK.pack(kind, os.SEEK_SET, self._offset, 1, _NO_PROCESS)
        )


class FileLock(_OpenLock):
    """A file for this lock alone, there while it is taken (systems with flock)."""

    def __init__(self, folder: Path, operation: bytes, purpose: Purpose) -> None:
        super().__init__(folder / "claims.d" / (operation.hex() + _ENDINGS[purpose]))

    def _lock(self, wait: bool, shared: bool) -> None:
        kind = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
        while True:
            self._path.parent.mkdir(exist_ok=True)
            number = self._file.open(self._path, os.O_RDWR | os.O_CREAT)
            fcntl.flock(number, kind | (0 if wait else fcntl.LOCK_NB))
            if self._in_place(number):
                return
            # Who held it has removed the file meanwhile: this lock means nothing to anyone
            # else. Each turn is for one holder that is done.
            self._file.close()

    def _unlock(self, number: int) -> None:
        # Removed while the lock is held alone, so that nobody's file is removed but this
        # one. One that cannot be removed, or is shared, is empty, and does no harm.
        with contextlib.suppress(OSError):
            fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if self._in_place(number):
                self._path.unlink()
        fcntl.flock(number, fcntl.LOCK_UN)

    def _is_locked(self, number: int) -> bool:
        try:
            # For this moment another `take` may be refused; it then waits until the file is closed.
            fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        return False

    def _in_place(self, number: int) -> bool:
        """Whether the open file is still the one with this name."""
        try:
            return os.path.samestat(os.fstat(number), self._path.stat())
        except FileNotFoundError:
            return False


class _Descriptor:
    """A file descriptor that a forked child closes before it does anything else."""

    def __init__(self) -> None:
        self.number: int | None = None

    def open(self, path: Path, flags: int) -> int:
        with _forking:
            # Python adds O_CLOEXEC. What others may do with the file is for the umask to say.
            self.number = os.open(path, flags, 0o666)
            _descriptors.add(self)
            return self.number

    def close(self) -> None:
        """Close it if it is open."""
        with _forking:
            number, self.number = self.number, None
            if number is not None:
                _descriptors.discard(self)
                os.close(number)


_descriptors: set[_Descriptor] = set()
# Held during a fork, so that no descriptor is open that is not in the set. A signal handler may
# fork in a thread that has it: hence reentrant.
_forking = threading.RLock()


def _hold() -> None:
    _forking.acquire()


def _close_after_fork() -> None:
    """In the child. The locks stay the parent's: only its copies of the descriptors go."""
    global _forking
    # A new one: another thread may have it, where this was imported while the process forked.
    _forking = threading.RLock()
    for descriptor in list(_descriptors):
        with contextlib.suppress(OSError):  # closed by other hands
            descriptor.close()


def _let_go() -> None:
    # It was not taken where this module was imported while the process forked.
    with contextlib.suppress(RuntimeError):
        _forking.release()


os.register_at_fork(
    before=_hold,
    after_in_parent=_let_go,
    after_in_child=_close_after_fork,
)
