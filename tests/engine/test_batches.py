"""Which operations are tasks together: none too early, none kept waiting, few tasks."""

from __future__ import annotations

from graphlib import TopologicalSorter

from hypothesis import given, settings
from hypothesis import strategies as st

from voxlogica.engine.batches import Batch, batched
from voxlogica.images.geometry import Geometry
from voxlogica.language.operations import Place
from voxlogica.language.workplan import Print, WorkPlan
from voxlogica.operators import registry
from voxlogica.operators.signature import NUMBER, REGION, Cost, Operator
from voxlogica.syntax.source import Source, Span

PLACE = Place(Span(Source("p", "abc"), 0, 3))
QUICK = Operator("quick", (), NUMBER, lambda *_: 0.0, "", Cost.NOTHING)
SLOW = Operator("slow", (), NUMBER, lambda *_: 0.0, "")


def add(plan: WorkPlan, operator: Operator, *arguments: int) -> int:
    return plan.add(operator, arguments, (float(len(plan)),), None, PLACE)


def goals(plan: WorkPlan, *positions: int) -> None:
    plan.goals = [Print("p", position, PLACE.span) for position in positions]


@st.composite
def plans(draw: st.DrawFn) -> WorkPlan:
    """Plans of quick and slow operations with some arguments among those before them."""
    plan = WorkPlan()
    for position in range(draw(st.integers(1, 40))):
        near = st.integers(max(0, position - 6), position - 1) if position else st.nothing()
        arguments = draw(st.lists(near, max_size=3)) if position else []
        add(plan, draw(st.sampled_from([QUICK, QUICK, QUICK, SLOW])), *arguments)
    some = st.sets(st.integers(0, len(plan) - 1), min_size=1, max_size=5)
    goals(plan, len(plan) - 1, *draw(some))
    return plan


def slow_below(plan: WorkPlan, at_hand: set[int]) -> list[set[int]]:
    """For each operation the slow ones that must be done before it is, itself included."""
    below: list[set[int]] = []
    for position, node in enumerate(plan.nodes):
        arguments = () if position in at_hand else node.arguments
        rests = set().union(*(below[a] for a in arguments))
        below.append(rests | {position} if node.operator is SLOW else rests)
    return below


def in_turn(batches: list[Batch]) -> list[int]:
    """The numbers of the batches in an order in which all can be done; there is one."""
    waits = {number: batch.after for number, batch in enumerate(batches)}
    return list(TopologicalSorter(waits).static_order())


@settings(max_examples=100, deadline=None)
@given(plans(), st.data())
def test_every_operation_is_done_once_and_after_its_arguments(
    plan: WorkPlan, data: st.DataObject
) -> None:
    needed = plan.needed()
    at_hand = data.draw(st.sets(st.sampled_from(list(needed)), max_size=3))
    reached = {goal.node for goal in plan.goals}
    for position in reversed(needed):
        if position in reached and position not in at_hand:
            reached.update(plan.arguments(position))
    batches, number = batched(plan, sorted(reached), at_hand)
    done: list[int] = []
    for turn in in_turn(batches):
        for position in batches[turn].operations:
            assert number[position] == turn
            assert position in at_hand or set(plan.arguments(position)) <= set(done)
            done.append(position)
    assert sorted(done) == sorted(reached)


@settings(max_examples=100, deadline=None)
@given(plans())
def test_nothing_waits_for_what_takes_time_and_is_not_needed(plan: WorkPlan) -> None:
    needed = plan.needed()
    batches, number = batched(plan, needed)
    below = slow_below(plan, set())
    for batch in batches:
        slow = [p for p in batch.operations if plan.kinds[p].operator is SLOW]
        assert len(slow) <= 1
        assert not slow or slow == [batch.operations[-1]]
    for position in needed:
        for argument in plan.arguments(position):
            if number[argument] != number[position]:
                together = set().union(*(below[p] for p in batches[number[argument]].operations))
                assert together <= below[position]


def test_quick_operations_are_one_task_for_each_set_that_they_rest_on() -> None:
    plan = WorkPlan()
    slow = [add(plan, SLOW) for _ in range(3)]
    ends = []
    for a, b in ((0, 1), (1, 2)):
        one = add(plan, QUICK)
        rows = [add(plan, QUICK, slow[a], slow[b]) for _ in range(10)]
        for _ in range(4):
            rows = [add(plan, QUICK, rows[i - 1], rows[i], slow[a], one) for i in range(10)]
        ends += [one, *rows]
    goals(plan, *ends)
    batches, _ = batched(plan, plan.needed())
    assert len(batches) == len(slow) + 1 + 2


def test_sums_over_many_cases_are_batched_as_they_become_ready() -> None:
    plan = WorkPlan()
    sums = [add(plan, SLOW)]
    for _ in range(300):
        case = add(plan, SLOW)
        sums += [add(plan, QUICK, sums[-1], case), add(plan, QUICK, sums[-1], case)]
    goals(plan, *sums)
    batches, number = batched(plan, plan.needed())
    assert len(batches) == 601
    assert in_turn(batches)[-1] == number[sums[-1]]


def test_batches_are_not_longer_than_need_be() -> None:
    plan = WorkPlan()
    rows = [add(plan, QUICK) for _ in range(2000)]
    goals(plan, *rows)
    batches, _ = batched(plan, plan.needed())
    assert [len(batch.operations) for batch in batches] == [500] * 4
    # What serves one operation alone is done with it, however much it is.
    goals(plan, add(plan, SLOW, *rows))
    (batch,), _ = batched(plan, plan.needed())
    assert len(batch.operations) == 2001


def test_operations_on_images_are_quick_where_the_images_are_small() -> None:
    border, complement, dt = (registry()[name][0] for name in ("border", "not", "dt"))
    for size, expected in (((64, 64), 1), ((64, 65), 8)):
        plan, space = WorkPlan(), Geometry.of_size(*size)
        last = plan.add(border, (), (space,), space, PLACE)
        for _ in range(7):
            last = plan.add(complement, (last,), (), space, PLACE, REGION)
        goals(plan, last)
        batches, _ = batched(plan, plan.needed())
        assert len(batches) == expected
        # Some take long on any image.
        goals(plan, plan.add(dt, (last,), (), space, PLACE))
        batches, _ = batched(plan, plan.needed())
        assert len(batches) == (1 if expected == 1 else 9)
    plan, space = WorkPlan(), Geometry.of_size(64, 64)
    drawn = plan.add(border, (), (space,), space, PLACE)
    apart = [plan.add(dt, (drawn,), (), space, Place(PLACE.span))]
    goals(plan, drawn, *apart)
    assert len(batched(plan, plan.needed())[0]) == 2
