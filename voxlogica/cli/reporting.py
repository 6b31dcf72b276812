"""What goes wrong in a command, as messages and exit status 1."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from functools import wraps
from typing import IO, TYPE_CHECKING, Any

import click

from voxlogica.cli.interruption import is_interruption
from voxlogica.cli.streams import show

if TYPE_CHECKING:
    from voxlogica.syntax.diagnostics import Diagnostic, VoxLogicaError

# The exit status where all was done, and an assertion is false.
ASSERTS_FALSE = 3


class ToldError(click.ClickException):
    """What is wrong with what an option names, as messages."""

    def __init__(self, diagnostics: Sequence[Diagnostic]) -> None:
        super().__init__("")
        self._diagnostics = diagnostics

    def show(self, file: IO[Any] | None = None) -> None:
        """As every error is shown."""
        show(self._diagnostics)


def reporting(command: Callable[..., None]) -> Callable[..., None]:
    """Show the errors that a command raises; takes the option --debug away from it."""

    @wraps(command)
    def reported(*, debug: bool, **options: Any) -> None:
        try:
            command(**options)
        except (click.ClickException, click.exceptions.Exit):
            raise
        except Exception as problem:
            tell(problem, debug)
            raise click.exceptions.Exit(1) from None

    return reported


def tell(problem: Exception, debug: bool) -> None:
    """Show what is wrong, and of a defect also the traceback, if `debug`.

    An interruption that Python has wrapped goes on.
    """
    from voxlogica.engine.failures import is_defect
    from voxlogica.syntax.diagnostics import VoxLogicaError

    defect: BaseException | None = problem
    if isinstance(problem, VoxLogicaError):
        show(problem.diagnostics)
        defect = problem.__cause__ if is_defect(problem.__cause__) else None
    elif is_interruption(problem):
        raise problem
    else:
        show([defect_message(problem)])
    if debug and defect is not None:
        from traceback import print_exception

        print_exception(defect, file=sys.stderr)


def complaint(message: str, hint: str | None = None) -> VoxLogicaError:
    """An error to raise that concerns no place in a program."""
    from voxlogica.syntax.diagnostics import VoxLogicaError, error

    return VoxLogicaError([error(message, hint=hint)])


def defect_message(broken: BaseException) -> Diagnostic:
    """The message for an exception that no command should meet."""
    from voxlogica.engine.scarcity import scarcity
    from voxlogica.syntax.diagnostics import error

    lacking = scarcity(broken)
    if lacking is not None:
        return error(f"{lacking.said} for voxlogica to go on", hint=lacking.hint)
    return error(
        f"voxlogica broke down: {type(broken).__name__}: {broken}",
        hint="this is a defect of voxlogica, not of your program: please report it,"
        " with what the same command says under `--debug`",
    )
