"""What a run did when, on which thread, and of which worker, in the format of Chrome's traces.

https://ui.perfetto.dev and chrome://tracing show it. The format is Google's "Trace Event Format":
complete events (`X`), times in microseconds.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from time import perf_counter
from typing import Any

from voxlogica.engine.events import (
    AtWorkers,
    Concluding,
    Event,
    Finished,
    Planned,
    Started,
    Warned,
    Work,
)
from voxlogica.engine.results import Report
from voxlogica.version import __version__

# What a row of the picture is called where it is no thread that computes.
_OF_RUN, _OF_LEFT = ("", "the run"), ("", "not finished")
# How a piece of work is told apart from others by colour and in searches.
_CATEGORIES = {
    "computed": "computed",
    "stored": "read from the store",
    "awaited": "awaited from another run",
}
# The number of this process; workers have those after it.
_PROCESS = 1
# A row of the picture: the numbers of its process and thread, by what events call these.
_Row = dict[str, int]


class Trace:
    """An observer that notes when things begin and end, from when it is made."""

    def __init__(self) -> None:
        self._origin = perf_counter()
        # When the run was last at something that is no work: planning, or putting files in place.
        self._idle_since = self._origin
        self._phases: list[tuple[str, float, float, dict[str, Any]]] = []
        self._done: list[Finished] = []
        self._warnings: list[tuple[float, str]] = []
        self._under_way: dict[Work, list[float]] = {}
        self._at_workers: list[tuple[float, int]] = []
        # What is added to the clock of each worker, at most, for ours.
        self._clocks: dict[str, float] = {}
        self._concluding: tuple[float, tuple[str, ...]] | None = None

    def __call__(self, event: Event) -> None:
        """Take note of an event."""
        now = perf_counter()
        match event:
            case Planned(operations, saves):
                counts = {"operations": operations, "files": saves}
                self._phases.append(("planning", self._idle_since, now, counts))
            case Started(work):
                self._under_way.setdefault(work, []).append(now)
            case Finished(work):
                self._under_way[work].pop()
                self._done.append(event)
            case AtWorkers(parts, worker, clock=clock):
                self._at_workers.append((now, parts))
                if worker:
                    self._clocks[worker] = min(clock, self._clocks.get(worker, clock))
            case Warned(diagnostic):
                self._warnings.append((now, diagnostic.message))
            case Concluding(paths):
                self._concluding = now, paths
        self._idle_since = now

    def text(self, report: Report) -> Iterator[str]:
        """The file, in pieces, of a run that has ended and left this report."""
        yield '{"traceEvents": [\n'
        yield ",\n".join(json.dumps(event) for event in self._events(report, perf_counter()))
        facts = {"status": report.status, "version": f"voxlogica {__version__}"}
        yield f'\n],\n"displayTimeUnit": "ms", "otherData": {json.dumps(facts)}}}\n'

    def _events(self, report: Report, end: float) -> Iterator[dict[str, Any]]:
        phases = [*self._phases]
        if self._concluding is not None:
            begin, paths = self._concluding
            phases.append(("putting files in place", begin, end, {"files": [*paths]}))
        elif not phases:  # nothing came of the program
            phases.append(("planning", self._origin, end, {}))
        left = [(work, at) for work, begun in self._under_way.items() for at in begun]
        threads = dict.fromkeys((event.worker, event.thread) for event in self._done)
        rows = dict.fromkeys([_OF_RUN, *threads, *([_OF_LEFT] if left else [])])
        workers = dict.fromkeys(worker for worker, _ in rows)
        processes = {worker: number for number, worker in enumerate(workers, _PROCESS)}
        places = {row: {"pid": processes[row[0]], "tid": number} for number, row in enumerate(rows)}
        for worker, number in processes.items():
            yield _named("process_name", worker or "voxlogica", {"pid": number, "tid": 0})
        for (_, thread), place in places.items():
            yield _named("thread_name", thread, place)
            yield _named("thread_sort_index", thread, place) | {
                "args": {"sort_index": place["tid"]}
            }
        run = places[_OF_RUN]
        for name, begin, until, facts in phases:
            yield self._complete(name, "run", begin, until, run, facts)
        for at, message in self._warnings:
            yield self._event(message, "warning", at, run, {}) | {"ph": "i", "s": "t"}
        for at, parts in self._at_workers:
            yield self._event("at workers", "run", at, run, {"parts": parts}) | {"ph": "C"}
        for event in self._done:
            work, place = event.work, places[event.worker, event.thread]
            begin = event.begin + self._clocks.get(event.worker, 0.0)
            said = _CATEGORIES[event.outcome] if work.kind == "operation" else "file"
            until = begin + event.seconds
            yield self._complete(work.name, said, begin, until, place, _facts(work))
        for work, at in left:
            facts = {**_facts(work), "run": report.status}
            yield self._complete(work.name, "not finished", at, end, places[_OF_LEFT], facts)
        yield self._complete("run", "run", self._origin, end, run, _counts(report))

    def _complete(
        self, name: str, category: str, begin: float, end: float, row: _Row, facts: dict[str, Any]
    ) -> dict[str, Any]:
        event = self._event(name, category, begin, row, facts)
        return {**event, "ph": "X", "dur": round(1e6 * (end - begin), 3)}

    def _event(
        self, name: str, category: str, at: float, row: _Row, facts: dict[str, Any]
    ) -> dict[str, Any]:
        return {
            "name": name,
            "cat": category,
            "ts": round(1e6 * (at - self._origin), 3),
            **row,
            "args": facts,
        }


def _named(what: str, name: str, row: _Row) -> dict[str, Any]:
    return {"name": what, "ph": "M", **row, "args": {"name": name}}


def _facts(work: Work) -> dict[str, Any]:
    return {"place": str(work.span), "type": str(work.type)}


def _counts(report: Report) -> dict[str, Any]:
    stats = report.stats
    return {
        "status": report.status,
        "operations": stats.operations,
        "computed": stats.computed,
        "stored": stats.stored,
        "awaited": stats.awaited,
    }
