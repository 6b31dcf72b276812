"""Rows that earlier runs have left in the store: a case that is the same is not carried out again.

A row is kept under a digest of all that it rests on: what the goals of the case's plan are, and the
ids of their operations, which cover the contents of files; the texts that messages quote; and what
was said while the case was planned. So it is a case's own whatever its name, and however it came by
its parameters. One that has failed is not kept. What a case saved is looked at: where a file is
gone, or was changed, the case is carried out.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING, Any

from voxlogica.batch.row_text import RowTextError, row_line, row_of
from voxlogica.dataclass import replace
from voxlogica.engine.cases import Case, Row
from voxlogica.engine.results import InputFile
from voxlogica.engine.store_rows import Result
from voxlogica.engine.store_writer import Put, StoreWriter
from voxlogica.images.placed import Placed
from voxlogica.language.planning import FinishedPlan
from voxlogica.language.workplan import Assert, Goal, Save, Show
from voxlogica.operators.literals import LOAD
from voxlogica.plan_to_report import Settings
from voxlogica.syntax.diagnostics import Diagnostic, render
from voxlogica.syntax.source import Source, Span
from voxlogica.version import __version__

if TYPE_CHECKING:
    from voxlogica.report.case_pictures import Size

# Changed when rows come to hold something else for the same plan.
_FORM = "rows 4"


def key_of(
    finished: FinishedPlan,
    sources: Iterable[Source],
    said: Iterable[Diagnostic],
    settings: Settings,
) -> bytes:
    """The id under which the store has the row of a case: of its plan, and what was said of it."""
    plan = finished.plan
    needed = [plan.kinds[position] for position in plan.needed()]
    loaded: list[Any] = [kind.constants[0] for kind in needed if kind.operator is LOAD]
    parts: list[Any] = [
        _FORM,
        __version__,
        [settings.rewrites, settings.strict, settings.level, str(settings.below)],
        [[source.name, source.text] for source in sources],
        [render(diagnostic) for diagnostic in said],
        [
            [*_goal(goal), plan.ids[goal.node].hex(), str(plan.kinds[goal.node].type)]
            for goal in plan.goals
            if not isinstance(goal, Show)  # which is for pictures, and no result of the case
        ],
        # The same content may be in another file, of which messages tell.
        [file.path for file in loaded],
        [[_placed(doubt.place.span), len(doubt.asked)] for doubt in finished.doubts],
    ]
    return hashlib.sha256(json.dumps(parts, separators=(",", ":")).encode()).digest()


def _goal(goal: Goal) -> list[Any]:
    """What a goal is, beside the operation that it asks for."""
    found: list[Any] = [goal.word, goal.label if not isinstance(goal, Save) else ""]
    if isinstance(goal, Save):
        found += [goal.path, str(goal.place), goal.labels, goal.colour]
    if isinstance(goal, Assert):
        found += [
            [part.operator, part.arguments, part.element, part.in_order, _placed(part.place.span)]
            for part in goal.parts
        ]
    return [*found, getattr(goal, "written", ""), _placed(goal.span)]


def _placed(span: Span) -> list[Any]:
    return [span.source.name, span.start, span.end]


class StoredRows:
    """The rows in a store. Safe for any thread.

    Where `pictures` are wanted, rows are kept with them, and one that has none of that size is as
    if it were not there.
    """

    def __init__(self, writer: StoreWriter, pictures: Size | None = None) -> None:
        self._writer = writer
        self._pictures = pictures

    def replayed(self, key: bytes, case: Case, inputs: tuple[InputFile, ...]) -> Row | None:
        """The row of a case, if the store has it, and the files that it saved are as they were.

        The same contents may have been read from other `inputs`.
        """
        store = self._writer.store
        found = store.read(key, lambda value: isinstance(value, str))
        if not isinstance(found, str):
            return None
        row = _read(found, self._pictures)
        if row is None or row.failed or not _are_there(row):
            # In its place comes what is carried out now.
            store.drop_wrong([key], tell=False)
            return None
        return replace(row, case=case, replayed=True, kept=True, inputs=inputs)

    def keep(self, key: bytes, row: Row, tell_of: Callable[[Row], None]) -> None:
        """Keep a row whose files are in place, and tell of it when it is kept, or cannot be."""
        parts = [json.dumps([file.placed for file in row.files]), row_line(row)]
        if self._pictures is not None:
            parts += [json.dumps(self._pictures), row.pictures]
        result = Result(key, "\n".join(parts), "row", row.seconds)
        told = partial(tell_of, replace(row, kept=True))
        if not self._writer.put(result, lambda: Put(result, told)):
            tell_of(row)


def _with_files(row: Row, placed: list[list[list[Any]]]) -> Row:
    """A row with what was put in place of each of its files."""
    files = [
        file._replace(placed=tuple(Placed(*one) for one in own))
        for file, own in zip(row.files, placed, strict=True)
    ]
    return replace(row, files=tuple(files))


def _read(kept: str, pictures: Size | None) -> Row | None:
    """The row in a text of the store; None where it has no such pictures, or that is no row."""
    files, line, size, drawn = (*kept.split("\n", 3), "", "", "")[:4]
    try:
        row = _with_files(row_of(line), json.loads(files))
        if pictures is None:
            return row
        if size != json.dumps(pictures):
            return None
        from voxlogica.report.case_pictures import drawings_of

        drawings_of(drawn)
        return replace(row, pictures=drawn)
    except (RowTextError, ValueError, TypeError, RecursionError):
        return None  # of another version, or whoever has written there


def _are_there(row: Row) -> bool:
    try:
        return all(one.is_there() for file in row.files for one in file.placed)
    except (TypeError, ValueError):
        return False
