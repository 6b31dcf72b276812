"""From an image to the bytes of a file, the same ones in every run.

SimpleITK's writers are not given the disk. On a full one libjpeg ends the process, BMP and NIfTI
report success, and others print. So SimpleITK writes into memory, and the bytes are written to disk
by whoever asked for them. Of NIfTI, MetaImage and NRRD it writes the header only, that of an image
of one voxel with the same geometry; the sizes are put right and the voxels added here, so that they
are never copied as a whole. TIFF is written here.
"""

from __future__ import annotations

import errno
import os
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from voxlogica.dataclass import dataclass, replace
from voxlogica.images.arrays import NDArray, np
from voxlogica.images.deflating import deflater
from voxlogica.images.formats import FORMATS
from voxlogica.images.geometry import Geometry
from voxlogica.images.image import Image
from voxlogica.images.library import itk_image, simpleitk
from voxlogica.images.shared_memory import memory_file

_SLAB = 1 << 20


@dataclass(frozen=True, slots=True)
class VoxelsToWrite:
    """What is to be written of an image: its values, as files hold them, and where they lie.

    `name` and `ending` are those of the file to come, `colour` is "RGB" or "RGBA" where components
    are one, and else empty. `scratch` is a folder that is used and left as it was. NIfTI
    has room for a `note` of 79 bytes.
    """

    values: NDArray[Any]
    geometry: Geometry
    name: str
    ending: str
    colour: str
    scratch: Path
    note: str = ""

    @property
    def components(self) -> int:
        """How many values a voxel has."""
        return Image(self.values, self.geometry).components


@dataclass(frozen=True, slots=True)
class EncodedFile:
    """A file to write: its name, in the folder the image goes to, and its content in order."""

    name: str
    chunks: Iterable[bytes | memoryview]


@dataclass(frozen=True, slots=True)
class Encoded:
    """The files an image becomes, in the order in which they are to appear.

    `clamped` values were outside of what the format holds, `undefined` ones were nan, and are 0;
    `infinite` ones, nan among them, are written, and will be read as 0.
    """

    files: list[EncodedFile]
    clamped: int = 0
    undefined: int = 0
    infinite: int = 0


def flattened(image: Image) -> Image:
    """A 3-D image of a single slice as a 2-D one; any other as it is."""
    place = image.geometry
    if place.dimension != 3 or 1 not in place.size:
        return image
    axes = [0, 1, 2]
    axes.remove(max(axis for axis in axes if place.size[axis] == 1))
    flat = Geometry.of_size(
        *(place.size[axis] for axis in axes), spacing=tuple(place.spacing[axis] for axis in axes)
    )
    return Image(image.array.reshape(flat.shape + image.array.shape[3:]), flat)


# Values


def stored(array: NDArray[Any]) -> NDArray[Any]:
    """The values that a file holds: truth values as uint8, 0 and 1, all others as they are."""
    return np.ascontiguousarray(array.view(np.uint8) if array.dtype == np.bool_ else array)


def whole(array: NDArray[Any]) -> NDArray[Any]:
    """Whole numbers in the smallest type that holds them: unsigned ones if none is negative.

    As it is where some are not: what was made of labels may be beyond all numbers, or faded out.
    """
    least, greatest = array.min().item(), array.max().item()
    for kind in ("uint8", "int8", "uint16", "int16", "uint32", "int32"):
        limits = np.iinfo(kind)
        if limits.min <= least and greatest <= limits.max:
            numbers = array.astype(kind)
            return numbers if np.array_equal(numbers, array) else array
    return array


def shades(array: NDArray[Any]) -> tuple[NDArray[Any], int, int]:
    """The values a display format holds: truth values as 0 and 255, numbers rounded and clamped.

    Halves are rounded to even; nan becomes 0. With how many were outside, and how many nan.
    """
    if array.dtype == np.bool_:
        return array.view(np.uint8) * np.uint8(255), 0, 0
    if array.dtype == np.uint8:
        return np.ascontiguousarray(array), 0, 0
    rounded = np.rint(array) if array.dtype.kind == "f" else array
    undefined = np.isnan(rounded)
    clamped = int(np.count_nonzero((rounded < 0) | (rounded > 255)))
    values = np.where(undefined, 0, np.clip(rounded, 0, 255)).astype(np.uint8)
    return values, clamped, int(np.count_nonzero(undefined))


# For the formats' own writers


def head_of_one_voxel(voxels: VoxelsToWrite, suffix: str) -> bytes:
    """What SimpleITK writes before the voxels of an image with one voxel, and else the same."""
    n = voxels.geometry.dimension
    voxel = np.zeros((1,) * n + voxels.values.shape[n:], voxels.values.dtype)
    return _library_bytes(replace(voxels, values=voxel), suffix)[: -voxel.nbytes]


def resized(head: bytes, ones: bytes, geometry: Geometry) -> bytes:
    """Such a head, of text, with the image's sides where a pattern finds those of one voxel."""
    size = "".join(f" {side}" for side in geometry.size).encode()
    resized, found = re.subn(ones, rb"\1" + size, head)
    if found != 1:
        raise ValueError(f"SimpleITK writes headers in another way than expected: {head!r}")
    return resized


def slabs(values: NDArray[Any]) -> Iterator[memoryview]:
    """The bytes of values, some at a time."""
    content = np.ascontiguousarray(values).data.cast("B")
    for start in range(0, len(content), _SLAB):
        yield content[start : start + _SLAB]


def gzipped(chunks: Iterable[bytes | memoryview], level: int) -> Iterator[bytes]:
    compressor = deflater(level)
    for chunk in chunks:
        yield compressor.compress(chunk)
    yield compressor.flush()


# SimpleITK


def by_library(voxels: VoxelsToWrite) -> list[EncodedFile]:
    """The file that SimpleITK makes of an image."""
    return [EncodedFile(voxels.name, [_library_bytes(voxels, voxels.ending)])]


def _library_bytes(voxels: VoxelsToWrite, suffix: str) -> bytes:
    """What SimpleITK writes, into memory where the system has files there.

    OSError where files may not be as large, in memory neither: the writers do not survive that.
    """
    import resource  # a library of its own, which reading needs not

    image = itk_image(voxels.values, voxels.geometry, voxels.components)
    limit, _ = resource.getrlimit(resource.RLIMIT_FSIZE)
    if limit != resource.RLIM_INFINITY and limit < _most_bytes(image):
        raise OSError(errno.EFBIG, os.strerror(errno.EFBIG))
    target = voxels.scratch / f"voxlogica{suffix}"
    with memory_file() as memory:
        if sys.platform == "linux":
            target.symlink_to(f"/proc/self/fd/{memory.fileno()}")
        try:
            simpleitk().WriteImage(image, str(target), imageIO=FORMATS[suffix].library)
            return target.read_bytes()
        finally:
            target.unlink(missing_ok=True)


def _most_bytes(image: Any) -> int:
    """More than any format takes for an image: JPEG fills blocks of 16 × 16, TIFF has pages."""
    width, height, depth = (*image.GetSize(), 1)[:3]
    blocks = -(-width // 16) * -(-height // 16)
    voxel = image.GetNumberOfComponentsPerPixel() * image.GetSizeOfPixelComponent()
    return int(depth * (blocks * 256 * voxel * 3 + 1024) + 4096)
