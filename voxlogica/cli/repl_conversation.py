"""A session of commands and expressions, the thread that works for it, and what it shows."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import nullcontext
from typing import TYPE_CHECKING, TypeVar

from voxlogica.cli.interruption import cancellable
from voxlogica.cli.repl_values import show_values
from voxlogica.cli.streams import say, show

if TYPE_CHECKING:
    from voxlogica.dialogue import Dialogue
    from voxlogica.engine.results import Report

T = TypeVar("T")

_READS_AS_1 = """\
operator expressions are read as ImgQL 1 from here on, as in files with a `load`;
`:load` leaves the reading as it is, and so does the option `--dialect 2`
"""


class Conversation:
    """A session, and the thread that works for it; on a terminal, Ctrl-C cancels what is computed.

    The session is only used in that one thread: the main one waits, so that Ctrl-C comes to no
    place but one where nothing is in the middle of anything.
    """

    def __init__(self, session: Dialogue, is_terminal: bool) -> None:
        self.session = session
        self.is_terminal = is_terminal
        # Whether any assertion was false so far.
        self.is_refuted = False
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="voxlogica-session")

    def prepare(self) -> None:
        """Load the parser and the operators, without waiting for that."""
        self._worker.submit(self.session.names)

    def work(self, do: Callable[[], T]) -> T:
        """What a function gives that uses the session, called in the session's thread."""
        return self._worker.submit(do).result()

    def enter(self, text: str) -> Report:
        """Carry out an input, and write what it prints and shows. Raises as `Dialogue.enter`.

        Assertions that are false are told of.
        """
        reading = self.session.dialect
        report = self._computed(text)
        if self.is_terminal and self.session.dialect != reading:
            say(_READS_AS_1)
        self.cancellably(lambda: show_values(report, self.is_terminal))
        if report.false_asserts:
            self.is_refuted = True
            show(report.false_asserts)
        return report

    def cancellably(self, do: Callable[[], T]) -> T:
        """What a function gives, which on a terminal Ctrl-C may end."""
        with cancellable() if self.is_terminal else nullcontext():
            return do()

    def _computed(self, text: str) -> Report:
        from voxlogica.cli.progress import watching

        cancellation: Future[None] = Future()

        def compute() -> Report:
            with watching(quiet=False, verbose=False) as observe:
                return self.session.enter(text, observe=observe, cancellation=cancellation)

        doing = self._worker.submit(compute)
        try:
            return self.cancellably(doing.result)
        except BaseException:
            if not doing.done():
                cancellation.set_result(None)
                wait([doing])
            raise
