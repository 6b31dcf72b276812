"""A conversation: an input, what it gives, the next input."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor, wait
from contextlib import nullcontext
from io import TextIOWrapper
from typing import TYPE_CHECKING, TypeVar

import click

from voxlogica import __version__
from voxlogica.cli.interruption import cancellable, ignore_interrupt
from voxlogica.cli.repl_commands import Quit, command_of, incomplete_part, without_colon
from voxlogica.cli.repl_values import show_values
from voxlogica.cli.reporting import tell
from voxlogica.cli.streams import say

if TYPE_CHECKING:
    from voxlogica.api import Session
    from voxlogica.cli.repl_terminal import Terminal
    from voxlogica.engine.results import Report

T = TypeVar("T")
# Asks for a line with a prompt; None where there are no more.
Ask = Callable[[str], str | None]

_READS_AS_1 = """\
operator expressions are read as ImgQL 1 from here on, as in files with a `load`;
`:load` leaves the reading as it is, and so does the option `--dialect 2`
"""


def converse(session: Session, is_terminal: bool, debug: bool) -> bool:
    """Read inputs and carry them out, to the end of standard input or `:quit`.

    Whether all of them succeeded. On a terminal there are prompts, and Ctrl-C cancels what is typed
    or computed; otherwise, only what the inputs give is written.
    """
    return Conversation(session, is_terminal, debug).run()


class Conversation:
    """A session, the thread that works for it, and where its inputs come from.

    The session is only used in that one thread: the main one waits, so that Ctrl-C comes to no
    place but one where nothing is in the middle of anything.
    """

    def __init__(self, session: Session, is_terminal: bool, debug: bool) -> None:
        self.session = session
        self.is_terminal = is_terminal
        self._debug = debug
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="voxlogica-session")
        self._terminal: Terminal | None = None
        self._ask: Ask = _next_line
        if is_terminal:
            from voxlogica.cli.repl_terminal import Terminal

            self._terminal = Terminal(self._names, lambda: self.work(session.importable))
            self._ask = self._terminal.ask

    def run(self) -> bool:
        """The conversation: whether all succeeded."""
        if not self.is_terminal:
            if isinstance(sys.stdin, TextIOWrapper):
                # As programs are; what is not will be told at its place.
                sys.stdin.reconfigure(encoding="utf-8", errors="replace")
            succeeded = True
            try:
                while (text := self._input()) is not None:
                    succeeded = self._one(text) and succeeded
            except Quit:
                pass
            return succeeded
        say(f"voxlogica {__version__}; `:help` for help, `:quit` or Ctrl-D to leave\n")
        # While the first line is typed: it loads the parser and the operators.
        self._worker.submit(self.session.names)
        succeeded = True
        while True:
            signal.signal(signal.SIGINT, ignore_interrupt)
            try:
                text = self._input()
                if text is None:
                    say("\n")
                    return succeeded
                succeeded = self._one(text) and succeeded
            except Quit:
                return succeeded
            except KeyboardInterrupt:
                say("\n")

    def work(self, do: Callable[[], T]) -> T:
        """What a function gives that uses the session, called in the session's thread."""
        return self._worker.submit(do).result()

    def enter(self, text: str) -> Report:
        """Carry out an input, and write what it prints and shows. Raises as `Session.enter`."""
        reading = self.session.dialect
        report = self._computed(text)
        if self.is_terminal and self.session.dialect != reading:
            say(_READS_AS_1)
        self._cancellably(lambda: show_values(report, self.is_terminal))
        return report

    def _input(self) -> str | None:
        """The next input, of as many lines as it takes; None at the end."""
        if self._terminal is not None:
            self._terminal.forget_names()
        with cancellable() if self.is_terminal else nullcontext():
            text = self._ask(f"{self.session.inputs + 1}> ")
            if text is None:
                return None
            while self._is_unfinished(text):
                more = self._ask(".. ")
                # On a terminal, an empty line is a way out.
                if more is None or (self.is_terminal and not more.strip()):
                    break
                text += f"\n{more}"
            return text

    def _is_unfinished(self, text: str) -> bool:
        part = incomplete_part(text)
        return bool(part.strip()) and self.work(lambda: self.session.is_unfinished(part))

    def _one(self, text: str) -> bool:
        """Carry out an input, whether it succeeded; what is wrong with it is told."""
        try:
            command = command_of(text) or without_colon(text)
            if command is None:
                if text.strip():
                    self.enter(text)
                return True
            return command.do(self, command.argument)
        except CancelledError:
            raise KeyboardInterrupt from None
        except (Quit, click.ClickException):  # the latter: there is nowhere to write to
            raise
        except Exception as problem:
            tell(problem, self._debug)
            return False

    def _computed(self, text: str) -> Report:
        from voxlogica.cli.progress import watching

        cancellation: Future[None] = Future()

        def compute() -> Report:
            with watching(quiet=False, verbose=False) as observe:
                return self.session.enter(text, observe=observe, cancellation=cancellation)

        doing = self._worker.submit(compute)
        try:
            return self._cancellably(doing.result)
        except BaseException:
            if not doing.done():
                cancellation.set_result(None)
                wait([doing])
            raise

    def _cancellably(self, do: Callable[[], T]) -> T:
        with cancellable() if self.is_terminal else nullcontext():
            return do()

    def _names(self) -> list[str]:
        return self.work(self.session.names)


def _next_line(_: str) -> str | None:
    if sys.stdin is None:  # closed from the start
        return None
    line = sys.stdin.readline()
    return line.rstrip("\r\n") if line else None
