"""Which operations one task of the scheduler carries out together.

Scheduling a task costs ten times what it takes to add two numbers. So the scalar operators are not
tasks of their own: those that rest on nothing else are done in one batch, others together with the
one operation that needs them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from voxlogica.language.workplan import WorkPlan

# The families of operators that take no time to speak of; but a loaded file is a literal, too.
_QUICK = frozenset({"literals", "scalars"})
# Stands for the batch of what rests on quick operations alone.
_PURE = -1


@dataclass(frozen=True, slots=True)
class Step:
    """An operation to see to, and those whose results it needs at hand."""

    position: int
    arguments: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Batch:
    """Operations in an order in which each follows its arguments, and the batches before it."""

    steps: tuple[Step, ...]
    after: tuple[int, ...]


def batched(plan: WorkPlan, steps: Sequence[Step]) -> tuple[list[Batch], dict[int, int]]:
    """The batches, and the number of the batch that each operation is in.

    Takes steps in order, each after those it needs; O(steps).

    Why no two batches wait for each other: but for the one that rests on quick operations alone,
    and so waits for nothing, all that others need of a batch is its last operation, since what is
    batched with it has no other reader.
    """
    goals = {goal.node for goal in plan.goals}
    pure: set[int] = set()
    readers: dict[int, list[int]] = {step.position: [] for step in steps}
    for step in steps:
        if _is_quick(plan, step.position) and pure.issuperset(step.arguments):
            pure.add(step.position)
        for argument in step.arguments:
            readers[argument].append(step.position)
    # The operation that each is batched with.
    leader: dict[int, int] = {}
    for step in reversed(steps):
        position = step.position
        leaders = {leader[reader] for reader in readers[position]}
        if position in pure:
            leader[position] = _PURE
        elif len(leaders) == 1 and position not in goals and _is_quick(plan, position):
            leader[position] = leaders.pop()
        else:
            leader[position] = position
    members: dict[int, list[Step]] = {}
    for step in steps:
        members.setdefault(leader[step.position], []).append(step)
    number = {leading: i for i, leading in enumerate(members)}
    of = {position: number[leading] for position, leading in leader.items()}
    batches = []
    for i, together in enumerate(members.values()):
        needed = dict.fromkeys(of[a] for step in together for a in step.arguments)
        batches.append(Batch(tuple(together), tuple(n for n in needed if n != i)))
    return batches, of


def _is_quick(plan: WorkPlan, position: int) -> bool:
    kind = plan.kinds[position]
    return kind.operator.family in _QUICK and not kind.is_image
