"""From program text to syntax tree, with every error of the text reported in one go."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

from voxlogica.syntax.ast import (
    Broken,
    Command,
    Declaration,
    Dialect,
    Expression,
    Fold,
    Import,
    Let,
    Load,
    Loop,
    Name,
    Param,
    Program,
    Request,
    Text,
)
from voxlogica.syntax.diagnostics import Diagnostic
from voxlogica.syntax.grouping import Bounds, Bracket, Brackets, ExpressionReader, Item
from voxlogica.syntax.keywords import COMMANDS, marked
from voxlogica.syntax.reading import Reading, Word
from voxlogica.syntax.source import STRING_OR_COMMENT, Source, Span
from voxlogica.syntax.tables import explaining, tables
from voxlogica.turns import Turns

if TYPE_CHECKING:
    from lark import Lark, UnexpectedInput

    from voxlogica.syntax.habits import Habit

# After so many errors of syntax, more say little.
_MOST_ERRORS = 20

_LOAD = re.compile(rf"{STRING_OR_COMMENT}|(?<![\w.])(load\s+[^\W\d_]\w*\s*=)")
_NOTHING = r"(?:\s|//[^\n]*)*"
_COMMAND = re.compile(rf"{_NOTHING}(?:{'|'.join(COMMANDS)})\b")
_DECLARED = r"\s*(?:(?:let|load)\s+)?([^\s(=\"]+)\s*(?:\([^)]*\)\s*)?=|\s*param\s+(\w+)\s*[=:]"


def parse(source: Source, dialect: Dialect | None = None) -> Program:
    """The program that a text is, in the given reading or in the one its commands call for.

    Its `problems` are all errors of syntax; its commands are those that could be read.
    """
    builder = _Builder(source, dialect or dialect_of(source.text))
    _parse_commands(builder)
    return builder.program()


def parse_input(source: Source, dialect: Dialect) -> Program:
    """What is typed in a session: commands, or an expression whose value is asked for.

    `let x = 1` is a command, `let x = 1 in x` an expression. Where the text is neither, its
    problems are those of what it is further into.
    """
    plain = _plain_expression(source, dialect)
    if plain is not None:
        return plain
    commands = parse(source, dialect)
    if not commands.problems or commands.is_unfinished:
        return commands
    # Of an expression the sign of a comment elsewhere could be an operator.
    if any(problem.message.endswith("begins no comment") for problem in commands.problems):
        return commands
    expression = _parsed_expression(source, dialect)
    if not expression.problems or expression.is_unfinished:
        return expression
    beyond = len(source.text) + 1
    far, further = (beyond if p.stopped is None else p.stopped for p in (expression, commands))
    return commands if further >= max(far, 1) else expression


def dialect_of(text: str) -> Dialect:
    """ImgQL 1 for a text that contains a `load` command, else ImgQL 2."""
    return 1 if any(found.group(1) for found in _LOAD.finditer(text)) else 2


def _parse_commands(builder: _Builder) -> None:
    """Hand all commands that can be read to the builder; after an error, go on at the next one."""
    source = builder.source
    text, start = marked(source.text), 0
    for _ in range(_MOST_ERRORS):
        begun = len(builder.commands)
        if _reading().read(text, start, builder):
            return
        from voxlogica.syntax.explaining import COMMAND, explain

        unexpected = _problem(text, start)
        builder.stop(unexpected)
        commands = builder.commands[begun:]
        start = commands[-1].span.end if commands else start
        problem = explain(source, start, unexpected)
        # What it would have declared is known to be meant, so that no use of it is an error too.
        declared = re.compile(_DECLARED).match(text, start)
        if declared:
            place = Span(source, *declared.span(declared.lastindex or 1))
            builder.commands.append(Broken(place.text, place))
        builder.tell(problem)
        assert problem.diagnostic.span is not None
        following = COMMAND.search(text, max(problem.diagnostic.span.end, start + 1))
        if following is None:
            return
        start = following.start()


def _plain_expression(source: Source, dialect: Dialect) -> Program | None:
    """The expression that a text is, where that is right and does not begin as a command does.

    Most inputs are such: to explain why they are no commands would take longer than all else.
    """
    text = source.text
    if _COMMAND.match(text) or _reading().read(marked(text), 0, _Builder(source, dialect)):
        return None
    builder = _Builder(source, dialect)
    if not _reading().read(marked(text, is_expression=True), 0, builder, "shown"):
        return None
    program = builder.program()
    return None if program.problems else program


def _parsed_expression(source: Source, dialect: Dialect) -> Program:
    """The expression that a text is, as the command to show it."""
    builder = _Builder(source, dialect)
    text = marked(source.text, is_expression=True)
    if not _reading().read(text, 0, builder, "shown"):
        from voxlogica.syntax.explaining import explain

        unexpected = _problem(text, 0, "shown")
        builder.stop(unexpected)
        builder.tell(explain(source, 0, unexpected))
    return builder.program()


# Lark reads the grammar with Python's own parser, which miscounts its depth, and says so in a
# SystemError, when two threads use it at a time (CPython up to 3.12).
_MAKING = Turns()


@cache
def _reading() -> Reading[_Builder]:
    with _MAKING:
        return Reading(tables(), _Builder)


@cache
def _explaining() -> Lark:
    with _MAKING:
        return explaining()


def _problem(text: str, at: int, start: Literal["start", "shown"] = "start") -> UnexpectedInput:
    """Why what is at `at` cannot be read, in Lark's words."""
    from lark import TextSlice, UnexpectedInput

    try:
        _explaining().parse(TextSlice(text, at, len(text)), start)
    except UnexpectedInput as unexpected:
        return unexpected
    raise AssertionError("Lark reads what its own tables refuse")


class _Builder:
    """Collects the commands of one text, as the rules of the grammar are read."""

    def __init__(self, source: Source, dialect: Dialect) -> None:
        self.source = source
        self.commands: list[Command] = []
        self.reader = ExpressionReader(source, dialect)
        self.stopped: int | None = None
        self.problems: list[Diagnostic] = []
        # How many of the reader's problems were told; what was told of the whole text.
        self._told = 0
        self._differing = 0
        self._everywhere: set[str] = set()

    def program(self) -> Program:
        """All that was collected, with the problems that were met meanwhile."""
        reader, text = self.reader, self.source.text
        wanting = reader.wanting
        if self.stopped is None and wanting and re.fullmatch(_NOTHING, text[wanting:]):
            self.stopped = len(text)
        self.is_sound()
        return Program(
            self.source,
            tuple(self.commands),
            reader.dialect,
            tuple(sorted(reader.differences, key=lambda d: d.span.start)),
            tuple(sorted(self.problems, key=lambda d: d.span.start if d.span else 0)),
            self.stopped,
        )

    def tell(self, problem: Habit) -> None:
        """Keep a problem; the names that it would have declared are known to be meant."""
        diagnostic, names, everywhere, _ = problem
        if not (everywhere and diagnostic.message in self._everywhere):
            self.problems.append(diagnostic)
        if everywhere:
            self._everywhere.add(diagnostic.message)
        assert diagnostic.span is not None
        self.commands += [Broken(name, diagnostic.span) for name in names if name]

    def is_sound(self) -> bool:
        """Whether there may be more to say of what was read since this was asked."""
        found = self.reader.problems[self._told :]
        differences = self.reader.differences
        if not found:
            self._differing = len(differences)
            return True
        # What is wrong in one reading is not compared with the other.
        del differences[self._differing :]
        from voxlogica.syntax.explaining import explain_operands

        self._told += len(found)
        explained = [*explain_operands(self.source, found)]
        for problem in explained:
            self.tell(problem)
        return not any(problem.whole for problem in explained)

    def stop(self, unexpected: UnexpectedInput) -> None:
        """Note where reading fails, if it is for the first time."""
        if self.stopped is None:
            token = getattr(unexpected, "token", None)
            ended = token is not None and token.type == "$END"
            at = len(self.source.text) if ended else unexpected.pos_in_stream
            self.stopped = at or 0

    def span(self, token: Word) -> Span:
        return Span(self.source, token.start_pos, token.end_pos)

    def text(self, token: Word) -> Text:
        return Text(str(token)[1:-1], self.span(token))

    def name(self, token: Word) -> Name:
        return Name(str(token), self.span(token))

    def keep(self, name: Name, command: Command) -> None:
        """Keep a command that declares a name; where it could not be read, that it does so."""
        self.commands.append(command if self.is_sound() else Broken(name.name, name.span))

    def declare(self, start: Span, name: Name, parameters: list[Word], body: Expression) -> None:
        formals, span = tuple(map(self.name, parameters)), start.to(body.span)
        self.keep(name, Declaration(name.name, formals, body, span, name.span))

    # What each rule of the grammar does, called with its parts as it has been read.

    def shown(self, items: list[Expression]) -> None:
        (body,) = items
        self.commands.append(Request("show", Text("", body.span), body, body.span))

    def more(self, items: list[Any]) -> list[Item]:
        run: list[Item] = items[0]
        run.append(items[1])
        return run

    def expression(self, items: list[list[Item]]) -> Expression:
        return self.reader.read(items[0])

    def group(self, items: list[Any]) -> Brackets:
        return Brackets(tuple(items[1:-1]), items[0].start_pos, items[-1].end_pos)

    def bracket(self, items: list[Any]) -> Bracket:
        return Bracket(tuple(items[1:-1]), items[0].start_pos, items[-1].end_pos)

    def bounds(self, items: list[Any]) -> Bounds:
        colon = next(
            at for at, item in enumerate(items) if isinstance(item, Word) and item.type == "COLON"
        )
        first = items[1] if colon == 2 else None
        last = items[colon + 1] if len(items) == colon + 3 else None
        return Bounds(first, last, items[0].start_pos, items[-1].end_pos)

    def local(self, items: list[Any]) -> Let:
        let, (name, parameters), _, value, _, body = items
        formals = tuple(map(self.name, parameters))
        span = self.span(let).to(body.span)
        return Let(str(name), formals, value, body, span, self.span(name))

    def loop(self, items: list[Any], kind: Literal["for", "filter"] = "for") -> Loop:
        keyword, variable, _, sequence, _, body = items
        span = self.span(keyword).to(body.span)
        return Loop(kind, self.name(variable), sequence, body, span)

    def filtered(self, items: list[Any]) -> Loop:
        return self.loop(items, "filter")

    def folded(self, items: list[Any]) -> Fold:
        keyword, operator, *rest = items
        run: list[Item] = []
        for part in rest:
            run += part if isinstance(part, list) else [part]
        return self.reader.fold(keyword, operator, run)

    def target(self, items: list[Any]) -> tuple[Word, list[Word]]:
        return items[0], items[1] if len(items) > 1 else []

    def declaration(self, items: list[Any]) -> None:
        let, (name, parameters), _, body = items
        self.declare(self.span(let), self.name(name), parameters, body)

    def bare_declaration(self, items: list[Any]) -> None:
        token = items[0]
        parameters = items[1] if isinstance(items[1], list) else []
        text = token.lstrip()
        span = Span(self.source, token.end_pos - len(text), token.end_pos)
        self.declare(span, Name(text, span), parameters, items[-1])

    def load(self, items: list[Word]) -> None:
        keyword, name, _, path = items
        file = self.text(path)
        span = self.span(keyword).to(file.span)
        self.commands.append(Load(str(name), file, span, self.span(name)))

    def typed(self, items: list[Word]) -> Word:
        return items[1]

    def param(self, items: list[Any]) -> None:
        keyword, word, *rest = items
        name = self.name(word)
        end, what, parts = name.span, "", dict[str, Any]()
        for item in rest:
            if isinstance(item, Word):
                end, what = self.span(item), item.type
                parts[what] = Name("".join(item.split()), end)
            else:
                end, parts[what] = item.span, item
        kind, default, low, high = map(parts.get, ("TYPE", "EQUALS", "FROM", "TO"))
        span = self.span(keyword).to(end)
        self.keep(name, Param(name.name, kind, default, low, high, span, name.span))

    def import_(self, items: list[Word]) -> None:
        file = self.text(items[1])
        self.commands.append(Import(file, self.span(items[0]).to(file.span)))

    def request(self, items: list[Any]) -> None:
        keyword, text, body = items
        if self.is_sound():
            span = self.span(keyword).to(body.span)
            self.commands.append(Request(str(keyword), self.text(text), body, span))

    # As the grammar calls the rules that have that shape.
    save = print_ = assert_ = request
