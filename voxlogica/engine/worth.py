"""What is worth its place in the store."""

from __future__ import annotations

from voxlogica.engine.store_values import is_storable
from voxlogica.images.image import Image

# What a put costs a processor, measured on the images of frames.py with compression, digest and
# file: bytes of voxels a second, and the seconds that a row and a file take.
_WRITING, _WRITING_REGIONS = 400e6, 2500e6
_A_ROW, _A_FILE = 100e-6, 500e-6
# What is kept took at least so many times as long to compute as it takes to write. So writing costs
# but a part of a run, even if that has no idle core.
_WORTH = 8


def worth_keeping(seconds: float, value: object) -> bool:
    """Whether a result that took `seconds` to compute is worth its place in the store.

    It is if computing it took several times as long as writing it will. What cannot be stored, such
    as a sequence of images, is not.
    """
    if not is_storable(value):
        return False
    writing = _A_ROW
    if isinstance(value, Image):
        region = value.array.dtype.name == "bool"
        writing += _A_FILE + value.nbytes / (_WRITING_REGIONS if region else _WRITING)
    return seconds >= _WORTH * writing
