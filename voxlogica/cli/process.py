"""The process around the commands: from the arguments to the exit status."""

from __future__ import annotations

from typing import NoReturn

import click

from voxlogica.cli.commands import voxlogica
from voxlogica.cli.interruption import Interrupted, breaks_off, interruptible
from voxlogica.cli.streams import complain, leave, own_streams


def run_process() -> NoReturn:
    """Run the command that the process's arguments ask for, and end the process."""
    own_streams()
    try:
        with interruptible():
            status = _status()
    except Interrupted as interrupted:
        if breaks_off():
            complain("interrupted")
        status = interrupted.status
    leave(status)


def _status() -> int:
    try:
        status = voxlogica.main(prog_name="voxlogica", standalone_mode=False)
    except click.ClickException as wrong:
        wrong.show()
        return wrong.exit_code
    return status if isinstance(status, int) else 0
