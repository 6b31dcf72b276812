"""DICOM files for tests, made with pydicom, and what they hold according to pydicom."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.pixels import apply_modality_lut
from pydicom.sequence import Sequence as Items
from pydicom.uid import CTImageStorage, EnhancedMRImageStorage, ExplicitVRLittleEndian

from voxlogica.images.errors import ImageFileError
from voxlogica.images.image import Image
from voxlogica.images.reading import open_image, read_image

AXIAL = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)
SAGITTAL = (0.0, 1.0, 0.0, 0.0, 0.0, -1.0)
CORONAL = (1.0, 0.0, 0.0, 0.0, 0.0, -1.0)


def grid(*shape: int, dtype: str = "int16") -> np.ndarray:
    """Voxels that differ from their neighbours."""
    return (np.arange(np.prod(shape)) * 7 % 251).astype(dtype).reshape(shape)


def image(pixels: np.ndarray, *, frames: int = 0, **more: Any) -> Dataset:
    """A data set that holds an image, (rows, columns), with 3 samples last, or frames first.

    `more` are elements by keyword; None leaves one out.
    """
    samples = 3 if pixels.shape[-1] == 3 and pixels.ndim == (4 if frames else 3) else 1
    bits = pixels.dtype.itemsize * 8
    elements = {
        "SOPClassUID": CTImageStorage,
        "SOPInstanceUID": "1.2.3.1",
        "StudyInstanceUID": "1.2.3",
        "SeriesInstanceUID": "1.2.3.4",
        "FrameOfReferenceUID": "1.2.3.5",
        "PatientName": "Doe^Jane",
        "PatientID": "SECRET",
        "PatientBirthDate": "19700101",
        "Modality": "CT",
        "SamplesPerPixel": samples,
        "PhotometricInterpretation": "RGB" if samples == 3 else "MONOCHROME2",
        "Rows": pixels.shape[1 if frames else 0],
        "Columns": pixels.shape[2 if frames else 1],
        "BitsAllocated": bits,
        "BitsStored": bits,
        "PixelRepresentation": int(pixels.dtype.kind == "i"),
        "PixelData": pixels.tobytes(),
    }
    if samples == 3:
        elements["PlanarConfiguration"] = 0
    if frames:
        elements["NumberOfFrames"] = frames
    elements |= more
    elements.setdefault("HighBit", elements["BitsStored"] - 1)
    data = Dataset()
    for keyword, value in elements.items():
        if value is not None:
            setattr(data, keyword, value)
    if "PixelData" in data:
        data["PixelData"].VR = "OW" if elements["BitsAllocated"] > 8 else "OB"
    return data


def save(data: Dataset, path: Path, syntax: str = ExplicitVRLittleEndian) -> Path:
    """Write a data set as a file; pixel data are to be compressed already, where they are."""
    data.file_meta = FileMetaDataset()
    data.file_meta.TransferSyntaxUID = pydicom.uid.UID(syntax)
    data.file_meta.MediaStorageSOPClassUID = data.SOPClassUID
    data.file_meta.MediaStorageSOPInstanceUID = data.SOPInstanceUID
    path.parent.mkdir(parents=True, exist_ok=True)
    data.save_as(path, enforce_file_format=True)
    return path


def placed(
    pixels: np.ndarray,
    position: Sequence[float],
    *,
    axes: Sequence[float] = AXIAL,
    number: int = 1,
    spacing: Sequence[float] | None = (0.75, 0.5),
    **more: Any,
) -> Dataset:
    """A slice with its place; `spacing` is between rows and between columns."""
    return image(
        pixels,
        **{
            "SOPInstanceUID": f"1.2.3.9.{number}",
            "InstanceNumber": number,
            "ImagePositionPatient": [float(f"{x:.10g}") for x in position],
            "ImageOrientationPatient": [float(f"{x:.10g}") for x in axes],
            "PixelSpacing": None if spacing is None else list(spacing),
            "RescaleSlope": 1,
            "RescaleIntercept": 0,
        }
        | more,
    )


def series(
    folder: Path, voxels: np.ndarray, places: Iterable[Sequence[float]] | None = None, **more: Any
) -> Path:
    """A folder of slices, named so that their order is not that of their names."""
    where = list(places) if places else [(-10, -20, 2.5 * k) for k in range(len(voxels))]
    for number, (plane, place) in enumerate(zip(voxels, where, strict=True)):
        data = placed(plane, place, number=number + 1, **more)
        save(data, folder / f"{len(voxels) - number:03d}.dcm")
    return folder


def item(**elements: Any) -> Dataset:
    """An item of a sequence."""
    data = Dataset()
    for keyword, value in elements.items():
        setattr(data, keyword, value)
    return data


def items(**elements: Any) -> Items:
    """A sequence of one item."""
    return Items([item(**elements)])


def enhanced(
    pixels: np.ndarray,
    places: Sequence[Sequence[float]],
    *,
    axes: Sequence[float] = AXIAL,
    slopes: Sequence[float] | None = None,
    own: Sequence[dict[str, Any]] | None = None,
    **more: Any,
) -> Dataset:
    """A file of many frames, each with its place, slope and functional groups of its own."""
    data = image(pixels, frames=len(pixels), SOPClassUID=EnhancedMRImageStorage, **more)
    shared = item(
        PlaneOrientationSequence=items(ImageOrientationPatient=list(axes)),
        PixelMeasuresSequence=items(PixelSpacing=[0.75, 0.5], SliceThickness=2.0),
    )
    data.SharedFunctionalGroupsSequence = Items([shared])
    groups = []
    for number, place in enumerate(places):
        group = item(PlanePositionSequence=items(ImagePositionPatient=list(place)))
        if slopes is not None:
            group.PixelValueTransformationSequence = items(
                RescaleSlope=slopes[number], RescaleIntercept=number, RescaleType="US"
            )
        for keyword, value in (own[number] if own else {}).items():
            setattr(group, keyword, value)
        groups.append(group)
    data.PerFrameFunctionalGroupsSequence = Items(groups)
    return data


def held(path: Path) -> np.ndarray:
    """What pydicom says the values of a file are."""
    data = pydicom.dcmread(path)
    return np.asarray(apply_modality_lut(data.pixel_array, data))


# What voxlogica makes of them


def load(path: Path) -> Image:
    """The image in a file or a folder."""
    return read_image(open_image(path))


def warnings(path: Path) -> str:
    """What there is to warn of."""
    return "\n".join(open_image(path).warnings)


def refusal(path: Path) -> str:
    """Why it is not read, in a line that tells the file and nothing of whom it shows."""
    with pytest.raises(ImageFileError) as caught:
        load(path)
    said = f"{caught.value.message} = help: {caught.value.hint}"
    assert "\n" not in said
    assert path.name in said
    for secret in ("Doe", "Jane", "SECRET", "1970", "10000"):
        assert secret not in said
    return said
