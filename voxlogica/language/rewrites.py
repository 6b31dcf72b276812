"""Rewrites of the workplan, by rules that say what equals what and why.

A rule's two sides are terms over operator names and variables. Where the left side is found in a
plan, the right side takes its place; the goals' results stay the same, voxel by voxel.
"""

from __future__ import annotations

from array import array
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from voxlogica.dataclass import dataclass, replace
from voxlogica.images.geometry import Geometry
from voxlogica.language.knowledge import LITERALS
from voxlogica.language.operations import Constant, GridOf, Kind, Place
from voxlogica.language.rules import (
    MEAN_RULE,
    RANK_RULES,
    RULES,
    UNBOUNDED,
    KnownNumber,
    Literal,
    Pattern,
    PatternTerm,
    Rule,
    Var,
    most_thresholds,
)
from voxlogica.language.workplan import WorkPlan
from voxlogica.operators import registry
from voxlogica.operators.literals import BOOL_LITERAL, NUMBER_LITERAL
from voxlogica.operators.signature import BOOL, NUMBER, Cost
from voxlogica.operators.thresholds import COST_AT_HAND, cost_of_comparison

# What takes an operation's place, and what the variables in it stand for.
_By = tuple[Pattern, Mapping[str, int]]


def cheapest(plan: WorkPlan) -> WorkPlan:
    """The plan with what costs less given what else is in it; all operations keep their ids."""
    return _summed_up(_without_ranks(_unbounded(plan)))


def simplified(plan: WorkPlan, rules: tuple[Rule, ...] = RULES) -> WorkPlan:
    """The plan with rules applied to each operation, whatever reads it, or else is in the plan.

    Its goals are the same; takes linear time.
    """
    rewriting = _Rewriting(WorkPlan(), _USUAL if rules is RULES else _Rules(rules))
    moved = array("i", [-1]) * len(plan)
    for position in plan.needed():
        arguments = tuple([moved[a] for a in plan.arguments(position)])
        known = rewriting.known(plan.kinds[position], arguments)
        if known is not None:
            moved[position] = rewriting.literal(known, plan.places[position])
        else:
            moved[position] = rewriting.simplified(rewriting.plan.take(plan, position, arguments))
    return _finished(plan, rewriting, moved)


def _unbounded(plan: WorkPlan) -> WorkPlan:
    """The plan with the distance to a region where it is needed anyway, or that costs less."""
    at_hand: set[int] = set()
    compared: defaultdict[int, list[int]] = defaultdict(list)
    for position in plan.needed():
        name = plan.kinds[position].operator.name
        if name == "dt":
            at_hand.add(plan.arguments(position)[0])
        elif name in UNBOUNDED:
            compared[plan.arguments(position)[1]].append(position)
    at_hand |= {
        region for region, readers in compared.items() if _costs_less_at_hand(plan, readers)
    }
    return _in_another_way(
        plan,
        {
            position: _bound(UNBOUNDED[plan.kinds[position].operator.name], plan, position)
            for region in at_hand
            for position in compared.get(region, ())
        },
    )


def _costs_less_at_hand(plan: WorkPlan, comparisons: Sequence[int]) -> bool:
    """Whether the distance to a region and these comparisons cost less than all of them bounded."""
    if len(comparisons) < 2:  # no bounded one costs more than the distance
        return False
    at_hand = 1.0 + len(comparisons) * COST_AT_HAND
    return at_hand < sum(_bounded_cost(plan, position) for position in comparisons)


def _bounded_cost(plan: WorkPlan, comparison: int) -> float:
    """What comparing a distance costs where it is bounded, in distances to a region."""
    number, space = plan.kinds[plan.arguments(comparison)[0]], plan.kinds[comparison].space
    if not isinstance(space, Geometry):
        return 1.0
    known = number.constants[0] if number.operator is NUMBER_LITERAL else None
    return cost_of_comparison(known if isinstance(known, float) else None, space)


def _without_ranks(plan: WorkPlan) -> WorkPlan:
    """The plan without images of ranks of which only thresholds are asked, and few."""
    rules = {rule.left.operator: rule for rule in RANK_RULES}
    needed = plan.needed()
    ranks = {p for p in needed if plan.kinds[p].operator.name == "percentiles"}
    if not ranks:
        return plan
    readers = Counter(a for position in needed for a in set(plan.arguments(position)))
    readers.update(goal.node for goal in plan.goals)
    thresholds: dict[int, _By] = {}
    for position in needed:
        rule = rules.get(plan.kinds[position].operator.name)
        if rule and plan.arguments(position)[-1] in ranks:
            bound = next(_matches(plan, rule.left, position, {}), None)
            if bound is not None:
                thresholds[position] = rule.right, bound
    asked = Counter(plan.arguments(position)[-1] for position in thresholds)
    unneeded = {
        p
        for p, count in asked.items()
        if count == readers[p] <= most_thresholds(plan.kinds[p].voxels or 0)
    }
    replaced = {p: by for p, by in thresholds.items() if plan.arguments(p)[-1] in unneeded}
    return _in_another_way(plan, replaced)


def _summed_up(plan: WorkPlan) -> WorkPlan:
    """The plan with the means of a region's values that are summed up for something else, too."""
    kinds, needed = plan.kinds, plan.needed()
    summed = {plan.arguments(p) for p in needed if kinds[p].operator.name == "summaryOf"}
    mean = MEAN_RULE.left.operator
    means = (p for p in needed if kinds[p].operator.name == mean and plan.arguments(p) in summed)
    return _in_another_way(plan, {p: _bound(MEAN_RULE, plan, p) for p in means})


def _bound(rule: Rule, plan: WorkPlan, position: int) -> _By:
    """What takes the place of an operation by a rule whose left side has nothing but variables."""
    names = [variable.name for variable in rule.left.arguments if isinstance(variable, Var)]
    return rule.right, dict(zip(names, plan.arguments(position), strict=True))


def _in_another_way(plan: WorkPlan, replaced: Mapping[int, _By]) -> WorkPlan:
    """The plan with some operations replaced by patterns of others, under the ids that they have.

    Where it is not for a rule alone to say what takes an operation's place, whoever else has that
    operation is to find the result.
    """
    if not replaced:
        return plan
    rewriting = _Rewriting(WorkPlan(), _Rules(()))
    moved = array("i", [-1]) * len(plan)
    for position in plan.needed():
        found = replaced.get(position)
        if found is None:
            arguments = tuple([moved[a] for a in plan.arguments(position)])
            moved[position] = rewriting.plan.take(plan, position, arguments)
        else:
            pattern, bound = found[0], {name: moved[one] for name, one in found[1].items()}
            space, place = plan.kinds[position].space, plan.places[position]
            moved[position] = rewriting.built(pattern, bound, space, place, plan.ids[position])
    return _finished(plan, rewriting, moved)


def _finished(plan: WorkPlan, rewriting: _Rewriting, moved: array[int]) -> WorkPlan:
    rewriting.plan.goals = [replace(goal, node=moved[goal.node]) for goal in plan.goals]
    return rewriting.plan


class _Rules:
    """Rules by the operator that each looks for, and by those of its arguments once asked for."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        self._by_operator: dict[str, list[Rule]] = {}
        for rule in rules:
            self._by_operator.setdefault(rule.left.operator, []).append(rule)
        self._candidates: dict[tuple[object, ...], list[Rule]] = {}

    def candidates(self, plan: WorkPlan, position: int) -> list[Rule]:
        """Those that may apply to an operation, as far as the operators of its arguments tell."""
        kinds, operator = plan.kinds, plan.kinds[position].operator
        rules = self._by_operator.get(operator.name)
        if rules is None:
            return []
        arguments = plan.arguments(position)
        repeated = len(arguments) == 2 and arguments[0] == arguments[1]
        names = [kinds[a].operator.name for a in arguments]
        key = (repeated, operator.commutative, operator.name, *names)
        found = self._candidates.get(key)
        if found is None:
            orders = [names, names[::-1]] if operator.commutative else [names]
            found = self._candidates[key] = [
                rule
                for rule in rules
                if any(_may_match(rule.left.arguments, order, repeated) for order in orders)
            ]
        return found


# The rules that are used for all plans of the process.
_USUAL = _Rules(RULES)


@dataclass(frozen=True, slots=True)
class _Rewriting:
    """A plan that is built with rules."""

    plan: WorkPlan
    rules: _Rules

    def simplified(self, position: int) -> int:
        """An operation of equal result to which no rule applies.

        Every rule makes its term smaller, or has one `dt`, `through`, `lcc` or `maxvol` less, so
        this ends.
        """
        plan = self.plan
        for rule in self.rules.candidates(plan, position):
            bound = next(_matches(plan, rule.left, position, {}), None)
            if bound is not None:
                space, place = plan.kinds[position].space, plan.places[position]
                return self.built(rule.right, bound, space, place)
        return position

    def known(self, kind: Kind, arguments: tuple[int, ...]) -> float | bool | None:
        """What an operation on numbers and truth values gives that are all literals, else None."""
        is_scalar = kind.operator.cost is Cost.NOTHING and kind.type in (NUMBER, BOOL)
        if not is_scalar or not arguments:
            return None
        given = [self.plan.kinds[a] for a in arguments]
        if any(one.operator not in (NUMBER_LITERAL, BOOL_LITERAL) for one in given):
            return None
        found: float | bool = kind.operator.function(*(one.constants[0] for one in given))
        return found

    def literal(self, value: float | bool, place: Place) -> int:
        """A number or truth value as if it had been written."""
        return self.plan.add(LITERALS[type(value)], (), (value,), None, place)

    def built(
        self,
        pattern: Pattern,
        bound: Mapping[str, int],
        space: Geometry | GridOf | None,
        place: Place,
        identity: bytes | None = None,
    ) -> int:
        """The operation that a pattern stands for, its images on this space.

        Given the id of the operation that it replaces, it keeps that: where it is not for the rule
        alone to say what takes its place, whoever else has that operation is to find the result.
        """
        if isinstance(pattern, Var | KnownNumber):
            return bound[pattern.name]
        if isinstance(pattern, Literal):
            return self.literal(pattern.value, place)
        arguments = tuple(self.built(part, bound, space, place) for part in pattern.arguments)
        types = tuple(self.plan.kinds[a].type for a in arguments)
        operator = next(
            o for o in registry()[pattern.operator] if tuple(p.type for p in o.parameters) == types
        )
        on = space if operator.result.is_image else None
        constants: tuple[Constant, ...] = ()
        if operator.spaceless and isinstance(on, Geometry):
            constants = (on,)
        elif operator.spaceless and on is not None:
            # Whatever the pattern is of lies on that grid, and is there when the program runs.
            kinds = self.plan.kinds
            arguments += (next(p for p in bound.values() if kinds[p].space == on),)
        position = self.plan.add(operator, arguments, constants, on, place, identity=identity)
        if self.plan.kinds[position].operator is not operator:
            return position  # a later stage chose another way to it, when it was rewritten before
        return self.simplified(position)


# Where a pattern is found

_LITERALS = (NUMBER_LITERAL.name, BOOL_LITERAL.name)


def _may_match(patterns: tuple[Pattern, ...], operators: list[str], repeated: bool) -> bool:
    """Whether arguments of these operators may be instances of the patterns."""
    if len(patterns) != len(operators) or (
        len(patterns) == 2 and patterns[0] == patterns[1] and not repeated
    ):
        return False
    return all(
        isinstance(pattern, Var)
        or (isinstance(pattern, PatternTerm) and operator == pattern.operator)
        or (not isinstance(pattern, PatternTerm) and operator in _LITERALS)
        for pattern, operator in zip(patterns, operators, strict=True)
    )


def _matches(
    plan: WorkPlan, pattern: Pattern, position: int, bound: dict[str, int]
) -> Iterator[dict[str, int]]:
    """The ways in which an operation is an instance of a pattern."""
    kind = plan.kinds[position]
    if isinstance(pattern, Var):
        if kind.type == pattern.type and bound.get(pattern.name, position) == position:
            yield {**bound, pattern.name: position}
    elif isinstance(pattern, PatternTerm):
        of = plan.arguments(position)
        if kind.operator.name != pattern.operator or len(of) != len(pattern.arguments):
            return
        for arguments in (of, of[::-1]) if kind.operator.commutative and len(of) == 2 else (of,):
            found = [bound]
            for part, argument in zip(pattern.arguments, arguments, strict=True):
                found = [more for one in found for more in _matches(plan, part, argument, one)]
            yield from found
    elif isinstance(pattern, Literal):
        if kind.operator is LITERALS[type(pattern.value)] and kind.constants[0] == pattern.value:
            yield bound
    elif kind.operator is NUMBER_LITERAL and bound.get(pattern.name, position) == position:
        value: Any = kind.constants[0]
        if pattern.passes(value):
            yield {**bound, pattern.name: position}
