"""NIfTI headers: what they say is read as nibabel and ITK read it, or a word says otherwise.

nibabel is the oracle: it has code of its own for all that is read here.
"""

from __future__ import annotations

import gzip
import math
import struct
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from nibabel.spm2analyze import Spm2AnalyzeImage

from voxlogica.images.errors import ImageFileError
from voxlogica.images.geometry import Geometry
from voxlogica.images.nifti_header import encoded_header
from voxlogica.images.reading import ImageFile, open_image, read_image
from voxlogica.remarks import heard

FIELDS = "i10s18sihcB8hfffhhhh8ffffhBBffffii80s24shhffffff12f16s4s4B"
KINDS = ("u1", "i1", "u2", "i2", "u4", "i4", "u8", "i8", "f4", "f8")
TO_LPS = np.diag([-1.0, -1.0, 1.0])


# What is written


@st.composite
def geometries(draw: st.DrawFn) -> Geometry:
    n = draw(st.sampled_from([2, 3]))
    steps = st.floats(0.01, 100) | st.sampled_from([1.0, 0.88, 1.1, 2.0])
    places = st.floats(-1e4, 1e4) | st.sampled_from([0.0, -118.12])
    signs = [draw(st.sampled_from([1.0, -1.0])) for _ in range(n)]
    return Geometry(
        size=tuple(draw(st.integers(2, 5)) for _ in range(n)),
        spacing=tuple(draw(steps) for _ in range(n)),
        origin=tuple(draw(places) for _ in range(n)),
        direction=tuple(signs[i] * (i == j) for i in range(n) for j in range(n)),
    )


def itk_image(geometry: Geometry, dtype: str) -> sitk.Image:
    image = sitk.GetImageFromArray(np.zeros(geometry.shape, dtype))
    image.SetSpacing(geometry.spacing)
    image.SetOrigin(geometry.origin)
    image.SetDirection(geometry.direction)
    return image


@given(geometries(), st.sampled_from(KINDS))
@settings(max_examples=60, deadline=None)
def test_what_is_written_is_what_itk_writes(
    tmp_path_factory: pytest.TempPathFactory, geometry: Geometry, kind: str
) -> None:
    path = tmp_path_factory.mktemp("written") / "a.nii"
    sitk.WriteImage(itk_image(geometry, kind), path)
    theirs = struct.unpack("=" + FIELDS, path.read_bytes()[:352])
    head = encoded_header(np.dtype(kind), geometry)
    assert head is not None
    assert struct.unpack("=" + FIELDS, head) == theirs
    # Read again, all is exactly as ITK reads it.
    found, there = open_image(path).geometry, sitk.ReadImage(path)
    assert found.spacing == there.GetSpacing()
    assert found.origin == there.GetOrigin()
    assert found.direction == there.GetDirection()


def test_turned_and_distant_grids_are_written_by_itk() -> None:
    turned = Geometry((2, 2), (1.0, 1.0), (0.0, 0.0), (0.0, 1.0, -1.0, 0.0))
    distant = Geometry((2, 2), (1.0, 1.0), (0.0, 1e30), (1.0, 0.0, 0.0, 1.0))
    for geometry in (turned, distant):
        assert encoded_header(np.dtype("u1"), geometry) is None


# What is read: headers at random, against nibabel


def rotation(seed: int) -> np.ndarray:
    matrix, _ = np.linalg.qr(np.random.default_rng(seed).normal(size=(3, 3)))
    return matrix * np.sign(np.linalg.det(matrix))


ROTATIONS = st.one_of(
    st.integers(0, 10_000).map(rotation),
    st.sampled_from([np.eye(3), TO_LPS, np.diag([1.0, -1.0, -1.0])]),
    # Nearly half a turn, where the quaternion's numbers are least exact.
    st.floats(1e-6, 1e-2).map(
        lambda a: (
            TO_LPS
            @ np.array([[math.cos(a), 0, math.sin(a)], [0, 1, 0], [-math.sin(a), 0, math.cos(a)]])
        )
    ),
)
STEPS = st.tuples(*[st.sampled_from([0.5, 1.0, 1.1, 3.0, 0.9375])] * 3)
CODES = {2: "u1", 4: "i2", 8: "i4", 16: "f4", 64: "f8", 256: "i1", 512: "u2", 768: "u4"}


@st.composite
def files(draw: st.DrawFn) -> tuple[bytes, bytes, str]:
    """A header, what follows it, and the extension: single files of both versions, and pairs."""
    version = draw(st.sampled_from([1, 1, 2]))
    order = draw(st.sampled_from("<>"))
    size = draw(
        st.lists(st.integers(2, 4), min_size=2, max_size=3).map(tuple)
        | st.sampled_from([(3, 4, 1), (3, 4, 2, 1), (2, 3, 4, 1, 1)])
    )
    code = draw(st.sampled_from(sorted(CODES)))
    steps = np.array(draw(STEPS))
    turn = draw(ROTATIONS)
    handed = draw(st.sampled_from([1.0, -1.0, 0.0]))
    shift = np.array(draw(st.tuples(*[st.floats(-200, 200)] * 3)))
    kind = draw(st.sampled_from(["same", "same", "moved", "scaled", "sheared", "turned"]))
    sense = np.diag([1.0, 1.0, -1.0 if handed < 0 else 1.0])
    matrix, place = turn @ sense @ np.diag(steps), shift.copy()
    if kind == "moved":
        place = place + draw(st.sampled_from([1e-5, 0.3, 90.0]))
    elif kind == "scaled":
        matrix = matrix * draw(st.sampled_from([1.0 + 1e-7, 1.01, 2.0]))
    elif kind == "sheared":
        matrix = matrix @ np.array([[1, 0.1, 0], [0, 1, 0], [0, 0, 1.0]])
    elif kind == "turned":
        matrix = rotation(7) @ matrix
    paired = version == 1 and draw(st.booleans())
    extra = draw(st.sampled_from([0, 16, 48]))
    start = (0 if paired else {1: 352, 2: 544}[version]) + extra
    slope = draw(st.sampled_from([0.0, 1.0, 0.1, -2.0, 1e-20, math.nan]))
    intercept = draw(st.sampled_from([0.0, 5.0, -0.7]))
    units = draw(st.sampled_from([0, 1, 2, 3, 10, 16]))
    codes = draw(st.tuples(st.integers(0, 4), st.integers(0, 4)))
    head = (nib.Nifti1Header if version == 1 else nib.Nifti2Header)(
        endianness=order
    ).structarr.copy()
    head["dim"] = [len(size), *size, *[1] * (7 - len(size))]
    head["datatype"] = code
    head["bitpix"] = 8 * np.dtype(CODES[code]).itemsize
    head["pixdim"] = [handed, *steps, 1, 1, 1, 1]
    head["vox_offset"], head["scl_slope"], head["scl_inter"] = start, slope, intercept
    head["xyzt_units"] = units
    head["qform_code"], head["sform_code"] = codes
    quaternion = nib.quaternions.mat2quat(turn)
    quaternion = -quaternion if quaternion[0] < 0 else quaternion
    head["quatern_b"], head["quatern_c"], head["quatern_d"] = quaternion[1:]
    head["qoffset_x"], head["qoffset_y"], head["qoffset_z"] = shift
    for i, row in enumerate(("srow_x", "srow_y", "srow_z")):
        head[row] = [*matrix[i], place[i]]
    head["magic"] = (b"ni1" if paired else b"n+1") if version == 1 else head["magic"]
    head["cal_max"] = draw(st.sampled_from([0.0, math.nan, 1e9]))
    bits = np.random.default_rng(draw(st.integers(0, 99))).integers(0, 100, math.prod(size))
    voxels = bits.astype(np.dtype(CODES[code]).newbyteorder(order)).tobytes()
    content = bytes(head.tobytes())
    if paired:
        return content, bytes(extra) + voxels, ".hdr"
    # Extensions: four bytes say that there are some; each has its length and a code.
    marks = bytes([bool(extra), 0, 0, 0])
    extension = struct.pack(order + "2i", extra, 6).ljust(extra, b"x") if extra else b""
    return content, marks + extension + voxels, draw(st.sampled_from([".nii", ".nii.gz"]))


def written(folder: Path, file: tuple[bytes, bytes, str]) -> Path:
    for old in folder.iterdir():
        old.unlink()
    head, rest, suffix = file
    path = folder / f"a{suffix}"
    if suffix == ".hdr":
        path.write_bytes(head)
        (folder / "a.img").write_bytes(rest)
    else:
        content = head + rest
        path.write_bytes(gzip.compress(content) if suffix == ".nii.gz" else content)
    return path


def affine(file: ImageFile) -> np.ndarray:
    """Where a voxel of three indices lies, from its indices, as NIfTI counts."""
    geometry = file.geometry
    n = geometry.dimension
    matrix = np.eye(4)
    matrix[:n, :n] = np.reshape(geometry.direction, (n, n)) @ np.diag(geometry.spacing)
    matrix[:n, 3] = geometry.origin
    return np.diag([-1.0, -1.0, 1.0, 1.0]) @ matrix


def voxels_apart(ours: np.ndarray, theirs: np.ndarray, size: tuple[int, ...]) -> float:
    """By how many voxels at most the place of a voxel differs, in the axes that there are."""
    n = len(size)
    corners = np.array([*np.ndindex((2,) * n)]) * (np.array(size) - 1)
    off = corners @ (ours[:n, :n] - theirs[:n, :n]).T + (ours[:n, 3] - theirs[:n, 3])
    return float(np.abs(off).max() / np.linalg.norm(ours[:n, :n], axis=0).min())


def of_form(head: nib.Nifti1Header, form: str) -> np.ndarray | None:
    if form == "sform":
        return head.get_sform() if head["sform_code"] > 0 else None
    return head.get_qform() if head["qform_code"] > 0 else None


@given(file=files())
@settings(
    max_examples=200,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_what_nibabel_reads_otherwise_is_warned_of(
    tmp_path: Path, file: tuple[bytes, bytes, str]
) -> None:
    path = written(tmp_path, file)
    theirs = nib.load(path)
    head = theirs.header
    metres = int(head["xyzt_units"]) & 7 == 1
    factor = np.diag([1e3, 1e3, 1e3, 1.0]) if metres else np.eye(4)
    forms = {f: factor @ m for f in ("sform", "qform") if (m := of_form(head, f)) is not None}
    try:
        opened = open_image(path)
    except ImageFileError as problem:
        assert "oblique angles" in problem.message
        assert list(forms) == ["sform"]
        return
    # Values
    values = np.squeeze(np.asarray(theirs.dataobj)).astype("f4")
    ours = read_image(opened).array
    assert ours.shape == values.T.shape or opened.geometry.dimension == 3
    np.testing.assert_allclose(np.squeeze(ours).astype("f4"), values.T, rtol=1e-6)
    if (theirs.dataobj.slope, theirs.dataobj.inter) == (1, 0):
        assert ours.dtype == head.get_data_dtype().newbyteorder("=")
    # Place: where neither form is there, only the size of voxels is told.
    geometry = opened.geometry
    n = geometry.dimension
    assert geometry.unit == ("um" if int(head["xyzt_units"]) & 7 == 3 else "mm")
    told = [w for w in opened.warnings if "sides of length 1" not in w]
    if not forms:
        steps = np.abs(head["pixdim"][1 : n + 1]) * (1e3 if metres else 1)
        assert geometry.spacing == pytest.approx(tuple(steps), rel=1e-6)
        assert told == []
        return
    if n == 2:
        return  # a plane that is tilted in space has no such place here
    apart = {f: voxels_apart(affine(opened), m, geometry.size) for f, m in forms.items()}
    if told:
        used = "sform" if "sform is used" in told[0] or "which is used" in told[0] else "qform"
        # Near half a turn, the rounding of a quaternion is what the forms may differ by.
        assert apart[used] < (2e-3 if used == "sform" else 0.02)
    else:
        assert max(apart.values()) < 0.02


@given(geometries(), st.sampled_from("<>"), st.sampled_from([0, 1, 2, 5]))
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_analyze_files_say_the_size_of_voxels_and_no_place(
    tmp_path: Path, geometry: Geometry, order: str, orientation: int
) -> None:
    head = Spm2AnalyzeImage.header_class(endianness=order)
    head.set_data_shape(geometry.size)
    head.set_data_dtype(np.int16)
    head.set_zooms(geometry.spacing)
    values = np.arange(geometry.voxels, dtype=np.int16).reshape(geometry.size, order="F")
    for old in tmp_path.iterdir():
        old.unlink()
    plain = nib.analyze.AnalyzeHeader(head.binaryblock[:348], order)
    nib.analyze.AnalyzeImage(values, None, plain).to_filename(tmp_path / "a.img")
    content = bytearray((tmp_path / "a.hdr").read_bytes())
    content[252] = orientation
    (tmp_path / "a.hdr").write_bytes(content)
    found = open_image(tmp_path / "a.img")
    assert found.geometry.spacing == pytest.approx(geometry.spacing)
    assert found.geometry.origin == (0.0,) * geometry.dimension
    np.testing.assert_array_equal(read_image(found).array, values.T)
    assert found.warnings == ()


# Contradictions, one by one


def changed(path: Path, **fields: object) -> Path:
    """A file along the patient's axes of 1 × 2 × 3 mm with fields set otherwise."""
    image = nib.Nifti1Image(np.arange(60, dtype=np.int16).reshape(3, 4, 5), np.diag([1.0, 2, 3, 1]))
    image.header.set_qform(image.affine, 1)
    image.header.set_sform(image.affine, 1)
    nib.save(image, path)
    head = nib.Nifti1Header(path.read_bytes()[:348])
    for name, value in fields.items():
        head[name] = value
    path.write_bytes(head.binaryblock + path.read_bytes()[348:])
    return path


@pytest.mark.parametrize(
    ("fields", "spacing", "told"),
    [
        ({}, (1, 2, 3), None),
        ({"qoffset_x": 0.0005}, (1, 2, 3), None),
        ({"qoffset_x": 0.5}, (1, 2, 3), "disagree by up to 0.5 voxels: the sform is used"),
        ({"sform_code": 4, "srow_x": [-1, 0, 0, 90]}, (1, 2, 3), "the sform is used"),
        ({"srow_x": [2, 0, 0, 0]}, (1, 2, 3), "the qform is used"),
        ({"srow_x": [1, 0.5, 0, 0]}, (1, 2, 3), "not at right angles, so its qform is used"),
        ({"srow_x": [0, 0, 0, 0]}, (1, 2, 3), "not at right angles, so its qform is used"),
        ({"qform_code": 0, "pixdim": [1, 0, 0, 0, 0, 0, 0, 0]}, (1, 2, 3), None),
        ({"qform_code": 0, "pixdim": [1, math.nan, 0, 0, 0, 0, 0, 0]}, (1, 2, 3), None),
        ({"qform_code": 0, "pixdim": [1] * 8}, (1, 2, 3), "voxel size, 1 × 1 × 1, is not that"),
        ({"sform_code": 0, "pixdim": [1, 1, 0, 3, 1, 1, 1, 1]}, (1, 1, 3), "taken for 1"),
        ({"sform_code": 0, "pixdim": [1, 1, -2, 3, 1, 1, 1, 1]}, (1, 2, 3), "the other way"),
    ],
)
def test_a_header_that_contradicts_itself_is_told_of(
    tmp_path: Path, fields: dict[str, object], spacing: tuple[float, ...], told: str | None
) -> None:
    found = open_image(changed(tmp_path / "a.nii", **fields))
    assert found.geometry.spacing == spacing
    if told is None:
        assert found.warnings == ()
    else:
        (warning,) = found.warnings
        assert told in warning
        assert "a.nii" in warning


def test_axes_that_are_nowhere_at_right_angles_are_refused(tmp_path: Path) -> None:
    path = changed(tmp_path / "a.nii", qform_code=0, srow_x=[1, 0.5, 0, 0])
    with pytest.raises(ImageFileError, match="oblique angles"):
        open_image(path)


@pytest.mark.parametrize("slope", [0.0, math.nan, math.inf])
def test_a_slope_of_0_or_none_is_no_scaling_whatever_the_intercept(
    tmp_path: Path, slope: float
) -> None:
    image = read_image(open_image(changed(tmp_path / "a.nii", scl_slope=slope, scl_inter=5.0)))
    assert image.array.dtype == np.int16
    assert (image.array.min(), image.array.max()) == (0, 59)


def test_large_whole_numbers_are_scaled_before_they_are_rounded(tmp_path: Path) -> None:
    image = nib.Nifti1Image(np.full((2, 2, 2), 123_456_789, np.int32), np.eye(4))
    image.header.set_slope_inter(1e-3, 0)
    nib.save(image, tmp_path / "a.nii")
    content = bytearray((tmp_path / "a.nii").read_bytes())
    struct.pack_into("<8i", content, 352, *[123_456_789] * 8)
    struct.pack_into("<2f", content, 112, 1e-3, 0)
    (tmp_path / "a.nii").write_bytes(content)
    slope = float(np.float32(1e-3))
    assert read_image(open_image(tmp_path / "a.nii")).array[0, 0, 0] == np.float32(
        123_456_789 * slope
    )


def test_colours_are_not_scaled(tmp_path: Path) -> None:
    path = changed(tmp_path / "a.nii", scl_slope=2.0, datatype=128, dim=[3, 2, 2, 2, 1, 1, 1, 1])
    with heard() as remarks:
        image = read_image(open_image(path))
    assert (image.array.dtype, image.components, remarks) == (np.uint8, 3, [])
