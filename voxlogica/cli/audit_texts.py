"""The texts of what a run leaves for others, and what these tell of beside its results."""

from __future__ import annotations

import os
import platform
import re
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from voxlogica.cli.options import named
from voxlogica.cli.reporting import defect_message
from voxlogica.dataclass import replace
from voxlogica.engine.cases import Case, Fault, Row
from voxlogica.engine.results import InputFile, Report, Stats
from voxlogica.images.digests import file_digest, saved_digests
from voxlogica.kernels.machine_code import level
from voxlogica.language.parameters import plain
from voxlogica.report.cases_verdict import GatheredPictures
from voxlogica.report.provenance import Circumstances, crate_text, provenance
from voxlogica.running import read_program
from voxlogica.syntax.diagnostics import VoxLogicaError
from voxlogica.version import __version__

_LIBRARIES = ("numpy", "SimpleITK", "pydicom", "imagecodecs", "dask", "lark")


class Told(NamedTuple):
    """What a file tells of.

    Rows, which are gone through more than once; cases that were not carried out; and what rows do
    not have: of programs that ran once, all that they `left`, of cases what was gathered of them.
    """

    rows: Iterable[Row]
    skipped: Sequence[Case]
    left: Report | GatheredPictures
    programs: Sequence[str]
    began: float
    options: Mapping[str, Any]


def _junit(told: Told) -> str:
    from voxlogica.report.junit import junit_xml

    programs = [named([program]) for program in told.programs]
    return junit_xml(programs, told.rows, told.began, told.skipped)


def _crate(told: Told) -> str:
    file = told.options["provenance_file"]
    of = circumstances(told.programs, told.began, file, told.options)
    return crate_text(provenance(told.rows, of, saved_digests))


def _page(told: Told) -> Iterable[str]:
    options = told.options
    of = circumstances(told.programs, told.began, options["page_file"], options)
    if isinstance(told.left, Report):
        from voxlogica.report.page import page

        report = _with_sources(told.left, told.programs)
        is_of_one = "sweeps" not in options
        sliders = is_of_one and not options["no_slider"]
        return page(report, of, saved_digests, sliders=sliders, repeats=is_of_one)
    from voxlogica.report.cases_page import CarriedOut, cases_page

    sweep = [one.name for one in options["sweeps"]]
    seconds = time.time() - told.began
    return cases_page(CarriedOut(told.rows, told.skipped, sweep, told.left, seconds), of)


# By the parameter that has the file's name.
TEXTS: dict[str, Callable[[Told], str | Iterable[str]]] = {
    "junit_file": _junit,
    "provenance_file": _crate,
    "page_file": _page,
}


def _with_sources(report: Report, programs: Sequence[str]) -> Report:
    """The same with the texts of programs, as far as they are there, where it came to none."""
    if report.sources:
        return report
    found = []
    for program in programs:
        with suppress(VoxLogicaError):
            found += [read_program(program)] if program != "-" else []
    read = tuple(InputFile(one.name, one.sha256, "program") for one in found)
    return replace(report, sources=tuple(found), inputs=report.inputs or read)


def as_row(programs: Sequence[str], report: Report | GatheredPictures) -> Row:
    """What came of programs that run once: they are the case."""
    assert isinstance(report, Report)
    return Row.of(Case(0, named(programs), {}), report)


def failure(programs: Sequence[str], broken: Exception) -> tuple[Row, Report]:
    """What is told where there are no cases: of one, and of a run, that has failed."""
    told = broken.diagnostics if isinstance(broken, VoxLogicaError) else [defect_message(broken)]
    errors = tuple(message for message in told if message.severity == "error")
    read: list[InputFile] = []
    for program in programs:
        with suppress(OSError):
            read.append(InputFile(program, file_digest(program), "program"))
    row = Row(
        Case(0, named(programs), {}),
        faults=tuple(map(Fault.of, errors)),
        inputs=tuple(read),
        ended=time.time(),
    )
    return row, Report((), (), errors, Stats())


def origin_of(
    report: Report, programs: Sequence[str], began: float, file: str, options: Mapping[str, Any]
) -> dict[str, Any]:
    """Where results come from, as a file (`-`: one in the working folder) has it."""
    of = circumstances(programs, began, file, options)
    return provenance([as_row(programs, report)], of, saved_digests)


def circumstances(
    programs: Sequence[str], began: float, file: str, options: Mapping[str, Any]
) -> Circumstances:
    """What the rows in a file (`-`: one in the working folder) have in common."""
    folder = os.path.realpath(os.curdir)
    settings = {name: options[name] for name in ("dialect", "compression")}
    libraries = {
        name: (version, f"https://pypi.org/project/{name}/")
        for name, version in versions(_LIBRARIES).items()
    }
    return Circumstances(
        folder if file == "-" else os.path.dirname(os.path.realpath(file)),  # noqa: PTH120
        folder,
        os.path.realpath(Path.home()),
        tuple(named([program]) for program in programs),
        plain(options["definitions"]),
        {name: value for name, value in settings.items() if value is not None},
        began,
        {
            "voxlogica": (__version__, ""),
            "python": (platform.python_version(), "https://www.python.org/"),
            **libraries,
        },
        f"{platform.system()} on {platform.machine()}",
        level(),
    )


def versions(names: Sequence[str]) -> dict[str, str]:
    """The versions of installed packages, by name; PackageNotFoundError where there is none.

    They are read of the names of folders where that suffices: `importlib.metadata` takes 20 ms.
    """
    found: dict[str, str] = {}
    for folder in sys.path:
        for entry in Path(folder).glob("*.dist-info"):
            name, _, version = entry.stem.partition("-")
            found.setdefault(_normal(name), version)
    return {name: found.get(_normal(name)) or _told(name) for name in names}


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "_", name).lower()


def _told(name: str) -> str:
    from importlib.metadata import version

    return version(name)
