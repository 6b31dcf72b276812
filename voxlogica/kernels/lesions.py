"""Connected components of two regions matched: which of the true ones were found."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from voxlogica.kernels.bounded_distance import at_most
from voxlogica.kernels.components import connected, numbered
from voxlogica.kernels.surfaces import box

Region = NDArray[np.bool_]


def matched(
    found: Region,
    truth: Region,
    spacing: tuple[float, ...],
    least: float = 1,
    iou: float = 0,
    dilation: float = 0,
) -> tuple[int, int, int]:
    """How many true components were found, and were missed; how many of those found are false.

    The truth is dilated first, by a distance in the unit of `spacing`. Components of fewer than
    `least` voxels of their own region are left out. A true one and one that was found match if they
    share a voxel, and of those in either at least `iou`. Only the box around both is looked at.
    """
    part = _part(found, truth, [math.ceil(dilation / step) for step in spacing])
    if part is None:
        return 0, 0, 0
    found, truth = np.ascontiguousarray(found[part]), np.ascontiguousarray(truth[part])
    dilated = at_most(truth, spacing, dilation) if dilation else truth
    of_found, of_truth = (numbered(connected(r)).astype(np.int64) for r in (found, dilated))
    sizes, true_sizes = np.bincount(of_found.ravel()), np.bincount(of_truth.ravel())
    # Of a true component, its voxels before it was dilated count.
    own_sizes = np.bincount(of_truth[truth], minlength=true_sizes.size)
    counts, true_counts = (
        (size >= least) & (np.arange(size.size) > 0) for size in (sizes, own_sizes)
    )
    meeting = (of_found > 0) & (of_truth > 0)
    pairs, shared = np.unique(
        of_truth[meeting] * sizes.size + of_found[meeting], return_counts=True
    )
    true, other = np.divmod(pairs, sizes.size)
    joined = true_sizes[true] + sizes[other] - shared
    match = true_counts[true] & counts[other] & (shared / joined >= iou)
    hit, right = np.unique(true[match]).size, np.unique(other[match]).size
    return hit, int(true_counts.sum()) - hit, int(counts.sum()) - right


def _part(found: Region, truth: Region, margin: list[int]) -> tuple[slice, ...] | None:
    """The box around two regions, and so many voxels around it as the image has."""
    boxes = [place for place in map(box, (found, truth)) if place is not None]
    if not boxes:
        return None
    sides = zip(margin, found.shape, *boxes, strict=True)
    return tuple(
        slice(max(min(s.start for s in of) - m, 0), min(max(s.stop for s in of) + m, n))
        for m, n, *of in sides
    )
