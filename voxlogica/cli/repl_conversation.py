"""A session of commands and expressions at work: an input, what it gives, the next input."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor, wait
from contextlib import nullcontext
from io import TextIOWrapper
from typing import TYPE_CHECKING, TypeVar

import click

from voxlogica.cli.interruption import cancellable, ignore_interrupt
from voxlogica.cli.repl_commands import Quit, carry_out, incomplete_part
from voxlogica.cli.reporting import ASSERTS_FALSE, tell
from voxlogica.cli.streams import say, show
from voxlogica.version import __version__

if TYPE_CHECKING:
    from voxlogica.dialogue import Dialogue
    from voxlogica.engine.results import Report

T = TypeVar("T")
# Asks for a line with a prompt; None where there are no more.
Ask = Callable[[str], str | None]

# No picture is greater, in characters.
_WIDEST, _HIGHEST = 150, 24

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
        self.cancellably(lambda: _show_values(report, self.is_terminal))
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


def _show_values(report: Report, with_pictures: bool) -> None:
    """Write what was printed, then the values of expressions, each image with a picture or not."""
    from voxlogica.cli.terminals import picture
    from voxlogica.images.image import Image
    from voxlogica.report.shown_values import shown_text
    from voxlogica.syntax.printer import value_text

    say("".join(f"{p.name}={value_text(p.value)}\n" for p in report.prints))
    for shown in report.values:
        label = f"{shown.label} " if shown.label else ""
        say(f"{label}{shown_text(shown.value, shown.vltype)}\n")
        if with_pictures and isinstance(shown.value, Image) and shown.value.geometry.voxels:
            say(picture(shown.value, {}, _WIDEST, _HIGHEST, legend=False))


def converse(session: Dialogue, is_terminal: bool, debug: bool) -> int:
    """Read inputs and carry them out, to the end of standard input or `:quit`.

    Gives the exit status: 1 where an input had an error, else 3 where an assertion was false. On a
    terminal there are prompts, and Ctrl-C cancels what is typed or computed; otherwise, only what
    the inputs give is written.
    """
    conversation = Conversation(session, is_terminal)
    ask = _asking(conversation)
    succeeded = True
    while True:
        if is_terminal:
            signal.signal(signal.SIGINT, ignore_interrupt)
        try:
            text = conversation.cancellably(lambda: _input(conversation, ask))
            if text is None:
                if is_terminal:
                    say("\n")
                break
            succeeded = _carry_out(conversation, text, debug) and succeeded
        except Quit:
            break
        except KeyboardInterrupt:
            if not is_terminal:
                raise
            say("\n")
    return int(not succeeded) or (ASSERTS_FALSE if conversation.is_refuted else 0)


def _asking(conversation: Conversation) -> Ask:
    """What lines are asked for with, once all is ready for them."""
    if not conversation.is_terminal:
        if isinstance(sys.stdin, TextIOWrapper):
            # As programs are; what is not will be told at its place.
            sys.stdin.reconfigure(encoding="utf-8", errors="replace")
        return _next_line
    from voxlogica.cli.repl_terminal import Terminal

    session = conversation.session
    terminal = Terminal(
        lambda: conversation.work(session.names),
        lambda: conversation.work(session.importable),
        lambda: conversation.work(session.variables),
    )
    say(f"voxlogica {__version__}; `:help` for help, `:quit` or Ctrl-D to leave\n")
    conversation.prepare()  # while the first line is typed
    return terminal.ask


def _input(conversation: Conversation, ask: Ask) -> str | None:
    """The next input, of as many lines as it takes; None at the end."""
    session = conversation.session

    def is_unfinished(text: str) -> bool:
        part = incomplete_part(text)
        return bool(part.strip()) and conversation.work(lambda: session.is_unfinished(part))

    text = ask(f"{session.inputs + 1}> ")
    while text is not None and is_unfinished(text):
        more = ask(".. ")
        # On a terminal, an empty line is a way out.
        if more is None or (conversation.is_terminal and not more.strip()):
            break
        text += f"\n{more}"
    return text


def _carry_out(conversation: Conversation, text: str, debug: bool) -> bool:
    """Carry out an input, whether it succeeded; what is wrong with it is told."""
    try:
        carry_out(conversation, text)
    except CancelledError:
        raise KeyboardInterrupt from None
    except (Quit, click.ClickException):  # the latter: there is nowhere to write to
        raise
    except Exception as problem:
        tell(problem, debug)
        return False
    return True


def _next_line(_: str) -> str | None:
    if sys.stdin is None:  # closed from the start
        return None
    line = sys.stdin.readline()
    return line.rstrip("\r\n") if line else None
