"""What rules of rewriting are made of: terms over operator names, variables and numbers."""

from __future__ import annotations

from array import array
from collections.abc import Callable

from voxlogica.dataclass import dataclass
from voxlogica.primitives.signature import Type


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
