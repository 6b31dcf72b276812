"""One run's dealings with the store: what is there already, who computes, what is worth keeping.

Operations that may be worth keeping are computed under a claim, so that of all processes that
share the store one computes and the others find its result. Results are written by a thread of
their own (`store_writer.py`), which releases the claim when the result can be found.

What turns out not to be worth keeping is handed over through the store if others ask for it: it is
there as long as anyone does. Who has handed it over drops it when nobody asks for it any more; so
does, before it releases the claim, who has read it as the last, for the first may have ended. What
is left when all are dead who would have done so is dropped by the next run that begins or ends.

Goals are reserved by who works on them (`sharing.py`), until their results can be found.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from functools import partial
from time import perf_counter
from typing import Any, Self

from voxlogica.engine.claims import Claims, Release
from voxlogica.engine.futures import Cancelled, Origin
from voxlogica.engine.locks import ClaimsUnavailable, Purpose
from voxlogica.engine.store_rows import Result
from voxlogica.engine.store_values import is_storable
from voxlogica.engine.store_writer import Put, StoreWriter
from voxlogica.engine.worth import Role, is_as_planned, worth_keeping
from voxlogica.language.operations import Kind

# So many goals may be reserved at a time: each takes a file descriptor.
_RESERVED = 64
# So many operations are asked for at a time, for the same reason: those that come next.
_ASKED = 64


class Keeper:
    """Keeps results of one run in a store. Safe for any thread.

    It is a context manager, left when the run ends; what it has put is written when the `writer`
    is left. A run that `is_one_of_many` cases has all that comes of it kept as a row, too.
    """

    def __init__(self, writer: StoreWriter, is_one_of_many: bool = False) -> None:
        self._writer = writer
        self.is_one_of_many = is_one_of_many
        self._store = writer.store
        # Seconds that it would take to have a result again, by operation: 0 for what is stored.
        self._owed: dict[bytes, float] = {}
        self._begin = perf_counter()
        # What gives back the goals that this run works on, and that are not on their way yet.
        self._reserved: dict[bytes, Release] = {}
        # What this run is going to ask for, and what takes back that it asks.
        self._to_ask: dict[bytes, None] = {}
        self._asked: dict[bytes, Release] = {}
        # Guards that nothing is put, reserved or asked for after the end is.
        self._ending = threading.Lock()
        self._ended = False

    @property
    def _claims(self) -> Claims:
        return self._writer.claims

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with self._ending:
            self._ended = True
            # Who gets one of these too early waits for its claim.
            left = [*self._reserved.values(), *self._asked.values()]
            self._reserved, self._asked, self._to_ask = {}, {}, {}
        for give_back in left:
            give_back()

    def stored(self, operations: Iterable[bytes]) -> set[bytes]:
        """Those of the operations whose results the store has."""
        return self._store.stored(operations) - self._writer.distrusted

    def read(self, operation: bytes, kind: Kind | None = None) -> Any | None:
        """A result from the store; None if it is not there, damaged, or none of this kind."""
        if operation in self._writer.distrusted:
            return None
        if kind is None:
            value = self._store.read(operation)
        else:
            value = self._store.read(operation, partial(is_as_planned, kind))
        if value is not None:
            self._owed[operation] = 0.0
        return value

    def distrust(self, operations: Iterable[bytes]) -> None:
        """Drop results, some of which are not those of their operations, and read none of them."""
        self._writer.distrusted.update(operations)
        # A copy: other cases may add to them meanwhile.
        self._store.drop_wrong([*self._writer.distrusted])

    def put_beside(self, operation: bytes, value: Any) -> None:
        """Keep what belongs to a result, before that is there."""
        self._store.put(operation, value, operator="remarks", seconds=0.0)

    def reserve(self, goals: Sequence[bytes]) -> set[bytes]:
        """Those of some goals that fall to this run: no other is at them, nor has been.

        They are reserved until their results can be found, or `reached` says that they can.
        """
        ours = {goal for goal in goals if self._reserves(goal)}
        # Who was at them may have been done before they were tried for.
        there = self.stored(ours)
        for goal in there:
            self.reached(goal)
        return ours - there

    def _reserves(self, goal: bytes) -> bool:
        """Whether nobody else is at a goal. If there are too many, it may be that somebody is."""
        with self._ending:
            if self._ended or goal in self._reserved or len(self._reserved) >= _RESERVED:
                return True
            try:
                give_back = self._claims.tried(goal, Purpose.GOAL)
            except ClaimsUnavailable:
                return True  # who comes to claim it will tell
            if give_back is not None:
                self._reserved[goal] = give_back
            return give_back is not None

    def ask(self, operations: Iterable[bytes]) -> None:
        """Tell other processes that this run is going to need results, until it has them."""
        with self._ending:
            self._to_ask.update(dict.fromkeys(operations))
            self._ask_for_more()

    def _ask_for_more(self) -> None:
        while self._to_ask and len(self._asked) < _ASKED and not self._ended:
            operation = next(iter(self._to_ask))
            del self._to_ask[operation]
            if operation not in self._asked:
                take_back = self._claims.ask(operation)
                if take_back is not None:
                    self._asked[operation] = take_back

    def reached(self, operation: bytes) -> None:
        """Note that the result of an operation is there, or will be without this run."""
        if operation in self._reserved:
            with self._ending:
                give_back = self._reserved.pop(operation, None)
            if give_back is not None:
                give_back()
        self._ask_no_more(operation)

    def _ask_no_more(self, operation: bytes) -> None:
        if operation not in self._asked and operation not in self._to_ask:
            return
        with self._ending:
            self._to_ask.pop(operation, None)
            take_back = self._asked.pop(operation, None)
            if take_back is not None:
                take_back()
                self._ask_for_more()

    def await_goals(self, goals: Iterable[bytes], cancellation: Future[None]) -> None:
        """Wait until those of some goals are there that others are at, or until one falls to us.

        That one is reserved then. Raises Cancelled as soon as the cancellation is settled, and
        RuntimeError where anything is reserved.
        """
        if self._reserved:
            raise RuntimeError("a run that has reserved goals cannot wait for others")
        for goal in goals:
            try:
                give_back = self._claims.await_reservation(goal, cancellation)
            except ClaimsUnavailable:
                return
            if not self.stored([goal]):
                self._reserved[goal] = give_back
                return
            give_back()

    def forget(self, operations: Iterable[bytes]) -> None:
        """Forget what operations cost that nothing will rest on any more."""
        for operation in operations:
            self._owed.pop(operation, None)

    def obtain(
        self,
        operation: bytes,
        kind: Kind,
        arguments: Iterable[bytes],
        compute: Callable[[], Any],
        *,
        role: Role | None,
        cancellation: Future[None],
    ) -> tuple[Any, Origin]:
        """A result, computed here, or read from the store where another has put it meanwhile."""
        if role is None:
            begin = perf_counter()
            value = compute()
            self._owe(operation, arguments, perf_counter() - begin)
            return value, "computed"
        while True:
            try:
                with self._claims.claim(operation, cancellation) as hand_over:
                    self._ask_no_more(operation)
                    return self._claimed(operation, kind, arguments, compute, hand_over, role)
            except ClaimsUnavailable as problem:
                # Raised before anything was computed: once more, without.
                self._writer.without_claims(problem)

    def _claimed(
        self,
        operation: bytes,
        kind: Kind,
        arguments: Iterable[bytes],
        compute: Callable[[], Any],
        hand_over: Callable[[], Release],
        role: Role,
    ) -> tuple[Any, Origin]:
        name, is_image = kind.operator.name, kind.is_image
        found = self.read(operation, kind)
        if found is not None:
            seconds = self._store.handed(operation)
            if seconds is not None:
                self._owe(operation, arguments, seconds)
                if role == "goal":
                    self._put(Result(operation, found, name, seconds), hand_over)
                elif not self._claims.is_asked_for(operation):
                    self._store.drop_handed(operation)
            return found, "stored"
        if is_image:
            self._store.running(operation, name)
        begin = perf_counter()
        try:
            value = compute()
        except Cancelled:
            self._store.not_kept(operation)
            raise
        except Exception as problem:
            self._store.failed(operation, name, str(problem) or type(problem).__name__)
            raise
        seconds = perf_counter() - begin
        cost = self._owe(operation, arguments, seconds)
        if is_storable(value) if role == "goal" else worth_keeping(cost, value):
            self._owed[operation] = 0.0
            self._put(Result(operation, value, name, seconds), hand_over)
        elif is_storable(value) and self._claims.is_asked_for(operation):
            self._put(Result(operation, value, name, seconds, lasting=False), hand_over)
        else:
            self._store.not_kept(operation)
        return value, "computed"

    def _put(self, result: Result, hand_over: Callable[[], Release]) -> None:
        """Have a result written, and its claim released then."""

        def taken_over() -> Put | None:
            with self._ending:
                if self._ended:
                    return None
                return Put(result, hand_over(), self._reserved.pop(result.id, lambda: None))

        if not self._writer.put(result, taken_over):
            self._store.not_kept(result.id)

    def _owe(self, operation: bytes, arguments: Iterable[bytes], seconds: float) -> float:
        """Note what it would cost to have a result again, from what is stored.

        What several arguments rest on counts several times, but nothing costs more than the whole
        run did so far: an estimate from above.
        """
        cost = seconds + sum(self._owed.get(argument, 0.0) for argument in set(arguments))
        cost = self._owed[operation] = min(cost, perf_counter() - self._begin)
        return cost
