"""The commands of a session that are not the language's: they begin with a colon."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from voxlogica.cli.ops import show_operators
from voxlogica.cli.streams import complain, say

if TYPE_CHECKING:
    from voxlogica.cli.repl_loop import Conversation

_LOAD = re.compile(r'(\w+)(?:\s*=?\s*"([^"]*)"|(?:\s*=\s*|\s+)([^\s=]\S*))\s*')
_HELP = """\
An expression shows its value:          3 * 4
Declarations stay:                      let bright = intensity(flair) > 100
So do the commands of programs:         load, import; save and print act at once.
A line that cannot end yet goes on in the next; an empty line ends it.

{commands}

Tab completes names, operators, commands and files. Ctrl-C cancels what is typed or computed.
"""


# What is meant by words that are commands in other tools.
_WITHOUT_COLON = {
    "help": ":help",
    "quit": ":quit",
    "exit": ":quit",
    "exit()": ":quit",
    "quit()": ":quit",
    "vars": ":vars",
    "reset": ":reset",
}


class Quit(Exception):  # noqa: N818  (it is no error)
    """Leave the session."""


class Command(NamedTuple):
    """A command: how it is written, what it does, and whether it did it.

    `takes_expression` says that its argument may go on in the next line.
    """

    usage: str
    about: str
    do: Callable[[Conversation, str], bool]
    takes_expression: bool = False


class Given(NamedTuple):
    """A command as it was typed."""

    do: Callable[[Conversation, str], bool]
    argument: str


def command_of(text: str) -> Given | None:
    """The command that an input is, None for one in the language."""
    name, argument = _split(text)
    if not name:
        return None
    found = _meant(name)
    if found is None:
        return Given(_unknown, name)
    return Given(COMMANDS[found].do, argument)


def without_colon(text: str) -> Given | None:
    """What the name of a command by itself asks for: to be told of the colon, unless declared."""
    word = text.strip()
    meant = _WITHOUT_COLON.get(word)
    return None if meant is None else Given(_needs_colon, word)


def incomplete_part(text: str) -> str:
    """What of an input may have to go on in the next line."""
    name, argument = _split(text)
    if not name:
        return text
    found = _meant(name)
    if found is None or not COMMANDS[found].takes_expression:
        return ""
    return f"save {argument}" if found == ":save" and argument else argument


def _split(text: str) -> tuple[str, str]:
    stripped = text.strip()
    if not stripped.startswith(":"):
        return "", text
    name, _, argument = stripped.partition(" ")
    return name, argument.strip()


def _meant(name: str) -> str | None:
    """The command of this name, or the only one that begins so."""
    found = [known for known in COMMANDS if known.startswith(name)]
    return name if name in COMMANDS else found[0] if len(found) == 1 else None


def _unknown(conversation: Conversation, name: str) -> bool:
    from voxlogica.syntax.diagnostics import nearest

    several = [known for known in COMMANDS if known.startswith(name)]
    near = nearest(name, COMMANDS)
    complain(
        f"there is no command `{name}`",
        hint=f"this may be {' or '.join(several)}"
        if len(several) > 1 and name != ":"
        else f"did you mean `{near}`?"
        if near
        else "`:help` lists them all",
    )
    return False


def _needs_colon(conversation: Conversation, word: str) -> bool:
    if word in conversation.work(conversation.session.declared):
        conversation.enter(word)
        return True
    meant = _WITHOUT_COLON[word]
    complain(f"unknown name `{word}`", hint=f"commands of the session have a colon: `{meant}`")
    return False


def _needs(argument: str, usage: str) -> bool:
    if not argument:
        complain(f"something is missing: `{usage}`")
    return bool(argument)


def _type(conversation: Conversation, expression: str) -> bool:
    if not _needs(expression, COMMANDS[":type"].usage):
        return False
    say(f"{conversation.work(lambda: conversation.session.type_of(expression))}\n")
    return True


def _plan(conversation: Conversation, expression: str) -> bool:
    if not _needs(expression, COMMANDS[":plan"].usage):
        return False
    from voxlogica.report.plan_text import plan_text

    written, computed = conversation.work(lambda: conversation.session.plans(expression))
    alone = written.has_same_operations(computed)
    say(plan_text(written) if alone else plan_text(computed, written))
    return True


def _ops(conversation: Conversation, word: str) -> bool:
    return show_operators(word or None, hint="`:ops` lists them all")


def _save(conversation: Conversation, rest: str) -> bool:
    if not _needs(rest, COMMANDS[":save"].usage):
        return False
    conversation.enter(f"save {rest}")
    return True


def _load(conversation: Conversation, rest: str) -> bool:
    found = _LOAD.fullmatch(rest)
    if found is None:
        complain("this does not say what to load, and as what", hint=COMMANDS[":load"].usage)
        return False
    name, quoted, bare = found.groups()
    conversation.work(lambda: conversation.session.load(name, bare if quoted is None else quoted))
    return True


def _time(conversation: Conversation, expression: str) -> bool:
    if not _needs(expression, COMMANDS[":time"].usage):
        return False
    stats = conversation.enter(expression).stats
    say(
        f"{stats.seconds:.3f} s; of {stats.operations} operations {stats.computed} computed,"
        f" {stats.reused} had already\n"
    )
    return True


def _vars(conversation: Conversation, _: str) -> bool:
    declared = conversation.work(conversation.session.declared)
    say("".join(f"{text}\n" for text in declared.values()))
    return True


def _reset(conversation: Conversation, _: str) -> bool:
    conversation.work(conversation.session.reset)
    return True


def _help(conversation: Conversation, _: str) -> bool:
    width = max(len(command.usage) for command in COMMANDS.values())
    lines = [f"{command.usage:{width}}  {command.about}" for command in COMMANDS.values()]
    say(_HELP.format(commands="\n".join(lines)))
    return True


def _quit(conversation: Conversation, _: str) -> bool:
    raise Quit


COMMANDS: dict[str, Command] = {
    ":type": Command(":type e", "the type of an expression, which is not computed", _type, True),
    ":plan": Command(":plan e", "what computing it takes, operation by operation", _plan, True),
    ":time": Command(":time e", "its value, and how long it took", _time, True),
    ":ops": Command(":ops [name|word]", "the manual of an operator; those about a word; all", _ops),
    ":load": Command(':load name "file"', "load an image; the reading stays as it is", _load),
    ":save": Command(':save "file" e', "write an image to a file", _save, True),
    ":vars": Command(":vars", "what was declared and loaded", _vars),
    ":reset": Command(":reset", "forget all that", _reset),
    ":help": Command(":help", "this", _help),
    ":quit": Command(":quit", "leave", _quit),
}
