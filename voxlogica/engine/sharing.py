"""Which goals of a plan fall to this run, of those that other processes may be at.

A goal that another process is at is not begun from below: it is left to that process, and its
result is read from the store in the end. So before an operation is carried out, the goals that rest
on it are tried for; if all of them are others', it is not needed here. As soon as a goal is known
to be this run's, what is costly beneath it is asked for, so that who computes it keeps it so long.
"""

from __future__ import annotations

import threading
from array import array
from collections.abc import Callable, Collection, Iterable, Sequence

from voxlogica.language.workplan import WorkPlan

# Of what more goals than this rest on, it is not asked whether all of them are others'.
_MOST = 64
# Marks: of no goal yet, and of goals that are this run's in any case.
_NONE, _ALWAYS = -1, 0

# Reserves those of some goals that nobody else is at, and that are not there by now: which.
Reserve = Callable[[Sequence[bytes]], set[bytes]]
# Tells others what this run is going to need.
Ask = Callable[[Sequence[bytes]], None]


class Share:
    """The operations of a plan that this run carries out. Safe for any thread.

    `required` are the operations in question, each after those it needs; those `at_hand` need none.
    `shared` are the ids of the goals that others may be at, `costly` those of the operations to ask
    for. What is decided stays so: a goal is tried for once, when the first operation that it rests
    on is reached.
    """

    def __init__(
        self,
        plan: WorkPlan,
        required: Sequence[int],
        at_hand: Collection[int],
        shared: Collection[bytes],
        costly: Collection[bytes],
        reserve: Reserve,
        ask: Ask,
    ) -> None:
        self._ids = plan.ids
        self._reserve = reserve
        self._ask = ask
        self._lock = threading.Lock()
        # The goals that each mark stands for, and whether one of them is ours, once that is known.
        self._goals: list[frozenset[int]] = [frozenset()]
        self._answers: list[bool | None] = [True]
        self._decided: dict[int, bool] = {}
        self._marks = self._marked(plan, required, at_hand, shared)
        # The costly operations by mark, and the marks that they have by goal.
        self._costly: dict[int, list[int]] = {}
        for position in required:
            if plan.ids[position] in costly and position not in at_hand:
                self._costly.setdefault(self._marks[position], []).append(position)
        self._marks_of: dict[int, list[int]] = {}
        for mark in self._costly:
            for goal in self._goals[mark]:
                self._marks_of.setdefault(goal, []).append(mark)
        self._ask_for([_ALWAYS])

    def is_ours(self, position: int) -> bool:
        """Whether an operation is to be carried out here, for some goal that it serves."""
        mark = self._marks[position]
        answer = self._answers[mark]
        if answer is None:
            with self._lock:
                answer = self._answers[mark] = self._decide(self._goals[mark])
        return answer

    def _decide(self, goals: frozenset[int]) -> bool:
        # In the order of the program, for all of them: who is at one of them is at what they share.
        undecided = sorted(goals - self._decided.keys())
        ours = self._reserve([self._ids[goal] for goal in undecided]) if undecided else set()
        self._decided.update((goal, self._ids[goal] in ours) for goal in undecided)
        self._ask_for(m for g in undecided if self._decided[g] for m in self._marks_of.get(g, ()))
        return any(self._decided[goal] for goal in goals)

    def _ask_for(self, marks: Iterable[int]) -> None:
        positions = [p for mark in marks for p in self._costly.pop(mark, ())]
        if positions:
            self._ask([self._ids[position] for position in sorted(positions)])

    def _marked(
        self,
        plan: WorkPlan,
        required: Sequence[int],
        at_hand: Collection[int],
        shared: Collection[bytes],
    ) -> array[int]:
        """At each operation's position, the mark of the set of goals that rest on it."""
        marks = array("i", [_NONE]) * len(plan)
        known: dict[frozenset[int], int] = {}
        joined: dict[tuple[int, int], int] = {}

        def mark_of(goals: frozenset[int]) -> int:
            if len(goals) > _MOST:
                return _ALWAYS
            if goals not in known:
                known[goals] = len(self._goals)
                self._goals.append(goals)
                self._answers.append(None)
            return known[goals]

        def join(one: int, other: int) -> int:
            if one == other or other == _NONE:
                return one
            if one == _NONE:
                return other
            if one == _ALWAYS or other == _ALWAYS:
                return _ALWAYS
            pair = (one, other)
            if pair not in joined:
                joined[pair] = mark_of(self._goals[one] | self._goals[other])
            return joined[pair]

        for goal in plan.goals:
            node = goal.node
            is_shared = plan.ids[node] in shared and node not in at_hand
            marks[node] = mark_of(frozenset({node})) if is_shared else _ALWAYS
        for position in reversed(required):
            if position not in at_hand:
                mark = marks[position]
                for argument in plan.arguments(position):
                    marks[argument] = join(marks[argument], mark)
        return marks
