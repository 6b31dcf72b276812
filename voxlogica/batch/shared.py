"""What the cases of a run share: settings, the store and who writes to it, cores, threads."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import ExitStack, closing, contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self

from voxlogica.batch.used_files import UsedFiles
from voxlogica.engine.executor import Crew
from voxlogica.engine.pool import Pool
from voxlogica.engine.threads import Threads
from voxlogica.kernels.slabs import Cores
from voxlogica.plan_to_report import (
    Settings,
    asking_for_underlays,
    opened_store,
    workers_of,
    writer_to,
)

if TYPE_CHECKING:
    from voxlogica.batch.case_files import CaseFiles
    from voxlogica.cluster.cluster import Workers
    from voxlogica.engine.backend import Backend
    from voxlogica.engine.futures import Subscription
    from voxlogica.engine.keeping import Keeper
    from voxlogica.engine.store import Store
    from voxlogica.engine.store_writer import StoreWriter
    from voxlogica.language.planning import FinishedPlan, PlannedPrograms


class Shared:
    """What the cases of a run share, each thing made when it is first wanted. Safe for any thread.

    As a context manager it waits, where it is left without an exception, until what was put into
    the store is written. `ended` is settled when the run is to end. `of_all` cases the files are
    looked at that they use, not only of those that compute names.
    """

    def __init__(self, settings: Settings, ended: Future[None], of_all: bool = False) -> None:
        self.settings = settings
        self.ended = ended
        self.used_files = UsedFiles(ended, of_all)
        self._closing = ExitStack()
        self._lock = threading.Lock()
        self._cancellations: set[Future[None]] = set()
        ended.add_done_callback(self._cancel)
        cores = self._closing.enter_context(closing(Cores(settings.threads)))
        self.crew = Crew(cores, self._closing.enter_context(closing(Pool(cores.number, ended))))

        finishing = self._finished
        # What pictures are drawn of is asked for when the plan is made, as all else is.
        self.finishing = asking_for_underlays(finishing) if settings.pictures else finishing

    def _finished(self, planned: PlannedPrograms) -> FinishedPlan:
        return planned.finished(self.settings.rewrites)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *left_by: Any) -> None:
        self._closing.__exit__(*left_by)

    @contextmanager
    def cancellation(self) -> Iterator[Future[None]]:
        """What is settled when the run ends, for a part of it: nothing of that lasts longer."""
        part: Future[None] = Future()
        with self._lock:
            self._cancellations.add(part)
        if self.ended.done():
            self._cancel()
        try:
            yield part
        finally:
            with self._lock:
                self._cancellations.discard(part)

    def _cancel(self, _: object = None) -> None:
        with self._lock:
            parts, self._cancellations = self._cancellations, set()
        for part in parts:
            part.set_result(None)

    @property
    def store(self) -> Store | None:
        """The store, opened when it is first wanted, if there is to be one."""
        with self._lock:
            return self._store

    @property
    def writer(self) -> StoreWriter | None:
        """Who writes to the store."""
        with self._lock:
            return self._writer

    @property
    def places(self) -> int:
        """How many cases can be carried out at a time: those of a cluster come and go."""
        workers = self._known_workers()
        if workers is None:
            return self.settings.threads
        from voxlogica.cluster.cluster import MOST_QUEUED

        # Beside those that workers are at, some wait, so that no worker does.
        return workers.connection.places + min(workers.connection.places, MOST_QUEUED)

    def backend(
        self, threads: int, keeper: Keeper | None, held: Subscription, again: str
    ) -> Backend:
        """What carries out one case, by so many threads where it is this process.

        `again` is the name of a case that workers may come upon again; else empty.
        """
        workers = self._known_workers()
        if workers is None:
            return Threads(threads, keeper, self.settings.memory, self.crew, held)
        from voxlogica.cluster.cluster import Cluster

        return Cluster(workers, again)

    def ask_workers(self, files: CaseFiles) -> None:
        """Ask the workers of a cluster for what cases read and save, before they begin.

        Raises VoxLogicaError.
        """
        if (workers := self._known_workers()) is not None:
            workers.survey.ask(dict.fromkeys(files.loads), files.folders)

    def _known_workers(self) -> Workers | None:
        with self._lock:
            return self._workers

    @cached_property
    def _workers(self) -> Workers | None:
        options = self.settings.cluster
        if options is None:
            return None
        return workers_of(self.settings, options, self._closing, of_many=True)

    @cached_property
    def _store(self) -> Store | None:
        store = opened_store(self.settings)
        return None if store is None else self._closing.enter_context(store)

    @cached_property
    def _writer(self) -> StoreWriter | None:
        if self._store is None:
            return None
        return self._closing.enter_context(writer_to(self._store, self.settings))
