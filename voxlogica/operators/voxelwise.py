"""Operators that treat each voxel alone, declared of their rows, and chains of them.

A chain is one operation of a workplan that stands for several: only its last result is ever whole.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import cache, partial
from types import MappingProxyType
from typing import Any

from voxlogica import kernels
from voxlogica.dataclass import dataclass
from voxlogica.images.arrays import np
from voxlogica.images.geometry import Geometry
from voxlogica.images.image import Image
from voxlogica.kernels.voxelwise import (
    ENDS,
    EXACT,
    SUMMARY,
    TABLE,
    Letter,
    Operation,
)
from voxlogica.operators.signature import (
    AS_TYPED,
    BOOL,
    NUMBER,
    REGION,
    VALUATION,
    Cost,
    Operator,
    OperatorParameter,
    Type,
    Voxels,
    register,
    sequence_of,
)

_TYPES: Mapping[Letter, Type] = {"v": VALUATION, "r": REGION, "n": NUMBER, "b": BOOL}
_VOXELS = {
    "mask": Voxels(kept=slice(1)),
    "select": Voxels(kept=slice(1, 3)),
    **dict.fromkeys(("+", "-", "min", "max"), Voxels(kept=slice(2))),
}


@cache
def declare(heading: str) -> None:
    """Declare the operators of the rows under a heading of the manual, once."""
    for row in TABLE.get(heading, ()):
        register(_of(row, heading), row.names.split())


def _of(row: Operation, heading: str) -> Operator:
    parameters = tuple([OperatorParameter(name, _TYPES[letter]) for name, letter in row.named()])
    return Operator(
        name=row.name,
        parameters=parameters,
        result=_TYPES[row.gives],
        function=partial(_carried_out, row),
        written_manual=row.manual,
        cost=Cost.PASS,
        spaceless=not any(parameter.type.is_image for parameter in parameters),
        commutative=row.commutative,
        voxels=_VOXELS.get(row.name, AS_TYPED),
        step=row,
        heading=heading,
    )


def _carried_out(row: Operation, *arguments: Image | float, space: Geometry | None = None) -> Image:
    """The operation alone, by numpy where that gives the same; without an image, on the space.

    Valuations are float32, and numbers are rounded to it first, so arithmetic is float32's.
    """
    of_arrays = _of_arrays(row)
    if of_arrays is None:
        step = (row, tuple(range(len(arguments))))
        alone: Image = _chained(*arguments, Chain(len(arguments), (step,)))
        return alone
    with np.errstate(all="ignore"):
        found = of_arrays(*(a.array if isinstance(a, Image) else np.float32(a) for a in arguments))
    if space is None:
        return next(a for a in arguments if isinstance(a, Image)).with_array(found)
    dtype = np.bool_ if row.gives == "r" else np.float32
    return Image(np.full(space.shape, found, dtype), space)


@cache
def _of_arrays(row: Operation) -> Callable[..., Any] | None:
    """The expression as a function of whole arrays and numbers, if numpy has all that it calls."""
    if not row.calls <= EXACT:
        return None
    names = ", ".join(name for name, _ in row.named())
    # NumPy itself: the expression calls what it has by name.
    import numpy

    function: Callable[..., Any] = eval(f"lambda {names}: {row.expression}", dict(vars(numpy)))
    return function


@dataclass(frozen=True, slots=True)
class Chain:
    """Operators that are carried out together, in this order; a constant of an operation.

    Each stands with what it works on: the index of an argument of the operation, or, counted on
    from the last of these, of an earlier operator of the chain.
    """

    # Among the constants of operations.
    tag = b"C"

    arguments: int
    steps: tuple[tuple[Operation, tuple[int, ...]], ...]

    def canonical(self) -> bytes:
        """The chain in full."""
        named = [(step.name, step.takes, operands) for step, operands in self.steps]
        return repr((self.arguments, named)).encode()

    def __str__(self) -> str:
        return f"{len(self.steps)} operators"

    def text(self, arguments: Sequence[str]) -> str:
        """As calls, one in the other; what several of them read gets a name, once."""
        read = Counter(operand for _, operands in self.steps for operand in operands)
        texts, named = list(arguments), list[str]()
        for number, (step, operands) in enumerate(self.steps, self.arguments):
            call = (
                f"{step.name}({', '.join(texts[o] for o in operands)})" if operands else step.name
            )
            if read[number] > 1 and operands:
                named.append(f"{_letters(len(named))} = {call}; ")
                call = _letters(len(named) - 1)
            texts.append(call)
        return "".join(named) + texts[-1]


def _letters(number: int) -> str:
    return chr(ord("a") + number % 26) + (str(number // 26) if number >= 26 else "")


def _chained(*values: Any) -> Any:
    *arguments, chain = values
    image = next(a for a in arguments if isinstance(a, Image))
    given = [a.array if isinstance(a, Image) else float(a) for a in arguments]
    found = kernels.blocks.evaluate(chain.steps, given)
    return found if isinstance(found, float | list) else image.with_array(found)


_MANUAL = "Operators that treat each voxel alone, carried out together."
# What a chain is as an operation, by what it ends with where that sums up. The arguments, their
# number and an image's type differ from use to use.
CHAINED: Mapping[Operation | None, Operator] = MappingProxyType(
    {
        end: Operator(name, (), gives, _chained, _MANUAL, Cost.PREPARED_PASS)
        for end, name, gives in (
            (None, "voxelwise", VALUATION),
            *((end, f"{end.name}Of", NUMBER) for end in ENDS if end is not SUMMARY),
            (SUMMARY, "summaryOfChain", sequence_of(NUMBER)),
        )
    }
)
