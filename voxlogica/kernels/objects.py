"""Objects: the connected components of a region, or what has one label, run by run.

What is asked of one object reads its runs, not the image: of ten thousand specks none is an image
until it is asked for, and all are measured in one pass.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from voxlogica.dataclass import dataclass
from voxlogica.kernels.components import Edges, Marks, Names, Offsets
from voxlogica.kernels.kernel import compiled, readable
from voxlogica.kernels.runs import Runs, RunsBySize


def labelled(labels: NDArray[np.uint32]) -> tuple[Runs, NDArray[np.uint32]]:
    """The runs of each label, numbered 1, 2, … from the least label on, and these labels.

    0 is none. O(voxels + runs · log(runs)).
    """
    voxels = readable(labels.reshape(-1, labels.shape[-1]), np.uint32)
    counts = np.zeros(len(voxels) + 1, np.int64)
    _count_runs(voxels, counts)
    first = readable(np.cumsum(counts, out=counts), np.int64)
    edges, names = np.empty(2 * first[-1], np.int32), np.empty(first[-1], np.uint32)
    _find_runs(voxels, first, edges, names)
    found, numbers = np.unique(names, return_inverse=True)
    numbered = readable(numbers + 1, np.uint32)
    return Runs(labels.shape, first, readable(edges, np.int32), numbered, len(found)), found


def by_size(runs: Runs) -> RunsBySize:
    """The runs put in order of their components: the largest first, of equal ones the first met.

    O(runs · log(runs)).
    """
    of = runs.numbers.astype(np.int64) - 1
    edges = runs.edges.reshape(-1, 2)
    sizes = np.zeros(runs.count, np.int64)
    np.add.at(sizes, of, edges[:, 1] - edges[:, 0])
    met = np.empty(runs.count, np.int64)
    met[of[::-1]] = np.arange(len(of))[::-1]
    order = np.lexsort((met, -sizes))
    place = np.empty(runs.count, np.int64)
    place[order] = np.arange(runs.count)
    places = place[of]
    sorted_runs = np.argsort(places, kind="stable")
    first = np.zeros(runs.count + 1, np.int64)
    np.cumsum(np.bincount(places, minlength=runs.count), out=first[1:])
    rows = np.repeat(np.arange(len(runs.first) - 1), np.diff(runs.first))[sorted_runs]
    return RunsBySize(runs.shape, first, rows, edges[sorted_runs].reshape(-1), sizes[order])


def component(runs: RunsBySize, number: int) -> NDArray[np.bool_]:
    """The region that a component is; they are counted from 0. O(runs of the component)."""
    height, width = int(np.prod(runs.shape[:-1])), runs.shape[-1]
    # Zeros that the system makes when they are first looked at.
    result = np.zeros((height, width), np.uint8)
    begin, end = int(runs.first[number]), int(runs.first[number + 1])
    rows, edges = readable(runs.rows, np.int64), readable(runs.edges, np.int32)
    _write_runs(rows[begin:end], edges[2 * begin : 2 * end], result)
    return result.view(np.bool_).reshape(runs.shape)


@compiled("u4[2] i8[1]w", unrolled=False)
def _count_runs(labels: NDArray[np.uint32], counts: Offsets) -> None:
    """In `counts[row + 1]`, how many runs of one label a row has."""
    for row in range(labels.shape[0]):
        runs = np.int64(labels[row, 0] != 0)
        for x in range(1, labels.shape[1]):
            runs += np.int64((labels[row, x] != 0) & (labels[row, x] != labels[row, x - 1]))
        counts[row + 1] = runs


@compiled("u4[2] i8[1] i4[1]w u4[1]w", unrolled=False)
def _find_runs(labels: NDArray[np.uint32], first: Offsets, edges: Edges, names: Names) -> None:
    for row in range(labels.shape[0]):
        run, before = first[row] - 1, np.uint32(0)
        for x in range(labels.shape[1]):
            label = labels[row, x]
            if label != before:
                if before:
                    edges[2 * run + 1] = x
                if label:
                    run += 1
                    edges[2 * run] = x
                    names[run] = label
                before = label
        if before:
            edges[2 * run + 1] = labels.shape[1]


@compiled("i8[1] i4[1] u1[2]w", unrolled=False)
def _write_runs(rows: NDArray[Any], edges: Edges, result: Marks) -> None:
    for run in range(rows.size):
        for x in range(edges[2 * run], edges[2 * run + 1]):
            result[rows[run], x] = 1


@dataclass(frozen=True, slots=True, eq=False)
class Extents:
    """Of each object, how many voxels it has, the sums of their indices, the least and greatest.

    Indices are along x, y and z, in this order; there is a z of 0 in 2-D.
    """

    voxels: NDArray[np.int64]
    sums: NDArray[np.int64]
    least: NDArray[np.int64]
    greatest: NDArray[np.int64]


def extents(runs: Runs) -> Extents:
    """Where each object is, in the order of their numbers. O(runs)."""
    shape = (runs.count, 3)
    sums, greatest = np.zeros(shape, np.int64), np.full(shape, -1, np.int64)
    least = np.full(shape, max(runs.shape), np.int64)
    voxels = np.zeros(runs.count, np.int64)
    _extents(runs.first, runs.edges, runs.numbers, voxels, sums, least, greatest, runs.shape[-2])
    return Extents(voxels, sums, least, greatest)


def summary(
    runs: Runs, values: NDArray[np.float32]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """The least, mean and greatest value within each object, in the order of their numbers.

    `nan` where a value is. Values are added up in float64, in the order of voxels, x running
    fastest. O(their voxels).
    """
    sums, counts = np.zeros(runs.count), np.zeros(runs.count, np.int64)
    least = np.full(runs.count, np.inf, np.float32)
    greatest = np.full(runs.count, -np.inf, np.float32)
    undefined = np.zeros(runs.count, np.uint8)
    voxels = readable(values.reshape(-1, values.shape[-1]), np.float32)
    _summed(runs.first, runs.edges, runs.numbers, voxels, sums, counts, least, greatest, undefined)
    marked = undefined.view(np.bool_)
    # The sum turns −0 into 0.
    lowest, highest = (
        np.where(marked, np.nan, found.astype(np.float64)) + 0.0 for found in (least, greatest)
    )
    return lowest, sums / counts, highest


@compiled("i8[1] i4[1] u4[1] i8[1]w i8[2]w*3 i8", unrolled=False)
def _extents(
    first: Offsets,
    edges: Edges,
    numbers: Names,
    voxels: Offsets,
    sums: NDArray[np.int64],
    least: NDArray[np.int64],
    greatest: NDArray[np.int64],
    height: int,
) -> None:
    for row in range(first.size - 1):
        y, z = row % height, row // height
        for run in range(first[row], first[row + 1]):
            k = numbers[run] - 1
            begin, end = np.int64(edges[2 * run]), np.int64(edges[2 * run + 1])
            n = end - begin
            voxels[k] += n
            sums[k, 0] += n * (begin + end - 1) // 2
            sums[k, 1] += n * y
            sums[k, 2] += n * z
            least[k, 0] = min(least[k, 0], begin)
            least[k, 1] = min(least[k, 1], y)
            least[k, 2] = min(least[k, 2], z)
            greatest[k, 0] = max(greatest[k, 0], end - 1)
            greatest[k, 1] = max(greatest[k, 1], y)
            greatest[k, 2] = max(greatest[k, 2], z)


@compiled("i8[1] i4[1] u4[1] f4[2] f8[1]w i8[1]w f4[1]w*2 u1[1]w", unrolled=False)
def _summed(
    first: Offsets,
    edges: Edges,
    numbers: Names,
    values: NDArray[np.float32],
    sums: NDArray[np.float64],
    counts: Offsets,
    least: NDArray[np.float32],
    greatest: NDArray[np.float32],
    undefined: Marks,
) -> None:
    for row in range(first.size - 1):
        for run in range(first[row], first[row + 1]):
            k = numbers[run] - 1
            total, low, high = sums[k], least[k], greatest[k]
            for x in range(edges[2 * run], edges[2 * run + 1]):
                value = values[row, x]
                total += np.float64(value)
                low = value if value < low else low
                high = value if value > high else high
                undefined[k] |= np.uint8(value != value)
            sums[k], least[k], greatest[k] = total, low, high
            counts[k] += edges[2 * run + 1] - edges[2 * run]
