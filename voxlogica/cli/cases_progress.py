"""Telling a person how a run over cases goes on: a bar on a terminal, or a line now and then."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from time import monotonic

from voxlogica.cli.notes import above
from voxlogica.engine.cases import Row
from voxlogica.engine.events import CaseDone, CaseStarted, Event, Observer
from voxlogica.syntax.diagnostics import visible

# Without a terminal, a line at most so often: when a case is done, as nobody looks at the clock.
_SECONDS_BETWEEN = 10.0
# So many of the cases that are being carried out are named, where there is room beside the rest.
_NAMED = 3
_WIDTH_OF_REST = 70


@contextmanager
def watching_cases(
    quiet: bool, verbose: bool, total: int, *, is_writing: bool
) -> Iterator[Observer]:
    """The observer that suits the options and the terminal, for as long as the run goes on.

    `is_writing` says that rows go to standard output meanwhile.
    """
    if quiet:
        yield lambda event: None
    elif verbose:
        yield _log
    elif sys.stderr.isatty() and not (is_writing and sys.stdout.isatty()):
        with _bar(total) as observe:
            yield observe
    else:
        yield _Lines(total)


def _log(event: Event) -> None:
    match event:
        case CaseDone(row):
            at = f", at {visible(row.workers)}" if row.workers else ""
            said = f"{row.seconds:8.3f} s  {visible(row.case.name)}: {_outcome(row)}{at}"
            print(said, file=sys.stderr)


def _outcome(row: Row) -> str:
    if row.failed:
        return "failed"
    said = "done" if all(checked.value for checked in row.asserts) else "an assertion is false"
    return f"{said}, by an earlier run" if row.replayed else said


class _Lines:
    """A line at most every ten seconds: how many cases are done, and how many of them failed."""

    def __init__(self, total: int) -> None:
        self._total = total
        self._done = 0
        self._failed = 0
        self._told = monotonic()

    def __call__(self, event: Event) -> None:
        if not isinstance(event, CaseDone):
            return
        self._done += 1
        self._failed += event.row.failed
        if monotonic() - self._told < _SECONDS_BETWEEN or self._done == self._total:
            return
        failed = f", {self._failed} failed" if self._failed else ""
        print(f"{self._done} of {self._total} cases{failed}", file=sys.stderr)
        self._told = monotonic()


@contextmanager
def _bar(total: int) -> Iterator[Observer]:
    """How many cases are done, which are being carried out, failures so far, and the time left."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
    from rich.progress import TimeElapsedColumn as Elapsed
    from rich.progress import TimeRemainingColumn as Remaining

    running: dict[int, str] = {}
    failed = 0
    console = Console(stderr=True)
    progress = Progress(
        BarColumn(bar_width=min(20, console.width // 4)),
        MofNCompleteColumn(),
        Elapsed(),
        TextColumn("left"),
        Remaining(),
        TextColumn("{task.fields[failed]}", style="red", markup=False),
        TextColumn("{task.description}", markup=False),
        console=console,
        transient=True,
        redirect_stdout=False,
        redirect_stderr=False,
    )
    with progress, above(console):
        task = progress.add_task("", total=total, failed="")

        def observe(event: Event) -> None:
            nonlocal failed
            match event:
                case CaseStarted(case):
                    running[case.number] = visible(case.name)
                case CaseDone(row):
                    running.pop(row.case.number, None)
                    failed += row.failed
                    progress.advance(task)
                case _:
                    return
            named = _named(running, console.width)
            told = f"{failed} failed{',' if named else ''}" if failed else ""
            progress.update(task, description=named, failed=told)

        yield observe


def _named(running: Mapping[int, str], width: int) -> str:
    """The cases that are being carried out, in a line that leaves room for what Ctrl-C types."""
    names = ", ".join([*running.values()][:_NAMED])
    if not names:
        return ""
    more = f" and {len(running) - _NAMED} more" if len(running) > _NAMED else ""
    room = width - _WIDTH_OF_REST
    text = f"now {names}{more}"
    return text if len(text) <= room else text[: max(0, room - 1)] + "…" * (room > 0)
