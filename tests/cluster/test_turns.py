"""Parts begin when they have what they need, the first of them first; few values wait for that."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.cluster.large_plans import Making
from tests.cluster.random_plans import PLACE
from voxlogica.cluster.parts import Part, split
from voxlogica.cluster.turns import MOST_WAITING, PartTurns
from voxlogica.images.geometry import Geometry
from voxlogica.language.workplan import WorkPlan
from voxlogica.operators import registry


def plan_of_images(number: int) -> WorkPlan:
    """A plan of so many operations, all of which give images."""
    plan = WorkPlan()
    drawn, space = registry()["constant"][0], Geometry.of_size(2, 2)
    for count in range(number):
        plan.add(drawn, (), (float(count), space), space, PLACE)
    return plan


@st.composite
def parts(draw: st.DrawFn) -> list[Part]:
    """Parts that each give an image, of which some others need some."""
    needs = [
        draw(st.sets(st.integers(0, number - 1), max_size=4)) if number else set()
        for number in range(draw(st.integers(1, 20)))
    ]
    read = set().union(*needs)
    return [
        Part([number], (), tuple(sorted(of)), (number,) if number in read else (), False)
        for number, of in enumerate(needs)
    ]


@settings(max_examples=100, deadline=None)
@given(parts(), st.data())
def test_each_begins_once_with_the_values_that_it_needs(
    parts: list[Part], data: st.DataObject
) -> None:
    turns = PartTurns(plan_of_images(len(parts)), parts)
    begun: list[Part] = []
    under_way: list[Part] = []
    given: set[int] = set()
    while turns.first or under_way:
        if turns.first and (not under_way or data.draw(st.booleans())):
            able = [part for part in parts if part not in begun and given >= set(part.needs)]
            assert turns.first == able[0]
            part, values = turns.take()
            assert values == {position: f"value {position}" for position in part.needs}
            begun.append(part)
            under_way.append(part)
        else:
            done = under_way.pop(data.draw(st.integers(0, len(under_way) - 1)))
            turns.give(done, [f"value {position}" for position in done.gives])
            given.update(done.gives)
    assert sorted(begun, key=parts.index) == parts
    assert not turns.waiting


class TestManyImages:
    """Each part takes as long as any other, and ten are carried out at a time."""

    def waiting(self, parts: Sequence[Part], plan: WorkPlan) -> int:
        """How many values wait at a time, at most; all parts are carried out."""
        turns = PartTurns(plan, parts)
        under_way: list[Part] = []
        most = begun = 0
        while turns.first or under_way:
            while turns.first and len(under_way) < 10:
                under_way.append(turns.take()[0])
                begun += 1
            done = under_way.pop(0)
            turns.give(done, done.gives)
            most = max(most, turns.waiting)
        assert begun == len(parts)
        return most

    def test_images_wait_until_a_sum_has_gone_over_those_before_them(self, tmp_path: Path) -> None:
        making = Making(tmp_path)
        total = making.found()
        for _ in range(1000):
            total = making.add("pass", total, making.found())
        plan = making.wanted(total)
        assert self.waiting(split(plan, 8), plan) <= MOST_WAITING + 10

    def test_nothing_is_held_up_where_a_number_of_all_has_to_be_there_first(
        self, tmp_path: Path
    ) -> None:
        making = Making(tmp_path)
        cases = [making.found() for _ in range(100)]
        level = making.add("add", *[making.add("mean", case) for case in cases])
        plan = making.wanted(
            *[making.add("measure", making.add("above", case, level), case) for case in cases]
        )
        parts = split(plan, 8)
        assert self.waiting(parts, plan) >= 100
