"""Borders of regions and what is between two, against SciPy and each voxel with each."""

from __future__ import annotations

import numpy as np
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import ndimage

from voxlogica.kernels.surfaces import between, border, box, quantile

SHAPES = st.sampled_from([(1, 1), (7, 5), (1, 1, 6), (4, 5, 6)])
SEEDS = st.integers(0, 1 << 30)


@given(SHAPES, SEEDS)
def test_the_border_is_what_an_erosion_takes(shape, seed):
    region = np.random.default_rng(seed).random(shape) < 0.8
    inside = ndimage.binary_erosion(region, ndimage.generate_binary_structure(region.ndim, 1))
    np.testing.assert_array_equal(border(region), region & ~inside)


@given(SHAPES, SEEDS)
def test_the_box_of_a_region_is_the_smallest(shape, seed):
    region = np.random.default_rng(seed).random(shape) < 0.1
    assert box(region) == next(iter(ndimage.find_objects(region.astype(int))), None)


@given(SHAPES, SHAPES, SEEDS, st.sampled_from([(1.0, 1.0, 1.0), (0.5, 2.0, 1.25)]))
def test_each_voxel_has_the_distance_to_the_nearest_of_the_other(shape, other, seed, spacing):
    assume(len(shape) == len(other))
    rng = np.random.default_rng(seed)
    regions = [rng.random(of) < 0.4 for of in (shape, other)]
    assume(all(region.any() for region in regions))
    starts = [tuple(rng.integers(0, 4, len(shape)).tolist()) for _ in regions]
    steps = spacing[: len(shape)]
    places = [
        (np.argwhere(region) + start) * steps for region, start in zip(regions, starts, strict=True)
    ]
    apart = np.sqrt(((places[0][:, None] - places[1]) ** 2).sum(-1))
    found = between(regions[0], starts[0], regions[1], starts[1], steps)
    np.testing.assert_array_equal(found[0], apart.min(1))
    np.testing.assert_array_equal(found[1], apart.min(0))


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=30), st.floats(0, 1))
def test_quantiles_are_numpys(values, share):
    assert quantile(np.array(values), share) == np.quantile(values, share)
