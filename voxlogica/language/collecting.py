"""Planning without Python's cyclic garbage collector.

All that a planner makes is kept, and nothing in it refers to itself. The collector would look it
over again and again for cycles: it took half of the time that a long program took to read.
"""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_LOCK = threading.Lock()
# How many threads are planning, and whether the collector is to go on after the last of them.
_planning = 0
_enabled = False


@contextmanager
def uncollected() -> Iterator[None]:
    """Meanwhile nothing is collected, in any thread; then it is as it was before."""
    global _planning, _enabled
    with _LOCK:
        if _planning == 0:
            _enabled = gc.isenabled()
            gc.disable()
        _planning += 1
    try:
        yield
    finally:
        with _LOCK:
            _planning -= 1
            if _planning == 0 and _enabled:
                gc.enable()
