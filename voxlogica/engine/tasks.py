"""What the threads of a run are given to do."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from threading import current_thread
from time import perf_counter

from voxlogica.engine.futures import Outcome
from voxlogica.language.workplan import Save

# A piece of work: the position of an operation, or a file to save.
Piece = int | Save


class Task:
    """Pieces of work, one after the other, to be done `after` the tasks of these keys.

    Calling it does them. `work` gives what came of a piece, None if it is left to others. Of each
    that is `done` by the `thread` there is that, the seconds that it took, and when it began, by
    `perf_counter`.
    """

    __slots__ = ("_work", "after", "done", "pieces", "thread")

    def __init__(
        self,
        pieces: Sequence[Piece],
        after: Sequence[str],
        work: Callable[[Piece], Outcome | None],
    ) -> None:
        self.pieces = pieces
        self.after = after
        self._work = work
        self.thread = ""
        self.done: list[tuple[Outcome | None, float, float]] = []

    def __call__(self, *_: object) -> None:
        self.thread = current_thread().name
        for piece in self.pieces:
            begin = perf_counter()
            try:
                outcome = self._work(piece)
            except Exception as cause:
                raise PieceError(piece, cause) from cause
            self.done.append((outcome, perf_counter() - begin, begin))


class PieceError(Exception):
    """How an exception comes out of the scheduler: with the piece of work that raised it."""

    def __init__(self, piece: Piece, cause: Exception) -> None:
        super().__init__(str(piece))
        self.piece = piece
        self.cause = cause
