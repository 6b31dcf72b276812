"""How a program brings images onto one grid, as messages tell it."""

from __future__ import annotations

from voxlogica.images.differences import orientation, reoriented
from voxlogica.images.geometry import Geometry


def onto_one_grid(other: Geometry, reference: Geometry, name: str, onto: str) -> str:
    """How an image, here called `name`, comes onto the grid of the one called `onto`."""
    if other.dimension != reference.dimension:
        volume, name = (other, name) if other.dimension == 3 else (reference, onto)
        width, height, slices = volume.size
        slice_ = f"Extract({name}, [{width}, {height}, 0], [0, 0, {slices // 2}])"
        return f'after `import "simpleitk"`, `{slice_}` is a slice of {name}'
    turned = reoriented(other, reference)
    if (
        turned is not None
        and turned != other
        and turned.agrees_with(reference)
        and other.dimension == 3
    ):
        line = f'`DICOMOrient({name}, "{orientation(reference)}")` has the axes of {onto}'
    else:
        line = (
            f"`Resample({name}, {onto})` lies on the grid of {onto};"
            f" of a region or labels: `Resample({name}, {onto}, [], sitkNearestNeighbor)`"
        )
    return f'after `import "simpleitk"`, {line}'
