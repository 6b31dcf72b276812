"""Arguments and options that several commands share."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, TypeVar

import click

T = TypeVar("T")
_NAME = re.compile(r"[A-Za-z_]\w*")


def _definitions(
    context: click.Context, parameter: click.Parameter, values: tuple[str, ...]
) -> dict[str, str]:
    definitions: dict[str, str] = {}
    for value in values:
        name, separator, text = value.partition("=")
        if not separator or not _NAME.fullmatch(name):
            said = f"{value!r} is not of the form NAME=VALUE"
            said += ": there, the name is without `$`" if name.startswith("$") else ""
            raise click.BadParameter(said, context, parameter)
        definitions[name] = text
    return definitions


def file_to_write(
    context: click.Context, parameter: click.Parameter, value: str | None
) -> str | None:
    """The name of a file to write; an empty one is most likely a variable that is not set."""
    if value == "":
        raise click.BadParameter("no file name; `-` is standard output", context, parameter)
    return value


def _dialect(context: click.Context, parameter: click.Parameter, value: str | None) -> int | None:
    return int(value) if value else None


def size(context: click.Context, parameter: click.Parameter, value: str | None) -> int | None:
    """The bytes that an option such as `2GB` says."""
    from voxlogica.engine.quantities import size_in_bytes

    return _quantity(size_in_bytes, context, parameter, value)


def age(context: click.Context, parameter: click.Parameter, value: str | None) -> float | None:
    """The seconds that an option such as `30d` says."""
    from voxlogica.engine.quantities import age_in_seconds

    return _quantity(age_in_seconds, context, parameter, value)


def _quantity(
    reader: Callable[[str], T],
    context: click.Context,
    parameter: click.Parameter,
    value: str | None,
) -> T | None:
    try:
        return reader(value) if value is not None else None
    except ValueError as wrong:
        raise click.BadParameter(str(wrong), context, parameter) from wrong


programs_argument = click.argument(
    # Whether they can be read is told with the reason, when they are.
    "programs",
    metavar="PROGRAM...",
    nargs=-1,
    required=True,
    type=click.Path(readable=False),
)

_reading = (
    click.option(
        "-D",
        "definitions",
        metavar="NAME=VALUE",
        multiple=True,
        callback=_definitions,
        help="Put VALUE for $NAME and ${NAME} in the program's strings. May be repeated.",
    ),
    click.option(
        "--dialect",
        type=click.Choice(["1", "2"]),
        callback=_dialect,
        help="Read operator expressions as ImgQL 1 or 2; otherwise each program tells its own.",
    ),
    click.option("--debug", is_flag=True, help="Show Python's traceback of a defect."),
)


def reading_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options that say how programs are read: -D, --dialect; and --debug."""
    for option in reversed(_reading):
        command = option(command)
    return command


class WholeNumber(click.IntRange):
    """A range of numbers; click calls it by its name when something else is given."""

    name = "whole number"


jobs_option = click.option(
    "-j",
    "--jobs",
    type=WholeNumber(min=1),
    metavar="N",
    help="Compute on N threads; all cores by default.",
)

_computing = (
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


def keeping_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options that say where results are kept: --cache, --no-cache, --memory-limit."""
    for option in reversed(_computing):
        command = option(command)
    return command


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

no_rewrites_option = click.option(
    "--no-rewrites",
    is_flag=True,
    help="Compute each operation as the program has it, without faster equivalents.",
)
