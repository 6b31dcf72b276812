"""The link to a scheduler of Dask: the client that there is now, and the workers that it knows."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from functools import partial
from typing import Any

from voxlogica.cluster.asking import Departures
from voxlogica.cluster.reaching import check_encryption, refusal, refuse, unreachable, unusable
from voxlogica.cluster.under_way import Lost, keep
from voxlogica.cluster.versions import (
    HOW_TO_MATCH,
    complaint_of_scheduler,
    complaints_of_workers,
)
from voxlogica.dataclass import dataclass
from voxlogica.syntax.diagnostics import VoxLogicaError

# So many times as long as Dask tries to connect it tries to connect again: networks are mended in a
# minute or two, and whether the scheduler is there no more is seen without waiting.
_MORE_PATIENCE = 4
# No worker has this address.
_NOWHERE = "tcp://0.0.0.0:1"


@dataclass(frozen=True, slots=True)
class WorkerCalls:
    """What is called at workers, in their loops, and what makes a client of Dask."""

    client: Callable[..., Any]
    attend: tuple[Any, ...]
    answer: tuple[Any, ...]


class Link:
    """The client of Dask that there is now, and the workers that it knows: the loop's alone.

    Where the scheduler cannot be reached any more, Dask's client takes all that is under way for
    cancelled. If nothing listens at the address, the scheduler is gone, and all is `Lost`. Else the
    network may be mended: another client goes on trying, and what is not done is submitted again.
    The first one would be known by the same name as before, and the scheduler, when it finds that
    the old connection has ended, would drop what was submitted by the new one.

    When workers have come or gone, `seen` is called with those that there are, and whether all of
    them are others than before.
    """

    def __init__(
        self,
        address: str,
        dask: WorkerCalls,
        tell: Callable[[str], None],
        seen: Callable[[Collection[str], bool], None],
    ) -> None:
        self.address, self._dask, self._tell, self._seen = address, dask, tell, seen
        self.dashboard: str | None = None
        # Workers that have our version, and how many errands each carries out at a time; others.
        self.workers: dict[str, int] = {}
        self.unfit: dict[str, str] = {}
        self._current: asyncio.Future[Any] | None = None
        self._has_worker = asyncio.Event()
        # Once is enough, as there may be none for a moment where each that dies is replaced.
        self._is_told_of_none = False
        self._is_ours = False
        self._departures = Departures()
        self._looking = asyncio.Lock()
        self._stream: Any = None
        self._looks: set[asyncio.Task[None]] = set()
        self._closings: set[asyncio.Task[None]] = set()

    async def begin(self, is_ours: bool) -> None:
        """Connect, and see that all that is there has our version. Raises Lost, VoxLogicaError."""
        self._is_ours = is_ours
        client = await self._client()
        self._current = asyncio.get_running_loop().create_future()
        self._current.set_result(client)
        if is_ours:
            await self._look(client)
            return
        installed = (await client.scheduler.versions(packages=["bokeh"]))["packages"]
        if installed["bokeh"] is not None:  # else its page says that it needs that
            with suppress(KeyError):  # it has no page
                self.dashboard = client.dashboard_link
        complaint = complaint_of_scheduler(installed, self.address)
        if complaint is not None:
            refuse(complaint, HOW_TO_MATCH)
        while not await self._look(client):
            self.lost(client)
            client = await self.client()
        for complaint in self.unfit.values():
            refuse(complaint, HOW_TO_MATCH)
        if not self.workers:
            self._tell_of_none()
            await self._first_worker()

    def _tell_of_none(self) -> None:
        self._is_told_of_none = True
        self._tell(
            f"the scheduler at {self.address} has no workers: waiting for one, as"
            f" `dask worker {self.address}` starts it"
        )

    async def _first_worker(self) -> None:
        """Wait for it. Raises Lost if there is no scheduler any more."""
        coming = asyncio.ensure_future(self._has_worker.wait())
        where: dict[str, Any] = {}
        try:
            while not coming.done():
                client = await self.client()
                # What waits for a worker waits no longer than the connection lasts; and clusters
                # that start workers where something waits start one.
                waiting = client.submit(int, key=f"vox-nothing-{client.id}", **where)
                done = asyncio.ensure_future(waiting.exception())
                try:
                    await asyncio.wait({coming, done}, return_when=asyncio.FIRST_COMPLETED)
                    if waiting.status == "finished":
                        # If that worker has another version, this waits for those that are told of.
                        await self._look(client, late=True)
                        where = {"workers": [_NOWHERE]}
                        await asyncio.sleep(0)
                finally:
                    done.cancel()
                    waiting.release()
        finally:
            coming.cancel()

    async def client(self) -> Any:
        """The client, connected. Raises Lost if there will be none any more."""
        assert self._current is not None
        client = await asyncio.shield(self._current)
        while self.is_lost(client):
            self.lost(client)
            client = await asyncio.shield(self._current)
        return client

    def is_lost(self, client: Any) -> bool:
        """Whether a client has no connection any more, or has made itself another."""
        return client.status != "running" or client.scheduler_comm is not self._stream

    def lost(self, client: Any) -> None:
        """Note that a client has no connection any more."""
        current = self._current
        assert current is not None
        if current.done() and not current.exception() and current.result() is client:
            self._current = asyncio.ensure_future(self._again(client))
            # Whoever asks for the client is told; that nobody does is no error.
            self._current.add_done_callback(lambda ended: ended.cancelled() or ended.exception())

    async def ask_all(self, question: bytes) -> dict[str, bytes]:
        """What each worker answers."""
        while True:
            client = await self.client()
            await self.looked()
            try:
                answers = await self._departures.ask(
                    client, list(self.workers), *self._dask.answer, question
                )
            except OSError:
                self.lost(client)
                continue
            for answer in answers.values():
                if isinstance(answer, Exception) and not isinstance(answer, OSError):
                    raise answer
            # One that has ended meanwhile has no answer.
            return {a: answer for a, answer in answers.items() if isinstance(answer, bytes)}

    async def end(self) -> None:
        """Close what there is."""
        for task in self._looks:
            task.cancel()
        if self._current is not None:
            self._current.cancel()
            with suppress(asyncio.CancelledError, Exception):  # there is no client any more
                await (await self._current).close()
        await asyncio.gather(*self._closings)

    async def _again(self, client: Any) -> Any:
        keep(self._closings, _closed(client))
        try:
            again = await self._client(_MORE_PATIENCE)
        except VoxLogicaError as problem:
            raise Lost(
                f"the scheduler is gone: {problem.message}",
                "when there is a scheduler with workers again, give the same command again",
            ) from None
        self._tell(f"the scheduler at {self.address} can be reached again: the run goes on")
        await self._look(again)
        return again

    async def _client(self, patience: int = 0) -> Any:
        """A client that is connected. Raises VoxLogicaError if there can be none.

        Dask tries as long as it is set to, or so many times as long with `patience`. That nothing
        listens where the scheduler was is seen at once; what else may be wrong with a network may
        be mended.
        """
        import dask.config
        from dask.utils import parse_timedelta

        set_to = parse_timedelta(dask.config.get("distributed.comm.timeouts.connect"))
        seconds = set_to * max(1, patience)
        check_encryption(self.address)
        try:
            client = self._dask.client(
                self.address, asynchronous=True, set_as_default=False, timeout=seconds
            )
        except (OSError, ValueError) as problem:
            unusable(problem)
        connecting = asyncio.ensure_future(client)
        looking = asyncio.ensure_future(refusal(self.address))
        try:
            await asyncio.wait({connecting, looking}, return_when=asyncio.FIRST_COMPLETED)
            refused = None if connecting.done() else looking.result()
            if refused is not None:
                if not patience or isinstance(refused, ConnectionRefusedError):
                    raise refused
                self._tell(f"the scheduler at {self.address} cannot be reached: trying again")
            # Dask itself waits for ever where something listens, and says nothing.
            await asyncio.wait_for(connecting, seconds)
        except BaseException as problem:
            connecting.cancel()
            keep(self._closings, _closed(client))
            if not isinstance(problem, (OSError, ImportError, TypeError, ValueError)):
                raise
            # A scheduler that was there, and ends while Dask connects, is there no more.
            was_there = looking.done() and looking.result() is None
            gone = await refusal(self.address) if was_there else None
            unreachable(self.address, gone or problem, was_there)
        finally:
            looking.cancel()
        self._stream = client.scheduler_comm
        # What other users' tasks print, or warn of, is not for this one.
        client.unsubscribe_topic("print")
        client.unsubscribe_topic("warn")
        client.subscribe_topic("all", partial(self._hear, client))
        return client

    def _hear(self, client: Any, event: tuple[float, Any]) -> None:
        action = event[1].get("action") if isinstance(event[1], Mapping) else None
        if action in ("add-worker", "remove-worker"):
            self._departures.note(event[1]["worker"], action == "remove-worker")
            keep(self._looks, self._look_again(client))

    async def _look(self, client: Any, late: bool = False) -> bool:
        """See which workers there are, and whether they have our version. Other ones are let be.

        Gives whether it has seen them: else the connection was lost meanwhile.
        """
        async with self._looking:
            with suppress(OSError):  # there will be another client that looks
                there: dict[str, int] = await client.nthreads()
                new = [a for a in there if a not in self.workers and a not in self.unfit]
                ask = partial(self._departures.ask, client, new)
                unfit = await complaints_of_workers(ask, new) if new else {}
                self.unfit |= unfit
                if late:
                    for complaint in unfit.values():
                        self._tell(f"{complaint}: nothing is given to it; {HOW_TO_MATCH}")
                known = self.workers
                self.workers = {a: n for a, n in there.items() if a not in self.unfit}
                if self.workers:
                    self._seen(self.workers, known.keys().isdisjoint(self.workers))
                fit = [a for a in new if a in self.workers]
                if fit:
                    self._has_worker.set()
                    keep(self._looks, self._attend(client, fit))
                return True
            return False

    async def _attend(self, client: Any, workers: list[str]) -> None:
        """Have workers prepare for what comes; one that has no time to does so with its errand."""
        with suppress(OSError):
            await self._departures.ask(client, workers, *self._dask.attend)

    async def _look_again(self, client: Any) -> None:
        had_some = bool(self.workers)
        try:
            await self._look(client, late=True)
        except Exception as problem:  # which nobody else would see
            self._current = asyncio.get_running_loop().create_future()
            self._current.set_exception(problem)
        if had_some and not self.workers and not self._is_told_of_none and not self._is_ours:
            self._tell_of_none()

    async def looked(self) -> None:
        """Wait until it is known of the workers that have come whether they have our version."""
        async with self._looking:
            return


async def _closed(client: Any) -> None:
    """Close one that has no connection, without waiting for anything."""
    with suppress(Exception):  # of the connection that it has not
        # As Dask closes it where an error ends what it is used for.
        await client.__aexit__(ConnectionError, None, None)
