"""Pictures of images and regions, decoded by Pillow and compared with the voxels."""

from __future__ import annotations

import io
import re
from base64 import b64decode
from html.parser import HTMLParser
from itertools import permutations, product

import nibabel
import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from PIL import Image as Decoded

from voxlogica.images.geometry import Geometry
from voxlogica.images.image import Image
from voxlogica.images.reading import open_image, read_image
from voxlogica.pictures.overlays import COLOURS, MISSING
from voxlogica.pictures.pictures import Picture, pictures
from voxlogica.pictures.planes import telling_slices, turned_by
from voxlogica.report.picture_html import picture_html

ORANGE, SKY = COLOURS[:2]
RANDOM = np.random.default_rng(5)


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

# A head in RAS, as nibabel has it, of odd sides, so that there is one middle.
RAS = RANDOM.permutation(5 * 7 * 9).reshape(5, 7, 9).astype(np.float32)
# The same in LPS, with axes in the order z, y, x.
HEAD = np.ascontiguousarray(RAS[::-1, ::-1].T)
ORIENTATIONS = [
    tuple(zip(axes, senses, strict=True))
    for axes in permutations(range(3))
    for senses in product((1, -1), repeat=3)
]


@pytest.mark.parametrize("orientation", ORIENTATIONS)
def test_a_head_is_shown_as_nibabel_turns_it_however_its_axes_are_stored(orientation, tmp_path):
    affine = np.diag([2.0, 2.0, 2.0, 1.0])
    stored = nibabel.Nifti1Image(RAS, affine).as_reoriented(np.array(orientation))
    nibabel.save(stored, tmp_path / "head.nii")
    head = read_image(open_image(str(tmp_path / "head.nii")))
    canonical = nibabel.as_closest_canonical(nibabel.load(tmp_path / "head.nii")).get_fdata()
    np.testing.assert_array_equal(canonical, RAS)
    # Rows from the top, columns from the left: the patient's left is at the right of the picture.
    expected = {
        "axial": (canonical[::-1, ::-1, 4].T, ("R", "L", "A", "P")),
        "coronal": (canonical[::-1, 3, ::-1].T, ("R", "L", "S", "I")),
        "sagittal": (canonical[2, ::-1, ::-1].T, ("A", "P", "S", "I")),
    }
    found = pictures(head, {}, side=90, most_bytes=100_000)
    assert [one.plane.name for one in found.planes] == list(expected)
    for one in found.planes:
        slice_, sides = expected[one.plane.name]
        seen = one.plane.slice_of(head.array, one.index)
        np.testing.assert_array_equal(seen, slice_)
        assert one.plane.sides == sides
        # Ten pixels a voxel, brighter where the number is greater.
        shades = decoded(one)[5::10, 5::10, 0]
        assert shades.shape == slice_.shape
        by_number = shades.ravel()[np.argsort(slice_.ravel())].astype(int)
        assert (np.diff(by_number) >= 0).all()
        assert by_number[-1] - by_number[0] > 200


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


def test_several_regions_over_a_scan_are_lines_and_by_themselves_are_shaded():
    regions = {name: image(np.zeros((64, 64), bool)) for name in "ab"}
    regions["a"] = image(np.pad(np.ones((20, 20), bool), ((0, 44), (0, 44))))
    over = decoded(pictures(image(np.zeros((64, 64))), regions, side=64).planes[0])
    assert over[10, 10].tolist() == [0, 0, 0]
    alone = decoded(pictures(None, regions, side=64).planes[0])
    assert alone[10, 10].tolist() == np.rint(0.75 * np.array(ORANGE)).tolist()
    assert tuple(over[0, 0]) == tuple(alone[0, 0]) == ORANGE


def test_from_the_third_region_on_lines_are_broken():
    region = np.pad(np.ones((40, 40), bool), 12)
    empty = image(np.zeros_like(region))
    found = pictures(
        image(np.zeros((64, 64))), {"a": empty, "b": empty, "c": image(region)}, side=64
    )
    line = (decoded(found.planes[0]) == COLOURS[2]).all(axis=-1)
    assert line[12, 12:52].sum() == line[51, 12:52].sum() == 20
    assert [key.drawn for key in found.keys] == ["line", "line", "dashes"]


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
    assert telling_slices(Geometry.of_size(*region.shape[::-1]), [region]) == (6, 4, 3)
    assert telling_slices(Geometry.of_size(*region.shape[::-1]), []) == (5, 5, 4)
    other = np.zeros_like(region)
    other[4, 5, 8] = True
    assert telling_slices(Geometry.of_size(*region.shape[::-1]), [region, other]) == (8, 5, 4)


def test_more_slices_than_a_byte_counts_are_counted():
    region = np.zeros((300, 3, 4), bool)
    region[:, 1, 2] = True
    region[:256, 2, 3] = True
    assert telling_slices(Geometry.of_size(*region.shape[::-1]), [region])[:2] == (2, 1)


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
    many = dict.fromkeys("abcd", image(region))
    pixels = decoded(pictures(image(np.zeros((64, 64))), many, side=64).planes[0])
    assert min((pixels == colour).all(axis=-1).sum() for colour in COLOURS[:4]) > 15


def test_regions_on_another_grid_are_refused():
    with pytest.raises(ValueError, match="on one grid, not on 4×3"):
        pictures(image(np.zeros((3, 4))), {"r": image(np.zeros((4, 3), bool))})
    with pytest.raises(ValueError, match=r"\(spacing 1×1\) and 4×3 \(spacing 2×1\)"):
        pictures(image(np.zeros((3, 4))), {"r": image(np.zeros((3, 4), bool), spacing=(2.0, 1.0))})
    with pytest.raises(ValueError, match="none is given"):
        pictures(None, {})


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
    assert found.remarks == (f"every number is {value}",)
    assert (decoded(found.planes[0]) == (255 if value else 0)).all()


@pytest.mark.parametrize(
    "array",
    [
        np.full((5, 5), np.nan),
        np.full((5, 5), np.inf),
        np.array([[-1.7e308, 1.7e308]]),
        np.full((5, 5), -1.7e308),
        np.array([[5e-324, 1e-323]]),
        np.array([[1e-45, 3e-45]], np.float32),
    ],
)
def test_numbers_at_the_end_of_all_are_drawn(array):
    with np.errstate(all="raise", under="ignore"):
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


def test_labels_under_a_region_are_grey():
    array = np.zeros((60, 60), np.uint8)
    array[:20], array[20:30] = 1, 4
    found = pictures(image(array), {"r": image(np.zeros((60, 60), bool))}, side=60)
    assert [key.text for key in found.keys] == ["r: empty"]
    assert set(map(tuple, decoded(found.planes[0]).reshape(-1, 3))) == {
        (0, 0, 0),
        (36, 36, 36),
        (255, 255, 255),
    }


def test_a_rare_value_that_is_no_label_makes_an_image_grey():
    array = np.zeros((2000, 2000), np.float32)
    array[::2] = 1
    array[1000, 1000] = 0.5
    assert pictures(image(array), {}).remarks == ("black 0, white 1",)


def test_colours_are_as_they_are():
    array = RANDOM.integers(0, 256, (40, 50, 3), np.uint8)
    found = pictures(image(array, components=3, unit="px"), {}, side=50)
    np.testing.assert_array_equal(decoded(found.planes[0]), array)


def test_of_vectors_their_length_is_shown_and_said():
    array = np.zeros((10, 10, 2), np.float32)
    array[..., 0], array[..., 1] = 3, 4
    found = pictures(image(array, components=2), {})
    assert found.remarks == ("the length of vectors of 2 components", "every number is 5")


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_whatever_is_in_an_image_it_is_drawn_in_proportion(data):
    shape = data.draw(arrays.array_shapes(min_dims=2, max_dims=3, max_side=12))
    steps = [data.draw(st.sampled_from([1e-3, 0.5, 1.0, 7.0, 1e4])) for _ in shape]
    dtypes = st.sampled_from(["uint8", "int16", "uint64", "int64", "float32", "float64"])
    array = data.draw(arrays.arrays(data.draw(dtypes), shape))
    region = data.draw(arrays.arrays("bool", shape))
    place = {"spacing": tuple(steps), "unit": data.draw(st.sampled_from(["mm", "um", "px"]))}
    with np.errstate(all="raise", under="ignore"):
        found = pictures(image(array, **place), {"r": image(region, **place)})
    for one in found.planes:
        assert decoded(one).shape == (*one.size[::-1], 3)
        for n, step, pixels in zip(one.plane.size, one.plane.spacing, one.size, strict=True):
            assert pixels == max(1, round(n * step / one.unit_per_pixel))
            assert pixels <= 512
    region_key = next(key for key in found.keys if key.text.startswith("r: "))
    seen = any((decoded(one) == region_key.colour).all(axis=-1).any() for one in found.planes)
    assert seen == region.any()


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
    region = np.zeros(HEAD.shape, bool)
    region[2, :3, :4] = True
    text = picture_html(image(HEAD), {"tumour": image(region)})
    said = "axial, z = 2; with tumour: 12 voxels, 0.012 ml; R at the left, L at the right, A at"
    assert f'alt="{said}' in text
    many = picture_html(image(HEAD), dict.fromkeys("abcdef", image(region)))
    assert "0.012 ml, 3 more regions; R at the left" in many


@pytest.mark.parametrize("dtype", [np.float32, np.uint8])
def test_noise_takes_no_more_bytes_than_anything_else(dtype):
    noise = (RANDOM.random((155, 240, 240), np.float32) * 255).astype(dtype)
    found = picture_html(image(noise), {"r": image(noise > 250)})
    assert len(found) < 60_000
    assert re.findall(r'width="(\d+)"', found) == ["240"] * 3
    colours = RANDOM.integers(0, 256, (600, 600, 3), np.uint8)
    assert len(picture_html(image(colours, components=3, unit="px"), {})) < 60_000
    named = {f"{k} {'&' * 100}": image(noise > 50 * k) for k in range(5)}
    assert len(picture_html(image(noise), named)) < 60_000
