"""Where a scheduler is, whether anything listens there, and what is said where none does."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import NoReturn

from voxlogica.images.errors import quoted
from voxlogica.syntax.diagnostics import VoxLogicaError, error

_START = "start one with `dask scheduler`, and workers with `dask worker {}`"

_OF_TLS = (
    "see distributed.comm.tls in Dask's configuration: ca-file, client.cert and client.key are to"
    " be of the cluster's authority"
)


def address_of(scheduler: str) -> str:
    """The address of a scheduler: given as it is, without `tcp://`, or in a file that it wrote."""
    if "://" in scheduler:
        _check(scheduler, scheduler)
        return scheduler
    path = Path(scheduler)
    host, _, port = scheduler.rpartition(":")
    if host and port.isdecimal() and not path.exists():
        return f"tcp://{scheduler}"
    try:
        said = json.loads(path.read_bytes())
    except OSError as problem:
        refuse(
            f"the scheduler's file {quoted(scheduler)} cannot be read: {problem.strerror}",
            "give an address, as tcp://host:8786, or the file that"
            f" `dask scheduler --scheduler-file {scheduler}` writes",
        )
    except ValueError:
        said = None
    address = said.get("address") if isinstance(said, Mapping) else None
    if not isinstance(address, str) or "://" not in address:
        refuse(
            f"{quoted(scheduler)} is not the file of a Dask scheduler",
            f"give the file that `dask scheduler --scheduler-file {scheduler}` writes",
        )
    _check(address, scheduler)
    return address


def _check(address: str, given: str) -> None:
    scheme, _, rest = address.partition("://")
    host, _, port = rest.rpartition(":")
    if scheme not in ("tcp", "tls") or not host or not port.isdecimal():
        refuse(
            f"{quoted(given)} is not the address of a Dask scheduler",
            "addresses are as tcp://host:8786 or tls://host:8786; a file is one that"
            " `dask scheduler --scheduler-file FILE` writes",
        )


def refuse(message: str, hint: str | None = None) -> NoReturn:
    """Raise the error that says so."""
    raise VoxLogicaError([error(message, hint=hint, topic="data")]) from None


async def refusal(address: str) -> OSError | None:
    """Why nothing can be reached at an address, as the system says it; None where something is."""
    host, _, port = address.partition("://")[2].rpartition(":")
    try:
        _, writer = await asyncio.open_connection(host.strip("[]"), int(port))
    except ConnectionResetError as problem:  # it has just ended
        return ConnectionRefusedError(*problem.args)
    except OSError as problem:
        return problem
    writer.close()
    return None


def without_certificates(problem: BaseException) -> NoReturn:
    """Say that the certificates that Dask is told to use cannot be."""
    refuse(f"the certificates for the scheduler cannot be used: {_cause(problem)}", _OF_TLS)


def unreachable(address: str, problem: BaseException) -> NoReturn:
    """Say that there is no scheduler at an address, and why, as far as that is known."""
    tls = address.startswith("tls://")
    cause = _cause(problem)
    if isinstance(problem, TypeError) and tls:
        refuse(f"the scheduler at {address} wants certificates, and there are none here", _OF_TLS)
    if tls and _is_of_tls(problem):
        refuse(
            f"the scheduler at {address} and this process do not trust each other's certificates:"
            f" {cause}",
            _OF_TLS,
        )
    if isinstance(problem, ConnectionRefusedError):
        refuse(f"nothing listens at {address}", _START.format(address))
    encrypted = "" if tls else ", which begins with tls:// if the cluster wants certificates,"
    refuse(
        f"no scheduler can be reached at {address}: {cause}",
        f"see that the address{encrypted} is right and the network lets you;"
        f" {_START.format(address)}",
    )


def _cause(problem: BaseException) -> str:
    while problem.__cause__ is not None:
        problem = problem.__cause__
    said = problem.strerror if isinstance(problem, OSError) else None
    return " ".join((said or str(problem) or type(problem).__name__).split())


def _is_of_tls(problem: BaseException | None) -> bool:
    while problem is not None:
        if isinstance(problem, ssl.SSLError) or "SSL" in str(problem) or "TLS" in str(problem):
            return True
        problem = problem.__cause__ or problem.__context__
    return False
