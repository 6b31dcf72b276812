"""Rewrites of the workplan: each a rule, a value that says what equals what and why.

A rule's two sides are terms over operator names and variables. Where the left side is found in a
plan, the right side takes its place; the goals' results stay the same, voxel by voxel.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from voxlogica.images.geometry import Geometry
from voxlogica.language.patterns import Known, Literal, Pattern, Rule, Term, Var, term
from voxlogica.language.rules_of_constants import CONSTANT_RULES, folded
from voxlogica.language.rules_of_distances import DISTANCE_RULES
from voxlogica.language.rules_of_ranks import RANK_RULES
from voxlogica.language.workplan import Constant, Node, Place, WorkPlan
from voxlogica.primitives import registry
from voxlogica.primitives.literals import BOOL_LITERAL, NUMBER_LITERAL
from voxlogica.primitives.signature import NUMBER, REGION, VALUATION, Operator

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
# So many bounded distances take as long as one that is not.
_MANY = 10


def rewrite(plan: WorkPlan, rules: tuple[Rule, ...] = RULES) -> WorkPlan:
    """A plan with the same goals, in which no rule makes anything cheaper; takes linear time."""
    return _without_ranks(_unbounded(_rewritten(plan, rules)))


def _rewritten(plan: WorkPlan, rules: tuple[Rule, ...]) -> WorkPlan:
    by_operator: dict[str, list[Rule]] = {}
    for rule in rules:
        by_operator.setdefault(rule.left.operator, []).append(rule)
    rewriting = _Rewriting(WorkPlan(), by_operator, registry())
    moved: dict[int, int] = {}
    for position in plan.needed():
        node = plan.nodes[position]
        arguments = tuple(moved[a] for a in node.arguments)
        moved[position] = rewriting.add(node._replace(arguments=arguments), plan.places[position])
    rewriting.plan.goals = [replace(goal, node=moved[goal.node]) for goal in plan.goals]
    return rewriting.plan


def _unbounded(plan: WorkPlan) -> WorkPlan:
    """The plan with the distance to a region where that is needed anyway, or compared often."""
    needed = plan.needed()
    at_hand: set[int] = set()
    compared: Counter[int] = Counter()
    for position in needed:
        node = plan.nodes[position]
        if node.operator.name == "dt":
            at_hand.add(node.arguments[0])
        elif node.operator.name in UNBOUNDED:
            compared[node.arguments[1]] += 1
    at_hand |= {region for region, times in compared.items() if times >= _MANY}
    if not at_hand & compared.keys():
        return plan
    rewriting = _Rewriting(WorkPlan(), {}, registry())
    moved: dict[int, int] = {}
    for position in needed:
        node, place = plan.nodes[position], plan.places[position]
        arguments = tuple(moved[a] for a in node.arguments)
        node_moved = node._replace(arguments=arguments)
        rule = UNBOUNDED.get(node.operator.name)
        if rule and node.arguments[1] in at_hand:
            bound = dict(zip(("n", "a"), arguments, strict=True))
            moved[position] = rewriting.built(
                rule.right, bound, node_moved, place, plan.ids[position]
            )
        else:
            moved[position] = rewriting.add(node_moved, place, plan.ids[position])
    rewriting.plan.goals = [replace(goal, node=moved[goal.node]) for goal in plan.goals]
    return rewriting.plan


def _without_ranks(plan: WorkPlan) -> WorkPlan:
    """The plan without images of ranks that only one threshold reads."""
    rules = {rule.left.operator: rule for rule in RANK_RULES}
    needed = plan.needed()
    readers = Counter(a for position in needed for a in set(plan.nodes[position].arguments))
    readers.update(goal.node for goal in plan.goals)
    found: dict[int, dict[str, int]] = {}
    for position in needed:
        node = plan.nodes[position]
        if node.operator.name in rules and readers[node.arguments[-1]] == 1:
            bound = next(_matches(plan, rules[node.operator.name].left, position, {}), None)
            if bound is not None:
                found[position] = bound
    if not found:
        return plan
    rewriting = _Rewriting(WorkPlan(), {}, registry())
    moved: dict[int, int] = {}
    for position in needed:
        node, place = plan.nodes[position], plan.places[position]
        if position in found:
            bound = {name: moved[one] for name, one in found[position].items()}
            right = rules[node.operator.name].right
            moved[position] = rewriting.built(right, bound, node, place, plan.ids[position])
        else:
            arguments = tuple(moved[a] for a in node.arguments)
            node_moved = node._replace(arguments=arguments)
            moved[position] = rewriting.add(node_moved, place, plan.ids[position])
    rewriting.plan.goals = [replace(goal, node=moved[goal.node]) for goal in plan.goals]
    return rewriting.plan


@dataclass(frozen=True, slots=True)
class _Rewriting:
    """A plan that is built with rules, by the operator that each looks for."""

    plan: WorkPlan
    rules: Mapping[str, list[Rule]]
    operators: Mapping[str, tuple[Operator, ...]]

    def add(self, node: Node, place: Place, identity: bytes | None = None) -> int:
        """An operation of equal result to which no rule applies, of this id if one is given.

        Every rule makes its term smaller, or has one `dt`, `through`, `lcc` or `maxvol` less, so
        this ends.
        """
        known = folded(node, [self.plan.nodes[a] for a in node.arguments])
        if known is not None:
            literal = BOOL_LITERAL if isinstance(known, bool) else NUMBER_LITERAL
            return self.plan.add(literal, (), (known,), None, place)
        position = self.plan.add(
            node.operator, node.arguments, node.constants, node.space, place, node.type, identity
        )
        for rule in self.rules.get(node.operator.name, ()):
            bound = next(_matches(self.plan, rule.left, position, {}), None)
            if bound is not None:
                return self.built(rule.right, bound, self.plan.nodes[position], place)
        return position

    def built(
        self,
        pattern: Pattern,
        bound: Mapping[str, int],
        replaced: Node,
        place: Place,
        identity: bytes | None = None,
    ) -> int:
        """The operation that a pattern stands for, in the place of another.

        Given the other's id, it keeps that: where it is not for the rule alone to say what takes
        its place, whoever else has that operation is to find the result.
        """
        if isinstance(pattern, Var | Known):
            return bound[pattern.name]
        if isinstance(pattern, Literal):
            literal = BOOL_LITERAL if isinstance(pattern.value, bool) else NUMBER_LITERAL
            return self.plan.add(literal, (), (pattern.value,), None, place)
        assert isinstance(pattern, Term)
        arguments = tuple(self.built(part, bound, replaced, place) for part in pattern.arguments)
        types = tuple(self.plan.nodes[a].type for a in arguments)
        operator = next(
            o
            for o in self.operators[pattern.operator]
            if tuple(p.type for p in o.parameters) == types
        )
        space = replaced.space if operator.result.is_image else None
        constants: tuple[Constant, ...] = ()
        if operator.spaceless and isinstance(space, Geometry):
            constants = (space,)
        elif operator.spaceless and space is not None:
            # Whatever the pattern is of lies on that grid, and is there when the program runs.
            nodes = self.plan.nodes
            arguments += (next(p for p in bound.values() if nodes[p].space == space),)
        node = Node(operator, arguments, constants, operator.result, space)
        return self.add(node, place, identity)


def _matches(
    plan: WorkPlan, pattern: Pattern, position: int, bound: dict[str, int]
) -> Iterator[dict[str, int]]:
    """The ways in which an operation is an instance of a pattern."""
    if isinstance(pattern, Var):
        fits = plan.nodes[position].type == pattern.type
        if fits and bound.get(pattern.name, position) == position:
            yield {**bound, pattern.name: position}
        return
    node = plan.nodes[position]
    if isinstance(pattern, Literal):
        literal = BOOL_LITERAL if isinstance(pattern.value, bool) else NUMBER_LITERAL
        if node.operator is literal and node.constants[0] == pattern.value:
            yield bound
        return
    if isinstance(pattern, Known):
        if node.operator is NUMBER_LITERAL and bound.get(pattern.name, position) == position:
            (value,) = node.constants
            if isinstance(value, float) and pattern.passes(value):
                yield {**bound, pattern.name: position}
        return
    if node.operator.name != pattern.operator or len(node.arguments) != len(pattern.arguments):
        return
    orders = [node.arguments]
    if node.operator.commutative and len(node.arguments) == 2:
        orders.append(node.arguments[::-1])
    for arguments in orders:
        found = [bound]
        for part, argument in zip(pattern.arguments, arguments, strict=True):
            found = [more for one in found for more in _matches(plan, part, argument, one)]
        yield from found
