"""`voxlogica repl`."""

from __future__ import annotations

import sys
from typing import Any

import click

from voxlogica.cli.options import (
    chosen_cache,
    jobs_option,
    keeping_options,
    reading_options,
    rewrites_option,
)
from voxlogica.cli.streams import own_libraries


@click.command(
    epilog="""\b
Examples:
  voxlogica repl                              type them, see what they give
  voxlogica repl -D CASE=case_001             with a variable in file names
  echo '3 * 4' | voxlogica repl --no-cache    values only, for scripts

Exit status: 0; where input from a pipe or file had an error 1, else where an assertion was
false 3; 2 wrong usage."""
)
@jobs_option
@keeping_options
@rewrites_option
@reading_options
def repl(cache: str | None, no_cache: bool, debug: bool, **options: Any) -> None:
    """Try commands and expressions, one after another.

    Declarations, loads and imports stay for what follows. An expression shows its value; of an
    image, on a terminal, also a small picture. `:help` tells the rest.
    """
    chosen = chosen_cache(cache, no_cache)
    from voxlogica.cli.repl_conversation import converse
    from voxlogica.dialogue import Dialogue

    own_libraries(options["jobs"])

    # The whole of both: prompts and pictures would be in the way of whatever reads the output.
    is_terminal = sys.stdin is not None and sys.stdin.isatty() and sys.stdout.isatty()
    with Dialogue(cache=chosen, **options) as session:
        status = converse(session, is_terminal, debug)
    if status and not is_terminal:
        raise click.exceptions.Exit(status)
