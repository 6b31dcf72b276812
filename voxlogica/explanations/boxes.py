"""Boxes that cut parts out of arrays, and indices within them, in the order of the axes."""

from __future__ import annotations

import math
from collections.abc import Sequence

Index = tuple[int, ...]
Box = tuple[slice, ...]


def wider(box: Box, shape: tuple[int, ...], by: Sequence[int] | int = 1) -> Box:
    """The box and so many voxels around it along each axis, as far as there are some."""
    steps = [by] * len(box) if isinstance(by, int) else by
    return tuple(
        slice(max(side.start - n, 0), min(side.stop + n, length))
        for side, n, length in zip(box, steps, shape, strict=True)
    )


def around(at: Index, by: Sequence[int], shape: tuple[int, ...]) -> Box:
    """The box of the voxels that are no more than so many away along each axis."""
    return wider(tuple(slice(n, n + 1) for n in at), shape, by)


def shape_of(box: Box) -> tuple[int, ...]:
    """The shape of what a box cuts out."""
    return tuple(side.stop - side.start for side in box)


def within(part: Box, box: Box) -> Box:
    """A box, as it lies in another one that holds it."""
    return tuple(slice(a.start - b.start, a.stop - b.start) for a, b in zip(part, box, strict=True))


def placed(part: Box, box: Box) -> Box:
    """A part of a box, as it lies in what that is cut out of."""
    return tuple(slice(a.start + b.start, a.stop + b.start) for a, b in zip(part, box, strict=True))


def inside(box: Box, at: Index) -> Index:
    """The index within a box."""
    return tuple(n - side.start for n, side in zip(at, box, strict=True))


def outside(box: Box, at: Index) -> Index:
    """The index in the whole, of one within a box."""
    return tuple(n + side.start for n, side in zip(at, box, strict=True))


def common(one: Box, other: Box) -> Box:
    """What two boxes have in common, which may be nothing."""
    return tuple(
        slice(max(a.start, b.start), max(a.start, b.start, min(a.stop, b.stop)))
        for a, b in zip(one, other, strict=True)
    )


def size_of(box: Box) -> int:
    """How many voxels it has."""
    return math.prod(shape_of(box))
