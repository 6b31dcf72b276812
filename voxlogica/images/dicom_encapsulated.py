"""Compressed pixel data in a DICOM file: JPEG, JPEG-LS, JPEG 2000 and RLE.

GDCM, through SimpleITK, decodes them. It is given a file that holds the compressed frames and the
few elements that say how to decode them, each checked before: what GDCM would make of the others,
of rescaling and displaying, is done here, and so for all encodings alike.

Encapsulation: DICOM PS3.5 annex A.4.
"""

from __future__ import annotations

import math
import struct
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from voxlogica.images.arrays import NDArray, np
from voxlogica.images.dicom_elements import DicomFile, complaints_told, pydicom
from voxlogica.images.errors import ImageFileError, quoted
from voxlogica.images.formats import FORMATS
from voxlogica.images.library import read_voxels

if TYPE_CHECKING:
    from voxlogica.images.dicom_pixels import Layout

RLE = "1.2.840.10008.1.2.5"
JPEG = tuple(f"1.2.840.10008.1.2.4.{n}" for n in (50, 51, 57, 70, 80, 81, 90, 91))
_ITEM, _END = b"\xfe\xff\x00\xe0", b"\xfe\xff\xdd\xe0"
# An image of so many bytes is believed whatever it is compressed to; a larger one, to this part.
_BELIEVED, _MOST_COMPRESSED = 1 << 28, 4096
# The markers that begin a JPEG, JPEG-LS or JPEG 2000 stream, and the one that ends it.
_BEGINNINGS, _LAST = (b"\xff\xd8", b"\xff\x4f", b"\0\0\0\x0cjP"), b"\xff\xd9"
# Behind which come no more bytes than these.
_PADDING = 64


def check(file: DicomFile, layout: Layout) -> None:
    """Raise ImageFileError where frames are compressed in no way that is read, or not all there."""
    pixels = file.pixels
    assert pixels is not None
    compressed = file.transfer_syntax in (RLE, *JPEG)
    if pixels.length is None and not compressed:
        name = pydicom().uid.UID(file.transfer_syntax).name
        raise ImageFileError(
            f"{quoted(file.path)} is compressed as {quoted(name)}, which is not read",
            "decompress it, with gdcmconv --raw or dcmdjpeg, say",
        )
    if pixels.length is not None:
        if compressed:
            raise ImageFileError(
                f"{quoted(file.path)} is damaged: its compressed pixel data are not in items",
                "fetch or export it anew",
            )
        return
    bits = (8, 16, 32) if file.transfer_syntax == RLE else (8, 16)
    if layout.floating or layout.allocated not in bits:
        raise ImageFileError(
            f"{quoted(file.path)} holds compressed values of {layout.allocated} bits, which are"
            " not read",
            "decompress it, with gdcmconv --raw or dcmdjpeg, say",
        )
    if file.transfer_syntax in JPEG and layout.high != layout.stored - 1:
        raise ImageFileError(
            f"{quoted(file.path)} says that its compressed values are not in the lowest bits, which"
            " is not read",
            "decompress it, with gdcmconv --raw or dcmdjpeg, say",
        )
    declared = layout.frame_bits * layout.frames // 8
    if declared > max(_BELIEVED, _MOST_COMPRESSED * (file.size - pixels.start)):
        raise ImageFileError(
            f"{quoted(file.path)} is damaged: it says that {declared:,} bytes of pixels are"
            f" compressed to {file.size - pixels.start:,}",
            "fetch or export it anew",
        )
    if _items(file) < layout.frames + 1:
        raise ImageFileError(
            f"{quoted(file.path)} is truncated: its pixel data stop before their end",
            "fetch or export it anew",
        )


def _items(file: DicomFile) -> int:
    """How many items the pixel data have, the table of offsets among them; 0 if cut short."""
    assert file.pixels is not None
    count, position = 0, file.pixels.start
    with Path(file.path).open("rb") as source:
        while True:
            source.seek(position)
            head = source.read(8)
            if head[:4] == _END:
                return count
            if head[:4] != _ITEM or len(head) < 8:
                return 0
            position += 8 + int(struct.unpack("<I", head[4:])[0])
            if position > file.size:
                return 0
            count += 1


def decoded(file: DicomFile, layout: Layout) -> NDArray[Any]:
    """The values of all frames, shape (frames, rows, columns), with colours as a last axis.

    These are red, green and blue, but for run lengths. ImageFileError where they are damaged.
    """
    streams = _streams(file, layout)
    if file.transfer_syntax == RLE:
        return _run_lengths(streams, file, layout)
    with tempfile.TemporaryDirectory(prefix="voxlogica-") as folder:
        path = str(Path(folder) / "frames.dcm")
        _write(path, streams, file, layout)
        try:
            declared = len(streams) * layout.frame_bits // 8
            values = read_voxels(path, FORMATS[".dcm"], declared)
        except ImageFileError as problem:
            said = problem.message.replace(quoted(path), quoted(file.path))
            raise ImageFileError(said, problem.hint) from problem
    shape = _shape(layout)
    if values.size != math.prod(shape) or values.dtype != layout.type:
        raise _damaged(file.path)
    return values.reshape(shape)


def _shape(layout: Layout) -> tuple[int, ...]:
    colours = (layout.samples,) if layout.samples > 1 else ()
    return layout.frames, layout.rows, layout.columns, *colours


def _run_lengths(streams: list[bytes], file: DicomFile, layout: Layout) -> NDArray[Any]:
    """RLE is decoded by pydicom, as GDCM does not decode small frames."""
    # Two bytes give 128 at most.
    if layout.frame_bits // 8 > 64 * min(map(len, streams)):
        raise _damaged(file.path)
    decoder = pydicom().pixels.get_decoder(file.transfer_syntax)
    values = np.empty(_shape(layout), layout.type)
    for number, stream in enumerate(streams):
        with complaints_told(file.path):
            values[number], _ = decoder.as_array(
                pydicom().encaps.encapsulate([stream]),
                raw=True,
                rows=layout.rows,
                columns=layout.columns,
                number_of_frames=1,
                samples_per_pixel=layout.samples,
                photometric_interpretation=layout.photometric,
                planar_configuration=0,
                bits_allocated=layout.allocated,
                bits_stored=layout.stored,
                pixel_representation=int(layout.signed),
                pixel_keyword="PixelData",
            )
    return values


def _streams(file: DicomFile, layout: Layout) -> list[bytes]:
    """The compressed stream of each frame."""
    assert file.pixels is not None
    with Path(file.path).open("rb") as source:
        source.seek(file.pixels.start)
        content = source.read()
    offsets = None
    with complaints_told(file.path):
        if file.elements.holds("ExtendedOffsetTable"):
            data = file.elements.data
            offsets = data.ExtendedOffsetTable, data.ExtendedOffsetTableLengths
        found = pydicom().encaps.generate_frames(
            content, number_of_frames=layout.frames, extended_offsets=offsets
        )
        streams = list(found)
    if len(streams) != layout.frames or not all(map(_is_whole(file), streams)):
        raise _damaged(file.path)
    return streams


def _is_whole(file: DicomFile) -> Callable[[bytes], bool]:
    if file.transfer_syntax == RLE:
        return lambda stream: len(stream) > 64
    return lambda stream: stream.startswith(_BEGINNINGS) and _LAST in stream[-_PADDING:]


def _damaged(path: str) -> ImageFileError:
    return ImageFileError(
        f"{quoted(path)} is damaged: its compressed pixel data cannot be decoded",
        "fetch or export it anew",
    )


def _write(path: str, streams: list[bytes], file: DicomFile, layout: Layout) -> None:
    """A file that holds nothing but the frames, for GDCM."""
    dicom = pydicom()
    data = dicom.Dataset()
    data.file_meta = dicom.dataset.FileMetaDataset()
    data.file_meta.TransferSyntaxUID = dicom.uid.UID(file.transfer_syntax)
    data.file_meta.MediaStorageSOPClassUID = data.SOPClassUID = (
        dicom.uid.MultiFrameGrayscaleWordSecondaryCaptureImageStorage
    )
    data.file_meta.MediaStorageSOPInstanceUID = data.SOPInstanceUID = "2.25.1"
    data.SamplesPerPixel = layout.samples
    data.PhotometricInterpretation = "MONOCHROME2" if layout.samples == 1 else layout.photometric
    if layout.samples > 1:
        data.PlanarConfiguration = 0
    data.NumberOfFrames = layout.frames
    data.Rows, data.Columns = layout.rows, layout.columns
    data.BitsAllocated, data.BitsStored = layout.allocated, layout.stored
    data.HighBit, data.PixelRepresentation = layout.high, int(layout.signed)
    data.PixelData = dicom.encaps.encapsulate(streams)
    data["PixelData"].is_undefined_length = True
    data["PixelData"].VR = "OB"
    data.save_as(path, enforce_file_format=True)
