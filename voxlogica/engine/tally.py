"""Counting what a run costs, from its events."""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Iterable
from math import inf
from pathlib import Path
from time import perf_counter

from voxlogica.engine.events import AtWorkers, Event, Finished, Planned
from voxlogica.engine.results import Effort, Stats


class Tally:
    """An observer that keeps the statistics of one run, from when it is made."""

    def __init__(self) -> None:
        self._begin = perf_counter()
        self._operations = 0
        self._operators = _Efforts()
        self._workers = _Efforts()
        # From when to when workers were asked for something, and at it.
        self._asked: list[tuple[float, float]] = []
        self._at_work: list[tuple[float, float]] = []

    def __call__(self, event: Event) -> None:
        """Take note of one event."""
        match event:
            case Planned(operations):
                self._operations += operations
            case Finished(work, seconds, outcome, worker=worker) if work.kind == "operation":
                self._operators.add(work.name, seconds, outcome)
                if worker:
                    self._workers.add(worker, seconds, outcome)
            case AtWorkers(_, worker, asked, began, ended) if worker:
                self._workers.begin(worker)
                self._asked.append((asked, ended))
                self._at_work.append((began, ended))

    def stats(self) -> Stats:
        """The statistics so far."""
        total = self._operators.by_outcome()
        return Stats(
            operations=self._operations,
            computed=total["computed"],
            stored=total["stored"],
            awaited=total["awaited"],
            seconds=perf_counter() - self._begin,
            peak_memory=peak_memory(),
            by_operator=self._operators.by_name(),
            by_worker=self._workers.by_name(),
            waited=_covered([*self._asked, *self._at_work]) - _covered(self._at_work),
        )


class _Efforts:
    """What became of operations, and how long they took, by a name."""

    def __init__(self) -> None:
        self._outcomes: Counter[tuple[str, str]] = Counter()
        self._seconds: dict[str, float] = {}

    def begin(self, name: str) -> None:
        self._seconds.setdefault(name, 0.0)

    def add(self, name: str, seconds: float, outcome: str) -> None:
        self._outcomes[name, outcome] += 1
        self._seconds[name] = self._seconds.get(name, 0.0) + seconds

    def by_outcome(self) -> Counter[str]:
        total: Counter[str] = Counter()
        for (_, outcome), count in self._outcomes.items():
            total[outcome] += count
        return total

    def by_name(self) -> dict[str, Effort]:
        outcomes = self._outcomes
        return {
            name: Effort(
                computed=outcomes[name, "computed"],
                reused=outcomes[name, "stored"] + outcomes[name, "awaited"],
                seconds=seconds,
            )
            for name, seconds in self._seconds.items()
        }


def _covered(spans: Iterable[tuple[float, float]]) -> float:
    """How long at least one of these spans lasts."""
    total, until = 0.0, -inf
    for begin, end in sorted(spans):
        if end > until:
            total += end - max(begin, until)
            until = end
    return total


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
