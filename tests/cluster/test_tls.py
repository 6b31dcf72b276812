"""Clusters that only let in who has a certificate: what is said to others."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813

from tests.cluster.processes import ROOT, Cluster
from tests.cluster.test_telling import ran

_CONFIGURED = "DASK_DISTRIBUTED__COMM__"


def authority(folder: Path, name: str) -> None:
    """An authority, and a certificate of it that does for scheduler, worker and client."""

    def openssl(*arguments: str) -> None:
        subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)

    new = ("req", "-newkey", "rsa:2048", "-nodes")
    own = ("-x509", "-days", "2", "-addext", "basicConstraints=critical,CA:TRUE")
    openssl(
        *new, "-subj", f"/CN={name}", "-keyout", f"{name}-ca.key", "-out", f"{name}-ca.pem", *own
    )
    openssl(*new, "-subj", "/CN=node", "-keyout", f"{name}.key", "-out", f"{name}.csr")
    signed = ("-CA", f"{name}-ca.pem", "-CAkey", f"{name}-ca.key", "-CAcreateserial", "-days", "2")
    openssl("x509", "-req", "-in", f"{name}.csr", *signed, "-out", f"{name}.pem")


def certified(folder: Path, certificate: str, trusted: str) -> dict[str, str]:
    """Dask's configuration of who shows a certificate and trusts an authority."""
    found = {f"{_CONFIGURED}TLS__CA_FILE": str(folder / f"{trusted}-ca.pem")}
    for who in ("SCHEDULER", "WORKER", "CLIENT"):
        found[f"{_CONFIGURED}TLS__{who}__CERT"] = str(folder / f"{certificate}.pem")
        found[f"{_CONFIGURED}TLS__{who}__KEY"] = str(folder / f"{certificate}.key")
    return found


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with two authorities, ours and theirs."""
    folder = tmp_path_factory.mktemp("certificates")
    for name in ("ours", "theirs"):
        authority(folder, name)
    scan = np.zeros((40, 40, 40), np.uint8)
    scan[20:, 20:] = 9
    sitk.WriteImage(sitk.GetImageFromArray(scan), folder / "scan.nii")
    program = 'load m = "scan.nii"\nprint "v" volume(dt(intensity(m) >. 5) <. 2)\n'
    (folder / "p.imgql").write_text(program)
    return folder


@pytest.fixture(scope="module")
def scheduler(certificates: Path) -> Iterator[str]:
    """The address of one that wants our certificates, and has a worker."""
    running = Cluster("--protocol", "tls", **certified(certificates, "ours", "ours"))
    try:
        running.worker()
        yield running.address
    finally:
        running.close()


def told(folder: Path, address: str, **variables: str) -> str:
    """The error, and its hint, in which a run ends."""
    run = ran(folder, "p.imgql", "--no-cache", "--scheduler", address, **variables)
    assert run.returncode == 1
    assert run.stdout == ""
    (told,) = run.stderr.strip().split("\n\n")
    assert told.count("error: ") == 1
    return told


def test_who_has_a_certificate_is_let_in(scheduler: str, certificates: Path) -> None:
    ours = certified(certificates, "ours", "ours")
    run = ran(certificates, "p.imgql", "--no-cache", "--scheduler", scheduler, **ours)
    assert run.returncode == 0, run.stderr


@pytest.mark.parametrize("trusted", ["theirs", "ours"])
def test_who_has_one_of_another_authority_is_told_so(
    scheduler: str, certificates: Path, trusted: str
) -> None:
    said = told(certificates, scheduler, **certified(certificates, "theirs", trusted))
    assert f"the scheduler at {scheduler} and this process do not trust each other's" in said
    assert "distributed.comm.tls" in said


def test_who_has_none_is_told_so(scheduler: str, certificates: Path) -> None:
    said = told(certificates, scheduler)
    assert f"the scheduler at {scheduler} wants certificates, and there are none here" in said
    assert "distributed.comm.tls" in said


def test_certificates_that_are_not_there_are_told_of(scheduler: str, certificates: Path) -> None:
    said = told(certificates, scheduler, **certified(certificates, "nobody", "ours"))
    assert "the certificates for the scheduler cannot be used: No such file or directory" in said
    assert "distributed.comm.tls" in said


def test_an_address_without_tls_says_that_it_may_be_with(
    scheduler: str, certificates: Path
) -> None:
    said = told(certificates, scheduler.replace("tls://", "tcp://"))
    assert "begins with tls:// if the cluster wants certificates" in said


def test_workers_of_this_machine_have_it_where_all_is_to_be_encrypted(certificates: Path) -> None:
    program = (
        "from voxlogica.cluster.local_workers import LocalWorkers\n"
        "workers = LocalWorkers(1, 1)\nprint(workers.address())\nworkers.close()"
    )
    variables = certified(certificates, "ours", "ours")
    variables[f"{_CONFIGURED}REQUIRE_ENCRYPTION"] = "true"
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **variables}
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment, check=True, capture_output=True, text=True
    )
    assert done.stdout.startswith("tls://127.0.0.1:")
