"""The commands of a session that are not the language's: they begin with a colon."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from voxlogica.cli.ops import operators_text
from voxlogica.cli.reporting import complaint
from voxlogica.cli.streams import say

if TYPE_CHECKING:
    from voxlogica.cli.repl_conversation import Conversation
    from voxlogica.syntax.diagnostics import VoxLogicaError

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
    """A command: how it is written, and what it does.

    `takes_expression` says that it needs an argument, which may go on in the next line.
    """

    usage: str
    about: str
    do: Callable[[Conversation, str], object]
    takes_expression: bool = False


def carry_out(conversation: Conversation, text: str) -> None:
    """Carry out an input: a command of the session, or what is in the language.

    The name of a command by itself, unless declared, asks to be told of the colon. Raises
    VoxLogicaError, and what `Dialogue.enter` does.
    """
    name, argument = _split(text)
    if not name:
        if text.strip() in _WITHOUT_COLON:
            _check_declared(conversation, text.strip())
        if text.strip():
            conversation.enter(text)
        return
    found = _meant(name)
    if found is None:
        raise _unknown(name)
    command = COMMANDS[found]
    if command.takes_expression and not argument:
        raise complaint(f"something is missing: `{command.usage}`")
    command.do(conversation, argument)


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


def _unknown(name: str) -> VoxLogicaError:
    from voxlogica.syntax.diagnostics import nearest

    several = [known for known in COMMANDS if known.startswith(name)]
    near = nearest(name, COMMANDS)
    return complaint(
        f"there is no command `{name}`",
        hint=f"this may be {' or '.join(several)}"
        if len(several) > 1 and name != ":"
        else f"did you mean `{near}`?"
        if near
        else "`:help` lists them all",
    )


def _check_declared(conversation: Conversation, word: str) -> None:
    if word not in conversation.work(conversation.session.declared):
        meant = f"commands of the session have a colon: `{_WITHOUT_COLON[word]}`"
        raise complaint(f"unknown name `{word}`", hint=meant)


def _type(conversation: Conversation, expression: str) -> None:
    say(f"{conversation.work(lambda: conversation.session.type_of(expression))}\n")


def _plan(conversation: Conversation, expression: str) -> None:
    from voxlogica.report.plan_text import plan_text

    written, computed = conversation.work(lambda: conversation.session.plans(expression))
    alone = written.has_same_operations(computed)
    say(plan_text(written) if alone else plan_text(computed, written))


def _time(conversation: Conversation, expression: str) -> None:
    stats = conversation.enter(expression).stats
    say(
        f"{stats.seconds:.3f} s; of {stats.operations} operations {stats.computed} computed,"
        f" {stats.reused} had already\n"
    )


def _load(conversation: Conversation, rest: str) -> None:
    found = _LOAD.fullmatch(rest)
    if found is None:
        hint = COMMANDS[":load"].usage
        raise complaint("this does not say what to load, and as what", hint=hint)
    name, quoted, bare = found.groups()
    conversation.work(lambda: conversation.session.load(name, bare if quoted is None else quoted))


def _vars(conversation: Conversation, _: str) -> None:
    declared = conversation.work(conversation.session.declared)
    say("".join(f"{text}\n" for text in declared.values()))


def _reset(conversation: Conversation, _: str) -> None:
    conversation.work(conversation.session.reset)


def _help(_: Conversation, __: str) -> None:
    width = max(len(command.usage) for command in COMMANDS.values())
    lines = [f"{command.usage:{width}}  {command.about}" for command in COMMANDS.values()]
    say(_HELP.format(commands="\n".join(lines)))


def _quit(_: Conversation, __: str) -> None:
    raise Quit


COMMANDS: dict[str, Command] = {
    ":type": Command(":type e", "the type of an expression, which is not computed", _type, True),
    ":plan": Command(":plan e", "what computing it takes, operation by operation", _plan, True),
    ":time": Command(":time e", "its value, and how long it took", _time, True),
    ":ops": Command(
        ":ops [name|word]",
        "the manual of an operator; those about a word; all",
        lambda _, word: say(operators_text(word or None, hint="`:ops` lists them all")),
    ),
    ":load": Command(':load name "file"', "load an image; the reading stays as it is", _load),
    ":save": Command(
        ':save "file" e',
        "write an image or a table to a file",
        lambda conversation, rest: conversation.enter(f"save {rest}"),
        True,
    ),
    ":vars": Command(":vars", "what was declared and loaded", _vars),
    ":reset": Command(":reset", "forget all that", _reset),
    ":help": Command(":help", "this", _help),
    ":quit": Command(":quit", "leave", _quit),
}
