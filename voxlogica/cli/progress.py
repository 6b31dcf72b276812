"""Telling a person how a run goes on: a bar on a terminal, or a line an operation."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

from voxlogica.cli.notes import above
from voxlogica.cli.streams import show
from voxlogica.engine.events import (
    AtWorkers,
    Event,
    Finished,
    Observer,
    Planned,
    Started,
    Warned,
)
from voxlogica.report.under_way import UnderWay, named
from voxlogica.syntax.diagnostics import visible


@contextmanager
def watching(quiet: bool, verbose: bool) -> Iterator[Observer]:
    """The observer that suits the options and the terminal, for as long as the run goes on."""
    with ExitStack() as closing:
        if quiet:
            yield lambda event: None
        elif verbose:
            yield _log
        elif sys.stderr.isatty():
            bar = _Bar(closing)
            # Messages come after the bar, which would overwrite them.
            closing.callback(lambda: show([w.diagnostic for w in bar.warnings]))
            yield bar
        else:
            yield _warn


def _warn(event: Event) -> None:
    match event:
        case Warned(diagnostic):
            show([diagnostic])


def _log(event: Event) -> None:
    match event:
        case Planned(operations, saves):
            _line(f"operations: {operations}, files to save: {saves}")
        case Finished(work, seconds, worker=worker):
            at = f"  at {visible(worker)}" if worker else ""
            _line(f"{seconds:8.3f} s  {named(work)} : {work.type}  {work.span}{at}")
        case Warned(diagnostic):
            show([diagnostic])


def _line(text: str) -> None:
    print(text, file=sys.stderr)


class _Bar:
    """How much of the work is done, and what the threads are at.

    It appears with the first image: a program of numbers is done before it could be seen, and must
    not wait for rich to be imported.
    """

    def __init__(self, closing: ExitStack) -> None:
        self._closing = closing
        self._way = UnderWay()
        self._update: Callable[[], None] = lambda: None
        self._shown = False
        self.warnings: list[Warned] = []

    def __call__(self, event: Event) -> None:
        self._way(event)
        match event:
            case Started(work):
                if not self._shown and work.type.is_image:
                    self._show()
                self._update()
            case AtWorkers():
                if not self._shown:
                    self._show()
                self._update()
            case Finished():
                self._update()
            case Warned():
                self.warnings.append(event)

    def _show(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
        from rich.progress import TimeElapsedColumn as Elapsed

        text = TextColumn("{task.description}", markup=False)
        progress = Progress(
            BarColumn(),
            MofNCompleteColumn(),
            Elapsed(),
            text,
            console=Console(stderr=True),
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
        )
        way = self._way
        task = progress.add_task("", total=way.total)
        self._closing.enter_context(progress)
        self._closing.enter_context(above(progress.console))
        self._shown = True

        def update() -> None:
            names = ", ".join(way.at)
            progress.update(task, total=way.total, completed=way.done, description=names)

        self._update = update
