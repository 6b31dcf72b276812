"""The numbers of a program's text that a hand may move: where they stand, how far and in steps."""

from __future__ import annotations

import math
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from sys import float_info

from voxlogica.dataclass import dataclass
from voxlogica.language.free_names import within
from voxlogica.language.parameters import Parameter
from voxlogica.syntax.ast import Command, Declaration, Expression, Number, Param, Program, Request
from voxlogica.syntax.printer import number_text

# A range is gone through in so many steps at least.
_STEPS = 100


@dataclass(frozen=True, slots=True)
class NumberInText:
    """A number in a text, from the character `start` up to `end`, in what declares `name`.

    The name is empty in a `print`, an `assert` and a `save`. It may be moved from `low` to `high`,
    which are those of the parameter where it is a default, and else a guess: as long as a hand
    moves it, the range is that of where it began.
    """

    start: int
    end: int
    value: float
    low: float
    high: float
    step: float
    name: str


def numbers_in(program: Program) -> tuple[NumberInText, ...]:
    """The numbers in a program's own text, in its order; bounds of parameters are none."""
    found = (
        _in_text(number, name, bounds)
        for command in program.commands
        for name, expression, bounds in _expressions(command)
        for number in within(expression)
        if isinstance(number, Number) and number.span.source is program.source
    )
    return tuple(sorted(found, key=lambda number: number.start))


def range_of(parameter: Parameter) -> tuple[float, float, float] | None:
    """From where to where a parameter that is a number may be moved, and in which steps."""
    bounds = (parameter.low, parameter.high)
    is_bounded = all(map(_is_number, bounds))
    begin = parameter.low if parameter.default is None and is_bounded else parameter.default
    if isinstance(begin, bool | str | tuple | None):
        return None
    return _range(begin, number_text(begin), bounds)


def _in_text(number: Number, name: str, bounds: tuple[object, object]) -> NumberInText:
    (_, start, end), value = number.span, number.value
    return NumberInText(start, end, value, *_range(value, number.span.text, bounds), name)


def _expressions(command: Command) -> Iterator[tuple[str, Expression, tuple[object, object]]]:
    """What of a command has numbers that may be moved, its name, and the bounds that it says."""
    match command:
        case Declaration(name, _, body):
            yield name, body, (None, None)
        case Param(name, _, default, low, high) if default is not None:
            from_, to = (b.value if isinstance(b, Number) else None for b in (low, high))
            yield name, default, (from_, to)
        case Request(_, _, body):
            yield "", body, (None, None)


def _range(value: float, text: str, bounds: tuple[object, object]) -> tuple[float, float, float]:
    """From where to where a number may be moved, and in which steps.

    >>> _range(0.95, "0.95", (None, None)), _range(5, "5.0", (None, None))
    ((0.0, 1.0, 0.01), (0.0, 10.0, 0.1))
    >>> _range(50, "50", (0, 255)), _range(0.6, "0.6", (-1, 1))
    ((0.0, 255.0, 1.0), (-1.0, 1.0, 0.02))
    """
    own = _place_of_last_digit(text)
    reach = _round_up(2 * abs(value))
    if not value or 0.05 <= abs(value) <= 1:
        reach = max(1.0, 10 * own if own >= 1 else 1.0)
    guessed = (-reach if value < 0 else 0.0, reach)
    low, high = (
        float(str(bound)) if _is_number(bound) else guess
        for bound, guess in zip(bounds, guessed, strict=True)
    )
    low, high = min(low, value), max(high, value)
    finest = _round_down((high - low) / _STEPS) if high > low else own
    step = own if own >= 1 and high - low >= 10 else min(own, finest)
    return low, high, max(step, float_info.min)


def _is_number(bound: object) -> bool:
    return isinstance(bound, int | float) and not isinstance(bound, bool) and math.isfinite(bound)


def _place_of_last_digit(text: str) -> float:
    """How much the last digit counts, of a number as it is written."""
    try:
        exponent = Decimal(text.strip()).as_tuple().exponent
    except InvalidOperation:
        return 1.0
    return float(Decimal(1).scaleb(min(exponent, 0))) if isinstance(exponent, int) else 1.0


def _round_up(value: float) -> float:
    """The next of 1, 2, 5, 10, 20 …, or their fractions, that is not less."""
    lead, power = _scientific(value)
    return float(next((digit for digit in (1, 2, 5) if digit >= lead), 10) * power)


def _round_down(value: float) -> float:
    lead, power = _scientific(value)
    return float(next((digit for digit in (5, 2) if digit <= lead), 1) * power)


def _scientific(value: float) -> tuple[Decimal, Decimal]:
    """A number, that is not negative, as one from 1 to 10 and a power of ten."""
    power = Decimal(1).scaleb(math.floor(math.log10(value)) if value > 0 else 0)
    return Decimal(repr(value)) / power, power
