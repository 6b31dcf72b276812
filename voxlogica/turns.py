"""What threads use in turn: one has it, as often as it asks for it, and the others wait."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, Protocol, TypeVar
from weakref import WeakSet

P = ParamSpec("P")
R = TypeVar("R")


class Turns:
    """A lock that one thread at a time has: in a `with`, also within another of its own.

    In a forked child nobody has what another thread had, and it `was_left` in the middle of that.
    """

    def __init__(self) -> None:
        self.was_left = False
        self._lock = threading.RLock()
        _all.add(self)

    def __enter__(self) -> None:
        self._lock.acquire()

    def __exit__(self, *_: object) -> None:
        self._lock.release()

    def _after_fork(self) -> None:
        if self._lock.acquire(blocking=False):
            self._lock.release()
        else:
            self._lock, self.was_left = threading.RLock(), True


class _HasTurns(Protocol):
    _turns: Turns


S = TypeVar("S", bound=_HasTurns)


def in_turn(method: Callable[Concatenate[S, P], R]) -> Callable[Concatenate[S, P], R]:
    """A method that one thread at a time is in, of all of the object's that are so marked."""

    @wraps(method)
    def called(self: S, /, *values: P.args, **named: P.kwargs) -> R:
        with self._turns:
            return method(self, *values, **named)

    return called


_all: WeakSet[Turns] = WeakSet()


def _after_fork() -> None:
    for turns in _all:
        turns._after_fork()


os.register_at_fork(after_in_child=_after_fork)
