"""JPEG pictures for pages.

SimpleITK writes such files, too, but takes ten times as long, and only to files: the pictures of a
page are of whole volumes, and made while somebody waits.
"""

from __future__ import annotations

from voxlogica.images.arrays import NDArray, np


def jpeg(pixels: NDArray[np.uint8], quality: int) -> bytes:
    """A picture of greys, shape (height, width), or of red, green and blue, (height, width, 3).

    `quality` is from 1 to 100, as libjpeg has it; a side is at most 65,500 pixels. O(pixels).
    """
    import imagecodecs

    return bytes(imagecodecs.jpeg8_encode(np.ascontiguousarray(pixels), level=quality))
