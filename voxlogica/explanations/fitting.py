"""The ball around a voxel that fits best: how far a threshold may go until none does.

Indices and spacings are in the order of an array's axes, (z, y, x) or (y, x), as kernels have them.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from voxlogica.dataclass import dataclass
from voxlogica.explanations.boxes import around, inside, outside, shape_of, within
from voxlogica.explanations.nearest import Index, Spacing, distances_from

# Of so many values at most, those of all balls together, a minimum is looked for.
_MOST = 50_000_000


@dataclass(frozen=True, slots=True)
class BestBall:
    """The ball whose least value is greatest: its centre, that value, and a voxel that has it."""

    centre: Index
    value: float
    weakest: Index


def best_ball(
    values: NDArray[np.float32], spacing: Spacing, at: Index, radius: float, *, closed: bool
) -> BestBall | None:
    """Of all balls that hold a voxel, the one whose least value is greatest.

    A ball's centre is no further from the voxel than the radius, a float32. The values that count
    are those of the image's voxels nearer to the centre than the radius, `closed`: no further. Of
    equal balls, that counts whose centre is nearest, of these the first in raster order. So a ball
    that holds the voxel fits in what is above a threshold just if the threshold is below this
    value, and in what is at least a threshold just if it is at most that.

    None where no values count, some are no finite numbers, or there are too many: O(voxels of a
    ball, squared).
    """
    radius = float(np.float32(radius))
    if not 0 <= radius < np.inf:
        return None
    steps = [
        min(int(radius / step) + 1, side) for step, side in zip(spacing, values.shape, strict=True)
    ]
    middle = tuple(steps)
    away = distances_from(middle, tuple(2 * n + 1 for n in steps), spacing)
    offsets = np.argwhere(away <= radius if closed else away < radius)
    centres = around(at, steps, values.shape)
    shape = shape_of(centres)
    if not len(offsets) or len(offsets) * np.prod(shape, dtype=float) > _MOST:
        return None
    box = around(at, [2 * n for n in steps], values.shape)
    part = values[box]
    if not np.isfinite(part).all():
        return None
    # Beyond the image there is nothing that would not fit.
    padded = np.pad(part, [(n, n) for n in steps], constant_values=np.inf)
    first = [side.start for side in within(centres, box)]
    least = np.full(shape, np.inf, np.float32)
    for offset in offsets:
        moved = zip(first, offset.tolist(), shape, strict=True)
        cut = tuple(slice(n + m, n + m + long) for n, m, long in moved)
        np.minimum(least, padded[cut], out=least)
    to_voxel = distances_from(inside(centres, at), shape, spacing)
    least[to_voxel > radius] = -np.inf
    best = least.max()
    place = int(np.where(least == best, to_voxel, np.inf).argmin())
    centre = outside(centres, tuple(int(n) for n in np.unravel_index(place, shape)))
    for offset in offsets:
        moved = zip(centre, offset.tolist(), steps, strict=True)
        weakest = tuple(n + m - reach for n, m, reach in moved)
        is_there = all(0 <= n < side for n, side in zip(weakest, values.shape, strict=True))
        if is_there and values[weakest] == best:
            return BestBall(centre, float(best), weakest)
    return None
