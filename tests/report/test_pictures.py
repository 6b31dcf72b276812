"""Pictures of images and regions, decoded by Pillow and compared with the voxels."""

from __future__ import annotations

import io
import re
from base64 import b64decode
from html.parser import HTMLParser
from itertools import permutations, product

import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813
from PIL import Image as Decoded

from voxlogica.images.geometry import Geometry
from voxlogica.images.image import Image
from voxlogica.report.overlays import COLOURS, MISSING
from voxlogica.report.picture_html import picture_html
from voxlogica.report.pictures import Picture, pictures
from voxlogica.report.planes import telling_slices, turned_by

ORANGE, SKY = COLOURS[:2]
RANDOM = np.random.default_rng(5)
AXIS_PERMUTATIONS = list(permutations(range(3)))
FLIPS = list(product((False, True), repeat=3))


def image(array: np.ndarray, *, unit: str = "mm", components: int = 1, **placed) -> Image:
    shape = array.shape[:-1] if components > 1 else array.shape
    n = len(shape)
    geometry = Geometry(
        shape[::-1],
        placed.get("spacing", (1.0,) * n),
        (0.0,) * n,
        placed.get("direction", tuple(np.eye(n).ravel())),
        unit,
    )
    return Image(array, geometry)


def decoded(picture: Picture) -> np.ndarray:
    return np.asarray(Decoded.open(io.BytesIO(picture.png)).convert("RGB"))


def of_plane(found, name: str) -> Picture:
    return next(one for one in found.planes if one.plane.name == name)


# Orientation

# A head in LPS, of 6×8×10 voxels, in which each octant has a brightness of its own.
HEAD = np.add.outer(
    np.add.outer(np.repeat([0.5, 100.5], 5), np.repeat([0, 50], 4)), np.repeat([0, 25], 3)
).astype(np.float32)


def turned(axes: tuple[int, ...], flips: tuple[bool, ...]) -> Image:
    """The head, its axes in another order and sense, and said to be so."""
    found = sitk.PermuteAxes(sitk.GetImageFromArray(HEAD), axes)
    found = sitk.Flip(found, flips)
    return Image(
        sitk.GetArrayFromImage(found),
        Geometry(found.GetSize(), found.GetSpacing(), found.GetOrigin(), found.GetDirection()),
    )


@pytest.mark.parametrize("axes", AXIS_PERMUTATIONS)
def test_the_same_head_is_shown_however_its_axes_are_stored(axes):
    expected = [decoded(one) for one in pictures(image(HEAD), {}).planes]
    for flips in FLIPS:
        turned_head = turned(axes, flips)
        restored = sitk.GetImageFromArray(turned_head.array)
        restored.SetDirection(turned_head.geometry.direction)
        np.testing.assert_array_equal(
            sitk.GetArrayFromImage(sitk.DICOMOrient(restored, "LPS")), HEAD
        )
        found = pictures(turned_head, {})
        assert [one.plane.name for one in found.planes] == ["axial", "coronal", "sagittal"]
        for one, other in zip(found.planes, expected, strict=True):
            # Even sides have two middles, of which either is taken: octants are alike in both.
            shape = other.shape
            corners = decoded(one)[:: shape[0] - 1, :: shape[1] - 1, 0]
            assert (
                np.argsort(corners.ravel())
                == np.argsort(other[:: shape[0] - 1, :: shape[1] - 1, 0].ravel())
            ).all()
        assert [one.plane.sides for one in found.planes] == [
            ("R", "L", "A", "P"),
            ("R", "L", "S", "I"),
            ("A", "P", "S", "I"),
        ]


def test_the_patients_right_is_at_the_left_and_the_front_and_head_at_the_top():
    region = np.zeros((9, 9, 9), bool)
    region[7, 2, 1] = True  # to the head, the front and the right
    found = pictures(image(region), {})
    for one in found.planes:
        lit = np.argwhere((decoded(one) == ORANGE).all(axis=-1)).mean(axis=0)
        height, width = one.size[::-1]
        y, x = lit / (height, width)
        assert y < 0.5
        assert x < 0.5


def test_a_grid_turned_a_little_shows_its_own_planes_and_says_so():
    transform = sitk.Euler3DTransform()
    transform.SetRotation(0.0, 0.0, np.radians(20))
    head = image(HEAD, direction=transform.GetMatrix())
    assert turned_by(head.geometry) == pytest.approx(20)
    found = pictures(head, {})
    assert "planes of the grid, which is turned by 20° from the patient's axes" in found.remarks
    straight = pictures(image(HEAD), {})
    assert [one.png for one in found.planes] == [one.png for one in straight.planes]


@pytest.mark.parametrize("unit", ["px", "um"])
def test_what_is_not_in_millimetres_has_no_patients_sides_and_lies_as_it_is_stored(unit):
    found = pictures(image(HEAD, unit=unit), {})
    assert [one.plane.name for one in found.planes] == ["xy", "xz", "zy"]
    assert all(one.plane.sides is None for one in found.planes)


# Scale


def test_planes_are_in_proportion_to_physical_sides():
    found = pictures(image(np.zeros((10, 40, 50), np.float32), spacing=(1.0, 1.0, 5.0)), {})
    assert [one.size for one in found.planes] == [(250, 200), (250, 250), (200, 250)]
    assert all(one.unit_per_pixel == pytest.approx(0.2) for one in found.planes)


def test_no_side_of_a_large_image_is_beyond_the_largest():
    found = pictures(image(np.zeros((20, 600, 700), np.uint8)), {})
    assert max(side for one in found.planes for side in one.size) == 256
    assert pictures(image(np.zeros((20, 700), np.uint8)), {}, side=70).planes[0].size == (70, 2)


def test_a_plane_that_is_a_line_is_left_out_beside_others():
    found = pictures(image(np.zeros((1, 30, 20), np.float32)), {})
    assert [one.plane.name for one in found.planes] == ["axial"]
    assert len(pictures(image(np.zeros((1, 1, 1), np.float32)), {}).planes) == 1


# Regions


def test_a_region_has_a_line_around_it_and_a_light_shade_within():
    region = np.zeros((64, 64), bool)
    region[10:20, 30:50] = True
    found = pictures(image(np.zeros((64, 64), np.float32)), {"r": image(region)}, side=64)
    pixels = decoded(found.planes[0])
    line = (pixels == ORANGE).all(axis=-1)
    inner = np.zeros_like(region)
    inner[11:19, 31:49] = True
    np.testing.assert_array_equal(line, region & ~inner)
    assert (pixels[inner] == np.rint(0.2 * np.array(ORANGE))).all()
    assert (pixels[~region] == 0).all()


def test_the_smallest_region_in_a_large_picture_is_seen():
    region = np.zeros((3000, 4000), bool)
    region[1234, 2345] = True
    found = pictures(image(np.zeros((3000, 4000), np.uint8), unit="px"), {"r": image(region)})
    (y, x), *others = np.argwhere((decoded(found.planes[0]) == ORANGE).all(axis=-1))
    assert not others
    # The line between two pixels goes through the voxel.
    assert (y in (157, 158), x) == (True, 2345 * 512 // 4000)


def test_slices_are_those_that_show_most_of_the_regions():
    region = np.zeros((9, 10, 11), bool)
    region[2:5, 3:6, 4:9] = True
    region[3, 0, 0] = True
    assert telling_slices(region.shape, [region]) == (6, 4, 3)
    assert telling_slices(region.shape, []) == (5, 5, 4)
    other = np.zeros_like(region)
    other[4, 5, 8] = True
    assert telling_slices(region.shape, [region, other]) == (8, 5, 4)


def test_more_slices_than_a_byte_counts_are_counted():
    region = np.zeros((300, 3, 4), bool)
    region[:, 1, 2] = True
    region[:256, 2, 3] = True
    assert telling_slices(region.shape, [region])[:2] == (2, 1)


def test_an_empty_region_is_said_to_be_empty():
    found = pictures(image(HEAD), {"nothing": image(np.zeros(HEAD.shape, bool))})
    assert [key.text for key in found.keys] == ["nothing: empty"]


def test_lines_that_coincide_take_turns():
    region = np.zeros((64, 64), bool)
    region[8:56, 8:56] = True
    both = {"a": image(region), "b": image(region)}
    pixels = decoded(pictures(image(np.zeros((64, 64))), both, side=64).planes[0])
    counts = [(pixels == colour).all(axis=-1).sum() for colour in (ORANGE, SKY)]
    assert sum(counts) == 4 * 47
    assert min(counts) > 80


def test_regions_of_another_size_are_refused():
    with pytest.raises(ValueError, match="images of one size: 4×3, 3×4"):
        pictures(image(np.zeros((3, 4))), {"r": image(np.zeros((4, 3), bool))})


# Values


def test_nan_is_told_from_every_grey_and_infinities_are_black_and_white():
    array = np.linspace(0, 1, 10000, dtype=np.float32).reshape(100, 100)
    array[10:30, 10:30], array[50:60, 50:60], array[70:80, 70:80] = np.nan, np.inf, -np.inf
    found = pictures(image(array), {}, side=100)
    pixels = decoded(found.planes[0])
    assert (pixels[10:30, 10:30] == MISSING).all()
    assert (pixels[50:60, 50:60] == 255).all()
    assert (pixels[70:80, 70:80] == 0).all()
    assert [key.text for key in found.keys] == ["nan"]


@pytest.mark.parametrize(
    "dtype", ["uint8", "int16", "uint16", "int32", "int64", "float32", "float64"]
)
@pytest.mark.parametrize("value", [0, 7])
def test_an_image_of_one_value_says_so(dtype, value):
    found = pictures(image(np.full((20, 20), value, dtype)), {})
    assert found.remarks == (f"every voxel {value}",)
    assert (decoded(found.planes[0]) == (255 if value else 0)).all()


@pytest.mark.parametrize(
    "array", [np.full((5, 5), np.nan), np.full((5, 5), np.inf), np.array([[-1.7e308, 1.7e308]])]
)
def test_numbers_at_the_end_of_all_are_drawn(array):
    with np.errstate(all="raise"):
        assert pictures(image(array), {}).planes[0].png


def test_a_few_voxels_in_an_even_ground_are_seen():
    array = np.zeros((1000, 1000), np.float32)
    array[500:510, 500:510] = np.linspace(3.5, 9, 100).reshape(10, 10)
    found = pictures(image(array), {}, side=1000)
    assert decoded(found.planes[0])[505:510, 505:510].min() > 100


def test_labels_have_colours_and_a_legend():
    array = np.zeros((60, 60), np.uint8)
    array[:20], array[20:30] = 1, 4
    found = pictures(image(array), {}, side=60)
    assert [key.text for key in found.keys] == ["1", "4"]
    assert set(map(tuple, decoded(found.planes[0]).reshape(-1, 3))) == {
        (0, 0, 0),
        COLOURS[0],
        COLOURS[3],
    }


def test_colours_are_as_they_are():
    array = RANDOM.integers(0, 256, (40, 50, 3), np.uint8)
    found = pictures(image(array, components=3, unit="px"), {}, side=50)
    np.testing.assert_array_equal(decoded(found.planes[0]), array)


def test_of_vectors_their_length_is_shown_and_said():
    array = np.zeros((10, 10, 2), np.float32)
    array[..., 0], array[..., 1] = 3, 4
    found = pictures(image(array, components=2), {})
    assert found.remarks == ("the length of vectors of 2 components", "every voxel 5")


# HTML


class Tags(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.texts.append(data)


def test_a_piece_of_html_refers_to_nothing_outside_and_has_no_script_style_sheet_or_id():
    tags = Tags(picture_html(image(HEAD), {"r": image(HEAD > 100)}, caption=["a head"]))
    assert {tag for tag, _ in tags.found} <= {"div", "figure", "figcaption", "img", "span"}
    for tag, attributes in tags.found:
        assert attributes.keys() <= {"style", "src", "alt", "width", "height", "aria-hidden"}
        assert "url(" not in (attributes.get("style") or "")
        if tag == "img":
            kind, data = attributes["src"].split(",")
            assert kind == "data:image/png;base64"
            assert Decoded.open(io.BytesIO(b64decode(data))).size == (
                int(attributes["width"]),
                int(attributes["height"]),
            )


def test_texts_are_escaped():
    name, caption = '<script>alert("1")</script>', "<b>& co</b>"
    text = picture_html(image(HEAD), {name: image(HEAD > 100)}, caption=[caption])
    tags = Tags(text)
    assert not {"script", "b"} & {tag for tag, _ in tags.found}
    assert caption in tags.texts
    assert any(name in said for said in tags.texts)
    assert all(name in attributes["alt"] for tag, attributes in tags.found if tag == "img")


def test_a_picture_tells_what_it_shows_to_those_who_do_not_see_it():
    text = picture_html(image(HEAD), {"tumour": image(HEAD > 100)})
    assert 'alt="axial, z = 7; with tumour: 240 voxels, 0.24 ml; R at the left' in text


@pytest.mark.parametrize("dtype", [np.float32, np.uint8])
def test_noise_takes_no_more_bytes_than_anything_else(dtype):
    noise = (RANDOM.random((155, 240, 240), np.float32) * 255).astype(dtype)
    found = picture_html(image(noise), {"r": image(noise > 250)})
    assert len(found) < 60_000
    assert re.findall(r'width="(\d+)"', found) == ["240"] * 3
    colours = RANDOM.integers(0, 256, (600, 600, 3), np.uint8)
    assert len(picture_html(image(colours, components=3, unit="px"), {})) < 60_000
