"""Local histograms: however the work is cut up, the counts are the same."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from tests.references import correlation, unhurried
from voxlogica.kernels import texture
from voxlogica.kernels.histograms import Bins, bin_numbers, histogram
from voxlogica.kernels.slabs import Cores
from voxlogica.kernels.texture import local_correlation

BINS = 40
VALUES = np.random.default_rng(0).random((6, 7, 8), np.float32)
NUMBERS = bin_numbers(VALUES, 0.1, 0.95, BINS)
TARGET = histogram(NUMBERS, VALUES > 0.3, BINS)


def exactly(
    numbers: Bins, target: NDArray[np.int64], radius: tuple[int, ...]
) -> NDArray[np.float32]:
    """From whole-number sums over the histogram of each box, counted anew: voxel by voxel."""
    bins, total = len(target), sum(target.tolist())
    weights = [bins * t - total for t in target.tolist()]
    target_spread = bins * sum(t * t for t in target.tolist()) - total * total
    result = np.empty(numbers.shape, np.float32)
    for voxel in itertools.product(*map(range, numbers.shape)):
        box = tuple(slice(max(i - r, 0), i + r + 1) for i, r in zip(voxel, radius, strict=True))
        counts = np.bincount(numbers[box].ravel(), minlength=bins)[:bins].tolist()
        spread = bins * sum(h * h for h in counts) - sum(counts) ** 2
        product = sum(h * w for h, w in zip(counts, weights, strict=True))
        if spread and target_spread:
            result[voxel] = product / (math.sqrt(spread) * math.sqrt(target_spread))
        else:
            result[voxel] = spread == target_spread
    return result


@st.composite
def scenes(draw: st.DrawFn) -> tuple[Bins, NDArray[np.int64], tuple[int, ...]]:
    """Numbers of bins, noisy or in flat blocks, a target and a radius."""
    rng = np.random.default_rng(draw(st.integers(0, 1 << 30)))
    bins = draw(st.sampled_from([1, 2, 7, 31, 32, 40, 100, 254, 255, 256, 600]))
    shape = draw(
        st.sampled_from(
            [(1, 1), (1, 70), (9, 1), (8, 40), (1, 1, 1), (1, 3, 70), (7, 1, 9), (6, 5, 7)]
        )
    )
    block = draw(st.sampled_from([1, 3, 20]))
    spread = draw(st.sampled_from([1, 2, bins + 1]))
    coarse = rng.integers(0, bins + 1, [-(-n // block) for n in shape])
    for axis in range(len(shape)):
        coarse = np.repeat(coarse, block, axis)
    whole = coarse[tuple(map(slice, shape))]
    numbers = np.clip(whole + rng.integers(0, spread, shape), 0, bins).astype(np.uint16)
    target = rng.integers(0, draw(st.sampled_from([1, 2, 1000])), bins)
    radius = tuple(draw(st.integers(1, 4)) if n > 1 else 1 for n in shape)
    return numbers, target, radius


@unhurried
@given(scenes())
def test_scores_are_those_of_exact_histograms_to_the_last_bit(scene):
    numbers, target, radius = scene
    np.testing.assert_array_equal(local_correlation(*scene), exactly(numbers, target, radius))


@pytest.mark.parametrize("columns_bytes", [1, 7 * 8 * 64])
@pytest.mark.parametrize("cache_bytes", [1, 5 * 8 * 32, 1 << 20])
@pytest.mark.parametrize("cores", [1, 3])
@pytest.mark.parametrize("radius", [(1, 1, 1), (1, 2, 3), (6, 6, 6)])
def test_bins_in_turns_and_rows_in_strips(monkeypatch, columns_bytes, cache_bytes, cores, radius):
    in_one_go = local_correlation(NUMBERS, TARGET, radius)
    monkeypatch.setattr(texture, "_COLUMNS_BYTES", columns_bytes)
    monkeypatch.setattr(texture, "_CACHE_BYTES", cache_bytes)
    monkeypatch.setattr(texture, "_STRIP_VOXELS", 1)
    run = Cores(cores)
    monkeypatch.setattr(texture, "over", run.over)
    with run.working():
        np.testing.assert_array_equal(local_correlation(NUMBERS, TARGET, radius), in_one_go)
    run.close()


def test_many_thin_strips(monkeypatch):
    numbers = np.random.default_rng(4).integers(0, 30, (3, 60, 5)).astype(np.uint16)
    scene = numbers, np.arange(29), (1, 1, 1)
    monkeypatch.setattr(texture, "_STRIP_VOXELS", 1)
    monkeypatch.setattr(texture, "_CACHE_BYTES", 1)
    np.testing.assert_array_equal(local_correlation(*scene), exactly(*scene))


@pytest.mark.parametrize("tile", [1, 2, 5])
@pytest.mark.parametrize("radius", [(1, 1, 1), (2, 1, 3), (2, 2, 9)])
def test_rows_in_tiles(monkeypatch, tile, radius):
    # Along x: nothing, noise in a few bins, one bin, another one, noise in all bins, nothing.
    rng = np.random.default_rng(2)
    parts = [(200, 201), (90, 99), (3, 4), (150, 151), (0, 200), (200, 201)]
    numbers = np.concatenate([rng.integers(*part, (5, 6, 7)) for part in parts], axis=2)
    monkeypatch.setattr(texture, "_TILE", tile)
    target = np.arange(200) % 7
    scene = numbers.astype(np.uint16), target, radius
    np.testing.assert_array_equal(local_correlation(*scene), exactly(*scene))


@pytest.mark.parametrize("shape", [(300, 2, 2), (34, 33, 32), (200, 200)])
def test_boxes_of_more_voxels_than_small_counters_hold(shape):
    numbers = np.random.default_rng(1).integers(0, 4, shape).astype(np.uint16)
    numbers[numbers == 3] = 0  # so that one bin has more than half of all
    target = np.array([5, 1, 0, 2])
    result = local_correlation(numbers, target, shape)
    whole = np.bincount(numbers.ravel(), minlength=4).tolist()
    np.testing.assert_allclose(result, correlation(whole, target.tolist()), rtol=1e-6)


@pytest.mark.parametrize("shape", [(127, 1, 1), (255, 1, 1), (256, 1, 1), (31, 33, 32)])
def test_boxes_of_as_many_voxels_as_a_counter_holds(shape):
    numbers = np.zeros(shape, np.uint16)
    numbers[0, 0, 0] = 1
    target = np.array([7, 1, 0])
    result = local_correlation(numbers, target, shape)
    whole = [numbers.size - 1, 1, 0]
    np.testing.assert_allclose(result, correlation(whole, target.tolist()), rtol=1e-6)


def test_thousands_of_bins():
    numbers = np.random.default_rng(3).integers(0, 5001, (6, 7, 8)).astype(np.uint16)
    scene = numbers, np.arange(5000) % 11, (1, 2, 2)
    np.testing.assert_array_equal(local_correlation(*scene), exactly(*scene))


def test_a_turned_2d_image_is_as_well_a_3d_image_of_one_plane():
    flat = NUMBERS[:, 0]
    as_2d = local_correlation(flat, TARGET, (2, 1))
    as_3d = local_correlation(flat[None], TARGET, (1, 2, 1))
    np.testing.assert_array_equal(as_2d, as_3d[0])


def test_sums_that_could_pass_64_bits_are_refused():
    target = np.zeros(BINS, np.int64)
    target[0] = 1 << 60
    with pytest.raises(OverflowError):
        local_correlation(NUMBERS, target, (1, 1, 1))


def test_bins_are_half_open_unless_closed():
    values = np.array([-1, 0, 0.49, 0.5, 1, np.nan, np.inf, -np.inf], np.float32)
    assert bin_numbers(values, 0, 1, 2).tolist() == [2, 0, 0, 1, 2, 2, 2, 2]
    assert bin_numbers(values, 0, 1, 2, closed=True).tolist() == [2, 0, 0, 1, 1, 2, 2, 2]
    assert bin_numbers(values, 1, 0, 2).tolist() == [2] * 8
    assert bin_numbers(values, 0, np.inf, 2).tolist() == [2, 0, 0, 0, 0, 2, 2, 2]
    assert bin_numbers(values, -np.inf, 1, 2).tolist() == [2] * 8


def test_rounding_never_makes_a_bin_too_many():
    just_below = np.nextafter(np.float32(0.3), np.float32(0))
    for bins in (1, 3, 7, 1000, 65_535):
        low, high = float(np.float32(0.1)), float(np.float32(0.3))
        numbers = bin_numbers(np.array([just_below]), low, high, bins)
        assert numbers.item() <= bins - 1
