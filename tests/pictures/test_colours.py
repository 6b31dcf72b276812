"""The colours of regions: told apart by those who see fewer, and seen on every grey.

What is seen by those without one kind of cone is simulated by the matrices for severity 1 of
Machado, Oliveira and Fernandes, "A physiologically-based model for simulation of color vision
deficiency", IEEE TVCG 15 (2009), on linear RGB; differences are CIEDE2000, of which about 2 are
just noticed.
"""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from skimage.color import deltaE_ciede2000, xyz2lab

from voxlogica.pictures.overlays import (
    COLOURS,
    FIRST_DASHED,
    SEAM,
    colour,
    over_colours,
    over_greys,
    overlay,
)

VISIONS = {
    "all cones": np.eye(3),
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritanopia": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}
# Linear sRGB to XYZ, IEC 61966-2-1.
XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])


def linear(rgb) -> np.ndarray:
    share = np.asarray(rgb, float) / 255
    return np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)


def difference(one, other, vision) -> float:
    seen = [np.clip(np.array(vision) @ linear(rgb), 0, 1) for rgb in (one, other)]
    return float(deltaE_ciede2000(*(xyz2lab(XYZ @ rgb) for rgb in seen)))


def luminance(rgb) -> float:
    return float(XYZ[1] @ linear(rgb))


def contrast(one, other) -> float:
    """As WCAG 2.2 defines it."""
    low, high = sorted([luminance(one), luminance(other)])
    return (high + 0.05) / (low + 0.05)


def test_a_colour_that_is_not_told_from_another_fails():
    """The measure itself: red and green of equal lightness, without the green cones."""
    red, green = (200, 80, 60), (122, 122, 60)
    assert difference(red, green, VISIONS["all cones"]) > 25
    assert difference(red, green, VISIONS["deuteranopia"]) < 10


@pytest.mark.parametrize("vision", VISIONS.values(), ids=VISIONS)
def test_regions_are_told_apart_by_those_who_see_fewer_colours(vision):
    assert difference(colour(0), colour(1), vision) > 50
    for one, other in combinations(COLOURS, 2):
        assert difference(one, other, vision) > 10


def test_the_first_two_are_orange_and_blue_and_only_they_are_unbroken():
    assert COLOURS[:3] == ((230, 159, 0), (86, 180, 233), (0, 158, 115))
    assert FIRST_DASHED == 2
    assert colour(7) == colour(0)


@pytest.mark.parametrize("grey", range(0, 256, 15))
def test_a_line_is_seen_on_every_grey_by_its_seam(grey):
    seam = (round(grey * SEAM),) * 3
    for k in range(5):
        assert max(contrast(colour(k), seam), contrast(colour(k), (grey,) * 3)) > 3
        assert contrast(colour(k), seam) > 2.9
    assert min(contrast(one, seam) for one in COLOURS) > 1.9


def test_the_seam_is_beside_the_line_and_nowhere_else():
    region = np.zeros((9, 9), bool)
    region[3:6, 3:6] = True
    drawn = overlay([region], region.shape, shaded=False)
    near = np.zeros_like(region)
    near[2, 3:6] = near[6, 3:6] = near[3:6, 2] = near[3:6, 6] = True
    np.testing.assert_array_equal(drawn.seam, near)
    white = np.ones(region.shape, np.float32)
    indices, palette = over_greys(white, drawn, 128)
    pixels = palette[indices]
    dark = round(255 * SEAM)
    assert np.abs(pixels[near].astype(int) - dark).max() <= 1
    assert (pixels[~near & (drawn.lines == 0)] == 255).all()
    whites = np.full((9, 9, 3), 255, np.uint8)
    np.testing.assert_array_equal(over_colours(whites, drawn)[near], dark)
    assert (over_colours(whites, drawn)[drawn.lines > 0] == colour(0)).all()


def test_two_regions_side_by_side_have_no_seam_over_their_lines():
    left, right = np.zeros((6, 8), bool), np.zeros((6, 8), bool)
    left[:, :4], right[:, 4:] = True, True
    drawn = overlay([left, right], left.shape, shaded=False)
    indices, palette = over_greys(np.ones(left.shape, np.float32), drawn, 128)
    assert (palette[indices][:, 3] == colour(0)).all()
    assert (palette[indices][:, 4] == colour(1)).all()
