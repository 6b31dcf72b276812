"""Loaded images of any component type, taken apart and put together."""

from __future__ import annotations

import numpy as np
import pytest

from tests.references import call, valuation
from voxlogica.images.geometry import Geometry
from voxlogica.images.image import Image

FILE_TYPES = ["uint8", "int8", "uint16", "int16", "uint32", "int32", "int64", "float32", "float64"]
SPACES = [Geometry.of_size(5, 4), Geometry.of_size(4, 1, 3), Geometry.of_size(1, 1)]


def model(space: Geometry, dtype: str, components: int = 1) -> Image:
    shape = space.shape if components == 1 else (*space.shape, components)
    values = np.random.default_rng(0).uniform(-300, 300, shape)
    return Image(values.astype(np.int64).astype(dtype), space)


@pytest.mark.parametrize("dtype", FILE_TYPES)
@pytest.mark.parametrize("space", SPACES, ids=str)
def test_a_grey_image_is_its_own_intensity_and_colours(space, dtype):
    image = model(space, dtype)
    for name in ("intensity", "red", "green", "blue"):
        np.testing.assert_array_equal(call(name, image), image.array.astype(np.float32))
    assert (call("alpha", image) == 255).all()


@pytest.mark.parametrize("components", [3, 4])
@pytest.mark.parametrize("dtype", FILE_TYPES)
@pytest.mark.parametrize("space", SPACES, ids=str)
def test_the_components_of_a_colour_image(space, dtype, components):
    image = model(space, dtype, components)
    for component, name in enumerate(["red", "green", "blue", "alpha"][:components]):
        expected = image.array[..., component].astype(np.float32)
        np.testing.assert_array_equal(call(name, image), expected)
    if components == 3:
        assert (call("alpha", image) == 255).all()
    r, g, b = (image.array[..., i].astype(np.float64) for i in range(3))
    luminance = (0.2126 * r + 0.7152 * g + 0.0722 * b).astype(np.float32)
    np.testing.assert_array_equal(call("intensity", image), luminance)


@pytest.mark.parametrize("name", ["rgb", "rgba"])
def test_composing_and_taking_apart(name):
    parts = [valuation(np.arange(6).reshape(2, 3) + 10 * i) for i in range(len(name))]
    composed = Image(call(name, *parts), parts[0].geometry)
    for part, component in zip(parts, ["red", "green", "blue", "alpha"], strict=False):
        np.testing.assert_array_equal(call(component, composed), part.array)


def test_numbers_too_great_for_float32_become_infinite_without_a_warning(recwarn):
    space = Geometry.of_size(2, 1)
    grey = Image(np.array([[1e300, -1e300]]), space)
    assert call("intensity", grey).tolist() == [[np.inf, -np.inf]]
    colour = Image(np.array([[[1e300, 0.0, 0.0], [np.inf, -np.inf, 0.0]]]), space)
    assert call("red", colour).tolist() == [[np.inf, np.inf]]
    assert call("intensity", colour)[0, 0] == np.inf
    assert np.isnan(call("intensity", colour)[0, 1])
    assert not recwarn.list


def test_white_is_as_bright_as_its_components():
    white = Image(np.full((1, 1, 3), 255, np.uint8), Geometry.of_size(1, 1))
    assert call("intensity", white).item() == 255
