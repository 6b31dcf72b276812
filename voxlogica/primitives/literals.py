"""The operations that programs do not call by name: literals, sequences, loaded files, alignment.

They are declared apart from the registry: the reducer puts them into workplans itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from voxlogica.images.geometry import Geometry
from voxlogica.images.image import Image
from voxlogica.primitives.signature import (
    BOOL,
    MODEL,
    NUMBER,
    STRING,
    VALUATION,
    OperationError,
    Operator,
    Type,
    sequence_of,
)

if TYPE_CHECKING:
    from voxlogica.images.reading import ImageFile


def _itself(value: Any) -> Any:
    return value


def _listed(*items: Any) -> list[Any]:
    return list(items)


def _at(items: list[Any], index: float) -> Any:
    if index != index // 1:
        raise OperationError(f"an index is a whole number, found {index:g}")
    if not 0 <= index < len(items):
        raise OperationError(
            f"index {index:g} is out of range: the sequence has "
            f"{'1 element' if len(items) == 1 else f'{len(items)} elements'}",
            "the first element has index 0",
        )
    return items[int(index)]


def _load(file: ImageFile) -> Image:
    from voxlogica.images.reading import read_image

    return read_image(file)


def _placed(image: Image, space: Geometry) -> Image:
    return Image(image.array, space)


def _literal(name: str, result: Type, manual: str) -> Operator:
    return Operator(name, (), result, _itself, "literals", manual)


NUMBER_LITERAL = _literal("number", NUMBER, "A number as written.")
BOOL_LITERAL = _literal("bool", BOOL, "A truth value as written.")
STRING_LITERAL = _literal("string", STRING, "A string as written.")
LOAD = Operator("load", (), MODEL, _load, "literals", "The image in a file.")
# The result type of these is given where they are used.
SEQUENCE = Operator("sequence", (), sequence_of(NUMBER), _listed, "literals", "An ordered list.")
AT = Operator("index", (), NUMBER, _at, "literals", "An element of a sequence.")
ALIGN = Operator(
    "align", (), VALUATION, _placed, "literals", "An image in the place of another of its size."
)
