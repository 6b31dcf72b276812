"""A reach in whole numbers: every sum of squares compares with its limit as exact ones do."""

from __future__ import annotations

import itertools

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from voxlogica.kernels.reaches import reach_of

SHAPE = (6, 9, 12)
STEPS = st.sampled_from([(1.0, 1.0, 1.0), (2.5, 1.0, 1.0), (0.9, 0.7, 0.7), (3.0, 0.43, 0.43)])


@given(st.floats(0, 8, width=32), st.booleans(), STEPS)
def test_what_is_in_reach_is_what_the_full_transform_has_there(reach, strict, steps):
    unit = steps[0] if steps[0] == steps[1] == 1.0 else None
    found = reach_of(reach, strict, SHAPE, steps, unit)
    if found is None:
        return
    assert found.cost < 1
    for index in itertools.product(*map(range, SHAPE)):
        exact = np.float64(0)
        for number, step in zip(index, steps, strict=True):
            exact = exact + (number * step) ** 2
        distance, bound = np.float32(np.sqrt(exact)), np.float32(reach)
        inside = all(n < len(of) for n, of in zip(index, found.squares, strict=True))
        there = (
            inside
            and sum(int(of[n]) for n, of in zip(index, found.squares, strict=True)) <= found.limit
        )
        assert there == bool(distance < bound if strict else distance <= bound)
