"""From syntax tree to code: every name bound, every arity checked, no tree left to walk.

Code is the expression in postfix order, for a machine with a stack and numbered locals. Scope is
static: a name means what was declared last before it, and a function keeps the meanings of the
place it was declared at; what it takes from the function or loop around it, it captures.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator
from typing import NamedTuple

from voxlogica.dataclass import dataclass, field, replace
from voxlogica.language.blocks import Block
from voxlogica.language.builtins import FILTER, FOLD, INDEX, MAP, SLICE, Builtin
from voxlogica.language.code import Declared, Instruction, Step
from voxlogica.language.definitions import Definitions
from voxlogica.language.names import UNKNOWN, Binding, takes
from voxlogica.language.on_mistakes import complaints, other_languages
from voxlogica.language.parameters import Constant
from voxlogica.syntax.ast import (
    Call,
    Expression,
    Fold,
    Let,
    Loop,
    Name,
    Number,
    Sequence,
    Slice,
    Text,
    Truth,
    Unread,
    Variable,
)
from voxlogica.syntax.diagnostics import Diagnostic, Note, error, nearest
from voxlogica.syntax.source import Source, Span

# For so many unknown names it is looked for what is like them.
_MOST_GUESSES = 100


class _Restore(NamedTuple):
    """After the body of a `let`: its name means what it meant before."""

    name: str
    before: int | None


class _Bind(NamedTuple):
    """Between value and body of a `let`."""

    expression: Let


class _Close(NamedTuple):
    """After the body of a function or loop: make the function, in the block around."""

    name: str
    parameters: tuple[str, ...]
    body: Block
    expression: Let | Loop


_Item = Expression | Instruction | _Restore | _Bind | _Close
# A union that is made for each item would take a tenth of what resolving does.
_AFTERWARDS = (_Bind, _Restore, _Close)


@dataclass(slots=True)
class Resolver:
    """Resolves the expressions of one program in the order of its declarations."""

    names: dict[str, Binding]
    definitions: Definitions
    report: Callable[[Diagnostic], None]
    # All the program declares, for telling "unknown" from "declared further below".
    declared_anywhere: dict[str, Span]
    # How to come by a name of a namespace that is not imported.
    elsewhere: Callable[[str], str | None] = lambda name: None
    # Whether all that the program imports was found: else it may be what declares a name.
    is_whole: bool = True
    # Libraries of ImgQL 1 that a program brings: what a function of theirs does not know matters
    # only where it is called.
    old: Collection[Source] = ()
    # The unknown names that were told of: another use of one is no other mistake.
    _told: set[str] = field(default_factory=set)
    # Those in such libraries, with what is to be told.
    _put_off: list[tuple[str, Diagnostic]] = field(default_factory=list)

    def declare(
        self, name: str, parameters: Iterable[Name], body: Expression, name_span: Span
    ) -> Declared:
        """Bind a name to the declaration; from here on it means this."""
        block = Block(None)
        formals = self._formals(name, parameters, block)
        self._resolved(body, block, name)
        declared = self.names[name] = block.declared(name, formals, name_span)
        return declared

    def constant(self, name: str, value: Constant, expression: Expression, span: Span) -> Declared:
        """Bind a name to a value; from here on it means this."""
        block = Block(None)
        _push(block.code, value, expression)
        declared = self.names[name] = block.declared(name, (), span)
        return declared

    def resolve(self, body: Expression) -> Declared:
        """An expression of a command, as a constant without a name."""
        block = Block(None)
        self._resolved(body, block, "")
        return Declared("", (), tuple(block.code), body.span, None, block.size)

    def never_met(self, told: Collection[Diagnostic]) -> Iterator[Diagnostic]:
        """Warnings of unknown names in functions that nothing called, each name once."""
        seen = {n for n, unknown in self._put_off if unknown in told or n in self._told}
        for name, unknown in self._put_off:
            if name not in seen:
                seen.add(name)
                message = f"{unknown.message}, in a function that nothing calls"
                yield replace(unknown, severity="warning", message=message)

    def _formals(self, name: str, parameters: Iterable[Name], block: Block) -> tuple[str, ...]:
        for parameter in parameters:
            if parameter.name in block.visible:
                self.report(
                    error(f"`{name}` has two parameters named `{parameter.name}`", parameter.span)
                )
                # Under a name that no program has: who calls it is right about how many there are.
                block.bind(f" {len(block.visible)}")
            else:
                block.bind(parameter.name)
        return tuple(block.visible)

    def _resolved(self, body: Expression, outermost: Block, declaring: str) -> None:
        """Write the code of an expression; every unknown name and wrong arity in it is told."""
        block = outermost
        waiting: list[_Item] = [body]
        while waiting:
            item = waiting.pop()
            if isinstance(item, Instruction):
                block.code.append(item)
            elif isinstance(item, _AFTERWARDS):
                block = _after(item, block, waiting)
            else:
                block = self._begun(item, block, waiting, declaring)
        assert block is outermost

    def _begun(self, item: Expression, block: Block, waiting: list[_Item], declaring: str) -> Block:
        """The block to go on in, when an expression was resolved, or its parts wait for it."""
        match item:
            case Name(name, span):
                block.code.append(self._applied(item, name, span, 0, block, declaring))
            case Call(_, arguments, notation="index"):
                _put_off(waiting, item, INDEX, arguments)
            case Call(name, arguments, _, name_span):
                meant = self._not_here(item, block)
                if meant is None:
                    count = len(arguments)
                    waiting.append(self._applied(item, name, name_span, count, block, declaring))
                    waiting.extend(reversed(arguments))
                else:
                    # What stands in it is part of the same mistake.
                    self.report(meant)
                    block.code.append(_failed(0, item))
            case Number(value) | Truth(value) | Text(value, as_it_is=True):
                _push(block.code, value, item)
            case Text(value):
                for doubt in self.definitions.doubts(value, item.span):
                    self.report(doubt)
                _push(block.code, self.definitions.replaced(value), item)
            case Unread():
                block.code.append(_failed(0, item))
            case Variable():
                block.code.append(self._variable(item))
            case Sequence(items):
                waiting.append(Instruction(Step.COLLECT, None, len(items), item))
                waiting.extend(reversed(items))
            case Slice(sequence, start, stop):
                _put_off(waiting, item, SLICE, (sequence, start, stop))
            case Fold(function, start, sequence):
                _put_off(waiting, item, FOLD, (function, start, sequence))
            case Loop(kind, variable, sequence, body):
                inner = Block(block)
                inner.bind(variable.name)
                waiting += (
                    Instruction(Step.OPERATE, MAP if kind == "for" else FILTER, 2, item),
                    sequence,
                    _Close("", (variable.name,), inner, item),
                    body,
                )
                return inner
            case Let(name, parameters, value):
                waiting.append(_Bind(item))
                if not parameters:
                    waiting.append(value)
                    return block
                inner = Block(block)
                waiting += (
                    _Close(name, self._formals(name, parameters, inner), inner, item),
                    value,
                )
                return inner
        return block

    def _variable(self, variable: Variable) -> Instruction:
        value = self.definitions.values.get(variable.name)
        if value is not None:
            return Instruction(Step.LITERAL, value, 0, variable)
        if variable.name not in self.definitions.unset:
            self.report(self.definitions.not_defined(variable.name, variable.span))
        return _failed(0, variable)

    def _applied(
        self,
        expression: Name | Call,
        name: str,
        span: Span,
        count: int,
        block: Block,
        declaring: str,
    ) -> Instruction:
        local = block.find(name)
        if local is not None:
            if count == 0:
                return Instruction(Step.LOCAL, local, 0, expression)
            return Instruction(Step.CALL_VALUE, local, count, expression)
        if name not in self.names:
            told = name in self._told and name != declaring
            meant = self.is_whole or name == declaring or name in self.declared_anywhere
            if meant and span.source in self.old:
                # Told by who comes to it, if anybody does.
                unknown = self._unknown(expression, name, span, block, declaring)
                self._put_off.append((name, unknown))
                if not told:
                    self._told.discard(name)
                return Instruction(Step.FAIL, unknown, count, expression)
            if meant and not told:
                self.report(self._unknown(expression, name, span, block, declaring))
            return _failed(count, expression)
        binding = self.names[name]
        if binding is UNKNOWN:
            return _failed(count, expression)
        if isinstance(binding, Declared) and not binding.parameters:
            if count == 0:
                return Instruction(Step.CONSTANT, binding, 0, expression)
            # A constant may be a function: `let f = near`.
            return Instruction(Step.CALL_VALUE, binding, count, expression)
        wanted = takes(binding)
        if count == 0 and 0 not in wanted:
            return Instruction(Step.FUNCTION, (name, binding), 0, expression)
        if count not in wanted:
            unread = isinstance(expression, Call) and any(
                isinstance(argument, Unread) for argument in expression.arguments
            )
            if not unread:
                self.report(complaints.arity_error(name, binding, count, span, expression))
            return _failed(count, expression)
        step = Step.CALL if isinstance(binding, Declared) else Step.OPERATE
        return Instruction(step, binding, count, expression)

    def _unknown(
        self,
        expression: Name | Call,
        name: str,
        span: Span,
        block: Block,
        declaring: str,
    ) -> Diagnostic:
        symbolic = not (name[0].isalpha() or name[0] == "_")
        kind = (
            "operator"
            if symbolic or (isinstance(expression, Call) and expression.notation != "call")
            else "function"
            if isinstance(expression, Call)
            else "name"
        )
        if name == declaring:
            return error(
                f"`{name}` is not known inside its own declaration",
                span,
                hint="declarations see what came before them: a function cannot call itself",
            )
        later = self.declared_anywhere.get(name)
        if later is not None:
            return error(
                f"`{name}` is used before it is declared",
                span,
                notes=[Note("declared here", later)],
                hint="move the declaration up: declarations see what was declared before them",
            )
        self._told.add(name)
        owner, _, rest = name.partition(".")
        if kind == "name" and rest and (owner in self.names or block.find(owner) is not None):
            of = (Name(owner, span),)
            return other_languages.no_methods(rest, of, span, rest in self.names)
        arguments = expression.arguments if isinstance(expression, Call) else ()
        hint = self.elsewhere(name) or other_languages.in_other_words(name, arguments)
        if hint is None and len(self._told) <= _MOST_GUESSES:
            hint = self._like(name, symbolic, {*self.names, *block.names()})
        if hint is None and kind == "name":
            hint = f'declare it before; an image in a file: `load {name} = "…"`'
        return error(f"unknown {kind} `{name}`", span, hint=hint)

    def _like(self, name: str, symbolic: bool, known: set[str]) -> str | None:
        """What is known of that looks like the name."""
        if symbolic:
            # Operators are read by the longest match, so two without a space between are one.
            for cut in range(len(name) - 1, 0, -1):
                if name[:cut] in known and self._is_prefix(name[cut:]):
                    return f"put a space between them if you mean `{name[:cut]} {name[cut:]}`"
            swapped = [k for k in self.names if sorted(k) == sorted(name)]
            if swapped:
                return f"did you mean `{swapped[0]}`?"
        capitals = re.match(r"[A-Z]+", name)
        if capitals and capitals.group() in known and name[capitals.end() :] in known:
            first, second = capitals.group(), name[capitals.end() :]
            return f"put a space between them if you mean `{first} {second}`"
        if symbolic:
            core = name.strip(".")
            alike = [k for k in self.names if k.strip(".") == core]
            if alike:
                return f"there is {_listed(sorted(alike))}; `voxlogica ops` shows their types"
        close = nearest(name, known)
        return f"did you mean `{close}`?" if close else None

    def _not_here(self, call: Call, block: Block) -> Diagnostic | None:
        """What is wrong with a call that is none here, as others write it."""

        if call.name in self.names or block.find(call.name) is not None:
            # Named arguments are told of calls of what is known, too.
            for argument in call.arguments if call.notation == "call" else ():
                if isinstance(argument, Call) and argument.name == "=":
                    break
            else:
                return None

        def is_known(name: str) -> bool:
            return name in self.names or block.find(name) is not None

        found = other_languages.not_here(call, is_known)
        if found is not None and call.name in other_languages.OTHER_ENDS:
            # What stands after it on the line, no other message speaks of.
            rest = call.span.source.text[call.name_span.end :].partition("\n")[0]
            self._told.update(re.findall(r"[^\W\d]\w*(?=\s*=)", rest))
        return found

    def _is_prefix(self, name: str) -> bool:
        """Whether the name stands for an operator that may be written before its operand."""
        binding = self.names.get(name)
        return binding is not UNKNOWN and 1 in takes(binding)


def _push(code: list[Instruction], value: Constant, expression: Expression) -> None:
    """Have a value pushed, a sequence made of its elements."""
    if not isinstance(value, tuple):
        code.append(Instruction(Step.LITERAL, value, 0, expression))
        return
    for item in value:
        _push(code, item, expression)
    code.append(Instruction(Step.COLLECT, None, len(value), expression))


def _put_off(
    waiting: list[_Item],
    expression: Expression,
    builtin: Builtin,
    parts: Iterable[Expression | None],
) -> None:
    """Have a builtin applied to the parts that there are, when these are resolved."""
    there = [part for part in parts if part is not None]
    waiting.append(Instruction(Step.OPERATE, builtin, len(there), expression))
    waiting.extend(reversed(there))


def _after(item: _Bind | _Restore | _Close, block: Block, waiting: list[_Item]) -> Block:
    """The block to go on in, after the value or the body of a `let`, a function or a loop."""
    match item:
        case _Bind(let):
            waiting.append(_Restore(let.name, block.visible.get(let.name)))
            waiting.append(let.body)
            block.code.append(Instruction(Step.BIND, block.bind(let.name), 1, let))
        case _Restore(name, before) if before is not None:
            block.visible[name] = before
        case _Restore(name):
            del block.visible[name]
        case _Close(name, formals, inner, around):
            assert inner.parent is not None
            block = inner.parent
            operand = (inner.declared(name, formals, around.span), tuple(inner.captured))
            block.code.append(Instruction(Step.CLOSE, operand, 0, around))
    return block


def _failed(count: int, expression: Expression) -> Instruction:
    """What stands for the application of a name that has an error."""
    return Instruction(Step.FAIL, None, count, expression)


def _listed(names: list[str]) -> str:
    quoted = [f"`{n}`" for n in names]
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} and {quoted[-1]}"
