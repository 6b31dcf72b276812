"""From syntax tree to code: every name bound, every arity checked, no tree left to walk.

Code is the expression in postfix order, for a machine with a stack. Scope is static: a name means
what was declared last before it, and a function keeps the meanings of the place it was declared at.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Final, NamedTuple

from voxlogica.language.definitions import Definitions
from voxlogica.primitives.signature import Operator
from voxlogica.syntax.ast import Call, Expression, Name, Number, Sequence, Text, Truth
from voxlogica.syntax.diagnostics import Diagnostic, Note, error, nearest
from voxlogica.syntax.source import Span


class Step(IntEnum):
    """What an instruction does to the stack."""

    LITERAL = 0  # push a number, a truth value or a string
    LOCAL = 1  # push an argument of the function
    CONSTANT = 2  # push the value of a declared constant
    CALL = 3  # apply a declared function to the topmost values
    OPERATE = 4  # apply the operator, of several overloads the one whose types fit
    COLLECT = 5  # make a sequence of the topmost values
    FAIL = 6  # push what stands for an expression with an error in it


class Instruction(NamedTuple):
    """One step: its operand, how many values it takes, and the expression it comes from."""

    step: Step
    operand: Any
    takes: int
    expression: Expression


Code = tuple[Instruction, ...]


@dataclass(eq=False, slots=True)
class Declared:
    """A constant or function of a program; a constant's value is set once it is reduced."""

    name: str
    parameters: tuple[str, ...]
    code: Code
    span: Span
    value: int | None = None

    @property
    def signature(self) -> str:
        """As it is declared: `dice(x, y)`."""
        return f"{self.name}({', '.join(self.parameters)})" if self.parameters else self.name


# What a name means whose declaration has an error: no use of it is another.
UNKNOWN: Final = None
Binding = Declared | tuple[Operator, ...] | None


@dataclass(slots=True)
class Resolver:
    """Resolves the expressions of one program in the order of its declarations."""

    names: dict[str, Binding]
    definitions: Definitions
    report: Callable[[Diagnostic], None]
    # All the program declares, for telling "unknown" from "declared further below".
    declared_anywhere: dict[str, Span]

    def declare(
        self, name: str, parameters: Iterable[Name], body: Expression, name_span: Span
    ) -> Declared:
        """Bind a name to the declaration; from here on it means this."""
        places: dict[str, int] = {}
        for parameter in parameters:
            if parameter.name in places:
                self.report(
                    error(f"`{name}` has two parameters named `{parameter.name}`", parameter.span)
                )
            places[parameter.name] = len(places)
        code = self.resolve(body, places, declaring=name)
        declared = Declared(name, tuple(places), code, name_span)
        self.names[name] = declared
        return declared

    def resolve(
        self, body: Expression, parameters: dict[str, int] | None = None, declaring: str = ""
    ) -> Code:
        """The code of an expression; every unknown name and wrong arity in it is reported."""
        parameters = parameters or {}
        code: list[Instruction] = []
        waiting: list[Expression | Instruction] = [body]
        while waiting:
            item = waiting.pop()
            match item:
                case Instruction():
                    code.append(item)
                case Number(value) | Truth(value):
                    code.append(Instruction(Step.LITERAL, value, 0, item))
                case Text(value):
                    text = self.definitions.replaced(value)
                    code.append(Instruction(Step.LITERAL, text, 0, item))
                case Sequence(items):
                    waiting.append(Instruction(Step.COLLECT, None, len(items), item))
                    waiting.extend(reversed(items))
                case Name(name, span):
                    code.append(self._applied(item, name, span, 0, parameters, declaring))
                case Call(name, arguments, _, name_span):
                    waiting.append(
                        self._applied(item, name, name_span, len(arguments), parameters, declaring)
                    )
                    waiting.extend(reversed(arguments))
        return tuple(code)

    def _applied(
        self,
        expression: Name | Call,
        name: str,
        span: Span,
        count: int,
        parameters: dict[str, int],
        declaring: str,
    ) -> Instruction:
        if name in parameters:
            if count == 0:
                return Instruction(Step.LOCAL, parameters[name], 0, expression)
            self.report(
                error(
                    f"`{name}` is a parameter of `{declaring}`: a value, not a function",
                    span,
                )
            )
            return _failed(count, expression)
        if name not in self.names:
            self.report(self._unknown(expression, name, span, parameters, declaring))
            return _failed(count, expression)
        binding = self.names[name]
        if binding is UNKNOWN:
            return _failed(count, expression)
        if isinstance(binding, Declared):
            if len(binding.parameters) != count:
                self.report(_declared_arity(binding, count, span))
                return _failed(count, expression)
            step = Step.CALL if count else Step.CONSTANT
            return Instruction(step, binding, count, expression)
        if all(len(operator.parameters) != count for operator in binding):
            self.report(_operator_arity(name, binding, count, span))
            return _failed(count, expression)
        return Instruction(Step.OPERATE, binding, count, expression)

    def _unknown(
        self,
        expression: Name | Call,
        name: str,
        span: Span,
        parameters: dict[str, int],
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
        return error(
            f"unknown {kind} `{name}`", span, hint=self._remedy(name, symbolic, parameters)
        )

    def _remedy(self, name: str, symbolic: bool, parameters: dict[str, int]) -> str | None:
        known = {*self.names, *parameters}
        if name in _SAID_OTHERWISE:
            return _SAID_OTHERWISE[name]
        if name in _NOT_YET:
            return "it is not part of this version of the language"
        if name.startswith("$"):
            return "program variables stand inside strings"
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

    def _is_prefix(self, name: str) -> bool:
        """Whether the name stands for an operator that may be written before its operand."""
        binding = self.names.get(name)
        if isinstance(binding, Declared):
            return len(binding.parameters) == 1
        return name == "-" or any(len(o.parameters) == 1 for o in binding or ())


# How ImgQL says what other languages, or its own second reading, say otherwise.
_SAID_OTHERWISE = {
    ".": "a number begins with a digit: write 0.5 for .5",
    "&&": "did you mean `&`?",
    "||": "did you mean `|`?",
    "==": "`=.` compares an image with a number, `.=.` two numbers",
    "!=": "`!(v =. n)` compares an image with a number, `!. (a .=. b)` two numbers",
    "#": "a comment begins with `//`",
    "/*": "a comment begins with `//`",
    "Let": "did you mean `let`? commands are in lower case",
    "LET": "did you mean `let`? commands are in lower case",
}
_NOT_YET = frozenset(
    {
        *("argmax", "concat", "dir", "filter", "fold", "for", "format_string", "index", "map"),
        *("overlay", "range", "subsequence"),
    }
)


def _failed(count: int, expression: Expression) -> Instruction:
    """What stands for the application of a name that has an error."""
    return Instruction(Step.FAIL, None, count, expression)


def _listed(names: list[str]) -> str:
    quoted = [f"`{n}`" for n in names]
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} and {quoted[-1]}"


def _counted(count: int) -> str:
    return "no argument" if count == 0 else "1 argument" if count == 1 else f"{count} arguments"


def _declared_arity(declared: Declared, count: int, span: Span) -> Diagnostic:
    wanted = len(declared.parameters)
    return error(
        f"`{declared.name}` is a constant and takes no arguments"
        if wanted == 0
        else f"`{declared.name}` takes {_counted(wanted)}, and got {_counted(count)}",
        span,
        notes=[Note(f"declared as `{declared.signature}`", declared.span)],
    )


def _operator_arity(
    name: str, operators: tuple[Operator, ...], count: int, span: Span
) -> Diagnostic:
    wanted = sorted({len(operator.parameters) for operator in operators})
    takes = " or ".join(_counted(n) for n in wanted)
    return error(
        f"`{name}` takes {takes}, and got {_counted(count)}",
        span,
        notes=[Note(operator.signature) for operator in operators[:4]],
    )
