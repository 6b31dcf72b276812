"""A program's variables: `$NAME` and `${NAME}`, in strings and outside, are what is set by `-D`.

Parameters are variables, too, in the form that `print` shows. Some variables have a value without
`-D`, which tells of the program's file.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from voxlogica.dataclass import dataclass, field
from voxlogica.language.given import is_mentioned
from voxlogica.language.parameters import Constant, Parameter, parameter, set_to
from voxlogica.syntax.ast import Param
from voxlogica.syntax.diagnostics import Diagnostic, Note, error, nearest, warning
from voxlogica.syntax.printer import value_text
from voxlogica.syntax.source import Source, Span

_LITERAL = r'-?\d+(?:\.\d+)?|true|false|"[^"]*"|\[[^\[\]]*\]'
_MENTION = r"\$(?:\{([^}]*)\}|([A-Za-z_]\w*))"


# How programs call a case's name.
CASE_NAMES = ("CASE", "case", "Case")


def case_variable(name: str) -> str:
    """The variable that is meant by one which nothing defines: of `CASE_flair`, `CASE`."""
    return next((case for case in CASE_NAMES if name.startswith(f"{case}_")), name)


@dataclass(frozen=True, slots=True)
class Definitions:
    """Values by name. The longest defined name that fits a `$…` is meant by it."""

    values: Mapping[str, str]
    # Parameters that have no value, which is told already.
    unset: frozenset[str] = frozenset()
    _pattern: str = field(init=False, repr=False)

    def __post_init__(self) -> None:
        names = sorted(map(re.escape, self.values), key=len, reverse=True)
        either = "|".join(names) or r"(?!)"
        object.__setattr__(self, "_pattern", rf"\$\{{({either})\}}|\$({either})")

    def replaced(self, text: str) -> str:
        """The text with every defined variable replaced, once and as text."""
        if "$" not in text:
            return text
        return re.sub(self._pattern, lambda found: self.values[found[1] or found[2]], text)

    def pieces(self, text: str) -> tuple[tuple[str, str, str], ...]:
        """What stands before each variable that is replaced, its name, and how it is written.

        The last one has what is left of the text, and no name.

        >>> Definitions({"CASE": ""}).pieces("out/$CASE.nii")
        (('out/', 'CASE', '$CASE'), ('.nii', '', ''))
        """
        found: list[tuple[str, str, str]] = []
        at = 0
        for match in re.finditer(self._pattern, text) if "$" in text else ():
            found.append((text[at : match.start()], match[1] or match[2], match[0]))
            at = match.end()
        return (*found, (text[at:], "", ""))

    def undefined(self, text: str) -> list[str]:
        """The variables that a text mentions and nobody defined or declared, in its order."""
        return [name for before, *_ in self.pieces(text) for name in _mentioned(before)]

    def used_in(self, text: str) -> set[str]:
        """The variables that are replaced in a text."""
        return {name for _, name, _ in self.pieces(text) if name}

    def doubts(self, text: str, span: Span) -> list[Diagnostic]:
        """That a text may be meant to have a variable replaced, whose name is written otherwise."""
        return [
            warning(
                f"`${name}` is not defined, and stays as it is",
                span,
                hint=f"did you mean `${near}`?",
            )
            for name in dict.fromkeys(self.undefined(text))
            if name not in self.unset
            if (near := nearest(name, self.values))
        ]

    def not_defined(self, name: str, span: Span, *, is_path: bool = False) -> Diagnostic:
        """The error that a variable is not defined, where it has to be."""
        if is_path and (case := case_variable(name)) in CASE_NAMES:
            run = (
                f"it is the name of a case: run over cases, by `--cases`, or one, `-D {case}=VALUE`"
            )
            return error(f"`${case}` is not defined", span, hint=run)
        near = nearest(name, [*self.values, *self.unset])
        say = f"say what it stands for, on the command line: `-D {name}=VALUE`"
        say += "" if is_path else f", a text; for a number, `param {name.lower()} = 500`"
        hint = f"did you mean `${near}`? if not, {say}" if near else say
        return error(f"`${name}` is not defined", span, hint=hint)


def program_variables(source: Source) -> dict[str, str]:
    """What tells of a program's file: its path, its name with and without extension, its folder.

    A text that is in no file has the names that it was given, and the working directory.
    """
    path = Path(source.name)
    return {
        "file": str(path.absolute()),
        "filename": path.name,
        "stem": path.stem,
        "dir": str(path.absolute().parent),
        "cwd": str(Path.cwd()),
    }


class DeclaredParameter(NamedTuple):
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
        known: Mapping[str, DeclaredParameter | None],
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
    ) -> DeclaredParameter | None:
        found = parameter(command, report)
        if found is None:
            return None
        before = self.known.get(found.name)
        # Who enters it again, in a session, means it.
        is_anew = before is not None and not (
            before.is_shared or is_shared or before.parameter.span.source is found.span.source
        )
        if before is not None and not is_anew and before.parameter.meaning != found.meaning:
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
            tell = (lambda _: None) if self._only_declared else report
            value = set_to(self._given, found, tell)
            if value is not None and found.name not in self._given:
                value = self._replaced(value)
            before = DeclaredParameter(found, is_shared, value)
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


def unmentioned(
    definitions: Iterable[str],
    own: Iterable[str],
    parameters: Iterable[str],
    texts: Iterable[str],
    said: list[Diagnostic],
    constants: Mapping[str, Span],
    swept: Iterable[str] = (),
) -> list[Diagnostic]:
    """The errors that variables are set, but in no text of the programs; then what was said before.

    `own` are those that every program has, `parameters` those that some program declares, and
    `constants` what else is declared, and where; the `swept` ones are set by `--sweep`. What was
    said of the name that was probably meant has the same cause, and is left out.
    """
    declared, texts = dict.fromkeys(parameters), [*texts]
    used, by_sweep = {*own, *declared}, {*swept}
    defined = Definitions(dict.fromkeys([*used, *definitions], ""))
    mentioned: dict[str, None] = {}
    for text in texts:
        used |= defined.used_in(text)
        for name in _mentioned(text):
            mentioned |= dict.fromkeys([name, case_variable(name)])
    wrong: list[Diagnostic] = []
    for name in definitions:
        if name in used:
            continue
        if name in constants:
            wrong.append(_no_parameter(name, constants[name]))
            continue
        if any(is_mentioned(name, text) for text in texts):
            hint = f"`param {name} = …` in the program is one, and says what it is otherwise"
            wrong.append(error(f"`{name}` is set, but it is no parameter", hint=hint))
            said = [d for d in said if d.message != f"unknown name `{name}`"]
            continue
        near = nearest(name, [*declared, *mentioned])
        listed = ", ".join([f"`{other}`" for other in declared][:8])
        listed = listed or ", ".join(f"`${other}`" for other in list(mentioned)[:8])
        wrong.append(
            error(
                f"`{name}` is set, but no program of the run mentions `${name}`"
                + (f" or has a parameter `{name}`" if declared else ""),
                hint=f"did you mean `{'--sweep' if name in by_sweep else '-D'} {near}=…`?"
                if near
                else f"what they {'declare' if declared else 'mention'}: {listed}"
                if listed
                else "a program mentions a variable in its strings, as in `load m = "
                f'"${name}.nii.gz"`',
            )
        )
        told = f"`${case_variable(near)}` is not defined" if near else None
        said = [d for d in said if told is None or not d.message.startswith(told)]
    return [*wrong, *said]


def _no_parameter(name: str, span: Span) -> Diagnostic:
    """That a constant is set as if it were a parameter."""
    source = span.source
    line = source.line(source.line_and_column(span.start)[0])
    found = re.search(rf"\b{re.escape(name)}\s*=\s*({_LITERAL})\s*(?://.*)?$", line)
    return error(
        f"`{name}` is set, but it is no parameter: the program declares it by `=`",
        span,
        hint=f"`param {name} = {found[1] if found else '…'}` is one that -D sets",
    )


def _mentioned(text: str) -> list[str]:
    found = re.finditer(_MENTION, text) if "$" in text else ()
    return [mention[1] or mention[2] or "" for mention in found]
