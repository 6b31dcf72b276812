"""Rules that make bounded distances of distances that are only compared, however it is written."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from voxlogica.language.patterns import Known, Literal, Rule, Var, as_float32, term
from voxlogica.primitives.signature import NUMBER, REGION

_A, _B, _C = Var("a", REGION), Var("b", REGION), Var("c", REGION)
_N = Var("n", NUMBER)
_DT = term("dt", _A)
_PDT = term("mask", _DT, term("dtAbove", Literal(0.0), _A))
_BOUNDED = "Whether a distance is in reach costs less than how far it is."
_STRICT = "Less or equal but not equal is less: one pass over the values instead of three."
_MASKED = "In the region the values are compared, outside of it 0."
_COMMON = "What both have in common is taken out of the brackets."


def _equal() -> Iterator[Rule]:
    """Equal is at least and at most; strict comparisons built with it stay one comparison."""
    for of, values in (("dt", _DT), ("pdt", _PDT)):
        least, most = (term(f"{of}At{name}", _N, _A) for name in ("Least", "Most"))
        equal = term("and", least, most)
        yield Rule(term(".=", _N, values), equal, _BOUNDED)
        for once, strict in ((least, "Above"), (most, "Below")):
            bounded = term(f"{of}{strict}", _N, _A)
            yield Rule(term("and", once, term("not", equal)), bounded, _STRICT)
            yield Rule(term(f"value{strict}", _N, values), bounded, _BOUNDED)


def _masked() -> Iterator[Rule]:
    """Comparisons of `dt` in a region, with a number as written: what 0 compares is known."""
    comparisons: tuple[tuple[str, str, Callable[[float], bool]], ...] = (
        (".<=", "dtAtLeast", lambda n: n <= 0),
        (".>=", "dtAtMost", lambda n: n >= 0),
        ("valueAbove", "dtAbove", lambda n: n < 0),
        ("valueBelow", "dtBelow", lambda n: n > 0),
    )
    masked = term("mask", _DT, _B)
    for name, bounded, holds in comparisons:
        with_zero, without = _known(holds)
        inside = term(bounded, with_zero, _A)
        yield Rule(term(name, with_zero, masked), term("or", inside, term("not", _B)), _MASKED)
        inside = term(bounded, without, _A)
        yield Rule(term(name, without, masked), term("and", inside, _B), _MASKED)
    zero, other = _known(lambda n: n == 0)
    for number in (zero, other):
        equal = term("and", term("dtAtLeast", number, _A), term("dtAtMost", number, _A))
        right = term("or", equal, term("not", _B)) if number is zero else term("and", equal, _B)
        yield Rule(term(".=", number, masked), right, _MASKED)
    low, high = (Known(name, lambda number: True) for name in "nm")
    halves = term("and", term(".<=", low, masked), term(".>=", high, masked))
    yield Rule(term("between", low, high, masked), halves, _MASKED)


def _known(holds: Callable[[float], bool]) -> tuple[Known, Known]:
    """Numbers for which it holds, rounded as images are compared, and all others."""
    return (
        Known("n", lambda number: holds(as_float32(number))),
        Known("n", lambda number: not holds(as_float32(number))),
    )


def _differences() -> Iterator[Rule]:
    """One region less another, both of the same part: as strict comparisons are built."""
    inner = term("and", _A, term("not", _C))
    yield Rule(
        term("and", term("and", _A, _B), term("not", term("and", _B, _C))),
        term("and", inner, _B),
        _COMMON,
    )
    yield Rule(
        term("and", term("or", _A, _B), term("not", term("or", _B, _C))),
        term("and", inner, term("not", _B)),
        _COMMON,
    )
    for part, other in ((_B, term("not", _B)), (term("not", _B), _B)):
        yield Rule(
            term("and", term("or", _A, part), term("not", term("and", other, _C))),
            term("or", inner, part),
            _COMMON,
        )


DISTANCE_RULES: tuple[Rule, ...] = (*_equal(), *_masked(), *_differences())
