"""Shards: runs that share the cases among them, as jobs of an array do."""

from __future__ import annotations

import re
from typing import NamedTuple


class Shard(NamedTuple):
    """One of several runs that share the cases among them: which, from 1, of how many."""

    which: int
    of: int

    def of_rows(self, rows: int) -> range:
        """The rows that it has: as many as the others, or one more or less, one after another.

        >>> [Shard(k, 3).of_rows(10) for k in (1, 2, 3)]
        [range(0, 3), range(3, 6), range(6, 10)]
        """
        return range(rows * (self.which - 1) // self.of, rows * self.which // self.of)


def shard(text: str) -> Shard:
    """What `--shard 2/8` says. Raises ValueError."""
    found = re.fullmatch(r"\s*(\d+)\s*/\s*(\d+)\s*", text, re.ASCII)
    if found is None:
        raise ValueError(f"{text!r} is not of the form K/N, as in 1/8, the first of eight")
    which, of = int(found[1]), int(found[2])
    if not 1 <= which <= of:
        raise ValueError(f"of {of} parts there is no part {which}: they are counted from 1")
    return Shard(which, of)
