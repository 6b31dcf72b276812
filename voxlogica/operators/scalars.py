"""Numbers and truth values without a place: one row an operator."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from voxlogica import kernels
from voxlogica.operators.signature import (
    BOOL,
    NUMBER,
    STRING,
    Cost,
    Operator,
    OperatorParameter,
    Type,
    register,
)


def _divided(a: float, b: float) -> float:
    if b != 0:
        return a / b
    if a == 0 or math.isnan(a):
        return math.nan
    return math.copysign(math.inf, a) * math.copysign(1, b)


def lesser(a: float, b: float) -> float:
    """The first where they are equal, the other one where one is nan."""
    return b if math.isnan(a) or b < a else a


def greater(a: float, b: float) -> float:
    """The first where they are equal, the other one where one is nan."""
    return b if math.isnan(a) or b > a else a


def _whole(to_whole: Callable[[float], int]) -> Callable[[float], float]:
    return lambda a: float(to_whole(a)) if math.isfinite(a) else a


class _Row(NamedTuple):
    """An operator: names, the types of a and b and of the result by a letter, function, manual."""

    names: str
    takes: str
    gives: str
    function: Callable[..., Any]
    manual: str
    commutative: bool = False


# fmt: off
_ROWS = (
    _Row(".+. num_add", "nn", "n", operator.add, """
        The sum of two numbers.

        Example: 1 .+. 2
        """, commutative=True),
    _Row(".-. num_sub", "nn", "n", operator.sub, """
        The first number less the second.

        Example: volume(a) .-. volume(b)
        """),
    _Row(".*. num_mul", "nn", "n", operator.mul, """
        The product of two numbers.

        Example: 2 .*. volume(a & b)
        """, commutative=True),
    _Row("./. num_div", "nn", "n", _divided, """
        The first number divided by the second.

        Division by zero gives `inf` or `-inf`, and `nan` for 0 / 0, as IEEE arithmetic does.

        Example: volume(a & b) ./. volume(a)
        """),
    _Row(".<. num_lt", "nn", "b", operator.lt, """
        Whether the first number is less than the second; false if either is `nan`.

        Example: volume(a) .<. 100
        """),
    _Row(".<=. num_leq", "nn", "b", operator.le, """
        Whether the first number is at most the second; false if either is `nan`.

        Example: volume(a) .<=. volume(b)
        """),
    _Row(".>. num_gt", "nn", "b", operator.gt, """
        Whether the first number is greater than the second; false if either is `nan`.

        Example: volume(a) .>. 0
        """),
    _Row(".>=. num_geq", "nn", "b", operator.ge, """
        Whether the first number is at least the second; false if either is `nan`.

        Example: max(v) .>=. 255
        """),
    _Row(".=. num_eq", "nn", "b", operator.eq, """
        Whether two numbers are the same; false if either is `nan`.

        Example: volume(a \\ b) .=. 0
        """, commutative=True),
    _Row(".&. bool_and_scalar", "bb", "b", operator.and_, """
        Whether both are true.

        Example: (volume(a) .>. 0) .&. (volume(b) .>. 0)
        """, commutative=True),
    _Row(".|. bool_or_scalar", "bb", "b", operator.or_, """
        Whether at least one is true.

        Example: (volume(a) .=. 0) .|. (volume(b) .=. 0)
        """, commutative=True),
    _Row("!. bool_not_scalar", "b", "b", operator.not_, """
        Whether it is false.

        Example: !. (volume(a) .=. 0)
        """),
    _Row("!= num_neq", "nn", "b", operator.ne, """
        Whether two numbers differ; true if either is `nan`, which equals nothing.

        Example: volume(a) != volume(b)
        """, commutative=True),
    _Row("==", "bb", "b", operator.eq, """
        Whether both are true, or both false.

        Example: (volume(a) > 0) == (volume(b) > 0)
        """, commutative=True),
    _Row("!=", "bb", "b", operator.ne, """
        Whether one is true and the other false.

        Example: (volume(a) > 0) != (volume(b) > 0)
        """, commutative=True),
    _Row("==", "tt", "b", operator.eq, """
        Whether two strings are the same.

        Example: "a" == "b"
        """, commutative=True),
    _Row("!=", "tt", "b", operator.ne, """
        Whether two strings differ.

        Example: "a" != "b"
        """, commutative=True),
    _Row("-", "n", "n", operator.neg, """
        The number with its sign turned.

        Example: - volume(a)
        """),
    _Row("min", "nn", "n", lesser, """
        The lesser of two numbers; the other one if one is `nan`.

        Example: min(volume(a), volume(b))
        """),
    _Row("max", "nn", "n", greater, """
        The greater of two numbers; the other one if one is `nan`.

        Example: max(volume(a), volume(b))
        """),
    _Row("floor", "n", "n", _whole(math.floor), """
        The greatest whole number that is not greater.

        Example: floor(2.7)
        """),
    _Row("ceil", "n", "n", _whole(math.ceil), """
        The least whole number that is not less.

        Example: ceil(2.2)
        """),
    _Row("round", "n", "n", _whole(round), """
        The nearest whole number; of two, the even one: 2 for 2.5. Half up is `floor(n + 0.5)`.

        Example: round(2.7)
        """),
    _Row("abs", "n", "n", abs, """
        The number without its sign.

        Example: abs(volume(a) - volume(b))
        """),
    _Row("sqrt", "n", "n", lambda a: math.sqrt(a) if a >= 0 else math.nan, """
        The square root; `nan` of a number below 0.

        Example: sqrt(2)
        """),
    # No mathematics of the system's, which is another on each: the kernels' own.
    _Row("exp", "n", "n", lambda a: kernels.elementary.exponential(a), """
        e to the power of the number: the inverse of `log`.

        Example: exp(1)
        """),
    _Row("log", "n", "n", lambda a: kernels.elementary.logarithm(a), """
        The natural logarithm: `-inf` of 0, `nan` of a number below.

        To another base, divide by that one's logarithm: `log(n) / log(10)`.

        Example: log(2)
        """),
    _Row("pow", "nn", "n", lambda a, b: kernels.elementary.power(a, b), """
        The first number to the power of the second.

        1 to the power of 0, whatever the number; `nan` of a number below 0, where the power is not
        whole. As C99's `pow` in all that is special.

        Example: pow(2, 10)
        """),
)
# fmt: on

_TYPES: Mapping[str, Type] = {"n": NUMBER, "b": BOOL, "t": STRING}

for row in _ROWS:
    names = row.names.split()
    declared = Operator(
        names[0],
        tuple(
            [
                OperatorParameter(name, _TYPES[kind])
                for name, kind in zip("ab", row.takes, strict=False)
            ]
        ),
        _TYPES[row.gives],
        row.function,
        row.manual,
        Cost.NOTHING,
        commutative=row.commutative,
        heading="scalars",
    )
    register(declared, names)
