"""Processes that compile kernels, so that several are compiled at a time, and Numba stays outside.

A process reads a line for each kernel, and answers with a length (8 bytes, little-endian) and as
many bytes: `+` and the object code, or `-` and what went wrong. It ends when its input does.
"""

from __future__ import annotations

import os
import struct
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from threading import Condition, Lock, Thread
from typing import IO, Any

from voxlogica.kernels.object_code import KernelError, ObjectCode, Wanted
from voxlogica.kernels.slabs import allowed


def compiled(wanted: Wanted, function: Callable[..., Any]) -> ObjectCode:
    """A kernel's object code, compiled in another process, or else in this one.

    Raises KernelError where it cannot be compiled.
    """
    with _TELLING:
        listeners = tuple(_LISTENERS)
    for listener in listeners:
        listener()
    answer = None
    if _is_importable(wanted, function):
        with _COMPILERS.one() as compiler:
            answer = compiler.answer(wanted) if compiler else None
    if answer is None:
        return _compiled_here(wanted, function)
    if answer[:1] == b"-":
        raise KernelError(f"{wanted.name} does not compile: {answer[1:].decode()}")
    return ObjectCode.of(answer[1:])


@contextmanager
def telling(listener: Callable[[], None]) -> Iterator[None]:
    """Within, `listener` is called whenever a kernel is about to be compiled, from any thread.

    When the last that listens has heard enough, the processes that compile nothing are ended.
    """
    with _TELLING:
        _LISTENERS.append(listener)
    try:
        yield
    finally:
        with _TELLING:
            _LISTENERS.remove(listener)
            left = len(_LISTENERS)
        if not left:
            _COMPILERS.end_idle()


_TELLING = Lock()
_LISTENERS: list[Callable[[], None]] = []


def _is_importable(wanted: Wanted, function: Callable[..., Any]) -> bool:
    """Whether another process finds the same function."""
    if wanted.module == "__main__" or wanted.module not in sys.modules:
        return False
    kernel = getattr(import_module(wanted.module), wanted.kernel, None)
    return getattr(kernel, "function", None) is function


def _compiled_here(wanted: Wanted, function: Callable[..., Any]) -> ObjectCode:
    from voxlogica.kernels.compiling import compile_kernel

    try:
        with _HERE:
            return compile_kernel(function, wanted)
    except Exception as failed:
        raise KernelError(f"{wanted.name} does not compile: {failed}") from failed


_HERE = Lock()


class _Compiler:
    """A process that compiles one kernel at a time."""

    def __init__(self) -> None:
        import subprocess  # not at the top: most runs compile nothing

        # As this process finds modules, whatever the working directory of the other is.
        paths = os.pathsep.join(str(Path(path).absolute()) for path in sys.path)
        self._process = subprocess.Popen(
            # -P: a file in the working directory is no module.
            [sys.executable, "-P", "-m", "voxlogica.kernels.compiling"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            # An interruption from the terminal is for this process; the other ends with it.
            process_group=0,
            env={**os.environ, "PYTHONPATH": paths},
        )

    def answer(self, wanted: Wanted) -> bytes | None:
        """What it says of a kernel; None when it has died."""
        requests, answers = self._process.stdin, self._process.stdout
        assert requests is not None and answers is not None
        try:
            requests.write(" ".join((wanted.module, wanted.kernel, *wanted.types)).encode() + b"\n")
            requests.flush()
            head = _exactly(answers, 8)
            return _exactly(answers, struct.unpack("<Q", head)[0]) if head else None
        except OSError:
            return None

    def end(self) -> None:
        """Let it end: it does nothing at the moment. Does not wait for it."""
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.close()
        self._process.stdout.close()
        Thread(target=self._process.wait, daemon=True).start()

    @property
    def is_alive(self) -> bool:
        return self._process.poll() is None


def _exactly(stream: IO[bytes], length: int) -> bytes | None:
    content = stream.read(length)
    return content if len(content) == length else None


class _Compilers:
    """As many processes as there are cores to use. They stay for the next kernel."""

    def __init__(self) -> None:
        self._idle: list[_Compiler] = []
        self._started = 0
        self._changed = Condition()

    def end_idle(self) -> None:
        """End those that compile nothing."""
        with self._changed:
            idle, self._idle = self._idle, []
            self._started -= len(idle)
            self._changed.notify_all()
        for compiler in idle:
            compiler.end()

    @contextmanager
    def one(self) -> Iterator[_Compiler | None]:
        """A process that compiles nothing at the moment; None if none can be started."""
        with self._changed:
            self._changed.wait_for(lambda: self._idle or self._started < allowed())
            if self._idle:
                compiler: _Compiler | None = self._idle.pop()
            else:
                self._started += 1
                compiler = None
        try:
            if compiler is None and sys.executable:
                compiler = _Compiler()
        except OSError:
            pass  # the kernel is compiled in this process
        try:
            yield compiler
        finally:
            with self._changed:
                if compiler is not None and compiler.is_alive:
                    self._idle.append(compiler)
                else:
                    self._started -= 1
                self._changed.notify()


_COMPILERS = _Compilers()


def _forget_after_fork() -> None:
    """The processes are the parent's."""
    global _COMPILERS
    _COMPILERS = _Compilers()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_after_fork)
