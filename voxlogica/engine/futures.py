"""Who computes an operation in this process: the table of futures.

All workplans of a process share one table from operations' ids to the futures of their results. A
workplan enters it with the operations it may need, and how often it will read each; a result stays
in the table until every workplan that entered with it has read it that often, or has ended.

A thread that reaches an operation asks for the promise of its result. Of all who ask for that of an
operation without a result, one gets it and is to compute, the others get the future of what it
computes. An operation is thus in one of three states, and these are all the changes:

               promise                      fulfil
    wanted ────────────▶ being computed ────────────▶ computed ──▶ (gone: nobody reads it any more)
       ▲                        │
       └────────────────────────┘
         fail: all who wait get the error;  abandon: one of those who wait asks anew

Why nobody waits for ever. Threads wait for operations in `Subscription.obtain` only, and there for
one that another thread has promised. Who has a promise computes, and waits for no operation,
because it is given when all arguments are at hand (`obtain` refuses to be called by who has one).
So in the graph of who waits for whom every path has length one, and ends at a thread that computes:
it has no cycle. Where processes share a store, that thread may have to wait for a process that
computes the same operation; who is waited for there waits for nobody either (see `claims`), which
makes the longest path two. A thread is done with its promise in the end, since that is a context
manager, and on every way out all who wait are woken. Cancelling a workplan wakes its own waiting
threads, by an event that is part of each wait. And no workplan is queued behind another: promises
belong to threads that run, not to tasks that are still to be scheduled.

What a cancelled workplan is in the middle of computing it completes, for those of other workplans
who wait for it; where it cannot (it was itself waiting for another process, or is interrupted) it
abandons the promise, and exactly one of those who wait gets it, because they ask anew.

One lock guards the table. Under it there are only operations on dictionaries and the settling of
futures: no computing, no waiting, no freeing of large values.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, wait
from types import TracebackType
from typing import Any, Literal, Self, TypeVar
from weakref import WeakSet

from voxlogica.dataclass import dataclass, field

T = TypeVar("T")
# How who promised a result came by it, and how anyone did.
Origin = Literal["computed", "stored"]
Outcome = Literal["computed", "stored", "awaited"]


class Cancelled(Exception):  # noqa: N818  (it is no error)
    """The workplan that this thread works for was cancelled, or has ended."""


class Abandoned(Exception):  # noqa: N818
    """Who was to compute the awaited operation gave it up: ask anew."""


class FuturesTable:
    """Operations' ids to futures of their results. Safe for use from any thread.

    `size_of` tells the bytes of memory that a value takes. It is called outside the lock.

    In a forked child process the table is empty: what the parent's threads compute will not arrive
    there.
    """

    def __init__(self, size_of: Callable[[Any], int]) -> None:
        self._size_of = size_of
        self._lock = threading.Lock()
        self._entries: dict[bytes, _Entry] = {}
        _tables.add(self)

    @property
    def nbytes(self) -> int:
        """The sizes of all results in the table, added up.

        A value that is part of two results counts in both.
        """
        with self._lock:
            results = [e.future.result() for e in self._entries.values() if e.future and e.computed]
        return sum(map(self._size_of, results))

    def knows(self, operation: bytes) -> bool:
        """Whether some workplan may still read the operation."""
        return operation in self._entries

    def subscribe(self, reads: Mapping[bytes, int]) -> Subscription:
        """Begin a workplan: from now on, results of these operations are kept for it.

        `reads` says how often (at least once) the workplan will read each operation that it may
        need: once for every argument that it is, and once for every goal. The subscription is to be
        left, as a context manager, when the workplan ends.
        """
        subscription = Subscription(self, reads)
        try:
            with self._lock:
                for operation in reads:
                    self._entries.setdefault(operation, _Entry()).subscriptions.add(subscription)
        except BaseException:  # Ctrl-C while at it
            subscription.close()
            raise
        return subscription

    def _leave(self, subscription: Subscription, operation: bytes) -> Future[Any] | None:
        """Note that a subscription is done with an operation. Needs the lock.

        Gives what fell out of the table, for the caller to let go of outside the lock: freeing
        a large value takes time, and what runs then is not known here.
        """
        entry = self._entries.get(operation)
        if entry is None:
            return None
        entry.subscriptions.discard(subscription)
        if entry.subscriptions or (entry.future is not None and not entry.future.done()):
            return None  # who computes it will find that nobody reads it, if that is still so then
        del self._entries[operation]
        # A promise that failed before knows the entry as long as somebody keeps its traceback.
        future, entry.future = entry.future, None
        return future

    def _forget(self) -> None:
        self._lock = threading.Lock()
        for entry in self._entries.values():
            entry.subscriptions.clear()
        self._entries = {}


class Subscription:
    """One workplan's part in the table. Safe for use from any thread.

    As a context manager it ends the workplan: what it kept is released, what waits is woken.
    """

    def __init__(self, table: FuturesTable, reads: Mapping[bytes, int]) -> None:
        self._table = table
        self._reads = dict(reads)
        self._closed = False
        self._cancellation: Future[None] = Future()

    @property
    def cancellation(self) -> Future[None]:
        """Settled when the workplan is cancelled or ends: what to include in every wait."""
        return self._cancellation

    def obtain(self, operation: bytes, compute: Callable[[], tuple[Any, Origin]]) -> Outcome:
        """See to it that an operation's result is at hand, and tell how it came about.

        Calls `compute` if nobody has computed the operation and nobody else is at it; waits if
        somebody is. When `compute` is called all arguments must be at hand, for it must not wait
        for another operation. It gives the result, and whether it was computed or read from the
        store. It may raise Cancelled to give the operation up, for instance because the workplan's
        `cancellation` is settled: then another workplan that waits for it computes it instead.

        Raises the error of `compute`, the same object for all who wait; Cancelled as soon as the
        workplan is cancelled or ends, unless this thread computes; KeyError for an operation that
        the workplan did not enter with, or has read as often as it said; RuntimeError if called
        from within `compute`.
        """
        if _thread.computes:
            raise RuntimeError("a thread that computes an operation cannot wait for another")
        while True:
            found = self.promise(operation)
            if isinstance(found, Promise):
                with found as promise, _thread:
                    value, origin = compute()
                    promise.fulfil(value)
                return origin
            try:
                await_unless(self._cancellation, found)
            except Abandoned:
                continue
            return "awaited"

    def promise(self, operation: bytes) -> Promise | Future[Any]:
        """The promise of a result, if it is for the caller to compute, else its future.

        Does not wait. A future that is done holds a result that is at hand. One that is not will
        get a result, or the error of who computes it, or Abandoned.

        Raises Cancelled if the workplan is cancelled or has ended, and KeyError for an operation
        that it did not enter with, or has read as often as it said.
        """
        with self._table._lock:
            if self._cancellation.done():
                raise Cancelled
            if operation not in self._reads:
                raise KeyError(f"this workplan does not read {operation.hex()}, or no longer")
            entry = self._table._entries[operation]
            if entry.future is not None:
                return entry.future
            entry.future = Future()
            return Promise(self._table, operation, entry, entry.future)

    def at_hand(self, operation: bytes) -> bool:
        """Whether the operation's result is there, to stay until the workplan has read it."""
        with self._table._lock:
            return operation in self._reads and self._table._entries[operation].computed

    def value(self, operation: bytes) -> Any:
        """The result of an operation that is at hand.

        Raises Cancelled if the workplan has ended, and KeyError if there is no result, or the
        workplan has read it as often as it said.
        """
        with self._table._lock:
            if self._closed:
                raise Cancelled
            if operation in self._reads:
                entry = self._table._entries[operation]
                if entry.future is not None and entry.future.done():  # then it has not failed
                    return entry.future.result()
        raise KeyError(f"no result of {operation.hex()} is at hand for this workplan")

    def release(self, operations: Iterable[bytes]) -> None:
        """Note one read of each operation as done, or as not needed any more.

        Once as often as the workplan said it would read an operation, its result is no longer kept
        for it. No effect when the workplan has ended. Raises KeyError for an operation released
        more often.
        """
        dropped: list[Future[Any] | None] = []
        with self._table._lock:
            if self._closed:
                return
            for operation in operations:
                left = self._reads[operation] - 1
                if left:
                    self._reads[operation] = left
                else:
                    del self._reads[operation]
                    dropped.append(self._table._leave(self, operation))

    def cancel(self) -> None:
        """Wake all threads of this workplan that wait, with Cancelled; it can promise no more.

        What its threads compute at this moment they complete, if they can.
        """
        with self._table._lock:
            if not self._cancellation.done():
                self._cancellation.set_result(None)

    def close(self) -> None:
        """End the workplan: cancel what goes on, and release all it kept."""
        self.cancel()
        dropped: list[Future[Any] | None] = []
        with self._table._lock:
            self._closed = True
            dropped += [self._table._leave(self, operation) for operation in self._reads]
            self._reads = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Promise:
    """The right and the duty to compute one operation, of the thread that uses it in a `with`.

    Left by an exception, it fails with it; left without a result, by Cancelled, or by what is no
    Exception (KeyboardInterrupt, SystemExit), it is abandoned.
    """

    __slots__ = ("_entry", "_future", "_table", "operation")

    def __init__(
        self, table: FuturesTable, operation: bytes, entry: _Entry, future: Future[Any]
    ) -> None:
        self.operation = operation
        self._table = table
        self._entry = entry
        self._future = future

    def fulfil(self, value: Any) -> None:
        """Give the result to all who wait, and keep it for all who will read it.

        Raises InvalidStateError, from concurrent.futures, if it was settled before.
        """
        with self._table._lock:
            self._future.set_result(value)
            if not self._entry.subscriptions:
                self._entry.future = None
                self._table._entries.pop(self.operation, None)

    def fail(self, error: BaseException) -> None:
        """Give the error to all who wait; who asks for the operation later tries again.

        Raises InvalidStateError, from concurrent.futures, if it was settled before.
        """
        with self._table._lock:
            self._future.set_exception(error)
            self._entry.future = None
            if not self._entry.subscriptions:
                self._table._entries.pop(self.operation, None)

    def abandon(self) -> None:
        """Leave the operation to another: one of those who wait, or whoever comes to it.

        Raises InvalidStateError, from concurrent.futures, if it was settled before.
        """
        self.fail(Abandoned())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        if self._future.done():
            return
        if isinstance(error, Exception) and not isinstance(error, Cancelled):
            self.fail(error)
        else:
            self.abandon()


def await_unless(cancellation: Future[None], future: Future[T]) -> T:
    """What `future` gives, its result or its error, unless `cancellation` is settled first.

    Raises Cancelled then, at once. There is no time limit.
    """
    if not future.done():
        either: tuple[Future[Any], ...] = (future, cancellation)
        wait(either, return_when=FIRST_COMPLETED)
    if cancellation.done():
        raise Cancelled
    return future.result()


@dataclass(slots=True, eq=False)
class _Entry:
    """An operation in the table: who will read it, and its future once somebody has promised it."""

    subscriptions: set[Subscription] = field(default_factory=set)
    future: Future[Any] | None = None

    @property
    def computed(self) -> bool:
        return self.future is not None and self.future.done()


class _Thread(threading.local):
    """Whether the current thread computes an operation: it does in the `with` of this."""

    computes = False

    def __enter__(self) -> None:
        self.computes = True

    def __exit__(self, *_: object) -> None:
        self.computes = False


_thread = _Thread()
_tables: WeakSet[FuturesTable] = WeakSet()


def _forget_after_fork() -> None:
    _thread.computes = False
    for table in _tables:
        table._forget()


os.register_at_fork(after_in_child=_forget_after_fork)
