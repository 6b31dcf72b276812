"""Workers that a client starts on its own machine: they are there for it, and end with it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster.processes import ROOT, TRIAL, alive
from tests.cluster.test_connection import key
from voxlogica.cluster.connection import Connection


@pytest.fixture(scope="module")
def four() -> Iterator[Connection]:
    """Two workers that share four cores."""
    with Connection.to(None, 2, 4, print, at_worker=TRIAL) as connection:
        yield connection


@pytest.fixture
def pipes(tmp_path: Path) -> list[Path]:
    """Two named pipes: who reads from one waits for who writes."""
    found = [tmp_path / name for name in ("one", "another")]
    for pipe in found:
        os.mkfifo(pipe)
    return found


def test_places_are_known_before_workers_have_come(four):
    assert four.places == 2
    assert four.is_here


def test_each_worker_is_a_process_with_its_share_of_cores(four, pipes):
    submitted = [four.submit(key(p), f"wait {p}".encode()) for p in pipes]
    pids = {p.read_text() for p in pipes}
    for p in pipes:
        p.write_text("go on")
    assert [s.future.result() for s in submitted] == [b"go on"] * 2
    assert len(pids) == 2
    said = [json.loads(answer) for answer in four.ask_all(b"worker").values()]
    assert [(worker["errands"], worker["cores"], worker["memory_limit"]) for worker in said] == [
        (1, 2, None)
    ] * 2


def test_memory_that_is_freed_stays_with_a_worker(four):
    assert int(four.submit(key("faults"), b"faults").future.result()) < 500


PROGRAM = f"""
import sys
from voxlogica.cluster.connection import Connection
connection = Connection.to(None, 2, None, print, at_worker={TRIAL!r})
waiting = [
    connection.submit(f"vox-{{pipe}}", b"wait " + pipe.encode()).future for pipe in sys.argv[1:]
]
try:
    waiting[0].result()
except KeyboardInterrupt:
    print(waiting[1].result().decode(), flush=True)
    print(connection.submit("vox-print", b"print words").future.result().decode(), flush=True)
connection.close()
print("closed", flush=True)
"""


class Client:
    """A process as a terminal starts it, both of whose workers wait for a word from their pipe."""

    def __init__(self, *pipes: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, *pipes],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self.workers = [int(pipe.read_text()) for pipe in pipes]


def test_what_interrupts_a_client_leaves_its_workers_and_what_they_print_is_not_seen(pipes):
    client = Client(*pipes)
    os.killpg(client.process.pid, signal.SIGINT)
    pipes[1].write_text("still there")
    said, _ = client.process.communicate()
    assert said == "still there\nprinted\nclosed\n"
    assert len(set(client.workers)) == 2
    assert not any(map(alive, client.workers))


@pytest.mark.slow
def test_workers_end_with_a_client_that_is_killed(pipes):
    client = Client(*pipes)
    client.process.kill()
    client.process.communicate()
    assert not any(map(alive, client.workers))


@pytest.mark.slow
def test_a_worker_that_is_killed_is_replaced(pipes):
    pipe, _ = pipes
    with Connection.to(None, 1, None, print, at_worker=TRIAL) as connection:
        errand = connection.submit(key(pipe), f"wait {pipe}".encode())
        os.kill(int(pipe.read_text()), signal.SIGKILL)
        assert int(pipe.read_text())
        pipe.write_text("again")
        assert errand.future.result() == b"again"
