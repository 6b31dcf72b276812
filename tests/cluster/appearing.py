"""What appears below a folder, told by the system as it does."""

from __future__ import annotations

import ctypes
import os
import struct
from pathlib import Path

_CREATE = 0x00000100
_EVENT = struct.Struct("iIII")
_libc = ctypes.CDLL(None, use_errno=True)


class Appearing:
    """Watches a folder, and folders that are made in it."""

    def __init__(self, folder: Path) -> None:
        self._handle = _libc.inotify_init()
        if self._handle < 0:
            raise OSError(ctypes.get_errno(), "inotify_init")
        self._folders: dict[int, Path] = {}
        self._found: list[Path] = []
        self._watch(folder)

    def __enter__(self) -> Appearing:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._handle)

    def first_at(self, depth: int) -> Path:
        """The first thing that appears so many folders below, or that is there already."""
        while True:
            while self._found:
                path = self._found.pop(0)
                if len(path.relative_to(next(iter(self._folders.values()))).parts) == depth:
                    return path
                if path.is_dir():
                    self._watch(path)
            content = os.read(self._handle, 4096)
            at = 0
            while at < len(content):
                number, _, _, length = _EVENT.unpack_from(content, at)
                at += _EVENT.size + length
                name = content[at - length : at].rstrip(b"\0").decode()
                self._found.append(self._folders[number] / name)

    def _watch(self, folder: Path) -> None:
        number = _libc.inotify_add_watch(self._handle, os.fsencode(folder), _CREATE)
        if number >= 0:  # else it is gone already
            self._folders[number] = folder
            # What has been made before it was watched.
            self._found += folder.iterdir()
