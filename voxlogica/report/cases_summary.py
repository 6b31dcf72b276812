"""What the numbers of cases say: of each column its mean, how sure it is, and how they spread."""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple, TypeGuard

from voxlogica.dataclass import dataclass, field
from voxlogica.engine.cases import Case, Row
from voxlogica.engine.texts import json_value
from voxlogica.report.cases_table import columns_of_row
from voxlogica.report.spread import Spread

# Of numbers that are none, so many cases are named.
_NAMED = 3


class CaseGroup(NamedTuple):
    """Rows that have the same values in some columns; all rows where there are none."""

    values: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        """As in `high=0.95 site=A`."""
        return " ".join(f"{name}={value}" for name, value in self.values)

    @staticmethod
    def of(case: Case, columns: Sequence[str]) -> CaseGroup:
        """The group that a case belongs to."""
        return CaseGroup(tuple((name, case.told(name)) for name in columns))


class Apart(NamedTuple):
    """Rows whose number is counted apart: how many, and the first cases of them."""

    number: int
    cases: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class GroupNumbers:
    """What the numbers of a column in a group are like, none where all are counted apart.

    `by_rule` of them rest on a rule for empty regions; `without` them the others are like that.
    """

    group: CaseGroup
    spread: Spread | None
    by_rule: int
    without: Spread | None
    nan: Apart
    infinite: Apart


class HeldCount(NamedTuple):
    """In how many of the rows of a group that have an assertion it holds."""

    group: CaseGroup
    held: int
    among: int


@dataclass(frozen=True, slots=True)
class Summary:
    """What the rows of cases say: `columns` of numbers and `asserts`, by name, a part a group.

    Of so many `groups` there may be more than are looked at.
    """

    columns: dict[str, tuple[GroupNumbers, ...]]
    asserts: dict[str, tuple[HeldCount, ...]]
    groups: int


@dataclass(slots=True)
class PrintNumbers:
    """The numbers of a print: the rows that they are in, and whether they rest on a rule.

    Of those that are not finite only the rows are kept.
    """

    values: array[float] = field(default_factory=lambda: array("d"))
    rows: array[int] = field(default_factory=lambda: array("q"))
    ruled: bytearray = field(default_factory=bytearray)
    nan: list[int] = field(default_factory=list)
    infinite: list[int] = field(default_factory=list)

    def add(self, value: float, row: int, *, ruled: bool) -> None:
        """Take the number of a row."""
        if not math.isfinite(value):
            (self.nan if math.isnan(value) else self.infinite).append(row)
            return
        self.values.append(value)
        self.rows.append(row)
        self.ruled.append(ruled)


def summarise(
    rows: Iterable[Row],
    group_by: str | None = None,
    sweep: Sequence[str] = (),
    most: int | None = None,
) -> Summary:
    """What rows say: in all and by the values of a column; each combination of a sweep by itself.

    Of several groups, only the first `most` are looked at. The rows are gone through once; their
    numbers stay in memory, and the names of their cases.
    """
    names: list[str] = []
    numbers: dict[str, dict[CaseGroup, PrintNumbers]] = {}
    asserts: dict[str, dict[CaseGroup, list[bool]]] = {}
    # Combinations are never mixed: a case is in each of them.
    groups: dict[CaseGroup, None] = {}
    for at, row in enumerate(rows):
        own = [CaseGroup.of(row.case, sweep)]
        if group_by is not None:
            own.append(CaseGroup.of(row.case, (*sweep, group_by)))
        groups |= dict.fromkeys(own)
        names.append(row.case.name)
        for column in columns_of_row(row):
            for group in own:
                if column.kind == "assert":
                    held = asserts.setdefault(column.name, {}).setdefault(group, [])
                    held.append(bool(column.value))
                elif column.kind == "print" and is_number(column.value):
                    of = numbers.setdefault(column.name, {}).setdefault(group, PrintNumbers())
                    of.add(column.value, at, ruled=bool(column.empty))
    # Each combination's groups after it.
    order = {group.values[: len(sweep)]: at for at, group in reversed([*enumerate(groups)])}
    ordered = sorted(groups, key=lambda group: order[group.values[: len(sweep)]])
    shown = dict.fromkeys(ordered[:most])
    return Summary(
        {
            name: tuple(_part(group, of[group], names) for group in shown if group in of)
            for name, of in numbers.items()
        },
        {
            name: tuple(HeldCount(g, sum(held), len(held)) for g, held in of.items() if g in shown)
            for name, of in asserts.items()
        },
        len(groups),
    )


def is_number(value: object) -> TypeGuard[float]:
    """Whether a printed value is a number."""
    return type(value) in (float, int)


def _part(group: CaseGroup, numbers: PrintNumbers, names: Sequence[str]) -> GroupNumbers:
    def spread(at: Sequence[int]) -> Spread | None:
        cases = [names[numbers.rows[k]] for k in at]
        return Spread.of([numbers.values[k] for k in at], cases) if at else None

    def apart(rows: Sequence[int]) -> Apart:
        return Apart(len(rows), tuple(names[row] for row in rows[:_NAMED]))

    unruled = [k for k, ruled in enumerate(numbers.ruled) if not ruled]
    by_rule = len(numbers.values) - len(unruled)
    return GroupNumbers(
        group,
        spread(range(len(numbers.values))),
        by_rule,
        spread(unruled) if by_rule else None,
        apart(numbers.nan),
        apart(numbers.infinite),
    )


# As JSON


def summary_tree(summary: Summary) -> dict[str, Any]:
    """A summary for JSON: `columns` and `asserts` by name, a list of groups each."""
    return {
        "groups": summary.groups,
        "columns": {name: [*map(_part_tree, of)] for name, of in summary.columns.items()},
        "asserts": {
            name: [
                {"group": dict(group.values), "held": held, "of": among}
                for group, held, among in of
            ]
            for name, of in summary.asserts.items()
        },
    }


def _part_tree(part: GroupNumbers) -> dict[str, Any]:
    return {
        "group": dict(part.group.values),
        **spread_tree(part.spread),
        "by_rule": part.by_rule,
        "without_by_rule": spread_tree(part.without) if part.by_rule else None,
        "nan": part.nan.number,
        "infinite": part.infinite.number,
    }


def spread_tree(spread: Spread | None) -> dict[str, Any]:
    """What numbers are like, for JSON; what they are too few for is null."""
    if spread is None:
        return {"n": 0}
    return {
        "n": spread.n,
        "mean": json_value(spread.mean),
        "interval": spread.interval and json_value([*spread.interval]),
        "stdev": None if spread.stdev is None else json_value(spread.stdev),
        "median": json_value(spread.median),
        "quartiles": json_value([*spread.quartiles]),
        "least": {"value": json_value(spread.least.value), "case": spread.least.case},
        "greatest": {"value": json_value(spread.greatest.value), "case": spread.greatest.case},
    }
