"""What a program may read, where whoever plans it lets it read some files only."""

from __future__ import annotations

import os
from collections.abc import Callable

from voxlogica.images.errors import ImageFileError, quoted

# Whether a file may be read, or a folder looked at, by the path that the program has for it.
MayRead = Callable[[str], bool]

HINT = "this text may read what the program on disk names, and what is below that one's folder"


def anything(path: str) -> bool:
    """That all may be read."""
    return True


def out_of_reach(path: str | os.PathLike[str]) -> ImageFileError:
    """That a file or folder may not be read; nothing of it was looked at."""
    return ImageFileError(f"{quoted(path)} is out of reach", HINT)
