"""The pictures of a case among many: few bytes, drawn in a few milliseconds, kept as text.

They are drawn while what the case has computed is in memory, and so small that those of all cases
can be held until the page is written.
"""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping, Sequence
from math import sqrt
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from voxlogica.dataclass import dataclass
from voxlogica.images.geometry import Geometry
from voxlogica.images.image import Image
from voxlogica.pictures.cropping import cropped
from voxlogica.pictures.overlays import COLOURS, MISSING
from voxlogica.pictures.pictures import scale_of
from voxlogica.pictures.pictures import size_of as size_in_pixels
from voxlogica.pictures.planes import planes
from voxlogica.pictures.scene import At, Scene, scene

if TYPE_CHECKING:
    from voxlogica.engine.results import SavedImage, Underlay

# So many drawings of a case are beside its name, and so many there are where it is opened.
_MOST_THUMBS, _MOST_DRAWINGS = 3, 4
_LONGEST_NAME = 80
# Regions have so much more room than an image by itself.
_WITH_REGIONS = 3
# Few greys are smaller.
_GREYS = 48
# Where a picture is too large, it becomes this much coarser at least, and so coarse at most.
_STEP, _LEAST_PART = 0.95, 0.02


class Size(NamedTuple):
    """How large the pictures of each case are: beside its name, and where it is opened.

    `side` and `opened` are the longest sides in pixels, 0 where there are none; `bytes` are what
    the PNGs of a case take in all, `planes` how many there are beside the name.
    """

    side: int
    opened: int
    planes: int
    bytes: int


# By how many cases there are at most.
_SIZES: Mapping[int, Size] = {
    100: Size(80, 240, 3, 40_000),
    500: Size(120, 0, 3, 8_000),
    2_000: Size(80, 0, 1, 2_000),
}
# How much of the bytes of a case is for the pictures beside its name, where there are larger ones.
_FOR_THUMBS = 0.2


def size_of(cases: int) -> Size | None:
    """How large pictures of each of so many cases are; None where there are too many for any.

    So a page has at most 5.4 MB of pictures, and of 20 cases 1.07 MB, as base64.
    """
    return next((size for most, size in _SIZES.items() if cases <= most), None)


class Panel(NamedTuple):
    """A plane as a PNG, in base64, with the size at which it is shown.

    `title` is as in "axial, z = 77"; `sides` are the letters at the left, right, top and bottom,
    empty where none are known.
    """

    png: str
    width: int
    height: int
    title: str
    sides: str


class ColourMark(NamedTuple):
    """What a colour means, by its place in the table of colours."""

    text: str
    colour: int
    drawn: Literal["line", "dashes", "surface"]


class Drawing(NamedTuple):
    """Regions of a case on the scan that they came from, or an image by itself: what it is called.

    Small pictures, and large ones if there are such.
    """

    name: str
    thumbs: tuple[Panel, ...]
    panels: tuple[Panel, ...]
    marks: tuple[ColourMark, ...]


@dataclass(frozen=True, slots=True, eq=False)
class _Subject:
    """What is to be drawn together."""

    name: str
    image: Image | None
    regions: dict[str, Image]


def drawings(
    layers: Sequence[SavedImage], under: Mapping[str, Underlay], size: Size
) -> tuple[Drawing, ...]:
    """Draw the images that a case has saved, those that the run has kept.

    Regions are drawn over what is `under` them, by their paths, those over one image together;
    images that are no regions follow, each by itself. O(voxels).
    """
    subjects = _subjects(layers, under)[:_MOST_DRAWINGS]
    shares = [_WITH_REGIONS if subject.regions else 1 for subject in subjects]
    # Beside the name are regions, or where there are none, images; of several, a plane each.
    first = [one for one in subjects if one.regions] or subjects
    planes_each = size.planes if len(first) == 1 else 1
    drawn = list[Drawing]()
    # What has one grid goes through the same voxel.
    seen: dict[Geometry, Sequence[At]] = {}
    for subject, share in zip(subjects, shares, strict=True):
        most = size.bytes * share // sum(shares)
        beside = planes_each if subject in first[:_MOST_THUMBS] else 0
        drawn += _drawing(subject, beside, most, size, seen)
    return tuple(drawn)


def _subjects(layers: Sequence[SavedImage], under: Mapping[str, Underlay]) -> list[_Subject]:
    # Regions by the image that is under them, or where there is none, by their grid.
    on: dict[int | Geometry, _Subject] = {}
    alone = list[_Subject]()
    for layer in layers:
        image = layer.image
        if image is None:
            continue
        if image.array.dtype != bool:
            alone.append(_Subject(_short(f"{layer.name}{layer.extension}"), image, {}))
            continue
        scan = under.get(layer.path)
        if scan is None or not scan.image.geometry.agrees_with(image.geometry):
            subject = on.setdefault(image.geometry, _Subject("", None, {}))
        else:
            name = _short(PurePath(scan.name).name)
            subject = on.setdefault(id(scan.image), _Subject(name, scan.image, {}))
        is_taken = layer.name in subject.regions
        subject.regions[_short(layer.path if is_taken else layer.name)] = image
    return [*on.values(), *alone]


def _drawing(
    subject: _Subject, beside: int, most: int, size: Size, slices_of: dict[Geometry, Sequence[At]]
) -> Iterator[Drawing]:
    """A drawing in so many bytes, of which so many planes are beside the name."""
    for_thumbs = int(most * _FOR_THUMBS) if size.opened else most
    try:
        seen = scene(subject.image, subject.regions)
    except ValueError:  # of grids that are not one after all
        return
    slices = slices_of.get(seen.geometry)
    if slices is None:
        slices = slices_of[seen.geometry] = seen.telling(planes(seen.geometry))
    if seen.base is not None and seen.base.kind == "labels":
        seen = seen.having_seen(slices)
    titles = [way.title(index) for way, index in slices]
    parts = cropped(seen, slices)
    yield Drawing(
        subject.name,
        _panels(parts[:beside], titles, size.side, for_thumbs),
        _panels(parts if size.opened else [], titles, size.opened, most - for_thumbs),
        tuple(
            ColourMark(key.text, (*COLOURS, MISSING).index(key.colour), key.drawn)
            for key in seen.keys(slices)
        ),
    )


def _panels(
    parts: Sequence[tuple[Scene, At]], titles: Sequence[str], side: int, most: int
) -> tuple[Panel, ...]:
    """Slices whose longest side is so many pixels, coarser if the PNGs would be larger in all."""
    if not parts:
        return ()
    ways = [way for _, (way, _) in parts]
    scale = scale_of(ways, side)
    sizes = [size_in_pixels(way, scale) for way in ways]
    slices = [one.at(*at, size) for (one, at), size in zip(parts, sizes, strict=True)]
    pngs, part = [one.drawn(_GREYS).png(soon=True) for one in slices], 1.0
    while (total := sum(map(len, pngs))) > most and part > _LEAST_PART:
        part *= min(_STEP, sqrt(most / total))
        pngs = [one.reduced(part).drawn(_GREYS).png(soon=True) for one in slices]
    return tuple(
        Panel(b64encode(png).decode("ascii"), *size, title, "".join(way.sides or ()))
        for png, size, way, title in zip(pngs, sizes, ways, titles, strict=False)
    )


def _short(name: str) -> str:
    return name if len(name) <= _LONGEST_NAME else f"{name[:_LONGEST_NAME]}…"


# As text, which is how the store keeps them


def drawings_text(drawn: Sequence[Drawing]) -> str:
    """Drawings as JSON in ASCII."""
    return json.dumps(drawn, separators=(",", ":"))


def drawings_of(kept: str) -> tuple[Drawing, ...]:
    """Drawings of what `drawings_text` has made of them. Raises ValueError for any other text."""
    try:
        return tuple(
            Drawing(
                _text(name),
                tuple(_read(*panel) for panel in thumbs),
                tuple(_read(*panel) for panel in panels),
                tuple(_read_mark(*mark) for mark in marks),
            )
            for name, thumbs, panels, marks in json.loads(kept)
        )
    except (TypeError, RecursionError) as wrong:
        raise ValueError(str(wrong)) from None


def _read(png: Any, width: Any, height: Any, title: Any, sides: Any) -> Panel:
    b64decode(_text(png), validate=True)
    return Panel(png, int(width), int(height), _text(title), _text(sides))


def _read_mark(text: Any, colour: Any, drawn: Any) -> ColourMark:
    if drawn not in ("line", "dashes", "surface"):
        raise ValueError(f"{drawn!r} is no way to draw")
    return ColourMark(_text(text), int(colour), drawn)


def _text(kept: Any) -> str:
    if isinstance(kept, str):
        return kept
    raise ValueError(f"{kept!r} is no text")
