"""The other side of `readers.py`: `python -m voxlogica.images.reader_process LINE [MODULE …]`.

LINE is the descriptor of a socket, on which requests come and answers go. Standard input is a pipe
whose other end the process that started this one holds: when that ends, however it does, the kernel
ends this one, whatever it is doing.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import resource
import signal
import socket
import stat
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib import import_module
from pathlib import Path
from typing import Any

from voxlogica.images.errors import ImageFileError
from voxlogica.images.readers import seconds
from voxlogica.images.shared_memory import Parcel, received

_MORE_MEMORY = 256 << 20


def main(line: str, *needs: str) -> None:
    """Carry out what is asked, until nothing more is."""
    _end_with_parent()
    _import(needs)
    before = _memory()
    with socket.socket(fileno=int(line)) as talk:
        while (request := received(talk)) is not None:
            answer = _answer(request, before)
            # What C libraries printed belongs to this file, not to the next one.
            ctypes.CDLL(None).fflush(None)
            answer.send(talk)


def _end_with_parent() -> None:
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    for number in (signal.SIGIO, signal.SIGXCPU):
        signal.signal(number, signal.SIG_DFL)
    # A crash leaves nothing in the user's folder.
    _limit(resource.RLIMIT_CORE, 0)
    # SIGIO, when the pipe's other end is closed. Where that was done before, nothing is read.
    fcntl.fcntl(0, fcntl.F_SETOWN, os.getpid())
    fcntl.fcntl(0, fcntl.F_SETFL, fcntl.fcntl(0, fcntl.F_GETFL) | os.O_ASYNC)


def _import(needs: Any) -> None:
    for name in needs:
        module = import_module(name)
        if name == "SimpleITK":
            module.ProcessObject.SetGlobalWarningDisplay(False)


def _answer(request: dict[str, Any], before: int) -> Parcel:
    """What a function gives, or what it raises; `worn` where memory was not given back."""
    limited = False
    try:
        _import(request["needs"])
        if request["folder"]:
            os.chdir(request["folder"])
        module, name = request["function"]
        function = getattr(import_module(module), name)
        _forget_printed()
        with _limits(request["size"]) as limited:
            value = function(*request["arguments"])
            return Parcel({"value": value, "worn": _is_worn(before)})
    except Exception as problem:
        kinds = (ImageFileError, MemoryError, OSError)
        kind = next((kind for kind in kinds if isinstance(problem, kind)), type(problem))
        said = str(getattr(problem, "strerror", None) or problem)
        answer = {
            "raised": kind.__name__,
            "message": next(iter(said.splitlines()), ""),
            "hint": getattr(problem, "hint", None),
            "errno": getattr(problem, "errno", None),
            "limited": limited,
        }
    return Parcel({**answer, "worn": _is_worn(before)})


def _forget_printed() -> None:
    if stat.S_ISREG(os.fstat(2).st_mode):
        os.ftruncate(2, 0)
        os.lseek(2, 0, os.SEEK_SET)


@contextmanager
def _limits(size: int) -> Iterator[bool]:
    """Within, no more time and memory than an image of so many bytes takes.

    Gives whether the memory is limited by that, and not by what the user allows all processes.
    """
    used = int(time.process_time()) + 1
    memory = 3 * size + _MORE_MEMORY
    resources = {
        resource.RLIMIT_CPU: used + seconds(size),
        # What libraries print, too.
        resource.RLIMIT_FSIZE: memory,
    }
    there = _memory()
    if there:
        resources[resource.RLIMIT_AS] = there + memory
    before = {limited: resource.getrlimit(limited) for limited in resources}
    taken = {limited: _limit(limited, most) for limited, most in resources.items()}
    try:
        yield taken.get(resource.RLIMIT_AS, False)
    finally:
        for limited, values in before.items():
            resource.setrlimit(limited, values)


def _limit(limited: int, most: int) -> bool:
    """Limit a resource; False where it was limited to less."""
    soft, hard = resource.getrlimit(limited)
    if any(value != resource.RLIM_INFINITY and value < most for value in (soft, hard)):
        return False
    with suppress(OSError, ValueError):  # systems differ in what they let be set
        resource.setrlimit(limited, (most, hard))
        return True
    return False


def _memory() -> int:
    """How many bytes of addresses this process takes; 0 where the system does not say."""
    try:
        return int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    except OSError:
        return 0


def _is_worn(before: int) -> bool:
    return _memory() > before + _MORE_MEMORY


if __name__ == "__main__":
    main(*sys.argv[1:])
