"""What the threads of a run are given to do."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from time import perf_counter
from typing import Any

from voxlogica.language.workplan import Save

# A piece of work: the position of an operation, or a file to save.
Piece = int | Save


class Task:
    """Pieces of work, one after the other; calling it does them, and gives what the last gives."""

    __slots__ = ("_done", "_work", "pieces")

    def __init__(self, pieces: Sequence[Piece], work: Callable[[Piece], Any]) -> None:
        self.pieces = pieces
        self._work = work
        self._done: list[tuple[float, Any]] = []

    def __call__(self, *_: Any) -> Any:
        result = None
        for piece in self.pieces:
            begin = perf_counter()
            try:
                result = self._work(piece)
            except Exception as cause:
                raise PieceError(piece, cause) from cause
            self._done.append((perf_counter() - begin, result))
        return result

    def done(self) -> Iterator[tuple[Piece, float, Any]]:
        """Each piece that is done, with the seconds that it took, and what it gave."""
        for piece, (seconds, result) in zip(self.pieces, self._done, strict=False):
            yield piece, seconds, result


class PieceError(Exception):
    """How an exception comes out of the scheduler: with the piece of work that raised it."""

    def __init__(self, piece: Piece, cause: Exception) -> None:
        super().__init__(str(piece))
        self.piece = piece
        self.cause = cause
