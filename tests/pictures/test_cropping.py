"""Scenes without the ground around them: nothing that is shown gets lost."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.references import unhurried
from voxlogica.images.geometry import Geometry
from voxlogica.images.image import Image
from voxlogica.pictures.cropping import cropped
from voxlogica.pictures.planes import planes
from voxlogica.pictures.scene import scene

SHAPE = (40, 50, 60)
UPRIGHT = (1.0, 0, 0, 0, 1.0, 0, 0, 0, 1.0)
TURNED = (-1.0, 0, 0, 0, 0, 1.0, 0, -1.0, 0)


def image(array, direction=UPRIGHT):
    n = array.ndim
    if n == 2:
        direction = (1.0, 0, 0, 1.0)
    return Image(array, Geometry(array.shape[::-1], (1.0, 1.5, 2.0)[:n], (0.0,) * n, direction))


def seen(array, regions=(), direction=UPRIGHT):
    found = scene(
        None if array is None else image(array, direction),
        {f"r{k}": image(region, direction) for k, region in enumerate(regions)},
    )
    slices = found.telling(planes(found.geometry))
    return found.having_seen(slices), slices


def shown(scene_of, slices):
    """What each slice shows at one pixel a voxel."""
    return [
        (way.slice_of(scene_of.base.array, index), [way.slice_of(m, index) for m in scene_of.masks])
        for way, index in slices
    ]


@unhurried
@given(
    st.tuples(*(st.tuples(st.integers(0, n - 2), st.integers(2, n)) for n in SHAPE)),
    st.sampled_from([UPRIGHT, TURNED]),
)
def test_all_that_is_no_ground_and_all_of_regions_in_the_slices_is_there(box, direction):
    inside = tuple(slice(begin, begin + length) for begin, length in box)
    scan, region = np.zeros(SHAPE, np.float32), np.zeros(SHAPE, bool)
    scan[inside] = 100
    region[box[0][0], box[1][0], box[2][0]] = True
    whole, slices = seen(scan, [region], direction)
    part, found = cropped(whole, slices)
    assert part.geometry.size == part.base.array.shape[::-1] == part.masks[0].shape[::-1]
    for (before, masks), (after, kept) in zip(
        shown(whole, slices), shown(part, found), strict=True
    ):
        assert (before > 0).sum() == (after > 0).sum()
        assert masks[0].sum() == kept[0].sum()


def test_a_head_in_much_air_is_cropped_and_its_noise_does_not_hinder():
    scan = np.random.default_rng(1).random(SHAPE, np.float32) * 5
    scan[10:30, 20:40, 15:35] = 100
    part, _ = cropped(*seen(scan))
    assert all(n < 0.7 * whole for n, whole in zip(part.geometry.size, SHAPE[::-1], strict=True))


def test_what_fills_its_grid_stays_as_it_is():
    whole, slices = seen(np.random.default_rng(1).random(SHAPE, np.float32))
    part, found = cropped(whole, slices)
    assert part is whole and found == slices


@pytest.mark.parametrize(
    "array",
    [
        np.zeros(SHAPE, np.float32),
        np.full(SHAPE, np.nan, np.float32),
        np.zeros((40, 50), np.int16),
        np.zeros((40, 50, 3), np.uint8),
        np.eye(50, dtype=np.uint8),
    ],
)
def test_what_has_nothing_to_be_seen_is_drawn_all_the_same(array):
    of = array if array.shape[-1] != 3 else None
    if of is None:
        colour = Image(array, Geometry((50, 40), (1.0, 1.0), (0.0, 0.0), (1.0, 0, 0, 1.0)))
        found = scene(colour, {})
        slices = found.telling(planes(found.geometry))
    else:
        found, slices = seen(array)
    part, within = cropped(found, slices)
    for way, index in within:
        assert part.at(way, index, (10, 10)).size == (10, 10)


def test_regions_without_a_scan_are_cropped_to_what_they_are():
    region = np.zeros(SHAPE, bool)
    region[20:25, 20:25, 20:25] = True
    part, found = cropped(*seen(None, [region]))
    assert part.geometry.size == (11, 11, 11)
    assert all(way.slice_of(part.masks[0], index).sum() == 25 for way, index in found)
