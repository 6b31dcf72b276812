"""Files of several channels, times, or numbers a voxel: programs choose, and have to."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813
import tifffile

from voxlogica import running
from voxlogica.engine.results import Report, RunError

STACK = np.arange(2 * 3 * 4 * 5 * 6, dtype=np.uint16).reshape(2, 3, 4, 5, 6)


@pytest.fixture(autouse=True)
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`m.ome.tif` of 2 times, 3 channels, 4 slices; `film.nii`; vectors in three formats."""
    monkeypatch.chdir(tmp_path)
    names = {"Name": ["DAPI", "GFP", "Cy5"]}
    tifffile.imwrite("m.ome.tif", STACK, metadata={"axes": "TCZYX", "Channel": names})
    tifffile.imwrite("c.ome.tif", STACK[0], metadata={"axes": "CZYX", "Channel": names})
    nibabel.save(nibabel.Nifti1Image(STACK[0].T.astype(np.int16), np.eye(4)), "film.nii")
    vectors = sitk.GetImageFromArray(np.moveaxis(STACK[0].astype(np.float32), 0, -1), isVector=True)
    for name in ("v.nii.gz", "v.mha", "v.nrrd"):
        sitk.WriteImage(vectors, name)


def run(text: str, **options: Any) -> dict[str, Any]:
    Path("p.imgql").write_text(text)
    return printed(running.run("p.imgql", cache=False, **options))


def printed(report: Report) -> dict[str, Any]:
    return {shown.name: shown.value for shown in report.prints}


def errors(text: str) -> list[tuple[str, str | None]]:
    Path("p.imgql").write_text(text)
    with pytest.raises(RunError) as caught:
        running.run("p.imgql", cache=False)
    return [(d.message, d.hint) for d in caught.value.diagnostics]


def test_a_channel_and_a_frame_are_chosen_by_name_or_number() -> None:
    found = run(
        'load m = "m.ome.tif"\n'
        'print "name" max(intensity(frame(channel(m, "GFP"), 1)))\n'
        'print "number" max(intensity(channel(frame(m, 1), 1)))\n'
        'print "first" max(intensity(frame(channel(m, 0), 0)))\n'
        'print "least" min(intensity(frame(channel(m, "Cy5"), 1)))\n'
    )
    assert found == {
        "name": STACK[1, 1].max(),
        "number": STACK[1, 1].max(),
        "first": STACK[0, 0].max(),
        "least": STACK[1, 2].min(),
    }


def test_what_is_chosen_lies_where_the_file_says() -> None:
    found = run('load m = "c.ome.tif"\nprint "n" volume(tt)\nprint "z" max(z)\n')
    assert found == {"n": 120.0, "z": 3.0}


@pytest.mark.parametrize(
    "use",
    ["intensity(m)", "red(m)", "m > 3", "channel(m, 0) > 3", "frame(m, 0) > 3", "near(m > 1)"],
)
def test_using_the_file_as_one_image_is_an_error_that_lists_what_there_is(use: str) -> None:
    ((message, hint),) = errors(f'load m = "m.ome.tif"\nsave "x.nii.gz" {use}\n')
    file = use.removesuffix(" > 3") if use.endswith("0) > 3") else "m"
    assert '"m.ome.tif" holds several images' in message
    if "channel" not in use:
        assert '0 "DAPI", 1 "GFP", 2 "Cy5"' in message
        assert f'`channel({file}, "DAPI")`' in str(hint)
    if "frame" not in use:
        assert "2 frames, 0 to 1" in message
        assert f"`frame({file}, 0)`" in str(hint)


def test_saving_it_is_one_too_but_loading_it_is_none() -> None:
    ((message, _),) = errors('load m = "c.ome.tif"\nsave "x.nii.gz" m\n')
    assert "several images" in message
    assert run('load m = "c.ome.tif"\nprint "one" 1\n') == {"one": 1.0}


@pytest.mark.parametrize(
    ("use", "message", "hint"),
    [
        ('channel(m, "YFP")', 'has no channel "YFP"', '0 "DAPI", 1 "GFP", 2 "Cy5"'),
        ("channel(m, 3)", "has no channel 3", '2 "Cy5"'),
        ("channel(m, -1)", "has no channel -1", '2 "Cy5"'),
        ("channel(m, 0.5)", "has no channel 0.5", '2 "Cy5"'),
        ("frame(channel(m, 0), 2)", "has no frame 2", "there are 2, 0 to 1"),
        ("channel(channel(m, 0), 1)", "has no channel 1", "there is one, 0"),
    ],
)
def test_what_is_not_there_is_an_error_before_anything_runs(
    use: str, message: str, hint: str
) -> None:
    ((said, helped),) = errors(f'load m = "m.ome.tif"\nprint "n" max(intensity({use}))\n')
    assert message in said
    assert hint in str(helped)


def test_loops_go_through_frames() -> None:
    found = run(
        'import "simpleitk"\nm = ReadImage("film.nii")\n'
        'print "greatest" for t in range(0, 3) do max(frame(m, t))\n'
    )
    assert found == {"greatest": [frame.max() for frame in STACK[0]]}


def test_a_number_that_only_the_run_knows_chooses_too() -> None:
    found = run(
        'load m = "m.ome.tif"\nload f = "film.nii"\n'
        'print "n" max(intensity(frame(f, min(intensity(frame(f, 0))) .+. 2)))\n'
    )
    assert found == {"n": STACK[0, 2].max()}


@pytest.mark.parametrize("name", ["v.nii.gz", "v.mha", "v.nrrd"])
def test_several_numbers_a_voxel_are_no_colour_unless_the_file_says_so(name: str) -> None:
    for use in ("intensity(m)", "red(m)", "m > 1"):
        ((message, hint),) = errors(f'load m = "{name}"\nsave "x.nrrd" {use}\n')
        assert f'"{name}" has 3 numbers a voxel' in message
        assert "`channel(m, 0)`" in str(hint)
    found = run(
        f'load m = "{name}"\nprint "max" max(intensity(channel(m, 2)))\n'
        'print "min" min(intensity(channel(m, 2)))\n'
    )
    assert found == {"max": STACK[0, 2].max(), "min": STACK[0, 2].min()}
    ((message, hint),) = errors(f'load m = "{name}"\nprint "n" max(intensity(channel(m, 3)))\n')
    assert "has no channel 3" in message
    assert "there are 3, 0 to 2" in str(hint)


def test_filters_take_vectors_as_they_are() -> None:
    found = run(
        'import "simpleitk"\nload m = "v.nrrd"\n'
        'print "n" max(VectorMagnitude(m))\n'
        'print "c" max(channel(Gradient(channel(m, 0)), 0))\n'
    )
    assert found["n"] == pytest.approx(np.linalg.norm(STACK[0, :, 3, 4, 5].astype(float)), rel=1e-6)
    assert found["c"] == 1.0


def test_the_channels_of_a_colour_are_its_components() -> None:
    picture = np.arange(5 * 6 * 3, dtype=np.uint8).reshape(5, 6, 3)
    tifffile.imwrite("c.tif", picture, photometric="rgb", metadata=None)
    found = run(
        'load m = "c.tif"\nprint "same" max(abs(red(m) - intensity(channel(m, 0))))\n'
        'print "blue" max(intensity(channel(m, 2)))\n'
    )
    assert found == {"same": 0.0, "blue": picture[..., 2].max()}


@pytest.mark.parametrize(
    ("kinds", "dtype", "outcome"),
    [
        ("RGB-color domain domain", "uint8", "colour"),
        ("RGB-color domain domain", "float", "colour"),
        ("vector domain domain", "uint8", "warning"),
        ("vector domain domain", "float", "error"),
        ("list domain domain", "uint8", "error"),
        ("HSV-color domain domain", "uint8", "error"),
    ],
)
def test_what_nrrd_says_of_its_numbers(kinds: str, dtype: str, outcome: str) -> None:
    values = np.arange(5 * 6 * 3).reshape(5, 6, 3).astype("uint8" if dtype == "uint8" else "<f4")
    Path("a.nrrd").write_bytes(
        f"NRRD0004\ntype: {dtype}\ndimension: 3\nsizes: 3 6 5\nkinds: {kinds}\n"
        "endian: little\nencoding: raw\n\n".encode()
        + values.tobytes()
    )
    text = 'load m = "a.nrrd"\nprint "n" max(blue(m))\n'
    if outcome == "error":
        assert "3 numbers a voxel" in errors(text)[0][0]
        return
    Path("p.imgql").write_text(text)
    report = running.run("p.imgql", cache=False)
    assert printed(report) == {"n": values[..., 2].max()}
    said = [d.message for d in report.diagnostics]
    assert [("taken for a colour" in message) for message in said] == [True] * (outcome != "colour")


def test_the_names_may_be_the_programs_own() -> None:
    found = run('let channel = 3\nlet frame(a) = a .+. channel\nprint "n" frame(1)\n')
    assert found == {"n": 4.0}


def test_each_choice_is_a_load_of_its_own_and_known_by_it(tmp_path: Path) -> None:
    Path("p.imgql").write_text(
        'load m = "c.ome.tif"\nload n = "c.ome.tif"\n'
        'print "a" max(intensity(channel(m, 1)))\nprint "b" min(intensity(channel(n, "GFP")))\n'
        'print "c" min(intensity(channel(m, 2)))\n'
    )
    running.run("p.imgql", cache=tmp_path / "store")
    report = running.run("p.imgql", cache=tmp_path / "store")
    assert printed(report) == {
        "a": STACK[0, 1].max(),
        "b": STACK[0, 1].min(),
        "c": STACK[0, 2].min(),
    }


def test_a_name_that_only_the_run_knows_is_no_way_around_choosing() -> None:
    Path("c.ome.tif").rename("c120.ome.tif")
    ((message, hint),) = errors(
        'import "simpleitk"\nload m = "v.mha"\n'
        'print "n" max(ReadImage(format_string("c{:.0f}.ome.tif", volume(tt))))\n'
    )
    assert "several images" in message
    assert "channel" in str(hint)
