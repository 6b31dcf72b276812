"""Rules about what is the same everywhere, and numbers that are known before anything runs."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from voxlogica.language.patterns import Known, Literal, Pattern, Rule, Term, Var, as_float32, term
from voxlogica.language.workplan import Kind
from voxlogica.primitives.literals import BOOL_LITERAL, NUMBER_LITERAL
from voxlogica.primitives.signature import BOOL, NUMBER, REGION, VALUATION, Cost

_A, _B, _V, _W = Var("a", REGION), Var("b", REGION), Var("v", VALUATION), Var("w", VALUATION)
_N = Var("n", NUMBER)
_TT, _FF = term("tt"), term("ff")
_CONSTANT = term("constant", _N)
_EVERYWHERE = "What is true everywhere."
_NOWHERE = "What is true nowhere."
_ONE_NUMBER = "One number does for all voxels."
_NOTHING_CHANGES = "No value changes, nor the sign of a zero."
# Adding 0 would turn −0 into 0; subtracting it does not.
_ZERO = Known("zero", lambda number: _is_zero(number))
_ONE = Known("one", lambda number: as_float32(number) == 1)


def _is_zero(number: float) -> bool:
    rounded = as_float32(number)
    return rounded == 0 and math.copysign(1, rounded) > 0


def _logic() -> Iterator[Rule]:
    for name, neutral, absorbing in (("and", _TT, _FF), ("or", _FF, _TT)):
        yield Rule(term(name, _A, neutral), _A, "The neutral element of a connective.")
        yield Rule(term(name, _A, absorbing), absorbing, "The absorbing element of a connective.")
        yield Rule(term(name, _A, term("not", _A)), absorbing, "A region and its complement.")
    yield Rule(term("not", _TT), _FF, _NOWHERE)
    yield Rule(term("not", _FF), _TT, _EVERYWHERE)
    yield Rule(term("bconstant", Literal(True)), _TT, _EVERYWHERE)
    yield Rule(term("bconstant", Literal(False)), _FF, _NOWHERE)
    for name in ("near", "interior"):
        yield Rule(term(name, _TT), _TT, _EVERYWHERE)
        yield Rule(term(name, _FF), _FF, _NOWHERE)
    yield Rule(term("through", _FF, _B), _FF, _NOWHERE)
    yield Rule(term("through", _A, _FF), _FF, _NOWHERE)
    yield Rule(term("volume", _FF), Literal(0.0), "The empty region has no voxels.")


def _choices() -> Iterator[Rule]:
    yield Rule(term("mask", _V, _TT), _V, _EVERYWHERE)
    yield Rule(term("mask", _V, _FF), term("constant", Literal(0.0)), _NOWHERE)
    yield Rule(term("select", _TT, _V, _W), _V, _EVERYWHERE)
    yield Rule(term("select", _FF, _V, _W), _W, _NOWHERE)
    yield Rule(term("select", _A, _V, _V), _V, "Either choice is the same.")
    yield Rule(
        term("select", term("not", _A), _V, _W), term("select", _A, _W, _V), "One complement less."
    )
    yield Rule(term("select", _A, _V, term("constant", _ZERO)), term("mask", _V, _A), _ONE_NUMBER)


def _arithmetic() -> Iterator[Rule]:
    pairs: tuple[tuple[Term, Pattern], ...] = (
        (term("+", _V, _CONSTANT), term("+.", _V, _N)),
        (term("-", _V, _CONSTANT), term("-.", _V, _N)),
        (term("-", _CONSTANT, _V), term(".-", _N, _V)),
        (term("*", _V, _CONSTANT), term("*.", _V, _N)),
        (term("/", _V, _CONSTANT), term("/.", _V, _N)),
        (term("/", _CONSTANT, _V), term("./", _N, _V)),
    )
    for left, right in pairs:
        yield Rule(left, right, _ONE_NUMBER)
    yield Rule(term("-.", _V, _ZERO), _V, _NOTHING_CHANGES)
    yield Rule(term("*.", _V, _ONE), _V, _NOTHING_CHANGES)
    yield Rule(term("/.", _V, _ONE), _V, _NOTHING_CHANGES)
    yield Rule(term("abs", term("abs", _V)), term("abs", _V), "No value has a sign any more.")


CONSTANT_RULES: tuple[Rule, ...] = (*_logic(), *_choices(), *_arithmetic())


def folded(kind: Kind, arguments: Sequence[Kind]) -> float | bool | None:
    """The result of an operation on numbers and truth values that are all literals, else None."""
    if kind.operator.cost is not Cost.NOTHING or kind.type not in (NUMBER, BOOL) or not arguments:
        return None
    if any(a.operator not in (NUMBER_LITERAL, BOOL_LITERAL) for a in arguments):
        return None
    found: float | bool = kind.operator.function(*(a.constants[0] for a in arguments))
    return found
