"""The command line: click commands that only call the Python interface.

Starting must cost little: the commands' modules import only click at their top, and what a command
needs when it runs.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn


def main() -> NoReturn:
    """Run the command line of this process, and end it with the exit status."""
    # First of all: while modules are imported there is nothing to clean up, and an interruption
    # ends the process, rather than in a traceback.
    import os
    import signal

    signal.signal(signal.SIGINT, signal.SIG_DFL)
    # numpy's linear algebra, which nothing here uses, would start a thread for each core: half of
    # what importing numpy takes, and cores beyond `-j`. Read when numpy is imported.
    os.environ["OPENBLAS_NUM_THREADS"] = "1"
    from voxlogica.cli.process import run_process

    run_process()
