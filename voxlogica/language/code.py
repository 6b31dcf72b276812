"""Resolved programs: instructions for a machine with a stack and numbered locals."""

from __future__ import annotations

from enum import IntEnum
from typing import Any, NamedTuple, TypeGuard

from voxlogica.dataclass import dataclass, field
from voxlogica.syntax.ast import Expression
from voxlogica.syntax.source import Span


class Step(IntEnum):
    """What an instruction does to the stack."""

    LITERAL = 0  # push a number, a truth value or a string
    LOCAL = 1  # push a local: an argument, what a `let` binds, what was captured
    CONSTANT = 2  # push the value of a declared constant
    CALL = 3  # apply a declared function to the topmost values
    OPERATE = 4  # apply what is built in, of several overloads the one whose types fit
    COLLECT = 5  # make a sequence of the topmost values
    FUNCTION = 6  # push a function or operator as a value
    CLOSE = 7  # push a function with the values of the locals that it captures
    BIND = 8  # the topmost value becomes a local
    CALL_VALUE = 9  # apply the function that a local, or a constant, is
    FAIL = 10  # push what stands for an expression with an error in it


class Instruction(NamedTuple):
    """One step: its operand, how many values it takes, and the expression it comes from."""

    step: Step
    operand: Any
    takes: int
    expression: Expression


Code = tuple[Instruction, ...]


@dataclass(eq=False, slots=True)
class Declared:
    """A constant or function of a program; a constant's value is set once it is reduced.

    Its locals are the arguments, then what is bound and captured: `captured` says which locals the
    captured values become, in their order. The result rests on the arguments in `flows`, a set as
    the bits of a number, what is done while reducing on those in `acts`; `calls` are what it takes
    to unfold it (`blocks.py`).
    """

    name: str
    parameters: tuple[str, ...]
    code: Code
    span: Span
    value: Any = None
    locals: int = 0
    captured: tuple[int, ...] = ()
    flows: int = 0
    acts: int = 0
    calls: int = 1
    # The arguments that nothing rests on but the types of operations.
    ignored: tuple[int, ...] = field(init=False)
    # Whether it is called with its arguments as they are, and told apart by all of them.
    is_plain: bool = field(init=False)

    def __post_init__(self) -> None:
        used = self.flows | self.acts
        self.ignored = tuple(n for n in range(len(self.parameters)) if not used >> n & 1)
        self.is_plain = not self.ignored and not self.span.source.shipped

    @property
    def signature(self) -> str:
        """As it is declared: `dice(x, y)`."""
        return f"{self.name}({', '.join(self.parameters)})" if self.parameters else self.name


def is_own(bound: object) -> TypeGuard[Declared]:
    """Whether a name is bound by a text of the user's."""
    return isinstance(bound, Declared) and not bound.span.source.shipped
