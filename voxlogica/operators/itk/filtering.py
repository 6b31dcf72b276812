"""Calling SimpleITK's procedures: the values of programs go in and come out."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

from voxlogica.images.arrays import NDArray, np
from voxlogica.images.geometry import Geometry
from voxlogica.images.image import Image
from voxlogica.images.library import itk_image, reason, simpleitk
from voxlogica.operators.itk.procedures import TRANSFORM, ProcedureParameter, Signature, choices
from voxlogica.operators.signature import (
    BOOL,
    CHOICE,
    IMAGE,
    NUMBER,
    NUMBERS,
    POINTS,
    STRING,
    OperationError,
    sequence_of,
)
from voxlogica.operators.whole_numbers import LARGEST
from voxlogica.remarks import remark

# What goes in and comes out: numbers are floats.
Value = Image | float | bool | str | Sequence["Value"]


def filtered(name: str, signature: Signature, values: Sequence[Value]) -> Value:
    """What a procedure gives for values in the order of a signature's arguments.

    Arguments at the end may be left out. Regions go in as uint8, 0 and 1; other images with the
    type of their array; floats that are all whole numbers, as labels that passed through `mask`,
    as whole numbers where a filter takes no floats. Images come out with the type that the filter
    gives them, and their own
    geometry, in the unit of the first image; label maps as images of labels. The GIL is released
    meanwhile, and ITK's threads share the work, but for random numbers from a given seed: those are
    the same for every number of threads only with one.

    Raises OperationError where SimpleITK gives up, which says what that says, and MemoryError.
    """
    wanted = signature.arguments[: len(values)]
    images = [v for v in values if isinstance(v, Image)]
    axes = images[0].geometry.dimension if images else None
    given = [
        _given(name, argument, value, axes, images)
        for argument, value in zip(wanted, values, strict=True)
    ]
    seeded = any(argument.name == "seed" for argument in wanted)
    of_a_map = "LabelMap" in name and not name.endswith("ToLabelMap") and images

    def call(given: Sequence[Any]) -> Any:
        if of_a_map:
            given = [simpleitk().LabelImageToLabelMap(given[0]), *given[1:]]
        return _alone(name, wanted, given)() if seeded else getattr(simpleitk(), name)(*given)

    unit = images[0].geometry.unit if images else "mm"
    found = _called(name, signature, partial(_taken, call, given), given)
    if name == "Cast":
        _tell_of_others(found, given[0])
    return _result(name, found, unit)


def statistics(image: Image) -> list[float]:
    """Minimum, maximum, mean, standard deviation, variance, sum and count of an image's voxels.

    The deviation is the sample's, with n − 1. ITK adds up the parts of its threads in the order in
    which they are done, so it has one.
    """
    found = simpleitk().StatisticsImageFilter()
    found.SetNumberOfWorkUnits(1)
    _called("Statistics", None, partial(found.Execute, _itk(image, [image])))
    return [
        float(found.GetMinimum()),
        float(found.GetMaximum()),
        float(found.GetMean()),
        float(found.GetSigma()),
        float(found.GetVariance()),
        float(found.GetSum()),
        float(found.GetCount()) if hasattr(found, "GetCount") else float(image.geometry.voxels),
    ]


_REFUSED = "is not supported in"


def _taken(call: Callable[[Sequence[Any]], Any], given: Sequence[Any]) -> Any:
    """What a call gives; where it refuses floats, and these are whole numbers, with these as such.

    Values in `range(2**24)`, which float32 tells apart, become uint32, others int32. Of several
    images, the last is tried first: filters that take an image and its labels take them in this
    order.
    """
    try:
        return call(given)
    except RuntimeError as problem:
        if _REFUSED not in str(problem):
            raise
        for other in _as_whole_numbers(given):
            try:
                return call(other)
            except RuntimeError as another:
                if "ixel type" not in str(another):
                    raise
        raise


def _as_whole_numbers(given: Sequence[Any]) -> Iterator[list[Any]]:
    """The arguments with one of the images of floats made whole numbers; then with all of them."""
    found = enumerate(map(_whole_numbers, given))
    whole = {place: value for place, value in found if value is not None}
    ways = [{place: whole[place]} for place in reversed(whole)]
    for way in [*ways, *([whole] if len(whole) > 1 else [])]:
        yield [way.get(place, value) for place, value in enumerate(given)]


def _whole_numbers(value: Any) -> Any:
    """An image of SimpleITK's, or several, of floats that are all whole, as whole numbers."""
    itk = simpleitk()
    if isinstance(value, list) and value and isinstance(value[0], itk.Image):
        found = [_whole_numbers(image) for image in value]
        return None if any(one is None for one in found) else found
    if not _is_of_floats(value):
        return None
    array = itk.GetArrayViewFromImage(value)
    with np.errstate(invalid="ignore"):
        if not (np.abs(array) <= LARGEST).all() or (array != np.rint(array)).any():
            return None
    return itk.Cast(value, itk.sitkInt32 if array.min() < 0 else itk.sitkUInt32)


def _is_of_floats(value: Any) -> bool:
    itk = simpleitk()
    return isinstance(value, itk.Image) and value.GetPixelID() in (
        itk.sitkFloat32,
        itk.sitkFloat64,
    )


def _tell_of_others(cast: Any, image: Any) -> None:
    """Remark on values that became others for want of room in the type they were cast to."""
    itk = simpleitk()
    if "integer" not in cast.GetPixelIDTypeAsString() or "label" in cast.GetPixelIDTypeAsString():
        return
    given, made = itk.GetArrayViewFromImage(image), itk.GetArrayViewFromImage(cast)
    if given.dtype.kind not in "iuf" or made.dtype.kind not in "iu":
        return
    limits = np.iinfo(made.dtype)
    if given.dtype.kind in "iu":
        own = np.iinfo(given.dtype)
        if limits.min <= own.min and own.max <= limits.max:
            return
    # Of floats, those that fit when their fraction is cut off.
    kept = (given > limits.min - 1.0) & (given < limits.max + 1.0)
    count = kept.size - int(np.count_nonzero(kept))
    if count:
        example, became = given[~kept][0], made[~kept][0]
        voxels = "1 voxel has a value" if count == 1 else f"{count} voxels have values"
        remark(
            f"`Cast` to {cast.GetPixelIDTypeAsString()}: {voxels} beyond its {limits.min} to"
            f" {limits.max}, such as {example:.15g}, which became {became}",
            "`sitkUInt32` has room for 4,294,967,295 labels; `Clamp` says what becomes of others",
        )


def _called(
    name: str, signature: Signature | None, call: Callable[[], Any], given: Sequence[Any] = ()
) -> Any:
    try:
        return call()
    except (RuntimeError, TypeError, OverflowError, ValueError, NotImplementedError) as problem:
        if "allocat" in str(problem):
            raise MemoryError(str(problem)) from problem
        said = reason(problem)
        hint = signature.text if signature else None
        if "physical space" in str(problem):
            said = "its images do not lie in the same place: size, spacing, origin or axes differ"
            hint = "`Resample(image, reference)` brings an image onto the grid of another"
        elif "pixel type" in str(problem) and "match" in str(problem):
            said = "its images have values of different types"
            hint = (
                "`Cast(image, sitkFloat32)` changes the type: regions are uint8, valuations float32"
            )
        elif _REFUSED in str(problem):
            said = _unsupported(str(problem)) or said
            hint = "`Cast(image, sitkFloat32)` changes the type"
            if any(map(_is_of_floats, given)):
                hint = (
                    "it takes whole numbers, of which these are not all: `Cast(image, sitkUInt32)`"
                    " cuts off the fractions; a threshold, as `image > 100`, gives a region"
                )
        raise OperationError(f"`{name}` failed: {said}", hint) from problem


def _unsupported(text: str) -> str | None:
    kind, _, rest = text.rpartition("Pixel type: ")[2].partition(f" {_REFUSED} ")
    return f"it takes no {rest[:2]} image of {kind} values" if rest[:2] in ("2D", "3D") else None


def _alone(
    name: str, wanted: Sequence[ProcedureParameter], given: Sequence[Any]
) -> Callable[[], Any]:
    """The same call with the work in one piece, through the class of the filter."""
    filtering = getattr(simpleitk(), f"{name}ImageFilter")()
    filtering.SetNumberOfWorkUnits(1)
    images = []
    for argument, value in zip(wanted, given, strict=True):
        if argument.type == IMAGE:
            images.append(value)
        else:
            getattr(filtering, f"Set{argument.name[0].upper()}{argument.name[1:]}")(value)
    return partial(filtering.Execute, *images)


# Arguments


def _given(
    name: str, argument: ProcedureParameter, value: Value, axes: int | None, images: Sequence[Image]
) -> Any:
    """A value as SimpleITK takes it; OperationError where it cannot be one."""
    type_ = argument.type
    match value:
        case Image() if type_ == IMAGE:
            return _itk(value, images)
        case bool() if type_ == BOOL:
            return value
        case str() if type_ == STRING:
            return value
        case float() if type_ in (NUMBER, NUMBERS):
            number = _number(name, argument, value)
            return number if type_ == NUMBER else [number] * (axes or 1)
        case float() | str() if type_ == CHOICE:
            return _chosen(name, argument, value)
        case [*items] if type_ == sequence_of(IMAGE):
            return [_itk(item, images) for item in items if isinstance(item, Image)]
        case [*items] if type_ in (NUMBERS, sequence_of(BOOL), sequence_of(STRING)):
            return [_number(name, argument, item) for item in items]
        case [*points] if type_ == POINTS:
            several = points if not points or isinstance(points[0], list | tuple) else [points]
            return [[_number(name, argument, n) for n in _listed(point)] for point in several]
        case [*pairs] if type_ == sequence_of(sequence_of(NUMBER)):
            return {pair[0]: pair[1] for pair in map(_listed, pairs)}
        case [*numbers] if type_ == TRANSFORM:
            return _transform(name, argument, [float(str(n)) for n in numbers], axes or 3)
    raise OperationError(
        f"`{name}` cannot take this as {argument.name}", f"{argument.spelling} is wanted"
    )


def _listed(value: Value) -> Sequence[Any]:
    return value if isinstance(value, list | tuple) else [value]


def _number(name: str, argument: ProcedureParameter, value: Value) -> Value:
    """A value as it is; as a whole number where the argument wants one."""
    if argument.whole is None:
        return value
    number = value if isinstance(value, float) else math.nan
    least, greatest = argument.whole
    if not number.is_integer() or not least <= number <= greatest:
        found = f"{number:.15g}" if isinstance(value, float) else "no number"
        bounds = f" from {least:.20g} to {greatest:.20g}" if math.isfinite(least) else ""
        raise OperationError(
            f"`{name}` takes whole numbers{bounds} as {argument.name}, not {found}"
        )
    return int(number)


def _chosen(name: str, argument: ProcedureParameter, value: float | str) -> Value:
    if isinstance(value, float):
        return _number(name, argument, value)
    named = choices(argument)
    if value in named:
        return named[value]
    listed = ", ".join(named) if len(named) <= 20 else "a constant such as sitkFloat32, sitkLinear"
    raise OperationError(f"`{name}` knows no `{value}` as {argument.name}", f"it may be {listed}")


def _transform(name: str, argument: ProcedureParameter, numbers: list[float], axes: int) -> Any:
    """The affine transform of a matrix, row by row, and a translation; or of the latter alone."""
    itk = simpleitk()
    if not numbers:
        return itk.Transform(axes, itk.sitkIdentity)
    if len(numbers) == axes:
        return itk.TranslationTransform(axes, numbers)
    if len(numbers) == axes * (axes + 1):
        affine = itk.AffineTransform(axes)
        affine.SetMatrix(numbers[: axes * axes])
        affine.SetTranslation(numbers[axes * axes :])
        return affine
    raise OperationError(
        f"`{name}` takes no {len(numbers)} numbers as {argument.name}",
        f"a transform is [] for none, {axes} numbers for a translation, or the {axes * axes} of a"
        f" matrix, row by row, and then those {axes}",
    )


def _itk(image: Image, among: Sequence[Image]) -> Any:
    """An image of SimpleITK's, in the place of the first one if it is there but for rounding."""
    array = image.array.view(np.uint8) if image.array.dtype == np.bool_ else image.array
    place = image.geometry.in_unit(among[0].geometry.unit if among else image.geometry.unit)
    if among and image.geometry.agrees_with(among[0].geometry):
        place = among[0].geometry
    dtype = np.float32 if array.dtype == np.float16 else array.dtype
    return itk_image(np.ascontiguousarray(array, dtype), place, image.components)


# Results


def _result(name: str, found: Any, unit: str) -> Value:
    itk = simpleitk()
    if isinstance(found, itk.Image):
        return _image(name, found, unit)
    if isinstance(found, bool | str):
        return found
    if isinstance(found, int | float):
        return float(found)
    return [_result(name, item, unit) for item in found]


def _image(name: str, found: Any, unit: str) -> Image:
    itk = simpleitk()
    if "label" in found.GetPixelIDTypeAsString():
        found = itk.LabelMapToLabel(found)
    if found.GetDimension() not in (2, 3):
        raise OperationError(
            f"`{name}` gives an image of {found.GetDimension()} dimensions; images have 2 or 3"
        )
    if 0 in found.GetSize():
        raise OperationError(f"`{name}` leaves nothing of the image")
    array: NDArray[np.generic] = itk.GetArrayFromImage(found)
    array.flags.writeable = False
    return Image(
        array,
        Geometry(
            tuple(found.GetSize()),
            tuple(found.GetSpacing()),
            tuple(found.GetOrigin()),
            tuple(found.GetDirection()),
            unit,
        ),
    )
