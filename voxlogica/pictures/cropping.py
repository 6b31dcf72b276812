"""What of a scene is worth looking at: without the ground around it, where that is much."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from voxlogica.dataclass import replace
from voxlogica.images.arrays import NDArray, np
from voxlogica.pictures.planes import planes
from voxlogica.pictures.scene import At, Scene
from voxlogica.pictures.windowing import Scan

# What is darker than this share of the way from black to white is ground; a line of which so few
# pixels are not, is ground with noise.
_DARK, _NOISE = 0.1, 0.02
# What stays around of each side, as a share of it, and at least so many voxels; of what becomes
# hardly smaller, all stays.
_MARGIN, _LEAST_MARGIN, _WORTH_IT = 0.03, 3, 0.9


def cropped(seen: Scene, slices: Sequence[At]) -> tuple[Scene, list[At]]:
    """The part of a scene that has anything in it, by what is in some slices, with these slices.

    Their indices count from where the part begins. O(voxels of the slices).
    """
    size = seen.geometry.size
    spans = _spans(seen, slices)
    within = tuple(_widened(spans.get(axis), n) for axis, n in enumerate(size))
    lengths = tuple(end - begin for begin, end in within)
    if all(n > _WORTH_IT * whole for n, whole in zip(lengths, size, strict=True)):
        return seen, [*slices]
    part = tuple(slice(begin, end) for begin, end in reversed(within))
    geometry = replace(seen.geometry, size=lengths)
    ways = planes(geometry)
    if len(ways) < len(slices):
        return seen, [*slices]
    base = seen.base and replace(seen.base, array=seen.base.array[part])
    found = [
        (way, index if index is None or way.through is None else index - within[way.through][0])
        for way, (_, index) in zip(ways, slices, strict=False)
    ]
    masks = tuple(mask[part] for mask in seen.masks)
    return replace(seen, geometry=geometry, base=base, masks=masks), found


def _spans(seen: Scene, slices: Iterable[At]) -> dict[int, list[tuple[int, int]]]:
    """From where to where there is anything along each axis, told by each slice; its own place."""
    spans: dict[int, list[tuple[int, int]]] = {}
    for way, index in slices:
        there = _content(seen, (way, index))
        if way.through is not None and index is not None:
            spans.setdefault(way.through, []).append((index, index + 1))
        for axis, lines, back in (
            (way.across, there.T, way.backwards[0]),
            (way.down, there, way.backwards[1]),
        ):
            found = np.flatnonzero(lines.mean(axis=1) > _NOISE)
            if found.size:
                begin, end = int(found[0]), int(found[-1]) + 1
                span = (len(lines) - end, len(lines) - begin) if back else (begin, end)
                spans.setdefault(axis, []).append(span)
    return spans


def _content(seen: Scene, at: At) -> NDArray[np.bool_]:
    """Where a slice has anything: what is no ground, or a region, whose lines all count."""
    way, index = at
    regions = [way.slice_of(mask, index) for mask in seen.masks]
    there = np.zeros((way.size[1], way.size[0]), bool)
    if seen.base is not None:
        there |= _is_no_ground(seen.base, way.slice_of(seen.base.array, index))
    for region in regions:
        there |= region.max(axis=1)[:, np.newaxis] & region.max(axis=0)
    return there


def _is_no_ground(base: Scan, part: NDArray[Any]) -> NDArray[np.bool_]:
    values = base.values_of(part)
    if base.kind == "labels":
        return np.asarray(values > 0)
    low, high = base.window
    # Halves, as the difference of the two may be beyond the greatest number.
    ground = 2 * (low / 2 + _DARK * (high / 2 - low / 2))
    if base.kind == "colour":
        values = values[..., :3].max(axis=-1)
    return np.asarray(values > ground)


def _widened(spans: Sequence[tuple[int, int]] | None, length: int) -> tuple[int, int]:
    if not spans:
        return 0, length
    margin = max(_LEAST_MARGIN, round(_MARGIN * length))
    begin, end = min(begin for begin, _ in spans), max(end for _, end in spans)
    return max(0, begin - margin), min(length, end + margin)
