"""`voxlogica check`."""

from __future__ import annotations

import sys
from typing import Any

import click

from voxlogica.cli.cases_options import only_with_cases, source_options
from voxlogica.cli.files import whole_file
from voxlogica.cli.interruption import is_interruption, obey
from voxlogica.cli.options import (
    given,
    json_option,
    named,
    programs_argument,
    reading_options,
    strict_option,
)
from voxlogica.cli.reporting import WritingCommand, reporting
from voxlogica.cli.streams import own_libraries, show


@click.command(
    cls=WritingCommand,
    epilog="""\b
Examples:
  voxlogica check glioma.imgql
  voxlogica check *.imgql
  voxlogica check glioma.imgql -D NAME=case_001 --json -     for editors
  voxlogica check glioma.imgql --cases cases.csv    as each case has it

Exit status: 0 the programs may be run; 1 there are errors; 2 wrong usage.""",
)
@programs_argument
@source_options
@json_option("Write the messages to FILE (`-`: standard output).")
@strict_option
@reading_options
@reporting
def check(
    programs: tuple[str, ...], json_file: str | None, cases: str | None, **options: Any
) -> None:
    """Find the mistakes of programs without running them.

    Names, types, the files they load and the formats they save are checked; and it is told where
    the two readings of ImgQL differ. With --cases, all that for each case.
    """
    if cases is None:
        only_with_cases(options)
    else:
        from voxlogica.cli.case_sources import refuse_to_replace

        refuse_to_replace(cases, {**options, "json_file": json_file})
    with whole_file(json_file, programs) as write_json:
        from voxlogica import running
        from voxlogica.report.run_json import diagnostics_json
        from voxlogica.syntax.diagnostics import error

        try:
            obey()
            own_libraries()
            if cases is not None:
                from voxlogica.cli.cases_check import check_cases

                check_cases(programs, cases, lambda d: write_json(diagnostics_json(d)), options)
                return
            diagnostics = running.check(given(programs), **options)
        except BaseException as broken:
            if is_interruption(broken):
                write_json(diagnostics_json([error("interrupted")]))
            raise
        show(diagnostics)
        write_json(diagnostics_json(diagnostics))
    if any(d.severity == "error" for d in diagnostics):
        raise click.exceptions.Exit(1)
    if json_file is None:
        found = "no errors" if diagnostics else "no mistakes"
        print(f"{found} in {named(programs)}", file=sys.stderr)
