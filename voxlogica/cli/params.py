"""`voxlogica params`."""

from __future__ import annotations

import sys
from typing import Any

import click

from voxlogica.cli.files import whole_file
from voxlogica.cli.options import given, json_option, named, programs_argument, reading_options
from voxlogica.cli.reporting import WritingCommand, reporting
from voxlogica.cli.streams import say


@click.command(
    cls=WritingCommand,
    epilog="""\b
Examples:
  voxlogica params glioma.imgql             what may be set, by -D NAME=VALUE
  voxlogica params glioma.imgql --json -    for scripts

Exit status: 0; 1 a program cannot be read, or declares one wrongly; 2 wrong usage.""",
)
@programs_argument
@json_option("Write them to FILE (`-`: standard output, in place of the text).")
@reading_options
@reporting
def params(programs: tuple[str, ...], json_file: str | None, **options: Any) -> None:
    """List the parameters of programs, which -D sets.

    Each with its default, type and range, and the comment that stands beside it: those that `param`
    declares in the programs, or in libraries that they import.
    """
    with whole_file(json_file, programs) as write_json:
        from shutil import get_terminal_size

        from voxlogica import running
        from voxlogica.report.parameters import parameters_json, parameters_text
        from voxlogica.syntax.diagnostics import VoxLogicaError

        try:
            found = running.parameters(given(programs), **options)
        except VoxLogicaError as wrong:
            write_json(parameters_json((), wrong.diagnostics))
            raise
        write_json(parameters_json(found))
    if not found:
        print(f"no parameters in {named(programs)}", file=sys.stderr)
    elif json_file != "-":
        say(parameters_text(found, get_terminal_size().columns))
