"""What came of many cases, in few words: how many, and of what is wrong, alike ones together."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from voxlogica.dataclass import dataclass, field
from voxlogica.engine.cases import Case, Fault, Row
from voxlogica.report.cases_table import renamed
from voxlogica.syntax.diagnostics import visible
from voxlogica.syntax.printer import value_text

# So many cases are named of a kind, and so many kinds told of.
_NAMED = 5
_KINDS = 20
_NUMBERS = re.compile(r"\d+(?:\.\d+)?")


class Counts(NamedTuple):
    """How many cases came to which end; `replayed` are among the others."""

    done: int = 0
    failed: int = 0
    false: int = 0
    replayed: int = 0

    @property
    def all(self) -> int:
        """How many were carried out."""
        return self.done + self.failed + self.false

    def text(self, wanted: int, names: int) -> str:
        """In words, of so many with so many names: `50 cases: 46 done, 3 failed`."""
        parts = [
            f"{self.done} done" if self.done or not self.all else "",
            f"{self.failed} failed" if self.failed else "",
            f"{self.false} with a false assertion" if self.false else "",
            f"{wanted - self.all} not carried out" if wanted > self.all else "",
        ]
        said = f"{counted(wanted, names)}: {', '.join(filter(None, parts))}"
        return said + (f" ({self.replayed} by an earlier run)" if self.replayed else "")


def counted(number: int, names: int | None = None) -> str:
    """So many cases; where there are fewer names, they are combinations of those cases."""
    if names is not None and names < number:
        return f"{number} combinations of {counted(names)}"
    return "1 case" if number == 1 else f"{number} cases"


@dataclass(slots=True)
class _Kind:
    """Messages about one place that differ in nothing but what differs between cases.

    `message`, and what is `below`, are those of the first case, by the cases' order; `general` is
    what is the same of all, if anything is. `names` have the least number of each.
    """

    message: str
    below: str
    general: str | None
    first: int
    names: dict[str, int] = field(default_factory=dict)
    cases: int = 0


class Alike:
    """Messages of many cases, as they are shown, alike ones together, in whatever order they come.

    Of more than 20 kinds, those that come last are counted.
    """

    def __init__(self, severity: str) -> None:
        self._severity = severity
        self._kinds: dict[tuple[str, str], _Kind] = {}
        self._further = 0

    def add(self, case: Case, shown: str) -> None:
        """Take a message of a case, as it is shown."""
        head, _, below = shown.partition("\n")
        place, _, message = head.partition(f"{self._severity}: ")
        general = _general(message, case)
        key = (place, _NUMBERS.sub("#", _general(message, case, numbers=False)))
        if key not in self._kinds and len(self._kinds) == _KINDS:
            self._further += 1
            return
        kind = self._kinds.setdefault(key, _Kind(message, below, general, case.number))
        kind.cases += 1
        if kind.general != general:
            kind.general = None
        if case.number < kind.first:
            kind.message, kind.below, kind.first = message, below, case.number
        kind.names[case.name] = min(case.number, kind.names.get(case.name, case.number))

    def texts(self, total: int) -> Iterator[str]:
        """One for each kind, by their first cases; of so many cases in all."""
        for (place, _), kind in sorted(self._kinds.items(), key=lambda one: one[1].first):
            lines = [f"{place}{self._severity} {self._told(kind, total)}", *kind.below.splitlines()]
            if len(kind.names) > 1 and kind.cases < total:
                names = sorted(kind.names, key=lambda name: kind.names[name])
                more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
                lines.append(f"  = cases: {visible(', '.join(names[:_NAMED]))}{more}")
            yield "\n".join(lines)
        if self._further:
            yield f"{self._severity}: and {self._further} more of other kinds"

    def _told(self, kind: _Kind, total: int) -> str:
        if len(kind.names) == 1:
            (name,) = kind.names
            which = f"{kind.cases} combinations of " if kind.cases > 1 else ""
            return f"in {which}case {visible(name)}: {kind.message}"
        which = "all " if kind.cases == total else ""
        said = counted(kind.cases, len(kind.names))
        return f"in {which}{said}: {kind.general or kind.message}"


def _general(text: str, case: Case, *, numbers: bool = True) -> str:
    """A message with the names of columns, in braces, for what a case has there.

    Texts of one letter are found where they are not meant. So may numbers be, but hardly in all
    cases.
    """
    values = {value_text(value): name for name, value in case.columns.items()}
    values.setdefault(case.name, "case")
    are_numbers = {value for value in values if _NUMBERS.fullmatch(value)}
    words = are_numbers if numbers else set()
    words |= {value for value in values.keys() - are_numbers if len(value) > 1}
    if not words:
        return text
    either = "|".join(map(re.escape, sorted(words, key=len, reverse=True)))
    pattern = rf"(?<![^\W_])(?:{either})(?![^\W_])"
    return re.sub(pattern, lambda found: f"{{{values[found[0]]}}}", text)


class Verdict:
    """What is to be told of rows, taken one after another; it holds no row."""

    def __init__(self) -> None:
        self.counts = Counts()
        self.errors = Alike("error")
        self.warnings = Alike("warning")
        # How many of the rows a later run has from the store.
        self.kept = 0
        # What there is to say of the table, once.
        self.notes: dict[str, None] = {}

    def add(self, row: Row) -> None:
        """Take a row."""
        false = [checked.fault for checked in row.asserts if not checked.value]
        done, failed, wrong, replayed = self.counts
        self.counts = Counts(
            done + (not row.failed and not false),
            failed + row.failed,
            wrong + (not row.failed and bool(false)),
            replayed + row.replayed,
        )
        self.kept += row.kept
        for fault in (*row.faults, *false):
            self.errors.add(row.case, _shown(fault))
        if len(self.notes) < _KINDS:
            self.notes |= dict.fromkeys(renamed(row))
        for message in row.log:
            self.warnings.add(row.case, message)


def _shown(fault: Fault | None) -> str:
    return fault.shown if fault is not None else "error: an assertion is false"
