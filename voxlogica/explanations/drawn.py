"""What an explanation points at, as regions: paths, balls, places."""

from __future__ import annotations

from collections.abc import Iterator

from voxlogica.explanations.boxes import around
from voxlogica.explanations.explanation import Explanation
from voxlogica.explanations.marks import Ball, Line, Mark, Path, Point, Voxel
from voxlogica.images.arrays import NDArray, np
from voxlogica.images.geometry import Geometry
from voxlogica.images.image import Image


def drawn_marks(explained: Explanation, geometry: Geometry) -> Iterator[tuple[str, Image]]:
    """The marks of an explanation as regions, each under a name: `1_path`, `1_narrowest`, `2_ball`.

    First the voxel itself. They are numbered in the order of the tree, equal ones once.
    """
    yield "voxel", region(Point(explained.voxel), geometry)
    marks = dict.fromkeys(mark for part in explained.walk() for mark in part.marks)
    for number, mark in enumerate(marks, 1):
        yield f"{number}_{type(mark).__name__.lower()}", region(mark, geometry)
        if isinstance(mark, Path):
            at = mark.points[mark.narrowest]
            yield f"{number}_narrowest", region(Point(at), geometry)


def region(mark: Mark, geometry: Geometry) -> Image:
    """A mark as a region: the voxels that it is made of, or goes through."""
    array = np.zeros(geometry.shape, np.bool_)
    match mark:
        case Point(at):
            array[at[::-1]] = True
        case Path(points):
            for at in points:
                array[at[::-1]] = True
        case Line(start, end):
            for at in _between(start, end):
                array[at[::-1]] = True
        case Ball(at, radius):
            _draw_ball(array, at, radius, geometry.spacing)
    return Image(array, geometry)


def _between(start: Voxel, end: Voxel) -> Iterator[Voxel]:
    """The voxels on the straight way from one to the other, both included."""
    steps = max(abs(a - b) for a, b in zip(start, end, strict=True))
    for step in range(steps + 1):
        share = step / steps if steps else 0.0
        yield tuple(round(a + (b - a) * share) for a, b in zip(start, end, strict=True))


def _draw_ball(
    array: NDArray[np.bool_], at: Voxel, radius: float, spacing: tuple[float, ...]
) -> None:
    """The voxels whose centres are within the radius of a voxel's."""
    reach = [int(radius / step) for step in spacing]
    box = around(at[::-1], reach[::-1], array.shape)
    axes = np.ogrid[box]
    away = [
        ((axis - a) * step) ** 2
        for axis, a, step in zip(axes, at[::-1], spacing[::-1], strict=True)
    ]
    array[box] |= sum(away[1:], away[0]) <= radius * radius
