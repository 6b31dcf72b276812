"""Files that cases would take from each other: two that save one, or one that saves what is read.

Names of files are worked out from the programs' texts, without planning: a variable is what a case
sets, else what is set for all, a parameter's default, or what tells of the program.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from functools import cache

from voxlogica.cases.checking import Given, Group
from voxlogica.engine.cases import Case
from voxlogica.images.errors import quoted
from voxlogica.language.definitions import Definitions
from voxlogica.language.goals import numbered
from voxlogica.language.outlines import FileName, Outline
from voxlogica.language.parameters import Constant, Parameter, RefusedError
from voxlogica.syntax.diagnostics import Diagnostic, Note, error, visible
from voxlogica.syntax.printer import value_text


class Names:
    """Names of files in programs, as cases fill them in."""

    def __init__(self, outline: Outline, given: Given, columns: Iterable[str]) -> None:
        self._fixed = given.fixed
        self._parameters = {p.name: p for p in reversed(outline.parameters)}
        known = [*outline.own, *self._fixed, *columns, *given.swept, *self._parameters]
        self._pieces = cache(Definitions(dict.fromkeys(known, "")).pieces)
        self._written = cache(self._as_set)

    def path(self, file: FileName, case: Case, which: frozenset[str]) -> str:
        """What a file is called for a case, which sets some names."""
        return self._filled(file.text.value, case.columns, which, file.own, None)

    def varying(self, file: FileName) -> set[str]:
        """The names that a file's name rests on, by way of defaults too."""
        found: set[str] = set()
        waiting = [file.text.value]
        while waiting:
            for _, name, _ in self._pieces(waiting.pop()):
                if name and name not in found:
                    found.add(name)
                    parameter = self._parameters.get(name)
                    if parameter is not None and parameter.default is not None:
                        waiting.append(value_text(parameter.default))
        return found

    def _filled(
        self,
        text: str,
        cells: Mapping[str, Constant],
        which: frozenset[str],
        own: Mapping[str, str],
        default_of: Parameter | None,
    ) -> str:
        """A text with its variables replaced; in a default, those that are declared before it."""
        parts: list[str] = []
        for before, name, written in self._pieces(text):
            parts.append(before)
            parameter = self._parameters.get(name)
            if name in which:
                parts.append(self._written(name, cells[name]))
            elif name in self._fixed:
                parts.append(self._written(name, self._fixed[name]))
            elif parameter and (default := _default(parameter, default_of)) is not None:
                parts.append(self._filled(default, cells, which, own, parameter))
            else:
                parts.append(own.get(name, written))
        return "".join(parts)

    def _as_set(self, name: str, value: Constant) -> str:
        """What a name stands for when it is set: of a parameter, the value as `print` shows it."""
        parameter = self._parameters.get(name)
        try:
            return value_text(value if parameter is None else parameter.given(value))
        except RefusedError:  # told where values are checked
            return value_text(value)


def _default(parameter: Parameter, in_default_of: Parameter | None) -> str | None:
    """The default of a parameter, as a text, where it has one and is declared before another."""
    if in_default_of is not None:
        here, there = in_default_of.span, parameter.span
        if here.source is there.source and there.start >= here.start:
            return None
    return None if parameter.default is None else value_text(parameter.default)


def collisions(
    cases: Sequence[Case],
    groups: Sequence[Group],
    given: Given,
    columns: Sequence[str],
    written: Mapping[str, str],
    becomes_case: Callable[[str], bool],
) -> Iterator[Diagnostic]:
    """The errors that a case saves what another saves or loads; of each command, the first.

    `cases` are those of the groups' rows, in order: of each row one for each combination of what is
    swept. `written` are other files that nothing may save, each with what it is; and nothing may be
    saved of which a later run makes a case.
    """
    total = sum(len(group.rows) for group in groups)
    combined = range(len(cases) // total)
    real = _resolving()
    reserved = {real(name): what for name, what in written.items()}
    # By the file: the case that saves it, and by which command.
    saved: dict[str, tuple[Case, FileName]] = {}
    filling = [(group, Names(group.outline, given, columns)) for group in groups]
    for (outline, rows), names in filling:
        for file in outline.saves:
            for case in (cases[row * len(combined) + k] for row in rows for k in combined):
                path = names.path(file, case, case.sets)
                where = real(path)
                if where in reserved:
                    said = f"{visible(path)} is {reserved[where]}, and would be lost"
                    yield error(said, file.text.span)
                    break
                if becomes_case(path):
                    yield _of_cases(path, case, file, given)
                    break
                before, command = saved.setdefault(where, (case, file))
                if before.number != case.number:
                    telling = [*_tellings(cases, len(combined), names.varying(file), given)]
                    one, other = (before, command), (case, file)
                    yield _saved_twice(path, one, other, telling, given)
                    break
    for (outline, rows), names in filling if saved else ():
        for file in outline.loads:
            varies = not names.varying(file).isdisjoint(given.swept)
            several = combined if varies else combined[:1]
            for case in (cases[row * len(combined) + k] for row in rows for k in several):
                path = names.path(file, case, case.sets)
                by, saving = saved.get(real(path), (case, None))
                if by.number == case.number and len(combined) > len(several):
                    # What does not vary, the row's other combinations load as well.
                    case = cases[case.number + 1]
                if saving is not None and by.number != case.number:
                    yield _loaded_too(path, (by, saving), (case, file), given)
                    break


def _saved_twice(
    path: str,
    one: tuple[Case, FileName],
    other: tuple[Case, FileName],
    telling: Sequence[str],
    given: Given,
) -> Diagnostic:
    (case, command), (second, file) = one, other
    notes = [Note("one saves it here", command.text.span)] if command is not file else []
    by = " and ".join(_shown(each, given) for each in (case, second))
    hint = "the cases set nothing that differs between these two"
    if name := _telling(case, second, given):
        put = [*dict.fromkeys([*telling, name])]
        hint = f"put {' and '.join(f'`${each}`' for each in put)} into the name"
        if "{}" not in file.text.value:
            all_of_them = "_".join(f"${{{each}}}" for each in put)
            hint += f': `save "{numbered(file.text.value, all_of_them)}"`'
    return error(
        f"{visible(path)} would be saved by two cases, {by}", file.text.span, notes=notes, hint=hint
    )


def _of_cases(path: str, case: Case, file: FileName, given: Given) -> Diagnostic:
    return error(
        f"{visible(path)}, which the case {_shown(case, given)} saves, would be a case of the next"
        " run: the pattern of the cases matches it",
        file.text.span,
        hint="save into another folder, or put more of the name into the pattern",
    )


def _loaded_too(
    path: str, saving: tuple[Case, FileName], loading: tuple[Case, FileName], given: Given
) -> Diagnostic:
    (by, save), (case, load) = saving, loading
    return error(
        f"{visible(path)} would be saved by the case {_shown(by, given)}, and is loaded by"
        f" {_shown(case, given)}",
        save.text.span,
        notes=[Note("loaded here", load.text.span)],
        hint="save under another name: which of them comes first would matter",
    )


def _tellings(
    cases: Sequence[Case], combined: int, varying: Set[str], given: Given
) -> Iterator[str]:
    """The names that a file's name lacks, so as to differ from case to case and combination."""
    if len(cases) > combined and varying.isdisjoint(cases[0].sets.difference(given.swept)):
        name = _telling(cases[0], cases[combined], given)
        yield from () if name is None else (name,)
    yield from (n for n, values in given.swept.items() if len(values) > 1 and n not in varying)


def _telling(one: Case, other: Case, given: Given) -> str | None:
    """A name that both cases set, each to something else; the case's own name before others."""
    names = [
        n for n in one.columns if n in one.sets & other.sets and one.columns[n] != other.columns[n]
    ]
    names.sort(key=lambda name: (name in given.swept, name.casefold() != "case"))
    return names[0] if names else None


def _shown(case: Case, given: Given) -> str:
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
