"""What `run --cases` tells of the numbers of rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from voxlogica.cli.reporting import complaint, refuse
from voxlogica.cli.streams import show, show_text

if TYPE_CHECKING:
    from voxlogica.batch.best import Best
    from voxlogica.batch.criterion import Criterion
    from voxlogica.engine.cases import Case, Row
    from voxlogica.syntax.source import Source

# So many groups are shown, and so many are in the file.
_SHOWN, _WRITTEN = 24, 200


def numbers_told(
    rows: Iterable[Row],
    criterion: Criterion | None,
    options: Mapping[str, Any],
    write: Callable[[str], None],
) -> Callable[[], bool]:
    """Write what the numbers say; gives what shows it, and says whether nothing is wrong.

    The rows are gone through more than once.
    """
    from voxlogica.batch.best import best
    from voxlogica.syntax.diagnostics import VoxLogicaError

    if options["quiet"] and options["summary_file"] is None and criterion is None:
        return lambda: True
    wrong, found = list[VoxLogicaError](), None
    if criterion is not None:
        try:
            sweep = [one.name for one in options["sweeps"]]
            found = best(rows, criterion, sweep, options["group_by"], options["split"])
        except VoxLogicaError as none:
            wrong.append(none)
    text = _summed_up(rows, found, options, write)

    def shown() -> bool:
        if text:
            show_text(text)
        for none in wrong:
            show(none.diagnostics)
        return not wrong

    return shown


def _summed_up(
    rows: Iterable[Row],
    best: Best | None,
    options: Mapping[str, Any],
    write: Callable[[str], None],
) -> str:
    """The text of what the numbers say, of the best combination where one is wanted."""
    from voxlogica.batch.best_text import best_text, best_tree
    from voxlogica.report.cases_summary import CaseGroup, summarise, summary_tree
    from voxlogica.report.run_json import json_text
    from voxlogica.report.summary_text import summary_text

    swept = [one.name for one in options["sweeps"]]
    is_written = options["summary_file"] is not None
    most = _WRITTEN if is_written else _SHOWN
    if best is None:
        summary = summarise(rows, options["group_by"], swept, most)
    else:
        of_best = (r for r in rows if CaseGroup.of(r.case, swept) == best.combination)
        summary = summarise(of_best, options["group_by"], (), most)
    if is_written:
        write(json_text({**summary_tree(summary), "best": best and best_tree(best)}))
    text = "" if options["quiet"] else summary_text(summary, _SHOWN)
    if best is None:
        return text
    # What was asked for is told also where it is quiet.
    return best_text(best) + (text and f"\n\nwith {best.combination}:\n{text}")


def criterion_of(
    programs: Sequence[Source], cases: Sequence[Case], options: Mapping[str, Any]
) -> Criterion | None:
    """What is to be best, if anything is; all that is to be told is checked before anything runs.

    Raises UsageError, or VoxLogicaError.
    """
    sweep = [one.name for one in options["sweeps"]]
    greatest, least = options["best"], options["best_least"]
    group_by, split = options["group_by"], options["split"]
    text = greatest if least is None else least
    option = "--best" if least is None else "--best-least"
    refuse(
        (None not in (greatest, least), "--best and --best-least exclude each other"),
        (
            text is not None and not sweep,
            f"{option} compares what --sweep sets: there is no --sweep",
        ),
        (
            split is not None and text is None,
            "--split says which cases --best chooses by: there is no --best",
        ),
        (
            None not in (split, group_by),
            "--split and --group-by are two ways to try what is chosen: one",
        ),
    )
    _check_column("--group-by", group_by, cases, sweep)
    _check_column("--split", split, cases, sweep)
    if text is not None and group_by is not None:
        _check_groups(group_by, cases, option)
    if split is not None:
        from voxlogica.batch.best import check_split, split_of

        check_split(split, dict.fromkeys(split_of(case, split) for case in cases))
    if text is None:
        return None
    from voxlogica.batch.criterion import read_criterion
    from voxlogica.language.programs import outline

    own = cases[0].definitions if cases else {}
    found = outline(programs, {**options["definitions"], **own}, options["dialect"])
    return read_criterion(text, [*dict.fromkeys(found.prints)], least=least is not None)


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
