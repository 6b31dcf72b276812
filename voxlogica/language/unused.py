"""What was declared in a session, or given to it, and none of its names rests on any more."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import count

from voxlogica.dataclass import replace
from voxlogica.language.free_names import within
from voxlogica.syntax.ast import Call, Command, Declaration, Load, Name, Program, Text

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
    numbers, found = count(), []
    for program in programs:
        commands = tuple(c for c in program.commands if next(numbers) in kept)
        if commands:
            found.append(replace(program, commands=commands))
    return found


def _needed(commands: Sequence[Command], given: Collection[str]) -> set[int]:
    """The commands that what names mean rests on, by their numbers."""
    latest = {c.name: number for number, c in enumerate(commands) if isinstance(c, _NAMING)}
    needed = {*latest.values()}
    needed |= {number for number, c in enumerate(commands) if _is_needed(c, given)}
    rests_on = _rests_on(commands)
    waiting = [*needed]
    while waiting:
        more = rests_on[waiting.pop()] - needed
        needed |= more
        waiting += more
    return needed


def _is_needed(command: Command, given: Collection[str]) -> bool:
    """Whether a command does more than to give a name to something."""
    return not isinstance(command, _NAMING) or any(path not in given for path in _loaded(command))


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
