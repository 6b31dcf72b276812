"""The numbers that frames of a DICOM file hold: stored values, rescaled as each frame says.

Rescaled whole numbers stay whole, in the smallest type that holds all that could be stored; others
are computed in double precision, and kept as float32 where stored values have at most 16 bits.
How values are to be shown, such as MONOCHROME1, whose low values are bright, changes none of them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import groupby
from typing import Any

from voxlogica.images.arrays import NDArray, np
from voxlogica.images.dicom_elements import complaints_told, pydicom
from voxlogica.images.dicom_frames import Frame, Scaling
from voxlogica.images.dicom_pixels import stored_frames
from voxlogica.images.errors import ImageFileError, quoted

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


def type_of(frames: Sequence[Frame]) -> str:
    """The type of the voxels that frames give together, as numpy calls it."""
    types = {_type(frame) for frame in frames}
    if len(types) == 1:
        return types.pop()
    if not types <= _WHOLE.keys():
        exact = "float64" in types or any(frame.layout.stored > 16 for frame in frames)
        return "float64" if exact else "float32"
    return _smallest(min(_WHOLE[name][0] for name in types), max(_WHOLE[name][1] for name in types))


def _type(frame: Frame) -> str:
    layout, scaling = frame.layout, frame.scaling
    if layout.palette:
        return f"uint{_palette_bits(frame)}"
    if layout.floating or layout.components > 1 or scaling == Scaling():
        return layout.type
    if scaling.table:
        return "uint16" if _table_bits(frame) > 8 else "uint8"
    ends = [scaling.slope * end + scaling.intercept for end in layout.range]
    if not all(map(math.isfinite, ends)):
        raise ImageFileError(
            f"{quoted(frame.file.path)} is damaged: its values are rescaled beyond all numbers",
            "fetch or export it anew",
        )
    if scaling.slope.is_integer() and scaling.intercept.is_integer():
        whole = [int(scaling.slope) * end + int(scaling.intercept) for end in layout.range]
        return _smallest(min(whole), max(whole))
    return "float64" if layout.stored > 16 or max(map(abs, ends)) > _FLOAT32 else "float32"


def _smallest(least: int, greatest: int) -> str:
    for name, (low, high) in _WHOLE.items():
        if low <= least and greatest <= high:
            return name
    return "float64"


def _palette_bits(frame: Frame) -> int:
    """How many bits a component of a palette's colours has, 8 or 16."""
    descriptor = frame.file.elements.numbers("RedPaletteColorLookupTableDescriptor")
    if len(descriptor) != 3:
        raise ImageFileError(
            f"{quoted(frame.file.path)} is damaged: it has no palette for its colours",
            "fetch or export it anew",
        )
    return 8 if descriptor[2] == 8 else 16


def _table_bits(frame: Frame) -> int:
    for item in frame.file.elements.items("ModalityLUTSequence"):
        descriptor = item.numbers("LUTDescriptor")
        if len(descriptor) == 3:
            return int(descriptor[2])
    return 16


def voxels(frames: Sequence[Frame | None], type: str) -> NDArray[Any]:
    """The voxels of frames one behind another, components as a last axis; None is a slice of 0.

    ImageFileError where pixel data are damaged.
    """
    some = next(frame for frame in frames if frame is not None)
    shape: tuple[int, ...] = len(frames), some.layout.rows, some.layout.columns
    if some.layout.components > 1:
        shape += (some.layout.components,)
    result = np.zeros(shape, type) if None in frames else np.empty(shape, type)
    numbered = [(number, frame) for number, frame in enumerate(frames) if frame is not None]
    # Frames of one file are read together: it is opened, or decompressed, once.
    numbered.sort(key=lambda pair: pair[1].file.path)
    for _, group in groupby(numbered, key=lambda pair: pair[1].file.path):
        together = list(group)
        first = together[0][1]
        with stored_frames(first.file, first.layout) as stored:
            for number, frame in together:
                _put(result[number], stored(frame.index), frame)
    return result


def _put(target: NDArray[Any], stored: NDArray[Any], frame: Frame) -> None:
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
