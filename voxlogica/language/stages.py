"""Reduction in stages: what is asked of a running program, and what is forgotten afterwards.

Where the length of a loop, a condition or an index depends on image data, reduction needs a value
that only running a part of the program tells. And the operations of a loop may be more than memory
has room for: then the results of its rounds so far are computed, stand as literals from there on,
and the plan is as it was when the loop began. Such a part of a loop is a window.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any, Protocol

from voxlogica.dataclass import dataclass, field, replace
from voxlogica.language.bindings import Elements, Value, next_number
from voxlogica.language.workplan import Ask, Save, WorkPlan

# So many operations may a loop add to the plan before its results so far are computed.
WINDOW = 30_000


class Stage(Protocol):
    """Who carries out a part of a program while the rest of it is not reduced yet."""

    def reach(self, plan: WorkPlan, lasting: Collection[bytes], *, is_over: bool) -> list[Any]:
        """The values of the goals of a plan, which is finished.

        Other stages will read what the operations of `lasting` result in; where the part `is_over`,
        nothing else of it.
        """
        ...


@dataclass(frozen=True, slots=True)
class Asking:
    """Has parts of a plan carried out while the rest of it is made."""

    stage: Stage
    # Makes a plan the one that is carried out.
    finish: Callable[[WorkPlan], WorkPlan]

    def reach(
        self,
        plan: WorkPlan,
        operations: Sequence[int],
        saves: Sequence[Save],
        before: Sequence[int],
        *,
        again: bool,
    ) -> list[Any]:
        """The results of operations of a plan; and images written.

        Other stages will read what operations of `before` result in; with `again`, what is asked
        for, too.
        """
        asked = [Ask(p, plan.places[p].span) for p in operations]
        part = self.finish(replace(plan, goals=[*asked, *saves]))
        lasting = {plan.ids[p] for p in [*before, *(operations if again else ())]}
        return self.stage.reach(part, lasting, is_over=not again)[: len(asked)]


@dataclass(frozen=True, slots=True)
class Mark:
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
    which sequence was reduced.
    """

    plan: WorkPlan
    tables: tuple[dict[Any, Any], ...]
    known: dict[int, Any]
    made: list[tuple[Elements, int]] = field(default_factory=list)

    def mark(self) -> Mark:
        """What there is now."""
        return Mark(
            self.plan.size(),
            tuple(map(len, self.tables)),
            len(self.known),
            len(self.made),
            next_number(),
        )

    def forget(self, mark: Mark) -> None:
        """Be as at the mark; the elements of sequences are for the caller to see to."""
        self.plan.forget(mark.plan)
        for table, size in zip(self.tables, mark.tables, strict=True):
            while len(table) > size:
                table.popitem()
        found: list[tuple[int, Any]] = []
        while len(self.known) > mark.known:
            found.append(self.known.popitem())
        self.known.update(item for item in found if item[0] < mark.operations)
        del self.made[mark.made :]


class Window:
    """A loop under way: what there was before, and whether it has added enough for a stage.

    The first `done` of its results are settled.
    """

    __slots__ = ("_limit", "_remembered", "done", "mark")

    def __init__(self, remembered: Remembered) -> None:
        self._remembered = remembered
        self._limit = WINDOW
        self.mark = remembered.mark()
        self.done = 0

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


def parts(value: Value, mark: Mark) -> list[int] | None:
    """The operations that a value consists of; None if it has parts that are not reduced.

    A sequence that was there at the mark has none: it sees to its elements itself.
    """
    found: list[int] = []
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, int):
            found.append(item)
        elif not isinstance(item, Elements):
            return None
        elif item.number > mark.number:
            if len(item.made) < item.length:
                return None
            waiting += item.made.values()
    return found


def rests_on(plan: WorkPlan, operations: Sequence[int], begin: int) -> tuple[bytearray, list[int]]:
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
