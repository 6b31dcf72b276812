"""NIfTI-1 and Analyze files: `.nii`, `.nii.gz`, and pairs of `.hdr` and `.img`.

SimpleITK reads the header; the voxels are read here. niftilib, which SimpleITK uses, takes a file
that ends too soon for a whole one, checks no checksum, reads the voxels of `a.nii` for those of
`a.nii.gz` where both stand in a folder, and overruns its buffer on scaled colour.

Layout and codes: https://nifti.nimh.nih.gov/pub/dist/src/niftilib/nifti1.h
"""

from __future__ import annotations

import math
import struct
import sys
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from voxlogica.images.errors import ImageFileError, quoted
from voxlogica.images.formats import FORMATS, suffix_of
from voxlogica.images.gzipped import beginning, inflated, is_compressed
from voxlogica.images.library import Header, read_header
from voxlogica.images.nifti_header import aligned_header
from voxlogica.images.opened import Opened
from voxlogica.images.parts import truncated

if TYPE_CHECKING:
    from numpy.typing import NDArray

_HEADER = 348
_PIXELS = {
    2: ("u1", 1),
    4: ("i2", 1),
    8: ("i4", 1),
    16: ("f4", 1),
    64: ("f8", 1),
    128: ("u1", 3),
    256: ("i1", 1),
    512: ("u2", 1),
    768: ("u4", 1),
    1024: ("i8", 1),
    1280: ("u8", 1),
    2304: ("u1", 4),
}
_UNREAD_PIXELS = {
    1: "single bits",
    32: "complex numbers",
    1536: "128-bit floats",
    1792: "complex numbers",
    2048: "complex numbers",
}
_DISPLACEMENT = 1006
_MICROMETRES = 3
_FARTHEST = 1e9  # in millimetres
_EPSILON = sys.float_info.epsilon
_SLAB = 1 << 20


@dataclass(frozen=True, slots=True)
class Layout:
    """How the voxels lie in a file: values of `dtype` from byte `offset` on.

    `interleaved` components of a voxel stand together; otherwise each component is an image of its
    own. A value v stands for v · slope + intercept.
    """

    dtype: str
    interleaved: bool
    offset: int
    slope: float
    intercept: float
    count: int = 0

    @property
    def is_scaled(self) -> bool:
        """Whether the values are not what is written."""
        return abs(self.slope - 1) > _EPSILON or abs(self.intercept) > _EPSILON

    @property
    def end(self) -> int:
        """How long the file is at least."""
        return self.offset + self.count * int(self.dtype[2:])


def opened(path: str) -> Opened:
    """Open a NIfTI or Analyze image; ImageFileError where it is damaged or holds no such thing."""
    head_file, voxel_file = _files(path)
    head = _beginning(head_file, _HEADER)
    layout = _layout(path, head, paired=head_file != voxel_file)
    header = aligned_header(head, layout.dtype[0]) or _as_said(
        head, read_header(head_file, FORMATS[".nii"])
    )
    layout = replace(layout, count=math.prod(header.size) * header.components)
    _check_length(voxel_file, layout)
    return Opened(
        header=header,
        parts=tuple(dict.fromkeys((head_file, voxel_file))),
        voxels=partial(_voxels, voxel_file, layout, header),
    )


def _as_said(head: bytes, header: Header) -> Header:
    """A header as SimpleITK gives it, in micrometres where it is in them: it makes millimetres."""
    if head[123] & 7 != _MICROMETRES:
        return header
    # The file's own numbers are float32.
    spacing, origin = (
        struct.unpack(f"{len(numbers)}f", struct.pack(f"{len(numbers)}f", *numbers))
        for numbers in ([1e3 * n for n in header.spacing], [1e3 * n for n in header.origin])
    )
    return replace(header, spacing=spacing, origin=origin, unit="um")


def _files(path: str) -> tuple[str, str]:
    suffix = path[-len(suffix_of(path)) :]
    if suffix.lower() not in (".hdr", ".img"):
        if suffix not in (suffix.lower(), suffix.upper()):
            raise ImageFileError(
                f"{quoted(path)} has an extension that mixes small and capital letters",
                f"rename it to end in {suffix.lower()}",
            )
        return path, path
    stem = path[: -len(suffix)]
    head_file, plain = stem + ".hdr", stem + ".img"
    if suffix.isupper():
        head_file, plain = stem + ".HDR", stem + ".IMG"
    voxel_file = next((file for file in (plain, plain + ".gz") if Path(file).is_file()), None)
    if not Path(head_file).is_file() or voxel_file is None:
        missing = plain if voxel_file is None else head_file
        raise ImageFileError(
            f"{quoted(path)} is one half of a pair, and {quoted(missing)} is missing",
            "put both files in one folder",
        )
    return head_file, voxel_file


def _layout(path: str, head: bytes, paired: bool) -> Layout:
    if len(head) < _HEADER:
        raise ImageFileError(f"{quoted(path)} is truncated: its header has {_HEADER} bytes")
    if 540 in struct.unpack("<i", head[:4]) + struct.unpack(">i", head[:4]):
        raise ImageFileError(
            f"{quoted(path)} is a NIfTI-2 file, which SimpleITK does not read",
            "convert it to NIfTI-1, for example with `nifti_tool` or nibabel",
        )
    order = next((o for o in "<>" if 1 <= struct.unpack_from(o + "h", head, 40)[0] <= 7), None)
    known = head[344:348] in ((b"ni1\0",) if paired else (b"n+1\0",))
    size = struct.unpack(f"{order or '<'}i", head[:4])[0]
    if order is None or not (known or (paired and size == _HEADER)):
        raise ImageFileError(f"{quoted(path)} is not a NIfTI file, or its header is damaged")
    intent, code = struct.unpack_from(order + "hh", head, 68)
    offset, slope, intercept = struct.unpack_from(order + "fff", head, 108)
    if intent == _DISPLACEMENT:
        raise ImageFileError(f"{quoted(path)} holds a displacement field, not an image")
    if code not in _PIXELS:
        kind = _UNREAD_PIXELS.get(code, f"values of the unknown type {code}")
        raise ImageFileError(f"{quoted(path)} holds {kind}, which are not read as an image")
    _check_placing(path, head, order)
    dtype, together = _PIXELS[code]
    start = int(offset) if math.isfinite(offset) and offset > 0 else 0
    # As niftilib and ITK have it: a slope of 0, or none, is 1, even with an intercept.
    return Layout(
        dtype=order + dtype,
        interleaved=together > 1,
        offset=start if paired else max(start, _HEADER),
        slope=slope if math.isfinite(slope) and abs(slope) > _EPSILON else 1.0,
        intercept=intercept if math.isfinite(intercept) else 0.0,
    )


def _check_placing(path: str, head: bytes, order: str) -> None:
    """Raise ImageFileError for numbers over which ITK's singular value decomposition never ends."""
    (quaternion_code, affine_code) = struct.unpack_from(order + "hh", head, 252)
    used = {
        "voxel size": struct.unpack_from(order + "3f", head, 80),
        "qform": struct.unpack_from(order + "6f", head, 256) if quaternion_code > 0 else (),
        "sform": struct.unpack_from(order + "12f", head, 280) if affine_code > 0 else (),
    }
    for name, numbers in used.items():
        if not all(abs(number) <= _FARTHEST for number in numbers):
            raise ImageFileError(
                f"{quoted(path)} is damaged: its {name} places voxels out of this world",
                "export it anew, or set the field right, for example with `nifti_tool`",
            )


def _beginning(path: str, length: int) -> bytes:
    with Path(path).open("rb") as file:
        head = file.read(1 << 16)
    if not is_compressed(head):
        return head[:length]
    if path.lower().endswith(".gz"):
        return beginning(path, head, length)
    raise ImageFileError(
        f"{quoted(path)} is compressed, but its name does not end in .gz",
        f"rename it to {quoted(path + '.gz')}",
    )


def _check_length(path: str, layout: Layout) -> None:
    """See to it that all voxels are there, by decompressing only where the file is in doubt."""
    with Path(path).open("rb") as file:
        compressed = is_compressed(file.read(2))
        length = file.seek(0, 2)
        if not compressed:
            if length < layout.end:
                raise truncated(path, layout.end, length)
            return
        file.seek(-4, 2)
        recorded = int.from_bytes(file.read(4), "little")
    if recorded != layout.end % 2**32:
        # The end of a gzip file is the length of its content. It may still be right when it is
        # another: several gzip files in a row are one, and voxels may be followed by something.
        inflated(path, layout.end)


def _voxels(path: str, layout: Layout, header: Header) -> NDArray[Any]:
    with Path(path).open("rb") as file:
        compressed = is_compressed(file.read(2))
        # First of all: other threads import meanwhile, numpy too.
        content = inflated(path, layout.end) if compressed else b""
        import numpy as np

        if compressed:
            values = np.frombuffer(content, layout.dtype, layout.count, layout.offset)
        else:
            values = np.empty(layout.count, layout.dtype)
            file.seek(layout.offset)
            read = file.readinto(values.data.cast("B"))
            if read < values.nbytes:
                raise truncated(path, layout.end, layout.offset + read)
    if not values.dtype.isnative:
        values = values.byteswap().view(values.dtype.newbyteorder())
    if layout.is_scaled:
        values = _scaled(values, layout)
    shape = header.size[::-1]
    if header.components == 1:
        return values.reshape(shape)
    if layout.interleaved:
        return values.reshape((*shape, header.components))
    planes = values.reshape((header.components, *shape))
    return np.ascontiguousarray(np.moveaxis(planes, 0, -1))


def _scaled(values: NDArray[Any], layout: Layout) -> NDArray[Any]:
    """v · slope + intercept, as ITK has it: in float64, of whole numbers rounded to float32."""
    import numpy as np

    scaled = np.empty(values.shape, np.float64 if values.dtype == np.float64 else np.float32)
    for start in range(0, values.size, _SLAB):
        slab = slice(start, start + _SLAB)
        exact = values[slab].astype(scaled.dtype).astype(np.float64)
        exact *= layout.slope
        exact += layout.intercept
        with np.errstate(over="ignore"):
            scaled[slab] = exact
    return scaled
