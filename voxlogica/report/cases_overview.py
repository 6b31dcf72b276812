"""What a page of many cases says of all of them: their ends, columns, and the numbers in these."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from typing import Literal

from voxlogica.engine.cases import Row
from voxlogica.engine.results import InputFile
from voxlogica.report.cases_strips import Strip, Whose
from voxlogica.report.cases_summary import CaseGroup, PrintNumbers, is_number
from voxlogica.report.cases_table import columns_of, columns_of_row
from voxlogica.report.cases_verdict import Verdict
from voxlogica.syntax.printer import value_text

# How a case ended. An assertion that is false is worth a look before what rests on a rule.
Outcome = Literal["failed", "false", "ruled", "done"]
OUTCOMES: tuple[Outcome, ...] = ("failed", "false", "ruled", "done")
# So many rows has a page, so many of them because of how they ended, and so many columns.
_MOST_ROWS, _MOST_WORTH, MOST_COLUMNS = 2_000, 1_000, 40
# So many combinations of a sweep are drawn.
_MOST_GROUPS = 24


def outcome(row: Row) -> Outcome:
    """How a case ended."""
    if row.failed:
        return "failed"
    if not all(checked.value for checked in row.asserts):
        return "false"
    return "ruled" if row.empty else "done"


def anchor(number: int) -> str:
    """What the row of a case is called in the page, by the case's number."""
    return f"c{number}"


class Overview:
    """What rows say all together. They are gone through once; their numbers and names stay."""

    def __init__(self, rows: Iterable[Row], sweep: Sequence[str] = ()) -> None:
        self.verdict = Verdict()
        self.outcomes: dict[Outcome, int] = dict.fromkeys(OUTCOMES, 0)
        # By column: numbers of prints; of assertions and of truth values that are printed, how
        # many are true, and in which rows they are not.
        self.numbers: dict[str, PrintNumbers] = {}
        self.truths: dict[str, tuple[int, list[int]]] = {}
        self.kinds: dict[str, str] = {}
        self.is_ruled = False
        # Texts that cases rest on: programs and libraries.
        self.programs: dict[InputFile, None] = {}
        # Of each row, the name of its case.
        self.names: list[str] = []
        self._cases = array("q")
        self._ends = bytearray()
        self._groups: dict[CaseGroup, int] = {}
        self._group_of = array("q")
        # Columns that are not the cases' names once more.
        self._telling: set[str] = set()
        heads = dict.fromkeys(self._add(at, row, sweep) for at, row in enumerate(rows))
        # Of each combination of a sweep.
        self._labels = [str(group) for group in self._groups] if sweep else []
        self.columns = [
            name
            for name in columns_of([dict.fromkeys(head) for head in heads])
            if self.kinds[name] != "column" or name in self._telling
        ]
        self._shown = self._worth_showing()

    def _add(self, at: int, row: Row, sweep: Sequence[str]) -> tuple[str, ...]:
        """Take a row; gives its columns."""
        self.verdict.add(row)
        end = outcome(row)
        self.outcomes[end] += 1
        self.is_ruled |= bool(row.empty)
        self.programs |= dict.fromkeys(file for file in row.inputs if file.kind != "image")
        self.names.append(row.case.name)
        self._cases.append(row.case.number)
        self._ends.append(OUTCOMES.index(end))
        self._group_of.append(
            self._groups.setdefault(CaseGroup.of(row.case, sweep), len(self._groups))
        )
        found = [*columns_of_row(row)]
        for column in found:
            self.kinds.setdefault(column.name, column.kind)
            if column.kind == "column":
                if value_text(column.value or "") != row.case.name:
                    self._telling.add(column.name)
                continue
            if isinstance(column.value, bool):
                held, others = self.truths.get(column.name, (0, []))
                if not column.value:
                    others.append(at)
                self.truths[column.name] = held + column.value, others
            elif is_number(column.value):
                numbers = self.numbers.setdefault(column.name, PrintNumbers())
                numbers.add(column.value, at, ruled=bool(column.empty))
        return tuple(column.name for column in found)

    def __len__(self) -> int:
        return len(self.names)

    def whose(self, row: int) -> Whose:
        """Whose a row is, and where the page has it."""
        number = self._cases[row]
        wrong = OUTCOMES[self._ends[row]] == "false"
        name = self.names[row]
        if self._labels:
            name = f"{name}, {self._labels[self._group_of[row]]}"
        return Whose(anchor(number) if self.is_shown(number) else None, name, wrong)

    def strips(self, column: str) -> Sequence[Strip]:
        """The finite numbers of a column, those of each combination of a sweep by themselves."""
        numbers = self.numbers[column]
        if len(self._labels) < 2:
            whole = numbers.values, numbers.rows, numbers.ruled
            return [Strip("", *whole)] if numbers.values else []
        members: dict[int, list[int]] = {}
        for place, row in enumerate(numbers.rows):
            members.setdefault(self._group_of[row], []).append(place)
        return [
            Strip(
                self._labels[group],
                [numbers.values[k] for k in own],
                [numbers.rows[k] for k in own],
                [numbers.ruled[k] for k in own],
            )
            for group, own in sorted(members.items())[:_MOST_GROUPS]
        ]

    @property
    def groups_left_out(self) -> int:
        """How many combinations of a sweep are not drawn."""
        return max(0, len(self._groups) - _MOST_GROUPS)

    def is_shown(self, number: int) -> bool:
        """Whether the page has a row for the case with this number."""
        return self._shown is None or number in self._shown

    @property
    def rows_left_out(self) -> int:
        """How many cases have no row."""
        return 0 if self._shown is None else len(self) - len(self._shown)

    def _worth_showing(self) -> set[int] | None:
        """The cases that have rows, where there are too many for all.

        Those that failed, or have a false assertion; whose number is far from others; the first.
        """
        if len(self) <= _MOST_ROWS:
            return None
        rows = [k for k, end in enumerate(self._ends) if OUTCOMES[end] in ("failed", "false")]
        worth = dict.fromkeys(rows[:_MOST_WORTH])
        for column in self.numbers:
            for strip in self.strips(column):
                worth |= dict.fromkeys(strip.rows[k] for k in strip.far[:_MOST_GROUPS])
        worth |= dict.fromkeys(range(_MOST_ROWS))
        return {self._cases[row] for row in [*worth][:_MOST_ROWS]}
