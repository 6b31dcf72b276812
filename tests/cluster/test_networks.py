"""What becomes of errands where the network between client and scheduler is cut, and mended."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from queue import Queue

import dask.config
import distributed  # noqa: F401  (its configuration is there before any of it is set)
import pytest

from tests.cluster.networks import Host, another_host
from tests.cluster.processes import Cluster
from tests.cluster.test_connection import key
from voxlogica.cluster.connection import Connection
from voxlogica.syntax.diagnostics import VoxLogicaError

# The least after which Dask takes a connection for dead.
SHORT = "12s"


@pytest.fixture
def host() -> Iterator[Host]:
    """Another host."""
    with another_host() as made:
        yield made


@pytest.fixture
def running(host: Host) -> Iterator[Cluster]:
    """A scheduler there, and a worker."""
    variables = {"DASK_DISTRIBUTED__COMM__TIMEOUTS__TCP": SHORT}
    made = Cluster(before=host.before, host=host.address, **variables)
    try:
        made.worker()
        with dask.config.set({"distributed.comm.timeouts.tcp": SHORT}):
            yield made
    finally:
        made.close()


@pytest.fixture
def pipe(tmp_path: Path) -> Path:
    """A named pipe."""
    os.mkfifo(tmp_path / "pipe")
    return tmp_path / "pipe"


@pytest.mark.slow
def test_a_network_that_is_mended_leaves_the_run_as_it_was(host, running, pipe):
    told: Queue[str] = Queue()
    with running.connection(told.put) as connection:
        done = connection.submit(key(pipe, "done"), b"echo done")
        assert done.future.result() == b"done"
        errand = connection.submit(key(pipe), f"until-forgotten {pipe}".encode())
        others = [connection.submit(key(pipe, n), b"echo %d" % n) for n in range(5)]
        assert int(pipe.read_text())
        host.cut()
        # The scheduler takes the client for gone, and the client the scheduler.
        assert pipe.read_text() == "forgotten\n"
        assert told.get() == f"the scheduler at {running.address} cannot be reached: trying again"
        host.mend()
        assert errand.future.result() == b"well"
        assert [other.future.result() for other in others] == [b"%d" % n for n in range(5)]
        assert told.get() == (
            f"the scheduler at {running.address} can be reached again: the run goes on"
        )
        assert len(connection.ask_all(b"pid")) == 1
        assert connection.places == 1
        assert told.empty()


@pytest.mark.slow
def test_a_network_that_was_cut_while_nothing_was_open_is_another_connection(host, running, pipe):
    told: Queue[str] = Queue()
    with running.connection(told.put) as connection:
        connection.submit(key(pipe), b"echo").future.result()
        host.cut()
        question = connection.submit(key(pipe, "after"), b"echo after")
        assert told.get() == f"the scheduler at {running.address} cannot be reached: trying again"
        host.mend()
        assert question.future.result() == b"after"


@pytest.mark.slow
def test_a_connection_is_closed_at_once_while_the_network_is_cut(host, running, pipe):
    told: Queue[str] = Queue()
    with running.connection(told.put) as connection:
        errand = connection.submit(key(pipe), f"until-forgotten {pipe}".encode())
        assert int(pipe.read_text())
        host.cut()
        told.get()
    assert errand.future.cancelled()


def test_a_host_that_cannot_be_reached_is_told_of(host):
    host.cut()
    with pytest.raises(VoxLogicaError) as raised:
        Connection.to(f"tcp://{host.address}:8786", None, None, print)
    assert raised.value.message == (
        f"no scheduler can be reached at tcp://{host.address}:8786: No route to host"
    )
