"""The syntax tree of a program: commands and expressions, each with its place in the text.

Trees may be as deep as a program is long: whoever walks one keeps his own stack. Nothing changes a
tree; but expressions are not frozen, which would make a long program's take half as long again.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from voxlogica.dataclass import dataclass
from voxlogica.syntax.diagnostics import Diagnostic
from voxlogica.syntax.source import Source, Span

Dialect = Literal[1, 2]
Notation = Literal["call", "prefix", "infix", "index"]


@dataclass(slots=True, eq=False)
class Number:
    """A number as written: `3`, `-2.5`, `1e-3`."""

    value: float
    span: Span


@dataclass(slots=True, eq=False)
class Truth:
    """`true` or `false`."""

    value: bool
    span: Span


@dataclass(slots=True, eq=False)
class Unread:
    """Stands where an expression is missing or could not be read, which is told already."""

    span: Span


@dataclass(slots=True, eq=False)
class Text:
    """A string, without its quotes; `as_it_is` if a `$` in it is no variable."""

    value: str
    span: Span
    as_it_is: bool = False


@dataclass(slots=True, eq=False)
class Name:
    """A constant, a parameter, or an operator that is named without being applied."""

    name: str
    span: Span


@dataclass(slots=True, eq=False)
class Call:
    """A function or operator applied to arguments, however it was written."""

    name: str
    arguments: tuple[Expression, ...]
    span: Span
    name_span: Span
    notation: Notation


@dataclass(slots=True, eq=False)
class Sequence:
    """`[a, b, c]`."""

    items: tuple[Expression, ...]
    span: Span


@dataclass(frozen=True, slots=True, eq=False)
class Variable:
    """`$stem`: a variable of the program, outside strings."""

    name: str
    span: Span


@dataclass(frozen=True, slots=True, eq=False)
class Slice:
    """`s[a:b]`; a bound that is left out is None."""

    sequence: Expression
    start: Expression | None
    stop: Expression | None
    span: Span


@dataclass(frozen=True, slots=True, eq=False)
class Let:
    """`let x = e in e`, `let f(a) = e in e`."""

    name: str
    parameters: tuple[Name, ...]
    value: Expression
    body: Expression
    span: Span
    name_span: Span


@dataclass(frozen=True, slots=True, eq=False)
class Loop:
    """`for x in s do e`, and `filter x in s do e`, which keeps the elements for which e is true."""

    kind: Literal["for", "filter"]
    variable: Name
    sequence: Expression
    body: Expression
    span: Span


@dataclass(frozen=True, slots=True, eq=False)
class Fold:
    """`fold op init s`, `fold op s`."""

    operator: Name
    start: Expression | None
    sequence: Expression
    span: Span


Binding = Let | Loop | Fold
Expression = Number | Truth | Text | Name | Call | Sequence | Variable | Slice | Binding | Unread


@dataclass(frozen=True, slots=True, eq=False)
class Declaration:
    """`let x = e`, `let f(a,b) = e`, `let <op>(a,b) = e`."""

    name: str
    parameters: tuple[Name, ...]
    body: Expression
    span: Span
    name_span: Span


@dataclass(frozen=True, slots=True, eq=False)
class Load:
    """`load x = "file"`."""

    name: str
    path: Text
    span: Span
    name_span: Span


@dataclass(frozen=True, slots=True, eq=False)
class Param:
    """`param x = 0.5`, `param x = 0.5 from 0 to 1`, `param x: string`.

    The type as it is written, default and bounds, each None where it is left out.
    """

    name: str
    type: Name | None
    default: Expression | None
    low: Expression | None
    high: Expression | None
    span: Span
    name_span: Span


@dataclass(frozen=True, slots=True, eq=False)
class Import:
    """`import "lib"`."""

    path: Text
    span: Span


@dataclass(frozen=True, slots=True, eq=False)
class Request:
    """A command that asks for a value: `save "file" e`, `print "label" e`, `assert "label" e`.

    In a session an expression by itself, too: its `word` is `show`, its text empty.
    """

    word: str
    text: Text
    body: Expression
    span: Span


@dataclass(frozen=True, slots=True, eq=False)
class Broken:
    """A declaration that could not be read; that it declares the name is known."""

    name: str
    span: Span


Command = Declaration | Load | Param | Import | Request | Broken


@dataclass(frozen=True, slots=True, eq=False)
class Difference:
    """An operator expression that the two readings group differently."""

    span: Span
    reading: Callable[[Dialect], Expression]


@dataclass(frozen=True, slots=True, eq=False)
class Program:
    """A parsed text, the reading it was given, and where the other reading would differ.

    With `problems`, the errors of its syntax, it has the commands that could be read; `stopped` is
    where reading first failed, None where it did not.
    """

    source: Source
    commands: tuple[Command, ...]
    dialect: Dialect
    differences: tuple[Difference, ...]
    problems: tuple[Diagnostic, ...]
    stopped: int | None = None

    @property
    def is_unfinished(self) -> bool:
        """Whether the text is right as far as it goes, but ends too early."""
        return self.stopped == len(self.source.text)
