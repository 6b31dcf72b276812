"""Drawing on 2-D images, each function a new one: `import "geom"`.

Generated: `python -m voxlogica.interface.stubs` writes it.
"""

from typing import Any

from numpy.typing import NDArray

from voxlogica.interface.image import Image

def blank(height: float, width: float, value: float = 0) -> Image:
    """An image of one value, of so many rows and columns, with spacing 1."""

def circle(image: Image | NDArray[Any], cx: float, cy: float, radius: float, value: float) -> Image:
    """The image with a filled circle: the voxels whose centre is at most a radius away."""

def regular_polygon(
    image: Image | NDArray[Any], cx: float, cy: float, radius: float, sides: float, value: float
) -> Image:
    """The image with a filled polygon of equal sides, whose corners are a radius from its centre."""
