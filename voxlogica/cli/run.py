"""`voxlogica run`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from time import time
from typing import TYPE_CHECKING, Any

import click

from voxlogica.cli.audits import (
    audit_files,
    audit_options,
    audited,
    get_page_ready,
    take_audits,
)
from voxlogica.cli.cases_options import CASES_OPTIONS, cases_options, only_with_cases
from voxlogica.cli.cluster_options import chosen_cluster, cluster_options
from voxlogica.cli.files import TRACE, each_its_own, is_same_file, whole_file
from voxlogica.cli.interruption import go_through, is_interruption, obey
from voxlogica.cli.options import (
    WholeNumber,
    chosen_cache,
    file_to_write,
    given,
    jobs_option,
    json_option,
    keeping_options,
    programs_argument,
    reading_options,
    rewrites_option,
    strict_option,
)
from voxlogica.cli.reporting import ASSERTS_FALSE, WritingCommand, defect_message, refuse, reporting
from voxlogica.cli.streams import OutputError, own_libraries, say, show

if TYPE_CHECKING:
    from voxlogica.engine.events import Event, Observer
    from voxlogica.engine.results import Report
    from voxlogica.report.trace import Trace
    from voxlogica.syntax.diagnostics import Diagnostic


# So many bytes of saved images stay in memory, where a page is to show them.
_KEPT = 1 << 30


@click.command(
    cls=WritingCommand,
    epilog="""\b
Examples:
  voxlogica run glioma.imgql
  voxlogica run glioma.imgql -D INPUTDIR=data -D NAME=case_001
  voxlogica run a.imgql b.imgql          what both need is computed once
  voxlogica run volume.imgql --json -    all about the run, for scripts
  sed s/flair/t1/ a.imgql | voxlogica run -    a program from standard input
  dice=$(voxlogica run -q --print dice score.imgql)    one value alone
  voxlogica run score.imgql --cases '{CASE}/t1.nii.gz' --csv scores.csv
  voxlogica run score.imgql --cases '{CASE}/t1.nii.gz' --csv scores.csv \\
    --scheduler tcp://host:8786    the same, by workers of a cluster

Exit status: 0 done; 1 a program is wrong, or failed, be it for one case; 2 wrong usage; 3 done, but
an assertion is false; 130 interrupted.
When a run fails, nothing is printed or written; when a case does, the table says so.""",
)
@programs_argument
@cases_options
@jobs_option
@cluster_options
@json_option(
    "Write results, messages and statistics to FILE, also when the run fails; with `-`, to standard"
    " output, instead of the printed lines."
)
@audit_options
@keeping_options
@click.option(
    "--compression",
    type=WholeNumber(0, 9),
    metavar="LEVEL",
    help="How hard .nii.gz files are compressed, from 0 (not at all) to 9; 2 by default. Levels"
    " from 4 on take ten times as long, and save a few per cent.",
)
@rewrites_option
@strict_option
@reading_options
@click.option(
    "--trace",
    "trace_file",
    metavar="FILE",
    callback=file_to_write,
    help="Write what was done when, by which thread, to FILE in the format of Chrome's traces,"
    " which https://ui.perfetto.dev shows; also when the run fails or is interrupted.",
)
@click.option(
    "--print",
    "printing",
    metavar="LABEL",
    help="Of all that is printed, write the value of LABEL alone, without the label.",
)
@click.option(
    "--watch",
    is_flag=True,
    help="Run again whenever a program, library or image that was read has changed, and tell what"
    " is otherwise. Ctrl-C ends it.",
)
@click.option("-q", "--quiet", is_flag=True, help="Neither progress nor warnings.")
@click.option("-v", "--verbose", is_flag=True, help="Tell of each operation, with its seconds.")
@reporting
def run(
    programs: tuple[str, ...],
    json_file: str | None,
    printing: str | None,
    cache: str | None,
    no_cache: bool,
    quiet: bool,
    verbose: bool,
    cases: str | None,
    trace_file: str | None,
    watch: bool,
    **options: Any,
) -> None:
    """Run programs: print what they print, save what they save.

    Several programs run as one. `label=value` lines go to standard output in program order, all
    else to standard error. Lines are printed and files appear only when everything has succeeded.
    """
    other = "--cases" if cases is not None else "a program from standard input"
    refuse(
        (quiet and verbose, "-q and -v exclude each other"),
        (
            watch and (cases is not None or "-" in programs),
            f"--watch runs programs again when files change: not with {other}",
        ),
        (None not in (cases, trace_file), "--trace is of one run: not with --cases"),
    )
    cluster = chosen_cluster(options, quiet)
    if cases is not None:
        from voxlogica.cli.cases import run_over_cases

        options |= {"json_file": json_file, "printing": printing, "cluster": cluster}
        options |= {"cache": cache, "no_cache": no_cache, "quiet": quiet, "verbose": verbose}
        run_over_cases(programs, cases, **options)
        return
    only_with_cases(options, CASES_OPTIONS)
    audits = take_audits(options)
    files = {"--json": json_file, "--trace": trace_file, **audit_files(audits)}
    each_its_own(files)
    instead = next((option for option, file in files.items() if file == "-"), None)
    said = f"`{instead} -` takes the place of what is printed: no `--print` then"
    refuse((printing is not None and instead, said))
    options |= {"cache": chosen_cache(cache, no_cache), "printing": printing, "cluster": cluster}
    once = partial(_run, programs, audits, files, quiet, verbose, options)
    if watch:
        from voxlogica.cli.watching import watch_runs

        watch_runs(programs, once)
    report = once()
    if report.false_asserts:
        show(report.false_asserts)
        raise click.exceptions.Exit(ASSERTS_FALSE)


def _run(
    programs: tuple[str, ...],
    audits: Mapping[str, Any],
    files: Mapping[str, str | None],
    quiet: bool,
    verbose: bool,
    options: dict[str, Any],
) -> Report:
    """Run programs once, and write what came of them: what is printed, and all `files`, by option.

    `options` are those of `running.run`. Raises RunError, or OutputError.
    """
    began, json_file = time(), files["--json"]
    with (
        whole_file(json_file, programs) as write_json,
        whole_file(files["--trace"], programs, mark=TRACE) as write_trace,
        audited(programs, {**audits, **options}) as audit,
    ):
        from voxlogica import running
        from voxlogica.cli.progress import watching
        from voxlogica.engine.events import Concluding, Started
        from voxlogica.report.run_json import report_json

        trace = _trace() if files["--trace"] else None

        def write_reports(report: Report) -> None:
            origin = None
            if json_file:
                from voxlogica.cli.audit_texts import origin_of

                origin = origin_of(report, programs, began, json_file, options)
            write_json(report_json(report, origin))
            audit(report, None, ())
            if trace is not None:
                write_trace(trace.text(report))

        own_libraries(options["jobs"])
        with _told_whatever_comes(write_reports) as note, watching(quiet, verbose) as observe:
            to_show = files["--report"] is not None

            def observed(event: Event) -> None:
                if to_show and isinstance(event, Started):
                    get_page_ready()
                if isinstance(event, Concluding):
                    _check_reports(files, event.paths)
                    go_through()
                if any(files.values()):
                    note(event)
                if trace is not None:
                    trace(event)
                observe(event)

            report = running.run(
                given(programs),
                observe=observed,
                keeps_images=_KEPT if to_show else 0,
                keeps_origin=to_show,
                **options,
            )
        # First, so that nothing is printed when the report cannot be written.
        write_reports(report)
        if "-" not in files.values():
            say(_printed(report, options["printing"]))
    return report


def _trace() -> Trace:
    from voxlogica.report.trace import Trace

    return Trace()


def _printed(report: Report, label: str | None) -> str:
    """What goes to standard output: a line for each value, or that of a label alone."""
    from voxlogica.syntax.printer import value_text

    if label is None:
        return "".join(f"{p.name}={value_text(p.value)}\n" for p in report.prints)
    named = (p for p in report.prints if label in (p.name, p.written))
    return "".join(f"{value_text(p.value)}\n" for p in named)


def _check_reports(files: Mapping[str, str | None], saved: tuple[str, ...]) -> None:
    """Raise OutputError where a report would take the place of what the program saves."""
    from voxlogica.images.formats import TEXTS, suffix_of

    for file in filter(None, files.values()):
        for path in saved:
            if is_same_file(path, file):
                what = "a table" if suffix_of(path) in TEXTS else "an image"
                raise OutputError.refusing(file, f"the program saves {what} there")


@contextmanager
def _told_whatever_comes(write: Callable[[Report], None]) -> Iterator[Observer]:
    """Writes the reports of a run that fails, or is interrupted, of what the observer was told."""
    # What the reports of an interrupted run need is imported before it can be interrupted.
    from voxlogica.engine.events import Warned
    from voxlogica.engine.results import Report, RunError
    from voxlogica.engine.tally import Tally
    from voxlogica.syntax.diagnostics import error

    tally = Tally()
    told: list[Diagnostic] = []

    def note(event: Event) -> None:
        tally(event)
        if isinstance(event, Warned):
            told.append(event.diagnostic)

    try:
        obey()
        yield note
    except RunError as failed:
        write(failed.report)
        raise
    except OutputError:
        raise
    except BaseException as broken:
        interrupted = is_interruption(broken)
        if interrupted or isinstance(broken, Exception):
            last = error("interrupted") if interrupted else defect_message(broken)
            write(Report((), (), (*told, last), tally.stats(), interrupted=interrupted))
        raise
