"""From syntax tree to code: every name bound, every arity checked, no tree left to walk.

Code is the expression in postfix order, for a machine with a stack and numbered locals. Scope is
static: a name means what was declared last before it, and a function keeps the meanings of the
place it was declared at; what it takes from the function or loop around it, it captures.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, NamedTuple

from voxlogica.dataclass import dataclass, field
from voxlogica.language.bindings import UNKNOWN, Binding, takes
from voxlogica.language.builtins import FILTER, FOLD, INDEX, MAP, SLICE
from voxlogica.language.code import Code, Declared, Instruction, Step
from voxlogica.language.definitions import Definitions
from voxlogica.language.dependence import dependence
from voxlogica.later import Later
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
from voxlogica.syntax.source import Span

if TYPE_CHECKING:
    from voxlogica.language import complaints, other_syntax, synonyms
else:
    complaints = Later("voxlogica.language.complaints")
    other_syntax = Later("voxlogica.language.other_syntax")
    synonyms = Later("voxlogica.language.synonyms")

# For so many unknown names it is looked for what is like them.
_MOST_GUESSES = 100


@dataclass(eq=False, slots=True)
class _Block:
    """The code of one function or loop body while it is made: its locals by name, by number."""

    parent: _Block | None
    code: list[Instruction] = field(default_factory=list)
    visible: dict[str, int] = field(default_factory=dict)
    # The parent's locals that it captures, and the locals they become.
    captured: dict[int, int] = field(default_factory=dict)
    size: int = 0

    def bind(self, name: str) -> int:
        """A new local; from here on the name means it."""
        self.visible[name] = self.size
        self.size += 1
        return self.size - 1

    def find(self, name: str) -> int | None:
        """The local that a name means, captured if it is one of a function around."""
        around: list[_Block] = []
        block: _Block | None = self
        while block is not None and name not in block.visible:
            around.append(block)
            block = block.parent
        if block is None:
            return None
        place = block.visible[name]
        for inner in reversed(around):
            if place not in inner.captured:
                inner.captured[place] = inner.size
                inner.size += 1
            place = inner.captured[place]
        return place

    def names(self) -> set[str]:
        """All locals that can be seen from here."""
        seen: set[str] = set()
        block: _Block | None = self
        while block is not None:
            seen |= block.visible.keys()
            block = block.parent
        return seen


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
    body: _Block
    expression: Let | Loop


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
    # The unknown names that were told of: another use of one is no other mistake.
    _told: set[str] = field(default_factory=set)

    def declare(
        self, name: str, parameters: Iterable[Name], body: Expression, name_span: Span
    ) -> Declared:
        """Bind a name to the declaration; from here on it means this."""
        block = _Block(None)
        formals = self._formals(name, parameters, block)
        code = self._resolved(body, block, name)
        declared = Declared(
            name, formals, code, name_span, None, block.size, (), *dependence(code, len(formals))
        )
        self.names[name] = declared
        return declared

    def resolve(self, body: Expression) -> Declared:
        """An expression of a command, as a constant without a name."""
        block = _Block(None)
        code = self._resolved(body, block, "")
        return Declared("", (), code, body.span, None, block.size)

    def _formals(self, name: str, parameters: Iterable[Name], block: _Block) -> tuple[str, ...]:
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

    def _resolved(self, body: Expression, block: _Block, declaring: str) -> Code:
        """The code of an expression; every unknown name and wrong arity in it is reported."""
        outermost = block
        Item = Expression | Instruction | _Restore | _Bind | _Close  # noqa: N806
        waiting: list[Item] = [body]
        while waiting:
            item = waiting.pop()
            match item:
                case Instruction():
                    block.code.append(item)
                case Number(value) | Truth(value):
                    block.code.append(Instruction(Step.LITERAL, value, 0, item))
                case Text(value):
                    text = self.definitions.replaced(value)
                    for doubt in self.definitions.doubts(value, item.span):
                        self.report(doubt)
                    block.code.append(Instruction(Step.LITERAL, text, 0, item))
                case Unread():
                    block.code.append(_failed(0, item))
                case Variable():
                    block.code.append(self._variable(item))
                case Sequence(items):
                    waiting.append(Instruction(Step.COLLECT, None, len(items), item))
                    waiting.extend(reversed(items))
                case Name(name, span):
                    block.code.append(self._applied(item, name, span, 0, block, declaring))
                case Call(_, arguments, notation="index"):
                    waiting.append(Instruction(Step.OPERATE, INDEX, len(arguments), item))
                    waiting.extend(reversed(arguments))
                case Call(name, arguments, _, name_span):
                    meant = self._in_other_syntax(item, block)
                    if meant is not None:
                        # What stands in it is part of the same mistake.
                        self.report(meant)
                        block.code.append(_failed(0, item))
                        continue
                    waiting.append(
                        self._applied(item, name, name_span, len(arguments), block, declaring)
                    )
                    waiting.extend(reversed(arguments))
                case Slice(sequence, start, stop):
                    bounds = [b for b in (start, stop) if b is not None]
                    waiting.append(Instruction(Step.OPERATE, SLICE, 1 + len(bounds), item))
                    waiting.extend([*reversed(bounds), sequence])
                case Let(name, parameters, value):
                    waiting.append(_Bind(item))
                    if parameters:
                        inner = _Block(block)
                        formals = self._formals(name, parameters, inner)
                        waiting += (_Close(name, formals, inner, item), value)
                        block = inner
                    else:
                        waiting.append(value)
                case _Bind(let):
                    waiting.append(_Restore(let.name, block.visible.get(let.name)))
                    waiting.append(let.body)
                    place = block.bind(let.name)
                    block.code.append(Instruction(Step.BIND, place, 1, let))
                case _Restore(name, before):
                    if before is None:
                        del block.visible[name]
                    else:
                        block.visible[name] = before
                case Loop(kind, variable, sequence, value):
                    builtin = MAP if kind == "for" else FILTER
                    inner = _Block(block)
                    inner.bind(variable.name)
                    waiting.append(Instruction(Step.OPERATE, builtin, 2, item))
                    waiting.append(sequence)
                    waiting += (_Close("", (variable.name,), inner, item), value)
                    block = inner
                case _Close(name, formals, inner, around):
                    assert inner.parent is not None
                    block = inner.parent
                    function = Declared(
                        name,
                        formals,
                        tuple(inner.code),
                        around.span,
                        None,
                        inner.size,
                        tuple(inner.captured.values()),
                        *dependence(inner.code, len(formals)),
                    )
                    operand = (function, tuple(inner.captured))
                    block.code.append(Instruction(Step.CLOSE, operand, 0, around))
                case Fold(name, start, sequence):
                    parts = [p for p in (start, sequence) if p is not None]
                    waiting.append(Instruction(Step.OPERATE, FOLD, 1 + len(parts), item))
                    waiting.extend([*reversed(parts), name])
        assert block is outermost
        return tuple(block.code)

    def _variable(self, variable: Variable) -> Instruction:
        value = self.definitions.values.get(variable.name)
        if value is not None:
            return Instruction(Step.LITERAL, value, 0, variable)
        known = nearest(variable.name, self.definitions.values)
        self.report(
            error(
                f"`${variable.name}` is not defined",
                variable.span,
                hint=f"did you mean `${known}`?"
                if known
                else f"say what it stands for, on the command line: `-D {variable.name}=VALUE`",
            )
        )
        return _failed(0, variable)

    def _applied(
        self,
        expression: Name | Call,
        name: str,
        span: Span,
        count: int,
        block: _Block,
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
        block: _Block,
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
            return other_syntax.attribute(rest, Name(owner, span), rest in self.names)
        arguments = expression.arguments if isinstance(expression, Call) else ()
        hint = self.elsewhere(name) or synonyms.in_other_words(name, arguments)
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

    def _in_other_syntax(self, call: Call, block: _Block) -> Diagnostic | None:
        """What is wrong with a call that is none here: a method, a named argument, a comment."""

        def is_known(name: str) -> bool:
            return name in self.names or block.find(name) is not None

        if call.notation == "call":
            for argument in call.arguments:
                match argument:
                    case Call("=", (Name(name), _), notation="infix") if not (
                        is_known("=") or is_known(name)
                    ):
                        return other_syntax.named_argument(call, argument)
        if is_known(call.name):
            return None
        owner, _, method = call.name.partition(".")
        if call.notation == "call" and method and is_known(owner):
            of: Expression = Name(owner, call.name_span)
            return other_syntax.method_call(method, (of, *call.arguments), call, is_known(method))
        if call.name == "." and call.notation == "infix":
            of, right = call.arguments
            while isinstance(right, Call) and right.notation == "infix":
                right = right.arguments[0]
            if isinstance(right, Call | Name):
                all_of = (of, *right.arguments) if isinstance(right, Call) else (of,)
                return other_syntax.method_call(right.name, all_of, call, is_known(right.name))
        match call:
            # As the two readings group `c ? a : b`.
            case Call(":", (Call("?", name_span=at), _)) | Call("?", name_span=at):
                return other_syntax.choice(at)
            case Call("=", notation="prefix"):
                return other_syntax.second_equals(call)
        if call.notation == "infix" and call.name in synonyms.OTHER_ENDS:
            # What stands after it on the line, no other message speaks of.
            rest = call.span.source.text[call.name_span.end :].partition("\n")[0]
            self._told.update(re.findall(r"[^\W\d]\w*(?=\s*=)", rest))
            message, hint = synonyms.OTHER_ENDS[call.name]
            return error(message, call.name_span, hint=hint)
        return None

    def _is_prefix(self, name: str) -> bool:
        """Whether the name stands for an operator that may be written before its operand."""
        binding = self.names.get(name)
        return binding is not UNKNOWN and 1 in takes(binding)


def _failed(count: int, expression: Expression) -> Instruction:
    """What stands for the application of a name that has an error."""
    return Instruction(Step.FAIL, None, count, expression)


def _listed(names: list[str]) -> str:
    quoted = [f"`{n}`" for n in names]
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} and {quoted[-1]}"
