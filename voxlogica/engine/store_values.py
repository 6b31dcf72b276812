"""Values as the store keeps them: a type's name, a text, and for an image its array.

The text is JSON. Of a number, a bool, a string or a sequence it is the value; of an image it is all
but the voxels. Nothing read from a store is trusted: whatever is not exactly what would have been
written is a ValueError.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from voxlogica.dataclass import dataclass
from voxlogica.engine.frames import DTYPES
from voxlogica.images.geometry import Geometry
from voxlogica.images.image import Image

if TYPE_CHECKING:
    from numpy.typing import NDArray

# What an operation results in, as far as the store is concerned.
Value = float | bool | str | list["Value"] | Image

_SCALARS = {float: "number", bool: "bool", str: "string"}
_COMPONENTS = (1, 3, 4)


@dataclass(frozen=True, slots=True)
class WrittenValue:
    """A value, ready to be written. `array` is an image's, otherwise None."""

    type: str
    text: str
    array: NDArray[Any] | None


@dataclass(frozen=True, slots=True)
class ImageForm:
    """All there is to know about an image but its voxels. `dtype` is a key of `frames.DTYPES`."""

    dtype: str
    components: int
    geometry: Geometry

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the array."""
        return self.geometry.shape + ((self.components,) if self.components > 1 else ())


def is_storable(value: object) -> bool:
    """Whether the store has a form for a value."""
    if isinstance(value, Image):
        kept = value.array.dtype.name in DTYPES and value.components in _COMPONENTS
        return kept and value.array.size > 0
    if isinstance(value, list):
        return all(not isinstance(item, Image) and is_storable(item) for item in value)
    return isinstance(value, float | bool | str)


_FORM_KEYS = {"dtype", "components", "size", "spacing", "origin", "direction"}


def written(value: Value) -> WrittenValue:
    """A value as it is written. Raises TypeError for what the store has no form for."""
    if not is_storable(value):
        raise TypeError(f"a {type(value).__name__} like this cannot be stored")
    if not isinstance(value, Image):
        return WrittenValue(_type_name(value), json.dumps(value, separators=(",", ":")), None)
    form = {
        "dtype": value.array.dtype.name,
        "components": value.components,
        "size": [int(n) for n in value.geometry.size],
        "spacing": [float(x) for x in value.geometry.spacing],
        "origin": [float(x) for x in value.geometry.origin],
        "direction": [float(x) for x in value.geometry.direction],
    }
    if value.geometry.unit != "mm":
        form["unit"] = value.geometry.unit
    return WrittenValue(_image_type(form["dtype"], value.components), json.dumps(form), value.array)


def read_value(type_name: str, text: str) -> float | bool | str | list[Value] | ImageForm:
    """The value with this type and text, of an image its form. Raises ValueError for any other."""
    try:
        found = json.loads(text)
        if isinstance(found, dict):
            form = _image_form(found)
            if type_name == _image_type(form.dtype, form.components):
                return form
        # A whole number is no value of ours: numbers are written with a point or an exponent.
        elif is_storable(found) and type_name == _type_name(found):
            value: float | bool | str | list[Value] = found
            return value
    except RecursionError:
        raise ValueError("nested too deeply") from None
    raise ValueError("of another type")


def _type_name(value: float | bool | str | list[Value]) -> str:
    if isinstance(value, list):
        return "sequence"
    return next(name for scalar, name in _SCALARS.items() if isinstance(value, scalar))


def _image_type(dtype: object, components: int) -> str:
    if components == 1 and dtype in ("bool", "float32"):
        return "valuation(bool)" if dtype == "bool" else "valuation(number)"
    return "model"


def _image_form(found: dict[str, Any]) -> ImageForm:
    unit = found.get("unit", "mm")
    if found.keys() - {"unit"} != _FORM_KEYS or unit not in ("mm", "um", "px"):
        raise ValueError("not an image's form")
    size = _tuple_of(int, found["size"])
    n = len(size)
    geometry = Geometry(
        size,
        _tuple_of(float, found["spacing"], n),
        _tuple_of(float, found["origin"], n),
        _tuple_of(float, found["direction"], n * n),
        unit,
    )
    dtype, components = found["dtype"], found["components"]
    sound = (
        n in (2, 3)
        and all(side > 0 for side in size)
        and isinstance(dtype, str)
        and dtype in DTYPES
        and type(components) is int
        and components in _COMPONENTS
    )
    if not sound:
        raise ValueError("not an image's form")
    return ImageForm(dtype, components, geometry)


def _tuple_of(kind: type, items: object, length: int | None = None) -> tuple[Any, ...]:
    if not isinstance(items, list) or not all(type(item) is kind for item in items):
        raise ValueError("not an image's form")
    if length is not None and len(items) != length:
        raise ValueError("not an image's form")
    return tuple(items)
