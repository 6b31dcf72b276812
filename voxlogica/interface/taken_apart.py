"""Images of other libraries, taken apart: their voxels, and where those lie.

None of these libraries is imported here: whoever has an image of one has it already. What there is
to say of an image in their own ways, its axes above all, is said by `Parts`, in ours.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from itertools import product
from typing import Any

from voxlogica.dataclass import dataclass
from voxlogica.images.arrays import NDArray, np
from voxlogica.images.errors import ImageFileError


@dataclass(frozen=True, slots=True)
class Parts:
    """Voxels and their place, as far as it is known.

    `axes` has a letter for each axis of `array`: x, y and z, "c" for the numbers of a voxel, "t"
    for frames, of which `one_frame` is how the library chooses one. `spacing`, `origin` and
    `direction` are in the order x, y, z, as in a Geometry; lengths are in `unit`. `is_colour` is
    whether the numbers of a voxel are one, or None where the library does not say. Of an array that
    `is_fresh` nobody else has the memory. `doubts` are those of a place that is said in two ways.
    """

    array: NDArray[Any]
    axes: str
    spacing: tuple[float, ...] | None = None
    origin: tuple[float, ...] | None = None
    direction: tuple[float, ...] | None = None
    unit: str | None = None
    is_colour: bool | None = None
    is_fresh: bool = False
    one_frame: str = "`array[0]`"
    # What there is to warn of, as it follows the name.
    doubts: tuple[str, ...] = ()


def parts_of(value: object, shown: str) -> Parts | None:
    """The parts of an image of a library that says more than an array does; None for any other.

    Raises ImageFileError, which calls it `shown`, for an image of one that cannot be taken.
    """
    taking = _taking(value)
    return None if taking is None else taking(value, shown)


def array_of(value: Any, shown: str) -> NDArray[Any] | None:
    """The array that an object is, or gives without being asked for anything else.

    numpy's own, tensors by DLPack, and what has `__array_interface__`, or `__array__` with a shape
    and a type. None for anything else: a list is none, nor is a number.

    Raises ImageFileError for tensors that are not in the processor's memory.
    """
    if not _is_array(value):
        return None
    if isinstance(value, np.ndarray):
        return value
    return _of_tensor(value, shown) if hasattr(value, _TENSOR) else np.asarray(value)


def is_of_axes(value: Any) -> bool:
    """Whether a value is an image of a library, or an array of 2 axes or more.

    Nothing is computed or copied for the answer.
    """
    if _taking(value) is not None:
        return True
    if not _is_array(value):
        return False
    if not hasattr(value, "shape"):
        return len(value.__array_interface__["shape"]) >= 2
    return len(value.shape) >= 2


_TENSOR = "__dlpack_device__"


def _taking(value: object) -> Callable[[Any, str], Parts] | None:
    """What takes apart the images of the library that a value is of, if it is one."""
    for cls in type(value).__mro__:
        attributes, taking = _LIBRARIES.get(str(cls.__module__).partition(".")[0], ((), None))
        if taking is not None and all(hasattr(value, name) for name in attributes):
            return taking
    return None


def _is_array(value: object) -> bool:
    if isinstance(value, type | np.generic):
        return False
    return hasattr(value, "__array_interface__") or (
        (hasattr(value, "__array__") or hasattr(value, _TENSOR))
        and hasattr(value, "shape")
        and hasattr(value, "dtype")
    )


def _numbers(found: Any) -> tuple[float, ...]:
    return tuple(float(number) for number in np.asarray(found, np.float64).reshape(-1))


# SimpleITK and ITK


def _of_simpleitk(image: Any, shown: str) -> Parts:
    kind = image.GetPixelIDTypeAsString()
    if "label of" in kind:  # asked for its voxels, it would end the process
        raise ImageFileError(f"{shown} is a label map", "`SimpleITK.LabelMapToLabel` makes labels")
    n, is_vector = image.GetDimension(), image.GetNumberOfComponentsPerPixel() > 1
    found = _in_mm(image.GetSpacing(), image.GetOrigin(), image.GetDirection(), n)
    array = sys.modules["SimpleITK"].GetArrayFromImage(image)
    if array.ndim > n and not is_vector:
        array = array.reshape(array.shape[:n])  # vectors of one number
    frame = "`img[:, :, :, 0]`"
    return Parts(array, _axes(n, is_vector), *found, "mm", None, True, frame)


def _of_itk(image: Any, shown: str) -> Parts:
    itk = sys.modules["itk"]
    array = itk.array_from_image(image)
    n = image.GetImageDimension()
    direction = _numbers(itk.array_from_matrix(image.GetDirection()))
    found = _in_mm(image.GetSpacing(), image.GetOrigin(), direction, n)
    pixel = str(itk.template(image)[1][0])
    is_colour = True if "RGB" in pixel else None
    frame = "`itk.ExtractImageFilter`"
    return Parts(array, _axes(n, array.ndim > n), *found, "mm", is_colour, True, frame)


def _in_mm(
    spacing: Sequence[float], origin: Sequence[float], direction: Sequence[float], n: int
) -> tuple[tuple[float, ...], tuple[float, ...], tuple[float, ...]]:
    """What ITK says of an image of n axes, of the first three of them."""
    kept = range(min(n, 3))
    cosines = tuple(float(direction[n * i + j]) for i in kept for j in kept)
    return _numbers(spacing)[:3], _numbers(origin)[:3], cosines


def _axes(n: int, has_components: bool) -> str:
    return ("tzyx"[-n:] if n <= 4 else "?" * n) + "c" * has_components


# nibabel


def _of_nibabel(image: Any, shown: str) -> Parts:
    array, is_fresh = _values(image.dataobj)
    array, axes, is_colour = _components(array, image.header)
    lengths, unit = _lengths(image.header)
    if image.affine is None:
        n = len(set(axes) & set("xyz"))
        zooms = tuple(lengths * abs(float(step)) or 1.0 for step in image.header.get_zooms()[:n])
        return Parts(array, axes, zooms, unit=unit, is_colour=is_colour, is_fresh=is_fresh)
    steps, origin, direction = _placed(image.affine, lengths, axes, shown)
    frame = "`img.slicer[..., 0]`"
    doubts = _doubtful_forms(image)
    return Parts(array, axes, steps, origin, direction, unit, is_colour, is_fresh, frame, doubts)


# Of a voxel: two forms that are closer say the same, but for rounding.
_CLOSE = 0.05


def _doubtful_forms(image: Any) -> tuple[str, ...]:
    """That the affine of an image of NIfTI is not all that its header says, or is nibabel's own."""
    if not hasattr(image.header, "get_qform"):
        return ()
    (qform, q), (sform, s) = (image.get_qform(coded=True), image.get_sform(coded=True))
    if not q and not s:
        return (
            ": neither its qform nor its sform says where it lies, and nibabel's affine is used;"
            " read from its file, it begins at the origin",
        )
    if not q or not s:
        return ()
    ends = [(0.0, side - 1.0) for side in (*image.shape[:3], 1, 1)[:3]]
    corners = np.array([(*corner, 1.0) for corner in product(*ends)])
    off = corners @ (np.linalg.pinv(sform) @ qform - np.eye(4)).T
    apart = float(np.abs(off).max())
    if not apart > _CLOSE:
        return ()
    return (
        f": its qform and sform disagree by up to {apart:.3g} voxels: nibabel's affine, its sform,"
        " is used",
    )


_VECTORS = {"vector", "rgb vector", "rgba vector"}


def _components(array: NDArray[Any], header: Any) -> tuple[NDArray[Any], str, bool | None]:
    """The values with their components, if there are several, as an axis; the axes, and colour."""
    while array.ndim > 4 and array.shape[-1] == 1:
        array = array[..., 0]
    names = array.dtype.names
    if names in (("R", "G", "B"), ("R", "G", "B", "A")):
        values = np.ascontiguousarray(array).view(np.uint8)
        return values.reshape((*array.shape, len(names))), "xyzt"[: array.ndim] + "c", True
    if array.ndim == 5 and array.shape[3] == 1 and hasattr(header, "get_intent"):
        intent, _, name = header.get_intent()
        if intent in _VECTORS:
            is_colour = True if intent != "vector" or name in ("RGB", "RGBA") else None
            array = array[:, :, :, 0]
            flat = array.shape[2] == 1
            return (array[:, :, 0], "xyc", is_colour) if flat else (array, "xyzc", is_colour)
    return array, "xyzt"[: array.ndim] if array.ndim <= 4 else "?" * array.ndim, None


def _placed(
    affine: Any, lengths: float, axes: str, shown: str
) -> tuple[tuple[float, ...], tuple[float, ...], tuple[float, ...]]:
    """Spacing, origin and direction of an affine that counts from left to right, as nibabel's."""
    from voxlogica.images.nifti_header import placed_by

    rows = np.asarray(affine, np.float64)[:3] * lengths
    if not np.isfinite(rows).all():
        raise ImageFileError(f"{shown} has an affine that is not of numbers")
    n = 3 if "z" in axes else 2
    found = placed_by([tuple(map(float, row)) for row in rows], n)
    if found is None:
        raise ImageFileError(
            f"{shown} has an affine that places its axes at oblique angles to each other",
            "resample it to a grid with right angles",
        )
    steps, origin, direction = found
    return steps[:n], origin[:n], direction


def _values(source: Any) -> tuple[NDArray[Any], bool]:
    """The values of an image of nibabel's as its file would be read, and whether they are new."""
    array = np.asanyarray(source)
    if type(source).__module__ != "nibabel.arrayproxy":
        return array, False
    if array.dtype != source.dtype and array.dtype.kind == "f":  # they are scaled, in float64
        return array.astype(np.float64 if source.dtype == np.float64 else np.float32), True
    return array, not isinstance(array, np.memmap)


def _lengths(header: Any) -> tuple[float, str]:
    """By what lengths of a header are to be multiplied, and their unit then."""
    said = header.get_xyzt_units()[0] if hasattr(header, "get_xyzt_units") else "mm"
    return {"meter": (1e3, "mm"), "micron": (1.0, "um")}.get(said, (1.0, "mm"))


# xarray

_COMPONENTS = {"c", "channel", "band", "component"}
# Of each unit of coordinates, what one is, in a unit of ours.
_LENGTHS = {
    name: length
    for length, names in {
        (1e3, "mm"): ("m", "metre", "metres", "meter", "meters"),
        (10.0, "mm"): ("cm", "centimetre", "centimetres", "centimeter", "centimeters"),
        (1.0, "mm"): ("mm", "millimetre", "millimetres", "millimeter", "millimeters"),
        (1.0, "um"): ("um", "µm", "μm", "micron", "microns", "micrometre", "micrometer"),
    }.items()
    for name in names
}
# Of a step: up to this far, a coordinate is where a regular grid has it.
_IRREGULAR = 1e-3


def _of_xarray(array: Any, shown: str) -> Parts:
    axes = ""
    for name in map(str, array.dims):
        letter = "c" if name.lower() in _COMPONENTS else name.lower()
        if letter not in ("x", "y", "z", "c"):
            raise ImageFileError(
                f"{shown} has the dimension `{name}`: those of an image are x, y, z, and c for the"
                " numbers of a voxel",
                f'`.isel({name}=0)` chooses one, `.rename({name}="z")` says what it is',
            )
        if letter in axes:
            raise ImageFileError(f"{shown} has several dimensions that are {letter}")
        axes += letter
    names = dict(zip(axes, array.dims, strict=True))
    sides = [letter for letter in "xyz" if letter in names]
    found = [_regular(array, names[letter], shown) for letter in sides]
    values = np.asarray(array.values)
    if not any(side.is_said for side in found):
        return Parts(values, axes)
    missing = [
        names[letter]
        for letter, side in zip(sides, found, strict=True)
        if not side.is_said and values.shape[axes.index(letter)] > 1
    ]
    if missing:
        raise ImageFileError(
            f"{shown} has coordinates of other dimensions, and none of `{missing[0]}`: how far"
            " apart its voxels are there is not known",
            f"`.assign_coords({missing[0]}=…)` says it; `.drop_vars` forgets the others",
        )
    n = len(sides)
    units = {side.unit for side in found if side.is_said}
    if len(units) > 1:
        raise ImageFileError(f"the coordinates of {shown} are in several units: {sorted(units)}")
    cosines = np.diag([1.0 if side.step > 0 else -1.0 for side in found])
    turned = array.attrs.get("direction")
    if turned is not None:  # as ITK says it: the axes in the order z, y, x
        numbers = np.asarray(turned)
        if numbers.shape != (n, n) or numbers.dtype.kind not in "iuf":
            raise ImageFileError(f"{shown} has a direction that is no matrix of {n} × {n} numbers")
        cosines = np.flip(numbers) @ cosines
    return Parts(
        values,
        axes,
        tuple(abs(side.step) for side in found),
        tuple(side.first for side in found),
        _numbers(cosines),
        units.pop(),
    )


@dataclass(frozen=True, slots=True)
class _Side:
    """Where the voxels along a dimension lie, in `unit`; whether the image says so."""

    first: float = 0.0
    step: float = 1.0
    unit: str = "mm"
    is_said: bool = False


def _regular(array: Any, name: Any, shown: str) -> _Side:
    """The coordinates of a dimension; ImageFileError where they are no numbers at equal steps."""
    if name not in array.coords:
        return _Side()
    coordinate = array.coords[name]
    values = np.asarray(coordinate.values)
    if values.dtype.kind not in "iuf" or not np.isfinite(values).all():
        raise ImageFileError(
            f"the coordinates `{name}` of {shown} are no numbers",
            f'`.drop_vars("{name}")` forgets them',
        )
    values = values.astype(np.float64)
    first = float(values[0]) if values.size else 0.0
    step = float(values[-1] - first) / (values.size - 1) if values.size > 1 else 1.0
    off = np.abs(values - (first + step * np.arange(values.size)))
    if not step or np.any(off > _IRREGULAR * abs(step)):
        raise ImageFileError(
            f"the coordinates `{name}` of {shown} are not at equal steps, as voxels are",
            "`.interp` brings it to a regular grid",
        )
    said = str(coordinate.attrs.get("units", "mm"))
    if said not in _LENGTHS:
        raise ImageFileError(
            f"the coordinates `{name}` of {shown} are in `{said}`, which is no unit of length here",
            "`.assign_coords` gives others, in mm or um",
        )
    scale, unit = _LENGTHS[said]
    return _Side(first * scale, step * scale, unit, True)


# Tensors and pictures

# The kinds of devices whose memory is the processor's: its own, and such as others may read.
_IN_MEMORY = {1, 3, 11, 13}


def _of_tensor(tensor: Any, shown: str) -> NDArray[Any]:
    try:
        kind = int(tensor.__dlpack_device__()[0])
    except Exception:  # a tensor without values, or on a device of another making
        kind = -1
    if kind not in _IN_MEMORY:
        where = getattr(tensor, "device", "another device")
        raise ImageFileError(
            f"{shown} is a tensor on {where}, and images are taken from the processor's memory",
            "`.cpu()` brings it there",
        )
    if getattr(tensor, "requires_grad", False):
        tensor = tensor.detach()  # no gradient goes through an image
    try:
        return np.from_dlpack(tensor)
    except (RuntimeError, BufferError, TypeError) as problem:
        raise ImageFileError(
            f"{shown} is a tensor of {getattr(tensor, 'dtype', 'a type')}, which numpy does not"
            f" take: {problem}",
            "make plain numbers of it: `.float()`, `.to_dense()`",
        ) from problem


_PICTURES = {"1": "yx", "L": "yx", "I": "yx", "F": "yx", "RGB": "yxc", "RGBA": "yxc"}


def _of_pillow(picture: Any, shown: str) -> Parts:
    mode = picture.mode
    axes = "yx" if mode.startswith("I;16") else _PICTURES.get(mode)
    if axes is None:
        raise ImageFileError(
            f"{shown} is a picture of the mode {mode}", '`.convert("RGB")` makes a colour of it'
        )
    return Parts(np.asarray(picture), axes, is_colour=axes == "yxc")


# By the module that their classes come from: what their images have, and what takes them apart.
_LIBRARIES: dict[str, tuple[tuple[str, ...], Callable[[Any, str], Parts]]] = {
    "SimpleITK": (("GetPixelIDTypeAsString", "GetSpacing"), _of_simpleitk),
    "itk": (("GetLargestPossibleRegion", "GetSpacing"), _of_itk),
    "nibabel": (("dataobj", "affine", "header"), _of_nibabel),
    "xarray": (("dims", "coords", "dtype"), _of_xarray),
    "PIL": (("mode", "getpixel"), _of_pillow),
}
