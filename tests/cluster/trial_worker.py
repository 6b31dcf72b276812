"""What workers carry out in tests of the connection: an errand is words, the first says what."""

from __future__ import annotations

import json
import os
import resource
import signal
import sys
import threading
from pathlib import Path

import numpy as np

_forgotten: dict[str, threading.Event] = {}
_carried_out: list[str] = []
_worker: dict[str, object] = {}


def begin(name, errands, cores, memory_limit):
    """Be a worker."""
    _worker.update(name=name, errands=errands, cores=cores, memory_limit=memory_limit)


def carry_out(key, message, contents):
    """The answer to an errand."""
    verb, *words = message.decode().split(" ")
    _carried_out.append(key)
    _forgotten.setdefault(key, threading.Event())
    return _VERBS[verb](key, contents, *words)


def answer(question):
    """What the worker says of itself."""
    if question == b"forgotten":
        return " ".join(key for key, event in _forgotten.items() if event.is_set()).encode()
    if question == b"carried out":
        return " ".join(_carried_out).encode()
    if question == b"worker":
        return json.dumps(_worker).encode()
    return f"{os.getpid()} {question.decode()}".encode()


def forget(key):
    """Nobody wants it any more."""
    _forgotten.setdefault(key, threading.Event()).set()


def _echo(key, contents, *words):
    return " ".join(words).encode()


def _print(key, contents, *words):
    print(*words, flush=True)
    print(*words, file=sys.stderr, flush=True)
    return b"printed"


def _faults(key, contents):
    """How often the system gives memory while arrays of 20 MiB come and go."""

    def again():
        for _ in range(10):
            np.ones(20 << 20, np.uint8)

    again()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    again()
    return str(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before).encode()


def _contents(key, contents):
    return b"".join(path.encode() + b"=" + content for path, content in contents)


def _pid(key, contents):
    return str(os.getpid()).encode()


def _wait(key, contents, path):
    """Say into a named pipe that it has begun, and wait for a word from it."""
    Path(path).write_text(f"{os.getpid()}\n")
    return Path(path).read_bytes()


def _until_forgotten(key, contents, path):
    """Say into a named pipe that it has begun, the first time, and that it is not wanted more."""
    if _carried_out.count(key) > 1:
        return b"well"
    Path(path).write_text(f"{os.getpid()}\n")
    _forgotten[key].wait()
    Path(path).write_text("forgotten\n")
    raise RuntimeError("forgotten")


def _die(key, contents):
    os.kill(os.getpid(), signal.SIGKILL)


def _fail(key, contents, *words):
    raise ValueError(" ".join(words))


def _work(key, contents, seconds, word):
    """Take so long, unless it is forgotten."""
    forgotten = _forgotten[key] = threading.Event()
    if forgotten.wait(float(seconds)):
        raise RuntimeError("forgotten")
    return word.encode()


_VERBS = {
    "work": _work,
    "echo": _echo,
    "print": _print,
    "faults": _faults,
    "contents": _contents,
    "pid": _pid,
    "wait": _wait,
    "until-forgotten": _until_forgotten,
    "die": _die,
    "fail": _fail,
}
