"""The pixel data of a DICOM file: how they are laid out, and the values stored in them.

Uncompressed ones, once their lengths agree with what the file says of its image, and run lengths
are taken apart by pydicom. Other compressed ones are decoded by GDCM, through SimpleITK. It is
given a file that holds the compressed frames and the few elements that say how to decode them, each
checked before: what GDCM would make of the others, of rescaling and displaying, is done here, and
so for all encodings alike.

Attributes: DICOM PS3.3 C.7.6.3, PS3.5 chapter 8 and annex A.
"""

from __future__ import annotations

import io
import math
import struct
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, Any

from voxlogica.dataclass import dataclass, replace
from voxlogica.images.arrays import NDArray, np
from voxlogica.images.deflating import MOST_INFLATED
from voxlogica.images.dicom_elements import DicomFile, PixelData, complaints_told, pydicom
from voxlogica.images.errors import ImageFileError, damaged, quoted, refuse, truncated, unread
from voxlogica.images.formats import FORMATS
from voxlogica.images.library import voxels_of

_FLOATS = {"FloatPixelData": 32, "DoubleFloatPixelData": 64}
_GREY = ("MONOCHROME1", "MONOCHROME2")
_COLOURS = ("RGB", "YBR_FULL", "YBR_FULL_422", "YBR_RCT", "YBR_ICT")
_RLE = "1.2.840.10008.1.2.5"
_JPEG = tuple(f"1.2.840.10008.1.2.4.{n}" for n in (50, 51, 57, 70, 80, 81, 90, 91))
_ITEM, _END = b"\xfe\xff\x00\xe0", b"\xfe\xff\xdd\xe0"
# An image of so many bytes is believed whatever it is compressed to; a larger one, to this part.
_BELIEVED, _MOST_COMPRESSED = 1 << 28, 4096
# The markers that begin a JPEG, JPEG-LS or JPEG 2000 stream, and the one that ends it.
_BEGINNINGS, _LAST = (b"\xff\xd8", b"\xff\x4f", b"\0\0\0\x0cjP"), b"\xff\xd9"
# Behind which come no more bytes than these.
_PADDING = 64


@dataclass(frozen=True, slots=True)
class PixelLayout:
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
    def nbytes(self) -> int:
        """How many bytes all frames take when they are not compressed."""
        samples = 2 if self.photometric == "YBR_FULL_422" else self.samples
        bits = self.rows * self.columns * samples * self.allocated
        return math.ceil(bits * self.frames / 8)

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of all frames' stored values: frames, rows, columns, colours."""
        colours = (self.samples,) if self.samples > 1 else ()
        return self.frames, self.rows, self.columns, *colours

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


def layout_of(file: DicomFile) -> PixelLayout:
    """How the pixels of a file are laid out; ImageFileError where that cannot be, or is not read.

    The length of the pixel data was compared with it.
    """
    elements, pixels = file.elements, pixels_of(file)
    floating = pixels.keyword in _FLOATS
    allocated = _FLOATS.get(pixels.keyword) or elements.whole("BitsAllocated")
    stored = allocated if floating else elements.whole("BitsStored", allocated)
    samples = elements.whole("SamplesPerPixel", 1)
    layout = PixelLayout(
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
    if pixels.length is None:
        _check_compressed(file, layout)
    else:
        _check_length(file, layout, pixels.length)
    return layout


def pixels_of(file: DicomFile) -> PixelData:
    """Where the pixel data of a file are that has such."""
    assert file.pixels is not None
    return file.pixels


def _check(file: DicomFile, layout: PixelLayout) -> None:
    path, high, allocated = file.path, layout.high, layout.allocated
    known = (layout.samples == 1 and (layout.photometric in _GREY or layout.palette)) or (
        layout.samples == 3 and layout.photometric in _COLOURS and not layout.floating
    )
    bits = (8, 16) if layout.components == 3 else (1, 8, 16, 32, 64)
    in_items = pixels_of(file).length is None
    refuse(
        (
            min(layout.rows, layout.columns, layout.frames) < 1,
            lambda: damaged(path, "it does not say how large its image is"),
        ),
        (
            not known or allocated not in bits,
            lambda: unread(
                path,
                f"holds {layout.samples} samples a pixel, {allocated} bits each, as"
                f" {quoted(layout.photometric)}",
                "export it as MONOCHROME2 or RGB, with 8 or 16 bits",
            ),
        ),
        (
            not layout.stored <= high + 1 <= allocated or layout.stored < 1,
            lambda: damaged(
                path,
                f"{layout.stored} bits up to number {high} are not within {allocated} bits",
            ),
        ),
        (
            not in_items and file.transfer_syntax in (_RLE, *_JPEG),
            lambda: damaged(path, "its compressed pixel data are not in items"),
        ),
    )


def _check_length(file: DicomFile, layout: PixelLayout, length: int) -> None:
    """Raise ImageFileError where so many bytes of pixel data are not there, or are too many."""
    needed = layout.nbytes
    there = length if file.deflated else min(length, file.size - pixels_of(file).start)
    inflated = file.deflated and there > MOST_INFLATED * file.size
    refuse(
        (there < needed or there < length or inflated, lambda: _cut_short(file)),
        (
            there >= needed + max(needed // layout.frames, 2),
            lambda: damaged(
                file.path,
                f"its pixel data are longer than {layout.frames} frames of"
                f" {layout.columns}×{layout.rows} pixels are",
            ),
        ),
    )


def _check_compressed(file: DicomFile, layout: PixelLayout) -> None:
    """Raise ImageFileError where frames are compressed in no way that is read, or not all there."""
    path, jpeg = file.path, file.transfer_syntax in _JPEG
    decompress = "decompress it, with gdcmconv --raw or dcmdjpeg, say"
    name = pydicom().uid.UID(file.transfer_syntax).name
    there = file.size - pixels_of(file).start
    refuse(
        (
            not jpeg and file.transfer_syntax != _RLE,
            lambda: unread(path, f"is compressed as {quoted(name)}", decompress),
        ),
        (
            layout.floating or layout.allocated not in ((8, 16) if jpeg else (8, 16, 32)),
            lambda: ImageFileError(
                f"{quoted(path)} holds compressed values of {layout.allocated} bits, which are not"
                " read",
                decompress,
            ),
        ),
        (
            jpeg and layout.high != layout.stored - 1,
            lambda: unread(
                path, "says that its compressed values are not in the lowest bits", decompress
            ),
        ),
        (
            layout.nbytes > max(_BELIEVED, _MOST_COMPRESSED * there),
            lambda: damaged(
                path, f"it says that {layout.nbytes:,} bytes of pixels are compressed to {there:,}"
            ),
        ),
    )
    if _items(file) < layout.frames + 1:
        raise _cut_short(file)


def _items(file: DicomFile) -> int:
    """How many items the pixel data have, the table of offsets among them; 0 if cut short."""
    count, position = 0, pixels_of(file).start
    with Path(file.path).open("rb") as source:
        while position <= file.size:
            source.seek(position)
            head = source.read(8)
            if head[:4] == _END:
                return count
            if head[:4] != _ITEM or len(head) < 8:
                return 0
            position += 8 + int(struct.unpack("<I", head[4:])[0])
            count += 1
    return 0


def surplus(file: DicomFile, layout: PixelLayout) -> int:
    """How many bytes the pixel data are longer than their image, beyond a padding to whole words.

    Of compressed data, which end where their frames do, none are known of.
    """
    length = pixels_of(file).length
    extra = 0 if length is None else length - layout.nbytes
    return extra if extra > 1 else 0


def _cut_short(file: DicomFile) -> ImageFileError:
    return truncated(file.path, "its pixel data stop before their end")


# The values


def stored_frames(
    file: DicomFile, layout: PixelLayout, numbers: Sequence[int]
) -> Iterator[NDArray[Any]]:
    """The stored values of the frames of these numbers, the file opened or decompressed once.

    Shape (rows, columns), with three components as a last axis where pixels are colours, these as
    red, green and blue. ImageFileError where the pixel data are damaged.
    """
    if pixels_of(file).length is not None:
        frames = _uncompressed(file, layout, numbers)
    else:
        streams = _streams(file, layout)
        decode = _run_lengths if file.transfer_syntax == _RLE else _by_gdcm
        frames = decode(streams, file, layout, numbers)
    return (_meant(values, file, layout) for values in frames)


def _uncompressed(
    file: DicomFile, layout: PixelLayout, numbers: Sequence[int]
) -> Iterator[NDArray[Any]]:
    pixels = pixels_of(file)
    # Bytes, or bits, in words of which the second byte comes first.
    in_pairs = layout.allocated <= 8 and pixels.words and not pixels.little_endian
    with Path(file.path).open("rb") as source:
        source.seek(pixels.start)
        data: IO[bytes] = source
        if file.deflated or in_pairs:
            found = file.content()[pixels.start :] if file.deflated else source.read(pixels.length)
            if in_pairs:
                found = np.frombuffer(found, "<u2", len(found) // 2).byteswap().tobytes()
            if len(found) < layout.nbytes:
                raise _cut_short(file)
            data = io.BytesIO(found)
        if layout.allocated == 1:  # frames begin within bytes
            packed = np.frombuffer(data.read(), np.uint8)
            bits = np.unpackbits(packed, count=math.prod(layout.shape), bitorder="little")
            yield from bits.reshape(layout.shape)[list(numbers)]
            return
        order = "Little" if pixels.little_endian else "Big"
        syntax = getattr(pydicom().uid, f"ExplicitVR{order}Endian")
        for number in numbers:
            yield _by_pydicom(data, number, syntax, file, layout)


def _by_pydicom(
    source: IO[bytes] | bytes, number: int, syntax: str, file: DicomFile, layout: PixelLayout
) -> NDArray[Any]:
    """The values of a frame of pixel data that pydicom takes apart."""
    decoder = pydicom().pixels.get_decoder(syntax)
    with complaints_told(file.path):
        values, _ = decoder.as_array(
            source,
            index=number,
            raw=True,
            validate=False,
            view_only=layout.photometric != "YBR_FULL_422",  # of which pydicom makes a new array
            rows=layout.rows,
            columns=layout.columns,
            number_of_frames=layout.frames,
            samples_per_pixel=layout.samples,
            photometric_interpretation=layout.photometric,
            planar_configuration=int(layout.planes),
            bits_allocated=layout.allocated,
            bits_stored=layout.allocated,  # which of them count is looked at here
            pixel_representation=int(layout.signed),
            pixel_keyword=pixels_of(file).keyword,
        )
    return np.asarray(values, layout.type)


def _meant(values: NDArray[Any], file: DicomFile, layout: PixelLayout) -> NDArray[Any]:
    """The values without what else is in their bits, and as red, green and blue."""
    if layout.stored < layout.allocated:
        above = np.array(layout.allocated - 1 - layout.high, values.dtype)
        below = np.array(layout.allocated - layout.stored, values.dtype)
        values = (values << above) >> below  # of signed values, the highest bit is repeated
    processing = pydicom().pixels.processing
    if layout.palette:
        with complaints_told(file.path):
            return np.asarray(processing.apply_color_lut(values, file.elements.data))
    if layout.photometric.startswith("YBR") and file.transfer_syntax not in _JPEG:
        return np.asarray(processing.convert_color_space(values, "YBR_FULL", "RGB"))
    return values


# Compressed ones


def _run_lengths(
    streams: Sequence[bytes], file: DicomFile, layout: PixelLayout, numbers: Sequence[int]
) -> Iterator[NDArray[Any]]:
    """As they are stored; GDCM does not decode small frames."""
    # Two bytes give 128 at most.
    if layout.nbytes // layout.frames > 64 * min(map(len, streams)):
        raise _undecodable(file)
    for number in numbers:
        stream = pydicom().encaps.encapsulate([streams[number]])
        yield _by_pydicom(stream, 0, _RLE, file, replace(layout, frames=1, planes=False))


def _by_gdcm(
    streams: Sequence[bytes], file: DicomFile, layout: PixelLayout, numbers: Sequence[int]
) -> Iterator[NDArray[Any]]:
    """Colours as red, green and blue."""
    found = voxels_of(file.path, [_plain(streams, file, layout)], FORMATS[".dcm"], layout.nbytes)
    if found.size != math.prod(layout.shape) or found.dtype != layout.type:
        raise _undecodable(file)
    yield from map(found.reshape(layout.shape).__getitem__, numbers)


def _streams(file: DicomFile, layout: PixelLayout) -> list[bytes]:
    """The compressed stream of each frame."""
    with Path(file.path).open("rb") as source:
        source.seek(pixels_of(file).start)
        content = source.read()
    offsets = None
    with complaints_told(file.path):
        if file.elements.holds("ExtendedOffsetTable"):
            data = file.elements.data
            offsets = data.ExtendedOffsetTable, data.ExtendedOffsetTableLengths
        generate = pydicom().encaps.generate_frames
        streams = list(generate(content, number_of_frames=layout.frames, extended_offsets=offsets))
    if len(streams) != layout.frames or not all(_is_whole(file, stream) for stream in streams):
        raise _undecodable(file)
    return streams


def _is_whole(file: DicomFile, stream: bytes) -> bool:
    if file.transfer_syntax == _RLE:
        return len(stream) > 64
    return stream.startswith(_BEGINNINGS) and _LAST in stream[-_PADDING:]


def _undecodable(file: DicomFile) -> ImageFileError:
    return damaged(file.path, "its compressed pixel data cannot be decoded")


def _plain(streams: Sequence[bytes], file: DicomFile, layout: PixelLayout) -> bytes:
    """A file that holds nothing but the frames, for GDCM."""
    dicom = pydicom()
    data, meta = dicom.Dataset(), dicom.dataset.FileMetaDataset()
    kind = dicom.uid.MultiFrameGrayscaleWordSecondaryCaptureImageStorage
    meta.TransferSyntaxUID = dicom.uid.UID(file.transfer_syntax)
    meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = kind, "2.25.1"
    for keyword, value in {
        "file_meta": meta,
        "SOPClassUID": kind,
        "SOPInstanceUID": "2.25.1",
        "SamplesPerPixel": layout.samples,
        "PhotometricInterpretation": layout.photometric if layout.samples > 1 else "MONOCHROME2",
        **({"PlanarConfiguration": 0} if layout.samples > 1 else {}),
        "NumberOfFrames": layout.frames,
        "Rows": layout.rows,
        "Columns": layout.columns,
        "BitsAllocated": layout.allocated,
        "BitsStored": layout.stored,
        "HighBit": layout.high,
        "PixelRepresentation": int(layout.signed),
        "PixelData": dicom.encaps.encapsulate(streams),
    }.items():
        setattr(data, keyword, value)
    data["PixelData"].is_undefined_length, data["PixelData"].VR = True, "OB"
    content = io.BytesIO()
    data.save_as(content, enforce_file_format=True)
    return content.getvalue()
