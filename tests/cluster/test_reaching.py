"""What is said where no scheduler answers, or one that wants certificates, as Dask is set to."""

from __future__ import annotations

import shutil
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import dask.config
import distributed  # noqa: F401  (its configuration is there before any of it is set)
import pytest

from tests.cluster.processes import TRIAL, Cluster, cluster
from tests.cluster.test_connection import key
from voxlogica.cluster.connection import Connection
from voxlogica.syntax.diagnostics import VoxLogicaError

pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="no openssl is installed")


class Authority:
    """One that signs certificates, in a folder: `ca.pem`, and a host's `cert.pem` and `key.pem`."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self.ca, self.cert, self.key = (folder / f"{name}.pem" for name in ("ca", "cert", "key"))
        new = ("req", "-newkey", "rsa:2048", "-nodes", "-batch")
        _openssl(
            *new, "-x509", "-subj", "/CN=authority", "-keyout", folder / "ca.key", "-out", self.ca
        )
        _openssl(*new, "-subj", "/CN=host", "-keyout", self.key, "-out", folder / "asked")
        signed = ("x509", "-req", "-in", folder / "asked", "-CA", self.ca, "-CAcreateserial")
        _openssl(*signed, "-CAkey", folder / "ca.key", "-out", self.cert)


def _openssl(*words: str | Path) -> None:
    subprocess.run(["openssl", *words], check=True, capture_output=True)


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """The cluster's authority."""
    return Authority(tmp_path_factory.mktemp("tls") / "ours")


@pytest.fixture(scope="module")
def another(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """One that the cluster knows nothing of."""
    return Authority(tmp_path_factory.mktemp("tls") / "another")


@pytest.fixture(scope="module")
def running(ours: Authority) -> Iterator[Cluster]:
    """A scheduler and a worker that want certificates."""
    variables = {
        "DASK_DISTRIBUTED__COMM__TLS__CA_FILE": str(ours.ca),
        "DASK_DISTRIBUTED__COMM__REQUIRE_ENCRYPTION": "True",
    }
    for role in ("SCHEDULER", "WORKER"):
        variables[f"DASK_DISTRIBUTED__COMM__TLS__{role}__CERT"] = str(ours.cert)
        variables[f"DASK_DISTRIBUTED__COMM__TLS__{role}__KEY"] = str(ours.key)
    made = Cluster("--protocol", "tls", **variables)
    try:
        made.worker()
        yield made
    finally:
        made.close()


def configured(believed: Authority, own: Authority) -> dask.config.set:
    """A client that believes an authority, and has a certificate of another."""
    return dask.config.set(
        {
            "distributed.comm.tls.ca-file": str(believed.ca),
            "distributed.comm.tls.client.cert": str(own.cert),
            "distributed.comm.tls.client.key": str(own.key),
        }
    )


class Silent(BaseHTTPRequestHandler):
    """It serves nothing, and logs nothing."""

    def log_message(self, *_: object) -> None:
        """Do not."""


def impatient() -> dask.config.set:
    """Dask waits a second where nothing answers."""
    return dask.config.set({"distributed.comm.timeouts.connect": "1s"})


def refused(address: str) -> VoxLogicaError:
    """What is said where there is no connection."""
    with pytest.raises(VoxLogicaError) as raised:
        Connection.to(address, None, None, print, at_worker=TRIAL)
    return raised.value


def test_a_client_with_the_right_certificates_is_let_in(running, ours):
    assert running.address.startswith("tls://")
    with configured(ours, ours), running.connection() as connection:
        assert connection.submit(key("tls"), b"echo safe").future.result() == b"safe"


def test_a_scheduler_of_another_authority_is_not_believed(running, ours, another):
    with configured(another, ours):
        problem = refused(running.address)
    both = f"the scheduler at {running.address} and this process do not trust each other's"
    assert problem.message.startswith(f"{both} certificates")
    assert "distributed.comm.tls" in problem.hint


def test_a_client_of_another_authority_is_not_let_in(running, ours, another):
    with configured(ours, another):
        problem = refused(running.address)
    assert "do not trust each other's certificates" in problem.message


def test_a_client_without_certificates_is_told_how_to_have_them(running):
    problem = refused(running.address)
    assert problem.message == (
        f"the scheduler at {running.address} wants certificates, and there are none here"
    )
    assert "distributed.comm.tls" in problem.hint


def test_certificates_that_are_not_there_are_told_of(running, ours):
    with configured(ours, ours), dask.config.set({"distributed.comm.tls.client.cert": "none.pem"}):
        problem = refused(running.address)
    assert problem.message == (
        'the certificates for the scheduler cannot be used: No such file or directory: "none.pem"'
    )
    assert "distributed.comm.tls" in problem.hint


def test_an_address_without_tls_where_it_is_wanted_is_told_of(running, ours):
    plain = running.address.replace("tls://", "tcp://")
    with configured(ours, ours):
        problem = refused(plain)
    assert problem.message.startswith(
        f"what listens at {plain} does not answer as a Dask scheduler"
    )
    assert "tls://" in problem.hint


def test_an_address_with_tls_where_there_is_none_is_told_of(ours):
    with cluster(0) as plain, configured(ours, ours), impatient():
        wrong = plain.address.replace("tcp://", "tls://")
        problem = refused(wrong)
    assert problem.message == f"what listens at {wrong} does not use TLS"


def test_what_is_no_scheduler_is_told_of():
    with HTTPServer(("127.0.0.1", 0), Silent) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"tcp://127.0.0.1:{server.server_port}"
        with impatient():
            problem = refused(address)
        server.shutdown()
    assert problem.message == (
        f"what listens at {address} does not answer as a Dask scheduler: there is no answer"
    )
