"""How far a run is: how much of the work is done, and what its threads are at."""

from __future__ import annotations

from collections import Counter

from voxlogica.engine.events import (
    AtWorkers,
    CaseDone,
    CaseStarted,
    Event,
    Finished,
    Planned,
    Started,
    Work,
)


class RunUnderWay:
    """What the events so far tell: pieces of work, or cases if there are any.

    `done` of `total` are done, of cases some `failed`. O(1) for each event.
    """

    def __init__(self, cases: int = 0) -> None:
        self.done = 0
        self.failed = 0
        self.total = cases
        self._of_cases = cases > 0
        self._at: Counter[str] = Counter()
        self._away = 0

    def __call__(self, event: Event) -> None:
        """Take note of an event."""
        match event:
            case CaseStarted(case):
                self._at[case.name] += 1
            case CaseDone(row):
                self._at[row.case.name] -= 1
                self.done += 1
                self.failed += row.failed
            case _ if self._of_cases:
                pass
            case Planned(operations, saves):
                self.total += operations + saves
            case Started(work):
                self._at[named(work)] += 1
            case Finished(work, again=again):
                self.done += not again
                self.total = max(self.total, self.done)
                self._at[named(work)] -= 1
            case AtWorkers(parts):
                self._away = parts

    @property
    def at(self) -> tuple[str, ...]:
        """What is being carried out."""
        away = "1 part at a worker" if self._away == 1 else f"{self._away} parts at workers"
        first = (away,) if self._away else ()
        return *first, *(name for name, count in self._at.copy().items() if count > 0)


def named(work: Work) -> str:
    """What a person calls a piece of work."""
    return work.name if work.kind == "operation" else f"save {work.name}"
