"""Schedulers and workers of Dask as processes, as a user starts them."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from voxlogica.cluster.connection import Connection

ROOT = Path(__file__).parents[2]
# What the workers carry out instead of parts of plans.
TRIAL = "tests.cluster.trial_worker"
# By this variable, a process is known to do nothing but carry errands out.
WORKER = "VOXLOGICA_TRIAL_WORKER"


# `dask`, with the modules of a folder before all others.
_DASK = "import sys; sys.path.insert(0, {!r}); from dask.__main__ import main; main()"


class Started:
    """A process of Dask, and what it has said so far."""

    def __init__(self, *command: str, before: tuple[str, ...] = (), **variables: str) -> None:
        self.said: list[str] = []
        self.process = subprocess.Popen(
            [*before, sys.executable, "-u", *command],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            text=True,
            start_new_session=True,
            env={**os.environ, "PYTHONPATH": str(ROOT), **variables},
        )
        self._reading: threading.Thread | None = None

    def until(self, word: str) -> str:
        """The line in which it says so; what comes after is read by a thread."""
        for line in self.process.stdout:
            self.said.append(line)
            if word in line:
                break
        else:
            raise AssertionError(f"ended without {word!r}:\n{''.join(self.said)}")
        self._reading = threading.Thread(target=self._read, daemon=True)
        self._reading.start()
        return line.strip()

    def _read(self) -> None:
        self.said.extend(self.process.stdout)

    def kill(self, number: int = signal.SIGKILL) -> None:
        """End it, and all that it has started."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, number)
        self.process.wait()


class Cluster:
    """A scheduler, and workers that come and go."""

    def __init__(
        self,
        *options: str,
        before: tuple[str, ...] = (),
        host: str = "127.0.0.1",
        modules: Path | None = None,
        **variables: str,
    ) -> None:
        self._before, self._host, self._variables = before, host, variables
        self._started: list[Started] = []
        self.scheduler = self._start(
            *_dask(modules),
            *("scheduler", "--host", host, "--port", "0", "--no-dashboard", *options),
        )
        self.address = self.scheduler.until("Scheduler at:").split()[-1]

    def _start(self, *command: str, before: tuple[str, ...] = (), **variables: str) -> Started:
        before = (*self._before, *before)
        started = Started(*command, before=before, **{**self._variables, **variables})
        self._started.append(started)
        return started

    def worker(
        self,
        *options: str,
        threads: int = 1,
        before: tuple[str, ...] = (),
        modules: Path | None = None,
        **variables: str,
    ) -> Started:
        """One more worker, as soon as the scheduler knows it; begun by a command `before` it.

        It finds modules in the folder `modules` before all others.
        """
        worker = self._start(
            *_dask(modules),
            *("worker", self.address, "--host", self._host, "--no-dashboard"),
            *("--nthreads", str(threads), *options),
            before=before,
            **variables,
        )
        worker.until("Registered to:")
        return worker

    def connection(self, tell: Callable[[str], None] = print) -> Connection:
        """A connection of this process, whose errands are those of the trial."""
        return Connection.to(self.address, None, None, tell, at_worker=TRIAL)

    def close(self) -> None:
        """End all of it."""
        for started in reversed(self._started):
            started.kill()


def _dask(modules: Path | None) -> tuple[str, ...]:
    return ("-m", "dask") if modules is None else ("-c", _DASK.format(str(modules)))


@contextmanager
def cluster(
    workers: int = 1, *options: str, modules: Path | None = None, **variables: str
) -> Iterator[Cluster]:
    """A scheduler with so many workers, ended afterwards."""
    made = Cluster(*options, modules=modules, **variables)
    try:
        for _ in range(workers):
            made.worker()
        yield made
    finally:
        made.close()


def alive(pid: int) -> bool:
    """Whether a process goes on: its end is waited for as long as it may reasonably take."""
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return False
    try:
        return not select.select([handle], [], [], 20)[0]
    finally:
        os.close(handle)
