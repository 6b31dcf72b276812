"""Make the inputs of `dataset.imgql`: a folder of small phantoms of FLAIR scans, and their truths.

    python -m examples.dataset.make_inputs

writes, for each case, `case_01/flair.nii.gz` (0 outside the brain) and `case_01/truth.nii.gz` (1 in
the lesion, else 0) into `input/` beside this file. Brightness, size and number of slices differ.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from examples.phantoms import Grid

CASES = 6
SEED = 5


def phantom(
    grid: Grid, seed: int, noise: float = 26, healthy: bool = False
) -> tuple[NDArray[np.int16], NDArray[np.uint8]]:
    """A scan and its truth, each an array over (z, y, x); without a lesion if it is healthy."""
    rng = np.random.default_rng(seed)
    size = rng.uniform(0.9, 1.05)
    brain = (
        grid.ellipsoid((0, 0, 0), (56 * size, 68 * size, 50 * size)) + 0.04 * grid.texture(rng, 12)
        < 1
    )
    depth = grid.distance_to(~brain)
    grey = brain & (depth < 6 + 3 * grid.texture(rng, 8))
    scan = np.where(grey, 300.0, 240.0) + 6 * grid.texture(rng, 5)

    # The lesion: a bright core in a rim nearly as bright, on either side of the brain.
    side = rng.choice((-1, 1))
    x, y, z = side * rng.uniform(20, 28), rng.uniform(-22, 22), rng.uniform(-10, 14)
    radius = rng.uniform(14, 22)
    wobble = 0.12 * grid.texture(rng, 6)
    lesion = grid.ellipsoid((x, y, z), (radius, 1.2 * radius, radius)) + wobble
    lesion[~brain | healthy] = 2
    scan[lesion < 1] = 370
    scan[lesion < rng.uniform(0.4, 0.6)] = 440

    # What is as bright as the core and is none: a small spot. As bright as the rim: a patch.
    scan[brain & (grid.ellipsoid((-x, y, -z), (7, 7, 7)) < 1)] = 450
    scan[brain & (grid.ellipsoid((-x, -y, z), (10, 13, 10)) < 1)] = 375

    # What the scanner adds: a scale of its own, blur, noise.
    scan = rng.uniform(0.6, 1.8) * (grid.smoothed(scan, 1.5) + rng.normal(0, noise, grid.shape))
    return np.rint(np.maximum(scan, 1) * brain).astype(np.int16), (lesion < 1).astype(np.uint8)


def main(folder: Path = Path(__file__).parent / "input") -> None:
    """Write the cases into `folder`."""
    for case in range(1, CASES + 1):
        grid = Grid(shape=(26 + 2 * (case % 3), 50, 42), spacing=(3.0, 3.0, 4.0))
        for name, voxels in zip(("flair", "truth"), phantom(grid, SEED + case), strict=True):
            grid.write(folder / f"case_{case:02}" / f"{name}.nii.gz", voxels)


if __name__ == "__main__":
    main()
