"""Turn what the examples saved into the pictures of the README: `result.png` in each folder.

    python examples/pictures.py

reads the `input/` and `output/` of each example that was run.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import SimpleITK as sitk  # noqa: N813
from numpy.typing import NDArray

Picture = NDArray[np.uint8]  # over (y, x, colour)
Plane = NDArray[np.floating]  # over (y, x)
Region = NDArray[np.bool_]

TUMOUR, TRUTH = (230, 60, 50), (70, 220, 255)
WHITE_MATTER, GREY_MATTER = (255, 214, 120), (70, 140, 225)


def voxels(path: Path) -> NDArray[np.floating]:
    """The numbers in an image file, over (z, y, x) or (y, x, colour)."""
    return np.asarray(sitk.GetArrayFromImage(sitk.ReadImage(path)), dtype=np.float64)


def grey_levels(plane: Plane, brightest: float) -> Picture:
    """Numbers from 0 to `brightest` as black to white."""
    level = 255 * np.clip(plane / brightest, 0, 1)
    return np.repeat(level[..., None], 3, axis=-1).astype(np.uint8)


def painted(
    picture: Picture, region: Region, colour: tuple[int, int, int], opacity: float = 0.5
) -> Picture:
    """The picture with a region in a translucent colour."""
    result = picture.astype(float)
    result[region] = (1 - opacity) * result[region] + opacity * np.array(colour)
    return result.astype(np.uint8)


def enlarged(plane: NDArray[Any], factor: int) -> NDArray[Any]:
    """Each pixel as a square of `factor` by `factor`."""
    return plane.repeat(factor, axis=0).repeat(factor, axis=1)


def outline(region: Region) -> Region:
    """The pixels of a region that have a neighbour outside it."""
    image = sitk.GetImageFromArray(region.astype(np.uint8))
    return np.asarray(sitk.GetArrayFromImage(sitk.BinaryContour(image, True)), dtype=bool)


def side_by_side(*pictures: Picture) -> Picture:
    """Pictures of one height in a row, parted by a white line."""
    gap = np.full((pictures[0].shape[0], 4, 3), 255, np.uint8)
    row = [part for picture in pictures for part in (gap, picture)]
    return np.concatenate(row[1:], axis=1)


def coloured_items(folder: Path) -> Picture:
    """The photo; the red things outlined; all things cut out. Half the size, to be a small file."""
    pictures = []
    for name in ("input/photo.png", "output/red_outlined.png", "output/cut_out.png"):
        photo = voxels(folder / name)
        height, width = photo.shape[0] // 2, photo.shape[1] // 2
        half = photo.reshape(height, 2, width, 2, 3).mean(axis=(1, 3))
        pictures.append((half // 8 * 8).astype(np.uint8))
    return side_by_side(*pictures)


def region_calculus(folder: Path) -> Picture:
    """The pairs with the relations that hold marked."""
    return voxels(folder / "output/relations.png").astype(np.uint8)


def glioma(folder: Path) -> Picture:
    """A slice: the scan; the ranks; the similarity; what was found, with the truth's outline."""
    flair, truth = (voxels(folder / f"input/phantom_{name}.nii.gz") for name in ("flair", "seg"))
    rank, similarity, tumour = (
        voxels(folder / f"output/phantom_{name}.nii.gz")
        for name in ("rank", "similarity", "tumour")
    )
    z = int(np.count_nonzero(truth, axis=(1, 2)).argmax())
    scan = grey_levels(enlarged(flair[z], 3), np.percentile(flair, 99.8))
    found = painted(scan, enlarged(tumour[z] > 0, 3).astype(bool), TUMOUR)
    return side_by_side(
        scan,
        grey_levels(enlarged(rank[z], 3), 1),
        grey_levels(enlarged(similarity[z], 3), 1),
        painted(found, outline(enlarged(truth[z] > 0, 3).astype(bool)), TRUTH, 1),
    )


def head(folder: Path) -> Picture:
    """A slice from above and one from the front: each the scan, then with its tissues painted."""
    scan = voxels(folder / "input/phantom_t1.nii.gz")
    white, grey = (
        voxels(folder / f"output/phantom_{name}.nii.gz") > 0 for name in ("white", "grey")
    )
    pictures = []
    for plane in (np.s_[52], np.s_[::-1, 52]):  # from above; from the front, its top upwards
        before = grey_levels(enlarged(scan[plane], 3), 190)
        after = painted(before, enlarged(white[plane], 3).astype(bool), WHITE_MATTER)
        pictures += [before, painted(after, enlarged(grey[plane], 3).astype(bool), GREY_MATTER)]
    height = max(len(picture) for picture in pictures)
    return side_by_side(*(np.pad(p, ((0, height - len(p)), (0, 0), (0, 0))) for p in pictures))


def dataset(folder: Path) -> Picture:
    """A slice of each case, with the lesion found and the truth."""
    files = sorted((folder / "output").glob("case_*.png"))
    return side_by_side(*(voxels(file).astype(np.uint8) for file in files))


def filters(folder: Path) -> Picture:
    """The micrograph; without noise and background; with the cells marked. In few shades: noise is
    what makes a file large."""
    cells = voxels(folder / "input/cells.png")
    smooth = voxels(folder / "output/smooth.png")
    found = voxels(folder / "output/found.png").astype(np.uint8)
    row = side_by_side(grey_levels(cells, 255), grey_levels(smooth, smooth.max()), found)
    return row // 16 * 16


def cells(folder: Path) -> Picture:
    """A slice of the stack, its channels in blue, green and red; the nuclei, and what is around."""
    stack = voxels(folder / "input/stack.ome.tif").reshape(3, 14, 128, 160)[:, 6]
    merged = np.stack(
        [
            (plane - 100) / bright
            for plane, bright in zip(stack[::-1], (600, 700, 900), strict=True)
        ],
        axis=-1,
    )
    shown = (255 * np.clip(merged, 0, 1)).astype(np.uint8) // 32 * 32
    colours = np.random.default_rng(4).integers(60, 240, (256, 3)).astype(np.uint8)
    colours[0] = 0
    labels = [
        voxels(folder / f"output/{name}.tif")[6].astype(int) for name in ("nuclei", "cytoplasm")
    ]
    found = np.maximum(colours[labels[0]], colours[labels[1]] // 2)
    return side_by_side(enlarged(shown, 2), enlarged(found, 2))


def study(folder: Path) -> Picture:
    """Six of the twelve cases; that with a lesion that is missed, and the healthy one, too."""
    names = ("p02", "p04", "p05", "p07", "p09", "p10")
    return side_by_side(*(voxels(folder / f"output/{n}.png").astype(np.uint8) for n in names))


PICTURES: dict[str, Callable[[Path], Picture]] = {
    "coloured_items": coloured_items,
    "region_calculus": region_calculus,
    "glioma": glioma,
    "head": head,
    "dataset": dataset,
    "filters": filters,
    "cells": cells,
    "study": study,
}


def main(examples: Path = Path(__file__).parent) -> None:
    """Write `result.png` into the folder of each example that was run."""
    for name, picture in PICTURES.items():
        if not (examples / name / "output").exists():
            continue
        image = sitk.GetImageFromArray(picture(examples / name), isVector=True)
        sitk.WriteImage(image, examples / name / "result.png", useCompression=True)


if __name__ == "__main__":
    main()
