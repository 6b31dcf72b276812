"""Where a worker finds what an errand reads: where the client says, or among what was sent along.

What is sent is laid out in a folder as it is at the client, from its root on: so a header finds the
voxels beside it, and a folder has its slices.
"""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Self

from voxlogica.cluster.errands import known_as
from voxlogica.images.errors import system_error
from voxlogica.images.hidden_folder import HiddenFolder


class Received:
    """A folder of this process for what is sent to it, made when something is. For any thread.

    Should the process be killed, another one that makes such a folder removes this one.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._hidden: HiddenFolder | None = None

    def new_place(self) -> Path:
        """A new, empty folder. Raises OSError."""
        with self._lock:
            if self._hidden is None:
                self._hidden = HiddenFolder(Path(tempfile.gettempdir()))
                atexit.register(self._hidden.remove)
                self._hidden.make()
            return self._hidden.new_place()


class ErrandInputs:
    """The files of an errand; what was sent along is there as long as it is a context manager.

    Names that only running tells are relative to a `folder` of the client's.
    """

    def __init__(self, contents: Sequence[tuple[str, bytes]], received: Received) -> None:
        self._contents = contents
        self._received = received
        self._place: Path | None = None
        # Paths at the client: of files that were sent, and of folders that have some.
        self._here: set[str] = set()
        self._is_relative = False
        self.folder = ""

    def __enter__(self) -> Self:
        if not self._contents:
            return self
        try:
            self._place = self._received.new_place()
            for path, content in self._contents:
                known = known_as(path)
                self._here.update((known, *map(str, Path(known).parents)))
                file = Path(self._in_place(known))
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(content)
        except OSError as problem:
            self.__exit__()
            raise system_error("input files that were sent cannot be kept", problem) from problem
        return self

    def __exit__(self, *_: object) -> None:
        if self._place is not None:
            shutil.rmtree(self._place, ignore_errors=True)

    def _in_place(self, known: str) -> str:
        return f"{self._place}{known}"

    def find(self, path: str) -> str:
        """Where a file is that the client knows by a path."""
        whole = os.path.join(self.folder, path)  # noqa: PTH118  (of Path, no dot would stay)
        known = known_as(whole)
        there = self._in_place(known) if known in self._here else whole
        self._is_relative |= whole != path
        return there

    def told(self, text: str) -> str:
        """A message with the names of files by which the client knows them."""
        if self._place is not None:
            text = text.replace(f'"{self._place}/', '"/')
        return text.replace(f'"{self.folder}/', '"') if self._is_relative else text
