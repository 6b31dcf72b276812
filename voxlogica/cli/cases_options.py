"""The options of `voxlogica run` that go with `--cases`."""

from __future__ import annotations

import click

from voxlogica.cli.options import file_to_write, together

# What makes no sense without `--cases`: parameters of the command, and how they are written.
CASES_OPTIONS = {"csv_file": "--csv", "jsonl_file": "--jsonl", "fail_fast": "--fail-fast"}

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
        help="With --cases, write the table of what came of them to FILE (`-`: standard output,"
        " where it goes if no table is asked for).",
    ),
    click.option(
        "--jsonl",
        "jsonl_file",
        metavar="FILE",
        callback=file_to_write,
        help="With --cases, write a line of JSON for each; with `-` as soon as it and those before"
        " it are done. (--json FILE is the table as one array.)",
    ),
    click.option(
        "--fail-fast",
        is_flag=True,
        help="With --cases, stop when one has failed.",
    ),
)
