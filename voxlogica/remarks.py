"""What an operator has to remark on the values that it got, though they do not stop it.

It speaks while it computes; who hears is whoever has it computed. Where nobody listens, as when an
operator is only tried out, nothing is told.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Literal, NamedTuple


class Remark(NamedTuple):
    """A warning about values: what is doubtful, and how to mend it."""

    message: str
    hint: str | None = None


# Which of the two regions that a metric compares had no voxel, so that it is what a rule says. The
# place of each is a number whose bits are those of `truth` and of `found`.
Empty = Literal["", "truth", "found", "both"]
EMPTY: tuple[Empty, ...] = ("", "truth", "found", "both")


class EmptyRule(NamedTuple):
    """A remark that a result is what a rule for empty regions says, and which were empty."""

    empty: Empty


_listening: ContextVar[list[Remark | EmptyRule] | None] = ContextVar("remarks", default=None)


def remark(message: str, hint: str | None = None) -> None:
    """Remark on what is being computed; its operator is declared with `remarks=True`."""
    listening = _listening.get()
    if listening is not None:
        listening.append(Remark(message, hint))


def remark_empty(found: bool, truth: bool) -> None:
    """Remark that a result rests on a rule, where one of two regions has no voxel, or both."""
    listening = _listening.get()
    if listening is not None and (found or truth):
        listening.append(EmptyRule(EMPTY[truth + 2 * found]))


@contextmanager
def heard() -> Iterator[list[Remark | EmptyRule]]:
    """Within, what is remarked in this thread, in order."""
    said: list[Remark | EmptyRule] = []
    token = _listening.set(said)
    try:
        yield said
    finally:
        _listening.reset(token)
