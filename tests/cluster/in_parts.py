"""Plans carried out whole and in parts, which is to be the same; and the laws that parts keep."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Sequence
from typing import Any

from voxlogica.cluster.parts import Part, plan_of, split
from voxlogica.cluster.values import values_of
from voxlogica.engine.executor import execute
from voxlogica.images.image import Image
from voxlogica.language.workplan import Save, WorkPlan
from voxlogica.operators.signature import Cost, Purity


def same(value: Any) -> Any:
    """A value as what equals exactly what is the same in every bit."""
    if isinstance(value, Image):
        array = value.array
        return array.dtype.str, array.shape, array.tobytes(), value.geometry
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [same(item) for item in value]
    return repr(value)


class Carried:
    """Plans carried out, and what they have written."""

    def __init__(self) -> None:
        self.written: list[tuple[str, Any]] = []

    def execute(self, plan: WorkPlan) -> list[Any]:
        def write(goal: Save, value: Any) -> Any:
            self.written.append((goal.path, same(value)))
            return goal.path

        return execute(plan, write, 1, lambda event: None)

    def whole(self, plan: WorkPlan) -> list[Any]:
        return [same(value) for value in self.execute(plan)]

    def in_parts(self, plan: WorkPlan, parts: Sequence[Part]) -> list[Any]:
        return [same(value) for value in self._in_parts(plan, parts, again=True)]

    def _in_parts(self, plan: WorkPlan, parts: Sequence[Part], again: bool) -> list[Any]:
        """Each part by itself; `again`, each in parts, too, which have the values put into them."""
        outcomes: dict[int, Any] = {}
        values: dict[int, Any] = {}
        for part in parts:
            alone = plan_of(plan, part, {p: values[p] for p in part.needs})
            assert list(alone.needed()) == list(range(len(alone)))
            found = (
                self._in_parts(alone, split(alone, 2), again=False)
                if again and len(parts) > 1
                else self.execute(alone)
            )
            assert len(found) == len(part.goals) + len(part.gives)
            outcomes.update(zip(part.goals, found, strict=False))
            values.update(zip(part.gives, found[len(part.goals) :], strict=True))
        return [outcomes[number] for number in range(len(plan.goals))]


def is_same_in_parts(plan: WorkPlan, groups: int) -> list[Part]:
    """The parts, which keep the laws and come to the same."""
    parts = split(plan, groups)
    keeps_the_laws(plan, parts)
    whole, apart = Carried(), Carried()
    assert whole.whole(plan) == apart.in_parts(plan, parts)
    assert sorted(whole.written) == sorted(apart.written)
    return parts


def keeps_the_laws(plan: WorkPlan, parts: Sequence[Part]) -> None:
    needed = plan.needed()
    values = values_of(plan, needed)
    times = Counter(itertools.chain.from_iterable(part.operations for part in parts))
    # All is computed, once, but for what is rather done again than sent.
    assert set(times) == set(needed)
    for position, several in times.items():
        if several > 1:
            assert values.is_again[position] or values.is_free[position]
            assert plan.kinds[position].operator.purity is Purity.PURE
    goals = sorted(itertools.chain.from_iterable(part.goals for part in parts))
    assert goals == list(range(len(plan.goals)))
    given: set[int] = set()
    for part in parts:
        own = set(part.operations)
        assert own
        for column in (part.operations, part.goals, part.needs, part.gives):
            assert list(column) == sorted(set(column))
        assert not own & set(part.needs)
        assert set(part.gives) <= own
        # Each follows those that it needs, and one gives a value.
        assert set(part.needs) <= given
        assert not given & set(part.gives)
        given |= set(part.gives)
        there = own | set(part.needs)
        assert all(there.issuperset(plan.arguments(p)) for p in own)
        assert all(plan.goals[goal].node in own for goal in part.goals)
        assert all(values.is_plain[p] or values.is_image[p] for p in part.needs)
        # What is computed is for something.
        for_something = {*part.gives, *(plan.goals[goal].node for goal in part.goals)}
        for position in reversed(part.operations):
            assert position in for_something
            for_something.update(plan.arguments(position))
        if part.at_client:
            assert not any(plan.kinds[p].is_image for p in there)
            assert all(plan.kinds[p].operator.cost <= Cost.MOMENT for p in own)
    assert given == set(itertools.chain.from_iterable(part.needs for part in parts))


def images_needed(plan: WorkPlan, part: Part) -> int:
    return sum(plan.kinds[position].is_image for position in part.needs)
