"""What operators that treat each voxel alone have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from voxlogica.images.image import Image

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def voxelwise(ufunc: str, *arguments: Image | float) -> Image:
    """The numpy function of this name, voxel by voxel. At least one argument is an image.

    Valuations are float32, and numbers are rounded to it first, so arithmetic is float32's.
    """
    import numpy as np

    image = next(a for a in arguments if isinstance(a, Image))
    with np.errstate(all="ignore"):
        operands = [a.array if isinstance(a, Image) else np.float32(a) for a in arguments]
        return image.with_array(getattr(np, ufunc)(*operands))


def to_float32(array: NDArray[Any]) -> NDArray[np.float32]:
    """The array as a valuation's: C-contiguous, each value rounded to the nearest float32."""
    import numpy as np

    with np.errstate(all="ignore"):
        return np.ascontiguousarray(array, np.float32)
