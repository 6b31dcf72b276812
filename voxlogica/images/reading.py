"""Reading images from files."""

from __future__ import annotations

import hashlib
import math
import os
import stat
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

from voxlogica.dataclass import dataclass, field
from voxlogica.images import foreign, readers
from voxlogica.images.arrays import NDArray
from voxlogica.images.errors import (
    ANEW,
    ImageFileError,
    check_name,
    damaged,
    of_complex_numbers,
    quoted,
    refuse,
    system_error,
)
from voxlogica.images.formats import FORMATS, SIGNATURE_LENGTH, content_suffix, suffix_of
from voxlogica.images.geometry import Geometry
from voxlogica.images.given import GivenImage
from voxlogica.images.image import Image
from voxlogica.images.missing import links_in, missing
from voxlogica.images.opened import Header, OpenedImage, by_frames, identity, left_open
from voxlogica.images.raw import content_digest

# Gives the digest of a file: what the function computes, or did for the same file in another run.
Remembered = Callable[[Path, Callable[[], bytes]], bytes]


def _stamps(paths: Iterable[str]) -> list[tuple[int, ...]]:
    """What files are now, by which others in their places are told from them."""
    found = [Path(path).stat() for path in paths]
    return [(f.st_dev, f.st_ino, f.st_size, f.st_mtime_ns, f.st_ctime_ns) for f in found]


# Changed when a reader gives other voxels, or another place, for the same content.
_READERS = b"\0002"


@dataclass(frozen=True)
class ImageFile:
    """An image in a file, its header read and its content known by digest.

    `kind` is the reader, as the lower-case extension or "dicom" for a folder; `digest` is SHA-256
    of the content, over all files that make up the image; `geometry` has 2 or 3 sides, those of
    length 1 dropped; `components` are how many values a voxel has, `is_colour` whether they are a
    colour, 3 RGB or 4 RGBA; `may_be_large` tells of whole numbers of so many bits that float32 may
    not tell them apart.

    There may be several such images in a file: `channels` of these names, empty where they have
    none, and `frames`, the times. `channel` and `frame` are those that were chosen.
    """

    # Among the constants of operations.
    tag = b"I"

    path: str
    digest: bytes
    kind: str
    geometry: Geometry
    components: int
    warnings: tuple[str, ...]
    # The files that make up the image, each with its SHA-256; what they were when it was opened.
    files: tuple[tuple[str, bytes], ...] = field(repr=False, compare=False)
    _stamps: list[tuple[int, ...]] = field(repr=False, compare=False)
    _voxels: Callable[[int, int], NDArray[Any]] = field(repr=False, compare=False)
    may_be_large: bool = False
    is_colour: bool = False
    channels: tuple[str, ...] = ("",)
    frames: int = 1
    channel: int | None = None
    frame: int | None = None

    @property
    def shown(self) -> str:
        """It, as messages call it."""
        return quoted(self.path)

    # What a file holds are numbers; whether they are labels it does not say.
    is_region = False
    holds_labels = False

    @property
    def left_open(self) -> ImageFileError | None:
        """What has to be chosen before there is one image to read; None where that is done."""
        names = self.channels if self.channel is None else self.channels[:1]
        frames = self.frames if self.frame is None else 1
        if len(names) == frames == 1:
            return None
        return ImageFileError(*left_open(self.path, names, frames))

    @property
    def is_unchanged(self) -> bool:
        """Whether its files are those that were opened, by size and times."""
        try:
            return self._stamps == _stamps(path for path, _ in self.files)
        except OSError:
            return False

    def canonical(self) -> bytes:
        """What an operation that loads the file is known by: reader, content, and what is chosen.

        Not the path.
        """
        chosen = ",".join("-" if n is None else str(n) for n in (self.channel, self.frame))
        whole = len(self.channels) == self.frames == 1
        known = self.kind.encode() + b"\\0" + self.digest
        return known if whole else known + b"\\0" + chosen.encode()


def open_image(
    path: str | os.PathLike[str], remembered: Remembered = lambda path, digest: digest()
) -> ImageFile:
    """Read the header of an image file, or of the DICOM series in a folder, and digest the content.

    `remembered` is asked for the digest of each file, and may call what it is given to compute it.

    Raises ImageFileError where it cannot be read as images of 2 or 3 dimensions: it is missing, not
    readable, empty, of an unknown format, damaged, or truncated as far as that shows without
    decoding all voxels.
    """
    name = os.fspath(path)
    try:
        kind, opener = _reader(name)
        before = _stamps([name])
        opened = opener(str(Path(name)))
        if kind in _APART:
            readers.prepare()
        stamps = _stamps(opened.parts)
        digests = _digests(opened.parts, remembered)
        # Else header and digest may be of two contents.
        if before != _stamps([name]) or stamps != _stamps(opened.parts):
            raise ImageFileError(f"{quoted(name)} is being changed", "run the program again")
    except OSError as problem:
        raise system_error(f"{quoted(name)} cannot be read", problem) from problem
    opened = by_frames(opened)
    geometry, dropped = geometry_of(name, opened.header)
    is_colour, doubts = colour_of(name, opened.header)
    return ImageFile(
        name,
        # SHA-256 of the one file, or of the digests of several.
        digests[0] if len(digests) == 1 else hashlib.sha256(b"".join(digests)).digest(),
        kind,
        geometry,
        opened.header.components,
        (*opened.warnings, *(quoted(name) + doubt for doubt in (*dropped, *doubts))),
        tuple(zip(opened.parts, digests, strict=True)),
        stamps,
        opened.voxels,
        opened.header.pixel in _LARGE,
        is_colour,
        opened.channels,
        opened.frames,
    )


_APART = frozenset(ending for ending, form in FORMATS.items() if form.apart)
_LARGE = frozenset({"int32", "int64", "uint32", "uint64"})


def read_image(file: ImageFile | GivenImage) -> Image:
    """The image in a file: shape geometry.shape, with components as a last axis; the file's dtype.

    What was given as an array is there already. May be called from several threads at once. Raises
    ImageFileError where the voxels are damaged or truncated, where the content is no longer what
    `open_image` saw, and where the file holds several images and none is chosen.
    """
    if isinstance(file, GivenImage):
        return file.voxels()
    if file.left_open is not None:
        raise file.left_open
    try:
        _check_unchanged(file)
        voxels = file._voxels(file.channel or 0, file.frame or 0)
        _check_unchanged(file)
    except OSError as problem:
        raise system_error(f"{quoted(file.path)} cannot be read", problem) from problem
    shape = file.geometry.shape + ((file.components,) if file.components > 1 else ())
    if voxels.size != math.prod(shape):
        raise damaged(file.path, "it holds more or fewer voxels than its header says", None)
    voxels = voxels.reshape(shape)
    voxels.flags.writeable = False
    return Image(voxels, file.geometry)


def _check_unchanged(file: ImageFile) -> None:
    with suppress(FileNotFoundError):  # a part that is gone is a change like any other
        if file.is_unchanged or _digests([p for p, _ in file.files]) == [d for _, d in file.files]:
            return
    raise ImageFileError(
        f"{quoted(file.path)} was changed after the run began", "run the program again"
    )


def _digests(
    paths: Sequence[str], remembered: Remembered = lambda path, digest: digest()
) -> list[bytes]:
    return [remembered(Path(path), partial(content_digest, path)) for path in paths]


# Which reader to use


def _reader(path: str) -> tuple[str, Callable[[str], OpenedImage]]:
    """Which reader a path calls for, once there is something there to read."""
    if not path:
        raise ImageFileError("an empty path names no image")
    try:
        found = Path(path).stat()
    except (FileNotFoundError, NotADirectoryError):
        why = missing(path)
        raise ImageFileError(f"{quoted(path)} {why.said}", why.hint) from None
    except ValueError:  # a zero byte in the name
        raise ImageFileError(f"{quoted(path)} is not the name of a file") from None
    check_name(path)
    if stat.S_ISDIR(found.st_mode):
        _check_links(path)
        return "dicom", FORMATS[".dcm"].reading_and_writing().folder_opened
    refuse(
        (
            not stat.S_ISREG(found.st_mode),
            lambda: ImageFileError(f"{quoted(path)} is not a file, but a device or a pipe"),
        ),
        (found.st_size == 0, lambda: ImageFileError(f"{quoted(path)} is empty", ANEW)),
    )
    with Path(path).open("rb") as file:
        head = file.read(foreign.LENGTH)
    suffix = _format_of(path, head)
    return suffix, FORMATS[suffix].reading_and_writing().opened


def _format_of(path: str, head: bytes) -> str:
    """The ending of the format of a file that begins so; ImageFileError for what is none."""
    suffix, content = suffix_of(path), content_suffix(head[:SIGNATURE_LENGTH])
    form, shown = FORMATS.get(suffix), FORMATS.get(content or "")
    if form is None:
        if content == ".dcm":  # DICOM files often have no extension, or a number for one
            return content
        said = f"the unknown extension {suffix}" if suffix else "no extension"
        raise ImageFileError(
            f"{quoted(path)} has {said}",
            f"its content looks like {shown.name}: rename it to end in {content}"
            if shown
            else f"images are read from {' '.join(FORMATS)} and folders of DICOM slices",
        )
    if shown is None:
        _check_image(path, suffix, head)
        if form.always:
            raise ImageFileError(f"{quoted(path)} is not a {form.name} file")
    elif shown.module != form.module and (form.always or shown.always):
        raise ImageFileError(
            f"{quoted(path)} is not a {form.name} file: its content is {shown.name}",
            f"rename it to end in {content}",
        )
    return form.endings[0] if suffix in form.spellings else suffix


def _check_image(path: str, suffix: str, head: bytes) -> None:
    """Raise ImageFileError for a file that shows to be something else than an image."""
    found = foreign.foreign(head)
    if found is not None:
        raise ImageFileError(f"{quoted(path)} is no image: it {found.said}", found.hint)
    # A MetaImage is text as far as its voxels, whatever comes first; half of a pair is any bytes.
    may_be_text = suffix == ".img" or (suffix in (".mha", ".mhd") and b"NDims" in head)
    if foreign.is_text(head) and not may_be_text:
        name = FORMATS[suffix].name
        raise ImageFileError(
            f"{quoted(path)} is no image: it is text",
            f"{ANEW}; a {name} file does not begin so",
        )


def _check_links(folder: str) -> None:
    """Raise ImageFileError where a slice of a series may be a link that leads nowhere."""
    links = links_in(folder)
    if links:
        why = missing(links[0])
        more = f" (and {len(links) - 1} more of its links lead nowhere)" if links[1:] else ""
        raise ImageFileError(
            f"in {quoted(folder)}, {quoted(links[0].name)} {why.said}{more}", why.hint
        )


# From a header to what images are made of


def colour_of(path: str, header: Header) -> tuple[bool, tuple[str, ...]]:
    """Whether the components are a colour, and what there is to warn of, as it follows the name."""
    if "complex" in header.pixel:
        raise of_complex_numbers(path)
    if header.components not in (3, 4) or header.is_colour is False:
        return False, ()
    if header.is_colour or header.pixel != "uint8":
        return header.is_colour is True, ()
    colour = "RGB" if header.components == 3 else "RGBA"
    return True, (
        f" does not say what its {header.components} numbers a voxel are: they are taken for a"
        f" colour, {colour}",
    )


def geometry_of(path: str, header: Header) -> tuple[Geometry, tuple[str, ...]]:
    """The geometry of the 2-D or 3-D image that a header describes: sides of length 1 are dropped.

    And what there is to warn of, as it follows the name.
    """
    n = len(header.size)
    axes = list(range(n))
    while len(axes) > 3 and header.size[axes[-1]] == 1:
        axes.pop()
    refuse(
        (
            len(axes) > 3,
            lambda: ImageFileError(
                f"{quoted(path)} is {len(axes)}-D, {_sides(header.size)}; images are 2-D or 3-D",
                "save the volume you need as an image of its own",
            ),
        ),
        (
            len(axes) < 2,
            lambda: ImageFileError(f"{quoted(path)} is {n}-D; images are 2-D or 3-D"),
        ),
    )
    flat = [axis for axis in axes if header.size[axis] == 1]
    if len(axes) == 3 and flat:
        axes.remove(flat[-1])
    numbers = (*header.spacing, *header.origin, *header.direction)
    refuse(
        (
            not all(map(math.isfinite, numbers)),
            lambda: damaged(path, "its spacing, origin or axes are not numbers", None),
        ),
        (
            0 in header.spacing,
            lambda: damaged(path, "its spacing is 0 along an axis", None),
        ),
    )
    # A negative spacing is an axis that runs the other way.
    signs = [math.copysign(1.0, step) for step in header.spacing]
    direction = tuple(header.direction[n * i + j] * signs[j] for i in axes for j in axes)
    m = len(axes)
    if m < n and not is_rotation(direction, m):
        # The slice is tilted: within its plane, its axes are what directions are counted from.
        direction = identity(m)
    elif abs(_determinant(direction)) < 1e-6:
        raise damaged(path, "two of its axes point the same way", None)
    geometry = Geometry(
        size=tuple(header.size[axis] for axis in axes),
        spacing=tuple(abs(header.spacing[axis]) for axis in axes),
        origin=tuple(header.origin[axis] + 0.0 for axis in axes),
        direction=tuple(cosine + 0.0 for cosine in direction),
        unit=header.unit,
    )
    if m == n:
        return geometry, ()
    return geometry, (
        f": sides of length 1 are dropped, {_sides(header.size)} is read as {geometry}",
    )


def _sides(size: tuple[int, ...]) -> str:
    return "×".join(map(str, size))


def is_rotation(direction: tuple[float, ...], n: int) -> bool:
    """Whether the columns of an n × n matrix are unit vectors at right angles."""
    return all(
        abs(sum(direction[n * k + i] * direction[n * k + j] for k in range(n)) - (i == j)) < 1e-4
        for i in range(n)
        for j in range(n)
    )


def _determinant(m: tuple[float, ...]) -> float:
    if len(m) == 4:
        return m[0] * m[3] - m[1] * m[2]
    return (
        m[0] * (m[4] * m[8] - m[5] * m[7])
        - m[1] * (m[3] * m[8] - m[5] * m[6])
        + m[2] * (m[3] * m[7] - m[4] * m[6])
    )
