"""Values that a program in Python has, which stand in a program as they are."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

from voxlogica.syntax.ast import (
    Call,
    Declaration,
    Expression,
    Load,
    Number,
    Program,
    Sequence,
    Text,
    Truth,
)
from voxlogica.syntax.diagnostics import visible
from voxlogica.syntax.printer import literal_text
from voxlogica.syntax.source import Source, Span

if TYPE_CHECKING:
    from voxlogica.images.given import GivenImage

    GivenValue: TypeAlias = GivenImage | float | bool | str | list["GivenValue"]
    Token: TypeAlias = Callable[[GivenImage, str], str]

# A value is no longer than that in a message.
_LONGEST_SHOWN = 60


def declaring(name: str, value: GivenValue, called: str, token: Token) -> Program:
    """A text, `called` something, that gives a name to a value, which stands in its place.

    The value is what it is, whatever a text can say: a string has quotes, a number is nan. Images
    are loaded by a `token` of each, which is given its name: `image`, or `images[0]`.
    """
    source = Source(called, f"{name} = {_shown(value)}")
    whole, named = Span(source, 0, len(source.text)), Span(source, 0, len(name))
    body = _expression(value, Span(source, len(name) + 3, whole.end), token, name)
    match body:
        case Call(_, (Text() as path,)):
            return Program(source, (Load(name, path, whole, named),), 2, (), ())
    return Program(source, (Declaration(name, (), body, whole, named),), 2, (), ())


def _shown(value: GivenValue) -> str:
    """A value as a message has it."""
    match value:
        case str():
            text = f'"{visible(value)}"'
        case bool() | float():
            return literal_text(value)
        case list():
            text = f"[{', '.join(map(_shown, value[:_LONGEST_SHOWN]))}]"
        case _:
            return "…"
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}…"


def _expression(value: GivenValue, span: Span, token: Token, name: str) -> Expression:
    match value:
        case bool():
            return Truth(value, span)
        case str():
            return Text(value, span, as_it_is=True)
        case float():
            return Number(value, span)
        case list():
            each = (_expression(one, span, token, f"{name}[{i}]") for i, one in enumerate(value))
            return Sequence(tuple(each), span)
    return Call("load", (Text(token(value, name), span, as_it_is=True),), span, span, "call")
