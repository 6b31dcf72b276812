"""An image: an array of voxels and the geometry that places them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from voxlogica.dataclass import dataclass
from voxlogica.images.arrays import NDArray, np
from voxlogica.images.geometry import Geometry


@dataclass(frozen=True, slots=True, eq=False)
class Image:
    """Voxels on a grid.

    `array` is C-contiguous and never written to once the image is made: it is a read-only view of
    what was given, which the image takes over. Its shape is `geometry.shape`, with one more axis at
    the end for the components of a colour model. Its dtype says what the image is: bool for a
    region, float32 for a valuation of numbers, the file's own type for a model.
    """

    array: NDArray[Any]
    geometry: Geometry

    def __post_init__(self) -> None:
        view = self.array.view()
        view.flags.writeable = False
        object.__setattr__(self, "array", view)

    def sealed(self) -> Image:
        """The same for whoever may do with it as they like, which changes no voxel of this one."""
        owner = self.array
        while isinstance(owner.base, np.ndarray):
            owner = owner.base
            owner.flags.writeable = False
        return Image(self.array, self.geometry)

    @property
    def components(self) -> int:
        """How many values a voxel has: 1, 3 or 4 of a colour (RGB, RGBA), any number of vectors."""
        extra = self.array.ndim - self.geometry.dimension
        return int(self.array.shape[-1]) if extra else 1

    @property
    def dtype(self) -> np.dtype[Any]:
        """The type of a component."""
        return self.array.dtype

    @property
    def nbytes(self) -> int:
        """The size of the voxels in memory."""
        return int(self.array.nbytes)

    @property
    def arrays(self) -> tuple[NDArray[Any], ...]:
        """What of it takes memory."""
        return (self.array,)

    def with_array(self, array: NDArray[Any]) -> Image:
        """Other voxels in the same place."""
        return Image(array, self.geometry)

    def with_arrays(self, arrays: Sequence[NDArray[Any]]) -> Image:
        """The same with arrays equal to its own."""
        (array,) = arrays
        return Image(array, self.geometry)
