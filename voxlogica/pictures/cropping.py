"""Slices of a scene, without the ground around what is worth looking at, where that is much.

Each is taken out of the volume once: across the way in which voxels lie, that costs more than all
that is drawn of it.
"""

from __future__ import annotations

from collections.abc import Sequence
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


def cropped(seen: Scene, slices: Sequence[At]) -> list[tuple[Scene, At]]:
    """Slices of a scene by themselves, each cropped to what is in any of them.

    A scene that is one voxel thick, and the slice that it is. O(voxels of the slices).
    """
    thin = [_thin(seen, at) for at in slices]
    size = seen.geometry.size
    within = _within(thin, size, [at[1] for at in slices])
    lengths = tuple(end - begin for begin, end in within)
    ways = planes(replace(seen.geometry, size=lengths))
    if len(ways) < len(slices) or all(
        n > _WORTH_IT * whole for n, whole in zip(lengths, size, strict=True)
    ):
        return thin
    return [
        (_part(one, within, way.through), (way, None if way.through is None else 0))
        for (one, _), way in zip(thin, ways, strict=False)
    ]


def _thin(seen: Scene, at: At) -> tuple[Scene, At]:
    """A slice as a scene of its own."""
    way, index = at
    if way.through is None or index is None:
        return seen, at
    axis = 2 - way.through
    base = seen.base and replace(seen.base, array=seen.base.array.take([index], axis))
    masks = tuple(mask.take([index], axis) for mask in seen.masks)
    return replace(seen, base=base, masks=masks), (way, 0)


def _part(one: Scene, within: Sequence[tuple[int, int]], through: int | None) -> Scene:
    """What of a slice is within these bounds, along each axis but that through which it is."""
    part = tuple(
        slice(None) if axis == through else slice(begin, end)
        for axis, (begin, end) in reversed([*enumerate(within)])
    )
    base = one.base and replace(one.base, array=one.base.array[part])
    return replace(one, base=base, masks=tuple(mask[part] for mask in one.masks))


def _within(
    thin: Sequence[tuple[Scene, At]], size: Sequence[int], indices: Sequence[int | None]
) -> list[tuple[int, int]]:
    """From where to where there is anything along each axis, told by each slice; its own place."""
    spans: dict[int, list[tuple[int, int]]] = {}
    for (one, (way, at)), index in zip(thin, indices, strict=True):
        there = _content(one, (way, at))
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
    return [_widened(spans.get(axis), n) for axis, n in enumerate(size)]


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
