"""The planes of an image with regions, in a terminal: as many as there is room for.

They are made of characters, two pixels in one, or a shade of ink; or, in terminals that show
pixels, by Kitty's protocol, or by sixels: https://sw.kovidgoyal.net/kitty/graphics-protocol/ and,
for sixels, chapter 14 of DEC's VT330/VT340 Programmer Reference Manual, volume 2:
https://vt100.net/docs/vt3xx-gp/chapter14.html
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator, Sequence
from itertools import zip_longest
from typing import Literal

from voxlogica.images.arrays import NDArray, np
from voxlogica.pictures.mosaic import planes_of
from voxlogica.pictures.pictures import size_of
from voxlogica.pictures.planes import Plane, planes
from voxlogica.pictures.png import Raster
from voxlogica.pictures.scene import At, Key, Scene

# How a terminal shows colours: any, one of 256, or not at all.
Depth = Literal["24-bit", "256", "ascii"]
# How a terminal shows a picture: as pixels, or as characters.
Terminal = Literal["kitty", "sixel"] | Depth

_GAP = 2
# All planes are shown where they are then still so large beside the first one alone, and so wide.
_LEAST_SHARE, _LEAST_WIDTH = 0.6, 36
# In pixels, where there are such: a plane is no longer.
_SIDE = 300
_MARKS = {"line": "▬▬", "dashes": "╍╍", "surface": "██"}
_MARKS_IN_ASCII = {"line": "--", "dashes": "- ", "surface": "##"}

_RAMP = " .:-=+*#%@"
_UPPER_HALF = "▀"
_RESET = "\x1b[0m"
# Of the 256 colours, those without a hue, from black to white.
_GREYS = (16, *range(232, 256), 231)
_LUMINANCE = (0.2126, 0.7152, 0.0722)
# Bytes in a part of Kitty's, as it asks for.
_PART = 4096
# How many colours sixels may have, and by how many bits a channel they are told apart at first.
_MOST, _BITS = 255, 6


def in_terminal(
    seen: Scene, columns: int, lines: int, shows: Terminal, *, legend: bool = True
) -> str:
    """A picture in at most so many columns and lines, and below it what its colours mean.

    Planes are to one scale, and no pixel is smaller than a voxel: all, where that does not make
    them much smaller than the first could be by itself, or else as many as fit beside it. Where a
    terminal shows pixels, the picture is a small one, with all in it. O(voxels).
    """
    if shows == "kitty" or shows == "sixel":
        pixels = planes_of(seen, "", _SIDE)
        drawn = by_kitty(Raster(pixels, None).png()) if shows == "kitty" else by_sixels(pixels)
        return f"{drawn}\n"
    slices = seen.telling(planes(seen.geometry))
    scale, shown = _fitting(slices, columns, lines)
    sizes = [_size(way, scale, columns, lines) for way, _ in shown]
    seen = seen.having_seen(shown)
    text = [*_picture(seen, shown, sizes, shows), *(_legend(seen, shown, shows) if legend else ())]
    return "".join(f"{line.rstrip()}\n" for line in text)


def _fitting(slices: Sequence[At], columns: int, lines: int) -> tuple[float, Sequence[At]]:
    """Pixels a unit of length, and the slices that fit beside each other then."""
    first = _scale([slices[0][0]], columns, lines)
    for many in range(len(slices), 1, -1):
        ways = [way for way, _ in slices[:many]]
        scale = _scale(ways, columns, lines)
        widths = [_size(way, scale, columns, lines)[0] for way in ways]
        if sum(widths) + _GAP * (many - 1) > columns:
            continue
        if scale == first or (scale >= _LEAST_SHARE * first and min(widths) >= _LEAST_WIDTH):
            return scale, slices[:many]
    return first, slices[:1]


def _scale(ways: Sequence[Plane], columns: int, lines: int) -> float:
    """Pixels a unit of length, where planes are beside each other."""
    across = sum(way.size[0] * way.spacing[0] for way in ways)
    down = max(way.size[1] * way.spacing[1] for way in ways)
    room = max(1, columns - (_GAP + 1) * (len(ways) - 1))
    finest = min(min(way.spacing) for way in ways)
    return 1 / max(across / room, down / (2 * lines), finest)


def _size(way: Plane, scale: float, columns: int, lines: int) -> tuple[int, int]:
    width, height = size_of(way, scale)
    return min(width, columns), min(height, 2 * lines)


def _picture(
    seen: Scene, slices: Sequence[At], sizes: Sequence[tuple[int, int]], depth: Depth
) -> Iterator[str]:
    pictures = []
    for (way, index), (wide, high) in zip(slices, sizes, strict=False):
        # Without colours, a character is one pixel of twice the height.
        size = (wide, max(1, round(high / 2)) if depth == "ascii" else high)
        pixels = seen.at(way, index, size).drawn().colours
        pictures.append((in_characters(pixels, depth), wide, way.title(index), way))
    if pictures[0][2]:
        yield (" " * _GAP).join(_title(title, way, wide) for _, wide, title, way in pictures)
    for row in range(max(len(lines) for lines, *_ in pictures)):
        parts = [lines[row] if row < len(lines) else " " * wide for lines, wide, _, _ in pictures]
        yield (" " * _GAP).join(parts)


def _legend(seen: Scene, slices: Sequence[At], depth: Depth) -> Iterator[str]:
    yield from (_key(key, depth) for key in seen.keys(slices))
    if seen.remarks:
        yield "; ".join(seen.remarks)


def _title(title: str, way: Plane, wide: int) -> str:
    """A slice's title over it, between the letters of its sides, as far as there is room."""
    if way.sides is None:
        return title[:wide].ljust(wide)
    left, right = way.sides.left, way.sides.right
    if wide < 3:
        return " " * wide
    return left + title[: wide - 2].center(wide - 2) + right


def _key(key: Key, depth: Depth) -> str:
    if depth == "ascii":
        return f"{_MARKS_IN_ASCII[key.drawn]} {key.text}"
    return f"{foreground(key.colour, depth)}{_MARKS[key.drawn]}{_RESET} {key.text}"


# Pixels as characters


def in_characters(pixels: NDArray[np.uint8], depth: Depth) -> list[str]:
    """The lines of a picture of shape (height, width, 3).

    A character is taken to be twice as high as wide: in colours it has two pixels, one above the
    other; without, it is a pixel.
    """
    if depth == "ascii":
        return list(_in_ascii(pixels))
    rows = pixels.tolist()
    return [
        _half_blocks(upper, lower, depth) for upper, lower in zip_longest(rows[::2], rows[1::2])
    ]


def foreground(colour: Sequence[int], depth: Depth) -> str:
    """What makes the text that follows be of a colour; nothing without colours."""
    return "" if depth == "ascii" else f"\x1b[38;{_code(colour, depth)}m"


def _in_ascii(pixels: NDArray[np.uint8]) -> Iterator[str]:
    shares = pixels @ np.array(_LUMINANCE) / 255
    for line in np.rint(shares * (len(_RAMP) - 1)).astype(int).tolist():
        yield "".join(_RAMP[step] for step in line)


def _half_blocks(
    upper: Sequence[Sequence[int]], lower: Sequence[Sequence[int]] | None, depth: Depth
) -> str:
    parts: list[str] = []
    shown = ""
    for x, above in enumerate(upper):
        below = f"48;{_code(lower[x], depth)}" if lower is not None else "49"
        colours = f"\x1b[38;{_code(above, depth)};{below}m"
        parts.append(_UPPER_HALF if colours == shown else colours + _UPPER_HALF)
        shown = colours
    return "".join(parts) + _RESET


def _code(colour: Sequence[int], depth: Depth) -> str:
    red, green, blue = colour
    if depth == "24-bit":
        return f"2;{red};{green};{blue}"
    if red == green == blue:
        return f"5;{_GREYS[round(red / 255 * (len(_GREYS) - 1))]}"
    red, green, blue = (round(level / 51) for level in colour)
    return f"5;{16 + 36 * red + 6 * green + blue}"


# Pixels


def by_kitty(png: bytes) -> str:
    """What shows a PNG where the cursor is."""
    data = b64encode(png).decode("ascii")
    parts = [data[start : start + _PART] for start in range(0, len(data), _PART)]
    last = len(parts) - 1
    return "".join(
        f"\x1b_G{'a=T,f=100,q=2,' if k == 0 else ''}m={int(k < last)};{part}\x1b\\"
        for k, part in enumerate(parts)
    )


def by_sixels(pixels: NDArray[np.uint8]) -> str:
    """What shows red, green and blue, shape (height, width, 3), where the cursor is.

    Of more than 255 colours, those that are alike are one.
    """
    height, width = pixels.shape[:2]
    bits = _BITS
    while True:
        coarse = pixels >> (8 - bits)
        keys = coarse.astype(np.int32) @ np.array([1 << 2 * bits, 1 << bits, 1])
        found, first, places = np.unique(keys, return_index=True, return_inverse=True)
        if found.size <= _MOST:
            break
        bits -= 1
    percent = np.rint(pixels.reshape(-1, 3)[first] / 2.55).astype(int).tolist()
    colours = "".join(f"#{k};2;{r};{g};{b}" for k, (r, g, b) in enumerate(percent))
    rows = places.reshape(height, width)
    bands = "-".join(_band(rows[top : top + 6]) for top in range(0, height, 6))
    return f'\x1bP0;1q"1;1;{width};{height}{colours}{bands}\x1b\\'


def _band(rows: NDArray[np.intp]) -> str:
    """Six rows: for each colour in them, a character a column."""
    weights = 1 << np.arange(len(rows))
    lines = []
    for colour in np.unique(rows):
        columns = weights @ (rows == colour)
        lines.append(f"#{colour}" + "".join(_repeated(columns)))
    return "$".join(lines)


def _repeated(columns: NDArray[np.intp]) -> Iterator[str]:
    starts = np.flatnonzero(np.diff(columns, prepend=-1))
    for value, many in zip(
        columns[starts].tolist(), np.diff(starts, append=columns.size).tolist(), strict=True
    ):
        sign = chr(63 + value)
        yield f"!{many}{sign}" if many > 3 else sign * many
