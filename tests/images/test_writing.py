"""Writing image files: what is in them, and that they appear together, whole, or not at all."""

from __future__ import annotations

import gzip
import hashlib
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import voxlogica
from voxlogica.images import deflating
from voxlogica.images.errors import ImageFileError
from voxlogica.images.formats import FORMATS, WRITTEN
from voxlogica.images.geometry import Geometry
from voxlogica.images.image import Image
from voxlogica.images.levels import LEVELS
from voxlogica.images.reading import open_image, read_image
from voxlogica.images.saving import Written, format_problem
from voxlogica.images.writing import Staging

ANY_FOLDER = settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
PLACING = (".nii", ".nii.gz", ".mha", ".mhd", ".nrrd")  # formats that keep where voxels lie
DISPLAY = (".png", ".jpg", ".bmp")


def image(
    *shape: int, dtype: str = "float32", components: int = 1, geometry: Geometry | None = None
) -> Image:
    """An image whose voxels are all different as far as their type allows."""
    count = int(np.prod(shape)) * components
    values = (np.arange(count) * 7 % 251).astype(dtype)
    array = values.reshape((*shape, components) if components > 1 else shape)
    return Image(array, geometry or Geometry.of_size(*shape[::-1]))


def region(*shape: int) -> Image:
    """A region of which every third voxel is true."""
    return Image(np.arange(int(np.prod(shape))).reshape(shape) % 3 == 0, image(*shape).geometry)


def save(path: Path | str, saved: Image) -> Written:
    with Staging([path]) as staging:
        written = staging.write(path, saved)
        staging.commit()
    return written


def load(path: Path | str) -> Image:
    return read_image(open_image(path))


def everything_in(folder: Path) -> dict[str, bytes | None]:
    """All files under a folder, hidden ones too, with their content; None for folders."""
    return {
        str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None
        for path in sorted(folder.rglob("*"))
    }


# What is in the files


@st.composite
def rotations(draw: st.DrawFn, dimension: int) -> tuple[float, ...]:
    """Direction cosines, of right- and left-handed axes."""
    seed = draw(st.integers(0, 2**32 - 1))
    matrix, _ = np.linalg.qr(np.random.default_rng(seed).normal(size=(dimension, dimension)))
    return tuple(float(cosine) for cosine in matrix.ravel())


@st.composite
def geometries(draw: st.DrawFn) -> Geometry:
    n = draw(st.integers(2, 3))
    lengths = st.integers(2, 6)
    return Geometry(
        size=tuple(draw(lengths) for _ in range(n)),
        spacing=tuple(draw(st.floats(0.3, 6)) for _ in range(n)),
        origin=tuple(draw(st.floats(-500, 500, allow_subnormal=False)) for _ in range(n)),
        direction=draw(rotations(n)),
    )


WHOLE_NUMBERS = ["uint8", "int8", "uint16", "int16", "uint32", "int32", "uint64", "int64"]
DTYPES = [*WHOLE_NUMBERS, "float32", "float64", "bool"]


@ANY_FOLDER
@given(
    suffix=st.sampled_from([s for s in WRITTEN if not FORMATS[s].display]),
    geometry=geometries(),
    dtype=st.sampled_from(DTYPES),
    components=st.sampled_from([1, 3, 4]),
    seed=st.integers(0, 99),
)
def test_what_is_saved_is_what_is_loaded(
    tmp_path: Path, suffix: str, geometry: Geometry, dtype: str, components: int, seed: int
) -> None:
    bits = np.random.default_rng(seed)
    shape = geometry.shape + ((components,) if components > 1 else ())
    values = bits.integers(0, 2, shape) if dtype == "bool" else bits.integers(0, 128, shape)
    saved = Image(values.astype(dtype), geometry)
    path = tmp_path / f"a{suffix}"
    for written in tmp_path.iterdir():
        written.unlink()
    if dtype in FORMATS[suffix].unfit:
        with pytest.raises(ImageFileError, match=f"no {dtype} values"):
            save(path, saved)
        assert not path.exists()
        return
    save(path, saved)
    loaded = load(path)
    assert loaded.array.dtype == ("uint8" if dtype == "bool" else dtype)
    assert loaded.components == components
    np.testing.assert_array_equal(loaded.array, saved.array)
    assert loaded.geometry.size == geometry.size
    if suffix in PLACING:
        assert loaded.geometry.agrees_with(geometry)
    if suffix in (".mha", ".mhd"):
        assert loaded.geometry == geometry


@pytest.mark.parametrize("dtype", ["uint8", "int16", "float32", "float64"])
@pytest.mark.parametrize("components", [1, 3, 4])
@pytest.mark.parametrize("shape", [(4, 5), (3, 4, 5), (1, 1), (1, 7, 1)])
@pytest.mark.parametrize("suffix", [".nii", ".mha", ".mhd", ".nrrd"])
def test_volumes_are_written_byte_for_byte_as_simpleitk_writes_them(
    tmp_path: Path, suffix: str, shape: tuple[int, ...], components: int, dtype: str
) -> None:
    n = len(shape)
    turned = (0.6, -0.8, 0.8, 0.6) if n == 2 else (0.6, -0.8, 0, 0.8, 0.6, 0, 0, 0, 1)
    geometry = Geometry(shape[::-1], (0.5, 1.25, 3.1)[:n], (-3.5, 4.1, 10.25)[:n], turned)
    saved = image(*shape, dtype=dtype, components=components, geometry=geometry)
    (tmp_path / "ours").mkdir()
    (tmp_path / "theirs").mkdir()
    save(tmp_path / "ours" / f"a{suffix}", saved)
    reference = sitk.GetImageFromArray(saved.array, isVector=components > 1)
    reference.SetSpacing(geometry.spacing)
    reference.SetOrigin(geometry.origin)
    reference.SetDirection(geometry.direction)
    sitk.WriteImage(reference, tmp_path / "theirs" / f"a{suffix}")
    assert everything_in(tmp_path / "ours") == everything_in(tmp_path / "theirs")


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("isal", [True, False])
def test_every_level_of_compression_is_read_by_all(
    tmp_path: Path, level: int, isal: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not isal:
        monkeypatch.setattr(deflating, "_isal", None)
    saved = image(30, 40, 50)
    path = tmp_path / "a.nii.gz"
    with Staging([path], level) as staging:
        staging.write(path, saved)
        staging.commit()
    np.testing.assert_array_equal(load(path).array, saved.array)
    np.testing.assert_array_equal(sitk.GetArrayFromImage(sitk.ReadImage(path)), saved.array)
    content = gzip.decompress(path.read_bytes())
    assert len(content) == 352 + saved.array.nbytes
    assert (path.stat().st_size > len(content)) == (level == 0)


def test_compressed_nifti_holds_neither_time_nor_name(tmp_path: Path) -> None:
    save(tmp_path / "a.nii", image(3, 4, 5))
    save(tmp_path / "a.nii.gz", image(3, 4, 5))
    content = (tmp_path / "a.nii.gz").read_bytes()
    assert gzip.decompress(content) == (tmp_path / "a.nii").read_bytes()
    assert content[3] == 0  # no name, no comment
    assert content[4:8] == bytes(4)  # no time


SAVES_ALL = """
import sys
from pathlib import Path
import numpy as np
from voxlogica.images.geometry import Geometry
from voxlogica.images.image import Image
from voxlogica.images.formats import WRITTEN
from voxlogica.images.writing import Staging
flat, deep = Geometry.of_size(40, 30), Geometry.of_size(20, 15, 10)
values = np.random.default_rng(1).random
images = {suffix: Image((values(flat.shape) * 300).astype("f4"), flat) for suffix in WRITTEN}
images |= {"3" + s: Image(values(deep.shape).astype("f4"), deep)
           for s in (".nii.gz", ".mha", ".mhd", ".nrrd", ".tif")}
folder = Path(sys.argv[1])
with Staging([folder / ("a" + name) for name in images]) as staging:
    for name, image in images.items():
        staging.write(folder / ("a" + name), image)
    staging.commit()
"""


def in_new_process(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    source = str(Path(voxlogica.__file__).parents[1])
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        env=os.environ | {"PYTHONPATH": source},
        capture_output=True,
        text=True,
        check=False,
    )


def test_every_run_writes_the_same_bytes(tmp_path: Path) -> None:
    runs = []
    for folder in (tmp_path / "first", tmp_path / "second"):
        result = in_new_process(SAVES_ALL, str(folder))
        assert (result.returncode, result.stdout, result.stderr) == (0, "", "")
        runs.append(everything_in(folder))
    assert len(runs[0]) == len(WRITTEN) + 5 + 2  # .mhd twice, each with its .raw
    assert runs[0] == runs[1]


def test_regions_are_zero_and_one_or_black_and_white(tmp_path: Path) -> None:
    for suffix in WRITTEN:
        written = save(tmp_path / f"a{suffix}", region(8, 16))
        assert (written.minimum, written.maximum, written.warnings) == (0, 1, ())
        loaded = load(tmp_path / f"a{suffix}").array
        assert loaded.dtype == np.uint8
        expected = region(8, 16).array * (255 if FORMATS[suffix].display else 1)
        if FORMATS[suffix].name == "JPEG":
            np.testing.assert_allclose(loaded, expected, atol=60)
        else:
            np.testing.assert_array_equal(loaded, expected)


@pytest.mark.parametrize("suffix", [".png", ".bmp"])
def test_pictures_hold_numbers_rounded_and_clamped(tmp_path: Path, suffix: str) -> None:
    values = np.array([[0.5, 1.5, 2.5, -0.4], [254.5, 255.4, 100.0, 99.7]], "float32")
    geometry = Geometry.of_size(4, 2)
    written = save(tmp_path / f"a{suffix}", Image(values, geometry))
    assert written.warnings == ()
    np.testing.assert_array_equal(
        load(tmp_path / f"a{suffix}").array, [[0, 2, 2, 0], [254, 255, 100, 100]]
    )
    values = np.array([[-1, 256, np.inf, -np.inf], [np.nan, np.nan, np.nan, 7]], "float32")
    written = save(tmp_path / f"a{suffix}", Image(values, geometry))
    np.testing.assert_array_equal(
        load(tmp_path / f"a{suffix}").array, [[0, 255, 255, 0], [0, 0, 0, 7]]
    )
    clamped, undefined = written.warnings
    assert f"a{suffix}" in clamped
    assert "4 values were outside 0..255" in clamped
    assert "`norm(255, …)` scales them" in clamped
    assert "3 values were nan, saved as 0" in undefined


@pytest.mark.parametrize("dtype", ["int8", "int16", "uint16", "int64", "uint64", "float64"])
def test_models_of_any_type_are_shown_in_pictures(tmp_path: Path, dtype: str) -> None:
    low, high = (-100, 100) if dtype == "int8" else (0, 60000 if dtype == "uint16" else 30000)
    values = np.array([[[low, 5, high], [7, 8, 9]]]).astype(dtype)
    written = save(tmp_path / "a.png", Image(values, Geometry.of_size(2, 1)))
    assert load(tmp_path / "a.png").array.tolist() == [
        [[0, 5, 100 if dtype == "int8" else 255], [7, 8, 9]]
    ]
    assert len(written.warnings) == 1
    assert (written.minimum, written.maximum) == (low, high)


def test_colours_go_through_pictures_unchanged(tmp_path: Path) -> None:
    for suffix, components in [(".png", 3), (".png", 4), (".bmp", 3), (".bmp", 4), (".tif", 4)]:
        for dtype in ("uint8", "float32"):
            saved = image(6, 9, dtype=dtype, components=components)
            assert save(tmp_path / f"a{suffix}", saved).warnings == ()
            np.testing.assert_array_equal(load(tmp_path / f"a{suffix}").array, saved.array)
    save(tmp_path / "a.jpg", image(6, 9, dtype="uint8", components=3))
    assert load(tmp_path / "a.jpg").array.shape == (6, 9, 3)


def test_extremes_are_those_of_the_image_without_nan(tmp_path: Path) -> None:
    def extremes(*values: float) -> tuple[float, float]:
        array = np.array([values], "float32")
        written = save(tmp_path / "a.nii", Image(array, Geometry.of_size(len(values), 1)))
        assert written.path == str(tmp_path / "a.nii")
        return written.minimum, written.maximum

    assert extremes(3, -1, 2.5) == (-1, 3)
    assert extremes(np.nan, 3, -1, np.nan) == (-1, 3)
    assert extremes(np.inf, 3, -np.inf, np.nan) == (-np.inf, np.inf)
    assert all(map(np.isnan, extremes(np.nan, np.nan)))


def test_names_of_all_sorts_can_be_saved_to(tmp_path: Path) -> None:
    for name in [
        "a b.mhd",
        "50%.mhd",
        "ärzte/脑.nii.gz",
        "A.NII.GZ",
        "B.Mhd",
        "x.nii.nii",
        "P.PNG",
    ]:
        save(tmp_path / name, image(4, 5))
        np.testing.assert_array_equal(load(tmp_path / name).array, image(4, 5).array)


# What cannot be saved


@pytest.mark.parametrize("suffix", FORMATS)
@pytest.mark.parametrize("components", [1, 3, 4])
@pytest.mark.parametrize("shape", [(6, 9), (4, 6, 9)])
def test_what_no_format_problem_is_found_with_can_be_saved(
    tmp_path: Path, suffix: str, shape: tuple[int, ...], components: int
) -> None:
    path = tmp_path / f"a{suffix}"
    saved = image(*shape, dtype="uint8", components=components)
    problem = format_problem(path, len(shape), components)
    if problem is None:
        save(path, saved)
        assert load(path).array.shape == saved.array.shape
    else:
        with pytest.raises(ImageFileError) as caught:
            save(path, saved)
        assert problem[0] in caught.value.message
        assert caught.value.hint == problem[1]
        assert everything_in(tmp_path) == {}


def test_format_problems_are_told_as_far_as_the_image_is_known() -> None:
    assert format_problem("a.png", None, None) is None
    assert format_problem("A.NII.GZ", 3, 4) is None
    message, hint = format_problem("a.png", 3, None) or ("", "")
    assert "2-D images only" in message
    assert ".nii.gz" in str(hint)
    message, hint = format_problem("a.jpg", None, 4) or ("", "")
    assert "JPEG cannot hold 4 components" in message
    assert ".png" in str(hint)
    message, hint = format_problem("a.nii.gzz", 3, 1) or ("", "")
    assert "unknown extension .gzz" in message
    assert "did you mean .nii.gz?" in str(hint)
    message, hint = format_problem("result", 3, 1) or ("", "")
    assert "no extension" in message
    assert all(suffix in str(hint) for suffix in WRITTEN)
    message, _ = format_problem("a.dcm", 3, 1) or ("", "")
    assert "can be read but not written" in message


@pytest.mark.parametrize("suffix", [".nii", ".nii.gz", ".jpg", ".png"])
def test_sides_longer_than_a_format_holds_are_an_error(tmp_path: Path, suffix: str) -> None:
    longest = FORMATS[suffix].longest_side
    assert longest is not None
    too_long = Image(np.zeros((1, longest + 1), bool), Geometry.of_size(longest + 1, 1))
    with pytest.raises(ImageFileError, match="holds sides of at most"):
        save(tmp_path / f"a{suffix}", too_long)
    save(tmp_path / "a.mha", too_long)
    assert load(tmp_path / "a.mha").geometry == too_long.geometry
    fits = Image(np.zeros((1, longest), bool), Geometry.of_size(longest, 1))
    save(tmp_path / f"a{suffix}", fits)
    assert load(tmp_path / f"a{suffix}").geometry.size == (longest, 1)


NO_PLACE = ["/dev/null", "/proc/a.nii", "/sys/a.nii", "{0}", "{0}/file/a.nii", "a\0.nii", ""]


@pytest.mark.parametrize("path", [*NO_PLACE, "{0}/\udcff.nii"])
def test_a_place_that_takes_no_file_is_told_before_anything_is_computed(
    tmp_path: Path, path: str
) -> None:
    (tmp_path / "file").write_text("in the way")
    before = everything_in(tmp_path)
    staging = Staging([tmp_path / "new" / "b.nii", path.format(tmp_path)])
    with pytest.raises(ImageFileError) as caught, staging:
        pytest.fail("entered")
    assert "\n" not in caught.value.message
    caught.value.message.encode()
    assert caught.value.path == path.format(tmp_path)
    assert everything_in(tmp_path) == before


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is forbidden to root")
def test_a_folder_that_may_not_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir(mode=0o500)
    with pytest.raises(ImageFileError, match="permission denied"):
        save(tmp_path / "mine" / "a.nii", image(4, 5))


# A disk that is full

SAVES_ONE = """
import resource, signal, sys
from pathlib import Path
import numpy as np
from voxlogica.images.errors import ImageFileError
from voxlogica.images.geometry import Geometry
from voxlogica.images.image import Image
from voxlogica.images.writing import Staging
limit, paths = int(sys.argv[1]), [Path(path) for path in sys.argv[2:]]
geometry = Geometry.of_size(300, 200)
noise = Image((np.random.default_rng(1).random(geometry.shape) * 255).astype("f4"), geometry)
if limit >= 0:
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
for path in paths:
    try:
        with Staging([path.parent / "small.mha", path]) as staging:
            if limit != 0:
                small = Image(np.zeros((1, 1), bool), Geometry.of_size(1, 1))
                staging.write(path.parent / "small.mha", small)
            staging.write(path, noise)
            staging.commit()
    except ImageFileError as problem:
        print(problem.message, problem.hint)
    else:
        print("saved")
"""


@pytest.mark.parametrize("limit", [0, 10_000])
def test_a_limit_on_the_size_of_files_is_an_error_that_leaves_nothing(
    tmp_path: Path, limit: int
) -> None:
    names = [f"a{suffix}" for suffix in WRITTEN]
    result = in_new_process(SAVES_ONE, str(limit), *(str(tmp_path / "new" / n) for n in names))
    assert (result.returncode, result.stderr) == (0, "")
    for name, said in zip(names, result.stdout.splitlines(), strict=True):
        assert name in said
        assert "file too large" in said
    assert everything_in(tmp_path) == {}


@contextmanager
def small_disk(folder: Path) -> Iterator[Path]:
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=128k", "tmpfs", str(folder)]
    if shutil.which("mount") is None or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("a file system cannot be mounted here")
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


@pytest.mark.parametrize("suffix", [".nii", ".nii.gz", ".mhd", ".nrrd", ".png", ".tif", ".bmp"])
def test_a_full_disk_is_an_error_that_leaves_all_as_it_was(tmp_path: Path, suffix: str) -> None:
    geometry = Geometry.of_size(400, 500)
    noise = Image((np.random.default_rng(1).random(geometry.shape) * 255).astype("f4"), geometry)
    with small_disk(tmp_path / "disk") as disk:
        save(disk / f"a{suffix}", region(4, 5))
        before = everything_in(disk)
        paths = [disk / "new" / "b.nii", disk / f"a{suffix}"]
        with pytest.raises(ImageFileError) as caught, Staging(paths) as staging:
            staging.write(paths[0], region(4, 5))
            staging.write(paths[1], noise)
            staging.commit()
        assert "no space left" in caught.value.message
        assert "disk is full" in str(caught.value.hint)
        assert everything_in(disk) == before


# All of a run's files, or none


def test_files_appear_when_they_are_committed_and_not_before(tmp_path: Path) -> None:
    old = tmp_path / "old.nii.gz"
    old.write_bytes(b"what was here")
    new = tmp_path / "a" / "b" / "new.mhd"
    with Staging([old, new]) as staging:
        staging.write(new, image(4, 5))
        staging.write(old, image(4, 5))
        assert old.read_bytes() == b"what was here"
        assert not new.exists()
        staging.commit()
        np.testing.assert_array_equal(load(new).array, image(4, 5).array)
    np.testing.assert_array_equal(load(old).array, image(4, 5).array)
    new_ones = ["a", "a/b", "a/b/new.mhd", "a/b/new.raw"]
    assert sorted(everything_in(tmp_path)) == [*new_ones, "old.nii.gz"]


class Interrupted(BaseException):
    """What ends a run in its midst, as Ctrl-C does."""


@pytest.mark.parametrize("ending", [None, ImageFileError("…"), Interrupted(), "discard"])
def test_a_run_that_does_not_commit_leaves_nothing(
    tmp_path: Path, ending: BaseException | str | None
) -> None:
    (tmp_path / "old.nii").write_bytes(b"what was here")
    (tmp_path / "there").mkdir()
    before = everything_in(tmp_path)
    paths = [tmp_path / name for name in ("old.nii", "there/a.mhd", "not/there/b.png")]
    try:
        with Staging(paths) as staging:
            for path in paths:
                staging.write(path, image(4, 5))
            if isinstance(ending, BaseException):
                raise ending
            if ending == "discard":
                staging.discard()
                assert everything_in(tmp_path) == before
                with pytest.raises(ImageFileError, match="the run was stopped"):
                    staging.write(paths[0], image(4, 5))
    except (ImageFileError, Interrupted) as problem:
        assert problem is ending
    assert everything_in(tmp_path) == before


def test_folders_in_which_somebody_else_put_something_are_kept(tmp_path: Path) -> None:
    with Staging([tmp_path / "a" / "b" / "c.nii"]):
        (tmp_path / "a" / "notes.txt").write_text("mine")
    assert everything_in(tmp_path) == {"a": None, "a/notes.txt": b"mine"}


def test_what_is_read_only_is_not_replaced(tmp_path: Path) -> None:
    """Although the folder may be changed, and even by the superuser."""
    path = tmp_path / "truth.nii.gz"
    path.write_bytes(b"drawn by hand")
    path.chmod(0o444)
    with pytest.raises(ImageFileError, match="read-only file of that name"), Staging([path]):
        pass
    assert path.read_bytes() == b"drawn by hand"


def test_the_later_save_in_the_program_wins_whichever_is_written_first(tmp_path: Path) -> None:
    path = tmp_path / "a.nii"
    for order in ([(0, 3), (1, 4)], [(1, 4), (0, 3)]):
        with Staging([path, path]) as staging:
            for sequence, side in order:
                staging.write(path, image(side, side), sequence)
            staging.commit()
        assert load(path).array.shape == (4, 4)


def test_two_names_of_one_file_are_one_destination(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    (tmp_path / "link.nii").symlink_to("real/a.nii")
    names = [tmp_path / "real" / "a.nii", tmp_path / "link" / "a.nii", tmp_path / "link.nii"]
    with Staging(names) as staging:
        for sequence, name in enumerate(names):
            staging.write(name, image(4, 5 + sequence), sequence)
        staging.commit()
    assert (tmp_path / "link.nii").is_symlink()
    assert load(tmp_path / "real" / "a.nii").array.shape == (4, 7)


def test_a_link_is_followed_whatever_its_target_is_called(tmp_path: Path) -> None:
    (tmp_path / "link.nii").symlink_to("elsewhere")
    save(tmp_path / "link.nii", image(4, 5))
    np.testing.assert_array_equal(load(tmp_path / "link.nii").array, image(4, 5).array)
    assert everything_in(tmp_path).keys() == {"elsewhere", "link.nii"}


@pytest.mark.parametrize("existed", [True, False])
def test_when_one_file_cannot_be_put_in_place_none_is(tmp_path: Path, existed: bool) -> None:
    first, last = tmp_path / "first.mhd", tmp_path / "last.nii"
    if existed:
        first.write_bytes(b"ElementDataFile = first.raw\n")
        (tmp_path / "first.raw").write_bytes(b"old voxels")
    with pytest.raises(ImageFileError) as caught, Staging([first, last]) as staging:
        staging.write(first, image(4, 5))
        staging.write(last, image(4, 5))
        last.mkdir()
        (last / "in the way").touch()
        before = everything_in(tmp_path)
        staging.commit()
    assert f'"{last}" cannot be put in place: is a directory' in caught.value.message
    assert caught.value.path == str(last)
    hidden = {name for name in before if name.startswith(".")}
    assert everything_in(tmp_path) == {n: c for n, c in before.items() if n not in hidden}


def test_many_threads_write_at_once(tmp_path: Path) -> None:
    suffixes = [".nii.gz", ".mhd", ".nrrd", ".png", ".jpg", ".tif", ".bmp", ".nii"] * 4
    paths = [tmp_path / f"{number}{suffix}" for number, suffix in enumerate(suffixes)]
    with Staging(paths) as staging, ThreadPoolExecutor(8) as pool:
        images = [image(40 + number, 50) for number in range(len(paths))]
        list(pool.map(staging.write, paths, images))
        staging.commit()
    for path, saved in zip(paths, images, strict=True):
        if path.suffix != ".jpg":
            np.testing.assert_array_equal(load(path).array, saved.array)


def test_a_run_can_be_stopped_while_its_threads_write(tmp_path: Path) -> None:
    paths = [tmp_path / f"{number}.nii.gz" for number in range(8)]
    begun = threading.Barrier(5)
    refused: list[ImageFileError] = []

    def write_on(path: Path) -> None:
        begun.wait()
        try:
            while True:
                staging.write(path, image(50, 60, 70))
        except ImageFileError as problem:
            refused.append(problem)

    with Staging(paths) as staging:
        threads = [threading.Thread(target=write_on, args=[path]) for path in paths[:4]]
        for thread in threads:
            thread.start()
        begun.wait()
        staging.write(paths[7], image(50, 60, 70))
        staging.discard()
        for thread in threads:
            thread.join()
    assert len(refused) == 4
    assert everything_in(tmp_path) == {}


# What killed processes leave

STAGES_AND_WAITS = """
import sys
from pathlib import Path
import numpy as np
from voxlogica.images.geometry import Geometry
from voxlogica.images.image import Image
from voxlogica.images.writing import Staging
with Staging([sys.argv[1]]) as staging:
    staging.write(sys.argv[1], Image(np.zeros((4, 5), "f4"), Geometry.of_size(5, 4)))
    print("staged", flush=True)
    sys.stdin.read()
"""


def staging_process(path: Path) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", STAGES_AND_WAITS, str(path)],
        env=os.environ | {"PYTHONPATH": str(Path(voxlogica.__file__).parents[1])},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "staged\n"
    return process


def test_the_next_run_removes_what_a_killed_one_left_and_nothing_else(tmp_path: Path) -> None:
    killed, alive = (staging_process(tmp_path / name) for name in ("killed.nii", "alive.nii"))
    with killed, alive:
        (left,) = [p for p in tmp_path.iterdir() if (p / "0" / "killed.nii").exists()]
        (used,) = [p for p in tmp_path.iterdir() if (p / "0" / "alive.nii").exists()]
        killed.send_signal(signal.SIGKILL)
        killed.wait()
        assert left.exists()
        save(tmp_path / "a.nii", image(4, 5))
        assert not left.exists()
        assert used.exists()
        alive.communicate("")
    assert everything_in(tmp_path).keys() == {"a.nii"}


def test_what_is_in_place_is_told_from_what_another_run_puts_there(tmp_path: Path) -> None:
    path = tmp_path / "a.mhd"
    with Staging([path]) as staging, Staging([path]) as other:
        staging.write(path, image(4, 5))
        other.write(path, image(4, 5))
        staging.commit()
        own = staging.placed(str(path))
        assert [Path(file.path).name for file in own] == ["a.mhd", "a.raw"]
        assert all(file.is_there() for file in own)
        other.commit()
        others = other.placed(str(path))
    for file in own:  # as of a clock that is coarse
        os.utime(file.path, ns=(file.changed, file.changed))
    assert [(f.path, f.size) for f in own] == [(f.path, f.size) for f in others]
    assert not any(file.is_there() for file in own)
    path.unlink()
    assert not others[0].is_there()


def test_files_have_the_permissions_of_any_other_file(tmp_path: Path) -> None:
    (tmp_path / "plain").touch()
    save(tmp_path / "a.mhd", image(4, 5))
    expected = (tmp_path / "plain").stat().st_mode
    assert (tmp_path / "a.mhd").stat().st_mode == expected
    assert (tmp_path / "a.raw").stat().st_mode == expected


def test_the_digest_of_a_saved_file_is_that_of_its_bytes(tmp_path: Path) -> None:
    save(tmp_path / "a.nii.gz", image(4, 5))
    expected = hashlib.sha256((tmp_path / "a.nii.gz").read_bytes()).digest()
    assert open_image(tmp_path / "a.nii.gz").digest == expected


# Voxels beside their header


def test_voxels_replace_only_what_their_own_header_names(tmp_path):
    """`a.mhd` has its voxels in `a.raw`: which may be there, and be somebody else's."""
    foreign = tmp_path / "a.raw"
    foreign.write_bytes(b"voxels of b.mhd")
    with pytest.raises(ImageFileError, match=r"would replace .*a\.raw"):
        save(tmp_path / "a.mhd", image(4, 5))
    assert foreign.read_bytes() == b"voxels of b.mhd"
    foreign.unlink()
    for width in (4, 6):  # its own are replaced
        save(tmp_path / "a.mhd", image(width, 5))
    assert foreign.stat().st_size == 6 * 5 * 4
    foreign.unlink()
    foreign.mkdir()
    with pytest.raises(ImageFileError, match=r"would replace .*a\.raw"):
        save(tmp_path / "a.mhd", image(4, 5))


def test_voxels_that_come_to_be_there_during_a_run_stay(tmp_path):
    path = tmp_path / "a.mhd"
    with Staging([path]) as staging:
        staging.write(path, image(4, 5))
        (tmp_path / "a.raw").write_bytes(b"of somebody else")
        with pytest.raises(ImageFileError, match=r"would replace .*a\.raw"):
            staging.commit()
    assert [(f.name, f.read_bytes()) for f in tmp_path.iterdir()] == [
        ("a.raw", b"of somebody else")
    ]


KILLED_AFTER_RENAMES = """
import os, signal, sys
from pathlib import Path
import numpy as np
from voxlogica.images.geometry import Geometry
from voxlogica.images.image import Image
from voxlogica.images.writing import Staging
path, left, rename = sys.argv[1], int(sys.argv[2]), Path.replace
def replace(self, target):
    global left
    rename(self, target)
    left -= 1
    if not left:
        os.kill(os.getpid(), signal.SIGKILL)
Path.replace = replace
with Staging([path]) as staging:
    staging.write(path, Image(np.zeros((4, 5), "f4"), Geometry.of_size(5, 4)))
    staging.commit()
"""


@pytest.mark.parametrize("renames", [1, 2])
@pytest.mark.parametrize("before", [None, b"NDims = 2\nElementDataFile = elsewhere.raw\n"])
def test_what_a_killed_run_has_put_in_place_is_replaced_by_the_next(tmp_path, renames, before):
    path = tmp_path / "a.mhd"
    if before is not None:
        path.write_bytes(before)
    environment = os.environ | {"PYTHONPATH": str(Path(voxlogica.__file__).parents[1])}
    command = [sys.executable, "-c", KILLED_AFTER_RENAMES, str(path), str(renames)]
    killed = subprocess.run(command, env=environment, check=False)
    assert killed.returncode == -signal.SIGKILL
    if renames == 1:  # a header without voxels is no image, and nobody takes it for one
        with pytest.raises(ImageFileError, match=r"a\.raw"):
            load(path)
    save(path, image(6, 5))  # other voxels than the killed one's
    np.testing.assert_array_equal(load(path).array, image(6, 5).array)
    assert everything_in(tmp_path).keys() == {"a.mhd", "a.raw"}


@pytest.mark.parametrize("renames", [1, 2])
def test_of_two_runs_that_save_one_image_neither_takes_the_others_voxels_for_foreign(
    tmp_path, monkeypatch, renames
):
    path = tmp_path / "a.mhd"
    rename, done = Path.replace, 0

    def replace(self: Path, target: Path) -> Path:
        nonlocal done
        renamed, done = rename(self, target), done + 1
        if done == renames:
            save(path, image(4, 5))  # as another run does at this moment
        return renamed

    with Staging([path]) as staging:
        staging.write(path, image(4, 5))
        monkeypatch.setattr(Path, "replace", replace)
        staging.commit()
    np.testing.assert_array_equal(load(path).array, image(4, 5).array)
    assert done == 4


def test_headers_whose_names_differ_in_case_have_voxels_of_their_own(tmp_path):
    paths = [tmp_path / "a.mhd", tmp_path / "a.MHD", tmp_path / "A.mhd"]
    with Staging(paths) as staging:
        for width, path in enumerate(paths, 3):
            staging.write(path, image(width, 5))
        staging.commit()
    for width, path in enumerate(paths, 3):
        assert load(path).array.shape == (width, 5)
