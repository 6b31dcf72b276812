"""BMP files, decoded here: ITK knows some depths only, and not which bits are red.

Rows go from the bottom up unless the height is negative, each of whole 4-byte words; colours are
blue, green, red. Format: https://learn.microsoft.com/windows/win32/gdi/bitmap-structures
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

from voxlogica.dataclass import dataclass
from voxlogica.images.arrays import NDArray, np
from voxlogica.images.errors import ImageFileError, damaged, refuse, truncated, unread
from voxlogica.images.opened import OpenedImage, alone, picture

_PLAIN, _RUNS_OF_8, _RUNS_OF_4, _BIT_FIELDS, _JPEG, _PNG, _BIT_FIELDS_WITH_ALPHA = range(7)
_METHODS = {_JPEG: "JPEG", _PNG: "PNG"}
_DEPTHS = {
    _PLAIN: (1, 4, 8, 16, 24, 32),
    _RUNS_OF_8: (8,),
    _RUNS_OF_4: (4,),
    _BIT_FIELDS: (16, 32),
    _BIT_FIELDS_WITH_ALPHA: (16, 32),
}
# Of red, green, blue and, in 32 bits, what is left, where no masks say otherwise.
_MASKS = {
    16: (0x7C00, 0x03E0, 0x001F),
    32: (0xFF0000, 0xFF00, 0xFF, 0xFF000000),
}
_SHORT, _USUAL, _WITH_MASKS = 12, 40, 52  # lengths of the header


@dataclass(frozen=True, slots=True)
class _Layout:
    """Where the rows are and what their bits mean; `palette` is of red, green, blue."""

    width: int
    height: int
    downwards: bool
    depth: int
    compression: int
    masks: tuple[int, ...]
    palette: tuple[tuple[int, ...], ...]
    start: int

    @property
    def row(self) -> int:
        """How many bytes a row takes."""
        return (self.width * self.depth + 31) // 32 * 4

    @property
    def is_grey(self) -> bool:
        return bool(self.palette) and all(red == green == blue for red, green, blue in self.palette)

    @property
    def components(self) -> int:
        if self.depth <= 8:
            return 1 if self.is_grey else 3
        return len(self.masks) or 3


def opened(path: str) -> OpenedImage:
    """Open a BMP; ImageFileError where it is damaged, truncated or holds no such thing."""
    layout = _layout(path, Path(path).read_bytes())
    return OpenedImage(
        header=picture((layout.width, layout.height), layout.components),
        parts=(path,),
        voxels=alone(_voxels, path),
    )


def _layout(path: str, data: bytes) -> _Layout:
    try:
        start, header = struct.unpack_from("<II", data, 10)
        if header == _SHORT:
            width, height, _, depth = struct.unpack_from("<HhHH", data, 18)
            compression, used, entry = _PLAIN, 0, 3
        else:
            width, height, _, depth, compression = struct.unpack_from("<iiHHI", data, 18)
            (used,) = struct.unpack_from("<I", data, 46)
            entry = 4
        masks = _masks(data, header, depth, compression)
    except struct.error:
        raise _cut_short(path) from None
    method = _METHODS.get(compression, f"the method {compression}")
    said = f"compressed by {method}" if compression else f"of {depth} bits a pixel"
    refuse(
        (
            depth not in _DEPTHS.get(compression, ()),
            lambda: unread(
                path, f"is a BMP file {said}", "export it with 24 bits a pixel, or as PNG"
            ),
        ),
        (
            width <= 0 or height == 0,
            lambda: damaged(path, f"its sides are {width}×{abs(height)}", None),
        ),
    )
    palette: tuple[tuple[int, ...], ...] = ()
    if depth <= 8:
        at, most = 14 + header, 1 << depth
        count = min(used or most, most, max(0, (start - at) // entry))
        entries = zip(*(data[at + i : at + count * entry : entry] for i in (2, 1, 0)), strict=False)
        palette = tuple(entries)
    layout = _Layout(width, abs(height), height < 0, depth, compression, masks, palette, start)
    held = len(data) - start
    runs = compression in (_RUNS_OF_8, _RUNS_OF_4)
    # Two bytes are at most 255 pixels.
    short = layout.width * layout.height > 128 * held if runs else layout.row * abs(height) > held
    if short or held <= 0 or (depth <= 8 and not palette):
        raise _cut_short(path)
    return layout


def _cut_short(path: str) -> ImageFileError:
    return truncated(path, "the BMP data stop before their end")


def _masks(data: bytes, header: int, depth: int, compression: int) -> tuple[int, ...]:
    """Which bits are red, green, blue and perhaps opacity."""
    if compression not in (_BIT_FIELDS, _BIT_FIELDS_WITH_ALPHA):
        return _MASKS.get(depth, ())
    with_alpha = header > _WITH_MASKS or compression == _BIT_FIELDS_WITH_ALPHA
    masks: tuple[int, ...] = struct.unpack_from("<4I" if with_alpha else "<3I", data, 14 + _USUAL)
    return masks if masks[-1] else masks[:3]


# Voxels


def _voxels(path: str) -> NDArray[Any]:
    """Grey, shape (height, width), or colours, shape (height, width, 3 or 4), uint8."""
    data = Path(path).read_bytes()
    layout = _layout(path, data)
    width, height, depth = layout.width, layout.height, layout.depth
    if layout.compression in (_RUNS_OF_8, _RUNS_OF_4):
        found = _colours(path, _run_numbers(path, layout, data), layout)
    else:
        rows = np.frombuffer(data, np.uint8, layout.row * height, layout.start).reshape(height, -1)
        if depth <= 8:
            numbers: NDArray[Any] = rows[:, :width]
            if depth < 8:  # the highest bits first
                bits = np.unpackbits(rows, axis=1).reshape(height, -1, depth)[:, :width]
                numbers = np.packbits(bits, axis=-1)[..., 0] >> (8 - depth)
            found = _colours(path, numbers, layout)
        elif depth == 24:
            found = rows[:, : 3 * width].reshape(height, width, 3)[..., ::-1]
        else:
            octets = depth // 8
            flat = rows[:, : octets * width].reshape(-1).view(f"<u{octets}")
            pixels = flat.reshape(height, width)
            found = np.stack([_scaled(pixels, mask) for mask in layout.masks], axis=-1)
    return np.ascontiguousarray(found if layout.downwards else found[::-1])


def _colours(path: str, numbers: NDArray[Any], layout: _Layout) -> NDArray[Any]:
    if int(numbers.max()) >= len(layout.palette):
        raise damaged(path, "it has colours beyond its palette", None)
    palette = np.array(layout.palette, np.uint8)
    found: NDArray[Any] = (palette[:, 0] if layout.is_grey else palette)[numbers]
    return found


def _scaled(pixels: NDArray[Any], mask: int) -> NDArray[Any]:
    """The bits of a mask as a number from 0 to 255."""
    if not mask:
        return np.zeros(pixels.shape, np.uint8)
    shift = (mask & -mask).bit_length() - 1
    greatest = mask >> shift
    values = (pixels.astype(np.uint64) & mask) >> shift
    return (values * 255 // greatest).astype(np.uint8)


def _run_numbers(path: str, layout: _Layout, data: bytes) -> NDArray[Any]:
    """The places in the palette, of pixels that are counted: how many, and which."""
    found = np.zeros((layout.height, layout.width), np.uint8)
    halves = layout.compression == _RUNS_OF_4
    at, x, y = layout.start, 0, 0
    while at + 1 < len(data) and y < layout.height:
        count, value = data[at], data[at + 1]
        at += 2
        if not count and value == 0:
            x, y = 0, y + 1
        elif not count and value == 1:
            return found
        elif not count and value == 2:
            if at + 1 >= len(data):
                break
            x, y, at = x + data[at], y + data[at + 1], at + 2
        else:
            if count:
                run = bytes([value]) * count
            else:
                count = value
                length = (count + 1) // 2 if halves else count
                run = data[at : at + length]
                at += length + length % 2
            if halves:
                run = bytes(half for octet in run for half in (octet >> 4, octet & 15))[:count]
            run = run[: max(0, layout.width - x)]
            found[y, x : x + len(run)] = np.frombuffer(run, np.uint8)
            x += len(run)
    if y < layout.height:
        raise _cut_short(path)
    return found
