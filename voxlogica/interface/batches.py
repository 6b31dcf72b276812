"""Programs run over many cases, from Python: cases in, an iterator of results out."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, Self, TypeAlias
from weakref import finalize

from voxlogica.batch.carrying_out import run_cases
from voxlogica.batch.coming import Feed
from voxlogica.batch.journal import Journal
from voxlogica.engine.memory import memory_with_warnings
from voxlogica.interface.case_result import CaseResult
from voxlogica.interface.case_supply import CaseWork, Images, Supplied, Supply, supplied
from voxlogica.interface.inputs import loads_of, sorted_out, together
from voxlogica.interface.runs import Path, Program, program_texts
from voxlogica.interface.telling import warn
from voxlogica.interface.tracebacks import short
from voxlogica.interface.wrong_arguments import options_suggested, refuse_options, shown
from voxlogica.plan_to_report import Settings
from voxlogica.report.cases_table import Lines
from voxlogica.report.cases_verdict import Verdict
from voxlogica.syntax.diagnostics import VoxLogicaError, warning

if TYPE_CHECKING:
    import pandas as pd

    from voxlogica.engine.cases import Row
    from voxlogica.syntax.ast import Dialect

    Cases: TypeAlias = str | os.PathLike[str] | Iterable[Mapping[str, Any]] | pd.DataFrame

# So many cases are taken beyond those that threads are at; and so many results may wait for that
# of a case before them, which takes longer.
_AHEAD, _MOST_WAITING = 2, 1_000
# Of the cases that failed, so many are named.
_MOST_NAMED = 8


@short
def cases(
    program: Program | None = None,
    /,
    cases: Cases | None = None,
    *,
    text: str | None = None,
    inputs: Mapping[str, Any] | None = None,
    dialect: Dialect | None = None,
    jobs: int | None = None,
    cache: bool | Path = True,
    memory_limit: int | None = None,
    compression: int | None = None,
    strict: bool = False,
    **named: Any,
) -> CaseResults:
    """Run a program for each of many cases: `for result in cases("score.imgql", cases): …`.

    A case is a mapping of names to values, which are as the keywords of `run`: parameters and
    variables, images, arrays, and paths for a `load`. What is None sets nothing, and neither does
    "" or "n/a". Cases are

    - a list of mappings, or a DataFrame: a row is a case, a column a name, and what is missing
      sets nothing;
    - a pattern such as `"data/{CASE}/flair.nii.gz"`, or the path of a table (`.csv`, `.tsv`,
      `.json`, `.jsonl`): as for `voxlogica run --cases`;
    - any other iterable, as a generator that loads arrays: it is asked for the next case when that
      is wanted, in the calling thread, a few ahead of the results.

    A case is called what `case`, in letters of any case, says; else a list's by the columns that
    tell them apart, others by their number from 1. What the programs have no use for is carried
    into the table. Keywords hold in all cases; the options are those of `run`.

    Of a list, a DataFrame, a pattern and a table all is checked before anything runs, and nothing
    runs where something is wrong. What comes from an iterator is checked case by case. A case that
    fails stops no other: its result has the `error`.

    Raises Error where programs or cases are wrong, TypeError for what are no cases.
    """
    options = {"jobs": jobs, "cache": cache, "memory_limit": memory_limit}
    options |= {"compression": compression, "strict": strict}
    refuse_options(inputs=inputs, dialect=dialect, **options)
    chosen = _refuse_other_cases(cases, text)
    programs = program_texts(program, text)
    definitions, common = sorted_out(together(inputs, named), programs, dialect)
    loads = loads_of(programs, dialect)
    work = CaseWork(programs, loads, definitions, common, dialect, strict)
    read = {} if program is None else {source.name: "the program" for source in programs}
    with options_suggested(named):
        supply = supplied(chosen, work, read)
    memory = memory_with_warnings(memory_limit)
    return CaseResults(work, supply, Settings(jobs, cache, *memory, True, compression, strict))


def _refuse_other_cases(cases: object, text: object) -> object:
    """The cases, a path as its text. Raises TypeError, or ValueError, where they are none."""
    if cases is None:
        program = "program, " if text is None else "text=…, cases="
        raise TypeError(f"no cases are given: `cases({program}[{{…}}, {{…}}])`")
    if isinstance(cases, str | os.PathLike):
        path = os.fsdecode(cases)
        if path == "-":
            raise ValueError("cases are a pattern or the path of a table, not standard input")
        return path
    if isinstance(cases, Mapping):
        raise TypeError(
            f"`cases` is a list of mappings, each a case, not {shown(cases)}: one case is `[case]`"
        )
    is_other = isinstance(cases, bytes) or hasattr(cases, "__array_interface__")
    if is_other or not (hasattr(cases, "__iter__") or hasattr(cases, "__getitem__")):
        raise TypeError(f"`cases` is a list of mappings, each a case, not {shown(cases)}")
    return cases


class CaseResults(Iterator[CaseResult]):
    """The results of many cases, in the order of the cases; each is computed when it is due.

    Cases begin when the first result is asked for, and a few are under way ahead. Leaving it as a
    context manager, `close`, and letting go of it stop those: they leave nothing behind. For one
    thread at a time.
    """

    __module__ = "voxlogica"

    def __init__(self, work: CaseWork, supply: Supply, settings: Settings) -> None:
        self._work = work
        self._settings = settings
        self._supply: Iterator[Supplied] | None = supply.cases
        self._notes = supply.notes
        self._failed: list[str] = []
        self._kept = _Kept()
        self._running: _Running | None = _Running(work, supply.number, settings)
        # At the latest at the end of the program, while there are threads that can be waited for.
        finalize(self, self._running.close)

    def __iter__(self) -> Self:
        return self

    @short
    def __next__(self) -> CaseResult:
        running = self._running
        if running is None:
            raise StopIteration
        try:
            row = self._next_row(running)
        except BaseException:
            self.close()
            raise
        if row is None:
            self._end()
            raise StopIteration
        if row.failed:
            self._failed.append(row.case.name)
        return CaseResult(row)

    def _next_row(self, running: _Running) -> Row | None:
        while (row := running.taken()) is None:
            while self._supply is not None and running.has_room:
                # Nothing is held of a case that waits.
                one = next(self._supply, None)
                if one is None:
                    self._supply = None
                    running.end()
                else:
                    running.give(one)
                del one
            row = running.wait()
            if row is None:
                return None
            self._kept.add(row)
        return row

    def _end(self) -> None:
        """Stop, and tell what is doubtful."""
        self.close()
        if self._failed:
            warn([warning(_failures(self._failed))])
        said = self._kept.verdict.warnings.texts(self._kept.verdict.counts.all)
        warn(warning(message.replace("warning ", "", 1)) for message in said)
        queue: SimpleQueue[str] = self._settings.warned
        warn(map(warning, dict.fromkeys(queue.get() for _ in range(queue.qsize()))))

    @short
    def close(self) -> None:
        """Stop what is under way. What is done can still be had as a table."""
        running, self._running = self._running, None
        supply, self._supply = self._supply, None
        if running is not None:
            running.close()
        if isinstance(supply, Generator):
            supply.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def failed(self) -> tuple[str, ...]:
        """The names of the cases that failed, of those that were gone through so far."""
        return tuple(self._failed)

    @property
    def notes(self) -> tuple[str, ...]:
        """What there is to note of the cases, as that a column sets nothing."""
        return self._notes

    @short
    def to_pandas(self) -> pd.DataFrame:
        """The table of all cases, as `--csv` writes it; those that are left are carried out.

        A row is a case: its name and what it was given, what it prints and asserts; which regions
        were `empty` where a measure rests on a rule for that, and its `error`. Numbers are float64,
        truth values bool, or boolean where some are missing. Needs pandas: ModuleNotFoundError.
        """
        try:
            from voxlogica.interface.case_frames import frame_of
        except ModuleNotFoundError as missing:
            if missing.name != "pandas":
                raise
            raise ModuleNotFoundError(
                "`to_pandas` needs pandas, which is not installed: `pip install pandas`",
                name="pandas",
            ) from None
        for _ in self:
            pass
        return frame_of(Lines(self._kept.journal))

    @short
    def __reduce__(self) -> str:
        raise TypeError(
            "a batch stays in its process: what is to be pickled is each of its results"
        )

    def __repr__(self) -> str:
        parts = [f"{len(self._kept.journal)} done"] + (
            [f"{len(self._failed)} failed"] if self._failed else []
        )
        return f"<CaseResults {', '.join(parts)}{'' if self._running else ', ended'}>"


class _Kept:
    """The rows that there are, in a file without a name; and what to tell of them."""

    def __init__(self) -> None:
        self.journal: Journal = Journal(None, "")
        self.verdict: Verdict = Verdict()
        finalize(self, self.journal.close)

    def add(self, row: Row) -> None:
        """Keep a row."""
        self.journal.add(row)
        self.verdict.add(row)


class _Running:
    """Cases under way, each given to those who carry them out, and its row given back in turn."""

    def __init__(self, work: CaseWork, number: int | None, settings: Settings) -> None:
        self._feed: Feed = Feed(number)
        # What gives them refers to nothing else of this.
        images: dict[int, Images | VoxLogicaError] = {}
        self._images = images
        self._rows: Generator[Row, None, None] = run_cases(
            work.programs,
            self._feed,
            settings,
            work.dialect,
            definitions=work.definitions,
            given=lambda case: work.given(images.pop(case.number)),
        )
        self._most = settings.threads + _AHEAD
        self._given = self._back = self._turn = 0
        self._waiting: dict[int, Row] = {}

    @property
    def has_room(self) -> bool:
        """Whether one more case may be given."""
        return self._given - self._back < self._most and self._given - self._turn < _MOST_WAITING

    def give(self, one: Supplied) -> None:
        """One more case."""
        self._images[one.case.number] = one.images
        self._given += 1
        self._feed.give(one.case)

    def end(self) -> None:
        """Those that were given are all."""
        self._feed.end()

    def taken(self) -> Row | None:
        """The row of the case whose turn it is, if it is there."""
        row = self._waiting.pop(self._turn, None)
        self._turn += row is not None
        return row

    def wait(self) -> Row | None:
        """The next row, whosever it is, which waits for its turn; None where all are done."""
        row = next(self._rows, None)
        if row is not None:
            self._back += 1
            self._waiting[row.case.number] = row
        return row

    def close(self) -> None:
        """Stop the cases that are under way, and let go of the images of those that were not."""
        self._rows.close()
        self._images.clear()
        self._waiting.clear()


def _failures(names: Sequence[str]) -> str:
    """That cases failed, and which."""
    listed = ", ".join(names[:_MOST_NAMED]) + (", …" if len(names) > _MOST_NAMED else "")
    several = "1 case failed" if len(names) == 1 else f"{len(names)} cases failed"
    return f"{several}: {listed}; why is in the `error` of each"
