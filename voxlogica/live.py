"""A program that stays in memory while its text and the values of its parameters change.

    with voxlogica.Live("glioma.imgql", definitions={"NAME": "case_000"}) as live:
        live.set(values={"hyper": 0.93}).named["tumour"].value

All that the program names is a goal of one plan, whose results stay in the process's table of
futures until the next plan is carried out: so only what a change concerns is computed.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import CancelledError, Future, InvalidStateError
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from time import perf_counter
from typing import TYPE_CHECKING, Any, Self

from voxlogica.dataclass import dataclass, replace
from voxlogica.interface.tracebacks import short
from voxlogica.live_names import Attempt, reached
from voxlogica.outcome import LivePrint, Naming, Outcome
from voxlogica.plan_to_report import Settings, carry_out, opened_with
from voxlogica.running import Program, read_program
from voxlogica.syntax.diagnostics import VoxLogicaError, error
from voxlogica.syntax.source import Source, Span
from voxlogica.turns import Turns

if TYPE_CHECKING:
    from voxlogica.engine.events import Observer
    from voxlogica.engine.futures import Subscription
    from voxlogica.engine.results import Report
    from voxlogica.engine.sink import Use
    from voxlogica.explaining import LiveExplaining
    from voxlogica.explanations.explanation import Explanation
    from voxlogica.images.reading import ImageFile
    from voxlogica.language.libraries import OpenImage
    from voxlogica.language.numbers_in_text import NumberInText
    from voxlogica.language.parameters import Constant
    from voxlogica.language.planning import FinishedPlan, PlannedPrograms, Template
    from voxlogica.live_names import Chosen, Reached
    from voxlogica.plan_to_report import Stored
    from voxlogica.syntax.ast import Dialect


# What takes less, in nanoseconds by a guess that is far too high, is computed in turn by the thread
# that waits for it, each operation on all cores: faster than threads are told what to do. What
# takes longer can be left in the middle.
_IN_TURN = 5_000_000_000


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What was asked for last: a text and values."""

    source: Source
    values: Mapping[str, object]
    # Those that were given with this text, or after it: they have to be parameters of it.
    given: frozenset[str] = frozenset()


class Live:
    """A program, its text and values in, and out what its names mean then.

    `definitions` set variables, and parameters until `set` gives these other values. The other
    options are as for `voxlogica.run`; results are read from and kept in the store when the program
    is carried out for the first time. Files are loaded, and never saved. Any thread may call it:
    who calls `set` while another thread is in it has that one raise CancelledError. `may_read`, if
    it is given, is asked, by any thread, before an image, a library or a folder is looked at: what
    it does not let be read is an error of the program.
    """

    @short
    def __init__(
        self,
        program: Program,
        definitions: Mapping[str, object] | None = None,
        dialect: Dialect | None = None,
        jobs: int | None = None,
        cache: bool | str | os.PathLike[str] = True,
        memory_limit: int | None = None,
        may_read: Callable[[str], bool] | None = None,
    ) -> None:
        from voxlogica.engine.memory import memory_with_warnings
        from voxlogica.images.readers import kept
        from voxlogica.language.libraries import anything

        source = program if isinstance(program, Source) else read_program(program)
        self._settings = Settings(
            jobs, cache, *memory_with_warnings(memory_limit), writes=False, used=self._check_use
        )
        self._definitions = dict(definitions or {})
        self._dialect = dialect
        self._wanted = _Wanted(source, {})
        self._last = Outcome(source.text, {})
        self._may_read = may_read or anything
        self._template: tuple[str, Template, tuple[NumberInText, ...]] | None = None
        self._files: dict[str, ImageFile] = {}
        self._naming = Naming()
        # The last plan without an error, with results by position; what explains these.
        self._good: tuple[PlannedPrograms | None, Mapping[int, Any]] = None, {}
        self._explaining: LiveExplaining | None = None
        # What the last plan that was carried out holds in the table, and the last good one.
        self._tried: list[Subscription] = []
        self._held: list[Subscription] = []
        # The names that could not be computed the last time, though all that a run needs could.
        self._failing: frozenset[str] = frozenset()
        self._asking = threading.Lock()
        self._turns = Turns()
        # What stops each thread that is in a method, or waits for its turn.
        self._under_way: list[Future[None]] = []
        self._is_closed = False
        self._readers = ExitStack()
        self._readers.enter_context(kept())

    @short
    def set(
        self,
        text: str | None = None,
        values: Mapping[str, object | None] | None = None,
        cancellation: Future[None] | None = None,
        observe: Observer | None = None,
    ) -> Outcome:
        """Carry out the program with another text, or other values: what is not given stays.

        A value of None is the parameter's default again. What is wrong, with the program or its
        data, is among the diagnostics of what is returned. Raises CancelledError when
        `cancellation` is settled, or `set` is called again, before the end: what was set stays set.
        """
        with self._turn(cancellation, (text, values or {})) as (wanted, stop):
            return self._carried_out(wanted, stop, observe)

    @short
    def explain(
        self, name: str, voxel: Sequence[int], cancellation: Future[None] | None = None
    ) -> Explanation:
        """Why a name's image, as it was last without an error, has its value at a voxel.

        That is `(x, y)` or `(x, y, z)`, counted from 0. Raises Error where the name is none of an
        image, or the voxel is outside of it; CancelledError as `set` does.
        """
        with self._turn(cancellation) as (_, stop):
            if self._explaining is None:
                from voxlogica.explaining import LiveExplaining

                planned, values = self._good
                if planned is None:
                    raise VoxLogicaError([error("there is nothing yet to explain")])
                self._explaining = LiveExplaining(planned, values, self._settings)
            return self._explaining.explain(name, voxel, stop)

    @short
    def report(self, keeps_images: int = 0, cancellation: Future[None] | None = None) -> Report:
        """What a run of the program, as it is set, would report; nothing is written.

        Of what it would save the report has images, up to so many bytes, and what regions lie over.
        Raises RunError where the program is wrong; CancelledError as `set` does.
        """
        from voxlogica.language.planning import Template

        with self._turn(cancellation) as (wanted, stop):
            template = Template([wanted.source], self._dialect, may_read=self._may_read)
            settings = replace(self._settings, keeps_images=keeps_images, keeps_origin=True)
            return carry_out(
                partial(self._planned_as, template, wanted, stop),
                lambda planned: planned.finished(settings.rewrites),
                settings,
                None,
                stop,
            )

    @property
    def last(self) -> Outcome:
        """What the last `set` that came to an end returned."""
        return self._last

    def close(self) -> None:
        """Let go of all results, and stop what is under way."""
        with self._asking:
            self._is_closed = True
            under_way = [*self._under_way]
        for stop in under_way:
            _settle(stop)
        with self._turns:
            for _ in range(2):
                self._accept()
            self._good, self._explaining = (None, {}), None
            self._files.clear()
            self._readers.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextmanager
    def _turn(
        self,
        cancellation: Future[None] | None,
        change: tuple[str | None, Mapping[str, object | None]] | None = None,
    ) -> Iterator[tuple[_Wanted, Future[None]]]:
        """Has a thread wait for its turn, in which it is stopped by who changes something."""
        stop: Future[None] = Future()
        with self._asking:
            if self._is_closed:
                raise ValueError("this program is live no more: it was closed")
            if change is not None:
                self._wanted = _changed(self._wanted, *change)
            wanted, before = self._wanted, [*self._under_way] if change is not None else []
            self._under_way.append(stop)
        for other in before:
            _settle(other)
        if cancellation is not None:
            cancellation.add_done_callback(partial(_settle, stop))
        try:
            with self._turns:
                if stop.done():
                    raise CancelledError
                yield wanted, stop
        finally:
            with self._asking:
                self._under_way.remove(stop)

    def _carried_out(
        self, wanted: _Wanted, stop: Future[None], observe: Observer | None
    ) -> Outcome:
        begin = perf_counter()
        attempt, before = Attempt(), self._tried
        self._tried = []
        try:
            found = reached(
                lambda chosen: carry_out(
                    partial(self._planned, wanted, attempt, stop),
                    partial(self._finished, attempt, chosen),
                    self._settings,
                    observe,
                    stop,
                ),
                attempt,
                self._failing,
            )
        except VoxLogicaError as wrong:
            outcome = self._failed(wanted, attempt, wrong)
        else:
            self._accept()
            self._explaining = None
            # From now on what is computed is of a moment.
            self._settings = replace(self._settings, cache=False, little=_IN_TURN)
            self._failing = frozenset(found.failing)
            outcome = self._reached(wanted, attempt, found)
        finally:
            # What was tried before, and not accepted, stays where nothing new is.
            if attempt.plan is None:
                self._tried = before
            else:
                _close(before)
        self._last = replace(outcome, seconds=perf_counter() - begin)
        return self._last

    # Planning

    def _planned(
        self, wanted: _Wanted, attempt: Attempt, stop: Future[None], stored: Stored
    ) -> PlannedPrograms:
        template = self._template_of(wanted.source)
        attempt.planned = self._planned_as(template, wanted, stop, stored)
        return attempt.planned

    def _planned_as(
        self, template: Template, wanted: _Wanted, stop: Future[None], stored: Stored
    ) -> PlannedPrograms:
        # Which parameters a text has that cannot be read, nobody knows.
        is_read = not template.programs[0].problems
        left_over = wanted.values.keys() - (wanted.given if is_read else set())
        return template.planned(
            {**self._definitions, **wanted.values},
            partial(self._opened, opened_with(stored)),
            left_over=left_over - self._definitions.keys(),
            stopped=stop.done,
        )

    def _template_of(self, source: Source) -> Template:
        from voxlogica.language.numbers_in_text import numbers_in
        from voxlogica.language.planning import Template

        if self._template is None or self._template[0] != source.text:
            template = Template(
                [source],
                self._dialect,
                shows_names=True,
                keeps_code=True,
                may_read=self._may_read,
            )
            numbers = numbers_in(template.programs[0])
            self._template = source.text, template, numbers
        return self._template[1]

    def _check_use(self, path: str, use: Use, _: Span) -> None:
        """Raise the error that a file may not be read that only running names."""
        from voxlogica.language.libraries import out_of_reach
        from voxlogica.operators.signature import OperationError

        if use == "read" and not self._may_read(path):
            refused = out_of_reach(path)
            raise OperationError(refused.message, refused.hint)

    def _opened(self, opening: OpenImage, path: str) -> ImageFile:
        known = self._files.get(path)
        if known is None or not known.is_unchanged:
            known = self._files[path] = opening(path)
        return known

    def _finished(self, attempt: Attempt, chosen: Chosen, planned: PlannedPrograms) -> FinishedPlan:
        """The plan to carry out, which writes no file; its results stay in the table.

        They do until others are tried; those that were accepted stay as well.
        """
        from voxlogica.engine.executor import TABLE
        from voxlogica.engine.worth import is_costly

        finished = attempt.begin(planned, chosen).finished(self._settings.rewrites)
        done, wanted = finished.plan, {goal.node for goal in finished.plan.goals}
        reads = {
            done.ids[p]: 1
            for p in done.needed()
            if p in wanted or not done.kinds[p].is_image or is_costly(done.kinds[p])
        }
        self._tried.append(TABLE.subscribe(reads))
        return finished

    def _accept(self) -> None:
        """What was tried is good: nothing is kept of the one before it."""
        before, self._held, self._tried = self._held, self._tried, []
        _close(before)

    # What is told

    def _reached(self, wanted: _Wanted, attempt: Attempt, found: Reached) -> Outcome:
        assert attempt.plan is not None
        last = self._last
        shown = [goal for goal in attempt.shown if goal.label in found.values]
        values = [found.values[goal.label] for goal in shown]
        named = self._naming.named(attempt.plan, shown, values)
        nodes = (goal.node for goal in shown)
        self._good = attempt.planned, dict(zip(nodes, values, strict=True))
        before = {one.label: one.value for one in last.prints}
        return replace(
            self._told(wanted, attempt),
            diagnostics=found.diagnostics,
            named=named,
            changed=frozenset(
                name
                for name, one in named.items()
                if name not in last.named or last.named[name].id != one.id
            ),
            gone=frozenset(last.named.keys() - named.keys()),
            prints=tuple(
                LivePrint(one.name, one.vltype, one.value, before.get(one.name))
                for one in found.report.prints
            ),
            asserts=found.report.asserts,
            saves=tuple(dict.fromkeys(str(goal.place) for goal in attempt.saves)),
        )

    def _failed(self, wanted: _Wanted, attempt: Attempt, wrong: VoxLogicaError) -> Outcome:
        from voxlogica.engine.results import RunError

        said = wrong.report.diagnostics if isinstance(wrong, RunError) else wrong.diagnostics
        return replace(self._told(wanted, attempt), diagnostics=tuple(said))

    def _told(self, wanted: _Wanted, attempt: Attempt) -> Outcome:
        """What there is to tell whatever came of it."""
        planned, template = attempt.planned, self._template
        known = wanted.source.text == self._last.text
        return replace(
            self._last,
            text=wanted.source.text,
            set=_as_set(wanted, planned),
            parameters=planned.parameters if planned else self._last.parameters if known else (),
            numbers=template[2] if template and template[0] == wanted.source.text else (),
            changed=frozenset(),
            gone=frozenset(),
        )


def _changed(wanted: _Wanted, text: str | None, values: Mapping[str, object | None]) -> _Wanted:
    source, given = wanted.source, wanted.given
    if text is not None and text != source.text:
        source, given = replace(source, text=text, digest=b""), frozenset()
    merged = {**wanted.values, **values}
    return _Wanted(
        source,
        {name: value for name, value in merged.items() if value is not None},
        given | {name for name, value in values.items() if value is not None},
    )


def _as_set(wanted: _Wanted, planned: PlannedPrograms | None) -> Mapping[str, Constant]:
    from voxlogica.language.parameters import plain

    try:
        values = plain(wanted.values)
    except VoxLogicaError:
        return {}
    known = {one.name for one in planned.parameters} if planned else values.keys()
    return {name: value for name, value in values.items() if name in known}


def _close(held: list[Subscription]) -> None:
    for one in held:
        one.close()


def _settle(stop: Future[None], _: object = None) -> None:
    """Cancel, if that is not done."""
    with suppress(InvalidStateError):
        stop.set_result(None)
