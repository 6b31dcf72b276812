"""The language's types and defaults as Python writes them."""

from __future__ import annotations

import re
import sys
from ast import literal_eval
from numbers import Real
from os import PathLike
from typing import Any, Final

from voxlogica.operators import signature as types
from voxlogica.operators.signature import OperatorParameter, Type, accepts, sequence_of

_AN_IMAGE = "Image | NDArray[Any]"
_TEXTS = "Sequence[str]"
_NUMBERS = "Sequence[float] | NDArray[Any]"
_ROWS = "Sequence[Sequence[float | str]]"
# What may be passed: an array is an image, and of one dimension a sequence of numbers.
_TAKEN: dict[Type, str] = {
    types.NUMBER: "float",
    types.BOOL: "bool",
    types.STRING: "str",
    types.MODEL: _AN_IMAGE,
    types.VALUATION: _AN_IMAGE,
    types.REGION: "Region | NDArray[np.bool_]",
    types.IMAGE: _AN_IMAGE,
    types.MASK: _AN_IMAGE,
    types.LABELS: _AN_IMAGE,
    types.SHOWN: "float | str | Sequence[Any]",
    types.ROWS: _ROWS,
    types.NUMBERS: f"float | {_NUMBERS}",
    types.POINTS: "Sequence[float] | Sequence[Sequence[float]]",
    types.CHOICE: "float | str",
    types.VALUE: "float | str",
    sequence_of(types.NUMBER): _NUMBERS,
}
# What comes back.
_GIVEN: dict[Type, str] = {
    types.NUMBER: "float",
    types.BOOL: "bool",
    types.STRING: "str",
    types.MODEL: "Image",
    types.VALUATION: "Image",
    types.REGION: "Region",
    types.VALUE: "list[float | str]",
}
# The largest numbers of C++, as the manuals of filters show them.
_LARGEST = {
    "unsigned int": 2.0**32 - 1,
    "float": (2 - 2.0**-23) * 2.0**127,
    "double": sys.float_info.max,
}
_LARGEST_OF = re.compile(r"(-?)std::numeric_limits< (.+?) >::max\(\)(?:/(2\.0))?")
# As many numbers as an image has axes, all the same: one stands for them.
_REPEATED = re.compile(r"\[(-?[\d.]+)u?, …\]")
# What single values of Python are in the language; the first that fits.
_PLAIN: tuple[tuple[type | tuple[type, ...], Type], ...] = (
    (bool, types.BOOL),
    (Real, types.NUMBER),
    ((str, PathLike), types.STRING),
)
_SEVERAL = frozenset({types.NUMBERS, types.POINTS, types.ROWS, types.SHOWN})


class Unknown:
    """Stands for a default that cannot be written in Python."""

    def __repr__(self) -> str:
        return "..."


UNKNOWN: Final = Unknown()


def taken(wanted: Type) -> str:
    """What may be passed for a parameter."""
    if wanted in _TAKEN:
        return _TAKEN[wanted]
    assert wanted.element is not None
    return f"Sequence[{taken(wanted.element)}]"


def given_back(result: Type) -> str:
    """What a function gives."""
    if result in _GIVEN:
        return _GIVEN[result]
    assert result.element is not None
    return f"list[{given_back(result.element)}]"


def default_of(parameter: OperatorParameter) -> object:
    """The value that a parameter has where it is left out; `UNKNOWN` where the manual is vague."""
    text = parameter.default
    assert text is not None
    if parameter.type == types.CHOICE and text.isidentifier():
        return text
    if text.lower() in ("true", "false"):
        return text.lower() == "true"
    repeated = _REPEATED.fullmatch(text)
    if repeated:
        return float(repeated[1])
    largest = _LARGEST_OF.fullmatch(text)
    if largest and largest[2] in _LARGEST:
        value = _LARGEST[largest[2]] / float(largest[3] or 1)
        return -value if largest[1] else value
    try:
        return literal_eval(text)
    except (SyntaxError, ValueError):
        return UNKNOWN


def could_be(value: object, wanted: Type) -> bool:
    """Whether a value looks like one of a type, before anything is made of it."""
    from voxlogica.interface.accepting import is_image_like
    from voxlogica.interface.image import Image

    if isinstance(value, Image):
        found = Type(value.type)
        return accepts(wanted, found) or (found, wanted) == (types.MODEL, types.VALUATION)
    array: Any = value
    if is_image_like(value) and getattr(value, "ndim", 2) > 1:
        is_region = str(getattr(array, "dtype", "")).endswith("bool")
        kinds = {types.REGION} if is_region else {types.MODEL, types.VALUATION}
        return any(accepts(wanted, kind) for kind in kinds)
    for kinds_of_python, found in _PLAIN:
        if isinstance(value, kinds_of_python):
            return accepts(wanted, found)
    return wanted.element is not None or wanted in _SEVERAL
