"""Images that are the same whatever was loaded: they take the space of what they meet."""

from __future__ import annotations

from voxlogica.images.arrays import NDArray, np
from voxlogica.images.geometry import Geometry
from voxlogica.images.image import Image
from voxlogica.operators.signature import (
    AnyImage,
    Cost,
    Region,
    Space,
    Valuation,
    operator,
)


@operator("x", cost=Cost.PASS)
def x(space: Space) -> Valuation:
    """Each voxel's index along the first axis, counted from 0.

    An index, not a distance: the spacing plays no part.

    Example: x <. 10
    """
    return Image(_indices(space, 0), space)


@operator("y", cost=Cost.PASS)
def y(space: Space) -> Valuation:
    """Each voxel's index along the second axis, counted from 0.

    An index, not a distance: the spacing plays no part.

    Example: y <. 10
    """
    return Image(_indices(space, 1), space)


@operator("z", cost=Cost.PASS)
def z(space: Space) -> Valuation:
    """Each voxel's index along the third axis, counted from 0; 0 everywhere in a 2-D image.

    An index, not a distance: the spacing plays no part.

    Example: z =. 77
    """
    return Image(_indices(space, 2), space)


@operator("border", cost=Cost.PASS)
def border(space: Space) -> Region:
    """The voxels at the edge of the image: those whose index is first or last along some axis.

    Example: touch(a, border)
    """
    region = np.ones(space.shape, np.bool_)
    region[(slice(1, -1),) * space.dimension] = False
    return Image(region, space)


@operator("x", by_grid_alone=True, cost=Cost.PASS)
def x_of(image: AnyImage) -> Valuation:
    """Each voxel's index along the first axis, counted from 0, on the grid of an image.

    Example: max(x(img))
    """
    return x(image.geometry)


@operator("y", by_grid_alone=True, cost=Cost.PASS)
def y_of(image: AnyImage) -> Valuation:
    """Each voxel's index along the second axis, counted from 0, on the grid of an image.

    Example: max(y(img))
    """
    return y(image.geometry)


@operator("z", by_grid_alone=True, cost=Cost.PASS)
def z_of(image: AnyImage) -> Valuation:
    """Each voxel's index along the third axis, counted from 0, on the grid of an image.

    Example: max(z(img))
    """
    return z(image.geometry)


@operator("border", by_grid_alone=True, cost=Cost.PASS)
def border_of(image: AnyImage) -> Region:
    """The voxels at the edge of an image: those whose index is first or last along some axis.

    Example: touch(a, border(img))
    """
    return border(image.geometry)


def _indices(space: Geometry, axis: int) -> NDArray[np.float32]:
    if axis >= space.dimension:
        return np.zeros(space.shape, np.float32)
    along = np.arange(space.size[axis], dtype=np.float32)
    shape = [1] * space.dimension
    shape[-1 - axis] = -1
    return np.broadcast_to(along.reshape(shape), space.shape).copy()
