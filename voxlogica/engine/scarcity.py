"""What the system did not give: told as that, and not as a defect."""

from __future__ import annotations

import errno
import re
from typing import NamedTuple


class Scarcity(NamedTuple):
    """What there was too little of, and what to do about it."""

    said: str
    hint: str


_MEMORY = Scarcity(
    "there is not enough memory",
    "use fewer threads (`-j 1`) or `--memory-limit`, close other programs, crop the images, or"
    " raise the limit that is set (`ulimit -v`, a container's or a job's memory)",
)
_FILES = Scarcity(
    "the limit on open files is too low",
    "raise it (`ulimit -n 1024`), or use fewer threads (`-j 1`)",
)
_THREADS = Scarcity(
    "no further thread or process may be started",
    "raise the limit (`ulimit -u`, a container's pids; `ulimit -v`), or use fewer threads (`-j 1`)",
)
_BY_NUMBER = {
    errno.ENOMEM: _MEMORY,
    errno.EMFILE: _FILES,
    errno.ENFILE: _FILES,
    errno.EAGAIN: _THREADS,
}
# Of what has no number, as the loader of libraries and Python's threads say it.
_BY_WORDS = (
    ("cannot allocate memory|failed to map segment|bad_alloc", _MEMORY),
    ("too many open files", _FILES),
    ("can't start new thread|resource temporarily unavailable", _THREADS),
)


def scarcity(problem: BaseException | None) -> Scarcity | None:
    """What an exception, or one that it came of, shows there was too little of."""
    seen: set[int] = set()
    while problem is not None and id(problem) not in seen:
        seen.add(id(problem))
        if isinstance(problem, MemoryError):
            return _MEMORY
        if isinstance(problem, OSError) and problem.errno in _BY_NUMBER:
            return _BY_NUMBER[problem.errno]
        if isinstance(problem, OSError | ImportError | RuntimeError):
            words = str(problem)
            for pattern, found in _BY_WORDS:
                if re.search(pattern, words, re.IGNORECASE):
                    return found
        problem = problem.__cause__ or problem.__context__
    return None
