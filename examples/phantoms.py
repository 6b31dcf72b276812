"""What the phantoms of the examples are made of: ellipsoids, random textures, distances."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import SimpleITK as sitk  # noqa: N813
from numpy.typing import NDArray

Field = NDArray[np.floating]  # over (z, y, x)
Region = NDArray[np.bool_]
Point = tuple[float, float, float]  # mm along x, y, z


@dataclass(frozen=True)
class Grid:
    """The voxels of a scan: how many along z, y, x; and mm from one to the next along x, y, z."""

    shape: tuple[int, int, int]
    spacing: Point

    @property
    def coordinates(self) -> tuple[Field, Field, Field]:
        """The x, y and z of the voxels, in mm from the middle, each along its own axis."""
        z, y, x = (
            ((np.arange(n) - (n - 1) / 2) * step).reshape(
                [-1 if a == axis else 1 for a in range(3)]
            )
            for axis, (n, step) in enumerate(zip(self.shape, self.spacing[::-1], strict=True))
        )
        return x, y, z

    def ellipsoid(self, centre: Point, radii: Point) -> Field:
        """1 on the surface of the ellipsoid, less inside."""
        x, y, z = self.coordinates
        squared: Field = (
            ((x - centre[0]) / radii[0]) ** 2
            + ((y - centre[1]) / radii[1]) ** 2
            + ((z - centre[2]) / radii[2]) ** 2
        )
        return np.sqrt(squared)

    def smoothed(self, values: Field, sigma: float) -> Field:
        """Values blurred by a Gaussian of `sigma` mm."""
        image = self.image(np.ascontiguousarray(values, dtype=np.float32))
        blurred: Field = sitk.GetArrayFromImage(sitk.SmoothingRecursiveGaussian(image, sigma))
        return blurred

    def texture(self, rng: np.random.Generator, sigma: float) -> Field:
        """Random values of mean 0 and deviation 1, alike over distances of about `sigma` mm."""
        field = self.smoothed(rng.standard_normal(self.shape), sigma)
        return np.asarray((field - field.mean()) / field.std())

    def distance_to(self, region: Region) -> Field:
        """The distance of each voxel to the region, in mm; 0 within."""
        distances: Field = sitk.GetArrayFromImage(
            sitk.SignedMaurerDistanceMap(
                self.image(region.astype(np.uint8)), squaredDistance=False, useImageSpacing=True
            )
        )
        return np.maximum(distances, 0)

    def image(self, voxels: NDArray[Any]) -> sitk.Image:
        """The voxels as an image of this grid."""
        image = sitk.GetImageFromArray(voxels)
        image.SetSpacing(self.spacing)
        return image

    def write(self, path: Path, voxels: NDArray[Any]) -> None:
        """Write the voxels to a file, making its folder."""
        path.parent.mkdir(parents=True, exist_ok=True)
        sitk.WriteImage(self.image(voxels), path, useCompression=True)
