"""What is taken for an image: as a file of the same content would be read, or told why not."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import nibabel
import numpy as np
import PIL.Image
import pytest
import SimpleITK as sitk  # noqa: N813
import xarray
from hypothesis import given
from hypothesis import strategies as st

from voxlogica.images.errors import ImageFileError
from voxlogica.images.geometry import Geometry
from voxlogica.images.given import GivenImage, given_image
from voxlogica.images.image import Image
from voxlogica.images.reading import open_image, read_image
from voxlogica.interface.accepting import accepted, is_image_like
from voxlogica.syntax.diagnostics import VoxLogicaError

# A quarter turn about z, and what is nothing ordinary otherwise.
TURNED = (0.0, -1.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0)
# About all axes.
OBLIQUE = (0.36, 0.48, -0.8, -0.8, 0.6, 0.0, 0.48, 0.64, 0.6)
PLACE = {"spacing": (0.5, 1.25, 3.0), "origin": (-3.5, 4.0, 10.25), "direction": OBLIQUE}


def counted(*shape: int, dtype: str = "int16") -> np.ndarray:
    return (np.arange(np.prod(shape)) % 251).astype(dtype).reshape(shape)


VOLUME = counted(2, 3, 4)


def memory_of_torch(array: np.ndarray) -> object:
    """A tensor on the memory of an array."""
    return pytest.importorskip("torch").from_numpy(array)


def refusal(value: object, **options) -> tuple[str, str | None]:
    with pytest.raises(VoxLogicaError) as refused:
        accepted(value, name="flair", **options)
    (said,) = refused.value.diagnostics
    assert said.topic == "data"
    return said.message, said.hint


def itk_image(array: np.ndarray = VOLUME, **place) -> sitk.Image:
    image = sitk.GetImageFromArray(array)
    for name, numbers in {**PLACE, **place}.items():
        getattr(image, f"Set{name.capitalize()}")(numbers)
    return image


def as_read(path: Path) -> tuple[np.ndarray, Geometry, bool]:
    """The voxels and the place of a file, and whether a colour, as the language reads it."""
    file = open_image(path)
    return read_image(file).array, file.geometry, file.is_colour


def is_as_file(image: GivenImage, path: Path, *, exactly: bool = True) -> bool:
    array, geometry, is_colour = as_read(path)
    same = image.geometry == geometry if exactly else image.geometry.agrees_with(geometry)
    kept = image.image.array
    return (
        same
        and image.is_colour == is_colour
        and kept.dtype == array.dtype
        and np.array_equal(kept, array)
    )


class TestArrays:
    def test_axes_are_z_y_x_as_simpleitk_has_them(self):
        image = accepted(VOLUME)
        assert image.geometry.size == (4, 3, 2)
        assert np.array_equal(image.image.array, VOLUME)

    @pytest.mark.parametrize(
        ("axes", "shape"),
        [
            ("zyx", (2, 3, 4)),
            ("xyz", (4, 3, 2)),
            ("yzx", (3, 2, 4)),
            ("yx", (3, 4)),
            ("xy", (4, 3)),
        ],
    )
    def test_axes_may_be_said_in_any_order(self, axes, shape):
        array = counted(*shape)
        image = accepted(array, axes=axes)
        assert image.geometry.size == (4, 3, 2)[: len(axes)]
        at = dict(zip("xyz", (1, 2, 1), strict=True))
        found = image.image.array[tuple(at[letter] for letter in "zyx"[-len(axes) :])]
        assert found == array[tuple(at[letter] for letter in axes)]

    @pytest.mark.parametrize("axes", ["yxc", "cyx", "zyxc", "czyx", "xyzc"])
    def test_numbers_of_a_voxel_are_the_axis_c_wherever_it_is(self, axes):
        sides = {"x": 4, "y": 3, "z": 2, "c": 3}
        image = accepted(counted(*(sides[letter] for letter in axes), dtype="uint8"), axes=axes)
        assert image.components == 3
        assert image.is_colour
        assert not image.warnings

    @pytest.mark.parametrize(
        ("array", "axes", "is_colour"),
        [
            (counted(3, 4, 3, dtype="uint16"), "yxc", True),
            (counted(3, 4, 4, dtype="uint8"), "yxc", True),
            (counted(3, 4, 2, dtype="uint8"), "yxc", False),
            (counted(3, 4, 3, dtype="float32"), "yxc", False),
            (counted(2, 3, 4, 3, dtype="int16"), "zyxc", False),
        ],
    )
    def test_a_colour_are_3_or_4_whole_numbers_of_a_picture_or_bytes(self, array, axes, is_colour):
        assert accepted(array, axes=axes).is_colour == is_colour

    def test_one_number_of_a_voxel_is_none(self):
        assert accepted(VOLUME[..., None], axes="zyxc").image.array.shape == (2, 3, 4)

    def test_a_volume_that_looks_like_a_picture_is_doubted(self):
        picture = counted(9, 8, 3, dtype="uint8")
        (said,) = accepted(picture, name="photo").warnings
        assert said.startswith("`photo` is taken for 3×8×9 voxels") and 'axes="yxc"' in said
        assert not accepted(picture, axes="zyx").warnings
        assert accepted(picture, unit="um").warnings
        placed = accepted(picture, spacing=(1, 1, 3))
        assert not placed.warnings
        assert not accepted(picture, like=placed).warnings

    @pytest.mark.parametrize(
        ("array", "said", "hint"),
        [
            (counted(5), "`flair` is 1-D; images are 2-D or 3-D", None),
            (np.array(1.0), "`flair` is 0-D; images are 2-D or 3-D", None),
            (counted(2, 3, 4, 3), "`flair` is 4-D, 2×3×4×3, and which of its axes", 'axes="zyxc"'),
            (counted(1, 1, 2, 3, 4), "`flair` is 5-D", None),
            (np.zeros((0, 3)), "`flair` has no voxels", None),
            (VOLUME.astype(complex), "`flair` holds complex numbers", "np.abs"),
        ],
    )
    def test_what_is_no_image_is_told(self, array, said, hint):
        message, way = refusal(array)
        assert message.startswith(said)
        assert hint is None or hint in way

    @pytest.mark.parametrize("axes", ["zy", "zyxx", "abc", "zyxc", "", "ZYX", 3, ["z", "y", "x"]])
    def test_axes_that_do_not_fit_are_told(self, axes):
        message, hint = refusal(VOLUME, axes=axes)
        assert message == f"`axes` is {axes!r}, and `flair` has 3 axes, 2×3×4"
        assert "one letter for each" in hint

    @pytest.mark.parametrize("value", [[[1, 2], [3, 4]], {}, 3, "a.nii", None, np.float64(3)])
    def test_what_is_no_array_is_told_what_images_are(self, value):
        message, hint = refusal(value)
        assert message.endswith("which is no image")
        assert "np.array(…)" in hint

    def test_what_gives_an_array_is_one(self):
        class Own:
            __array_interface__ = VOLUME.__array_interface__

        class Lazy:
            shape, dtype = VOLUME.shape, VOLUME.dtype

            def __array__(self, dtype=None, copy=None):
                return VOLUME

        assert accepted(Own()) == accepted(Lazy()) == accepted(VOLUME)

    def test_a_later_change_does_not_show(self):
        array = VOLUME.copy()
        image = accepted(array, axes="xyz")
        array[...] = 99
        assert image == accepted(VOLUME, axes="xyz")

    def test_a_view_is_used_where_it_lies_if_that_is_said(self):
        assert np.shares_memory(accepted(VOLUME, copy=False).image.array, VOLUME)

    @pytest.mark.parametrize("give", [np.asarray, memory_of_torch], ids=["array", "tensor"])
    def test_of_one_that_is_used_where_it_lies_a_change_is_told(self, give):
        array = VOLUME.copy()
        image = accepted(give(array), name="flair", copy=False)
        assert read_image(image) is image.image
        array[0, 0, 0] += 1
        with pytest.raises(ImageFileError, match="`flair` was changed after it was given"):
            read_image(image)
        array[0, 0, 0] -= 1
        assert read_image(image) is image.image


class TestPlace:
    def test_nothing_said_is_pixels(self):
        assert accepted(VOLUME).geometry.is_unplaced

    def test_lengths_are_in_mm_unless_said(self):
        assert accepted(VOLUME, spacing=(1, 1, 3)).geometry.unit == "mm"
        assert accepted(VOLUME, spacing=(1, 1, 3), unit="um").geometry.unit == "um"
        assert accepted(VOLUME, unit="mm").geometry == Geometry.of_size(4, 3, 2)
        assert accepted(accepted(VOLUME), spacing=(1, 1, 3)).geometry.unit == "mm"
        assert accepted(PIL.Image.new("L", (4, 3)), spacing=(1, 1)).geometry.unit == "mm"
        in_um = accepted(VOLUME, spacing=(1, 1, 3), unit="um")
        assert accepted(in_um, spacing=(1, 1, 2)).geometry.unit == "um"

    def test_numbers_are_in_the_order_x_y_z_whatever_the_axes(self):
        expected = accepted(itk_image()).geometry
        assert accepted(VOLUME, **PLACE, unit="mm").geometry == expected
        assert accepted(VOLUME.transpose(2, 1, 0), axes="xyz", **PLACE).geometry == expected
        rows = {**PLACE, "direction": np.reshape(OBLIQUE, (3, 3)).tolist()}
        assert accepted(VOLUME, **rows).geometry == expected

    def test_sides_of_length_1_are_dropped_with_a_warning_as_in_files(self, tmp_path):
        image = itk_image(counted(1, 3, 4), direction=TURNED)
        sitk.WriteImage(image, tmp_path / "a.mha")
        place = {**PLACE, "direction": TURNED}
        for found in (accepted(image, name="i"), accepted(counted(1, 3, 4), name="i", **place)):
            assert is_as_file(found, tmp_path / "a.mha")
            assert found.warnings == ("`i`: sides of length 1 are dropped, 4×3×1 is read as 4×3",)
        assert found.called("j").warnings[0].startswith("`j`: sides")

    def test_an_image_may_be_like_another(self):
        expected = accepted(itk_image()).geometry
        others = [itk_image(), accepted(itk_image()), accepted(itk_image()).image, expected]
        for other in others:
            assert accepted(VOLUME > 3, like=other).geometry == expected

    @pytest.mark.parametrize(
        ("options", "said"),
        [
            (
                {"like": itk_image(counted(2, 3, 5))},
                "`flair` is 4×3×2 voxels, and the image that it is to be like is 5×3×2",
            ),
            ({"like": VOLUME}, "`flair` is to be like what is of type ndarray, which does not"),
            ({"like": "a.nii"}, "`like` is of type str, which is no image"),
            ({"like": VOLUME, "spacing": (1, 1, 1)}, "`like` gives the place of another image"),
            ({"like": VOLUME, "unit": "mm"}, "`like` gives the place of another image"),
            ({"spacing": (1, 1)}, "the spacing of `flair` has 2 numbers, and it takes 3"),
            ({"spacing": 1.0}, "the spacing of `flair` has 1 number, and it takes 3"),
            ({"spacing": (1, 1, 10**400)}, "the spacing of `flair` is not of numbers"),
            ({"spacing": "abc"}, "the spacing of `flair` is not of numbers"),
            ({"spacing": (1, 1, 0)}, "the spacing of `flair` is 1, 1, 0: steps are above 0"),
            ({"spacing": (1, -1, 1)}, "the spacing of `flair` is 1, -1, 1: steps are above 0"),
            ({"spacing": (1, np.inf, 1)}, "the spacing of `flair` is 1, inf, 1: not finite"),
            ({"origin": (1, np.nan, 1)}, "the origin of `flair` is 1, nan, 1: not finite"),
            ({"direction": np.eye(2)}, "the direction of `flair` has 4 numbers, and it takes 9"),
            ({"direction": 2 * np.eye(3)}, "the direction of `flair` is no rotation"),
            ({"direction": [[1, 0.5, 0], [0, 1, 0], [0, 0, 1]]}, "the direction of `flair` is no"),
            ({"direction": np.zeros((3, 3))}, "the direction of `flair` is no rotation"),
            ({"unit": "inch"}, "the unit of `flair` is 'inch'"),
        ],
    )
    def test_a_place_that_cannot_be_is_told(self, options, said):
        message, hint = refusal(VOLUME, **options)
        assert message.startswith(said)
        assert hint or "finite" in message or "not of numbers" in message


class TestOurOwn:
    def test_images_are_as_they_are(self):
        image = Image(VOLUME.astype(np.float32), Geometry.of_size(4, 3, 2))
        assert accepted(image, name="i").geometry == image.geometry
        assert np.shares_memory(accepted(image).image.array, image.array)
        given_one = given_image(VOLUME, image.geometry, "i")
        assert accepted(given_one) == given_one
        assert accepted(given_one, name="j") == given_one.called("j")

    def test_their_place_may_be_said_anew(self):
        given_one = given_image(VOLUME, Geometry.of_size(4, 3, 2), "i")
        anew = accepted(given_one, spacing=(1, 1, 2))
        assert anew.geometry.spacing == (1.0, 1.0, 2.0)
        assert np.shares_memory(anew.image.array, given_one.image.array)

    def test_of_one_in_lent_memory_another_place_needs_a_copy(self):
        array = VOLUME.copy()
        anew = accepted(accepted(array, copy=False), spacing=(1, 1, 2))
        assert not np.shares_memory(anew.image.array, array)


class TestSimpleITK:
    @pytest.mark.parametrize(
        "dtype",
        ["uint8", "int8", "uint16", "int16", "uint32", "int32", "int64", "float32", "float64"],
    )
    def test_an_image_is_as_its_file(self, tmp_path, dtype):
        image = itk_image(VOLUME.astype(dtype))
        sitk.WriteImage(image, tmp_path / "a.mha")
        assert is_as_file(accepted(image), tmp_path / "a.mha")

    @pytest.mark.parametrize("shape", [(3, 4), (2, 3, 4)])
    def test_vectors_are_as_their_file_with_its_doubt(self, tmp_path, shape):
        image = sitk.GetImageFromArray(counted(*shape, 3, dtype="uint8"), isVector=True)
        sitk.WriteImage(image, tmp_path / "a.mha")
        found = accepted(image, name="i")
        assert is_as_file(found, tmp_path / "a.mha")
        assert found.warnings == (
            "`i` does not say what its 3 numbers a voxel are: they are taken for a colour, RGB",
        )

    def test_of_one_frame_it_is_that(self, tmp_path):
        image = sitk.JoinSeries([itk_image()])
        assert accepted(image).geometry == accepted(itk_image()).geometry
        message, hint = refusal(sitk.JoinSeries([itk_image(), itk_image()]))
        assert message == "`flair` holds several images: 2 frames"
        assert "img[:, :, :, 0]" in hint

    def test_its_voxels_are_a_copy(self):
        image = itk_image()
        found = accepted(image)
        image[0, 0, 0] = 99
        sitk.GetArrayViewFromImage(image)
        assert found == accepted(itk_image())

    def test_label_maps_complex_and_sheared_ones_are_told(self):
        labels = sitk.LabelImageToLabelMap(itk_image(VOLUME.astype(np.uint8)))
        assert refusal(labels)[0] == "`flair` is a label map"
        assert "complex" in refusal(sitk.Image(4, 4, sitk.sitkComplexFloat32))[0]
        sheared = itk_image(direction=(1.0, 0.5, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0))
        assert "no rotation" in refusal(sheared)[0]

    def test_it_has_axes_of_its_own(self):
        assert refusal(itk_image(), axes="xyz")[0].startswith("`axes` is for arrays")


def ras(spacing=(0.5, 1.25, 3.0), direction=OBLIQUE) -> np.ndarray:
    matrix = np.eye(4)
    matrix[:3, :3] = np.reshape(direction, (3, 3)) * spacing
    matrix[:3, 3] = (-3.5, 4.0, 10.25)
    matrix[:2] *= -1
    return matrix


class TestNibabel:
    @pytest.mark.parametrize("direction", [TURNED, OBLIQUE, (-1, 0, 0, 0, 1, 0, 0, 0, 1)])
    @pytest.mark.parametrize("units", ["mm", "micron", "meter", "unknown"])
    def test_an_image_is_as_its_file(self, tmp_path, direction, units):
        image = nibabel.Nifti1Image(counted(4, 3, 2), ras(direction=direction))
        image.header.set_xyzt_units(units)
        image.to_filename(tmp_path / "a.nii.gz")
        path = tmp_path / "a.nii.gz"
        assert is_as_file(accepted(image), path, exactly=False)
        assert is_as_file(accepted(nibabel.load(path)), path, exactly=False)

    def test_forms_that_disagree_are_told_as_of_its_file(self, tmp_path):
        image = nibabel.Nifti1Image(counted(4, 3, 2), np.eye(4))
        qform = np.eye(4)
        image.set_qform(qform, 1)
        assert accepted(image).warnings == ()
        qform[0, 3] = 1.77
        image.set_qform(qform, 1)
        (told,) = accepted(image, name="flair").warnings
        said = "`flair`: its qform and sform disagree by up to 1.77 voxels"
        assert told.startswith(said)
        image.to_filename(tmp_path / "flair.nii")
        (of_file,) = open_image(tmp_path / "flair.nii").warnings
        assert said.removeprefix("`flair`") in of_file
        assert accepted(image, origin=(0, 0, 0), name="flair").warnings == ()

    def test_so_is_a_place_that_only_nibabel_tells(self):
        image = nibabel.Nifti1Image(counted(4, 3, 2), np.eye(4))
        image.set_sform(None, 0)
        (told,) = accepted(image, name="flair").warnings
        assert told.startswith("`flair`: neither its qform nor its sform says where it lies")

    def test_axes_are_x_y_z(self):
        array = counted(4, 3, 2)
        found = accepted(nibabel.Nifti1Image(array, np.eye(4)))
        assert np.array_equal(found.image.array, array.transpose())
        assert found.geometry.direction == (-1.0, 0, 0, 0, -1.0, 0, 0, 0, 1.0)

    @pytest.mark.parametrize("dtype", ["uint8", "int16", "float32", "float64"])
    @pytest.mark.parametrize("end", [".nii", ".nii.gz"])
    def test_scaled_values_are_rounded_as_from_the_file(self, tmp_path, dtype, end):
        image = nibabel.Nifti1Image(counted(4, 3, 2, dtype=dtype), np.eye(4))
        image.header.set_data_dtype(dtype)
        path = tmp_path / f"a{end}"
        image.to_filename(path)
        content = bytearray(Path(path).read_bytes()) if end == ".nii" else None
        if content is not None:
            content[112:120] = np.array([0.1, -3.7], "<f4").tobytes()
            path.write_bytes(content)
        assert is_as_file(accepted(nibabel.load(path)), path)

    def test_the_type_is_kept_where_there_is_no_scaling(self):
        image = nibabel.Nifti1Image(counted(4, 3, 2, dtype="uint16"), np.eye(4))
        assert accepted(image).image.dtype == np.uint16

    def test_of_one_frame_it_is_that(self, tmp_path):
        one = nibabel.Nifti1Image(counted(4, 3, 2, 1), ras())
        one.to_filename(tmp_path / "a.nii")
        assert is_as_file(accepted(one), tmp_path / "a.nii", exactly=False)
        message, hint = refusal(nibabel.Nifti1Image(counted(4, 3, 2, 5), ras()))
        assert message == "`flair` holds several images: 5 frames"
        assert "img.slicer[..., 0]" in hint

    @pytest.mark.parametrize("letters", ["RGB", "RGBA"])
    def test_a_colour_is_as_its_file(self, tmp_path, letters):
        values = counted(4, 3, 2, len(letters), dtype="uint8")
        records = values.view([(letter, "u1") for letter in letters])[..., 0]
        image = nibabel.Nifti1Image(records, np.eye(4))
        image.to_filename(tmp_path / "a.nii")
        assert is_as_file(accepted(image), tmp_path / "a.nii")

    @pytest.mark.parametrize("shape", [(4, 3, 2, 1, 2), (4, 3, 1, 1, 3)])
    @pytest.mark.parametrize("name", ["", "RGB"])
    def test_vectors_are_as_their_file(self, tmp_path, shape, name):
        image = nibabel.Nifti1Image(counted(*shape), np.eye(4))
        image.header.set_intent("vector", name=name)
        image.to_filename(tmp_path / "a.nii")
        assert is_as_file(accepted(image), tmp_path / "a.nii")

    def test_2d_images_are_as_their_file(self, tmp_path):
        image = nibabel.Nifti1Image(counted(4, 3), ras(direction=TURNED))
        image.to_filename(tmp_path / "a.nii")
        assert is_as_file(accepted(image), tmp_path / "a.nii")

    def test_other_formats_of_its_are_taken(self):
        image = nibabel.MGHImage(counted(4, 3, 2, dtype="int32"), ras())
        assert accepted(image).geometry.agrees_with(accepted(itk_image()).geometry)

    def test_without_affine_it_lies_at_the_origin(self, tmp_path):
        image = nibabel.Nifti1Image(counted(4, 3, 2), None)
        image.header.set_zooms((1, 2, 3))
        found = accepted(image)
        assert found.geometry == Geometry.of_size(4, 3, 2, spacing=(1.0, 2.0, 3.0))

    def test_a_sheared_affine_is_told(self):
        matrix = ras()
        matrix[0, 1] += 0.5
        message, hint = refusal(nibabel.Nifti1Image(counted(4, 3, 2), matrix))
        assert "oblique angles" in message and "resample" in hint


class TestITK:
    @pytest.fixture(autouse=True)
    def library(self):
        self.itk = pytest.importorskip("itk")

    def image(self, array: np.ndarray = VOLUME):
        image = self.itk.image_from_array(array)
        image.SetSpacing(PLACE["spacing"])
        image.SetOrigin(PLACE["origin"])
        image.SetDirection(np.reshape(OBLIQUE, (3, 3)))
        return image

    def test_an_image_is_as_that_of_simpleitk(self):
        assert accepted(self.image()) == accepted(itk_image())

    def test_its_colours_say_so(self):
        kind = self.itk.Image[self.itk.RGBPixel[self.itk.UC], 2]
        found = accepted(self.itk.image_from_array(counted(3, 4, 3, dtype="uint8"), ttype=kind))
        assert found.is_colour and not found.warnings

    def test_as_xarray_has_it_it_is_the_same(self):
        found = accepted(self.itk.xarray_from_image(self.image()))
        expected = accepted(itk_image())
        assert found.geometry.agrees_with(expected.geometry)
        assert np.array_equal(found.image.array, expected.image.array)


class TestXarray:
    def array(self, dims: str = "zyx", **attributes):
        order = ["zyx".index(letter) for letter in dims]
        coords = {
            "x": ("x", [10.0, 10.5, 11.0, 11.5], attributes),
            "y": ("y", [3.0, 2.0, 1.0], attributes),
            "z": ("z", [0, 4], attributes),
        }
        return xarray.DataArray(VOLUME.transpose(order), dims=[*dims], coords=coords)

    @pytest.mark.parametrize("dims", ["zyx", "xyz", "yzx"])
    def test_dimensions_and_coordinates_place_it(self, dims):
        found = accepted(self.array(dims))
        assert np.array_equal(found.image.array, VOLUME)
        assert found.geometry == Geometry(
            (4, 3, 2), (0.5, 1.0, 4.0), (10.0, 3.0, 0.0), (1.0, 0, 0, 0, -1.0, 0, 0, 0, 1.0)
        )

    @pytest.mark.parametrize(
        ("units", "step", "unit"),
        [("um", 0.5, "um"), ("micrometer", 0.5, "um"), ("cm", 5.0, "mm"), ("m", 500.0, "mm")],
    )
    def test_coordinates_may_say_their_unit(self, units, step, unit):
        found = accepted(self.array(units=units)).geometry
        assert (found.spacing[0], found.unit) == (step, unit)

    def test_without_coordinates_it_lies_in_pixels(self):
        assert accepted(xarray.DataArray(VOLUME, dims=["z", "y", "x"])).geometry.is_unplaced

    def test_one_slice_needs_no_coordinate(self):
        coords = {"x": [0, 2, 4, 6], "y": [0, 3, 6]}
        array = xarray.DataArray(VOLUME[:1], dims=["z", "y", "x"], coords=coords)
        assert accepted(array).geometry.spacing == (2.0, 3.0)

    def test_channels_are_the_numbers_of_a_voxel(self):
        colour = xarray.DataArray(counted(3, 3, 4), dims=["channel", "y", "x"])
        assert accepted(colour).components == 3

    @pytest.mark.parametrize(
        ("array", "said"),
        [
            (xarray.DataArray(VOLUME, dims=["time", "y", "x"]), "has the dimension `time`"),
            (xarray.DataArray(counted(3, 4), dims=["x", "X"]), "several dimensions that are x"),
            (xarray.DataArray(counted(3), dims=["x"]), "is 1-D; images are 2-D or 3-D"),
            (
                xarray.DataArray(counted(3, 4), dims=["y", "x"], coords={"x": [0.0, 1, 2, 4]}),
                "are not at equal steps",
            ),
            (
                xarray.DataArray(counted(3, 4), dims=["y", "x"], coords={"x": [1.0, 1, 1, 1]}),
                "are not at equal steps",
            ),
            (
                xarray.DataArray(counted(3, 4), dims=["y", "x"], coords={"y": [*"abc"]}),
                "are no numbers",
            ),
            (
                xarray.DataArray(
                    counted(3, 2),
                    dims=["y", "x"],
                    coords={"x": ("x", [0, 1], {"units": "degrees"})},
                ),
                "are in `degrees`",
            ),
            (
                xarray.DataArray(VOLUME, dims=["z", "y", "x"], coords={"x": [0, 2, 4, 6]}),
                "none of `y`",
            ),
        ],
    )
    def test_what_places_no_voxels_is_told(self, array, said):
        assert said in refusal(array)[0]


class TestTensors:
    @pytest.fixture(autouse=True)
    def library(self):
        self.torch = pytest.importorskip("torch")

    @pytest.mark.parametrize("dtype", ["bool", "uint8", "int16", "int64", "float16", "float32"])
    def test_a_tensor_is_as_its_array(self, dtype):
        array = VOLUME.astype(dtype)
        assert accepted(self.torch.tensor(array)) == accepted(array)

    def test_a_later_change_does_not_show(self):
        tensor = self.torch.tensor(VOLUME)
        found = accepted(tensor)
        tensor[...] = 99
        assert found == accepted(VOLUME)

    def test_one_that_requires_a_gradient_is_taken_without(self):
        tensor = self.torch.tensor(VOLUME, dtype=self.torch.float32, requires_grad=True)
        assert accepted(tensor) == accepted(VOLUME.astype(np.float32))
        assert accepted(self.torch.nn.Parameter(tensor)) == accepted(tensor)

    def test_one_that_is_elsewhere_is_told_how_to_bring_it(self):
        message, hint = refusal(self.torch.zeros(2, 3, device="meta"))
        assert message.startswith("`flair` is a tensor on meta") and ".cpu()" in hint

    def test_of_another_device_that_dlpack_knows(self):
        class OnGPU:
            device, shape, dtype = "cuda:0", (2, 3), "float32"

            def __dlpack__(self, **_):
                raise AssertionError

            def __dlpack_device__(self):
                return (2, 0)

        assert ".cpu()" in refusal(OnGPU())[1]

    def test_what_numpy_has_no_type_for_is_told(self):
        message, hint = refusal(self.torch.zeros(2, 3, dtype=self.torch.bfloat16))
        assert "torch.bfloat16" in message and ".float()" in hint
        assert ".to_dense()" in refusal(self.torch.zeros(2, 3).to_sparse())[1]


class TestPillow:
    @pytest.mark.parametrize("mode", ["L", "RGB", "RGBA", "I;16"])
    def test_a_picture_is_as_its_file(self, tmp_path, mode):
        dtype = "uint16" if mode == "I;16" else "uint8"
        shape = (3, 4) if len(mode) != 3 and mode != "RGBA" else (3, 4, len(mode))
        picture = PIL.Image.fromarray(counted(*shape, dtype=dtype))
        assert picture.mode == mode
        picture.save(tmp_path / "a.png")
        found = accepted(picture)
        assert is_as_file(found, tmp_path / "a.png")
        assert not found.warnings

    def test_other_colours_are_told(self):
        message, hint = refusal(PIL.Image.new("CMYK", (4, 3)))
        assert "the mode CMYK" in message and '.convert("RGB")' in hint


class TestWhatIsMeantForAnImage:
    @pytest.mark.parametrize(
        "value",
        [
            VOLUME,
            np.zeros((3, 4)),
            itk_image(),
            nibabel.Nifti1Image(counted(4, 3, 2), np.eye(4)),
            xarray.DataArray(VOLUME, dims=["z", "y", "x"]),
            xarray.DataArray(VOLUME),
            PIL.Image.new("L", (4, 3)),
            accepted(VOLUME),
            accepted(VOLUME).image,
        ],
        ids=lambda value: type(value).__name__,
    )
    def test_images_are(self, value):
        assert is_image_like(value)

    def test_the_answer_costs_nothing(self):
        class Lazy:
            shape, dtype = (2, 3, 4), np.dtype("int16")

            def __array__(self, dtype=None, copy=None):
                raise AssertionError

        assert is_image_like(Lazy())

    @pytest.mark.parametrize(
        "value",
        [1, 2.5, True, "a", None, [[1, 2]], np.float64(1), np.array(1.0), np.arange(3), {}, int],
        ids=repr,
    )
    def test_numbers_texts_lists_and_rows_are_not(self, value):
        assert not is_image_like(value)


def test_no_library_is_imported_for_an_array():
    said = """
import sys
import numpy
from voxlogica.interface.accepting import accepted, is_image_like
is_image_like(object())
accepted(numpy.zeros((2, 3)))
print({"SimpleITK", "nibabel", "itk", "xarray", "torch", "PIL", "dask"} & {*sys.modules})
"""
    run = subprocess.run([sys.executable, "-c", said], capture_output=True, text=True, check=True)
    assert run.stdout == "set()\n"


@given(st.permutations([0, 1, 2]), st.tuples(*[st.sampled_from([1, -1])] * 3))
def test_axes_and_directions_of_memory_make_no_difference(order, steps):
    inverse = np.argsort(order)
    lying = np.ascontiguousarray(VOLUME.transpose(order)).transpose(inverse)
    backwards = tuple(slice(None, None, step) for step in steps)
    assert accepted(np.ascontiguousarray(lying[backwards])[backwards]) == accepted(VOLUME)
