"""Counting what a run costs, from its events."""

from __future__ import annotations

import re
import sys
from collections import Counter
from pathlib import Path
from time import perf_counter

from voxlogica.engine.events import Event, Finished, Planned
from voxlogica.engine.results import OperatorStats, Stats


class Tally:
    """An observer that keeps the statistics of one run, from when it is made."""

    def __init__(self) -> None:
        self._begin = perf_counter()
        self._operations = 0
        self._outcomes: Counter[tuple[str, str]] = Counter()
        self._seconds: dict[str, float] = {}

    def __call__(self, event: Event) -> None:
        """Take note of one event."""
        match event:
            case Planned(operations):
                self._operations += operations
            case Finished(work, seconds, outcome) if work.kind == "operation":
                self._outcomes[work.name, outcome] += 1
                self._seconds[work.name] = self._seconds.get(work.name, 0.0) + seconds

    def stats(self) -> Stats:
        """The statistics so far."""
        total: Counter[str] = Counter()
        for (_, outcome), count in self._outcomes.items():
            total[outcome] += count
        return Stats(
            operations=self._operations,
            computed=total["computed"],
            stored=total["stored"],
            awaited=total["awaited"],
            seconds=perf_counter() - self._begin,
            peak_memory=peak_memory(),
            by_operator={name: self._of(name) for name in self._seconds},
        )

    def _of(self, name: str) -> OperatorStats:
        outcomes = self._outcomes
        return OperatorStats(
            computed=outcomes[name, "computed"],
            reused=outcomes[name, "stored"] + outcomes[name, "awaited"],
            seconds=self._seconds[name],
        )


def peak_memory() -> int:
    """The most bytes of memory this process has held, 0 where the system does not tell."""
    # Linux's getrusage also counts what the process was before it became this program.
    try:
        with Path("/proc/self/status").open("rb") as file:
            found = re.search(rb"^VmHWM:\s+(\d+)", file.read(), re.MULTILINE)
    except OSError:
        found = None
    if found:
        return int(found[1]) * 1024
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
