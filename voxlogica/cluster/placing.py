"""Which worker a case goes to: one that has what the case needs in memory, from the last time.

The combinations of a sweep rest on the same image, and what is computed of it for all of them; and
so do the stages of a program. A worker holds that for a while. So who comes again goes where it was
before, unless that worker has enough to do already.
"""

from __future__ import annotations

import threading
from collections import Counter, OrderedDict
from collections.abc import Callable, Mapping

# Of so many cases it is known where they were.
_MOST = 1_000


class Placing:
    """Workers, by their addresses, and which cases they have had. Safe for any thread.

    `workers` tells how many errands each of them carries out at a time: they come and go.
    """

    def __init__(self, workers: Callable[[], Mapping[str, int]]) -> None:
        self._workers = workers
        self._lock = threading.Lock()
        self._busy: Counter[str] = Counter()
        self._had: OrderedDict[str, set[str]] = OrderedDict()

    def take(self, case: str) -> str | None:
        """The worker for a case, which is busy with it until it is given back."""
        workers = self._workers()
        with self._lock:
            before = self._had.setdefault(case, set())
            self._had.move_to_end(case)
            if len(self._had) > _MOST:
                self._had.popitem(last=False)
            near = [a for a in before if a in workers and self._busy[a] <= workers[a]]
            found = min(
                near or workers, key=lambda a: (self._busy[a] / workers[a], a), default=None
            )
            if found is not None:
                before.add(found)
                self._busy[found] += 1
            return found

    def give_back(self, worker: str) -> None:
        """A case is done there."""
        with self._lock:
            self._busy[worker] -= 1
