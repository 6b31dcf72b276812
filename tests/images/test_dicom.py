"""DICOM series as volumes: what is sorted, what is warned of, and what is refused."""

from __future__ import annotations

import math
import os
import shutil
from itertools import product
from pathlib import Path

import numpy as np
import pydicom
import pytest
import SimpleITK as sitk  # noqa: N813
from pydicom.sequence import Sequence as Items
from pydicom.uid import (
    BasicTextSRStorage,
    MediaStorageDirectoryStorage,
    RTDoseStorage,
    SecondaryCaptureImageStorage,
    SegmentationStorage,
)

from tests.dicom_files import (
    AXIAL,
    CORONAL,
    SAGITTAL,
    enhanced,
    grid,
    image,
    item,
    items,
    load,
    placed,
    refusal,
    save,
    series,
    warnings,
)
from voxlogica.dataclass import replace
from voxlogica.images.errors import ImageFileError
from voxlogica.images.reading import open_image, read_image

# A series that is a volume


def test_a_folder_is_read_as_simpleitk_reads_its_series(tmp_path: Path) -> None:
    voxels = grid(5, 6, 7)
    series(tmp_path / "scan", voxels)
    (tmp_path / "scan" / "notes.txt").write_text("nothing to see")
    (tmp_path / "scan" / "Thumbs.db").write_bytes(bytes(100))
    (tmp_path / "scan" / ".hidden").write_bytes(bytes(100))
    found = load(tmp_path / "scan")
    np.testing.assert_array_equal(found.array, voxels)
    assert found.dtype == "int16"
    reader = sitk.ImageSeriesReader()
    reader.SetFileNames(reader.GetGDCMSeriesFileNames(str(tmp_path / "scan")))
    expected = reader.Execute()
    assert found.geometry.size == expected.GetSize()
    assert found.geometry.spacing == expected.GetSpacing() == (0.5, 0.75, 2.5)
    assert found.geometry.origin == expected.GetOrigin() == (-10, -20, 0)
    assert found.geometry.direction == expected.GetDirection()
    assert open_image(tmp_path / "scan").kind == "dicom"
    assert open_image(tmp_path / "scan").warnings == ()


@pytest.mark.parametrize(
    "axes",
    [AXIAL, SAGITTAL, CORONAL, (0.8, 0.6, 0, 0, 0, 1), (0.8, 0, 0.6, 0.36, 0.8, -0.48)],
    ids=["axial", "sagittal", "coronal", "vertical", "oblique"],
)
def test_slices_of_any_orientation_lie_where_simpleitk_puts_them(
    tmp_path: Path, axes: tuple[float, ...]
) -> None:
    normal = np.cross(axes[:3], axes[3:])
    places = [np.array([-3.0, 4.0, 5.0]) - 1.5 * k * normal for k in range(4)]
    series(tmp_path / "scan", grid(4, 6, 7), places, axes=axes)
    assert warnings(tmp_path / "scan") == ""
    found = load(tmp_path / "scan")
    reader = sitk.ImageSeriesReader()
    reader.SetFileNames(reader.GetGDCMSeriesFileNames(str(tmp_path / "scan")))
    expected = reader.Execute()
    np.testing.assert_array_equal(found.array, sitk.GetArrayFromImage(expected))
    np.testing.assert_allclose(found.geometry.origin, expected.GetOrigin(), atol=1e-6)
    np.testing.assert_allclose(found.geometry.spacing, expected.GetSpacing(), atol=1e-6)
    np.testing.assert_allclose(found.geometry.direction, expected.GetDirection(), atol=1e-6)


def test_a_file_is_read_by_itself_whatever_its_name(tmp_path: Path) -> None:
    file = save(placed(grid(6, 7), (1, 2, 3)), tmp_path / "scan" / "a.dcm")
    shutil.copy(file, tmp_path / "IM0001")
    shutil.copy(file, tmp_path / "IM.001")
    for path in (file, tmp_path / "IM0001", tmp_path / "IM.001", tmp_path / "scan"):
        np.testing.assert_array_equal(load(path).array, grid(6, 7))
        assert "7×6×1 is read as 7×6" in warnings(path)


def test_a_series_is_known_by_what_its_slices_hold_not_by_their_names(tmp_path: Path) -> None:
    first = series(tmp_path / "first", grid(3, 6, 7))
    (tmp_path / "second").mkdir()
    for number, file in enumerate(sorted(first.iterdir(), reverse=True)):
        shutil.copy(file, tmp_path / "second" / f"IM{number}")
    assert open_image(first).canonical() == open_image(tmp_path / "second").canonical()


def test_rounding_in_headers_is_not_told_of(tmp_path: Path) -> None:
    turn = math.radians(7)
    axes = [1, 0, 0, 0, round(math.cos(turn), 6), round(math.sin(turn), 6)]
    places = [
        (-100.123, round(-1.25 * k * math.sin(turn), 4), round(1.25 * k * math.cos(turn), 4))
        for k in range(30)
    ]
    series(tmp_path / "scan", grid(30, 6, 7), places, axes=axes)
    assert warnings(tmp_path / "scan") == ""
    assert load(tmp_path / "scan").geometry.spacing[2] == pytest.approx(1.25, abs=1e-4)


# Slices that are no part of the volume


@pytest.mark.parametrize("size", [(6, 7), (9, 4)])
def test_a_scout_is_left_out_with_a_word(tmp_path: Path, size: tuple[int, int]) -> None:
    series(tmp_path / "ct", grid(6, 6, 7))
    save(placed(grid(*size), (-51, 0, 0), axes=SAGITTAL, number=9), tmp_path / "ct" / "scout.dcm")
    assert '"scout.dcm" left out: not parallel to the 6 slices' in warnings(tmp_path / "ct")
    np.testing.assert_array_equal(load(tmp_path / "ct").array, grid(6, 6, 7))
    assert load(tmp_path / "ct").geometry.spacing == (0.5, 0.75, 2.5)


def test_a_capture_without_a_place_is_left_out_with_a_word(tmp_path: Path) -> None:
    series(tmp_path / "ct", grid(6, 6, 7))
    save(image(grid(6, 7)), tmp_path / "ct" / "capture.dcm")
    assert '"capture.dcm" left out' in warnings(tmp_path / "ct")
    assert load(tmp_path / "ct").array.shape == (6, 6, 7)


def test_planes_across_each_other_are_no_volume(tmp_path: Path) -> None:
    for number, axes in enumerate((AXIAL, SAGITTAL, CORONAL)):
        data = placed(grid(6, 7), (0, 0, 0), axes=axes, number=number)
        save(data, tmp_path / "loc" / f"{number}.dcm")
    assert "is no volume: its 3 images lie across each other" in refusal(tmp_path / "loc")


CHANGES = {
    "a turn by one degree": (
        {"ImageOrientationPatient": [1, 0, 0, 0, math.cos(0.0175), math.sin(0.0175)]},
        "not parallel",
    ),
    "a turn in its plane": ({"ImageOrientationPatient": [0, 1, 0, -1, 0, 0]}, "not parallel"),
    "a flip": ({"ImageOrientationPatient": [1, 0, 0, 0, -1, 0]}, "not parallel"),
    "a zoom": ({"PixelSpacing": [0.75, 0.6]}, "different pixel spacing: 0.5×0.75"),
    "a shift of a pixel": ({"ImagePositionPatient": [-9.5, -20, 5]}, "shifted sideways by 1 pixel"),
    "more rows": (
        {"Rows": 7, "PixelData": grid(7, 7).tobytes()},
        "different sizes: 7×6 pixels in",
    ),
    "colours": (
        {
            "SamplesPerPixel": 3,
            "PhotometricInterpretation": "RGB",
            "PlanarConfiguration": 0,
            "PixelData": bytes(6 * 7 * 6),
        },
        "different sizes",
    ),
}


@pytest.mark.parametrize("change", CHANGES)
def test_one_slice_that_is_not_like_the_others_is_named(tmp_path: Path, change: str) -> None:
    series(tmp_path / "ct", grid(6, 6, 7))
    file = tmp_path / "ct" / "004.dcm"
    data = pydicom.dcmread(file)
    elements, said = CHANGES[change]
    for keyword, value in elements.items():
        setattr(data, keyword, value)
    data.save_as(file)
    found = refusal(tmp_path / "ct")
    assert said in found
    assert '"004.dcm"' in found


def test_a_slice_shifted_by_less_than_half_a_pixel_is_warned_of(tmp_path: Path) -> None:
    places = [(-10, -20, 2 * k) for k in range(6)]
    places[3] = (-10.2, -20, 6)
    series(tmp_path / "ct", grid(6, 6, 7), places)
    assert '"003.dcm" is shifted sideways by 0.4 pixels' in warnings(tmp_path / "ct")


def test_a_tilted_gantry_is_warned_of_and_planes_keep_their_distance(tmp_path: Path) -> None:
    turn = math.radians(20)
    axes = (1, 0, 0, 0, math.cos(turn), -math.sin(turn))
    places = [(0, 0, 5 * k) for k in range(6)]
    series(tmp_path / "ct", grid(6, 6, 7), places, axes=axes)
    said = warnings(tmp_path / "ct")
    assert "a gantry tilted by 20°?" in said
    assert "no right-angled grid" in said
    found = load(tmp_path / "ct")
    assert found.geometry.spacing[2] == pytest.approx(5 * math.cos(turn))
    np.testing.assert_array_equal(found.array, grid(6, 6, 7))


def test_a_missing_slice_is_warned_of(tmp_path: Path) -> None:
    series(tmp_path / "scan", grid(4, 6, 7), [(0, 0, z) for z in (0, 2, 6, 8)])
    assert "unevenly spaced, from 2 to 4 mm" in warnings(tmp_path / "scan")


def test_a_distance_that_changes_slowly_is_warned_of(tmp_path: Path) -> None:
    series(tmp_path / "scan", grid(50, 6, 7), [(0, 0, k + 1e-4 * k * k) for k in range(50)])
    assert "unevenly spaced" in warnings(tmp_path / "scan")


# Several series, several times


def test_a_folder_with_several_series_names_them(tmp_path: Path) -> None:
    series(tmp_path / "scan", grid(3, 6, 7), SeriesDescription="axial")
    for file in series(
        tmp_path / "more", grid(2, 6, 7), SeriesInstanceUID="1.2.3.7", SeriesDescription="late"
    ).iterdir():
        file.rename(tmp_path / "scan" / f"x{file.name}")
    said = refusal(tmp_path / "scan")
    assert "2 DICOM series" in said
    assert '1.2.3.4 (3 files, "axial")' in said
    assert '1.2.3.7 (2 files, "late")' in said


def chosen(path: Path, channel: int = 0, frame: int = 0) -> np.ndarray:
    return read_image(replace(open_image(path), channel=channel, frame=frame)).array


def test_echoes_are_channels_and_times_are_frames(tmp_path: Path) -> None:
    voxels = grid(2, 3, 4, 6, 7)  # echo, time, slice
    for number, (echo, time, k) in enumerate(product(range(2), range(3), range(4))):
        data = placed(
            voxels[echo, time, k],
            (0, 0, 2 * k),
            number=number,
            EchoTime=10 * (echo + 1),
            TemporalPositionIdentifier=time + 1,
            AcquisitionTime=f"10000{time}.{k}{echo}",
        )
        save(data, tmp_path / "fmri" / f"{number * 7 % 24}.dcm")
    file = open_image(tmp_path / "fmri")
    assert file.channels == ("10 ms", "20 ms")
    assert file.frames == 3
    assert file.geometry.size == (7, 6, 4)
    assert file.warnings == ()
    for echo, time in product(range(2), range(3)):
        np.testing.assert_array_equal(chosen(tmp_path / "fmri", echo, time), voxels[echo, time])


def test_the_order_in_which_slices_were_taken_is_that_of_frames(tmp_path: Path) -> None:
    voxels = grid(3, 4, 6, 7)
    for number, (time, k) in enumerate(product(range(3), range(4))):
        clock = f"10{time * 4 + k * 3 % 4:02d}00"
        data = placed(voxels[time, k], (0, 0, 2 * k), number=number, AcquisitionTime=clock)
        save(data, tmp_path / "fmri" / f"{number * 7 % 12}.dcm")
    assert open_image(tmp_path / "fmri").frames == 3
    for time in range(3):
        np.testing.assert_array_equal(chosen(tmp_path / "fmri", 0, time), voxels[time])


def test_directions_of_diffusion_are_channels(tmp_path: Path) -> None:
    kinds = [(0.0, None), (800.0, [1.0, 0.0, 0.0]), (800.0, [0.0, 1.0, 0.0])]
    voxels = grid(3, 2, 6, 7)
    for number, (kind, k) in enumerate(product(range(3), range(2))):
        b, direction = kinds[kind]
        data = placed(voxels[kind, k], (0, 0, 2 * k), number=number, DiffusionBValue=b)
        if direction:
            data.DiffusionGradientOrientation = direction
        save(data, tmp_path / "dwi" / f"{5 - number}.dcm")
    file = open_image(tmp_path / "dwi")
    assert file.channels == ("0 s/mm²", "800 s/mm² 0 1 0", "800 s/mm² 1 0 0")
    for channel, kind in enumerate((0, 2, 1)):
        np.testing.assert_array_equal(chosen(tmp_path / "dwi", channel), voxels[kind])


def test_images_in_one_place_that_nothing_tells_apart_are_refused(tmp_path: Path) -> None:
    for number, (_, k) in enumerate(product(range(2), range(3))):
        data = placed(grid(6, 7) + number, (0, 0, k), number=number)
        save(data, tmp_path / "twice" / f"{number}.dcm")
    assert "2 of each of 3, which are not told apart" in refusal(tmp_path / "twice")


def test_images_side_by_side_are_no_volume(tmp_path: Path) -> None:
    for number, (side, k) in enumerate(product(range(2), range(3))):
        data = placed(grid(6, 7), (100 * side, 0, k), number=number, AcquisitionNumber=side)
        save(data, tmp_path / "legs" / f"{number}.dcm")
    assert "holds images side by side" in refusal(tmp_path / "legs")


def test_an_image_that_is_there_twice_is_named(tmp_path: Path) -> None:
    series(tmp_path / "scan", grid(4, 6, 7), [(0, 0, z) for z in (0, 2, 4, 4)])
    assert 'such as "001.dcm" and "002.dcm"' in refusal(tmp_path / "scan")


def test_a_copy_of_a_file_is_left_out_with_a_word(tmp_path: Path) -> None:
    series(tmp_path / "scan", grid(4, 6, 7))
    shutil.copy(tmp_path / "scan" / "002.dcm", tmp_path / "scan" / "002 (copy).dcm")
    assert "left out: copies of other slices there" in warnings(tmp_path / "scan")
    np.testing.assert_array_equal(load(tmp_path / "scan").array, grid(4, 6, 7))


@pytest.mark.parametrize(
    "element, values, said",
    [
        ("EchoTime", (10, 20), "echo times: 10, 20 ms"),
        (
            "ImageType",
            (["ORIGINAL", "M"], ["ORIGINAL", "P"]),
            "image types: ORIGINAL M, ORIGINAL P",
        ),
        ("DiffusionBValue", (0.0, 800.0), "b-values: 0, 800 s/mm²"),
        ("FrameOfReferenceUID", ("1.2.3.1", "1.2.3.2"), "frames of reference"),
        ("ConvolutionKernel", ("B30f", "B60f"), "reconstruction kernels: B30f, B60f"),
        ("PhotometricInterpretation", ("MONOCHROME1", "MONOCHROME2"), "photometric"),
        ("RescaleType", ("HU", "US"), "kinds of values: HU, US"),
    ],
)
def test_slices_of_several_volumes_one_between_the_others_are_warned_of(
    tmp_path: Path, element: str, values: tuple[object, object], said: str
) -> None:
    for k in range(6):
        data = placed(grid(6, 7), (0, 0, k), number=k, **{element: values[k % 2]})
        save(data, tmp_path / "mr" / f"{k}.dcm")
    assert said in warnings(tmp_path / "mr")


# Many frames in one file


def test_frames_of_an_enhanced_file_lie_where_each_says(tmp_path: Path) -> None:
    voxels = grid(5, 6, 7, dtype="uint16")
    order = [3, 0, 4, 1, 2]
    data = enhanced(voxels[order], [(-10, -20, 2.5 * k) for k in order], Modality="MR")
    save(data, tmp_path / "e.dcm")
    found = load(tmp_path / "e.dcm")
    np.testing.assert_array_equal(found.array, voxels)
    assert found.geometry.spacing == (0.5, 0.75, 2.5)
    assert found.geometry.origin == (-10, -20, 0)
    assert warnings(tmp_path / "e.dcm") == ""


def test_frames_of_an_enhanced_file_are_rescaled_each_by_its_own(tmp_path: Path) -> None:
    voxels = grid(4, 6, 7, dtype="uint16")
    slopes = [1, 0.5, 2, 3.25]
    data = enhanced(voxels, [(0, 0, k) for k in range(4)], slopes=slopes)
    save(data, tmp_path / "e.dcm")
    expected = voxels * np.array(slopes)[:, None, None] + np.arange(4)[:, None, None]
    np.testing.assert_array_equal(load(tmp_path / "e.dcm").array, expected.astype("float32"))


def test_frames_of_an_enhanced_file_are_compared_as_slices_are(tmp_path: Path) -> None:
    heights = {"gap": (0, 1, 2, 5), "shift": (0, 1, 2, 3), "time": (0, 1, 0, 1)}
    for name, places in heights.items():
        own = [{"FrameContentSequence": items(TemporalPositionIndex=1 + k // 2)} for k in range(4)]
        data = enhanced(
            grid(4, 6, 7, dtype="uint16"),
            [(5 if name == "shift" and z == 2 else 0, 0, z) for z in places],
            own=own if name == "time" else None,
        )
        save(data, tmp_path / f"{name}.dcm")
    assert "unevenly spaced" in warnings(tmp_path / "gap.dcm")
    assert 'frame 3 of "shift.dcm" is shifted' in refusal(tmp_path / "shift.dcm")
    file = open_image(tmp_path / "time.dcm")
    assert (file.frames, file.geometry.size) == (2, (7, 6, 2))
    pixels = grid(4, 6, 7, dtype="uint16")
    np.testing.assert_array_equal(chosen(tmp_path / "time.dcm", 0, 1), pixels[2:])


def test_an_enhanced_file_with_planes_across_each_other_is_no_volume(tmp_path: Path) -> None:
    own = [
        {"PlaneOrientationSequence": items(ImageOrientationPatient=list(axes))}
        for axes in (AXIAL, SAGITTAL, CORONAL)
    ]
    data = enhanced(grid(3, 6, 7, dtype="uint16"), [(0, 0, 0)] * 3, own=own)
    save(data, tmp_path / "loc.dcm")
    assert "is no volume" in refusal(tmp_path / "loc.dcm")


def test_frames_without_a_place_follow_each_other_in_time(tmp_path: Path) -> None:
    save(image(grid(5, 6, 7), frames=5), tmp_path / "cine.dcm")
    file = open_image(tmp_path / "cine.dcm")
    assert (file.frames, file.geometry.size) == (5, (7, 6))
    np.testing.assert_array_equal(chosen(tmp_path / "cine.dcm", 0, 3), grid(5, 6, 7)[3])


def test_pictures_without_a_place_are_no_volume(tmp_path: Path) -> None:
    for k in range(2):
        data = image(grid(6, 7), SOPInstanceUID=f"1.2.3.{k}", InstanceNumber=k)
        save(data, tmp_path / "captures" / f"{k}.dcm")
    assert "2 images that do not say where they lie" in refusal(tmp_path / "captures")


def test_frames_that_say_only_where_the_first_lies_are_read_with_a_word(tmp_path: Path) -> None:
    data = image(
        grid(5, 6, 7),
        frames=5,
        ImagePositionPatient=[1, 2, 3],
        ImageOrientationPatient=list(AXIAL),
        PixelSpacing=[0.75, 0.5],
        SpacingBetweenSlices=4,
    )
    save(data, tmp_path / "spect.dcm")
    assert "taken to lie 4 mm apart" in warnings(tmp_path / "spect.dcm")
    assert load(tmp_path / "spect.dcm").geometry.spacing == (0.5, 0.75, 4)
    data.FrameIncrementPointer = 0x00181063  # frame time
    save(data, tmp_path / "cine.dcm")
    assert open_image(tmp_path / "cine.dcm").frames == 5


def test_slices_that_nuclear_medicine_reconstructs_have_the_place_of_the_first(
    tmp_path: Path,
) -> None:
    data = image(
        grid(4, 6, 7),
        frames=4,
        PixelSpacing=[0.75, 0.5],
        SpacingBetweenSlices=4,
        FrameIncrementPointer=0x00540080,
        SliceVector=[1, 2, 3, 4],
        DetectorInformationSequence=items(
            ImagePositionPatient=[1, 2, 3], ImageOrientationPatient=list(AXIAL)
        ),
    )
    save(data, tmp_path / "nm.dcm")
    assert load(tmp_path / "nm.dcm").geometry.origin == (1, 2, 3)
    np.testing.assert_array_equal(load(tmp_path / "nm.dcm").array, grid(4, 6, 7))


@pytest.mark.parametrize(
    "axes, position, offsets, heights",
    [
        (AXIAL, (1, 2, 30), (0, 3, 6, 9), (30, 33, 36, 39)),
        (AXIAL, (1, 2, 30), (30, 33, 36, 39), (30, 33, 36, 39)),
        (AXIAL, (1, 2, 30), (0, -3, -6, -9), (30, 27, 24, 21)),
        ((1, 0, 0, 0, -1, 0), (1, 2, 30), (30, 33, 36, 39), (30, 33, 36, 39)),
        ((1, 0, 0, 0, -1, 0), (1, 2, 30), (0, 3, 6, 9), (30, 27, 24, 21)),
    ],
    ids=["relative", "absolute", "downwards", "absolute, prone", "relative, prone"],
)
def test_planes_of_dose_lie_by_their_offsets_and_are_scaled(
    tmp_path: Path,
    axes: tuple[float, ...],
    position: tuple[float, ...],
    offsets: tuple[float, ...],
    heights: tuple[float, ...],
) -> None:
    voxels = grid(4, 6, 7, dtype="uint32")
    data = image(
        voxels,
        frames=4,
        SOPClassUID=RTDoseStorage,
        Modality="RTDOSE",
        ImagePositionPatient=list(position),
        ImageOrientationPatient=list(axes),
        PixelSpacing=[0.75, 0.5],
        FrameIncrementPointer=0x3004000C,
        GridFrameOffsetVector=list(offsets),
        DoseGridScaling="0.001",
    )
    save(data, tmp_path / "dose.dcm")
    found = load(tmp_path / "dose.dcm")
    geometry = found.geometry
    direction = np.array(geometry.direction).reshape(3, 3)
    for plane, height in zip(voxels, heights, strict=True):
        number = round((height - geometry.origin[2]) / geometry.spacing[2] / direction[2, 2])
        np.testing.assert_array_equal(found.array[number], plane * 0.001)
    assert geometry.spacing == (0.5, 0.75, 3)
    assert warnings(tmp_path / "dose.dcm") == ""


def test_planes_of_dose_that_are_uneven_or_without_a_place_are_told_of(tmp_path: Path) -> None:
    data = image(
        grid(4, 6, 7, dtype="uint16"),
        frames=4,
        SOPClassUID=RTDoseStorage,
        ImagePositionPatient=[0, 0, 5],
        ImageOrientationPatient=list(AXIAL),
        PixelSpacing=[1, 1],
        GridFrameOffsetVector=[0, 3, 6, 12],
        DoseGridScaling="0.001",
    )
    save(data, tmp_path / "dose.dcm")
    assert "unevenly spaced, from 3 to 6" in warnings(tmp_path / "dose.dcm")
    data.GridFrameOffsetVector = [1, 2, 3, 4]
    save(data, tmp_path / "dose.dcm")
    assert "GridFrameOffsetVector" in refusal(tmp_path / "dose.dcm")
    data.GridFrameOffsetVector = [0, 3, 6]
    save(data, tmp_path / "dose.dcm")
    assert "4 frames, and says of 3" in refusal(tmp_path / "dose.dcm")


def segmentation(masks: np.ndarray, heights: list[float], segments: list[int]) -> pydicom.Dataset:
    frames = len(masks)
    data = enhanced(
        masks,
        [(0, 0, z) for z in heights],
        own=[
            {"SegmentIdentificationSequence": items(ReferencedSegmentNumber=number)}
            for number in segments
        ],
        BitsAllocated=1,
        BitsStored=1,
        PixelData=np.packbits(masks.ravel(), bitorder="little").tobytes() + b"\0",
    )
    data.NumberOfFrames = frames
    data.SOPClassUID = SegmentationStorage
    data.SegmentationType = "BINARY"
    data.SegmentSequence = Items(
        [item(SegmentNumber=n, SegmentLabel=f"organ {n}") for n in sorted(set(segments))]
    )
    measures = data.SharedFunctionalGroupsSequence[0].PixelMeasuresSequence[0]
    measures.SpacingBetweenSlices = 2.0
    if len(data.PixelData) % 2:
        data.PixelData += b"\0"
    return data


def test_bits_of_a_segmentation_are_voxels_and_slices_left_out_are_0(tmp_path: Path) -> None:
    masks = (grid(3, 5, 7, dtype="uint8") % 3 == 0).astype("uint8")
    save(segmentation(masks, [8, 2, 4], [1, 1, 1]), tmp_path / "seg.dcm")
    found = load(tmp_path / "seg.dcm")
    expected = np.stack([masks[1], masks[2], np.zeros((5, 7)), masks[0]])
    np.testing.assert_array_equal(found.array, expected)
    assert found.geometry.spacing == (0.5, 0.75, 2)
    assert found.geometry.origin == (0, 0, 2)


def test_segments_are_channels_by_their_labels(tmp_path: Path) -> None:
    masks = (grid(4, 5, 7, dtype="uint8") % 3 == 0).astype("uint8")
    save(segmentation(masks, [2, 2, 4, 8], [1, 2, 2, 1]), tmp_path / "seg.dcm")
    file = open_image(tmp_path / "seg.dcm")
    assert file.channels == ("organ 1", "organ 2")
    none = np.zeros((5, 7))
    first, second = np.stack([masks[0], none, none, masks[3]]), np.stack([*masks[1:3], none, none])
    np.testing.assert_array_equal(chosen(tmp_path / "seg.dcm", 0), first)
    np.testing.assert_array_equal(chosen(tmp_path / "seg.dcm", 1), second)
    save(segmentation(masks[:2], [2, 2], [1, 1]), tmp_path / "twice.dcm")
    assert "of the same segment in the same place" in refusal(tmp_path / "twice.dcm")


# What is no image, or no slice


def test_a_picture_without_a_place_is_2_d(tmp_path: Path) -> None:
    data = image(grid(6, 7, dtype="uint8"), SOPClassUID=SecondaryCaptureImageStorage)
    save(data, tmp_path / "sc.dcm")
    found = load(tmp_path / "sc.dcm")
    np.testing.assert_array_equal(found.array, grid(6, 7, dtype="uint8"))
    assert found.geometry.spacing == (1, 1)
    assert found.geometry.unit == "px"
    assert warnings(tmp_path / "sc.dcm") == ""


def test_the_spacing_of_a_projection_is_that_on_the_detector(tmp_path: Path) -> None:
    save(image(grid(6, 7), ImagerPixelSpacing=[0.2, 0.1]), tmp_path / "dx.dcm")
    assert load(tmp_path / "dx.dcm").geometry.spacing == (0.1, 0.2)
    assert "on the detector" in warnings(tmp_path / "dx.dcm")


def test_a_slice_that_does_not_say_its_spacing_is_warned_of(tmp_path: Path) -> None:
    save(placed(grid(6, 7), (0, 0, 0), spacing=None), tmp_path / "a.dcm")
    assert "does not say how far its pixels lie apart" in warnings(tmp_path / "a.dcm")


def test_a_mosaic_is_refused(tmp_path: Path) -> None:
    types = ["ORIGINAL", "PRIMARY", "M", "ND", "MOSAIC"]
    save(placed(grid(6, 7), (0, 0, 0), ImageType=types), tmp_path / "scan" / "a.dcm")
    assert "is a mosaic" in refusal(tmp_path / "scan" / "a.dcm")


def test_a_report_in_the_folder_is_left_out_with_a_word(tmp_path: Path) -> None:
    series(tmp_path / "scan", grid(3, 6, 7))
    report = item(
        SOPClassUID=BasicTextSRStorage, SOPInstanceUID="1.2.3.88", SeriesInstanceUID="1.2.3.89"
    )
    save(report, tmp_path / "scan" / "report.dcm")
    assert '"report.dcm" left out: DICOM, but no image' in warnings(tmp_path / "scan")
    assert "without an image" in refusal(tmp_path / "scan" / "report.dcm")


def test_an_index_names_the_folders_that_hold_slices(tmp_path: Path) -> None:
    series(tmp_path / "disc" / "PA0" / "ST0" / "SE0", grid(3, 6, 7))
    series(tmp_path / "disc" / "PA0" / "ST0" / "SE1", grid(3, 6, 7))
    index = item(SOPClassUID=MediaStorageDirectoryStorage, SOPInstanceUID="1.2.3.88")
    save(index, tmp_path / "disc" / "DICOMDIR")
    for path in (tmp_path / "disc" / "DICOMDIR", tmp_path / "disc"):
        said = refusal(path)
        assert f'"{tmp_path / "disc" / "PA0" / "ST0" / "SE0"}"' in said
        assert "SE1" in said
    assert "an index of DICOM files" in refusal(tmp_path / "disc" / "DICOMDIR")


def test_slices_of_the_series_in_folders_below_are_told_of(tmp_path: Path) -> None:
    series(tmp_path / "scan", grid(3, 6, 7))
    series(tmp_path / "scan" / "more", grid(3, 6, 7))
    assert "more slices of the same series" in warnings(tmp_path / "scan")
    assert load(tmp_path / "scan").array.shape == (3, 6, 7)


@pytest.mark.parametrize("left", [0.999, 0.99, 0.6, 0.3, 0.01, 0.0])
def test_a_truncated_slice_is_an_error_and_not_a_gap(tmp_path: Path, left: float) -> None:
    series(tmp_path / "scan", grid(5, 16, 17))
    path = tmp_path / "scan" / "003.dcm"
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * left)])
    with pytest.raises(ImageFileError, match=r"003\.dcm.*(truncated|damaged)"):
        open_image(tmp_path / "scan")


def test_a_file_without_extension_that_is_no_dicom_is_told_of(tmp_path: Path) -> None:
    series(tmp_path / "scan", grid(3, 6, 7))
    for file in list((tmp_path / "scan").iterdir()):
        file.rename(file.with_suffix(""))
    (tmp_path / "scan" / "004").write_bytes(b"\0" * 50)
    assert '"004" left out: no DICOM' in warnings(tmp_path / "scan")


def test_a_name_that_is_not_utf_8_is_told(tmp_path: Path) -> None:
    series(tmp_path / "scan", grid(3, 6, 7))
    (tmp_path / "scan" / "001.dcm").rename(tmp_path / "scan" / os.fsdecode(b"\xff.dcm"))
    assert "not UTF-8" in refusal(tmp_path / "scan")


def test_a_folder_without_slices_suggests_what_is_in_it(tmp_path: Path) -> None:
    assert "no DICOM series" in refusal(tmp_path)
    sitk.WriteImage(sitk.GetImageFromArray(grid(2, 3, 4)), tmp_path / "flair.nii.gz")
    assert "flair.nii.gz" in refusal(tmp_path)
