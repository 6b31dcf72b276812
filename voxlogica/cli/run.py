"""`voxlogica run`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from voxlogica.cli.interruption import is_interruption
from voxlogica.cli.options import (
    file_to_write,
    no_rewrites_option,
    programs_argument,
    reading_options,
    size,
)
from voxlogica.cli.reporting import defect_message, reporting
from voxlogica.cli.streams import report_file, say

if TYPE_CHECKING:
    from voxlogica.syntax.ast import Dialect


class WholeNumber(click.IntRange):
    """A range of numbers; click calls it by its name when something else is given."""

    name = "whole number"


@click.command(
    epilog="""\b
Examples:
  voxlogica run glioma.imgql
  voxlogica run glioma.imgql -D INPUTDIR=data -D NAME=case_001
  voxlogica run a.imgql b.imgql            what both need is computed once
  voxlogica run volume.imgql --json -      everything about the run, for scripts
  dice=$(voxlogica run -q dice.imgql)      standard output has the printed lines only

Exit status: 0 done; 1 a program is wrong, or failed; 2 wrong usage; 130 interrupted.
When a run fails, nothing is printed or written."""
)
@programs_argument
@click.option(
    "-j",
    "--jobs",
    type=WholeNumber(min=1),
    metavar="N",
    help="Compute on N threads; all cores by default.",
)
@click.option(
    "--json",
    "json_file",
    metavar="FILE",
    callback=file_to_write,
    help="Write results, messages and statistics to FILE, also when the run fails; with `-`, to"
    " standard output, instead of the printed lines.",
)
@click.option(
    "--cache",
    metavar="DIR",
    help="Keep results in DIR, and use what is there; otherwise in $VOXLOGICA_CACHE or the user's"
    " cache folder.",
)
@click.option("--no-cache", is_flag=True, help="Neither use kept results nor keep any.")
@click.option(
    "--memory-limit",
    metavar="SIZE",
    callback=size,
    help="Hold no more than SIZE of results in memory (such as 2GB); others wait in files.",
)
@click.option(
    "--compression",
    type=WholeNumber(0, 9),
    metavar="LEVEL",
    help="How hard .nii.gz files are compressed, from 0 (not at all) to 9; 2 by default. Levels"
    " from 4 on take ten times as long, and save a few per cent.",
)
@no_rewrites_option
@reading_options
@click.option("-q", "--quiet", is_flag=True, help="Neither progress nor warnings.")
@click.option("-v", "--verbose", is_flag=True, help="Tell of each operation, with its seconds.")
@reporting
def run(
    programs: tuple[str, ...],
    definitions: dict[str, str],
    jobs: int | None,
    json_file: str | None,
    cache: str | None,
    no_cache: bool,
    memory_limit: int | None,
    compression: int | None,
    dialect: Dialect | None,
    no_rewrites: bool,
    quiet: bool,
    verbose: bool,
) -> None:
    """Run programs: print what they print, save what they save.

    Several programs run as one. `label=value` lines go to standard output in program order, all
    else to standard error. Lines are printed and files appear only when everything has succeeded.
    """
    if quiet and verbose:
        raise click.UsageError("-q and -v exclude each other")
    if no_cache and cache:
        raise click.UsageError("--cache and --no-cache exclude each other")
    from voxlogica import api
    from voxlogica.cli.progress import watching
    from voxlogica.engine.results import Report, RunError, Stats
    from voxlogica.report.run_json import report_json
    from voxlogica.report.values import value_text

    with report_file(json_file, programs) as write_json:
        try:
            with watching(quiet, verbose) as observe:
                report = api.run(
                    programs,
                    definitions=definitions,
                    dialect=dialect,
                    rewrites=not no_rewrites,
                    jobs=jobs,
                    cache=False if no_cache else cache or True,
                    memory_limit=memory_limit,
                    compression=compression,
                    observe=observe,
                )
        except RunError as failed:
            write_json(report_json(failed.report))
            raise
        except Exception as broken:
            if not is_interruption(broken):
                write_json(report_json(Report((), (), (defect_message(broken),), Stats())))
            raise
        # First, so that nothing is printed when the report cannot be written.
        write_json(report_json(report))
        if json_file != "-":
            say("".join(f"{p.name}={value_text(p.value)}\n" for p in report.prints))
