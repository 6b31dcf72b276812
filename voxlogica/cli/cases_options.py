"""The option `--cases`, and those that go with it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from voxlogica.cli.options import file_to_write, read_by, settable, together

# What makes no sense without `--cases`: parameters of the command, and how they are written.
SOURCE_OPTIONS = {"sweeps": "--sweep", "shard": "--shard", "only_failed": "--only-failed"}
STATISTICS_OPTIONS = {
    "group_by": "--group-by",
    "best": "--best",
    "best_least": "--best-least",
    "split": "--split",
    "summary_file": "--summary",
}
CASES_OPTIONS = SOURCE_OPTIONS | {
    "csv_file": "--csv",
    "jsonl_file": "--jsonl",
    "fail_fast": "--fail-fast",
    **STATISTICS_OPTIONS,
}


def _sweeps(context: click.Context, option: click.Parameter, texts: tuple[str, ...]) -> Any:
    """What each says, and whether all together can be run."""
    if not texts:
        return ()
    from voxlogica.batch.sweeps import check_product, sweep

    try:
        found = tuple(sweep(text) for text in texts)
        check_product(found)
    except ValueError as wrong:
        raise click.BadParameter(str(wrong), context, option) from wrong
    return found


def only_with_cases(options: dict[str, Any], names: Mapping[str, str] = SOURCE_OPTIONS) -> None:
    """Take away options that go with `--cases` alone. Raises UsageError where one is given."""
    for name, written in names.items():
        if options.pop(name):
            raise click.UsageError(f"{written} goes with --cases")


# Which cases there are.
source_options = together(
    click.option(
        "--cases",
        metavar="PATTERN|TABLE",
        type=click.Path(readable=False),
        help="Run for each case: each match of a pattern such as 'data/{CASE}/flair.nii.gz', or"
        " each row of a table (CSV, TSV, JSON; `-`: standard input).",
    ),
    click.option(
        "--sweep",
        "sweeps",
        metavar="NAME=VALUES",
        multiple=True,
        callback=_sweeps,
        shell_complete=settable,
        help="With --cases, run each with NAME set to each of the values: FROM:TO:STEP, as in"
        " high=0.9:0.99:0.01, or a list, as in low=0.8,0.85. May be repeated: all combinations.",
    ),
    click.option(
        "--shard",
        metavar="K/N",
        callback=read_by("voxlogica.batch.shards", "shard"),
        help="With --cases, only the K-th of N parts of them, for jobs side by side.",
    ),
    click.option(
        "--only-failed",
        metavar="TABLE",
        type=click.Path(readable=False),
        help="With --cases, only those that failed, or are not there, in the table of an earlier"
        " run.",
    ),
)

cases_options = together(
    source_options,
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
    click.option(
        "--group-by",
        metavar="COLUMN",
        help="With --cases, sum up numbers also for each value of COLUMN; with --best, try the"
        " choice on each such group, chosen without it.",
    ),
    click.option(
        "--best",
        metavar="STATISTIC",
        help="With --sweep, tell the combination whose STATISTIC over the cases is greatest, such"
        " as 'mean(dice)' or 'quantile(dice, 0.1)', and what it is worth on unseen cases.",
    ),
    click.option(
        "--best-least", metavar="STATISTIC", help="As --best, for what is to be small: distances."
    ),
    click.option(
        "--split",
        metavar="COLUMN",
        help="With --best, choose by the cases that have `train` in COLUMN, and try on those that"
        " have `test`.",
    ),
    click.option(
        "--summary",
        "summary_file",
        metavar="FILE",
        callback=file_to_write,
        help="With --cases, write what is told of the numbers to FILE, as JSON.",
    ),
)
