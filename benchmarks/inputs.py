"""The inputs: the examples' phantoms at the size of clinical scans, made once and kept."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import SimpleITK as sitk  # noqa: N813
from numpy.typing import NDArray

ROOT = Path(__file__).parent.parent


@dataclass(frozen=True, slots=True)
class Scale:
    """How large the images are: sides in voxels along z, y, x; steps in mm along x, y, z.

    The head of the example is a small one: `head_file_spacing`, what is written into the file,
    makes it as large as an adult's.
    """

    name: str
    glioma_shape: tuple[int, int, int]
    glioma_spacing: tuple[float, float, float]
    head_shape: tuple[int, int, int]
    head_spacing: tuple[float, float, float]
    head_file_spacing: tuple[float, float, float]


FULL = Scale("full", (155, 240, 240), (1, 1, 1), (181, 256, 256), (0.45, 0.45, 0.5), (0.9, 0.9, 1))
QUICK = Scale("quick", (78, 120, 120), (2, 2, 2), (91, 128, 128), (0.9, 0.9, 1), (1.8, 1.8, 2))


def glioma(scale: Scale) -> tuple[NDArray[np.int16], NDArray[np.uint8]]:
    """A FLAIR-like scan with a tumour, and the truth, over (z, y, x)."""
    flair, truth = _phantom("glioma", scale.glioma_shape, scale.glioma_spacing)
    return flair, truth


def write_inputs(folder: Path, scale: Scale) -> None:
    """Write the phantoms into `folder`, named as the examples' programs want, unless there."""
    if (folder / "done").exists():
        return
    folder.mkdir(parents=True, exist_ok=True)
    flair, truth = glioma(scale)
    _write(flair, scale.glioma_spacing, folder / "phantom_flair.nii.gz")
    _write(truth, scale.glioma_spacing, folder / "phantom_seg.nii.gz")
    t1, _ = _phantom("head", scale.head_shape, scale.head_spacing)
    _write(t1, scale.head_file_spacing, folder / "phantom_t1.nii.gz")
    (folder / "done").touch()


def write_cases(folder: Path, scale: Scale, number: int) -> list[Path]:
    """Write so many different cases of the glioma, each into a folder of its own, unless there."""
    cases = [folder / f"case_{i:02}" for i in range(number)]
    for seed, case in enumerate(cases):
        if not (case / "done").exists():
            case.mkdir(parents=True, exist_ok=True)
            flair, truth = _phantom("glioma", scale.glioma_shape, scale.glioma_spacing, seed)
            _write(flair, scale.glioma_spacing, case / "phantom_flair.nii.gz")
            _write(truth, scale.glioma_spacing, case / "phantom_seg.nii.gz")
            (case / "done").touch()
    return cases


def read(path: Path) -> NDArray[Any]:
    """The voxels of a file, over (z, y, x)."""
    array: NDArray[Any] = sitk.GetArrayFromImage(sitk.ReadImage(path))
    return array


def _phantom(
    example: str, shape: tuple[int, ...], spacing: tuple[float, ...], *seed: int
) -> tuple[NDArray[Any], NDArray[Any]]:
    path = ROOT / "examples" / example / "make_inputs.py"
    found = importlib.util.spec_from_file_location(f"{example}_inputs", path)
    assert found is not None and found.loader is not None
    module: ModuleType = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    # Its sizes are in millimetres: on another grid, the same head.
    vars(module).update(SHAPE=shape, SPACING=spacing)
    scan, truth = module.phantom(*seed)
    return scan, truth


def _write(voxels: NDArray[Any], spacing: tuple[float, ...], path: Path) -> None:
    image = sitk.GetImageFromArray(voxels)
    image.SetSpacing(spacing)
    sitk.WriteImage(image, path, useCompression=True)
