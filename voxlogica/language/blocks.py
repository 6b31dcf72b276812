"""The code of a function or loop body while it is made: which local a name means, what it rests on.

What the result of a function rests on is found in its code before it is ever called. A call is
reduced once per distinct arguments; of those that the result does not rest on, all of one type
count as the same. So functions that apply each other to ever new arguments, and use none of them,
are reduced once each, not as often as they are applied.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import reduce
from operator import or_
from typing import NamedTuple

from voxlogica.dataclass import dataclass, field
from voxlogica.language.builtins import Builtin
from voxlogica.language.code import Declared, Instruction, Step
from voxlogica.language.names import Overloaded
from voxlogica.operators.signature import Purity
from voxlogica.syntax.source import Span

# Where counting the calls of a function ends.
MANY_CALLS = 1 << 200


@dataclass(eq=False, slots=True)
class Block:
    """The code of one function or loop body while it is made: its locals by name, by number."""

    parent: Block | None
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
        around: list[Block] = []
        block: Block | None = self
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

    def declared(self, name: str, formals: tuple[str, ...], span: Span) -> Declared:
        """The function whose code this is."""
        rests_on = dependence(self.code, len(formals))
        captured = tuple(self.captured.values())
        code = tuple(self.code)
        return Declared(name, formals, code, span, None, self.size, captured, *rests_on)

    def names(self) -> set[str]:
        """All locals that can be seen from here."""
        seen: set[str] = set()
        block: Block | None = self
        while block is not None:
            seen |= block.visible.keys()
            block = block.parent
        return seen


class Dependence(NamedTuple):
    """Of a function's code; the sets are of its locals, as the bits of a number.

    The result rests on `flows`. What is done while reducing, as reading a folder or choosing an
    element, rests on `acts`, whether or not the result rests on that. `calls` is how many calls it
    takes to unfold the function where no two are alike, itself counted, loops once.
    """

    flows: int
    acts: int
    calls: int


def dependence(code: Iterable[Instruction], arguments: int) -> Dependence:
    """What a function with so many arguments, its first locals, rests on."""
    local: dict[int, int] = {}
    stack: list[int] = []
    acts, calls = 0, 1
    for step, operand, count, _ in code:
        taken = stack[len(stack) - count :]
        del stack[len(stack) - count :]
        match step:
            case Step.BIND:
                local[operand] = taken[0]
                continue
            case Step.LITERAL | Step.CONSTANT | Step.FUNCTION:
                result = 0
            case Step.LOCAL:
                result = local.get(operand, 1 << operand)
            case Step.CLOSE:
                function, captured = operand
                result = _union(local.get(place, 1 << place) for place in captured)
                # When and on what it is called is not known here.
                acts |= result
                calls += function.calls
            case Step.CALL_VALUE:
                # The function may do anything with its arguments.
                callee = 0 if isinstance(operand, Declared) else local.get(operand, 1 << operand)
                result = _union(taken) | callee
                acts |= result
                calls += 1
            case Step.CALL:
                result = _union(of for n, of in enumerate(taken) if operand.flows >> n & 1)
                acts |= _union(of for n, of in enumerate(taken) if operand.acts >> n & 1)
                calls += operand.calls
            case _:
                result = _union(taken)
                if step is Step.OPERATE and _acts(operand):
                    acts |= result
        stack.append(result)
    of_arguments = (1 << arguments) - 1
    return Dependence(stack[-1] & of_arguments, acts & of_arguments, min(calls, MANY_CALLS))


def _acts(applied: object) -> bool:
    """Whether applying this does more, while reducing, than add an operation to the plan."""
    if isinstance(applied, Builtin):
        return True
    if isinstance(applied, Overloaded) or not isinstance(applied, tuple):
        return False
    return any(operator.purity is not Purity.PURE for operator in applied)


def _union(sets: Iterable[int]) -> int:
    return reduce(or_, sets, 0)
