"""What the reader of each format finds when it opens a file."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from voxlogica.dataclass import dataclass
from voxlogica.images.arrays import NDArray
from voxlogica.images.library import Header


@dataclass(frozen=True, slots=True)
class Opened:
    """An image file's header, its parts on disk, and how to read its voxels.

    `voxels` gives an array of the header's size reversed, with components as one more axis at the
    end; it may be called from any thread, and raises ImageFileError where the file is damaged.

    A file may hold several such images: `channels` has a name for each, empty where there is none,
    `frames` is how many times there are. Then `chosen` gives the voxels of a channel at a time.
    """

    header: Header
    parts: tuple[str, ...]
    voxels: Callable[[], NDArray[Any]]
    warnings: tuple[str, ...] = ()
    channels: tuple[str, ...] = ("",)
    frames: int = 1
    chosen: Callable[[int, int], NDArray[Any]] | None = None
