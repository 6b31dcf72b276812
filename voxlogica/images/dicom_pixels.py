"""The pixel data of a DICOM file: how they are laid out, and the values stored in them.

Uncompressed ones are taken from the file as they lie, once their lengths agree with what the file
says of its image; compressed ones are decoded by GDCM, see `dicom_encapsulated`.

Attributes: DICOM PS3.3 C.7.6.3, PS3.5 chapter 8 and annex A.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from voxlogica.dataclass import dataclass
from voxlogica.images import dicom_encapsulated
from voxlogica.images.arrays import NDArray, np
from voxlogica.images.dicom_elements import DicomFile, complaints_told, pydicom
from voxlogica.images.errors import ImageFileError, quoted

_FLOATS = {"FloatPixelData": 32, "DoubleFloatPixelData": 64}
_GREY = ("MONOCHROME1", "MONOCHROME2")
_COLOURS = ("RGB", "YBR_FULL", "YBR_FULL_422", "YBR_RCT", "YBR_ICT")


@dataclass(frozen=True, slots=True)
class Layout:
    """How the pixels of a file are laid out, as its header says.

    A stored value has `stored` bits, the highest of which is number `high` of `allocated` bits;
    what else is in these is no part of it. `samples` are the values of a pixel, and `photometric`
    says what they mean.
    """

    rows: int
    columns: int
    frames: int
    samples: int
    photometric: str
    allocated: int
    stored: int
    high: int
    signed: bool
    planes: bool
    floating: bool

    @property
    def palette(self) -> bool:
        """Whether values are numbers of colours in the file's palette."""
        return self.photometric == "PALETTE COLOR"

    @property
    def components(self) -> int:
        """1, or 3 where pixels are colours."""
        return 3 if self.palette else self.samples

    @property
    def frame_bits(self) -> int:
        """How many bits a frame takes when it is not compressed."""
        pixels = self.rows * self.columns
        if self.photometric == "YBR_FULL_422":
            return pixels * 2 * self.allocated
        return pixels * self.samples * self.allocated

    @property
    def type(self) -> str:
        """The type of the stored values, as numpy calls it."""
        if self.floating:
            return f"float{self.allocated}"
        return f"{'' if self.signed else 'u'}int{max(self.allocated, 8)}"

    @property
    def range(self) -> tuple[int, int]:
        """The least and the greatest value that can be stored."""
        if self.signed:
            return -(1 << self.stored - 1), (1 << self.stored - 1) - 1
        return 0, (1 << self.stored) - 1


def layout_of(file: DicomFile) -> Layout:
    """How the pixels of a file are laid out; ImageFileError where that cannot be, or is not read.

    The length of the pixel data was compared with it.
    """
    elements, pixels = file.elements, file.pixels
    assert pixels is not None
    floating = pixels.keyword in _FLOATS
    allocated = _FLOATS.get(pixels.keyword) or elements.whole("BitsAllocated")
    stored = allocated if floating else elements.whole("BitsStored", allocated)
    samples = elements.whole("SamplesPerPixel", 1)
    layout = Layout(
        rows=elements.whole("Rows"),
        columns=elements.whole("Columns"),
        frames=elements.whole("NumberOfFrames", 1) or 1,
        samples=samples,
        photometric=elements.text("PhotometricInterpretation")
        or ("MONOCHROME2" if samples == 1 else "RGB"),
        allocated=allocated,
        stored=stored,
        high=stored - 1 if floating else elements.whole("HighBit", stored - 1),
        signed=elements.whole("PixelRepresentation") == 1,
        planes=samples > 1 and elements.whole("PlanarConfiguration") == 1,
        floating=floating,
    )
    _check(file, layout)
    return layout


def _check(file: DicomFile, layout: Layout) -> None:
    path, pixels = file.path, file.pixels
    assert pixels is not None
    if layout.rows < 1 or layout.columns < 1 or layout.frames < 1:
        raise ImageFileError(
            f"{quoted(path)} is damaged: it does not say how large its image is",
            "fetch or export it anew",
        )
    known = (layout.samples == 1 and (layout.photometric in _GREY or layout.palette)) or (
        layout.samples == 3 and layout.photometric in _COLOURS and not layout.floating
    )
    bits = (8, 16) if layout.components == 3 else (1, 8, 16, 32, 64)
    if not known or layout.allocated not in bits:
        raise ImageFileError(
            f"{quoted(path)} holds {layout.samples} samples a pixel, {layout.allocated} bits each,"
            f" as {quoted(layout.photometric)}, which is not read",
            "export it as MONOCHROME2 or RGB, with 8 or 16 bits",
        )
    if not layout.stored <= layout.high + 1 <= layout.allocated or layout.stored < 1:
        raise ImageFileError(
            f"{quoted(path)} is damaged: {layout.stored} bits up to number {layout.high} are not"
            f" within {layout.allocated} bits",
            "fetch or export it anew",
        )
    dicom_encapsulated.check(file, layout)
    if pixels.length is None:
        return
    needed = _needed(layout)
    there = pixels.length if file.deflated else min(pixels.length, file.size - pixels.start)
    # Deflated data are no longer than 1032 times what they are deflated to.
    if there < needed or there < pixels.length or (file.deflated and there > 1032 * file.size):
        raise _truncated(path)
    if there >= needed + max(needed // layout.frames, 2):
        raise ImageFileError(
            f"{quoted(path)} is damaged: its pixel data are longer than {layout.frames} frames of"
            f" {layout.columns}×{layout.rows} pixels are",
            "fetch or export it anew",
        )


def surplus(file: DicomFile, layout: Layout) -> int:
    """How many bytes the pixel data are longer than their image, beyond a padding to whole words.

    Of compressed data, which end where their frames do, none are known of.
    """
    length = file.pixels.length if file.pixels is not None else None
    extra = 0 if length is None else length - _needed(layout)
    return extra if extra > 1 else 0


def _needed(layout: Layout) -> int:
    return math.ceil(layout.frame_bits * layout.frames / 8)


def _truncated(path: str) -> ImageFileError:
    return ImageFileError(
        f"{quoted(path)} is truncated: its pixel data stop before their end",
        "fetch or export it anew",
    )


@contextmanager
def stored_frames(file: DicomFile, layout: Layout) -> Iterator[Callable[[int], NDArray[Any]]]:
    """Within, a function that gives the stored values of a frame by its number.

    Shape (rows, columns), with three components as a last axis where pixels are colours, these as
    red, green and blue. ImageFileError where the pixel data are damaged.
    """
    pixels = file.pixels
    assert pixels is not None
    if pixels.length is None:
        decoded = dicom_encapsulated.decoded(file, layout)
        yield lambda index: _meant(decoded[index], file, layout)
    elif file.deflated or layout.allocated == 1 or _in_pairs(file, layout):
        data = _whole(file, layout)
        length = len(data) // layout.frames
        yield lambda index: _native(data[index * length : (index + 1) * length], file, layout)
    else:
        length = layout.frame_bits // 8
        with Path(file.path).open("rb") as source:

            def frame(index: int) -> NDArray[Any]:
                source.seek(pixels.start + index * length)
                data = np.fromfile(source, np.uint8, length)
                if len(data) < length:
                    raise _truncated(file.path)
                return _native(data, file, layout)

            yield frame


def _in_pairs(file: DicomFile, layout: Layout) -> bool:
    """Whether bytes, or bits, lie in words of which the second byte comes first."""
    pixels = file.pixels
    assert pixels is not None
    return layout.allocated <= 8 and pixels.words and not pixels.little_endian


def _whole(file: DicomFile, layout: Layout) -> NDArray[Any]:
    """The bytes of all frames, of which some cannot be taken by themselves; a byte for each bit."""
    pixels = file.pixels
    assert pixels is not None and pixels.length is not None
    if file.deflated:
        content = file.content()[pixels.start :]
    else:
        with Path(file.path).open("rb") as source:
            source.seek(pixels.start)
            content = source.read(pixels.length)
    needed = _needed(layout)
    if len(content) < needed:
        raise _truncated(file.path)
    data = np.frombuffer(content, np.uint8)
    if _in_pairs(file, layout):
        data = data[: len(data) // 2 * 2].reshape(-1, 2)[:, ::-1].ravel()
        if len(data) < needed:
            raise _truncated(file.path)
    if layout.allocated > 1:
        return data[:needed]
    bits = layout.frame_bits * layout.frames
    return np.unpackbits(data, count=bits, bitorder="little")


def _native(data: NDArray[Any], file: DicomFile, layout: Layout) -> NDArray[Any]:
    """Uncompressed values from the bytes of their frame."""
    pixels = file.pixels
    assert pixels is not None
    values = data.view(np.dtype(layout.type).newbyteorder("<" if pixels.little_endian else ">"))
    values = values.astype(values.dtype.newbyteorder("="), copy=False)
    if layout.photometric == "YBR_FULL_422":
        expanded = pydicom().pixels.utils.expand_ybr422(values.tobytes(), layout.allocated)
        values = np.frombuffer(expanded, layout.type)
    shape = layout.rows, layout.columns
    if layout.samples == 1:
        return _meant(values.reshape(shape), file, layout)
    if layout.planes:
        values = values.reshape(layout.samples, *shape).transpose(1, 2, 0)
    return _meant(values.reshape(*shape, layout.samples), file, layout)


def _meant(values: NDArray[Any], file: DicomFile, layout: Layout) -> NDArray[Any]:
    """The values without what else is in their bits, and as red, green and blue."""
    if not layout.floating and layout.allocated > 1 and layout.stored < layout.allocated:
        above = np.array(layout.allocated - 1 - layout.high, values.dtype)
        below = np.array(layout.allocated - layout.stored, values.dtype)
        values = (values << above) >> below  # of signed values, the highest bit is repeated
    if layout.palette:
        with complaints_told(file.path):
            return np.asarray(
                pydicom().pixels.processing.apply_color_lut(values, file.elements.data)
            )
    converted = file.transfer_syntax in dicom_encapsulated.JPEG
    if layout.samples == 3 and layout.photometric.startswith("YBR") and not converted:
        return np.asarray(
            pydicom().pixels.processing.convert_color_space(values, "YBR_FULL", "RGB")
        )
    return values
