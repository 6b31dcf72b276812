"""Values of parameters that go back into a program: as its defaults, or as options of a command."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping

from voxlogica.language.parameters import Constant
from voxlogica.syntax.ast import Dialect, Param
from voxlogica.syntax.parser import parse
from voxlogica.syntax.printer import literal_text, value_text
from voxlogica.syntax.source import Source


def with_defaults(
    source: Source, values: Mapping[str, Constant], dialect: Dialect | None = None
) -> tuple[str, tuple[str, ...]]:
    """The text in which values are the defaults of its parameters; and the names of these.

    Only the literals of the defaults are others. Parameters that libraries declare are not in the
    text, and a text with a quote or of several lines is no literal: they are left out.

    >>> with_defaults(Source("p.imgql", "param x = 0.5 from 0 to 1 // how much"), {"x": 0.25})
    ('param x = 0.25 from 0 to 1 // how much', ('x',))
    """
    text, names = source.text, list[str]()
    found = [c for c in parse(source, dialect).commands if isinstance(c, Param)]
    for command in sorted(found, key=lambda command: command.span.start, reverse=True):
        if command.name not in values or not _is_literal(values[command.name]):
            continue
        literal = literal_text(values[command.name])
        if command.default is not None:
            start, end = command.default.span[1:]
        else:
            start = end = (command.type.span if command.type else command.name_span).end
            literal = f" = {literal}"
        text = text[:start] + literal + text[end:]
        names.append(command.name)
    return text, tuple(reversed(names))


def command_line(program: str, definitions: Mapping[str, object]) -> str:
    """The command that runs a program with these values, as a shell takes it.

    >>> command_line("p.imgql", {"x": 0.25, "NAME": "case 1"})
    "voxlogica run p.imgql -D x=0.25 -D 'NAME=case 1'"
    """
    return " ".join(map(shlex.quote, ["voxlogica", "run", program, *_options(definitions)]))


def _is_literal(value: Constant) -> bool:
    if isinstance(value, tuple):
        return all(map(_is_literal, value))
    return not isinstance(value, str) or not {'"', "\n", "\r"} & {*value}


def _options(definitions: Mapping[str, object]) -> Iterator[str]:
    for name, value in definitions.items():
        yield "-D"
        yield f"{name}={value if isinstance(value, str) else value_text(value)}"  # type: ignore[arg-type]
