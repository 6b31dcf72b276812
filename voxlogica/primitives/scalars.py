"""Numbers and truth values without a place: the dotted operators."""

from __future__ import annotations

import math

from voxlogica.primitives.signature import Number, Truth, operator


@operator(".+.", commutative=True)
def plus(a: Number, b: Number) -> Number:
    """The sum of two numbers.

    Example: 1 .+. 2
    """
    return a + b


@operator(".-.")
def minus(a: Number, b: Number) -> Number:
    """The first number less the second.

    Example: volume(a) .-. volume(b)
    """
    return a - b


@operator(".*.", commutative=True)
def times(a: Number, b: Number) -> Number:
    """The product of two numbers.

    Example: 2 .*. volume(a & b)
    """
    return a * b


@operator("./.")
def divided_by(a: Number, b: Number) -> Number:
    """The first number divided by the second.

    Division by zero gives `inf` or `-inf`, and `nan` for 0 / 0, as IEEE arithmetic does.

    Example: volume(a & b) ./. volume(a)
    """
    if b != 0:
        return a / b
    if a == 0 or math.isnan(a):
        return math.nan
    return math.copysign(math.inf, a) * math.copysign(1, b)


@operator(".<.")
def less(a: Number, b: Number) -> Truth:
    """Whether the first number is less than the second; false if either is `nan`.

    Example: volume(a) .<. 100
    """
    return a < b


@operator(".<=.")
def less_or_equal(a: Number, b: Number) -> Truth:
    """Whether the first number is at most the second; false if either is `nan`.

    Example: volume(a) .<=. volume(b)
    """
    return a <= b


@operator(".>.")
def greater(a: Number, b: Number) -> Truth:
    """Whether the first number is greater than the second; false if either is `nan`.

    Example: volume(a) .>. 0
    """
    return a > b


@operator(".>=.")
def greater_or_equal(a: Number, b: Number) -> Truth:
    """Whether the first number is at least the second; false if either is `nan`.

    Example: max(v) .>=. 255
    """
    return a >= b


@operator(".=.", commutative=True)
def equal(a: Number, b: Number) -> Truth:
    """Whether two numbers are the same; false if either is `nan`.

    Example: volume(a \\ b) .=. 0
    """
    return a == b


@operator(".&.", commutative=True)
def both(a: Truth, b: Truth) -> Truth:
    """Whether both are true.

    Example: (volume(a) .>. 0) .&. (volume(b) .>. 0)
    """
    return a and b


@operator(".|.", commutative=True)
def either(a: Truth, b: Truth) -> Truth:
    """Whether at least one is true.

    Example: (volume(a) .=. 0) .|. (volume(b) .=. 0)
    """
    return a or b


@operator("!.")
def negated(a: Truth) -> Truth:
    """Whether it is false.

    Example: !. (volume(a) .=. 0)
    """
    return not a
