"""Series at random, with faults at random: read as pydicom says, or not without a word.

The reference takes each frame by itself: pydicom says where its four corners lie and what its
values are. A volume that is read without a warning must hold every frame of the folder, each with
these values, at these places.
"""

from __future__ import annotations

import copy
import math
import random
from collections.abc import Callable
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset
from pydicom.pixels import apply_modality_lut
from pydicom.sequence import Sequence as Items
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    RLELossless,
)

from tests.dicom_files import enhanced, item, items, placed, save
from voxlogica.dataclass import replace
from voxlogica.images.errors import ImageFileError
from voxlogica.images.image import Image
from voxlogica.images.reading import open_image, read_image

SYNTAXES = (
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    DeflatedExplicitVRLittleEndian,
    RLELossless,
)


# Series


def rotation(chance: random.Random) -> np.ndarray:
    """A rotation, often one that turns axes into axes."""
    if chance.random() < 0.4:
        return np.eye(3)[:, chance.sample(range(3), 3)]
    axis = np.array([chance.gauss(0, 1) for _ in range(3)])
    axis /= np.linalg.norm(axis)
    turn = chance.uniform(-math.pi, math.pi)
    k = np.cross(np.eye(3), axis)
    return np.eye(3) + math.sin(turn) * k + (1 - math.cos(turn)) * (k @ k)


def slices(chance: random.Random) -> list[Dataset]:
    """The slices of a volume without a fault."""
    rows, columns, count = chance.randint(4, 9), chance.randint(4, 9), chance.randint(4, 9)
    turned = rotation(chance)
    axes = [float(f"{x:.9f}") for x in (*turned[:, 0], *turned[:, 1])]
    normal = np.cross(turned[:, 0], turned[:, 1])
    start = np.array([chance.uniform(-99, 99) for _ in range(3)])
    gap = chance.choice((0.4, 1.25, 3.0))
    spacing = [chance.choice((0.4, 0.75, 1.0)), chance.choice((0.5, 0.75, 2.0))]
    noise = np.random.default_rng(chance.randrange(1 << 30))
    signed, bits = chance.random() < 0.5, chance.choice((8, 12, 16))
    dtype = f"{'' if signed else 'u'}int{8 if bits == 8 else 16}"
    least = -(1 << bits - 1) if signed else 0
    slope, intercept = chance.choice(((1, 0), (1, -1024), (2, 3), (0.25, -1)))
    made = []
    for k in range(count):
        pixels = noise.integers(least, least + (1 << bits), (rows, columns)).astype(dtype)
        data = placed(
            pixels,
            start + gap * k * normal,
            axes=axes,
            number=k + 1,
            spacing=spacing,
            BitsStored=bits,
            RescaleSlope=slope,
            RescaleIntercept=intercept,
            EchoTime=10,
            ImageType=["ORIGINAL", "PRIMARY"],
        )
        made.append(data)
    return made


# Faults; each changes the slices in place


def some(chance: random.Random, made: list[Dataset]) -> Dataset:
    return chance.choice(made)


def moved(data: Dataset, by: np.ndarray) -> None:
    data.ImagePositionPatient = [
        float(f"{x:.9f}") for x in np.array(data.ImagePositionPatient, float) + by
    ]


def axes_of(data: Dataset) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    cosines = np.array(data.ImageOrientationPatient, float)
    return cosines[:3], cosines[3:], np.cross(cosines[:3], cosines[3:])


def lost(chance: random.Random, made: list[Dataset]) -> None:
    made.pop(chance.randrange(len(made)))


def doubled(chance: random.Random, made: list[Dataset]) -> None:
    other = copy.deepcopy(some(chance, made))
    if chance.random() < 0.7:
        other.SOPInstanceUID += ".7"
    made.append(other)


def shifted(chance: random.Random, made: list[Dataset]) -> None:
    data = some(chance, made)
    row, column, _ = axes_of(data)
    moved(data, chance.choice((row, column)) * chance.choice((0.01, 0.1, 0.3, 1, 20)))


def raised(chance: random.Random, made: list[Dataset]) -> None:
    data = some(chance, made)
    moved(data, axes_of(data)[2] * chance.choice((0.01, 0.1, 0.7, 3, 500)))


def sheared(chance: random.Random, made: list[Dataset]) -> None:
    step = chance.choice((0.01, 0.1, 1, 3))
    for k, data in enumerate(made):
        moved(data, axes_of(data)[1] * step * k)


def fanned(chance: random.Random, made: list[Dataset]) -> None:
    turn = chance.choice((0.001, 0.01, 0.3))
    for k, data in enumerate(made):
        turned_by(data, turn * k)


def turned(chance: random.Random, made: list[Dataset]) -> None:
    turned_by(some(chance, made), chance.choice((0.001, 0.01, 0.1, 1, math.pi / 2, math.pi)))


def turned_by(data: Dataset, turn: float) -> None:
    row, column, normal = axes_of(data)
    column = math.cos(turn) * column + math.sin(turn) * normal
    data.ImageOrientationPatient = [float(f"{x:.9f}") for x in (*row, *column)]


def spun(chance: random.Random, made: list[Dataset]) -> None:
    data = some(chance, made)
    row, column, _ = axes_of(data)
    if chance.random() < 0.5:
        data.ImageOrientationPatient = [*map(float, column), *map(float, -row)]
    else:
        data.ImageOrientationPatient = [*map(float, -row), *map(float, column)]


def zoomed(chance: random.Random, made: list[Dataset]) -> None:
    data = some(chance, made)
    spacing = list(map(float, data.PixelSpacing))
    spacing[chance.randrange(2)] *= chance.choice((1.001, 1.1, 2))
    data.PixelSpacing = spacing


def rescaled(chance: random.Random, made: list[Dataset]) -> None:
    data = some(chance, made)
    data.RescaleSlope = chance.choice((1, 3, 0.5, -1))
    data.RescaleIntercept = chance.choice((0, 7, -0.5))


def otherwise_stored(chance: random.Random, made: list[Dataset]) -> None:
    data = some(chance, made)
    pixels = np.frombuffer(data.PixelData, np.uint8)[: data.Rows * data.Columns]
    data.BitsAllocated = data.BitsStored = 8
    data.HighBit, data.PixelRepresentation = 7, 0
    data.PixelData = pixels.tobytes()


def fewer_bits(chance: random.Random, made: list[Dataset]) -> None:
    for data in made:
        data.BitsStored = max(int(data.BitsStored) - 3, 1)
        data.HighBit = data.BitsStored - 1


def crossed(chance: random.Random, made: list[Dataset]) -> None:
    other = copy.deepcopy(some(chance, made))
    other.SOPInstanceUID += ".8"
    _, column, normal = axes_of(other)
    other.ImageOrientationPatient = [float(f"{x:.9f}") for x in (*column, *normal)]
    moved(other, normal * chance.uniform(-3, 3))
    made.append(other)


def unplaced(chance: random.Random, made: list[Dataset]) -> None:
    for data in made if chance.random() < 0.3 else [some(chance, made)]:
        del data.ImagePositionPatient


def again(chance: random.Random, made: list[Dataset]) -> None:
    """All slices a second time, in the same places or between them."""
    between = chance.choice((0.0, 0.5, 1e-4, 0.013))
    element, value = chance.choice((("EchoTime", 20), ("AcquisitionNumber", 2), ("EchoTime", 10)))
    gap = np.array(made[1].ImagePositionPatient, float) - np.array(
        made[0].ImagePositionPatient, float
    )
    for data in list(made):
        other = copy.deepcopy(data)
        other.SOPInstanceUID += ".9"
        other.PixelData = bytes(reversed(data.PixelData))
        setattr(other, element, value)
        moved(other, gap * between)
        made.append(other)


def of_another_kind(chance: random.Random, made: list[Dataset]) -> None:
    element, value = chance.choice(
        (
            ("ImageType", ["DERIVED", "SECONDARY"]),
            ("FrameOfReferenceUID", "1.2.3.777"),
            ("SeriesInstanceUID", "1.2.3.778"),
            ("PhotometricInterpretation", "MONOCHROME1"),
            ("Modality", "MR"),
            ("RescaleType", "US"),
        )
    )
    setattr(some(chance, made), element, value)


def smaller(chance: random.Random, made: list[Dataset]) -> None:
    data = some(chance, made)
    data.Rows -= 1


def garbled(chance: random.Random, made: list[Dataset]) -> None:
    data = some(chance, made)
    match chance.randrange(4):
        case 0:
            data.ImageOrientationPatient = [1, 0, 0, 1, 0, 0]
        case 1:
            data.PixelSpacing = [0, 1]
        case 2:
            data.ImageOrientationPatient = [float(x) * 1.3 for x in data.ImageOrientationPatient]
        case 3:
            del data.PixelSpacing


FAULTS: tuple[Callable[[random.Random, list[Dataset]], None], ...] = (
    lost,
    doubled,
    shifted,
    raised,
    sheared,
    fanned,
    turned,
    spun,
    zoomed,
    rescaled,
    otherwise_stored,
    fewer_bits,
    crossed,
    again,
    of_another_kind,
    smaller,
    garbled,
    unplaced,
)


# What pydicom says


@dataclass(frozen=True)
class Plane:
    corners: np.ndarray
    values: np.ndarray


def planes_of(folder: Path) -> list[Plane]:
    """Every frame of every file, its corners in mm and its values."""
    found = []
    for file in sorted(folder.iterdir()):
        data = pydicom.dcmread(file)
        values = data.pixel_array
        groups = data.get("PerFrameFunctionalGroupsSequence", [data])
        for number, group in enumerate(groups):
            whole = data.get("SharedFunctionalGroupsSequence", [data])[0]
            plane = values if group is data else values[number]
            transformed = group.get("PixelValueTransformationSequence", [data])[0]
            found.append(Plane(corners(group, whole), apply_modality_lut(plane, transformed)))
    return found


def corners(group: Dataset, shared: Dataset) -> np.ndarray:
    """Where the centres of the corner pixels lie."""

    def element(sequence: str, keyword: str) -> np.ndarray:
        for place in (group, shared):
            for inside in (*place.get(sequence, ()), place):
                if keyword in inside:
                    return np.array(inside[keyword].value, float)
        return np.full(6, np.nan)

    position = element("PlanePositionSequence", "ImagePositionPatient")
    cosines = element("PlaneOrientationSequence", "ImageOrientationPatient")
    between_rows, between_columns = element("PixelMeasuresSequence", "PixelSpacing")[:2]
    rows, columns = shared.get("Rows", 0), shared.get("Columns", 0)
    return np.array(
        [
            position[:3] + i * between_columns * cosines[:3] + j * between_rows * cosines[3:]
            for i, j in product((0, max(columns - 1, 0)), (0, max(rows - 1, 0)))
        ]
    )


def assert_every_plane_is_in_its_place(planes: list[Plane], found: list[Image]) -> None:
    geometry = found[0].geometry
    assert geometry.dimension == 3
    columns, rows, count = geometry.size
    assert count * len(found) == len(planes)
    direction = np.array(geometry.direction).reshape(3, 3)
    steps = np.maximum(geometry.spacing, (0, 0, min(geometry.spacing[:2])))
    where = []
    for number in range(count):
        index = [(i, j, number) for i, j in product((0, columns - 1), (0, rows - 1))]
        where.append(np.array(geometry.origin) + (index * np.array(geometry.spacing)) @ direction.T)
    for plane in planes:
        near = min(range(count), key=lambda n: np.abs(where[n] - plane.corners).max())
        off = np.abs((where[near] - plane.corners) @ direction)  # along rows, columns, normal
        assert (off <= 0.2 * steps).all(), f"{off.max(axis=0)} mm away"
        expected = plane.values.astype(found[0].dtype)
        assert any(np.array_equal(one.array[near], expected) for one in found)


# Tests


def as_files(chance: random.Random, made: list[Dataset], folder: Path) -> None:
    order = chance.sample(range(len(made)), len(made))
    for name, number in enumerate(order):
        data = made[number]
        syntax = chance.choice(SYNTAXES)
        if syntax == RLELossless:
            save(data, folder / f"{name}.dcm")
            data.compress(RLELossless, generate_instance_uid=False)
        save(data, folder / f"{name}.dcm", syntax)


def as_one_file(chance: random.Random, made: list[Dataset], folder: Path) -> bool:
    """The slices as frames of one file; False where one file cannot hold them."""
    chance.shuffle(made)
    first = made[0]
    alike = ("Rows", "Columns", "BitsAllocated", "BitsStored", "PixelRepresentation")
    if any(data[keyword].value != first[keyword].value for data in made for keyword in alike):
        return False
    if not all("ImagePositionPatient" in data and "PixelSpacing" in data for data in made):
        return False
    groups = [
        {
            "PlaneOrientationSequence": items(ImageOrientationPatient=data.ImageOrientationPatient),
            "PixelMeasuresSequence": items(PixelSpacing=data.PixelSpacing),
            "PixelValueTransformationSequence": items(
                RescaleSlope=data.RescaleSlope, RescaleIntercept=data.RescaleIntercept
            ),
            "MREchoSequence": items(EffectiveEchoTime=float(data.EchoTime)),
        }
        for data in made
    ]
    type = f"{'' if first.PixelRepresentation else 'u'}int{first.BitsAllocated}"
    pixels = np.stack(
        [
            np.frombuffer(data.PixelData, type)[: first.Rows * first.Columns].reshape(
                first.Rows, first.Columns
            )
            for data in made
        ]
    )
    places = [data.ImagePositionPatient for data in made]
    whole = enhanced(pixels, places, own=groups, BitsStored=first.BitsStored)
    if len(whole.PixelData) % 2:
        whole.PixelData += b"\0"
    shared = item(Rows=first.Rows, Columns=first.Columns)
    whole.SharedFunctionalGroupsSequence = Items([shared])
    save(whole, folder / "whole.dcm", chance.choice(SYNTAXES[:3]))
    return True


def outcome(seed: int, faults: int, folder: Path) -> str:
    """Read a series of that seed: "refused", "warned", "read" or "several"; right if read."""
    chance = random.Random(seed)
    made = slices(chance)
    chosen = chance.sample(FAULTS, k=faults)
    for fault in sorted(chosen, key=FAULTS.index):  # one that takes places away comes last
        fault(chance, made)
    if chance.random() < 0.7 or not as_one_file(chance, made, folder):
        as_files(chance, made, folder)
    files = list(folder.iterdir())
    try:
        file = open_image(folder if len(files) > 1 else files[0])
        found = [
            read_image(replace(file, channel=channel, frame=frame))
            for channel in range(len(file.channels))
            for frame in range(file.frames)
        ]
    except ImageFileError:
        return "refused"
    if file.warnings:
        return "warned"
    assert_every_plane_is_in_its_place(planes_of(folder), found)
    return "read" if len(found) == 1 else "several"


@pytest.mark.parametrize("first", range(0, 20, 10))
def test_a_series_without_a_fault_is_read_without_a_word(tmp_path: Path, first: int) -> None:
    for seed in range(first, first + 10):
        assert outcome(seed, 0, tmp_path / str(seed)) == "read", seed


@pytest.mark.parametrize("first", range(0, 120, 10))
def test_a_series_with_faults_is_right_or_not_without_a_word(tmp_path: Path, first: int) -> None:
    for seed in range(first, first + 10):
        outcome(seed, 1 + seed % 2, tmp_path / str(seed))


@pytest.mark.slow
@pytest.mark.parametrize("first", range(1000, 6000, 100))
def test_many_series_with_faults(tmp_path: Path, first: int) -> None:
    for seed in range(first, first + 100):
        outcome(seed, 1 + seed % 3, tmp_path / str(seed))
