"""What a worker does: errands, each by the ordinary executor; and what it is asked.

Its errands share what the process has: the table of futures, cores, memory, the machine's store.
"""

from __future__ import annotations

import socket
import threading
import traceback
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, InvalidStateError
from contextlib import ExitStack, contextmanager, suppress
from functools import cached_property, partial
from time import perf_counter
from typing import TYPE_CHECKING

from voxlogica.cluster.errands import Answer, Errand, Failure, OperationDone
from voxlogica.cluster.inputs import ErrandInputs, Received
from voxlogica.cluster.stores import Stores
from voxlogica.engine.image_files import ImageFiles
from voxlogica.language.workplan import Save

if TYPE_CHECKING:
    from voxlogica.engine.events import Event
    from voxlogica.engine.executor import Crew
    from voxlogica.engine.holding import Holding
    from voxlogica.engine.memory import Memory
    from voxlogica.engine.room import Room
    from voxlogica.images.reading import ImageFile
    from voxlogica.language.workplan import WorkPlan

# Of the memory that a worker may take, this share is for results that wait; Dask pauses a worker
# that holds four fifths of it, and ends it at nineteen twentieths.
_SHARE_OF_MEMORY = 0.5


def begin(name: str, errands: int, cores: int | None, memory_limit: int | None) -> None:
    """Be the worker of this name, which is given so many errands at a time."""
    global _process
    _process = _Process(name, errands, cores, memory_limit)


def carry_out(key: str, message: bytes, contents: Sequence[tuple[str, bytes]] = ()) -> bytes:
    """Carry out an errand: its answer. Raises Cancelled where nobody wants that any more."""
    from voxlogica.cluster.travelling import encoded_answer

    with _process.under_way(key) as cancellation:
        return encoded_answer(_process.answer(message, contents, cancellation))


def forget(key: str) -> None:
    """Stop an errand that nobody wants any more."""
    _process.forget(key)


def answer(question: bytes) -> bytes:
    """What this machine has of what a client asks for; nothing where an `END` is told."""
    from voxlogica.cluster.questions import END, answered

    if question == END:
        _process.end()
        return b""
    return answered(question, _process.name)


class _Process:
    """What the errands of this process share, each thing made when it is first wanted."""

    def __init__(
        self,
        name: str = "",
        errands: int = 1,
        cores: int | None = None,
        memory_limit: int | None = None,
    ) -> None:
        from voxlogica.allowance import cores as allowed

        self.name = name or socket.gethostname()
        self._cores = cores or allowed()
        self._jobs = max(1, self._cores // errands)
        self._memory_limit = memory_limit
        # What the last errands have had that takes time: the next may rest on the same, as the next
        # stage of a program does, and the next combination of what is swept.
        self._recent: deque[Holding] = deque()
        self._errands = errands
        self._lock = threading.Lock()
        self._under_way: dict[str, Future[None]] = {}
        self._stores = Stores(meanwhile=self._cores > 1)
        self._received = Received()
        self._files = ImageFiles(_opened)

    @cached_property
    def _equipment(self) -> tuple[Memory, Room, Crew]:
        """Memory, and cores, for all that the process carries out. To be had with the lock."""
        from voxlogica.engine.executor import Crew
        from voxlogica.engine.memory import Memory
        from voxlogica.engine.pool import Pool
        from voxlogica.engine.room import Room
        from voxlogica.kernels.slabs import Cores

        limit = self._memory_limit
        memory = Memory(None if limit is None else int(limit * _SHARE_OF_MEMORY))
        return memory, Room(memory), Crew(Cores(self._cores), Pool(self._cores, Future()))

    @contextmanager
    def under_way(self, key: str) -> Iterator[Future[None]]:
        """What is settled when nobody wants the errand of a key any more."""
        cancellation: Future[None] = Future()
        with self._lock:
            self._under_way[key] = cancellation
        try:
            yield cancellation
        finally:
            with self._lock:
                self._under_way.pop(key, None)

    def forget(self, key: str) -> None:
        """Stop an errand."""
        with self._lock:
            cancellation = self._under_way.pop(key, None)
        if cancellation is not None:
            with suppress(InvalidStateError):
                cancellation.set_result(None)

    def answer(
        self, message: bytes, contents: Sequence[tuple[str, bytes]], cancellation: Future[None]
    ) -> Answer:
        """Carry out an errand."""
        from voxlogica.cluster.travelling import TravelError, errand_of
        from voxlogica.images.errors import ImageFileError

        try:
            with ErrandInputs(contents, self._received) as inputs:
                errand = errand_of(message, lambda path: self._files.open(inputs.find(path)))
                inputs.folder = errand.folder
                return self._carried_out(errand, inputs, cancellation)
        except TravelError as problem:
            told, hint = inputs.told(problem.message), problem.hint
            failed = Failure(0, told, hint, False, "", problem.file)
        except ImageFileError as problem:
            failed = Failure(0, problem.message, problem.hint, False, "")
        now = perf_counter()
        return Answer(self.name, (), (), (), (), (), failed, began=now, ended=now)

    def _carried_out(
        self, errand: Errand, inputs: ErrandInputs, cancellation: Future[None]
    ) -> Answer:
        from voxlogica.cluster.away import AwaySink
        from voxlogica.engine.executor import Means, execute
        from voxlogica.engine.failures import is_defect
        from voxlogica.engine.keeping import Keeper
        from voxlogica.engine.remarks import said_of
        from voxlogica.engine.room import estimate
        from voxlogica.images import readers
        from voxlogica.syntax.diagnostics import VoxLogicaError

        away, told = AwaySink(errand, inputs, self._files.open), _Told()
        failure, values = None, []
        with ExitStack() as left:
            left.enter_context(readers.kept())
            left.enter_context(readers.cancelled_by(cancellation))
            store = left.enter_context(self._stores.used(errand.cache))
            writer = store.writer
            keeper = None if writer is None else left.enter_context(Keeper(writer, True))
            size = estimate(errand.plan)
            with self._lock:
                memory, room, crew = self._equipment
            room.take(size, cancellation)
            left.callback(room.give_back, size)
            holding = left.enter_context(self._holding(errand.plan, memory.limit))
            means = Means(
                keeper, memory, holding, crew, cancellation=cancellation, reading=away.reading
            )
            try:
                values = execute(
                    errand.plan, partial(away.write, errand.plan), self._jobs, told, means
                )
            except VoxLogicaError as failed:
                (diagnostic,) = failed.diagnostics
                cause = failed.__cause__
                text = "".join(traceback.format_exception(cause)) if is_defect(cause) else ""
                position = 0 if diagnostic.span is None else diagnostic.span.start
                failure = Failure(
                    position,
                    inputs.told(diagnostic.message),
                    diagnostic.hint and inputs.told(diagnostic.hint),
                    is_defect(cause),
                    text,
                    away.file_at_fault(position, cause),
                )
            ids, needed = errand.plan.ids, errand.plan.needed()
            said = [(p, remarks) for p in needed if (remarks := said_of(ids[p]))]
        found = [
            away.saved[goal.span.start] if isinstance(goal, Save) else value
            for goal, value in zip(errand.plan.goals, values, strict=False)
        ]
        return Answer(
            self.name,
            tuple(found),
            tuple(told.done),
            tuple(said),
            tuple(away.read),
            tuple(away.effects),
            failure,
            tuple(store.warned),
            told.begin,
            perf_counter(),
        )

    @contextmanager
    def _holding(self, plan: WorkPlan, memory: int | None) -> Iterator[Holding]:
        """Holds what a plan has that takes time, until others have come after it.

        Not what rests on a file that is another where the client is: it may be sent, and read.
        """
        from voxlogica.engine.executor import TABLE
        from voxlogica.engine.holding import HELD_BYTES, Holding
        from voxlogica.engine.remarks import forget_oldest
        from voxlogica.engine.worth import is_costly, passing_of

        limit = HELD_BYTES if memory is None else min(HELD_BYTES, memory // 2)
        holding = Holding(TABLE, limit // self._errands)
        ids, kinds, passing = plan.ids, plan.kinds, passing_of(plan)
        held = [ids[p] for p in plan.needed() if is_costly(kinds[p]) and not passing[p]]
        holding.expect(held, ())
        try:
            yield holding
        finally:
            holding.end_stage()
            with self._lock:
                self._recent.append(holding)
                old = [self._recent.popleft()] if len(self._recent) > self._errands else []
                is_alone = len(self._under_way) <= 1
            for one in old:
                one.close()
            if is_alone:
                forget_oldest(TABLE.knows)

    def end(self) -> None:
        """Wait until what is to be kept is in the stores, and close them."""
        self._stores.close()


def _opened(path: str) -> ImageFile:
    from voxlogica.images.reading import open_image

    return open_image(path)


class _Told:
    """An observer that notes what was done, by the positions that spans are."""

    def __init__(self) -> None:
        self.begin = perf_counter()
        self.done: list[OperationDone] = []

    def __call__(self, event: Event) -> None:
        """Note one event."""
        from voxlogica.engine.events import Finished

        if isinstance(event, Finished):
            self.done.append(
                OperationDone(
                    event.work.span.start,
                    event.seconds,
                    event.outcome,
                    event.begin - self.begin,
                    event.thread,
                )
            )


_process = _Process()
