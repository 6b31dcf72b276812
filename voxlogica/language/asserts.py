"""What an assertion compares: the comparisons that its truth rests on, and those to blame.

They are looked for in the plan, through `&&`, `||` and `!`, so a comparison counts wherever it
stands: in the assertion, in a constant that it names, in a function that it calls. A name is as
the program writes it, with what a call passes put for the parameters of a function.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from voxlogica.language.knowledge import Knowledge
from voxlogica.language.messages import users_own
from voxlogica.language.operations import Frame
from voxlogica.language.workplan import Assert, AssertPart, WorkPlan
from voxlogica.operators.literals import BOOL_LITERAL
from voxlogica.syntax.ast import (
    Call,
    Dialect,
    Expression,
    Name,
    Request,
    Unread,
)
from voxlogica.syntax.diagnostics import Diagnostic, Note, error, warning
from voxlogica.syntax.parser import dialect_of, parse_input
from voxlogica.syntax.printer import expression_text, literal_text
from voxlogica.syntax.source import STRING_OR_COMMENT, Source, Span

# Through these an assertion is looked into.
_JOINING = frozenset({".&.", ".|.", "!."})
# The operators that compare, by how they are written; and so where the sides change places.
_SIGNS = {".<.": "<", ".<=.": "<=", ".>.": ">", ".>=.": ">=", ".=.": "==", "==": "==", "!=": "!="}
_WRITTEN = {name: {sign, sign.replace("==", "=")} for name, sign in _SIGNS.items()}
_WRITTEN |= {".&.": {"&", "&&"}, ".|.": {"|", "||"}, "!.": {"!"}}
_TURNED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}
# Of an assertion of more parts, as over a long loop, so many are looked into.
_MOST_PARTS = 2_000
# So many comparisons are told of; texts of so many characters, expressions nested so deep.
_TOLD, _LONGEST, _DEEPEST = 3, 60, 8


_OLD_FIRST: tuple[Dialect, ...] = (1, 2)
# Strings and comments have none.
_BRACKET = re.compile(rf"{STRING_OR_COMMENT}|[()\[\]]")


class Comparison(NamedTuple):
    """What a false assertion compares: a value, and what it is wanted to be."""

    name: str
    value: float | bool | str
    wanted: str
    # Of an element of a sequence that is folded, its number; and that of one within it.
    at: tuple[int, ...] = ()

    def __str__(self) -> str:
        """As in `dice = 0.71, wanted >= 0.8`, or of an element `[2] dice = 0.71, wanted >= 0.8`."""
        value = literal_text(self.value)
        named = value if self.name in ("", value) else f"{self.name} = {value}"
        at = "".join(f"[{i}]" for i in self.at)
        return f"{at} {named}, wanted {self.wanted}".lstrip()


class Asserted(NamedTuple):
    """What became of an assertion; the comparisons are those that make it false.

    How its label is `written` is as in `Print`.
    """

    label: str
    value: bool
    comparisons: tuple[Comparison, ...]
    span: Span
    notes: tuple[Note, ...] = ()
    # Whether any one of the comparisons would make it true.
    is_either: bool = False
    written: str = ""

    @property
    def diagnostic(self) -> Diagnostic:
        """That it is false, and why."""
        told = ("; or " if self.is_either else "; ").join(map(str, self.comparisons[:_TOLD]))
        more = len(self.comparisons) - _TOLD
        message = f'assertion "{self.label}" is false{told and ": "}{told}'
        return error(
            f"{message}; and {more} more" if more > 0 else message, self.span, notes=self.notes
        )


def parts_of(plan: WorkPlan, node: int) -> tuple[tuple[AssertPart, ...], tuple[int, ...]]:
    """The parts of a truth value, itself the first; and the operations that they are, and compare.

    To be asked as soon as it is reduced: what is equal to a part and stood elsewhere before is then
    told as it stands here.
    """
    kinds, numbers = plan.kinds, {node: 0}
    truths, parts, elements = [node], list[AssertPart](), dict[int, int]()
    for at, position in enumerate(truths):
        operator, arguments = kinds[position].operator.name, plan.arguments(position)
        if operator in _JOINING and at < _MOST_PARTS:
            for argument in arguments:
                if argument not in numbers:
                    numbers[argument] = len(numbers)
                    truths.append(argument)
    for position in truths:
        operator = kinds[position].operator.name
        place, arguments, in_order = plan.written(position)
        if operator in _SIGNS:
            for argument in arguments:
                numbers.setdefault(argument, len(numbers))
        elif operator not in _JOINING or not numbers.keys() >= {*arguments}:
            operator = ""
        elif not plan.is_cut and position not in elements and place.span.text.startswith("fold"):
            elements |= _elements(plan, position)
        of = tuple(numbers[argument] for argument in arguments) if operator else ()
        parts.append(AssertPart(operator, of, place, elements.get(position), in_order))
    return tuple(parts), tuple(numbers)


def _elements(plan: WorkPlan, position: int) -> dict[int, int]:
    """Of the operations that a fold consists of, down from one, which element each joins."""
    place, arguments, _ = plan.written(position)
    operator, chain, of = plan.kinds[position].operator, list[int](), place
    while of == place and plan.kinds[position].operator is operator:
        chain.append(position)
        position = arguments[0]
        of, arguments, _ = plan.written(position)
    # What does not begin with a literal began elsewhere.
    is_whole = plan.kinds[position].operator is BOOL_LITERAL
    return {joined: number for number, joined in enumerate(reversed(chain))} if is_whole else {}


def asserted(goal: Assert, values: Sequence[Any]) -> Asserted:
    """What became of an assertion, given the values of all that it asks for."""

    def order(blamed: _Blamed) -> tuple[str, int, tuple[int, ...], int]:
        source, start, _ = users_own(goal.parts[blamed.number].place)
        return source.name, start, blamed.at, goal.asked[blamed.number]

    blamed, is_either = ([], False) if values[0] else _blamed(goal, values)
    blamed.sort(key=order)
    compared = [b for b in blamed if goal.parts[b.number].operator or len(blamed) > 1]
    # A bool may be a literal, which stands in many places.
    told = (goal.parts[b.number] for b in compared[:_TOLD])
    places = (users_own(part.place) for part in told if part.operator)
    notes = dict.fromkeys(
        Note("which is compared here", span)
        for span in places
        # What is named was written elsewhere.
        if span.text not in goal.span.text
    )
    comparisons = tuple(dict.fromkeys(_comparison(goal, b, values) for b in compared))
    return Asserted(
        goal.label,
        bool(values[0]),
        comparisons,
        goal.span,
        tuple(notes),
        is_either=is_either,
        written=goal.written,
    )


def known_false(plan: WorkPlan) -> Iterator[Diagnostic]:
    """The warnings about assertions that are false whatever the images hold."""
    knowledge = Knowledge(plan, None)
    for goal in plan.goals:
        if isinstance(goal, Assert) and knowledge.now(goal.node) is False:
            told = asserted(goal, [knowledge.now(p) for p in goal.asked]).diagnostic
            yield warning(f"{told.message}, whatever images hold", told.span, notes=told.notes)


class _Blamed(NamedTuple):
    """A part that makes an assertion false: what it is wanted to be, and which element it is.

    It is an argument of `within`, and which one.
    """

    number: int
    wanted: bool
    at: tuple[int, ...] = ()
    within: AssertPart | None = None
    argument: int = 0


def _blamed(goal: Assert, values: Sequence[Any]) -> tuple[list[_Blamed], bool]:
    """The parts that make an assertion false, and whether any one of them would make it true."""
    waiting, seen, ways, found = [_Blamed(0, True)], set[int](), set[bool](), list[_Blamed]()
    while waiting:
        blamed = waiting.pop()
        number, wanted, at, *_ = blamed
        part = goal.parts[number]
        if part.operator not in _JOINING:
            # Also where it is an element more than once, or a literal under several names.
            found.append(blamed)
            continue
        if number in seen:
            continue
        if part.operator != "!.":
            seen.add(number)
        within = wanted != (part.operator == "!.")
        wrong = [
            _Blamed(argument, within, at, part, i)
            for i, argument in enumerate(part.arguments)
            if bool(values[argument]) != within
        ]
        if part.element is not None:
            wrong = [b._replace(at=(*at, part.element)) if b.argument else b for b in wrong]
        if part.element == 0:
            # What the fold begins with is not the program's, or does not matter.
            wrong = [b for b in wrong if b.argument] or wrong
        if len({b.argument for b in wrong}) > 1:
            ways.add((part.operator == ".|.") == wanted)
        # The first one is looked into first: of equal elements that join others, it is told of.
        waiting += reversed(wrong)
    return found, ways == {True}


def _comparison(goal: Assert, blamed: _Blamed, values: Sequence[Any]) -> Comparison:
    part, wanted, at = goal.parts[blamed.number], blamed.wanted, blamed.at
    if not part.operator:
        return Comparison(_name(part, blamed), not wanted, "true" if wanted else "false", at)
    sign = _SIGNS[part.operator]
    left, right = (_plain(values[argument]) for argument in part.arguments)
    written = _sides(part) if part.in_order else None
    one, other = ("", literal_text(right))
    if written is not None:
        one, other = (_text(side, part.place.frame) for side in written)
        if one == literal_text(left) and other != literal_text(right):
            left, right, one, other, sign = right, left, other, one, _TURNED[sign]
    bound = other if other == literal_text(right) else f"{other}, which is {literal_text(right)}"
    if not wanted:
        # Other comparisons have no opposite: nan is neither less nor as great.
        sign = {"==": "!=", "!=": "=="}.get(sign, f"not {sign}")
    return Comparison(one, left, f"{sign} {bound}", at)


def _name(part: AssertPart, blamed: _Blamed) -> str:
    """What a bool that compares nothing is called: by what it is joined with, if that is known."""
    within = blamed.within
    sides = None if within is None else _sides(within)
    if within is not None and sides is not None:
        return _text(sides[blamed.argument], within.place.frame)
    text = users_own(part.place).text
    # An element may be the literal that the fold of its sequence, or of another, begins with.
    return "" if text.startswith("fold") else _shortened(text)


def _sides(part: AssertPart) -> tuple[Expression, ...] | None:
    """What a part joins or compares, as it is written there; None where it is not in the text."""
    span, signs = part.place.span, _WRITTEN[part.operator]
    text, is_old = _in_brackets(span).text, dialect_of(span.source.text) == 1
    # In the other reading, the operator may stand within another.
    for reading in _OLD_FIRST if is_old else _OLD_FIRST[::-1]:
        program = parse_input(Source("", text), reading)
        match program.commands:
            case (Request("show", _, Call(name, sides, _)),) if not program.problems:
                is_it = name.strip(".") in signs or (name.startswith("num_") and len(sides) == 2)
                if is_it and len(sides) == len(part.arguments):
                    return sides
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


def _calling(name: str, frame: Frame | None) -> Frame | None:
    """The call that passes what a name stands for: seen through the rounds of loops."""
    while frame is not None and name not in frame.parameters:
        frame = frame.caller if frame.round is not None else None
    return frame


def _inlined(expression: Expression, frame: Frame | None, depth: int) -> Expression:
    """An expression of a function, with what its calls pass in the place of its parameters."""
    match expression:
        case Name() | Call() if not depth:
            return Unread(expression.span)
        case Name(name) if (called := _calling(name, frame)) and not called.round:
            at = called.parameters.index(name)
            match called.call:
                case Call(_, arguments) if len(arguments) == len(called.parameters):
                    return _inlined(arguments[at], called.caller, depth - 1)
        case Call(name, arguments, span, name_span, notation):
            parts = (_inlined(argument, frame, depth - 1) for argument in arguments)
            return Call(name, tuple(parts), span, name_span, notation)
    return expression


def _plain(value: Any) -> Any:
    """A value as Python has it, also where numpy computed it."""
    return value.item() if hasattr(value, "item") else value


def _shortened(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…"
