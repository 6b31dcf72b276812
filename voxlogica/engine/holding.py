"""Results that the stages of one run share: kept in the table of futures from one to the next."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable

from voxlogica.engine.futures import FuturesTable, Subscription

# So many bytes of images are held for later stages, those used longest ago let go of first.
HELD_BYTES = 2**30
# So many results in all: each takes a kilobyte or two beside its voxels.
_HELD_RESULTS = 1_000


class Holding:
    """What a run holds between its stages. Safe for any thread.

    Holding saves computing again, and is needed for nothing else: but for what is `pinned`, because
    it would be another if it was computed again, or must be done only once.
    """

    def __init__(
        self, table: FuturesTable, limit: int = HELD_BYTES, before: Subscription | None = None
    ) -> None:
        self._table = table
        # What was to be held since before the run began, until its last plan has entered.
        self._before = before
        self._limit = limit
        self._lock = threading.Lock()
        self._bytes = 0
        self._is_stage = False
        # By age of use, oldest first, with the bytes of each.
        self._held: OrderedDict[bytes, tuple[Subscription, int]] = OrderedDict()
        self._pinned: dict[bytes, Subscription] = {}
        # What is on its way, and whether it is to be pinned.
        self._expected: dict[bytes, tuple[Subscription, bool]] = {}

    def expect(self, operations: Iterable[bytes], pinned: Iterable[bytes]) -> None:
        """Hold the results of these, as soon as they are there, in the stage that begins."""
        self._is_stage = True
        always = set(pinned)
        wanted = dict.fromkeys([*operations, *always])
        with self._lock:
            for operation in wanted:
                if operation in self._held:
                    self._held.move_to_end(operation)
            new = [o for o in wanted if o not in self._held and o not in self._pinned]
        if new:
            subscription = self._table.subscribe(dict.fromkeys(new, 1))
            with self._lock:
                self._expected.update((o, (subscription, o in always)) for o in new)

    def arrived(self, operation: bytes) -> None:
        """Note that the result of an operation is in the table, and make room for it."""
        dropped: list[tuple[Subscription, bytes]] = []
        with self._lock:
            expected = self._expected.pop(operation, None)
            if expected is None:
                return
            subscription, is_pinned = expected
            if is_pinned:
                self._pinned[operation] = subscription
                return
            size = subscription.value(operation).nbytes
            self._held[operation] = subscription, size
            self._bytes += size
            while self._bytes > self._limit or len(self._held) > _HELD_RESULTS:
                oldest, (its, bytes_) = self._held.popitem(last=False)
                self._bytes -= bytes_
                dropped.append((its, oldest))
        for its, oldest in dropped:
            its.release([oldest])

    def entered(self) -> None:
        """Note that a plan has entered the table; the last one has what it reads in its own hands.

        Then nothing is held any more.
        """
        if not self._is_stage:
            self.close()

    def end_stage(self) -> None:
        """Wait no more for what was not needed; what comes next is the last, or begins a stage."""
        self._is_stage = False
        with self._lock:
            missing, self._expected = self._expected, {}
        for operation, (subscription, _) in missing.items():
            subscription.release([operation])

    def close(self) -> None:
        """Let go of everything."""
        with self._lock:
            held = (*self._held.values(), *self._expected.values())
            subscriptions = {*self._pinned.values(), *(subscription for subscription, _ in held)}
            self._held.clear()
            self._expected.clear()
            self._pinned.clear()
            self._bytes = 0
            before, self._before = self._before, None
        if before is not None:
            before.close()
        for subscription in subscriptions:
            subscription.close()
