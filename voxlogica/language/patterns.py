"""What rules of rewriting are made of, terms over operator names, and where they are found."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator

from voxlogica.dataclass import dataclass
from voxlogica.language.workplan import WorkPlan
from voxlogica.operators.literals import BOOL_LITERAL, NUMBER_LITERAL
from voxlogica.operators.signature import Type


@dataclass(frozen=True, slots=True)
class Var:
    """Any operation of a type; the same one wherever the variable stands again."""

    name: str
    type: Type


@dataclass(frozen=True, slots=True)
class Literal:
    """A number or a truth value as written."""

    value: float | bool


@dataclass(frozen=True, slots=True)
class Known:
    """Any number as written that passes a test; the same one wherever the name stands again."""

    name: str
    passes: Callable[[float], bool]


@dataclass(frozen=True, slots=True)
class Term:
    """An operator applied to terms."""

    operator: str
    arguments: tuple[Pattern, ...]


Pattern = Var | Literal | Known | Term


@dataclass(frozen=True, slots=True)
class Rule:
    """The left side equals the right side, because of the reason."""

    left: Term
    right: Pattern
    reason: str


def term(operator: str, *arguments: Pattern) -> Term:
    """The operator of this name applied to terms."""
    return Term(operator, arguments)


def as_float32(number: float) -> float:
    """A number as images are compared with it; programs are planned without numpy."""
    return array("f", [number])[0]


_LITERALS = (NUMBER_LITERAL.name, BOOL_LITERAL.name)


def may_match(patterns: tuple[Pattern, ...], operators: list[str], repeated: bool) -> bool:
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


def matches(
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
            found = [more for one in found for more in matches(plan, part, argument, one)]
        yield from found
