"""Results in memory, within a limit: what was used longest ago is spilled, and comes back.

Whoever will read a result has it as a `Spillable`; when nobody has that any more, its memory is
free at once, or its file is gone. With a limit, results beyond it are written to files, and are
read again when they are needed: it costs time, not the run.
"""

from __future__ import annotations

import os
import threading
import weakref
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, Protocol, Self

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from voxlogica.images.hidden_folder import HiddenFolder


class Arrayed(Protocol):
    """A result that can leave memory: arrays, C-contiguous, and what takes no room beside them."""

    @property
    def arrays(self) -> tuple[NDArray[Any], ...]:
        """What of it takes memory."""
        ...

    def with_arrays(self, arrays: list[NDArray[Any]]) -> Self:
        """The same with arrays equal to its own."""
        ...


class Spillable:
    """A result that somebody will read, in memory or in a file. Safe for any thread."""

    __slots__ = ("__weakref__", "_file", "_lock", "_memory", "_value", "nbytes")

    def __init__(self, memory: Memory, value: Any) -> None:
        self.nbytes = sum(array.nbytes for array in getattr(value, "arrays", ()))
        self._memory = memory
        self._value: Any = value
        self._file: _File | None = None
        self._lock = threading.Lock()

    def get(self) -> Any:
        """The result; read from its file if it had to leave memory."""
        with self._lock:
            if self._file is None:
                self._memory.used(self)
                return self._value
            value = self._value = self._file.read()
            self._file = None
        self._memory.count(self)
        return value

    def spill(self) -> bool:
        """Leave memory, if it is there and no other thread is at it. Raises OSError."""
        if not self._lock.acquire(blocking=False):
            return False
        try:
            if self._file is not None:
                return False
            self._file = _File(self._value)
            self._value = None
            return True
        finally:
            self._lock.release()


class Memory:
    """The results of one run that are in memory, kept within `limit` bytes if there is one.

    What threads are computing with at the moment comes on top. Safe for any thread. `warn` is
    called once if what is to leave memory cannot be written; then it stays.
    """

    def __init__(
        self, limit: int | None = None, warn: Callable[[str], None] = lambda message: None
    ) -> None:
        self.limit = limit
        self._warn = warn
        self._full = False
        self._begin()

    def _begin(self) -> None:
        self._process = os.getpid()
        # One thread may come twice: results are forgotten whenever Python collects them.
        self._lock = threading.RLock()
        # By age of use, oldest first: a number that stands for a result, and the result.
        self._resident: OrderedDict[int, weakref.ref[Spillable]] = OrderedDict()
        self._bytes = 0

    def _locked(self) -> threading.RLock:
        """The lock. In a forked child nothing is counted yet, and nobody has it.

        Looked at here rather than at the fork: what a child forgets first may be counted.
        """
        if self._process != os.getpid():
            self._begin()
        return self._lock

    def spillable(self, value: Any) -> Spillable:
        """A result that stays readable as long as what is returned."""
        result = Spillable(self, value)
        self.count(result)
        return result

    def count(self, result: Spillable) -> None:
        """Count a result that is in memory, and spill others if that is too much."""
        if self.limit is None or not result.nbytes:
            return
        key, size = id(result), result.nbytes

        def forget(_: weakref.ref[Spillable]) -> None:
            self._forget(key, size)

        with self._locked():
            if key not in self._resident:
                self._bytes += size
            self._resident[key] = weakref.ref(result, forget)
        self._make_room(self.limit, result)

    def _forget(self, key: int, size: int) -> None:
        with self._locked():
            if self._resident.pop(key, None) is not None:
                self._bytes -= size

    def used(self, result: Spillable) -> None:
        """Note that a result was just read."""
        if self.limit is not None:
            with self._locked():
                if id(result) in self._resident:
                    self._resident.move_to_end(id(result))

    def _make_room(self, limit: int, newest: Spillable) -> None:
        with self._locked():
            candidates = [ref() for ref in self._resident.values()]
        for result in candidates:
            if self._bytes <= limit or self._full:
                return
            if result is None or result is newest:
                continue
            try:
                left = result.spill()
            except OSError as problem:
                self._full = True
                self._warn(f"--memory-limit cannot be kept: {problem.strerror or problem}")
                return
            if left:
                self._forget(id(result), result.nbytes)


class _File:
    """The arrays of a result in a file, which goes when this does."""

    def __init__(self, value: Arrayed) -> None:
        import numpy as np

        place = _FOLDER.new_place()
        self._path = place / "arrays"
        # Whoever forgets this leaves no file.
        weakref.finalize(self, _FOLDER.remove_place, place, os.getpid())
        arrays = value.arrays
        with self._path.open("wb") as file:
            for array in arrays:
                file.write(array.data)
        self._forms = [(array.dtype, array.shape, array.size) for array in arrays]
        self._rest = value.with_arrays([np.empty(0, array.dtype) for array in arrays])

    def read(self) -> Arrayed:
        """The result."""
        import numpy as np

        arrays = []
        with self._path.open("rb") as file:
            for dtype, shape, size in self._forms:
                array = np.fromfile(file, dtype, size).reshape(shape)
                array.flags.writeable = False
                arrays.append(array)
        return self._rest.with_arrays(arrays)


class _Folder:
    """Where all runs of the process put what leaves memory: there only while something is in it.

    What a killed process leaves is removed by the next that makes one.
    """

    def __init__(self) -> None:
        # One thread may come twice: files are forgotten whenever Python collects them.
        self._lock = threading.RLock()
        self._folder: HiddenFolder | None = None
        self._places = 0

    def new_place(self) -> Path:
        """A new, empty folder."""
        with self._lock:
            self._places += 1
            try:
                if self._folder is None:
                    import tempfile

                    from voxlogica.images.hidden_folder import HiddenFolder

                    self._folder = HiddenFolder(Path(tempfile.gettempdir())).make()
                return self._folder.new_place()
            except OSError:
                self._places -= 1
                raise

    def remove_place(self, place: Path, process: int) -> None:
        """Remove such a folder, and with the last one the folder that all are in.

        No effect in a child process that was forked meanwhile: the files are its parent's.
        """
        if os.getpid() != process:
            return
        import shutil

        shutil.rmtree(place, ignore_errors=True)
        with self._lock:
            self._places -= 1
            if self._places == 0 and self._folder is not None:
                self._folder.remove()
                self._folder = None


_FOLDER = _Folder()


def memory_with_warnings(limit: int | None = None) -> tuple[Memory, SimpleQueue[str]]:
    """A memory, and the queue of what it warns of from whichever thread."""
    warned: SimpleQueue[str] = SimpleQueue()
    return Memory(limit, warned.put), warned


def _forget_after_fork() -> None:
    """In a child process: what the parent has spilled is there as long as the parent wants it."""
    global _FOLDER
    _FOLDER = _Folder()


os.register_at_fork(after_in_child=_forget_after_fork)
