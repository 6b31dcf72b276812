"""What came of many cases, in few words: how many, and of what is wrong, alike ones together."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from voxlogica.dataclass import dataclass, field, replace
from voxlogica.engine.cases import Case, Row
from voxlogica.engine.results import Effort, Stats
from voxlogica.report.cases_table import renamed
from voxlogica.syntax.diagnostics import visible
from voxlogica.syntax.printer import value_text

if TYPE_CHECKING:
    from voxlogica.report.case_pictures import Drawing
    from voxlogica.syntax.source import Source

# So many cases are named of a kind, and so many kinds told of.
_NAMED = 5
_KINDS = 20
_NUMBER = r"(?:(?<![\w)\]])-)?\d+(?:\.\d+)*(?:e[-+]?\d+)?"
_NO_TEXT = rf"true|false|{_NUMBER}"


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
class _Slot:
    """A number, or a text of the case's, in a message, which may be another in alike ones.

    `columns` are those in which each case has what its message has here; `ends` are the least and
    the greatest number, where that is what all have.
    """

    text: str
    columns: list[str]
    ends: tuple[str, str] | None
    differs: bool = False

    def meet(self, other: _Slot) -> None:
        """Take the same place of one more message."""
        self.columns = [name for name in self.columns if name in other.columns]
        self.differs |= self.text != other.text
        if self.ends is None or other.ends is None:
            self.ends = None
        else:
            ends = sorted({*self.ends, *other.ends}, key=lambda end: (float(end), end))
            self.ends = ends[0], ends[-1]

    def general(self) -> str | None:
        """What stands for all: a column in braces, or from where to where; None where nothing does.

        What is the same in all stands as it is, even where a column has it, too: that may be
        chance.
        """
        if not self.differs:
            return self.text
        if self.columns:
            return f"{{{self.columns[0]}}}"
        return None if self.ends is None else " to ".join(self.ends)


@dataclass(slots=True)
class _Kind:
    """Messages about one place that differ in nothing but their slots.

    `message`, and what is `below`, are those of the first case, by the cases' order. `names` have
    the least number of each.
    """

    message: str
    below: str
    slots: list[_Slot]
    first: int
    names: dict[str, int] = field(default_factory=dict)
    cases: int = 0

    def general(self, between: Sequence[str]) -> str | None:
        """The message as it holds for all; None where that cannot be said."""
        shown = [slot.general() for slot in self.slots]
        known = [text for text in shown if text is not None]
        if len(known) < len(shown):
            return None
        return "".join(map("".join, zip(between, [*known, ""], strict=True)))


class Alike:
    """Messages of many cases, as they are shown, alike ones together, in whatever order they come.

    Of more than 20 kinds, those that come last are counted.
    """

    def __init__(self, severity: str) -> None:
        self._severity = severity
        # By their place, and what stands between their slots.
        self._kinds: dict[tuple[str, tuple[str, ...]], _Kind] = {}
        self._further = 0

    def add(self, case: Case, shown: str) -> None:
        """Take a message of a case, as it is shown."""
        head, _, below = shown.partition("\n")
        place, _, message = head.partition(f"{self._severity}: ")
        between, slots = _parts(message, case)
        key = (place, between)
        if key not in self._kinds and len(self._kinds) == _KINDS:
            self._further += 1
            return
        kind = self._kinds.setdefault(key, _Kind(message, below, slots, case.number))
        kind.cases += 1
        for slot, other in zip(kind.slots, slots, strict=True):
            slot.meet(other)
        if case.number < kind.first:
            kind.message, kind.below, kind.first = message, below, case.number
        kind.names[case.name] = min(case.number, kind.names.get(case.name, case.number))

    def texts(self, total: int) -> Iterator[str]:
        """One for each kind, by their first cases; of so many cases in all."""
        for (place, between), kind in sorted(self._kinds.items(), key=lambda one: one[1].first):
            lines = [
                f"{place}{self._severity} {_told(kind, between, total)}",
                *kind.below.splitlines(),
            ]
            if len(kind.names) > 1 and kind.cases < total:
                names = sorted(kind.names, key=lambda name: kind.names[name])
                more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
                lines.append(f"  = cases: {visible(', '.join(names[:_NAMED]))}{more}")
            yield "\n".join(lines)
        if self._further:
            yield f"{self._severity}: and {self._further} more of other kinds"


def _told(kind: _Kind, between: Sequence[str], total: int) -> str:
    if len(kind.names) == 1:
        (name,) = kind.names
        which = f"{kind.cases} combinations of " if kind.cases > 1 else ""
        return f"in {which}case {visible(name)}: {kind.message}"
    which = "all " if kind.cases == total else ""
    said = counted(kind.cases, len(kind.names))
    general = kind.general(between)
    if general is None:
        name = min(kind.names, key=lambda name: kind.names[name])
        return f"in {which}{said}, here in {visible(name)}: {kind.message}"
    return f"in {which}{said}: {general}"


def _parts(message: str, case: Case) -> tuple[tuple[str, ...], list[_Slot]]:
    """A message as what stands between its slots, and these: numbers, and texts of the case's.

    Those are its name, and what it sets: a column that sets nothing is in no text of a program.
    Truth values, and texts of one letter, are found where they are not meant. Part of a word is no
    column's, but within quotes, as in the name of a file.
    """
    own: dict[str, list[str]] = {}
    for name, value in (*case.columns.items(), ("case", case.name)):
        text = value_text(value)
        if name in case.sets or text == case.name:
            own.setdefault(text, []).append(name)
    texts = [t for t in own if len(t) > 1 and t in message and not re.fullmatch(_NO_TEXT, t)]
    either = "".join(
        rf"(?<![^\W_]){re.escape(text)}(?![^\W_])|" for text in sorted(texts, key=len, reverse=True)
    )
    pieces = re.split(f"({either}{_NUMBER})", message)
    between, found = tuple(pieces[::2]), pieces[1::2]
    slots, is_quoted = [], False
    for before, text, after in zip(between, found, between[1:], strict=False):
        is_quoted ^= before.count('"') % 2 == 1
        is_part = before[-1:].isalnum() or after[:1].isalnum()
        columns = [] if is_part and not is_quoted else own.get(text, [])
        is_number = re.fullmatch(_NUMBER, text) and text.count(".") < 2 and not is_part
        slots.append(_Slot(text, columns, (text, text) if is_number and not is_quoted else None))
    return between, slots


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
            said = "error: an assertion is false" if fault is None else fault.shown
            self.errors.add(row.case, said)
        if len(self.notes) < _KINDS:
            self.notes |= dict.fromkeys(renamed(row))
        for message in row.log:
            self.warnings.add(row.case, message)


class GatheredPictures:
    """What rows do not keep, taken as they come: of each its pictures, by its case's number; times.

    Of what is carried out it has the `sources` and the `command`, as far as these are known.
    """

    def __init__(self, sources: Sequence[Source] = (), command: str = "") -> None:
        self.sources, self.command = sources, command
        self.pictures: dict[int, tuple[Drawing, ...]] = {}
        # What was carried out now, and what it cost by operator, and by worker.
        self._stats = Stats()
        self._operators: dict[str, Effort] = {}
        self._workers: dict[str, Effort] = {}

    def add(self, row: Row) -> None:
        """Take a row."""
        if row.pictures:
            from voxlogica.report.case_pictures import drawings_of

            if drawn := drawings_of(row.pictures):
                self.pictures[row.case.number] = drawn
        if row.replayed:
            return
        self._stats = replace(
            self._stats,
            operations=self._stats.operations + row.operations,
            computed=self._stats.computed + row.computed,
            stored=self._stats.stored + row.stored,
            awaited=self._stats.awaited + row.awaited,
        )
        _add(row.by_operator, self._operators)
        _add(row.by_worker, self._workers)

    def stats(self, seconds: float) -> Stats:
        """What all cases that were carried out now cost, in so many seconds."""
        return replace(
            self._stats, seconds=seconds, by_operator=self._operators, by_worker=self._workers
        )


def _add(more: Mapping[str, Effort], to: dict[str, Effort]) -> None:
    for name, its in more.items():
        before = to.get(name, Effort())
        to[name] = Effort(
            before.computed + its.computed,
            before.reused + its.reused,
            before.seconds + its.seconds,
        )
