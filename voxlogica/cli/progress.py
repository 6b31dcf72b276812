"""Telling a person how a run goes on: a bar on a terminal, or lines; and notes, above the bar."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from time import monotonic
from typing import TYPE_CHECKING

from voxlogica.cli.streams import show
from voxlogica.engine.events import (
    AtWorkers,
    CaseDone,
    CaseStarted,
    Event,
    Finished,
    Observer,
    Planned,
    Started,
    Warned,
)
from voxlogica.report.under_way import RunUnderWay, named
from voxlogica.syntax.diagnostics import Diagnostic, visible

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress

    from voxlogica.engine.cases import Row

# Without a terminal, a line on cases at most so often: when one is done, as nobody looks at the
# clock.
_SECONDS_BETWEEN = 10.0
# So many of the cases that are being carried out are named, where there is room beside the rest.
_NAMED = 3
_WIDTH_OF_REST = 70
# Of a terminal that does not tell its own.
_WIDTH = 80

# On which there is a bar, which would overwrite what others write.
_shown: Console | None = None


@contextmanager
def watching(quiet: bool, verbose: bool) -> Iterator[Observer]:
    """The observer that suits the options and the terminal, for as long as the run goes on."""
    if quiet:
        yield lambda event: None
    elif verbose:
        yield _log
    elif sys.stderr.isatty():
        with _bar() as observe:
            yield observe
    else:
        yield _warn


@contextmanager
def watching_cases(
    quiet: bool, verbose: bool, total: int, *, is_writing: bool
) -> Iterator[Observer]:
    """The same for a run over cases; `is_writing`: rows go to standard output meanwhile."""
    if quiet:
        yield lambda event: None
    elif verbose:
        yield _log_case
    elif sys.stderr.isatty() and not (is_writing and sys.stdout.isatty()):
        with _bar_of_cases(total) as observe:
            yield observe
    else:
        yield _lines(total)


@contextmanager
def above(console: Console) -> Iterator[None]:
    """Notes come above what a console shows, meanwhile."""
    global _shown
    _shown = console
    try:
        yield
    finally:
        _shown = None


def note(said: str) -> None:
    """Tell something that is no result, nor a warning. May be called by any thread."""
    text, console = f"note: {visible(said)}", _shown
    if console is not None:
        console.print(text, markup=False, highlight=False, emoji=False)
        return
    if sys.stderr.isatty():
        from textwrap import fill

        width = os.get_terminal_size(sys.stderr.fileno()).columns or _WIDTH
        text = fill(text, width, break_long_words=False, break_on_hyphens=False)
    sys.stderr.write(f"{text}\n")


def _warn(event: Event) -> None:
    if isinstance(event, Warned):
        show([event.diagnostic])


def _log(event: Event) -> None:
    match event:
        case Planned(operations, saves):
            print(f"operations: {operations}, files to save: {saves}", file=sys.stderr)
        case Finished(work, seconds, worker=worker):
            at = f"  at {visible(worker)}" if worker else ""
            said = f"{seconds:8.3f} s  {named(work)} : {work.type}  {work.span}{at}"
            print(said, file=sys.stderr)
        case _:
            _warn(event)


def _log_case(event: Event) -> None:
    if isinstance(event, CaseDone):
        row = event.row
        at = f", at {visible(row.workers)}" if row.workers else ""
        said = f"{row.seconds:8.3f} s  {visible(row.case.name)}: {_outcome(row)}{at}"
        print(said, file=sys.stderr)


def _outcome(row: Row) -> str:
    if row.failed:
        return "failed"
    said = "done" if all(checked.value for checked in row.asserts) else "an assertion is false"
    return f"{said}, by an earlier run" if row.replayed else said


def _lines(total: int) -> Observer:
    """A line at most every ten seconds: how many cases are done, and how many of them failed."""
    way, told = RunUnderWay(total), monotonic()

    def observe(event: Event) -> None:
        nonlocal told
        way(event)
        if not isinstance(event, CaseDone) or way.done == total:
            return
        if monotonic() - told >= _SECONDS_BETWEEN:
            failed = f", {way.failed} failed" if way.failed else ""
            print(f"{way.done} of {total} cases{failed}", file=sys.stderr)
            told = monotonic()

    return observe


@contextmanager
def _bar() -> Iterator[Observer]:
    """How much of the work is done, and what the threads are at.

    It appears with the first image: a program of numbers is done before it could be seen, and must
    not wait for rich to be imported.
    """
    way, warned = RunUnderWay(), list[Diagnostic]()
    progress: Progress | None = None

    def observe(event: Event) -> None:
        nonlocal progress
        way(event)
        match event:
            case Warned(diagnostic):
                warned.append(diagnostic)
            case Started() | AtWorkers() | Finished():
                is_seen = isinstance(event, AtWorkers) or event.work.type.is_image
                if progress is None and is_seen and not isinstance(event, Finished):
                    progress = _begun(closing, way.total)
                if progress is not None:
                    names = ", ".join(way.at)
                    task = progress.task_ids[0]
                    progress.update(task, total=way.total, completed=way.done, description=names)

    with ExitStack() as closing:
        # Messages come after the bar, which would overwrite them.
        closing.callback(lambda: show(warned))
        yield observe


@contextmanager
def _bar_of_cases(total: int) -> Iterator[Observer]:
    """How many cases are done, which are being carried out, failures so far, and the time left."""
    way = RunUnderWay(total)
    running: dict[int, str] = {}

    def observe(event: Event) -> None:
        way(event)
        match event:
            case CaseStarted(case):
                running[case.number] = visible(case.name)
            case CaseDone(row):
                running.pop(row.case.number, None)
            case _:
                return
        named = _named(running, progress.console.width)
        failed = f"{way.failed} failed{',' if named else ''}" if way.failed else ""
        progress.update(progress.task_ids[0], completed=way.done, description=named, failed=failed)

    with ExitStack() as closing:
        progress = _begun(closing, total, of_cases=True)
        yield observe


def _begun(closing: ExitStack, total: int, *, of_cases: bool = False) -> Progress:
    """A bar of one task, which is shown from now on."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
    from rich.progress import TimeElapsedColumn as Elapsed
    from rich.progress import TimeRemainingColumn as Remaining

    console = Console(stderr=True)
    failed = TextColumn("{task.fields[failed]}", style="red", markup=False)
    progress = Progress(
        BarColumn(bar_width=min(20, console.width // 4) if of_cases else 40),
        MofNCompleteColumn(),
        Elapsed(),
        *((TextColumn("left"), Remaining(), failed) if of_cases else ()),
        TextColumn("{task.description}", markup=False),
        console=console,
        transient=True,
        redirect_stdout=False,
        redirect_stderr=False,
    )
    progress.add_task("", total=total, failed="")
    # Notes go through the console before there is a bar that could come into the middle of one.
    closing.enter_context(above(console))
    closing.enter_context(progress)
    return progress


def _named(running: Mapping[int, str], width: int) -> str:
    """The cases that are being carried out, in a line that leaves room for what Ctrl-C types."""
    names = ", ".join([*running.values()][:_NAMED])
    if not names:
        return ""
    more = f" and {len(running) - _NAMED} more" if len(running) > _NAMED else ""
    room = width - _WIDTH_OF_REST
    text = f"now {names}{more}"
    return text if len(text) <= room else text[: max(0, room - 1)] + "…" * (room > 0)
