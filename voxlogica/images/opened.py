"""What the reader of each format finds when it opens a file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from voxlogica.images.library import Header

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Opened:
    """An image file's header, its parts on disk, and how to read its voxels.

    `voxels` gives an array of the header's size reversed, with components as one more axis at the
    end; it may be called from any thread, and raises ImageFileError where the file is damaged.
    """

    header: Header
    parts: tuple[str, ...]
    voxels: Callable[[], NDArray[Any]]
    warnings: tuple[str, ...] = ()
