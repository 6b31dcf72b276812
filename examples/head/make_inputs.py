"""Make the inputs of `head.imgql`: a phantom of a T1-weighted scan of a head, and the truth.

    python -m examples.head.make_inputs

writes `phantom_t1.nii.gz` (a small head, cut at the neck) and `phantom_seg.nii.gz` (1 fluid within
the skull, 2 grey matter, 3 white matter, 0 all else) into `input/` beside this file.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from examples.phantoms import Grid

GRID = Grid(shape=(96, 112, 96), spacing=(1.0, 0.95, 0.9))
SEED = 19

# How bright a T1-weighted scan shows what a head is made of, air being 0.
BONE, FLUID, MUSCLE, GREY, WHITE, FAT = 12, 28, 88, 97, 128, 175


def phantom(grid: Grid = GRID, seed: int = SEED) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """The scan and its truth, each an array over (z, y, x)."""
    rng = np.random.default_rng(seed)
    x, y, z = grid.coordinates

    # From outside inwards: fat, muscle, bone, fluid, brain. The neck leaves the image below.
    neck = (np.hypot(x / 27, (y - 8) / 30) < 1) & (z < -10)
    head = (grid.ellipsoid((0, 0, 2), (46, 52, 41)) < 1) | neck
    depth = grid.distance_to(~head)
    cranium = grid.ellipsoid((0, 0, 3), (38.5, 44.5, 33.5)) < 1
    canal = (np.hypot(x, y - 6) < 9) & (z < 0)
    bone = grid.distance_to(cranium | canal) < 3
    stem = (np.hypot(x, y - 6) < 6.5) & (z < 0)
    cerebrum = grid.ellipsoid((0, 0, 3), (36, 42, 31)) + 0.02 * grid.texture(rng, 6) < 1

    # The brain is folded: fluid fills its sulci, grey matter lies under all of its surface and in
    # the nuclei, white matter is the rest.
    inwards = grid.distance_to(~cerebrum)
    around_stem = grid.ellipsoid((0, 6, -30), (16, 16, 16)) < 1
    sulci = (np.abs(grid.texture(rng, 4)) < 0.15) & (inwards < 11) & ~around_stem
    cleft = (np.abs(x) < 1) & (inwards < 20) & (z > 0)
    ventricles = np.minimum(
        grid.ellipsoid((-6, 2, 7), (3, 14, 4.5)), grid.ellipsoid((6, 2, 7), (3, 14, 4.5))
    )
    fluid = (cranium | canal) & ~(cerebrum | stem)
    fluid |= cerebrum & (sulci | cleft | (ventricles < 1))
    brain = (cerebrum | stem) & ~fluid
    outer = grid.distance_to((cranium & ~cerebrum) | (cerebrum & (sulci | cleft)))
    nuclei = np.minimum(
        grid.ellipsoid((-15, 0, 1), (4, 8, 6)), grid.ellipsoid((15, 0, 1), (4, 8, 6))
    )
    grey = brain & (((outer < 2.8) & ~stem) | (nuclei < 1))
    white = brain & ~grey

    scan = np.zeros(grid.shape)
    scan[head] = MUSCLE + 10 * grid.texture(rng, 1.5)[head]
    scan[head & (depth < 3)] = FAT
    scan[head & (depth < 1)] = MUSCLE
    scan[bone & head] = BONE
    for region, brightness in ((fluid, FLUID), (grey, GREY), (white, WHITE)):
        scan[region] = brightness
    # What joins the brain to the rest of the head by a thread: optic nerves, veins, the membrane
    # in the cleft. Without them, the brain would be a component of its own.
    for side in (-10, 10):
        scan[(np.hypot(x - side, z + 14) < 1.4) & (y < -24) & head & ~brain] = GREY
    for across, along in ((-20, 18), (14, -12), (24, 24), (-8, 30)):
        scan[(np.hypot(x - across, y - along) < 1.1) & (z > 12) & (depth > 2) & head & ~brain] = (
            GREY
        )
    scan[cleft & cerebrum & (np.abs(x) < 0.6) & (inwards < 8)] = GREY

    # What the scanner adds: blur, uneven gain, noise.
    gain = 1 + 0.02 * grid.texture(rng, 25)
    real, imaginary = rng.normal(0, 3, (2, *grid.shape))
    scan = np.hypot(grid.smoothed(scan, 0.45) * gain + real, imaginary)
    scan[(grid.distance_to(head) > 1.5) & (scan < 20)] = 0
    truth = np.select([fluid, grey, white], [1, 2, 3], 0)
    return np.clip(np.rint(scan), 0, 255).astype(np.uint8), truth.astype(np.uint8)


def main(folder: Path = Path(__file__).parent / "input") -> None:
    """Write the scan and its truth into `folder`."""
    for name, voxels in zip(("phantom_t1", "phantom_seg"), phantom(), strict=True):
        GRID.write(folder / f"{name}.nii.gz", voxels)


if __name__ == "__main__":
    main()
