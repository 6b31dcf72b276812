"""What the threads of a run are given to do."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter
from typing import Any

from voxlogica.engine.events import Work
from voxlogica.engine.futures import Outcome
from voxlogica.language.workplan import Place


class Doing:
    """A piece of work; calling it does it. For an operation, `do` tells how the result came."""

    __slots__ = ("do", "outcome", "place", "seconds", "work")

    def __init__(self, work: Work, place: Place, do: Callable[[], Any]) -> None:
        self.work = work
        self.place = place
        self.do = do
        self.seconds = 0.0
        self.outcome: Outcome = "computed"

    def __call__(self) -> Any:
        begin = perf_counter()
        try:
            result = self.do()
        except Exception as cause:
            raise DoingError(self, cause) from cause
        finally:
            self.seconds = perf_counter() - begin
        if self.work.kind == "operation":
            self.outcome = result
        return result


class Task:
    """Pieces of work, one after the other; gives what the last of them gives."""

    __slots__ = ("doings",)

    def __init__(self, doings: list[Doing]) -> None:
        self.doings = doings

    def __call__(self, *_: Any) -> Any:
        result = None
        for doing in self.doings:
            result = doing()
        return result


class DoingError(Exception):
    """How an exception comes out of the scheduler: with the piece of work that raised it."""

    def __init__(self, doing: Doing, cause: Exception) -> None:
        super().__init__(doing.work.name)
        self.doing = doing
        self.cause = cause
