"""Volumes with layers over them as one picture, and programs that save such."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813
from PIL import Image as Decoded

from voxlogica import running
from voxlogica.images.geometry import Geometry
from voxlogica.images.image import Image
from voxlogica.operators.layers import LIGHT_BOX
from voxlogica.pictures.light_box import BoxLayer, light_box
from voxlogica.pictures.overlays import COLOURS
from voxlogica.syntax.diagnostics import VoxLogicaError

RANDOM = np.random.default_rng(8)
SHAPE = (50, 30, 24)


def image(array: np.ndarray, spacing=(1.0, 1.0, 1.0)) -> Image:
    return Image(array, Geometry.of_size(*array.shape[::-1], spacing=spacing))


def box(*where: slice) -> np.ndarray:
    region = np.zeros(SHAPE, bool)
    region[where] = True
    return region


@pytest.fixture
def numbers(monkeypatch) -> list[str]:
    """The titles under slices, as they are drawn."""
    from voxlogica.pictures import mosaic

    found: list[str] = []
    drawn = mosaic.written

    def noting(pixels, text, *more):
        found.append(text)
        drawn(pixels, text, *more)

    monkeypatch.setattr(mosaic, "written", noting)
    return found


def shown(numbers: list[str]) -> list[int]:
    return [int(text[4:]) for text in numbers if text.startswith("z = ")]


SCAN = image(RANDOM.random(SHAPE, np.float32))


class TestSlices:
    def test_all_that_regions_reach_is_shown_from_the_feet_on(self, numbers):
        light_box(
            SCAN, [BoxLayer("a", image(box(slice(3, 9)))), BoxLayer("b", image(box(slice(7, 14))))]
        )
        assert shown(numbers) == [*range(3, 14)]

    def test_of_many_slices_some_are_shown_in_equal_steps(self, numbers):
        light_box(SCAN, [BoxLayer("a", image(box(slice(1, 48))))])
        assert shown(numbers) == [*range(1, 48, 3)]

    def test_without_a_voxel_in_a_region_the_whole_volume_is(self, numbers):
        light_box(SCAN, [BoxLayer("a", image(box(slice(0, 0)))), BoxLayer("shades", None)])
        assert shown(numbers) == [*range(0, 50, 3)]
        assert "a: empty" in numbers
        assert "shades" in numbers

    def test_where_no_side_is_known_slices_are_in_the_order_of_the_file(self, numbers):
        place = Geometry(SHAPE[::-1], (1.0,) * 3, (0.0,) * 3, tuple(np.eye(3).ravel()), "um")
        cells = Image(SCAN.array, place)
        light_box(cells, [BoxLayer("a", Image(box(slice(4, 7)), place))])
        assert shown(numbers) == [4, 5, 6]
        assert not {"R", "L", "A", "P"} & set(numbers)
        assert "5 µm" in numbers

    def test_slices_are_to_scale_and_lines_are_of_one_pixel(self):
        wide = image(SCAN.array, (2.0, 1.0, 9.0))
        region = image(box(slice(20, 21), slice(5, 25), slice(4, 20)), (2.0, 1.0, 9.0))
        found = light_box(wide, [BoxLayer("a", region)])
        ys, xs = np.nonzero((found[:320] == COLOURS[0]).all(axis=-1))
        assert np.ptp(xs) / np.ptp(ys) == pytest.approx(32 / 20, abs=0.02)
        middle = (found[(ys.min() + ys.max()) // 2] == COLOURS[0]).all(axis=-1)
        assert middle[: xs.max() + 1].sum() == 2


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    scan = sitk.GetImageFromArray((RANDOM.random((9, 30, 24)) * 900).astype(np.int16))
    sitk.WriteImage(scan, "scan.nii.gz")
    sitk.WriteImage(scan[:, :, 4], "flat.nii.gz")
    return tmp_path


PROGRAM = """
load scan = "scan.nii.gz"
let bright = intensity(scan) >. 700
let found = maxvol(bright)
"""


def run(text: str) -> None:
    Path("a.imgql").write_text(PROGRAM + text)
    running.run(["a.imgql"], cache=False)


class TestPrograms:
    @pytest.mark.parametrize("name", ["box.png", "box.jpg", "box.jpeg", "box.bmp"])
    def test_overlay_of_a_volume_saved_as_a_picture_is_a_light_box(self, folder, name):
        run(f'save "{name}" overlay(scan, found, bright)\n')
        with Decoded.open(name) as picture:
            assert picture.mode == "RGB"
            assert min(picture.size) > 300

    def test_it_has_the_same_bytes_each_time_on_one_thread_and_on_several(self, folder):
        for name, jobs in (("one", 1), ("two", 2)):
            Path("a.imgql").write_text(PROGRAM + f'save "{name}.png" overlay(scan, found)\n')
            running.run(["a.imgql"], jobs=jobs, cache=False)
        assert Path("one.png").read_bytes() == Path("two.png").read_bytes()

    def test_layers_are_called_as_the_program_calls_them(self, folder, numbers):
        run('save "box.png" overlay(scan, found, near(bright & found), scan)\n')
        texts = [text.partition(":")[0] for text in numbers]
        assert {"found", "near(bright & found)", "scan"} <= set(texts)

    def test_formats_that_hold_volumes_get_the_volume(self, folder):
        run('save "volume.nii.gz" overlay(scan, found)\nsave "v.tif" overlay(scan, found)\n')
        assert sitk.ReadImage("volume.nii.gz").GetSize() == (24, 30, 9)

    def test_a_2d_overlay_is_saved_as_it_is(self, folder):
        run('load flat = "flat.nii.gz"\nsave "flat.png" overlay(flat, intensity(flat) >. 700)\n')
        assert Decoded.open("flat.png").size == (24, 30)

    @pytest.mark.parametrize(("file", "size"), [("flat", 24), ("scan", None)])
    def test_where_only_running_tells_the_operation_looks(self, folder, file, size):
        run(
            f'import "simpleitk"\nlet image = Median(ReadImage("{file}.nii.gz"), [1, 1, 1])\n'
            'save "x.png" overlay(image, image > 500)\n'
            if file == "scan"
            else f'import "simpleitk"\nlet image = Median(ReadImage("{file}.nii.gz"), 1)\n'
            'save "x.png" overlay(image, image > 500)\n'
        )
        width = Decoded.open("x.png").size[0]
        assert width == size if size else width > 300

    def test_each_of_a_sequence_is_one(self, folder):
        run('save "box_{}.png" for t in [500, 700] do overlay(scan, intensity(scan) > t)\n')
        assert min(Decoded.open("box_001.png").size) > 300
        assert Path("box_000.png").read_bytes() != Path("box_001.png").read_bytes()

    @pytest.mark.parametrize("what", ["scan", "found", "intensity(scan)"])
    def test_other_volumes_are_refused_before_anything_runs_and_told_how(self, folder, what):
        with pytest.raises(VoxLogicaError) as refused:
            run(f'save "x.png" {what}\n')
        (error,) = refused.value.diagnostics
        assert "PNG holds 2-D images only, and this one is 3-D" in error.message
        expected = "overlay(img, found)" if what == "found" else f"overlay({what}, region)"
        assert f'`save "x.png" {expected}` has its slices in one picture' in error.hint

    def test_the_picture_rests_on_the_layers_and_not_on_the_volume_of_colours(self, folder):
        Path("a.imgql").write_text(PROGRAM + 'save "x.png" overlay(scan, found)\n')
        plan, _ = running.plans(["a.imgql"])
        names = [plan.kinds[position].operator.name for position in plan.needed()]
        assert LIGHT_BOX.name in names
        assert "overlay" not in names
