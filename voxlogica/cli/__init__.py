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
    # First of all, so that an interruption does not end in a traceback while modules are imported:
    # until it can be noted, which takes imports itself, it ends the process.
    # `signal` itself is a wrapper whose imports take longer than all that came before.
    import _signal  # type: ignore[import-not-found]

    _signal.signal(_signal.SIGINT, _signal.SIG_DFL)
    import gc
    import os

    # Modules are made of some 50,000 objects that stay, and plans of millions, which Python would
    # search for cycles again and again: a tenth of the time of a short command, and of planning.
    gc.set_threshold(100_000)

    from voxlogica.cli.interruption import note_signals

    note_signals()
    _know_all_scripts()
    # numpy's linear algebra, which nothing here uses, would start a thread for each core: half of
    # what importing numpy takes, and cores beyond `-j`. Read when numpy is imported.
    os.environ["OPENBLAS_NUM_THREADS"] = "1"
    from voxlogica.cli.process import run_process

    run_process()


def _know_all_scripts() -> None:
    """Begin anew in Python's UTF-8 mode where the locale has ASCII alone, as below `LC_ALL=C`.

    Python does so by itself unless it is told not to; then no file could be named beyond ASCII.
    """
    import os
    import sys

    if sys.getfilesystemencoding() == "ascii" and sys.executable and not sys.flags.utf8_mode:
        os.execv(sys.executable, [sys.executable, "-X", "utf8", *sys.orig_argv[1:]])
