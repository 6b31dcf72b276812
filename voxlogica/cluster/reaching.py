"""Where a scheduler is, whether anything listens there, and what is said where none does."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import NoReturn

from voxlogica.images.errors import quoted
from voxlogica.syntax.diagnostics import VoxLogicaError, error

_CERTIFICATES = (
    "in Dask's configuration, as ~/.config/dask/distributed.yaml, distributed.comm.tls has ca-file,"
    " client.cert and client.key: they are to be of the authority that the cluster's are of"
)
_FILES = ("ca-file", "client.cert", "client.key")
_START = "start one with `dask scheduler`, and workers with `dask worker {}`"


def address_of(scheduler: str) -> str:
    """The address of a scheduler: given as it is, without `tcp://`, or in a file that it wrote."""
    if "://" in scheduler:
        return _checked(scheduler, scheduler)
    path = Path(scheduler)
    host, _, port = scheduler.rpartition(":")
    if host and port.isdecimal() and not path.exists():
        return _checked(f"tcp://{scheduler}", scheduler)
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
    return _checked(address, scheduler)


def _checked(address: str, given: str) -> str:
    scheme, _, rest = address.partition("://")
    host, _, port = rest.rpartition(":")
    is_host = bool(host) and "/" not in host and (":" not in host or host.startswith("["))
    is_port = port.isdecimal() and 0 < int(port) < 1 << 16
    if scheme not in ("tcp", "tls") or not is_host or not is_port:
        refuse(
            f"{quoted(given)} is not the address of a Dask scheduler",
            "addresses are as tcp://host:8786 or tls://host:8786; a file is one that"
            " `dask scheduler --scheduler-file FILE` writes",
        )
    return address


def check_encryption(address: str) -> None:
    """See that an address without TLS is one that Dask's configuration lets a client use."""
    import dask.config

    wants_it = dask.config.get("distributed.comm.require-encryption", None)
    if wants_it and not address.startswith("tls://"):
        refuse(
            f"Dask's configuration wants encryption, and {address} is an address without it",
            "the address begins with tls:// if the scheduler has certificates; otherwise unset"
            " distributed.comm.require-encryption",
        )


def refuse(message: str, hint: str | None = None) -> NoReturn:
    """Raise the error that says so."""
    raise VoxLogicaError([error(message, hint=hint, topic="data")]) from None


async def refusal(address: str) -> OSError | None:
    """Why nothing can be reached at an address, as the system says it; None where something is.

    Where its host has several, the answer is a ConnectionRefusedError only if all refuse.
    """
    host, _, port = address.partition("://")[2].rpartition(":")
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(host.strip("[]"), int(port), type=socket.SOCK_STREAM)
    except OSError as problem:
        return problem
    problems: list[OSError] = []
    for family, _, _, _, place in found:
        with socket.socket(family, socket.SOCK_STREAM) as tried:
            tried.setblocking(False)
            try:
                await loop.sock_connect(tried, place)
            except ConnectionResetError as problem:  # it has just ended
                problems.append(ConnectionRefusedError(*problem.args))
            except OSError as problem:
                problems.append(problem)
            else:
                return None
    return min(problems, key=lambda problem: isinstance(problem, ConnectionRefusedError))


def unreachable(address: str, problem: BaseException, is_there: bool = False) -> NoReturn:
    """Say that no scheduler answers at an address, and why: something `is_there`, or nothing."""
    if isinstance(problem, ConnectionRefusedError):
        refuse(f"nothing listens at {address}", _START.format(address))
    cause, hint = _cause(problem), _CERTIFICATES
    if isinstance(problem, TypeError):
        refuse(f"the scheduler at {address} wants certificates, and there are none here", hint)
    elif isinstance(problem, ValueError) or "WRONG_VERSION_NUMBER" in cause:  # it speaks first
        refuse(f"what listens at {address} does not use TLS", "its address may begin with tcp://")
    elif _is_of_tls(problem):
        refuse(
            f"the scheduler at {address} and this process do not trust each other's certificates:"
            f" {cause}",
            hint,
        )
    elif is_there:
        refuse(
            f"what listens at {address} does not answer as a Dask scheduler: {cause}",
            "the port of a scheduler is 8786 where none is set, not that of its pages; the address"
            " begins with tls:// if the cluster wants certificates",
        )
    refuse(
        f"no scheduler can be reached at {address}: {cause}",
        f"see that the address is right and the network lets you; {_START.format(address)}",
    )


def unusable(problem: BaseException) -> NoReturn:
    """Say that the certificates that Dask's configuration names are none."""
    import dask.config

    tls = "distributed.comm.tls"
    named = (dask.config.get(f"{tls}.{name}", None) for name in _FILES)
    missing = ", ".join(quoted(one) for one in named if one and not os.path.lexists(one))
    which = f": {missing}" if isinstance(problem, FileNotFoundError) and missing else ""
    said = f"the certificates for the scheduler cannot be used: {_cause(problem)}{which}"
    refuse(said, _CERTIFICATES)


def _cause(problem: BaseException) -> str:
    """What is behind a problem, in the system's words where it is the system's."""
    while isinstance(problem.__cause__, Exception):
        problem = problem.__cause__
    if isinstance(problem, TimeoutError) and not problem.errno:
        return "there is no answer"
    if isinstance(problem, OSError) and problem.errno and not isinstance(problem, _OWN_WORDS):
        return os.strerror(problem.errno)
    return " ".join((str(problem) or type(problem).__name__).split())


# Errors whose numbers are not the system's.
_OWN_WORDS = (ssl.SSLError, socket.gaierror)


def _is_of_tls(problem: BaseException | None) -> bool:
    while problem is not None:
        if isinstance(problem, ssl.SSLError) or "SSL" in str(problem) or "TLS" in str(problem):
            return True
        problem = problem.__cause__ or problem.__context__
    return False
