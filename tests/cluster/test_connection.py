"""Errands that go to real workers of Dask, and their answers."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys

import dask.config
import pytest

from tests.cluster.processes import ROOT, cluster
from voxlogica.cluster.connection import Connection
from voxlogica.images.errors import ImageFileError
from voxlogica.syntax.diagnostics import VoxLogicaError


def key(*words: object) -> str:
    """A key that no other test has."""
    return f"vox-{hashlib.sha256(repr(words).encode()).hexdigest()}"


@pytest.fixture(scope="module")
def two_workers():
    """A scheduler and two workers that no test harms."""
    with cluster(2) as running:
        yield running


def test_an_errand_goes_to_a_worker_and_its_answer_comes_back(two_workers):
    with two_workers.connection() as connection:
        assert connection.submit(key("one"), b"echo good day").future.result() == b"good day"


def test_errands_answers_are_each_its_own(two_workers):
    with two_workers.connection() as connection:
        submitted = [connection.submit(key(n), b"echo %d" % n) for n in range(300)]
        assert [s.future.result() for s in submitted] == [b"%d" % n for n in range(300)]


def test_an_errand_takes_contents_of_files_along_each_of_which_is_sent_once(two_workers, tmp_path):
    contents = {"a": b"abc", "b": bytes(100_000)}
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
    files = [(str(tmp_path / n), hashlib.sha256(c).hexdigest()) for n, c in contents.items()]
    expected = b"".join(f"{tmp_path}/{n}=".encode() + c for n, c in contents.items())
    with two_workers.connection() as connection:
        several = [connection.submit(key("along", n), b"contents", files) for n in range(10)]
        assert {one.future.result() for one in several} == {expected}
        # What is there by now does not matter: it is not looked at again.
        for name in contents:
            (tmp_path / name).unlink()
        again = connection.submit(key("along", "again"), b"contents", files)
        assert again.future.result() == expected


def test_a_file_that_has_changed_does_not_go_along(two_workers, tmp_path):
    (tmp_path / "a").write_bytes(b"abc")
    files = [(str(tmp_path / "a"), hashlib.sha256(b"abd").hexdigest())]
    with two_workers.connection() as connection:
        for n in range(2):
            submitted = connection.submit(key("changed", n), b"contents", files)
            with pytest.raises(ImageFileError, match="was changed after the run began"):
                submitted.future.result()


def test_an_errand_is_carried_out_at_the_worker_that_it_is_to_be_beside(two_workers):
    with two_workers.connection() as connection:
        pids = {a: said.split()[0] for a, said in connection.ask_all(b"pid").items()}
        for address, pid in pids.items():
            submitted = connection.submit(key(address), b"pid", beside=address)
            assert submitted.future.result() == pid


def test_all_workers_answer_a_question(two_workers):
    with two_workers.connection() as connection:
        answers = connection.ask_all(b"well?")
    assert [said.split()[1] for said in answers.values()] == [b"well?"] * 2


def test_what_an_errand_raises_is_its_exception_and_its_key_can_be_used_again(two_workers):
    with two_workers.connection() as connection:
        with pytest.raises(ValueError, match="so it is"):
            connection.submit(key("fails"), b"fail so it is").future.result()
        again = connection.submit(key("fails"), b"echo well")
        assert again.future.result() == b"well"


def test_places_are_the_threads_of_all_workers(two_workers):
    with two_workers.connection() as connection:
        assert connection.places == 2


def test_where_nothing_listens_an_error_says_so_and_how_to_start_a_scheduler():
    with pytest.raises(VoxLogicaError) as raised:
        Connection.to("tcp://127.0.0.1:1", None, None, print)
    assert raised.value.message == "nothing listens at tcp://127.0.0.1:1"
    assert "`dask scheduler`" in raised.value.hint


@pytest.mark.parametrize(
    "address",
    [
        *("http://here:8786", "tcp://here", "tcp://here:port", "tcp://here:87860"),
        *("tcp:/here:8786", "::1:8786", "tcp://::1:8786"),
    ],
)
def test_an_address_that_is_none_is_an_error(address):
    with pytest.raises(VoxLogicaError) as raised:
        Connection.to(address, None, None, print)
    assert raised.value.message == f'"{address}" is not the address of a Dask scheduler'


def test_an_address_without_encryption_is_an_error_where_the_configuration_wants_it():
    with (
        dask.config.set({"distributed.comm.require-encryption": True}),
        pytest.raises(VoxLogicaError, match="wants encryption, and tcp://here:1 is an address"),
    ):
        Connection.to("tcp://here:1", None, None, print)


def test_a_configuration_of_dask_that_cannot_be_read_is_an_error(tmp_path):
    (tmp_path / "dask.yaml").write_text("distributed: {comm: [")
    program = (
        "from voxlogica.cluster.connection import Connection\n"
        "from voxlogica.syntax.diagnostics import VoxLogicaError\n"
        "try: Connection.to('tcp://127.0.0.1:1', None, None, print)\n"
        "except VoxLogicaError as problem: print(problem.message)"
    )
    environment = os.environ | {"DASK_CONFIG": str(tmp_path / "dask.yaml")}
    said = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, env=environment, capture_output=True, text=True
    )
    assert said.stdout.startswith("Dask's configuration cannot be read: ")
    assert str(tmp_path / "dask.yaml") in said.stdout
