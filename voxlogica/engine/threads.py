"""The threads of this process, as a back-end: by Dask's scheduler, or in turn in one of them."""

from __future__ import annotations

from collections.abc import Collection
from concurrent.futures import Future
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

from voxlogica.dataclass import replace
from voxlogica.engine.batches import LITTLE
from voxlogica.engine.events import Observer
from voxlogica.engine.executor import TABLE, Crew, Means, execute
from voxlogica.engine.futures import Subscription
from voxlogica.engine.holding import Holding
from voxlogica.engine.memory import Memory
from voxlogica.engine.remarks import forget_oldest
from voxlogica.engine.sink import Sink
from voxlogica.language.workplan import WorkPlan

if TYPE_CHECKING:
    from voxlogica.engine.keeping import Keeper


class Threads:
    """A `Backend` of `jobs` threads, whose results are in the process's table, and a store's.

    Of several runs at a time, each is given the `crew` that they share; `before` is what was to be
    held for it before it began. What takes so `little`, in nanoseconds, is done in turn.
    """

    def __init__(
        self,
        jobs: int,
        keeper: Keeper | None = None,
        memory: Memory | None = None,
        crew: Crew | None = None,
        before: Subscription | None = None,
        little: int = LITTLE,
    ) -> None:
        self._jobs = jobs
        self._holding = Holding(TABLE, before=before)
        self._means = Means(keeper, memory or Memory(), self._holding, crew, little)
        _under_way.add(self)

    def check(self, plan: WorkPlan, folders: Collection[Path]) -> None:
        """Here, what can be wrong was found when the plan was made, and the folders too."""

    def carry_out(
        self, plan: WorkPlan, sink: Sink, observe: Observer, cancellation: Future[None]
    ) -> list[Any]:
        """As a `Backend` does."""
        return execute(
            plan,
            partial(sink.write, plan),
            self._jobs,
            observe,
            replace(self._means, cancellation=cancellation, reading=sink.reading),
        )

    def hold(self, operations: Collection[bytes], once: Collection[bytes]) -> None:
        """As a `Backend` does: in the table."""
        self._holding.expect(operations, once)

    def end_stage(self, gone: Collection[bytes]) -> None:
        """As a `Backend` does."""
        self._holding.end_stage()
        if self._means.keeper is not None:
            self._means.keeper.forget(gone)

    def close(self) -> None:
        """As a `Backend` does."""
        self._holding.close()
        _under_way.discard(self)
        if not _under_way:
            forget_oldest(TABLE.knows)


# Those of runs that have not ended.
_under_way: WeakSet[Threads] = WeakSet()
