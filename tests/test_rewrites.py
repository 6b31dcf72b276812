"""Rewrites: every rule gives what the plain plan gives, on programs made at random."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voxlogica.images.geometry import Geometry
from voxlogica.images.image import Image
from voxlogica.language.rewrites import RULES, rewrite
from voxlogica.language.workplan import Place, Print, WorkPlan
from voxlogica.primitives import registry
from voxlogica.primitives.literals import NUMBER_LITERAL
from voxlogica.primitives.signature import REGION, VALUATION, Operator
from voxlogica.syntax.source import Source, Span

SPACE = Geometry.of_size(5, 4, 3, spacing=(1.0, 1.5, 2.0))
PLACE = Place(Span(Source("p", "x"), 0, 1))


def _given(name: str, array: np.ndarray, result) -> Operator:
    image = Image(array, SPACE)
    return Operator(name, (), result, lambda: image, "test", "A given image.")


def evaluate(plan: WorkPlan) -> list[object]:
    """The goals' values, operation by operation: no engine, no rewriting."""
    values: dict[int, object] = {}
    for position in plan.needed():
        node = plan.nodes[position]
        arguments = [values[a] for a in node.arguments]
        if node.operator.spaceless:
            values[position] = node.operator.function(*arguments, space=SPACE)
        else:
            values[position] = node.operator.function(*arguments, *node.constants)
    return [values[goal.node] for goal in plan.goals]


# Operators that the rules speak of, and some that stand between.
OPERATORS = (
    "not", "and", "or", "near", "interior", "mask", "theRegion", "theNumber", ".<=", ".=", "volume",
)  # fmt: skip


@st.composite
def plans(draw: st.DrawFn) -> WorkPlan:
    """A plan over two regions, a valuation and two numbers, grown an operation at a time."""
    seed = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    plan = WorkPlan()
    for name in ("p", "q"):
        region = seed.random(SPACE.shape) < 0.5
        plan.add(_given(name, region, REGION), (), (), SPACE, PLACE)
    values = seed.integers(0, 4, SPACE.shape).astype(np.float32)
    plan.add(_given("v", values, VALUATION), (), (), SPACE, PLACE)
    for value in (1.0, 2.0):
        plan.add(NUMBER_LITERAL, (), (value,), None, PLACE)
    for _ in range(draw(st.integers(1, 25))):
        overloads = registry()[draw(st.sampled_from(OPERATORS))]
        operator = draw(st.sampled_from(overloads))
        arguments = tuple(
            draw(st.sampled_from([i for i, n in enumerate(plan.nodes) if n.type == p.type][-6:]))
            for p in operator.parameters
        )
        space = SPACE if operator.result.is_image else None
        plan.add(operator, arguments, (), space, PLACE)
    plan.goals = [Print(str(i), i, PLACE.span) for i in range(len(plan.nodes))]
    return plan


@settings(max_examples=150, deadline=None)
@given(plans())
def test_a_rewritten_plan_gives_the_same_results(plan):
    rewritten = rewrite(plan)
    for plain, other in zip(evaluate(plan), evaluate(rewritten), strict=True):
        if isinstance(plain, Image):
            assert isinstance(other, Image)
            assert np.array_equal(plain.array, other.array)
            assert plain.array.dtype == other.array.dtype
        else:
            assert plain == other


@settings(max_examples=50, deadline=None)
@given(plans())
def test_a_rewritten_plan_is_left_alone(plan):
    once = rewrite(plan)
    again = rewrite(once)
    assert sorted(once.ids[i] for i in once.needed()) == sorted(
        again.ids[i] for i in again.needed()
    )


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.reason)
def test_every_rule_says_why_and_is_used(rule):
    """Its left side, built of fresh operations, is replaced by its right side."""
    from voxlogica.language.rewrites import Term, Var

    plan = WorkPlan()
    made: dict[str, int] = {}

    def build(pattern) -> int:
        if isinstance(pattern, Var):
            if pattern.name not in made:
                made[pattern.name] = plan.add(
                    Operator(pattern.name, (), pattern.type, lambda: None, "test", ""),
                    (),
                    (),
                    SPACE,
                    PLACE,
                )
            return made[pattern.name]
        assert isinstance(pattern, Term)
        arguments = tuple(build(a) for a in pattern.arguments)
        types = tuple(plan.nodes[a].type for a in arguments)
        operator = next(
            o for o in registry()[pattern.operator] if tuple(p.type for p in o.parameters) == types
        )
        return plan.add(operator, arguments, (), SPACE, PLACE)

    left = build(rule.left)
    plan.goals = [Print("left", left, PLACE.span)]
    rewritten = rewrite(plan, (rule,))
    assert rule.reason
    assert rewritten.ids[rewritten.goals[0].node] != plan.ids[left]
