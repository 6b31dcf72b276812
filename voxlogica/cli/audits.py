"""What a run leaves for others than its author: CI systems, and who looks into it later."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import click

from voxlogica.cli.options import file_to_write, together
from voxlogica.cli.own_files import PAGE
from voxlogica.cli.programs import named
from voxlogica.cli.streams import in_a_workflow, is_same_file, report_file

if TYPE_CHECKING:
    from voxlogica.engine.cases import Case, Row
    from voxlogica.engine.events import Event, Observer
    from voxlogica.engine.results import Report
    from voxlogica.report.cases_gathered import Gathered
    from voxlogica.report.provenance import Circumstances
    from voxlogica.syntax.diagnostics import Diagnostic


class Audit(Protocol):
    """Writes what is to be told, where any file is to be written.

    That is told of rows, which it is given a function for, as they are gone through more than once;
    of cases that were not carried out; and of what rows do not have: of programs that ran once, all
    that they `left`, of cases what was gathered of them.
    """

    def __call__(
        self,
        rows: Callable[[], Iterable[Row]],
        skipped: Sequence[Case],
        left: Report | Gathered | None = None,
    ) -> None:
        """Write the files."""


audit_options = together(
    click.option(
        "--junit",
        "junit_file",
        metavar="FILE",
        callback=file_to_write,
        help="Write what came of the run to FILE as JUnit's XML, for CI systems: a false assertion"
        " is a failure, a case that failed an error.",
    ),
    click.option(
        "--provenance",
        "provenance_file",
        metavar="FILE",
        callback=file_to_write,
        help="Write where results come from to FILE, an RO-Crate: digests of what was read and"
        " saved, parameters, versions, times. `voxlogica verify FILE` computes it again.",
    ),
    click.option(
        "--report",
        "page_file",
        metavar="FILE",
        callback=file_to_write,
        help="Write a page to look at and hand on to FILE, one HTML file: prints, assertions, what"
        " was saved as pictures over its scan, the program, the plan, what it takes to repeat it.",
    ),
    click.option(
        "--no-slider",
        "no_slider",
        is_flag=True,
        help="With --report, still pictures alone: the page is smaller, and made sooner.",
    ),
)


class _Told(NamedTuple):
    """What a file tells of."""

    rows: Iterable[Row]
    skipped: Sequence[Case]
    programs: Sequence[str]
    began: float
    options: Mapping[str, Any]
    left: Report | Gathered | None


def _junit(told: _Told) -> str:
    from voxlogica.report.junit import junit_xml

    programs = [named([program]) for program in told.programs]
    return junit_xml(programs, told.rows, told.began, told.skipped)


def _crate(told: _Told) -> str:
    from voxlogica.report.provenance import crate_text

    file = told.options["provenance_file"]
    return crate_text(crate(told.rows, told.programs, told.began, file, told.options))


def _page(told: _Told) -> Iterable[str]:
    from voxlogica.engine.results import Report
    from voxlogica.images.digests import saved_digests

    options = told.options
    of = circumstances(told.programs, told.began, options["page_file"], options)
    if isinstance(told.left, Report):
        from voxlogica.report.page import page

        report = _with_sources(told.left, told.programs)
        is_of_one = "sweeps" not in options
        sliders = is_of_one and not options["no_slider"]
        return page(report, of, saved_digests, sliders=sliders, repeats=is_of_one)
    from voxlogica.report.cases_gathered import Gathered
    from voxlogica.report.cases_page import Cases, cases_page

    sweep = [one.name for one in options["sweeps"]]
    seconds = time.time() - told.began
    return cases_page(Cases(told.rows, told.skipped, sweep, told.left or Gathered(), seconds), of)


def _with_sources(report: Report, programs: Sequence[str]) -> Report:
    """The same with the texts of programs, as far as they are there, where it came to none."""
    from voxlogica.dataclass import replace
    from voxlogica.engine.results import InputFile
    from voxlogica.running import read_program
    from voxlogica.syntax.diagnostics import VoxLogicaError

    if report.sources:
        return report
    found = []
    for program in programs:
        with suppress(VoxLogicaError):
            found += [read_program(program)] if program != "-" else []
    read = tuple(InputFile(one.name, one.sha256, "program") for one in found)
    return replace(report, sources=tuple(found), inputs=report.inputs or read)


# What is written of rows: by the parameter that has the file's name, the option, and the text.
_AUDITS: dict[str, tuple[str, Callable[[_Told], str | Iterable[str]]]] = {
    "junit_file": ("--junit", _junit),
    "provenance_file": ("--provenance", _crate),
    "page_file": ("--report", _page),
}
# Of what replaces its own kind only: what it is told by.
_MARKS = {"page_file": PAGE}


def take_audits(options: dict[str, Any]) -> dict[str, Any]:
    """Take what is for audits alone out of a command's options."""
    return {name: options.pop(name) for name in (*_AUDITS, "no_slider")}


def audit_files(options: Mapping[str, Any]) -> dict[str, str | None]:
    """The files that are to be written, by option."""
    return {option: options[name] for name, (option, _) in _AUDITS.items()}


@contextmanager
def audited(programs: Sequence[str], options: Mapping[str, Any]) -> Iterator[Audit]:
    """Gives what writes the files that the options ask for, which appear whole or not at all.

    Raises OutputError, or UsageError.
    """
    began = time.time()
    if options["no_slider"] and options["page_file"] is None:
        raise click.UsageError("--no-slider is of a page, which `--report FILE` writes")
    with ExitStack() as files:
        write = {
            name: files.enter_context(report_file(options[name], programs, _MARKS.get(name, b"")))
            for name in _AUDITS
            if options[name] is not None
        }

        def audit(
            rows: Callable[[], Iterable[Row]],
            skipped: Sequence[Case],
            left: Report | Gathered | None = None,
        ) -> None:
            for name, written in write.items():
                told = _Told(rows(), skipped, programs, began, options, left)
                written(_AUDITS[name][1](told))

        yield audit


def as_row(programs: Sequence[str], report: Report) -> Row:
    """What came of programs that run once: they are the case."""
    from voxlogica.engine.cases import Case, Row

    return Row.of(Case(0, named(programs), {}), report)


def getting_ready(options: Mapping[str, Any]) -> Observer:
    """What begins to import what a page needs, if one is to be written, once kernels are at work.

    They leave Python to others meanwhile.
    """
    from voxlogica.engine.events import Started

    is_due = options["page_file"] is not None

    def observe(event: Event) -> None:
        nonlocal is_due
        if is_due and isinstance(event, Started):
            from importlib import import_module
            from threading import Thread

            is_due = False
            Thread(target=import_module, args=["voxlogica.report.page"], daemon=True).start()

    return observe


@contextmanager
def failure_told(programs: Sequence[str], audit: Audit) -> Iterator[None]:
    """Writes that there are no rows, where they do not come to be: with what is wrong instead."""
    from voxlogica.cli.interruption import is_interruption

    try:
        yield
    except (click.ClickException, click.exceptions.Exit):
        raise
    except Exception as broken:
        if not is_interruption(broken):
            told = _errors(broken)
            row = _failed_row(programs, told)
            audit(lambda: [row], (), _failed_report(told))
        raise


def _errors(broken: Exception) -> list[Diagnostic]:
    from voxlogica.cli.reporting import defect_message
    from voxlogica.syntax.diagnostics import VoxLogicaError

    told = broken.diagnostics if isinstance(broken, VoxLogicaError) else [defect_message(broken)]
    return [message for message in told if message.severity == "error"]


def _failed_report(told: Sequence[Diagnostic]) -> Report:
    """What a page is of where there are no cases: as that of a run that has failed."""
    from voxlogica.engine.results import Report, Stats

    return Report((), (), tuple(told), Stats())


def _failed_row(programs: Sequence[str], told: Sequence[Diagnostic]) -> Row:
    from voxlogica.engine.cases import Case, Fault, Row
    from voxlogica.engine.results import InputFile
    from voxlogica.images.digests import file_digest

    read: list[InputFile] = []
    for program in programs:
        with suppress(OSError):
            read.append(InputFile(program, file_digest(program), "program"))
    faults = tuple(map(Fault.of, told))
    case = Case(0, named(programs), {})
    return Row(case, faults=faults, inputs=tuple(read), ended=time.time())


def annotate(rows: Iterable[Row], *, warnings: bool = True) -> None:
    """Tell GitHub what is wrong with cases, in a step of a workflow."""
    if in_a_workflow():
        from voxlogica.report.annotations import row_annotations

        root = os.environ.get("GITHUB_WORKSPACE", "")
        for line in row_annotations(rows, root, warnings=warnings):
            print(line, file=sys.stderr)


def each_its_own(files: Mapping[str, str | None]) -> None:
    """Raise UsageError where two options name one file to write; standard output is one, too."""
    given = [(option, file) for option, file in files.items() if file is not None]
    for i, (option, file) in enumerate(given):
        for other, its in given[:i]:
            if file == its or is_same_file(file, its):
                where = "standard output" if file == "-" else file
                raise click.UsageError(f"{other} and {option} both write to {where}")


def crate(
    rows: Iterable[Row],
    programs: Sequence[str],
    began: float,
    file: str,
    options: Mapping[str, Any],
) -> dict[str, Any]:
    """Where the results in rows come from, as a file (`-`: one in the working folder) has it."""
    from voxlogica.images.digests import saved_digests
    from voxlogica.report.provenance import provenance

    return provenance(rows, circumstances(programs, began, file, options), saved_digests)


def circumstances(
    programs: Sequence[str], began: float, file: str, options: Mapping[str, Any]
) -> Circumstances:
    """What the rows in a file (`-`: one in the working folder) have in common."""
    import platform
    from pathlib import Path

    from voxlogica.cli.installed import versions
    from voxlogica.kernels.machine_code import level
    from voxlogica.language.parameters import plain
    from voxlogica.report.provenance import Circumstances
    from voxlogica.version import __version__

    folder = os.path.realpath(os.curdir)
    libraries = ("numpy", "SimpleITK", "pydicom", "imagecodecs", "dask", "lark")
    settings = {name: options[name] for name in ("dialect", "compression")}
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
            **{
                name: (version, f"https://pypi.org/project/{name}/")
                for name, version in versions(libraries).items()
            },
        },
        f"{platform.system()} on {platform.machine()}",
        level(),
    )
