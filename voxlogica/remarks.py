"""What an operator has to remark on the values that it got, though they do not stop it.

It speaks while it computes; who hears is whoever has it computed. Where nobody listens, as when an
operator is only tried out, nothing is told.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import NamedTuple


class Remark(NamedTuple):
    """A warning about values: what is doubtful, and how to mend it."""

    message: str
    hint: str | None = None


_listening: ContextVar[list[Remark] | None] = ContextVar("remarks", default=None)


def remark(message: str, hint: str | None = None) -> None:
    """Remark on what is being computed; its operator is declared with `remarks=True`."""
    listening = _listening.get()
    if listening is not None:
        listening.append(Remark(message, hint))


@contextmanager
def heard() -> Iterator[list[Remark]]:
    """Within, what is remarked in this thread, in order."""
    said: list[Remark] = []
    token = _listening.set(said)
    try:
        yield said
    finally:
        _listening.reset(token)
