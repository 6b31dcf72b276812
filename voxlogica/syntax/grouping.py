"""How a run of operands and operators becomes a tree: the two readings of operator expressions.

ImgQL 1 has no precedence: infix operators group to the right, and a prefix operator takes all that
follows it. ImgQL 2 has the conventional precedence, groups to the left, and a prefix operator takes
one operand. Both take time linear in the length of the run and no recursion.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from sys import intern
from typing import NamedTuple

from voxlogica.dataclass import dataclass, field
from voxlogica.syntax.ast import (
    Binding,
    Call,
    Dialect,
    Difference,
    Expression,
    Fold,
    Name,
    Number,
    Sequence,
    Slice,
    Text,
    Truth,
    Unread,
    Variable,
)
from voxlogica.syntax.diagnostics import Diagnostic, error
from voxlogica.syntax.reading import Word
from voxlogica.syntax.source import Source, Span

# ImgQL 2: how tightly an infix operator binds, dots at its ends put aside. Others bind loosest.
PRECEDENCE = {
    **dict.fromkeys(("*", "/"), 5),
    **dict.fromkeys(("+", "-"), 4),
    **dict.fromkeys(("=", "==", "!=", "<", "<=", ">", ">="), 3),
    **dict.fromkeys(("&", "&&"), 2),
    **dict.fromkeys(("|", "||"), 1),
}
# Where a run joins operands by one of these alone, both groupings mean the same.
ASSOCIATIVE = frozenset({"&", "|", "&&", "||", ".&.", ".|."})

_OPERATORS = ("OPERATOR", "WORD")


class Brackets(NamedTuple):
    """Expressions between round brackets: one is grouping, others are a call's arguments."""

    items: tuple[Expression, ...]
    start_pos: int
    end_pos: int


class Bracket(NamedTuple):
    """Expressions between square brackets: a sequence, an index, or an operator's arguments."""

    items: tuple[Expression, ...]
    start_pos: int
    end_pos: int


class Bounds(NamedTuple):
    """A slice's bounds between square brackets; one that is left out is None."""

    first: Expression | None
    last: Expression | None
    start_pos: int
    end_pos: int


# What stands behind what it is applied to.
_POSTFIXES = (Brackets, Bracket, Bounds)


# What begins with a keyword, and takes all that follows, is the last of its run.
Item = Word | Brackets | Bracket | Bounds | Binding


@dataclass(slots=True)
class _Run:
    """A run taken apart: operands, the prefix operators before each, the infix ones between.

    An infix operator may have further arguments.
    """

    source: Source
    operands: list[Expression] = field(default_factory=list)
    prefixes: list[list[Word]] = field(default_factory=list)
    infixes: list[tuple[Word, tuple[Expression, ...]]] = field(default_factory=list)


class ExpressionReader:
    """Reads runs as expressions of one dialect, collecting problems and differences of reading."""

    def __init__(self, source: Source, dialect: Dialect) -> None:
        self.source = source
        self.dialect = dialect
        self.problems: list[Diagnostic] = []
        self.differences: list[Difference] = []
        # Where the last expression ends that wants one more operand.
        self.wanting = 0

    def read(self, items: list[Item]) -> Expression:
        """The expression that a run of items means."""
        # First what most runs are.
        first = items[0]
        if len(items) == 1 and isinstance(first, Word):
            return self._operand(first)
        if len(items) == 2 and isinstance(first, Word) and first.type == "NAME":
            second = items[1]
            if isinstance(second, Brackets):
                return self._call(first, second)
        run = self._take_apart(items)
        if not run.infixes and not run.prefixes[0]:
            return run.operands[0]
        order = _ORDERS[self.dialect](run)
        if len(run.infixes) + sum(map(len, run.prefixes)) > 1 and not _reads_alike(run):
            span = self._span(items[0]).to(self._span(items[-1]))
            self.differences.append(Difference(span, lambda d: _build(run, _ORDERS[d](run))))
        return _build(run, order)

    def fold(self, keyword: Word, operator: Word, items: list[Item]) -> Fold:
        """`fold op init s` or `fold op s`, its start value and its sequence still in one run."""
        at = _second_expression(items)
        start = self.read(items[:at]) if at else None
        sequence = self.read(items[at:])
        name = Name(str(operator), self._span(operator))
        return Fold(name, start, sequence, self._span(keyword).to(sequence.span))

    def _take_apart(self, items: list[Item]) -> _Run:
        run = _Run(self.source)
        at, end = 0, len(items)
        while True:
            prefixes: list[Word] = []
            operand: Expression | None = None
            while operand is None:
                if at == end:
                    last = items[-1]
                    self.wanting = max(self.wanting, self._span(last).end)
                    self._problem(
                        f"an operand is missing after `{last}`"
                        if isinstance(last, Word)
                        else "an operand is missing here",
                        last,
                    )
                    operand = Unread(self._span(last))
                    break
                item = items[at]
                at += 1
                following = items[at] if at < end else None
                if not isinstance(item, Word):
                    operand = self._bracketed(item)
                elif isinstance(following, Brackets) and self._is_called(item, following):
                    at += 1
                    operand = self._call(item, following)
                elif item.type not in _OPERATORS:
                    operand = self._operand(item)
                elif isinstance(following, Bounds) or (
                    following is None and (item.isalnum() or not (run.operands or prefixes))
                ):
                    operand = Name(str(item), self._span(item))
                elif isinstance(following, Word) and _is_sign(item, following):
                    at += 1
                    operand = Number(-float(following), self._span(item).to(self._span(following)))
                else:
                    prefixes.append(item)
            while at < end and isinstance(postfix := items[at], _POSTFIXES):
                operand = self._postfix(operand, postfix)
                at += 1
            run.operands.append(operand)
            run.prefixes.append(prefixes)
            if at == end:
                return run
            infix = items[at]
            at += 1
            if not isinstance(infix, Word) or infix.type not in _OPERATORS:
                self._problem("an operator is missing before this", infix)
                return run
            further: tuple[Expression, ...] = ()
            if at < end and isinstance(items[at], Bracket) and self._is_further(items, at):
                further = items[at].items  # type: ignore[union-attr]
                at += 1
            run.infixes.append((infix, further))

    def _is_called(self, word: Word, group: Brackets) -> bool:
        """Whether `word(…)` is a call, rather than a prefix operator before a bracket."""
        return (
            len(group.items) != 1
            or word.type != "OPERATOR"
            or (self.dialect == 2 and word.isalpha())
        )

    def _is_further(self, items: list[Item], at: int) -> bool:
        """Whether [..] after an infix operator holds its further arguments, or is a list."""
        if at + 1 == len(items):
            return False
        after = items[at + 1]
        if isinstance(after, Bracket | Bounds):
            return False
        return self.dialect == 1 or not (isinstance(after, Word) and after.type in _OPERATORS)

    def _operand(self, token: Word) -> Expression:
        span = self._span(token)
        match token.type:
            case "NUMBER":
                return Number(float(token), span)
            case "STRING":
                return Text(str(token)[1:-1], span)
            case "VARIABLE":
                return Variable(str(token)[1:].strip("{}"), span)
        if token in ("true", "false"):
            return Truth(token == "true", span)
        return Name(str(token), span)

    def _bracketed(self, item: Brackets | Bracket | Bounds | Binding) -> Expression:
        if isinstance(item, Binding):
            return item
        if isinstance(item, Bounds):
            self._problem("a slice needs a sequence before it", item)
            return Unread(self._span(item))
        if isinstance(item, Bracket):
            return Sequence(item.items, self._span(item))
        if len(item.items) != 1:
            self._problem(
                "expressions in brackets, but no function before them"
                if item.items
                else "nothing between the brackets",
                item,
            )
            return Unread(self._span(item))
        return item.items[0]

    def _call(self, token: Word, group: Brackets) -> Expression:
        span = self._span(token)
        if token.type in ("NUMBER", "STRING") or token in ("true", "false"):
            self._problem(f"`{token}` is not a function", token)
            return Unread(span)
        return Call(intern(str(token)), group.items, span.to(self._span(group)), span, "call")

    def _postfix(self, operand: Expression, item: Brackets | Bracket | Bounds) -> Expression:
        span = self._span(item)
        if isinstance(item, Bounds):
            return Slice(operand, item.first, item.last, operand.span.to(span))
        if isinstance(item, Brackets):
            self._problem(
                "what stands before this bracket is not a function",
                item,
                "put an operator between them",
            )
            return operand
        if not item.items:
            self._problem("an index is missing between the brackets", item)
            return operand
        return Call("index", (operand, *item.items), operand.span.to(span), span, "index")

    def _span(self, item: Item) -> Span:
        if isinstance(item, Binding):
            return item.span
        return Span(self.source, item.start_pos, item.end_pos)

    def _problem(self, message: str, item: Item, hint: str | None = None) -> None:
        self.problems.append(error(message, self._span(item), hint=hint))


def _second_expression(items: list[Item]) -> int:
    """Where in `fold op …` the sequence begins, after a start value; 0 where there is none.

    Two operands side by side are two expressions, and so is what can be neither called nor indexed
    beside a bracket: in `fold + 0 (s)` and `fold + 0 [1, 2]` the start value is 0.
    """
    ended = is_name = False  # whether an operand ends before the item; whether that is a name
    for at, item in enumerate(items):
        following = items[at + 1] if at + 1 < len(items) else None
        if isinstance(item, Binding):
            return at if ended else 0
        if isinstance(item, Word) and item.type in _OPERATORS:
            called = isinstance(following, Brackets)
            if ended and (item.isalnum() and (following is None or called)):
                return at
            # Any operator may be called; one in capitals may also be a constant.
            is_name = called or item.isalnum()
            ended = item.isalnum() and (following is None or isinstance(following, Bounds))
        elif isinstance(item, Word):
            if ended:
                return at
            ended, is_name = True, item.type == "NAME" and item not in ("true", "false")
        elif isinstance(item, Bounds):
            ended, is_name = True, False
        elif isinstance(item, Brackets):
            if ended and not is_name:
                return at
            ended, is_name = True, False
        else:
            literal = (
                ended
                and isinstance(previous := items[at - 1], Word)
                and (previous.type in ("NUMBER", "STRING"))
            )
            if ended and (literal or len(item.items) != 1):
                return at
            ended, is_name = True, False
    return 0


def _is_sign(operator: Word, number: Word) -> bool:
    """Whether an operator is the sign of a number that follows."""
    touches = number.type == "NUMBER" and number.start_pos == operator.end_pos
    return operator == "-" and touches


# An order of evaluation, in reverse Polish: operand i as i; infix operator i as (i, -1); prefix
# operator j of operand i as (i, j).
Step = int | tuple[int, int]


def _order_1(run: _Run) -> list[Step]:
    """To the right, prefix operators taking all that follows."""
    steps: list[Step] = list(range(len(run.operands)))
    for i in range(len(run.operands) - 1, -1, -1):
        steps += [(i, j) for j in range(len(run.prefixes[i]) - 1, -1, -1)]
        if i:
            steps.append((i - 1, -1))
    return steps


def _order_2(run: _Run) -> list[Step]:
    """By precedence, to the left: Dijkstra's shunting yard."""
    steps: list[Step] = []
    waiting: list[tuple[int, int]] = []  # (precedence, infix operator)
    for i in range(len(run.operands)):
        steps.append(i)
        steps += [(i, j) for j in range(len(run.prefixes[i]) - 1, -1, -1)]
        if i < len(run.infixes):
            operator, _ = run.infixes[i]
            strength = PRECEDENCE.get(re.sub(r"^\.|\.$", "", operator), 0)
            while waiting and waiting[-1][0] >= strength:
                steps.append((waiting.pop()[1], -1))
            waiting.append((strength, i))
    steps += [(i, -1) for _, i in reversed(waiting)]
    return steps


_ORDERS: dict[Dialect, Callable[[_Run], list[Step]]] = {1: _order_1, 2: _order_2}


def _reads_alike(run: _Run) -> bool:
    """Whether the two readings mean the same."""
    operators = {str(token) for token, _ in run.infixes}
    if len(operators) == 1 and operators <= ASSOCIATIVE and not any(run.prefixes[:-1]):
        return True
    return _shape(_order_1(run)) == _shape(_order_2(run))


def _shape(order: list[Step]) -> list[tuple[Step, Step, Step]]:
    """Each application with what it is applied to, in the order of the text.

    Two orders mean the same tree exactly when these agree: reverse Polish itself differs also where
    operands are merely pushed earlier.
    """
    stack: list[Step] = []
    applied: list[tuple[Step, Step, Step]] = []
    for step in order:
        if isinstance(step, int):
            stack.append(step)
        elif step[1] >= 0:
            applied.append((step, stack[-1], -1))
            stack[-1] = step
        else:
            right = stack.pop()
            applied.append((step, stack[-1], right))
            stack[-1] = step
    return sorted(applied, key=lambda a: a[0])


def _build(run: _Run, order: list[Step]) -> Expression:
    stack: list[Expression] = []
    for step in order:
        if isinstance(step, int):
            stack.append(run.operands[step])
            continue
        i, j = step
        right = stack.pop()
        if j >= 0:
            token = run.prefixes[i][j]
            name_span = Span(run.source, token.start_pos, token.end_pos)
            span = name_span.to(right.span)
            stack.append(Call(intern(str(token)), (right,), span, name_span, "prefix"))
        else:
            left = stack.pop()
            token, further = run.infixes[i]
            name_span = Span(run.source, token.start_pos, token.end_pos)
            span = left.span.to(right.span)
            arguments = (left, right, *further)
            stack.append(Call(intern(str(token)), arguments, span, name_span, "infix"))
    return stack[0]
