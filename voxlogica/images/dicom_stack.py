"""Frames become a volume: sorted along their common normal, if they lie behind one another.

What GDCM and ITK do is to sort by place and to trust that the slices are parallel, alike, behind
one another and evenly spaced. Here each of that is looked at. What lies across the others is left
out, what may be one volume all the same is warned of, and all else is refused.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from statistics import median

from voxlogica.dataclass import dataclass
from voxlogica.images.dicom_frames import ASPECTS, Frame, Vector, dot
from voxlogica.images.dicom_several import Several, by_segment, listed, told_apart, values_of
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
    """A volume, or several in one place, and what there is to warn of.

    Each of `volumes` are frames in the order of slices, `between` apart, of which `first` is the
    first; None stands for a slice that a file leaves out because all its values are 0. Volumes are
    in the order of `channels`, which have names if there are several, and of time in each.
    """

    volumes: tuple[tuple[Frame | None, ...], ...]
    first: Frame
    between: float
    channels: tuple[str, ...] = ("",)
    warnings: tuple[str, ...] = ()


def stacked(name: str, frames: Sequence[Frame], sparse: bool) -> Stack:
    """The volumes that frames with places make up; ImageFileError where they are none.

    `name` is what they are all from, as messages call it. `sparse` says that slices whose values
    are all 0 may have been left out, so that a place need not have a frame of each volume.
    """
    slices, left_out = _slices(name, frames)
    reference = slices[0]
    for other in slices[1:]:
        _check_alike(name, reference, other)
    normal = reference.normal
    assert normal is not None
    slices.sort(key=lambda frame: _along(frame, normal))
    places, heights = _places(slices, [_along(frame, normal) for frame in slices])
    for place in places:
        _check_in_one_place(name, place)
    if sparse:
        several = by_segment(name, places)
    elif len(slices) > len(places):
        several = told_apart(name, places)
    else:
        several = Several((tuple(slices),))
    there = [[frame for frame in volume if frame is not None] for volume in several.volumes]
    said = [*left_out]
    for volume in there:
        said += _aside(name, volume, [_along(frame, normal) for frame in volume])
        said += _mixed(name, volume)
    between, volumes = reference.thickness or 1.0, several.volumes
    filled = _filled(several.volumes, heights, between) if sparse and reference.thickness else None
    if filled is not None:
        volumes = filled
    elif len(heights) > 1:
        between = (heights[-1] - heights[0]) / (len(heights) - 1)
        said += _uneven(name, between, heights)
    return Stack(volumes, places[0][0], between, several.channels, tuple(dict.fromkeys(said)))


def _along(frame: Frame, direction: Vector) -> float:
    assert frame.place is not None
    return dot(frame.place, direction)


def _places(
    frames: Sequence[Frame], heights: Sequence[float]
) -> tuple[list[list[Frame]], list[float]]:
    """The frames that lie in each place along the normal, and the heights of these."""
    farthest = max((after - before for before, after in pairwise(heights)), default=0.0)
    near = max(1e-3, 0.01 * farthest / 2)
    places: list[list[Frame]] = []
    found: list[float] = []
    for frame, height in zip(frames, heights, strict=True):
        if not found or height - found[-1] >= near:
            places.append([])
            found.append(height)
        places[-1].append(frame)
    return places, found


def _check_in_one_place(name: str, place: Sequence[Frame]) -> None:
    """Raise ImageFileError for images side by side in one plane."""
    first = place[0]
    assert first.axes is not None
    for other in place[1:]:
        for axis, step in zip(first.axes, first.spacing or (1.0, 1.0), strict=True):
            if abs(_along(other, axis) - _along(first, axis)) > 2 * _SILENT_SHIFT * step:
                raise ImageFileError(
                    f"{name} holds images side by side: {first.name} and {other.name} lie in one"
                    " plane, but not in one place",
                    "put the slices of one volume in a folder of their own",
                )


def _filled(
    volumes: Sequence[Sequence[Frame | None]], heights: Sequence[float], between: float
) -> tuple[tuple[Frame | None, ...], ...] | None:
    """The volumes with None for the slices that were left out in all of them.

    None where the distance that frames say they have does not tell where these were.
    """
    numbers = [(height - heights[0]) / between for height in heights]
    if any(abs(number - round(number)) > _UNEVEN for number in numbers):
        return None
    if round(numbers[-1]) > _MOST_FILLED * len(heights):
        return None
    found = []
    for volume in volumes:
        slices: list[Frame | None] = [None] * (round(numbers[-1]) + 1)
        for number, frame in zip(numbers, volume, strict=True):
            slices[round(number)] = frame
        found.append(tuple(slices))
    return tuple(found)


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


# Warnings


def _aside(name: str, frames: Sequence[Frame], heights: Sequence[float]) -> list[str]:
    """That slices are shifted against each other: all by the same step, as if sheared, or some."""
    first = frames[0]
    assert first.axes is not None
    steps = first.spacing or (1.0, 1.0)
    if len(frames) < 2:
        return []
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


def _uneven(name: str, between: float, heights: Sequence[float]) -> list[str]:
    """That the gaps between slices differ: one may be missing."""
    gaps = [after - before for before, after in pairwise(heights)]
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
        values = values_of(frames, number)
        if aspect.uniform and len(values) > 1:
            shown = "" if aspect.discreet else f": {listed(values, aspect.unit)}"
            said.append(
                f"{name}: its slices are of different {aspect.name}{shown}; are they one volume?"
            )
    return said
