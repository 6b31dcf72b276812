"""The programs that a command is given: files, and `-` for what standard input has."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from voxlogica.cli.reporting import complaint

if TYPE_CHECKING:
    from voxlogica.syntax.source import Source

# How messages call the program that standard input has.
STDIN = "<stdin>"


def named(programs: Sequence[str]) -> str:
    """The programs as messages list them."""
    return ", ".join(STDIN if program == "-" else program for program in programs)


def given(programs: Sequence[str]) -> list[str | Source]:
    """The programs as the Python interface takes them, standard input read to its end.

    Raises VoxLogicaError where that is closed, or no text.
    """
    if programs.count("-") > 1:
        raise click.UsageError("standard input is one program: `-` is there more than once")
    return [_typed() if program == "-" else program for program in programs]


def _typed() -> Source:
    from voxlogica.language.libraries import UnreadableTextError, source_of

    try:
        if sys.stdin is None:  # closed from the start
            raise OSError("it is closed")
        return source_of(sys.stdin.buffer.read(), STDIN)
    except UnreadableTextError as unreadable:
        raise complaint(str(unreadable), hint="save it as UTF-8 text") from None
    except OSError as failed:
        reason = (failed.strerror or str(failed)).lower()
        raise complaint(f"cannot read the program from standard input: {reason}") from None
