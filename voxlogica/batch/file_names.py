"""Names of files in programs, as cases fill them in, worked out from the texts, without planning.

A variable is what a case sets, else what is set for all, a parameter's default, or what tells of
the program.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache

from voxlogica.batch.checking import Given, exactly
from voxlogica.engine.cases import Case
from voxlogica.language.definitions import Definitions
from voxlogica.language.outlines import FileName, Outline
from voxlogica.language.parameters import Constant, Parameter, RefusedError
from voxlogica.syntax.printer import value_text


class Names:
    """Names of files in programs, as cases fill them in."""

    def __init__(self, outline: Outline, given: Given, columns: Iterable[str]) -> None:
        self._fixed = given.fixed
        self._parameters = {p.name: p for p in reversed(outline.parameters)}
        known = [*outline.own, *self._fixed, *columns, *given.swept, *self._parameters]
        self._pieces = cache(Definitions(dict.fromkeys(known, "")).pieces)
        # With what tells 1, 1.0 and true from each other, or 0.0 and -0.0, which are equal.
        self._shown = cache(self._as_set)

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

    def _written(self, name: str, value: Constant) -> str:
        return self._shown(name, value, exactly(value))

    def _as_set(self, name: str, value: Constant, _: str) -> str:
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
