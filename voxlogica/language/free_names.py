"""What expressions are made of, and the names that a program uses and does not bind there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from voxlogica.syntax.ast import (
    Call,
    Command,
    Declaration,
    Expression,
    Fold,
    Let,
    Loop,
    Name,
    Param,
    Request,
    Sequence,
    Slice,
)


def within(expression: Expression) -> Iterator[object]:
    """An expression, and all that it is made of, as deep as it is."""
    waiting: list[object] = [expression]
    while waiting:
        item = waiting.pop()
        yield item
        parts = getattr(item, "__match_args__", ())
        for part in (getattr(item, name) for name in parts if not name.endswith("span")):
            waiting += part if isinstance(part, tuple) else [part]


def free_names(commands: Iterable[Command]) -> dict[str, Name | Call]:
    """The names that are no parameters and no local ones, in their order, and where each is first.

    What is called is a function, or an operator.
    """
    found: dict[str, Name | Call] = {}
    parts: tuple[Expression | None, ...]
    for command in commands:
        match command:
            case Declaration(_, parameters, body):
                parts, bound = (body,), _names(parameters)
            case Request(_, _, body):
                parts, bound = (body,), frozenset()
            case Param(_, _, default, low, high):
                parts, bound = (default, low, high), frozenset()
            case _:
                continue
        for part in parts:
            for one in _free(part, bound):
                found.setdefault(one.name, one)
    return found


def _names(parameters: Iterable[Name]) -> frozenset[str]:
    return frozenset(parameter.name for parameter in parameters)


def _free(expression: Expression | None, bound: frozenset[str]) -> Iterator[Name | Call]:
    """The free names of an expression, as deep as it is, from left to right."""
    waiting: list[tuple[Expression | None, frozenset[str]]] = [(expression, bound)]
    while waiting:
        current, bound = waiting.pop()
        parts: list[tuple[Expression | None, frozenset[str]]] = []
        match current:
            case Name(name):
                if name not in bound:
                    yield current
            case Call(name, arguments):
                if name not in bound:
                    yield current
                parts = [(argument, bound) for argument in arguments]
            case Sequence(items):
                parts = [(item, bound) for item in items]
            case Slice(sequence, start, stop):
                parts = [(sequence, bound), (start, bound), (stop, bound)]
            case Let(name, parameters, value, body):
                parts = [(value, bound | _names(parameters)), (body, bound | {name})]
            case Loop(_, variable, sequence, body):
                parts = [(sequence, bound), (body, bound | {variable.name})]
            case Fold(operator, start, sequence):
                parts = [(operator, bound), (start, bound), (sequence, bound)]
        waiting += parts[::-1]
