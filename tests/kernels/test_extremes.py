"""The least and greatest value of a region, against numpy's."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.kernels.values import IMAGES, image, on
from voxlogica.kernels.extremes import finite_range
from voxlogica.kernels.kernel import readable


def by_numpy(values, inside):
    chosen = values[inside != 0].astype(np.float64)
    finite = chosen[np.isfinite(chosen)]
    whole = bool(np.all(np.isfinite(chosen))) and np.array_equal(chosen, np.rint(chosen))
    if not finite.size:
        return math.inf, -math.inf, whole
    return finite.min(), finite.max(), whole


@pytest.mark.parametrize("name", IMAGES)
def test_any_number_of_cores_finds_it(name):
    values, region = image(name)
    flat, inside = readable(values.ravel(), np.float32), readable(region.ravel(), np.uint8)
    for number in (1, 2, 5):
        with on(number):
            assert finite_range(flat, inside) == by_numpy(flat, inside)


@given(st.lists(st.tuples(st.floats(width=32), st.booleans()), min_size=1, max_size=40))
def test_any_floats(pairs):
    values, inside = (np.array(of) for of in zip(*pairs, strict=True))
    found = finite_range(readable(values, np.float32), readable(inside, np.uint8))
    assert found == by_numpy(values, inside)
    assert not any(bound == 0 and math.copysign(1, bound) < 0 for bound in found[:2])
