"""The order in which people count: p2 before p10."""

from __future__ import annotations

import re
from typing import TypeAlias

# Of ASCII alone: other digits are letters here, which sort by their code.
_DIGITS = re.compile("([0-9]+)")

NaturalKey: TypeAlias = tuple[tuple[tuple[tuple[int, str], ...], ...], str]


def natural_key(text: str) -> NaturalKey:
    """What texts are sorted by: runs of digits by the number they are, paths folder by folder.

    Texts of equal numbers, as `p2` and `p02`, are told apart by the texts themselves, so that no
    two that differ have the same key.

    >>> sorted(["p10", "p2", "p02", "a-b/1", "a/1"], key=natural_key)
    ['a/1', 'a-b/1', 'p02', 'p2', 'p10']
    """
    return tuple(_parts(segment) for segment in text.split("/")), text


def _parts(segment: str) -> tuple[tuple[int, str], ...]:
    # Text and digits take turns, so that like meets like.
    parts = enumerate(_DIGITS.split(segment))
    return tuple(_number(part) if at % 2 else (0, part) for at, part in parts)


def _number(digits: str) -> tuple[int, str]:
    # In order as numbers are, and of any length.
    digits = digits.lstrip("0")
    return len(digits), digits
