"""Parameters: constants that whoever runs a program may set, of a type and within a range.

What sets one is a value, or a text that is read as a literal of its type: the command line has only
texts, and so have tables.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeAlias

from voxlogica.dataclass import dataclass
from voxlogica.language.values import innermost, joined_type, type_of_constant
from voxlogica.operators.signature import ANY, BOOL, NUMBER, STRING, VALUE, Type, sequence_of
from voxlogica.syntax.ast import (
    Call,
    Expression,
    Name,
    Number,
    Param,
    Request,
    Sequence,
    Text,
    Truth,
)
from voxlogica.syntax.diagnostics import Diagnostic, VoxLogicaError, error, nearest
from voxlogica.syntax.printer import literal_text, number_text, value_text
from voxlogica.syntax.source import Source, Span

# What a parameter is set to.
Constant: TypeAlias = float | bool | str | tuple["Constant", ...]

_TYPES = {str(found): found for found in (NUMBER, BOOL, STRING)}
_SEQUENCE = r"sequence\((.*)\)"
# What others call the types.
_CALLED = {
    "number": ("float", "int", "integer", "double", "real", "num", "numeric"),
    "bool": ("boolean", "truth", "flag", "logical"),
    "string": ("str", "text", "char"),
    "sequence(number)": ("list", "sequence", "array", "vector", "numbers", "tuple"),
}
_FILES = ("path", "file", "filename", "image", "model", "valuation", "region")
_TYPE_MEANT = {word: meant for meant, words in _CALLED.items() for word in words}
_NUMBER = r"[-+]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]+)?"
_COMMENT = r"[ \t]*//[ \t]*(.*)"


class RefusedError(Exception):
    """A value is none that the parameter takes: the message says so, to who sets it.

    `example` is a text that it takes, where that is not plain.
    """

    def __init__(self, message: str, example: str | None = None) -> None:
        super().__init__(message)
        self.example = example

    def told(self, written: Callable[[str], str]) -> str:
        """The message, with the example as it is to be written."""
        return f"{self}, as in `{written(self.example)}`" if self.example else str(self)


@dataclass(frozen=True, slots=True)
class Parameter:
    """What a program declares by `param`; a default or bound that there is not is None.

    `comment` is what stands beside the declaration, of one or several lines.
    """

    name: str
    type: Type
    default: Constant | None
    low: Constant | None
    high: Constant | None
    comment: str
    span: Span

    @property
    def range(self) -> str:
        """The bounds in words: `from 0.5 to 1`; empty where there are none."""
        bounds = (("from", self.low), ("to", self.high))
        return " ".join(f"{word} {literal_text(b)}" for word, b in bounds if b is not None)

    @property
    def takes(self) -> str:
        """What it may be set to, in words."""
        return f"a {self.type} {self.range}".rstrip()

    @property
    def declaration(self) -> str:
        """As a program may declare it."""
        told = f" = {literal_text(self.default)}" if self.default is not None else ""
        if self.default in (None, ()):
            told = f": {self.type}{told}"
        return f"{self.name}{told} {self.range}".rstrip()

    @property
    def setting(self) -> str:
        """How the command line sets it."""
        if self.type.element is None:
            return f"-D {self.name}=…"
        return f"-D '{self.name}={literal_text(self.default) if self.default else '[…]'}'"

    @property
    def meaning(self) -> tuple[Any, ...]:
        """Equal for parameters that mean the same."""
        # Python's true is equal to its 1.
        return self.type, *(b and literal_text(b) for b in (self.default, self.low, self.high))

    def given(self, constant: Constant) -> Constant:
        """What the parameter is when it is set to a value, or to a text. Raises RefusedError."""
        if isinstance(constant, str) and self.type != STRING:
            constant = _read(self, constant)
        is_one = joined_type(type_of_constant(constant), self.type) == self.type
        if is_one and (wrong := _wrong_length(constant, self.low, self.high)):
            raise RefusedError(wrong)
        if not is_one or not within(constant, self.low, self.high):
            raise RefusedError(f"it takes {self.takes}")
        return constant


def parameter(command: Param, report: Callable[[Diagnostic], None]) -> Parameter | None:
    """What a command declares; None, and errors, where that is wrong."""
    expressions = (command.default, command.low, command.high)
    constants = [None if e is None else literal(e) for e in expressions]
    default, low, high = constants
    no_literals = [
        error(
            f"{what} of a parameter is a literal: a number, true, false, a string, or a sequence of"
            " these",
            expression.span,
            hint=_literally(command.name, expression, what == _PARTS[0]),
        )
        for expression, constant, what in zip(expressions, constants, _PARTS, strict=True)
        if expression is not None and constant is None
    ]
    declared = no_literals or _declared(command, default, low, high)
    if isinstance(declared, Parameter):
        return declared
    for wrong in declared:
        report(wrong)
    return None


def _declared(
    command: Param, default: Constant | None, low: Constant | None, high: Constant | None
) -> Parameter | list[Diagnostic]:
    """What a command declares, given what its literals are; or what is wrong with it first."""
    found = _declared_type(command, default)
    if isinstance(found, Diagnostic):
        return [found]
    declared = Parameter(command.name, found, default, low, high, comment(command), command.span)
    misfit = _misfit(command, declared)
    return declared if misfit is None else [misfit]


def _literally(name: str, expression: Expression, is_default: bool) -> str | None:
    """What to write for an expression that is no literal."""
    text = expression.span.text.strip()
    if re.fullmatch(r"[-+]?\.\d+|[-+]?\d+\.", text):
        return f"a number begins and ends with a digit: {float(text)}"
    if text.lower() in ("true", "false"):
        return f"write `{text.lower()}`"
    if isinstance(expression, Call) and expression.name == "=":
        return f"the default stands before the range: `param {name} = 0.5 from 0 to 1`"
    if isinstance(expression, Call) and expression.notation == "index":
        return f"a range is written in words: `param {name} = 0.5 from 0 to 1`"
    if not is_default:
        return None
    computed = f"what is computed is declared by `let {name} = …`"
    match expression:
        case Name(written):
            return f'a text stands in quotes: `param {name} = "{written}"`; {computed}'
        case Call("/", (Number(a), Number(b))) if b:
            return f"write what it comes to, `param {name} = {number_text(a / b)}`; {computed}"
    return computed


_PARTS = ("the default", "the lower bound", "the upper bound")


def _declared_type(command: Param, default: Constant | None) -> Type | Diagnostic:
    written, found = command.type, ANY if default is None else type_of_constant(default)
    wanted = ANY if written is None else _type_named(written.name)
    if wanted is None:
        assert written is not None
        return _no_type(command.name, written)
    assert command.default is not None or written is not None
    span = command.name_span if command.default is None else command.default.span
    joined = joined_type(found, wanted)
    if innermost(found) == VALUE:
        return error("the elements of a parameter are of one type", span)
    if joined is None or (written is not None and joined != wanted):
        return error(f"`{command.name}` is a {wanted}, and its default a {found}", span)
    if innermost(joined) == ANY:
        hint = f"say it: `param {command.name}: sequence(number) = []`"
        return error("the type of an empty sequence is not known", span, hint=hint)
    return joined


def _no_type(name: str, written: Name) -> Diagnostic:
    word = written.name.partition("(")[0].lower()
    hint = "it is a number, a bool, a string, or as in `sequence(number)`"
    if word in _FILES:
        hint = f'a file\'s name is: `param {name}: string`, then `load img = "${name}"`'
    elif near := _TYPE_MEANT.get(word) or nearest(written.name, [*_TYPES, "sequence(number)"]):
        hint = f"`param {name}: {near}`"
    return error(f"there are no parameters of type `{written.name}`", written.span, hint=hint)


def _misfit(command: Param, declared: Parameter) -> Diagnostic | None:
    """What is wrong first with a parameter's range, or with its default, if that is out of it."""
    for expression, bound in ((command.low, declared.low), (command.high, declared.high)):
        if expression is None or bound is None:
            continue
        if innermost(declared.type) != NUMBER:
            said = f"only numbers have a range: `{declared.name}` is a {declared.type}"
            return error(said, expression.span)
        if type_of_constant(bound) not in (NUMBER, declared.type):
            either = "" if declared.type == NUMBER else f" or a {declared.type}"
            return error(f"a bound of `{declared.name}` is a number{either}", expression.span)
    low, high, default = declared.low, declared.high, declared.default
    if low is not None and high is not None and _crossed(low, high):
        assert command.low is not None
        return error(f"nothing goes {declared.range}", command.low.span)
    if default is not None and not within(default, low, high):
        assert command.default is not None
        said = f"the default of `{declared.name}` is outside of its range, {declared.range}"
        if wrong_length := _wrong_length(default, low, high):
            said = f"the default of `{declared.name}` does not fit its range: {wrong_length}"
        return error(said, command.default.span)
    return None


def within(value: Constant, low: Constant | None, high: Constant | None) -> bool:
    """Whether a value is in a range; of a sequence, each element in that of its own, or of all."""
    is_above = low is None or not _crossed(low, value)
    return is_above and (high is None or not _crossed(value, high))


def _wrong_length(value: Constant, low: Constant | None, high: Constant | None) -> str | None:
    """That a sequence has not as many elements as its bounds, where these are sequences."""
    for word, bound in (("from", low), ("to", high)):
        if isinstance(value, tuple) and isinstance(bound, tuple) and len(bound) != len(value):
            wanted = "1 element is" if len(bound) == 1 else f"{len(bound)} elements are"
            return f"{wanted} wanted, as `{word} {literal_text(bound)}` has; {len(value)} given"
    return None


def _crossed(low: Constant, high: Constant) -> bool:
    """Whether any low bound is greater than the high one of its element, or there is none."""
    if isinstance(low, tuple) and isinstance(high, tuple):
        return len(low) != len(high) or any(map(_crossed, low, high))
    if isinstance(low, tuple):
        return any(_crossed(one, high) for one in low)
    if isinstance(high, tuple):
        return any(_crossed(low, one) for one in high)
    assert not isinstance(low, str)
    assert not isinstance(high, str)
    return low > high


def comment(command: Param) -> str:
    """What stands beside a command: at the end of its line, else in the lines right above."""
    source = command.span.source
    rest = source.text[command.span.end :].partition("\n")[0]
    if beside := re.fullmatch(_COMMENT, rest):
        return beside[1].strip()
    number, column = source.line_and_column(command.span.start)
    lines: list[str] = []
    if source.line(number)[: column - 1].strip():
        return ""
    while number > 1 and (above := re.fullmatch(_COMMENT, source.line(number - 1))):
        number -= 1
        lines.append(above[1].strip())
    return "\n".join(reversed(lines)).strip("\n")


def set_to(
    given: Mapping[str, Constant], declared: Parameter, report: Callable[[Diagnostic], None]
) -> Constant | None:
    """What a parameter is in a run; None, and an error, where it has no value."""
    if declared.name not in given:
        if declared.default is None:
            hint = f"give it one: `{declared.setting}`"
            said = f"`{declared.name}` has no value: it is a parameter without a default"
            report(error(said, declared.span, hint=hint))
        return declared.default
    value = given[declared.name]
    try:
        return declared.given(value)
    except RefusedError as refused:
        told = refused.told(lambda example: f"-D '{declared.name}={example}'")
        said = f"`{declared.name}` cannot be set to `{value_text(value)}`: {told}"
        report(error(said, declared.span))
        return declared.default


def different(parameters: Iterable[Parameter]) -> tuple[Parameter, ...]:
    """Parameters in their order, without those that mean the same as one before."""
    found: dict[tuple[Any, ...], Parameter] = {}
    for parameter in parameters:
        found.setdefault((parameter.name, *parameter.meaning), parameter)
    return tuple(found.values())


def plain(definitions: Mapping[str, object]) -> dict[str, Constant]:
    """What variables and parameters are set to, as values of the language.

    Raises VoxLogicaError where one is none.
    """
    found: dict[str, Constant] = {}
    wrong: list[Diagnostic] = []
    for name, value in definitions.items():
        try:
            found[name] = _plain(value)
        except RefusedError as refused:
            wrong.append(error(f"`{name}` cannot be set: {refused}"))
    if wrong:
        raise VoxLogicaError(wrong)
    return found


def _plain(value: object) -> Constant:
    """A value of Python, or of numpy, as one of the language. Raises RefusedError."""
    from numbers import Real

    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, bool | str):
        return value
    if isinstance(value, os.PathLike):
        return os.fsdecode(value)
    if isinstance(value, Real):
        try:
            number = float(value)
        except OverflowError:
            raise RefusedError("it is greater than any number") from None
        if number != number:
            raise RefusedError("it is nan, which is no number")
        if isinstance(value, int) and int(number) != value:
            raise RefusedError(f"numbers are float64, which does not have {value}")
        return number
    if isinstance(value, list | tuple):
        return tuple(map(_plain, value))
    raise RefusedError(f"there are no values of type {type(value).__name__} in programs")


def _read(declared: Parameter, text: str) -> Constant:
    """A text as the literal that it has. Raises RefusedError."""
    text = text.strip()
    wanted = declared.type
    if wanted == NUMBER:
        if re.fullmatch(_NUMBER, text):
            return float(text)
        comma = re.fullmatch(r"([-+]?\d+),(\d+)", text)
        hint = f"; the decimal sign is a point: {comma[1]}.{comma[2]}" if comma else ""
        raise RefusedError(f"it takes {declared.takes}{hint}")
    if wanted == BOOL:
        if text not in ("true", "false"):
            raise RefusedError("it takes `true` or `false`")
        return text == "true"
    from voxlogica.syntax.parser import parse_input

    found = parse_input(Source(f"-D {declared.name}", text), 2)
    match found.commands:
        case (Request("show", _, body),) if not found.problems:
            constant = literal(body)
            if isinstance(constant, tuple):
                return constant
    shown = next((v for v in (declared.default, declared.low, declared.high) if v), None)
    example = '["a", "b"]' if innermost(wanted) == STRING else "[1, 2, 3]"
    if isinstance(shown, tuple):
        example = literal_text(shown)
    raise RefusedError(f"it takes {declared.takes}", example)


def literal(expression: Expression) -> Constant | None:
    """The value that a literal is; None of any other expression."""
    match expression:
        case Number(value) | Truth(value) | Text(value):
            return value
        case Call("-" | "+" as sign, (Number(value),), notation="prefix"):
            return -value if sign == "-" else value
        case Sequence(items):
            values = tuple(v for item in items if (v := literal(item)) is not None)
            return values if len(values) == len(items) else None
    return None


def _type_named(name: str) -> Type | None:
    if found := re.fullmatch(_SEQUENCE, name):
        element = _type_named(found[1])
        return None if element is None else sequence_of(element)
    return _TYPES.get(name)
