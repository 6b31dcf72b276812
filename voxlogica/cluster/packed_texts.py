"""Texts that begin alike, as paths do: each says how much of it is as in the one before."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from voxlogica.cluster.messages import read, read_count, read_list

# No more of one is repeated, so that few bytes cannot become many.
_LONGEST = 4096


def packed_texts(texts: Iterable[str]) -> list[Any]:
    """Of each text in turn: how many characters it has from the one before, and what follows."""
    row: list[Any] = []
    before = ""
    for text in texts:
        same = _same(before, text)
        row += (same, text[same:])
        before = text
    return row


def _same(one: str, other: str) -> int:
    """How many characters two texts begin with that are the same, of the first so many."""
    least, most = 0, min(len(one), len(other), _LONGEST)
    while least < most:
        middle = (least + most + 1) // 2
        if one[least:middle] == other[least:middle]:
            least = middle
        else:
            most = middle - 1
    return least


def texts_of(packed: object) -> tuple[str, ...]:
    """The texts that are packed so; ValueError where they are none."""
    row = read_list(packed)
    if len(row) % 2:
        raise ValueError("texts without an end")
    found: list[str] = []
    before = ""
    for same, rest in zip(row[::2], row[1::2], strict=True):
        if read_count(same) > min(len(before), _LONGEST):
            raise ValueError("more of a text than there is")
        before = before[:same] + read(rest, str)
        found.append(before)
    return tuple(found)
