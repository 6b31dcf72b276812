"""Arguments and options that several commands share.

What goes on to the Python interface as it is has the name of its parameter there.
"""

from __future__ import annotations

import re
import sys
from collections import ChainMap
from collections.abc import Callable, MutableMapping, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any

import click

from voxlogica.cli.files import is_same_file
from voxlogica.cli.reporting import ToldError, complaint
from voxlogica.cli.streams import OutputError, reason

if TYPE_CHECKING:
    from voxlogica.syntax.source import Source

# How messages call the program that standard input has.
STDIN = "<stdin>"
# Several definitions in one, after a number or a bool.
_SEVERAL = r"([-+\d.eE]+|true|false),\s*([^\W\d]\w*=[^\s,]+)"
_NAME = r"[^\W\d]\w*"

# Where click keeps the name of a file of parameters, and what it says until -D is read.
PARAMETER_FILE, _PARAMETERS = "voxlogica.parameter_file", "voxlogica.parameters"


def _definitions(
    context: click.Context, parameter: click.Parameter, values: tuple[str, ...]
) -> MutableMapping[str, Any]:
    """What -D sets; with a file of parameters a chain of both, -D's first."""
    definitions: dict[str, Any] = {}
    for value in values:
        name, separator, text = value.partition("=")
        if not separator or not re.fullmatch(_NAME, name):
            said = f"{value!r} is not of the form NAME=VALUE"
            said += ": there, the name is without `$`" if name.startswith("$") else ""
            raise click.BadParameter(said, context, parameter)
        if several := re.fullmatch(_SEVERAL, text):
            said = f"each is set by a -D of its own: `-D {name}={several[1]} -D {several[2]}`"
            raise click.BadParameter(said, context, parameter)
        definitions[name] = text
    by_file: dict[str, Any] = context.meta.get(_PARAMETERS, {})
    return ChainMap(definitions, by_file) if by_file else definitions


def _parameters(context: click.Context, option: click.Parameter, file: str | None) -> None:
    """Keep what a file sets for where -D is read, which comes before it."""
    if file is None:
        return
    from voxlogica.batch.parameter_files import read_parameters
    from voxlogica.syntax.diagnostics import VoxLogicaError

    context.meta[PARAMETER_FILE] = file
    try:
        context.meta[_PARAMETERS] = read_parameters(file)
    except VoxLogicaError as wrong:
        raise ToldError(wrong.diagnostics) from None


def settable(context: click.Context, option: click.Parameter, begun: str) -> list[str]:
    """What may be set: the parameters of the programs that are there already."""
    from voxlogica import running
    from voxlogica.syntax.diagnostics import VoxLogicaError

    try:
        # As far as click has come with the line.
        programs = (*(context.params.get("programs") or ()), *context.args)
        found = running.parameters([p for p in programs if not p.startswith("-")])
    except VoxLogicaError:
        return []
    return [f"{parameter.name}=" for parameter in found if parameter.name.startswith(begun)]


def file_to_write(
    context: click.Context, parameter: click.Parameter, value: str | None
) -> str | None:
    """The name of a file to write; an empty one is most likely a variable that is not set.

    Raises OutputError where it is the file of parameters.
    """
    if value == "":
        raise click.BadParameter("no file name; `-` is standard output", context, parameter)
    read = context.meta.get(PARAMETER_FILE)
    if value is not None and read is not None and is_same_file(value, read):
        raise OutputError.refusing(value, "it is the file of parameters")
    return value


def read_by(module: str, reader: str) -> Callable[..., Any]:
    """What reads an option by a function of a module, which raises ValueError where it is wrong."""

    def read(context: click.Context, parameter: click.Parameter, value: str | None) -> Any:
        try:
            return None if value is None else getattr(import_module(module), reader)(value)
        except ValueError as wrong:
            raise click.BadParameter(str(wrong), context, parameter) from wrong

    return read


# Such as `2GB`, in bytes; `30d`, in seconds.
_QUANTITIES = "voxlogica.engine.quantities"
size, age = read_by(_QUANTITIES, "size_in_bytes"), read_by(_QUANTITIES, "age_in_seconds")


def together(*options: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Several options as one decorator, in this order."""

    def with_options(command: Any) -> Any:
        for option in reversed(options):
            command = option(command)
        return command

    return with_options


def json_option(about: str) -> Callable[[Any], Any]:
    """The option for a report's file."""
    return click.option("--json", "json_file", metavar="FILE", callback=file_to_write, help=about)


def named(programs: Sequence[str]) -> str:
    """The programs as messages list them."""
    return ", ".join(STDIN if program == "-" else program for program in programs)


def given(programs: Sequence[str]) -> list[str | Source]:
    """The programs as the Python interface takes them, standard input read to its end.

    Raises VoxLogicaError where that is closed, or no text.
    """
    if programs.count("-") > 1:
        raise click.UsageError("standard input is one program: `-` is there more than once")
    return [_typed() if program == "-" else program for program in programs]


def _typed() -> Source:
    from voxlogica.language.libraries import UnreadableTextError, source_of

    try:
        return source_of(typed("the program"), STDIN)
    except UnreadableTextError as unreadable:
        raise complaint(str(unreadable), hint="save it as UTF-8 text") from None


def typed(what: str) -> bytes:
    """What standard input has, to its end. Raises VoxLogicaError."""
    try:
        if sys.stdin is None:  # closed from the start
            raise OSError("it is closed")
        return sys.stdin.buffer.read()
    except OSError as failed:
        raise complaint(f"cannot read {what} from standard input: {reason(failed)}") from None


programs_argument = click.argument(
    # Whether they can be read is told with the reason, when they are.
    "programs",
    metavar="PROGRAM...",
    nargs=-1,
    required=True,
    type=click.Path(readable=False),
)

# How programs are read.
reading_options = together(
    click.option(
        "-D",
        "definitions",
        metavar="NAME=VALUE",
        multiple=True,
        callback=_definitions,
        shell_complete=settable,
        help="Set the parameter NAME, or put VALUE for $NAME in the program's strings. May be"
        " repeated.",
    ),
    click.option(
        "--params",
        metavar="FILE",
        type=click.Path(readable=False),
        expose_value=False,
        is_eager=True,
        callback=_parameters,
        help="Set what the object of JSON in FILE has, as -D does, which comes before it.",
    ),
    click.option(
        "--dialect",
        type=click.Choice(["1", "2"]),
        callback=lambda context, parameter, value: int(value) if value else None,
        help="Read operator expressions as ImgQL 1 or 2; otherwise each program tells its own.",
    ),
    click.option("--debug", is_flag=True, help="Show Python's traceback of a defect."),
)


class WholeNumber(click.IntRange):
    """A range of numbers; click calls it by its name when something else is given."""

    name = "whole number"


jobs_option = click.option(
    "-j",
    "--jobs",
    type=WholeNumber(min=1),
    metavar="N",
    help="Compute on N threads; by default, on all cores that are ours to use.",
)

# Where results are kept.
keeping_options = together(
    click.option(
        "--cache",
        metavar="DIR",
        help="Keep results in DIR, and use what is there; otherwise in $VOXLOGICA_CACHE or the"
        " user's cache folder.",
    ),
    click.option("--no-cache", is_flag=True, help="Neither use kept results nor keep any."),
    click.option(
        "--memory-limit",
        metavar="SIZE",
        callback=size,
        help="Hold no more than SIZE of results in memory (such as 2GB); others wait in files.",
    ),
)


def chosen_cache(cache: str | None, no_cache: bool) -> str | bool:
    """What --cache and --no-cache say, as the Python interface takes it."""
    if no_cache and cache:
        raise click.UsageError("--cache and --no-cache exclude each other")
    return False if no_cache else cache or True


strict_option = click.option(
    "--strict",
    is_flag=True,
    help="Take warnings about programs and data for errors, found before anything is written.",
)

rewrites_option = click.option(
    "--no-rewrites",
    "rewrites",
    is_flag=True,
    callback=lambda context, parameter, given: not given,
    help="Compute each operation as the program has it, without faster equivalents.",
)
