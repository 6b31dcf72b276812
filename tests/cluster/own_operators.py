"""Operators of the tests, which both the client and the workers declare: `--preload` this.

Not to be imported by tests themselves: other tests in the process look at all operators there are.
"""

from __future__ import annotations

import os
import signal
from pathlib import Path

from tests.cluster.processes import WORKER
from voxlogica.operators.signature import Region, operator


@operator("deadly")
def deadly(region: Region) -> Region:
    """The region itself; an empty one ends the worker that looks at it."""
    if not region.array.any() and os.environ.get(WORKER):
        os.kill(os.getpid(), signal.SIGKILL)
    return region


@operator("broken")
def broken(region: Region) -> Region:
    """The region itself; an empty one breaks it."""
    return region if region.array.any() else {"a": region}["b"]


@operator("held")
def held(region: Region) -> Region:
    """The region itself; who has an empty one tells so into a pipe, and waits for another."""
    if not region.array.any() and os.environ.get(WORKER):
        begun, go_on = os.environ[WORKER].split(":")
        Path(begun).write_text(f"{os.getpid()}\n")
        Path(go_on).read_text()
    return region
