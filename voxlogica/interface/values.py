"""Values of Python as the language has them: numbers, bools, strings, images, lists of these."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Set
from typing import Any, TypeAlias, TypeVar

from voxlogica.interface.accepting import is_image_like
from voxlogica.interface.showing import Shown
from voxlogica.interface.wrong_arguments import shown

T = TypeVar("T")
Value: TypeAlias = "T | float | bool | str | list[Value[T]]"

# Which can be iterated, and are no sequences of what is in them.
_NO_SEQUENCES = (bytes, bytearray, memoryview, Mapping, Set)


def of_language(value: object, image: Callable[[object], T], said: str = "") -> Value[T]:
    """What a value is in the language, each `image` in it made into something.

    numpy's rows are sequences, what else has axes is an image. Raises TypeError for what the
    language has nothing like, ValueError for a number that float64 does not have; `said` is what
    their messages begin with.
    """
    if type(value).__module__ == "numpy" and getattr(value, "ndim", None) in (0, 1):
        array: Any = value
        # A longdouble gives itself as a list.
        is_real = array.dtype.kind == "f"
        return of_language((array.astype(float) if is_real else array).tolist(), image, said)
    if isinstance(value, bool | float | str):
        return value
    if isinstance(value, int):
        return _number(value, said)
    if isinstance(value, Shown):
        return image(value)
    if isinstance(value, os.PathLike):
        return os.fsdecode(value)
    if is_image_like(value):
        return image(value)
    is_sequence = isinstance(value, Iterable) and not isinstance(value, _NO_SEQUENCES)
    if is_sequence and getattr(value, "ndim", 1) == 1:
        items: Any = value
        return [of_language(item, image, said) for item in items]
    raise TypeError(
        f"{said}an image, a number, a bool, a string or a sequence is wanted, not {shown(value)}"
    )


def _number(value: int, said: str) -> float:
    if abs(value) > 2**53 and (abs(value) >= 2**1024 or int(float(value)) != value):
        raise ValueError(f"{said}numbers are float64, which does not have {shown(value)}")
    return float(value)


def holds_images(value: object) -> bool:
    """Whether a value is an image, or a list in which there are some."""
    if isinstance(value, list | tuple):
        return any(map(holds_images, value))
    return isinstance(value, Shown) or is_image_like(value)
