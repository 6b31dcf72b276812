"""What came of one case of many."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from voxlogica.engine.cases import Checked, Row, SavedFile
from voxlogica.images.formats import TEXTS, suffix_of
from voxlogica.interface.done import Files, Prints, read_back, unknown
from voxlogica.interface.tracebacks import short
from voxlogica.interface.wording import in_python
from voxlogica.syntax.diagnostics import VoxLogicaError

if TYPE_CHECKING:
    from voxlogica.interface.image import Image
    from voxlogica.language.parameters import Constant


class CaseResult(Prints):
    """What came of a case: `result["dice"]` is what `print "dice" …` shows.

    As a mapping it has the prints, in their order: none where the case failed, which `error` tells.
    It can be pickled, and holds no image.
    """

    __module__ = "voxlogica"

    def __init__(self, row: Row) -> None:
        self._row = row
        self._prints = {printed.name: printed.value for printed in row.prints}

    def __reduce__(self) -> tuple[Any, ...]:
        return CaseResult, (self._row,)

    @short
    def __getitem__(self, label: str) -> Any:
        if label in self._prints:
            return self._prints[label]
        if self._row.failed:
            raise KeyError(f"the case {self.name} failed, and prints nothing: see its `error`")
        raise KeyError(unknown(label, "print", self._prints))

    @property
    def name(self) -> str:
        """What the case is called."""
        return self._row.case.name

    @property
    def case(self) -> Mapping[str, Constant]:
        """What it was given: numbers, bools, texts, and paths, but no images."""
        said = self._row.case.columns.items()
        return MappingProxyType({name: value for name, value in said if value != ""})

    @property
    def error(self) -> VoxLogicaError | None:
        """Why it failed; None where it did not. Then it prints and saves nothing."""
        if not self._row.failed:
            return None
        wrong = [d for d in self._row.diagnostics if d.severity == "error"]
        return VoxLogicaError([in_python(diagnostic) for diagnostic in wrong])

    @property
    def images(self) -> Mapping[str, Image]:
        """The images that were saved, each read when it is looked at; found as those of a run.

        Regions are regions. Raises Error where one is no longer the file that was written.
        """
        return Files(self._saved(is_image=True), lambda file: read_back(*file), "saved image")

    @property
    def tables(self) -> Mapping[str, Path]:
        """The files of tables and texts that were saved, found as images are."""
        tables = self._saved(is_image=False)
        return Files(tables, lambda file: Path(file.path), "saved table")

    def _saved(self, *, is_image: bool) -> dict[str, SavedFile]:
        return {
            file.path: file
            for file in self._row.files
            if (suffix_of(file.path) in TEXTS) != is_image
        }

    @property
    def asserts(self) -> tuple[Checked, ...]:
        """All assertions: each has a `label`, a `value`, and where it is false a `fault`."""
        return self._row.asserts

    @property
    def warnings(self) -> tuple[str, ...]:
        """What was doubtful, as it is shown."""
        return self._row.log

    @property
    def seconds(self) -> float:
        """How long it took; of one that an earlier run has carried out, what it took then."""
        return self._row.seconds

    def __repr__(self) -> str:
        told = self._told((file.path for file in self._row.files), self.asserts)
        told += [f"error: {self._row.faults[0].message}"] if self._row.failed else []
        return f"<CaseResult {self.name}: {'; '.join(told)}>"
