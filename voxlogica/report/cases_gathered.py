"""What rows do not keep, and only the run that carries out cases knows: pictures, times, texts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from voxlogica.dataclass import replace
from voxlogica.engine.cases import Row
from voxlogica.engine.results import Effort, Stats

if TYPE_CHECKING:
    from voxlogica.report.case_pictures import Drawing
    from voxlogica.syntax.source import Source


class Gathered:
    """Takes rows as they come, and keeps of each its pictures, by its case's number.

    Of what is carried out it has the `sources` and the `command`, as far as these are known.
    """

    def __init__(self, sources: Sequence[Source] = (), command: str = "") -> None:
        self.sources, self.command = sources, command
        self.pictures: dict[int, tuple[Drawing, ...]] = {}
        # What was carried out now, and what it cost by operator, and by worker.
        self._stats = Stats()
        self._operators: dict[str, Effort] = {}
        self._workers: dict[str, Effort] = {}

    def add(self, row: Row) -> None:
        """Take a row."""
        if row.pictures:
            from voxlogica.report.case_pictures import drawings_of

            if drawn := drawings_of(row.pictures):
                self.pictures[row.case.number] = drawn
        if row.replayed:
            return
        self._stats = replace(
            self._stats,
            operations=self._stats.operations + row.operations,
            computed=self._stats.computed + row.computed,
            stored=self._stats.stored + row.stored,
            awaited=self._stats.awaited + row.awaited,
        )
        _add(row.by_operator, self._operators)
        _add(row.by_worker, self._workers)

    def stats(self, seconds: float) -> Stats:
        """What all cases that were carried out now cost, in so many seconds."""
        return replace(
            self._stats, seconds=seconds, by_operator=self._operators, by_worker=self._workers
        )


def _add(more: Mapping[str, Effort], to: dict[str, Effort]) -> None:
    for name, its in more.items():
        before = to.get(name, Effort())
        to[name] = Effort(
            before.computed + its.computed,
            before.reused + its.reused,
            before.seconds + its.seconds,
        )
