"""What `run --cases` tells of numbers: its options, and what they make of rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from voxlogica.cli.options import file_to_write, together
from voxlogica.cli.reporting import complaint
from voxlogica.cli.streams import show, show_text

if TYPE_CHECKING:
    from voxlogica.batch.best import Best
    from voxlogica.batch.criterion import Criterion
    from voxlogica.engine.cases import Case, Row
    from voxlogica.syntax.source import Source

# So many groups are shown, and so many are in the file.
_SHOWN, _WRITTEN = 24, 200

STATISTICS_OPTIONS = {
    "group_by": "--group-by",
    "best": "--best",
    "best_least": "--best-least",
    "split": "--split",
    "summary_file": "--summary",
}
statistics_options = together(
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


class Statistics(NamedTuple):
    """What is to be told of the numbers of cases; `sweep` are the names that are swept."""

    criterion: Criterion | None
    sweep: Sequence[str]
    group_by: str | None
    split: str | None
    is_quiet: bool
    write: Callable[[str], None] | None

    def tell(self, rows: Iterable[Row]) -> Callable[[], bool]:
        """Write what the numbers say; gives what shows it, and says whether nothing is wrong.

        The rows are gone through more than once.
        """
        from voxlogica.syntax.diagnostics import VoxLogicaError

        if self.is_quiet and self.write is None and self.criterion is None:
            return lambda: True
        wrong, found = list[VoxLogicaError](), None
        try:
            found = self._best(rows)
        except VoxLogicaError as none:
            wrong.append(none)
        text = self._summed_up(rows, found)

        def shown() -> bool:
            if text:
                show_text(text)
            for none in wrong:
                show(none.diagnostics)
            return not wrong

        return shown

    def _best(self, rows: Iterable[Row]) -> Best | None:
        if self.criterion is None:
            return None
        from voxlogica.batch.best import best

        return best(rows, self.criterion, self.sweep, self.group_by, self.split)

    def _summed_up(self, rows: Iterable[Row], best: Best | None) -> str:
        """The text of what the numbers say, of the best combination where one is wanted."""
        from voxlogica.batch.best_text import best_text, best_tree
        from voxlogica.report.cases_summary import Group, summarise, summary_tree
        from voxlogica.report.run_json import json_text
        from voxlogica.report.summary_text import summary_text

        most = _WRITTEN if self.write else _SHOWN
        if best is None:
            summary = summarise(rows, self.group_by, self.sweep, most)
        else:
            of_best = (r for r in rows if Group.of(r.case, self.sweep) == best.combination)
            summary = summarise(of_best, self.group_by, (), most)
        if self.write is not None:
            told = best and best_tree(best)
            self.write(json_text({**summary_tree(summary), "best": told}))
        text = "" if self.is_quiet else summary_text(summary, _SHOWN)
        if best is None:
            return text
        # What was asked for is told also where it is quiet.
        return best_text(best) + (text and f"\n\nwith {best.combination}:\n{text}")


def statistics(
    programs: Sequence[Source],
    cases: Sequence[Case],
    options: Mapping[str, Any],
    write: Callable[[str], None],
) -> Statistics:
    """What the options want to be told, checked before anything runs.

    Raises UsageError, or VoxLogicaError.
    """
    sweep = [one.name for one in options["sweeps"]]
    least = options["best_least"] is not None
    text = options["best_least"] if least else options["best"]
    if least and options["best"] is not None:
        raise click.UsageError("--best and --best-least exclude each other")
    option = "--best-least" if least else "--best"
    if text is not None and not sweep:
        raise click.UsageError(f"{option} compares what --sweep sets: there is no --sweep")
    if options["split"] is not None and text is None:
        raise click.UsageError("--split says which cases --best chooses by: there is no --best")
    if options["split"] is not None and options["group_by"] is not None:
        raise click.UsageError("--split and --group-by are two ways to try what is chosen: one")
    for name in ("group_by", "split"):
        _check_column(STATISTICS_OPTIONS[name], options[name], cases, sweep)
    if text is not None and options["group_by"] is not None:
        _check_groups(options["group_by"], cases, option)
    if options["split"] is not None:
        from voxlogica.batch.best import check_split, split_of

        found = dict.fromkeys(split_of(case, options["split"]) for case in cases)
        check_split(options["split"], found)
    return Statistics(
        None if text is None else _criterion(text, least, programs, cases, options),
        sweep,
        options["group_by"],
        options["split"],
        options["quiet"],
        None if options["summary_file"] is None else write,
    )


def _criterion(
    text: str,
    least: bool,
    programs: Sequence[Source],
    cases: Sequence[Case],
    options: Mapping[str, Any],
) -> Criterion:
    from voxlogica.batch.criterion import read_criterion
    from voxlogica.language.programs import outline

    own = cases[0].definitions if cases else {}
    found = outline(programs, {**options["definitions"], **own}, options["dialect"])
    return read_criterion(text, [*dict.fromkeys(found.prints)], least=least)


def _check_column(
    option: str, column: str | None, cases: Sequence[Case], sweep: Sequence[str]
) -> None:
    """Raise the error that an option names no column of the cases."""
    if column is None or not cases:
        return
    from voxlogica.batch.words import in_code, listed
    from voxlogica.syntax.diagnostics import nearest

    columns = [name for name in cases[0].columns if name not in sweep]
    if column in sweep:
        message = f"`{option} {column}`: that is swept, and each combination is told by itself"
        raise complaint(message)
    # The first column of each table is called `case`.
    if column not in (*columns, "case"):
        near = nearest(column, columns)
        hint = f"did you mean `{near}`?" if near else f"there are {listed(in_code(columns))}"
        raise complaint(f"`{option} {column}`: the cases have no such column", hint)


def _check_groups(column: str, cases: Sequence[Case], option: str) -> None:
    """Raise the error that of some cases nobody knows which others are of the same group."""
    names = [*dict.fromkeys(case.name for case in cases if not case.told(column))]
    if names:
        from voxlogica.batch.words import listed

        what = "1 case has" if len(names) == 1 else f"{len(names)} cases have"
        raise complaint(
            f"`--group-by {column}`: {what} nothing there: {listed(names)}",
            f"{option} tries its choice on one group after another: say of each case whose it is",
        )
