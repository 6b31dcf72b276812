"""The options of `voxlogica run` that go with `--cases`."""

from __future__ import annotations

import click

from voxlogica.cli.options import file_to_write, together

# What makes no sense without `--cases`: parameters of the command, and how they are written.
CASES_OPTIONS = {"csv_file": "--csv"}

cases_options = together(
    click.option(
        "--cases",
        metavar="PATTERN|TABLE",
        help="Run for each case: each match of a pattern such as 'data/{CASE}/flair.nii.gz', or"
        " each row of a table.",
    ),
    click.option(
        "--csv",
        "csv_file",
        metavar="FILE",
        callback=file_to_write,
        help="With --cases, write the table of what came of them to FILE (`-`: standard output).",
    ),
)
