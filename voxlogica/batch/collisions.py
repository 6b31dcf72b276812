"""Files that cases would take from each other, looked at before anything runs.

Two cases that save one file, or one that saves what another reads, or is; and one that saves over
what it loads itself, or is: a run that is stopped and goes on would compute from what it has saved.
Names of files are worked out from the programs' texts. Only plans tell more: whether a `save` is
of a sequence, whose files are numbered, and what names are computed. So cases are planned where
names leave it open, or where programs have operators that take any string for a name.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from functools import cache
from itertools import islice
from typing import NamedTuple, TypeAlias

from voxlogica.batch.case_files import FileNames, NumberedFiles, one_of
from voxlogica.batch.checking import GivenToCases, RowsAlike
from voxlogica.batch.patterns import PatternCases
from voxlogica.batch.planned_files import NamedFile, PlannedFiles, may_be_computed
from voxlogica.batch.words import listed
from voxlogica.engine.cases import Case
from voxlogica.images.errors import quoted
from voxlogica.language.goals import numbered
from voxlogica.language.programs import FileName
from voxlogica.syntax.diagnostics import Diagnostic, Note, error, visible
from voxlogica.syntax.printer import value_text
from voxlogica.syntax.source import Span


class _Use(NamedTuple):
    """A file that a case saves, or reads."""

    case: Case
    file: NamedFile


# By the commands that save, and by the number of the case: what cases save over.
_Over: TypeAlias = dict[Span | None, dict[int, _Use]]
_OVER_SHOWN = 3


class Collisions:
    """The errors that a case saves what another saves, reads or is; of each command, the first.

    That cases save over what they themselves load, or are, is one error of each command, too.

    `cases` are those of the groups' rows, in order: of each row one for each combination of what is
    swept. `written` are other files that nothing may save, each with what it is; and nothing may be
    saved of which a later run makes a case.
    """

    def __init__(
        self,
        cases: Sequence[Case],
        groups: Sequence[RowsAlike],
        given: GivenToCases,
        columns: Sequence[str],
        written: Mapping[str, str],
        matched: PatternCases,
        planned: PlannedFiles,
    ) -> None:
        self._cases, self._given, self._matched, self._planned = cases, given, matched, planned
        self._combined = range(len(cases) // sum(len(group.rows) for group in groups))
        self._real = _resolving()
        self._written = {self._real(name): what for name, what in written.items()}
        self._by_text = [
            (group, FileNames(group.outline, given, columns))
            for group in groups
            if not may_be_computed(group.outline.texts)
        ]
        # Of the others the plans tell all.
        self._by_plan = [
            [(case, planned.of(case)) for case in self._of(group.rows)]
            for group in groups
            if may_be_computed(group.outline.texts)
        ]
        # By the real place: who saves it first. By the folder, the first two that save below it.
        self._saved: dict[str, _Use] = {}
        self._below: dict[str, list[_Use]] = {}
        self._sequences = NumberedFiles[_Use]()
        # Commands that have been found to save one image, and no sequence.
        self._single: set[Span] = set()
        # What cases save over that they load themselves, and what of them the pattern matches.
        self._loaded, self._made_of = _Over(), _Over()

    def __iter__(self) -> Iterator[Diagnostic]:
        told = list[Diagnostic]()
        for uses in self._saves():
            told += islice(filter(None, map(self._wrong_to_save, uses)), 1)
        if self._saved:
            told += filter(None, map(self._wrong_to_load, self._loads()))
            told += [*self._folders(), *self._numbered()]
            told += self._saved_over({wrong.span for wrong in told})
        yield from told

    # What cases save and load

    def _of(self, rows: Iterable[int], combined: range | None = None) -> Iterator[Case]:
        each = self._combined if combined is None else combined
        return (self._cases[row * len(self._combined) + k] for row in rows for k in each)

    def _saves(self) -> Iterator[Iterator[_Use]]:
        for (outline, rows), names in self._by_text:
            for file in outline.saves:
                yield self._of_text(file, names, self._of(rows))
        for planned in self._by_plan:
            yield (_Use(case, file) for case, found in planned for file in found.saves)

    def _loads(self) -> Iterator[Iterator[_Use]]:
        combined = self._combined
        for (outline, rows), names in self._by_text:
            for file in outline.loads:
                varies = not names.varying(file).isdisjoint(self._given.swept)
                # What does not vary, a row's other combinations load as well: two of them tell.
                several = combined if varies else combined[:2]
                yield self._of_text(file, names, self._of(rows, several))
        for planned in self._by_plan:
            yield (_Use(case, file) for case, found in planned for file in found.loads)

    @staticmethod
    def _of_text(file: FileName, names: FileNames, cases: Iterator[Case]) -> Iterator[_Use]:
        varying = frozenset(names.varying(file))
        for case in cases:
            path = names.path(file, case, case.sets)
            yield _Use(case, NamedFile(path, file.text.span, file.text.value, varying))

    # What is wrong

    def _wrong_to_save(self, use: _Use) -> Diagnostic | None:
        case, file = use
        where = self._real(file.path)
        if where in self._written:
            return _is_written(file, self._written[where])
        row = self._matched.row(where)
        if row is not None:
            if row != case.number // len(self._combined):
                return self._is_case(use, row)
            _note(self._made_of, use)
        if self._matched.becomes_one(file.path):
            return _becomes_case(use, self._given)
        before = self._saved.setdefault(where, use)
        if before.case.number != case.number:
            return self._saved_twice(before, use)
        self._note_folders(where, use)
        if not file.template:
            return None
        self._sequences.add(where, use)
        return self._wrong_as_sequence(use)

    def _note_folders(self, where: str, use: _Use) -> None:
        while len(where := os.path.dirname(where)) > 1:  # noqa: PTH120
            users = self._below.setdefault(where, [use])
            if len(users) == 1 and users[0].case.number != use.case.number:
                users.append(use)
            elif users[0] is not use:
                return  # so it is with the folders above

    def _wrong_as_sequence(self, use: _Use) -> Diagnostic | None:
        """That of its sequence, if it is one, files would be cases of the next run."""
        if use.file.span in self._single or not self._matched.becomes_one(one_of(use.file.path)):
            return None
        for file in self._files_in_sequence(use):
            if self._matched.becomes_one(file.path):
                return _becomes_case(_Use(use.case, file), self._given)
        return None

    def _wrong_to_load(self, uses: Iterator[_Use]) -> Diagnostic | None:
        """The error that a case saves what another loads; what cases save over is noted."""
        own = list[_Use]()
        for use in uses:
            for saving, is_own_too in self._saving(use):
                if saving.case.number != use.case.number:
                    return _loaded_too(saving, use, self._given)
                own += [saving] if is_own_too else []
        for saving in own:
            _note(self._loaded, saving)
        return None

    def _saving(self, use: _Use) -> Iterator[tuple[_Use, bool]]:
        """Who saves what a case loads; whether that is also wrong where it is the case itself.

        It is not below a folder that it loads: of other files there, an image has nothing.
        """
        where = self._real(use.file.path)
        if (saving := self._saved.get(where)) is not None:
            yield saving, True
        for below in self._below.get(where, ()):
            yield below, False
        for owner, file in self._in_sequences(where):
            yield _Use(owner.case, file), True

    def _folders(self) -> Iterator[Diagnostic]:
        """The error that a case saves a file where another wants a folder."""
        for where, use in self._saved.items():
            for below in self._below.get(where, ()):
                if below.case.number != use.case.number:
                    yield _is_folder(use, below, self._given)
                    return

    def _numbered(self) -> Iterator[Diagnostic]:
        """The errors that a file of a sequence is something else; of each command, the first."""
        wrong: dict[Span | None, Diagnostic] = {}
        for where, what in self._written.items():
            for owner, file in self._in_sequences(where):
                wrong.setdefault(owner.file.span, _is_written(file, what))
        for where, row in self._matched.files:
            for owner, file in self._in_sequences(where):
                use = _Use(owner.case, file)
                if row == owner.case.number // len(self._combined):
                    _note(self._made_of, use)
                else:
                    wrong.setdefault(owner.file.span, self._is_case(use, row))
        for where, use in self._saved.items():
            names = {where, one_of(where)} if use.file.template else {where}
            for owner in (owner for name in names for owner in self._sequences.owners(name)):
                if owner.case.number == use.case.number or owner.file.span in wrong:
                    continue
                if (twice := self._in_both(owner, use)) is not None:
                    one, other = sorted(twice, key=lambda use: use.case.number)
                    wrong[owner.file.span] = self._saved_twice(one, other)
        yield from wrong.values()

    def _saved_over(self, told: Set[Span | None]) -> Iterator[Diagnostic]:
        """The errors that cases save over what is theirs, of commands of which none is told."""
        for span in dict.fromkeys([*self._loaded, *self._made_of]):
            if span in told:
                continue
            if (over := self._loaded.get(span)) is not None:
                why = "a run that is stopped and goes on would compute from what it has saved"
                yield self._is_over([*over.values()], "it loads", "they load", why)
            else:
                over, why = self._made_of[span], "what the pattern of the cases matches is theirs"
                yield self._is_over([*over.values()], "makes it a case", "makes them cases", why)

    def _is_over(self, uses: Sequence[_Use], its: str, theirs: str, why: str) -> Diagnostic:
        from voxlogica.report.cases_verdict import counted

        case, file = uses[0]
        who, what = f"the case {_shown(case, self._given)}", its
        if len(uses) > 1:
            who, what = counted(len(uses), len({use.case.name for use in uses})), theirs
        paths = listed([use.file.path for use in uses], _OVER_SHOWN)
        such = f", such as `{other}`" if (other := self._beside(file)) else ""
        return error(
            f"{who} would save over what {what}: {paths}",
            file.span,
            hint=f"save under another name{such}: {why}",
        )

    def _beside(self, file: NamedFile) -> str | None:
        """A `save` into another folder, where a program has the name as a text, relative."""
        is_below = not os.path.isabs(file.path) and ".." not in file.path.split("/")  # noqa: PTH117
        path = f"out/{file.path}"
        if not (file.template and is_below) or self._matched.becomes_one(path):
            return None
        return f'save "out/{file.template.removeprefix("./")}"'

    def _in_sequences(self, where: str) -> Iterator[tuple[_Use, NamedFile]]:
        """Who saves a sequence of which a file is at a real place, and that file."""
        for owner in self._sequences.owners(where):
            for file in self._files_in_sequence(owner):
                if self._real(file.path) == where:
                    yield owner, file

    def _is_case(self, use: _Use, row: int) -> Diagnostic:
        case, file = use
        other = self._cases[row * len(self._combined)]
        return error(
            f"{visible(file.path)} would be saved by the case {_shown(case, self._given)}, and is"
            f" what makes the case {quoted(other.name)}: the pattern of the cases matches it",
            file.span,
            hint="save under another name",
        )

    def _saved_twice(self, one: _Use, other: _Use) -> Diagnostic:
        (case, before), (second, file), given = one, other, self._given
        notes = [Note("one saves it here", before.span)]
        by = " and ".join(_shown(each, given) for each in (case, second))
        hint = "the cases set nothing that differs between these two"
        if before.template != file.template and "{}" in f"{before.template}{file.template}":
            hint = "the files of a sequence are numbered: save them into another folder"
        elif name := _telling(case, second, given):
            lacking = self._lacking(file) if file.template else ()
            put = [*dict.fromkeys([*lacking, name])]
            hint = f"put {' and '.join(f'`${each}`' for each in put)} into the name"
            if file.template and "{}" not in file.template:
                all_of_them = "_".join(f"${{{each}}}" for each in put)
                hint += f': `save "{numbered(file.template, all_of_them)}"`'
        return error(
            f"{visible(file.path)} would be saved by two cases, {by}",
            file.span,
            notes=notes if before.span not in (None, file.span) else [],
            hint=hint,
        )

    def _lacking(self, file: NamedFile) -> Iterator[str]:
        """The names that a file's name lacks, so as to differ from case to case and combination."""
        cases, combined, swept = self._cases, len(self._combined), self._given.swept
        varying = file.varying
        if len(cases) > combined and varying.isdisjoint(cases[0].sets.difference(swept)):
            name = _telling(cases[0], cases[combined], self._given)
            yield from () if name is None else (name,)
        yield from (n for n, values in swept.items() if len(values) > 1 and n not in varying)

    def _in_both(self, owner: _Use, use: _Use) -> tuple[_Use, _Use] | None:
        """The file of a sequence that another case saves as well."""
        saved = {self._real(file.path): file for file in self._files_in_sequence(owner)}
        if not saved:
            return None
        for file in self._files_in_sequence(use) or [use.file]:
            if (same := saved.get(self._real(file.path))) is not None:
                return _Use(owner.case, same), _Use(use.case, file)
        return None

    def _files_in_sequence(self, use: _Use) -> Sequence[NamedFile]:
        """The files of a `save` that is of a sequence; where only a run can tell, the first one."""
        path, span, template, _ = use.file
        if span is None or not template or span in self._single:
            return ()
        planned = self._planned.of(use.case)
        found = [
            NamedFile(file.path, span, template)
            for file in planned.saves
            if _is_within(span, file.span)
        ]
        if not found and not planned.is_whole:
            return [use.file._replace(path=one_of(path))]
        if [file.path for file in found] == [path]:
            self._single.add(span)
            return ()
        return found


# What is told of it


def _is_written(file: NamedFile, what: str) -> Diagnostic:
    return error(f"{visible(file.path)} is {what}, and would be lost", file.span)


def _becomes_case(use: _Use, given: GivenToCases) -> Diagnostic:
    return error(
        f"{visible(use.file.path)}, which the case {_shown(use.case, given)} saves, would be a case"
        " of the next run: the pattern of the cases matches it, or its folder",
        use.file.span,
        hint="save into another folder, or put more of the name into the pattern",
    )


def _loaded_too(saving: _Use, loading: _Use, given: GivenToCases) -> Diagnostic:
    (by, save), (case, load) = saving, loading
    return error(
        f"{visible(save.path)} would be saved by the case {_shown(by, given)}, and is loaded by"
        f" {_shown(case, given)}",
        save.span,
        notes=[Note("loaded here", load.span)] if load.span is not None else [],
        hint="save under another name: which of them comes first would matter",
    )


def _is_folder(use: _Use, below: _Use, given: GivenToCases) -> Diagnostic:
    return error(
        f"{visible(use.file.path)} would be saved by the case {_shown(use.case, given)}, and be a"
        f" folder for {visible(below.file.path)}, which {_shown(below.case, given)} saves",
        use.file.span,
        hint="save under another name: it cannot be a file and a folder",
    )


def _note(over: _Over, use: _Use) -> None:
    over.setdefault(use.file.span, {}).setdefault(use.case.number, use)


def _is_within(span: Span, command: Span | None) -> bool:
    return (
        command is not None
        and span.source is command.source
        and command.start <= span.start
        and span.end <= command.end
    )


def _telling(one: Case, other: Case, given: GivenToCases) -> str | None:
    """A name that both cases set, each to something else; the case's own name before others."""
    names = [
        n for n in one.columns if n in one.sets & other.sets and one.columns[n] != other.columns[n]
    ]
    names.sort(key=lambda name: (name in given.swept, name.casefold() != "case"))
    return names[0] if names else None


def _shown(case: Case, given: GivenToCases) -> str:
    swept = ", ".join(f"{name}={value_text(case.columns[name])}" for name in given.swept)
    return f"{quoted(case.name)} with {swept}" if swept else quoted(case.name)


def _resolving() -> Callable[[str], str]:
    """What tells where a path leads, through links; it looks at each folder once."""
    real_folder = cache(os.path.realpath)

    def real(path: str) -> str:
        folder, name = os.path.split(path)
        if name in ("", ".", ".."):
            return os.path.realpath(path)
        there = f"{real_folder(folder)}/{name}"
        return os.path.realpath(there) if os.path.islink(there) else there  # noqa: PTH114

    return real
