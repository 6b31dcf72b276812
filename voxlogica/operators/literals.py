"""The operations that programs do not call by name: literals, sequences, loaded files, alignment.

They are declared apart from the registry: the reducer puts them into workplans itself.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import chain
from typing import TYPE_CHECKING, Any

from voxlogica.images.arrays import NDArray, np
from voxlogica.images.differences import differences, orientation, reoriented
from voxlogica.images.geometry import Geometry
from voxlogica.images.image import Image
from voxlogica.operators.signature import (
    BOOL,
    MODEL,
    NUMBER,
    REGION,
    STRING,
    VALUATION,
    Cost,
    OperationError,
    Operator,
    Type,
    Voxels,
    sequence_of,
)
from voxlogica.remarks import remark

if TYPE_CHECKING:
    from voxlogica.images.given import GivenImage
    from voxlogica.images.reading import ImageFile


# Of values that are none of a region, so many are named.
_SHOWN = 5


def _itself(value: Any) -> Any:
    return value


def _at(items: list[Any], index: float) -> Any:
    return items[place_in(len(items), index)]


def place_in(length: int, index: float) -> int:
    """Where the element of an index is, in a sequence of a length; OperationError if nowhere."""
    if index != index // 1:
        raise OperationError(f"an index is a whole number, found {index:g}")
    if not 0 <= index < length:
        raise OperationError(
            f"index {index:g} is out of range: the sequence has "
            f"{'1 element' if length == 1 else f'{length} elements'}",
            "the first element has index 0",
        )
    return int(index)


def _load(file: ImageFile | GivenImage) -> Image:
    from voxlogica.images.reading import read_image

    return read_image(file)


def _fitted(image: Image, other: Image | Geometry, name: str) -> Image:
    place = other.geometry if isinstance(other, Image) else other
    if image.geometry.size != place.size:
        raise OperationError(
            f"`{name}` got images of different sizes: {image.geometry} and {place}",
            onto_one_grid(image.geometry, place, "image", "reference"),
        )
    if not image.geometry.agrees_with(place):
        remark(
            f"`{name}` got images of one size that lie in different places"
            f" ({differences(image.geometry, place)}): voxels are matched by index",
            onto_one_grid(image.geometry, place, "image", "reference"),
        )
    elif place.is_unplaced and not image.geometry.is_unplaced:
        remark(
            f"`{name}` got an image in pixels, and one whose voxels have a size"
            f" ({image.geometry.steps}): pixels are counted",
            "load the image first that has lengths, and distances are in its unit",
        )
    return Image(image.array, place)


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


def _numbers(image: Image, name: str, parameter: str) -> Image:
    # Not at the top: families register in the order of manuals, which is not this module's to say.
    from voxlogica.operators.colour import intensity

    if image.dtype.kind == "c":
        raise OperationError(
            f"`{name}` expects numbers{_as(parameter)}, found an image of complex numbers",
            "`ComplexToModulus(…)`, `ComplexToReal(…)` and `ComplexToPhase(…)` give numbers",
        )
    if image.components != 1 and (image.components not in (3, 4) or image.dtype.kind not in "iu"):
        raise OperationError(
            f"`{name}` expects one number a voxel{_as(parameter)}, found {image.components} of type"
            f" {image.dtype.name}",
            "`VectorMagnitude(…)` or `VectorIndexSelectionCast(…, 0)` gives one",
        )
    return intensity(image)


def is_of_two_values(array: NDArray[Any]) -> bool:
    """Whether there is 0 and one other value, at most."""
    other = array.max() or array.min()
    return bool(np.all((array == 0) | (array == other)))


def _region(image: Image, name: str, parameter: str) -> Image:
    if image.components == 1 and image.dtype.kind != "c":
        if is_of_two_values(image.array):
            return image.with_array(image.array != 0)
        found = "several other values"
    else:
        found = f"{image.components} values a voxel of type {image.dtype.name}"
    raise OperationError(
        f"`{name}` expects a region{_as(parameter)}: an image of 0 and one other value, found"
        f" {found}",
        "compare it with a number: `… > 0` is a region",
    )


def _mask(image: Image, parameter: str) -> Image:
    if image.components > 1 or image.dtype.kind == "c":
        image = _numbers(image, "… > 0", parameter)
    others = others_than_0_and_1(image.array)
    if others:
        remark(
            f"`{parameter}` is to be a region, and holds other values than 0 and 1: {others};"
            " all that is not 0 counts",
            "a comparison says what is meant: `… > 0`, or `… == 2` for one of several labels",
        )
    return image.with_array(image.array != 0)


def others_than_0_and_1(values: NDArray[Any]) -> str:
    """The values that a region's image would not have, the least of them, as a message has them."""
    others = values[(values != 0) & (values != 1)]
    found = [f"{value:.7g}" for value in np.unique(others)[: _SHOWN + 1]]
    return ", ".join(found[:_SHOWN]) + (", …" if found[_SHOWN:] else "")


def _not_zero(image: Image) -> Image:
    if image.components != 1:
        raise OperationError(
            f"`volume` counts voxels that are not 0, and these have {image.components} values each",
            "a region says which are meant: `volume(red(img) > 100)`",
        )
    return image.with_array(image.array != 0)


def _as(parameter: str) -> str:
    return f" as {parameter}" if parameter else ""


def _literal(
    name: str, result: Type, function: Callable[..., Any], manual: str, **declared: Any
) -> Operator:
    return Operator(name, (), result, function, manual, Cost.NOTHING, **declared)


NUMBER_LITERAL = _literal("number", NUMBER, _itself, "A number as written.")
BOOL_LITERAL = _literal("bool", BOOL, _itself, "A truth value as written.")
STRING_LITERAL = _literal("string", STRING, _itself, "A string as written.")
LOAD = Operator(
    "load", (), MODEL, _load, "The image in a file.", Cost.READING, version=2, remarks=True
)
# The result type of these is given where they are used.
# Its constant has a value that was computed before; its id is that of what computed it.
HELD = _literal("held", MODEL, lambda held: held.value, "A value that is there.")
SEQUENCE = _literal("sequence", sequence_of(NUMBER), lambda *items: [*items], "An ordered list.")
JOINED = _literal(
    "append",
    sequence_of(NUMBER),
    lambda *sequences: [*chain.from_iterable(sequences)],
    "Several sequences, as one.",
)
AT = _literal("index", NUMBER, _at, "An element of a sequence.")
LENGTH_OF = _literal(
    "length", NUMBER, lambda items: float(len(items)), "How many elements a sequence has."
)
# Stands for what only running the program tells, while all else of a program is checked. Its
# arguments are what that depends on, its constant is the type; as an image, it has its own grid.
AWAITED = Operator(
    "awaited", (), NUMBER, _itself, "What is known only when the program runs.", own_grid=True
)
_AS_BEFORE = Voxels(kept=slice(1))
ALIGN = _literal(
    "align",
    VALUATION,
    lambda image, space: Image(image.array, space),
    "An image in the place of another of its size.",
    voxels=_AS_BEFORE,
)
# What is looked at only when the program runs. The constants of these are the operator that wants
# it, and the name of its parameter.
FIT = _literal(
    "fit",
    VALUATION,
    _fitted,
    "An image in the place of another, or on a grid, if it has the size of that.",
    remarks=True,
    voxels=_AS_BEFORE,
)
NUMBERS_OF = _literal(
    "numbers",
    VALUATION,
    _numbers,
    "The intensity of what a filter gave.",
    remarks=True,
    voxels=_AS_BEFORE,
    converts=True,
)
NOT_ZERO = _literal("notZero", REGION, _not_zero, "The voxels of an image that are not 0.")
REGION_OF = _literal("region", REGION, _region, "The voxels of a filter's image that are not 0.")
# The constant is the name of the parameter.
MASK_OF = _literal("notZero", REGION, _mask, "The voxels that are not 0.", remarks=True)
