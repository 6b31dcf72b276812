"""A scheduler and workers in processes of their own on this machine, for as long as a run lasts."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from voxlogica.allowance import cores
from voxlogica.cluster.reaching import refuse
from voxlogica.images.errors import quoted

# How many cores a worker has, where it has not all that the machine lets it.
CORES = "VOXLOGICA_WORKER_CORES"


def own_cores() -> int:
    """How many cores this process, a worker, may use."""
    said = os.environ.get(CORES, "")
    return int(said) if said.isdecimal() else cores()


class LocalWorkers:
    """So many worker processes, with so many cores each, and a scheduler, at 127.0.0.1.

    They are below one process in a session of its own: the terminal's signals are for this process,
    and what they print goes nowhere. That process ends, and they with it, when a pipe is closed of
    which this one holds the other end: so they end when this one does, in whichever way.
    """

    def __init__(self, workers: int, each: int) -> None:
        modules = [str(Path(path).absolute()) for path in sys.path]
        started = "from voxlogica.cluster.connection import serve; serve({}, {})"
        self._process = subprocess.Popen(
            # -P: a file in the working directory is no module.
            [_python(), "-P", "-W", "ignore", "-c", started.format(workers, each)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(modules)},
        )

    def address(self) -> str:
        """The scheduler's address, as soon as it listens."""
        assert self._process.stdout is not None
        said = self._process.stdout.readline().decode().strip()
        if not said:
            refuse(
                "the scheduler for the worker processes has ended before it began:"
                f" its exit status is {self._process.wait()}",
                "run `dask scheduler --host 127.0.0.1` by hand to see why",
            )
        return said

    def close(self) -> None:
        """Have all of them end, now."""
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()


def _python() -> str:
    name = Path(sys.executable or "").name.lower()
    if "python" not in name and "pypy" not in name:
        refuse(
            "worker processes need a Python to start:"
            f" `sys.executable` is {quoted(sys.executable or '')}",
            "start `dask scheduler` and `dask worker` by hand, and give the scheduler's address",
        )
    return sys.executable
