"""`voxlogica check`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from voxlogica.cli.options import programs_argument, reading_options
from voxlogica.cli.reporting import reporting
from voxlogica.cli.streams import show, whole_file

if TYPE_CHECKING:
    from voxlogica.syntax.ast import Dialect


@click.command(
    epilog="""\b
Examples:
  voxlogica check glioma.imgql
  voxlogica check *.imgql
  voxlogica check glioma.imgql -D NAME=case_001 --json -     for editors

Exit status: 0 the programs may be run; 1 there are errors; 2 wrong usage."""
)
@programs_argument
@click.option(
    "--json", "json_file", metavar="FILE", help="Write the messages to FILE (`-`: standard output)."
)
@reading_options
@reporting
def check(
    programs: tuple[str, ...],
    definitions: dict[str, str],
    dialect: Dialect | None,
    json_file: str | None,
) -> None:
    """Find the mistakes of programs without running them.

    Names, types, the files they load and the formats they save are checked; and it is told where
    the two readings of ImgQL differ.
    """
    from voxlogica import api
    from voxlogica.report.run_json import diagnostics_json

    diagnostics = api.check(programs, definitions=definitions, dialect=dialect)
    show(diagnostics)
    if json_file:
        with whole_file(json_file) as write:
            write(diagnostics_json(diagnostics))
    if any(d.severity == "error" for d in diagnostics):
        raise click.exceptions.Exit(1)
