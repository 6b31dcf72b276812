"""Ctrl-C and SIGTERM: an exception, so that clean-up runs on the way out, and a limit to that."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

# So long may clean-up take. What it has not reached then is hidden, and removed by a later run.
_PATIENCE_SECONDS = 0.8


class Interrupted(BaseException):
    """The process was asked to stop; not a KeyboardInterrupt, which click would turn into text."""

    def __init__(self, signal: int) -> None:
        super().__init__(signal)
        self.signal = signal

    @property
    def status(self) -> int:
        """The exit status, as a shell counts it."""
        return 128 + self.signal


@contextmanager
def interruptible() -> Iterator[None]:
    """Raise Interrupted in the main thread when SIGINT or SIGTERM comes, the first time.

    Further signals are ignored: terminals and wrappers (`timeout`, `npm`, `uv run`) often send one
    twice, and the second must not break into the clean-up that the first began. The process ends in
    less than a second from the first, whatever happens.
    """
    received: list[Interrupted] = []

    def interrupt(number: int, _: FrameType | None) -> None:
        if not received:
            received.append(Interrupted(number))
            signal.setitimer(signal.ITIMER_REAL, _PATIENCE_SECONDS)
            raise received[0]

    def end(number: int, _: FrameType | None) -> None:
        os._exit(received[0].status)

    signal.signal(signal.SIGALRM, end)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, interrupt)
    try:
        yield
    except Interrupted:
        raise
    except BaseException as other:
        # Python itself wraps an exception that comes up while it makes a class, and drops one that
        # comes up in a finalizer.
        if received:
            raise received[0] from other
        raise
    if received:
        raise received[0]
