"""What is saved is read back, by this reader and by independent ones: with the same values, in the
same place in space; and what a format has no room for is told.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nibabel as nib
import nrrd
import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813
import tifffile
from PIL import Image as Picture

from voxlogica.images.encoding import whole
from voxlogica.images.errors import ImageFileError
from voxlogica.images.formats import FORMATS, WRITTEN
from voxlogica.images.geometry import Geometry
from voxlogica.images.image import Image
from voxlogica.images.reading import open_image, read_image
from voxlogica.images.saving import Written
from voxlogica.images.writing import Staging
from voxlogica.remarks import heard
from voxlogica.running import run

KINDS = ["bool", "u1", "i1", "u2", "i2", "u4", "i4", "u8", "i8", "f4", "f8"]
FLAT, DEEP = (1.0, 0.0, 0.0, 1.0), (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0)
PLACES = {
    "flat": Geometry((5, 4), (1.0, 1.0), (0.0, 0.0), FLAT),
    "flat, anisotropic": Geometry((5, 4), (0.7, 1.3), (-3.5, 12.25), FLAT),
    "flat, turned": Geometry((5, 4), (0.7, 1.3), (-3.5, 12.25), (0.6, -0.8, 0.8, 0.6)),
    "plain": Geometry((5, 4, 3), (1.0, 1.0, 1.0), (0.0, 0.0, 0.0), DEEP),
    "anisotropic": Geometry((5, 4, 3), (0.9375, 0.9375, 3.3), (-118.1, 90.25, -72.0), DEEP),
    "flipped": Geometry((5, 4, 3), (1, 2, 3), (1, 2, 3), (-1, 0, 0, 0, 1.0, 0, 0, 0, -1)),
    "permuted": Geometry((5, 4, 3), (1, 2, 3), (1, 2, 3), (0, 0, 1, 1, 0, 0, 0, 1.0, 0)),
    "oblique": Geometry((5, 4, 3), (1, 2, 3), (9, 8, 7), (0.8, 0, 0.6, 0, 1, 0, -0.6, 0, 0.8)),
    "micrometres": Geometry((5, 4, 3), (0.65, 0.65, 2.0), (0.0, 0.0, 0.0), DEEP, "um"),
}


def image(place: Geometry, kind: str, components: int = 1) -> Image:
    shape = place.shape + ((components,) if components > 1 else ())
    values = np.arange(int(np.prod(shape))).reshape(shape) * 7 % 100
    return Image(values % 3 == 0 if kind == "bool" else values.astype(kind), place)


def save(path: Path, saved: Image) -> Written:
    with Staging([path]) as staging:
        written = staging.write(path, saved, colour=saved.components > 1)
        staging.commit()
    return written


# Independent readers: values of shape (z, y, x, components), and the place of a voxel from its
# indices, in millimetres and as ITK counts; None where the format has no such.
Reading = tuple[np.ndarray, np.ndarray | None]


def by_nibabel(path: Path) -> Reading:
    found = nib.load(path)
    micrometres = found.header.get_xyzt_units()[0] == "micron"
    place = np.diag([-1.0, -1.0, 1.0, 1.0]) @ found.affine
    if micrometres:
        place[:3] /= 1e3
    values = np.asarray(found.dataobj)
    if values.dtype.names:
        values = np.stack([values[name] for name in values.dtype.names], axis=-1)
        return np.swapaxes(values, 0, values.ndim - 2), place
    if values.ndim == 5:
        values = values[:, :, :, 0]
        moved = np.transpose(values, (2, 1, 0, 3))
        return (moved[0] if found.shape[2] == 1 else moved), place
    return values.T, place


def by_nrrd(path: Path) -> Reading:
    values, header = nrrd.read(str(path), index_order="C")
    vectors = [row for row in header["space directions"] if not np.isnan(row).any()]
    n = len(vectors)
    place = np.eye(4)
    place[:n, :n] = np.array(vectors).T
    place[:n, 3] = header["space origin"]
    return values, place


def by_simpleitk(path: Path) -> Reading:
    found = sitk.ReadImage(str(path))
    n = found.GetDimension()
    place = np.eye(4)
    place[:n, :n] = np.reshape(found.GetDirection(), (n, n)) @ np.diag(found.GetSpacing())
    place[:n, 3] = found.GetOrigin()
    return sitk.GetArrayFromImage(found), place


def by_tifffile(path: Path) -> Reading:
    with tifffile.TiffFile(path) as found:
        values = found.asarray()
        said = found.imagej_metadata or {}
        tags = found.pages[0].tags
        steps = [1.0, 1.0, float(said.get("spacing", 1.0))]
        for i, name in enumerate(("XResolution", "YResolution")):
            if name in tags:
                many, length = tags[name].value
                steps[i] = length / many
    factor = 1e-3 if said.get("unit") == "um" else 1.0
    return values, np.diag([*(factor * step for step in steps), 1.0])


def by_pillow(path: Path) -> Reading:
    with Picture.open(path) as found:
        return np.asarray(found), None


READERS: dict[str, list[Callable[[Path], Reading]]] = {
    ".nii": [by_nibabel, by_simpleitk],
    ".nii.gz": [by_nibabel, by_simpleitk],
    ".mha": [by_simpleitk],
    ".mhd": [by_simpleitk],
    ".nrrd": [by_nrrd, by_simpleitk],
    ".tif": [by_tifffile],
    ".tiff": [by_tifffile],
    ".png": [by_pillow],
    ".bmp": [by_pillow],
}


def placing(geometry: Geometry) -> np.ndarray:
    geometry = geometry.in_unit("mm") if geometry.unit != "px" else geometry
    n = geometry.dimension
    place = np.eye(4)
    place[:n, :n] = np.reshape(geometry.direction, (n, n)) @ np.diag(geometry.spacing)
    place[:n, 3] = geometry.origin
    return place


@pytest.mark.parametrize("name", PLACES)
@pytest.mark.parametrize("suffix", [s for s in READERS if not FORMATS[s].display])
def test_volumes_are_read_back_where_they_lie_or_it_is_told(
    tmp_path: Path, suffix: str, name: str
) -> None:
    place = PLACES[name]
    # Where an image lies has nothing to do with its type: all types in two places.
    for kind in KINDS if name in ("flat, turned", "oblique") else ("bool", "i2", "f4"):
        for components in (1, 3, 4):
            path = tmp_path / f"{kind}{components}{suffix}"
            saved = image(place, kind, components)
            if saved.dtype.name in FORMATS[suffix].unfit:
                with pytest.raises(ImageFileError):
                    save(path, saved)
                continue
            if suffix in (".nii", ".nii.gz") and components > 1 and kind not in ("u1", "f4"):
                continue  # one of each way that NIfTI has for colours
            written = save(path, saved)
            kept = Geometry(
                place.size,
                place.spacing,
                place.origin if "origin" not in written.unkept else (0.0,) * place.dimension,
                place.direction if "direction" not in written.unkept else DEEP
                if place.dimension == 3 else FLAT,
                place.unit,
            )  # fmt: skip
            n = place.dimension
            for read in READERS[suffix]:
                values, there = read(path)
                np.testing.assert_array_equal(values.reshape(saved.array.shape), saved.array)
                if suffix not in (".tif", ".tiff"):
                    assert values.dtype.newbyteorder("=") == (np.uint8 if kind == "bool" else kind)
                assert there is not None
                if read is by_nibabel and n == 2:
                    there = there[[0, 1, 3]][:, [0, 1, 3]]
                    expected = placing(kept)[[0, 1, 3]][:, [0, 1, 3]]
                    np.testing.assert_allclose(there, expected, atol=1e-5)
                    continue
                np.testing.assert_allclose(there, placing(kept), atol=2e-5)
            opened = open_image(path)
            assert opened.warnings == ()
            again = read_image(opened)
            np.testing.assert_array_equal(again.array, saved.array)
            if suffix not in (".tif", ".tiff"):
                assert again.geometry.agrees_with(kept)


@pytest.mark.parametrize("suffix", [".png", ".bmp"])
@pytest.mark.parametrize("components", [1, 3, 4])
@pytest.mark.parametrize("kind", ["bool", "u1"])
def test_pictures_are_read_back(tmp_path: Path, suffix: str, components: int, kind: str) -> None:
    saved = image(PLACES["flat"], kind, components)
    written = save(tmp_path / f"a{suffix}", saved)
    assert written.unkept == ""
    expected = saved.array * np.uint8(255) if kind == "bool" else saved.array
    for read in READERS[suffix]:
        if suffix == ".bmp" and components == 4:
            continue  # Pillow takes its fourth byte for padding
        np.testing.assert_array_equal(read(tmp_path / f"a{suffix}")[0], expected)
    np.testing.assert_array_equal(read_image(open_image(tmp_path / f"a{suffix}")).array, expected)


@pytest.mark.parametrize(
    ("suffix", "place", "told"),
    [
        (".png", "flat", ""),
        (".png", "flat, anisotropic", "PNG does not keep spacing and origin"),
        (".jpg", "flat, turned", "JPEG does not keep spacing and origin and direction"),
        (".tif", "plain", ""),
        (".tif", "anisotropic", "TIFF does not keep origin; TIFF has no place for the distance"),
        (".tif", "micrometres", "TIFF has no place for the distance of slices: 2 um is written"),
        (".nii", "oblique", ""),
        (".mha", "micrometres", ""),
    ],
)
def test_what_a_format_does_not_keep_of_a_place_is_told(
    tmp_path: Path, suffix: str, place: str, told: str
) -> None:
    written = save(tmp_path / f"a{suffix}", image(PLACES[place], "u1"))
    assert written.unkept.startswith(told)
    assert bool(written.unkept) == bool(told)


def test_it_is_told_once_for_all_files_of_a_format(tmp_path: Path) -> None:
    save(tmp_path / "a.nii", image(PLACES["flat, anisotropic"], "u1"))
    lines = [f'save "{tmp_path}/{n}.png" a >. {n}' for n in range(3)]
    (tmp_path / "p.imgql").write_text(
        "\n".join([f'load m = "{tmp_path}/a.nii"', "let a = intensity(m)", *lines])
    )
    report = run(tmp_path / "p.imgql", cache=False)
    (said,) = report.diagnostics
    assert said.message.endswith('0.png" and 2 more: PNG does not keep spacing and origin')


@pytest.mark.parametrize("kind", ["f4", "f8"])
@pytest.mark.parametrize("suffix", [".nii", ".nii.gz", ".mha", ".nrrd", ".tif"])
def test_values_that_are_not_finite_are_told_where_they_are_not_read_back(
    tmp_path: Path, suffix: str, kind: str
) -> None:
    values = np.array([[np.nan, np.inf, 3], [-np.inf, 1, 2]], kind)
    if values.dtype.name in FORMATS[suffix].unfit:
        return
    path = tmp_path / f"a{suffix}"
    warnings = save(path, Image(values, Geometry.of_size(3, 2))).warnings
    with heard():
        again = read_image(open_image(path)).array
    if suffix.startswith(".nii"):
        (warning,) = warnings
        assert "3 values were nan or infinite" in warning
        np.testing.assert_array_equal(again, np.nan_to_num(values, posinf=0, neginf=0))
    else:
        assert warnings == ()
        np.testing.assert_array_equal(again, values)


# Labels


@pytest.mark.parametrize(
    ("expression", "kind"),
    [
        ("lcc(r)", "uint8"),
        ("mask(lcc(r), r)", "uint8"),
        ("maskCC(r, r)", "uint8"),
        ("ConnectedComponent(r)", "uint8"),
        ("RelabelComponent(ConnectedComponent(r))", "uint8"),
        ("intensity(ConnectedComponent(r))", "uint8"),
        ("many", "uint16"),
        ("MirrorPad(lcc(r), [1, 1], [1, 1])", "uint8"),
        ("MirrorPad(lcc(r), [1, 1], [1, 1], 0.5)", "float32"),
        ("lcc(r) + lcc(r)", "uint8"),
        ("intensity(m)", "float32"),
        ("m", "int16"),
        ("r", "uint8"),
    ],
)
def test_labels_are_saved_as_whole_numbers_of_the_smallest_type(
    tmp_path: Path, expression: str, kind: str
) -> None:
    shape = (40, 40) if expression == "many" else (4, 5)
    values = np.zeros(shape, np.int16)
    values[::2, ::2] = 5
    sitk.WriteImage(sitk.GetImageFromArray(values), tmp_path / "a.mha")
    expression = expression.replace("many", "lcc(r)")
    text = f'import "simpleitk"\nload m = "{tmp_path}/a.mha"\nlet r = intensity(m) >. 3\n'
    (tmp_path / "p.imgql").write_text(f'{text}save "{tmp_path}/o.mha" {expression}')
    run(tmp_path / "p.imgql", cache=False)
    found = read_image(open_image(tmp_path / "o.mha")).array
    assert found.dtype.name == kind
    if kind == "uint16":
        assert found.max() == 400


@pytest.mark.parametrize("other", [math.nan, math.inf, -math.inf, 0.5, 1e15])
def test_what_was_made_of_labels_and_is_none_is_saved_as_it_is(other: float) -> None:
    values = np.array([[0, 1, other]], np.float32)
    assert whole(values) is values


# Names

NAMES = [
    "a b", "50%", "50%%d", "%s%n", "a\\b", "a'b", 'a"b', "a$b", "$HOME", "a;b", "a#b", "a&b", "a=b",
    " a", "a ", "LIST", "LOCAL", "-a", "ärzte", "脑", "ملف", "a\tb", "a\nb", "a:b", "a*b", "a?b",
    "[a]", "{a}", "~a", "a|b", "<a>", "a\u00a0b", "😀", "a.b.c", ".a", "%d 1 2",
]  # fmt: skip


@pytest.mark.parametrize("suffix", [*WRITTEN])
def test_files_of_all_names_are_saved_and_read_back(tmp_path: Path, suffix: str) -> None:
    saved = image(PLACES["flat"], "u1")
    taken: dict[Path, Any] = {}
    for number, name in enumerate(NAMES):
        folder = tmp_path / str(number) / name
        path = folder / f"{name}{suffix}"
        save(path, saved)
        taken[path] = sorted(p.name for p in folder.iterdir())
        assert path.name in taken[path]
        opened = open_image(path)
        again = read_image(opened).array
        if FORMATS[suffix].name == "JPEG":
            np.testing.assert_allclose(again.astype(int), saved.array, atol=60)
        else:
            np.testing.assert_array_equal(again, saved.array)


def test_headers_beside_each_other_have_voxels_of_their_own(tmp_path: Path) -> None:
    images = {}
    with Staging([]) as staging:
        for number, name in enumerate(["a%b", "a_b", "a\\b", "a\nb", "a=b"]):
            path = tmp_path / f"{name}.mhd"
            images[path] = Image(np.full((2, 3), number, np.uint8), Geometry.of_size(3, 2))
            staging.announce(path)
            staging.write(path, images[path])
        staging.commit()
    for path, saved in images.items():
        np.testing.assert_array_equal(read_image(open_image(path)).array, saved.array)
