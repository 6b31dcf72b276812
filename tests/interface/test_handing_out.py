"""Images for other libraries and for disks: what saving and reading gives, and the way back."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import nibabel
import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813
from hypothesis import given
from hypothesis import strategies as st

from voxlogica.images.geometry import Geometry
from voxlogica.images.image import Image
from voxlogica.images.reading import open_image, read_image
from voxlogica.interface.accepting import accepted
from voxlogica.interface.handing_out import affine, save, to_nibabel, to_sitk
from voxlogica.syntax.diagnostics import VoxLogicaError

OBLIQUE = (0.36, 0.48, -0.8, -0.8, 0.6, 0.0, 0.48, 0.64, 0.6)
TURNED = (0.0, -1.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0)
GRIDS = {
    "at the origin": Geometry.of_size(4, 3, 2),
    "oblique": Geometry((4, 3, 2), (0.5, 1.25, 3.0), (-3.5, 4.0, 10.25), OBLIQUE),
    "turned": Geometry((4, 3, 2), (0.5, 1.25, 3.0), (-3.5, 4.0, 10.25), TURNED),
    "left-handed": Geometry(
        (4, 3, 2), (0.5, 1.0, 2.0), (1.0, 2.0, 3.0), (1.0, 0, 0, 0, 1.0, 0, 0, 0, -1.0)
    ),
    "in micrometres": Geometry((4, 3, 2), (0.5, 1.25, 3.0), (8.0, 16.0, 32.0), TURNED, "um"),
    "in pixels": Geometry.of_size(4, 3, 2).in_unit("px"),
    "2-D": Geometry((4, 3), (0.5, 1.25), (-3.5, 4.0), (1.0, 0.0, 0.0, 1.0)),
    "2-D, turned": Geometry((4, 3), (0.5, 1.25), (-3.5, 4.0), (0.0, -1.0, 1.0, 0.0)),
    "2-D, at an angle": Geometry((4, 3), (0.5, 1.25), (-3.5, 4.0), (0.8, -0.6, 0.6, 0.8)),
}
DTYPES = ["bool", "uint8", "int16", "uint32", "int64", "float32", "float64"]

every_grid = pytest.mark.parametrize("geometry", GRIDS.values(), ids=GRIDS)
every_type = pytest.mark.parametrize("dtype", DTYPES)


def image(geometry: Geometry, dtype: str = "int16", components: int = 1) -> Image:
    shape = geometry.shape + ((components,) if components > 1 else ())
    return Image((np.arange(np.prod(shape)) % 3).astype(dtype).reshape(shape), geometry)


def same_voxels(one: Image, other: Image) -> bool:
    array = one.array.view(np.uint8) if one.dtype == np.bool_ else one.array
    return other.dtype == array.dtype and np.array_equal(array, other.array)


class TestSimpleITK:
    @every_grid
    @every_type
    def test_it_is_what_saving_and_reading_gives(self, tmp_path, geometry, dtype):
        one = image(geometry, dtype)
        save(one, tmp_path / "a.mha")
        made, read = to_sitk(one), sitk.ReadImage(tmp_path / "a.mha")
        assert made.GetPixelID() == read.GetPixelID()
        assert np.array_equal(sitk.GetArrayFromImage(made), sitk.GetArrayFromImage(read))
        for asked in ("GetSpacing", "GetOrigin", "GetDirection"):
            assert getattr(made, asked)() == pytest.approx(getattr(read, asked)(), abs=1e-12)

    @every_grid
    @every_type
    def test_the_way_back_is_exact(self, geometry, dtype):
        one = image(geometry, dtype)
        back = accepted(to_sitk(one)).image
        assert same_voxels(one, back)
        assert back.geometry == geometry.in_unit("mm")

    @pytest.mark.parametrize("components", [2, 3, 4])
    def test_numbers_of_a_voxel_are_its_vectors(self, components):
        one = image(GRIDS["oblique"], "float32", components)
        made = to_sitk(one)
        assert made.GetNumberOfComponentsPerPixel() == components
        assert same_voxels(one, accepted(made).image)

    def test_what_is_done_to_it_does_not_show(self):
        one = image(GRIDS["oblique"])
        before = one.array.copy()
        to_sitk(one)[0, 0, 0] = 99
        assert np.array_equal(one.array, before)


class TestNibabel:
    @every_grid
    @every_type
    def test_it_is_what_saving_and_reading_gives(self, tmp_path, geometry, dtype):
        one = image(geometry, dtype)
        save(one, tmp_path / "a.nii.gz")
        made, read = to_nibabel(one), nibabel.load(tmp_path / "a.nii.gz")
        assert made.shape == read.shape
        assert made.get_data_dtype() == read.get_data_dtype()
        assert np.array_equal(np.asanyarray(made.dataobj), np.asanyarray(read.dataobj))
        assert np.allclose(made.affine, read.affine, atol=1e-5)
        assert np.allclose(made.get_qform(), read.get_qform(), atol=1e-5)
        assert np.allclose(made.header.get_zooms(), read.header.get_zooms())
        for asked in ("get_xyzt_units", "get_intent"):
            assert getattr(made.header, asked)() == getattr(read.header, asked)()
        for form in ("qform_code", "sform_code"):
            assert made.header[form] == read.header[form], form

    @every_grid
    @every_type
    def test_the_way_back_is_the_same_image(self, geometry, dtype):
        one = image(geometry, dtype)
        back = accepted(to_nibabel(one)).image
        expected = geometry.in_unit("mm" if geometry.unit == "px" else geometry.unit)
        assert same_voxels(one, back)
        assert back.geometry.agrees_with(expected) and back.geometry.unit == expected.unit
        if set(map(abs, geometry.direction)) <= {0.0, 1.0}:
            assert back.geometry == expected

    @pytest.mark.parametrize("is_colour", [True, False])
    @pytest.mark.parametrize(("dtype", "components"), [("uint8", 3), ("uint8", 4), ("int16", 3)])
    @pytest.mark.parametrize("grid", ["turned", "2-D"])
    def test_numbers_of_a_voxel_are_what_saving_gives(
        self, tmp_path, grid, dtype, components, is_colour
    ):
        one = image(GRIDS[grid], dtype, components)
        save(one, tmp_path / "a.nii", is_colour=is_colour)
        made = to_nibabel(one, is_colour=is_colour)
        read = nibabel.load(tmp_path / "a.nii")
        assert made.shape == read.shape
        assert made.get_data_dtype() == read.get_data_dtype()
        assert np.array_equal(np.asanyarray(made.dataobj), np.asanyarray(read.dataobj))
        assert made.header.get_intent() == read.header.get_intent()
        back = accepted(made)
        assert same_voxels(one, back.image)
        assert back.image.geometry == one.geometry
        file = open_image(tmp_path / "a.nii")
        assert back.is_colour == file.is_colour

    def test_it_is_saved_by_nibabel_as_it_is(self, tmp_path):
        one = image(GRIDS["oblique"])
        to_nibabel(one).to_filename(tmp_path / "a.nii.gz")
        file = open_image(tmp_path / "a.nii.gz")
        assert not file.warnings
        assert file.geometry.agrees_with(one.geometry)
        assert same_voxels(one, read_image(file))

    def test_the_voxels_are_not_copied_and_cannot_be_changed(self):
        one = image(GRIDS["oblique"])
        found = to_nibabel(one).dataobj
        assert np.shares_memory(found, one.array)
        with pytest.raises(ValueError, match="read-only"):
            found[0, 0, 0] = 99

    def test_where_it_is_not_installed_that_is_told(self):
        said = """
import sys
import numpy
from voxlogica.images.geometry import Geometry
from voxlogica.images.image import Image
from voxlogica.interface.handing_out import to_nibabel
sys.modules["nibabel"] = None
try:
    to_nibabel(Image(numpy.zeros((2, 3)), Geometry.of_size(3, 2)))
except Exception as problem:
    print(type(problem).__name__, problem)
"""
        run = subprocess.run([sys.executable, "-c", said], capture_output=True, text=True)
        assert "nibabel is not installed" in run.stdout
        assert "pip install nibabel" in run.stdout


class TestAffine:
    @every_grid
    def test_it_places_voxels_where_the_geometry_does_but_for_the_signs_of_x_and_y(self, geometry):
        index = (1, 2, 1)[: geometry.dimension]
        x, y, z = (*geometry.point(index), 0.0)[:3]
        padded = (*index, 0)[:3]
        assert affine(geometry) @ (*padded, 1) == pytest.approx((-x, -y, z, 1))

    def test_it_is_as_nibabel_has_it(self):
        found = affine(Geometry.of_size(4, 3, 2, spacing=(0.5, 1.0, 2.0)))
        assert found.dtype == np.float64
        assert np.array_equal(found, np.diag([-0.5, -1.0, 2.0, 1.0]))


class TestSaving:
    @pytest.mark.parametrize("end", [".nii.gz", ".nii", ".mha", ".nrrd"])
    @every_type
    def test_a_file_has_the_voxels_and_the_place(self, tmp_path, end, dtype):
        one = image(GRIDS["turned"], dtype)
        written = save(one, tmp_path / f"new/a{end}")
        file = open_image(tmp_path / f"new/a{end}")
        assert same_voxels(one, read_image(file))
        assert file.geometry == one.geometry
        assert (written.minimum, written.maximum) == (one.array.min(), one.array.max())
        assert [p.name for p in (tmp_path / "new").iterdir()] == [f"a{end}"]

    def test_labels_get_the_smallest_type(self, tmp_path):
        save(image(GRIDS["turned"], "float32"), tmp_path / "a.mha", labels=True)
        assert read_image(open_image(tmp_path / "a.mha")).dtype == np.uint8

    def test_what_a_format_does_not_keep_is_in_what_is_given_back(self, tmp_path):
        written = save(image(GRIDS["2-D"], "float32"), tmp_path / "a.png")
        assert written.unkept

    @pytest.mark.parametrize(
        ("name", "said"),
        [
            ("a.xyz", "unknown extension .xyz"),
            ("a.png", "PNG holds 2-D images only"),
            ("", "cannot be written"),
        ],
    )
    def test_what_cannot_be_saved_is_told_and_leaves_what_was_there(self, tmp_path, name, said):
        (tmp_path / "a.png").write_bytes(b"before")
        with pytest.raises(VoxLogicaError) as refused:
            save(image(GRIDS["oblique"]), tmp_path / name)
        (problem,) = refused.value.diagnostics
        assert said in problem.message
        assert [p.name for p in tmp_path.iterdir()] == ["a.png"]
        assert Path(tmp_path / "a.png").read_bytes() == b"before"


numbers = st.floats(0.01, 100).map(lambda number: round(number, 3))
places = st.floats(-500, 500).map(lambda number: round(number, 3))


@st.composite
def geometries(draw) -> Geometry:
    n = draw(st.integers(2, 3))
    axes = draw(st.permutations(range(n)))
    signs = draw(st.tuples(*[st.sampled_from([1.0, -1.0])] * n))
    direction = np.diag(signs)[list(axes)]
    size = draw(st.tuples(*[st.integers(2, 5)] * n))
    spacing, origin = draw(st.tuples(*[numbers] * n)), draw(st.tuples(*[places] * n))
    return Geometry(size, spacing, origin, tuple(map(float, (direction + 0.0).reshape(-1))))


@given(geometries(), st.sampled_from(DTYPES))
def test_there_and_back_again(geometry, dtype):
    one = image(geometry, dtype)
    for made in (to_sitk(one), to_nibabel(one)):
        back = accepted(made).image
        assert same_voxels(one, back)
        assert back.geometry == geometry


@given(st.tuples(*[st.floats(-1, 1)] * 4).filter(lambda q: sum(n * n for n in q) > 0.1))
def test_there_and_back_again_at_any_angle(quaternion):
    a, b, c, d = np.array(quaternion) / np.linalg.norm(quaternion)
    rotation = np.array(
        [
            [a * a + b * b - c * c - d * d, 2 * (b * c - a * d), 2 * (b * d + a * c)],
            [2 * (b * c + a * d), a * a + c * c - b * b - d * d, 2 * (c * d - a * b)],
            [2 * (b * d - a * c), 2 * (c * d + a * b), a * a + d * d - b * b - c * c],
        ]
    )
    geometry = Geometry((4, 3, 2), (0.3, 1.7, 5.1), (1.0, -2.0, 3.0), tuple(rotation.flat))
    assert accepted(to_sitk(image(geometry))).geometry == geometry
    back = accepted(to_nibabel(image(geometry))).geometry
    for name in ("spacing", "origin", "direction"):
        assert getattr(back, name) == pytest.approx(getattr(geometry, name), rel=1e-12, abs=1e-12)
