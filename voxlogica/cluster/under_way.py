"""Errands that are under way: submitted, followed, and fetched when they are done."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Coroutine, Sequence
from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from voxlogica.cluster.alone import AloneOrTogether
from voxlogica.cluster.along import Along

if TYPE_CHECKING:
    from voxlogica.cluster.link import Link

# So often an errand is submitted again since its workers have gone.
_MOST_MOVES = 3


class Lost(Exception):  # noqa: N818  (it says what is so)
    """The scheduler is gone: nothing can be submitted, nothing comes back."""

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.message, self.hint = message, hint


class WorkerDied(Exception):  # noqa: N818
    """An errand has ended the workers that carried it out, more often than Dask allows."""


class Submitted:
    """An errand that is under way, or whose answer is there."""

    def __init__(
        self,
        key: str,
        message: bytes,
        files: Sequence[tuple[str, str]],
        beside: str | None,
        released: Callable[[Submitted], object],
    ) -> None:
        self.future: Future[bytes] = Future()
        self.key, self.message, self.files, self.beside = key, message, files, beside
        self._released = released
        # What Dask has for it, the task that waits for that, and whether it was given to workers
        # that have our version, as some have not.
        self.at_dask: Any = None
        self.following: asyncio.Task[None] | None = None
        self.is_for_the_fit = False
        # The workers that it is to be at, if not at any, and how often these have gone.
        self.at: list[str] = []
        self.moves = 0
        # Whether it has been at workers that died, and is carried out alone.
        self.is_alone = False

    def release(self) -> None:
        """Have the cluster forget it; what is running of it is stopped. May be called twice."""
        self._released(self)


class Answering:
    """The errands that are not released: all in the thread of one loop.

    `call` makes of key, message and contents of files the function that a worker calls, and its
    arguments; `told` makes of what Dask raises what is told.
    """

    def __init__(
        self,
        call: Callable[[str, bytes, list[tuple[str, Any]]], tuple[Any, ...]],
        told: Callable[[BaseException], BaseException],
    ) -> None:
        self._call, self._told = call, told
        self._kept: set[Submitted] = set()
        self._along = Along()
        self._turns = AloneOrTogether()
        # What is in the cluster's memory and wanted here, by client: fetched together.
        self._ready: dict[Any, list[tuple[Any, asyncio.Future[bytes | None]]]] = {}
        self._fetching: set[asyncio.Task[None]] = set()

    def begin(self, errand: Submitted, link: Link) -> None:
        """Submit an errand, and follow it."""
        self._kept.add(errand)
        errand.following = asyncio.get_running_loop().create_task(self._follow(errand, link))

    def drop(self, errand: Submitted) -> None:
        """Want it no more."""
        if errand.following is not None:
            errand.following.cancel()
        self._release(errand)

    def place_again(self, workers: Collection[str], are_others: bool) -> None:
        """Have errands submitted again that were to be where none of the workers is that there are.

        Dask has them wait for those that have gone. Where it was to be at one or any other, and
        others stay, Dask has given it to these; not so where all that there were have gone, and
        what there is `are_others`.
        """
        for errand in self._kept:
            waits = errand.at_dask is not None and not any(a in workers for a in errand.at)
            if errand.at and waits and (are_others or errand.is_for_the_fit):
                # If it ends its workers, Dask is to see it.
                if errand.moves == _MOST_MOVES:
                    continue
                errand.moves += 1
                keep(self._fetching, errand.at_dask.cancel())

    def end(self) -> None:
        """Want nothing any more."""
        for errand in list(self._kept):
            self.drop(errand)

    def _release(self, errand: Submitted) -> None:
        self._kept.discard(errand)
        future, errand.at_dask = errand.at_dask, None
        if future is not None:
            future.release()
        errand.future.cancel()

    async def _follow(self, errand: Submitted, link: Link) -> None:
        """Submit it, as often as the connection is lost before it is done."""
        try:
            answer = None
            while answer is None:
                answer = await self._tried(errand, link)
        except asyncio.CancelledError:
            errand.future.cancel()
            raise
        except Exception as problem:
            # Dask keeps a failure, and gives it to whoever asks, for as long as anybody holds it.
            await _let_go(errand)
            self._kept.discard(errand)
            with suppress(InvalidStateError):  # whoever waits wants it no more
                errand.future.set_exception(problem)
        else:
            with suppress(InvalidStateError):
                errand.future.set_result(answer)

    async def _tried(self, errand: Submitted, link: Link) -> bytes | None:
        """Its answer, or None where it is to be submitted again."""
        client = await link.client()
        with self._along.wanted(errand.files):
            contents = await self._along.sent(client, errand.files)
            async with self._turns.taken(errand.is_alone):
                return await self._answer(errand, link, client, contents)

    async def _answer(
        self, errand: Submitted, link: Link, client: Any, contents: list[tuple[str, Any]]
    ) -> bytes | None:
        # What has failed under the one key has failed for all clients that hold it.
        key = f"{errand.key}-alone" if errand.is_alone else errand.key
        future = errand.at_dask = client.submit(
            *self._call(key, errand.message, contents),
            key=key,
            **self._where(errand, link),
        )
        problem = await future.exception()
        if problem is not None:
            await link.looked()
            if link.unfit and not errand.is_for_the_fit:
                # One that has another version may have failed at it.
                errand.is_for_the_fit = True
                await _let_go(errand)
                return None
            told = self._told(problem)
            if isinstance(told, WorkerDied) and not errand.is_alone:
                # With a worker, Dask gives up all errands that were there, or waited for it.
                errand.is_alone = True
                await _let_go(errand)
                return None
            raise told
        if future.status == "finished":
            return await self._fetched(client, future)
        # Dask takes it for cancelled as the connection is lost, or all that it did was cancelled.
        await _let_go(errand)
        return None

    def _where(self, errand: Submitted, link: Link) -> dict[str, Any]:
        if link.unfit and link.workers:
            errand.is_for_the_fit = True
            errand.at = list(link.workers)
            return {"workers": errand.at}
        if errand.beside is not None and errand.beside in link.workers:
            errand.at = [errand.beside]
            return {"workers": errand.at, "allow_other_workers": True}
        errand.at = []
        return {}

    async def _fetched(self, client: Any, future: Any) -> bytes | None:
        """What is in the cluster's memory; None where the connection is lost before it is here."""
        loop = asyncio.get_running_loop()
        fetched: asyncio.Future[bytes | None] = loop.create_future()
        ready = self._ready.setdefault(client, [])
        ready.append((future, fetched))
        if len(ready) == 1:
            # More may have been told of in the same breath.
            loop.call_soon(self._fetch, client)
        return await fetched

    def _fetch(self, client: Any) -> None:
        keep(self._fetching, _fetch(client, self._ready.pop(client)))


def keep(tasks: set[asyncio.Task[None]], what: Coroutine[Any, Any, None]) -> None:
    """Have something done, by a task that is in a set until it is."""
    task = asyncio.get_running_loop().create_task(what)
    tasks.add(task)
    task.add_done_callback(tasks.discard)


async def _let_go(errand: Submitted) -> None:
    """Have Dask's client know nothing of an errand: what comes after begins anew."""
    future, errand.at_dask = errand.at_dask, None
    if future is not None:
        future.release()
        # It does so when its turn comes in the loop, which is before whatever follows here.
        await asyncio.sleep(0)


async def _fetch(client: Any, ready: Sequence[tuple[Any, asyncio.Future[bytes | None]]]) -> None:
    found: dict[str, bytes] = {}
    try:
        found = await client.gather({future.key: future for future, _ in ready}, errors="skip")
    finally:
        for future, fetched in ready:
            if not fetched.done():
                fetched.set_result(found.get(future.key))
