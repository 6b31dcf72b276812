"""Files that cases turn out to save and read, where operators are given names that are computed.

Of two cases of which one saves what the other saves or reads, the one that comes later in their
order fails, however many run at a time. So one that could be it is not concluded before those
before it are done of which only the run tells all files.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import CancelledError, Future
from os.path import realpath
from pathlib import Path
from typing import NamedTuple

from voxlogica.batch.planned_files import files_of, may_be_computed
from voxlogica.engine.cases import Case
from voxlogica.engine.sink import Use
from voxlogica.images.errors import quoted
from voxlogica.language.planning import PlannedPrograms
from voxlogica.syntax.diagnostics import Diagnostic, error, visible
from voxlogica.syntax.source import Span


class _UsedFile(NamedTuple):
    """A file that a case saves or reads, by its real place."""

    where: str
    use: Use
    path: str
    span: Span | None


class _Places:
    """Files, each with the number and the name of the first case, in their order, that uses it."""

    def __init__(self) -> None:
        self._by_use: dict[Use, dict[str, tuple[int, str]]] = {"saved": {}, "read": {}}
        self._below: dict[str, tuple[int, str]] = {}

    def add(self, case: Case, file: _UsedFile) -> None:
        who, used = (case.number, case.name), self._by_use[file.use]
        used[file.where] = min(who, used.get(file.where, who))
        if file.use == "saved":
            for folder in _folders(file.where):
                self._below[folder] = min(who, self._below.get(folder, who))

    def wrong(self, case: Case, file: _UsedFile) -> Diagnostic | None:
        """The error that a case uses a file that one before it does."""
        saved, read = self._by_use["saved"], self._by_use["read"]
        here = f"{visible(file.path)} is {file.use} by the case {quoted(case.name)}, and"
        ways = [(saved, file.where, "saved")]
        if file.use == "saved":
            ways += [(read, file.where, "read")]
            ways += [
                (saved, folder, "a folder there saved, as a file,")
                for folder in _folders(file.where)
            ]
        ways += [(self._below, file.where, "saved, as a folder,")]
        for places, where, how in ways:
            number, name = places.get(where, (case.number, ""))
            if number < case.number:
                by = "another combination of it" if name == case.name else quoted(name)
                return error(
                    f"{here} {how} by {by}, which comes before it",
                    file.span,
                    hint="save under another name, such as one with `$CASE` in it",
                )
        return None


def _folders(where: str) -> Iterator[str]:
    return map(str, Path(where).parents)


class UsedFiles:
    """What the cases of a run save and read, if not all names are known before. For any thread.

    Nobody waits any more when the run has `ended`. The names `of_all` cases are looked at, or of
    those only that may have some which only the run tells.
    """

    def __init__(self, ended: Future[None], of_all: bool = False) -> None:
        self._ended = ended
        self._is_of_all = of_all
        self._changed = threading.Condition()
        # What plans tell, which are made in the cases' order, is as in every run of these cases.
        self._planned, self._all = _Places(), _Places()
        self._of_case: dict[int, list[_UsedFile]] = {}
        # The cases of which only the run tells all, and that are not done.
        self._open: set[int] = set()
        ended.add_done_callback(lambda _: self._wake())

    def enter(self, case: Case, planned: PlannedPrograms) -> Diagnostic | None:
        """Note what a plan tells; the error that a case before this one uses the same file.

        Cases are entered in their order.
        """
        texts = [source.text for source in planned.sources]
        if not (self._is_of_all or may_be_computed(texts)):
            return None
        found = files_of(planned)
        files = [_used(file.path, "saved", file.span) for file in found.saves]
        files += [_used(file.path, "read", file.span) for file in found.loads]
        with self._changed:
            self._of_case[case.number] = files
            for file in files:
                self._planned.add(case, file)
                self._all.add(case, file)
            wrong = _first(self._planned, case, files)
            if wrong is None and not found.is_whole:
                self._open.add(case.number)
        return wrong

    def use(self, case: Case, path: str, use: Use, span: Span | None) -> None:
        """Note a file that a case under way saves or reads."""
        with self._changed:
            if (files := self._of_case.get(case.number)) is not None:
                files.append(_used(path, use, span))
                self._all.add(case, files[-1])

    def wrong(self, case: Case) -> Diagnostic | None:
        """The error that a case uses a file of one before it, once these are known.

        Raises CancelledError where the run ends before.
        """
        with self._changed:
            files = self._of_case.get(case.number)
            if files is None:
                return None
            while any(number < case.number for number in self._open):
                if self._ended.done():
                    raise CancelledError
                self._changed.wait()
            return _first(self._all, case, files)

    def done(self, case: Case) -> None:
        """Note that a case is done: it uses no more files."""
        with self._changed:
            self._of_case.pop(case.number, None)
            self._open.discard(case.number)
            self._changed.notify_all()

    def _wake(self) -> None:
        with self._changed:
            self._changed.notify_all()


def _used(path: str, use: Use, span: Span | None) -> _UsedFile:
    return _UsedFile(realpath(path), use, path, span)


def _first(places: _Places, case: Case, files: list[_UsedFile]) -> Diagnostic | None:
    """The same whatever the order in which threads came by them."""
    told = (places.wrong(case, file) for file in sorted(files, key=lambda c: (c.path, c.use)))
    return next((wrong for wrong in told if wrong is not None), None)
