"""Make the input of `filters.imgql`: a phantom of a fluorescence micrograph, and the truth.

    python -m examples.filters.make_inputs

writes `cells.png` (bright cells on a dark, uneven background, with noise) and `truth.png` (a grey
level for each cell, 0 outside) into `input/` beside this file.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import SimpleITK as sitk  # noqa: N813
from numpy.typing import NDArray

SHAPE = (200, 280)  # pixels along y, x
SEED = 12

# Cells as ellipses: centre x, y; radii; angle; how many bright bodies within.
CELLS = (
    (42, 40, 19, 14, 0.4, 0),
    (76, 52, 20, 15, -0.5, 2),  # these two touch
    (140, 36, 17, 17, 0.0, 1),
    (206, 44, 22, 14, 0.9, 0),
    (236, 66, 18, 15, 0.0, 1),  # and these
    (60, 118, 16, 18, 0.0, 0),
    (118, 98, 21, 15, 1.2, 0),
    (146, 118, 17, 15, 0.0, 3),  # and these
    (206, 132, 20, 16, -0.6, 0),
    (96, 164, 22, 14, 0.1, 1),
    (168, 170, 15, 19, 0.3, 0),
    (250, 168, 17, 15, 0.0, 2),
    (-10, 84, 24, 18, 0.0, 1),  # this one and the next are cut by the edge of the picture
    (289, 112, 24, 16, 0.0, 0),
    (30, 198, 20, 15, 0.2, 0),
)


def micrograph(seed: int = SEED) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """The picture and the number of the cell at each pixel, arrays over (y, x)."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[: SHAPE[0], : SHAPE[1]]
    truth = np.zeros(SHAPE, np.uint8)
    light = np.zeros(SHAPE)
    for number, (centre_x, centre_y, along, across, angle, bodies) in enumerate(CELLS, start=1):
        u = (x - centre_x) * np.cos(angle) + (y - centre_y) * np.sin(angle)
        v = (y - centre_y) * np.cos(angle) - (x - centre_x) * np.sin(angle)
        cell = np.hypot(u / along, v / across) < 1
        truth[cell & (truth == 0)] = number
        light[cell] = rng.uniform(52, 70)
        # The nucleus takes up no dye: a hole in the cell.
        light[np.hypot(u / along, v / across) < 0.3] = 8
        for turn in 2 * np.pi * (np.arange(bodies) / 5 + 0.45):
            at = (u / along - 0.68 * np.cos(turn), v / across - 0.68 * np.sin(turn))
            light[np.hypot(at[0] * along, at[1] * across) < 2.6] = 170

    # What the microscope adds: blur, a lamp that is brighter on one side, noise, hot pixels.
    image = sitk.SmoothingRecursiveGaussian(sitk.GetImageFromArray(light), 1.0)
    lamp = 20 + 60 * x / SHAPE[1] + 20 * y / SHAPE[0]
    picture = sitk.GetArrayFromImage(image) + lamp + rng.normal(0, 11, SHAPE)
    picture[rng.random(SHAPE) < 0.02] = 255
    return np.clip(np.rint(picture), 0, 255).astype(np.uint8), truth


def main(folder: Path = Path(__file__).parent / "input") -> None:
    """Write the picture and its truth into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    picture, truth = micrograph()
    sitk.WriteImage(sitk.GetImageFromArray(picture), folder / "cells.png")
    sitk.WriteImage(sitk.GetImageFromArray(truth * 16), folder / "truth.png")


if __name__ == "__main__":
    main()
