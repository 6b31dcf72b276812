"""The words of VoxLogicA 2: what they mean there, written with SimpleITK and numpy."""

from __future__ import annotations

import math

import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813
from hypothesis import given
from hypothesis import strategies as st

from tests.references import call, images, region, regions, unhurried, valuation, valuations
from voxlogica import running
from voxlogica.images.image import Image
from voxlogica.images.library import itk_image
from voxlogica.operators.signature import OperationError
from voxlogica.syntax.source import Source


def few_labels(geometry):
    return valuations(geometry, st.integers(0, 5).map(float))


@unhurried
@given(images(valuations, regions))
def test_avg0_is_avg_but_for_nothing(pair):
    v, r = pair
    expected = call("avg", v, r) if r.array.any() else 0.0
    np.testing.assert_equal(call("avg0", v, r), expected)


@unhurried
@given(images(few_labels, valuations))
def test_label_mean_paints_each_label_with_its_mean(pair):
    labels, v = pair
    found = call("label_mean", labels, v)
    for label in np.unique(labels.array):
        there = labels.array == label
        (mean,) = np.unique(found[there])
        values = v.array[there].astype(np.float64)
        if np.isfinite(values).all():
            scale = np.abs(values).sum()
            assert mean == pytest.approx(
                math.fsum(values) / len(values), rel=1e-6, abs=1e-14 * scale
            )
        else:
            assert not math.isfinite(mean)


@pytest.mark.parametrize("wrong", [[[0.5, 1.0]], [[-1.0, 1.0]], [[math.nan, 1.0]]])
def test_label_mean_takes_labels(wrong):
    with pytest.raises(OperationError, match="whole numbers from 0 on"):
        call("label_mean", valuation(wrong), valuation([[1.0, 2.0]]))


def ramp(shape, spacing=None):
    axes = np.indices(shape)
    noise = np.random.default_rng(0).normal(0, 2, shape)
    bright = sum((i - n / 2) ** 2 for i, n in zip(axes, shape, strict=True)) < max(shape) * 2
    return valuation((np.where(bright, 100, 50) + noise) * (1 + 0.02 * axes[-1]), spacing)


def in_itk(image: Image) -> sitk.Image:
    array = image.array.view(np.uint8) if image.dtype == np.bool_ else image.array
    return itk_image(array, image.geometry, 1)


@pytest.mark.parametrize("spacing", [(1, 1, 1), (0.5, 0.9, 3.3)])
def test_the_gradients_are_by_physical_lengths(spacing):
    v = ramp((5, 7, 9), spacing)
    known = sitk.GetArrayFromImage(sitk.GradientMagnitude(in_itk(v)))
    np.testing.assert_array_equal(call("gradient", v), known)


@pytest.mark.parametrize("shape", [(12, 16, 18), (20, 24)])
def test_bias_is_voxlogica_2s_whatever_number_of_threads_itk_has(shape):
    v, r = ramp(shape), region(np.ones(shape))
    threads = sitk.ProcessObject.GetGlobalDefaultNumberOfThreads()
    found = []
    try:
        for number in (1, 3):
            sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(number)
            found.append(call("n4", v, r))
        sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(1)
        itk, few = in_itk(v), [2] * len(shape)
        finding = sitk.N4BiasFieldCorrectionImageFilter()
        finding.SetMaximumNumberOfIterations([30, 20, 10])
        finding.Execute(sitk.Shrink(itk, few), sitk.Shrink(in_itk(r), few))
        known = itk / sitk.Exp(finding.GetLogBiasFieldAsImage(itk))
    finally:
        sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(threads)
    np.testing.assert_array_equal(found[0], found[1])
    np.testing.assert_array_equal(found[0], np.float32(sitk.GetArrayFromImage(known)))


def test_bias_of_what_is_too_small_or_nowhere_is_told():
    for v, r in ((valuation([[1.0]]), region([[1]])), (ramp((8, 8)), region(np.zeros((8, 8))))):
        with pytest.raises(OperationError, match="`n4` failed"):
            call("n4", v, r)


def test_patches_are_voxlogica_2s():
    v = ramp((6, 16, 18))
    found = call("slic", v, 4.4, 10.0)
    known = sitk.SLIC(in_itk(v), [4] * 3, 10.0, 10, True, True)
    np.testing.assert_array_equal(found, sitk.GetArrayFromImage(known).astype(np.float32))
    with pytest.raises(OperationError, match="takes finite numbers, not nan and 1"):
        call("slic", v, math.nan, 1.0)


@pytest.mark.parametrize("step", [31, 40.0, 1e4, 1e300])
def test_patches_larger_than_the_image_take_no_longer(step):
    v = ramp((5, 9, 15))
    known = sitk.SLIC(in_itk(v), [40] * 3, 10.0, 10, True, True)
    np.testing.assert_array_equal(call("slic", v, step, 10.0), sitk.GetArrayFromImage(known))


def test_means_of_large_labels_take_no_room_for_those_between():
    v = valuation([[1, 2, 3], [4, 5, 6]])
    labels = valuation([[0, 4e9, 1e12], [4e9, 0, 7]])
    assert call("label_mean", labels, v).tolist() == [[3, 3, 3], [3, 3, 6]]


@pytest.fixture
def scan(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    array = np.zeros((4, 5, 6), np.int16)
    array[1:3, 2, 1:4] = [1, 2, 7]
    sitk.WriteImage(sitk.GetImageFromArray(array), "scan.nii.gz")
    colours = np.zeros((4, 5, 3), np.uint8)
    sitk.WriteImage(sitk.GetImageFromArray(colours, isVector=True), "photo.png")
    return array


def told(text: str, **options) -> list[object]:
    return [p.value for p in running.run(Source("p.imgql", text), **options).prints]


def test_programs_use_the_words(scan):
    text = """
    img = load("scan.nii.gz")
    print "volume" [volume(img), vol(img), volume(img == 7), mm3(img)]
    print "intensity" max(intensity(intensity(img) * 2))
    print "components" max(Lcc(img > 0))
    print "sum" [addition(1, 2), subtraction(5, 3), multiplication(2, 3), division(1, 4)]
    print "sequences" addition([1, 2], subtraction([3, 4], 1))
    print "images" max(multiplication(img, division(img, 2)))
    part = extract(img, bbox(img > 0)[1], bbox(img > 0)[0])
    print "part" size(part)
    print "slice" size(extract(img, [3, 3, 0], [0, 0, 1]))
    print "path" for name in ["scan"] do max(load(concat(name, ".nii.gz")))
    print "as ReadImage" max(img - ReadImage("scan.nii.gz"))
    save "patches.nii.gz" slic(img, 3, 1)
    """
    assert told('import "simpleitk"' + text) == [
        [6, 6, 2, 6],
        14,
        1,
        [3, 2, 6, 0.25],
        [3, 5],
        24.5,
        [3, 1, 2],
        [3, 3],
        [7],
        0,
    ]
    assert "integer" in sitk.ReadImage("patches.nii.gz").GetPixelIDTypeAsString()


def test_the_volume_of_what_a_filter_gives_counts_all_that_is_not_0(scan):
    text = """
    import "simpleitk"
    img = ReadImage("scan.nii.gz")
    print "labels" volume(ConnectedComponent(img == 2))
    print "numbers" volume(Cast(img, sitkFloat32))
    """
    assert told(text) == [2, 6]


def test_colours_have_no_volume(scan):
    with pytest.raises(Exception, match=r"`volume` expects valuation\(bool\)"):
        told('load p = "photo.png"\nprint "v" volume(p)')


def test_a_file_whose_name_is_computed_is_read_in_the_run(scan):
    text = """
    img = load("scan.nii.gz")
    print "max" max(load(format_string("{}.nii.gz", ["scan", "other"][volume(img) - 6])))
    """
    assert told(text) == [7]


OLD = """
let maskCC(a,b) = mask(Lcc(b),a)
let weird(a) = frobnicate(near(a)) ~~~ a
let weirder(a) = weird(frobnicate(a))
let fine(a) = near(a)
"""
NEW = 'import "old.imgql"\nload p = "photo.png"\nlet r = red(p) =. 0\n'


@pytest.fixture
def old(scan, tmp_path):
    (tmp_path / "old.imgql").write_text(OLD)


def said(text: str, **options) -> list[tuple[str, str]]:
    return [(d.severity, d.message) for d in running.check(Source("p.imgql", text), **options)]


def test_what_an_old_library_does_not_know_stops_nobody_who_does_not_call_it(old):
    text = f'{NEW}print "v" volume(fine(r))\nprint "c" max(maskCC(r, r))'
    nowhere = "in a function that nothing calls"
    assert said(text) == [
        ("warning", f"unknown operator `~~~`, {nowhere}"),
        ("warning", f"unknown function `frobnicate`, {nowhere}"),
    ]
    assert told(text) == [20, 1]
    with pytest.raises(Exception, match="frobnicate"):
        told(text, strict=True)


@pytest.mark.parametrize("call", ["weird(r)", "weirder(r)"])
def test_who_calls_it_is_told(old, call):
    errors = [message for severity, message in said(f'{NEW}print "v" volume({call})')
              if severity == "error"]  # fmt: skip
    assert "unknown function `frobnicate`" in errors
    assert len(errors) == len(set(errors))


def test_a_program_and_libraries_of_imgql_2_are_to_know_what_they_name(old):
    main = 'load p = "photo.png"\nlet weird(a) = frobnicate(a)\nprint "v" 1'
    assert ("error", "unknown function `frobnicate`") in said(main)
    assert ("error", "unknown function `frobnicate`") in said('import "old.imgql"\nprint "v" 1')
