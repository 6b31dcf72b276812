"""A region's components in the form in which they are kept: run by run, not voxel by voxel."""

from __future__ import annotations

from typing import TYPE_CHECKING

from voxlogica.dataclass import dataclass

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Runs:
    """The runs of a region, and the connected component that each belongs to.

    A run is a longest stretch of the region's voxels along the last axis. Runs are in the order of
    their first voxels, x running fastest; a row is all voxels that differ in x only. The arrays are
    C-contiguous and read-only. A run takes 12 bytes, a row 8: of a
    brain in a scan, a twentieth of a byte a voxel; at worst, where every other voxel of each row is
    in the region, 6 bytes.
    """

    # Of the region.
    shape: tuple[int, ...]
    # How many runs are before each row: row i has the runs first[i] … first[i + 1] - 1.
    first: NDArray[np.int64]
    # Of each run, the index along x of its first voxel and that behind its last, in turns.
    edges: NDArray[np.int32]
    # Of each run, its component: 1, 2, … by the components' first voxels.
    numbers: NDArray[np.uint32]
    # How many components there are.
    count: int


@dataclass(frozen=True, slots=True, eq=False)
class RunsBySize:
    """The same runs, component by component: the largest first, of equal ones the first met.

    A run takes 16 bytes, a component 16.
    """

    # Of the region.
    shape: tuple[int, ...]
    # How many runs are before those of each component: i has the runs first[i] … first[i + 1] - 1.
    first: NDArray[np.int64]
    # Of each run, its row, and the index along x of its first voxel and that behind its last.
    rows: NDArray[np.int64]
    edges: NDArray[np.int32]
    # How many voxels each component has.
    sizes: NDArray[np.int64]
