"""A head of known sides in each of the 48 orders in which a file may have its axes.

Whatever the order, each picture is the same: of reports, of `view`, of light boxes, of notebooks
and terminals; the patient's left is at the right, the front and the head are at the top.
"""

from __future__ import annotations

import io
import re
from base64 import b64decode
from functools import cache
from itertools import permutations, product
from pathlib import Path

import nibabel
import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image as Decoded

import voxlogica
from voxlogica.cli.commands import voxlogica as command
from voxlogica.pictures import light_box
from voxlogica.pictures.overlays import COLOURS
from voxlogica.pictures.planes import Plane

ORIENTATIONS = [
    tuple(zip(axes, senses, strict=True))
    for axes in permutations(range(3))
    for senses in product((1, -1), repeat=3)
]
# Each order of axes, and each combination of senses, at least once.
FEW = {ORIENTATIONS[8 * k % 48 + k % 8] for k in range(8)}
SPACING = (1.0, 1.5, 2.0)
PROGRAM = """
load head = "head.nii"
load lump = "lump.nii"
let left = intensity(lump) >. 0
print "voxels" volume(left)
save "left.nii" left
save "box.png" overlay(head, left)
"""


def head() -> tuple[np.ndarray, np.ndarray]:
    """A head with a nose, in RAS, and a lump at its left, in front, above.

    Some sides are even: what is in the middle does not depend on where one begins to count.
    """
    x, y, z = np.mgrid[-20:20, -16:17, -12:12]
    within = (x / 17) ** 2 + (y / 13) ** 2 + (z / 10) ** 2 < 1
    nose = (abs(x) < 3) & (y > 10) & (y < 16) & (abs(z) < 3)
    rng = np.random.default_rng(4)
    scan = (within * (60 + 2 * y + z) + nose * 150 + rng.random(x.shape) * 20).astype(np.float32)
    lump = (abs(x + 9) < 4) & (abs(y - 4.5) < 4) & (abs(z - 4.5) < 3)
    return scan, lump.astype(np.uint8)


def write(orientation) -> None:
    affine = np.diag([*SPACING, 1.0])
    for name, array in zip(("head", "lump"), head(), strict=True):
        stored = nibabel.Nifti1Image(array, affine).as_reoriented(np.array(orientation))
        nibabel.save(stored, f"{name}.nii")


def pixels(png: bytes) -> np.ndarray:
    return np.asarray(Decoded.open(io.BytesIO(png)).convert("RGB"))


def embedded(html: str) -> list[bytes]:
    return [b64decode(data) for data in re.findall(r'src="data:image/png;base64,([^"]+)"', html)]


def sides(html: str) -> list[str]:
    """The letters of a page or a piece of HTML, in their order."""
    return re.findall(r"<span[^>]*>([RLAPSI])</span>", html)


@cache
def shown(orientation) -> dict[str, object]:
    """All pictures of the head, its axes in an order. In the working folder.

    Slices are numbered along the axes of the file: their numbers are left away.
    """
    write(orientation)
    Path("a.imgql").write_text(PROGRAM)
    calls = (
        ("run", "a.imgql", "--no-cache", "--report", "page.html"),
        ("view", "head.nii", "lump.nii", "-o", "view.png"),
        ("view", "head.nii", "lump.nii", "-o", "view.html"),
        ("view", "head.nii", "lump.nii"),
    )
    with pytest.MonkeyPatch.context() as numbers:
        numbers.setattr(Plane, "title", lambda plane, index: plane.name)
        numbers.setattr(light_box, "_number", lambda plane, index: "a slice")
        results = [CliRunner().invoke(command, [*call]) for call in calls]
    assert [result.exit_code for result in results] == [0] * len(calls), results
    page, viewed = Path("page.html").read_text(), Path("view.html").read_text()
    scan, lump = voxlogica.read("head.nii"), voxlogica.read("lump.nii")
    notebook = scan.with_regions(left=lump > 0)._repr_html_()
    return {
        "report": embedded(page)[:3],
        "sides of the report": sides(page)[:12],
        "page": embedded(viewed),
        "sides of the page": sides(viewed),
        "notebook": embedded(notebook),
        "sides in the notebook": sides(notebook),
        "alone in the notebook": embedded(scan._repr_html_()),
        "view": Path("view.png").read_bytes(),
        "light box": Path("box.png").read_bytes(),
        "terminal": results[-1].output,
    }


@pytest.fixture
def expected(tmp_path_factory, monkeypatch) -> dict[str, object]:
    monkeypatch.chdir(tmp_path_factory.mktemp("head"))
    return shown(ORIENTATIONS[0])


@pytest.mark.parametrize(
    "orientation",
    [one if one in FEW else pytest.param(one, marks=pytest.mark.slow) for one in ORIENTATIONS],
    ids=str,
)
def test_a_head_looks_the_same_however_its_axes_are_stored(expected, orientation):
    found = shown(orientation)
    assert found.keys() == expected.keys()
    for name, value in found.items():
        assert value == expected[name], name


def test_left_front_and_top_are_where_they_belong(expected):
    axial, coronal, sagittal = (pixels(png) for png in expected["report"])
    for picture, (right, top) in (
        (axial, (True, True)),  # the left at the right, the front at the top
        (coronal, (True, True)),  # the head at the top
        (sagittal, (False, True)),  # the front at the left
    ):
        lit = np.argwhere((picture == COLOURS[0]).all(axis=-1)).mean(axis=0)
        y, x = lit / picture.shape[:2]
        assert (x > 0.5, y < 0.5) == (right, top)
    letters = expected["sides of the report"]
    assert "".join(letters) == "RLAPRLSIAPSI"
    assert expected["sides of the page"] == letters
    assert sorted(expected["sides in the notebook"]) == sorted(letters)
    assert expected["terminal"].split()[:3] == ["R", "axial", "L"]


def test_the_measure_tells_a_head_that_is_mirrored(expected, tmp_path, monkeypatch):
    """A lump at the right gives other pictures."""
    monkeypatch.chdir(tmp_path)
    array, lump = head()
    for name, values in (("head", array[::-1]), ("lump", lump[::-1])):
        nibabel.save(nibabel.Nifti1Image(values, np.diag([*SPACING, 1.0])), f"{name}.nii")
    notebook = voxlogica.read("head.nii").with_regions(left=voxlogica.read("lump.nii") > 0)
    assert embedded(notebook._repr_html_()) != expected["notebook"]
