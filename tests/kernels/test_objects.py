"""Objects measured run by run, against numpy on the voxels of each."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from voxlogica.kernels.objects import extents, labelled, summary

LABELS = st.builds(
    lambda shape, few, seed: np.repeat(
        np.random.default_rng(seed).choice(few, shape), 2, axis=-1
    ).astype(np.uint32),
    st.sampled_from([(1, 4), (8, 6), (3, 5, 4)]),
    st.sampled_from([[0], [0, 7], [0, 1, 2, 3], [5, 4_000_000_000]]),
    st.integers(0, 1 << 30),
)


@given(LABELS)
def test_each_label_is_an_object_where_its_voxels_are(labels):
    runs, names = labelled(labels)
    assert names.tolist() == [name for name in np.unique(labels) if name]
    found = extents(runs)
    for number, name in enumerate(names):
        indices = np.argwhere(labels == name)[:, ::-1]
        indices = np.pad(indices, ((0, 0), (0, 3 - labels.ndim)))
        assert found.voxels[number] == len(indices)
        assert found.sums[number].tolist() == indices.sum(0).tolist()
        assert found.least[number].tolist() == indices.min(0).tolist()
        assert found.greatest[number].tolist() == indices.max(0).tolist()


@given(LABELS, st.integers(0, 1 << 30))
def test_values_are_summed_up_object_by_object(labels, seed):
    rng = np.random.default_rng(seed)
    some = np.array([-2.5, -0.0, 0.0, 1.0, 1e30, np.inf, np.nan], np.float32)
    values = rng.choice(some, labels.shape, p=[0.3, 0.1, 0.1, 0.3, 0.1, 0.05, 0.05])
    runs, names = labelled(labels)
    least, mean, greatest = summary(runs, values)
    for number, name in enumerate(names):
        chosen = values[labels == name].astype(np.float64)
        expected = [chosen.min(), np.add.accumulate(chosen)[-1] / chosen.size, chosen.max()]
        of_it = [least[number], mean[number], greatest[number]]
        np.testing.assert_array_equal(of_it, expected)
