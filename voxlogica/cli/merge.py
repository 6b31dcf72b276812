"""`voxlogica merge`."""

from __future__ import annotations

import sys
from contextlib import ExitStack

import click

from voxlogica.cli.files import each_its_own, refuse_other_kinds, table_text, whole_file
from voxlogica.cli.options import file_to_write
from voxlogica.cli.reporting import WritingCommand, reporting


@click.command(
    cls=WritingCommand,
    epilog="""\b
Examples:
  voxlogica merge part*.csv --csv all.csv          what jobs have written
  voxlogica merge all.csv again.csv --csv all.csv  after --only-failed all.csv
  voxlogica merge all.csv.rows.jsonl               what a killed run had done

Exit status: 0 done; 1 a part cannot be read, or parts contradict each other; 2 wrong usage.""",
)
@click.argument("parts", metavar="PART...", nargs=-1, required=True)
@click.option(
    "--csv",
    "csv_file",
    metavar="FILE",
    callback=file_to_write,
    help="Write the table to FILE; otherwise it goes to standard output.",
)
@click.option(
    "--json", "json_file", metavar="FILE", callback=file_to_write, help="The same as an array."
)
@click.option(
    "--jsonl", "jsonl_file", metavar="FILE", callback=file_to_write, help="A line of JSON a case."
)
@click.option("--debug", is_flag=True, help="Show Python's traceback of a defect.")
@reporting
def merge(
    parts: tuple[str, ...], csv_file: str | None, json_file: str | None, jsonl_file: str | None
) -> None:
    """Make one table of several: of shards, of what ran again.

    A PART is a CSV, JSON or JSON lines that `run --cases` has written, or a journal (`.rows.jsonl`)
    that it has left. Parts come as they are named; those whose names differ in numbers alone, in
    the order of these. A case that has failed in one
    part and not in another is as in the other.
    """
    from voxlogica.batch.earlier_tables import case_name
    from voxlogica.batch.merging import lacking, merged, read_part
    from voxlogica.report.cases_verdict import counted

    if csv_file is json_file is jsonl_file is None:
        csv_file = "-"
    wanted = {"--csv": csv_file, "--json": json_file, "--jsonl": jsonl_file}
    each_its_own(wanted)
    refuse_other_kinds(wanted)
    with ExitStack() as files:
        writing = [
            (files.enter_context(whole_file(file, (), is_table=True)), option, file)
            for option, file in wanted.items()
            if file is not None
        ]
        read = [read_part(name) for name in parts]
        lines = merged(read)
        for said in lacking(read):
            print(f"note: {said}", file=sys.stderr)
        for write, option, file in writing:
            write(table_text(option, file, lines))
    failed = sum(line["error"] is not None for line in lines)
    what = "1 table" if len(parts) == 1 else f"{len(parts)} tables"
    cases = counted(len(lines), len({case_name(line) for line in lines}))
    print(f"{cases} of {what}, {failed} failed", file=sys.stderr)
