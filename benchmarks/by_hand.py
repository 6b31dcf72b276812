"""The yardstick for whole programs: the glioma, written by hand with SimpleITK and numpy.

    python benchmarks/by_hand.py glioma OUTPUT DATA...
    python benchmarks/by_hand.py sweep DATA

It does what `glioma_without_texture.imgql` does, and the sweep that `programs.py` generates, as one
who knows SimpleITK would write it: nothing is computed twice.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import SimpleITK as sitk  # noqa: N813
from numpy.typing import NDArray

Array = NDArray[Any]


def distance(region: Any) -> Any:
    """From outside a region, the distance to it."""
    return sitk.SignedMaurerDistanceMap(
        region, insideIsPositive=False, squaredDistance=False, useImageSpacing=True
    )


def smoothed(region: Any, radius: float) -> Any:
    """Eroded, then dilated, by a ball of this radius."""
    return distance(distance(sitk.BinaryNot(region)) >= radius) <= radius


def near(region: Any) -> Array:
    """The voxels in a region or next to it."""
    dilated: Array = sitk.GetArrayFromImage(sitk.BinaryDilate(region, [1, 1, 1], sitk.sitkBox))
    return dilated.astype(np.bool_)


def labelled(region: Any) -> Array:
    """A number for each component."""
    labels: Array = sitk.GetArrayFromImage(sitk.ConnectedComponent(region, True))
    return labels


def meeting(labels: Array, target: Array) -> Array:
    """The components that have a voxel in the target."""
    met = np.zeros(labels.max() + 1, np.bool_)
    met[labels[target]] = True
    met[0] = False
    found: Array = met[labels]
    return found


def ranks(flair: Any) -> Array:
    """For each voxel of the brain the share of it that is darker; −1 outside."""
    values = sitk.GetArrayFromImage(flair)
    # Within a step of the border: those touch it.
    frame = np.ones(values.shape, np.bool_)
    frame[2:-2, 2:-2, 2:-2] = False
    brain = ~meeting(labelled(flair < 0.1), frame)
    inside = values[brain]
    result = np.full(values.shape, -1, np.float32)
    result[brain] = np.searchsorted(np.sort(inside), inside) / len(inside)
    return result


def image(array: Array, like: Any) -> Any:
    """An array over the grid of an image."""
    made = sitk.GetImageFromArray(array.astype(np.uint8) if array.dtype == np.bool_ else array)
    made.CopyInformation(like)
    return made


def glioma(data: Path, output: Path) -> None:
    """Print what the program prints, and save what it saves."""
    flair = sitk.ReadImage(data / "phantom_flair.nii.gz", sitk.sitkFloat32)
    truth = sitk.GetArrayFromImage(sitk.ReadImage(data / "phantom_seg.nii.gz")) > 0
    rank = image(ranks(flair), flair)
    hyper = smoothed(rank > 0.95, 5)
    very = smoothed(rank > 0.86, 4)
    grown = meeting(labelled(very), near(hyper))
    tumour = sitk.GetArrayFromImage(hyper).astype(np.bool_) | grown
    dice = 2 * np.count_nonzero(tumour & truth)
    print(f"dice={dice / (np.count_nonzero(tumour) + np.count_nonzero(truth))}")
    print(f"voxels={np.count_nonzero(tumour)}")
    output.mkdir(parents=True, exist_ok=True)
    sitk.WriteImage(image(tumour, flair), output / "phantom_grown.nii.gz", useCompression=True)


def thresholds() -> tuple[list[float], list[float]]:
    """What the sweep tries: for the hyperintense, and for the very intense."""
    return [round(0.9 + 0.01 * i, 2) for i in range(10)], [
        round(0.8 + 0.01 * i, 2) for i in range(10)
    ]


def sweep(data: Path) -> None:
    """Print the volume of the tumour for each pair of thresholds."""
    flair = sitk.ReadImage(data / "phantom_flair.nii.gz", sitk.sitkFloat32)
    rank = image(ranks(flair), flair)
    upper, lower = thresholds()
    labels = [labelled(smoothed(rank > low, 4)) for low in lower]
    for high in upper:
        hyper = smoothed(rank > high, 5)
        seeds, around = sitk.GetArrayFromImage(hyper).astype(np.bool_), near(hyper)
        for low, components in zip(lower, labels, strict=True):
            tumour = seeds | meeting(components, around)
            print(f"{high} {low}={np.count_nonzero(tumour)}")


if __name__ == "__main__":
    if sys.argv[1] == "glioma":
        for case in sys.argv[3:]:
            glioma(Path(case), Path(sys.argv[2]))
    else:
        sweep(Path(sys.argv[2]))
