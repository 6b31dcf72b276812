"""The connected component that a voxel lies in: how large it is, where, and which of all by size.

Indices and spacings are in the order of an array's axes, (z, y, x) or (y, x), as kernels have them.
Every voxel is next to all 8 (26) around it, as for `through`, `lcc` and `maxvol`.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from voxlogica.dataclass import dataclass
from voxlogica.explanations.boxes import Box, inside, outside, shape_of, wider, within
from voxlogica.explanations.nearest import nearest
from voxlogica.kernels.components import connected, reached
from voxlogica.kernels.distance import signed_distance
from voxlogica.kernels.objects import component as written
from voxlogica.kernels.runs import Runs, RunsBySize

Region = NDArray[np.bool_]
Index = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Component:
    """A connected component of a region, which has `count` of them.

    `number` is that of `lcc`: 1, 2, … by first voxels in raster order. `rank` is 1 for the largest;
    of equal ones the first met comes first. `ties` are those of its size, itself included.
    """

    number: int
    voxels: int
    rank: int
    ties: int
    count: int
    largest: int
    box: Box


def component_at(runs: Runs, at: Index) -> Component | None:
    """The component that a voxel lies in, None outside the region. O(runs)."""
    run = _run_at(runs, at)
    if run is None:
        return None
    number = int(runs.numbers[run])
    lengths = runs.edges[1::2].astype(np.int64) - runs.edges[::2]
    sizes = np.bincount(runs.numbers, lengths, runs.count + 1).astype(np.int64)
    own = sizes[number]
    rank = 1 + int((sizes[1:] > own).sum()) + int((sizes[1:number] == own).sum())
    members = np.flatnonzero(runs.numbers == number)
    rows = np.searchsorted(runs.first, members, "right") - 1
    lefts, rights = runs.edges[2 * members], runs.edges[2 * members + 1]
    box = [
        slice(int(places.min()), int(places.max()) + 1)
        for places in np.unravel_index(rows, runs.shape[:-1])
    ]
    box.append(slice(int(lefts.min()), int(rights.max())))
    ties, largest = int((sizes[1:] == own).sum()), int(sizes.max())
    return Component(number, int(own), rank, ties, runs.count, largest, tuple(box))


def number_at(runs: Runs, at: Index) -> int:
    """The number of the component that a voxel lies in, as of `lcc`; 0 outside. O(log(runs))."""
    run = _run_at(runs, at)
    return 0 if run is None else int(runs.numbers[run])


def nearest_pair(
    one: Region, box: Box, other: Region, spacing: tuple[float, ...], bound: float
) -> tuple[Index, Index, float]:
    """The two voxels of two regions that are nearest to each other, and their distance.

    The first region is cut out by a box, the other one is whole and has a voxel no further than
    `bound` from some of the first. Of equal pairs, that whose voxel of the other one comes first
    in raster order, then that whose own does. Looked at is only what is so near to the box.
    """
    by = [math.floor(bound * (1 + 1e-6) / step) + 1 for step in spacing]
    large = wider(box, other.shape, by)
    seeds = np.zeros(shape_of(large), np.bool_)
    seeds[within(box, large)] = one
    away = np.where(other[large], np.maximum(signed_distance(seeds, spacing), 0), np.inf)
    place = tuple(int(n) for n in np.unravel_index(int(away.argmin()), away.shape))
    own = nearest(seeds, spacing, place)
    assert own is not None
    return outside(large, own.at), outside(large, place), own.distance


def component_cut(runs: Runs, component: Component, box: Box) -> Region:
    """A component, cut out by a box that holds all of it. O(runs + voxels of the component)."""
    members = np.flatnonzero(runs.numbers == component.number)
    rows = np.searchsorted(runs.first, members, "right") - 1
    shape = shape_of(box)
    places = np.unravel_index(rows, runs.shape[:-1])
    moved = [n - side.start for n, side in zip(places, box[:-1], strict=True)]
    edges = runs.edges.reshape(-1, 2)[members] - np.int32(box[-1].start)
    own = RunsBySize(
        shape,
        np.array([0, len(members)]),
        np.ravel_multi_index(moved, shape[:-1]).astype(np.int64),
        edges.reshape(-1),
        np.array([component.voxels]),
    )
    return written(own, 0)


def component_in(region: Region, box: Box, at: Index) -> Region:
    """The component with the voxel `at`, cut out by a box that holds all of it."""
    within = region[box]
    seed = np.zeros(within.shape, np.bool_)
    seed[inside(box, at)] = True
    return reached(connected(within), seed)


def _run_at(runs: Runs, at: Index) -> int | None:
    """Which run has the voxel."""
    row = int(np.ravel_multi_index(at[:-1], runs.shape[:-1]))
    first, end = int(runs.first[row]), int(runs.first[row + 1])
    ends = runs.edges[2 * first + 1 : 2 * end : 2]
    run = first + int(np.searchsorted(ends, at[-1], "right"))
    return run if run < end and runs.edges[2 * run] <= at[-1] else None
