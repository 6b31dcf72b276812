"""What cases have in common: results that one has computed stay until the next has read them."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterable

from voxlogica.engine.executor import TABLE
from voxlogica.engine.futures import Subscription
from voxlogica.language.workplan import WorkPlan


class InCommon:
    """The operations of the cases that are planned and not done. Safe for any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._cases: Counter[bytes] = Counter()

    def enter(self, plan: WorkPlan) -> Subscription:
        """Note what a case rests on, and have kept for it what a case before it will come by.

        Of the operations that others rest on, too, those are kept that goals or operations of its
        own read. What only these rest on need not be there again.
        """
        ids = plan.ids
        with self._lock:
            needed = plan.needed()
            shared = {p for p in needed if ids[p] in self._cases}
            read = {goal.node for goal in plan.goals}
            for position in needed:
                if position not in shared:
                    read.update(plan.arguments(position))
            self._cases.update(ids[position] for position in needed)
        return TABLE.subscribe({ids[position]: 1 for position in read & shared})

    def leave(self, operations: Iterable[bytes]) -> None:
        """Note that a case that rests on these is done."""
        with self._lock:
            for operation in operations:
                self._cases[operation] -= 1
                if not self._cases[operation]:
                    del self._cases[operation]
