"""Windows: parts of a loop that are computed, and forgotten, before the rest of it is reduced.

The operations of a loop may be more than memory has room for: then the results of its rounds so far
are computed in a stage, stand as literals from there on, and the plan is as it was when the loop
began. Such a part of a loop is a window.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from voxlogica.dataclass import dataclass, field, replace
from voxlogica.language.knowledge import NOT_KNOWN, Knowledge
from voxlogica.language.operations import Place
from voxlogica.language.values import Elements, FunctionValue, Value, innermost, next_number
from voxlogica.language.workplan import Save, WorkPlan, cut
from voxlogica.operators.literals import AWAITED
from voxlogica.operators.signature import SCALARS, Type

# So many operations may a loop add to the plan before its results so far are computed.
WINDOW = 30_000


@dataclass(frozen=True, slots=True)
class WindowMark:
    """How much was remembered at some moment."""

    plan: tuple[int, ...]
    tables: tuple[int, ...]
    known: int
    made: int
    # Sequences with a smaller number were there.
    number: int

    @property
    def operations(self) -> int:
        """How many operations the plan had."""
        return self.plan[0]


@dataclass(slots=True)
class Remembered:
    """What the reducer remembers of what it has done, in the order in which it did it.

    `tables` grow only, and so do the values `known` by position. `made` tells which element of
    which sequence was reduced, and the sequence's type before that.
    """

    plan: WorkPlan
    known: dict[int, Any]
    tables: list[dict[Any, Any]] = field(default_factory=list)
    made: list[tuple[Elements, int, Type]] = field(default_factory=list)

    def mark(self) -> WindowMark:
        """What there is now."""
        return WindowMark(
            self.plan.size(),
            tuple(map(len, self.tables)),
            len(self.known),
            len(self.made),
            next_number(),
        )

    def forget(self, mark: WindowMark) -> None:
        """Be as at the mark; the elements of sequences are for the caller to see to."""
        self.plan.forget(mark.plan)
        for table, size in zip(self.tables, mark.tables, strict=True):
            cut(table, size)
        late = [self.known.popitem() for _ in range(len(self.known) - mark.known)]
        self.known.update(item for item in late if item[0] < mark.operations)
        del self.made[mark.made :]

    def go_back(self, mark: WindowMark) -> None:
        """Be as at the mark, older sequences too: as if nothing had been reduced since."""
        for sequence, i, before in reversed(self.made[mark.made :]):
            if sequence.number < mark.number:
                sequence.made.pop(i, None)
                sequence.type = before
        self.forget(mark)


@dataclass(eq=False, slots=True)
class LoopWindow:
    """A loop under way: what there was before, and whether it has added enough for a stage.

    The first `done` of its results are settled.
    """

    _remembered: Remembered
    mark: WindowMark
    _limit: int
    done: int = 0

    @property
    def is_full(self) -> bool:
        """Whether so much was added that the results so far are to be computed."""
        return len(self._remembered.plan) - self.mark.operations >= self._limit

    def go_on(self, done: int) -> None:
        """Begin the next part of the loop."""
        self.mark = self._remembered.mark()
        self.done = done

    def put_off(self) -> None:
        """Ask again when twice as much has been added: the results cannot be literals."""
        self._limit *= 2


@dataclass(frozen=True, slots=True)
class Windows:
    """Ends windows: what the loop has come to so far is computed, and all else forgotten."""

    plan: WorkPlan
    knowledge: Knowledge
    remembered: Remembered

    def begin(self) -> LoopWindow:
        """A loop's first window."""
        return LoopWindow(self.remembered, self.remembered.mark(), WINDOW)

    def settle(self, window: LoopWindow, results: list[Value], place: Place) -> None:
        """Compute the results of a loop so far; they are literals then.

        Elements that these results rest on, of sequences that were there before the loop, become
        literals too: who goes through them again finds them. Others are reduced again then. Where a
        result cannot be a literal, as an image, the loop goes on as it is.
        """
        mark, fresh = window.mark, results[window.done :]
        found = [_parts(value, mark) for value in fresh]
        kinds = self.plan.kinds
        asked = {p for several in found for p in several or () if p >= mark.operations}
        if None in found or any(innermost(kinds[p].type) not in SCALARS for p in asked):
            window.put_off()
            return
        literals = self._cut(window, asked, [], place)
        results[window.done :] = [_replaced(value, literals, mark) for value in fresh]
        window.go_on(len(results))

    def reach(self, window: LoopWindow, first: int, place: Place) -> None:
        """Reach the goals from the first one on, which the loop has made so far."""
        goals = self.plan.goals
        saves = [goal for goal in goals[first:] if isinstance(goal, Save) and not goal.is_done]
        types = [self.plan.kinds[goal.node].type for goal in saves]
        self._cut(window, set(), saves, place)
        for goal, found in zip(saves, types, strict=True):
            node = self.plan.add(AWAITED, (), (str(found),), None, place, found)
            goals[goal.number] = replace(goal, node=node, is_done=self.knowledge.stage is not None)
        window.go_on(0)

    def _cut(
        self, window: LoopWindow, asked: set[int], saves: list[Save], place: Place
    ) -> dict[int, Value]:
        """Carry out a part of a loop; gives the results asked for as if they had been written.

        The plan is cut to what it was when that part began.
        """
        knowledge, plan, mark, kinds = self.knowledge, self.plan, window.mark, self.plan.kinds
        knowledge.is_staged = plan.is_cut = True
        roots = [*asked, *(goal.node for goal in saves)]
        wanted, before = _rests_on(plan, roots, mark.operations)
        kept = self._outlasting(mark, wanted)
        asked |= {p for *_, of in kept for p in of if p >= mark.operations}
        operations = sorted(asked)
        types = [kinds[p].type for p in operations]
        values = {p: knowledge.now(p) for p in operations}
        unknown = [p for p in operations if values[p] is NOT_KNOWN]
        if knowledge.stage is not None and (unknown or saves):
            told = knowledge.stage.reach(plan, unknown, saves, before, again=False)
            values.update(zip(unknown, told, strict=True))
        self.remembered.forget(mark)
        literals = {
            p: knowledge.awaited(found, (), place)
            if values[p] is NOT_KNOWN
            else knowledge.literal(values[p], found, place)
            for p, found in zip(operations, types, strict=True)
        }
        for sequence, i, value, _ in kept:
            sequence.made[i] = _replaced(value, literals, mark)
            self.remembered.made.append((sequence, i, sequence.type))
        return literals

    def _outlasting(
        self, mark: WindowMark, wanted: bytearray
    ) -> list[tuple[Elements, int, Value, list[int]]]:
        """The elements of older sequences that results rest on, with the operations they are.

        All that were reduced since the mark are taken out of these sequences.
        """
        kinds, begin = self.plan.kinds, mark.operations
        kept: list[tuple[Elements, int, Value, list[int]]] = []
        for sequence, i, _ in self.remembered.made[mark.made :]:
            if sequence.number > mark.number:
                continue
            value = sequence.made.pop(i)
            of = _parts(value, mark)
            if of is not None and all(
                p < begin or (wanted[p - begin] and innermost(kinds[p].type) in SCALARS) for p in of
            ):
                kept.append((sequence, i, value, of))
        return kept


def _parts(value: Value, mark: WindowMark) -> list[int] | None:
    """The operations that a value consists of; None if it has parts that are not reduced.

    A sequence that was there at the mark has none: it sees to its elements itself.
    """
    found: list[int] = []
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, int):
            found.append(item)
        elif isinstance(item, FunctionValue):
            return None
        elif isinstance(item, Elements) and item.number > mark.number:
            if len(item.made) < item.length:
                return None
            waiting += item.made.values()
    return found


def _rests_on(plan: WorkPlan, operations: Sequence[int], begin: int) -> tuple[bytearray, list[int]]:
    """Which operations from `begin` on some others rest on, and those before that these read."""
    wanted = bytearray(len(plan) - begin)
    before: set[int] = set()
    for operation in operations:
        if operation < begin:
            before.add(operation)
        else:
            wanted[operation - begin] = 1
    for offset in range(len(wanted) - 1, -1, -1):
        if wanted[offset]:
            for argument in plan.arguments(begin + offset):
                if argument < begin:
                    before.add(argument)
                else:
                    wanted[argument - begin] = 1
    return wanted, sorted(before)


def _replaced(value: Value, literals: dict[int, Value], mark: WindowMark) -> Value:
    """A value with literals for operations, but for sequences that were there at the mark."""
    if isinstance(value, int):
        return literals.get(value, value)
    if not isinstance(value, Elements) or value.number < mark.number:
        return value
    made = {i: _replaced(element, literals, mark) for i, element in value.made.items()}
    return Elements(value.length, value.type, None, made, value.is_known)
