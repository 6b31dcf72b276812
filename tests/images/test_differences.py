"""Images of one size that lie in different places, and images of different sizes: what is told,
and that the remedies that messages name do what they say.
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813

from voxlogica.engine.results import Report, RunError
from voxlogica.images.differences import differences, orientation, reoriented
from voxlogica.images.geometry import Geometry
from voxlogica.running import run

TURNED = (0.0, -1.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0)  # by 90° about z
FLIPPED = (-1.0, 0.0, 0.0, 0.0, -1.0, 0.0, 0.0, 0.0, 1.0)  # by 180° about z
MIRRORED = (-1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0)
TILTED = (1.0, 0.0, 0.0, 0.0, 0.8, -0.6, 0.0, 0.6, 0.8)
STRAIGHT = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0)


def geometry(
    spacing: tuple[float, ...] = (1.0, 1.0, 1.0),
    origin: tuple[float, ...] = (0.0, 0.0, 0.0),
    direction: tuple[float, ...] = STRAIGHT,
    size: tuple[int, ...] = (6, 5, 4),
) -> Geometry:
    return Geometry(size, spacing, origin, direction)


@pytest.mark.parametrize(
    ("other", "said"),
    [
        (geometry(), ""),
        (geometry(spacing=(1, 1, 3)), "spacing 1 × 1 × 3 in place of 1 × 1 × 1"),
        (geometry(origin=(3, 4, 0)), "first voxel 5 mm away"),
        (geometry(direction=TURNED), "axes turned by 90°"),
        (geometry(direction=TILTED), "axes turned by 36.9°"),
        (geometry(direction=FLIPPED), "axes turned by 180°"),
        (geometry(direction=MIRRORED), "an axis running the other way"),
        (
            geometry(spacing=(2, 2, 2), origin=(0, 0, 7), direction=TURNED),
            "spacing 2 × 2 × 2 in place of 1 × 1 × 1, first voxel 7 mm away, axes turned by 90°",
        ),
    ],
)
def test_the_difference_of_two_places_in_words(other: Geometry, said: str) -> None:
    assert differences(other, geometry()) == said
    assert bool(said) == (not other.agrees_with(geometry()))


def test_a_flat_image_is_turned_by_an_angle() -> None:
    flat = Geometry.of_size(4, 5)
    turned = Geometry((4, 5), (1.0, 1.0), (0.0, 0.0), (0.6, -0.8, 0.8, 0.6))
    assert differences(turned, flat) == "axes turned by 53.1°"


@pytest.mark.parametrize("axes", ["LPS", "RAS", "PIR", "SAL", "ALI"])
def test_reorienting_is_what_simpleitk_does(axes: str) -> None:
    image = sitk.GetImageFromArray(np.zeros((4, 5, 6), np.uint8))
    image.SetSpacing((1, 2, 3))
    image.SetOrigin((10, 20, 30))
    image.SetDirection(TILTED)
    there = sitk.DICOMOrient(image, axes)
    place, expected = (
        Geometry(i.GetSize(), i.GetSpacing(), i.GetOrigin(), i.GetDirection())
        for i in (image, there)
    )
    assert orientation(expected) == axes
    found = reoriented(place, expected)
    assert found is not None
    assert found.agrees_with(expected)
    assert reoriented(place, geometry()) is None


def write(path: Path, place: Geometry) -> None:
    image = sitk.GetImageFromArray(np.arange(place.voxels, dtype=np.int16).reshape(place.shape))
    image.SetSpacing(place.spacing)
    image.SetOrigin(place.origin)
    image.SetDirection(place.direction)
    sitk.WriteImage(image, path)


A = geometry()
PLACES = {
    "spacing": geometry(spacing=(1, 1, 3)),
    "origin": geometry(origin=(0.5, 0, 0)),
    "reoriented": geometry(direction=FLIPPED, origin=(5, 4, 0)),
    "tilted": geometry(direction=TILTED),
}


def warnings(report: Report) -> list[str]:
    said = [d for d in report.diagnostics if d.severity == "warning"]
    return [f"{d.message}\n{d.hint}" for d in said]


def program(folder: Path, expression: str) -> Path:
    path = folder / "p.imgql"
    path.write_text(
        f'import "simpleitk"\nload a = "{folder}/a.mha"\nload b = "{folder}/b.mha"\n'
        f'print "voxels" volume({expression})\n'
    )
    return path


@pytest.mark.parametrize("cache", [False, True])
@pytest.mark.parametrize("name", PLACES)
@pytest.mark.parametrize("known", ["while planning", "when it runs"])
def test_places_that_differ_are_warned_of_and_the_remedy_works(
    tmp_path: Path, name: str, known: str, cache: bool
) -> None:
    write(tmp_path / "a.mha", A)
    write(tmp_path / "b.mha", PLACES[name])
    b = "intensity(b)" if known == "while planning" else "Add(b, 0)"
    both = program(tmp_path, f"intensity(a) <= {b}")
    for _ in ("first", "with all of it stored"):
        report = run(both, cache=tmp_path / "store" if cache else False)
        (warning,) = warnings(report)
        assert differences(PLACES[name], A) in warning
        assert "matched by index" in warning
    remedies = re.findall(r"`(?:Resample|DICOMOrient)\(.*?\)`", warning)
    assert ("DICOMOrient" in warning) == (name == "reoriented")
    for remedy in remedies:
        line = remedy.strip("`").replace("image", "b").replace("reference", "a")
        mended = program(tmp_path, f"intensity(a) <= intensity({line})")
        assert warnings(run(mended, cache=False)) == []


@pytest.mark.parametrize("known", ["while planning", "when it runs"])
def test_sizes_that_differ_are_an_error_whose_remedy_works(tmp_path: Path, known: str) -> None:
    write(tmp_path / "a.mha", A)
    write(tmp_path / "b.mha", geometry(size=(3, 5, 4), spacing=(2, 1, 1)))
    b = "intensity(b)" if known == "while planning" else "Add(b, 0)"
    with pytest.raises(RunError) as caught:
        run(program(tmp_path, f"intensity(a) <= {b}"), cache=False)
    (said,) = [d for d in caught.value.report.diagnostics if d.severity == "error"]
    line = "Resample(b, a)" if known == "while planning" else "Resample(image, reference)"
    assert f"`{line}`" in str(said.hint)
    mended = program(tmp_path, "intensity(a) <= intensity(Resample(b, a))")
    assert warnings(run(mended, cache=False)) == []
