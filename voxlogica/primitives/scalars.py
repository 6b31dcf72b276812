"""Numbers and truth values without a place: the dotted operators."""

from __future__ import annotations

import math

from voxlogica.primitives.signature import Number, Text, Truth, operator


@operator(".+.", "num_add", commutative=True)
def plus(a: Number, b: Number) -> Number:
    """The sum of two numbers.

    Example: 1 .+. 2
    """
    return a + b


@operator(".-.", "num_sub")
def minus(a: Number, b: Number) -> Number:
    """The first number less the second.

    Example: volume(a) .-. volume(b)
    """
    return a - b


@operator(".*.", "num_mul", commutative=True)
def times(a: Number, b: Number) -> Number:
    """The product of two numbers.

    Example: 2 .*. volume(a & b)
    """
    return a * b


@operator("./.", "num_div")
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


@operator(".<.", "num_lt")
def less(a: Number, b: Number) -> Truth:
    """Whether the first number is less than the second; false if either is `nan`.

    Example: volume(a) .<. 100
    """
    return a < b


@operator(".<=.", "num_leq")
def less_or_equal(a: Number, b: Number) -> Truth:
    """Whether the first number is at most the second; false if either is `nan`.

    Example: volume(a) .<=. volume(b)
    """
    return a <= b


@operator(".>.", "num_gt")
def greater(a: Number, b: Number) -> Truth:
    """Whether the first number is greater than the second; false if either is `nan`.

    Example: volume(a) .>. 0
    """
    return a > b


@operator(".>=.", "num_geq")
def greater_or_equal(a: Number, b: Number) -> Truth:
    """Whether the first number is at least the second; false if either is `nan`.

    Example: max(v) .>=. 255
    """
    return a >= b


@operator(".=.", "num_eq", commutative=True)
def equal(a: Number, b: Number) -> Truth:
    """Whether two numbers are the same; false if either is `nan`.

    Example: volume(a \\ b) .=. 0
    """
    return a == b


@operator(".&.", "bool_and_scalar", commutative=True)
def both(a: Truth, b: Truth) -> Truth:
    """Whether both are true.

    Example: (volume(a) .>. 0) .&. (volume(b) .>. 0)
    """
    return a and b


@operator(".|.", "bool_or_scalar", commutative=True)
def either(a: Truth, b: Truth) -> Truth:
    """Whether at least one is true.

    Example: (volume(a) .=. 0) .|. (volume(b) .=. 0)
    """
    return a or b


@operator("!.", "bool_not_scalar")
def negated(a: Truth) -> Truth:
    """Whether it is false.

    Example: !. (volume(a) .=. 0)
    """
    return not a


@operator("!=", "num_neq", commutative=True)
def unequal(a: Number, b: Number) -> Truth:
    """Whether two numbers differ; true if either is `nan`, which equals nothing.

    Example: volume(a) != volume(b)
    """
    return a != b


@operator("==", commutative=True)
def same_truth(a: Truth, b: Truth) -> Truth:
    """Whether both are true, or both false.

    Example: (volume(a) > 0) == (volume(b) > 0)
    """
    return a == b


@operator("!=", commutative=True)
def other_truth(a: Truth, b: Truth) -> Truth:
    """Whether one is true and the other false.

    Example: (volume(a) > 0) != (volume(b) > 0)
    """
    return a != b


@operator("==", commutative=True)
def same_text(a: Text, b: Text) -> Truth:
    """Whether two strings are the same.

    Example: "a" == "b"
    """
    return a == b


@operator("!=", commutative=True)
def other_text(a: Text, b: Text) -> Truth:
    """Whether two strings differ.

    Example: "a" != "b"
    """
    return a != b


@operator("-")
def negative(a: Number) -> Number:
    """The number with its sign turned.

    Example: - volume(a)
    """
    return -a


@operator("min")
def least(a: Number, b: Number) -> Number:
    """The lesser of two numbers; the other one if one is `nan`.

    Example: min(volume(a), volume(b))
    """
    return b if math.isnan(a) or b < a else a


@operator("max")
def greatest(a: Number, b: Number) -> Number:
    """The greater of two numbers; the other one if one is `nan`.

    Example: max(volume(a), volume(b))
    """
    return b if math.isnan(a) or b > a else a


@operator("floor")
def floor(a: Number) -> Number:
    """The greatest whole number that is not greater.

    Example: floor(2.7)
    """
    return float(math.floor(a)) if math.isfinite(a) else a
