"""The cases that commands are given, beside programs."""

from __future__ import annotations

import sys
from collections import ChainMap
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from voxlogica.cli.programs import given
from voxlogica.cli.reporting import complaint

if TYPE_CHECKING:
    from voxlogica.engine.cases import Case
    from voxlogica.syntax.source import Source


def programs_and_cases(
    programs: Sequence[str], cases: str, options: Mapping[str, Any]
) -> tuple[list[Source], Sequence[Case]]:
    """The texts of programs, and the cases that they are to run for; what to note of these is told.

    Raises VoxLogicaError.
    """
    from voxlogica.api import read_program
    from voxlogica.cases.sources import Sources, read_cases, refuse_other_files
    from voxlogica.syntax.source import Source

    if cases == "-" and "-" in programs:
        raise click.UsageError("standard input is a program, or the table of cases, and not both")
    refuse_other_files(cases)
    texts = [p if isinstance(p, Source) else read_program(p) for p in given(programs)]
    chosen = Sources(cases, _typed() if cases == "-" else None)
    definitions = options["definitions"]
    by_hand, by_file = definitions.maps if isinstance(definitions, ChainMap) else (definitions, {})
    found, notes = read_cases(chosen, texts, by_hand, by_file, options["dialect"])
    for said in () if options.get("quiet") else notes:
        print(f"note: {said}", file=sys.stderr)
    return texts, found


def _typed() -> bytes:
    try:
        if sys.stdin is None:  # closed from the start
            raise OSError("it is closed")
        return sys.stdin.buffer.read()
    except OSError as failed:
        reason = (failed.strerror or str(failed)).lower()
        raise complaint(f"cannot read the table from standard input: {reason}") from None
