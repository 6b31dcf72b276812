"""TIFF files: pages of one size and type, that make an image of slices, channels and times.

What a file says of itself is read by `tiff_directories`, what its pages mean together by
`tiff_axes`, how a page is laid out by `tiff_pages`, its numbers by `tiff_numbers`. Here they become
an image: grey, or a colour by the file's own account; 0 is black.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from itertools import chain
from typing import Any

from voxlogica.dataclass import dataclass
from voxlogica.images.arrays import NDArray, np
from voxlogica.images.encoding import EncodedFile, Voxels, slabs
from voxlogica.images.errors import ImageFileError, quoted
from voxlogica.images.opened import Header, Opened, identity
from voxlogica.images.tiff_axes import Stack, stack_of
from voxlogica.images.tiff_directories import Bytes, Directory, NotInFileError, directories
from voxlogica.images.tiff_encoding import tiff
from voxlogica.images.tiff_numbers import expected_length, numbers_of, run_of
from voxlogica.images.tiff_pages import (
    PALETTE,
    RGB,
    WHITE_IS_ZERO,
    YCBCR,
    Page,
    is_whole,
    page_of,
)

_KINDS = {"u": "uint", "i": "int", "f": "float"}
# What a step of so many bits is, of 255.
_GREYS = {1: 255, 2: 85, 4: 17}
_ROLE, _OLD_ROLE, _DESCRIPTION = 254, 255, 270
_REDUCED, _MASK, _OLD_REDUCED = 1, 4, 2


@dataclass(frozen=True, slots=True)
class _Found:
    """What a file holds: pages of one kind, and what they are together."""

    pages: tuple[Page, ...]
    stack: Stack


def opened(path: str) -> Opened:
    """Open a TIFF; ImageFileError where it is damaged, truncated or holds no such thing."""
    with Bytes(path) as file:
        found = _found(path, file)
    page, stack = found.pages[0], found.stack
    components = _components(page, stack)
    size = (page.width, page.length, stack.slices)[: 3 if stack.slices > 1 else 2]
    n = len(size)
    return Opened(
        header=Header(
            size=size,
            spacing=stack.spacing[:n],
            origin=(0.0,) * n,
            direction=identity(n),
            components=components,
            pixel=f"{_KINDS[page.kind]}{page.bits}",
            unit=stack.unit,
            is_colour=components in (3, 4) and page.photometric in (RGB, PALETTE, YCBCR),
        ),
        parts=(path,),
        voxels=partial(_voxels, path, 0, 0),
        channels=stack.channels,
        frames=stack.frames,
        chosen=partial(_voxels, path),
        warnings=(*stack.warnings, *_doubts(path, page)),
    )


def _found(path: str, file: Bytes) -> _Found:
    try:
        found = list(directories(file))
        if not found:
            raise NotInFileError
        shown = found if _speaks(found[0]) else _full_resolution(found)
        pages = tuple(page_of(path, directory) for directory in shown)
        stack = stack_of(path, pages, shown[0].octets(_DESCRIPTION))
        used = sorted({n for slices in stack.pages.values() for n in slices})
        if not stack.behind:
            _check_alike(path, [pages[n] for n in used])
        # Else pages could lie over each other, and be more than there is memory for.
        if sum(sum(pages[n].lengths) for n in used if not stack.behind) > 2 * file.length:
            raise NotInFileError
        whole = all(is_whole(pages[n], file) for n in ([0] if stack.behind else used))
        if stack.behind:
            _check_behind(path, pages[0], len(used), file)
    except NotInFileError:
        whole = False
    if not whole:
        raise ImageFileError(
            f"{quoted(path)} is truncated: the TIFF data stop before their end",
            "fetch or export it anew",
        )
    return _Found(pages, stack)


def _speaks(first: Directory) -> bool:
    """Whether the first page says which page is what; then all are counted."""
    text = first.octets(_DESCRIPTION)
    return text.startswith(b"ImageJ=") or b"<OME" in text[:4096]


def _full_resolution(found: Sequence[Directory]) -> list[Directory]:
    """The pages without thumbnails, lower resolutions and masks, where some are left."""
    full = [
        directory
        for directory in found
        if not directory.number(_ROLE, 0) & (_REDUCED | _MASK)
        and directory.number(_OLD_ROLE, 1) != _OLD_REDUCED
    ]
    return full or list(found)


def _check_alike(path: str, pages: Sequence[Page]) -> None:
    if len({page.likeness for page in pages}) > 1:
        raise ImageFileError(
            f"{quoted(path)} has pages that differ in size or type",
            "save each of its pages as a file of its own",
        )


def _check_behind(path: str, page: Page, count: int, file: Bytes) -> None:
    """Raise ImageFileError where so many pages do not stand behind the only directory."""
    if not page.is_one_run or expected_length(page, count) > file.length:
        raise ImageFileError(
            f"{quoted(path)} is truncated: it holds 1 of the {count} pages that its"
            " description speaks of",
            "fetch or save it anew",
        )


def _doubts(path: str, page: Page) -> Iterator[str]:
    if page.orientation not in (0, 1):
        yield (
            f"{quoted(path)} asks to be shown turned or mirrored (orientation"
            f" {page.orientation}): its voxels are read as they stand in the file"
        )
    if page.photometric == WHITE_IS_ZERO and page.kind != "u":
        yield (
            f"{quoted(path)} says that 0 is white, of numbers that have no greatest:"
            " they are read as they are"
        )


# Voxels


def _voxels(path: str, channel: int, frame: int) -> NDArray[Any]:
    """The voxels of a channel at a time, shape (slices, length, width, components), or less."""
    with Bytes(path) as file:
        found = _found(path, file)
        page, stack = found.pages[0], found.stack
        voxels: NDArray[Any] | None = None
        slices = stack.pages[frame, channel]
        for place, number in enumerate(slices):
            numbers = (
                run_of(page, file, number)
                if stack.behind
                else numbers_of(path, found.pages[number], file)
            )
            plane = _meant(numbers, page, stack)
            if voxels is None:
                voxels = np.empty((len(slices), *plane.shape), plane.dtype)
            voxels[place] = plane
    assert voxels is not None
    return voxels if len(slices) > 1 else voxels[0]


def _components(page: Page, stack: Stack) -> int:
    """How many values a voxel has: those of a palette are in its colours."""
    if page.photometric == PALETTE and not stack.shows_values:
        return 1 if _is_grey(page) else 3
    return page.samples


def _is_grey(page: Page) -> bool:
    third = len(page.colours) // 3
    red, green, blue = (page.colours[i * third : (i + 1) * third] for i in range(3))
    return red == green == blue


def _meant(numbers: NDArray[Any], page: Page, stack: Stack) -> NDArray[Any]:
    """What the numbers of a page stand for, shape (length, width) or (length, width, components).

    Palettes of ImageJ only show values, which are kept. Greys of 1, 2 and 4 bits are from 0 to
    255, as other pictures have them. Floats of 16 bits become such of 32.
    """
    if page.photometric == PALETTE and not stack.shows_values:
        third = len(page.colours) // 3
        # Of 16 bits a colour, though some writers leave the highest 8 empty.
        shift = 8 if max(page.colours, default=0) > 255 else 0
        palette = (np.array(page.colours).reshape(3, third).T >> shift).astype(np.uint8)
        colours = palette[np.minimum(numbers[..., 0], third - 1)]
        return np.ascontiguousarray(colours[..., 0]) if _is_grey(page) else colours
    if page.photometric == WHITE_IS_ZERO and page.kind == "u":
        numbers = numbers.dtype.type((1 << page.bits) - 1) - numbers
    if page.bits in _GREYS:
        numbers = numbers * _GREYS[page.bits]
    if numbers.dtype == np.float16:
        numbers = numbers.astype(np.float32)
    return numbers[..., 0] if page.samples == 1 else numbers


# Writing


def encoded(voxels: Voxels) -> list[EncodedFile]:
    """The file that an image becomes."""
    head = tiff(voxels.values, voxels.geometry, voxels.components)
    return [EncodedFile(voxels.name, chain(head, slabs(voxels.values)))]
