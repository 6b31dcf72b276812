"""Expressions in one pass over blocks: bit for bit what numpy gives, operation by operation."""

from __future__ import annotations

import math
from fractions import Fraction
from functools import partial
from itertools import chain

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voxlogica.kernels.blocks import BLOCK, evaluate, mean, summary
from voxlogica.kernels.slabs import Cores
from voxlogica.kernels.voxelwise import ENDS, GREATEST, LEAST, MEAN, MOST_IMAGES, TABLE

SPECIAL = np.float32([0.0, -0.0, 1.0, math.inf, -math.inf, math.nan, 3e38, -3e38, 1e-45, 2.5])
# One voxel, a block, a voxel less and more, many blocks; 2-D and 3-D.
SHAPES = ((1, 1), (3, 5), (BLOCK - 1, 1), (2, BLOCK // 2), (1, BLOCK + 1), (70, 64, 65))

# Every operation, by its name and what it takes.
OPERATIONS = {
    f"{operation.name} {''.join(operation.takes)}": operation
    for operation in (*chain.from_iterable(TABLE.values()), *ENDS)
}
REFERENCE = {
    "+ vv": np.add,
    "+. vn": np.add,
    "- vv": np.subtract,
    "-. vn": np.subtract,
    ".- nv": np.subtract,
    "* vv": np.multiply,
    "*. vn": np.multiply,
    "/ vv": np.divide,
    "/. vn": np.divide,
    "./ nv": np.divide,
    "abs v": np.absolute,
    "- v": np.negative,
    ".= nv": np.equal,
    ".<= nv": np.less_equal,
    ".>= nv": np.greater_equal,
    "valueAbove nv": np.less,
    "valueBelow nv": np.greater,
    "between nnv": lambda low, high, v: np.logical_and(v >= low, v <= high),
    "== vv": np.equal,
    "!= vv": np.not_equal,
    "!= vn": np.not_equal,
    "!= nv": np.not_equal,
    "< vv": np.less,
    "<= vv": np.less_equal,
    "> vv": np.greater,
    ">= vv": np.greater_equal,
    "sqrt v": np.sqrt,
    "round v": lambda v: np.rint(v) + np.float32(0),
    "floor v": lambda v: np.floor(v) + np.float32(0),
    "ceil v": lambda v: np.ceil(v) + np.float32(0),
    **{f"min {kinds}": lambda a, b: lesser(a, b) for kinds in ("vv", "vn", "nv")},
    **{f"max {kinds}": lambda a, b: -lesser(-a, -b) for kinds in ("vv", "vn", "nv")},
    # `test_elementary.py` has what these are; here, that they are the same in chains.
    **{
        name: partial(lambda name, *a: alone(name, a), name)
        for name in ("exp v", "log v", "pow vn", "pow nv", "pow vv")
    },
    "not r": np.logical_not,
    "and rr": np.logical_and,
    "or rr": np.logical_or,
    "mask vr": lambda v, r: np.where(r, v, np.float32(0)),
    "select rvv": np.where,
    "tt ": lambda: True,
    "ff ": lambda: False,
    "bconstant b": lambda truth: truth,
    "constant n": lambda number: number,
    "volume r": lambda r: float(np.count_nonzero(r)),
    "avg vr": lambda v, r: reference_mean(v, r),
    "summaryOf vr": lambda v, r: reference_summary(v, r),
    "min v": lambda v: float(np.fmin.reduce(v, axis=None)) + 0.0,
    "max v": lambda v: float(np.fmax.reduce(v, axis=None)) + 0.0,
}


def lesser(a, b):
    """The first of equal ones; what is no nan."""
    a, b = np.broadcast_arrays(a, b)
    found = a.copy()
    np.copyto(found, b, where=(b < a) | np.isnan(a))
    return found


def alone(name, arguments):
    arrays = [a if isinstance(a, np.ndarray) else float(a) for a in arguments]
    return evaluate(((OPERATIONS[name], tuple(range(len(arrays)))),), arrays)


def in_blocks(values):
    return np.pad(values.reshape(-1), (0, -values.size % BLOCK)).reshape(-1, BLOCK)


def folded(parts):
    """Blocks folded in halves."""
    while parts.shape[1] > 1:
        half = parts.shape[1] // 2
        parts = parts[:, :half] + parts[:, half:]
    return parts[:, 0]


def added(numbers):
    """One after the other."""
    total = 0.0
    for number in numbers:
        total += float(number)
    return total


def reference_mean(values, region):
    inside = np.where(region, values, np.float32(0)).astype(np.float64)
    count = np.count_nonzero(region)
    return added(folded(in_blocks(inside))) / count if count else math.nan


def reference_summary(values, region):
    """Of each block the deviations from its mean, then those of the means."""
    count, inside = np.count_nonzero(region), values[region]
    if not count or np.isnan(inside).any():
        return [float(count), *[math.nan] * 5]
    regions = in_blocks(np.asarray(region))
    parts = np.where(regions, in_blocks(np.asarray(values)), 0).astype(np.float64)
    sums, counts = folded(parts), regions.sum(axis=1)
    total = added(sums)
    middles = sums / counts
    apart = np.where(regions, (parts - middles[:, None]) ** 2, 0)
    between = (middles - total / count) ** 2 * counts
    squares = added(folded(apart)) + added(between[counts > 0])
    deviation = math.sqrt(squares / (count - 1)) if count > 1 else squares
    least, greatest = float(inside.min()) + 0.0, float(inside.max()) + 0.0
    return [float(count), total, total / count, deviation, least, greatest]


def by_numpy(steps, arguments):
    shape = next(a.shape for a in arguments if isinstance(a, np.ndarray))
    with np.errstate(all="ignore"):
        results = [a if isinstance(a, np.ndarray) else np.float32(a) for a in arguments]
        for operation, operands in steps:
            name = f"{operation.name} {''.join(operation.takes)}"
            result = REFERENCE[name](*[results[operand] for operand in operands])
            if operation.gives != "n":
                kind = np.float32 if operation.gives == "v" else np.bool_
                result = np.broadcast_to(np.asarray(result).astype(kind), shape)
            results.append(result)
    return results[-1]


def assert_same(found, expected):
    if isinstance(expected, list):
        for one, other in zip(found, expected, strict=True):
            assert_same(one, other)
        return
    if isinstance(expected, float):
        assert found == expected or (math.isnan(found) and math.isnan(expected))
        assert math.copysign(1, found) == math.copysign(1, expected) or math.isnan(found)
        return
    assert found.dtype == expected.dtype
    np.testing.assert_array_equal(found, expected)
    if found.dtype == np.float32:
        numbers = ~np.isnan(found)
        np.testing.assert_array_equal(np.signbit(found[numbers]), np.signbit(expected[numbers]))


def as_numbers(takes):
    """Truth values are numbers to the kernel."""
    return ["n" if kind == "b" else kind for kind in takes]


@st.composite
def expressions(draw: st.DrawFn):
    """Steps on some images and numbers, each on what was there before it; perhaps summed up."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    shape = draw(st.sampled_from(SHAPES))
    arguments, kinds = [], []
    for kind, count in (
        ("v", draw(st.integers(1, MOST_IMAGES))),
        ("r", draw(st.integers(1, MOST_IMAGES))),
        ("n", draw(st.integers(2, 4))),
    ):
        for _ in range(count):
            kinds.append(kind)
            if kind == "v":
                special = rng.choice(SPECIAL, shape)
                ordinary = rng.normal(0, 100, shape).astype(np.float32)
                arguments.append(np.where(rng.random(shape) < rng.random(), special, ordinary))
            elif kind == "r":
                arguments.append(rng.random(shape) < rng.random())
            else:
                arguments.append(float(rng.choice([*SPECIAL, 0.1, 1e300, rng.normal(0, 100)])))
    inner = [operation for operation in OPERATIONS.values() if operation.gives != "n"]
    last = [operation for operation in OPERATIONS.values() if operation.gives == "n"]
    chosen = draw(st.lists(st.sampled_from(inner), min_size=1, max_size=25))
    chosen += draw(st.sampled_from([[], *[[operation] for operation in last]]))
    steps = []
    for operation in chosen:
        operands = tuple(
            draw(st.sampled_from([i for i, k in enumerate(kinds) if k == kind][-6:]))
            for kind in as_numbers(operation.takes)
        )
        steps.append((operation, operands))
        kinds.append(operation.gives)
    return tuple(steps), arguments


@settings(max_examples=100, deadline=None)
@given(expressions())
def test_an_expression_is_what_numpy_gives_operation_by_operation(expression):
    steps, arguments = expression
    assert_same(evaluate(steps, arguments), by_numpy(steps, arguments))


@pytest.mark.parametrize("name", OPERATIONS)
def test_every_operation_alone(name):
    rng = np.random.default_rng(7)
    shape = (3, BLOCK - 1)
    made = {
        "v": lambda: rng.choice(SPECIAL, shape),
        "r": lambda: rng.random(shape) < 0.5,
        "n": lambda: 2.5,
    }
    operation = OPERATIONS[name]
    arguments = [made[kind]() for kind in as_numbers(operation.takes)]
    steps = ((operation, tuple(range(len(arguments)))),)
    # What takes no image is as large as the others.
    arguments.append(made["v"]())
    assert_same(evaluate(steps, arguments), by_numpy(steps, arguments))


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("extreme", [LEAST, GREATEST])
def test_extremes_pass_over_nan_unless_there_is_nothing_else(extreme, shape):
    step = ((extreme, (0,)),)
    assert math.isnan(evaluate(step, [np.full(shape, math.nan, np.float32)]))
    for value in (-0.0, math.inf, -math.inf, 5.0):
        image = np.full(shape, math.nan, np.float32)
        image.reshape(-1)[-1] = value
        assert_same(evaluate(step, [image]), value + 0.0)


def test_the_mean_of_nothing_is_nan():
    values = np.full((2, 3), math.inf, np.float32)
    assert math.isnan(mean(values, np.zeros((2, 3), np.bool_)))


def test_what_is_outside_the_region_has_no_part_in_the_mean():
    values = np.float32([[math.nan, 1.0], [math.inf, 2.0]])
    assert mean(values, np.array([[False, True], [False, True]])) == 1.5


@pytest.mark.parametrize("offset", [0.0, 1e7, -1e7])
def test_a_summary_is_exact_where_values_lie_close_together(offset):
    rng = np.random.default_rng(5)
    values = (offset + rng.integers(0, 50, (60, 70, 80))).astype(np.float32)
    region = rng.random(values.shape) < 0.3
    exact = [Fraction(int(value)) for value in values[region].tolist()]
    count, total, middle, deviation, least, greatest = summary(values, region)
    of = sum(exact) / len(exact)
    variance = sum((value - of) ** 2 for value in exact) / (len(exact) - 1)
    assert (count, total, middle) == (len(exact), sum(exact), float(of))
    assert deviation == pytest.approx(math.sqrt(variance), rel=1e-12)
    assert (least, greatest) == (min(exact), max(exact))


def test_results_do_not_depend_on_how_many_cores_there_are():
    rng = np.random.default_rng(3)
    values = rng.normal(0, 1, (40, 100, 101)).astype(np.float32)
    region = rng.random(values.shape) < 0.7
    steps = ((OPERATIONS["* vv"], (0, 0)), (MEAN, (2, 1)))
    found, summaries = set(), []
    for number in (1, 2, 3, 7):
        cores = Cores(number)
        with cores.working():
            found.add(evaluate(steps, [values, region]))
            summaries.append(summary(values, region))
        cores.close()
    assert found == {reference_mean(values * values, region)}
    assert all(other == reference_summary(values, region) for other in summaries)


def test_arrays_of_any_layout_are_read():
    turned = np.arange(12, dtype=np.float32).reshape(3, 4).T
    np.testing.assert_array_equal(evaluate(((OPERATIONS["abs v"], (0,)),), [turned]), turned)


def test_steps_that_do_not_fit_are_refused():
    with pytest.raises(TypeError, match="not takes"):
        evaluate(((OPERATIONS["not r"], (0,)),), [np.zeros((2, 2), np.float32)])
