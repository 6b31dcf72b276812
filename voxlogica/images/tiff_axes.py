"""How the pages of a TIFF file make an image: channels, times, slices, and their size.

TIFF itself knows only pages, which count as slices. OME-TIFF says in XML, ImageJ in lines of text,
both in the first page's description, which channel, slice and time each page is, and how large a
voxel is.

OME-TIFF: https://docs.openmicroscopy.org/ome-model/latest/ome-tiff/specification.html
ImageJ: https://imagej.net/ij/source/ij/io/TiffDecoder.java
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from itertools import accumulate, product
from operator import mul
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from voxlogica.dataclass import dataclass
from voxlogica.images.errors import ANEW, ImageFileError, damaged, quoted, truncated
from voxlogica.images.raw import NotInFileError
from voxlogica.images.tiff_pages import Page, Tag

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element


@dataclass(frozen=True, slots=True)
class TiffStack:
    """Pages as an image: `pages[frame, channel]` are the numbers of its slices, in order.

    `channels` has a name for each, empty where the file gives none. `behind` is whether all pages
    stand behind the first directory, which is then the only one. `spacing` is along x, y, z.
    """

    pages: dict[tuple[int, int], tuple[int, ...]]
    channels: tuple[str, ...]
    frames: int
    spacing: tuple[float, ...] = (1.0, 1.0, 1.0)
    unit: str = "px"
    behind: bool = False
    shows_values: bool = False
    warnings: tuple[str, ...] = ()

    @property
    def slices(self) -> int:
        """How many slices there are."""
        return len(self.pages[0, 0])


def stack_of(path: str, pages: Sequence[Page], room: int) -> TiffStack:
    """The image that pages make; ImageFileError where what is said of them cannot be.

    There is room for so many behind the only directory, its own among them.
    """
    text = pages[0].directory.octets(Tag.DESCRIPTION).rstrip(b"\0 \r\n")
    if text.startswith(b"ImageJ="):
        return _imagej(path, pages, text, room)
    if text.endswith(b"OME>") and b"<OME" in text[:4096]:
        return _ome(path, pages, text)
    if (array := _array(text)) is not None:
        return _shaped(path, pages, array, room)
    _check_microscope(path, pages)
    return TiffStack({(0, 0): tuple(range(len(pages)))}, ("",), 1)


# By fields of their own: whose pages are not slices, or stand all behind one directory.
_MICROSCOPES = {
    Tag.METAMORPH: "MetaMorph",
    Tag.FLUOVIEW: "Olympus FluoView",
    Tag.LSM: "Zeiss LSM",
}


def _check_microscope(path: str, pages: Sequence[Page]) -> None:
    """Raise ImageFileError for pages whose order a format says that is not read."""
    fields = pages[0].directory.fields
    for tag, name in _MICROSCOPES.items():
        if tag in fields and (len(pages) > 1 or len(fields[tag]) > 2 or tag != Tag.METAMORPH):
            raise ImageFileError(
                f"{quoted(path)} is a file of {name}, whose axes are not read",
                "export it as OME-TIFF, for example with `bfconvert` of Bio-Formats",
            )


# tifffile


def _array(description: bytes) -> dict[str, Any] | None:
    """What tifffile says of an array that begins here: its shape first or, before 2026, not."""
    if not (description.startswith(b"{") and b'"shape": [' in description):
        return None
    import json

    try:
        said = json.loads(description.rstrip(b"\0 \r\n"))
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}


def _shaped(path: str, pages: Sequence[Page], said: Mapping[str, Any], room: int) -> TiffStack:
    """Pages of an array, as Python's tifffile writes them, perhaps with the names of its axes."""
    shape, axes = said.get("shape"), said.get("axes", "")
    page = pages[0]
    several = sum(_array(p.directory.octets(Tag.DESCRIPTION)) is not None for p in pages)
    if several > 1:
        raise ImageFileError(
            f"{quoted(path)} holds {several} images", "save each of them as a file of its own"
        )
    within = [page.length, page.width]
    if page.samples > 1:
        within = [*within, page.samples] if page.together else [page.samples, *within]
    outside = shape[: len(shape) - len(within)] if isinstance(shape, list) else []
    if outside + within != shape or not all(type(n) is int and n > 0 for n in outside):
        outside = [len(pages)]  # it was cut or joined since
    total = math.prod(outside)
    behind = _are_behind(path, pages, total, room)
    if not behind and len(pages) != total:
        outside = [len(pages)]
    names = axes.upper()[: len(outside)] if isinstance(axes, str) else ""
    counts = {"c": 1, "z": 1, "t": 1}
    order = ""
    long = [(n, names[i : i + 1].lower()) for i, n in enumerate(outside) if n > 1]
    for length, name in reversed(long):
        axis = name if name in counts else "z"
        if counts[axis] > 1 or (name not in counts and len(long) > 1):
            raise ImageFileError(
                f"{quoted(path)} holds {' × '.join(map(str, outside))} pages, and does not say what"
                " they are",
                'save it with `metadata={"axes": "TCZYX"}` of tifffile, or as OME-TIFF',
            )
        counts[axis], order = length, order + axis
    order += "".join(axis for axis in "czt" if axis not in order)
    return TiffStack(_pages(order, counts), ("",) * counts["c"], counts["t"], behind=behind)


def _are_behind(path: str, pages: Sequence[Page], total: int, room: int) -> bool:
    """Whether so many pages stand behind the only directory; ImageFileError where they cannot."""
    if not len(pages) == 1 < total:
        return False
    if not room:
        raise NotInFileError
    if total > room:
        raise truncated(
            path,
            f"it holds 1 of the {total} pages that its description speaks of",
            "fetch or save it anew",
        )
    return True


# Units: the one that lengths are kept in, and how many of it one is.
_UNITS = {
    name: (unit, factor)
    for unit, factor, names in (
        ("um", 1e-6, "pm"),
        ("um", 1e-4, "å"),
        ("um", 1e-3, "nm nanometer"),
        ("um", 1.0, "µm um micron microns micrometer micrometre"),
        ("mm", 1.0, "mm millimeter"),
        ("mm", 10.0, "cm centimeter"),
        ("mm", 1000.0, "m meter"),
    )
    for name in names.split()
}


def _unit(name: str) -> tuple[str, float] | None:
    """What a unit's name means; None where it is no length that is measured, as `pixel`."""
    return _UNITS.get(name.strip().replace("\u03bc", "µ").replace("\\u00B5", "µ").lower())


# ImageJ


def _imagej(path: str, pages: Sequence[Page], text: bytes, room: int) -> TiffStack:
    lines = (line.partition("=") for line in text.decode("utf-8", "replace").splitlines())
    said = {name.strip(): value.strip() for name, _, value in lines}
    counts = {
        name: _whole(path, said.get(key, "1"), f"{key} of ImageJ")
        for name, key in (("c", "channels"), ("z", "slices"), ("t", "frames"))
    }
    images = _whole(path, said.get("images", "1"), "images of ImageJ")
    # Some writers call the samples of a pixel channels, too.
    if counts["c"] == pages[0].samples > 1 and math.prod(counts.values()) != len(pages):
        counts["c"] = 1
    if math.prod(counts.values()) == 1:
        counts["z"] = max(images, len(pages))
    total = math.prod(counts.values())
    behind = _are_behind(path, pages, total, room)
    if not behind and len(pages) != total:
        raise ImageFileError(
            f"{quoted(path)} holds {len(pages)} pages, and ImageJ's description speaks of {total}",
            "save it anew with ImageJ",
        )
    warnings = []
    spacing: tuple[float, ...] = (1.0, 1.0, 1.0)
    unit = "px"
    measured = _unit(said.get("unit", ""))
    if measured is not None:
        unit, factor = measured
        fraction = pages[0].directory.fraction
        across = [factor / (fraction(tag) or 1.0) for tag in (Tag.X_RESOLUTION, Tag.Y_RESOLUTION)]
        apart = _number(said.get("spacing", ""))
        if apart is None and counts["z"] > 1:
            warnings.append(
                f"{quoted(path)} does not say how far its slices are apart: {factor:g} {unit}"
            )
        spacing = (*across, abs(apart or 1.0) * factor)
    return TiffStack(
        _pages(_order(said.get("order", "")), counts),
        ("",) * counts["c"],
        counts["t"],
        spacing,
        unit,
        behind,
        shows_values=True,
        warnings=tuple(warnings),
    )


_MOST_PAGES = 1 << 24


def _whole(path: str, text: str, what: str) -> int:
    if re.fullmatch(r"\d{1,9}", text) and 0 < int(text) < _MOST_PAGES:
        return int(text)
    raise damaged(path, f"{what} is {quoted(text[:40])}", "export it anew")


def _number(text: str) -> float | None:
    """A positive or negative number, else None."""
    try:
        found = float(text)
    except ValueError:
        return None
    return found if math.isfinite(found) and found else None


def _order(text: str) -> str:
    """The axes in the order in which pages count along them, `czt` where it is none."""
    order = text.lower()
    return order if sorted(order) == ["c", "t", "z"] else "czt"


def _strides(order: str, counts: dict[str, int]) -> dict[str, int]:
    """By how many pages one step along each axis leads on."""
    steps = accumulate((counts[axis] for axis in order), mul, initial=1)
    return dict(zip(order, steps, strict=False))


def _pages(order: str, counts: dict[str, int]) -> dict[tuple[int, int], tuple[int, ...]]:
    """Of each time and channel the pages, which count along the axes in this order."""
    steps = _strides(order, counts)
    return {
        (t, c): tuple(t * steps["t"] + c * steps["c"] + z * steps["z"] for z in range(counts["z"]))
        for t, c in product(range(counts["t"]), range(counts["c"]))
    }


# OME


def _ome(path: str, pages: Sequence[Page], text: bytes) -> TiffStack:
    from xml.etree import ElementTree

    try:
        root = ElementTree.fromstring(text)
    except ElementTree.ParseError as problem:
        raise damaged(path, "its OME-XML cannot be read", "export it anew") from problem
    companion = root.find("{*}BinaryOnly")
    if companion is not None:
        raise _several_files(path, [companion.get("MetadataFile", "")])
    image, warnings = _the_image(path, root)
    pixels = image.find("{*}Pixels")
    if pixels is None:
        raise damaged(path, "its OME-XML names no pixels", None)
    counts = {
        axis: _whole(path, pixels.get(f"Size{axis.upper()}", ""), f"Size{axis.upper()} of OME-XML")
        for axis in "xyczt"
    }
    page = pages[0]
    if (counts["x"], counts["y"]) != (page.width, page.length):
        raise ImageFileError(
            f"{quoted(path)} has pages of {page.width}×{page.length}, and its OME-XML speaks of"
            f" {counts['x']}×{counts['y']}",
            "export it anew",
        )
    counts["c"] //= page.samples if counts["c"] % page.samples == 0 else 1
    total = math.prod(counts[axis] for axis in "czt")
    if total > _MOST_PAGES:
        raise damaged(path, "OME-XML speaks of too many pages", None)
    placed = _placed(path, root, pixels, counts, len(pages))
    if len(placed) < total:
        raise ImageFileError(
            f"{quoted(path)} lacks {total - len(placed)} of the {total} planes that its OME-XML"
            " speaks of",
            ANEW,
        )
    named = [channel.get("Name", "") for channel in pixels.findall("{*}Channel")]
    spacing, unit, doubts = _physical_size(path, pixels, counts["z"])
    return TiffStack(
        {
            (t, c): tuple(placed[t, c, z] for z in range(counts["z"]))
            for t, c in product(range(counts["t"]), range(counts["c"]))
        },
        tuple((named + [""] * counts["c"])[: counts["c"]]),
        counts["t"],
        spacing,
        unit,
        warnings=(*warnings, *doubts),
    )


_BESIDE = re.compile("label|macro|thumbnail|overview", re.IGNORECASE)


def _the_image(path: str, root: Element) -> tuple[Element, list[str]]:
    """The image of an OME-TIFF, and what is said of those that slide scanners put beside it."""
    images = root.findall("{*}Image")
    if not images:
        raise damaged(path, "its OME-XML names no image", None)
    names = [quoted(image.get("Name") or image.get("ID") or "") for image in images]
    if len(images) == 1:
        return images[0], []
    if all(_BESIDE.search(name) for name in names[1:]):
        return images[0], [f"{quoted(path)}: {names[0]} is read, not {_listed(names[1:])}"]
    raise ImageFileError(
        f"{quoted(path)} holds {len(images)} images: {_listed(names)}",
        "export the one you need as a file of its own",
    )


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:8]) + (f" and {len(names) - 8} more" if len(names) > 8 else "")


def _several_files(path: str, names: Sequence[str]) -> ImageFileError:
    return ImageFileError(
        f"{quoted(path)} is one of several files that make an image, with"
        f" {_listed([quoted(name) for name in names])}",
        "export it as one file, for example with `bfconvert` of Bio-Formats",
    )


def _placed(
    path: str, root: Element, pixels: Element, counts: dict[str, int], there: int
) -> dict[tuple[int, ...], int]:
    """The page of each time, channel and slice that has one."""
    data = pixels.findall("{*}TiffData")
    files = (_other_file(path, root, planes) for planes in data)
    elsewhere = list(dict.fromkeys(name for name in files if name is not None))
    if elsewhere:
        raise _several_files(path, elsewhere)
    steps = _strides(_order(pixels.get("DimensionOrder", "")[2:]), counts)
    total = math.prod(counts[axis] for axis in steps)
    placed: dict[tuple[int, ...], int] = {}
    for planes in data:
        page = _index(planes, "IFD")
        count = _index(planes, "PlaneCount") or (1 if "IFD" in planes.attrib else there - page)
        at = sum(_index(planes, f"First{axis.upper()}") * step for axis, step in steps.items())
        for number in range(at, min(at + count, total, at + there - page)):
            which = tuple(number // steps[axis] % counts[axis] for axis in "tcz")
            placed[which] = page + number - at
    return placed


def _other_file(path: str, root: Element, data: Element) -> str | None:
    """The name of the file that planes are in, if it is not this one, whatever its name now."""
    found = data.find("{*}UUID")
    if found is None:
        return None
    own, named = root.get("UUID"), found.get("FileName", "")
    if own and found.text and found.text.strip():
        return None if own.strip() == found.text.strip() else named
    return None if named in ("", PurePath(path).name) else named


def _index(element: Element, name: str) -> int:
    text = element.get(name, "0")
    return int(text) if re.fullmatch(r"\d{1,9}", text) else 0


def _physical_size(
    path: str, pixels: Element, slices: int
) -> tuple[tuple[float, ...], str, list[str]]:
    """Spacing and unit; what is missing is 1, and warned about."""
    sizes: dict[str, tuple[str, float]] = {}
    for axis in "XYZ":
        size = _number(pixels.get(f"PhysicalSize{axis}", ""))
        measured = _unit(pixels.get(f"PhysicalSize{axis}Unit", "µm"))
        if size is not None and measured is not None:
            sizes[axis] = measured[0], abs(size) * measured[1]
    unit = next((sizes[axis][0] for axis in "XY" if axis in sizes), None)
    if unit is None:
        return (1.0, 1.0, 1.0), "px", []
    found = [sizes.get(axis, (unit, 1.0)) for axis in "XYZ"]
    doubts = [
        f"{quoted(path)} does not say how far its voxels are apart along {axis.lower()}: 1 {unit}"
        for axis in ("XYZ" if slices > 1 else "XY")
        if axis not in sizes
    ]
    return tuple(size * _FACTORS[its_unit, unit] for its_unit, size in found), unit, doubts


_FACTORS = {("mm", "mm"): 1.0, ("um", "um"): 1.0, ("mm", "um"): 1e3, ("um", "mm"): 1e-3}
