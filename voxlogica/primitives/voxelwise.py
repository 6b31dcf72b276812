"""What operators that treat each voxel alone have in common, and chains of them.

A chain is one operation of a workplan that stands for several: only its last result is ever whole.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from voxlogica.dataclass import dataclass
from voxlogica.images.image import Image
from voxlogica.primitives.signature import BOOL, NUMBER, REGION, VALUATION, Operator, Type

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def voxelwise(ufunc: str, *arguments: Image | float) -> Image:
    """The numpy function of this name, voxel by voxel. At least one argument is an image.

    Valuations are float32, and numbers are rounded to it first, so arithmetic is float32's.
    """
    import numpy as np

    image = next(a for a in arguments if isinstance(a, Image))
    with np.errstate(all="ignore"):
        operands = [a.array if isinstance(a, Image) else np.float32(a) for a in arguments]
        return image.with_array(getattr(np, ufunc)(*operands))


def to_float32(array: NDArray[Any]) -> NDArray[np.float32]:
    """The array as a valuation's: C-contiguous, each value rounded to the nearest float32."""
    import numpy as np

    from voxlogica.kernels import slabs

    if array.dtype == np.float32:
        return np.ascontiguousarray(array, np.float32)
    result = np.empty(array.shape, np.float32)

    def convert(first: int, end: int) -> None:
        with np.errstate(all="ignore"):
            np.copyto(result[first:end], array[first:end], casting="unsafe")

    slabs.over(len(array), convert, at_least=-(-_WORTH_A_THREAD * len(array) // max(array.size, 1)))
    return result


# So many voxels are worth a thread of their own.
_WORTH_A_THREAD = 1 << 18
# The kernel's name for each operator that may be part of a chain, and what both take, in this
# order: v for a valuation, r for a region, n for a number, b for a truth value.
OPERATIONS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "+": ("add", "vv"),
        "+.": ("add number", "vn"),
        "-": ("subtract", "vv"),
        "-.": ("subtract number", "vn"),
        ".-": ("subtract from number", "nv"),
        "*": ("multiply", "vv"),
        "*.": ("multiply by number", "vn"),
        "/": ("divide", "vv"),
        "/.": ("divide by number", "vn"),
        "./": ("divide number", "nv"),
        "abs": ("absolute", "v"),
        ".=": ("equal", "nv"),
        ".<=": ("at least", "nv"),
        ".>=": ("at most", "nv"),
        "valueAbove": ("above", "nv"),
        "valueBelow": ("below", "nv"),
        "between": ("between", "nnv"),
        "not": ("not", "r"),
        "and": ("and", "rr"),
        "or": ("or", "rr"),
        "mask": ("mask", "vr"),
        "select": ("select", "rvv"),
    }
)
# So many regions, and so many valuations, a chain may read: as the kernel can.
MOST_IMAGES = 6
# Images that are the same everywhere: a chain need not have them whole.
CONSTANTS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "constant": ("fill values", "n"),
        "bconstant": ("fill region", "b"),
        "tt": ("fill region", ""),
        "ff": ("fill region", ""),
    }
)
# What can only end a chain: it makes a number of an image.
REDUCTIONS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "volume": ("count", "r"),
        "avg": ("mean", "vr"),
        "min": ("least", "v"),
        "max": ("greatest", "v"),
    }
)
# What the kernel is given for those that take nothing.
_FILLED_WITH = {"tt": 1.0, "ff": 0.0}


@dataclass(frozen=True, slots=True)
class Chain:
    """Operators that are carried out together, in this order; a constant of an operation.

    Each stands with what it works on: the index of an argument of the operation, or, counted on
    from the last of these, of an earlier operator of the chain.
    """

    arguments: int
    steps: tuple[tuple[str, tuple[int, ...]], ...]

    def canonical(self) -> bytes:
        """The chain in full."""
        return repr((self.arguments, self.steps)).encode()

    def __str__(self) -> str:
        return f"{len(self.steps)} operators"

    def text(self, arguments: Sequence[str]) -> str:
        """As calls, one in the other; what several of them read gets a name, once."""
        read = Counter(operand for _, operands in self.steps for operand in operands)
        texts, named = list(arguments), list[str]()
        for number, (name, operands) in enumerate(self.steps, self.arguments):
            call = f"{name}({', '.join(texts[o] for o in operands)})" if operands else name
            if read[number] > 1 and operands:
                named.append(f"{_letters(len(named))} = {call}; ")
                call = _letters(len(named) - 1)
            texts.append(call)
        return "".join(named) + texts[-1]


def _letters(number: int) -> str:
    return chr(ord("a") + number % 26) + (str(number // 26) if number >= 26 else "")


def _chained(*values: Any) -> Any:
    *arguments, chain = values
    from voxlogica.kernels.blocks import evaluate

    image = next(a for a in arguments if isinstance(a, Image))
    given = [a.array if isinstance(a, Image) else float(a) for a in arguments]
    filled = {name: i for i, name in enumerate(_FILLED_WITH, len(given))}
    given += _FILLED_WITH.values()
    shift = len(_FILLED_WITH)
    steps = tuple(
        (
            _KERNEL[name],
            (filled[name],)
            if name in filled
            else tuple(o if o < chain.arguments else o + shift for o in operands),
        )
        for name, operands in chain.steps
    )
    found = evaluate(steps, given)
    return found if isinstance(found, float) else image.with_array(found)


_KERNEL = {n: kernel for n, (kernel, _) in {**OPERATIONS, **CONSTANTS, **REDUCTIONS}.items()}
_NAMES = {"": "voxelwise"} | {name: f"{name}Of" for name in REDUCTIONS}
_MANUAL = "Operators that treat each voxel alone, carried out together."
# What a chain is as an operation, by the reduction at its end. The arguments, their number and an
# image's type differ from use to use.
CHAINED: Mapping[str, Operator] = MappingProxyType(
    {
        end: Operator(name, (), NUMBER if end else VALUATION, _chained, "voxelwise", _MANUAL)
        for end, name in _NAMES.items()
    }
)


def is_in(operator: Operator, table: Mapping[str, tuple[str, str]]) -> bool:
    """Whether a table speaks of the operator, and not of another of its name."""
    found = table.get(operator.name)
    return found is not None and found[1] == "".join(_KINDS[p.type] for p in operator.parameters)


_KINDS: Mapping[Type, str] = defaultdict(
    lambda: "?", {VALUATION: "v", REGION: "r", NUMBER: "n", BOOL: "b"}
)
