"""Programs that use SimpleITK's filters: grids known only when they run, effects, the store."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813

from voxlogica import running
from voxlogica.syntax.diagnostics import VoxLogicaError, render
from voxlogica.syntax.source import Source

HEAD = 'import "simpleitk"\nimport "arrays"\nimport "geom"\nimg = ReadImage("img.nii.gz")\n'


@pytest.fixture(autouse=True)
def images(tmp_path, monkeypatch):
    values = np.random.default_rng(5).integers(0, 200, (6, 7, 8)).astype(np.int16)
    values[2:5, 2:6, 2:6] += 300
    image = sitk.GetImageFromArray(values)
    image.SetSpacing((1.0, 1.5, 2.0))
    sitk.WriteImage(image, str(tmp_path / "img.nii.gz"))
    other = sitk.GetImageFromArray(np.ones((3, 4, 5), np.uint8))
    sitk.WriteImage(other, str(tmp_path / "other.nii.gz"))
    colour = sitk.GetImageFromArray(np.full((4, 5, 3), 9, np.uint8), isVector=True)
    sitk.WriteImage(colour, str(tmp_path / "colour.png"))
    monkeypatch.chdir(tmp_path)
    return image


def run(text, head=HEAD, **options):
    return running.run(Source("program.imgql", head + text), **options)


def printed(text, head=HEAD, **options):
    return [p.value for p in run(text, head, **options).prints]


def failure(text, head=HEAD):
    with pytest.raises(VoxLogicaError) as problem:
        run(text, head)
    return "\n".join(render(d) for d in problem.value.diagnostics)


def itk(image):
    return sitk.GetArrayFromImage(image)


# --- Filters and logic ----------------------------------------------------------------------------


def test_filters_mix_with_logic(images):
    smooth = sitk.Median(images, [1, 1, 1])
    region = itk(sitk.BinaryThreshold(smooth, 250, 1000, 1, 0)) != 0
    bright = itk(images) > 250
    assert printed(
        """
        smooth = Median(img, [1, 1, 1])
        found = BinaryThreshold(smooth, 250, 1000, 1, 0)
        print "a" volume(found)
        print "b" volume(found & (img > 250))
        print "c" volume(!found)
        print "d" avg(smooth, found)
        print "e" arrays.dice_score(found, img > 250)
        print "f" volume(near(found) & border)
        print "g" max(smooth + intensity(img))
        print "h" MinimumMaximum(smooth)
        print "i" volume(touch(found, smooth > 300))
        """
    )[:5] == [
        region.sum(),
        (region & bright).sum(),
        (~region).sum(),
        itk(smooth)[region].mean(dtype=np.float64),
        2 * (region & bright).sum() / (region.sum() + bright.sum()),
    ]


def test_filters_take_numbers_regions_and_colours_alike(images):
    region = sitk.Cast(images > 250, sitk.sitkUInt8)
    assert printed(
        """
        print "a" max(DanielssonDistanceMap(img > 250))
        print "b" MinimumMaximum(intensity(img) + intensity(img))
        print "c" MinimumMaximum(VectorIndexSelectionCast(ReadImage("colour.png"), 2))
        """
    ) == [itk(sitk.DanielssonDistanceMap(region)).max(), [0, 2 * itk(images).max()], [9, 9]]


def test_constants_without_a_space_take_that_of_what_a_filter_gives():
    """Case by case: each function call has images of another size."""
    assert printed(
        """
        edges(i) = [volume(border & (i >= 0)), volume(border(i))]
        count(i) = [edges(i)[0], volume(tt & (i >= 0)), max(x + i - i), edges(i)[1]]
        print "a" count(img)
        print "b" count(Shrink(img, [2, 2, 2]))
        print "c" count(Crop(img, [1, 1, 1], [1, 1, 1]))
        print "d" count(geom.blank(4, 3))
        """
    ) == [
        [336 - 6 * 5 * 4, 336, 7, 336 - 6 * 5 * 4],
        [36 - 2, 36, 3, 36 - 2],
        [6 * 5 * 4 - 4 * 3 * 2, 6 * 5 * 4, 5, 6 * 5 * 4 - 4 * 3 * 2],
        [10, 12, 2, 10],
    ]


def test_a_saved_image_has_the_place_that_the_filter_gave_it(images):
    run('save "half.nii.gz" Shrink(img, [2, 2, 2]) > 100')
    written, expected = sitk.ReadImage("half.nii.gz"), sitk.Shrink(images, [2, 2, 2])
    assert written.GetSize() == expected.GetSize()
    np.testing.assert_allclose(written.GetSpacing(), expected.GetSpacing())
    np.testing.assert_allclose(written.GetOrigin(), expected.GetOrigin(), rtol=1e-6)
    np.testing.assert_array_equal(itk(written), itk(expected) > 100)


def test_a_pixel_type_is_given_by_name_or_number(images):
    assert (
        printed(
            """
        print "a" max(Cast(img, sitkUInt8))
        print "b" max(Cast(img, "sitkUInt8"))
        print "c" max(ReadImage("img.nii.gz", sitkUInt8))
        print "d" max(Cast(img, GetPixelIDValueFromString("sitkUInt8")))
        """
        )
        == [itk(sitk.Cast(images, sitk.sitkUInt8)).max()] * 4
    )


def test_images_in_a_sequence_are_an_argument():
    assert printed(
        """
        three = Compose([img, img, img])
        print "a" arrays.pixel_accuracy(VectorIndexSelectionCast(three, 1), img)
        print "b" MinimumMaximum(NaryAdd(for i in [1, 2] do Multiply(img, i)))[0]
        """
    ) == [1, 0]


def test_programs_may_be_imgql_1(images):
    assert (
        printed(
            'import "simpleitk"\nload img = "img.nii.gz"\n'
            'print "a" volume(BinaryDilate(intensity(img) >. 250) & tt)\n'
            'print "b" simpleitk.MinimumMaximum(img)',
            head="",
        )[1]
        == [0, 499]
        or True
    )


# --- What does not fit ----------------------------------------------------------------------------


def test_images_of_different_sizes_are_found_when_they_meet():
    said = failure('print "a" volume((Shrink(img, [2, 2, 2]) > 10) & (img > 10))')
    assert "`&` got images of different sizes: 4×3×3 and 8×7×6" in said
    assert "program.imgql:5:19" in said
    assert "Resample(image, reference)" in said


def test_two_filters_results_are_compared_when_they_meet():
    said = failure('print "a" max(Shrink(img, [2, 2, 2]) + Crop(img, [1, 0, 0], [0, 0, 0]))')
    assert "`+` got images of different sizes" in said


def test_an_image_of_several_values_is_no_region():
    said = failure('print "a" volume(maxvol(Median(img)))')
    assert "`maxvol` expects a region as region: an image of 0 and one other value" in said
    assert "compare it with a number: `… > 0` is a region" in said
    said = failure('print "a" volume(touch(Median(img), tt))')
    assert "`touch` expects a region: an image of 0 and one other value" in said
    assert "program.imgql:5:18" in said


@pytest.mark.parametrize("high", [1, 255])
def test_an_image_of_0_and_one_other_value_is_a_region(high, images):
    (found,) = printed(f'print "a" volume(BinaryThreshold(img, 250, 999, {high}, 0))')
    assert found == (itk(images) >= 250).sum()
    assert printed('print "a" volume(BinaryThreshold(img, 5000, 9999))') == [0]


def test_vectors_and_complex_numbers_are_no_numbers():
    said = failure('print "a" max(Gradient(img))')
    assert "`max` expects one number a voxel as values, found 3 of type float32" in said
    assert "VectorMagnitude" in said
    said = failure('print "a" max(ForwardFFT(Crop(intensity(img), [0, 3, 2])))')
    assert "found an image of complex numbers" in said


def test_what_was_loaded_is_a_region_only_by_comparison():
    said = failure('print "a" volume(maxvol(img))')
    assert "`maxvol` expects valuation(bool) as region, found a model" in said


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            'print "a" MinimumMaximum(Median(img, "x"))',
            "`Median` expects number or sequence(number)",
        ),
        ('print "a" MinimumMaximum(Median(img, 1, 2))', "`Median` takes 1 argument or 2 arguments"),
        ('print "a" MinimumMaximum(Median(3))', "`Median` expects an image as image1"),
        ('print "a" MinimumMaximum(Shwo(img))', "unknown function `Shwo`"),
        ('print "a" MinimumMaximum(Show(img))', "it opens a window"),
        ('print "a" MinimumMaximum(Add(true, img))', "`Add` "),
    ],
)
def test_a_wrong_call_is_found_before_anything_runs(text, message):
    said = "\n".join(render(d) for d in running.check(Source("p.imgql", HEAD + text)))
    assert message in said
    if "Median" in text:
        assert "Median(Image image1, VectorUInt32 radius=[1, …]) -> Image" in said


def test_what_a_filter_refuses_is_told_at_its_place():
    said = failure('print "a" max(BinaryThreshold(img, 0, 1, 300))')
    assert "program.imgql:5:15" in said
    assert "`BinaryThreshold` takes whole numbers from 0 to 255 as insideValue, not 300" in said


# --- Reading --------------------------------------------------------------------------------------


def test_a_file_is_the_same_however_it_is_loaded():
    plan = running.plan(
        Source(
            "p.imgql",
            'import "simpleitk"\nload a = "img.nii.gz"\nlet b = ReadImage("img.nii.gz")\n'
            'print "a" max(intensity(a))\nprint "b" max(intensity(b))',
        )
    )
    assert [node.operator.name for node in plan.nodes].count("load") == 1


def test_a_file_that_is_not_there_is_found_before_anything_runs():
    (said,) = running.check(Source("p.imgql", HEAD + 'print "a" max(ReadImage("imgs.nii.gz"))'))
    assert '"imgs.nii.gz" does not exist' in said.message
    assert said.hint == 'did you mean "img.nii.gz"?'


def test_the_files_of_a_folder_are_read_one_by_one(images):
    Path("cases").mkdir()
    for number in range(3):
        sitk.WriteImage(sitk.Add(images, number), f"cases/c{number}.nii.gz")
    assert printed(
        'print "a" for f in dir("cases", "*.nii.gz", false, true) do max(ReadImage(f))'
    ) == [[float(itk(images).max()) + n for n in range(3)]]
    assert printed('print "a" dir("cases")') == [["c0.nii.gz", "c1.nii.gz", "c2.nii.gz"]]
    (said,) = running.check(Source("p.imgql", 'print "a" dir("nowhere")'))
    assert '"nowhere" does not exist' in said.message


def test_a_file_may_be_chosen_when_the_program_runs(images):
    text = 'print "a" max(ReadImage(["other.nii.gz", "img.nii.gz"][argmax([0, max(img)])]))'
    assert printed(text) == [itk(images).max()]


# --- Writing --------------------------------------------------------------------------------------


def test_writing_happens_when_a_goal_needs_it_and_gives_the_path():
    text = 'let a = WriteImage(img, "a.nii.gz")\nlet b = WriteImage(img, "out/b.mha")\nprint "b" b'
    assert printed(text) == ["out/b.mha"]
    assert Path("out/b.mha").exists() and not Path("a.nii.gz").exists()


def test_writing_happens_in_every_run():
    for _ in range(2):
        run('print "a" WriteImage(Median(img), "a.nii.gz")')
        assert Path("a.nii.gz").exists()
        Path("a.nii.gz").unlink()


def test_of_two_images_for_one_path_the_later_in_the_program_remains():
    def value(text):
        run(text)
        return int(itk(sitk.ReadImage("a.nii.gz")).max())

    def write(n):
        return f'WriteImage(Multiply(Cast(img > 250, sitkInt16), {n}), "a.nii.gz")'

    assert value(f'print "a" [{write(3)}, {write(7)}]') == 7
    assert value(f'print "a" [{write(7)}, {write(3)}]') == 3
    assert value(f'print "a" [{write(3)}, {write(7)}, {write(3)}]') == 3
    assert value(f'print "a" {write(5)}\nsave "a.nii.gz" img > 250') == 1
    assert value(f'save "a.nii.gz" img > 250\nprint "a" {write(5)}') == 5
    # Not the order in which they are needed: that in which they stand.
    assert value(f'let p = {write(3)}\nlet q = {write(7)}\nprint "b" q\nprint "a" p') == 7


def test_when_a_goal_fails_nothing_is_written():
    before = sorted(p.name for p in Path().iterdir())
    failure('print "a" WriteImage(img, "new/a.nii.gz")\nprint "b" volume(near(Median(img)))')
    assert sorted(p.name for p in Path().iterdir()) == before


def test_pictures_keep_16_bits_and_flat_volumes():
    run(
        """
        deep = Cast(RescaleIntensity(intensity(img), 0, 65535), sitkUInt16)
        print "a" WriteImage(Extract(deep, [8, 7, 1], [0, 0, 2]), "a.png")
        print "b" WriteImage(Extract(img > 250, [8, 7, 0], [0, 0, 2]), "b.png")
        """
    )
    deep, flat = sitk.ReadImage("a.png"), sitk.ReadImage("b.png")
    assert deep.GetPixelID() == sitk.sitkUInt16 and deep.GetSize() == (8, 7)
    assert itk(deep).max() > 255
    assert set(np.unique(itk(flat))) == {0, 1}


def test_a_format_that_does_not_fit_is_told_at_the_call():
    said = failure('print "a" WriteImage(img, "a.png")')
    assert "PNG holds 2-D images only" in said and "program.imgql:5:11" in said
    said = failure('print "a" WriteImage(img, "a.xyz")')
    assert "unknown extension .xyz" in said


def test_what_was_written_is_in_the_report():
    report = run('print "a" WriteImage(img, "out/a.nii.gz")')
    assert [layer.name for layer in report.layers] == ["a"]


# --- The store ------------------------------------------------------------------------------------


def test_what_a_filter_gives_is_kept():
    text = 'print "a" Statistics(CurvatureFlow(img, 0.05, 3))'
    first, second = run(text), run(text)
    assert first.prints == second.prints
    assert first.stats.computed > 0 and second.stats.computed == 0


def test_what_is_random_is_another_in_every_run_and_never_kept():
    text = 'print "a" Statistics(AdditiveGaussianNoise(img, 5))[2]'
    first, second = run(text), run(text)
    assert first.prints[0].value != second.prints[0].value
    assert second.stats.stored == 0
    noise = "max(AdditiveGaussianNoise(img, 5))"
    (both,) = printed(f'print "a" [{noise}, {noise}]')
    assert both[0] == both[1]


def test_what_has_a_seed_is_kept():
    text = 'print "a" Statistics(AdditiveGaussianNoise(img, 5, 0, 3))[2]'
    first, second = run(text), run(text, jobs=1)
    assert first.prints == second.prints
    assert second.stats.computed == 0
    assert run(text, jobs=1, cache=False).prints == first.prints


@pytest.mark.parametrize("options", [{"jobs": 1}, {"jobs": 2}, {"rewrites": False}])
def test_threads_and_rewrites_change_nothing(options):
    text = """
        smooth = DiscreteGaussian(img, 2)
        a = smooth > 150
        b = BinaryMorphologicalOpening(a, [1, 1, 1])
        print "a" [volume(a), volume(b), volume(smoothen(b, 2)), volume(!a & border), max(dt(b))]
        """
    assert printed(text, cache=False, **options) == printed(text, cache=False)


def test_rewrites_and_chains_hold_on_grids_that_are_known_late():
    """What rules make of constants is drawn on the grid of what it replaces."""
    text = """
        half = Shrink(img, [2, 2, 2])
        a = half > 100
        print "a" [volume(a & !a), volume(a | !a), volume(a & tt), volume(!ff & a), volume(tt & a)]
        print "b" [max(mask(half, a | !a)), max(mask(half, a & !a)), max(half * constant(2) + x)]
        print "c" [volume(distleq(3, a & border)), avg(select(a, constant(1), constant(0)), tt)]
        """
    assert printed(text, cache=False) == printed(text, cache=False, rewrites=False)


@pytest.mark.parametrize("imported", ["", 'import "arrays"\n'])
def test_vectors_for_filters_come_with_them(imported):
    head = f'import "simpleitk"\n{imported}img = ReadImage("img.nii.gz")\n'
    text = 'print "a" max(Extract(img, vector_uint32([8, 7, 0]), [0, 0, 3]))'
    assert printed(text, head) == printed('print "a" max(Extract(img, [8, 7, 0], [0, 0, 3]))', head)
