"""The cases of a batch, checked: all before any runs where they are known, else as they come."""

from __future__ import annotations

import datetime
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, ValuesView
from itertools import count
from typing import TYPE_CHECKING, Any, NamedTuple

from voxlogica.batch.case_tables import Listed
from voxlogica.batch.checking import GivenToCases, Outlines, taken
from voxlogica.batch.sources import Sources, read_cases, refuse_other_files
from voxlogica.batch.wrong_in_all import wrong_in_all
from voxlogica.dataclass import dataclass, replace
from voxlogica.engine.cases import Case, says_nothing
from voxlogica.images.given import GivenImage
from voxlogica.interface.accepting import is_image_like
from voxlogica.interface.image import Image
from voxlogica.interface.inputs import as_given
from voxlogica.interface.wrong_arguments import shown
from voxlogica.language.given import GivenByName
from voxlogica.language.parameters import Constant, Parameter, plain
from voxlogica.language.programs import outline
from voxlogica.operators.literals import LOAD
from voxlogica.report.cases_verdict import counted
from voxlogica.syntax.diagnostics import Diagnostic, Note, VoxLogicaError, error
from voxlogica.syntax.printer import value_text

if TYPE_CHECKING:
    import pandas as pd

    from voxlogica.images.reading import ImageFile
    from voxlogica.syntax.ast import Dialect
    from voxlogica.syntax.source import Source


# How messages call what a program in Python lists.
LISTED = "the cases"


class Supplied(NamedTuple):
    """A case to carry out, with its images; or why it cannot be."""

    case: Case
    images: Images | VoxLogicaError


class Supply(NamedTuple):
    """The cases of a batch in their order; how many, where that is known; what to note of them."""

    cases: Iterator[Supplied]
    number: int | None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CaseWork:
    """What is carried out for each case: programs, with what is set and given for all of them."""

    programs: Sequence[Source]
    loads: frozenset[str]
    definitions: Mapping[str, object]
    common: GivenByName
    dialect: Dialect | None
    strict: bool

    def given(self, images: Images | VoxLogicaError) -> GivenByName:
        """What a case is given. Raises VoxLogicaError."""
        if isinstance(images, VoxLogicaError):
            raise images
        own = images.given()
        return GivenByName({**self.common.images, **own.images}) if self.common.images else own


def supplied(cases: object, work: CaseWork, from_file: Mapping[str, str]) -> Supply:
    """The cases that are given as a pattern or the path of a table; as a list, or a DataFrame.

    These are checked before anything runs. Anything else that can be gone through is asked for a
    case when it is wanted. `from_file` are files that programs are in, each with what it is.
    Raises VoxLogicaError, and TypeError.
    """
    if isinstance(cases, str):
        return _of_source(cases, work, from_file)
    if is_frame(cases):
        cases = rows_of_frame(cases)
    if isinstance(cases, list | tuple | ValuesView):
        values = [case_values(case, number, work.loads) for number, case in enumerate(cases)]
        return _of_list(values, work, from_file)
    assert isinstance(cases, Iterable)
    return Supply(_as_they_come(iter(cases), work), None)


def _of_source(source: str, work: CaseWork, from_file: Mapping[str, str]) -> Supply:
    refuse_other_files(source)
    chosen = Sources(source, inputs={**from_file, source: "the table of cases"})
    images = frozenset(work.common.images)
    found, notes = read_cases(chosen, work.programs, work.definitions, {}, work.dialect, images)
    none = Images({})
    _refuse_wrong_programs(work, found, lambda case: work.given(none))
    own = {**work.definitions, **found[0].definitions}
    declared = outline(work.programs, plain(own), work.dialect).parameters
    parameters = {parameter.name: parameter for parameter in declared}
    each = (Supplied(_typed(case, parameters), none) for case in found)
    return Supply(each, len(found), notes)


def _typed(case: Case, parameters: Mapping[str, Parameter]) -> Case:
    """A case whose texts are the values of the parameters that they set."""
    columns = {**case.columns}
    for name in parameters.keys() & columns.keys():
        columns[name] = parameters[name].given(columns[name]) if name in case.sets else ""
    return replace(case, columns=columns)


def _of_list(values: Sequence[CaseValues], work: CaseWork, from_file: Mapping[str, str]) -> Supply:
    if not values:
        return Supply(iter(()), 0)
    if wrong := [problem for each in values for problem in each.wrong]:
        raise VoxLogicaError(wrong)
    in_all = frozenset.intersection(*(each.given for each in values))
    found, notes = read_cases(
        Sources(listed(values), inputs=from_file),
        work.programs,
        work.definitions,
        {},
        work.dialect,
        in_all | frozenset(work.common.images),
    )
    _refuse_wrong_programs(
        work, found, lambda case: work.given(_images(values[case.number], case.number))
    )
    # They are taken when a case is due, as a copy of all of them may be too much.
    before = [_digests(_images(each, number)) for number, each in enumerate(values)]
    told = (
        replace(case, columns={**case.columns, **each.paths})
        for case, each in zip(found, values, strict=True)
    )
    each = (
        Supplied(case, _unchanged(_images(values[case.number], case.number), before[case.number]))
        for case in told
    )
    return Supply(each, len(values), notes)


def _digests(images: Images | VoxLogicaError) -> dict[str, bytes]:
    return images.digests() if isinstance(images, Images) else {}


def _unchanged(
    images: Images | VoxLogicaError, before: Mapping[str, bytes]
) -> Images | VoxLogicaError:
    """The images of a case, if they are what they were when the cases were given."""
    changed = [name for name, digest in _digests(images).items() if before.get(name) != digest]
    if not changed:
        return images
    said = f"`{changed[0]}` was changed after it was given, before its case was due"
    hint = "give copies of arrays that are used again, or a generator, which is asked for them one"
    return VoxLogicaError([error(said, hint=f"{hint} at a time", topic="data")])


def _images(values: CaseValues, number: int) -> Images | VoxLogicaError:
    try:
        return Images.of(values)
    except VoxLogicaError as refused:
        return refused


def _refuse_wrong_programs(
    work: CaseWork, cases: Sequence[Case], given: Callable[[Case], GivenByName]
) -> None:
    """Raise the errors that all cases have: it is the program that is wrong."""
    wrong = wrong_in_all(
        work.programs, cases, work.definitions, work.dialect, strict=work.strict, given=given
    )
    if wrong:
        note = Note(f"so for {counted(len(cases))}, of which none was carried out")
        raise VoxLogicaError([replace(d, notes=(*d.notes, note)) for d in wrong])


def _as_they_come(cases: Iterator[Any], work: CaseWork) -> Iterator[Supplied]:
    """Each case of an iterator, with what is wrong with it by itself."""
    names: set[str] = set()
    fixed = plain(work.definitions)
    outlines: dict[frozenset[str], Outlines] = {}
    for number in count():
        try:
            case = next(cases)
        except StopIteration:
            return
        values = case_values(case, number, work.loads)
        del case
        called = case_name(values.cells)
        name = str(number + 1) if called is None else value_text(called)
        images = values.given | frozenset(work.common.images)
        known = outlines.setdefault(images, Outlines(work.programs, work.dialect, images))
        found = _alone(values, number, name, known, GivenToCases(fixed, images=images))
        if name in names:
            said = f"{place(number)}: a case before it is called `{name}`, too"
            twice = error(said, hint="give each a name of its own")
            found = Supplied(found.case, VoxLogicaError([twice]))
        names.add(name)
        yield found
        del values, found


def _alone(
    values: CaseValues, number: int, name: str, outlines: Outlines, fixed: GivenToCases
) -> Supplied:
    plain_case = Case(number, name, {**values.cells, **values.paths})
    if values.wrong:
        return Supplied(plain_case, VoxLogicaError(values.wrong))
    try:
        checked = taken(listed([values], number), outlines, fixed)
    except VoxLogicaError as refused:
        return Supplied(plain_case, refused)
    cells = dict(zip(checked.cases.columns, checked.cases.rows[0], strict=True))
    case = Case(number, name, {**cells, **values.paths}, checked.sets[0])
    return Supplied(case, _images(values, number))


# What a case is


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

    def given(self) -> GivenByName:
        """All, as programs are given them. Raises VoxLogicaError where one cannot be computed."""
        return GivenByName(
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
