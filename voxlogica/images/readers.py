"""Processes that decode image files, so that a file can end one of them and nothing else.

The libraries that decode PNG, JPEG, BMP, TIFF and DICOM are written in C and C++. A file that was
made for it, or has bad luck, ends the process over which it is read, makes it take all memory, or
never lets it go. And they tell of damage by printing, on standard output even, of which a process
has one. So they are called in a process of their own, by `in_reader`.

There is one process a core at most. Each is started when it is first needed, carries out one call
at a time, and stays for the next. Requests and answers are JSON; arrays come in shared memory, with
no copy. `reader_process.py` is the other side.
"""

from __future__ import annotations

import atexit
import math
import os
import re
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from voxlogica.images.errors import ImageFileError, damaged, quoted
from voxlogica.images.shared_memory import Parcel, memory_file, received

if TYPE_CHECKING:
    import subprocess
    from concurrent.futures import Future

_ITK = ("SimpleITK",)


def in_reader(
    function: Callable[..., Any],
    path: str,
    *arguments: Any,
    size: int,
    needs: tuple[str, ...] = _ITK,
) -> tuple[Any, list[str]]:
    """What `function(path, *arguments)` gives in a reader process, and the lines it printed there.

    `function` is one at the top of a module. Arguments are what JSON can say;
    so is the result, except that it may hold arrays of numbers, whose dtype and shape are kept.
    Tuples come as lists. The lines are what C and C++ libraries wrote, wherever to.

    `size` is how many bytes the image takes that the file declares, or else the file itself: the
    call may take three times as much memory and 256 MB, and a second of the processor's time for
    each megabyte and five. `needs` are the modules to import before that counts.

    Raises ImageFileError, OSError and MemoryError as the function does, and ImageFileError where it
    is at fault that the process ended. Any thread may call this; if its run is cancelled (see
    `cancelled_by`), or an exception comes up while it waits, the process is ended.
    """
    request = {
        "function": [function.__module__, function.__qualname__],
        "arguments": [path, *arguments],
        "folder": _folder(),
        "size": size,
        "needs": needs,
    }
    with _READERS.one(needs) as reader, _ended_if_cancelled(reader):
        try:
            answer, said = reader.answer(request)
        except ReaderEndedError:
            _raise_for(path, reader, size)
    if "raised" in answer:
        _raise_again(path, answer)
    return answer["value"], said


def prepare(*needs: str) -> None:
    """Start a reader process that imports some modules, if there is none: it will be needed."""
    _READERS.prepare(needs or _ITK)


@contextmanager
def cancelled_by(cancellation: Future[None]) -> Iterator[None]:
    """Within, what this thread waits for in reader processes ends when the future is settled."""
    before = getattr(_RUN, "cancellation", None)
    belongs_to(cancellation)
    try:
        yield
    finally:
        _RUN.cancellation = before


def belongs_to(cancellation: Future[None]) -> None:
    """As `cancelled_by`, for as long as the thread lives."""
    _RUN.cancellation = cancellation


@contextmanager
def kept() -> Iterator[None]:
    """Within, reader processes stay; when the last that keeps them is done, idle ones are ended."""
    _READERS.keep(1)
    try:
        yield
    finally:
        _READERS.keep(-1)


_RUN = threading.local()


@contextmanager
def _ended_if_cancelled(reader: _Reader) -> Iterator[None]:
    cancellation: Future[None] | None = getattr(_RUN, "cancellation", None)
    if cancellation is None:
        yield
        return
    working = True
    lock = threading.Lock()

    def end(_: Future[None]) -> None:
        with lock:
            if working:
                reader.process.kill()

    cancellation.add_done_callback(end)
    try:
        yield
    finally:
        with lock:
            working = False  # it is another's then


def _folder() -> str:
    try:
        return str(Path.cwd())
    except OSError:  # it is gone
        return ""


# How it went wrong


class ReaderEndedError(Exception):
    """The reader process is no more."""


# What the signals say that a process ends with when it goes wrong by itself.
_CRASHES = {
    number: name
    for name in ("SIGSEGV", "SIGBUS", "SIGFPE", "SIGABRT", "SIGILL", "SIGTRAP", "SIGSYS")
    if (number := getattr(signal, name, None)) is not None
}


# How a process that could not even import what it needs for want of memory ends.
_NO_MEMORY = "MemoryError|failed to map segment|cannot allocate memory"


def _raise_for(path: str, reader: _Reader, size: int) -> NoReturn:
    """Say why a reader process ended before it had answered."""
    status = reader.process.wait()
    if -status in _CRASHES:
        raise damaged(path, f"reading it crashes its decoder ({_CRASHES[-status]})")
    if -status == signal.SIGXCPU:
        raise damaged(
            path,
            f"its decoder computes for more than {seconds(size)} s, and does not come to an end",
        )
    if -status == signal.SIGKILL:
        raise ImageFileError(
            f"{quoted(path)} cannot be read: the process that reads it was killed",
            "was it short of memory? use fewer threads (`-j 1`), or close other programs",
        )
    last = (reader.said() or [""])[-1]
    if status >= 0 and re.search(_NO_MEMORY, last, re.IGNORECASE):
        raise MemoryError(last)
    raise ImageFileError(
        f"{quoted(path)} cannot be read: the process that reads it ended"
        + (f" with status {status}" if status >= 0 else f" by signal {-status}")
        + (f": {last}" if last else "")
    )


def _raise_again(path: str, answer: dict[str, Any]) -> NoReturn:
    """Raise what the function raised."""
    match answer["raised"]:
        case "ImageFileError":
            raise ImageFileError(answer["message"], answer["hint"])
        case "OSError":
            raise OSError(answer["errno"], answer["message"])
        case "MemoryError" if answer["limited"]:
            raise damaged(
                path, "decoding it takes far more memory than the image that it says it holds"
            )
        case "MemoryError":
            raise MemoryError(answer["message"])
        case other:
            raise ImageFileError(
                f"{quoted(path)} is damaged, or not supported by its decoder: {other}:"
                f" {answer['message']}"
            )


def seconds(size: int) -> int:
    """How many seconds of the processor's time decoding an image of so many bytes may take."""
    return 5 + math.ceil(size / 1_000_000)


# The processes


class _Reader:
    """A process that carries out one call at a time."""

    def __init__(self, needs: tuple[str, ...]) -> None:
        import socket
        import subprocess

        # Whether it took memory that it did not give back.
        self.is_worn = False
        # Neither this nor the pipe below has a buffer: on that a thread may have a lock while
        # another forks, and the copy of this process, which closes them, would wait for ever.
        self._printed = memory_file(buffering=0)
        self._line, far = socket.socketpair()
        try:
            with far:
                self.process: subprocess.Popen[bytes] = subprocess.Popen(
                    # -P: a file in the working directory is no module.
                    [
                        *(_python(), "-P", "-W", "ignore", "-m", "voxlogica.images.reader_process"),
                        *(str(far.fileno()), *needs),
                    ],
                    # A pipe that nobody writes to. The kernel ends the process when this one ends.
                    stdin=subprocess.PIPE,
                    bufsize=0,
                    stdout=self._printed,
                    stderr=self._printed,
                    pass_fds=(far.fileno(),),
                    # An interruption from the terminal is for this process; the other ends with it.
                    process_group=0,
                    env=_environment(),
                )
        except BaseException:
            self._line.close()
            self._printed.close()
            raise

    def answer(self, request: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
        """What it answers, and what was printed meanwhile. Raises ReaderEndedError if it has ended.

        Whatever else happens, it is ended, for it would answer what nobody asked any more.
        """
        try:
            Parcel(request).send(self._line)
            answer = received(self._line)
            if answer is None:
                raise ReaderEndedError
            self.is_worn = answer["worn"]
            return answer, self.said()
        except (BrokenPipeError, ConnectionResetError):
            raise ReaderEndedError from None
        except BaseException:
            self.process.kill()
            raise

    def said(self) -> list[str]:
        """The lines printed since this was asked before."""
        descriptor = self._printed.fileno()
        text = os.pread(descriptor, _MOST_PRINTED, 0)
        if text:
            os.ftruncate(descriptor, 0)
            os.lseek(descriptor, 0, os.SEEK_SET)  # one place for both processes
        lines = text.decode("utf-8", "replace").splitlines()
        return [line for line in map(str.strip, lines) if line]

    @property
    def is_alive(self) -> bool:
        return self.process.poll() is None

    def end(self) -> None:
        """Let it end, if it has not; does not wait for it."""
        self._close()
        if self.is_alive:
            with suppress(RuntimeError):  # no more threads: the system looks after it
                threading.Thread(target=self.process.wait, daemon=True).start()

    def _close(self) -> None:
        """Close what leads to it: the kernel ends it then."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        self._line.close()
        self._printed.close()

    def forget(self) -> None:
        """In a copy of this process, to which it does not belong: close what leads to it."""
        self.process.returncode = 0
        self._close()


_MOST_PRINTED = 1 << 16


def _python() -> str:
    """The Python to start. Raises ImageFileError where this one is part of another program."""
    name = Path(sys.executable or "").name.lower()
    if "python" in name or "pypy" in name:
        return sys.executable
    raise ImageFileError(
        "images of this format are read by a process of its own, which needs a Python to start:"
        f" `sys.executable` is {quoted(sys.executable or '')}",
        "set it to the path of a Python that has voxlogica, before any image is read",
    )


def _environment() -> dict[str, str]:
    """As this process, with the places where it finds modules, and no threads beside the one."""
    paths = os.pathsep.join(str(Path(path).absolute()) for path in sys.path)
    return {
        **os.environ,
        "PYTHONPATH": paths,
        "ITK_GLOBAL_DEFAULT_NUMBER_OF_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
        "MALLOC_ARENA_MAX": "1",
    }


class _Readers:
    """As many processes as there are cores to use. They stay for the next file."""

    def __init__(self, keepers: int = 0) -> None:
        self._all: set[_Reader] = set()
        self._idle: list[_Reader] = []
        self.keepers = keepers
        self._lock = threading.Lock()
        self._places: threading.Semaphore | None = None

    @contextmanager
    def one(self, needs: tuple[str, ...]) -> Iterator[_Reader]:
        """A process that does nothing at the moment. One over which something goes wrong ends."""
        with self._place():
            reader = self._idle_one() or self._started(needs)
            try:
                yield reader
            except BaseException:
                self._remove(reader)
                raise
            self._put_back(reader)

    def _place(self) -> threading.Semaphore:
        """So many may be at work; an idle one is taken before another is started."""
        with self._lock:
            if self._places is None:
                from voxlogica.allowance import cores

                self._places = threading.Semaphore(cores())
            return self._places

    def prepare(self, needs: tuple[str, ...]) -> None:
        """Start one, if there is none."""
        with suppress(OSError, ImageFileError):  # it is told when one is needed
            if not self._all:
                with self._place():
                    self._put_back(self._started(needs))

    def keep(self, keepers: int) -> None:
        """So many more, or fewer, want the processes to stay."""
        with self._lock:
            self.keepers += keepers
        if not self.keepers:
            self.end_idle()

    def end_idle(self) -> None:
        """End those that do nothing."""
        with self._lock:
            idle, self._idle = self._idle, []
        for reader in idle:
            self._remove(reader)

    def forget(self) -> None:
        """In a copy of this process: they are not its own."""
        for reader in self._all:
            reader.forget()

    def _idle_one(self) -> _Reader | None:
        while True:
            with self._lock:
                reader = self._idle.pop() if self._idle else None
            if reader is None or reader.is_alive:
                return reader
            self._remove(reader)

    def _started(self, needs: tuple[str, ...]) -> _Reader:
        reader = _Reader(needs)
        self._all.add(reader)
        return reader

    def _put_back(self, reader: _Reader) -> None:
        if reader.is_worn:
            self._remove(reader)
            return
        with self._lock:
            self._idle.append(reader)

    def _remove(self, reader: _Reader) -> None:
        reader.end()
        self._all.discard(reader)


_READERS = _Readers()
atexit.register(lambda: _READERS.end_idle())


def _forget_after_fork() -> None:
    global _READERS
    _READERS.forget()
    _READERS = _Readers(_READERS.keepers)


os.register_at_fork(after_in_child=_forget_after_fork)
