"""NIfTI and Analyze files: `.nii`, `.nii.gz`, and pairs of `.hdr` and `.img`.

Header and voxels are read here. niftilib, which SimpleITK uses, takes a file that ends too soon for
a whole one, checks no checksum, reads the voxels of `a.nii` for those of `a.nii.gz` where both
stand in a folder, overruns its buffer on scaled colour, and does not know NIfTI-2.

Layout and codes: https://nifti.nimh.nih.gov/pub/dist/src/niftilib/nifti1.h
"""

from __future__ import annotations

import math
import struct
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any

from voxlogica.dataclass import dataclass, replace
from voxlogica.images.arrays import NDArray, np
from voxlogica.images.deflating import beginning, inflated, is_compressed
from voxlogica.images.encoding import EncodedFile, VoxelsToWrite, head_of_one_voxel, slabs
from voxlogica.images.errors import ImageFileError, damaged, quoted, refuse, truncated
from voxlogica.images.formats import suffix_of
from voxlogica.images.nifti_header import (
    CODES,
    COLOURS,
    LENGTHS,
    Fields,
    described,
    description,
    encoded_header,
    fields,
    header,
    is_colour,
    of_colour,
    of_colours,
    resized,
)
from voxlogica.images.opened import Header, OpenedImage
from voxlogica.images.raw import infinite, native, read_into, too_short
from voxlogica.remarks import remark

# By its code, the type of a number, and how many of them stand side by side.
_PIXELS = {code: (name, 1) for name, code in CODES.items()} | {
    code: ("uint8", together) for together, code in COLOURS.items()
}
_UNREAD_PIXELS = {
    1: "single bits",
    32: "complex numbers",
    1536: "128-bit floats",
    1792: "complex numbers",
    2048: "complex numbers",
}
_DISPLACEMENT = 1006
_FARTHEST = 1e9  # in millimetres
_SLAB = 1 << 20


@dataclass(frozen=True, slots=True)
class Layout:
    """How the voxels lie in a file: values of the type `pixel` from byte `offset` on.

    They have the byte that counts most first if they are `big`. `interleaved` components of a voxel
    stand together; otherwise each component is an image of its own. A value v stands for
    v · slope + intercept.
    """

    pixel: str
    big: bool
    interleaved: bool
    offset: int
    slope: float
    intercept: float
    count: int = 0

    @property
    def is_scaled(self) -> bool:
        """Whether the values are not what is written."""
        return self.slope != 1 or self.intercept != 0

    @property
    def end(self) -> int:
        """How long the file is at least."""
        return self.offset + self.count * int(self.pixel.lstrip("uintfloa")) // 8

    def behind(self, number: int) -> Layout:
        """That of an image with so many alike before it."""
        return replace(self, offset=self.offset + number * (self.end - self.offset))


def opened(path: str) -> OpenedImage:
    """Open a NIfTI or Analyze image; ImageFileError where it is damaged or holds no such thing."""
    head_file, voxel_file = _files(path)
    head = _beginning(head_file, LENGTHS[2])
    said, layout, together = _layout(path, head, paired=head_file != voxel_file)
    pixel = layout.pixel
    if layout.is_scaled and pixel != "float64":
        pixel = "float32"
    found, warnings = header(path, said, pixel, together)
    if min(found.size) < 1 or found.components < 1:
        raise damaged(path, f"its sides are {'×'.join(map(str, found.size))}", None)
    if together > 1 or is_colour(said):
        found = replace(found, is_colour=True)
    layout = replace(layout, count=math.prod(found.size) * found.components)
    _check_length(voxel_file, layout)
    frames = 1
    if len(found.size) == 4 and found.components in (1, together):
        # They follow each other, so that each is read by itself.
        frames, found = found.size[3], found.first_three_axes()
        layout = replace(layout, count=layout.count // frames)
    return OpenedImage(
        header=found,
        parts=tuple(dict.fromkeys((head_file, voxel_file))),
        voxels=partial(_voxels, voxel_file, layout, found),
        warnings=warnings,
        frames=frames,
    )


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


def _layout(path: str, head: bytes, paired: bool) -> tuple[Fields, Layout, int]:
    """What a header says, how the voxels lie, and how many values stand side by side."""
    if len(head) < LENGTHS[1]:
        raise truncated(path, f"its header has {LENGTHS[1]} bytes", None)
    version, order = _version(path, head, paired)
    if len(head) < LENGTHS.get(version, 0):
        raise truncated(path, f"its header has {LENGTHS[2]} bytes", None)
    said = fields(head, order, version)
    kind = _UNREAD_PIXELS.get(said.code, f"values of the unknown type {said.code}")
    refuse(
        (
            said.intent == _DISPLACEMENT,
            lambda: ImageFileError(f"{quoted(path)} holds a displacement field, not an image"),
        ),
        (
            said.code not in _PIXELS,
            lambda: ImageFileError(f"{quoted(path)} holds {kind}, which are not read as an image"),
        ),
    )
    _check_placing(path, said)
    pixel, together = _PIXELS[said.code]
    offset, slope, intercept = said.scaling
    start = int(offset) if math.isfinite(offset) and offset > 0 else 0
    # By the standard, a slope of 0 says that there is no scaling; colours have none.
    is_scaled = math.isfinite(slope) and slope != 0 and together == 1
    return (
        said,
        Layout(
            pixel=pixel,
            big=order == ">",
            interleaved=together > 1,
            offset=start if paired else max(start, LENGTHS[version]),
            slope=slope if is_scaled else 1.0,
            intercept=intercept if is_scaled and math.isfinite(intercept) and version else 0.0,
        ),
        together,
    )


def _version(path: str, head: bytes, paired: bool) -> tuple[int, str]:
    """The version of the format, 0 for Analyze, and the byte order."""
    for version, sides, magics in (
        (2, (16, "q"), (b"ni2\0", b"n+2\0")),
        (1, (40, "h"), (b"ni1\0", b"n+1\0")),
    ):
        magic = head[4:8] if version == 2 else head[344:348]
        for order in "<>":
            (length,) = struct.unpack_from(order + "i", head)
            (count,) = struct.unpack_from(order + sides[1], head, sides[0])
            if 1 <= count <= 7 and (version == 1 or length == LENGTHS[2]):
                if magic == magics[not paired]:
                    return version, order
                if version == 1 and paired and length == LENGTHS[1]:
                    return 0, order
    raise ImageFileError(f"{quoted(path)} is not a NIfTI file, or its header is damaged")


def _check_placing(path: str, said: Fields) -> None:
    """Raise ImageFileError for numbers that place voxels nowhere."""
    by_quaternion, by_matrix = said.form_codes
    used = {
        "voxel size": said.pixdim[1:4] if by_quaternion > 0 or by_matrix <= 0 else (),
        "qform": said.quaternion if by_quaternion > 0 else (),
        "sform": said.rows if by_matrix > 0 else (),
    }
    for name, numbers in used.items():
        if not all(abs(number) <= _FARTHEST for number in numbers):
            raise damaged(
                path,
                f"its {name} places voxels out of this world",
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
                raise too_short(path, layout.end, length)
            return
        file.seek(-4, 2)
        recorded = int.from_bytes(file.read(4), "little")
    if recorded != layout.end % 2**32:
        # The end of a gzip file is the length of its content. It may still be right when it is
        # another: several gzip files in a row are one, and voxels may be followed by something.
        inflated(path, layout.end)


def _voxels(path: str, layout: Layout, header: Header, _: int, frame: int) -> NDArray[Any]:
    layout = layout.behind(frame)
    with Path(path).open("rb") as file:
        compressed = is_compressed(file.read(2))
    # First of all: other threads import meanwhile, NumPy too.
    content = inflated(path, layout.end) if compressed else None
    dtype = np.dtype(layout.pixel).newbyteorder(">" if layout.big else "<")
    if content is not None:
        values = np.frombuffer(content, dtype, layout.count, layout.offset)
    else:
        values = np.empty(layout.count, dtype)
        read_into(values, path, layout.offset)
    values = _finite(native(values))
    if layout.is_scaled:
        values = _scaled(values, layout)
    if layout.interleaved or header.components == 1:
        return values.reshape(header.shape)
    planes = values.reshape((header.components, *header.size[::-1]))
    return np.ascontiguousarray(np.moveaxis(planes, 0, -1))


def _finite(values: NDArray[Any]) -> NDArray[Any]:
    """The values, 0 in place of those that are not finite, as ITK has it; a remark counts them."""
    lost = infinite(values)
    if not lost:
        return values
    remark(
        f"{'1 value is' if lost == 1 else f'{lost} values are'} nan or infinite, and read as 0",
        "NIfTI images are read so, as by ITK; MetaImage and NRRD keep such values",
    )
    return np.where(np.isfinite(values), values, values.dtype.type(0))


def _scaled(values: NDArray[Any], layout: Layout) -> NDArray[Any]:
    """v · slope + intercept, computed in float64, and rounded to float32 unless v is float64."""
    scaled = np.empty(values.shape, np.float64 if values.dtype == np.float64 else np.float32)
    for start in range(0, values.size, _SLAB):
        slab = slice(start, start + _SLAB)
        exact = values[slab].astype(np.float64)
        exact *= layout.slope
        exact += layout.intercept
        with np.errstate(over="ignore"):
            scaled[slab] = exact
    return scaled


# Writing


def encoded(voxels: VoxelsToWrite) -> list[EncodedFile]:
    """The file that an image becomes."""
    values, components = voxels.values, voxels.components
    if voxels.colour and values.dtype.name == "uint8":
        head = of_colour(_head(replace(voxels, values=values[..., 0])), components)
        return [EncodedFile(voxels.name, chain([head], slabs(values)))]
    head = _head(voxels)
    if voxels.colour:
        head = of_colours(head, voxels.colour)
    planes = [values] if components == 1 else (values[..., i] for i in range(components))
    return [EncodedFile(voxels.name, chain([head], chain.from_iterable(map(slabs, planes))))]


def _head(voxels: VoxelsToWrite) -> bytes:
    simple = None
    if voxels.components == 1:
        simple = encoded_header(voxels.values.dtype, voxels.geometry)
    head = simple or resized(head_of_one_voxel(voxels, ".nii"), voxels.geometry)
    return described(head, voxels.note) if voxels.note else head


def note_of(path: str) -> str:
    """The description that a file of one part has in its header; empty where it is no such file.

    Raises OSError, or ImageFileError where it is damaged.
    """
    head = _beginning(path, LENGTHS[1])
    return description(head) if head[344:348] == b"n+1\0" else ""
