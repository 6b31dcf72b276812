"""What cases are in Python: mappings of names to values, rows of a DataFrame."""

from __future__ import annotations

import datetime
import os
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from voxlogica.batch.case_tables import Listed
from voxlogica.engine.cases import says_nothing
from voxlogica.images.given import GivenImage
from voxlogica.interface.accepting import is_image_like
from voxlogica.interface.image import Image
from voxlogica.interface.inputs import as_given
from voxlogica.interface.wrong_arguments import shown
from voxlogica.language.given import Given
from voxlogica.language.parameters import Constant, plain
from voxlogica.operators.literals import LOAD
from voxlogica.syntax.diagnostics import Diagnostic, VoxLogicaError, error

if TYPE_CHECKING:
    import pandas as pd

    from voxlogica.images.reading import ImageFile

# How messages call what a program in Python lists.
LISTED = "the cases"


class CaseValues(NamedTuple):
    """What a case has: what is plain, the paths of files to load, and images; what is wrong."""

    cells: Mapping[str, Constant]
    paths: Mapping[str, str]
    images: Mapping[str, Any]
    wrong: tuple[Diagnostic, ...] = ()

    @property
    def given(self) -> frozenset[str]:
        """The names that stand for images."""
        return frozenset((*self.paths, *self.images))


def place(number: int) -> str:
    """How messages call a case by its number, from 0."""
    return f"case {number + 1}"


def case_values(case: Any, number: int, loads: frozenset[str]) -> CaseValues:
    """The values of a case. `loads` are the names for which paths stand. Raises TypeError."""
    if not isinstance(case, Mapping):
        raise TypeError(
            f"{place(number)} is {shown(case)}: a case is a mapping of names to values, such as"
            ' {"CASE": "p001", "high": 0.9}'
        )
    cells: dict[str, Constant] = {}
    paths: dict[str, str] = {}
    images: dict[str, Any] = {}
    wrong: list[Diagnostic] = []
    for name, value in case.items():
        if not isinstance(name, str):
            raise TypeError(f"{place(number)}: the name of a value is a text, not {shown(name)}")
        if value is None or type(value).__name__ in ("NAType", "NaTType"):
            continue
        if name in loads and isinstance(value, str | os.PathLike):
            paths[name] = os.fsdecode(value)
        elif isinstance(value, Image) or is_image_like(value):
            images[name] = value
        else:
            try:
                dated = str(value) if isinstance(value, datetime.date) else value
                cells |= plain({name: dated})
            except VoxLogicaError as refused:
                told = [f"{place(number)}: {d.message}" for d in refused.diagnostics]
                wrong += map(error, told)
    return CaseValues(cells, paths, images, tuple(wrong))


def listed(cases: Sequence[CaseValues], first: int = 0) -> Listed:
    """Cases as a source of the command line lists them; what is no cell is empty there."""
    columns = tuple(dict.fromkeys(name for case in cases for name in case.cells))
    rows = [tuple(case.cells.get(column, "") for column in columns) for case in cases]
    return Listed(LISTED, columns, rows, [place(first + number) for number in range(len(rows))])


def case_name(cells: Mapping[str, Constant]) -> Constant | None:
    """What a case says that it is called: `case` before the same in other letters."""
    called = [name for name in cells if name.casefold() == "case"]
    called.sort(key=lambda name: name != "case")
    return next((cells[name] for name in called if not says_nothing(cells[name])), None)


# DataFrames


def is_frame(cases: object) -> bool:
    """Whether cases are a DataFrame of pandas."""
    pandas = sys.modules.get("pandas")
    return pandas is not None and isinstance(cases, pandas.DataFrame)


def rows_of_frame(frame: pd.DataFrame) -> list[dict[Any, Any]]:
    """The rows of a DataFrame: cells that are missing are None.

    An index that has a name, or texts, is the first column; without a name it is called `case`.
    """
    import pandas as pd

    if not frame.columns.is_unique:
        doubled = frame.columns[frame.columns.duplicated()].unique()
        raise ValueError(f"several columns are called {', '.join(map(str, doubled))}")
    index = frame.index
    if any(name is not None for name in index.names):
        frame = frame.reset_index()
    elif not pd.api.types.is_integer_dtype(index.dtype) and not _has_case(frame):
        frame = frame.rename_axis("case").reset_index()
    return [
        {
            name: None if pd.api.types.is_scalar(value) and pd.isna(value) else value
            for name, value in row.items()
        }
        for row in frame.to_dict("records")
    ]


def _has_case(frame: pd.DataFrame) -> bool:
    return any(str(name).casefold() == "case" for name in frame.columns)


# Images


class Images(NamedTuple):
    """Images of a case, as far as they have to be taken at once: others may change arrays."""

    taken: Mapping[str, GivenImage | str | Image]

    @staticmethod
    def of(values: CaseValues) -> Images:
        """Those of a case. Raises VoxLogicaError where one is none."""
        beside = values.images.values()
        images = {
            name: value if isinstance(value, Image) else as_given(value, name, beside)
            for name, value in values.images.items()
        }
        return Images({**values.paths, **images})

    def digests(self) -> dict[str, bytes]:
        """What tells whether those are the same that the user's program may change."""
        taken = self.taken.items()
        return {name: value.digest for name, value in taken if isinstance(value, GivenImage)}

    def given(self) -> Given:
        """All, as programs are given them. Raises VoxLogicaError where one cannot be computed."""
        return Given(
            {
                name: _of_image(value, name) if isinstance(value, Image) else value
                for name, value in self.taken.items()
            }
        )


def _of_image(image: Image, name: str) -> GivenImage | ImageFile:
    """An image; one of a file that nobody has looked at stays in its file till it is needed."""
    formula = image._formula
    if formula.kind.operator is not LOAD or formula.value is not None:
        return as_given(image, name)
    loaded: Any = formula.kind.constants[0]
    return loaded.called(name) if hasattr(loaded, "called") else loaded  # type: ignore[no-any-return]


def all_of(cases: Iterable[Any], loads: frozenset[str]) -> Iterator[CaseValues]:
    """The values of cases, one after another."""
    return (case_values(case, number, loads) for number, case in enumerate(cases))
