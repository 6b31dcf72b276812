"""Make the inputs of `glioma.imgql`: a phantom of a FLAIR scan with a tumour, and the truth.

    python -m examples.glioma.make_inputs

writes `phantom_flair.nii.gz` (what a scanner would show after skull stripping: 0 outside the brain)
and `phantom_seg.nii.gz` (0 healthy, 2 oedema, 4 tumour core) into `input/` beside this file.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from examples.phantoms import Grid

# As in most clinical scans, the spacing is not the same on all axes.
GRID = Grid(shape=(64, 96, 96), spacing=(1.8, 2.0, 2.4))
SEED = 20190406


def phantom(grid: Grid = GRID, seed: int = SEED) -> tuple[NDArray[np.int16], NDArray[np.uint8]]:
    """The scan and its truth, each an array over (z, y, x)."""
    rng = np.random.default_rng(seed)
    x, _, z = grid.coordinates

    # The brain: an ellipsoid with folds, cleft in the middle.
    brain = grid.ellipsoid((0, 0, 0), (68, 84, 62)) + 0.03 * grid.texture(rng, 14) < 1
    depth = grid.distance_to(~brain)
    sulci = (np.abs(grid.texture(rng, 4.5)) < 0.16) & (depth < 18)
    cleft = (np.abs(x) < 1.5) & (depth < 34) & (z > -12)
    fluid = brain & (sulci | cleft)
    grey = brain & ~fluid & ((grid.distance_to(fluid) < 3.2) | (depth < 3.2))
    ventricles = np.minimum(
        grid.ellipsoid((-13, 2, 4), (6, 30, 9)), grid.ellipsoid((13, 2, 4), (6, 30, 9))
    )

    scan = np.where(grey, 305.0, 235.0) + 4 * grid.texture(rng, 3)
    scan[fluid] = 110
    scan[ventricles < 1.25] = 345  # a bright lining, as many healthy brains have
    scan[ventricles < 1] = 5  # FLAIR suppresses the fluid: some of its voxels are exactly 0

    # The tumour: a bright core, oedema around it, and a lobe that creeps into healthy white matter,
    # where two voxels of three are the tumour's.
    wobble = 0.13 * grid.texture(rng, 7) + 0.05 * grid.texture(rng, 3)
    bulk = grid.ellipsoid((34, 16, 16), (23, 27, 22)) + wobble
    lobe = grid.ellipsoid((30, -18, 10), (14, 26, 15)) + wobble
    infiltration = grid.texture(rng, 2)
    core, oedema = bulk < 0.5, bulk < 1
    tumour = (oedema | (lobe < 1)) & brain & (ventricles > 1.25) & ~fluid
    scan[tumour & (infiltration > -0.45)] = 430
    scan[tumour & oedema] = 430 + 14 * infiltration[tumour & oedema]
    scan[core] = 510 + 24 * infiltration[core]

    # What is as bright as the tumour and is none: spots, a stripe, and a patch nearly as bright.
    for centre, radius in (((-40, -30, 10), 4), ((-30, 40, -14), 4.5), ((16, -56, 6), 4)):
        scan[brain & (grid.ellipsoid(centre, (radius, radius, radius)) < 1)] = 520
    scan[brain & (np.abs(z + 44) < 2) & (np.abs(x) < 40)] = 480
    scan[brain & ~fluid & (grid.ellipsoid((-34, 16, 22), (13, 15, 10)) < 1)] = 362

    # What the scanner adds: blur, uneven gain, noise; then everything outside the brain goes.
    gain = 1 + 0.05 * grid.texture(rng, 45)
    real, imaginary = rng.normal(0, 7, (2, *grid.shape))
    scan = np.hypot(grid.smoothed(scan, 0.9) * gain + real - 25, imaginary) * brain
    truth = np.where(core, 4, np.where(tumour, 2, 0))
    return np.rint(scan).astype(np.int16), truth.astype(np.uint8)


def main(folder: Path = Path(__file__).parent / "input") -> None:
    """Write the scan and its truth into `folder`."""
    for name, voxels in zip(("phantom_flair", "phantom_seg"), phantom(), strict=True):
        GRID.write(folder / f"{name}.nii.gz", voxels)


if __name__ == "__main__":
    main()
