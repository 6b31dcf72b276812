"""What an assertion compares: the comparisons that its truth rests on, and those to blame.

They are looked for in the plan, through `&&`, `||` and `!`, so a comparison counts wherever it
stands: in the assertion, in a constant that it names, in a function that it calls. A name is as
the program writes it, with what a call passes put for the parameters of a function.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from voxlogica.language.code import Declared
from voxlogica.language.knowledge import Knowledge
from voxlogica.language.messages import users_own
from voxlogica.language.names import Binding
from voxlogica.language.workplan import Assert, Frame, Part, Place, WorkPlan
from voxlogica.syntax.ast import (
    Call,
    Dialect,
    Expression,
    Name,
    Number,
    Request,
    Text,
    Truth,
    Unread,
)
from voxlogica.syntax.diagnostics import Diagnostic, Note, error, warning
from voxlogica.syntax.parser import dialect_of, parse_input
from voxlogica.syntax.printer import expression_text, number_text
from voxlogica.syntax.source import STRING_OR_COMMENT, Source, Span

# Through these an assertion is looked into.
_JOINING = frozenset({".&.", ".|.", "!."})
# The operators that compare, by how they are written; and so where the sides change places.
_SIGNS = {".<.": "<", ".<=.": "<=", ".>.": ">", ".>=.": ">=", ".=.": "==", "==": "==", "!=": "!="}
_TURNED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}
# Of an assertion of more parts, as over a long loop, so many are looked into.
_MOST_PARTS = 2_000
# So many comparisons are told of; texts of so many characters, expressions nested so deep.
_TOLD, _LONGEST, _DEEPEST = 3, 60, 8


# Strings and comments have none.
_BRACKET = re.compile(rf"{STRING_OR_COMMENT}|[()\[\]]")


class Comparison(NamedTuple):
    """What a false assertion compares: a value, and what it is wanted to be."""

    name: str
    value: float | bool | str
    wanted: str

    def __str__(self) -> str:
        """As in `dice = 0.71, wanted >= 0.8`."""
        value = _written(self.value)
        named = value if self.name in ("", value) else f"{self.name} = {value}"
        return f"{named}, wanted {self.wanted}"


class Asserted(NamedTuple):
    """What became of an assertion; the comparisons are those that make it false."""

    label: str
    value: bool
    comparisons: tuple[Comparison, ...]
    span: Span
    notes: tuple[Note, ...] = ()

    @property
    def diagnostic(self) -> Diagnostic:
        """That it is false, and why."""
        told = "; ".join(map(str, self.comparisons[:_TOLD]))
        more = len(self.comparisons) - _TOLD
        message = f'assertion "{self.label}" is false{told and ": "}{told}'
        return error(
            f"{message}; and {more} more" if more > 0 else message, self.span, notes=self.notes
        )


def parts_of(
    plan: WorkPlan, node: int, names: Mapping[str, Binding]
) -> tuple[tuple[Part, ...], tuple[int, ...]]:
    """The parts of a truth value, itself the first; and the operations that they are, and compare.

    `names` is what names mean where it stands.
    """
    kinds, numbers = plan.kinds, {node: 0}
    truths, parts = [node], list[Part]()
    for at, position in enumerate(truths):
        operator, arguments = kinds[position].operator.name, plan.arguments(position)
        if operator in _JOINING and at < _MOST_PARTS:
            for argument in arguments:
                if argument not in numbers:
                    numbers[argument] = len(numbers)
                    truths.append(argument)
    for position in truths:
        operator, arguments = kinds[position].operator.name, plan.arguments(position)
        place = plan.places[position]
        if operator in _SIGNS:
            if kinds[position].operator.commutative:
                arguments = _as_written(plan, operator, arguments, place, names)
            for argument in arguments:
                numbers.setdefault(argument, len(numbers))
        elif operator not in _JOINING or not numbers.keys() >= {*arguments}:
            operator = ""
        of = tuple(numbers[argument] for argument in arguments) if operator else ()
        parts.append(Part(operator, of, place))
    return tuple(parts), tuple(numbers)


def asserted(goal: Assert, values: Sequence[Any]) -> Asserted:
    """What became of an assertion, given the values of all that it asks for."""

    def order(blamed: tuple[int, bool]) -> tuple[str, int, int]:
        source, start, _ = users_own(goal.parts[blamed[0]].place)
        return source.name, start, goal.asked[blamed[0]]

    blamed = [] if values[0] else sorted(_blamed(goal, values), key=order)
    compared = [(i, wanted) for i, wanted in blamed if goal.parts[i].operator or len(blamed) > 1]
    places = (users_own(goal.parts[i].place) for i, _ in compared[:_TOLD])
    notes = dict.fromkeys(
        Note("which is compared here", span)
        for span in places
        # An equal comparison may have stood elsewhere before.
        if span.text not in goal.span.text
    )
    comparisons = tuple(_comparison(goal.parts[i], values, wanted) for i, wanted in compared)
    return Asserted(goal.label, bool(values[0]), comparisons, goal.span, tuple(notes))


def known_false(plan: WorkPlan) -> Iterator[Diagnostic]:
    """The warnings about assertions that are false whatever the images hold."""
    knowledge = Knowledge(plan, None)
    for goal in plan.goals:
        if isinstance(goal, Assert) and knowledge.now(goal.node) is False:
            told = asserted(goal, [knowledge.now(p) for p in goal.asked]).diagnostic
            yield warning(f"{told.message}, whatever images hold", told.span, notes=told.notes)


def _blamed(goal: Assert, values: Sequence[Any]) -> Iterator[tuple[int, bool]]:
    """The parts that make an assertion false, and what each is wanted to be."""
    waiting, seen = [(0, True)], {0}
    while waiting:
        number, wanted = waiting.pop()
        operator, arguments, _ = goal.parts[number]
        if operator not in _JOINING:
            yield number, wanted
            continue
        within = wanted != (operator == "!.")
        for argument in arguments:
            if bool(values[argument]) != within and argument not in seen:
                seen.add(argument)
                waiting.append((argument, within))


def _comparison(part: Part, values: Sequence[Any], wanted: bool) -> Comparison:
    if not part.operator:
        text = _shortened(users_own(part.place).text)
        return Comparison(text, not wanted, "true" if wanted else "false")
    sign = _SIGNS[part.operator]
    left, right = (_plain(values[argument]) for argument in part.arguments)
    written = _sides(part.operator, part.place)
    one, other = ("", _written(right))
    if written is not None:
        one, other = (_text(side, part.place.frame) for side in written)
        if one == _written(left) and other != _written(right):
            left, right, one, other, sign = right, left, other, one, _TURNED[sign]
    bound = other if other == _written(right) else f"{other}, which is {_written(right)}"
    return Comparison(one, left, f"{'' if wanted else 'not '}{sign} {bound}")


def _as_written(
    plan: WorkPlan,
    operator: str,
    arguments: tuple[int, ...],
    place: Place,
    names: Mapping[str, Binding],
) -> tuple[int, ...]:
    """The arguments of a comparison that the plan may have sorted, in the order of the text."""
    sides, turned = _sides(operator, place), arguments[::-1]
    if sides is not None:
        for side, argument, other in zip(sides, arguments, turned, strict=True):
            if _is(plan, argument, side, place, names):
                return arguments
            if _is(plan, other, side, place, names):
                return turned
    return arguments


def _is(
    plan: WorkPlan, position: int, side: Expression, place: Place, names: Mapping[str, Binding]
) -> bool:
    """Whether one side of a comparison, as it is written, is an operation."""
    match side:
        case Number(value) | Truth(value) | Text(value):
            return plan.kinds[position].constants == (value,)
        case Name(name):
            frame, bound = place.frame, names.get(name)
            if frame is not None and name in frame.parameters:
                return bool(frame.arguments[frame.parameters.index(name)] == position)
            return isinstance(bound, Declared) and bool(bound.value == position)
    source, begin, _ = _in_brackets(place.span)
    span = Span(source, begin + side.span.start, begin + side.span.end)
    return plan.places[position].span == span


def _sides(operator: str, place: Place) -> tuple[Expression, Expression] | None:
    """Both sides of a comparison, as they are written there; None where it is none in the text."""
    text, is_old = _in_brackets(place.span).text, dialect_of(place.span.source.text) == 1
    readings: tuple[Dialect, Dialect] = (1, 2) if is_old else (2, 1)
    # In the other reading, the operator may stand within another.
    for reading in readings:
        program = parse_input(Source("", text), reading)
        match program.commands:
            case (Request("show", _, Call(name, (left, right), _)),) if not program.problems:
                sign = name.strip(".")
                if {"=": "=="}.get(sign, sign) == _SIGNS[operator] or name.startswith("num_"):
                    return left, right
    return None


def _in_brackets(span: Span) -> Span:
    """A place in a text with the brackets that what stands first, or last, in it is in."""
    source, start, end = span
    depth = lowest = 0
    for found in _BRACKET.finditer(span.text):
        depth += {"(": 1, "[": 1, ")": -1, "]": -1}.get(found[0], 0)
        lowest = min(lowest, depth)
    for _ in range(-lowest):
        start = source.text.rfind("(", 0, start)
    for _ in range(depth - lowest):
        end = source.text.find(")", end) + 1
    return Span(source, start, end)


def _text(expression: Expression, frame: Frame | None) -> str:
    return _shortened(expression_text(_inlined(expression, frame, _DEEPEST)))


def _inlined(expression: Expression, frame: Frame | None, depth: int) -> Expression:
    """An expression of a function, with what its calls pass in the place of its parameters."""
    match expression:
        case Name() | Call() if not depth:
            return Unread(expression.span)
        case Name(name) if frame is not None and name in frame.parameters:
            at = frame.parameters.index(name)
            match frame.call:
                case Call(_, arguments) if len(arguments) == len(frame.parameters):
                    return _inlined(arguments[at], frame.caller, depth - 1)
        case Call(name, arguments, span, name_span, notation):
            inlined = tuple(_inlined(a, frame, depth - 1) for a in arguments)
            return Call(name, inlined, span, name_span, notation)
    return expression


def _plain(value: Any) -> Any:
    """A value as Python has it, also where numpy computed it."""
    return value.item() if hasattr(value, "item") else value


def _written(value: float | bool | str) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return f'"{value}"' if isinstance(value, str) else number_text(value)


def _shortened(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…"
