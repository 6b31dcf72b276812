"""What the result of a function rests on, found in its code before it is ever called.

A call is reduced once per distinct arguments; of those that the result does not rest on, all of one
type count as the same. So functions that apply each other to ever new arguments, and use none of
them, are reduced once each, not as often as they are applied.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from voxlogica.language.builtins import Builtin
from voxlogica.language.code import Declared, Instruction, Step
from voxlogica.language.names import Overloaded
from voxlogica.operators.signature import Purity

# Where counting the calls of a function ends.
MANY_CALLS = 1 << 200


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
        taken: Sequence[int] = stack[len(stack) - count :]
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
    union = 0
    for one in sets:
        union |= one
    return union
