"""Image files that many cases load: opened once, as long as they stay what they are."""

from __future__ import annotations

from collections import OrderedDict
from contextlib import suppress

from voxlogica.images.reading import ImageFile
from voxlogica.language.libraries import OpenImage

# So many are remembered, those that were loaded last: a case's own are loaded by no other.
_MOST = 64


class ImageFiles:
    """Opens image files, by `open_image`, unless they are as they were when opened before.

    What cannot be opened is tried again. Safe for any thread.
    """

    def __init__(self, open_image: OpenImage) -> None:
        self._open_image = open_image
        self._found: OrderedDict[str, ImageFile] = OrderedDict()

    def open(self, path: str) -> ImageFile:
        """The file at a path. Raises ImageFileError."""
        found = self._found.get(path)
        if found is None or not found.is_unchanged:
            found = self._found[path] = self._open_image(path)
            while len(self._found) > _MOST:
                self._found.popitem(last=False)
        with suppress(KeyError):  # another thread has found more
            self._found.move_to_end(path)
        return found
