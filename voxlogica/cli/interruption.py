"""Ctrl-C and SIGTERM: both become an exception, so that clean-up runs on the way out."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic
from types import FrameType

# Terminals and wrappers (`timeout`, `npm`, `uv run`) often send a signal twice: the second must not
# break into the clean-up that the first began. One that comes later is meant.
_ECHO_SECONDS = 1.0


class Interrupted(BaseException):
    """The process was asked to stop; not a KeyboardInterrupt, which click would turn into text."""

    def __init__(self, signal: int) -> None:
        super().__init__(signal)
        self.signal = signal


@contextmanager
def interruptible() -> Iterator[None]:
    """Raise Interrupted in the main thread when SIGINT or SIGTERM comes."""
    first = float("-inf")

    def interrupt(number: int, _: FrameType | None) -> None:
        nonlocal first
        if monotonic() - first > _ECHO_SECONDS:
            first = monotonic()
            raise Interrupted(number)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, interrupt)
    try:
        yield
    finally:
        # From here on there is nothing left to clean up.
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)
