"""Expressions over the voxels of images, computed in one pass, a block of voxels at a time.

What an expression has in between never leaves the processor's first cache: a block of each image is
loaded, gone through once for each operation, and the last result stored or summed up. The way of
numexpr (https://github.com/pydata/numexpr), with integers of a code for a program.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from voxlogica.dataclass import dataclass
from voxlogica.kernels.compiled import compiled, readable
from voxlogica.kernels.slabs import over

# Voxels of a block: a handful of blocks of float32 fit the first cache. Sums depend on it.
BLOCK = 4096
# An extreme is found in so many columns of a block.
_COLUMNS_OF_EXTREMES = 256
# So many images of each kind an expression may have.
MOST_IMAGES = 6
# So many steps over blocks are worth a thread of their own, to be waited for; and so many blocks.
_STEPS, _SLAB = 1024, 32

# What a step works on, or gives: a block of float32, a block of 0 and 1, or one number.
Kind = Literal["values", "region", "number"]


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation on voxels: its code in the kernel, what it takes in this order, what it gives.

    What gives a number sums up all voxels, and can only come last.
    """

    code: int
    takes: tuple[Kind, ...]
    gives: Kind


_ADD, _ADD_NUMBER, _SUBTRACT, _SUBTRACT_NUMBER, _SUBTRACT_FROM_NUMBER = 0, 1, 2, 3, 4
_MULTIPLY, _MULTIPLY_BY_NUMBER, _DIVIDE, _DIVIDE_BY_NUMBER, _DIVIDE_NUMBER = 5, 6, 7, 8, 9
_ABSOLUTE, _MASK, _SELECT, _FILL_VALUES = 10, 11, 12, 13
_EQUAL, _AT_LEAST, _AT_MOST, _ABOVE, _BELOW, _BETWEEN = 14, 15, 16, 17, 18, 19
_NOT, _AND, _OR, _FILL_REGION = 20, 21, 22, 23
_COUNT, _MEAN, _LEAST, _GREATEST = 24, 25, 26, 27

OPERATIONS: Mapping[str, Operation] = {
    "add": Operation(_ADD, ("values", "values"), "values"),
    "add number": Operation(_ADD_NUMBER, ("values", "number"), "values"),
    "subtract": Operation(_SUBTRACT, ("values", "values"), "values"),
    "subtract number": Operation(_SUBTRACT_NUMBER, ("values", "number"), "values"),
    "subtract from number": Operation(_SUBTRACT_FROM_NUMBER, ("number", "values"), "values"),
    "multiply": Operation(_MULTIPLY, ("values", "values"), "values"),
    "multiply by number": Operation(_MULTIPLY_BY_NUMBER, ("values", "number"), "values"),
    "divide": Operation(_DIVIDE, ("values", "values"), "values"),
    "divide by number": Operation(_DIVIDE_BY_NUMBER, ("values", "number"), "values"),
    "divide number": Operation(_DIVIDE_NUMBER, ("number", "values"), "values"),
    "absolute": Operation(_ABSOLUTE, ("values",), "values"),
    "equal": Operation(_EQUAL, ("number", "values"), "region"),
    "at least": Operation(_AT_LEAST, ("number", "values"), "region"),
    "at most": Operation(_AT_MOST, ("number", "values"), "region"),
    "above": Operation(_ABOVE, ("number", "values"), "region"),
    "below": Operation(_BELOW, ("number", "values"), "region"),
    "between": Operation(_BETWEEN, ("number", "number", "values"), "region"),
    "not": Operation(_NOT, ("region",), "region"),
    "and": Operation(_AND, ("region", "region"), "region"),
    "or": Operation(_OR, ("region", "region"), "region"),
    "mask": Operation(_MASK, ("values", "region"), "values"),
    "select": Operation(_SELECT, ("region", "values", "values"), "values"),
    "fill values": Operation(_FILL_VALUES, ("number",), "values"),
    "fill region": Operation(_FILL_REGION, ("number",), "region"),
    "count": Operation(_COUNT, ("region",), "number"),
    "mean": Operation(_MEAN, ("values", "region"), "number"),
    "least": Operation(_LEAST, ("values",), "number"),
    "greatest": Operation(_GREATEST, ("values",), "number"),
}

# An operation, and what it works on: the index of an argument of the expression, or, counted on
# from these, of an earlier step.
Step = tuple[str, tuple[int, ...]]
Steps = tuple[Step, ...]

_NO_VALUES: NDArray[np.float32] = np.empty(0, np.float32)
_NO_REGION: NDArray[np.uint8] = np.empty(0, np.uint8)


def evaluate(
    steps: Steps, arguments: Sequence[NDArray[Any] | float]
) -> NDArray[np.float32] | NDArray[np.bool_] | float:
    """The result of the last step, on every core that is free.

    `arguments` are arrays of one shape, float32 or bool, at least one and no more than MOST_IMAGES
    of each; and numbers, which are rounded to float32. The result is an array of that shape, or a
    number where the last step sums up. Arithmetic is IEEE's for float32, operation by operation:
    bit for bit what numpy gives.

    What sums up: `count` how many are true; `mean` of the values in the region, added up in float64
    in an order that is the same everywhere: a block of 4,096 voxels in memory order is folded in
    halves until one sum is left, then the sums of all blocks are added in their order; `nan` for an
    empty region. `least` and `greatest` pass over `nan`, and are `nan` where there is nothing else.

    O(steps · voxels), each image read once; memory: the result, and for each thread a block for
    each intermediate result that is needed at a time.
    """
    kinds = tuple(_kind(argument) for argument in arguments)
    program = _program(steps, kinds)
    images = [a for a in arguments if isinstance(a, np.ndarray)]
    shape, size = images[0].shape, images[0].size
    values = [readable(a.reshape(-1), np.float32) for a in images if a.dtype != np.bool_]
    regions = [readable(a.reshape(-1), np.uint8) for a in images if a.dtype == np.bool_]
    values += [readable(_NO_VALUES, np.float32)] * (MOST_IMAGES - len(values))
    regions += [readable(_NO_REGION, np.uint8)] * (MOST_IMAGES - len(regions))
    with np.errstate(all="ignore"):
        # One more, so that there is one for operations that take none.
        numbers = np.array([*(a for a in arguments if _kind(a) == "number"), 0], np.float32)
    into_values = np.empty(size if program.gives == "values" else 0, np.float32)
    into_region = np.empty(size if program.gives == "region" else 0, np.bool_)
    blocks = -(-size // BLOCK)
    summed = program.gives == "number"
    totals = np.empty(blocks if summed else 0, np.float64)
    counts = np.empty(blocks if summed else 0, np.int64)

    # As many images as there are parameters for them, which no type can say.
    run: Callable[..., None] = _run

    def slab(first: int, end: int) -> None:
        # The last row is for what is folded to find an extreme.
        own_values = np.empty((program.values + 1, BLOCK), np.float32)
        own_regions = np.empty((program.regions, BLOCK), np.uint8)
        run(
            program.code,
            numbers,
            *values,
            *regions,
            readable(own_values, np.float32),
            readable(own_regions, np.uint8),
            own_values,
            own_regions,
            np.empty(BLOCK, np.float64),
            into_values,
            into_region.view(np.uint8),
            totals,
            counts,
            first,
            end,
            size,
        )

    over(blocks, slab, max(_SLAB, _STEPS // len(steps)))
    if program.gives == "number":
        return _SUMMED_UP[steps[-1][0]](totals, counts)
    return (into_values if program.gives == "values" else into_region).reshape(shape)


def mean(values: NDArray[np.float32], region: NDArray[np.bool_]) -> float:
    """The mean of the region's values, as `evaluate` says."""
    found = evaluate((("mean", (0, 1)),), (values, region))
    assert isinstance(found, float)
    return found


def _mean(totals: NDArray[np.float64], counts: NDArray[np.int64]) -> float:
    count = int(counts.sum())
    # numpy's own sums add in an order that depends on the processor; accumulating has but one.
    with np.errstate(all="ignore"):
        return float(np.add.accumulate(totals)[-1]) / count if count else float("nan")


# The sum turns −0 into 0: which of the two is found depends on how voxels fall into blocks.
_SUMMED_UP: Mapping[str, Callable[[NDArray[np.float64], NDArray[np.int64]], float]] = {
    "count": lambda totals, counts: float(counts.sum()),
    "mean": _mean,
    "least": lambda totals, counts: float(np.fmin.reduce(totals)) + 0.0,
    "greatest": lambda totals, counts: float(np.fmax.reduce(totals)) + 0.0,
}


def _kind(argument: NDArray[Any] | float) -> Kind:
    if isinstance(argument, np.ndarray):
        return "region" if argument.dtype == np.bool_ else "values"
    return "number"


@dataclass(frozen=True, slots=True, eq=False)
class _Program:
    """Rows of a code, and how many blocks of each kind it needs for what is in between."""

    code: NDArray[np.int32]
    gives: Kind
    values: int
    regions: int


# Where in a row of code the operands of each kind are.
_COLUMNS: Mapping[Kind, int] = {"values": 2, "region": 4, "number": 6}
_RESULT = -1


@cache
def _program(steps: Steps, kinds: tuple[Kind, ...]) -> _Program:
    """The code for the kernel: each result in a block that nothing needs any more.

    A row has the operation, where its result goes, and two columns for the operands of each kind.
    Images are counted first, then blocks. A step never writes to what it reads: the compiler can
    only tell that apart at run time, and then goes voxel by voxel.
    """
    last_read: dict[int, int] = {}
    for number, (_, operands) in enumerate(steps):
        last_read |= dict.fromkeys(operands, number)
    place: dict[int, int] = {}
    for index, kind in enumerate(kinds):
        place[index] = kinds[:index].count(kind)
    of_kind: dict[int, Kind] = dict(enumerate(kinds))
    free: dict[Kind, list[int]] = {"values": [], "region": []}
    made: dict[Kind, int] = {"values": 0, "region": 0}
    rows: list[list[int]] = []
    for number, (name, operands) in enumerate(steps):
        operation, result = OPERATIONS[name], len(kinds) + number
        if tuple(of_kind[operand] for operand in operands) != operation.takes:
            raise TypeError(f"{name} takes {operation.takes}, not {operands} of {steps}")
        gives = of_kind[result] = operation.gives
        row = [operation.code, _RESULT, 0, 0, 0, 0, 0, 0]
        if number < len(steps) - 1:
            if not free[gives]:
                free[gives].append(made[gives])
                made[gives] += 1
            row[1] = free[gives].pop()
            place[result] = MOST_IMAGES + row[1]
        for nth, operand in enumerate(operands):
            before = operation.takes[:nth].count(operation.takes[nth])
            row[_COLUMNS[operation.takes[nth]] + before] = place[operand]
            made_here = operand >= len(kinds) and operand not in operands[:nth]
            if made_here and last_read[operand] == number:
                free[of_kind[operand]].append(place[operand] - MOST_IMAGES)
        rows.append(row)
    return _Program(np.array(rows, np.int32), gives, made["values"], made["region"])


@compiled(
    "i4[2]w f4[1]w f4[1]*6 u1[1]*6 f4[2] u1[2] f4[2]w u1[2]w f8[1]w"
    " f4[1]w u1[1]w f8[1]w i8[1]w i8*3"
)
def _run(
    code: NDArray[np.int32],
    numbers: NDArray[np.float32],
    values0: NDArray[np.float32],
    values1: NDArray[np.float32],
    values2: NDArray[np.float32],
    values3: NDArray[np.float32],
    values4: NDArray[np.float32],
    values5: NDArray[np.float32],
    region0: NDArray[np.uint8],
    region1: NDArray[np.uint8],
    region2: NDArray[np.uint8],
    region3: NDArray[np.uint8],
    region4: NDArray[np.uint8],
    region5: NDArray[np.uint8],
    read_values: NDArray[np.float32],
    read_regions: NDArray[np.uint8],
    values: NDArray[np.float32],
    regions: NDArray[np.uint8],
    sums: NDArray[np.float64],
    into_values: NDArray[np.float32],
    into_region: NDArray[np.uint8],
    totals: NDArray[np.float64],
    counts: NDArray[np.int64],
    first: int,
    end: int,
    size: int,
) -> None:
    """Blocks `first` … `end`: for each, the rows of the code in turn.

    `read_values` and `read_regions` are `values` and `regions`, as what is read-only.
    """
    for block in range(first, end):
        begin = block * BLOCK
        n = min(BLOCK, size - begin)
        for row in range(len(code)):
            operation, target = code[row, 0], code[row, 1]
            s, t = numbers[code[row, 6]], numbers[code[row, 7]]
            k = code[row, 2]
            if k == 0:
                x = values0[begin : begin + n]
            elif k == 1:
                x = values1[begin : begin + n]
            elif k == 2:
                x = values2[begin : begin + n]
            elif k == 3:
                x = values3[begin : begin + n]
            elif k == 4:
                x = values4[begin : begin + n]
            elif k == 5:
                x = values5[begin : begin + n]
            else:
                x = read_values[k - MOST_IMAGES, :n]
            k = code[row, 3]
            if k == 0:
                y = values0[begin : begin + n]
            elif k == 1:
                y = values1[begin : begin + n]
            elif k == 2:
                y = values2[begin : begin + n]
            elif k == 3:
                y = values3[begin : begin + n]
            elif k == 4:
                y = values4[begin : begin + n]
            elif k == 5:
                y = values5[begin : begin + n]
            else:
                y = read_values[k - MOST_IMAGES, :n]
            k = code[row, 4]
            if k == 0:
                p = region0[begin : begin + n]
            elif k == 1:
                p = region1[begin : begin + n]
            elif k == 2:
                p = region2[begin : begin + n]
            elif k == 3:
                p = region3[begin : begin + n]
            elif k == 4:
                p = region4[begin : begin + n]
            elif k == 5:
                p = region5[begin : begin + n]
            else:
                p = read_regions[k - MOST_IMAGES, :n]
            k = code[row, 5]
            if k == 0:
                q = region0[begin : begin + n]
            elif k == 1:
                q = region1[begin : begin + n]
            elif k == 2:
                q = region2[begin : begin + n]
            elif k == 3:
                q = region3[begin : begin + n]
            elif k == 4:
                q = region4[begin : begin + n]
            elif k == 5:
                q = region5[begin : begin + n]
            else:
                q = read_regions[k - MOST_IMAGES, :n]
            if operation <= _FILL_VALUES:
                z = into_values[begin : begin + n] if target < 0 else values[target, :n]
                _numbers(operation, x, y, p, s, z, n)
            elif operation <= _FILL_REGION:
                r = into_region[begin : begin + n] if target < 0 else regions[target, :n]
                if operation <= _BETWEEN:
                    _comparisons(operation, x, s, t, r, n)
                else:
                    _connectives(operation, p, q, s, r, n)
            elif operation == _COUNT:
                counts[block] = _count(p, n)
            elif operation == _MEAN:
                counts[block] = _count(p, n)
                totals[block] = _sum(x, p, n, sums)
            else:
                totals[block] = _extreme(operation, x, n, values[target])


@compiled()
def _numbers(
    operation: int,
    x: NDArray[np.float32],
    y: NDArray[np.float32],
    p: NDArray[np.uint8],
    s: np.float32,
    z: NDArray[np.float32],
    n: int,
) -> None:
    if operation == _ADD:
        for i in range(n):
            z[i] = x[i] + y[i]
    elif operation == _ADD_NUMBER:
        for i in range(n):
            z[i] = x[i] + s
    elif operation == _SUBTRACT:
        for i in range(n):
            z[i] = x[i] - y[i]
    elif operation == _SUBTRACT_NUMBER:
        for i in range(n):
            z[i] = x[i] - s
    elif operation == _SUBTRACT_FROM_NUMBER:
        for i in range(n):
            z[i] = s - x[i]
    elif operation == _MULTIPLY:
        for i in range(n):
            z[i] = x[i] * y[i]
    elif operation == _MULTIPLY_BY_NUMBER:
        for i in range(n):
            z[i] = x[i] * s
    elif operation == _DIVIDE:
        for i in range(n):
            z[i] = x[i] / y[i]
    elif operation == _DIVIDE_BY_NUMBER:
        for i in range(n):
            z[i] = x[i] / s
    elif operation == _DIVIDE_NUMBER:
        for i in range(n):
            z[i] = s / x[i]
    elif operation == _ABSOLUTE:
        for i in range(n):
            z[i] = abs(x[i])
    elif operation == _MASK:
        for i in range(n):
            one = x[i]
            z[i] = one if p[i] else np.float32(0)
    elif operation == _SELECT:
        for i in range(n):
            # Both are read before either is chosen: else this would be a branch for each voxel.
            one, other = x[i], y[i]
            z[i] = one if p[i] else other
    else:
        for i in range(n):
            z[i] = s


@compiled()
def _comparisons(
    operation: int,
    x: NDArray[np.float32],
    s: np.float32,
    t: np.float32,
    r: NDArray[np.uint8],
    n: int,
) -> None:
    if operation == _EQUAL:
        for i in range(n):
            r[i] = x[i] == s
    elif operation == _AT_LEAST:
        for i in range(n):
            r[i] = x[i] >= s
    elif operation == _AT_MOST:
        for i in range(n):
            r[i] = x[i] <= s
    elif operation == _ABOVE:
        for i in range(n):
            r[i] = x[i] > s
    elif operation == _BELOW:
        for i in range(n):
            r[i] = x[i] < s
    else:
        for i in range(n):
            r[i] = (x[i] >= s) & (x[i] <= t)


@compiled()
def _connectives(
    operation: int,
    p: NDArray[np.uint8],
    q: NDArray[np.uint8],
    s: np.float32,
    r: NDArray[np.uint8],
    n: int,
) -> None:
    if operation == _NOT:
        for i in range(n):
            r[i] = p[i] ^ np.uint8(1)
    elif operation == _AND:
        for i in range(n):
            r[i] = p[i] & q[i]
    elif operation == _OR:
        for i in range(n):
            r[i] = p[i] | q[i]
    else:
        truth = np.uint8(s != 0)
        for i in range(n):
            r[i] = truth


@compiled()
def _count(region: NDArray[np.uint8], n: int) -> int:
    count = 0
    for i in range(n):
        count += int(region[i])
    return count


@compiled()
def _sum(
    values: NDArray[np.float32],
    region: NDArray[np.uint8],
    n: int,
    sums: NDArray[np.float64],
) -> float:
    for i in range(n):
        one = np.float64(values[i])
        sums[i] = one if region[i] else 0.0
    for i in range(n, BLOCK):
        sums[i] = 0.0
    half = BLOCK // 2
    while half:
        front, back = sums[:half], sums[half : 2 * half]
        for i in range(half):
            front[i] += back[i]
        half //= 2
    return float(sums[0])


@compiled()
def _extreme(
    operation: int, values: NDArray[np.float32], n: int, found: NDArray[np.float32]
) -> float:
    """The least or greatest, in so many columns at first."""
    columns = found[:_COLUMNS_OF_EXTREMES]
    for i in range(_COLUMNS_OF_EXTREMES):
        columns[i] = np.float32(np.nan)
    whole = n - n % _COLUMNS_OF_EXTREMES
    for begin in range(0, whole, _COLUMNS_OF_EXTREMES):
        _fold(operation, columns, values[begin : begin + _COLUMNS_OF_EXTREMES])
    if whole < n:
        _fold(operation, columns[: n - whole], values[whole:n])
    half = _COLUMNS_OF_EXTREMES // 2
    while half:
        _fold(operation, columns[:half], columns[half : 2 * half])
        half //= 2
    return float(columns[0])


@compiled()
def _fold(operation: int, extremes: NDArray[np.float32], others: NDArray[np.float32]) -> None:
    if operation == _LEAST:
        for i in range(len(extremes)):
            one, other = extremes[i], others[i]
            extremes[i] = one if (one <= other) | (other != other) else other
    else:
        for i in range(len(extremes)):
            one, other = extremes[i], others[i]
            extremes[i] = one if (one >= other) | (other != other) else other
