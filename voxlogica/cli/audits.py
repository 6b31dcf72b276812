"""What a run leaves for others than its author: CI systems, and who looks into it later."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from voxlogica.cli.options import file_to_write, together
from voxlogica.cli.programs import named
from voxlogica.cli.streams import in_a_workflow, is_same_file, report_file

if TYPE_CHECKING:
    from voxlogica.engine.cases import Row
    from voxlogica.engine.results import Report

# Writes what is to be told of rows: of those that it is given a function for, where any file is to
# be written. They are gone through more than once.
Audit = Callable[[Callable[[], "Iterable[Row]"]], None]

audit_options = together(
    click.option(
        "--junit",
        "junit_file",
        metavar="FILE",
        callback=file_to_write,
        help="Write what came of the run to FILE as JUnit's XML, for CI systems: a false assertion"
        " is a failure, a case that failed an error.",
    ),
)


@contextmanager
def audited(programs: Sequence[str], junit_file: str | None) -> Iterator[Audit]:
    """Gives what writes the files that the options ask for, which appear whole or not at all.

    Raises OutputError.
    """
    began = time.time()
    names = [named([program]) for program in programs]
    with report_file(junit_file, programs) as write_junit:

        def audit(rows: Callable[[], Iterable[Row]]) -> None:
            if junit_file is not None:
                from voxlogica.report.junit import junit_xml

                write_junit(junit_xml(names, rows(), began))

        yield audit


def as_row(programs: Sequence[str], report: Report) -> Row:
    """What came of programs that run once: they are the case."""
    from voxlogica.engine.cases import Case, Row

    return Row.of(Case(0, named(programs), {}), report)


def annotate(rows: Iterable[Row]) -> None:
    """Tell GitHub what is wrong with cases, in a step of a workflow."""
    if in_a_workflow():
        from voxlogica.report.annotations import row_annotations

        for line in row_annotations(rows, os.environ.get("GITHUB_WORKSPACE", "")):
            print(line, file=sys.stderr)


def each_its_own(files: Mapping[str, str | None]) -> None:
    """Raise UsageError where two options name one file to write; standard output is one, too."""
    given = [(option, file) for option, file in files.items() if file is not None]
    for i, (option, file) in enumerate(given):
        for other, its in given[:i]:
            if file == its or is_same_file(file, its):
                where = "standard output" if file == "-" else file
                raise click.UsageError(f"{other} and {option} both write to {where}")
