"""Files that a run has put in place, and whether they are there still."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple


class Placed(NamedTuple):
    """A file that was put in place: where, its number in the file system, size, time of change.

    These are of the very file that was written. Another run may put one of its own in the place at
    any moment: of the same name, the same size, and, where a clock is coarse, the same time.
    """

    path: str
    number: int
    size: int
    changed: int

    @staticmethod
    def of(file: Path, destination: Path) -> Placed:
        """What a file will be once it is renamed, which changes neither of them. Raises OSError."""
        found = file.stat()
        return Placed(str(destination), found.st_ino, found.st_size, found.st_mtime_ns)

    def is_there(self) -> bool:
        """Whether it is in its place, unchanged. Raises ValueError where that is no name."""
        path = Path(self.path)
        try:
            return Placed.of(path, path) == self
        except OSError:
            return False
