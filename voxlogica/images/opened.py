"""What the reader of each format finds when it opens a file: an image, or several."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from voxlogica.dataclass import dataclass, replace
from voxlogica.images.arrays import NDArray, np
from voxlogica.images.errors import quoted


@dataclass(frozen=True, slots=True)
class Header:
    """What a file says of its image before any voxel is read; axes in the order x, y, z.

    `pixel` is the type of a component as numpy calls it; `unit` is that of spacing and origin, as
    in a Geometry. `is_colour` is whether several components are a colour; None where the file does
    not say.
    """

    size: tuple[int, ...]
    spacing: tuple[float, ...]
    origin: tuple[float, ...]
    direction: tuple[float, ...]
    components: int
    pixel: str
    unit: str = "mm"
    is_colour: bool | None = None

    @property
    def nbytes(self) -> int:
        """How many bytes the voxels take."""
        bits = re.search(r"\d+", self.pixel)
        return math.prod(self.size) * self.components * (int(bits[0]) if bits else 64) // 8

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the voxels' array."""
        return self.size[::-1] + ((self.components,) if self.components > 1 else ())

    def first_three_axes(self) -> Header:
        """The same of an image that ends with its third axis."""
        n = len(self.size)
        return replace(
            self,
            size=self.size[:3],
            spacing=self.spacing[:3],
            origin=self.origin[:3],
            direction=tuple(self.direction[n * i + j] for i in range(3) for j in range(3)),
        )


def identity(n: int) -> tuple[float, ...]:
    """The direction of n axes as they are counted."""
    return tuple(float(i == j) for i in range(n) for j in range(n))


@dataclass(frozen=True, slots=True)
class OpenedImage:
    """An image file's header, its parts on disk, and how to read its voxels.

    A file may hold several such images: `channels` has a name for each, empty where there is none,
    `frames` is how many times there are. `voxels` gives those of a channel at a time, both 0 where
    there is one image (see `alone`): an array of the header's size reversed, with components as one
    more axis at the end. It may be called from any thread, and raises ImageFileError where the file
    is damaged.
    """

    header: Header
    parts: tuple[str, ...]
    voxels: Callable[[int, int], NDArray[Any]]
    warnings: tuple[str, ...] = ()
    channels: tuple[str, ...] = ("",)
    frames: int = 1


def alone(voxels: Callable[..., NDArray[Any]], *arguments: Any) -> Callable[..., NDArray[Any]]:
    """The `voxels` of a file with one image, from a function and what it is called with."""
    return partial(_the_only, partial(voxels, *arguments))


def _the_only(voxels: Callable[[], NDArray[Any]], channel: int, frame: int) -> NDArray[Any]:
    return voxels()


def picture(size: tuple[int, int], components: int, pixel: str = "uint8") -> Header:
    """The header of a picture: in pixels, whatever it says of how large to print it."""
    return Header(
        size=size,
        spacing=(1.0, 1.0),
        origin=(0.0, 0.0),
        direction=identity(2),
        components=components,
        pixel=pixel,
        unit="px",
        is_colour=components > 2,
    )


# Several images


def by_frames(opened: OpenedImage) -> OpenedImage:
    """A 4-D image as its frames, the fourth axis being time, or what a program takes for it."""
    sides = list(opened.header.size)
    while len(sides) > 4 and sides[-1] == 1:
        sides.pop()
    if len(sides) != 4 or sides[3] == 1:
        return opened
    return replace(
        opened,
        header=opened.header.first_three_axes(),
        frames=sides[3],
        voxels=partial(_one_frame, opened.voxels, sides[3]),
    )


def _one_frame(
    voxels: Callable[[int, int], NDArray[Any]], frames: int, channel: int, frame: int
) -> NDArray[Any]:
    return np.copy(voxels(0, 0).reshape(frames, -1)[frame])


def left_open(path: str, names: Sequence[str], frames: int) -> tuple[str, str]:
    """That one of several channels, or of several frames, has to be chosen; and how."""
    parts, ways = [], []
    if len(names) > 1:
        by_name = names[0] and names.count(names[0]) == 1
        ways.append(f"`channel(img, {quoted(names[0]) if by_name else 0})`")
        listed = channels_listed(names)
        parts.append(listed if any(names) else f"{len(names)} {listed}")
    if frames > 1:
        ways.append("`frame(img, 0)`")
        parts.append(f"{frames} frames, 0 to {frames - 1}")
    return (
        f"{quoted(path)} holds several images: {' and '.join(parts)}",
        f"{' and '.join(ways)} {'choose' if len(ways) > 1 else 'chooses'} the first",
    )


_MOST_NAMED = 12


def channels_listed(names: Sequence[str]) -> str:
    """The channels as a program may name them: `channels 0 "DAPI", 1 "GFP"`."""
    if not any(names):
        return f"channels 0 to {len(names) - 1}"
    listed = [f"{i} {quoted(name)}" if name else str(i) for i, name in enumerate(names)]
    more = len(listed) - _MOST_NAMED
    return "channels " + ", ".join(listed[:_MOST_NAMED]) + (f", … {more} more" if more > 0 else "")
