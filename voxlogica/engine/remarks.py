"""What operations remark on their values, told in every run that rests on them.

An operation's remarks follow from what it computes, so they are known by its id, like its result:
where the result is at hand, or one that rests on it is, they are told again without computing it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Any

from voxlogica.engine.events import Ruled, Warned
from voxlogica.language.messages import diagnose
from voxlogica.language.workplan import WorkPlan
from voxlogica.operators.literals import LOAD
from voxlogica.remarks import EMPTY, Empty, EmptyRule, Remark

if TYPE_CHECKING:
    from voxlogica.engine.keeping import Keeper

# Of operations of this process that had something to remark, those noted last at the end.
_said: dict[bytes, tuple[Remark | EmptyRule, ...]] = {}
# Of so many it is kept when no run is under way that may have to tell of it.
_MOST = 4096


def note(operation: bytes, remarks: Iterable[Remark | EmptyRule], keeper: Keeper | None) -> None:
    """Keep what an operation remarked. To be done before its result can be read by others."""
    _said.pop(operation, None)
    _said[operation] = tuple(remarks)
    if keeper is not None:
        keeper.put_beside(_beside(operation), [[text or "" for text in r] for r in remarks])


def said_of(operation: bytes) -> tuple[Remark | EmptyRule, ...]:
    """What is known here that an operation remarked, once `told` was gone through for its plan."""
    return _said.get(operation, ())


def forget_oldest(is_at_hand: Callable[[bytes], bool]) -> None:
    """Forget what was noted longest ago, but for operations whose results are at hand.

    To be called while no run is under way: memory must not grow with the runs of a process.
    """
    for operation in list(_said)[:-_MOST]:
        if not is_at_hand(operation):
            _said.pop(operation, None)


def told(plan: WorkPlan, needed: Iterable[int], keeper: Keeper | None) -> Iterator[Warned | Ruled]:
    """What is remarked on what the goals of a plan rest on, in its order."""
    kinds, ids = plan.kinds, plan.ids
    speaking = sorted(p for p in needed if kinds[p].operator.remarks or ids[p] in _said)
    unknown = {_beside(ids[p]): ids[p] for p in speaking if ids[p] not in _said}
    if keeper is not None and unknown:
        for beside in keeper.stored(unknown):
            _said[unknown[beside]] = tuple(_read(keeper.read(beside)))
    for position in speaking:
        for remark in _said.get(ids[position], ()):
            if isinstance(remark, EmptyRule):
                yield Ruled(ids[position], remark.empty)
                continue
            about = _file(plan, position)
            message = f"{about}: {remark.message}" if about else remark.message
            yield Warned(diagnose("warning", message, plan.places[position], hint=remark.hint))


class Rules:
    """Which regions were empty where results of a run rest on rules for that, by what it tells."""

    def __init__(self) -> None:
        # By operation, of the plan that is carried out; and of all before, which what comes after
        # may rest on in ways that no plan shows, as the length of a loop.
        self._ruled: dict[bytes, int] = {}
        self._before = 0

    def add(self, told: Ruled) -> None:
        """Take note of one operation."""
        self._ruled[told.operation] = EMPTY.index(told.empty)

    def end_stage(self) -> None:
        """Whatever comes from here on rests on what was told so far."""
        self._before = self._all
        self._ruled.clear()

    @property
    def empty(self) -> Empty:
        """Which were empty in all of the run."""
        return EMPTY[self._all]

    def of_goals(self, plan: WorkPlan) -> list[Empty]:
        """Which were empty where each goal of a plan, the last one, rests on a rule."""
        if not self._ruled:
            return [EMPTY[self._before]] * len(plan.goals)
        rests = bytearray(len(plan))
        for position in plan.needed():
            rests[position] = self._ruled.get(plan.ids[position], self._before)
            for argument in plan.arguments(position):
                rests[position] |= rests[argument]
        return [EMPTY[rests[goal.node]] for goal in plan.goals]

    @property
    def _all(self) -> int:
        return reduce(or_, self._ruled.values(), self._before)


def _beside(operation: bytes) -> bytes:
    """The id under which the store has an operation's remarks."""
    return hashlib.sha256(operation + b" remarks").digest()


def _read(value: Any) -> Iterator[Remark | EmptyRule]:
    """The remarks in a value from the store, which may hold anything."""
    for item in value if isinstance(value, list) else ():
        match item:
            case [("truth" | "found" | "both") as empty]:
                yield EmptyRule(empty)
            case [str(message), str(hint)]:
                yield Remark(message, hint or None)


def _file(plan: WorkPlan, position: int) -> str | None:
    """The loaded image that an operation looks at, where it is only one."""
    of = [position, *plan.arguments(position)]
    loaded: list[Any] = [plan.kinds[p].constants[0] for p in of if plan.kinds[p].operator is LOAD]
    return loaded[0].shown if len(loaded) == 1 else None
