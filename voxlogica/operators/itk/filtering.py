"""Calling SimpleITK's procedures: the values of programs go in and come out."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from voxlogica.images.arrays import NDArray, np
from voxlogica.images.geometry import Geometry
from voxlogica.images.image import Image
from voxlogica.images.library import itk_image, reason, simpleitk
from voxlogica.operators.itk.procedures import Argument, ItkType, Signature, choices
from voxlogica.operators.signature import OperationError

# What goes in and comes out: numbers are floats.
Value = Image | float | bool | str | Sequence["Value"]


def filtered(name: str, signature: Signature, values: Sequence[Value]) -> Value:
    """What a procedure gives for values in the order of a signature's arguments.

    Arguments at the end may be left out. Regions go in as uint8, 0 and 1; other images with the
    type of their array. Images come out with the type that the filter gives them, and their own
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
    if "LabelMap" in name and not name.endswith("ToLabelMap") and images:
        given[0] = _called(name, signature, partial(simpleitk().LabelImageToLabelMap, given[0]))
    seeded = any(argument.name == "seed" for argument in wanted)
    call = _alone(name, wanted, given) if seeded else partial(getattr(simpleitk(), name), *given)
    unit = images[0].geometry.unit if images else "mm"
    return _result(name, _called(name, signature, call), unit)


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


def _called(name: str, signature: Signature | None, call: Callable[[], Any]) -> Any:
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
        elif "is not supported in" in str(problem):
            said = _unsupported(str(problem)) or said
            hint = "`Cast(image, sitkFloat32)` or `Cast(image, sitkUInt8)` changes the type"
        raise OperationError(f"`{name}` failed: {said}", hint) from problem


def _unsupported(text: str) -> str | None:
    kind, _, rest = text.rpartition("Pixel type: ")[2].partition(" is not supported in ")
    return f"it takes no {rest[:2]} image of {kind} values" if rest[:2] in ("2D", "3D") else None


def _alone(name: str, wanted: Sequence[Argument], given: Sequence[Any]) -> Callable[[], Any]:
    """The same call with the work in one piece, through the class of the filter."""
    filtering = getattr(simpleitk(), f"{name}ImageFilter")()
    filtering.SetNumberOfWorkUnits(1)
    images = []
    for argument, value in zip(wanted, given, strict=True):
        if argument.kind is ItkType.IMAGE:
            images.append(value)
        else:
            getattr(filtering, f"Set{argument.name[0].upper()}{argument.name[1:]}")(value)
    return partial(filtering.Execute, *images)


# Arguments


def _given(
    name: str, argument: Argument, value: Value, axes: int | None, images: Sequence[Image]
) -> Any:
    """A value as SimpleITK takes it; OperationError where it cannot be one."""
    match argument.kind, value:
        case ItkType.IMAGE, Image():
            return _itk(value, images)
        case ItkType.IMAGES, [*items]:
            return [_itk(item, images) for item in items if isinstance(item, Image)]
        case ItkType.NUMBER, float():
            return value
        case ItkType.WHOLE, float():
            return _whole(name, argument, value)
        case (ItkType.BOOL, bool()) | (ItkType.STRING, str()):
            return value
        case ItkType.CHOICE, float() | str():
            return _chosen(name, argument, value)
        case ItkType.NUMBERS | ItkType.WHOLES, float():
            one = value if argument.kind is ItkType.NUMBERS else _whole(name, argument, value)
            return [one] * (axes or 1)
        case ItkType.NUMBERS, [*items]:
            return list(items)
        case ItkType.WHOLES, [*items]:
            return [_whole(name, argument, item) for item in items]
        case ItkType.BOOLS | ItkType.STRINGS, [*items]:
            return list(items)
        case ItkType.POINTS, [*points]:
            several = points if not points or isinstance(points[0], list | tuple) else [points]
            return [[_whole(name, argument, n) for n in _listed(point)] for point in several]
        case ItkType.PAIRS, [*pairs]:
            return {pair[0]: pair[1] for pair in map(_listed, pairs)}
        case ItkType.TRANSFORM, [*numbers]:
            return _transform(name, argument, [float(str(n)) for n in numbers], axes or 3)
    raise OperationError(
        f"`{name}` cannot take this as {argument.name}", f"{argument.spelling} is wanted"
    )


def _listed(value: Value) -> Sequence[Any]:
    return value if isinstance(value, list | tuple) else [value]


def _whole(name: str, argument: Argument, value: Value) -> int:
    number = value if isinstance(value, float) else math.nan
    if not number.is_integer() or not argument.least <= number <= argument.greatest:
        found = f"{number:.15g}" if isinstance(value, float) else "no number"
        bounds = (
            f" from {argument.least:.20g} to {argument.greatest:.20g}"
            if math.isfinite(argument.least)
            else ""
        )
        raise OperationError(
            f"`{name}` takes whole numbers{bounds} as {argument.name}, not {found}"
        )
    return int(number)


def _chosen(name: str, argument: Argument, value: float | str) -> int:
    if isinstance(value, float):
        return _whole(name, argument, value)
    named = choices(argument)
    if value in named:
        return named[value]
    listed = ", ".join(named) if len(named) <= 20 else "a constant such as sitkFloat32, sitkLinear"
    raise OperationError(f"`{name}` knows no `{value}` as {argument.name}", f"it may be {listed}")


def _transform(name: str, argument: Argument, numbers: list[float], axes: int) -> Any:
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
    return itk_image(_contiguous(array), place, image.components)


def _contiguous(array: NDArray[Any]) -> NDArray[Any]:
    return np.ascontiguousarray(array, np.float32 if array.dtype == np.float16 else array.dtype)


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
