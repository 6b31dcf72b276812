"""Distances compared with a number: as the full transform, compared, voxel for voxel."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests.references import signed_distance as each_with_each
from voxlogica.kernels.bounded_distance import at_most
from voxlogica.kernels.distance import signed_distance
from voxlogica.kernels.reaches import reach_of
from voxlogica.kernels.slabs import Cores

COMPARISONS = (
    (False, False, np.less_equal),
    (True, False, np.less),
    (True, True, np.greater_equal),
    (False, True, np.greater),
)
SPACINGS = (
    (1.0, 1.0, 1.0), (0.7, 0.7, 0.7), (0.1, 0.2, 0.3), (5.0, 0.9375, 0.9375), (0.42, 0.44, 0.32),
    (1e-30,) * 3, (1e-30, 1e-30, 2e-30), (1e18, 1e19, 1e18),
)  # fmt: skip
DEGENERATE = (0.0, -0.0, math.nan, math.inf, -math.inf, 1e300, -1e300, 1e-60, -1e-60)


def check(region: np.ndarray, spacing: tuple[float, ...], distance: np.ndarray, bound: float):
    with np.errstate(all="ignore"):
        number = np.float32(bound)
    region.flags.writeable = False
    for strict, inverted, compare in COMPARISONS:
        result = at_most(region, spacing, bound, strict, inverted)
        np.testing.assert_array_equal(result, compare(distance, number), compare.__name__)
        assert result.dtype == np.bool_
        assert result.flags.c_contiguous


@st.composite
def bounds(draw: st.DrawFn, distance: np.ndarray) -> float:
    """A number that is some voxel's distance, next to one, or any."""
    if draw(st.booleans()):
        return draw(st.sampled_from(DEGENERATE) | st.floats(-8, 8))
    found = distance.ravel()[draw(st.integers(0, distance.size - 1))]
    return float(np.nextafter(found, np.float32(draw(st.sampled_from((-1e9, found, 1e9))))))


@settings(max_examples=60, deadline=None)
@given(
    data=st.data(),
    shape=st.sampled_from([(1, 1), (4, 5), (1, 7), (7, 1), (1, 1, 1), (3, 4, 5), (2, 1, 6)]),
    density=st.sampled_from([0.0, 0.1, 0.5, 0.9, 1.0]),
    spacing=st.sampled_from(SPACINGS),
    seed=st.integers(0, 2**32 - 1),
)
def test_small_images_against_each_voxel_with_each(data, shape, density, spacing, seed):
    region = np.random.default_rng(seed).random(shape) < density
    steps = spacing[-len(shape) :]
    distance = each_with_each(region, steps)
    check(region, steps, distance, data.draw(bounds(distance)))


@settings(max_examples=60, deadline=None)
@given(
    data=st.data(),
    shape=st.sampled_from([(40, 70), (1, 300), (300, 1), (9, 30, 40), (40, 3, 30), (30, 40, 2)]),
    density=st.sampled_from([0.0003, 0.01, 0.3, 0.9, 0.9997]),
    spacing=st.sampled_from(SPACINGS),
    seed=st.integers(0, 2**32 - 1),
    blocks=st.booleans(),
)
def test_larger_images_against_the_full_transform(data, shape, density, spacing, seed, blocks):
    rng = np.random.default_rng(seed)
    region = rng.random(shape) < density
    if blocks:
        # Rows that are full, and empty ones.
        region[tuple(slice(0, rng.integers(0, n + 1)) for n in shape[:-1])] = True
        region[:, rng.integers(0, shape[1]) :] &= rng.random() < 0.5
    steps = spacing[-len(shape) :]
    distance = signed_distance(region, steps)
    check(region, steps, distance, data.draw(bounds(distance)))


@pytest.mark.parametrize("spacing", [(1.0, 1.0, 1.0), (2.0, 1.0, 0.5)])
@pytest.mark.parametrize(
    "bound", [1, 2, 5, 10, 11, 12, 15, 16, 30, 39, 40, 41, 63, 64, 127, 128, 300]
)
def test_at_every_width_of_the_numbers_within(spacing, bound):
    region = np.zeros((4, 12, 600), np.bool_)
    region[1, 3, 250] = region[2, 10:, 20:24] = region[0, :, 599] = True
    distance = signed_distance(region, spacing)
    check(region, spacing, distance, bound)
    check(~region, spacing, signed_distance(~region, spacing), -bound)


@settings(max_examples=100, deadline=None)
@given(
    spacing=st.tuples(*[st.sampled_from((1.0, 0.5, 3.0)) | st.floats(0.05, 8)] * 3),
    way=st.tuples(*[st.integers(0, 12)] * 3),
    next_to=st.sampled_from((-1e9, 0.0, 1e9)),
    strict=st.booleans(),
)
def test_whole_numbers_compare_as_the_exact_sums_do(spacing, way, next_to, strict):
    """At, just below and just above the distance of some voxel, for all that may be in reach."""
    shape = (14, 13, 12)
    z, y, x = (
        np.square(np.arange(n) * s) for n, s in zip(shape, spacing, strict=True)
    )  # fmt: skip
    distances = np.sqrt((x + y[:, None]) + z[:, None, None]).astype(np.float32)
    reach = distances[tuple(min(a, n - 1) for a, n in zip(way, shape, strict=True))]
    reach = float(np.nextafter(reach, np.float32(next_to)) if next_to else reach)
    found = reach_of(reach, strict, shape, spacing, None)
    exact = distances < reach if strict else distances <= reach
    # Seldom two bytes do not suffice.
    assume(found is not None)
    squares = [axis.astype(np.int64) for axis in found.squares]
    sums = squares[2] + squares[1][:, None] + squares[0][:, None, None]
    in_reach = np.zeros(shape, np.bool_)
    in_reach[tuple(map(slice, sums.shape))] = sums <= found.limit
    np.testing.assert_array_equal(in_reach, exact)
    assert 2 * found.limit + 1 <= np.iinfo(found.squares[0].dtype).max


@pytest.mark.parametrize("value", [False, True])
@pytest.mark.parametrize("bound", [*DEGENERATE, 3.0, -3.0])
def test_regions_without_an_edge(value, bound):
    region = np.full((3, 4, 5), value)
    check(region, (1.0, 1.0, 1.0), signed_distance(region, (1.0, 1.0, 1.0)), bound)


def test_regions_that_are_views():
    region = np.random.default_rng(0).random((9, 20, 24)) < 0.1
    view = region.transpose(2, 1, 0)[::-1, ::2]
    check(view, (1.0, 1.0, 1.0), signed_distance(view, (1.0, 1.0, 1.0)), 2.0)
    check(view, (1.0, 1.0, 1.0), signed_distance(view, (1.0, 1.0, 1.0)), 0.5)


@pytest.mark.parametrize("spacing", [(1.0, 1.0, 1.0), (1.2, 1.0, 0.9)])
def test_any_number_of_cores_gives_the_same(spacing):
    region = np.random.default_rng(0).random((40, 20, 30)) < 0.001
    for number in (1, 2, 5):
        cores = Cores(number)
        with cores.working():
            check(region, spacing, signed_distance(region, spacing), 4.0)
        cores.close()
