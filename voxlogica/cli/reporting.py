"""What goes wrong in a command, as messages and exit status 1."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any

import click

from voxlogica.cli.interruption import is_interruption
from voxlogica.cli.streams import show

if TYPE_CHECKING:
    from voxlogica.syntax.diagnostics import Diagnostic


def reporting(command: Callable[..., None]) -> Callable[..., None]:
    """Show the errors that a command raises; takes the option --debug away from it."""

    @wraps(command)
    def reported(*, debug: bool, **options: Any) -> None:
        from voxlogica.engine.failures import is_defect
        from voxlogica.syntax.diagnostics import VoxLogicaError

        try:
            command(**options)
        except (click.ClickException, click.exceptions.Exit):
            raise
        except VoxLogicaError as wrong:
            show(wrong.diagnostics)
            defect: BaseException | None = wrong.__cause__ if is_defect(wrong.__cause__) else None
        except Exception as broken:
            if is_interruption(broken):
                raise
            show([defect_message(broken)])
            defect = broken
        else:
            return
        if debug and defect is not None:
            from traceback import print_exception

            print_exception(defect, file=sys.stderr)
        raise click.exceptions.Exit(1)

    return reported


def defect_message(broken: Exception) -> Diagnostic:
    """The message for an exception that no command should meet."""
    from voxlogica.syntax.diagnostics import error

    return error(
        f"voxlogica broke down: {type(broken).__name__}: {broken}",
        hint="this is a defect of voxlogica, not of your program: please report it,"
        " with what the same command says under `--debug`",
    )
