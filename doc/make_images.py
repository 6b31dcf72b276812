"""Make the images that the programs of doc/*.md work on.

    python doc/make_images.py

writes `flair.nii.gz` and `photo.png`, and in `cases/` a scan and its truth for each of three cases,
into `doc/images/`.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import SimpleITK as sitk  # noqa: N813

BRAIN, LESION, STRIPE, SPOT = 45, 120, 110, 60


def write(path: Path, voxels: np.ndarray) -> None:
    """Write an array over (z, y, x) as a scan with voxels of 1×1×2 mm."""
    path.parent.mkdir(parents=True, exist_ok=True)
    image = sitk.GetImageFromArray(voxels)
    image.SetSpacing((1.0, 1.0, 2.0))
    sitk.WriteImage(image, path)


def flair() -> np.ndarray:
    """A scan of 12×10×8 voxels: a brain, a lesion, a stripe, a spot at the edge."""
    scan = np.zeros((8, 10, 12), np.int16)
    scan[1:7, 2:8, 1:11] = BRAIN
    scan[2:5, 3:6, 3:6] = LESION
    scan[3, 4, 8:11] = STRIPE
    scan[5, 7, 10] = SPOT
    return scan


def photo() -> np.ndarray:
    """A picture of 8×6 pixels: a red square beside a blue one, on grey."""
    pixels = np.full((6, 8, 3), 128, np.uint8)
    pixels[1:5, 0:4] = (255, 0, 0)
    pixels[1:5, 4:8] = (0, 0, 255)
    return pixels


def main(folder: Path = Path(__file__).parent / "images") -> None:
    """Write the images into `folder`."""
    write(folder / "flair.nii.gz", flair())
    # Three cases: of other sizes and brightness, the truth drawn more or less well.
    for name, brightness, cut in (("ann", 1, 0), ("bob", 0.5, 1), ("cas", 2, 2)):
        scan = flair()[:, :, : 12 - cut]
        truth = scan == LESION
        truth[:, 5, 3] &= cut != 1
        write(folder / "cases" / name / "flair.nii.gz", (scan * brightness).astype(np.int16))
        write(folder / "cases" / name / "truth.nii.gz", truth.astype(np.uint8))
    sitk.WriteImage(sitk.GetImageFromArray(photo(), isVector=True), folder / "photo.png")


if __name__ == "__main__":
    main()
