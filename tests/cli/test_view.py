"""`voxlogica view`: files to pictures, in a terminal and in files; what is refused."""

from __future__ import annotations

from pathlib import Path

import nibabel
import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813
from click.testing import CliRunner, Result
from PIL import Image as Decoded

from tests.dicom_files import series
from voxlogica.cli.commands import voxlogica as command
from voxlogica.pictures.overlays import COLOURS

RANDOM = np.random.default_rng(2)


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    scan = np.zeros((12, 30, 24), np.float32)
    scan[2:10, 5:25, 4:20] = RANDOM.random((8, 20, 16)) * 90 + 10
    write("scan.nii.gz", scan, (1.0, 1.0, 3.0))
    region = np.zeros(scan.shape, np.uint8)
    region[4:7, 8:18, 6:14] = 1
    write("tumour.nii.gz", region, (1.0, 1.0, 3.0))
    region[5:7, 10:13, 8:12] = 4
    write("parts.nii.gz", region, (1.0, 1.0, 3.0))
    return tmp_path


def write(name: str, array: np.ndarray, spacing=None) -> None:
    image = sitk.GetImageFromArray(array)
    if spacing:
        image.SetSpacing(spacing)
    sitk.WriteImage(image, name)


def view(*arguments: str, **environment: str) -> Result:
    return CliRunner(env=environment).invoke(command, ["view", *arguments])


def has_colour(name: str, colour) -> bool:
    return bool((np.asarray(Decoded.open(name)) == colour).all(axis=-1).sum() > 30)


def test_a_picture_of_a_scan_with_regions():
    found = view("scan.nii.gz", "tumour.nii.gz", "-o", "out/both.png")
    assert (found.exit_code, found.output) == (0, "")
    with Decoded.open("out/both.png") as picture:
        assert picture.info["Software"] == "voxlogica"
        assert picture.size[0] > 1000
    assert has_colour("out/both.png", COLOURS[0])
    assert not has_colour("out/both.png", COLOURS[1])
    assert [p.name for p in Path("out").iterdir()] == ["both.png"]


def test_it_is_the_same_picture_each_time():
    view("scan.nii.gz", "tumour.nii.gz", "-o", "a.png")
    view("scan.nii.gz", "tumour.nii.gz", "-o", "b.png")
    assert Path("a.png").read_bytes() == Path("b.png").read_bytes()


def test_a_page_of_a_scan_with_regions():
    found = view("scan.nii.gz", "parts.nii.gz", "-o", "page.html")
    assert (found.exit_code, found.output) == (0, "")
    page = Path("page.html").read_text()
    assert "parts = 1, parts = 4 over scan.nii.gz" in page
    assert page.count('src="data:image/png;base64,') == 3
    assert "24 voxels, 0.072 ml" in page
    assert str(Path.cwd()) not in page
    assert view("scan.nii.gz", "-o", "page.html").exit_code == 0
    assert "parts = 1" not in Path("page.html").read_text()


@pytest.mark.parametrize("name", ["parts.nii.gz", "flat.png", "photo.png"])
def test_a_page_of_what_is_no_scan(name):
    pixels = RANDOM.integers(0, 256, (20, 30, 3), np.uint8)
    sitk.WriteImage(sitk.GetImageFromArray(pixels, isVector=True), "photo.png")
    sitk.WriteImage(sitk.GetImageFromArray(pixels[..., 0]), "flat.png")
    assert view(name, "-o", "page.htm").exit_code == 0
    assert f"<title>{name}</title>" in Path("page.htm").read_text()


def test_in_the_terminal_there_are_characters_with_what_they_mean():
    found = view("scan.nii.gz", "parts.nii.gz")
    assert found.exit_code == 0
    assert "axial, z = 6" in found.output
    assert "-- parts = 1: 216 voxels, 0.648 ml\n-- parts = 4: 24 voxels, 0.072 ml" in found.output
    assert found.output.splitlines()[-1].startswith("black ")


def test_each_label_is_a_region_and_of_many_all_are_one():
    assert view("scan.nii.gz", "parts.nii.gz", "-o", "x.png").exit_code == 0
    assert has_colour("x.png", COLOURS[1])
    many = RANDOM.integers(0, 30, (12, 30, 24)).astype(np.uint8)
    write("many.nii.gz", many, (1.0, 1.0, 3.0))
    found = view("scan.nii.gz", "many.nii.gz")
    assert "warning: many, 29 labels: more than seven, drawn as one region" in found.stderr
    assert f"-- many, 29 labels: {np.count_nonzero(many):,} voxels" in found.stdout


def test_a_label_image_by_itself_has_a_colour_a_label():
    assert view("parts.nii.gz", "-o", "x.png").exit_code == 0
    assert has_colour("x.png", COLOURS[0])
    assert has_colour("x.png", COLOURS[3])


def test_regions_of_one_name_are_called_by_their_paths():
    Path("other").mkdir()
    Path("other/tumour.nii.gz").write_bytes(Path("tumour.nii.gz").read_bytes())
    found = view("scan.nii.gz", "tumour.nii.gz", "other/tumour.nii.gz")
    assert f"-- {Path.cwd().name}/tumour.nii.gz: 240" in found.output
    assert "-- other/tumour.nii.gz: 240" in found.output


@pytest.mark.parametrize("name", ["scan.mha", "scan.nrrd", "scan.tif", "photo.png", "flat.jpg"])
def test_what_the_loader_reads_is_shown(name):
    if name.startswith("scan"):
        array: np.ndarray = RANDOM.integers(0, 9999, (5, 20, 30)).astype(np.uint16)
        write(name, array)
    else:
        pixels = RANDOM.integers(0, 256, (20, 30, 3), np.uint8)
        sitk.WriteImage(sitk.GetImageFromArray(pixels, isVector=True), name)
    assert view(name, "-o", "out.png").exit_code == 0
    assert Decoded.open("out.png").size[0] > 300


def test_a_folder_of_a_dicom_series_is_shown():
    series(Path("series"), RANDOM.integers(0, 900, (6, 20, 30)).astype(np.int16))
    found = view("series")
    assert found.exit_code == 0
    assert "axial, z = 3" in found.output


def test_of_several_times_the_first_is_shown_unless_another_is_asked_for():
    series = np.zeros((30, 24, 12, 3), np.float32)
    series[..., 2] = RANDOM.random((30, 24, 12))
    nibabel.save(nibabel.Nifti1Image(series, np.eye(4)), "times.nii")
    assert "every number is 0" in view("times.nii").output
    assert "black" in view("times.nii", "--frame", "2").output
    found = view("times.nii", "--frame", "3")
    assert found.exit_code == 1
    assert 'error: "times.nii" has no frame 3: 0 to 2' in found.stderr
    assert "has no channels" in view("scan.nii.gz", "--channel", "DAPI").stderr


def test_a_region_of_another_size_is_an_error_and_one_elsewhere_a_warning():
    write("small.nii.gz", np.ones((12, 30, 23), np.uint8), (1.0, 1.0, 3.0))
    found = view("scan.nii.gz", "small.nii.gz", "-o", "x.png")
    assert found.exit_code == 1
    assert "images of different sizes: 24×30×12 (scan.nii.gz) and 23×30×12" in found.stderr
    assert "Resample(region, image" in found.stderr
    assert not Path("x.png").exists()
    write("moved.nii.gz", np.ones((12, 30, 24), np.uint8), (1.0, 1.0, 2.0))
    found = view("scan.nii.gz", "moved.nii.gz", "-o", "x.png")
    assert found.exit_code == 0
    assert "has the size of scan.nii.gz but lies elsewhere: spacing 1 × 1 × 2 in" in found.stderr


def test_what_is_no_region_is_told():
    found = view("scan.nii.gz", "scan.nii.gz")
    assert found.exit_code == 1
    assert '"scan.nii.gz" is no region: its voxels are numbers from 0 to 9' in found.stderr
    assert 'save "region.nii.gz" scan > 0.5' in found.stderr
    sitk.WriteImage(sitk.GetImageFromArray(np.ones((4, 5, 3), np.uint8), isVector=True), "c.png")
    sitk.WriteImage(sitk.GetImageFromArray(np.ones((4, 5), np.uint8)), "g.png")
    assert "a voxel has 3 values" in view("g.png", "c.png").stderr


def test_only_pictures_and_pages_of_ours_are_replaced():
    assert view("scan.nii.gz", "-o", "ours.png").exit_code == 0
    assert view("scan.nii.gz", "tumour.nii.gz", "-o", "ours.png").exit_code == 0
    photo = np.asarray(Decoded.open("ours.png"))
    Decoded.fromarray(photo).save("photo.png")
    Path("notes.png").write_text("mine")
    Path("folder.png").mkdir()
    Path("notes.html").write_text("<!doctype html><p>mine")
    for name in ("photo.png", "notes.png", "notes.html"):
        before = Path(name).read_bytes()
        found = view("scan.nii.gz", "-o", name)
        assert found.exit_code == 1
        assert f"cannot write {name}: what is there was not made by" in found.stderr
        assert Path(name).read_bytes() == before
    assert "it is a folder" in view("scan.nii.gz", "-o", "folder.png").stderr
    assert "it is what is looked at" in view("ours.png", "-o", "./ours.png").stderr


def test_an_empty_file_and_a_pipe_are_written_to():
    Path("empty.png").touch()
    assert view("scan.nii.gz", "-o", "empty.png").exit_code == 0
    assert view("scan.nii.gz", "-o", "/dev/null").exit_code == 2


def test_what_cannot_be_written_leaves_nothing():
    Path("locked").mkdir()
    Path("locked").chmod(0o500)
    found = view("missing.nii.gz", "-o", "new/x.png")
    assert found.exit_code == 1
    assert '"missing.nii.gz" does not exist' in found.stderr
    assert not Path("new").exists()
    Path("file").write_text("")
    found = view("scan.nii.gz", "-o", "file/x.png")
    assert found.exit_code == 1
    assert "cannot write file/x.png" in found.stderr


def test_the_name_says_what_is_written():
    found = view("scan.nii.gz", "-o", "x.jpg")
    assert found.exit_code == 2
    assert "a name that ends with .png is a picture, with .html a page" in found.stderr
