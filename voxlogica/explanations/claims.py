"""What an explanation states, as data: each statement can be checked against plain definitions."""

from __future__ import annotations

from typing import Any


class Claim:
    """What is stated of one expression at one voxel; its `kind` says what its data mean.

    Claims are frozen data classes: their fields are numbers, truth values, texts, voxels `(x, y,
    z)`, tuples of these and other claims, which JSON has as they are.
    """

    __slots__ = ()
    kind = ""

    def sentence(self) -> str:
        """The statement in the user's words."""
        raise NotImplementedError

    def drawing(self, columns: int) -> tuple[str, ...]:
        """Lines of characters that show its data, of at most so many columns; mostly none."""
        return ()

    def to_json(self) -> dict[str, Any]:
        """Its kind and its data."""
        names = type(self).__annotations__
        return {"kind": self.kind, **{name: plain(getattr(self, name)) for name in names}}


def plain(value: Any) -> Any:
    """A value as JSON has it: numbers of numpy's are Python's; what is no number is a text."""
    if isinstance(value, Claim):
        return value.to_json()
    if isinstance(value, tuple | list):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, float) and (value != value or value in (_INFINITY, -_INFINITY)):
        return str(value)
    return value


_INFINITY = float("inf")


def told(value: Any, digits: int = 4) -> str:
    """A value as sentences have it: `in` and `out` for truth, so many digits of a number."""
    if isinstance(value, bool):
        return "in" if value else "out"
    if isinstance(value, float):
        return f"{value:.0f}" if value.is_integer() and abs(value) < 1e6 else f"{value:.{digits}g}"
    if isinstance(value, tuple | list):
        return f"({', '.join(told(item, digits) for item in value)})"
    return str(value)


def told_apart(a: float, b: float) -> tuple[str, str]:
    """Two numbers with as many digits as it takes to tell them apart, if they differ."""
    digits = 4
    while a != b and told(a, digits) == told(b, digits) and digits < 17:
        digits += 1
    return told(a, digits), told(b, digits)


def counted(count: int, one: str, several: str = "") -> str:
    """So many of something: `1 voxel`, `1,200 voxels`."""
    return f"{count:,} {one if count == 1 else several or one + 's'}"


def place(voxel: tuple[int, ...]) -> str:
    """A voxel as users write it: `118,86,77`."""
    return ",".join(map(str, voxel))
