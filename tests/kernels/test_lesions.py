"""Components of two regions matched, against a plain loop over SciPy's labels."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage

from voxlogica.kernels.lesions import matched


def by_loops(found, truth, spacing, least, iou, dilation):
    dilated = truth
    if dilation and truth.any():
        dilated = ndimage.distance_transform_edt(~truth, sampling=spacing) <= dilation
    around = np.ones((3,) * found.ndim)
    (ours, count), (theirs, true_count) = (ndimage.label(of, around) for of in (found, dilated))
    counted = [n for n in range(1, count + 1) if (ours == n).sum() >= least]
    true = [n for n in range(1, true_count + 1) if (truth & (theirs == n)).sum() >= least]
    hit, right = set(), set()
    for n in counted:
        for m in true:
            shared, joined = (ours == n) & (theirs == m), (ours == n) | (theirs == m)
            if shared.any() and shared.sum() / joined.sum() >= iou:
                hit.add(m)
                right.add(n)
    return len(hit), len(true) - len(hit), len(counted) - len(right)


@given(
    st.sampled_from([(12, 14), (5, 6, 7)]),
    st.tuples(*[st.sampled_from([0.0, 0.1, 0.3])] * 2),
    st.integers(0, 1 << 30),
    st.sampled_from([1, 2, 4]),
    st.sampled_from([0, 0.1, 0.5]),
    st.sampled_from([0, 1, 1.6]),
)
def test_what_is_found_missed_and_false(shape, densities, seed, least, iou, dilation):
    rng = np.random.default_rng(seed)
    found, truth = (rng.random(shape) < density for density in densities)
    spacing = (1.0, 1.5, 0.75)[: len(shape)]
    expected = by_loops(found, truth, spacing, least, iou, dilation)
    assert matched(found, truth, spacing, least, iou, dilation) == expected


@pytest.mark.parametrize("dilation", [0, 2])
def test_nothing_is_found_of_nothing(dilation):
    empty = np.zeros((4, 5), np.bool_)
    assert matched(empty, empty, (1.0, 1.0), dilation=dilation) == (0, 0, 0)
