"""The command line: click commands that only call the Python interface.

Starting must cost little. Only click is imported here and in the commands' modules; what a command
needs it imports when it runs.
"""

from __future__ import annotations

import sys
from typing import NoReturn

import click

from voxlogica.cli.cache import cache
from voxlogica.cli.check import check
from voxlogica.cli.completion import completion
from voxlogica.cli.interruption import Interrupted, interruptible
from voxlogica.cli.ops import ops
from voxlogica.cli.plan import plan
from voxlogica.cli.run import run
from voxlogica.cli.streams import complain, leave, own_streams
from voxlogica.cli.version import version

_BROKEN_PIPE = 128 + 13  # as a shell counts a program that SIGPIPE ended


@click.group(
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="""\b
Examples:
  voxlogica run glioma.imgql -D NAME=case_001     print and save what the program asks for
  voxlogica check glioma.imgql                    find its mistakes without running it
  voxlogica ops percentiles                       the manual of an operator
  voxlogica run --help                            more about a command""",
)
def commands() -> None:
    """Run programs in ImgQL, the spatial logic for 2-D and 3-D images."""


for _command in (run, check, plan, ops, cache, version, completion):
    commands.add_command(_command)


def main() -> NoReturn:
    """Run the command line of this process, and end it with the exit status."""
    own_streams()
    try:
        with interruptible():
            status = commands.main(prog_name="voxlogica", standalone_mode=False)
            sys.stdout.flush()
        status = status if isinstance(status, int) else 0
    except Interrupted as interrupted:
        complain("interrupted")
        status = 128 + interrupted.signal
    except click.ClickException as wrong:
        wrong.show()
        status = wrong.exit_code
    except BrokenPipeError:
        status = _BROKEN_PIPE
    leave(status)
