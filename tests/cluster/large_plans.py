"""Plans of thousands of cases, of which nothing is ever computed: each a scan of 200³ voxels."""

from __future__ import annotations

import hashlib
from pathlib import Path

from tests.cluster.random_plans import OPERATORS, PLACE, write_files
from voxlogica.dataclass import replace
from voxlogica.images.geometry import Geometry
from voxlogica.images.reading import open_image
from voxlogica.language.workplan import Print, WorkPlan
from voxlogica.operators.literals import LOAD
from voxlogica.operators.signature import MODEL

LARGE = Geometry.of_size(200, 200, 200)
TINY = Geometry.of_size(20, 20, 20)
_BY_NAME = {operator.name: operator for operator, _ in OPERATORS}


class Making:
    """A plan under way, whose images lie on one grid, with as many files as are wanted."""

    def __init__(self, folder: Path, space: Geometry = LARGE) -> None:
        write_files(folder)
        self._file = open_image(str(folder / "0.mha"))
        self._space = space
        self.plan = WorkPlan()
        self._files = 0

    def scan(self) -> int:
        """Another file, loaded."""
        self._files += 1
        content = hashlib.sha256(b"%d" % self._files).digest()[: len(self._file.digest)]
        file = replace(self._file, digest=content)
        return self.plan.add(LOAD, (), (file,), self._space, PLACE, MODEL)

    def add(self, name: str, *arguments: int, constant: float = 0.0) -> int:
        """An operation of one of the random plans' operators."""
        operator = _BY_NAME[name]
        space = self._space if operator.result.is_image else None
        return self.plan.add(operator, arguments, (constant,), space, PLACE)

    def found(self) -> int:
        """What is found in another scan, by five filters."""
        position = self.scan()
        for step in range(5):
            position = self.add("filter", position, constant=float(step))
        return position

    def wanted(self, *positions: int) -> WorkPlan:
        """The plan, with these as its goals."""
        self.plan.goals = [Print("p", position, PLACE.span) for position in positions]
        return self.plan
