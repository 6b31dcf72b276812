"""Back from the syntax tree to text that reads the same in both dialects: every grouping shown."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeAlias

from voxlogica.syntax.ast import (
    Call,
    Expression,
    Fold,
    Let,
    Loop,
    Name,
    Number,
    Sequence,
    Slice,
    Text,
    Truth,
    Unread,
    Variable,
)

Value: TypeAlias = "float | bool | str | Iterable[Value]"


def expression_text(expression: Expression) -> str:
    """The expression with brackets around every operand that is itself an operator expression."""
    parts: list[str] = []
    # What is still to be written, the next last: literal text, or an expression.
    waiting: list[str | Expression] = [expression]
    while waiting:
        item = waiting.pop()
        if isinstance(item, str):
            parts.append(item)
        else:
            waiting.extend(reversed(_pieces(item)))
    return "".join(parts)


def operand_text(expression: Expression) -> str:
    """The expression as it stands beside an operator: in brackets where it is one itself."""
    text = expression_text(expression)
    return f"({text})" if len(_operand(expression)) > 1 else text


def number_text(value: float) -> str:
    """The shortest text that reads back as the same float64; whole numbers without `.0`."""
    return repr(float(value)).removesuffix(".0")


def value_text(value: Value) -> str:
    """A value as `print` shows it: `3`, `0.25`, `true`, `[1, 2, 3]`, a string as it is."""
    return value if isinstance(value, str) else _text(value, value_text)


def literal_text(value: Value) -> str:
    """A value as a program has it: as `print` shows it, but strings are between quotes."""
    return f'"{value}"' if isinstance(value, str) else _text(value, literal_text)


def _text(value: float | bool | Iterable[Value], item: Callable[[Any], str]) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"[{', '.join(map(item, value))}]" if isinstance(value, Iterable) else number_text(value)


def _pieces(expression: Expression) -> list[str | Expression]:
    match expression:
        case Number(value):
            return [number_text(value)]
        case Truth(value):
            return ["true" if value else "false"]
        case Unread():
            return ["…"]
        case Text(value):
            return [f'"{value}"']
        case Name(name):
            return [name]
        case Sequence(items):
            return ["[", *_listed(items), "]"]
        case Variable(name):
            return [f"${{{name}}}"]
        case Slice(sequence, start, stop):
            first, last = ([bound] if bound else [] for bound in (start, stop))
            return [*_operand(sequence), "[", *first, ":", *last, "]"]
        case Let(name, parameters, value, body):
            formals = f"({', '.join(p.name for p in parameters)})" if parameters else ""
            return [f"let {name}{formals} = ", value, " in ", body]
        case Loop(kind, variable, sequence, body):
            return [f"{kind} {variable.name} in ", sequence, " do ", body]
        case Fold(operator, start, sequence):
            initial = ["(", start, ") "] if start else []
            return [f"fold {operator.name} ", *initial, "(", sequence, ")"]
        case Call(name, arguments, notation="prefix"):
            return [f"{name} ", *_operand(arguments[0])]
        case Call(name, (left, right, *further), notation="infix"):
            extra = ["[", *_listed(further), "]"] if further else []
            return [*_operand(left), f" {name}", *extra, " ", *_operand(right)]
        case Call(_, (sequence, *index), notation="index"):
            return [*_operand(sequence), "[", *_listed(index), "]"]
        case Call(name, arguments):
            return [name, "(", *_listed(arguments), ")"]
    raise AssertionError(expression)


def _operand(expression: Expression) -> list[str | Expression]:
    if isinstance(expression, Let | Loop | Fold) or (
        isinstance(expression, Call) and expression.notation in ("prefix", "infix")
    ):
        return ["(", expression, ")"]
    return [expression]


def _listed(items: list[Expression] | tuple[Expression, ...]) -> list[str | Expression]:
    return [piece for item in items for piece in (", ", item)][1:]
