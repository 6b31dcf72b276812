"""The names that programs use and do not bind there, and what no name of theirs needs any more."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import count

from voxlogica.dataclass import replace
from voxlogica.syntax.ast import (
    Call,
    Command,
    Declaration,
    Expression,
    Fold,
    Let,
    Load,
    Loop,
    Name,
    Param,
    Program,
    Request,
    Slice,
    Text,
)
from voxlogica.syntax.ast import Sequence as Listed


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
            case Listed(items):
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


# What was declared in a session, or given to it, and is of no use any more

_NAMING = Declaration | Load
# What reads a file has its grid known, whether or not its value is needed.
_READING = frozenset({"load", "ReadImage", "simpleitk.ReadImage"})


def unused(programs: Sequence[Program], given: Collection[str]) -> list[frozenset[str]]:
    """The paths that are `given` and are loaded by what nothing needs that names still mean.

    Those of one command are together.
    """
    commands = [command for program in programs for command in program.commands]
    needed = _needed(commands, given)
    found = (frozenset(_loaded(c)) for n, c in enumerate(commands) if n not in needed)
    return [paths for paths in found if paths]


def without(programs: Sequence[Program], gone: Collection[str]) -> list[Program]:
    """The programs without what loads unused paths, and without what rests on that."""
    commands = [command for program in programs for command in program.commands]
    rests_on = _rests_on(commands)
    left_out: set[int] = set()
    for number, command in enumerate(commands):
        is_gone = any(path in gone for path in _loaded(command))
        # An import is in need of what it may mention, not of what it does not find.
        if is_gone or (isinstance(command, Declaration) and rests_on[number] & left_out):
            left_out.add(number)
    return _of(programs, {*range(len(commands))} - left_out)


def meant_still(programs: Sequence[Program]) -> list[Program]:
    """The programs without what they declare anew later, where nothing rests on what it was.

    What loads images stays: it tells of their grids, and may be let go of by its path.
    """
    commands = [command for program in programs for command in program.commands]
    return _of(programs, _needed(commands, ()))


def _of(programs: Sequence[Program], kept: Collection[int]) -> list[Program]:
    """The programs with those of their commands that are kept, by the numbers of all commands."""
    numbers = count()
    found = (
        replace(program, commands=tuple(c for c in program.commands if next(numbers) in kept))
        for program in programs
    )
    return [program for program in found if program.commands]


def _needed(commands: Sequence[Command], given: Collection[str]) -> set[int]:
    """The commands that what names mean rests on, by their numbers."""
    latest = {c.name: number for number, c in enumerate(commands) if isinstance(c, _NAMING)}
    needed = {*latest.values()}
    # What does more than to give a name to something.
    needed |= {
        number
        for number, c in enumerate(commands)
        if not isinstance(c, _NAMING) or any(path not in given for path in _loaded(c))
    }
    rests_on = _rests_on(commands)
    waiting = [*needed]
    while waiting:
        more = rests_on[waiting.pop()] - needed
        needed |= more
        waiting += more
    return needed


def _loaded(command: Command) -> list[str]:
    """The paths of the images that a command loads, empty for one that is not written in it."""
    match command:
        case Load(_, path):
            return [path.value]
        case Declaration(_, _, body):
            return [
                call.arguments[0].value
                if call.arguments and isinstance(call.arguments[0], Text)
                else ""
                for call in within(body)
                if isinstance(call, Call) and call.name in _READING
            ]
    return []


def _rests_on(commands: Sequence[Command]) -> list[set[int]]:
    """On which others each command may rest: of an import, all that it could mention."""
    found: list[set[int]] = []
    meant: dict[str, int] = {}
    for number, command in enumerate(commands):
        match command:
            case Load(name):
                found.append(set())
                meant[name] = number
            case Declaration(name):
                # Names of its own count, too.
                mentioned = (m.name for m in within(command.body) if isinstance(m, Name | Call))
                found.append({meant[n] for n in mentioned if n in meant})
                meant[name] = number
            case _:
                found.append({*meant.values()})
    return found
