"""Several slices in one picture: to scale, with letters, numbers, a scale and a legend drawn in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from voxlogica.images.arrays import NDArray, np
from voxlogica.images.image import Image
from voxlogica.pictures.lettering import height, width, written
from voxlogica.pictures.overlays import Colour
from voxlogica.pictures.pictures import scale_of, size_of
from voxlogica.pictures.planes import Sides, planes
from voxlogica.pictures.scene import Key, Scene, scene

# A little lighter than the black of slices, so that their ends are seen.
_GROUND: Colour = (22, 22, 24)
_INK: Colour = (232, 232, 232)
_QUIET: Colour = (168, 168, 168)
# Of the capitals, in pixels: of letters at the sides and titles, and of numbers and the legend.
_LARGE, _SMALL = 12, 9
_GAP, _APART, _MARGIN = 10, 28, 16
_SWATCH = (22, 10)
_BAR = 5
# Lengths that a scale may have.
_LENGTHS = tuple(factor * 10.0**power for power in range(-6, 7) for factor in (1, 2, 5))
UNITS = {"mm": "mm", "um": "µm", "px": "px"}
# The longest side of a plane by itself in pixels, by the number of dimensions.
_SIDES = {2: 900, 3: 480}
# Where there is room for no more of a text.
_CUT = "…"


class Tile(NamedTuple):
    """A slice in a mosaic: red, green and blue, shape (height, width, 3), and what is under it."""

    pixels: NDArray[np.uint8]
    title: str
    sides: Sides | None


class Legend(NamedTuple):
    """What is under all tiles: what colours mean, what else is to know, and how long a pixel is."""

    keys: tuple[Key, ...]
    remarks: tuple[str, ...]
    unit_per_pixel: float
    unit: str


def row(tiles: Sequence[Tile], heading: str, legend: Legend) -> NDArray[np.uint8]:
    """Tiles beside each other, each with letters at its own sides; shape (height, width, 3)."""
    lettered = [_lettered(tile) for tile in tiles]
    return _framed(_beside(lettered, _GAP), heading, legend, _bar(legend, tiles[0]))


def grid(tiles: Sequence[Tile], columns: int, heading: str, legend: Legend) -> NDArray[np.uint8]:
    """Tiles of one size and orientation in rows, with letters around all."""
    titled = [_titled(tile, _SMALL, _QUIET) for tile in tiles]
    rows = [_beside(titled[k : k + columns], _GAP) for k in range(0, len(tiles), columns)]
    whole = _below(rows, _GAP)
    return _framed(_with_letters(whole, tiles[0].sides), heading, legend, _bar(legend, tiles[0]))


def planes_in_one(image: Image, regions: Mapping[str, Image], heading: str) -> NDArray[np.uint8]:
    """The slices that tell most, to one scale, with all that there is to say; (height, width, 3).

    Raises ValueError where grids differ. O(voxels).
    """
    seen = scene(image, regions)
    return planes_of(seen, heading, _SIDES[seen.geometry.dimension])


def planes_of(seen: Scene, heading: str, side: int) -> NDArray[np.uint8]:
    """The same of a scene; no side of a plane is longer than that, in pixels."""
    ways = planes(seen.geometry)
    slices = seen.telling(ways)
    seen = seen.having_seen(slices)
    scale = scale_of(ways, side)
    tiles = [
        Tile(seen.at(way, index, size_of(way, scale)).drawn().colours, way.title(index), way.sides)
        for way, index in slices
    ]
    legend = Legend(seen.keys(slices), seen.remarks, 1 / scale, seen.geometry.unit)
    return row(tiles, heading, legend)


def round_length(whole: float) -> float:
    """How long a scale is beside a slice that is so wide: at most a third; 0 where none fits."""
    return max((length for length in _LENGTHS if length <= whole / 3), default=0.0)


# Putting pieces together


def _beside(pieces: Sequence[NDArray[np.uint8]], gap: int) -> NDArray[np.uint8]:
    whole = _blank(
        max(len(piece) for piece in pieces),
        sum(piece.shape[1] for piece in pieces) + gap * (len(pieces) - 1),
    )
    x = 0
    for piece in pieces:
        whole[: len(piece), x : x + piece.shape[1]] = piece
        x += piece.shape[1] + gap
    return whole


def _below(pieces: Sequence[NDArray[np.uint8]], gap: int) -> NDArray[np.uint8]:
    return _beside([piece.swapaxes(0, 1) for piece in pieces], gap).swapaxes(0, 1)


def _blank(high: int, wide: int) -> NDArray[np.uint8]:
    return np.full((high, wide, 3), _GROUND, np.uint8)


def _line(text: str, size: int, colour: Colour) -> NDArray[np.uint8]:
    piece = _blank(height(size), max(1, width(text, size)))
    written(piece, text, (1, 1), size, colour)
    return piece


def _fitting(text: str, size: int, most: int) -> str:
    """A text, or as much of its beginning as fits."""
    if width(text, size) <= most:
        return text
    while text and width(text + _CUT, size) > most:
        text = text[:-1]
    return text + _CUT


# Tiles


def _lettered(tile: Tile) -> NDArray[np.uint8]:
    """A slice with its letters, and its title at the lower left, beside the letter if it fits."""
    whole = _with_letters(tile.pixels, tile.sides)
    if not tile.title or tile.sides is None:
        return _titled(tile, _LARGE, _INK)
    room, wide = height(_LARGE), tile.pixels.shape[1]
    title = _line(_fitting(tile.title, _LARGE, wide), _LARGE, _INK)
    if title.shape[1] < wide // 2 - _LARGE:
        whole[-room:, room : room + title.shape[1]] = title
        return whole
    return _below([whole, _beside([_blank(1, room), title], 0)], 0)


def _titled(tile: Tile, size: int, colour: Colour) -> NDArray[np.uint8]:
    if not tile.title:
        return tile.pixels
    title = _line(_fitting(tile.title, size, tile.pixels.shape[1]), size, colour)
    return _below([tile.pixels, title], 2)


def _with_letters(pixels: NDArray[np.uint8], sides: Sides | None) -> NDArray[np.uint8]:
    """A picture with a letter in the middle of each side, around it."""
    if sides is None:
        return pixels
    room = height(_LARGE)
    high, wide = pixels.shape[:2]
    whole = _blank(high + 2 * room, wide + 2 * room)
    whole[room:-room, room:-room] = pixels
    middle_x, middle_y = room + wide // 2, room + (high - _LARGE) // 2
    for letter, (x, y) in (
        (sides.top, (middle_x, 1)),
        (sides.bottom, (middle_x, high + room + 3)),
        (sides.left, (room // 2 - 1, middle_y)),
        (sides.right, (wide + room + room // 2, middle_y)),
    ):
        written(whole, letter, (x - width(letter, _LARGE) // 2 + 2, y), _LARGE, _INK)
    return whole


# What is around all


def _framed(
    whole: NDArray[np.uint8], heading: str, legend: Legend, bar: NDArray[np.uint8] | None
) -> NDArray[np.uint8]:
    wide = max(whole.shape[1], 320)
    pieces = [_line(_fitting(heading, _LARGE, wide), _LARGE, _INK)] if heading else []
    pieces.append(whole)
    parts = [bar] if bar is not None else []
    parts += [_key(key, wide) for key in legend.keys]
    pieces += _flowing(parts, wide)
    if legend.remarks:
        remarks = _fitting("; ".join(legend.remarks), _SMALL, wide)
        pieces.append(_line(remarks, _SMALL, _QUIET))
    inner = _below(pieces, _GAP)
    framed = _blank(len(inner) + 2 * _MARGIN, inner.shape[1] + 2 * _MARGIN)
    framed[_MARGIN:-_MARGIN, _MARGIN:-_MARGIN] = inner
    return framed


def _flowing(parts: Sequence[NDArray[np.uint8]], wide: int) -> Iterator[NDArray[np.uint8]]:
    """Parts beside each other, in as many lines as they need."""
    line: list[NDArray[np.uint8]] = []
    for part in parts:
        if line and sum(one.shape[1] + _APART for one in [*line, part]) > wide + _APART:
            yield _beside(line, _APART)
            line = []
        line.append(part)
    if line:
        yield _beside(line, _APART)


def _key(key: Key, wide: int) -> NDArray[np.uint8]:
    """A patch as the region is drawn, and what it is."""
    across, down = _SWATCH
    text = _fitting(key.text, _SMALL, wide - across - _GAP)
    piece = _blank(height(_SMALL), across + 6 + width(text, _SMALL))
    patch = piece[1 : 1 + down, :across]
    own = np.array(key.colour)
    if key.drawn == "surface":
        patch[:] = own
    else:
        patch[:] = own // 4
        edge = np.ones(patch.shape[:2], bool)
        edge[2:-2, 2:-2] = False
        if key.drawn == "dashes":
            down_, across_ = np.indices(edge.shape)
            edge &= (across_ + down_) % 8 < 5
        patch[edge] = own
    written(piece, text, (across + 7, 1), _SMALL, _INK)
    return piece


def _bar(legend: Legend, tile: Tile) -> NDArray[np.uint8] | None:
    """A bar of a round length, and how long it is; None where no length is short enough."""
    whole = tile.pixels.shape[1] * legend.unit_per_pixel
    length = round_length(whole)
    long = round(length / legend.unit_per_pixel)
    if long < 2:
        return None
    text = f"{length:g} {UNITS[legend.unit]}"
    piece = _blank(height(_SMALL), long + 6 + width(text, _SMALL))
    middle = 1 + _SMALL // 2
    piece[middle, :long] = piece[middle - _BAR + 1 : middle + _BAR, [0, long - 1]] = _INK
    written(piece, text, (long + 7, 1), _SMALL, _INK)
    return piece
