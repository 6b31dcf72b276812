"""Files of which a pattern makes cases: those that it matches, and will once they are there."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

from voxlogica.batch.patterns import Segments, fits, segments_of


class PatternCases:
    """The cases of a pattern, by the files and folders that it matches.

    `marks` are those that are there, of each row one. Without a pattern there are none.
    """

    def __init__(self, pattern: str | None, marks: Sequence[str] = ()) -> None:
        self._rows: dict[str, int] = {}
        for row, mark in enumerate(marks):
            for name in (os.path.realpath(mark), os.path.abspath(mark)):  # noqa: PTH100
                self._rows[name] = row
        self._wanted = [] if pattern is None else [*_ways_to_write(pattern)]
        self._only_folders = pattern is not None and pattern.endswith("/")
        self._folder_is_new = cache(self._is_new)

    @property
    def files(self) -> Iterator[tuple[str, int]]:
        """The real places of what is matched, each with its row."""
        return iter(self._rows.items())

    def row(self, real: str) -> int | None:
        """The row of which a file at a real place is the one that is matched."""
        return self._rows.get(real)

    def becomes_one(self, path: str) -> bool:
        """Whether a file, once it is there, or a folder for it, is matched, and was not before."""
        if not self._wanted:
            return False
        name = os.path.abspath(path)  # noqa: PTH100
        if not self._only_folders and self._is_new(name):
            return True
        return any(map(self._folder_is_new, map(str, Path(name).parents)))

    def _is_new(self, name: str) -> bool:
        parts = name.split("/")
        if not any(fits(segments, parts[1:]) for segments in self._wanted):
            return False
        return name not in self._rows and os.path.realpath(name) not in self._rows


def _ways_to_write(pattern: str) -> Iterator[Segments]:
    """A pattern's segments from the root on: by the folder where it begins, and by its real one."""
    segments = segments_of(pattern)
    begins = next(i for i, part in enumerate(segments) if len(part) > 1 or not part[0].text)
    start = "/" if pattern.startswith("/") else "."
    folder = os.path.join(start, *(part[0].text for part in segments[:begins]))  # noqa: PTH118
    for there in {os.path.abspath(folder), os.path.realpath(folder)}:  # noqa: PTH100
        yield [*segments_of(there, is_plain=True), *segments[begins:]]
