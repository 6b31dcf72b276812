"""A session at work: an input, what it gives, the next input."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable
from concurrent.futures import CancelledError
from io import TextIOWrapper
from typing import TYPE_CHECKING

import click

from voxlogica.cli.interruption import ignore_interrupt
from voxlogica.cli.repl_commands import Quit, command_of, incomplete_part
from voxlogica.cli.repl_conversation import Conversation
from voxlogica.cli.reporting import ASSERTS_FALSE, tell
from voxlogica.cli.streams import say
from voxlogica.version import __version__

if TYPE_CHECKING:
    from voxlogica.dialogue import Dialogue

# Asks for a line with a prompt; None where there are no more.
Ask = Callable[[str], str | None]


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
        command = command_of(text)
        if command is not None:
            command(conversation)
        elif text.strip():
            conversation.enter(text)
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
