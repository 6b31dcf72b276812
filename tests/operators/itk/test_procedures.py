"""What SimpleITK tells of its own functions, and calling them with the values of programs."""

from __future__ import annotations

import threading

import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813

from voxlogica.images.geometry import Geometry
from voxlogica.images.image import Image
from voxlogica.operators import namespace
from voxlogica.operators.itk.procedures import constants, procedure, procedures
from voxlogica.operators.signature import (
    BOOL,
    IMAGE,
    MODEL,
    NUMBER,
    NUMBERS,
    REGION,
    STRING,
    VALUATION,
    OperationError,
    Purity,
    accepts,
    sequence_of,
)
from voxlogica.remarks import heard

FILTERS = namespace("simpleitk")
GRID = Geometry((5, 4, 3), (1.0, 2.0, 3.0), (4.0, 5.0, 6.0), (0, 1, 0, 1, 0, 0, 0, 0, -1.0))


def volume(dtype: type = np.float32, geometry: Geometry = GRID) -> Image:
    values = np.random.default_rng(1).integers(0, 200, geometry.shape)
    return Image(values.astype(dtype), geometry)


def theirs(image: Image) -> sitk.Image:
    array = image.array.astype(np.uint8) if image.array.dtype == np.bool_ else image.array
    found = sitk.GetImageFromArray(array, isVector=image.components > 1)
    found.SetSpacing(image.geometry.spacing)
    found.SetOrigin(image.geometry.origin)
    found.SetDirection(image.geometry.direction)
    return found


def type_of(value):
    match value:
        case Image():
            return MODEL
        case bool():
            return BOOL
        case float():
            return NUMBER
        case str():
            return STRING
        case _:
            return sequence_of(type_of(value[0]) if value else NUMBER)


def call(name, *values):
    """As a program calls it: the first overload that takes the types."""
    types = [type_of(v) for v in values]
    overload = next(o for o in FILTERS[name] if o.takes(types))
    return overload.function(*values)


def same(found: Image, expected: sitk.Image) -> None:
    array = sitk.GetArrayFromImage(expected)
    assert found.array.dtype == array.dtype
    np.testing.assert_array_equal(found.array, array)
    assert found.geometry.size == expected.GetSize()
    assert found.geometry.spacing == expected.GetSpacing()
    assert found.geometry.origin == expected.GetOrigin()
    assert found.geometry.direction == expected.GetDirection()


# --- What there is --------------------------------------------------------------------------------


def test_every_filter_of_simpleitk_with_a_function_is_there():
    filters = {n.removesuffix("ImageFilter") for n in dir(sitk) if n.endswith("ImageFilter")}
    with_function = {n for n in filters if callable(getattr(sitk, n, None))}
    assert len(with_function) > 200
    assert with_function <= set(FILTERS)


def test_those_that_are_not_there_say_why():
    from voxlogica.operators.itk.declaring import barred

    missing = {name for name in procedures() if name not in set(FILTERS)}
    for name in missing:
        assert barred(name)
        with pytest.raises(KeyError):
            FILTERS[name]
    assert "CenteredTransformInitializer" in missing and "Show" in missing
    assert len(missing) < 15
    with pytest.raises(KeyError):
        FILTERS["NoSuchFilter"]


@pytest.mark.parametrize("name", list(FILTERS))
def test_each_has_a_manual_and_types_of_the_language(name):
    for overload in FILTERS[name]:
        assert overload.sentence
        assert overload.signature
        assert overload.least <= len(overload.parameters)


def test_a_signature_is_read_from_the_documentation():
    (signature,) = procedure("BinaryThreshold").signatures
    assert [(a.name, a.type, a.whole, a.default) for a in signature.arguments] == [
        ("image1", IMAGE, None, None),
        ("lowerThreshold", NUMBER, None, "0.0"),
        ("upperThreshold", NUMBER, None, "255.0"),
        ("insideValue", NUMBER, (0, 255), "1"),
        ("outsideValue", NUMBER, (0, 255), "0"),
    ]
    assert signature.result == IMAGE
    assert signature.text.startswith("BinaryThreshold(Image image1, double lowerThreshold=0.0,")


def test_a_signature_is_read_from_annotations():
    (signature,) = procedure("DiscreteGaussian").signatures
    types = [a.type for a in signature.arguments]
    assert types == [IMAGE, NUMBERS, NUMBER, NUMBER, BOOL]
    assert [a.name for a in signature.arguments if a.whole] == ["maximumKernelWidth"]


def test_overloads_are_told_apart():
    assert [[a.type for a in s.arguments] for s in procedure("Add").signatures] == [
        [IMAGE, IMAGE],
        [IMAGE, NUMBER],
        [NUMBER, IMAGE],
    ]
    assert len(procedure("Resample").signatures) == 3


def test_constants_are_simpleitks():
    assert constants()["sitkFloat32"] == sitk.sitkFloat32
    (overload,) = FILTERS["sitkFloat32"]
    assert overload.function() == float(sitk.sitkFloat32)


def test_only_what_is_random_without_a_seed_rests_on_the_clock():
    outside = {o.name for name in FILTERS for o in FILTERS[name] if o.purity is Purity.OUTSIDE}
    assert outside == {
        f"simpleitk.{name}"
        for name in ("AdditiveGaussianNoise", "SaltAndPepperNoise", "ShotNoise", "SpeckleNoise")
    }
    assert FILTERS["ReadImage"][0].purity is Purity.READING
    noisy = FILTERS["AdditiveGaussianNoise"]
    chosen = [next(o for o in noisy if o.takes((MODEL, *[NUMBER] * n))) for n in range(4)]
    assert [o.purity for o in chosen] == [Purity.OUTSIDE] * 3 + [Purity.PURE]


def test_results_of_another_simpleitk_are_others():
    major, minor, patch = (int(n) for n in sitk.Version.VersionString().split(".")[:3])
    version = FILTERS["Median"][0].revision
    assert version // 100 == (major * 1000 + minor) * 1000 + patch
    assert version < 2**32


# --- Types ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("image", [MODEL, VALUATION, REGION])
def test_any_image_is_an_image(image):
    assert FILTERS["Median"][0].takes([image])
    assert FILTERS["Median"][0].takes([image, sequence_of(NUMBER)])
    assert FILTERS["Median"][0].takes([image, NUMBER])


@pytest.mark.parametrize(
    "types", [[], [NUMBER], [MODEL, STRING], [MODEL, BOOL], [MODEL, NUMBER, NUMBER]]
)
def test_other_types_are_not_taken(types):
    assert not any(o.takes(types) for o in FILTERS["Median"])


def test_an_empty_sequence_is_of_any_type():
    from voxlogica.operators.signature import ANY

    assert accepts(sequence_of(sequence_of(NUMBER)), sequence_of(ANY))
    assert accepts(sequence_of(STRING), sequence_of(ANY))
    assert not accepts(STRING, sequence_of(ANY))


# --- Calling --------------------------------------------------------------------------------------


CALLS = {
    "BinaryThreshold": (50.0, 120.0, 1.0, 0.0),
    "Median": ([1.0, 1.0, 1.0],),
    "DiscreteGaussian": (2.0,),
    "Shrink": ([2.0, 2.0, 1.0],),
    "Crop": ([1.0, 1.0, 0.0], [1.0, 0.0, 0.0]),
    "ConstantPad": ([1.0, 2.0, 0.0], [0.0, 0.0, 1.0], 7.0),
    "PermuteAxes": ([2.0, 0.0, 1.0],),
    "Flip": ([True, False, True],),
    "CurvatureFlow": (0.05, 2.0),
    "Gradient": (),
    "ConnectedThreshold": ([[1.0, 1.0, 1.0]], 0.0, 100.0),
    "OtsuThreshold": (),
    "Add": (2.5,),
    "SignedMaurerDistanceMap": (),
    "GrayscaleDilate": ([1.0, 1.0, 1.0], float(sitk.sitkBox)),
    "RegionOfInterest": ([2.0, 2.0, 2.0], [1.0, 1.0, 1.0]),
    "Extract": ([3.0, 2.0, 0.0], [1.0, 1.0, 1.0]),
}


def as_theirs(value):
    if isinstance(value, list):
        return [as_theirs(v) for v in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("dtype", [np.float32, np.uint8, np.int16])
def test_a_filter_gives_what_simpleitk_gives(name, dtype):
    if name == "SignedMaurerDistanceMap" and dtype is np.float32:
        pytest.skip("takes whole numbers only")
    image = volume(dtype)
    found = call(name, image, *CALLS[name])
    # SimpleITK's wrapping takes whole numbers for real ones, but not the other way round.
    mixed = [2.0 if name == "DiscreteGaussian" else as_theirs(v) for v in CALLS[name]]
    same(found, getattr(sitk, name)(theirs(image), *mixed))


def test_a_region_goes_in_as_0_and_1():
    region = Image(volume().array > 100, GRID)
    same(call("BinaryDilate", region, [1.0] * 3), sitk.BinaryDilate(theirs(region), [1] * 3))


def test_2d_images_and_colours_go_through():
    flat = volume(geometry=Geometry.of_size(6, 4, spacing=(0.5, 2.0)))
    same(call("Median", flat), sitk.Median(theirs(flat)))
    colour = Image(np.arange(72, dtype=np.uint8).reshape(4, 6, 3), flat.geometry)
    red = call("VectorIndexSelectionCast", colour, 0.0)
    np.testing.assert_array_equal(red.array, colour.array[..., 0])
    joined = call("Compose", [red, red, red])
    assert joined.components == 3 and joined.geometry == flat.geometry


def test_constants_go_by_number_and_by_name():
    image = volume()
    by_number = call("Cast", image, float(sitk.sitkInt16))
    by_name = call("Cast", image, "sitkInt16")
    assert by_number.array.dtype == by_name.array.dtype == np.int16
    collapsed = call("Extract", image, [5.0, 4.0, 1.0], [0.0] * 3, "DIRECTIONCOLLAPSETOIDENTITY")
    assert collapsed.geometry.size == (5, 4, 1)
    assert call("GetPixelIDValueFromString", "sitkUInt16") == float(sitk.sitkUInt16)
    with pytest.raises(OperationError, match="knows no `sitkFloat33` as pixelID"):
        call("Cast", image, "sitkFloat33")
    with pytest.raises(OperationError) as problem:
        call("Extract", image, [5.0, 4.0, 1.0], [0.0] * 3, "GUESS")
    assert "DIRECTIONCOLLAPSETOGUESS" in problem.value.hint


def test_pairs_points_and_transforms_are_sequences():
    labels = volume(np.uint8)
    changed = call("ChangeLabel", labels, [[3.0, 4.0], [5.0, 6.0]])
    same(changed, sitk.ChangeLabel(theirs(labels), {3.0: 4.0, 5.0: 6.0}))
    image = volume()
    one = call("ConnectedThreshold", image, [1.0, 1.0, 1.0], 0.0, 100.0)
    same(one, sitk.ConnectedThreshold(theirs(image), [[1, 1, 1]], 0.0, 100.0))
    moved = call("Resample", image, [1.0, 0.0, 0.0], float(sitk.sitkLinear))
    expected = sitk.Resample(theirs(image), sitk.TranslationTransform(3, [1.0, 0, 0]))
    same(moved, expected)
    halved = call("Resample", image, [3.0, 2.0, 2.0], [], 2.0, [0.0] * 3, [2.0] * 3)
    same(halved, sitk.Resample(theirs(image), [3, 2, 2], sitk.Transform(), 2, [0.0] * 3, [2.0] * 3))
    matrix = [1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0, 1.0, 0.0, 0.0]
    same(call("Resample", image, matrix), expected)
    with pytest.raises(OperationError, match="takes no 2 numbers as transform"):
        call("Resample", image, [1.0, 2.0], 2.0)


def test_label_maps_are_images_of_labels():
    labels = call("ConnectedComponent", Image(volume().array > 120, GRID))
    kept = call("LabelImageToLabelMap", labels)
    np.testing.assert_array_equal(kept.array, labels.array)
    relabelled = call("ChangeLabelLabelMap", labels, [[1.0, 9.0]])
    np.testing.assert_array_equal(relabelled.array, np.where(labels.array == 1, 9, labels.array))
    binary = call("LabelMapToBinary", labels, 0.0, 1.0)
    np.testing.assert_array_equal(binary.array != 0, labels.array != 0)


def test_complex_images_go_from_one_filter_to_another():
    image = volume(np.float32, Geometry.of_size(8, 4))
    back = call("InverseFFT", call("ForwardFFT", image))
    np.testing.assert_allclose(back.array, image.array, atol=1e-3)


def test_values_that_are_no_images_come_out():
    image = volume()
    assert call("MinimumMaximum", image) == [float(image.array.min()), float(image.array.max())]
    assert call("Hash", image) == sitk.Hash(theirs(image))
    low, high, mean, sigma, variance, total, count = call("Statistics", image)
    values = image.array.astype(np.float64)
    assert (low, high, count) == (values.min(), values.max(), values.size)
    np.testing.assert_allclose(
        [mean, sigma, variance, total],
        [values.mean(), values.std(ddof=1), values.var(ddof=1), values.sum()],
    )


def test_images_in_one_place_but_for_rounding_are_taken_for_it():
    image = volume()
    nearly = Geometry(GRID.size, (1.0, 2.0, 3.000001), GRID.origin, GRID.direction)
    assert call("Add", image, Image(image.array, nearly)).geometry == GRID


def test_a_seed_gives_the_same_on_any_number_of_threads():
    image = volume(np.float32, Geometry.of_size(40, 40, 40))
    before = sitk.ProcessObject.GetGlobalDefaultNumberOfThreads()
    try:
        found = []
        for threads in (1, 2, 3):
            sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(threads)
            found.append(call("AdditiveGaussianNoise", image, 2.0, 0.0, 7.0).array)
        other = call("AdditiveGaussianNoise", image, 2.0, 0.0, 8.0).array
    finally:
        sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(before)
    assert np.array_equal(found[0], found[1]) and np.array_equal(found[0], found[2])
    assert not np.array_equal(found[0], other)
    assert abs(float((found[0] - image.array).std()) - 2) < 0.1


def test_other_threads_go_on_while_a_filter_runs():
    image = volume(np.float32, Geometry.of_size(64, 64, 48))
    done = threading.Event()
    worker = threading.Thread(target=lambda: (call("CurvatureFlow", image, 0.05, 40.0), done.set()))
    worker.start()
    steps = 0
    while not done.is_set():
        steps += 1
    worker.join()
    # With the lock held throughout, only the moments before and after would be left.
    assert steps > 10_000


# --- What goes wrong ------------------------------------------------------------------------------


def test_numbers_that_do_not_fit_are_told_with_their_bounds():
    image = volume()
    with pytest.raises(
        OperationError, match=r"whole numbers from 0 to 255 as insideValue, not 300"
    ):
        call("BinaryThreshold", image, 0.0, 1.0, 300.0)
    with pytest.raises(OperationError, match=r"whole numbers .* as radius, not 1.5"):
        call("Median", image, [1.5, 1.0, 1.0])
    with pytest.raises(OperationError, match="as numberOfIterations, not nan"):
        call("CurvatureFlow", image, 0.05, float("nan"))


def test_what_simpleitk_refuses_is_told_in_a_line_with_the_signature():
    with pytest.raises(OperationError) as problem:
        call("SmoothingRecursiveGaussian", volume(), 2.0)
    assert "The number of pixels along dimension 2 is less than 4" in problem.value.message
    assert "\n" not in problem.value.message and "0x" not in problem.value.message
    assert problem.value.hint.startswith("SmoothingRecursiveGaussian(Image image1,")


def test_the_commonest_refusals_say_how_to_mend_them():
    image = volume()
    with pytest.raises(OperationError, match="values of different types") as problem:
        call("Add", image, volume(np.uint8))
    assert "Cast(image, sitkFloat32)" in problem.value.hint
    elsewhere = Image(image.array, Geometry.of_size(5, 4, 3))
    with pytest.raises(OperationError, match="do not lie in the same place") as problem:
        call("Add", image, elsewhere)
    assert "Resample" in problem.value.hint
    broken = image.with_array(image.array + np.float32(0.5))
    with pytest.raises(OperationError, match="it takes no 3D image of 32-bit float") as problem:
        call("BinaryDilate", broken)
    assert "Cast(image, sitkUInt32)" in problem.value.hint
    assert "sitkFloat32" not in problem.value.hint
    with pytest.raises(OperationError, match="4 dimensions"):
        call("JoinSeries", [image, image])


def labels_in_floats(dtype: type = np.float32) -> Image:
    """More than 255 labels, as they are when they went through `mask`."""
    values = np.arange(1, 401).repeat(4).reshape(40, 40)
    values[::7] = 0
    return Image(values.astype(dtype), Geometry.of_size(40, 40))


@pytest.mark.parametrize(
    ("name", "further"),
    [
        ("RelabelComponent", (4.0,)),
        ("LabelContour", ()),
        ("ChangeLabel", ([[400.0, 70000.0]],)),
        ("LabelImageToLabelMap", ()),
        ("ConnectedComponent", ()),
        ("BinaryDilate", ([1.0, 1.0],)),
    ],
)
def test_a_filter_that_takes_no_floats_takes_whole_numbers_in_them(name, further):
    expected = call(name, labels_in_floats(np.uint32), *further)
    for dtype in (np.float32, np.float64):
        found = call(name, labels_in_floats(dtype), *further)
        assert found.array.dtype == expected.array.dtype
        np.testing.assert_array_equal(found.array, expected.array)


def test_of_several_images_those_of_whole_numbers_are_taken_as_such():
    labels, whole = labels_in_floats(), labels_in_floats(np.uint32)
    relief = labels.with_array(np.sin(labels.array).astype(np.float32))
    name = "MorphologicalWatershedFromMarkers"
    np.testing.assert_array_equal(call(name, relief, labels).array, call(name, relief, whole).array)
    np.testing.assert_array_equal(
        call("LabelVoting", [labels, labels], 0.0).array,
        call("LabelVoting", [whole, whole], 0.0).array,
    )
    negative = labels.with_array(-labels.array)
    np.testing.assert_array_equal(call("LabelContour", negative).array.min(), -400)
    with pytest.raises(OperationError, match="takes no 2D image of 32-bit float"):
        call("RelabelComponent", relief)


@pytest.mark.parametrize(
    ("values", "to", "said"),
    [
        ([0, 255, 256, 300], "sitkUInt8", "2 voxels have values beyond its 0 to 255, such as 256"),
        ([0, 1, -1, 300], "sitkUInt16", "1 voxel has a value beyond its 0 to 65535, such as -1"),
        ([0, 255.9, -0.9, 3], "sitkUInt8", None),
        ([0, 255, 256, 300], "sitkUInt32", None),
        ([0, 1e9, -7, 300], "sitkFloat32", None),
    ],
)
def test_a_cast_tells_of_values_that_it_makes_others(values, to, said):
    image = Image(np.array([values], np.float32), Geometry.of_size(4, 1))
    with heard() as remarks:
        call("Cast", image, to)
        call("Cast", labels_in_floats(np.uint8), "sitkInt16")
    assert len(remarks) == (said is not None)
    assert said is None or said in remarks[0].message
