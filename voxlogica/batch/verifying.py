"""Whether a run that was recorded gives the same again: what it read, and what it gives now."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, cast

from voxlogica.engine.cases import Case, Row
from voxlogica.images.digests import file_digest, saved_digests
from voxlogica.images.errors import ImageFileError, quoted
from voxlogica.report.provenance import property_value
from voxlogica.report.recorded import Recorded, RecordedCase, RecordedFile, Told
from voxlogica.syntax.printer import literal_text

if TYPE_CHECKING:
    from voxlogica.syntax.ast import Dialect
    from voxlogica.syntax.source import Source


def changed_inputs(found: Recorded) -> Iterator[str]:
    """What is to be said of files that the run read, and that are not there as they were."""
    told: dict[RecordedFile, None] = {}
    for case in found.cases:
        told |= dict.fromkeys(case.files)
    for file in told:
        name = quoted(os.path.relpath(file.path))
        if Path(file.path).name.startswith("<"):
            yield "the program came from standard input, and is not recorded: run it from a file"
            continue
        try:
            digest = file_digest(file.path)
        except OSError as failed:
            yield f"{name}, which was read, cannot be: {(failed.strerror or str(failed)).lower()}"
            continue
        if digest != file.sha256:
            yield f"{name} is not what was read: its SHA-256 was {file.sha256}, and is {digest}"


def computed_again(
    found: Recorded, programs: Sequence[Source], jobs: int | None, below: Path
) -> Iterator[Row]:
    """What comes of the cases now, computed without kept results, as each is done.

    What they save goes below a folder, in place of the root.
    """
    from voxlogica.batch.carrying_out import run_cases
    from voxlogica.engine.memory import memory_with_warnings
    from voxlogica.plan_to_report import Settings

    first = found.cases[0]
    settings = Settings(
        jobs,
        False,
        *memory_with_warnings(),
        compression=cast("int | None", first.settings.get("compression")),
        below=below,
    )
    cases = [
        Case(number, case.name, _constants(case.parameters), frozenset(case.parameters))
        for number, case in enumerate(found.cases)
    ]
    dialect = cast("Dialect | None", first.settings.get("dialect"))
    yield from run_cases(programs, cases, settings, dialect)


def _constants(parameters: Mapping[str, Told]) -> dict[str, float | bool | str]:
    return {
        name: value if isinstance(value, bool | str) else float(value)
        for name, value in parameters.items()
    }


def differences(found: Recorded, rows: Sequence[Row], below: Path) -> Iterator[str]:
    """What is to be said of results that are not as recorded, case by case."""
    for row in sorted(rows, key=lambda row: row.case.number):
        case = found.cases[row.case.number]
        for said in _of_case(case, row, below):
            yield f"{case.name}: {said}" if len(found.cases) > 1 else said


def _of_case(case: RecordedCase, row: Row, below: Path) -> Iterator[str]:
    if row.failed:
        said = row.faults[0].message
        if case.is_done:
            yield f"it was done, and fails now: {said}"
        return
    if not case.is_done:
        yield "it had failed, and is done now"
        return
    then = {(os.path.normpath(file.path), file.sha256) for file in case.files}
    for file in row.inputs:
        if (os.path.abspath(file.path), file.sha256) not in then:  # noqa: PTH100
            yield f"{quoted(file.path)} is read now, and was not"
    yield from _values(case.printed, {p.name: property_value(p.value) for p in row.prints})
    asserted: dict[str, Told] = {a.label: a.value for a in row.asserts}
    yield from _values(case.asserted, asserted)
    saved: dict[str, str] = {}
    for place in row.files:
        saved |= saved_digests(place.path)
    now = {f"/{Path(path).relative_to(below)}": (path, digest) for path, digest in saved.items()}
    for recorded in case.saved:
        name = quoted(os.path.relpath(recorded.path))
        path, digest = now.pop(recorded.path, ("", ""))
        if not path:
            yield f"{name} was saved, and is not now"
        elif digest != recorded.sha256 and not _is_same_image(recorded, path):
            yield f"{name} is another: its SHA-256 was {recorded.sha256}, and is {digest}"
        else:
            yield from _as_saved(recorded, name)
    for path in now:
        yield f"{quoted(os.path.relpath(path))} is saved now, and was not"


def _as_saved(recorded: RecordedFile, name: str) -> Iterator[str]:
    """What is to be said of a file that is computed as it was, and may have been changed since."""
    try:
        digest = file_digest(recorded.path)
    except FileNotFoundError:
        return  # who has the record need not have what was saved
    except OSError as failed:
        yield f"{name}, which was saved, cannot be read: {(failed.strerror or str(failed)).lower()}"
        return
    if digest != recorded.sha256:
        yield (
            f"{name} is not what was saved: its SHA-256 was {recorded.sha256}, and is {digest};"
            " what is computed now is the same as then"
        )


def _values(then: Mapping[str, Told], now: Mapping[str, Told]) -> Iterator[str]:
    for name, value in then.items():
        if name not in now:
            yield f"{quoted(name)} was {literal_text(value)}, and is not there now"
        elif (type(value), value) != (type(now[name]), now[name]):
            yield f"{quoted(name)} was {literal_text(value)}, and is {literal_text(now[name])}"
    for name in now.keys() - then.keys():
        yield f"{quoted(name)} is {literal_text(now[name])}, and was not there"


def _is_same_image(then: RecordedFile, path: str) -> bool:
    """Whether a file that is there as recorded holds the image of another one, voxel by voxel.

    Compressed files may have other bytes on another processor.
    """
    import numpy as np

    from voxlogica.images.reading import open_image, read_image

    try:
        if file_digest(then.path) != then.sha256:
            return False
        before, after = (read_image(open_image(name)) for name in (then.path, path))
    except (OSError, ImageFileError):
        return False
    return before.geometry == after.geometry and np.array_equal(
        before.array, after.array, equal_nan=before.array.dtype.kind == "f"
    )
