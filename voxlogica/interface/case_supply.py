"""The cases of a batch, checked: all before any runs where they are known, else as they come."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, ValuesView
from itertools import count
from typing import TYPE_CHECKING, Any, NamedTuple

from voxlogica.batch.checking import Given as Fixed
from voxlogica.batch.checking import Outlines, taken
from voxlogica.batch.sources import Sources, read_cases, refuse_other_files
from voxlogica.batch.wrong_in_all import wrong_in_all
from voxlogica.dataclass import dataclass, replace
from voxlogica.engine.cases import Case
from voxlogica.interface.case_values import (
    CaseValues,
    Images,
    all_of,
    case_name,
    case_values,
    is_frame,
    listed,
    place,
    rows_of_frame,
)
from voxlogica.language.given import Given
from voxlogica.language.parameters import Parameter, plain
from voxlogica.language.programs import outline
from voxlogica.report.cases_verdict import counted
from voxlogica.syntax.diagnostics import Note, VoxLogicaError, error
from voxlogica.syntax.printer import value_text

if TYPE_CHECKING:
    from voxlogica.syntax.ast import Dialect
    from voxlogica.syntax.source import Source


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
class Work:
    """What is carried out for each case: programs, with what is set and given for all of them."""

    programs: Sequence[Source]
    loads: frozenset[str]
    definitions: Mapping[str, object]
    common: Given
    dialect: Dialect | None
    strict: bool

    def given(self, images: Images | VoxLogicaError) -> Given:
        """What a case is given. Raises VoxLogicaError."""
        if isinstance(images, VoxLogicaError):
            raise images
        own = images.given()
        return Given({**self.common.images, **own.images}) if self.common.images else own


def supplied(cases: object, work: Work, from_file: Mapping[str, str]) -> Supply:
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
        return _of_list([*all_of(cases, work.loads)], work, from_file)
    assert isinstance(cases, Iterable)
    return Supply(_as_they_come(iter(cases), work), None)


def _of_source(source: str, work: Work, from_file: Mapping[str, str]) -> Supply:
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


def _of_list(values: Sequence[CaseValues], work: Work, from_file: Mapping[str, str]) -> Supply:
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
    told = (_with_paths(case, each) for case, each in zip(found, values, strict=True))
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


def _with_paths(case: Case, values: CaseValues) -> Case:
    return replace(case, columns={**case.columns, **values.paths}) if values.paths else case


def _images(values: CaseValues, number: int) -> Images | VoxLogicaError:
    try:
        return Images.of(values)
    except VoxLogicaError as refused:
        return refused


def _refuse_wrong_programs(
    work: Work, cases: Sequence[Case], given: Callable[[Case], Given]
) -> None:
    """Raise the errors that all cases have: it is the program that is wrong."""
    wrong = wrong_in_all(
        work.programs, cases, work.definitions, work.dialect, strict=work.strict, given=given
    )
    if wrong:
        note = Note(f"so for {counted(len(cases))}, of which none was carried out")
        raise VoxLogicaError([replace(d, notes=(*d.notes, note)) for d in wrong])


def _as_they_come(cases: Iterator[Any], work: Work) -> Iterator[Supplied]:
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
        found = _alone(values, number, name, known, Fixed(fixed, images=images))
        if name in names:
            said = f"{place(number)}: a case before it is called `{name}`, too"
            twice = error(said, hint="give each a name of its own")
            found = Supplied(found.case, VoxLogicaError([twice]))
        names.add(name)
        yield found
        del values, found


def _alone(
    values: CaseValues, number: int, name: str, outlines: Outlines, fixed: Fixed
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
