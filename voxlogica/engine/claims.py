"""Who computes an operation, of the processes that share a store: claims held by the kernel.

A claim is a lock of the kernel's (see `locks.py`), so no claim is ever stale, and none needs
renewing. It also excludes the threads of one process from each other. Where a folder has no locks
there is nothing (`NO_CLAIMS`), and processes compute twice what they compute at the same time.

Who waits for a claim, or is going to, says so: it asks, by a shared lock on another byte, from
before it blocks until it has the claim. So who holds the claim can tell whether anyone else is in
need of the result (`is_asked_for`), and is woken when nobody is any more (`when_unasked`), be it
that they have it or that they died.

A run reserves the goals that it works on, by a third byte. A reservation is tried for without
waiting as long as there is anything else to do, and held meanwhile; it is waited for by a run that
holds none.

Why nobody waits for ever. Who holds a claim computes an operation or writes its result, and waits
for nothing: `claim` refuses to be called by a thread that holds a claim. So who waits for a claim
waits for one that works, whatever reservations either holds. And who waits for a reservation holds
no claim and no reservation. So no path of waiting is longer than three, and there is no cycle, not
even where two operations share an offset: they merely follow each other. A claim handed over to
the thread that writes the result keeps to this as long as that thread takes no claims itself.
"""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, InvalidStateError
from contextlib import contextmanager
from pathlib import Path

from voxlogica.engine.futures import await_unless
from voxlogica.engine.locks import ClaimsUnavailable, FileLock, Lock, Purpose, RangeLock

# What is claimed to find out whether claims work.
_TRIAL = b"\xff" * 32
# Gives back what was locked, once, from any thread.
Release = Callable[[], None]


class Claims:
    """Claims on operations among all processes that use the same folder. Safe for any thread.

    The folder must exist. Raises ClaimsUnavailable if locks cannot be taken in it, or do not
    exclude each other, as on some network file systems.
    """

    def __init__(self, folder: Path, kind: type[Lock] | None = None) -> None:
        self._folder = folder.absolute()
        self._kind = kind or (RangeLock if sys.platform == "linux" else FileLock)
        self._try_out()

    @contextmanager
    def claim(
        self, operation: bytes, cancellation: Future[None] | None = None
    ) -> Iterator[Callable[[], Release]]:
        """Have the claim on an operation in a `with` block, or for longer: if it is handed over.

        Entering waits, in the kernel, until no other thread or process holds it: then it may be
        that the result is there, or that its holder died or failed. When `cancellation` is settled
        while waiting, entering raises Cancelled at once. What entering gives hands the claim over,
        to the thread that writes the result beside further computing, and must take no claims: it
        returns what releases the claim, once, from any thread.

        Entering raises ClaimsUnavailable if the system refuses, and RuntimeError if the thread
        holds a claim already.
        """
        _refuse_to_claimants()
        lock, is_handed_over = self._lock(operation, Purpose.CLAIM), False
        if not lock.take(wait=False):
            asking = self._lock(operation, Purpose.ASKED)
            # Others have this lock to themselves for no longer than it takes to drop it.
            asking.take(wait=True, shared=True)
            try:
                _take(lock, cancellation)
            finally:
                asking.drop()

        def hand_over() -> Release:
            nonlocal is_handed_over
            is_handed_over = True
            return lock.drop

        _thread.has_claim = True
        try:
            yield hand_over
        finally:
            _thread.has_claim = False
            if not is_handed_over:
                lock.drop()

    def tried(self, operation: bytes, purpose: Purpose = Purpose.CLAIM) -> Release | None:
        """Lock an operation, for a purpose, if that is nobody's: what releases it again.

        Of a goal: it is reserved. Raises ClaimsUnavailable if the system refuses.
        """
        lock = self._lock(operation, purpose)
        return lock.drop if lock.take(wait=False) else None

    def is_claimed(self, operation: bytes) -> bool:
        """Whether anyone, also in this process, holds the claim on an operation at this moment.

        Raises ClaimsUnavailable if the system does not tell.
        """
        return self._lock(operation, Purpose.CLAIM).is_taken()

    def ask(self, operation: bytes) -> Release | None:
        """Ask for an operation without waiting for it: what takes that back.

        None if it cannot be asked for at this moment.
        """
        lock = self._lock(operation, Purpose.ASKED)
        with contextlib.suppress(ClaimsUnavailable):
            return lock.drop if lock.take(wait=False, shared=True) else None
        return None

    def is_asked_for(self, operation: bytes) -> bool:
        """Whether anyone asks for an operation; False where nobody can tell."""
        try:
            return self._lock(operation, Purpose.ASKED).is_taken()
        except ClaimsUnavailable:
            return False

    def when_unasked(self, operation: bytes, then: Callable[[], None]) -> None:
        """Have `then` called, in a thread of its own, under the claim, when nobody asks for it.

        Does not wait for that. What the system refuses is not done.
        """
        asking = self._lock(operation, Purpose.ASKED)
        claim = self._lock(operation, Purpose.CLAIM)

        def watch() -> None:
            with contextlib.suppress(ClaimsUnavailable):
                while True:
                    # Granted when the last of those who share it has dropped it, or died.
                    asking.take(wait=True)
                    asking.drop()
                    claim.take(wait=True)
                    try:
                        if not self.is_asked_for(operation):
                            then()
                            return
                    finally:
                        claim.drop()

        with contextlib.suppress(RuntimeError):  # no more threads are to be had
            threading.Thread(target=watch, name="voxlogica-asked", daemon=True).start()

    def await_reservation(self, goal: bytes, cancellation: Future[None]) -> Release:
        """Reserve a goal as soon as nobody else has it: for who holds nothing at all.

        Raises Cancelled as soon as the cancellation is settled, and ClaimsUnavailable if the system
        refuses.
        """
        _refuse_to_claimants()
        lock = self._lock(goal, Purpose.GOAL)
        if not lock.take(wait=False):
            _take(lock, cancellation)
        return lock.drop

    def _lock(self, operation: bytes, purpose: Purpose) -> Lock:
        return self._kind(self._folder, operation, purpose)

    def _try_out(self) -> None:
        """Raises ClaimsUnavailable unless a second lock is refused while there is a first one."""
        first, second = (self._lock(_TRIAL, Purpose.CLAIM) for _ in range(2))
        # Refused already: another process tries the same at this moment, and locks work.
        if self._kind is Lock or not first.take(wait=False):
            return
        try:
            if second.take(wait=False):
                second.drop()
                raise ClaimsUnavailable(f"{self._folder}: locks on files have no effect here")
        finally:
            first.drop()


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


class _Thread(threading.local):
    """Whether the current thread has a claim."""

    has_claim = False


_thread = _Thread()


def _refuse_to_claimants() -> None:
    if _thread.has_claim:
        raise RuntimeError("a thread that has a claim cannot wait for another")


def _hold_nothing() -> None:
    """In a forked child, whose parent keeps the locks."""
    _thread.has_claim = False


os.register_at_fork(after_in_child=_hold_nothing)
# Claims where there are none to be had: everyone has every claim at once, and nobody can tell.
NO_CLAIMS = Claims(Path("/"), Lock)
