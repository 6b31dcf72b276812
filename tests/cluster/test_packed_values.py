"""Values that operations give come out of a message bit by bit as they went in."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voxlogica.cluster.messages import Packing, Unpacking
from voxlogica.cluster.packed_values import packed_value, value_of
from voxlogica.images.arrays import np
from voxlogica.images.geometry import Geometry
from voxlogica.images.image import Image
from voxlogica.operators.components import BySize, components_of
from voxlogica.operators.pairs import border_of, distances_between
from voxlogica.operators.summaries import ranked_of

RNG = np.random.default_rng(5)
PLANE = Geometry((5, 4), (0.5, 1 / 3), (-0.0, 7.25), (0.0, -1.0, 1.0, -0.0), "px")
VOLUME = Geometry(
    (3, 4, 2), (1.0, 2.0, 3.0), (0.0, -5.5, 1e300), (1.0, *[0.0] * 3, 1.0, *[0.0] * 3, 1.0)
)
TYPES = [
    *("bool", "uint8", "int8", "uint16", "int16", "uint32", "int32", "uint64", "int64"),
    *("float16", "float32", "float64", "complex64", "complex128"),
]


def sent(value: Any) -> Any:
    """The value, after it was in a message."""
    packing = Packing()
    row = packed_value(value, packing)
    unpacking = Unpacking("answer", packing.sealed("answer", row))
    found = value_of(unpacking.content, unpacking)
    unpacking.end()
    return found


def bits(value: Any) -> Any:
    """What equals exactly what is the same, of the same types."""
    if isinstance(value, list | tuple):
        return type(value), [bits(item) for item in value]
    if isinstance(value, np.ndarray | np.generic):
        return type(value), value.dtype.str, value.shape, value.tobytes()
    if isinstance(value, Geometry | Image) or hasattr(value, "arrays"):
        names = type(value).__match_args__
        return type(value), [bits(getattr(value, name)) for name in names]
    if hasattr(type(value), "__match_args__"):
        return type(value), [bits(getattr(value, n)) for n in type(value).__match_args__]
    if isinstance(value, float):
        return float, np.float64(value).tobytes()
    return type(value), value


scalars = st.floats() | st.booleans() | st.text() | st.integers() | st.none()
plain = st.recursive(scalars, lambda of: st.lists(of) | st.lists(of).map(tuple), max_leaves=20)


@given(plain)
def test_numbers_truth_values_texts_and_lists_of_them(value):
    assert bits(sent(value)) == bits(value)


def test_lists_may_be_deep() -> None:
    value: Any = 1.0
    for _ in range(5_000):
        value = [value]
    found = sent([value, "end"])
    assert found[1] == "end"
    depth, found = 0, found[0]
    while isinstance(found, list):
        depth, (found,) = depth + 1, found
    assert (depth, found) == (5_000, 1.0)


def test_numbers_beyond_64_bits_and_names_that_are_no_text() -> None:
    values = [2**64 - 1, 2**64, -(2**63) - 1, 10**40, "caf\udce9"]
    assert sent(values) == values


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("extra", [(), (1,), (3,)])
@pytest.mark.parametrize("geometry", [PLANE, VOLUME], ids=["plane", "volume"])
def test_images(dtype: str, extra: tuple[int, ...], geometry: Geometry) -> None:
    values = RNG.integers(0, 2**16, (*geometry.shape, *extra)).astype(dtype)
    if dtype.startswith("complex"):
        values = values * np.dtype(dtype).type(1 - 0.5j)
    image = Image(values, geometry)
    found = sent(image)
    assert bits(found) == bits(image)
    assert not found.array.flags.writeable
    assert found.array.flags.c_contiguous


def test_what_arrays_hold_beside_numbers() -> None:
    special = np.array([[np.nan, -np.nan, np.inf, -0.0, 5e-324]] * 4)
    special.view(np.uint64)[0, 0] |= 0xABC  # as some programs mark what is missing
    assert bits(sent(Image(special, PLANE))) == bits(Image(special, PLANE))


def test_arrays_in_another_order_and_scalars_of_arrays() -> None:
    turned = np.asfortranarray(RNG.random((4, 5)).astype(">f4"))
    assert np.array_equal(sent(turned), turned)
    values = [np.float32(0.1), np.int8(-3), np.bool_(True), np.uint64(2**64 - 1), np.complex64(1j)]
    assert bits(sent(values)) == bits(values)
    assert bits(sent(np.float64(0.1))) == bits(0.1)


def test_what_only_operations_give_each_other() -> None:
    a, b, none = (Image(RNG.random(VOLUME.shape) > p, VOLUME) for p in (0.5, 0.6, 2))
    of = components_of(a)
    numbers = Image(RNG.random(VOLUME.shape).astype(np.float32), VOLUME)
    whole = Image(RNG.integers(0, 9, VOLUME.shape).astype(np.float32), VOLUME)
    values = [
        of,
        components_of(none),
        BySize.of(of.runs, VOLUME),
        border_of(a),
        border_of(none),
        distances_between(border_of(a), border_of(b)),
        distances_between(border_of(a), border_of(none)),
        ranked_of(numbers, a),
        ranked_of(whole, a),
        [a, [b, "x"]],
    ]
    for value, found in zip(values, sent(values), strict=True):
        assert bits(found) == bits(value)


@pytest.mark.parametrize("value", [object(), {1.0}, {"a": 1.0}, b"bytes", 1j, np.array(["x"])])
def test_what_is_no_value_cannot_travel(value: object) -> None:
    with pytest.raises(TypeError, match="cannot travel"):
        sent([1.0, value])
