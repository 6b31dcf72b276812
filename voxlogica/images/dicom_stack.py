"""Frames become a volume: sorted along their common normal, if they lie behind one another.

What GDCM and ITK do is to sort by place and to trust that the slices are parallel, alike, behind
one another and evenly spaced. Here each of that is looked at. What lies across the others is left
out, what may be one volume all the same is warned of, and all else is refused.

Several volumes lie in the same places, and differ in what frames say of themselves: in echo time,
b-value and the like, by which a program chooses a channel, and in time, by which it chooses a
frame.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from statistics import median

from voxlogica.dataclass import dataclass
from voxlogica.images.dicom_frames import ASPECTS, CLOCK, SEGMENT, Aspect, DicomFrame
from voxlogica.images.errors import ImageFileError, few, refuse
from voxlogica.images.geometry import Vector, dot

_SHOWN = 3
_APART = "put the slices of one volume in a folder of their own"
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


# Frames in the order of slices; None stands for a slice that a file leaves out because all its
# values are 0.
_Volumes = tuple[tuple[DicomFrame | None, ...], ...]


@dataclass(frozen=True, slots=True)
class DicomStack:
    """A volume, or several in one place, and what there is to warn of.

    The slices of each of `volumes` lie `between` apart, and `first` is the first of them. Volumes
    are in the order of `channels`, which have names if there are several, and of time in each.
    """

    volumes: _Volumes
    first: DicomFrame
    between: float
    channels: tuple[str, ...] = ("",)
    warnings: tuple[str, ...] = ()


def stacked(name: str, frames: Sequence[DicomFrame], sparse: bool) -> DicomStack:
    """The volumes that frames with places make up; ImageFileError where they are none.

    `name` is what they are all from, as messages call it. `sparse` says that slices whose values
    are all 0 may have been left out, so that a place need not have a frame of each volume.
    """
    slices, left_out = _slices(name, frames)
    reference = slices[0]
    for other in slices[1:]:
        _check_alike(name, reference, other)
    normal = reference.plane.normal
    slices.sort(key=lambda frame: _along(frame, normal))
    places, heights = _places(slices, [_along(frame, normal) for frame in slices])
    for place in places:
        _check_in_one_place(name, place)
    volumes, channels = _apart(name, places, sparse)
    said = [*left_out]
    for volume in volumes:
        there = [frame for frame in volume if frame is not None]
        said += _aside(name, there, [_along(frame, normal) for frame in there])
        said += _mixed(name, there)
    between = reference.thickness or 1.0
    filled = _filled(volumes, heights, between) if sparse and reference.thickness else None
    if filled is None and len(heights) > 1:
        between = (heights[-1] - heights[0]) / (len(heights) - 1)
        said += _uneven(name, between, heights)
    return DicomStack(
        filled or volumes, places[0][0], between, channels, tuple(dict.fromkeys(said))
    )


def _along(frame: DicomFrame, direction: Vector) -> float:
    return dot(frame.plane.place, direction)


def _axes(frame: DicomFrame) -> tuple[Vector, Vector]:
    return frame.plane.row, frame.plane.column


def _places(
    frames: Sequence[DicomFrame], heights: Sequence[float]
) -> tuple[list[list[DicomFrame]], list[float]]:
    """The frames that lie in each place along the normal, and the heights of these."""
    farthest = max((after - before for before, after in pairwise(heights)), default=0.0)
    near = max(1e-3, 0.01 * farthest / 2)
    places: list[list[DicomFrame]] = []
    found: list[float] = []
    for frame, height in zip(frames, heights, strict=True):
        if not found or height - found[-1] >= near:
            places.append([])
            found.append(height)
        places[-1].append(frame)
    return places, found


def _check_in_one_place(name: str, place: Sequence[DicomFrame]) -> None:
    """Raise ImageFileError for images side by side in one plane."""
    first = place[0]
    axes = [*zip(_axes(first), first.steps, strict=True)]
    for other in place[1:]:
        apart = [abs(_along(other, axis) - _along(first, axis)) / step for axis, step in axes]
        if max(apart) > 2 * _SILENT_SHIFT:
            raise _no_volume(
                f"{name} holds images side by side: {first.name} and {other.name} lie in one"
                " plane, but not in one place"
            )


def _no_volume(said: str) -> ImageFileError:
    return ImageFileError(said, _APART)


def _filled(volumes: _Volumes, heights: Sequence[float], between: float) -> _Volumes | None:
    """The volumes with None for the slices that were left out in all of them.

    None where the distance that frames say they have does not tell where these were.
    """
    numbers = [(height - heights[0]) / between for height in heights]
    whole = [round(number) for number in numbers]
    uneven = any(abs(n - w) > _UNEVEN for n, w in zip(numbers, whole, strict=True))
    if uneven or whole[-1] > _MOST_FILLED * len(heights):
        return None
    there = [dict(zip(whole, volume, strict=True)) for volume in volumes]
    return tuple(tuple(map(volume.get, range(whole[-1] + 1))) for volume in there)


def _slices(name: str, frames: Sequence[DicomFrame]) -> tuple[list[DicomFrame], list[str]]:
    """The frames without what is no slice: planes across the others, or without a place.

    With a warning of these; ImageFileError where they are too many to be scouts.
    """
    kinds: list[list[DicomFrame]] = []
    for frame in frames:
        alike = next((kind for kind in kinds if _is_parallel(frame, kind[0])), [])
        if not alike:
            kinds.append(alike)
        alike.append(frame)
    slices, *others = sorted(kinds, key=lambda kind: (kind[0].lies is None, -len(kind)))
    odd = [frame for kind in others for frame in kind]
    if not odd:
        return slices, []
    if len(slices) < 3 * len(odd):
        said = [f"{len(kind)} like {kind[0].name}" for kind in (slices, *others)[:_SHOWN]]
        raise ImageFileError(
            f"{name} is no volume: its {len(frames)} images lie across each other, or do not say"
            f" where they lie ({', '.join(said)})",
            f"name one of its files, or {_APART}",
        )
    return slices, [
        f"{name}: {few([frame.name for frame in odd])} left out: not parallel to the {len(slices)}"
        " slices of the volume (a scout?)"
    ]


def _is_parallel(a: DicomFrame, b: DicomFrame) -> bool:
    """Whether two frames lie in one direction, or both nowhere."""
    if a.lies is None or b.lies is None:
        return a.lies is b.lies
    return abs(dot(a.lies.normal, b.lies.normal)) > _ACROSS


def _check_alike(name: str, first: DicomFrame, other: DicomFrame) -> None:
    """Raise ImageFileError for a slice that differs in size, pixel spacing or orientation."""
    sides, steps = (first.layout.columns, first.layout.rows), first.steps
    spaced = (first.spacing is None) == (other.spacing is None) and all(
        abs(a - b) * count <= _SILENT_SHIFT * a
        for a, b, count in zip(steps, other.steps, sides, strict=True)
    )
    pairs = zip(_axes(first), _axes(other), sides, steps, strict=True)
    turned = sum(math.dist(a, b) * count * step for a, b, count, step in pairs)
    refuse(
        (
            _extent(first) != _extent(other),
            lambda: _no_volume(
                f"{name} holds slices of different sizes: {_extent(first)} pixels in {first.name},"
                f" {_extent(other)} in {other.name}"
            ),
        ),
        (
            not spaced,
            lambda: _no_volume(
                f"{name} holds slices of different pixel spacing: {_spacing(first)} in"
                f" {first.name}, {_spacing(other)} in {other.name}"
            ),
        ),
        (
            turned > 2 * _SILENT_SHIFT * min(steps),
            lambda: _no_volume(
                f"{name} holds slices that are not parallel: {other.name} is turned against"
                f" {first.name}"
            ),
        ),
    )


def _extent(frame: DicomFrame) -> str:
    """The size of a frame, as messages show it."""
    colours = f"×{frame.layout.components}" if frame.layout.components > 1 else ""
    return f"{frame.layout.columns}×{frame.layout.rows}{colours}"


def _spacing(frame: DicomFrame) -> str:
    return "×".join(f"{step:g}" for step in frame.spacing) if frame.spacing else "none"


# Warnings


def _aside(name: str, frames: Sequence[DicomFrame], heights: Sequence[float]) -> list[str]:
    """That slices are shifted against each other: all by the same step, as if sheared, or some."""
    first = frames[0]
    if len(frames) < 2:
        return []
    slopes, farthest, aside = [], 0.0, first
    for axis, step in zip(_axes(first), first.steps, strict=True):
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
        raise _no_volume(
            f"{name} holds slices that do not lie behind one another: {aside.name} is shifted"
            f" sideways by {farthest:.3g} pixels"
        )
    said = []
    if farthest > _SILENT_SHIFT:
        said.append(
            f"{name}: {aside.name} is shifted sideways by {farthest:.2g} pixels; its voxels are"
            " taken to lie behind those of the other slices"
        )
    drift = math.hypot(*slopes)
    if drift * (heights[-1] - heights[0]) > 2 * _SILENT_SHIFT * min(first.steps):
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


def _mixed(name: str, frames: Sequence[DicomFrame]) -> list[str]:
    """That slices differ in what those of one volume have in common."""
    return [
        f"{name}: its slices are of different {aspect.name}{_listed(': {}', aspect, values)}; are"
        " they one volume?"
        for number, aspect in enumerate(ASPECTS)
        if aspect.uniform and len(values := _values_of(frames, number)) > 1
    ]


# Which frame belongs to which of several volumes

# What tells a frame from others in its place: by channel, and by time.
_Key = tuple[tuple[str, ...], tuple[str, ...]]
# Volumes by channel and, within each, by time, with a frame for each place, or None; and the names
# of channels, if there are several.
_Several = tuple[_Volumes, tuple[str, ...]]


def _apart(name: str, places: Sequence[Sequence[DicomFrame]], sparse: bool) -> _Several:
    """The volumes that frames make up, of which there are as many in each place, but for `sparse`.

    ImageFileError where they are not as many, or cannot be told apart.
    """
    if sparse:
        return _by_segment(name, places)
    crowded = max(places, key=len)
    if len(crowded) == 1:
        return (tuple(frame for (frame,) in places),), ("",)
    if any(len(place) != len(crowded) for place in places):
        raise _no_volume(
            f"{name} holds more than one image of the same slice, such as {crowded[0].name} and"
            f" {crowded[1].name}, but not of every slice{_differences([crowded])}"
        )
    keyed = _keyed(places)
    if keyed is None:
        raise _no_volume(
            f"{name} holds more than one image of the same slice: {len(crowded)} of each of"
            f" {len(places)}{_differences(places)}, which are not told apart"
        )
    channels = sorted({key[0] for key in keyed[0]}, key=_order)
    times = sorted({key[1] for key in keyed[0]}, key=_order)
    if len(channels) * len(times) == len(crowded):
        keys = [(channel, time) for channel in channels for time in times]
    else:  # not each of one with each of the other
        keys = sorted(keyed[0], key=lambda key: (_order(key[0]), _order(key[1])))
        channels = [(*channel, *time) for channel, time in keys]
    names = tuple(" ".join(filter(None, channel)) or "none" for channel in channels)
    volumes = tuple(tuple(place[key] for place in keyed) for key in keys)
    return volumes, names if len(names) > 1 else ("",)


def _by_segment(name: str, places: Sequence[Sequence[DicomFrame]]) -> _Several:
    """A volume for each segment of a segmentation, with None where it has no frame in a place.

    ImageFileError where it has more than one.
    """
    keyed: list[dict[str, DicomFrame]] = []
    for place in places:
        found: dict[str, DicomFrame] = {}
        for frame in place:
            if found.setdefault(frame.aspects[SEGMENT], frame) is not frame:
                raise ImageFileError(
                    f"{name} is damaged: {frame.name} and {found[frame.aspects[SEGMENT]].name} are"
                    " of the same segment in the same place",
                    "export it anew",
                )
        keyed.append(found)
    segments = sorted({segment for place in keyed for segment in place}, key=_natural)
    described = places[0][0].file.elements.items("SegmentSequence")
    labels = {item.words("SegmentNumber"): item.text("SegmentLabel") for item in described}
    names = tuple(labels.get(s, s) for s in segments) if len(segments) > 1 else ("",)
    return tuple(tuple(place.get(segment) for place in keyed) for segment in segments), names


def _keyed(places: Sequence[Sequence[DicomFrame]]) -> list[dict[_Key, DicomFrame]] | None:
    """The frames in each place by what tells them apart, the same in every place."""
    telling: list[int] = []
    groups = 1
    for number, aspect in enumerate(ASPECTS):
        if aspect.discreet and not aspect.in_time:
            continue  # a channel has no name then
        shares = [Counter(frame.aspects[number] for frame in place) for place in places]
        if len(shares[0]) < 2 or any(share != shares[0] for share in shares):
            continue
        finer = len({tuple(f.aspects[n] for n in (*telling, number)) for f in places[0]})
        if finer > groups:  # it says more than those before
            telling.append(number)
            groups = finer
    keyed = [{_key(frame, telling): frame for frame in place} for place in places]
    if groups == len(places[0]) and all(place.keys() == keyed[0].keys() for place in keyed):
        return keyed
    clocks = [{frame.aspects[CLOCK] for frame in place} for place in places]
    all_differ = all(len(c) == len(p) for c, p in zip(clocks, places, strict=True))
    if telling or not all_differ or not all(_is_number(time) for c in clocks for time in c):
        return None
    # Slices that are taken one after another have times of their own: their order is that of time.
    ordered = [sorted(place, key=lambda frame: float(frame.aspects[CLOCK])) for place in places]
    return [{((), (str(n),)): frame for n, frame in enumerate(place)} for place in ordered]


def _key(frame: DicomFrame, telling: Sequence[int]) -> _Key:
    said = [(ASPECTS[number], frame.aspects[number]) for number in telling]
    channel = (value and value + aspect.unit for aspect, value in said if not aspect.in_time)
    return tuple(channel), tuple(value for aspect, value in said if aspect.in_time)


def _is_number(value: str) -> bool:
    try:
        return math.isfinite(float(value))
    except ValueError:
        return False


def _order(values: Sequence[str]) -> list[tuple[float, str]]:
    return [_natural(value) for value in values]


def _natural(value: str) -> tuple[float, str]:
    first = value.split(" ")[0].rstrip("°")
    return (float(first), value) if _is_number(first) else (math.inf, value)


# In words


def _differences(places: Sequence[Sequence[DicomFrame]]) -> str:
    """By what the images in one place differ, in words."""
    said = []
    for number, aspect in enumerate(ASPECTS):
        values = _values_of(places[0], number)
        if len(values) < 2 or any(_values_of(place, number) != values for place in places):
            continue
        said.append(f"{len(values)} {aspect.name}{_listed(' ({})', aspect, values)}")
    return ", with " + ", ".join(said) if said else ""


def _values_of(frames: Sequence[DicomFrame], number: int) -> list[str]:
    """The values of an aspect that frames have, each once, from the least on."""
    return sorted({frame.aspects[number] for frame in frames}, key=_natural)


def _listed(form: str, aspect: Aspect, values: Sequence[str]) -> str:
    """Values of an aspect in words, if they are shown: the first and the last where they are many.

    They stand where `form` has braces.
    """
    few = values if len(values) <= 2 * _SHOWN else [*values[:_SHOWN], "…", values[-1]]
    said = ", ".join(value or "none" for value in few) + aspect.unit
    return "" if aspect.discreet else form.format(said)
