"""What is installed at a cluster's hosts, held to what is installed here."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pkgutil import resolve_name
from typing import Any

# What must be the same everywhere, where each says its version, and how much of that counts.
_COMPARED = {
    "voxlogica": ("voxlogica.version:__version__", 9),
    "Python": ("sys:version", 2),
    "numpy": ("numpy:__version__", 2),
    "distributed": ("distributed:__version__", 2),
}

HOW_TO_MATCH = "install there what is installed here: Python, voxlogica and its libraries"


async def complaints_of_workers(
    ask: Callable[..., Awaitable[dict[str, Any]]], workers: Sequence[str]
) -> dict[str, str]:
    """What is to be said of each of the workers, by address, whose versions are others.

    To `ask` them for what a function gives is to call it with the function, and its arguments. It
    is one of the standard library: they may have nothing of ours.
    """
    answers = await asyncio.gather(*(ask(resolve_name, w) for w, _ in _COMPARED.values()))
    found = {}
    for worker in workers:
        said = [answer.get(worker, OSError()) for answer in answers]
        # One that is gone has no versions.
        if not any(isinstance(one, OSError) for one in said):
            complaint = _complaint(f"worker {worker}", dict(zip(_COMPARED, said, strict=True)))
            if complaint is not None:
                found[worker] = complaint
    return found


def complaint_of_scheduler(installed: Mapping[str, object], address: str) -> str | None:
    """What is to be said of a scheduler, which needs nothing of ours, but reads what is sent."""
    said = {"Python": installed["python"], "distributed": installed["distributed"]}
    return _complaint(f"scheduler {address}", said)


def _complaint(host: str, said: Mapping[str, object]) -> str | None:
    for name, there in said.items():
        where, parts = _COMPARED[name]
        here = str(resolve_name(where)).split()[0]
        if not isinstance(there, str):
            return f"the {host} has no {name}, and here it is {name} {here}"
        there = there.split()[0]
        if there.split(".")[:parts] != here.split(".")[:parts]:
            return f"the {host} has {name} {there}, and here it is {name} {here}"
    return None
