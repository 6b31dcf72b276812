"""Make the inputs of `glioma.imgql`: a phantom of a FLAIR scan with a tumour, and the truth.

    python examples/glioma/make_inputs.py

writes `phantom_flair.nii.gz` (what a scanner would show after skull stripping: 0 outside the brain)
and `phantom_seg.nii.gz` (0 healthy, 2 oedema, 4 tumour core) into `input/` beside this file.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import SimpleITK as sitk  # noqa: N813
from numpy.typing import NDArray

Field = NDArray[np.floating]
Region = NDArray[np.bool_]

SHAPE = (64, 96, 96)  # voxels along z, y, x
SPACING = (1.8, 2.0, 2.4)  # mm along x, y, z: as in most clinical scans, not the same on all axes
SEED = 20190406


def smoothed(values: Field, sigma: float) -> Field:
    """Values blurred by a Gaussian of `sigma` mm."""
    image = sitk.GetImageFromArray(np.ascontiguousarray(values, dtype=np.float32))
    image.SetSpacing(SPACING)
    blurred: Field = sitk.GetArrayFromImage(sitk.SmoothingRecursiveGaussian(image, sigma))
    return blurred


def texture(rng: np.random.Generator, sigma: float) -> Field:
    """Random values of mean 0 and deviation 1, alike over distances of about `sigma` mm."""
    field = smoothed(rng.standard_normal(SHAPE), sigma)
    return np.asarray((field - field.mean()) / field.std())


def distance_to(region: Region) -> Field:
    """The distance of each voxel to the region, in mm; 0 within."""
    image = sitk.GetImageFromArray(region.astype(np.uint8))
    image.SetSpacing(SPACING)
    distances: Field = sitk.GetArrayFromImage(
        sitk.SignedMaurerDistanceMap(image, squaredDistance=False, useImageSpacing=True)
    )
    return np.maximum(distances, 0)


def phantom(seed: int = SEED) -> tuple[NDArray[np.int16], NDArray[np.uint8]]:
    """The scan and its truth, each an array over (z, y, x)."""
    rng = np.random.default_rng(seed)
    z, y, x = (
        ((np.arange(n) - (n - 1) / 2) * step).reshape([-1 if a == axis else 1 for a in range(3)])
        for axis, (n, step) in enumerate(zip(SHAPE, SPACING[::-1], strict=True))
    )

    def ellipsoid(centre: tuple[float, float, float], radii: tuple[float, float, float]) -> Field:
        """1 on the surface of the ellipsoid, less inside; in mm along x, y, z."""
        squared: Field = (
            ((x - centre[0]) / radii[0]) ** 2
            + ((y - centre[1]) / radii[1]) ** 2
            + ((z - centre[2]) / radii[2]) ** 2
        )
        return np.sqrt(squared)

    # The brain: an ellipsoid with folds, cleft in the middle.
    brain = ellipsoid((0, 0, 0), (68, 84, 62)) + 0.03 * texture(rng, 14) < 1
    depth = distance_to(~brain)
    sulci = (np.abs(texture(rng, 4.5)) < 0.16) & (depth < 18)
    cleft = (np.abs(x) < 1.5) & (depth < 34) & (z > -12)
    fluid = brain & (sulci | cleft)
    grey = brain & ~fluid & ((distance_to(fluid) < 3.2) | (depth < 3.2))
    ventricles = np.minimum(ellipsoid((-13, 2, 4), (6, 30, 9)), ellipsoid((13, 2, 4), (6, 30, 9)))

    scan = np.where(grey, 305.0, 235.0) + 4 * texture(rng, 3)
    scan[fluid] = 110
    scan[ventricles < 1.25] = 345  # a bright lining, as many healthy brains have
    scan[ventricles < 1] = 5  # FLAIR suppresses the fluid: some of its voxels are exactly 0

    # The tumour: a bright core, oedema around it, and a lobe that creeps into healthy white matter,
    # where two voxels of three are the tumour's.
    wobble = 0.13 * texture(rng, 7) + 0.05 * texture(rng, 3)
    bulk = ellipsoid((34, 16, 16), (23, 27, 22)) + wobble
    lobe = ellipsoid((30, -18, 10), (14, 26, 15)) + wobble
    infiltration = texture(rng, 2)
    core, oedema = bulk < 0.5, bulk < 1
    tumour = (oedema | (lobe < 1)) & brain & (ventricles > 1.25) & ~fluid
    scan[tumour & (infiltration > -0.45)] = 430
    scan[tumour & oedema] = 430 + 14 * infiltration[tumour & oedema]
    scan[core] = 510 + 24 * infiltration[core]

    # What is as bright as the tumour and is none: spots, a stripe, and a patch nearly as bright.
    for centre, radius in (((-40, -30, 10), 4), ((-30, 40, -14), 4.5), ((16, -56, 6), 4)):
        scan[brain & (ellipsoid(centre, (radius, radius, radius)) < 1)] = 520
    scan[brain & (np.abs(z + 44) < 2) & (np.abs(x) < 40)] = 480
    scan[brain & ~fluid & (ellipsoid((-34, 16, 22), (13, 15, 10)) < 1)] = 362

    # What the scanner adds: blur, uneven gain, noise; then everything outside the brain goes.
    gain = 1 + 0.05 * texture(rng, 45)
    real, imaginary = rng.normal(0, 7, (2, *SHAPE))
    scan = np.hypot(smoothed(scan, 0.9) * gain + real - 25, imaginary) * brain
    truth = np.where(core, 4, np.where(tumour, 2, 0))
    return np.rint(scan).astype(np.int16), truth.astype(np.uint8)


def main(folder: Path = Path(__file__).parent / "input") -> None:
    """Write the scan and its truth into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, voxels in zip(("phantom_flair", "phantom_seg"), phantom(), strict=True):
        image = sitk.GetImageFromArray(voxels)
        image.SetSpacing(SPACING)
        sitk.WriteImage(image, folder / f"{name}.nii.gz", useCompression=True)


if __name__ == "__main__":
    main()
