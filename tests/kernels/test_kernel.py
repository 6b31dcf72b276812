"""Kernels as machine code: what they take and give.

Those here are compiled by Numba, as when the package is built; without it, they are skipped.
"""

from __future__ import annotations

import math

import numpy as np
import pytest

from voxlogica.kernels.kernel import compiled, readable
from voxlogica.kernels.machine_code import MissingCodeError

pytest.importorskip("numba")

from voxlogica.kernels.building.front_end import KernelError
from voxlogica.kernels.building.trying import tried

KINDS = ("i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f4", "f8")


@compiled(*(f"{kind} {kind}[1]w" for kind in KINDS))
def put(number, result) -> None:
    result[0] = number


@compiled("i8")
def next_whole(number) -> int:
    return number + 1


@compiled("f8", "f4")
def as_float(number) -> float:
    return number * 1.0


@compiled("b1")
def negated(truth) -> bool:
    return not truth


@compiled(*(f"{kind}[1] {kind}[1]w" for kind in KINDS))
def twice(values, result) -> None:
    for i in range(values.size):
        result[i] = 2 * values[i]


@compiled("f4[3]w f8 b1")
def scaled_sum(planes, number, negated) -> float:
    total = 0.0
    for z in range(planes.shape[0]):
        for i in range(planes.shape[2]):
            total += planes[z, 1, i] * number
    return -total if negated else total


@compiled("(f8[1]*2) (i8 f8[1]) f8[1]w")
def weighed(values, factor, result) -> None:
    number, sides = factor
    for i in range(len(result)):
        result[i] = add_up(values, i) * number * sides[i]


@compiled()
def add_up(values, i) -> float:
    first, second = values
    return first[i] + second[i]


@compiled()
def squared(number) -> float:
    return number * number


@compiled("f8[1] f8[1]w")
def lengths(sides, result) -> None:
    for i in range(len(sides)):
        result[i] = math.sqrt(squared(sides[i]) + 1.0) + math.floor(sides[i]) + abs(sides[i])


@compiled("f4[3]w i8 f4[1]w")
def reshaped(planes, z, result) -> float:
    flat = planes[z].reshape(-1)
    for i in range(len(flat)):
        result[i] = flat[i]
    rows = flat.reshape(2, 3, -1)
    return float(rows[1, 2, 0]) + rows.shape[2]


@compiled("i8")
def allocating(n) -> float:
    return np.ones(n).sum()


@compiled("i8")
def pair(n) -> int:
    return n, n


@compiled("f8")
def of_the_systems_mathematics(n) -> float:
    return math.exp(n)


@compiled("i8[1]")
def writing_to_what_is_read(values) -> None:
    values[0] = 1


@pytest.fixture(scope="module")
def echo():
    return tried(put)


@pytest.mark.parametrize("kind", KINDS)
def test_numbers_of_every_type_go_in(echo, kind):
    dtype = np.dtype(kind)
    info = np.finfo(dtype) if dtype.kind == "f" else np.iinfo(dtype)
    for number in map(dtype.type, (0, 1, info.min, info.max)):
        result = np.empty(1, dtype)
        echo(number, result)
        assert result[0] == number


def test_numbers_of_python_are_64_bits_wide():
    assert tried(next_whole)(-(1 << 63)) == 1 - (1 << 63)
    number = tried(as_float)
    assert number(0.1) == 0.1
    assert math.isnan(number(math.nan))
    assert number(np.float32(0.5)) == 0.5
    assert tried(negated)(True) is False
    assert tried(negated)(np.bool_(False)) is True


def test_arrays_of_every_type_are_read_and_written():
    doubled = tried(twice)
    for kind in KINDS:
        values = np.arange(37).astype(kind)
        result = np.empty_like(values)
        assert doubled(readable(values, kind), result) is None
        np.testing.assert_array_equal(result, values + values)


def test_arrays_mix_with_numbers_in_any_order():
    planes = np.arange(24, dtype=np.float32).reshape(2, 3, 4)
    expected = float(planes[:, 1].astype(float).sum() * 0.5)
    kernel = tried(scaled_sum)
    assert kernel(planes, 0.5, False) == expected
    assert kernel(planes, 0.5, True) == -expected
    assert kernel(planes[:0], 0.5, False) == 0


def test_what_goes_together_is_passed_together():
    values = np.full((2, 5), [[0.5], [0.25]])
    sides, result = np.arange(5.0), np.zeros(5)
    read_only = tuple(readable(v, np.float64) for v in values)
    tried(weighed)(read_only, (3, readable(sides, np.float64)), result)
    np.testing.assert_array_equal(result, 3 * 0.75 * sides)


def test_kernels_call_kernels_and_the_mathematics_of_the_processor():
    sides = np.linspace(-3, 3, 101)
    result = np.empty_like(sides)
    tried(lengths)(readable(sides, np.float64), result)
    expected = np.sqrt(sides * sides + 1) + np.floor(sides) + np.abs(sides)
    np.testing.assert_array_equal(result, expected)


def test_kernels_look_at_an_array_in_another_shape():
    planes = np.arange(48, dtype=np.float32).reshape(2, 4, 6)
    result = np.empty(24, np.float32)
    assert tried(reshaped)(planes, 1, result) == planes[1].reshape(2, 3, 4)[1, 2, 0] + 4
    np.testing.assert_array_equal(result, planes[1].reshape(-1))


def test_what_a_kernel_cannot_take_is_refused():
    kernel = tried(twice, "f8[1] f8[1]w")
    for argument in (np.zeros((3, 4))[:, 1], np.zeros(3, ">f8"), "text", [1, 2], None):
        with pytest.raises(TypeError):
            kernel(argument, np.zeros(3))


def test_types_that_it_is_not_compiled_for_are_named():
    kernel = tried(twice, "f8[1] f8[1]w")
    with pytest.raises(MissingCodeError, match=r"twice\(i4\[1\], i4\[1\]w\)"):
        kernel(readable(np.zeros(3), np.int32), np.zeros(3, np.int32))


@pytest.mark.parametrize(
    ("kernel", "why"),
    [
        (allocating, "needs NRT_|alloc"),
        (pair, "is declared to return int64"),
        (of_the_systems_mathematics, "it needs exp"),
        (writing_to_what_is_read, "[Rr]ead"),
    ],
)
def test_what_is_no_machine_code_alone_is_no_kernel(kernel, why):
    with pytest.raises(KernelError, match=why) as raised:
        tried(kernel)
    assert kernel.name in str(raised.value)


def test_inputs_of_any_kind_share_one_version():
    frozen = np.ones((3, 4), np.float32)
    frozen.flags.writeable = False
    turned = np.ones((4, 3), np.float32).T
    crooked = np.frombuffer(b"\0" + np.ones(12, np.float32).tobytes(), np.float32, 12, 1)
    kernel = tried(twice, "f4[1] f4[1]w")
    for array in (np.ones((3, 4), np.float32), frozen, turned, crooked.reshape(3, 4)):
        result = np.empty(12, np.float32)
        kernel(readable(array, np.float32).reshape(-1), result)
        np.testing.assert_array_equal(result, 2)


def test_reading_copies_nothing_that_is_as_wanted():
    region = np.ones((3, 4), np.bool_)
    assert np.shares_memory(readable(region, np.uint8), region)
    assert region.flags.writeable
    assert not readable(region, np.uint8).flags.writeable
