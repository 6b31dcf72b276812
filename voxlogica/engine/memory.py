"""Results in memory, within a limit: what was used longest ago goes to a file, and comes back.

A result is held by whoever will read it, through a `Held`; when nobody holds that any more, its
memory is free at once. With a limit, results beyond it are written to a folder that lasts as long
as the run, and are read again when they are needed: it costs time, not the run.
"""

from __future__ import annotations

import tempfile
import threading
import weakref
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any

from voxlogica.images.image import Image


class Held:
    """A result that somebody will read. Safe for any thread."""

    __slots__ = ("__weakref__", "_away", "_lock", "_memory", "_value", "nbytes")

    def __init__(self, memory: Memory, value: Any) -> None:
        self.nbytes = value.nbytes if isinstance(value, Image) else 0
        self._memory = memory
        self._value: Any = value
        self._away: Callable[[], Any] | None = None
        self._lock = threading.Lock()

    def get(self) -> Any:
        """The result; read from its file if it had to leave memory."""
        with self._lock:
            value = self._value
            if self._away is None:
                self._memory.used(self)
                return value
            value = self._value = self._away()
            self._away = None
        self._memory.keep(self)
        return value

    def put_away(self, write: Callable[[Image], Callable[[], Image]]) -> bool:
        """Leave memory, if it is there and no other thread is at it."""
        if not self._lock.acquire(blocking=False):
            return False
        try:
            if self._away is not None:
                return False
            self._away = write(self._value)
            self._value = None
            return True
        finally:
            self._lock.release()


class Memory:
    """The results of one run that are in memory, kept within `limit` bytes if there is one.

    What threads are computing with at the moment comes on top. Safe for any thread. `warn` is
    called once if the folder for what leaves memory cannot take it; then it stays.
    """

    def __init__(
        self, limit: int | None = None, warn: Callable[[str], None] = lambda message: None
    ) -> None:
        self._limit = limit
        self._warn = warn
        self._lock = threading.Lock()
        # By age of use, oldest first: a number that stands for a result, and the result.
        self._resident: OrderedDict[int, weakref.ref[Held]] = OrderedDict()
        self._bytes = 0
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._full = False

    def hold(self, value: Any) -> Held:
        """A result that stays readable as long as what is returned."""
        held = Held(self, value)
        self.keep(held)
        return held

    def keep(self, held: Held) -> None:
        """Count a result that is in memory, and put others away if that is too much."""
        if self._limit is None or not held.nbytes:
            return
        key, size = id(held), held.nbytes

        def forget(_: weakref.ref[Held]) -> None:
            with self._lock:
                if self._resident.pop(key, None) is not None:
                    self._bytes -= size

        with self._lock:
            if key not in self._resident:
                self._bytes += size
            self._resident[key] = weakref.ref(held, forget)
        self._make_room(held)

    def used(self, held: Held) -> None:
        """Note that a result was just read."""
        if self._limit is not None:
            with self._lock:
                if id(held) in self._resident:
                    self._resident.move_to_end(id(held))

    def close(self) -> None:
        """Remove what was put away."""
        with self._lock:
            folder, self._folder = self._folder, None
        if folder is not None:
            folder.cleanup()

    def _make_room(self, newest: Held) -> None:
        assert self._limit is not None
        while self._bytes > self._limit and not self._full:
            with self._lock:
                candidates = [ref() for ref in self._resident.values()]
            for held in candidates:
                if held is None or held is newest:
                    continue
                try:
                    left = held.put_away(self._write)
                except OSError as problem:
                    self._full = True
                    self._warn(f"--memory-limit cannot be kept: {problem.strerror or problem}")
                    return
                if left:
                    with self._lock:
                        if self._resident.pop(id(held), None) is not None:
                            self._bytes -= held.nbytes
                    break
            else:
                return  # all else is in use

    def _write(self, image: Image) -> Callable[[], Image]:
        with self._lock:
            if self._folder is None:
                self._folder = tempfile.TemporaryDirectory(prefix="voxlogica-")
            folder = Path(self._folder.name)
        with tempfile.NamedTemporaryFile(dir=folder, delete=False) as file:
            file.write(image.array.data)
        dtype, shape, geometry = image.dtype, image.array.shape, image.geometry
        path = Path(file.name)

        def read() -> Image:
            import numpy as np

            array = np.fromfile(path, dtype).reshape(shape)
            path.unlink()
            return Image(array, geometry)

        return read
