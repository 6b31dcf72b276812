"""TIFF files: pages of one size and type, that make an image of slices, channels and times.

What a file says of its pages, and how they are laid out, is read by `tiff_pages`, what they mean
together by `tiff_axes`. Here their numbers become an image: grey, or a colour by the file's own
account; 0 is black.

Numbers of any width and byte order, differences, planes apart or together are read here, and LZW
and PackBits decompressed by imagecodecs. ITK gets some layouts wrong without a word: it takes tiles
of 16 bits for such of 8, and does not see that 0 is white. Of libtiff, through SimpleITK, pages of
JPEG and fax are wanted, as grey ones or colours: it tells of damage to fax of which imagecodecs
makes pixels without a word.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from itertools import chain
from typing import Any

from voxlogica.images.arrays import NDArray, np
from voxlogica.images.encoding import EncodedFile, VoxelsToWrite, slabs
from voxlogica.images.errors import ImageFileError, damaged, quoted, truncated
from voxlogica.images.opened import Header, OpenedImage, identity
from voxlogica.images.raw import Bytes, NotInFileError
from voxlogica.images.readers import in_reader
from voxlogica.images.tiff_axes import TiffStack, stack_of
from voxlogica.images.tiff_pages import (
    BLACK_IS_ZERO,
    DEFLATE,
    FAX,
    JPEG,
    LZW,
    PACKBITS,
    PALETTE,
    PLAIN,
    RGB,
    WHITE_IS_ZERO,
    YCBCR,
    Directory,
    Page,
    Tag,
    directories,
    is_whole,
    page_of,
    unread_tiff,
)
from voxlogica.images.tiff_writing import Fields, libtiff_image, tiff

# What a step of so many bits is, of 255.
_GREYS = {1: 255, 2: 85, 4: 17}
_REDUCED, _MASK, _OLD_REDUCED = 1, 4, 2
_ASSOCIATED = 1  # of an extra sample: the opacity that the colours have been multiplied by


def opened(path: str) -> OpenedImage:
    """Open a TIFF; ImageFileError where it is damaged, truncated or holds no such thing."""
    with Bytes(path) as file:
        (page, *_), stack = _pages_and_stack(path, file)
    components = _components(path, page, stack)
    size = (page.width, page.length, stack.slices)[: 3 if stack.slices > 1 else 2]
    n = len(size)
    return OpenedImage(
        header=Header(
            size=size,
            spacing=stack.spacing[:n],
            origin=(0.0,) * n,
            direction=identity(n),
            components=components,
            pixel=page.dtype.name,
            unit=stack.unit,
            is_colour=components in (3, 4) and page.photometric in (RGB, PALETTE, YCBCR),
        ),
        parts=(path,),
        channels=stack.channels,
        frames=stack.frames,
        voxels=partial(_voxels, path),
        warnings=(*stack.warnings, *_doubts(path, page)),
    )


def _pages_and_stack(path: str, file: Bytes) -> tuple[tuple[Page, ...], TiffStack]:
    """The pages of one kind that a file has directories of, and what they are together."""
    try:
        found = list(directories(file))
        if not found:
            raise NotInFileError
        pages = tuple(page_of(path, directory) for directory in _shown(found))
        room = pages[0].room(file.length)
        stack = stack_of(path, pages, room)
        used = {0} if stack.behind else {n for slices in stack.pages.values() for n in slices}
        needed = [pages[number] for number in sorted(used)]
        if len({page.likeness for page in needed}) > 1:
            raise ImageFileError(
                f"{quoted(path)} has pages that differ in size or type",
                "save each of its pages as a file of its own",
            )
        # Else pages could lie over each other, and be more than there is memory for.
        overlap = sum(sum(page.lengths) for page in needed) > 2 * file.length
        if overlap or not all(is_whole(page, file) for page in needed):
            raise NotInFileError
    except NotInFileError:
        raise truncated(path, "the TIFF data stop before their end") from None
    return pages, stack


def _shown(found: list[Directory]) -> list[Directory]:
    """The pages that count: all, where the first says which is what.

    Else those without thumbnails, lower resolutions and masks, where some are left.
    """
    text = found[0].octets(Tag.DESCRIPTION)
    if text.startswith(b"ImageJ=") or b"<OME" in text[:4096]:
        return found
    full = [
        directory
        for directory in found
        if not directory.number(Tag.ROLE, 0) & (_REDUCED | _MASK)
        and directory.number(Tag.OLD_ROLE, 1) != _OLD_REDUCED
    ]
    return full or found


def _doubts(path: str, page: Page) -> Iterator[str]:
    orientation = page.directory.number(Tag.ORIENTATION, 1)
    if orientation not in (0, 1):
        yield (
            f"{quoted(path)} asks to be shown turned or mirrored (orientation"
            f" {orientation}): its voxels are read as they stand in the file"
        )
    if page.photometric == WHITE_IS_ZERO and page.dtype.kind != "u":
        yield (
            f"{quoted(path)} says that 0 is white, of numbers that have no greatest:"
            " they are read as they are"
        )


# Voxels


def _voxels(path: str, channel: int, frame: int) -> NDArray[Any]:
    """The voxels of a channel at a time, shape (slices, length, width, components), or less."""
    with Bytes(path) as file:
        pages, stack = _pages_and_stack(path, file)
        slices = (
            pages[0].further(number) if stack.behind else pages[number]
            for number in stack.pages[frame, channel]
        )
        planes = (_meant(path, _numbers_of(path, page, file), pages[0], stack) for page in slices)
        first = next(planes)
        if stack.slices == 1:
            return first
        voxels = np.empty((stack.slices, *first.shape), first.dtype)
        for place, plane in enumerate(chain([first], planes)):
            voxels[place] = plane
    return voxels


def _components(path: str, page: Page, stack: TiffStack) -> int:
    """How many values a voxel has: those of a palette are in its colours."""
    if page.photometric == PALETTE and not stack.shows_values:
        return 1 if _is_grey(_palette(path, page)) else 3
    return page.samples


def _palette(path: str, page: Page) -> NDArray[Any]:
    """The colours that numbers stand for, shape (numbers, 3)."""
    if not page.colours or len(page.colours) % 3:
        raise damaged(path, "its palette is no list of as many reds as greens and blues")
    return np.array(page.colours).reshape(3, -1).T


def _is_grey(palette: NDArray[Any]) -> bool:
    return bool((palette == palette[:, :1]).all())


def _meant(path: str, numbers: NDArray[Any], page: Page, stack: TiffStack) -> NDArray[Any]:
    """What the numbers of a page stand for, shape (length, width) or (length, width, components).

    Palettes of ImageJ only show values, which are kept. Greys of 1, 2 and 4 bits are from 0 to
    255, as other pictures have them. Floats of 16 bits become such of 32.
    """
    if page.photometric == PALETTE and not stack.shows_values:
        palette = _palette(path, page)
        # Of 16 bits a colour, though some writers leave the highest 8 empty.
        shown = (palette >> (8 if palette.max() > 255 else 0)).astype(np.uint8)
        colours = shown[np.minimum(numbers[..., 0], len(shown) - 1)]
        return np.ascontiguousarray(colours[..., 0]) if _is_grey(palette) else colours
    if page.photometric == WHITE_IS_ZERO and page.dtype.kind == "u":
        numbers = numbers.dtype.type((1 << page.bits) - 1) - numbers
    if page.bits in _GREYS:
        numbers = numbers * _GREYS[page.bits]
    if numbers.dtype == np.float16:
        numbers = numbers.astype(np.float32)
    return numbers[..., 0] if page.samples == 1 else numbers


# The numbers of a page


def _numbers_of(path: str, page: Page, file: Bytes) -> NDArray[Any]:
    """The numbers of a page as they stand in it, shape (length, width, samples), native order.

    Those of 16 bits and less come as uint8 or uint16; ImageFileError where they are damaged.
    """
    if page.compression == JPEG or page.compression in FAX:
        return _by_libtiff(path, page, file)
    found = np.empty((page.length, page.width, page.samples), page.dtype)
    segments = zip(page.segments(), _contents(path, page, file), strict=True)
    for (plane, top, left, rows), content in segments:
        place = found[top : top + rows, left : left + page.columns, plane : plane + page.abreast]
        place[...] = _decoded(page, content, rows)[: place.shape[0], : place.shape[1]]
    return found


def _contents(path: str, page: Page, file: Bytes) -> Iterable[Any]:
    """The bytes of each segment once decompressed; by imagecodecs, in a reader process."""
    row = page.row_octets(page.columns)
    segments = zip(page.segments(), page.starts, page.lengths, strict=False)
    places = [(start, length, rows * row) for (*_, rows), start, length in segments]
    kind = "tile" if page.tiled else "strip"
    request = (path, kind, page.compression, page.reversed_bits, places)
    if page.compression not in (LZW, PACKBITS):
        return _unpacked(file, *request)
    size = sum(length + wanted for _, length, wanted in places)
    contents: list[Any]
    contents, _ = in_reader(_unpacked_there, *request, size=size, needs=("imagecodecs",))
    return contents


def _unpacked_there(path: str, *request: Any) -> list[NDArray[Any]]:
    with Bytes(path) as file:
        contents = _unpacked(file, path, *request)
        return [np.frombuffer(content, np.uint8) for content in contents]


def _unpacked(
    file: Bytes,
    path: str,
    kind: str,
    compression: int,
    reversed_bits: bool,
    places: Sequence[Sequence[int]],
) -> Iterator[bytes]:
    """What segments hold: of each, where it begins, its length, and how many bytes it has to be."""
    for start, length, wanted in places:
        packed = file.read(start, length)
        if reversed_bits:
            packed = packed.translate(_TURNED)
        try:
            content = _decompressed(compression, packed, wanted)
        except (zlib.error, RuntimeError) as problem:  # RuntimeError is imagecodecs's
            raise damaged(path, "its voxels cannot be decompressed") from problem
        if len(content) < wanted:
            raise damaged(path, f"a {kind} ends too soon")
        yield content[:wanted]


# Bytes, their last bit the first.
_TURNED = bytes(int(f"{octet:08b}"[::-1], 2) for octet in range(256))


def _decompressed(compression: int, packed: bytes, wanted: int) -> bytes:
    """What a segment holds, as far as it is wanted, or more."""
    if compression == PLAIN:
        return packed
    if compression in DEFLATE:
        inflating = zlib.decompressobj()
        content = inflating.decompress(packed, wanted)
        inflating.decompress(
            inflating.unconsumed_tail, 1
        )  # as far as the checksum, if there is one
        return content
    import imagecodecs

    if compression == LZW:
        return bytes(imagecodecs.lzw_decode(packed, out=wanted))
    return bytes(imagecodecs.packbits_decode(packed))  # told of a length, it wants exactly that


# What libtiff is told of a page.
_HANDED_ON = frozenset(
    {Tag.WIDTH, Tag.LENGTH, Tag.BITS, Tag.SAMPLES, Tag.PLANES, Tag.EXTRA, Tag.COMPRESSION}
    | {Tag.TILE_WIDTH, Tag.TILE_LENGTH, Tag.FILL_ORDER, Tag.T4_OPTIONS, Tag.T6_OPTIONS}
    | {Tag.PHOTOMETRIC, Tag.JPEG_TABLES, Tag.YCBCR_COEFFICIENTS, Tag.YCBCR_SUBSAMPLING}
    | {Tag.YCBCR_POSITIONING, Tag.BLACK_AND_WHITE}
)


def _by_libtiff(path: str, page: Page, file: Bytes) -> NDArray[Any]:
    """A page of JPEG or fax, which libtiff reads whole: its colours are those of the picture."""
    fax = page.compression in FAX
    fields: Fields = {tag: v for tag, v in page.directory.fields.items() if tag in _HANDED_ON}
    if not page.tiled:
        fields[Tag.ROWS_A_STRIP] = (page.rows,)
    if fax or page.photometric == WHITE_IS_ZERO:  # it would turn tiles, and leave strips
        fields[Tag.PHOTOMETRIC] = (BLACK_IS_ZERO,)
    if Tag.EXTRA in fields:  # it would multiply colours by an opacity that they are not yet of
        fields[Tag.EXTRA] = (_ASSOCIATED,)
    segments = zip(page.starts[: page.count], page.lengths, strict=False)
    found = libtiff_image(
        path, page.directory.order, fields, [file.read(*place) for place in segments]
    )
    found = found.reshape(page.length, page.width, -1)
    if fax:
        return (found[..., :1] > 0).astype(np.uint8)
    if found.shape[-1] < page.samples or found.dtype != np.uint8:
        raise unread_tiff(
            path, f"JPEG of {page.samples} numbers a pixel", "export it as grey or RGB"
        )
    return np.ascontiguousarray(found[..., : page.samples])


def _decoded(page: Page, content: Any, rows: int) -> NDArray[Any]:
    """The numbers of a segment, shape (rows, columns, samples side by side), in any byte order."""
    shape = (rows, page.columns, page.abreast)
    octets, order = page.dtype.itemsize, page.directory.order
    if page.bits != 8 * octets:
        return _narrow(page, content, shape)
    if page.predictor == 3:
        # Each row's bytes, all highest ones first, as differences.
        planes = np.frombuffer(content, np.uint8).reshape(rows, -1, page.abreast)
        whole = np.cumsum(planes, axis=1, dtype=np.uint8).reshape(rows, octets, -1)
        return np.ascontiguousarray(np.moveaxis(whole, 1, 2)).view(f">f{octets}").reshape(shape)
    if page.predictor == 2:
        differences = np.frombuffer(content, f"{order}u{octets}").reshape(shape)
        return np.cumsum(differences, axis=1, dtype=f"u{octets}").view(page.dtype)
    return np.frombuffer(content, f"{order}{page.dtype.kind}{octets}").reshape(shape)


def _narrow(page: Page, content: Any, shape: tuple[int, int, int]) -> NDArray[Any]:
    """Numbers of bits that are no bytes, the highest bit first, each row from a new byte on."""
    rows, columns, abreast = shape
    flags = np.unpackbits(np.frombuffer(content, np.uint8).reshape(rows, -1), axis=1)
    flags = flags[:, : columns * abreast * page.bits].reshape(*shape, page.bits)
    values = np.zeros(shape, page.dtype)
    for bit in range(page.bits):
        values <<= 1
        values |= flags[..., bit]
    return values


# Writing


def encoded(voxels: VoxelsToWrite) -> list[EncodedFile]:
    """The file that an image becomes."""
    head = tiff(voxels.values, voxels.geometry, voxels.components)
    return [EncodedFile(voxels.name, chain(head, slabs(voxels.values)))]
