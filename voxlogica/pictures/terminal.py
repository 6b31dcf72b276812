"""The planes of an image with regions, in a terminal: as many as there is room for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

from voxlogica.pictures.characters import RESET, Depth, foreground, in_characters
from voxlogica.pictures.graphics import by_kitty, by_sixels
from voxlogica.pictures.planes import Plane, planes
from voxlogica.pictures.png import Raster
from voxlogica.pictures.scene import At, Key, Scene
from voxlogica.pictures.views import planes_of

# How a terminal shows a picture: as pixels, or as characters.
Terminal = Literal["kitty", "sixel"] | Depth

_GAP = 2
# All planes are shown where they are then still so large beside the first one alone, and so wide.
_LEAST_SHARE, _LEAST_WIDTH = 0.6, 36
# In pixels, where there are such: a plane is no longer.
_SIDE = 300
_MARKS = {"line": "▬▬", "dashes": "╍╍", "surface": "██"}
_MARKS_IN_ASCII = {"line": "--", "dashes": "- ", "surface": "##"}


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
    width, height = (
        max(1, round(n * step * scale)) for n, step in zip(way.size, way.spacing, strict=True)
    )
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
    return f"{foreground(key.colour, depth)}{_MARKS[key.drawn]}{RESET} {key.text}"
