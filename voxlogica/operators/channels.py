"""Of several numbers a voxel, or several images in a file, the one that is meant."""

from __future__ import annotations

from voxlogica.images.arrays import np
from voxlogica.operators.signature import Choice, Model, Number, OperationError, Voxels, operator


@operator("channel", chooses="channel", voxels=Voxels(components=1))
def channel(image: Model, which: Choice) -> Model:
    """One channel of an image, by its number, counted from 0, or by its name in the file.

    Of a file with several channels, as microscopes write them, only that one is read. Of an image
    of several numbers a voxel, a colour or not, it is the number at that place: of RGB, 0 is red.

    Example: channel(img, 0)
    """
    count = image.components
    if isinstance(which, str):
        raise OperationError(f"this image has no channel of a name, as {which}", numbers(count))
    if not (which.is_integer() and 0 <= which < count):
        raise OperationError(f"there is no channel {which:g}", numbers(count))
    if count == 1:
        return image
    return image.with_array(np.ascontiguousarray(image.array[..., int(which)]))


@operator("frame", chooses="frame")
def frame(image: Model, time: Number) -> Model:
    """One time of an image that was loaded, counted from 0: of a film, or of a 4-D volume.

    Only that one is read. Where the file has several channels, too, choose among them likewise:
    `frame(channel(img, "DAPI"), 0)`.

    Example: frame(img, 0)
    """
    # Chosen while the program is reduced; of a file of one image, that one.
    if time != 0:
        raise OperationError(f"there is no frame {time:g}", "this image has one, 0")
    return image


def numbers(count: int) -> str:
    """Which channels or frames there are."""
    return "there is one, 0" if count == 1 else f"there are {count}, 0 to {count - 1}"
