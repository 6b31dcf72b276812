"""The frames of a DICOM file: where each lies, and what its stored values mean.

A file has one frame, or many. Those of an enhanced file say for each in functional groups what a
file of one frame says once; a dose grid and a reconstruction of nuclear medicine say where the
first lies, and how far behind it the others do.

Attributes: DICOM PS3.3 C.7.6.2 (place), C.7.6.16 (functional groups), C.8.8.3.2 (dose grids),
C.11.1 (rescaling), C.7.6.16.2.11 (real world values).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

from voxlogica.dataclass import dataclass
from voxlogica.images.dicom_elements import DicomElements, DicomFile
from voxlogica.images.dicom_pixels import PixelLayout
from voxlogica.images.errors import ImageFileError, damaged, quoted
from voxlogica.images.geometry import Vector, dot, vector


@dataclass(frozen=True, slots=True)
class FramePlane:
    """Where a frame lies: the centre of its first pixel in mm, and three directions.

    Columns are counted along `row`, rows along `column`; slices behind it lie along the `normal`.
    """

    place: Vector
    row: Vector
    column: Vector
    normal: Vector


@dataclass(frozen=True, slots=True)
class Scaling:
    """What a stored value means: slope times it and intercept, or its entry in the file's table."""

    slope: float = 1.0
    intercept: float = 0.0
    table: bool = False


@dataclass(frozen=True, slots=True)
class DicomFrame:
    """A plane of pixels.

    `lies` is where, `spacing` is between columns and between rows, both None where the file does
    not say. `mapped` says that its scaling is to real world values. `aspects` are what may tell
    one volume from another in the same place: a value for each of ASPECTS, "" where the file does
    not say.
    """

    file: DicomFile
    layout: PixelLayout
    index: int
    lies: FramePlane | None
    spacing: tuple[float, float] | None
    thickness: float | None
    scaling: Scaling
    mapped: bool
    aspects: tuple[str, ...]

    @property
    def plane(self) -> FramePlane:
        """Where it lies, of one that says it."""
        assert self.lies is not None
        return self.lies

    @property
    def steps(self) -> tuple[float, float]:
        """Its spacing, 1 where it says none."""
        return self.spacing or (1.0, 1.0)

    @property
    def name(self) -> str:
        """How messages call it."""
        name = quoted(Path(self.file.path).name)
        return name if self.layout.frames == 1 else f"frame {self.index + 1} of {name}"


@dataclass(frozen=True, slots=True)
class Aspect:
    """Something by which volumes in one place differ: its name for several, keywords, unit.

    Within one volume, `uniform` says, it is the same in all slices. `in_time` are those by which
    volumes follow each other. The values of a `discreet` one are not shown: a date or a time of day
    may tell whom an image shows.
    """

    name: str
    keywords: tuple[str, ...]
    unit: str = ""
    uniform: bool = True
    in_time: bool = False
    discreet: bool = False


ASPECTS = (
    Aspect("echo times", ("EffectiveEchoTime", "EchoTime"), " ms"),
    Aspect("b-values", ("DiffusionBValue",), " s/mm²"),
    Aspect("gradient directions", ("DiffusionGradientOrientation",)),
    Aspect("inversion times", ("InversionTimes", "InversionTime"), " ms"),
    Aspect("flip angles", ("FlipAngle",), "°"),
    Aspect("segments", ("ReferencedSegmentNumber",)),
    Aspect("stacks", ("StackID",)),
    Aspect("image types", ("FrameType", "ImageType")),
    Aspect("reconstruction kernels", ("ConvolutionKernel",)),
    Aspect("tube voltages", ("KVP",), " kV"),
    Aspect("kinds of values", ("RescaleType", "Units")),
    Aspect("photometric interpretations", ("PhotometricInterpretation",)),
    Aspect("frames of reference", ("FrameOfReferenceUID",), discreet=True),
    Aspect("modalities", ("Modality",)),
    Aspect("echoes", ("EchoNumbers",)),
    Aspect("times", ("TemporalPositionIndex", "TemporalPositionIdentifier"), in_time=True),
    Aspect("trigger times", ("NominalCardiacTriggerDelayTime", "TriggerTime"), " ms", False, True),
    Aspect("frame times", ("FrameReferenceTime",), " ms", False, True),
    Aspect("acquisitions", ("FrameAcquisitionNumber", "AcquisitionNumber"), "", False, True),
    Aspect("acquisition times", ("AcquisitionTime",), "", False, True, discreet=True),
)
# Which of them say what segment a frame is of, and at what time of day it was taken.
SEGMENT = next(n for n, aspect in enumerate(ASPECTS) if aspect.name == "segments")
CLOCK = next(n for n, aspect in enumerate(ASPECTS) if aspect.name == "acquisition times")

# In which functional group an element stands.
_GROUPS = {
    keyword: (group,)
    for group, keywords in {
        "PlanePositionSequence": "ImagePositionPatient",
        "PlaneOrientationSequence": "ImageOrientationPatient",
        "PixelMeasuresSequence": "PixelSpacing SliceThickness SpacingBetweenSlices",
        "PixelValueTransformationSequence": "RescaleSlope RescaleIntercept RescaleType",
        "FrameContentSequence": "StackID TemporalPositionIndex FrameAcquisitionNumber",
        "MREchoSequence": "EffectiveEchoTime",
        "MRDiffusionSequence": "DiffusionBValue",
        "MRTimingAndRelatedParametersSequence": "FlipAngle",
        "MRModifierSequence": "InversionTimes",
        "CTReconstructionSequence": "ConvolutionKernel",
        "CTXRayDetailsSequence": "KVP",
        "SegmentIdentificationSequence": "ReferencedSegmentNumber",
        "CardiacSynchronizationSequence": "NominalCardiacTriggerDelayTime",
    }.items()
    for keyword in keywords.split()
}
_FRAME_TYPES = ("MRImageFrameTypeSequence", "CTImageFrameTypeSequence", "PETFrameTypeSequence")


@dataclass(frozen=True, slots=True)
class _Described:
    """What a frame says of itself, then what all frames of its file say, then the file."""

    file: DicomElements
    groups: tuple[DicomElements, ...]

    def where(self, keyword: str) -> DicomElements:
        """The elements that hold one of them, or the file's own where none does."""
        for group in self.groups:
            for item in _items_of(group, keyword):
                if item.holds(keyword):
                    return item
        return self.file

    def numbers(self, keyword: str) -> tuple[float, ...]:
        return self.where(keyword).numbers(keyword)

    def number(self, keyword: str) -> float | None:
        return self.where(keyword).number(keyword)


def _items_of(group: DicomElements, keyword: str) -> Iterator[DicomElements]:
    """The items of a functional group in which an element may stand."""
    for name in _FRAME_TYPES if keyword == "FrameType" else _GROUPS.get(keyword, ()):
        yield from group.items(name)
    if keyword == "DiffusionGradientOrientation":
        for diffusion in group.items("MRDiffusionSequence"):
            yield from diffusion.items("DiffusionGradientDirectionSequence")


def frames_of(file: DicomFile, layout: PixelLayout) -> tuple[DicomFrame, ...]:
    """The frames of a file in the order of their pixel data.

    ImageFileError where what the file says of them cannot be.
    """
    elements = file.elements
    shared = elements.items("SharedFunctionalGroupsSequence")[:1]
    own = elements.items("PerFrameFunctionalGroupsSequence")
    if own and len(own) != layout.frames:
        raise damaged(file.path, f"it has {layout.frames} frames, and describes {len(own)}")
    places = _places(file, layout) or (None,) * layout.frames
    return tuple(
        _frame(file, layout, index, _Described(elements, (*own[index : index + 1], *shared)), place)
        for index, place in enumerate(places)
    )


def _frame(
    file: DicomFile,
    layout: PixelLayout,
    index: int,
    described: _Described,
    position: tuple[float, ...] | None,
) -> DicomFrame:
    if position is None:
        found = described.where("ImagePositionPatient")
        # The file's one place is not the place of every frame.
        is_own = layout.frames == 1 or found is not file.elements
        position = found.numbers("ImagePositionPatient") if is_own else ()
    axes = "ImageOrientationPatient"
    cosines = described.numbers(axes) or _of_first(file.elements, axes)
    scaling, mapped = _scaling(file, described)
    thickness = described.number("SpacingBetweenSlices") or described.number("SliceThickness")
    return DicomFrame(
        file=file,
        layout=layout,
        index=index,
        lies=_plane(file.path, position, cosines),
        spacing=_spacing(file.path, described),
        thickness=abs(thickness) if thickness else None,
        scaling=scaling,
        mapped=mapped,
        aspects=tuple(_aspect(described, aspect) for aspect in ASPECTS),
    )


def _aspect(described: _Described, aspect: Aspect) -> str:
    said = (described.where(keyword).words(keyword) for keyword in aspect.keywords)
    return next(filter(None, said), "")


def _plane(path: str, position: tuple[float, ...], cosines: tuple[float, ...]) -> FramePlane | None:
    """The plane at a position, None where that, or the cosines of its axes, are missing.

    They are made of length 1, and right-angled, as far as rounding kept them from it.
    """
    if len(position) != 3 or len(cosines) != 6:
        return None
    row, column = vector(cosines[:3]), vector(cosines[3:])
    lengths = math.hypot(*row), math.hypot(*column)
    if any(abs(length - 1) > 1e-2 for length in lengths) or abs(dot(row, column)) > 1e-2:
        raise damaged(path, "the rows and columns of its image are not at right angles")
    row = _unit(row)
    along = dot(row, column)
    column = _unit(vector([c - along * r for c, r in zip(column, row, strict=True)]))
    return FramePlane(vector(position), row, column, _cross(row, column))


def _unit(a: Vector) -> Vector:
    length = math.hypot(*a)
    return a[0] / length, a[1] / length, a[2] / length


def _cross(a: Vector, b: Vector) -> Vector:
    return (
        a[1] * b[2] - a[2] * b[1],
        a[2] * b[0] - a[0] * b[2],
        a[0] * b[1] - a[1] * b[0],
    )


_SPACINGS = ("PixelSpacing", "ImagerPixelSpacing", "NominalScannedPixelSpacing")


def _spacing(path: str, described: _Described) -> tuple[float, float] | None:
    for keyword in _SPACINGS:
        numbers = described.numbers(keyword)
        if len(numbers) == 2:
            if min(numbers) <= 0:
                raise damaged(path, f"its {keyword} is not above 0", None)
            return numbers[1], numbers[0]
    regions = described.file.items("SequenceOfUltrasoundRegions")
    if len(regions) == 1:
        (region,) = regions
        units = region.whole("PhysicalUnitsXDirection"), region.whole("PhysicalUnitsYDirection")
        steps = region.number("PhysicalDeltaX"), region.number("PhysicalDeltaY")
        if units == (3, 3) and steps[0] and steps[1]:  # centimetres
            return abs(steps[0]) * 10, abs(steps[1]) * 10
    return None


# Where frames lie that do not say it each for themselves


def _of_first(elements: DicomElements, keyword: str) -> tuple[float, ...]:
    """An element of a file, or of the first slice in it that nuclear medicine reconstructs."""
    detectors = elements.items("DetectorInformationSequence")[:1]
    return next(filter(None, (said.numbers(keyword) for said in (elements, *detectors))), ())


def _places(file: DicomFile, layout: PixelLayout) -> tuple[tuple[float, ...], ...] | None:
    """The place of each frame, where the file gives that of the first and how far others are."""
    place, axes = "ImagePositionPatient", "ImageOrientationPatient"
    first = _plane(file.path, _of_first(file.elements, place), _of_first(file.elements, axes))
    offsets = _offsets(file, layout, first) if first is not None else None
    if first is None or offsets is None:
        return None
    return tuple(
        tuple(p + offset * n for p, n in zip(first.place, first.normal, strict=True))
        for offset in offsets
    )


def _offsets(file: DicomFile, layout: PixelLayout, first: FramePlane) -> list[float] | None:
    """How far along the normal each frame is from the first; None where the file does not say."""
    elements = file.elements
    grid = elements.numbers("GridFrameOffsetVector")
    if grid:
        if len(grid) != layout.frames:
            raise damaged(
                file.path,
                f"it has {layout.frames} frames, and says of {len(grid)} where they are",
            )
        if grid[0] == 0:
            return list(grid)
        # The other kind: heights in the patient's space, of planes across its axis.
        height, up = first.place[2], first.normal[2]
        if math.isclose(grid[0], height, abs_tol=1e-3) and abs(up) > 1 - 1e-6:
            return [(above - height) * math.copysign(1, up) for above in grid]
        raise ImageFileError(
            f"{quoted(file.path)}: its GridFrameOffsetVector begins neither with 0 nor with the"
            " place of its first plane, so that the others have no place"
        )
    if layout.frames > 1 and not elements.items("PerFrameFunctionalGroupsSequence"):
        between = elements.number("SpacingBetweenSlices")
        slices = elements.numbers("SliceVector")
        if elements.holds("FrameIncrementPointer") and not slices:
            return None  # frames follow each other by something else, such as time
        if between and len(slices) in (0, layout.frames):
            numbers = slices or range(1, layout.frames + 1)
            return [(number - 1) * between for number in numbers]
    return None


def is_assumed(file: DicomFile, layout: PixelLayout) -> bool:
    """Whether frames are taken to lie behind the first because nothing is said to the contrary."""
    elements = file.elements
    return (
        layout.frames > 1
        and not elements.holds("GridFrameOffsetVector")
        and not elements.items("PerFrameFunctionalGroupsSequence")
    )


# What stored values mean


def _scaling(file: DicomFile, described: _Described) -> tuple[Scaling, bool]:
    """How values are rescaled, and whether that is to real world values for want of another way."""
    elements = file.elements
    if elements.holds("DoseGridScaling"):
        return Scaling(slope=elements.number("DoseGridScaling") or 0.0), False
    slope, intercept = described.number("RescaleSlope"), described.number("RescaleIntercept")
    mapping = None
    if slope is None and intercept is None:
        if elements.holds("ModalityLUTSequence"):
            return Scaling(table=True), False
        mapping = next(_real_world(described), None)
    if mapping is not None:
        slope = mapping.number("RealWorldValueSlope")
        intercept = mapping.number("RealWorldValueIntercept")
    return Scaling(1.0 if slope is None else slope, intercept or 0.0), mapping is not None


def _real_world(described: _Described) -> Iterator[DicomElements]:
    """The linear mappings to values with a unit that hold for a frame."""
    for elements in (*described.groups, described.file):
        items = elements.items("RealWorldValueMappingSequence")
        yield from (item for item in items if item.holds("RealWorldValueSlope"))
