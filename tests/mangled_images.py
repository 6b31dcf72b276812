"""Image files that are damaged at random, from small whole ones of each format.

Bytes are flipped, numbers replaced by extreme ones, in binary and in text, fields made long,
pieces cut out, doubled and moved, ends cut off.
"""

from __future__ import annotations

import gzip
import random
import re
import struct
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import SimpleITK as sitk  # noqa: N813

_SIDES = (3, 17, 23)


def _itk(name: str, *, compress: bool = False, components: int = 1, dtype: str = "int16") -> bytes:
    shape = _SIDES if name.endswith(("a", "d", "nii", "gz")) else _SIDES[1:]
    count = int(np.prod(shape)) * components
    values = (np.arange(count) * 7 % 251).astype(dtype)
    values = values.reshape((*shape, components) if components > 1 else shape)
    image = sitk.GetImageFromArray(values, isVector=components > 1)
    image.SetSpacing((0.5, 1.25, 3.0)[: image.GetDimension()])
    path = Path(name)
    sitk.WriteImage(image, path, useCompression=compress)
    return path.read_bytes()


def _pillow(name: str, mode: str, **options: object) -> bytes:
    from PIL import Image

    colours = np.random.default_rng(1).integers(0, 255, (17, 23, 4), dtype=np.uint8)
    Image.fromarray(colours, "RGBA").convert("RGB").convert(mode).save(name, **options)
    return Path(name).read_bytes()


def _tiff(name: str, **options: object) -> bytes:
    import tifffile

    values = np.arange(16 * 32 * 2, dtype=np.uint16).reshape(2, 16, 32)
    tifffile.imwrite(name, values, **options)  # type: ignore[arg-type]
    return Path(name).read_bytes()


def _dicom(name: str, syntax: str | None = None) -> bytes:
    import pydicom
    from pydicom.dataset import Dataset, FileMetaDataset

    data = Dataset()
    data.file_meta = FileMetaDataset()
    data.file_meta.TransferSyntaxUID = pydicom.uid.ExplicitVRLittleEndian
    data.SOPClassUID = data.file_meta.MediaStorageSOPClassUID = pydicom.uid.CTImageStorage
    data.SOPInstanceUID = data.file_meta.MediaStorageSOPInstanceUID = "2.25.7"
    data.SeriesInstanceUID, data.Modality = "2.25.8", "CT"
    data.Rows, data.Columns, data.SamplesPerPixel = 17, 23, 1
    data.PhotometricInterpretation = "MONOCHROME2"
    data.BitsAllocated = data.BitsStored = 16
    data.HighBit, data.PixelRepresentation = 15, 0
    data.PixelSpacing, data.SliceThickness = [0.5, 0.5], 2
    data.ImagePositionPatient = [0, 0, 0]
    data.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
    data.RescaleSlope, data.RescaleIntercept = 1, -1024
    data.PixelData = np.arange(17 * 23, dtype=np.uint16).tobytes()
    if syntax is not None:
        data.compress(syntax)
    data.save_as(name, enforce_file_format=True)
    return Path(name).read_bytes()


_DETACHED = {".mhd": "a.raw", ".nhdr": "a.raw"}


def _seeds(kind: str, folder: Path) -> list[bytes]:
    name = str(folder / f"seed{kind}")
    match kind:
        case ".png":
            modes = ("L", "RGB", "RGBA", "LA", "P", "1")
            return [_pillow(name, mode) for mode in modes] + [_itk(name, dtype="uint16")]
        case ".jpg":
            return [_pillow(name, m, progressive=p) for m in ("L", "RGB", "CMYK") for p in (0, 1)]
        case ".bmp":
            return [_pillow(name, mode) for mode in ("L", "RGB", "RGBA", "P", "1")]
        case ".tif":
            ways = ("lzw", "deflate", "packbits", "lzma", "zstd")
            compressed = [_tiff(name, compression=way) for way in ways]
            tiled = _tiff(name, tile=(16, 16), compression="lzw", predictor=True)
            imagej = _tiff(name, imagej=True, metadata={"axes": "ZYX", "spacing": 2.0})
            ome = str(folder / "seed.ome.tif")
            return [*compressed, tiled, imagej, _tiff(ome, metadata={"axes": "CYX"}), _tiff(name)]
        case ".dcm":
            syntaxes = ("1.2.840.10008.1.2.5", "1.2.840.10008.1.2.4.90", "1.2.840.10008.1.2.4.80")
            made = [_dicom(name)]
            for syntax in syntaxes:
                try:
                    made.append(_dicom(name, syntax))
                except RuntimeError:  # pydicom has no encoder here
                    continue
            return made
    ways = [
        (c, n, d) for c in (False, True) for n, d in ((1, "int16"), (3, "uint8"), (1, "float32"))
    ]
    return [_itk(name, compress=c, components=n, dtype=d) for c, n, d in ways]


KINDS = (
    ".nii",
    ".nii.gz",
    ".mha",
    ".mhd",
    ".nrrd",
    ".nhdr",
    ".png",
    ".jpg",
    ".bmp",
    ".tif",
    ".dcm",
)


def mangled(kind: str, folder: Path, count: int, start: int = 0) -> Iterator[Path]:
    """So many damaged files of a format, one after another in the same place."""
    folder.mkdir(parents=True, exist_ok=True)
    seeds = _seeds(kind, folder)
    path = folder / f"a{kind}"
    detached = folder / _DETACHED.get(kind, "none")
    if kind in _DETACHED:
        voxels = (
            (folder / "seed.raw").read_bytes() if (folder / "seed.raw").exists() else bytes(9999)
        )
        detached.write_bytes(voxels)
    for number in range(start, start + count):
        choose = random.Random(f"{kind} {number}")
        content = (
            choose.choice(seeds).replace(b"seed.raw", b"a.raw").replace(b"seed.zraw", b"a.raw")
        )
        if kind == ".nii.gz":
            content = gzip.decompress(content)
        for _ in range(choose.choice((1, 1, 1, 2, 3, 6))):
            content = choose.choice(_WAYS)(content, choose)
        if kind == ".nii.gz":
            content = gzip.compress(content, 1)
            if choose.random() < 0.3:
                content = choose.choice(_WAYS)(content, choose)
        if kind == ".png" and choose.random() < 0.8:
            content = _with_checksums(content)
        path.write_bytes(content or b"\0")
        yield path


def _with_checksums(content: bytes) -> bytes:
    """A PNG whose chunks have the checksums of what is in them."""
    repaired, at = bytearray(content), 8
    while at + 12 <= len(content):
        (length,) = struct.unpack_from(">I", content, at)
        end = at + 8 + length
        if end + 4 > len(content):
            break
        struct.pack_into(">I", repaired, end, zlib.crc32(content[at + 4 : end]))
        at = end + 4
    return bytes(repaired)


def _place(content: bytes, choose: random.Random) -> int:
    """Half of the time in the first 400 bytes, where the header is."""
    reach = min(400, len(content)) if choose.random() < 0.5 else len(content)
    return choose.randrange(max(1, reach))


def _flipped(content: bytes, choose: random.Random) -> bytes:
    at = _place(content, choose)
    return content[:at] + bytes([choose.randrange(256)]) + content[at + 1 :]


_EXTREMES = (0, 1, -1, 2, 127, 128, 255, 32767, 32768, 65535, 1 << 20, (1 << 31) - 1, 1 << 31)


def _extreme(content: bytes, choose: random.Random) -> bytes:
    at = _place(content, choose)
    form = choose.choice(("<H", ">H", "<I", ">I", "<Q", ">Q"))
    bits = 8 * struct.calcsize(form)
    value = choose.choice((*_EXTREMES, (1 << bits) - 1, 1 << bits - 1)) % (1 << bits)
    return content[:at] + struct.pack(form, value) + content[at + bits // 8 :]


_TEXTS = (
    *(b"-1", b"0", b"99999999999999999999", b"4294967296", b"2147483647", b"nan", b"inf", b"1e308"),
    *(b"%s%n", b"%d", b"\\", b"../a", b"LIST", b"LOCAL", b"9" * 400, b"x" * 2000, b"(1,2,3)"),
    *(b"1" * 5000, b"-0", b"1e-320", b"\xff\xfe", b"%99999d 1 2", b""),
)


def _number(content: bytes, choose: random.Random) -> bytes:
    """A number in text, or a word, is another one."""
    found = list(re.finditer(rb"-?[\d.]+|\w+", content[:3000]))
    if not found:
        return content
    one = choose.choice(found)
    return content[: one.start()] + choose.choice(_TEXTS) + content[one.end() :]


def _cut(content: bytes, choose: random.Random) -> bytes:
    return content[: _place(content, choose)]


def _without(content: bytes, choose: random.Random) -> bytes:
    at = _place(content, choose)
    return content[:at] + content[at + choose.randrange(1, 40) :]


def _twice(content: bytes, choose: random.Random) -> bytes:
    at, length = _place(content, choose), choose.randrange(1, 60)
    other = _place(content, choose)
    return content[:other] + content[at : at + length] + content[other:]


def _long(content: bytes, choose: random.Random) -> bytes:
    at = _place(content, choose)
    return (
        content[:at]
        + bytes([choose.randrange(256)]) * choose.choice((300, 2000, 70_000))
        + (content[at:])
    )


_WAYS: tuple[Callable[[bytes, random.Random], bytes], ...] = (
    *(_flipped, _flipped, _extreme, _extreme, _number, _number),
    *(_cut, _without, _twice, _long),
)
