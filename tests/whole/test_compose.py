"""The cluster of `examples/cluster/compose.yaml`: its very services, as plain processes."""

from __future__ import annotations

import fcntl
import os
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.checkout import ROOT, Checkout
from tests.cluster.processes import Started

FILE = ROOT / "examples/cluster/compose.yaml"
# All of a program is Python's: there is no other `python`, `dask` or `voxlogica` to be found.
PROGRAMS = {"python": [], "dask": ["-m", "dask"], "voxlogica": ["-m", "voxlogica"]}
SWEEP = ("--sweep", "high=0.91:0.97:0.01")
CASES = 12


class Services:
    """The services of a file of Compose, whose volume is a folder here, and whose host is this."""

    def __init__(self, shared: Path, own: Path) -> None:
        self.of = yaml.safe_load(FILE.read_text(encoding="utf-8"))["services"]
        self.shared, self._own = shared, own
        self._addresses: dict[str, str] = {}
        self.started: dict[str, Started] = {}

    def command(self, text: str) -> list[str]:
        """What a command runs: Python, with these arguments."""
        for name, address in self._addresses.items():
            text = text.replace(name, address)
        program, *arguments = shlex.split(text)
        return [*PROGRAMS[program], *arguments]

    def variables(self, service: str) -> dict[str, str]:
        """The environment of a service: what is not shared is in a folder of its own."""
        found = {}
        for name, value in self.of[service]["environment"].items():
            for host, address in self._addresses.items():
                value = value.replace(host, address)
            found[name] = f"{self._own / service}{value}" if value.startswith("/") else value
        return found

    def folder(self, service: str) -> Path:
        """Where a service works: the volume is below it, as its target says."""
        (volume,) = self.of[service]["volumes"]
        source, target = volume.split(":")
        assert (FILE.parent / source).resolve() == ROOT / "examples"
        folder = self.of[service]["working_dir"]
        assert target == f"{folder}/examples"
        return self.shared

    def start(self, service: str, until: str, *more: str) -> str:
        """Start a service, until it says a word: the line."""
        where = ("env", "-C", str(self.folder(service)))
        command = [*self.command(self.of[service]["command"]), *more]
        self.started[service] = Started(*command, before=where, **self.variables(service))
        return self.started[service].until(until)

    def start_all(self) -> None:
        """Start all but the client, and wait until the scheduler is well."""
        # In a container of its own every port is free.
        free = ("--host", "127.0.0.1", "--port", "0")
        said = self.start("scheduler", "Scheduler at:", *free)
        self._addresses["scheduler:8786"] = said.split()[-1].removeprefix("tcp://")
        workers = [name for name in self.of if name.startswith("worker")]
        for name in workers:
            self.start(name, "Registered to:")
        assert len(workers) == 2
        check = self.command(self.of["scheduler"]["healthcheck"]["test"])
        subprocess.run([sys.executable, *check], check=True, timeout=60)

    def client(self, *more: str) -> subprocess.Popen[bytes]:
        """The client's command, and more arguments."""
        command = [sys.executable, *self.command(self.of["client"]["command"]), *more]
        return subprocess.Popen(
            command,
            cwd=self.folder("client"),
            env={**os.environ, "PYTHONPATH": str(ROOT), **self.variables("client")},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,  # so that nothing of what is not yet read is kept here
        )


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    return Checkout(tmp_path_factory.mktemp("shared"))


@pytest.fixture
def services(checkout: Checkout, tmp_path: Path) -> Iterator[Services]:
    services = Services(checkout.folder, tmp_path)
    try:
        services.start_all()
        yield services
    finally:
        for started in services.started.values():
            started.kill()


def ran(services: Services, *more: str) -> tuple[int, bytes, list[bytes], bytes]:
    """What the client's command gives without a cluster."""
    command = [*services.command(services.of["client"]["command"]), *more]
    variables = {**services.variables("client"), "VOXLOGICA_SCHEDULER": ""}
    done = subprocess.run(
        [sys.executable, *command],
        cwd=services.shared,
        env={**os.environ, "PYTHONPATH": str(ROOT), **variables},
        capture_output=True,
        check=False,
    )
    return alike(services, done.returncode, done.stdout, done.stderr)


def alike(
    services: Services, status: int, *printed: bytes
) -> tuple[int, bytes, list[bytes], bytes]:
    """Status, printed lines, messages and table, which is taken away; notes are of the cluster."""
    table = services.shared / "examples/study/output/scores.csv"
    content = table.read_bytes()
    table.unlink()
    *said, told = printed
    lines = [line for line in told.splitlines() if not line.startswith(b"note: ")]
    return status, b"".join(said), lines, content


def test_the_client_gives_what_a_local_run_gives(services: Services) -> None:
    client = services.client("--no-cache")
    said, told = client.communicate()
    found = alike(services, client.returncode, said, told)
    table = found[-1]
    assert found == ran(services, "--no-cache")
    assert table.count(b"\n") == CASES + 1


def test_a_worker_that_is_killed_in_between_changes_nothing(services: Services) -> None:
    """The client cannot be done by then: a pipe holds less than the rows that it has to write."""
    options = ("--no-cache", *SWEEP, "--jsonl", "-")
    client = services.client(*options)
    assert client.stdout is not None
    fcntl.fcntl(client.stdout, fcntl.F_SETPIPE_SZ, 4096)
    first = client.stdout.readline()
    services.started["worker-2"].kill()
    assert client.poll() is None
    said, told = client.communicate()
    found = alike(services, client.returncode, first, said, told)
    table = found[-1]
    assert found == ran(services, *options)
    assert len(said) > 2 * 4096
    assert table.count(b"\n") == CASES * 7 + 1
