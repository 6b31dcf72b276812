"""`voxlogica verify`: a run computed again from the record of where its results came from."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, chdir, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from voxlogica.cli.options import jobs_option
from voxlogica.cli.reporting import complaint, reporting
from voxlogica.cli.streams import complain, own_libraries, reason, say

if TYPE_CHECKING:
    from voxlogica.report.recorded import Recorded


@click.command(
    epilog="""\b
Examples:
  voxlogica run glioma.imgql --provenance ro-crate-metadata.json
  voxlogica verify ro-crate-metadata.json

Exit status: 0 all is the same; 1 something differs, or cannot be computed; 2 wrong usage."""
)
@click.argument("file", metavar="FILE", type=click.Path(readable=False))
@jobs_option
@click.option("--debug", is_flag=True, help="Show Python's traceback of a defect.")
@reporting
def verify(file: str, jobs: int | None) -> None:
    """Compute again what a run gave, and compare.

    FILE is what `run --provenance` wrote. First what the run read, programs, libraries and images,
    is compared with what is there now. Then all is computed, without kept results, in a temporary
    folder; nothing that the run saved is replaced. Printed values, assertions and the digests of
    files must be the same, and those of the files that the run has saved, as far as they are here.
    """
    from os.path import lexists as is_there
    from tempfile import TemporaryDirectory

    from voxlogica.batch.verifying import changed_inputs, computed_again, differences
    from voxlogica.images.errors import quoted
    from voxlogica.running import read_program

    own_libraries(jobs)
    path = Path(os.path.realpath(file))
    found = _record(path, file)
    with _working_folder(path, found), TemporaryDirectory(prefix="voxlogica-verify-") as below:
        told = [*changed_inputs(found)]
        if not told:
            there = Path(os.path.realpath(below))
            files = found.cases[0].of_kind("program")
            programs = [read_program(os.path.relpath(file.path)) for file in files]
            rows = [*computed_again(found, programs, jobs, there)]
            told = [*differences(found, rows, there)]
    for said in told:
        complain(said)
    if told:
        raise click.exceptions.Exit(1)
    if absent := [file for case in found.cases for file in case.saved if not is_there(file.path)]:
        first, more = quoted(os.path.relpath(absent[0].path)), len(absent) - 1
        others = f" and {more} more are" if more else " is"
        click.echo(f"note: {first}{others} not here: compared with the record alone", err=True)
    say(_summary(found))


def _record(path: Path, file: str) -> Recorded:
    """What a file says of a run. Raises VoxLogicaError."""
    from voxlogica.report.provenance import METADATA
    from voxlogica.report.recorded import RecordError, recorded
    from voxlogica.version import __version__

    path = path / METADATA if path.is_dir() else path
    try:
        text = path.read_bytes().decode()
        found = recorded(text, str(path.parent), os.path.realpath(Path.home()))
    except OSError as failed:
        raise complaint(f"cannot read {file}: {reason(failed)}") from None
    except ValueError as wrong:
        said = str(wrong) if isinstance(wrong, RecordError) else "it is no text in UTF-8"
        hint = "`voxlogica run PROGRAM --provenance FILE` writes one"
        raise complaint(f"{file} is no record of a run: {said}", hint=hint) from None
    then = found.software["voxlogica"]
    if then != __version__:
        click.echo(f"note: that was voxlogica {then}, this is {__version__}", err=True)
    return found


@contextmanager
def _working_folder(path: Path, found: Recorded) -> Iterator[None]:
    """Be in the folder that was the working one, as seen from the record. Raises VoxLogicaError."""
    root = path if path.is_dir() else path.parent
    folder = root / str(found.cases[0].settings.get("working folder", "."))
    with ExitStack() as there:
        try:
            there.enter_context(chdir(folder))
        except OSError as failed:
            said = f"the run's working folder {folder} is not there: {reason(failed)}"
            raise complaint(said) from None
        yield


def _summary(found: Recorded) -> str:
    counts = {
        "case": len(found.cases),
        "value": sum(len(case.printed) + len(case.asserted) for case in found.cases),
        "file": sum(len(case.saved) for case in found.cases),
    }
    told = [f"{number} {word}{'s' * (number != 1)}" for word, number in counts.items()]
    return f"the same: {told[0]} computed again, {told[1]} and {told[2]} compared\n"
