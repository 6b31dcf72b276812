"""The unit of an image's lengths: millimetres, micrometres, or pixels where there is no length."""

import json
import subprocess
import sys
from pathlib import Path

import nibabel
import numpy as np
import pytest
import tifffile
from PIL import Image as Picture

from voxlogica import running
from voxlogica.engine.store_values import read_value, written
from voxlogica.images.geometry import Geometry
from voxlogica.images.image import Image
from voxlogica.images.reading import open_image
from voxlogica.operators.itk.filtering import filtered
from voxlogica.operators.itk.procedures import procedure

MM = Geometry.of_size(4, 3, spacing=(0.5, 0.25))


def test_dots_per_inch_are_no_spacing(tmp_path: Path) -> None:
    for name in ("a.png", "a.jpg", "a.bmp"):
        Picture.fromarray(np.zeros((3, 4), np.uint8)).save(tmp_path / name, dpi=(300, 300))
        geometry = open_image(tmp_path / name).geometry
        assert (geometry.spacing, geometry.unit) == ((1.0, 1.0), "px")


@pytest.mark.parametrize(
    ("said", "spacing", "origin", "unit"),
    [
        ("mm", (0.1, 0.3, 0.7), (-10.0, -20.0, 30.0), "mm"),
        ("micron", (0.1, 0.3, 0.7), (-10.0, -20.0, 30.0), "um"),
        ("meter", (100.0, 300.0, 700.0), (-10000.0, -20000.0, 30000.0), "mm"),
        ("unknown", (0.1, 0.3, 0.7), (-10.0, -20.0, 30.0), "mm"),
    ],
)
def test_nifti_says_its_unit(
    tmp_path: Path, said: str, spacing: tuple[float, ...], origin: tuple[float, ...], unit: str
) -> None:
    affine = np.array([[-0.1, 0, 0, 10], [0, -0.3, 0, 20], [0, 0, 0.7, 30], [0, 0, 0, 1.0]])
    image = nibabel.Nifti1Image(np.zeros((3, 4, 5), np.int16), affine)
    image.header.set_xyzt_units(said)
    nibabel.save(image, tmp_path / "a.nii")
    geometry = open_image(tmp_path / "a.nii").geometry
    assert geometry.spacing == pytest.approx(spacing)
    assert geometry.origin == pytest.approx(origin)
    assert geometry.unit == unit


def test_lengths_are_compared_not_numbers() -> None:
    assert MM.in_unit("um").spacing == (500.0, 250.0)
    assert MM.agrees_with(MM.in_unit("um"))
    assert MM.in_unit("um").in_unit("mm") == MM
    assert not MM.agrees_with(Geometry((4, 3), (0.5, 0.25), (0.0, 0.0), (1, 0, 0, 1), "um"))


def test_pixels_claim_no_length() -> None:
    pixels = Geometry((4, 3), (1.0, 1.0), (0.0, 0.0), (1, 0, 0, 1), "px")
    for unit in ("mm", "um"):
        assert pixels.agrees_with(Geometry((4, 3), (1.0, 1.0), (0.0, 0.0), (1, 0, 0, 1), unit))
    assert pixels.agrees_with(MM) and MM.agrees_with(pixels)
    larger = Geometry((4, 3), (2.0, 2.0), (0.0, 0.0), (1, 0, 0, 1), "px")
    assert not larger.agrees_with(MM)


def test_the_unit_is_part_of_what_a_place_is_known_by() -> None:
    images = [
        Geometry((4, 3), (1.0, 1.0), (0.0, 0.0), (1, 0, 0, 1), unit) for unit in ("mm", "um", "px")
    ]
    assert len({image.canonical() for image in images}) == 3


@pytest.mark.parametrize("unit", ["mm", "um", "px"])
def test_the_store_keeps_the_unit(unit: str) -> None:
    geometry = Geometry((4, 3), (1.0, 1.0), (0.0, 0.0), (1, 0, 0, 1), unit)
    kept = written(Image(np.zeros((3, 4), np.float32), geometry))
    form = read_value(kept.type, kept.text)
    assert form.geometry == geometry
    with pytest.raises(ValueError):
        read_value(kept.type, json.dumps({**json.loads(kept.text), "unit": "furlong"}))


def test_filters_give_images_in_the_unit_of_the_first() -> None:
    pixels = np.zeros((3, 4), np.float32)
    fine = Image(pixels, MM.in_unit("um"))
    median, *_ = procedure("Median").signatures
    found = filtered("Median", median, [fine])
    assert found.geometry == fine.geometry
    resample = next(s for s in procedure("Resample").signatures if s.arguments[1].name[0] == "r")
    found = filtered("Resample", resample, [Image(pixels, MM), fine])
    assert found.geometry.agrees_with(MM)


def test_the_unit_is_shown_where_the_spacing_is(tmp_path: Path) -> None:
    Picture.fromarray(np.zeros((3, 4), np.uint8)).save(tmp_path / "a.png")
    program = tmp_path / "p.imgql"
    program.write_text('load m = "a.png"\nprint "n" volume((intensity(m) <. 1) & tt)\n')
    plan = [sys.executable, "-m", "voxlogica", "plan", "--format", "json", "p.imgql"]
    shown = subprocess.run(plan, cwd=tmp_path, capture_output=True, text=True, check=True).stdout
    assert '"unit": "px"' in shown


def test_what_says_nothing_of_its_place_takes_that_of_what_it_meets(tmp_path: Path) -> None:
    """Labels are often kept in pixels: over a scan with lengths, they lie where the scan does."""
    labels = np.zeros((1, 20, 20), np.uint8)
    labels[0, 10, 10] = 1
    tifffile.imwrite(tmp_path / "labels.tif", labels[0], photometric="minisblack")
    scan = {"axes": "YX", "PhysicalSizeX": 0.5, "PhysicalSizeY": 0.5}
    units = {"PhysicalSizeXUnit": "µm", "PhysicalSizeYUnit": "µm"}
    tifffile.imwrite(tmp_path / "scan.ome.tif", labels[0], metadata=scan | units)
    for first, second in (("labels.tif", "scan.ome.tif"), ("scan.ome.tif", "labels.tif")):
        text = (
            f'import "simpleitk"\na = ReadImage("{tmp_path / first}")\n'
            f'b = ReadImage("{tmp_path / second}")\n'
            'print "near" volume(dilate((a > 0) & (b > 0), 1))\n'
            'print "masked" volume(Mask(a, b) > 0)\n'
        )
        report = running.run(running.Source("p.imgql", text))
        assert [printed.value for printed in report.prints] == [13, 1]
        assert not report.log
    text = text.replace("a > 0", "Median(b, 0) > 0").replace("b > 0", "Median(a, 0) > 0")
    report = running.run(running.Source("p.imgql", text))
    assert report.prints[0].value == 5
    assert "pixels are counted" in str(report.log)
