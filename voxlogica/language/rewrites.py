"""Rewrites of the workplan: each a rule, a value that says what equals what and why.

A rule's two sides are terms over operator names and variables. Where the left side is found in a
plan, the right side takes its place; the goals' results stay the same, voxel by voxel.
"""

from __future__ import annotations

from array import array
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence

from voxlogica.dataclass import dataclass, field, replace
from voxlogica.images.geometry import Geometry
from voxlogica.language.patterns import Known, Literal, Pattern, Rule, Term, Var, term
from voxlogica.language.rules_of_constants import CONSTANT_RULES, folded
from voxlogica.language.rules_of_distances import DISTANCE_RULES
from voxlogica.language.rules_of_ranks import MOST_THRESHOLDS, RANK_RULES
from voxlogica.language.workplan import Constant, Donor, Kind, Place, WorkPlan
from voxlogica.primitives import registry
from voxlogica.primitives.literals import BOOL_LITERAL, NUMBER_LITERAL
from voxlogica.primitives.signature import NUMBER, REGION, VALUATION, Cost, Operator
from voxlogica.primitives.thresholds import COST_AT_HAND, cost_of_comparison

_A, _B, _V, _N = Var("a", REGION), Var("b", REGION), Var("v", VALUATION), Var("n", NUMBER)
_M = Var("m", NUMBER)
_DT = term("dt", _A)
_PDT = term("mask", _DT, term("dtAbove", Literal(0.0), _A))
_COMPONENTS = term("components", _A)
_BOUNDED = "Whether a distance is in reach costs less than how far it is."
_STRICT = "Less or equal but not equal is less: one pass over the values instead of three."
_SHARED = "The components of a region are found once, whatever is asked of them, and how often."


def _comparison(name: str, of: str, values: Pattern, compared: Pattern) -> tuple[Rule, ...]:
    """One non-strict comparison of some values, and the strict one that is built with it.

    The other halves, `nan` in them, stay as they are: that a number is not at most another does not
    make it greater.
    """
    strict = {"Least": "Above", "Most": "Below"}[name]
    once = term(f"{of}At{name}", _N, compared)
    return (
        Rule(term({"Least": ".<=", "Most": ".>="}[name], _N, values), once, _BOUNDED),
        Rule(
            term("and", once, term("not", term(".=", _N, values))),
            term(f"{of}{strict}", _N, compared),
            _STRICT,
        ),
    )


RULES: tuple[Rule, ...] = (
    *CONSTANT_RULES,
    Rule(term("not", term("not", _A)), _A, "Complement is its own inverse."),
    Rule(term("and", _A, _A), _A, "Intersection is idempotent."),
    Rule(term("or", _A, _A), _A, "Union is idempotent."),
    Rule(term("and", _A, term("or", _A, _B)), _A, "Absorption."),
    Rule(term("or", _A, term("and", _A, _B)), _A, "Absorption."),
    Rule(
        term("and", term("not", _A), term("not", _B)),
        term("not", term("or", _A, _B)),
        "De Morgan: one complement less.",
    ),
    Rule(
        term("or", term("not", _A), term("not", _B)),
        term("not", term("and", _A, _B)),
        "De Morgan: one complement less.",
    ),
    Rule(
        term("not", term("near", term("not", _A))),
        term("interior", _A),
        "Interior is the dual of closure.",
    ),
    Rule(
        term("not", term("interior", term("not", _A))),
        term("near", _A),
        "Closure is the dual of interior.",
    ),
    Rule(term("mask", term("mask", _V, _A), _A), term("mask", _V, _A), "Masking is idempotent."),
    Rule(term("through", _B, _A), term("reachedIn", _B, _COMPONENTS), _SHARED),
    Rule(term("lcc", _A), term("numbersOf", _COMPONENTS), _SHARED),
    Rule(term("maxvol", _A), term("largestOf", _COMPONENTS), _SHARED),
    *_comparison("Least", "dt", _DT, _A),
    *_comparison("Most", "dt", _DT, _A),
    *_comparison("Least", "pdt", _PDT, _A),
    *_comparison("Most", "pdt", _PDT, _A),
    Rule(
        term("and", term(".<=", _N, _V), term("not", term(".=", _N, _V))),
        term("valueAbove", _N, _V),
        _STRICT,
    ),
    Rule(
        term("and", term(".>=", _N, _V), term("not", term(".=", _N, _V))),
        term("valueBelow", _N, _V),
        _STRICT,
    ),
    Rule(
        term("between", _N, _M, _DT),
        term("and", term("dtAtLeast", _N, _A), term("dtAtMost", _M, _A)),
        _BOUNDED,
    ),
    Rule(
        term("between", _N, _M, _PDT),
        term("and", term("pdtAtLeast", _N, _A), term("pdtAtMost", _M, _A)),
        _BOUNDED,
    ),
    *DISTANCE_RULES,
    Rule(term("theNumber", _N, _A), _N, "The first of the two is the number."),
    Rule(term("theNumber", _A, _N), _N, "The second of the two is the number."),
    Rule(term("theRegion", _N, _A), _A, "The second of the two is the region."),
    Rule(term("theRegion", _A, _N), _A, "The first of the two is the region."),
)

_POSITIVE = term("mask", _DT, term("valueAbove", Literal(0.0), _DT))
_AT_HAND = "Where the distance is at hand, or used often, comparing it costs less."
_COMPARISONS = (
    ("AtLeast", ".<="),
    ("AtMost", ".>="),
    ("Above", "valueAbove"),
    ("Below", "valueBelow"),
)

# Back from distances that are bounded to those that are not, for regions where these cost less.
UNBOUNDED: Mapping[str, Rule] = {
    f"{of}{name}": Rule(term(f"{of}{name}", _N, _A), term(compared, _N, values), _AT_HAND)
    for of, values in (("dt", _DT), ("pdt", _POSITIVE))
    for name, compared in _COMPARISONS
}


def rewrite(plan: WorkPlan, rules: tuple[Rule, ...] = RULES) -> WorkPlan:
    """A plan with the same goals, in which no rule makes anything cheaper; takes linear time."""
    return cheapest(simplified(plan, rules))


def cheapest(plan: WorkPlan) -> WorkPlan:
    """The plan with what costs less given what else is in it; all operations keep their ids."""
    return _without_ranks(_unbounded(plan))


def simplified(plan: WorkPlan, rules: tuple[Rule, ...] = RULES) -> WorkPlan:
    """The plan with rules applied to each operation, whatever reads it, or else is in the plan."""
    by_operator: dict[str, list[Rule]] = {}
    for rule in rules:
        by_operator.setdefault(rule.left.operator, []).append(rule)
    rewriting = _Rewriting(WorkPlan(), by_operator, registry())
    moved = _nowhere(plan)
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
    needed = plan.needed()
    at_hand: set[int] = set()
    compared: defaultdict[int, list[int]] = defaultdict(list)
    for position in needed:
        name = plan.kinds[position].operator.name
        if name == "dt":
            at_hand.add(plan.arguments(position)[0])
        elif name in UNBOUNDED:
            compared[plan.arguments(position)[1]].append(position)
    at_hand |= {
        region for region, readers in compared.items() if _costs_less_at_hand(plan, readers)
    }
    if not at_hand & compared.keys():
        return plan
    rewriting = _Rewriting(WorkPlan(), {}, registry())
    moved = _nowhere(plan)
    for position in needed:
        of = plan.arguments(position)
        arguments = tuple([moved[a] for a in of])
        rule = UNBOUNDED.get(plan.kinds[position].operator.name)
        if rule and of[1] in at_hand:
            bound = dict(zip(("n", "a"), arguments, strict=True))
            space, place = plan.kinds[position].space, plan.places[position]
            identity = plan.ids[position]
            moved[position] = rewriting.built(rule.right, bound, space, place, identity)
        else:
            moved[position] = rewriting.plan.take(plan, position, arguments)
    return _finished(plan, rewriting, moved)


def _costs_less_at_hand(plan: WorkPlan, comparisons: Sequence[int]) -> bool:
    """Whether the distance to a region and these comparisons cost less than all of them bounded."""
    if len(comparisons) < 2:  # no bounded one costs more than the distance
        return False
    bounded = 0.0
    for position in comparisons:
        number, space = plan.kinds[plan.arguments(position)[0]], plan.kinds[position].space
        known = number.constants[0] if number.operator is NUMBER_LITERAL else None
        if not isinstance(space, Geometry):
            bounded += 1.0
        else:
            bounded += cost_of_comparison(known if isinstance(known, float) else None, space)
    return 1.0 + len(comparisons) * COST_AT_HAND < bounded


def _without_ranks(plan: WorkPlan) -> WorkPlan:
    """The plan without images of ranks of which only thresholds are asked, and few."""
    rules = {rule.left.operator: rule for rule in RANK_RULES}
    needed = plan.needed()
    ranks = {p for p in needed if plan.kinds[p].operator.name == "percentiles"}
    if not ranks:
        return plan
    readers = Counter(a for position in needed for a in set(plan.arguments(position)))
    readers.update(goal.node for goal in plan.goals)
    thresholds: dict[int, tuple[Rule, dict[str, int]]] = {}
    for position in needed:
        rule = rules.get(plan.kinds[position].operator.name)
        if rule and plan.arguments(position)[-1] in ranks:
            bound = next(_matches(plan, rule.left, position, {}), None)
            if bound is not None:
                thresholds[position] = rule, bound
    asked = Counter(plan.arguments(position)[-1] for position in thresholds)
    unneeded = {p for p, count in asked.items() if count == readers[p] <= MOST_THRESHOLDS}
    rewriting = _Rewriting(WorkPlan(), {}, registry())
    moved = _nowhere(plan)
    for position in needed:
        of = plan.arguments(position)
        if position in thresholds and of[-1] in unneeded:
            rule, found = thresholds[position]
            bound = {name: moved[one] for name, one in found.items()}
            space, place = plan.kinds[position].space, plan.places[position]
            identity = plan.ids[position]
            moved[position] = rewriting.built(rule.right, bound, space, place, identity)
        else:
            arguments = tuple([moved[a] for a in of])
            moved[position] = rewriting.plan.take(plan, position, arguments)
    return _finished(plan, rewriting, moved)


def _nowhere(plan: WorkPlan) -> array[int]:
    """Room for where each operation of a plan is in the rewritten one."""
    return array("i", [-1]) * len(plan)


def _finished(plan: WorkPlan, rewriting: _Rewriting, moved: array[int]) -> WorkPlan:
    rewriting.plan.goals = [replace(goal, node=moved[goal.node]) for goal in plan.goals]
    return rewriting.plan


@dataclass(frozen=True, slots=True)
class _Rewriting:
    """A plan that is built with rules, by the operator that each looks for."""

    plan: WorkPlan
    rules: Mapping[str, list[Rule]]
    operators: Mapping[str, tuple[Operator, ...]]
    # Those of the rules that may apply to an operator whose arguments are of some operators.
    _candidates: dict[tuple[object, ...], list[Rule]] = field(default_factory=dict)

    def simplified(self, position: int) -> int:
        """An operation of equal result to which no rule applies.

        Every rule makes its term smaller, or has one `dt`, `through`, `lcc` or `maxvol` less, so
        this ends.
        """
        plan = self.plan
        if plan.kinds[position].operator.name not in self.rules:
            return position
        for rule in self._candidates_for(position):
            bound = next(_matches(plan, rule.left, position, {}), None)
            if bound is not None:
                space, place = plan.kinds[position].space, plan.places[position]
                return self.built(rule.right, bound, space, place)
        return position

    def known(self, kind: Kind, arguments: tuple[int, ...]) -> float | bool | None:
        """What an operation on operations of this plan gives, if it is of literals only."""
        if kind.operator.cost is not Cost.NOTHING:
            return None
        return folded(kind, [self.plan.kinds[a] for a in arguments])

    def literal(self, value: float | bool, place: Place) -> int:
        """A number or truth value as if it had been written."""
        operator = BOOL_LITERAL if isinstance(value, bool) else NUMBER_LITERAL
        return self.plan.add(operator, (), (value,), None, place)

    def built(
        self,
        pattern: Pattern,
        bound: Mapping[str, int],
        space: Geometry | Donor | None,
        place: Place,
        identity: bytes | None = None,
    ) -> int:
        """The operation that a pattern stands for, its images on this space.

        Given the id of the operation that it replaces, it keeps that: where it is not for the rule
        alone to say what takes its place, whoever else has that operation is to find the result.
        """
        if isinstance(pattern, Var | Known):
            return bound[pattern.name]
        if isinstance(pattern, Literal):
            return self.literal(pattern.value, place)
        arguments = tuple(self.built(part, bound, space, place) for part in pattern.arguments)
        types = tuple(self.plan.kinds[a].type for a in arguments)
        operator = next(
            o
            for o in self.operators[pattern.operator]
            if tuple(p.type for p in o.parameters) == types
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

    def _candidates_for(self, position: int) -> list[Rule]:
        """The rules that may apply, as far as the operators of the arguments tell."""
        kinds, arguments = self.plan.kinds, self.plan.arguments(position)
        operator = kinds[position].operator
        repeated = len(arguments) == 2 and arguments[0] == arguments[1]
        key = (repeated, operator, *[kinds[a].operator for a in arguments])
        found = self._candidates.get(key)
        if found is None:
            names = [kinds[a].operator.name for a in arguments]
            orders = [names, names[::-1]] if operator.commutative else [names]
            found = self._candidates[key] = [
                rule
                for rule in self.rules[operator.name]
                if any(_may_match(rule.left.arguments, order, repeated) for order in orders)
            ]
        return found


_LITERALS = (NUMBER_LITERAL.name, BOOL_LITERAL.name)


def _may_match(patterns: tuple[Pattern, ...], operators: list[str], repeated: bool) -> bool:
    """Whether arguments of these operators may be instances of the patterns."""
    if len(patterns) != len(operators) or (
        len(patterns) == 2 and patterns[0] == patterns[1] and not repeated
    ):
        return False
    return all(
        isinstance(pattern, Var)
        or (isinstance(pattern, Term) and operator == pattern.operator)
        or (not isinstance(pattern, Term) and operator in _LITERALS)
        for pattern, operator in zip(patterns, operators, strict=True)
    )


def _matches(
    plan: WorkPlan, pattern: Pattern, position: int, bound: dict[str, int]
) -> Iterator[dict[str, int]]:
    """The ways in which an operation is an instance of a pattern."""
    if isinstance(pattern, Var):
        fits = plan.kinds[position].type == pattern.type
        if fits and bound.get(pattern.name, position) == position:
            yield {**bound, pattern.name: position}
        return
    kind = plan.kinds[position]
    if isinstance(pattern, Literal):
        literal = BOOL_LITERAL if isinstance(pattern.value, bool) else NUMBER_LITERAL
        if kind.operator is literal and kind.constants[0] == pattern.value:
            yield bound
        return
    if isinstance(pattern, Known):
        if kind.operator is NUMBER_LITERAL and bound.get(pattern.name, position) == position:
            (value,) = kind.constants
            if isinstance(value, float) and pattern.passes(value):
                yield {**bound, pattern.name: position}
        return
    if kind.operator.name != pattern.operator:
        return
    of = plan.arguments(position)
    if len(of) != len(pattern.arguments):
        return
    orders = [of]
    if kind.operator.commutative and len(of) == 2:
        orders.append(of[::-1])
    for arguments in orders:
        found = [bound]
        for part, argument in zip(pattern.arguments, arguments, strict=True):
            found = [more for one in found for more in _matches(plan, part, argument, one)]
        yield from found
