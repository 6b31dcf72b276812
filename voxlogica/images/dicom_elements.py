"""A DICOM file: its elements, and where in it the pixel data lie.

pydicom takes the file apart. What is read here are the bytes of the few elements that images are
made of: a number that is none is told as that, and nothing else of the file, such as whom it
shows, is looked at or handed on.

Elements and encodings: DICOM PS3.5 chapter 7 and annex A, PS3.10 chapter 7.
"""

from __future__ import annotations

import functools
import io
import math
import os
import re
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

from voxlogica.dataclass import dataclass
from voxlogica.images.errors import ANEW, ImageFileError, damaged, quoted

# What is read; sequences come with all that they hold.
_KEYWORDS = (
    "ImageType SOPClassUID SOPInstanceUID Modality SeriesDescription SeriesInstanceUID"
    " StudyInstanceUID AcquisitionTime AcquisitionNumber InstanceNumber"
    " EchoTime EchoNumbers InversionTime FlipAngle TriggerTime DiffusionBValue"
    " DiffusionGradientOrientation ConvolutionKernel KVP SliceThickness SpacingBetweenSlices"
    " ImagerPixelSpacing NominalScannedPixelSpacing"
    " ImagePositionPatient ImageOrientationPatient FrameOfReferenceUID"
    " TemporalPositionIdentifier TemporalPositionIndex StackID FrameReferenceTime"
    " SamplesPerPixel PhotometricInterpretation PlanarConfiguration NumberOfFrames"
    " FrameIncrementPointer Rows Columns PixelSpacing PixelAspectRatio BitsAllocated BitsStored"
    " HighBit PixelRepresentation RescaleIntercept RescaleSlope RescaleType Units"
    " ModalityLUTSequence RealWorldValueMappingSequence SequenceOfUltrasoundRegions"
    " RedPaletteColorLookupTableDescriptor GreenPaletteColorLookupTableDescriptor"
    " BluePaletteColorLookupTableDescriptor RedPaletteColorLookupTableData"
    " GreenPaletteColorLookupTableData BluePaletteColorLookupTableData"
    " SegmentedRedPaletteColorLookupTableData SegmentedGreenPaletteColorLookupTableData"
    " SegmentedBluePaletteColorLookupTableData"
    " DetectorInformationSequence SliceVector TotalPixelMatrixColumns SegmentSequence"
    " SegmentationType GridFrameOffsetVector DoseGridScaling"
    " SharedFunctionalGroupsSequence PerFrameFunctionalGroupsSequence"
    " ExtendedOffsetTable ExtendedOffsetTableLengths"
)
_PIXEL_DATA = {
    0x7FE00010: "PixelData",
    0x7FE00009: "DoubleFloatPixelData",
    0x7FE00008: "FloatPixelData",
}
_HEAD = 1 << 16
_DEFLATED = "1.2.840.10008.1.2.1.99"
# Elements before the pixel data that take more than this, once inflated, are not believed.
_LONGEST_INFLATED_HEADER = 1 << 26
_UNDEFINED = 0xFFFFFFFF
_BINARY = {"US": "H", "SS": "h", "UL": "I", "SL": "i", "FL": "f", "FD": "d", "US or SS": "H"}


@functools.cache
def pydicom() -> Any:
    """The pydicom module."""
    import pydicom

    return pydicom


@functools.cache
def _tag(keyword: str) -> int:
    return int(pydicom().tag.Tag(keyword))


class DicomElements:
    """The elements of a DICOM file, or of an item of a sequence in it, by their keywords."""

    __slots__ = ("_found", "data", "path")

    def __init__(self, data: Any, path: str) -> None:
        # The data set, for pydicom's own functions.
        self.data = data
        self.path = path
        # Its elements as they stand in the file, of which only those are made out that are read.
        self._found = dict(data.items())

    def holds(self, keyword: str) -> bool:
        """Whether there is such an element, with a value."""
        found = self._found.get(_tag(keyword))
        return found is not None and bool(found.value)

    def text(self, keyword: str) -> str:
        """An element that is text, without the blanks around it; "" where there is none."""
        return "\\".join(self.texts(keyword))

    def texts(self, keyword: str) -> tuple[str, ...]:
        """The values of an element that is text; () where there is none."""
        value, _ = self._raw(keyword)
        text = value.decode("utf-8", "replace").strip(" \0")
        return tuple(part.strip(" \0") for part in text.split("\\")) if text else ()

    def numbers(self, keyword: str) -> tuple[float, ...]:
        """The values of an element that is numbers, written or binary; () where there is none.

        ImageFileError where one is no finite number.
        """
        value, form = self._raw(keyword)
        try:
            if form:
                end = len(value) - len(value) % struct.calcsize(form)
                numbers = tuple(float(n) for (n,) in struct.iter_unpack(form, value[:end]))
            else:  # Python takes an underscore for a part of a number
                parts = (part.replace("_", "nan") for part in self.texts(keyword))
                numbers = tuple(map(float, parts))
        except ValueError:
            numbers = (math.nan,)
        if not all(map(math.isfinite, numbers)):
            raise damaged(self.path, f"its {keyword} is not a number")
        return numbers

    def number(self, keyword: str) -> float | None:
        """The first of an element's numbers; None where there is none."""
        numbers = self.numbers(keyword)
        return numbers[0] if numbers else None

    def whole(self, keyword: str, default: int = 0) -> int:
        """The first of an element's numbers, which is to be a whole one."""
        number = self.number(keyword)
        return default if number is None else int(number)

    def words(self, keyword: str) -> str:
        """The values of any element as text, equal for numbers that are, however written."""
        _, form = self._raw(keyword)
        values = self.numbers(keyword) if form else self.texts(keyword)
        return " ".join(map(_word, values))

    def items(self, keyword: str) -> tuple[DicomElements, ...]:
        """The items of a sequence; () where there is none."""
        if not self.holds(keyword):
            return ()
        with complaints_told(self.path):
            found = self.data[_tag(keyword)].value
            return tuple(DicomElements(item, self.path) for item in found)

    def _raw(self, keyword: str) -> tuple[bytes, str]:
        """An element's bytes, and how to unpack them where they are binary numbers."""
        tag = _tag(keyword)
        found = self._found.get(tag)
        if found is None or not found.value:
            return b"", ""
        if not isinstance(found.value, bytes):
            raise _damaged(self.path)
        kind = found.VR
        if kind in (None, "UN"):
            kind = pydicom().datadict.dictionary_VR(tag)
        order = "<" if found.is_little_endian else ">"
        return found.value, order + _BINARY[kind] if kind in _BINARY else ""


def _word(value: str | float) -> str:
    try:
        return f"{float(value):.15g}"
    except ValueError:
        return str(value)


@dataclass(frozen=True, slots=True)
class PixelData:
    """Where the pixel data of a file are: `length` bytes from `start` on, once inflated.

    `length` is None where they are encapsulated: items that hold compressed frames. `words` says
    that bytes come in pairs of which the file's byte order says the sequence.
    """

    keyword: str
    start: int
    length: int | None
    little_endian: bool
    words: bool


@dataclass(frozen=True, slots=True)
class DicomFile:
    """A DICOM file that was taken apart; its pixel data, if it has such, are not yet read."""

    path: str
    elements: DicomElements
    transfer_syntax: str
    sop_class: str
    size: int
    pixels: PixelData | None

    @property
    def deflated(self) -> bool:
        """Whether all behind the file's first elements is compressed."""
        return self.transfer_syntax == _DEFLATED

    def content(self) -> bytes:
        """A deflated file's elements up to the end of its pixel data, as they were."""
        assert self.pixels is not None and self.pixels.length is not None
        with Path(self.path).open("rb") as file, complaints_told(self.path):
            start = _meta_length(file.read(144))
            return _inflated(self.path, start, self.pixels.start + self.pixels.length)


def sop_class_name(file: DicomFile) -> str:
    """What kind of thing a file says it holds, in the standard's words; "" where it does not."""
    name = pydicom().uid.UID(file.sop_class).name
    return "" if name == file.sop_class else str(name)


def parsed(path: str) -> DicomFile:
    """Take a DICOM file apart, with or without a preamble, up to its pixel data.

    ImageFileError where it is damaged.
    """
    with Path(path).open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        head = file.read(_HEAD)
        # Most files say all before their pixel data in the first bytes, which are soon looked at.
        if len(head) < size:
            with suppress(Exception):
                found = _taken_apart(path, io.BytesIO(head), size)
                if found.pixels is not None:
                    return found
        source = _Clipped(file, size) if len(head) < size else io.BytesIO(head)
        source.seek(0)
        with complaints_told(path):
            return _taken_apart(path, source, size)


class _Clipped:
    """A file of which no more is asked than it has: memory is taken for what is asked."""

    def __init__(self, file: IO[bytes], size: int) -> None:
        self._file, self._size = file, size
        self.seek, self.tell = file.seek, file.tell

    def read(self, count: int = -1) -> bytes:
        left = max(self._size - self._file.tell(), 0)
        return self._file.read(left if count < 0 else min(count, left))


def _taken_apart(path: str, source: Any, size: int) -> DicomFile:
    reading = pydicom().filereader
    head = source.read(1024)
    source.seek(0)
    if head[128:132] == b"DICM" and _DEFLATED.encode() in head:
        start = _meta_length(head)
        meta = reading.read_dataset(io.BytesIO(head[132:start]), False, True)
        source = io.BytesIO(_inflated(path, start, _LONGEST_INFLATED_HEADER))
        data = reading.read_dataset(
            source, False, True, stop_when=_at_pixels, specific_tags=_wanted()
        )
    else:
        data = reading.read_partial(source, _at_pixels, force=True, specific_tags=_wanted())
        meta = data.file_meta
    elements = DicomElements(data, path)
    sop_class = elements.text("SOPClassUID")
    return DicomFile(
        path=path,
        elements=elements,
        transfer_syntax=str(meta.get("TransferSyntaxUID", "") or ""),
        sop_class=sop_class or str(meta.get("MediaStorageSOPClassUID", "") or ""),
        size=size,
        pixels=_pixel_data(source),
    )


@functools.cache
def _wanted() -> list[Any]:
    return [pydicom().tag.Tag(keyword) for keyword in _KEYWORDS.split()]


def _at_pixels(tag: int, kind: str | None, length: int) -> bool:
    return tag in _PIXEL_DATA


def _meta_length(head: bytes) -> int:
    """Where the file meta information ends, which begins with its length."""
    found = re.fullmatch(rb"\x02\0\0\0UL\x04\0(....)", head[132:144], re.DOTALL)
    if found is None:
        raise ValueError
    return 144 + int.from_bytes(found[1], "little")


def _inflated(path: str, start: int, most: int) -> bytes:
    """What follows a file's meta information, up to a number of bytes, inflated."""
    with Path(path).open("rb") as file:
        file.seek(start)
        return zlib.decompressobj(-zlib.MAX_WBITS).decompress(file.read(), most)


def _pixel_data(source: Any) -> PixelData | None:
    """The pixel data that begin where a file was read up to."""
    start = source.tell()
    head = source.read(12)
    for order, little in (("<", True), (">", False)):
        if len(head) < 8:
            break
        group, element = struct.unpack_from(order + "HH", head)
        keyword = _PIXEL_DATA.get(group << 16 | element)
        if keyword is None:
            continue
        # A length is even, so it never looks like one of these.
        typed = head[4:6] in (b"OB", b"OW", b"OF", b"OD", b"UN")
        if typed and len(head) < 12:
            break
        (length,) = struct.unpack_from(order + "I", head, 8 if typed else 4)
        return PixelData(
            keyword=keyword,
            start=start + (12 if typed else 8),
            length=None if length == _UNDEFINED else length,
            little_endian=little,
            words=head[4:6] != b"OB",
        )
    return None


@contextmanager
def complaints_told(path: str) -> Iterator[None]:
    """Within, whatever pydicom raises over a file is told as that it is damaged."""
    try:
        yield
    except (ImageFileError, MemoryError):
        raise
    except Exception as problem:
        raise _damaged(path) from problem


def _damaged(path: str) -> ImageFileError:
    return ImageFileError(f"{quoted(path)} is damaged, or no DICOM file", ANEW)
