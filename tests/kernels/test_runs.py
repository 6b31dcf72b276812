"""Runs by size: each component of a region, against the labels of SciPy."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage

from voxlogica.kernels.components import connected
from voxlogica.kernels.objects import by_size, component

REGIONS = st.builds(
    lambda shape, density, seed: np.random.default_rng(seed).random(shape) < density,
    st.sampled_from([(1, 9), (8, 11), (3, 5, 7)]),
    st.sampled_from([0.0, 0.1, 0.3, 0.7]),
    st.integers(0, 1 << 30),
)


@given(REGIONS)
def test_components_are_there_the_largest_first(region):
    runs = by_size(connected(region))
    labels, count = ndimage.label(region, np.ones((3,) * region.ndim))
    sizes = np.bincount(labels.ravel(), minlength=count + 1)[1:]
    # Equal ones in the order in which they are met, as labels are.
    order = sorted(range(1, count + 1), key=lambda label: -sizes[label - 1])
    assert runs.sizes.tolist() == sorted(sizes.tolist(), reverse=True)
    for number, label in enumerate(order):
        np.testing.assert_array_equal(component(runs, number), labels == label)
