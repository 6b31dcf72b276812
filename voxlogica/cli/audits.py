"""What a run leaves for others than its author: CI systems, and who looks into it later."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any

import click

from voxlogica.cli.files import PAGE, whole_file
from voxlogica.cli.interruption import is_interruption
from voxlogica.cli.options import file_to_write, together
from voxlogica.cli.streams import in_a_workflow

if TYPE_CHECKING:
    from voxlogica.engine.cases import Case, Row
    from voxlogica.engine.results import Report
    from voxlogica.report.cases_verdict import GatheredPictures

# Writes what is to be told, where any file is to be written: of what was left by programs that ran
# once; or of what was gathered of cases, their rows, and the cases that were not carried out.
Audit = Callable[["Report | GatheredPictures", "Iterable[Row] | None", "Sequence[Case]"], None]

# What is written of rows: by the parameter that has the file's name, the option, and of what
# replaces its own kind only, what that is told by.
_AUDITS = {
    "junit_file": ("--junit", b""),
    "provenance_file": ("--provenance", b""),
    "page_file": ("--report", PAGE),
}

audit_options = together(
    click.option(
        "--junit",
        "junit_file",
        metavar="FILE",
        callback=file_to_write,
        help="Write what came of the run to FILE as JUnit's XML, for CI systems: a false assertion"
        " is a failure, a case that failed an error.",
    ),
    click.option(
        "--provenance",
        "provenance_file",
        metavar="FILE",
        callback=file_to_write,
        help="Write where results come from to FILE, an RO-Crate: digests of what was read and"
        " saved, parameters, versions, times. `voxlogica verify FILE` computes it again.",
    ),
    click.option(
        "--report",
        "page_file",
        metavar="FILE",
        callback=file_to_write,
        help="Write a page to look at and hand on to FILE, one HTML file: prints, assertions, what"
        " was saved as pictures over its scan, the program, the plan, what it takes to repeat it.",
    ),
    click.option(
        "--no-slider",
        "no_slider",
        is_flag=True,
        help="With --report, still pictures alone: the page is smaller, and made sooner.",
    ),
)


def take_audits(options: dict[str, Any]) -> dict[str, Any]:
    """Take what is for audits alone out of a command's options."""
    return {name: options.pop(name) for name in (*_AUDITS, "no_slider")}


def audit_files(options: Mapping[str, Any]) -> dict[str, str | None]:
    """The files that are to be written, by option."""
    return {option: options[name] for name, (option, _) in _AUDITS.items()}


@contextmanager
def audited(programs: Sequence[str], options: Mapping[str, Any]) -> Iterator[Audit]:
    """Gives what writes the files that the options ask for, which appear whole or not at all.

    Raises OutputError, or UsageError.
    """
    began = time.time()
    if options["no_slider"] and options["page_file"] is None:
        raise click.UsageError("--no-slider is of a page, which `--report FILE` writes")
    with ExitStack() as files:
        write = {
            name: files.enter_context(whole_file(options[name], programs, mark=mark))
            for name, (_, mark) in _AUDITS.items()
            if options[name] is not None
        }

        def audit(
            left: Report | GatheredPictures, rows: Iterable[Row] | None, skipped: Sequence[Case]
        ) -> None:
            if write:
                from voxlogica.cli.audit_texts import TEXTS, Told, as_row

                rows = [as_row(programs, left)] if rows is None else rows
                told = Told(rows, skipped, left, programs, began, options)
                for name, written in write.items():
                    written(TEXTS[name](told))

        yield audit


@cache
def get_page_ready() -> None:
    """Begin to import what a page needs, once: for when kernels are at work, without Python."""
    from threading import Thread

    Thread(target=import_module, args=["voxlogica.report.page"], daemon=True).start()


@contextmanager
def failure_told(programs: Sequence[str], audit: Audit) -> Iterator[None]:
    """Writes that there are no rows, where they do not come to be: with what is wrong instead."""
    try:
        yield
    except (click.ClickException, click.exceptions.Exit):
        raise
    except Exception as broken:
        if not is_interruption(broken):
            from voxlogica.cli.audit_texts import failure

            row, report = failure(programs, broken)
            audit(report, [row], ())
        raise


def annotate(rows: Iterable[Row], *, warnings: bool = True) -> None:
    """Tell GitHub what is wrong with cases, in a step of a workflow."""
    if in_a_workflow():
        from voxlogica.report.annotations import row_annotations

        root = os.environ.get("GITHUB_WORKSPACE", "")
        for line in row_annotations(rows, root, warnings=warnings):
            print(line, file=sys.stderr)
