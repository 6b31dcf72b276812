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


def shown(parts):
    """What each slice shows at one pixel a voxel."""
    return [
        (way.slice_of(one.base.array, index), [way.slice_of(mask, index) for mask in one.masks])
        for one, (way, index) in parts
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
    parts = cropped(whole, slices)
    assert all(
        after.shape == way.size[::-1]
        for (_, (way, _)), (after, _) in zip(parts, shown(parts), strict=True)
    )
    before_that = [(whole, at) for at in slices]
    for (before, masks), (after, kept) in zip(shown(before_that), shown(parts), strict=True):
        assert (before > 0).sum() == (after > 0).sum()
        assert masks[0].sum() == kept[0].sum()


def test_a_head_in_much_air_is_cropped_and_its_noise_does_not_hinder():
    scan = np.random.default_rng(1).random(SHAPE, np.float32) * 5
    scan[10:30, 20:40, 15:35] = 100
    for _, (way, _) in cropped(*seen(scan)):
        lengths = SHAPE[2 - way.across], SHAPE[2 - way.down]
        assert all(n < 0.7 * whole for n, whole in zip(way.size, lengths, strict=True))


def test_what_fills_its_grid_stays_as_it_is():
    whole, slices = seen(np.random.default_rng(1).random(SHAPE, np.float32))
    found = cropped(whole, slices)
    assert [way for _, (way, _) in found] == [way for way, _ in slices]
    for (before, _), (after, _) in zip(
        shown([(whole, at) for at in slices]), shown(found), strict=True
    ):
        assert (before == after).all()


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
    for part, (way, index) in cropped(found, slices):
        assert part.at(way, index, (10, 10)).size == (10, 10)


def test_regions_without_a_scan_are_cropped_to_what_they_are():
    region = np.zeros(SHAPE, bool)
    region[20:25, 20:25, 20:25] = True
    for part, (way, index) in cropped(*seen(None, [region])):
        assert way.size == (11, 11) and way.slice_of(part.masks[0], index).sum() == 25
