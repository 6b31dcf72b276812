"""Several volumes in one series: which frame belongs to which.

They lie in the same places, and differ in what frames say of themselves: in echo time, b-value and
the like, by which a program chooses a channel, and in time, by which it chooses a frame.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

from voxlogica.dataclass import dataclass
from voxlogica.images.dicom_frames import ASPECTS, CLOCK, SEGMENT, Frame
from voxlogica.images.errors import ImageFileError

_SHOWN = 3
# What tells a frame from others in its place: by channel, and by time.
_Key = tuple[tuple[str, ...], tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Several:
    """Volumes by channel and, within each, by time, with a frame for each place, or None.

    A channel has a name if there are several.
    """

    volumes: tuple[tuple[Frame | None, ...], ...]
    channels: tuple[str, ...] = ("",)


def told_apart(name: str, places: Sequence[Sequence[Frame]]) -> Several:
    """The volumes that frames make up, of which there are as many in each place.

    ImageFileError where they are not as many, or cannot be told apart.
    """
    crowded = max(places, key=len)
    if any(len(place) != len(crowded) for place in places):
        raise ImageFileError(
            f"{name} holds more than one image of the same slice, such as {crowded[0].name} and"
            f" {crowded[1].name}, but not of every slice{differences([crowded])}",
            "put the slices of one volume in a folder of their own",
        )
    keyed = _keyed(places)
    if keyed is None:
        raise ImageFileError(
            f"{name} holds more than one image of the same slice: {len(crowded)} of each of"
            f" {len(places)}{differences(places)}, which are not told apart",
            "put the slices of one volume in a folder of their own",
        )
    channels = sorted({key[0] for key in keyed[0]}, key=_order)
    times = sorted({key[1] for key in keyed[0]}, key=_order)
    if len(channels) * len(times) == len(crowded):
        keys = [(channel, time) for channel in channels for time in times]
    else:  # not each of one with each of the other
        keys = sorted(keyed[0], key=lambda key: (_order(key[0]), _order(key[1])))
        channels = [(*channel, *time) for channel, time in keys]
    names = tuple(" ".join(filter(None, channel)) or "none" for channel in channels)
    return Several(
        volumes=tuple(tuple(place[key] for place in keyed) for key in keys),
        channels=names if len(names) > 1 else ("",),
    )


def by_segment(name: str, places: Sequence[Sequence[Frame]]) -> Several:
    """A volume for each segment of a segmentation, with None where it has no frame in a place.

    ImageFileError where it has more than one.
    """
    keyed: list[dict[str, Frame]] = []
    for place in places:
        found: dict[str, Frame] = {}
        for frame in place:
            if found.setdefault(frame.aspects[SEGMENT], frame) is not frame:
                raise ImageFileError(
                    f"{name} is damaged: {frame.name} and {found[frame.aspects[SEGMENT]].name} are"
                    " of the same segment in the same place",
                    "export it anew",
                )
        keyed.append(found)
    segments = sorted({segment for place in keyed for segment in place}, key=_natural)
    labels = _labels(places[0][0])
    return Several(
        volumes=tuple(tuple(place.get(segment) for place in keyed) for segment in segments),
        channels=tuple(labels.get(s, s) for s in segments) if len(segments) > 1 else ("",),
    )


def _labels(frame: Frame) -> dict[str, str]:
    segments = frame.file.elements.items("SegmentSequence")
    return {item.words("SegmentNumber"): item.text("SegmentLabel") for item in segments}


def _keyed(places: Sequence[Sequence[Frame]]) -> list[dict[_Key, Frame]] | None:
    """The frames in each place by what tells them apart, the same in every place."""
    count = len(places[0])
    telling: list[int] = []
    groups = 1
    for number, aspect in enumerate(ASPECTS):
        if aspect.discreet and not aspect.in_time:
            continue  # a channel has no name then
        shares = [Counter(frame.aspects[number] for frame in place) for place in places]
        if len(shares[0]) < 2 or any(share != shares[0] for share in shares):
            continue
        finer = len({_values(frame, [*telling, number]) for frame in places[0]})
        if finer > groups:  # it says more than those before
            telling.append(number)
            groups = finer
    keyed = [{_key(frame, telling): frame for frame in place} for place in places]
    if groups == count and all(place.keys() == keyed[0].keys() for place in keyed):
        return keyed
    if telling or not all(_has_clock(place) for place in places):
        return None
    # Slices that are taken one after another have times of their own: their order is that of time.
    ordered = [sorted(place, key=lambda frame: float(frame.aspects[CLOCK])) for place in places]
    return [{((), (str(n),)): frame for n, frame in enumerate(place)} for place in ordered]


def _has_clock(place: Sequence[Frame]) -> bool:
    """Whether all say when they were taken, and no two the same."""
    said = {frame.aspects[CLOCK] for frame in place}
    return len(said) == len(place) and all(map(_is_number, said))


def _key(frame: Frame, telling: Sequence[int]) -> _Key:
    channel = [_named(frame, number) for number in telling if not ASPECTS[number].in_time]
    time = [frame.aspects[number] for number in telling if ASPECTS[number].in_time]
    return tuple(channel), tuple(time)


def _named(frame: Frame, number: int) -> str:
    value = frame.aspects[number]
    return value + ASPECTS[number].unit if value else ""


def _values(frame: Frame, telling: Sequence[int]) -> tuple[str, ...]:
    return tuple(frame.aspects[number] for number in telling)


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


def differences(places: Sequence[Sequence[Frame]]) -> str:
    """By what the images in one place differ, in words."""
    said = []
    for number, aspect in enumerate(ASPECTS):
        values = values_of(places[0], number)
        if len(values) < 2 or any(values_of(place, number) != values for place in places):
            continue
        shown = "" if aspect.discreet else f" ({listed(values, aspect.unit)})"
        said.append(f"{len(values)} {aspect.name}{shown}")
    return ", with " + ", ".join(said) if said else ""


def values_of(frames: Sequence[Frame], number: int) -> list[str]:
    """The values of an aspect that frames have, each once, from the least on."""
    return sorted({frame.aspects[number] for frame in frames}, key=_natural)


def listed(values: Sequence[str], unit: str) -> str:
    """Values of an aspect in words, the first and the last where they are many."""
    few = values if len(values) <= 2 * _SHOWN else [*values[:_SHOWN], "…", values[-1]]
    return ", ".join(value or "none" for value in few) + unit
