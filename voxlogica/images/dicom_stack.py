"""Frames become a volume: sorted along their common normal, if they lie behind one another.

What GDCM and ITK do is to sort by place and to trust that the slices are parallel, alike, behind
one another and evenly spaced. Here each of that is looked at. What lies across the others is left
out, what may be one volume all the same is warned of, and all else is refused.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from voxlogica.images.dicom_frames import ASPECTS, Frame, Vector, dot
from voxlogica.images.errors import ImageFileError

_SHOWN = 3
# What rounding in a header may amount to, in pixels at the far corner of a slice.
_SILENT_SHIFT = 0.05
# Beyond this many pixels aside, a slice is no part of the volume.
_SHIFT = 0.5
# By how much of a gap between slices their places may differ from evenly spaced ones.
_UNEVEN = 0.01
# Slices at more than this angle to the others lie across them.
_ACROSS = math.cos(math.radians(10))
# A volume with more slices for each that is there is not believed.
_MOST_FILLED = 100


@dataclass(frozen=True, slots=True)
class Stack:
    """Frames in the order of a volume's slices, how far apart, and what there is to warn of.

    None stands for a slice that a file leaves out because all its values are 0.
    """

    frames: tuple[Frame | None, ...]
    between: float
    warnings: tuple[str, ...] = ()


def stacked(name: str, frames: Sequence[Frame], sparse: bool) -> Stack:
    """The volume that frames with places make up; ImageFileError where they are none.

    `name` is what they are all from, as messages call it. `sparse` says that slices whose values
    are all 0 may have been left out.
    """
    slices, left_out = _slices(name, frames)
    reference = slices[0]
    for other in slices[1:]:
        _check_alike(name, reference, other)
    normal = reference.normal
    assert normal is not None
    slices.sort(key=lambda frame: _along(frame, normal))
    heights = [_along(frame, normal) for frame in slices]
    if len(heights) == 1:
        return Stack(tuple(slices), reference.thickness or 1.0, tuple(left_out))
    gaps = [after - before for before, after in pairwise(heights)]
    near = max(1e-3, 0.01 * max(gaps) / 2)
    if min(gaps) < near:
        raise _several(name, slices, heights, near)
    aside = _aside(name, slices, heights)
    mixed = _mixed(name, slices)
    filled = _filled(slices, heights) if sparse else None
    if filled is not None:
        return Stack(*filled, (*left_out, *aside, *mixed))
    between = (heights[-1] - heights[0]) / len(gaps)
    uneven = _uneven(name, between, heights, gaps)
    return Stack(tuple(slices), between, (*left_out, *aside, *uneven, *mixed))


def _along(frame: Frame, direction: Vector) -> float:
    assert frame.place is not None
    return dot(frame.place, direction)


def _filled(
    frames: Sequence[Frame], heights: Sequence[float]
) -> tuple[tuple[Frame | None, ...], float] | None:
    """The slices and how far apart they are, with None for those left out between them.

    None where what the frames say of their distance does not tell where these were.
    """
    between = frames[0].thickness
    if between is None:
        return None
    numbers = [(height - heights[0]) / between for height in heights]
    if any(abs(number - round(number)) > _UNEVEN for number in numbers):
        return None
    if round(numbers[-1]) > _MOST_FILLED * len(frames):
        return None
    slices: list[Frame | None] = [None] * (round(numbers[-1]) + 1)
    for number, frame in zip(numbers, frames, strict=True):
        slices[round(number)] = frame
    return tuple(slices), between


def _slices(name: str, frames: Sequence[Frame]) -> tuple[list[Frame], list[str]]:
    """The frames without what is no slice: planes across the others, or without a place.

    With a warning of these; ImageFileError where they are too many to be scouts.
    """
    kinds: list[list[Frame]] = []
    placeless: list[Frame] = []
    for frame in frames:
        for kind in kinds if frame.normal is not None else ():
            if _is_parallel(frame, kind[0]):
                kind.append(frame)
                break
        else:
            if frame.normal is not None:
                kinds.append([frame])
            else:
                placeless.append(frame)
    kinds.sort(key=len, reverse=True)
    slices, *others = [*kinds, placeless] if placeless else kinds
    odd = [frame for kind in others for frame in kind]
    if not odd:
        return slices, []
    if len(slices) < 3 * len(odd):
        said = [f"{len(kind)} like {kind[0].name}" for kind in (slices, *others)[:_SHOWN]]
        raise ImageFileError(
            f"{name} is no volume: its {len(frames)} images lie across each other, or do not say"
            f" where they lie ({', '.join(said)})",
            "name one of its files, or put the slices of one volume in a folder of their own",
        )
    shown = ", ".join(frame.name for frame in odd[:_SHOWN])
    more = f" and {len(odd) - _SHOWN} more" if len(odd) > _SHOWN else ""
    return slices, [
        f"{name}: {shown}{more} left out: not parallel to the {len(slices)} slices of the volume"
        " (a scout?)"
    ]


def _is_parallel(a: Frame, b: Frame) -> bool:
    assert a.normal is not None and b.normal is not None
    return abs(dot(a.normal, b.normal)) > _ACROSS


def _check_alike(name: str, first: Frame, other: Frame) -> None:
    """Raise ImageFileError for a slice that differs in size, pixel spacing or orientation."""
    if extent(first) != extent(other):
        raise ImageFileError(
            f"{name} holds slices of different sizes: {extent(first)} pixels in {first.name},"
            f" {extent(other)} in {other.name}",
            "put the slices of one volume in a folder of their own",
        )
    columns, rows = first.layout.columns, first.layout.rows
    steps, others = first.spacing or (1.0, 1.0), other.spacing or (1.0, 1.0)
    if (first.spacing is None) != (other.spacing is None) or any(
        abs(a - b) * count > _SILENT_SHIFT * a
        for a, b, count in zip(steps, others, (columns, rows), strict=True)
    ):
        raise ImageFileError(
            f"{name} holds slices of different pixel spacing: {_spacing(first)} in {first.name},"
            f" {_spacing(other)} in {other.name}",
            "put the slices of one volume in a folder of their own",
        )
    assert first.axes is not None and other.axes is not None
    turned = sum(
        math.dist(a, b) * count * step
        for a, b, count, step in zip(first.axes, other.axes, (columns, rows), steps, strict=True)
    )
    if turned > 2 * _SILENT_SHIFT * min(steps):
        raise ImageFileError(
            f"{name} holds slices that are not parallel: {other.name} is turned against"
            f" {first.name}",
            "put the slices of one volume in a folder of their own",
        )


def extent(frame: Frame) -> str:
    """The size of a frame, as messages show it."""
    colours = f"×{frame.layout.components}" if frame.layout.components > 1 else ""
    return f"{frame.layout.columns}×{frame.layout.rows}{colours}"


def _spacing(frame: Frame) -> str:
    return "×".join(f"{step:g}" for step in frame.spacing) if frame.spacing else "none"


def _several(
    name: str, frames: Sequence[Frame], heights: Sequence[float], near: float
) -> ImageFileError:
    """That there are several images in one place, and by what they differ."""
    places: list[list[Frame]] = []
    last = -math.inf
    for frame, height in zip(frames, heights, strict=True):
        if height - last >= near:
            places.append([])
            last = height
        places[-1].append(frame)
    counts = {len(place) for place in places}
    crowded = max(places, key=len)
    if len(counts) > 1:
        return ImageFileError(
            f"{name} holds more than one image of the same slice, such as {crowded[0].name} and"
            f" {crowded[1].name}, but not of every slice{_differences([crowded])}",
            "put the slices of one volume in a folder of their own",
        )
    return ImageFileError(
        f"{name} holds more than one image of the same slice: {len(crowded)} of each of"
        f" {len(places)}{_differences(places)}, and is no one volume",
        "put the slices of one volume in a folder of their own",
    )


def _differences(places: Sequence[Sequence[Frame]]) -> str:
    """By what the images in one place differ, in words."""
    said = []
    for aspect, number in zip(ASPECTS, range(len(ASPECTS)), strict=True):
        values = _values(places[0], number)
        if len(values) < 2 or any(_values(place, number) != values for place in places):
            continue
        shown = "" if aspect.discreet else f" ({_listed(values, aspect.unit)})"
        said.append(f"{len(values)} {aspect.name}{shown}")
    return ", with " + ", ".join(said) if said else ""


def _values(frames: Sequence[Frame], number: int) -> list[str]:
    return sorted({frame.aspects[number] for frame in frames}, key=_natural)


def _natural(value: str) -> tuple[float, str]:
    try:
        return float(value), value
    except ValueError:
        return math.inf, value


def _listed(values: Sequence[str], unit: str) -> str:
    few = values if len(values) <= 2 * _SHOWN else [*values[:_SHOWN], "…", values[-1]]
    return ", ".join(value or "none" for value in few) + unit


# Warnings


def _aside(name: str, frames: Sequence[Frame], heights: Sequence[float]) -> list[str]:
    """That slices are shifted against each other: all by the same step, as if sheared, or some."""
    first = frames[0]
    assert first.axes is not None
    steps = first.spacing or (1.0, 1.0)
    slopes, farthest, aside = [], 0.0, first
    for axis, step in zip(first.axes, steps, strict=True):
        offsets = [_along(frame, axis) for frame in frames]
        slope = median(
            (q - p) / (b - a)
            for (p, q), (a, b) in zip(pairwise(offsets), pairwise(heights), strict=True)
        )
        left = [offset - slope * height for offset, height in zip(offsets, heights, strict=True)]
        middle = median(left)
        for frame, offset in zip(frames, left, strict=True):
            if abs(offset - middle) / step > farthest:
                farthest, aside = abs(offset - middle) / step, frame
        slopes.append(slope)
    if farthest > _SHIFT:
        raise ImageFileError(
            f"{name} holds slices that do not lie behind one another: {aside.name} is shifted"
            f" sideways by {farthest:.3g} pixels",
            "put the slices of one volume in a folder of their own",
        )
    said = []
    if farthest > _SILENT_SHIFT:
        said.append(
            f"{name}: {aside.name} is shifted sideways by {farthest:.2g} pixels; its voxels are"
            " taken to lie behind those of the other slices"
        )
    drift = math.hypot(*slopes)
    if drift * (heights[-1] - heights[0]) > 2 * _SILENT_SHIFT * min(steps):
        angle = math.degrees(math.atan(drift))
        between = (heights[-1] - heights[0]) / (len(heights) - 1)
        said.append(
            f"{name}: its slices are shifted sideways by {drift * between:.3g} mm from one to"
            f" the next (a gantry tilted by {angle:.3g}°?), which is no right-angled grid; they are"
            f" taken to lie straight behind one another, {between:.4g} mm apart"
        )
    return said


def _uneven(
    name: str, between: float, heights: Sequence[float], gaps: Sequence[float]
) -> list[str]:
    """That the gaps between slices differ: one may be missing."""
    off = max(abs(height - heights[0] - number * between) for number, height in enumerate(heights))
    differ = max(abs(gap - between) for gap in gaps)
    if max(off, differ) <= _UNEVEN * between:
        return []
    return [
        f"{name}: the DICOM slices are unevenly spaced, from {min(gaps):.4g} to {max(gaps):.4g}"
        f" mm, and are taken as {between:.4g} apart: is one missing?"
    ]


def _mixed(name: str, frames: Sequence[Frame]) -> list[str]:
    """That slices differ in what those of one volume have in common."""
    said = []
    for number, aspect in enumerate(ASPECTS):
        values = _values(frames, number)
        if aspect.uniform and len(values) > 1:
            shown = "" if aspect.discreet else f": {_listed(values, aspect.unit)}"
            said.append(
                f"{name}: its slices are of different {aspect.name}{shown}; are they one volume?"
            )
    return said
