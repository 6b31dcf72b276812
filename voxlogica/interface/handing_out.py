"""Images as other libraries have them, and as files."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from voxlogica.images.arrays import NDArray, np
from voxlogica.images.encoding import stored
from voxlogica.images.geometry import Geometry
from voxlogica.images.image import Image
from voxlogica.images.levels import DEFAULT_LEVEL
from voxlogica.interface.telling import errors_of_images
from voxlogica.syntax.diagnostics import VoxLogicaError, error

if TYPE_CHECKING:
    from voxlogica.images.saving import Written


def to_sitk(image: Image) -> Any:
    """An image of SimpleITK's with a copy of the voxels; regions are uint8, 0 and 1.

    Lengths are in millimetres, as SimpleITK reads them from files; of pixels, one is one.
    """
    from voxlogica.images.library import itk_image

    return itk_image(stored(image.array), image.geometry.in_unit("mm"), image.components)


def to_nibabel(image: Image, *, is_colour: bool = False) -> Any:
    """A Nifti1Image, on the voxels where they lie; regions are uint8, 0 and 1.

    Its axes are x, y, z, and its affine is `affine(image.geometry)`. The header says what that of a
    saved file says: both forms, the unit, and the type. Several numbers of a voxel are a fifth
    axis; bytes that are a colour are one value, of the type RGB or RGBA.

    Raises VoxLogicaError where nibabel is not installed.
    """
    try:
        import nibabel
    except ImportError as problem:
        said = error("nibabel is not installed", hint="`pip install nibabel`")
        raise VoxLogicaError([said]) from problem
    values, components = stored(image.array), image.components
    colour = "RGBA"[:components] if is_colour and components in (3, 4) else ""
    n = image.geometry.dimension
    if colour and values.dtype == np.uint8:
        values = values.view([(letter, "u1") for letter in colour])[..., 0]
        components, colour = 1, ""
    values = values.transpose([*range(n)][::-1] + [n] * (components > 1))
    if components > 1:
        values = values.reshape((*(*image.geometry.size, 1, 1)[:4], components))
    place = affine(image.geometry)
    made = nibabel.Nifti1Image(values, place, dtype=values.dtype)
    # The header has the place in float32; the image keeps it as it is.
    made.set_qform(place, code=1, update_affine=False)
    made.set_sform(place, code=1, update_affine=False)
    made.header.set_xyzt_units("micron" if image.geometry.unit == "um" else "mm", "sec")
    if components > 1:
        made.header.set_intent("vector", name=colour)
    return made


def affine(geometry: Geometry) -> NDArray[np.float64]:
    """The matrix from indices of voxels, x, y, z, 1, to places, as nibabel and NIfTI count them.

    4 × 4 in float64, in the geometry's unit; x runs from left to right and y from back to front,
    where our own origin and direction run the other way. A 2-D image lies at z = 0.
    """
    n = geometry.dimension
    matrix = np.eye(4)
    cosines = np.array(geometry.direction).reshape(n, n)
    matrix[:n, :n] = cosines * np.array(geometry.spacing)
    matrix[:n, 3] = geometry.origin
    matrix[:2] *= -1.0
    return matrix + 0.0


def save(
    image: Image,
    path: str | os.PathLike[str],
    *,
    labels: bool = False,
    is_colour: bool = False,
    compression: int = DEFAULT_LEVEL,
) -> Written:
    """Write an image to a file as the language's `save` does: whole, or not at all.

    The format is that of the path's ending; types are as in `Staging.write`: `labels` get the
    smallest type that holds them, and regions are 0 and 1. What there is to warn of is in what is
    given back. Raises VoxLogicaError where the format cannot hold the image, or the disk cannot.
    """
    from voxlogica.images.writing import Staging

    with errors_of_images(), Staging([path], compression) as staging:
        written = staging.write(path, image, labels=labels, colour=is_colour)
        staging.commit()
        return written
