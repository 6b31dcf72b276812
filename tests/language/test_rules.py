"""Each rule of rewriting: both sides give the same bits, whatever its variables stand for."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest

from tests.language.test_rewrites import PLACE, SPACE, evaluate, given_image
from voxlogica.images.image import Image
from voxlogica.language.rewrites import RULES, simplified
from voxlogica.language.rules import MEAN_RULE, RANK_RULES, KnownNumber, Literal, Pattern, Rule, Var
from voxlogica.language.workplan import Print, WorkPlan
from voxlogica.operators import namespace, namespaces, registry
from voxlogica.operators.components import BySize
from voxlogica.operators.literals import BOOL_LITERAL, NUMBER_LITERAL
from voxlogica.operators.objects import components
from voxlogica.operators.signature import (
    NUMBER,
    REGION,
    OperationError,
    Operator,
    Type,
    sequence_of,
)

NUMBERS = [0.0, -0.0, 1.0, 0.1, 0.5, -1.0, 2.0, 3.3, 1e-60, 1e30, math.nan, math.inf, -math.inf]
VOXELS = np.float32([0.0, -0.0, 1.0, 2.0, -3.0, 0.1, math.nan, math.inf])


class Sides:
    """Plans of the left side of a rule, its variables chosen at random."""

    def __init__(self, random: np.random.Generator) -> None:
        self._random = random
        self.plan = WorkPlan()
        self._made: dict[str, int] = {}

    def add(self, pattern: Pattern) -> int:
        """The operation that a pattern is; what has a name is the same wherever it stands."""
        match pattern:
            case Var(name, kind):
                return self._named(name, lambda: self._variable(name, kind))
            case KnownNumber(name, passes):
                return self._named(name, lambda: self._number([n for n in NUMBERS if passes(n)]))
            case Literal(value):
                literal = BOOL_LITERAL if isinstance(value, bool) else NUMBER_LITERAL
                return self.plan.add(literal, (), (value,), None, PLACE)
        arguments = tuple(self.add(argument) for argument in pattern.arguments)
        types = tuple(self.plan.nodes[argument].type for argument in arguments)
        space, _, own = pattern.operator.rpartition(".")
        known = namespace(space) if own and space in namespaces() else registry()
        overloads = known[own if known is not registry() else pattern.operator]
        (operator,) = (found for found in overloads if found.takes(types))
        constants = (SPACE,) if operator.spaceless else ()
        space = SPACE if operator.result.is_image else None
        return self.plan.add(operator, arguments, constants, space, PLACE)

    def _named(self, name: str, make: Callable[[], int]) -> int:
        if name not in self._made:
            self._made[name] = make()
        return self._made[name]

    def _variable(self, name: str, kind: Type) -> int:
        if kind == NUMBER:
            return self._number(NUMBERS)
        share = self._random.choice([0.0, 0.3, 0.7, 1.0])
        region = self._random.random(SPACE.shape) < share
        if kind == sequence_of(REGION):
            parts = components(Image(region, SPACE))
            given = Operator(name, (), kind, lambda: parts, "Given components.")
            return self.plan.add(given, (), (), None, PLACE)
        array = region if kind == REGION else self._random.choice(VOXELS, SPACE.shape)
        return self.plan.add(given_image(name, array, kind), (), (), SPACE, PLACE)

    def _number(self, among: list[float]) -> int:
        return self.plan.add(NUMBER_LITERAL, (), (float(self._random.choice(among)),), None, PLACE)


@pytest.mark.parametrize("rule", (*RULES, *RANK_RULES, MEAN_RULE), ids=lambda rule: rule.reason)
def test_both_sides_are_the_same_to_the_last_bit(rule: Rule) -> None:
    assert rule.reason
    random = np.random.default_rng(7)
    for _ in range(40):
        sides = Sides(random)
        sides.plan.goals = [Print("", sides.add(rule.left), PLACE.span)]
        rewritten = simplified(sides.plan, (rule,))
        assert rewritten.ids[rewritten.goals[0].node] != sides.plan.ids[sides.plan.goals[0].node]
        with np.errstate(all="ignore"):
            (left,), (right,) = _results(sides.plan), _results(rewritten)
        if isinstance(left, str):
            assert left == right
            continue
        one, other = map(_array, (left, right))
        assert one.dtype == other.dtype
        np.testing.assert_array_equal(one, other)
        if one.size and one.dtype != bool:
            numbers = ~np.isnan(one)
            np.testing.assert_array_equal(np.signbit(one[numbers]), np.signbit(other[numbers]))


def _array(value: object) -> np.ndarray:
    if isinstance(value, BySize):
        return np.array([image.array for image in value])
    return np.asarray(value.array if isinstance(value, Image) else value)


def _results(plan: WorkPlan) -> list[object]:
    """What the goals give, or why they do not."""
    try:
        return evaluate(plan)
    except OperationError as problem:
        return [problem.message]
