"""What a program in Python may give for an image: arrays, tensors, and other libraries' images."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from voxlogica.dataclass import replace
from voxlogica.images.arrays import NDArray, np
from voxlogica.images.errors import ImageFileError
from voxlogica.images.geometry import Geometry
from voxlogica.images.given import GivenImage, given_image, shown, taken_type
from voxlogica.images.image import Image
from voxlogica.images.opened import Header, identity
from voxlogica.images.reading import colour_of, geometry_of, is_rotation
from voxlogica.interface.taken_apart import Parts, array_of, is_of_axes, parts_of
from voxlogica.interface.telling import errors_of_images

if TYPE_CHECKING:
    Numbers = Sequence[float] | NDArray[Any]
    # What is said of an image beside what it is, by the name of the option.
    Said = Mapping[str, object]

UNITS = ("mm", "um", "px")


def is_image_like(value: object) -> bool:
    """Whether a value is meant for an image: of 2 axes or more. Numbers, lists and rows are not."""
    return isinstance(value, GivenImage | Image) or is_of_axes(value)


def accepted(
    value: object,
    *,
    name: str = "",
    spacing: Numbers | None = None,
    origin: Numbers | None = None,
    direction: Numbers | None = None,
    like: object = None,
    axes: str | None = None,
    unit: str | None = None,
    copy: bool | None = None,
) -> GivenImage:
    """An image as programs take it; `name` is what messages call it.

    `value` is a numpy array or what gives one, a tensor in the processor's memory, an image of
    SimpleITK, ITK, nibabel or Pillow, or a DataArray of xarray. The axes of an array are z, y, x,
    or y, x, as SimpleITK's `GetArrayFromImage` has them; `axes` says another order, with "c" for
    the numbers of a voxel: "xyz", "yxc", "zyxc". Several numbers are a colour where they are 3 or 4
    whole numbers of a 2-D image, or bytes of a 3-D one. Sides of length 1 are dropped, with a
    warning, as in files; types are those of files, and truth values are a region.

    `spacing`, `origin` and `direction` (cosines, a row for each of x, y, z) have their numbers in
    the order x, y, z, whatever the order of the axes. They are in `unit`, "mm", "um" or "px", or
    else in that of the image, or in mm, and go before what an image says of itself. `like` gives
    the place of another image of the same size instead. An array of which nothing is said lies in
    pixels.

    Voxels are copied where anybody could change them later; see `images.given.given_image`. With
    `copy=False` they are not, and a run that finds them changed when it loads them says so.

    Raises VoxLogicaError for all that cannot be an image.
    """
    options = {
        "spacing": spacing,
        "origin": origin,
        "direction": direction,
        "like": like,
        "axes": axes,
        "unit": unit,
    }
    said = {option: one for option, one in options.items() if one is not None}
    with errors_of_images():
        return _accepted(value, said, name, copy)


def _accepted(value: object, said: Said, name: str, copy: bool | None) -> GivenImage:
    if not said and isinstance(value, GivenImage):
        return value.called(name or value.name)
    if not said and isinstance(value, Image):
        return given_image(value.array, value.geometry, name, copy=bool(copy))
    parts, geometry, is_colour, doubts = _described(value, said, name)
    may_copy = copy or (None if copy is None and not parts.is_fresh else False)
    found = given_image(parts.array, geometry, name, may_copy, is_colour, doubts)
    is_lent = not parts.is_fresh and copy is False
    return replace(found, is_lent=is_lent and np.may_share_memory(found.image.array, parts.array))


def _described(
    value: object, said: Said, name: str
) -> tuple[Parts, Geometry, bool, tuple[str, ...]]:
    """The voxels in the order z, y, x, their place, whether a colour, and what to warn of."""
    called = shown(name)
    parts = _ordered(_parts(value, said.get("axes"), called), called)
    has_components = parts.axes.endswith("c")
    sides = parts.array.shape[: len(parts.axes) - has_components]
    if not parts.array.size:
        raise ImageFileError(f"{called} has no voxels: its shape is {parts.array.shape}")
    if len(sides) < 2:
        raise ImageFileError(f"{called} is {len(sides)}-D; images are 2-D or 3-D")
    header = Header(
        size=sides[::-1],
        **_place(parts, said, len(sides), called),
        components=parts.array.shape[-1] if has_components else 1,
        pixel=taken_type(parts.array.dtype, name).name,
        is_colour=parts.is_colour,
    )
    geometry, dropped = geometry_of(name, header)
    is_colour, unclear = colour_of(name, header)
    if "like" in said:
        geometry = _as_in(said, geometry, called)
    # Who says where it lies does not ask what the image says of it.
    doubts = () if said.keys() & {"origin", "direction", "like"} else parts.doubts
    mistakable = _mistakable(value, parts, said, geometry)
    return parts, geometry, is_colour, (*doubts, *dropped, *unclear, *mistakable)


# Axes


def _parts(value: object, axes: object, called: str) -> Parts:
    found = _ours(value) or parts_of(value, called)
    if found is not None:
        if axes is None:
            return found
        raise ImageFileError(
            f"`axes` is for arrays: {called} is of type {type(value).__name__}, which has an"
            " order of its own",
            "leave `axes` out",
        )
    array = array_of(value, called)
    if array is None:
        raise ImageFileError(
            f"{called} is of type {type(value).__name__}, which is no image",
            "images are arrays of numpy and tensors, images of SimpleITK, ITK, nibabel and Pillow,"
            " and DataArrays of xarray; of a list, `np.array(…)` makes an array",
        )
    if axes is None:
        return Parts(array, _usual_axes(array, called))
    if not (
        isinstance(axes, str)
        and sorted(axes) == sorted(set(axes) & set("xyzc"))
        and {"x", "y"} <= {*axes}
        and len(axes) == array.ndim
    ):
        raise ImageFileError(
            f"`axes` is {axes!r}, and {called} has {array.ndim} axes, {_sides(array.shape)}",
            "it has one letter for each: x, y, z, and c for the numbers of a voxel",
        )
    return Parts(array, axes, is_colour=_is_colour(array, axes))


def _ours(value: object) -> Parts | None:
    given = value if isinstance(value, GivenImage) else None
    image = value if given is None else given.image
    if not isinstance(image, Image):
        return None
    place = image.geometry
    axes = "zyx"[-place.dimension :] + "c" * (image.components > 1)
    where = (place.spacing, place.origin, place.direction, place.unit)
    is_colour = given.is_colour if given else None
    is_lent = given is not None and given.is_lent
    return Parts(image.array, axes, *where, is_colour=is_colour, is_fresh=not is_lent)


def _usual_axes(array: NDArray[Any], called: str) -> str:
    if array.ndim in (2, 3):
        return "zyx"[-array.ndim :]
    sides = f", {_sides(array.shape)}" if array.ndim > 3 else ""
    said = f"{called} is {array.ndim}-D{sides}"
    if array.ndim != 4:
        hint = "`array[0]` is the first along its first axis" if array.ndim > 4 else None
        raise ImageFileError(f"{said}; images are 2-D or 3-D", hint)
    raise ImageFileError(
        f"{said}, and which of its axes is what is not said",
        '`axes="zyxc"` where a voxel has several numbers; of several images, `array[0]` is one',
    )


def _ordered(parts: Parts, called: str) -> Parts:
    """The same with its axes in the order z, y, x, and c."""
    array, axes = parts.array, parts.axes
    if len(axes) != array.ndim or not set(axes) <= set("tzyxc"):
        raise ImageFileError(
            f"{called} is {array.ndim}-D, {_sides(array.shape)}; images are 2-D or 3-D",
            f"choose what you need: {parts.one_frame}",
        )
    order = [letter for letter in "tzyxc" if letter in axes]
    array = array.transpose([axes.index(letter) for letter in order])
    if order[0] == "t":
        if len(array) != 1:
            raise ImageFileError(
                f"{called} holds several images: {len(array)} frames",
                f"{parts.one_frame} chooses the first",
            )
        array = array[0]
        order = order[1:]
    return replace(parts, array=array, axes="".join(order))


def _is_colour(array: NDArray[Any], axes: str) -> bool:
    """Whether the numbers of a voxel of an array whose axes are said are a colour."""
    if "c" not in axes or array.shape[axes.index("c")] not in (3, 4):
        return False
    return array.dtype == np.uint8 or ("z" not in axes and array.dtype.kind in "iu")


def _mistakable(value: object, parts: Parts, said: Said, geometry: Geometry) -> tuple[str, ...]:
    """That an array looks like a picture with colours, and is taken for a volume."""
    depth, *others = parts.array.shape[::-1]
    # What is said of the place was checked: it has as many numbers as there are sides.
    is_array = said.keys() <= {"unit"} and _ours(value) is None and parts.spacing is None
    looks_so = parts.axes == "zyx" and depth in (3, 4) and min(others) > 4
    if not (is_array and looks_so and parts.array.dtype == np.uint8):
        return ()
    return (f' is taken for {geometry} voxels: `axes="yxc"` says that it is a picture in colour',)


# Place


def _place(parts: Parts, said: Said, n: int, called: str) -> dict[str, Any]:
    """Spacing, origin, direction and unit of an image of n sides: what is said before its own."""
    found: dict[str, tuple[float, ...]] = {}
    usual = {"spacing": (1.0,) * n, "origin": (0.0,) * n, "direction": identity(n)}
    for name, standard in usual.items():
        own = getattr(parts, name)
        if name in said:
            found[name] = _numbers(said[name], name, len(standard), called)
        elif own is not None:
            found[name] = own
    for name, numbers in found.items():
        if not all(map(math.isfinite, numbers)):
            raise ImageFileError(f"the {name} of {called} is {_listed(numbers)}: not finite")
    if min(found.get("spacing", (1.0,))) <= 0:
        raise ImageFileError(
            f"the spacing of {called} is {_listed(found['spacing'])}: steps are above 0",
            "an axis that runs the other way is said by the direction",
        )
    if not is_rotation(found.get("direction", usual["direction"]), n):
        raise ImageFileError(
            f"the direction of {called} is no rotation: its columns, one for each axis, are of"
            " length 1 and at right angles to each other",
            "lengths of steps are the spacing; a grid at oblique angles has to be resampled",
        )
    # Who says where pixels lie, says it in mm.
    own_unit = None if parts.unit == "px" and said.keys() & usual.keys() else parts.unit
    unit = said.get("unit") or own_unit
    unit = unit or ("mm" if found else "px")
    if unit not in UNITS:
        raise ImageFileError(
            f"the unit of {called} is {unit!r}", f"units are {', '.join(map(repr, UNITS))}"
        )
    return {**usual, **found, "unit": unit}


def _numbers(given: Any, name: str, count: int, called: str) -> tuple[float, ...]:
    try:
        numbers = np.asarray(given, np.float64).reshape(-1)
    except (TypeError, ValueError, OverflowError):
        raise ImageFileError(f"the {name} of {called} is not of numbers") from None
    if numbers.size != count:
        raise ImageFileError(
            f"the {name} of {called} has {_count(numbers.size)}, and it takes {count}",
            "one for each axis, in the order x, y, z"
            if name != "direction"
            else "a row for each of x, y, z, with a column for each axis in that order",
        )
    return tuple(map(float, numbers))


def _as_in(said: Said, own: Geometry, called: str) -> Geometry:
    """The place of the image that another is to be like."""
    others = [name for name in said if name not in ("like", "axes")]
    if others:
        raise ImageFileError(
            f"`like` gives the place of another image to {called}, and `{others[0]}` is given too",
            "leave one of them out",
        )
    like = said["like"]
    place = getattr(like, "geometry", like)
    if not isinstance(place, Geometry):
        parts, place, *_ = _described(place, {}, "like")
        if parts.spacing is None:
            raise ImageFileError(
                f"{called} is to be like what is of type {type(like).__name__}, which does not"
                " say where its voxels lie",
                "`spacing`, `origin` and `direction` place an array",
            )
    if place.size != own.size:
        raise ImageFileError(
            f"{called} is {own} voxels, and the image that it is to be like is {place}",
            "`spacing`, `origin` and `direction` place it by themselves",
        )
    return place


# Words


def _sides(shape: Iterable[int]) -> str:
    return "×".join(map(str, shape))


def _listed(numbers: Iterable[float]) -> str:
    return ", ".join(f"{number:g}" for number in numbers)


def _count(count: int) -> str:
    return "1 number" if count == 1 else f"{count} numbers"


def has_size(value: object, size: tuple[int, ...]) -> bool:
    """Whether something is an array, which says nothing of its place, of an image's size."""
    return isinstance(value, np.ndarray) and value.shape[: len(size)] == size[::-1]
