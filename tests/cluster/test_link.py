"""What becomes of errands where clients, workers and schedulers come and go."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from concurrent.futures import wait
from pathlib import Path

import pytest

from tests.cluster.processes import ROOT, TRIAL, cluster
from tests.cluster.test_connection import key
from voxlogica.cluster.connection import Lost, WorkerDied
from voxlogica.syntax.diagnostics import VoxLogicaError


@pytest.fixture(scope="module")
def one_worker():
    """A scheduler and a worker that no test harms."""
    with cluster(1) as running:
        yield running


@pytest.fixture
def pipe(tmp_path) -> Path:
    """A named pipe: who reads from it waits for who writes."""
    os.mkfifo(tmp_path / "pipe")
    return tmp_path / "pipe"


def test_what_runs_of_an_errand_that_is_released_is_told_so(one_worker, pipe):
    with one_worker.connection() as connection:
        errand = connection.submit(key(pipe), f"until-forgotten {pipe}".encode())
        assert int(pipe.read_text())
        errand.release()
        assert pipe.read_text() == "forgotten\n"
        assert errand.future.cancelled()


def test_what_a_client_wanted_that_was_killed_is_wanted_no_more(one_worker, pipe):
    program = f"""
from voxlogica.cluster.connection import Connection
connection = Connection.to({one_worker.address!r}, None, None, print, at_worker={TRIAL!r})
connection.submit({key(pipe)!r}, b"until-forgotten {pipe}").future.result()
"""
    client = subprocess.Popen([sys.executable, "-c", program], cwd=ROOT)
    assert int(pipe.read_text())
    client.kill()
    client.wait()
    assert pipe.read_text() == "forgotten\n"


def test_an_errand_that_is_wanted_again_before_it_has_stopped_begins_anew(one_worker, pipe):
    words = f"until-forgotten {pipe}".encode()
    with one_worker.connection() as connection:
        first = connection.submit(key(pipe), words)
        assert int(pipe.read_text())
        first.release()
        second = connection.submit(key(pipe), words)
        assert pipe.read_text() == "forgotten\n"
        assert second.future.result() == b"well"


def test_two_clients_share_what_both_want(one_worker, pipe):
    words = f"wait {pipe}".encode()
    with one_worker.connection() as first, one_worker.connection() as second:
        submitted = [c.submit(key(pipe), words) for c in (first, second)]
        assert int(pipe.read_text())
        pipe.write_text("once")
        assert [s.future.result() for s in submitted] == [b"once", b"once"]
        [said] = first.ask_all(b"carried out").values()
        assert said.decode().split().count(key(pipe)) == 1


def test_what_one_client_releases_the_other_still_gets(one_worker, pipe):
    words = f"wait {pipe}".encode()
    with one_worker.connection() as first, one_worker.connection() as second:
        submitted = [c.submit(key(pipe), words) for c in (first, second)]
        assert int(pipe.read_text())
        first.ask_all(b"both have submitted")
        second.ask_all(b"both have submitted")
        submitted[0].release()
        pipe.write_text("once")
        assert submitted[1].future.result() == b"once"


def test_where_the_scheduler_is_killed_all_is_lost_at_once_for_one_reason(pipe):
    told: list[str] = []
    with cluster(1) as running, running.connection(told.append) as connection:
        done = connection.submit(key("done"), b"echo done")
        assert done.future.result() == b"done"
        open_ones = [
            connection.submit(key(pipe), f"wait {pipe}".encode()),
            *(connection.submit(key(pipe, n), b"echo") for n in range(5)),
        ]
        assert int(pipe.read_text())
        running.scheduler.kill()
        wait([s.future for s in open_ones])
        after = connection.submit(key(pipe, "after"), b"echo")
        problems = [s.future.exception() for s in (*open_ones, after)]
        assert {type(p) for p in problems} == {Lost}
        assert {p.message for p in problems} == {
            f"the scheduler is gone: nothing listens at {running.address}"
        }
        with pytest.raises(Lost):
            connection.ask_all(b"well?")
        assert told == []
        assert done.future.result() == b"done"


def test_a_client_whose_scheduler_is_killed_says_nothing_beside(pipe):
    program = f"""
import sys
from voxlogica.cluster.connection import Connection
with Connection.to(sys.argv[1], None, None, print, at_worker={TRIAL!r}) as connection:
    print(connection.submit("vox-1", b"wait {pipe}").future.exception())
"""
    with cluster(1) as running:
        client = subprocess.Popen(
            [sys.executable, "-c", program, running.address],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert int(pipe.read_text())
        running.scheduler.kill()
        assert client.communicate() == (
            f"the scheduler is gone: nothing listens at {running.address}\n",
            "",
        )
    assert client.returncode == 0


def test_an_errand_whose_worker_is_killed_is_carried_out_by_another_one(pipe):
    with cluster(2) as running, running.connection() as connection:
        errand = connection.submit(key(pipe), f"wait {pipe}".encode())
        first = int(pipe.read_text())
        os.kill(first, signal.SIGKILL)
        second = int(pipe.read_text())
        pipe.write_text("there")
        assert errand.future.result() == b"there"
        assert first != second


def test_an_errand_whose_workers_are_all_gone_is_carried_out_by_whoever_comes(pipe):
    """Also where it was to be beside one of them, whose like Dask would wait for."""
    with cluster(0) as running:
        worker = running.worker()
        with running.connection() as connection:
            (address,) = connection.workers
            first = connection.submit(key(pipe), f"wait {pipe}".encode())
            next_one = connection.submit(key(pipe, 2), b"echo there", beside=address)
            pipe.read_text()
            first.release()
            worker.kill()
            running.worker()
            assert next_one.future.result() == b"there"


@pytest.mark.slow
def test_an_errand_that_kills_its_workers_fails_alone():
    variables = {"DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "1"}
    with cluster(1, **variables) as running, running.connection() as connection:
        deadly = connection.submit(key("deadly"), b"die")
        others = [connection.submit(key("other", n), b"echo well") for n in range(5)]
        problem = deadly.future.exception()
        assert isinstance(problem, WorkerDied)
        assert problem.message.startswith("2 workers have died carrying it out, the last at tcp://")
        assert [s.future.result() for s in others] == [b"well"] * 5


@pytest.mark.slow
def test_a_worker_that_is_added_gives_places_and_takes_errands():
    with cluster(1) as running, running.connection() as connection:
        assert connection.places == 1
        running.worker(threads=3)
        connection.submit(key("after"), b"echo").future.result()
        assert len(connection.ask_all(b"pid")) == 2
        assert connection.places == 4


@pytest.mark.slow
def test_a_run_waits_for_the_first_worker_and_says_so():
    with cluster(0) as running:
        told: list[str] = []

        def tell(sentence: str) -> None:
            told.append(sentence)
            running.worker()

        # `tell` is called in the thread that waits for the scheduler's word.
        with running.connection(tell) as connection:
            assert connection.submit(key("first"), b"echo first").future.result() == b"first"
    [said] = told
    assert said.startswith(f"the scheduler at {running.address} has no workers: waiting for one")


@pytest.fixture
def other_version(tmp_path) -> Path:
    """A folder where modules are found, with another version of voxlogica."""
    (tmp_path / "other/voxlogica").mkdir(parents=True)
    (tmp_path / "other/voxlogica/__init__.py").touch()
    (tmp_path / "other/voxlogica/version.py").write_text("__version__ = '0.0.9'\n")
    return tmp_path / "other"


def test_a_worker_with_another_version_is_an_error_that_names_it_and_both(other_version):
    with cluster(0) as running:
        running.worker(modules=other_version)
        with pytest.raises(VoxLogicaError) as raised:
            running.connection()
    message = raised.value.message
    assert message.startswith("the worker tcp://127.0.0.1:")
    assert message.endswith(" has voxlogica 0.0.9, and here it is voxlogica 0.1.0")


@pytest.mark.slow
def test_a_worker_without_voxlogica_is_an_error_that_names_it(tmp_path):
    (tmp_path / "voxlogica.py").write_text("raise ModuleNotFoundError('No module')\n")
    with cluster(0) as running:
        running.worker(modules=tmp_path)
        with pytest.raises(VoxLogicaError) as raised:
            running.connection()
    assert raised.value.message.endswith(" has no voxlogica, and here it is voxlogica 0.1.0")


def test_a_scheduler_with_another_version_of_dask_is_an_error(tmp_path):
    """It reads what is sent, in the form of its version."""
    about = tmp_path / "distributed-2020.1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: distributed\nVersion: 2020.1.0\n")
    command = "[dask_cli]\nscheduler = distributed.cli.dask_scheduler:main\n"
    (about / "entry_points.txt").write_text(command)
    with cluster(0, modules=tmp_path) as running, pytest.raises(VoxLogicaError) as raised:
        running.connection()
    assert raised.value.message.startswith(
        f"the scheduler {running.address} has distributed 2020.1.0, and here it is distributed 20"
    )


@pytest.mark.slow
def test_a_scheduler_needs_no_voxlogica(tmp_path):
    (tmp_path / "voxlogica.py").write_text("raise ModuleNotFoundError('No module')\n")
    with cluster(0, modules=tmp_path) as running:
        running.worker()
        with running.connection() as connection:
            assert connection.submit(key("plain"), b"echo well").future.result() == b"well"


@pytest.mark.slow
def test_a_worker_that_comes_later_with_another_version_is_told_of_and_given_nothing(
    other_version, pipe
):
    told: list[str] = []
    with cluster(1) as running, running.connection(told.append) as connection:
        first = connection.submit(key(pipe), f"wait {pipe}".encode())
        assert int(pipe.read_text())
        submitted = [connection.submit(key(pipe, n), b"echo %d" % n) for n in range(20)]
        running.worker(modules=other_version)
        pipe.write_text("go")
        assert first.future.result() == b"go"
        assert [s.future.result() for s in submitted] == [b"%d" % n for n in range(20)]
        assert len(connection.ask_all(b"pid")) == 1
        assert connection.places == 1
    [said] = told
    assert said.startswith("the worker tcp://127.0.0.1:")
    assert "has voxlogica 0.0.9, and here it is voxlogica 0.1.0: nothing is given to it" in said
