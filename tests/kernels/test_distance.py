"""Exact distances: where parabolas nearly tie, and where rounding outweighs what they add."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
import scipy.ndimage
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from tests.references import images, regions, unhurried
from tests.references import signed_distance as each_with_each
from voxlogica.kernels import distance
from voxlogica.kernels.distance import distances_to, signed_distance
from voxlogica.kernels.slabs import Cores

STEPS = [1.0, 0.9, 0.1, 1 / 3, 3.3, 100.0, 1e-9]


@cache
def along_lines():
    """The kernel by itself, compiled here: programs reach it through others."""
    pytest.importorskip("numba")
    from voxlogica.kernels.building.trying import tried

    return tried(
        distance._along_lines,
        "f4[2]w i8[1]w i8*2 f8 i8 i8[1]w*2 f4[2]w",
        "f8[2]w i8[1]w i8*2 f8 i8 i8[1]w*2 f8[2]w",
    )


def along(lines: np.ndarray, filled: np.ndarray, step: float) -> np.ndarray:
    """The kernel's squared distances, from the columns of `lines` where these are filled."""
    length, width = lines.shape
    farthest = lines[filled].max() + (length * step) ** 2
    few = distance._narrowed_from(step, farthest, length)
    choices = np.empty((2, length), np.int64)
    result = np.full_like(lines, -1)
    along_lines()(lines, filled, 0, width, step, few, choices[0], choices[1], result)
    return result


def least_of_all(lines: np.ndarray, filled: np.ndarray, step: float) -> np.ndarray:
    """The least of all parabolas at each index, with the kernel's own arithmetic."""
    away = (np.arange(len(lines))[:, None] - filled[None, :]) * step
    return (lines[None, filled, :] + (away * away)[:, :, None]).min(axis=1)


@settings(max_examples=100, deadline=None)
@given(
    data=st.data(),
    lines=hnp.arrays(
        np.float64,
        st.tuples(st.integers(1, 40), st.integers(1, 3)),
        elements=st.one_of(
            st.just(0.0), st.floats(0, 1e6), st.integers(0, 400).map(lambda d: (d * 0.9) ** 2)
        ),
    ),
    step=st.sampled_from(STEPS),
)
def test_the_least_parabola_is_found_to_the_last_bit(data, lines, step):
    places = st.sets(st.integers(0, len(lines) - 1), min_size=1)
    filled = np.array(sorted(data.draw(places)))
    np.testing.assert_array_equal(along(lines, filled, step), least_of_all(lines, filled, step))


@pytest.mark.parametrize("step", [0.9, 0.1, 1 / 3, 0.9375])
def test_ties_that_rounding_breaks(step):
    # Squares of whole multiples of the step: many parabolas cross at whole indices.
    lines = (np.random.default_rng(0).integers(0, 60, (60, 200)) * step) ** 2
    filled = np.arange(60)
    np.testing.assert_array_equal(along(lines, filled, step), least_of_all(lines, filled, step))


@pytest.mark.parametrize("kind", [np.float32, np.float64])
@pytest.mark.parametrize("length", [1, 2, 3, 63, 64, 65])
def test_lines_of_any_length_with_few_or_many_filled(kind, length):
    rng = np.random.default_rng(length)
    for count in {1, min(2, length), -(-length // 2), length}:
        lines = rng.integers(0, 3 * length * length, (length, 50)).astype(kind)
        filled = np.sort(rng.choice(length, count, replace=False))
        np.testing.assert_array_equal(along(lines, filled, 1.0), least_of_all(lines, filled, 1.0))


@settings(max_examples=60, deadline=None)
@given(
    shape=st.sampled_from([(1, 1), (4, 9), (9, 4), (1, 7), (7, 1), (3, 4, 9), (9, 1, 6)]),
    density=st.sampled_from([0.02, 0.1, 0.5, 0.9]),
    spacing=st.tuples(*[st.sampled_from([1.0, 0.3, 1e-9, 1e9, 1e-200, 1e150, 1e-160])] * 3),
    seed=st.integers(0, 2**32 - 1),
)
def test_spacings_that_rounding_hides(shape, density, spacing, seed):
    region = np.random.default_rng(seed).random(shape) < density
    steps = spacing[-len(shape) :]
    with np.errstate(over="ignore"):
        expected = each_with_each(region, steps)
    np.testing.assert_array_equal(signed_distance(region, steps), expected)


@pytest.mark.parametrize("spacing", [(1.0, 1.0, 1.0), (0.7, 0.7, 0.7), (1.2, 1.0, 0.9)])
@pytest.mark.parametrize("shape", [(2, 3, distance._TILE * 2 + 1), (40, 5, 70), (5, 300), (300, 5)])
def test_any_number_of_cores_gives_the_same_as_each_voxel_with_each(shape, spacing):
    rng = np.random.default_rng(0)
    region = np.zeros(shape, np.bool_)
    region[tuple(rng.integers(0, n, 9) for n in shape)] = True
    steps = spacing[-len(shape) :]
    expected = nearest_of_few(region, steps)
    for number in (1, 2, 5):
        cores = Cores(number)
        with cores.working():
            np.testing.assert_array_equal(signed_distance(region, steps), expected)
        cores.close()


def nearest_of_few(region: np.ndarray, spacing: tuple[float, ...]) -> np.ndarray:
    """The distances to the voxels of a region that has no inside."""
    isotropic = len(set(spacing)) == 1
    squared = np.full(region.shape, np.inf)
    for voxel in np.argwhere(region):
        axes = zip(np.indices(region.shape, sparse=True), voxel, spacing, strict=True)
        parts = [((i - at) * (1.0 if isotropic else s)) ** 2 for i, at, s in axes]
        squared = np.minimum(squared, sum(reversed(parts)))
    return ((spacing[0] if isotropic else 1.0) * np.sqrt(squared)).astype(np.float32)


@pytest.mark.parametrize("spacing", [(1.0, 1.0, 1.0), (1.2, 1.0, 0.9)])
def test_regions_that_are_views(spacing):
    region = np.random.default_rng(0).random((9, 20, 24)) < 0.4
    for view in (region.transpose(2, 1, 0)[::-1, ::2], region[:, :, ::3], region[4, :, ::-1]):
        steps = spacing[-view.ndim :]
        np.testing.assert_array_equal(
            signed_distance(view, steps), signed_distance(view.copy(), steps)
        )


# 32,769 is the longest whose squares int32 can tell apart with room to spare.
@pytest.mark.parametrize("length", [5000, 32_769, 32_770, 50_000])
@pytest.mark.parametrize("along", [0, 1])
def test_squares_that_are_large(length, along):
    region = np.zeros((length, 1) if along == 0 else (1, length), np.bool_)
    region.reshape(-1)[0] = True
    expected = np.arange(length)
    np.testing.assert_array_equal(signed_distance(region, (1.0, 1.0)).reshape(-1), expected)
    found = signed_distance(region[::-1, ::-1], (1.0, 1.0)).reshape(-1)
    np.testing.assert_array_equal(found, expected[::-1])


@unhurried
@given(images(regions), st.integers(0, 2**32 - 1))
def test_distances_of_some_voxels_are_those_of_a_full_transform(image, seed):
    seeds, spacing = image.array.copy(), image.geometry.spacing[::-1]
    random = np.random.default_rng(seed)
    seeds.flat[random.integers(seeds.size)] = True
    voxels = random.integers(0, seeds.size, 9)
    expected = scipy.ndimage.distance_transform_edt(~seeds, sampling=spacing)
    found = distances_to(seeds, spacing, voxels)
    assert found.dtype == np.float64
    np.testing.assert_allclose(found, expected.ravel()[voxels], rtol=1e-14)


def test_distances_of_many_voxels_on_several_cores():
    random = np.random.default_rng(3)
    for spacing in ((1.0, 1.0, 1.0), (3.0, 0.9, 0.9)):
        seeds = random.random((40, 50, 60)) < 0.001
        voxels = np.flatnonzero(~seeds)
        expected = scipy.ndimage.distance_transform_edt(~seeds, sampling=spacing)
        found = distances_to(seeds, spacing, voxels)
        np.testing.assert_allclose(found, expected.ravel()[voxels], rtol=1e-14)
