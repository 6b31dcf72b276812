"""The best combination of a sweep, and what it is worth on cases that it was not chosen by."""

from __future__ import annotations

import math
from array import array
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from voxlogica.batch.choosing import Matrix, chosen, chosen_without
from voxlogica.batch.criterion import Criterion
from voxlogica.batch.words import complaint, listed
from voxlogica.dataclass import dataclass
from voxlogica.engine.cases import Case, Row
from voxlogica.language.parameters import Constant
from voxlogica.report.cases_summary import CaseGroup, is_number
from voxlogica.report.spread import Spread
from voxlogica.syntax.diagnostics import VoxLogicaError

TRAIN, TEST = "train", "test"
# So many of those that are left out are named in an error.
_NAMED = 3


class LeftOut(NamedTuple):
    """A combination that is left out, and the cases for which it has no number."""

    combination: CaseGroup
    cases: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Unseen:
    """What a choice is worth on cases that it was not made by.

    `value` is the criterion of their numbers, `spread` what those are like. Where cases were left
    out in turn, one by one or `groups` of them, `chosen` says of how many turns each combination
    was the choice; else they are the test cases, `without` those of them that have no number.
    """

    value: float
    spread: Spread
    groups: int = 0
    chosen: tuple[tuple[CaseGroup, int], ...] = ()
    without: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Best:
    """The best of the `compared` combinations: its `value` by the criterion, its numbers' spread.

    Left out were combinations without a number for some case, and cases without one in any. On
    `unseen` cases there is nothing to tell where there are none. `at_ends` are the names whose
    value is the least or greatest that was swept, of three numbers or more. Of a split, `unused`
    are the values beside `train` and `test`, with how many cases have each.
    """

    criterion: Criterion
    combination: CaseGroup
    value: float
    spread: Spread
    compared: int
    left_out: tuple[LeftOut, ...]
    cases_left_out: tuple[str, ...]
    unseen: Unseen | None
    at_ends: tuple[str, ...] = ()
    split: str | None = None
    unused: tuple[tuple[str, int], ...] = ()


def best(
    rows: Iterable[Row],
    criterion: Criterion,
    sweep: Sequence[str],
    group_by: str | None = None,
    split: str | None = None,
) -> Best:
    """The best combination of what was swept, the columns `sweep`.

    It is chosen by all cases; or by those whose value in the column `split` is `train`, and then
    tried on those where it is `test`. A case that has a number in no combination is left out, and
    then each combination that has none for some case; what is not finite is no number. Without a
    split, the choice is tried on each case, or on each group of cases of one value in the column
    `group_by`, by choosing again without it.

    The rows are gone through once. Raises VoxLogicaError where nothing can be chosen.
    """
    found = _Numbers.of(rows, criterion, sweep, group_by, split)
    everyone = range(len(found.cases))
    by = [case for case in everyone if split is None or found.splits[case] == TRAIN]
    tried = [case for case in everyone if split is not None and found.splits[case] == TEST]
    if split is not None:
        check_split(split, found.splits)
    usable = [case for case in by if found.has[:, case].any()]
    if not usable:
        raise _nothing(criterion, found, by)
    lacking = [
        LeftOut(group, tuple(found.cases[case] for case in usable if not found.has[number, case]))
        for number, group in enumerate(found.combinations)
    ]
    complete = [number for number, (_, lacks) in enumerate(lacking) if not lacks]
    if not complete:
        raise _none_complete(criterion, lacking)
    among = found.values[complete][:, usable]
    best_of = chosen(among, criterion)
    combination, values = complete[best_of], among[best_of].tolist()
    return Best(
        criterion,
        found.combinations[combination],
        criterion.of(values),
        Spread.of(values, [found.cases[case] for case in usable]),
        len(complete),
        tuple(left_out for left_out in lacking if left_out.cases),
        tuple(found.cases[case] for case in by if not found.has[:, case].any()),
        _of_test(found, criterion, combination, tried)
        if split is not None
        else _left_out_in_turn(found, criterion, complete, usable),
        _at_ends(
            found.combinations,
            combination,
            lambda of: criterion.of(found.values[of, usable].tolist()) if of in complete else None,
        ),
        split,
        tuple(Counter(of for of in found.splits if of not in (TRAIN, TEST)).items())
        if split is not None
        else (),
    )


def _at_ends(
    combinations: Sequence[CaseGroup], best: int, score: Callable[[int], float | None]
) -> tuple[str, ...]:
    """The names whose best value is the least or greatest of three or more numbers.

    But none that makes no difference: all that differ from the best in its value alone are as good.
    `score` gives that of a combination, if it has one.
    """
    found: list[str] = []
    for at, (name, text) in enumerate(combinations[best].values):
        try:
            numbers = {float(group.values[at][1]) for group in combinations}
        except ValueError:
            continue
        if len(numbers) < 3 or float(text) not in (min(numbers), max(numbers)):
            continue
        others = {*combinations[best].values[:at], *combinations[best].values[at + 1 :]}
        alike = [of for of, group in enumerate(combinations) if others <= {*group.values}]
        if len(alike) < len(numbers) or {*map(score, alike)} != {score(best)}:
            found.append(name)
    return tuple(found)


@dataclass(frozen=True, slots=True)
class _Numbers:
    """The numbers of each combination (a row) for each case (a column), nan where there is none."""

    combinations: Sequence[CaseGroup]
    cases: Sequence[str]
    groups: Sequence[str]
    splits: Sequence[str]
    values: Matrix
    has: NDArray[np.bool_]

    @staticmethod
    def of(
        rows: Iterable[Row],
        criterion: Criterion,
        sweep: Sequence[str],
        group_by: str | None,
        split: str | None,
    ) -> _Numbers:
        """The numbers that rows have under the criterion's label."""
        combinations: list[CaseGroup] = []
        numbers: dict[tuple[Constant, ...], int] = {}
        cases: dict[str, int] = {}
        groups: list[str] = []
        splits: list[str] = []
        found, at = array("d"), array("q")
        for row in rows:
            case = row.case
            swept = tuple(case.columns[name] for name in sweep)
            if swept not in numbers:
                numbers[swept] = len(numbers)
                combinations.append(CaseGroup.of(case, sweep))
            if case.name not in cases:
                groups.append(case.name if group_by is None else case.told(group_by))
                splits.append("" if split is None else split_of(row.case, split))
            at.extend((numbers[swept], cases.setdefault(case.name, len(cases))))
            labelled = (p.value for p in row.prints if (p.written or p.name) == criterion.label)
            value = next(labelled, None)
            found.append(value if is_number(value) and math.isfinite(value) else math.nan)
        values = np.full((len(combinations), len(cases)), np.nan)
        places = np.frombuffer(at, np.int64).reshape(-1, 2)
        values[places[:, 0], places[:, 1]] = found
        return _Numbers(combinations, [*cases], groups, splits, values, ~np.isnan(values))


def split_of(case: Case, column: str) -> str:
    """Which part of a split a case belongs to: `train` and `test` are those that count."""
    return case.told(column).strip().lower()


def _of_test(
    found: _Numbers, criterion: Criterion, combination: int, tried: Sequence[int]
) -> Unseen | None:
    """What a combination is worth on the test cases."""
    has = [case for case in tried if found.has[combination, case]]
    if not has:
        return None
    values = found.values[combination, has].tolist()
    return Unseen(
        criterion.of(values),
        Spread.of(values, [found.cases[case] for case in has]),
        without=tuple(found.cases[case] for case in tried if not found.has[combination, case]),
    )


def _left_out_in_turn(
    found: _Numbers, criterion: Criterion, complete: Sequence[int], usable: Sequence[int]
) -> Unseen | None:
    """What choosing is worth: without each group in turn, tried on that."""
    numbers: dict[str, int] = {}
    groups = [numbers.setdefault(found.groups[case], len(numbers)) for case in usable]
    if len(numbers) < 2:
        return None
    among = found.values[complete][:, usable]
    turns = chosen_without(among, criterion, groups)
    values = [float(among[turns[group], at]) for at, group in enumerate(groups)]
    choices = Counter(found.combinations[complete[turn]] for turn in turns)
    return Unseen(
        criterion.of(values),
        Spread.of(values, [found.cases[case] for case in usable], groups),
        len(numbers),
        tuple(choices.most_common()),
    )


def check_split(split: str, splits: Collection[str]) -> None:
    """Raise VoxLogicaError where the values of a column `split` have not both parts."""
    wanted = next((part for part in (TRAIN, TEST) if part not in splits), None)
    if wanted is None:
        return
    values = [f"`{value}`" if value else "nothing" for value in dict.fromkeys(splits)]
    others = listed(values, _NAMED)
    said = f"no case is `{wanted}` in the column `{split}`: it has {others}"
    hint = f"`{TRAIN}` is what is chosen by, `{TEST}` what that is tried on"
    raise complaint(said, hint)


def _nothing(criterion: Criterion, found: _Numbers, by: Sequence[int]) -> VoxLogicaError:
    names = listed([found.cases[case] for case in by], _NAMED)
    said = f"there is no best combination by {criterion}: no case has a number there, of {names}"
    return complaint(said, "their rows say why")


def _none_complete(criterion: Criterion, lacking: Sequence[LeftOut]) -> VoxLogicaError:
    fewest = min(lacking, key=lambda left_out: len(left_out.cases))
    said = f"there is no best combination by {criterion}: each lacks a number for some case"
    names = listed(fewest.cases, _NAMED)
    return complaint(said, f"fewest lacks {fewest.combination}: those of {names}")
