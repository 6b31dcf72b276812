"""Sizes and ages, as people write and read them."""

from __future__ import annotations

import re

_SIZES = {
    "": 1,
    "B": 1,
    **{p + "B": 1000**n for n, p in enumerate("KMGT", start=1)},
    **{p + "IB": 1024**n for n, p in enumerate("KMGT", start=1)},
    **{p: 1000**n for n, p in enumerate("KMGT", start=1)},
}
_AGES = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}
_QUANTITY = r"\s*(\d+(?:\.\d+)?)\s*([a-zA-Z]*)\s*"


def size_in_bytes(text: str) -> int:
    """The bytes that `500MB`, `1.5 GiB` or `1000` mean.

    Units go by thousands, with an i (`GiB`) by 1024; letters' case does not matter. Raises
    ValueError, with a message for whoever wrote it.
    """
    found = re.fullmatch(_QUANTITY, text)
    if not found or found[2].upper() not in _SIZES:
        raise ValueError(f"{text!r} is not a size: write it as 500MB, 10GB or 10GiB")
    return int(float(found[1]) * _SIZES[found[2].upper()])


def age_in_seconds(text: str) -> float:
    """The seconds that `90m`, `12h`, `30d` or `2w` mean. Raises ValueError, with a message."""
    found = re.fullmatch(_QUANTITY, text)
    if not found or found[2].lower() not in _AGES:
        raise ValueError(f"{text!r} is not an age: write it as 90m, 12h, 30d or 2w")
    return float(found[1]) * _AGES[found[2].lower()]


def size_in_words(size: int) -> str:
    """A size in the largest unit that it fills: `0 B`, `12.3 MB`."""
    for unit, prefix in ((1000**n, "KMGT"[n - 1]) for n in (4, 3, 2, 1)):
        if size >= unit:
            return f"{size / unit:.1f} {prefix}B"
    return f"{size} B"


def age_in_words(seconds: float) -> str:
    """An age in the largest unit that it fills: `5 s`, `3 h`, `12 d`."""
    for unit in "dhm":
        if seconds >= _AGES[unit]:
            return f"{seconds / _AGES[unit]:.0f} {unit}"
    return f"{max(seconds, 0):.0f} s"
