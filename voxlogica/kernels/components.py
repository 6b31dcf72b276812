"""Connected components of a region, where every voxel is next to all 8 (26) around it.

The region is taken apart into runs along x, which are joined in a forest of sets: the labelling by
runs of He, Chao and Suzuki ("A run-based two-scan labeling algorithm", IEEE Transactions on Image
Processing 17, 2008), in 3-D, on slabs. What is asked of components is then answered from the runs.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from voxlogica.kernels import slabs
from voxlogica.kernels.kernel import compiled, readable
from voxlogica.kernels.runs import Runs

Region = NDArray[np.bool_]
Marks = NDArray[np.uint8]
Offsets = NDArray[np.int64]
Edges = NDArray[np.int32]
Names = NDArray[np.uint32]

# A slab of fewer voxels takes less time than it takes to hand it to another thread.
_SLAB = 1 << 17
# So many voxels are looked at together.
_BLOCK = 64


def connected(region: Region) -> Runs:
    """The connected components of a region: bool, C-contiguous or not, 2-D or 3-D.

    Reads each voxel twice, O(voxels), at the speed of memory; the rest is about runs only. Each
    slab joins the runs of its planes, then the planes at which slabs meet are joined. A set is
    known by its first run, whoever made it, so numbers don't depend on how slabs are cut. Paths are
    halved whenever they are followed: O(runs · log(runs)), linear in practice. Memory: what `Runs`
    keeps. There may be up to 4,294,967,295 runs.
    """
    height = _rows_a_plane(region.shape)
    voxels = readable(region.reshape(-1, region.shape[-1]), np.uint8)
    counts = np.zeros(len(voxels) + 1, np.int64)
    _over_rows(region.shape, lambda begin, end: _count_runs(voxels, counts, begin, end))
    first = readable(np.cumsum(counts, out=counts), np.int64)
    edges = np.empty(2 * first[-1], np.int32)
    # Of each run, an earlier one that it is joined with; itself if it is the first of its set.
    sets = np.empty(first[-1], np.uint32)
    seams: list[int] = []

    def join(begin: int, end: int) -> None:
        _find_runs(voxels, first, edges, begin * height, end * height)
        _join_slab(first, edges, sets, height, begin, end)
        seams.append(begin)

    _over_planes(region.shape, join)
    for plane in seams:
        if plane:
            _join_to_previous(first, edges, sets, height, plane)
    count = int(_number(sets))
    numbers = readable(sets, np.uint32)
    return Runs(region.shape, first, readable(edges, np.int32), numbers, count)


def reached(runs: Runs, target: Region) -> Region:
    """The components that have a voxel in `target`, a region of the same shape.

    O(runs + voxels of the components): of the target, only what lies in a component is looked at.
    """
    voxels = readable(target.reshape(-1, target.shape[-1]), np.uint8)
    meets = np.empty(len(runs.numbers), np.uint8)
    _over_rows(
        runs.shape, lambda begin, end: _mark(runs.first, runs.edges, voxels, meets, begin, end)
    )
    wanted = np.zeros(runs.count + 1, np.uint8)
    _gather(runs.numbers, meets, wanted)
    return _chosen(runs, wanted)


def largest(runs: Runs) -> Region:
    """The component with the most voxels, or all that tie; nothing of an empty region.

    O(runs + voxels of these components).
    """
    sizes = np.zeros(runs.count + 1, np.int64)
    _add_lengths(runs.edges, runs.numbers, sizes)
    return _chosen(runs, (sizes == sizes.max()).astype(np.uint8))


def numbered(runs: Runs) -> NDArray[np.float32]:
    """The number of each voxel's component: 1, 2, … by first voxels in memory order; 0 outside.

    float32, so numbers are exact up to 16,777,216 components. O(runs + voxels of the region).
    """
    result = _zeros(runs, np.float32)
    _over_rows(
        runs.shape,
        lambda begin, end: _write_numbers(runs.first, runs.edges, runs.numbers, result, begin, end),
    )
    return result.reshape(runs.shape)


def _chosen(runs: Runs, wanted: Marks) -> Region:
    """The components that are wanted, by number."""
    result = _zeros(runs, np.uint8)
    _over_rows(
        runs.shape,
        lambda begin, end: _write(runs.first, runs.edges, runs.numbers, wanted, result, begin, end),
    )
    return result.view(np.bool_).reshape(runs.shape)


def _zeros(runs: Runs, dtype: type[np.generic]) -> NDArray[Any]:
    """Zeros for each row, which the system makes when they are first looked at: not all will be."""
    return np.zeros((len(runs.first) - 1, runs.shape[-1]), dtype)


# A slab is some planes. Those of a 2-D image are its rows: what is next to each other there is so
# in the 3-D image with planes of one row.


def _rows_a_plane(shape: tuple[int, ...]) -> int:
    return shape[1] if len(shape) == 3 else 1


def _over_planes(shape: tuple[int, ...], do: Callable[[int, int], object]) -> None:
    slabs.over(shape[0], do, at_least=-(-_SLAB // (_rows_a_plane(shape) * shape[-1])))


def _over_rows(shape: tuple[int, ...], do: Callable[[int, int], object]) -> None:
    height = _rows_a_plane(shape)
    _over_planes(shape, lambda begin, end: do(begin * height, end * height))


@compiled("u1[2] i8[1]w i8*2")
def _count_runs(voxels: Marks, counts: Offsets, begin: int, end: int) -> None:
    """In `counts[row + 1]`, how many runs a row has."""
    for row in range(begin, end):
        runs = np.int64(voxels[row, 0] != 0)
        for x in range(1, voxels.shape[1]):
            runs += np.int64((voxels[row, x] != 0) & (voxels[row, x - 1] == 0))
        counts[row + 1] = runs


@compiled("u1[2] i8[1] i4[1]w i8*2")
def _find_runs(voxels: Marks, first: Offsets, edges: Edges, begin: int, end: int) -> None:
    width = voxels.shape[1]
    # Edges from here on are other slabs' to write.
    bound = 2 * first[end]
    for row in range(begin, end):
        edge, last = 2 * first[row], 2 * first[row + 1]
        inside = False
        x = 0
        while edge < last:
            stop = min(x + _BLOCK, width)
            if stop - x == _BLOCK and not _any(voxels, row, x, not inside):
                x = stop
            elif edge + _BLOCK < bound:
                # Without a branch: what is no edge is overwritten by the next. Unsigned: an index
                # that may be negative is tested each time.
                index, before = np.uint64(edge), np.uint64(inside)
                for i in range(np.uint64(x), np.uint64(stop)):
                    now = np.uint64(voxels[row, i] != 0)
                    edges[index] = i
                    index += now ^ before
                    before = now
                edge, inside = np.int64(index), before != 0
                x = stop
            else:
                while x < stop:
                    if (voxels[row, x] != 0) != inside:
                        edges[edge] = x
                        edge += 1
                        inside = not inside
                    x += 1
            if x == width and inside:
                edges[edge] = width
                edge += 1


@compiled()
def _any(voxels: Marks, row: int, x: int, wanted: bool) -> bool:
    """Whether one of a block of voxels is true, or is not, as wanted."""
    found = np.uint8(0)
    for i in range(x, x + _BLOCK):
        found |= np.uint8((voxels[row, i] != 0) == wanted)
    return bool(found)


@compiled("i8[1] i4[1]w u4[1]w i8*3")
def _join_slab(
    first: Offsets, edges: Edges, sets: Names, height: int, begin: int, end: int
) -> None:
    """Join the runs of planes with each other."""
    for run in range(first[begin * height], first[end * height]):
        sets[run] = run
    for plane in range(begin, end):
        for row in range(plane * height + 1, (plane + 1) * height):
            _join_rows(first, edges, sets, row, row - 1)
        if plane > begin:
            _join_to_previous(first, edges, sets, height, plane)


@compiled("i8[1] i4[1]w u4[1]w i8*2")
def _join_to_previous(first: Offsets, edges: Edges, sets: Names, height: int, plane: int) -> None:
    """Join the runs of a plane with those of the plane before it."""
    for y in range(height):
        row = plane * height + y
        for other in range(max(y - 1, 0), min(y + 2, height)):
            _join_rows(first, edges, sets, row, (plane - 1) * height + other)


@compiled()
def _join_rows(first: Offsets, edges: Edges, sets: Names, row: int, other: int) -> None:
    """Join the runs of a row with those of another that they overlap, or meet at a corner."""
    a, a_last = first[row], first[row + 1]
    b, b_last = first[other], first[other + 1]
    while a < a_last and b < b_last:
        a_end, b_end = edges[2 * a + 1], edges[2 * b + 1]
        if (edges[2 * a] <= b_end) & (edges[2 * b] <= a_end):
            _join(sets, a, b)
        # What ends first meets nothing that comes later, as runs are at least one voxel apart.
        a += np.int64(a_end <= b_end)
        b += np.int64(a_end >= b_end)


@compiled()
def _join(sets: Names, a: int, b: int) -> None:
    a, b = _leader(sets, a), _leader(sets, b)
    if a < b:
        sets[b] = a
    else:
        sets[a] = b


@compiled()
def _leader(sets: Names, run: int) -> int:
    """The first run of a run's set; the way there is half as long from then on."""
    while sets[run] != run:
        sets[run] = sets[sets[run]]
        run = sets[run]
    return run


@compiled("u4[1]w")
def _number(sets: Names) -> int:
    """Put the number of each run's set in its place; how many there are."""
    count = 0
    for run in range(sets.size):
        if sets[run] == run:
            count += 1
            sets[run] = count
        else:
            # An earlier run, whose number is there already.
            sets[run] = sets[sets[run]]
    return count


@compiled("i8[1] i4[1] u1[2] u1[1]w i8*2")
def _mark(first: Offsets, edges: Edges, target: Marks, meets: Marks, begin: int, end: int) -> None:
    """Which runs have a voxel in the target."""
    for row in range(begin, end):
        for run in range(first[row], first[row + 1]):
            x, stop = edges[2 * run], edges[2 * run + 1]
            while x + _BLOCK <= stop and not _any(target, row, x, True):
                x += _BLOCK
            while x < stop and not target[row, x]:
                x += 1
            meets[run] = x < stop


@compiled("u4[1] u1[1]w*2")
def _gather(numbers: Names, meets: Marks, wanted: Marks) -> None:
    for run in range(numbers.size):
        wanted[numbers[run]] |= meets[run]


@compiled("i4[1] u4[1] i8[1]w")
def _add_lengths(edges: Edges, numbers: Names, sizes: Offsets) -> None:
    for run in range(numbers.size):
        sizes[numbers[run]] += edges[2 * run + 1] - edges[2 * run]


@compiled("i8[1] i4[1] u4[1] u1[1]w u1[2]w i8*2")
def _write(
    first: Offsets,
    edges: Edges,
    numbers: Names,
    wanted: Marks,
    result: Marks,
    begin: int,
    end: int,
) -> None:
    for row in range(begin, end):
        for run in range(first[row], first[row + 1]):
            if wanted[numbers[run]]:
                for x in range(edges[2 * run], edges[2 * run + 1]):
                    result[row, x] = 1


@compiled("i8[1] i4[1] u4[1] f4[2]w i8*2")
def _write_numbers(
    first: Offsets,
    edges: Edges,
    numbers: Names,
    result: NDArray[np.float32],
    begin: int,
    end: int,
) -> None:
    for row in range(begin, end):
        for run in range(first[row], first[row + 1]):
            for x in range(edges[2 * run], edges[2 * run + 1]):
                result[row, x] = numbers[run]
