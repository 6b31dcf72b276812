"""Expressions in one pass over blocks: bit for bit what numpy gives, operation by operation."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voxlogica.kernels.blocks import BLOCK, MOST_IMAGES, OPERATIONS, evaluate, mean
from voxlogica.kernels.slabs import Cores

SPECIAL = np.float32([0.0, -0.0, 1.0, math.inf, -math.inf, math.nan, 3e38, -3e38, 1e-45, 2.5])
# One voxel, a block, a voxel less and more, many blocks; 2-D and 3-D.
SHAPES = ((1, 1), (3, 5), (BLOCK - 1, 1), (2, BLOCK // 2), (1, BLOCK + 1), (70, 64, 65))

REFERENCE = {
    "add": np.add,
    "add number": np.add,
    "subtract": np.subtract,
    "subtract number": np.subtract,
    "subtract from number": np.subtract,
    "multiply": np.multiply,
    "multiply by number": np.multiply,
    "divide": np.divide,
    "divide by number": np.divide,
    "divide number": np.divide,
    "absolute": np.absolute,
    "equal": np.equal,
    "at least": np.less_equal,
    "at most": np.greater_equal,
    "above": np.less,
    "below": np.greater,
    "between": lambda low, high, v: (v >= low) & (v <= high),
    "not": np.logical_not,
    "and": np.logical_and,
    "or": np.logical_or,
    "mask": lambda v, r: np.where(r, v, np.float32(0)),
    "select": np.where,
    "count": lambda r: float(np.count_nonzero(r)),
    "mean": lambda v, r: reference_mean(v, r),
    "least": lambda v: float(np.fmin.reduce(v, axis=None)) + 0.0,
    "greatest": lambda v: float(np.fmax.reduce(v, axis=None)) + 0.0,
}


def reference_mean(values, region):
    """Blocks folded in halves, then added one after the other."""
    parts = np.where(region, values, np.float32(0)).reshape(-1).astype(np.float64)
    parts = np.pad(parts, (0, -parts.size % BLOCK)).reshape(-1, BLOCK)
    while parts.shape[1] > 1:
        half = parts.shape[1] // 2
        parts = parts[:, :half] + parts[:, half:]
    total = 0.0
    for part in parts[:, 0]:
        total += float(part)
    count = np.count_nonzero(region)
    return total / count if count else math.nan


def by_numpy(steps, arguments):
    shape = next(a.shape for a in arguments if isinstance(a, np.ndarray))
    with np.errstate(all="ignore"):
        results = [a if isinstance(a, np.ndarray) else np.float32(a) for a in arguments]
        for name, operands in steps:
            values = [results[operand] for operand in operands]
            if name.startswith("fill"):
                kind = np.float32 if name == "fill values" else np.bool_
                results.append(np.full(shape, values[0], kind))
            else:
                results.append(REFERENCE[name](*values))
    return results[-1]


def assert_same(found, expected):
    if isinstance(expected, float):
        assert found == expected or (math.isnan(found) and math.isnan(expected))
        assert math.copysign(1, found) == math.copysign(1, expected) or math.isnan(found)
        return
    assert found.dtype == expected.dtype
    np.testing.assert_array_equal(found, expected)
    if found.dtype == np.float32:
        numbers = ~np.isnan(found)
        np.testing.assert_array_equal(np.signbit(found[numbers]), np.signbit(expected[numbers]))


@st.composite
def expressions(draw: st.DrawFn):
    """Steps on some images and numbers, each on what was there before it; perhaps summed up."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    shape = draw(st.sampled_from(SHAPES))
    arguments, kinds = [], []
    for kind, count in (
        ("values", draw(st.integers(1, MOST_IMAGES))),
        ("region", draw(st.integers(1, MOST_IMAGES))),
        ("number", draw(st.integers(2, 4))),
    ):
        for _ in range(count):
            kinds.append(kind)
            if kind == "values":
                special = rng.choice(SPECIAL, shape)
                ordinary = rng.normal(0, 100, shape).astype(np.float32)
                arguments.append(np.where(rng.random(shape) < rng.random(), special, ordinary))
            elif kind == "region":
                arguments.append(rng.random(shape) < rng.random())
            else:
                arguments.append(float(rng.choice([*SPECIAL, 0.1, 1e300, rng.normal(0, 100)])))
    inner = [name for name, operation in OPERATIONS.items() if operation.gives != "number"]
    last = [name for name, operation in OPERATIONS.items() if operation.gives == "number"]
    names = draw(st.lists(st.sampled_from(inner), min_size=1, max_size=25))
    names += draw(st.sampled_from([[], *[[name] for name in last]]))
    steps = []
    for name in names:
        operation = OPERATIONS[name]
        steps.append(
            (
                name,
                tuple(
                    draw(st.sampled_from([i for i, k in enumerate(kinds) if k == kind][-6:]))
                    for kind in operation.takes
                ),
            )
        )
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
        "values": lambda: rng.choice(SPECIAL, shape),
        "region": lambda: rng.random(shape) < 0.5,
        "number": lambda: 2.5,
    }
    takes = OPERATIONS[name].takes
    arguments = [made[kind]() for kind in takes]
    if "number" in takes and len(set(takes)) == 1:
        arguments.append(made["values"]())
    steps = ((name, tuple(range(len(takes)))),)
    assert_same(evaluate(steps, arguments), by_numpy(steps, arguments))


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("name", ["least", "greatest"])
def test_extremes_pass_over_nan_unless_there_is_nothing_else(name, shape):
    step = ((name, (0,)),)
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


def test_results_do_not_depend_on_how_many_cores_there_are():
    rng = np.random.default_rng(3)
    values = rng.normal(0, 1, (40, 100, 101)).astype(np.float32)
    region = rng.random(values.shape) < 0.7
    steps = (("multiply", (0, 0)), ("mean", (2, 1)))
    found = set()
    for number in (1, 2, 3, 7):
        cores = Cores(number)
        with cores.working():
            found.add(evaluate(steps, [values, region]))
        cores.close()
    assert found == {reference_mean(values * values, region)}


def test_arrays_of_any_layout_are_read():
    turned = np.arange(12, dtype=np.float32).reshape(3, 4).T
    np.testing.assert_array_equal(evaluate((("absolute", (0,)),), [turned]), turned)


def test_steps_that_do_not_fit_are_refused():
    with pytest.raises(TypeError, match="not takes"):
        evaluate((("not", (0,)),), [np.zeros((2, 2), np.float32)])
