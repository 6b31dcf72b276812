"""DICOM: one file, or a folder that holds one series of slices.

A file is taken apart into frames (`dicom_elements`, `dicom_frames`), frames are sorted into a
volume or refused as none (`dicom_stack`), and their values are read (`dicom_pixels`) and rescaled.

Rescaled whole numbers stay whole, in the smallest type that holds all that could be stored; others
are computed in double precision, and kept as float32 where stored values have at most 16 bits.
How values are to be shown, such as MONOCHROME1, whose low values are bright, changes none of them.
"""

from __future__ import annotations

import math
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import Any

from voxlogica.dataclass import replace
from voxlogica.images.arrays import NDArray, np
from voxlogica.images.dicom_elements import (
    DicomFile,
    complaints_told,
    parsed,
    pydicom,
    sop_class_name,
)
from voxlogica.images.dicom_frames import DicomFrame, Scaling, frames_of, is_assumed
from voxlogica.images.dicom_pixels import layout_of, stored_frames, surplus
from voxlogica.images.dicom_stack import DicomStack, stacked
from voxlogica.images.errors import (
    ANEW,
    ImageFileError,
    check_name,
    damaged,
    few,
    quoted,
    refuse,
    truncated,
)
from voxlogica.images.formats import FORMATS, SIGNATURE_LENGTH, content_suffix, suffix_of
from voxlogica.images.opened import Header, OpenedImage, identity
from voxlogica.images.raw import content_digest

_SHOWN = 3
_INDEX = "1.2.840.10008.1.3.10"  # the SOP class of a DICOMDIR
_SEGMENTATION = "1.2.840.10008.5.1.4.1.1.66.4"
# Folders looked into for slices before giving up.
_LOOKED_INTO = 1000


def opened(path: str) -> OpenedImage:
    """Open one DICOM file; ImageFileError where it is damaged, truncated or holds no image."""
    file = parsed(path)
    if file.sop_class == _INDEX:
        raise ImageFileError(
            f"{quoted(path)} is a DICOMDIR, an index of DICOM files, and holds no image",
            _folders_hint(Path(path).parent),
        )
    _check_image(file)
    return _images(path, (file,), ())


def folder_opened(path: str) -> OpenedImage:
    """Open the series in a folder; ImageFileError where there is none, or more than one."""
    names = sorted(entry.name for entry in Path(path).iterdir() if entry.is_file())
    found = [name for name in names if not name.startswith(".") and _is_dicom(Path(path) / name)]
    for name in found:
        check_name(str(Path(path) / name))
    files = [parsed(str(Path(path) / name)) for name in found]
    images = [file for file in files if file.pixels is not None]
    if not images:
        raise _without_series(path, names, files)
    _check_one_series(path, images)
    for file in images:
        _check_image(file)
    kept = _without_copies(images)
    left = {
        "copies of other slices there": [_name(file) for file in images if file not in kept],
        "DICOM, but no image": _without_image(files, images),
        "no DICOM": _named_alike(path, names, found),
    }
    warnings = [
        f"{quoted(path)}: {few([*map(quoted, names)])} left out: {why}"
        for why, names in left.items()
        if names
    ]
    return _images(path, kept, [*warnings, *_spread(path, images[0])])


def _images(path: str, files: Sequence[DicomFile], warnings: Sequence[str]) -> OpenedImage:
    """The image, or the images by channel and time, that all frames of some files make up."""
    frames = [frame for file in files for frame in frames_of(file, layout_of(file))]
    stack = _stack(path, frames)
    slices = [frame for volume in stack.volumes for frame in volume if frame is not None]
    type = _type_of(slices)
    times = len(stack.volumes) // len(stack.channels)
    return OpenedImage(
        header=_header(stack, type),
        parts=tuple(dict.fromkeys(frame.file.path for frame in slices)),
        warnings=(*warnings, *stack.warnings, *_doubts(path, slices)),
        channels=stack.channels,
        frames=times,
        voxels=partial(_chosen, stack.volumes, times, type),
    )


def _chosen(
    volumes: tuple[tuple[DicomFrame | None, ...], ...],
    times: int,
    type: str,
    channel: int,
    frame: int,
) -> NDArray[Any]:
    return _voxels(volumes[channel * times + frame], type)


def _stack(path: str, frames: list[DicomFrame]) -> DicomStack:
    name = quoted(path)
    if any(frame.lies is not None for frame in frames):
        segmented = frames[0].file.sop_class == _SEGMENTATION
        return stacked(name, frames, sparse=segmented)
    if len({frame.file.path for frame in frames}) == 1:  # they follow each other in time
        return DicomStack(tuple((frame,) for frame in frames), frames[0], 1.0)
    raise ImageFileError(
        f"{name} holds {len(frames)} images that do not say where they lie in space, such as"
        f" {frames[0].name}",
        "name one of its files",
    )


def _header(stack: DicomStack, pixel: str) -> Header:
    first, layout = stack.first, stack.first.layout
    flat = Header(
        size=(layout.columns, layout.rows),
        spacing=first.steps,
        origin=(0.0, 0.0),
        direction=identity(2),
        components=layout.components,
        pixel=pixel,
        unit="mm" if first.spacing or first.lies else "px",
        is_colour=layout.components > 1,
    )
    if first.lies is None:
        return flat
    columns = zip(first.lies.row, first.lies.column, first.lies.normal, strict=True)
    return replace(
        flat,
        size=(*flat.size, len(stack.volumes[0])),
        spacing=(*flat.spacing, stack.between),
        origin=first.lies.place,
        direction=tuple(cosine for row in columns for cosine in row),
    )


# What is no image


def _check_image(file: DicomFile) -> None:
    """Raise ImageFileError for what has pixel data that are not those of slices, or has none."""
    name, elements = quoted(file.path), file.elements
    if file.pixels is None:
        if elements.holds("Rows"):
            raise truncated(file.path, "it ends before its pixel data")
        kind = sop_class_name(file)
        if not kind or kind.endswith("Image Storage"):
            raise ImageFileError(f"{name} is damaged or truncated: its image is not there", ANEW)
        raise ImageFileError(
            f"{name} is a DICOM file without an image: {quoted(kind)}",
            "name a file, or a folder, of slices",
        )
    refuse(
        (
            "MOSAIC" in elements.texts("ImageType"),
            lambda: ImageFileError(
                f"{name} is a mosaic: the slices of a volume, side by side in one picture",
                "convert it with dcm2niix",
            ),
        ),
        (
            elements.holds("TotalPixelMatrixColumns") and elements.text("Modality") == "SM",
            lambda: ImageFileError(
                f"{name} holds the tiles of a microscope's slide, which are not read"
            ),
        ),
    )


def _is_dicom(file: Path) -> bool:
    with file.open("rb") as content:
        return content_suffix(content.read(SIGNATURE_LENGTH)) == ".dcm"


def _without_series(path: str, names: Sequence[str], files: Sequence[DicomFile]) -> ImageFileError:
    for file in files:
        if file.elements.holds("Rows"):
            _check_image(file)
    images = [name for name in names if suffix_of(name) in FORMATS]
    return ImageFileError(
        f"{quoted(path)} is a folder, and holds no DICOM series",
        f"name one of its files, such as {quoted(Path(path) / images[0])}"
        if images
        else _folders_hint(Path(path)),
    )


def _folders_hint(folder: Path) -> str:
    """Which folders below hold slices."""
    found: list[str] = []
    for number, (place, folders, names) in enumerate(os.walk(folder)):
        folders.sort()
        if number > _LOOKED_INTO or len(found) > _SHOWN:
            break
        slices = [name for name in sorted(names)[:_SHOWN] if name.upper() != "DICOMDIR"]
        if any((Path(place) / name).is_file() and _is_dicom(Path(place) / name) for name in slices):
            found.append(place)
    if not found:
        return "name a file, or the folder that holds the slices themselves"
    more = ", …" if len(found) > _SHOWN else ""
    return f"name the folder that holds the slices: {', '.join(map(quoted, found[:_SHOWN]))}{more}"


def _check_one_series(path: str, images: Sequence[DicomFile]) -> None:
    found: dict[str, list[DicomFile]] = {}
    for file in images:
        found.setdefault(file.elements.text("SeriesInstanceUID"), []).append(file)
    if len(found) == 1:
        return
    shown = []
    for uid, files in sorted(found.items()):
        described = files[0].elements.text("SeriesDescription")
        words = f", {quoted(described)}" if described else ""
        shown.append(f"{uid or 'one without a name'} ({len(files)} files{words})")
    raise ImageFileError(
        f"{quoted(path)} holds {len(found)} DICOM series: {few(shown)}",
        "put the one you want in a folder of its own",
    )


def _without_copies(files: Sequence[DicomFile]) -> tuple[DicomFile, ...]:
    """The files without those that are, byte by byte, another one under another name."""
    # What copies have in common at first sight.
    outsides = [(file.elements.text("SOPInstanceUID"), file.size) for file in files]
    alike = Counter(outsides)
    seen: set[bytes] = set()
    kept = []
    for file, outside in zip(files, outsides, strict=True):
        if alike[outside] > 1:
            digest = content_digest(file.path)
            if digest in seen:
                continue
            seen.add(digest)
        kept.append(file)
    return tuple(kept)


# Warnings


def _name(file: DicomFile) -> str:
    return Path(file.path).name


def _without_image(files: Sequence[DicomFile], images: Sequence[DicomFile]) -> list[str]:
    """The names of files which are DICOM and hold no image.

    Raises ImageFileError for one that is of the series' own kind, or cut off before it says of
    which: it is a slice that is damaged.
    """
    kinds = {file.sop_class for file in images}
    names = []
    for file in files:
        if file.pixels is not None or file.sop_class == _INDEX:
            continue
        if not file.sop_class or file.sop_class in kinds:
            raise ImageFileError(
                f"{quoted(file.path)}, a slice of the DICOM series there, is damaged or truncated",
                ANEW,
            )
        names.append(_name(file))
    return names


def _named_alike(path: str, names: Sequence[str], found: Sequence[str]) -> list[str]:
    """Files that are named like the slices and are no DICOM; others are nobody's concern."""
    kinds = {suffix_of(name) for name in found}
    left = []
    for name in names:
        if name in found or name.startswith(".") or name.upper() == "DICOMDIR":
            continue
        if suffix_of(name) == ".dcm":
            raise ImageFileError(
                f"{quoted(Path(path) / name)}, a slice of the DICOM series there, is damaged or"
                " truncated",
                f"{ANEW}, or take it out of the folder",
            )
        if suffix_of(name) in kinds:
            left.append(name)
    return left


def _spread(path: str, first: DicomFile) -> Iterator[str]:
    """That more of the series lies in folders below."""
    series = first.elements.text("SeriesInstanceUID")
    for folder in sorted(entry for entry in Path(path).iterdir() if entry.is_dir())[:_SHOWN]:
        with suppress(ImageFileError, OSError):  # what else lies there is nobody's concern
            inside = sorted(entry for entry in folder.iterdir() if entry.is_file())[:1]
            yield from (
                f"{quoted(path)}: more slices of the same series lie in {quoted(folder)},"
                " and are not read"
                for file in inside
                if _is_dicom(file)
                and parsed(str(file)).elements.text("SeriesInstanceUID") == series
            )


def _doubts(path: str, slices: Sequence[DicomFrame]) -> list[str]:
    """What was assumed of frames that do not say it."""
    name, first = quoted(path), slices[0]
    elements, apart = first.file.elements, first.spacing is not None
    on_detector = not elements.holds("PixelSpacing") and elements.holds("ImagerPixelSpacing")
    behind = first.lies is not None and is_assumed(first.file, first.layout)
    between = elements.number("SpacingBetweenSlices") or 1
    rescaled = first.mapped and any(frame.scaling != Scaling() for frame in slices)
    extra = max(surplus(frame.file, frame.layout) for frame in slices)
    doubts = {
        f"{name} does not say how far its pixels lie apart: taken as 1": (
            not apart and first.lies is not None
        ),
        f"{name}: its pixels are not square, but are taken as such": (
            not apart and len(set(elements.numbers("PixelAspectRatio"))) > 1
        ),
        f"{name}: its pixel spacing is that on the detector; what it shows is smaller": on_detector,
        f"{name} says where its first slice lies; the others are taken to lie {between:g} mm apart"
        " behind it": behind,
        f"{name}: rescaling by 0 makes all values of a slice equal": any(
            frame.scaling.slope == 0 for frame in slices
        ),
        f"{name}: values are rescaled to its real world values": rescaled,
        f"{name} holds {extra} bytes of pixel data more than its image takes": extra > 0,
    }
    return [doubt for doubt, is_so in doubts.items() if is_so]


# Values

_WHOLE = {
    "uint8": (0, 255),
    "int8": (-128, 127),
    "uint16": (0, 2**16 - 1),
    "int16": (-(2**15), 2**15 - 1),
    "uint32": (0, 2**32 - 1),
    "int32": (-(2**31), 2**31 - 1),
    "int64": (-(2**63), 2**63 - 1),
}
_FLOAT32 = 3.4e38


def _type_of(frames: Sequence[DicomFrame]) -> str:
    """The type of the voxels that frames give together, as numpy calls it."""
    types = {_type(frame) for frame in frames}
    if len(types) == 1:
        return types.pop()
    if not types <= _WHOLE.keys():
        exact = "float64" in types or any(frame.layout.stored > 16 for frame in frames)
        return "float64" if exact else "float32"
    return _smallest(min(_WHOLE[name][0] for name in types), max(_WHOLE[name][1] for name in types))


def _type(frame: DicomFrame) -> str:
    layout, scaling = frame.layout, frame.scaling
    if layout.palette:
        descriptor = frame.file.elements.numbers("RedPaletteColorLookupTableDescriptor")
        if len(descriptor) != 3:
            raise damaged(frame.file.path, "it has no palette for its colours")
        return "uint8" if descriptor[2] == 8 else "uint16"
    if layout.floating or layout.components > 1 or scaling == Scaling():
        return layout.type
    if scaling.table:
        tables = frame.file.elements.items("ModalityLUTSequence")
        described = [said for item in tables if len(said := item.numbers("LUTDescriptor")) == 3]
        return "uint8" if described and described[0][2] <= 8 else "uint16"
    ends = [scaling.slope * end + scaling.intercept for end in layout.range]
    if not all(map(math.isfinite, ends)):
        raise damaged(frame.file.path, "its values are rescaled beyond all numbers")
    if scaling.slope.is_integer() and scaling.intercept.is_integer():
        whole = [int(scaling.slope) * end + int(scaling.intercept) for end in layout.range]
        return _smallest(min(whole), max(whole))
    return "float64" if layout.stored > 16 or max(map(abs, ends)) > _FLOAT32 else "float32"


def _smallest(least: int, greatest: int) -> str:
    fit = (name for name, (low, high) in _WHOLE.items() if low <= least and greatest <= high)
    return next(fit, "float64")


def _voxels(frames: Sequence[DicomFrame | None], type: str) -> NDArray[Any]:
    """The voxels of frames one behind another, components as a last axis; None is a slice of 0.

    ImageFileError where pixel data are damaged.
    """
    some = next(frame for frame in frames if frame is not None)
    colours = (3,) if some.layout.components > 1 else ()
    shape = (len(frames), some.layout.rows, some.layout.columns, *colours)
    result = np.zeros(shape, type) if None in frames else np.empty(shape, type)
    numbered = [(number, frame) for number, frame in enumerate(frames) if frame is not None]
    # Frames of one file are read together: it is opened, or decompressed, once.
    numbered.sort(key=lambda pair: pair[1].file.path)
    for _, group in groupby(numbered, key=lambda pair: pair[1].file.path):
        numbers, slices = zip(*group, strict=True)
        first, indices = slices[0], [frame.index for frame in slices]
        stored = stored_frames(first.file, first.layout, indices)
        for number, frame, values in zip(numbers, slices, stored, strict=True):
            _put(result[number], values, frame)
    return result


def _put(target: NDArray[Any], stored: NDArray[Any], frame: DicomFrame) -> None:
    """Write a frame's values, rescaled, where they belong."""
    scaling = frame.scaling
    if scaling.table:
        with complaints_told(frame.file.path):
            target[...] = pydicom().pixels.processing.apply_modality_lut(
                stored, frame.file.elements.data
            )
    elif frame.layout.components > 1 or scaling == Scaling():
        target[...] = stored
    elif target.dtype.kind == "f":
        with np.errstate(over="ignore", invalid="ignore"):  # of values that are not finite
            target[...] = stored * np.float64(scaling.slope) + np.float64(scaling.intercept)
    else:
        target[...] = stored * np.int64(scaling.slope) + np.int64(scaling.intercept)
