"""The command line: click commands that only call the Python interface.

Starting must cost little: the commands' modules import only click at their top, and what a command
needs when it runs.
"""

from __future__ import annotations

from typing import NoReturn

from voxlogica.cli.interruption import Interrupted, interruptible


def main() -> NoReturn:
    """Run the command line of this process, and end it with the exit status."""
    try:
        with interruptible():
            status = _status()
    except Interrupted as interrupted:
        from voxlogica.cli.streams import complain

        complain("interrupted")
        status = interrupted.status
    from voxlogica.cli.streams import leave

    leave(status)


def _status() -> int:
    # Only now, when an interruption no longer ends in a traceback.
    import click

    from voxlogica.cli.commands import voxlogica
    from voxlogica.cli.streams import own_streams

    own_streams()
    try:
        status = voxlogica.main(prog_name="voxlogica", standalone_mode=False)
    except click.ClickException as wrong:
        wrong.show()
        return wrong.exit_code
    return status if isinstance(status, int) else 0
