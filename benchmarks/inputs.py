"""The inputs: the examples' phantoms at the size of clinical scans, made once and kept."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import SimpleITK as sitk  # noqa: N813
from numpy.typing import NDArray

from examples.glioma.make_inputs import phantom as glioma_phantom
from examples.head.make_inputs import phantom as head_phantom
from examples.phantoms import Grid

ROOT = Path(__file__).parent.parent


@dataclass(frozen=True, slots=True)
class Scale:
    """How large the images are.

    The head of the example is a small one: `head_file_spacing`, what is written into the file,
    makes it as large as an adult's.
    """

    name: str
    glioma: Grid
    head: Grid
    head_file_spacing: tuple[float, float, float]


FULL = Scale(
    "full",
    glioma=Grid((155, 240, 240), (1, 1, 1)),
    head=Grid((181, 256, 256), (0.45, 0.45, 0.5)),
    head_file_spacing=(0.9, 0.9, 1),
)
QUICK = Scale(
    "quick",
    glioma=Grid((78, 120, 120), (2, 2, 2)),
    head=Grid((91, 128, 128), (0.9, 0.9, 1)),
    head_file_spacing=(1.8, 1.8, 2),
)


def glioma(scale: Scale) -> tuple[NDArray[np.int16], NDArray[np.uint8]]:
    """A FLAIR-like scan with a tumour, and the truth, over (z, y, x)."""
    return glioma_phantom(scale.glioma)


def write_inputs(folder: Path, scale: Scale) -> None:
    """Write the phantoms into `folder`, named as the examples' programs want, unless there."""
    if (folder / "done").exists():
        return
    flair, truth = glioma(scale)
    scale.glioma.write(folder / "phantom_flair.nii.gz", flair)
    scale.glioma.write(folder / "phantom_seg.nii.gz", truth)
    t1, _ = head_phantom(scale.head)
    Grid(scale.head.shape, scale.head_file_spacing).write(folder / "phantom_t1.nii.gz", t1)
    (folder / "done").touch()


def write_cases(folder: Path, scale: Scale, number: int) -> list[Path]:
    """Write so many different cases of the glioma, each into a folder of its own, unless there."""
    cases = [folder / f"case_{i:02}" for i in range(number)]
    for seed, case in enumerate(cases):
        if not (case / "done").exists():
            flair, truth = glioma_phantom(scale.glioma, seed)
            scale.glioma.write(case / "phantom_flair.nii.gz", flair)
            scale.glioma.write(case / "phantom_seg.nii.gz", truth)
            (case / "done").touch()
    return cases


def read(path: Path) -> NDArray[Any]:
    """The voxels of a file, over (z, y, x)."""
    array: NDArray[Any] = sitk.GetArrayFromImage(sitk.ReadImage(path))
    return array
