"""Carrying out programs for many cases: as many at a time as there are cores, in their order.

The cases share what a run has: the store and who writes to it, cores, threads, memory, and the
table of futures. Each is a run by itself: its files appear when it is done, all of them or none,
and one that fails, for want of memory, too, does not stop the others. A thread looks after each
case that is under way (`under_way.py`); what computes is one of the crew, and kernels that it calls
take the cores that no other case uses.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from concurrent.futures import CancelledError, Future, InvalidStateError
from contextlib import ExitStack, suppress

from voxlogica.batch.ahead import Planning
from voxlogica.batch.coming import Feed, Known
from voxlogica.batch.shared import Shared
from voxlogica.batch.under_way import UnderWay
from voxlogica.engine.cases import Case, Row
from voxlogica.engine.events import CaseDone, Observer
from voxlogica.engine.image_files import ImageFiles
from voxlogica.engine.room import Room
from voxlogica.images import readers
from voxlogica.language.given import Given
from voxlogica.language.planning import Planned, Template
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
    given: Callable[[Case], Given | None] | None = None,
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
    coming = cases if isinstance(cases, Feed) else Known(cases)
    with ExitStack() as left:
        left.enter_context(readers.kept())
        shared = left.enter_context(Shared(settings, ended, given is not None))
        files = ImageFiles(opened_with(lambda: shared.store))

        def planned(case: Case) -> Planned:
            own = None if given is None else given(case)
            return template.planned({**(definitions or {}), **case.definitions}, files.open, own)

        planning = Planning(coming, planned, shared.finishing, shared.used_files)
        # Of memory for cases that a cluster carries out, each worker sees to its own.
        room = Room(settings.memory, is_elsewhere=settings.cluster is not None)
        if settings.cluster is not None and given is None and not isinstance(cases, Feed):
            from voxlogica.batch.case_files import files_of_cases

            shared.ask_workers(files_of_cases(programs, cases, definitions or {}, dialect))
        under_way = UnderWay(shared, planning, coming.number, room)
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
