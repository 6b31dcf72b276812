"""What an explanation states, as data: each statement can be checked against plain definitions."""

from __future__ import annotations

import math
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Any

from voxlogica.images.arrays import np


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
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value


def told(value: Any, digits: int = 4) -> str:
    """A value as sentences have it: `in` and `out` for truth, so many digits of a number."""
    if isinstance(value, bool):
        return "in" if value else "out"
    if isinstance(value, float):
        return f"{value:.0f}" if value.is_integer() and abs(value) < 1e6 else f"{value:.{digits}g}"
    if isinstance(value, tuple | list):
        return f"({', '.join(told(item, digits) for item in value)})"
    return str(value)


def digits_apart(a: float, b: float) -> int:
    """How many digits it takes to tell two numbers apart: 4 if they are equal."""
    digits = 4
    while a != b and told(a, digits) == told(b, digits) and digits < 17:
        digits += 1
    return digits


# To which side a number may be rounded of which such a word says what is true.
_ROUNDED = {
    "at least": ROUND_CEILING,
    "above": ROUND_CEILING,
    "at most": ROUND_FLOOR,
    "below": ROUND_FLOOR,
}


def bound(change: str, value: float, digits: int = 4) -> str:
    """A float32 as a bound, `change` of which is a word: rounded so that what is said is true.

    What is at least, or above, what is told is so of the value, too; and as below, or at most.
    With any other word it is told exactly: as the shortest text that is read as this float32.

    >>> bound("at least", 105.93122863769531), bound("below", 105.93122863769531)
    ('106', '105.9')
    >>> bound("exactly", 105.93122863769531), bound("above", 0.10000000149011612)
    ('105.93123', '0.1')
    """
    if not math.isfinite(value):
        return told(value)
    exact = np.float32(value)
    if np.float32(said := told(value, digits)) == exact:
        return said
    if change not in _ROUNDED:
        return f"{exact:g}" if float(f"{exact:g}") == exact else str(exact)
    number = Decimal(value)
    unit = Decimal(1).scaleb(number.adjusted() - digits + 1)
    return f"{float(number.quantize(unit, _ROUNDED[change])):.{digits}g}"


def counted(count: int, one: str, several: str = "") -> str:
    """So many of something: `1 voxel`, `1,200 voxels`."""
    return f"{count:,} {one if count == 1 else several or one + 's'}"


def place(voxel: tuple[int, ...]) -> str:
    """A voxel as users write it: `118,86,77`."""
    return ",".join(map(str, voxel))
