"""The files of saved sequences, whose names are numbered: which of them a name may be."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from typing import Generic, TypeVar

from voxlogica.language.goals import numbered

Owner = TypeVar("Owner")

_DIGITS = r"(\d{3,}(?:_\d{3,})*)"


def one_of(path: str) -> str:
    """The first file of a sequence that is saved to a path."""
    return numbered(path, "000")


class NumberedFiles(Generic[Owner]):
    """For whom a file may be one of a sequence, by the name of the file."""

    def __init__(self) -> None:
        # By what is before the number: what comes after it, and whose it is.
        self._known: defaultdict[str, list[tuple[str, Owner]]] = defaultdict(list)

    def add(self, path: str, owner: Owner) -> None:
        """Note that somebody may save a sequence to a path."""
        before, *after = numbered(path, "{}").split("{}")
        self._known[before].append((r"\1".join(map(re.escape, after)), owner))

    def owners(self, path: str) -> Iterator[Owner]:
        """Who may have a file of that name in a sequence."""
        for digits in re.finditer(r"(?=\d{3})", path):
            for after, owner in self._known.get(path[: digits.start()], ()):
                if re.fullmatch(_DIGITS + after, path[digits.start() :]):
                    yield owner
