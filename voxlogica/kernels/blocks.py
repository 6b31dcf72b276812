"""Expressions over the voxels of images, computed in one pass, a block of voxels at a time.

What an expression has in between never leaves the processor's first cache: a block of each image is
loaded, gone through once for each operation, and the last result stored or summed up. The way of
numexpr (https://github.com/pydata/numexpr), with integers of a code for a program.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from voxlogica.dataclass import dataclass
from voxlogica.kernels import elementary
from voxlogica.kernels.kernel import Ladder, compiled, readable
from voxlogica.kernels.slabs import over
from voxlogica.kernels.sums import (
    BLOCK,
    KEPT,
    count,
    extremes,
    mean_of,
    squares,
    summary_of,
    total,
)
from voxlogica.kernels.voxelwise import (
    COUNT,
    ENDS,
    GREATEST,
    LEAST,
    MEAN,
    MOST_IMAGES,
    SUMMARY,
    TABLE,
    Letter,
    Operation,
)

# An extreme is found in so many columns of a block.
_COLUMNS_OF_EXTREMES = 256
# So many steps over blocks are worth a thread of their own, to be waited for; and so many blocks.
_STEPS, _SLAB = 1024, 32

# The kernel's number of each operation: those that give values, that give regions, the others.
_ROWS = [row for rows in TABLE.values() for row in rows]
_values = Ladder(tuple([row for row in _ROWS if row.gives == "v"]))
_regions = Ladder(tuple([row for row in _ROWS if row.gives == "r"]))
_NUMBERS: Mapping[Operation, int] = {
    operation: number
    for number, operation in enumerate((*_values.operations, *_regions.operations, *ENDS))
}
_VALUES, _IMAGES = len(_values.operations), len(_ROWS)
_COUNT, _MEAN, _LEAST = _NUMBERS[COUNT], _NUMBERS[MEAN], _NUMBERS[LEAST]
_SUMMARY = _NUMBERS[SUMMARY]

# An operation, and what it works on: the index of an argument of the expression, or, counted on
# from these, of an earlier step.
Step = tuple[Operation, tuple[int, ...]]
Steps = tuple[Step, ...]

_NO_VALUES: NDArray[np.float32] = np.empty(0, np.float32)
_NO_REGION: NDArray[np.uint8] = np.empty(0, np.uint8)


def evaluate(
    steps: Steps, arguments: Sequence[NDArray[Any] | float]
) -> NDArray[np.float32] | NDArray[np.bool_] | float | list[float]:
    """The result of the last step, on every core that is free.

    `arguments` are arrays of one shape, float32 or bool, at least one and no more than MOST_IMAGES
    of each; and numbers, which are rounded to float32. The result is an array of that shape, or a
    number where the last step sums up. Arithmetic is IEEE's for float32, operation by operation:
    bit for bit what numpy gives.

    What sums up: `count` how many are true; `mean` of the values in the region, added up in float64
    in an order that is the same everywhere: a block of 4,096 voxels in memory order is folded in
    halves until one sum is left, then the sums of all blocks are added in their order; `nan` for an
    empty region. `least` and `greatest` pass over `nan`, and are `nan` where there is nothing else.
    `summary` gives, of the region's values, what `Summary` says.

    O(steps · voxels), each image read once; memory: the result, and for each thread a block for
    each intermediate result that is needed at a time.
    """
    letters = tuple(_letter(argument) for argument in arguments)
    program = _program(steps, letters)
    images = [a for a in arguments if isinstance(a, np.ndarray)]
    shape, size = images[0].shape, images[0].size
    values = [readable(a.reshape(-1), np.float32) for a in images if a.dtype != np.bool_]
    regions = [readable(a.reshape(-1), np.uint8) for a in images if a.dtype == np.bool_]
    values += [readable(_NO_VALUES, np.float32)] * (MOST_IMAGES - len(values))
    regions += [readable(_NO_REGION, np.uint8)] * (MOST_IMAGES - len(regions))
    with np.errstate(all="ignore"):
        # One more, so that there is one for operations that take none.
        numbers = np.array([*(a for a in arguments if _letter(a) == "n"), 0], np.float32)
    into_values = np.empty(size if program.gives == "v" else 0, np.float32)
    into_region = np.empty(size if program.gives == "r" else 0, np.bool_)
    blocks = -(-size // BLOCK)
    summed = program.gives == "n"
    totals = np.empty((blocks if summed else 0, KEPT), np.float64)
    counts = np.empty(blocks if summed else 0, np.int64)

    def slab(first: int, end: int) -> None:
        # The last row is for what is folded to find an extreme.
        own_values = np.empty((program.values + 1, BLOCK), np.float32)
        own_regions = np.empty((program.regions, BLOCK), np.uint8)
        _run(
            program.code,
            numbers,
            tuple(values),
            tuple(regions),
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
    if summed:
        return _SUMMED_UP[steps[-1][0]](totals, counts)
    return (into_values if program.gives == "v" else into_region).reshape(shape)


def mean(values: NDArray[np.float32], region: NDArray[np.bool_]) -> float:
    """The mean of the region's values, as `evaluate` says."""
    found = evaluate(((MEAN, (0, 1)),), (values, region))
    assert isinstance(found, float)
    return found


def summary(values: NDArray[np.float32], region: NDArray[np.bool_]) -> list[float]:
    """Of a region's values: their number, sum, mean, deviation, least and greatest.

    Sum and mean as `mean` has them. The standard deviation is the sample's, with n − 1, and 0 for
    one value: squares of deviations from a block's mean are folded as values are, and those of the
    blocks' means from the whole one's are added to them. All but the number are `nan` for an empty
    region, and where one of the values is.
    """
    found = evaluate(((SUMMARY, (0, 1)),), (values, region))
    assert isinstance(found, list)
    return found


# The sum turns −0 into 0: which of the two is found depends on how voxels fall into blocks.
_SUMMED_UP: Mapping[
    Operation, Callable[[NDArray[np.float64], NDArray[np.int64]], float | list[float]]
] = {
    COUNT: lambda totals, counts: float(counts.sum()),
    MEAN: mean_of,
    LEAST: lambda totals, counts: float(np.fmin.reduce(totals[:, 0])) + 0.0,
    GREATEST: lambda totals, counts: float(np.fmax.reduce(totals[:, 0])) + 0.0,
    SUMMARY: summary_of,
}


def _letter(argument: NDArray[Any] | float) -> Letter:
    if isinstance(argument, np.ndarray):
        return "r" if argument.dtype == np.bool_ else "v"
    return "n"


@dataclass(frozen=True, slots=True, eq=False)
class _Program:
    """Rows of a code, and how many blocks of each type it needs for what is in between."""

    code: NDArray[np.int32]
    gives: Letter
    values: int
    regions: int


# Where in a row of code the operands of each type are.
_COLUMNS: Mapping[Letter, int] = {"v": 2, "r": 4, "n": 6}
_RESULT = -1


@cache
def _program(steps: Steps, letters: tuple[Letter, ...]) -> _Program:
    """The code for the kernel: each result in a block that nothing needs any more.

    A row has the operation, where its result goes, and two columns for the operands of each type.
    Images are counted first, then blocks. A step never writes to what it reads: the compiler can
    only tell that apart at run time, and then goes voxel by voxel.
    """
    last_read = {operand: number for number, (_, of) in enumerate(steps) for operand in of}
    place = {index: letters[:index].count(letter) for index, letter in enumerate(letters)}
    letter_of: dict[int, Letter] = dict(enumerate(letters))
    free: dict[Letter, list[int]] = {"v": [], "r": []}
    made: dict[Letter, int] = {"v": 0, "r": 0}
    rows: list[list[int]] = []
    for number, (operation, operands) in enumerate(steps):
        # A truth value is a number here.
        takes = tuple(["n" if letter == "b" else letter for letter in operation.takes])
        if tuple([letter_of[operand] for operand in operands]) != takes:
            raise TypeError(f"{operation.name} takes {takes}, not {operands} of {steps}")
        result, gives = len(letters) + number, operation.gives
        letter_of[result] = gives
        row = [_NUMBERS[operation], _RESULT, 0, 0, 0, 0, 0, 0]
        if number < len(steps) - 1:
            if not free[gives]:
                free[gives].append(made[gives])
                made[gives] += 1
            row[1] = free[gives].pop()
            place[result] = MOST_IMAGES + row[1]
        for nth, operand in enumerate(operands):
            row[_COLUMNS[takes[nth]] + takes[:nth].count(takes[nth])] = place[operand]
            made_here = operand >= len(letters) and operand not in operands[:nth]
            if made_here and last_read[operand] == number:
                free[letter_of[operand]].append(place[operand] - MOST_IMAGES)
        rows.append(row)
    return _Program(np.array(rows, np.int32), gives, made["v"], made["r"])


@compiled(
    "i4[2]w f4[1]w (f4[1]*6) (u1[1]*6) f4[2] u1[2] f4[2]w u1[2]w f8[1]w"
    " f4[1]w u1[1]w f8[2]w i8[1]w i8*3",
    unrolled=False,
)
def _run(
    code: NDArray[np.int32],
    numbers: NDArray[np.float32],
    every_values: tuple[NDArray[np.float32], ...],
    every_region: tuple[NDArray[np.uint8], ...],
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
    """Blocks `first` … `end`; `read_values`, `read_regions` are `values`, `regions`, read-only."""
    for block in range(first, end):
        begin = block * BLOCK
        n = min(BLOCK, size - begin)
        for row in range(len(code)):
            operation, target = code[row, 0], code[row, 1]
            s, t = numbers[code[row, 6]], numbers[code[row, 7]]
            k = code[row, 2]
            if k < MOST_IMAGES:
                x = _image(k, *every_values)[begin : begin + n]
            else:
                x = read_values[k - MOST_IMAGES, :n]
            k = code[row, 3]
            if k < MOST_IMAGES:
                y = _image(k, *every_values)[begin : begin + n]
            else:
                y = read_values[k - MOST_IMAGES, :n]
            k = code[row, 4]
            if k < MOST_IMAGES:
                p = _image(k, *every_region)[begin : begin + n]
            else:
                p = read_regions[k - MOST_IMAGES, :n]
            k = code[row, 5]
            if k < MOST_IMAGES:
                q = _image(k, *every_region)[begin : begin + n]
            else:
                q = read_regions[k - MOST_IMAGES, :n]
            if operation < _VALUES:
                z = into_values[begin : begin + n] if target < 0 else values[target, :n]
                _values(operation, x, y, p, q, s, t, z, n)
            elif operation < _IMAGES:
                r = into_region[begin : begin + n] if target < 0 else regions[target, :n]
                _regions(operation - _VALUES, x, y, p, q, s, t, r, n)
            elif operation == _COUNT:
                counts[block] = count(p, n)
            elif operation == _MEAN:
                counts[block] = count(p, n)
                totals[block, 0] = total(x, p, n, sums)
            elif operation == _SUMMARY:
                counts[block] = count(p, n)
                totals[block, 0] = total(x, p, n, sums)
                totals[block, 1] = squares(x, p, n, totals[block, 0] / counts[block], sums)
                extremes(x.view(np.int32), p, n, totals[block])
            else:
                totals[block, 0] = _extreme(operation, x, n, values[target])


@compiled()
def _image(
    number: int,
    image0: NDArray[Any],
    image1: NDArray[Any],
    image2: NDArray[Any],
    image3: NDArray[Any],
    image4: NDArray[Any],
    image5: NDArray[Any],
) -> NDArray[Any]:
    """The one of a number."""
    if number == 0:
        return image0
    if number == 1:
        return image1
    if number == 2:
        return image2
    if number == 3:
        return image3
    if number == 4:
        return image4
    return image5


# What expressions of the table call: beside `where`, what no processor has an instruction for.
exponential, logarithm = elementary.exponential, elementary.logarithm
raised = elementary.raised


# A voxel of the one where the region is, else of the other.
@compiled()
def where(region: int, one: float, other: float) -> float:
    return one if region else other


@compiled()
def _extreme(
    operation: int, values: NDArray[np.float32], n: int, found: NDArray[np.float32]
) -> float:
    """The least or greatest, in so many columns at first."""
    size = _COLUMNS_OF_EXTREMES
    columns, spare = found[:size], found[size : 2 * size]
    for i in range(size):
        columns[i] = np.float32(np.nan)
    whole = n - n % (2 * size)
    for begin in range(0, whole, 2 * size):
        _fold(operation, columns, values[begin : begin + size], spare)
        _fold(operation, spare, values[begin + size : begin + 2 * size], columns)
    for begin in range(whole, n, size):
        rest = values[begin : min(begin + size, n)]
        _fold(operation, columns[: len(rest)], rest, spare)
        for i in range(len(rest)):
            columns[i] = spare[i]
    half = size // 2
    while half:
        _fold(operation, columns[:half], columns[half : 2 * half], spare)
        columns, spare = spare, columns
        half //= 2
    return float(columns[0])


@compiled()
def _fold(
    operation: int,
    extremes: NDArray[np.float32],
    others: NDArray[np.float32],
    into: NDArray[np.float32],
) -> None:
    """To another place: of a choice to leave what is there LLVM makes a store under a mask."""
    if operation == _LEAST:
        for i in range(len(extremes)):
            one, other = extremes[i], others[i]
            into[i] = one if (one <= other) | (other != other) else other
    else:
        for i in range(len(extremes)):
            one, other = extremes[i], others[i]
            into[i] = one if (one >= other) | (other != other) else other
