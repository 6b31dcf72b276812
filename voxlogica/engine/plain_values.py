"""Results as a program in Python has them: its own types, whatever scalar type computed them."""

from __future__ import annotations

from typing import Any, cast

from voxlogica.images.image import Image
from voxlogica.operators.signature import BOOL, NUMBER, VALUE, Type

# What `print` shows: a number, a truth value, a string, or a list of these.
PrintedValue = float | bool | str | list["PrintedValue"]
# What a session shows; sequences of values of several types may hold images.
ShownValue = PrintedValue | Image | list["ShownValue"]


def handed_out(value: Any, found: Type) -> ShownValue:
    """A result as values of Python's own types, whatever scalar type computed it, and images."""
    if isinstance(value, Image):
        return value.sealed()
    if found.element is not None or isinstance(value, list | tuple):
        return [handed_out(item, found.element or VALUE) for item in value]
    if found == NUMBER or (found == VALUE and not isinstance(value, bool | str)):
        return float(value)
    if found == BOOL:
        return bool(value)
    return cast("bool | str", value) if found == VALUE else str(value)
