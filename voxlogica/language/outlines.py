"""What programs declare, mention and name files by, as far as their texts alone tell."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from typing import NamedTuple, NoReturn

from voxlogica.dataclass import dataclass
from voxlogica.language.definitions import Variables, program_variables
from voxlogica.language.parameters import Constant, Parameter, different
from voxlogica.language.programs import Texts
from voxlogica.syntax.ast import Declaration, Dialect, Load, Request, Text
from voxlogica.syntax.diagnostics import Diagnostic, VoxLogicaError
from voxlogica.syntax.parser import parse
from voxlogica.syntax.source import Source, Span


class FileName(NamedTuple):
    """A name of a file in a program, with its variables; the variables that the program brings."""

    text: Text
    own: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Outline:
    """What the texts of programs, and of the libraries that they import, say.

    `parameters` are those they declare, each once: those without a default first, libraries' last;
    `constants` what they declare by `=`, and where; `loads` and `saves` the files that commands
    name, `prints` the labels of what they print, as written. `texts` are the texts, and `own` the
    names of variables that every program has.
    """

    parameters: tuple[Parameter, ...]
    constants: Mapping[str, Span]
    loads: tuple[FileName, ...]
    saves: tuple[FileName, ...]
    texts: tuple[str, ...]
    own: frozenset[str]
    prints: tuple[str, ...]


def outline(
    sources: Iterable[Source],
    definitions: Mapping[str, Constant],
    dialect: Dialect | None,
    given: Container[str] = (),
) -> Outline:
    """The outline of programs, whatever their parameters are set to.

    The definitions tell what is imported, and nothing else. What is `given` by the names of loads
    is not loaded. Raises VoxLogicaError where texts or
    declarations are wrong.
    """
    sources, said = [*sources], list[Diagnostic]()
    found, texts = list[Parameter](), list[str]()
    constants, own = dict[str, Span](), set[str]()
    loads, saves, prints = list[FileName](), list[FileName](), list[str]()
    for source in sources:
        its_own = program_variables(source)
        own.update(its_own)
        variables = Variables(definitions, its_own, {}, only_declared=True)
        read = Texts(variables, dialect, _unopened, said.append)
        for command in read.commands([parse(source, dialect)]):
            match command:
                case Declaration() if not command.span.source.shipped:
                    constants.setdefault(command.name, command.name_span)
                case Load() if command.name not in given:
                    loads.append(FileName(command.path, its_own))
                case Request("save") if command.span.source is source:
                    saves.append(FileName(command.text, its_own))
                case Request("print") if command.span.source is source:
                    prints.append(command.text.value)
        found += [known.parameter for known in variables.known.values() if known]
        texts += [text.text for text in read.read]
    if wrong := [problem for problem in said if problem.severity == "error"]:
        raise VoxLogicaError(wrong)
    # What is to be given, and set, before what is set more seldom.
    found.sort(key=lambda p: (p.span.source not in sources, p.default is not None))
    return Outline(
        different(found),
        constants,
        tuple(loads),
        tuple(saves),
        tuple(texts),
        frozenset(own),
        tuple(prints),
    )


def _unopened(path: str) -> NoReturn:
    raise AssertionError(f"{path} is not to be opened")
