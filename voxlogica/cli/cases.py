"""`voxlogica run --cases`: a program over many cases."""

from __future__ import annotations

from typing import Any

import click

from voxlogica.cli.audits import annotate, audited
from voxlogica.cli.options import chosen_cache
from voxlogica.cli.programs import given
from voxlogica.cli.reporting import ASSERTS_FALSE
from voxlogica.cli.streams import report_file, say


def run_over_cases(
    programs: tuple[str, ...], cases: str, csv_file: str | None, **options: Any
) -> None:
    """Run programs for each case, and write the table of what came of them."""
    from queue import SimpleQueue

    from voxlogica.api import read_program
    from voxlogica.cases.carrying_out import run_cases
    from voxlogica.cases.sources import read_cases
    from voxlogica.engine.memory import Memory
    from voxlogica.report.cases_table import cases_csv
    from voxlogica.running import Settings
    from voxlogica.syntax.source import Source

    warned: SimpleQueue[str] = SimpleQueue()
    settings = Settings(
        options["jobs"],
        chosen_cache(options["cache"], options["no_cache"]),
        Memory(options["memory_limit"], warned.put),
        warned,
        options["rewrites"],
        options["compression"],
        options["strict"],
    )
    sources = [p if isinstance(p, Source) else read_program(p) for p in given(programs)]
    found = read_cases(cases)
    fixed = options["definitions"]
    rows = [*run_cases(sources, found, settings, options["dialect"], definitions=fixed)]
    table = cases_csv(rows)
    if csv_file in (None, "-"):
        say(table)
    else:
        with report_file(csv_file, programs) as write:
            write(table)
    with audited(programs, options["junit_file"]) as audit:
        audit(lambda: rows)
    annotate(rows)
    if any(row.failed for row in rows):
        raise click.exceptions.Exit(1)
    if not all(checked.value for row in rows for checked in row.asserts):
        raise click.exceptions.Exit(ASSERTS_FALSE)
