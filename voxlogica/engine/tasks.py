"""What the threads of a run are given to do."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from threading import current_thread
from time import perf_counter
from typing import NamedTuple

from voxlogica.engine.futures import Outcome
from voxlogica.language.workplan import Save

# A piece of work: the position of an operation, or a file to save.
Piece = int | Save


class Task:
    """Pieces of work, one after the other, to be done `after` the tasks of these keys.

    Calling it does them. `work` gives what came of a piece, None if it is left to others.
    """

    __slots__ = ("_done", "_thread", "_work", "after", "pieces")

    def __init__(
        self,
        pieces: Sequence[Piece],
        after: Sequence[str],
        work: Callable[[Piece], Outcome | None],
    ) -> None:
        self.pieces = pieces
        self.after = after
        self._work = work
        self._thread = ""
        self._done: list[tuple[float, float, Outcome | None]] = []

    @property
    def operations(self) -> Sequence[int]:
        """The positions of the operations among the pieces."""
        return [piece for piece in self.pieces if not isinstance(piece, Save)]

    def __call__(self, *_: object) -> None:
        self._thread = current_thread().name
        for piece in self.pieces:
            begin = perf_counter()
            try:
                outcome = self._work(piece)
            except Exception as cause:
                raise PieceError(piece, cause) from cause
            self._done.append((begin, perf_counter() - begin, outcome))

    def done(self) -> Iterator[tuple[Piece, Outcome | None, Took]]:
        """Each piece that is done, what came of it, and what it took."""
        for piece, (begin, seconds, outcome) in zip(self.pieces, self._done, strict=False):
            yield piece, outcome, Took(seconds, begin, self._thread)


class Took(NamedTuple):
    """The seconds that something took, when it began (by `perf_counter`), and in which thread."""

    seconds: float
    begin: float
    thread: str


class PieceError(Exception):
    """How an exception comes out of the scheduler: with the piece of work that raised it."""

    def __init__(self, piece: Piece, cause: Exception) -> None:
        super().__init__(str(piece))
        self.piece = piece
        self.cause = cause
