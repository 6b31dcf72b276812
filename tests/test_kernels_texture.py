"""Local histograms: however the work is cut up, the counts are the same."""

from __future__ import annotations

import numpy as np
import pytest
from references import correlation

from voxlogica.kernels import texture
from voxlogica.kernels.histograms import bin_numbers, histogram
from voxlogica.kernels.texture import local_correlation

BINS = 40
VALUES = np.random.default_rng(0).random((6, 7, 8), np.float32)
NUMBERS = bin_numbers(VALUES, 0.1, 0.95, BINS)
TARGET = histogram(NUMBERS, VALUES > 0.3, BINS)


@pytest.mark.parametrize("columns_bytes", [1, 7 * 8 * 32])
@pytest.mark.parametrize("slab_voxels", [1, 7 * 8 * 4])
@pytest.mark.parametrize("radius", [(1, 1, 1), (1, 2, 3), (6, 6, 6)])
def test_bins_in_turns_and_planes_in_slabs(monkeypatch, columns_bytes, slab_voxels, radius):
    in_one_go = local_correlation(NUMBERS, TARGET, radius)
    monkeypatch.setattr(texture, "_COLUMNS_BYTES", columns_bytes)
    monkeypatch.setattr(texture, "_SLAB_VOXELS", slab_voxels)
    np.testing.assert_array_equal(local_correlation(NUMBERS, TARGET, radius), in_one_go)


@pytest.mark.parametrize("shape", [(300, 2, 2), (34, 33, 32), (200, 200)])
def test_boxes_of_more_voxels_than_small_counters_hold(shape):
    numbers = np.random.default_rng(1).integers(0, 4, shape).astype(np.uint16)
    numbers[numbers == 3] = 0  # so that one bin has more than half of all
    target = np.array([5, 1, 0, 2])
    result = local_correlation(numbers, target, shape)
    whole = np.bincount(numbers.ravel(), minlength=4).tolist()
    np.testing.assert_allclose(result, correlation(whole, target.tolist()), rtol=1e-6)


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
