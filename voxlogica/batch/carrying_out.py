"""Carrying out programs for many cases: as many at a time as there are cores, in their order.

The cases share what a run has: the store and who writes to it, cores, threads, memory, and the
table of futures. Each is a run by itself: its files appear when it is done, all of them or none,
and one that fails, for want of memory, too, does not stop the others. A thread looks after each
case that is under way; what computes is one of the crew, and kernels that it calls
take the cores that no other case uses.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from concurrent.futures import CancelledError, Future, InvalidStateError
from contextlib import ExitStack, suppress
from queue import SimpleQueue

from voxlogica.batch.ahead import Ahead, Planning
from voxlogica.batch.coming import Feed, KnownCases
from voxlogica.batch.one_case import carry_out
from voxlogica.batch.shared import Shared
from voxlogica.engine.cases import Case, Row
from voxlogica.engine.events import CaseDone, CaseStarted, Event, Observer
from voxlogica.engine.image_files import ImageFiles
from voxlogica.engine.room import Room
from voxlogica.images import readers
from voxlogica.language.given import GivenByName
from voxlogica.language.planning import PlannedPrograms, Template
from voxlogica.plan_to_report import Settings, opened_with
from voxlogica.syntax.ast import Dialect
from voxlogica.syntax.source import Source


def run_cases(
    programs: Sequence[Source],
    cases: Sequence[Case] | Feed,
    settings: Settings,
    dialect: Dialect | None = None,
    cancellation: Future[None] | None = None,
    definitions: Mapping[str, object] | None = None,
    observe: Observer | None = None,
    given: Callable[[Case], GivenByName | None] | None = None,
) -> Generator[Row, None, None]:
    """What comes of the programs for each case, as each is done.

    Cases begin in their order. A case that fails gives a row with its faults, and does not stop the
    others. Who closes the iterator stops those that are under way: they leave nothing behind, and
    have no rows.
    `definitions` hold in all cases where a case sets nothing else. `observe` is told, in the
    calling thread, of each case that starts and is done, and of nothing else. What is to be said of
    the store is in the settings' `warned`. Raises CancelledError when `cancellation` is settled:
    then, too, nothing is left behind.
    Images that are `given` to a case are asked for once, when it is planned; what is raised for
    them is the case's fault. The files of cases that come by a feed, and of those that are given
    images, are looked at as they run: nobody has before.
    """
    template, ended = Template(programs, dialect), Future[None]()
    coming = cases if isinstance(cases, Feed) else KnownCases(cases)
    with ExitStack() as left:
        left.enter_context(readers.kept())
        shared = left.enter_context(Shared(settings, ended, given is not None))
        files = ImageFiles(opened_with(lambda: shared.store))

        def planned(case: Case) -> PlannedPrograms:
            own = None if given is None else given(case)
            return template.planned({**(definitions or {}), **case.definitions}, files.open, own)

        planning = Planning(coming, planned, shared.finishing, shared.used_files)
        # Of memory for cases that a cluster carries out, each worker sees to its own.
        room = Room(settings.memory, is_elsewhere=settings.cluster is not None)
        if settings.cluster is not None and given is None and not isinstance(cases, Feed):
            from voxlogica.batch.case_files import files_of_cases

            shared.ask_workers(files_of_cases(programs, cases, definitions or {}, dialect))
        under_way = CasesUnderWay(shared, planning, coming.number, room)
        left.callback(under_way.join)
        left.callback(_settle, ended)
        if cancellation is not None:
            cancellation.add_done_callback(lambda _: _settle(ended))
        ended.add_done_callback(lambda _: coming.close())
        under_way.begin()
        for event in under_way.events():
            if observe is not None:
                observe(event)
            if isinstance(event, CaseDone):
                try:
                    yield event.row
                except GeneratorExit:
                    return  # as at the end: what is done is kept
        if ended.done():
            raise CancelledError


def _settle(future: Future[None]) -> None:
    with suppress(InvalidStateError):
        future.set_result(None)


class CasesUnderWay:
    """Carries out cases, each looked after by a thread, until there are no more or the run ends.

    `number` is how many cases there are, if that is known: where they are fewer than cores, each
    has several threads. Where places come to be free at a cluster, more threads look after cases.
    """

    def __init__(self, shared: Shared, planning: Planning, number: int | None, room: Room) -> None:
        self._shared = shared
        self._planning = planning
        self._room = room
        self._taking = threading.Lock()
        self._told: SimpleQueue[Event | BaseException | None] = SimpleQueue()
        self._number = number
        at_once = self._at_once()
        self._threads_a_case = shared.settings.threads // at_once or 1 if at_once else 1
        self._lookers: list[threading.Thread] = []
        shared.ended.add_done_callback(lambda _: room.close())

    def begin(self) -> None:
        """Begin with the first cases, or more than before, if there are places for more."""
        for number in range(len(self._lookers), self._at_once()):
            looker = threading.Thread(target=self._look_after, name=f"case-{number}", daemon=True)
            self._lookers.append(looker)
            looker.start()

    def _at_once(self) -> int:
        places = max(1, self._shared.places)
        return places if self._number is None else min(places, self._number)

    def events(self) -> Iterator[Event]:
        """What happens, as it does, until all is done."""
        ended = begun = 0
        # Rows may come when their cases are done for long: when the store has them.
        while ended < len(self._lookers) or (begun and not self._shared.ended.done()):
            told = self._told.get()
            if told is None:
                ended += 1
            elif isinstance(told, BaseException):
                raise told
            else:
                begun += 1 if isinstance(told, CaseStarted) else -1
                yield told
                if not ended:
                    self.begin()

    def join(self) -> None:
        """Wait for the threads, whose cases are done, or to be stopped."""
        for looker in self._lookers:
            looker.join()
        self._planning.close()

    def _look_after(self) -> None:
        try:
            while self._look_after_one():
                pass
        except CancelledError:
            pass
        except BaseException as problem:
            self._told.put(problem)
        finally:
            self._told.put(None)

    def _look_after_one(self) -> bool:
        # Nothing is held of it while the next one is waited for.
        ahead = self._next()
        if ahead is None:
            return False
        try:
            self._told.put(CaseStarted(ahead.case))
            told = self._told
            carry_out(
                ahead, self._shared, self._threads_a_case, lambda row: told.put(CaseDone(row))
            )
        finally:
            self._planning.done(ahead)
            self._room.give_back(ahead.memory)
        return True

    def _next(self) -> Ahead | None:
        """The next case, once there is room for it; None where none is to begin any more."""
        with self._taking:
            if self._shared.ended.done():
                return None
            with self._shared.cancellation() as cancellation, readers.cancelled_by(cancellation):
                ahead = self._planning.next()
            if ahead is not None:
                self._room.take(ahead.memory)
            return ahead
