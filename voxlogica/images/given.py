"""Images that a program in Python gives as arrays: made safe, and known by their content."""

from __future__ import annotations

import struct
import sys
from typing import Any

from voxlogica.dataclass import dataclass, field, replace
from voxlogica.images.arrays import NDArray, np
from voxlogica.images.errors import ImageFileError
from voxlogica.images.geometry import Geometry
from voxlogica.images.image import Image

# Begins all that is hashed, so that nothing else has such a digest. Changed when arrays come to be
# taken in another way.
_DOMAIN = b"voxlogica array 1\0"


@dataclass(frozen=True)
class GivenImage:
    """An image from memory, which stands where an ImageFile stands: the constant of a load.

    `image` is C-contiguous, in native byte order, and nobody's but ours, unless whoever gave it
    said that it needs no copy; its dtype is that of a file's voxels, or bool for a region. `digest`
    is XXH3-128 over type, place, colour and content: it tells contents apart, but not from those
    that somebody made up to be mistaken for others. `name` is what messages call it, `doubts` are
    what there is to warn of, as it follows the name. Equal are those of one digest and name.
    """

    # Among the constants of operations.
    tag = b"A"

    # What an ImageFile says of itself: here there is one image, nothing to choose, and no file.
    kind = "array"
    channels = ("",)
    frames = 1
    channel = None
    frame = None
    left_open = None
    files = ()

    image: Image = field(repr=False, compare=False)
    digest: bytes
    name: str = ""
    is_colour: bool = False
    # Whether the numbers are labels by their making, though they may be floats.
    holds_labels: bool = False
    doubts: tuple[str, ...] = ()
    # Whether the voxels lie in memory of somebody else's, who said that it stays as it is.
    is_lent: bool = field(default=False, repr=False, compare=False)

    @property
    def path(self) -> str:
        """Its name."""
        return self.name or "array"

    @property
    def shown(self) -> str:
        """It, as messages call it."""
        return shown(self.name)

    @property
    def warnings(self) -> tuple[str, ...]:
        """What there is to warn of, each in a sentence that names it."""
        return tuple(self.shown + doubt for doubt in self.doubts)

    @property
    def geometry(self) -> Geometry:
        """Its grid, of 2 or 3 sides."""
        return self.image.geometry

    @property
    def components(self) -> int:
        """How many values a voxel has."""
        return self.image.components

    @property
    def is_region(self) -> bool:
        """Whether it has a truth value for each voxel."""
        return self.image.dtype == np.bool_ and self.components == 1

    @property
    def may_be_large(self) -> bool:
        """Whether it has whole numbers of so many bits that float32 may not tell them apart."""
        return self.image.dtype.kind in "iu" and self.image.dtype.itemsize >= 4

    def canonical(self) -> bytes:
        """What an operation that loads it is known by: its content, not its name."""
        return self.digest + (b" labels" if self.holds_labels else b"")

    def owned(self) -> GivenImage:
        """The same in memory of ours, if it is lent."""
        if not self.is_lent:
            return self
        image = Image(self.voxels().array.copy(), self.geometry).sealed()
        return replace(self, image=image, is_lent=False)

    @property
    def is_unchanged(self) -> bool:
        """Whether it is what was given, also where its memory is lent."""
        return not self.is_lent or _digest(self.image, self.is_colour) == self.digest

    def voxels(self) -> Image:
        """The image. ImageFileError where its memory is lent, and was changed meanwhile."""
        if not self.is_unchanged:
            raise ImageFileError(
                f"{self.shown} was changed after it was given, without a copy",
                "leave `copy=False` out, or give it again",
            )
        return self.image

    def as_file(self) -> GivenImage:
        """The same as a file would hold it: a region as the whole numbers 0 and 1."""
        if self.image.dtype != np.bool_:
            return self
        image = self.image.with_array(self.image.array.view(np.uint8))
        return replace(self, image=image, digest=_digest(image, self.is_colour))

    def called(self, name: str) -> GivenImage:
        """The same under another name."""
        return replace(self, name=name)


def given_image(
    array: NDArray[Any],
    geometry: Geometry,
    name: str = "",
    copy: bool | None = None,
    is_colour: bool = False,
    doubts: tuple[str, ...] = (),
    holds_labels: bool = False,
) -> GivenImage:
    """An array as an image: of shape `geometry.shape`, with components as a last axis.

    Memory is copied, unless it is that of a bytes object, which nobody can change, or `copy` is
    False: then the array is used where it lies if its type and order allow, and whoever gave it
    sees to it that it stays as it is. True copies always.

    Types are those that files have. float16 becomes float32, as in files; all else that is no
    truth value and no number of up to 64 bits is refused with an ImageFileError, and so is an array
    without voxels, and a masked array some of whose values are masked.
    """
    plain = _unmasked(array, name)
    if not plain.size:
        raise ImageFileError(f"{shown(name)} has no voxels: its shape is {plain.shape}")
    kept = _kept(plain, taken_type(plain.dtype, name), copy)
    if kept.dtype == np.bool_ and int(kept.view(np.uint8).max()) > 1:
        kept = kept.view(np.uint8) != 0  # a truth value that was made of other bytes
    extra = kept.size // geometry.voxels
    image = Image(kept.reshape(geometry.shape + ((extra,) if extra > 1 else ())), geometry)
    return GivenImage(image, _digest(image, is_colour), name, is_colour, holds_labels, doubts)


def shown(name: str) -> str:
    """An image that a program gives, as messages call it."""
    return f"`{name}`" if name else "the array"


# Values


# What numpy calls other kinds of values, and how to make numbers of them.
_REFUSED = {
    "c": ("complex numbers", "`np.abs` gives their magnitude, `np.angle` their phase"),
    "O": ("Python objects", "make numbers of them: `.astype(float)`"),
    "U": ("text", "make numbers of it: `.astype(float)`"),
    "S": ("text", "make numbers of it: `.astype(float)`"),
    "T": ("text", "make numbers of it: `.astype(float)`"),
    "V": ("records", 'take one field of them: `array["…"]`'),
    "M": ("dates", "make numbers of them: `.astype(float)`"),
    "m": ("spans of time", "make numbers of them: `.astype(float)`"),
}


def taken_type(dtype: np.dtype[Any], name: str) -> np.dtype[Any]:
    """The type in which an array's values are taken; ImageFileError for what is no number."""
    if dtype.kind in "biu" or (dtype.kind == "f" and dtype.itemsize in (4, 8)):
        return np.dtype(dtype.name)  # in native order, and one of several of the same size
    if dtype == np.float16:
        return np.dtype(np.float32)
    held, hint = _REFUSED.get(
        dtype.kind,
        (f"floats of {8 * dtype.itemsize} bits", "`.astype(np.float64)` rounds them"),
    )
    raise ImageFileError(f"{shown(name)} holds {held}, of type {dtype}: it is no image", hint)


def _unmasked(array: NDArray[Any], name: str) -> NDArray[Any]:
    """An array as it is to numpy alone, whatever it was derived to be."""
    if isinstance(array, np.ma.MaskedArray):
        masked = int(np.count_nonzero(np.ma.getmaskarray(array)))
        if masked:
            raise ImageFileError(
                f"{shown(name)} is a masked array: {masked} of its {array.size} values"
                f" {'is' if masked == 1 else 'are'} masked, and an image has a value everywhere",
                "`.filled(0)` says what stands there; its `.mask` can be given as a region",
            )
        return np.asarray(array.data)
    return np.asarray(array)


def _kept(array: NDArray[Any], dtype: np.dtype[Any], copy: bool | None) -> NDArray[Any]:
    """The values in this type, C-contiguous, where nobody changes them."""
    with np.errstate(all="ignore"):
        kept = np.ascontiguousarray(array, dtype)
    # A new array lies apart from that of which it was made.
    if np.may_share_memory(kept, array):
        if copy is False or (copy is None and _is_constant(array)):
            # Apart from the array that the caller has, whose flags are his.
            return np.asarray(kept.data.toreadonly())
        kept = kept.copy()
    kept.flags.writeable = False
    return kept


def _is_constant(array: NDArray[Any]) -> bool:
    """Whether an array's memory can be changed by nobody.

    Read-only is not enough: of an array that owns its memory there may be views that can be written
    to, made before, and it can be made writable again; mapped files and other libraries' buffers
    change without any array. Only of bytes there is no way.
    """
    base: object = array
    while isinstance(base, np.ndarray):
        if base.flags.writeable:
            return False
        base = base.base
    return isinstance(base, bytes)


def _digest(image: Image, is_colour: bool) -> bytes:
    """XXH3-128 of an image, the same in every process and machine."""
    import xxhash

    array, place = image.array, image.geometry.canonical()
    if sys.byteorder == "big":
        array = array.byteswap()
    said = f"{array.dtype.name} {array.shape} {is_colour:d} {len(place)}".encode()
    found = xxhash.xxh3_128(_DOMAIN + struct.pack("<I", len(said)) + said + place)
    found.update(array.reshape(-1).view(np.uint8).data)
    return found.digest()
