"""Components by runs: against scipy's labelling and path search, however slabs are cut."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import ndimage

from tests.references import images, numbered_components, reachable, regions, unhurried
from voxlogica.kernels import components
from voxlogica.kernels.components import largest, numbered, reached
from voxlogica.kernels.slabs import Cores

Array = NDArray[np.bool_]


@pytest.fixture(autouse=True, scope="module")
def slabs_of_one_plane() -> Iterator[None]:
    """Small images are cut, too: where slabs meet is where a labelling goes wrong."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(components, "_SLAB", 1)
        yield


def labelled(region: Array) -> NDArray[np.int64]:
    """1, 2, … in the components of a region, by their first voxels; scipy's, put in order."""
    labels, count = ndimage.label(region, np.ones((3,) * region.ndim))
    found, first = np.unique(labels, return_index=True)
    names = np.zeros(count + 1, np.int64)
    inside = found > 0
    names[found[inside][np.argsort(first[inside])]] = np.arange(1, count + 1)
    return names[labels]


def is_right(region: Array, target: Array | None = None) -> None:
    """Everything that is asked of components, on one core and on several."""
    labels = labelled(region)
    sizes = np.bincount(labels.ravel(), minlength=2)
    sizes[0] = 0
    if target is None:
        target = np.zeros_like(region)
        target[tuple(n // 2 for n in region.shape)] = True
        target[tuple(n - 1 for n in region.shape)] = True
    met = np.isin(labels, labels[target]) & region
    for number in (1, 2, 5):
        cores = Cores(number)
        with cores.working():
            runs = components.connected(region)
            assert runs.count == labels.max(initial=0)
            for result, expected in (
                (numbered(runs), labels.astype(np.float32)),
                (largest(runs), (sizes == sizes.max())[labels] & region),
                (reached(runs, target), met),
            ):
                assert result.dtype == expected.dtype
                assert result.flags.c_contiguous
                np.testing.assert_array_equal(result, expected)
        cores.close()


@st.composite
def larger(draw: st.DrawFn) -> tuple[Array, Array]:
    """A region and a target: rows of less than a block of voxels, of some, and between."""
    shape = draw(
        st.one_of(
            st.tuples(st.integers(1, 40), st.integers(1, 200)),
            st.tuples(st.integers(1, 9), st.integers(1, 12), st.integers(1, 200)),
        )
    )
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    density = draw(st.sampled_from([0.0, 0.01, 0.1, 0.3, 0.5, 0.9, 0.99, 1.0]))
    region = rng.random(shape) < density
    if draw(st.booleans()):
        region = np.repeat(region, draw(st.integers(2, 70)), axis=-1)
    return region, rng.random(region.shape) < draw(st.sampled_from([0.0, 0.01, 0.5]))


@unhurried
@given(larger())
def test_random_regions(pair):
    is_right(*pair)


@unhurried
@given(images(regions, regions))
def test_path_search_finds_the_same(pair):
    region, target = (image.array for image in pair)
    runs = components.connected(region)
    np.testing.assert_array_equal(numbered(runs), numbered_components(region))
    np.testing.assert_array_equal(reached(runs, target), reachable(target, region))


SHAPES = (
    (1, 1), (1, 2), (2, 1), (1, 200), (200, 1), (1, 1, 1), (1, 1, 70), (1, 70, 1), (70, 1, 1),
    (2, 2, 63), (2, 2, 64), (2, 2, 65), (3, 1, 128), (1, 3, 129), (5, 7, 8), (2, 300), (40, 40),
)  # fmt: skip


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_regular_regions_of_any_shape(shape):
    steps = np.indices(shape)
    last = np.zeros(shape, bool)
    last[..., -1] = True
    for region in (
        np.zeros(shape, bool),
        np.ones(shape, bool),
        last,
        last[..., ::-1],
        steps.sum(0) % 2 == 0,
        steps.sum(0) % 2 == 1,
        *(steps[axis] % 2 == 0 for axis in range(len(shape))),
        (steps % 2 == 0).all(0),
        (steps % 3 == 0).any(0),
    ):
        is_right(np.ascontiguousarray(region))


def spiral(size: int) -> Array:
    """One path, one voxel wide, from a corner to the middle."""
    result = np.zeros((size, size), bool)
    y, x, dy, dx = 0, -1, 0, 1
    length, turns = size, 0
    while length > 0:
        for _ in range(length):
            y, x = y + dy, x + dx
            result[y, x] = True
        dy, dx = dx, -dy
        turns += 1
        if turns == 1 or turns % 2 == 1:
            length -= 2 if turns > 1 else 1
    return result


def test_a_spiral_is_one_component():
    region = spiral(61)
    assert not ndimage.binary_erosion(region, np.ones((2, 2))).any(), "one voxel wide"
    assert labelled(region).max() == 1
    is_right(region)
    is_right(~region)
    # Upright, so that the path goes through all slabs again and again.
    upright = np.zeros((61, 3, 61), bool)
    upright[:, 1] = region
    is_right(upright)
    is_right(np.ascontiguousarray(upright.T))


def test_what_is_joined_in_the_last_row_only():
    comb = np.zeros((6, 5, 101), bool)
    comb[:, :, ::2] = True
    assert labelled(comb).max() == 51
    is_right(comb)
    comb[-1, -1] = True
    assert labelled(comb).max() == 1
    is_right(comb)


def test_steps_to_all_26_neighbours_and_no_further():
    for step in np.ndindex(5, 5, 5):
        region = np.zeros((5, 5, 5), bool)
        region[2, 2, 2] = region[step] = True
        apart = max(abs(i - 2) for i in step) > 1
        assert components.connected(region).count == 1 + apart


def test_more_components_than_two_bytes_count():
    region = np.zeros((90, 90, 90), bool)
    region[::2, ::2, ::2] = True
    assert labelled(region).max() == 45**3 > 65535
    is_right(region, np.random.default_rng(0).random(region.shape) < 0.1)


def test_arrays_of_any_layout():
    base = np.random.default_rng(1).random((12, 14, 90)) < 0.3
    target = np.random.default_rng(2).random((12, 14, 90)) < 0.02
    frozen = base.copy()
    frozen.flags.writeable = False
    is_right(frozen, target)
    is_right(np.asfortranarray(base), np.asfortranarray(target))
    is_right(base.T, target.T)
    is_right(base[::-1, 1::2, ::3], target[::-1, 1::2, ::3])
    is_right(base[3], target[3])
    is_right(base[:, 5, :].T, target[:, 5, :].T)


def test_any_byte_but_0_is_true():
    rng = np.random.default_rng(3)
    region = rng.random((7, 8, 70)) < 0.4
    target = rng.random((7, 8, 70)) < 0.05
    odd, odder = (
        np.where(mask, rng.integers(1, 256, mask.shape), 0).astype(np.uint8).view(bool)
        for mask in (region, target)
    )
    plain, other = components.connected(region), components.connected(odd)
    np.testing.assert_array_equal(numbered(plain), numbered(other))
    np.testing.assert_array_equal(
        reached(plain, target).view(np.uint8), reached(other, odder).view(np.uint8)
    )


@unhurried
@given(larger())
def test_runs_are_the_stretches_of_each_row(pair):
    region, _ = pair
    runs = components.connected(region)
    rows = region.reshape(-1, region.shape[-1])
    for row, voxels in enumerate(rows):
        changes = np.diff(np.concatenate([[0], voxels.view(np.int8), [0]])).nonzero()[0]
        assert runs.edges[2 * runs.first[row] : 2 * runs.first[row + 1]].tolist() == list(changes)
    assert runs.shape == region.shape
    arrays = (runs.first, runs.edges, runs.numbers)
    assert sum(a.nbytes for a in arrays) == 8 * (len(rows) + 1) + 12 * len(runs.numbers)
    assert not any(a.flags.writeable for a in arrays)
