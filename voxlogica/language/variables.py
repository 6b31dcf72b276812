"""What a program's variables and parameters are in a run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from voxlogica.language.definitions import Definitions
from voxlogica.language.parameters import Constant, Parameter, parameter, set_to
from voxlogica.syntax.ast import Param
from voxlogica.syntax.diagnostics import Diagnostic, Note, error
from voxlogica.syntax.printer import value_text


class Declared(NamedTuple):
    """A parameter as it was first declared, and whether by a library; what it is, if anything."""

    parameter: Parameter
    is_shared: bool
    value: Constant | None


class Variables:
    """The variables of a program: its own, those that are set, and parameters as they are met.

    `known` are the parameters by name, None where a declaration is wrong. It is replaced and never
    changed, so that one can go back to what it was. With `only_declared`, it does not matter what
    they are set to.
    """

    def __init__(
        self,
        given: Mapping[str, Constant],
        own: Mapping[str, str],
        known: Mapping[str, Declared | None],
        *,
        only_declared: bool = False,
    ) -> None:
        self._only_declared = only_declared
        self._given = given
        self._texts = {**own, **{name: value_text(value) for name, value in given.items()}}
        self.known = known
        # What each command makes of its parameter, where that is anything.
        self.values: dict[Param, Constant] = {}
        self.definitions = self._defined()

    def choose(self, text: str) -> bool:
        """Whether a text has variables that whoever runs the program sets: for each case anew."""
        used = self.definitions.used_in(text)
        return not used.isdisjoint(self._given) or not used.isdisjoint(self.known)

    def declare(
        self, command: Param, is_shared: bool, report: Callable[[Diagnostic], None]
    ) -> None:
        """Take note of a parameter, and of what it is; errors, where that cannot be."""
        self.known = {**self.known, command.name: self._declared(command, is_shared, report)}
        self.definitions = self._defined()

    def _declared(
        self, command: Param, is_shared: bool, report: Callable[[Diagnostic], None]
    ) -> Declared | None:
        found = parameter(command, report)
        if found is None:
            return None
        before = self.known.get(found.name)
        # Who enters it again, in a session, means it.
        is_anew = before is not None and not (
            before.is_shared or is_shared or before.parameter.span.source is found.span.source
        )
        if before is not None and not is_anew and not before.parameter.is_as(found):
            report(
                error(
                    f"the parameter `{found.name}` has another type, default or range elsewhere",
                    found.span,
                    notes=[Note("declared here", before.parameter.span)],
                    hint="a name is one parameter of the run: declare it in the same way, or call "
                    "it otherwise",
                )
            )
            return None
        if before is None or is_anew:
            value = set_to(self._given, found, _ignored if self._only_declared else report)
            if value is not None and found.name not in self._given:
                value = self._replaced(value)
            before = Declared(found, is_shared, value)
        if before.value is not None:
            self.values[command] = before.value
        return before

    def _replaced(self, value: Constant) -> Constant:
        """A default, with the variables in its strings replaced."""
        if isinstance(value, tuple):
            return tuple(map(self._replaced, value))
        return self.definitions.replaced(value) if isinstance(value, str) else value

    def _defined(self) -> Definitions:
        values = {name: d and d.value for name, d in self.known.items()}
        filled = {n: value_text(value) for n, value in values.items() if value is not None}
        unset = frozenset(name for name, value in values.items() if value is None)
        texts = {name: text for name, text in self._texts.items() if name not in unset}
        return Definitions({**texts, **filled}, unset)


def _ignored(_: Diagnostic) -> None:
    pass
