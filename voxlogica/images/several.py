"""Files that hold several images: frames of a 4-D one, and what is said of what to choose from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from voxlogica.dataclass import replace
from voxlogica.images.arrays import NDArray
from voxlogica.images.errors import quoted
from voxlogica.images.opened import Opened

_MOST_NAMED = 12


def channels_listed(names: Sequence[str]) -> str:
    """The channels as a program may name them: `channels 0 "DAPI", 1 "GFP"`."""
    if not any(names):
        return f"channels 0 to {len(names) - 1}"
    listed = [f"{i} {quoted(name)}" if name else str(i) for i, name in enumerate(names)]
    more = len(listed) - _MOST_NAMED
    return "channels " + ", ".join(listed[:_MOST_NAMED]) + (f", … {more} more" if more > 0 else "")


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


def by_frames(opened: Opened) -> Opened:
    """A 4-D image as its frames, the fourth axis being time, or what a program takes for it."""
    sides = list(opened.header.size)
    while len(sides) > 4 and sides[-1] == 1:
        sides.pop()
    if opened.chosen is not None or len(sides) != 4 or sides[3] == 1:
        return opened
    header, n = opened.header, len(opened.header.size)
    return replace(
        opened,
        header=replace(
            header,
            size=header.size[:3],
            spacing=header.spacing[:3],
            origin=header.origin[:3],
            direction=tuple(header.direction[n * i + j] for i in range(3) for j in range(3)),
        ),
        frames=sides[3],
        chosen=partial(_one_frame, opened.voxels, header.size),
    )


def _one_frame(
    voxels: Callable[[], NDArray[Any]], size: tuple[int, ...], channel: int, frame: int
) -> NDArray[Any]:
    found = voxels()
    kept = found.shape[len(size) :]
    one: NDArray[Any] = found.reshape(size[3], *size[2::-1], *kept)[frame].copy()
    return one
