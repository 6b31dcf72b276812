"""Cases as they come: all of them known before, or given one after another while others run."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Sequence

from voxlogica.engine.cases import Case


class KnownCases:
    """Cases that are all known before any runs. For one thread at a time."""

    def __init__(self, cases: Sequence[Case]) -> None:
        self.number = len(cases)
        self._cases = cases
        self._next = 0

    def first(self, *, waits: bool) -> Case | None:
        """The next case, which stays the next one; None where there are no more."""
        return self._cases[self._next] if self._next < len(self._cases) else None

    def pass_on(self) -> None:
        """Go on to the one after it."""
        self._next += 1

    def close(self) -> None:
        """There are no more cases."""
        self._next = len(self._cases)


class Feed:
    """Cases that are given one after another, while those before them run. For any thread.

    How many they will be, `number`, may not be known.
    """

    def __init__(self, number: int | None = None) -> None:
        self.number = number
        self._changed = threading.Condition()
        self._waiting: deque[Case] = deque()
        self._is_closed = False

    def give(self, case: Case) -> None:
        """One more case."""
        with self._changed:
            self._waiting.append(case)
            self._changed.notify_all()

    def end(self) -> None:
        """Those that were given are all."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()

    def first(self, *, waits: bool) -> Case | None:
        """The same; and None where there is none yet, unless it `waits`."""
        with self._changed:
            if waits:
                self._changed.wait_for(lambda: self._waiting or self._is_closed)
            return self._waiting[0] if self._waiting else None

    def pass_on(self) -> None:
        """Go on to the one after it."""
        with self._changed:
            self._waiting.popleft()

    def close(self) -> None:
        """Nor are those there any more that were given."""
        with self._changed:
            self._waiting.clear()
            self._is_closed = True
            self._changed.notify_all()
