"""What rows do not keep, and only the run that carries out cases knows: pictures, and times."""

from __future__ import annotations

from typing import TYPE_CHECKING

from voxlogica.engine.cases import Row
from voxlogica.engine.results import OperatorStats

if TYPE_CHECKING:
    from voxlogica.report.case_pictures import Drawing


class Gathered:
    """Takes rows as they come, and keeps of each its pictures, by its case's number.

    Of `operators` it has what they cost in all cases that were carried out.
    """

    def __init__(self) -> None:
        self.pictures: dict[int, tuple[Drawing, ...]] = {}
        self.operators: dict[str, OperatorStats] = {}

    def add(self, row: Row) -> None:
        """Take a row."""
        if row.pictures:
            from voxlogica.report.case_pictures import drawings_of

            if drawn := drawings_of(row.pictures):
                self.pictures[row.case.number] = drawn
        for name, its in row.by_operator.items():
            before = self.operators.get(name, OperatorStats())
            self.operators[name] = OperatorStats(
                before.computed + its.computed,
                before.reused + its.reused,
                before.seconds + its.seconds,
            )
