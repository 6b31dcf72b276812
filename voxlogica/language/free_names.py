"""The names that a program uses and does not bind where it uses them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from voxlogica.syntax.ast import (
    Call,
    Declaration,
    Expression,
    Fold,
    Let,
    Loop,
    Name,
    Param,
    Program,
    Request,
    Sequence,
    Slice,
)


def free_names(program: Program) -> dict[str, None]:
    """The names of all commands that are no parameters and no local ones, in their order."""
    found: dict[str, None] = {}
    for command in program.commands:
        match command:
            case Declaration(_, parameters, body):
                found |= dict.fromkeys(_free(body, _names(parameters)))
            case Request(_, _, body):
                found |= dict.fromkeys(_free(body, frozenset()))
            case Param(_, _, default, low, high):
                for part in (default, low, high):
                    found |= dict.fromkeys(_free(part, frozenset()) if part else ())
    return found


def _names(parameters: Iterable[Name]) -> frozenset[str]:
    return frozenset(parameter.name for parameter in parameters)


def _free(expression: Expression, bound: frozenset[str]) -> Iterator[str]:
    """The free names of an expression, as deep as it is, from left to right."""
    waiting: list[tuple[Expression | None, frozenset[str]]] = [(expression, bound)]
    while waiting:
        current, bound = waiting.pop()
        parts: list[tuple[Expression | None, frozenset[str]]] = []
        match current:
            case Name(name):
                if name not in bound:
                    yield name
            case Call(name, arguments):
                if name not in bound:
                    yield name
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
