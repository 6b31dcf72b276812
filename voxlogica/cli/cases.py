"""`voxlogica run --cases`: a program over many cases."""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from voxlogica.cli.audits import annotate, audit_files, audited, failure_told
from voxlogica.cli.case_sources import kept_beside, programs_and_cases, refuse_to_replace
from voxlogica.cli.cases_statistics import criterion_of, numbers_told
from voxlogica.cli.files import TABLES, each_its_own, refuse_other_kinds, table_text, whole_file
from voxlogica.cli.interruption import go_through, obey
from voxlogica.cli.options import chosen_cache
from voxlogica.cli.reporting import ASSERTS_FALSE, complaint, refuse
from voxlogica.cli.streams import ReaderGoneError, own_libraries, say, show_text

if TYPE_CHECKING:
    from voxlogica.batch.journal import Journal
    from voxlogica.engine.cases import Case, Row
    from voxlogica.report.case_pictures import Size
    from voxlogica.report.cases_verdict import GatheredPictures, Verdict
    from voxlogica.syntax.source import Source

# So many values of a sweep are told in a page.
_MOST_VALUES = 100


def run_over_cases(programs: tuple[str, ...], cases: str, **options: Any) -> None:
    """Run programs for each case, and write the tables of what came of them."""
    files = _files(programs, cases, options)
    with ExitStack() as open_files:
        write = {
            option: open_files.enter_context(whole_file(file, programs, is_table=True))
            for option, file in files.items()
            if (option, file) != ("--jsonl", "-")  # which is written as rows come
        }
        audit = open_files.enter_context(audited(programs, options))
        summary = open_files.enter_context(whole_file(options["summary_file"], programs))
        obey()
        from voxlogica.allowance import cores
        from voxlogica.report.cases_table import Lines
        from voxlogica.report.cases_verdict import GatheredPictures, Verdict, counted

        own_libraries(options["jobs"] or cores())
        verdict = Verdict()
        with failure_told(programs, audit):
            sources, found = programs_and_cases(programs, cases, options)
            criterion = criterion_of(sources, found, options)
            # Fewer than cases, where they are combinations.
            names = len({case.name for case in found})
            wanted = counted(len(found), names)
            _check_programs(sources, found, options, wanted)
            gathered = GatheredPictures(sources, _command(programs, cases, options))
            with _journal(sources, found, options) as journal:
                with _told_where_rows_are(wanted, journal, verdict):
                    _carry_out(sources, found, options, journal, verdict, gathered)
                    go_through()
                    for option, written in write.items():
                        written(table_text(option, files[option], Lines(journal)))
                    skipped = [case for case in found if case.number not in journal]
                    audit(gathered, journal, skipped)
                    numbers_shown = numbers_told(journal, criterion, options, summary)
                journal.remove()
                _show_verdict(verdict, journal, numbers_shown, len(found), names, options["quiet"])


def _files(programs: Sequence[str], cases: str, options: dict[str, Any]) -> dict[str, str]:
    """The tables to write, by option. Raises UsageError, or OutputError."""
    refuse(
        (
            options.pop("printing") is not None,
            "--print is one value of one run: no --cases then",
        ),
        (
            options["no_slider"],
            "--no-slider is of the page of one run: that of cases has none",
        ),
    )
    if all(options[name] is None for name in TABLES.values()):
        options["csv_file"] = "-"
    tables = {o: options[name] for o, name in TABLES.items() if options[name] is not None}
    kept = kept_beside(options)
    journal = {} if kept is None else {f"the journal of {kept.option}": str(kept.path)}
    reports = {**audit_files(options), "--summary": options["summary_file"]}
    each_its_own({**tables, **reports, **journal})
    refuse_to_replace(cases, options)
    refuse_other_kinds(tables)
    return tables


def _command(programs: Sequence[str], cases: str, options: Mapping[str, Any]) -> str:
    """How the same is carried out again, but for what is written of it."""
    from shlex import join

    from voxlogica.language.parameters import plain
    from voxlogica.report.provenance import command

    parts = ["--cases", cases]
    for one in options["sweeps"]:
        more = ["…"] if len(one.values) > _MOST_VALUES else []
        parts += ["--sweep", f"{one.name}={','.join([*one.values[:_MOST_VALUES], *more])}"]
    if options["shard"] is not None:
        parts += ["--shard", f"{options['shard'].which}/{options['shard'].of}"]
    for name in ("only_failed", "dialect", "compression"):
        if options[name] is not None:
            parts += [f"--{name.replace('_', '-')}", str(options[name])]
    return f"{command(programs, plain(options['definitions']))} {join(parts)}"


def _check_programs(
    programs: Sequence[Source], cases: Sequence[Case], options: Mapping[str, Any], wanted: str
) -> None:
    """Raise the errors that no case is without: a table of them alone would replace a good one."""
    from voxlogica.batch.wrong_in_all import wrong_in_all
    from voxlogica.dataclass import replace
    from voxlogica.syntax.diagnostics import Note, VoxLogicaError

    given = options["definitions"], options["dialect"]
    if wrong := wrong_in_all(programs, cases, *given, strict=options["strict"]):
        note = Note(f"so for {wanted}, of which none was carried out")
        raise VoxLogicaError([replace(error, notes=(*error.notes, note)) for error in wrong])


def _size(cases: int) -> Size | None:
    from voxlogica.report.case_pictures import size_of

    return size_of(cases)


@contextmanager
def _journal(
    programs: Sequence[Source], cases: Sequence[Case], options: dict[str, Any]
) -> Iterator[Journal]:
    """The journal beside the table; the errors about it as others are."""
    from voxlogica.batch.journal import Journal, JournalError
    from voxlogica.batch.unchanged import unchanged

    kept = kept_beside(options)
    table = None if kept is None else Path(kept.table).resolve()
    try:
        with Journal(table, _work(programs, cases, options), unchanged()) as journal:
            if journal.aside is not None:
                said = f"rows of another command, or of other files, are in {journal.aside} now"
                print(f"note: {said}: `voxlogica merge` makes a table of them", file=sys.stderr)
            yield journal
    except JournalError as failed:
        raise complaint(str(failed), failed.hint) from failed


def _work(programs: Sequence[Source], cases: Sequence[Case], options: dict[str, Any]) -> str:
    """What is carried out, in a word, but for the files that programs read."""
    from hashlib import sha256

    from voxlogica.version import __version__

    settings = [__version__, options["dialect"], options["strict"]]
    told = [[p.text for p in programs], [*options["definitions"].items()], settings]
    work = sha256(repr(told).encode("utf-8"))
    for case in cases:
        work.update(repr((case.number, case.name, [*case.columns.items()])).encode("utf-8"))
    return work.hexdigest()


def _carry_out(
    programs: Sequence[Source],
    cases: Sequence[Case],
    options: Mapping[str, Any],
    journal: Journal,
    verdict: Verdict,
    gathered: GatheredPictures,
) -> None:
    """Have all cases carried out, and each row kept as it comes."""
    from voxlogica.batch.carrying_out import run_cases
    from voxlogica.cli.progress import watching_cases
    from voxlogica.engine.memory import memory_with_warnings
    from voxlogica.plan_to_report import Settings
    from voxlogica.report.cases_table import json_lines, line_of

    is_writing = options["jsonl_file"] == "-"
    following = deque(case.number for case in cases) if is_writing else deque()

    def say_next() -> None:
        say("".join(json_lines([line_of(journal.row(following.popleft()))])))

    settings = Settings(
        options["jobs"],
        chosen_cache(options["cache"], options["no_cache"]),
        *memory_with_warnings(options["memory_limit"]),
        options["rewrites"],
        options["compression"],
        options["strict"],
        pictures=_size(len(cases)) if options["page_file"] is not None else None,
        cluster=options["cluster"],
    )
    quiet, verbose = options["quiet"], options["verbose"]
    with watching_cases(quiet, verbose, len(cases), is_writing=is_writing) as observe:
        rows = run_cases(
            programs,
            cases,
            settings,
            options["dialect"],
            definitions=options["definitions"],
            observe=observe,
        )
        with closing(rows):
            for row in rows:
                verdict.add(row)
                gathered.add(row)
                journal.add(row)
                while following and following[0] in journal:
                    say_next()
                if row.failed and options["fail_fast"]:
                    break
    # What comes after cases that were stopped.
    following = deque(number for number in following if number in journal)
    while following:
        say_next()
    said = dict.fromkeys(settings.warned.get() for _ in range(settings.warned.qsize()))
    show_text(*(f"warning: {message}" for message in said if not quiet))


@contextmanager
def _told_where_rows_are(wanted: str, journal: Journal, verdict: Verdict) -> Iterator[None]:
    """Tells whoever stops the run, or finds it stopped, where its rows are and how it goes on."""
    from voxlogica.syntax.diagnostics import VoxLogicaError

    try:
        yield
    except ReaderGoneError:
        raise
    except BaseException as problem:
        if isinstance(problem, VoxLogicaError) and not len(journal):
            raise  # nothing was begun
        print(f"{len(journal)} of {wanted} are done", file=sys.stderr)
        if journal.path is not None and len(journal):
            rows = f"`voxlogica merge {journal.path}` makes a table of their rows"
            print(f"  = {rows}", file=sys.stderr)
        for how in _goes_on(len(journal), verdict.kept, journal.path):
            print(f"  = {how}", file=sys.stderr)
        raise


def _goes_on(done: int, kept: int, journal: Path | None) -> Iterator[str]:
    """How a run that was stopped goes on, of which so many rows are done, and kept in the store."""
    again = done - kept
    if kept:
        but = f"; {again} of them {'is' if again == 1 else 'are'} carried out again"
        yield f"the same command goes on from there{but if again > 0 else ''}"
    elif done:
        yield "the same command carries them out again: the store has none of them"
        if journal is not None:
            yield f"with `--only-failed {journal}`, into another table, it carries out the others"


def _show_verdict(
    verdict: Verdict,
    rows: Iterable[Row],
    numbers_shown: Callable[[], bool],
    wanted: int,
    names: int,
    quiet: bool,
) -> None:
    """Tell what came of the cases, and end with the exit status that says so."""
    counts = verdict.counts
    if not quiet:
        show_text(*verdict.warnings.texts(counts.all))
        for said in verdict.notes:
            print(f"note: {said}", file=sys.stderr)
    is_told = numbers_shown()
    show_text(*verdict.errors.texts(counts.all))
    annotate(rows, warnings=not quiet)
    if not quiet or counts.done < wanted:
        print(counts.text(wanted, names), file=sys.stderr)
    if counts.failed or not is_told:
        raise click.exceptions.Exit(1)
    if counts.false:
        raise click.exceptions.Exit(ASSERTS_FALSE)
