"""Who computes an operation, of the processes that share a store: claims held by the kernel.

A claim is an exclusive lock on an open file description that belongs to this claim alone. So the
kernel decides who has it, wakes who waits for it, and takes it back the instant its holder dies,
however it dies: no claim is ever stale, and none needs renewing. It also excludes the threads of
one process from each other.

Linux: one file, `claims`, in the store's folder, and in it one byte for each operation, at an
offset taken from the operation's id; what is locked are byte ranges of a file that stays empty.
The locks are those of open file descriptions (`F_OFD_SETLK`, see fcntl(2)): the older ones that
belong to a process do not tell its threads apart, are lost when any descriptor of the file is
closed, and are refused as a deadlock where threads of two processes wait crosswise without one.
macOS, and other systems with flock(2): one empty file for each claim that is held, in the folder
`claims.d`, removed when the claim is released. Elsewhere there is nothing (`NoClaims`), and
processes compute twice what they compute at the same time.

Why nobody waits for ever. Who holds a claim computes an operation or writes its result, and waits
for no other claim: `hold` refuses to be called by a thread that holds one. So nobody who is waited
for waits, and there is no cycle of waiting, not even where two operations share an offset: they
merely follow each other. A claim handed over to the thread that writes the result keeps to this as
long as that thread takes no claims itself.

Forks. A child process gets a copy of each open descriptor, and a lock lasts until the last copy of
its description is closed. Children forked through Python close theirs at once, before anything
else happens in them, and hold no claim. A program that is started by exec gets none (`O_CLOEXEC`).
Only a child forked by code outside Python, that runs on without exec, keeps the claims that its
parent had at that moment, and only if the parent dies without releasing them, until it ends itself.
"""

from __future__ import annotations

import contextlib
import os
import struct
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Future, InvalidStateError
from pathlib import Path
from typing import Protocol

from voxlogica.engine.futures import await_unless

try:
    import fcntl
except ImportError:  # Windows
    _LOCKS = False
else:
    _LOCKS = True
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
# What is claimed to find out whether claims work.
_TRIAL = b"\xff" * 32


class ClaimsUnavailable(Exception):  # noqa: N818  (says what is the case, and is no defect)
    """The system does not let us claim operations here: go on without, it costs time only."""


class Claims:
    """Claims on operations among all processes that use the same folder. Safe for any thread.

    The folder must exist. Raises ClaimsUnavailable if locks cannot be taken in it, or do not
    exclude each other, as on some network file systems.
    """

    def __init__(self, folder: Path, kind: type[Lock] | None = None) -> None:
        self._folder = folder.absolute()
        self._kind = kind or (RangeLock if sys.platform == "linux" else FileLock)
        self._try_out()

    def hold(self, operation: bytes, cancellation: Future[None] | None = None) -> Hold:
        """Hold the claim on an operation in a `with` block.

        Entering waits, in the kernel, until no other thread or process holds it: then it may be
        that the result is there, or that its holder died or failed. When `cancellation` is settled
        while waiting, entering raises Cancelled at once.

        Entering raises ClaimsUnavailable if the system refuses, and RuntimeError if the thread
        holds a claim already.
        """
        return Hold(self._lock(operation), cancellation)

    def is_held(self, operation: bytes) -> bool:
        """Whether anyone, also in this process, holds the claim on an operation at this moment.

        Raises ClaimsUnavailable if the system does not tell.
        """
        return self._lock(operation).is_taken()

    def _lock(self, operation: bytes) -> Lock:
        return self._kind(self._folder, operation)

    def _try_out(self) -> None:
        """Raises ClaimsUnavailable unless a second lock is refused while there is a first one."""
        first, second = self._lock(_TRIAL), self._lock(_TRIAL)
        # Refused already: another process tries the same at this moment, and locks work.
        if not first.take(wait=False):
            return
        try:
            if second.take(wait=False):
                second.drop()
                raise ClaimsUnavailable(f"{self._folder}: locks on files have no effect here")
        finally:
            first.drop()


class NoClaims:
    """Claims where there are none to be had: everyone holds every claim at once."""

    def hold(self, operation: bytes, cancellation: Future[None] | None = None) -> Hold:
        """What can stand in a `with` block in place of a claim; entering never waits."""
        return Hold(_NoLock(), cancellation)

    def is_held(self, operation: bytes) -> bool:
        """False: nobody can tell."""
        return False


def claims_in(folder: Path) -> Claims | NoClaims:
    """The claims of the store in a folder, none on systems that have no suitable locks.

    Raises ClaimsUnavailable where the system has them, but not in this folder.
    """
    return Claims(folder) if _LOCKS else NoClaims()


class Hold:
    """A claim on one operation, held in a `with` block unless it is handed over."""

    def __init__(self, lock: Lock, cancellation: Future[None] | None) -> None:
        self._lock = lock
        self._cancellation = cancellation
        self._handed_over = False

    def hand_over(self) -> Callable[[], None]:
        """Let the claim outlast the block: gives what releases it, once, from any thread.

        For the thread that writes the result beside further computing. It must take no claims.
        """
        self._handed_over = True
        return self._lock.drop

    def __enter__(self) -> Hold:
        if _thread.holds:
            raise RuntimeError("a thread that holds a claim cannot wait for another")
        if not self._lock.take(wait=False):
            _take(self._lock, self._cancellation)
        _thread.holds = True
        return self

    def __exit__(self, *_: object) -> None:
        _thread.holds = False
        if not self._handed_over:
            self._lock.drop()


def _take(lock: Lock, cancellation: Future[None] | None) -> None:
    """Wait for a lock, or until the cancellation is settled: then Cancelled is raised.

    It is another thread that waits in the kernel, because there nothing but the lock would wake
    it. If nobody wants the lock any more when it comes, that thread drops it. It does not keep the
    process from ending.
    """
    granted: Future[None] = Future()

    def wait_in_kernel() -> None:
        try:
            lock.take(wait=True)
        except BaseException as error:
            with contextlib.suppress(InvalidStateError):  # nobody wants to know any more
                granted.set_exception(error)
            return
        try:
            granted.set_result(None)
        except InvalidStateError:
            lock.drop()

    try:
        threading.Thread(target=wait_in_kernel, name="voxlogica-claim", daemon=True).start()
        await_unless(cancellation or Future(), granted)
    except BaseException:
        # Either this comes before the lock is granted, or the lock is there to be dropped.
        if not granted.cancel() and granted.exception() is None:
            lock.drop()
        raise


class Lock(Protocol):
    """An exclusive lock, through an open file description of its own while it is taken."""

    def __init__(self, folder: Path, operation: bytes) -> None: ...

    def take(self, wait: bool) -> bool:
        """Take the lock; without waiting, False if it is another's. May raise ClaimsUnavailable."""
        ...

    def drop(self) -> None:
        """Give back a lock that was taken. No effect in a child process forked since."""
        ...

    def is_taken(self) -> bool:
        """Whether it is held, here or elsewhere. May raise ClaimsUnavailable."""
        ...


class RangeLock:
    """One byte of a file that all share (Linux)."""

    def __init__(self, folder: Path, operation: bytes) -> None:
        self._path = folder / "claims"
        # 62 bits, for an offset has 63. Two operations may have the same: they exclude each other.
        self._offset = int.from_bytes(operation[:8], "big") >> 2
        self._file = _Descriptor()

    def take(self, wait: bool) -> bool:
        """See Lock."""
        try:
            number = self._file.open(self._path, os.O_RDWR | os.O_CREAT)
            self._control(number, _SETLKW if wait else _SETLK, fcntl.F_WRLCK)
        except BlockingIOError:
            self._file.close()
            return False
        except OSError as refusal:
            self._file.close()
            raise _unavailable(self._path, refusal) from refusal
        except BaseException:  # Ctrl-C
            self._file.close()
            raise
        return True

    def drop(self) -> None:
        """See Lock."""
        if self._file.number is not None:
            try:
                # Closing alone does not do where a child process still has the descriptor.
                self._control(self._file.number, _SETLK, fcntl.F_UNLCK)
            finally:
                self._file.close()

    def is_taken(self) -> bool:
        """See Lock."""
        file = _Descriptor()
        try:
            answer = self._control(file.open(self._path, os.O_RDONLY), _GETLK, fcntl.F_WRLCK)
        except FileNotFoundError:
            return False
        except OSError as refusal:
            raise _unavailable(self._path, refusal) from refusal
        finally:
            file.close()
        return bool(_FLOCK.unpack(answer)[0] != fcntl.F_UNLCK)

    def _control(self, number: int, command: int, kind: int) -> bytes:
        # fcntl() lets other threads run while it waits, and goes on after a signal.
        return fcntl.fcntl(
            number, command, _FLOCK.pack(kind, os.SEEK_SET, self._offset, 1, _NO_PROCESS)
        )


class FileLock:
    """A file for this operation alone, there while the lock is taken (systems with flock)."""

    def __init__(self, folder: Path, operation: bytes) -> None:
        self._path = folder / "claims.d" / operation.hex()
        self._file = _Descriptor()

    def take(self, wait: bool) -> bool:
        """See Lock."""
        try:
            while True:
                self._path.parent.mkdir(exist_ok=True)
                number = self._file.open(self._path, os.O_RDWR | os.O_CREAT)
                fcntl.flock(number, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
                if self._in_place(number):
                    return True
                # Who held it has removed the file meanwhile: this lock means nothing to anyone
                # else. Each turn is for one holder that is done.
                self._file.close()
        except BlockingIOError:
            self._file.close()
            return False
        except OSError as refusal:
            self._file.close()
            raise _unavailable(self._path, refusal) from refusal
        except BaseException:  # Ctrl-C
            self._file.close()
            raise

    def drop(self) -> None:
        """See Lock."""
        number = self._file.number
        if number is not None:
            try:
                # Removed while the lock is held, so that nobody's file is removed but this one.
                # One that cannot be removed is empty, and does no harm.
                with contextlib.suppress(OSError):
                    if self._in_place(number):
                        self._path.unlink()
                fcntl.flock(number, fcntl.LOCK_UN)
            finally:
                self._file.close()

    def is_taken(self) -> bool:
        """See Lock."""
        file = _Descriptor()
        try:
            # For this moment another `take` may be refused; it then waits until the file is closed.
            fcntl.flock(file.open(self._path, os.O_RDONLY), fcntl.LOCK_SH | fcntl.LOCK_NB)
        except FileNotFoundError:
            return False
        except BlockingIOError:
            return True
        except OSError as refusal:
            raise _unavailable(self._path, refusal) from refusal
        finally:
            file.close()
        return False

    def _in_place(self, number: int) -> bool:
        """Whether the open file is still the one with this name."""
        try:
            return os.path.samestat(os.fstat(number), self._path.stat())
        except FileNotFoundError:
            return False


class _NoLock:
    """What NoClaims has for a lock."""

    def __init__(self, *_: object) -> None: ...

    def take(self, wait: bool) -> bool:
        return True

    def drop(self) -> None: ...

    def is_taken(self) -> bool:
        return False


def _unavailable(path: Path, refusal: OSError) -> ClaimsUnavailable:
    return ClaimsUnavailable(f"{path}: {refusal.strerror or refusal}")


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


class _Thread(threading.local):
    """Whether the current thread holds a claim."""

    holds = False


_thread = _Thread()
_descriptors: set[_Descriptor] = set()
# Held during a fork, so that no descriptor is open that is not in the set. A signal handler may
# fork in a thread that has it: hence reentrant.
_forking = threading.RLock()


def _close_after_fork() -> None:
    """In the child. The locks stay the parent's: only its copies of the descriptors go."""
    _thread.holds = False
    for descriptor in list(_descriptors):
        with contextlib.suppress(OSError):  # closed by other hands
            descriptor.close()
    _forking.release()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=_forking.acquire,
        after_in_parent=_forking.release,
        after_in_child=_close_after_fork,
    )
