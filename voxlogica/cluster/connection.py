"""The connection to a Dask cluster: errands go out, answers come in. Alone knows `distributed`.

All of it happens in one thread, with a loop of its own, that waits for what the scheduler tells:
errands' results are fetched together as they are told of. Other threads wait for futures.

Where the scheduler cannot be reached any more, Dask's client takes all that is under way for
cancelled. If nothing listens at the address, the scheduler is gone, and all is `Lost`. Else the
network may be mended: another client is made, which goes on trying as long as Dask's time-outs say,
and what is not done is submitted again by the same keys. The first client would be known by the
same name as before, and the scheduler, when it finds that the old connection has ended, would drop
what was submitted by the new one.
"""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Callable, Coroutine, Mapping, Sequence
from concurrent.futures import Future
from contextlib import suppress
from functools import partial
from importlib import import_module
from pkgutil import resolve_name
from typing import Any, TypeVar

from voxlogica.allowance import cores
from voxlogica.cluster.local_workers import LocalWorkers
from voxlogica.cluster.reaching import (
    COMPARED,
    HOW_TO_MATCH,
    address_of,
    mismatch,
    refusal,
    refuse,
    unreachable,
)

T = TypeVar("T")

# Louder than all that is ever said.
_SILENT = 1000
_LOGGERS = (
    *("distributed", "distributed.client", "distributed.gc"),
    *("bokeh", "tornado", "tornado.application"),
)
_AT_WORKER = "voxlogica.cluster.at_worker"


class Lost(Exception):  # noqa: N818  (it says what is so)
    """The scheduler is gone: nothing can be submitted, nothing comes back."""

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message, hint)
        self.message, self.hint = message, hint


class WorkerDied(Exception):  # noqa: N818
    """An errand has ended the workers that carried it out, more often than Dask allows."""


class Submitted:
    """An errand that is under way, or whose answer is there."""

    def __init__(
        self,
        key: str,
        message: bytes,
        contents: Sequence[tuple[str, bytes]],
        beside: str | None,
        released: Callable[[Submitted], None],
    ) -> None:
        self.future: Future[bytes] = Future()
        self.key, self.message, self.contents, self.beside = key, message, contents, beside
        self._released = released
        # What Dask has for it, and the task that waits for that.
        self.at_dask: Any = None
        self.waiting: asyncio.Task[None] | None = None

    def release(self) -> None:
        """Have the cluster forget it; what is running of it is stopped. May be called twice."""
        self._released(self)


class Connection:
    """A cluster to which errands are given. A context manager, safe for any thread."""

    def __init__(self, tell: Callable[[str], None], at_worker: str) -> None:
        self._tell, self._at_worker = tell, at_worker
        self.places = 0
        self.dashboard: str | None = None
        self._address = ""
        self._local: LocalWorkers | None = None
        self._expected = 0
        self._open: set[Submitted] = set()
        # What is in the cluster's memory and wanted here: fetched together.
        self._ready: list[tuple[Any, asyncio.Future[bytes | None]]] = []
        self._workers: dict[str, int] = {}
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="voxlogica-cluster", daemon=True)
        self._thread.start()

    @staticmethod
    def to(
        scheduler: str | None,
        workers: int | None,
        jobs: int | None,
        tell: Callable[[str], None],
        *,
        at_worker: str = _AT_WORKER,
    ) -> Connection:
        """Connect to the scheduler of an address or a file, or to so many processes started here.

        Such processes share `jobs` cores, all there are if that is None. `tell` is called with
        sentences for the user. Raises VoxLogicaError where there is no scheduler, or one that does
        not trust this process, and where versions differ.
        """
        _import_distributed()
        connection = Connection(tell, at_worker)
        try:
            connection._connect(scheduler, workers, jobs)
        except BaseException:
            connection.close()
            raise
        return connection

    def _connect(self, scheduler: str | None, workers: int | None, jobs: int | None) -> None:
        if scheduler is None:
            self._expected = number = workers or 1
            self._local = LocalWorkers(number, max(1, (jobs or cores()) // number))
            self._address = self._local.address()
        else:
            self._address = address_of(scheduler)
        self._await(self._begin())

    def __enter__(self) -> Connection:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the cluster: what is not done is dropped there."""
        if self._thread.is_alive():
            self._await(self._end())
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
        if self._local is not None:
            self._local.close()

    @property
    def is_here(self) -> bool:
        """Whether its workers are processes of this machine, started for it: they see the same."""
        return self._local is not None

    def submit(
        self,
        key: str,
        message: bytes,
        contents: Sequence[tuple[str, bytes]] = (),
        beside: str | None = None,
    ) -> Submitted:
        """Have a worker carry out an errand: `beside` is the address of the one preferred.

        The key is the same where the errand is, and begins with `vox-`. Its future's exception is
        `Lost`, `WorkerDied`, or what was raised at the worker.
        """
        errand = Submitted(key, message, contents, beside, self._release_soon)
        self._loop.call_soon_threadsafe(self._begin_errand, errand)
        return errand

    @property
    def workers(self) -> Mapping[str, int]:
        """The workers that are there now, by address, and how many errands each has at a time."""
        return self._workers

    def ask_all(self, question: bytes) -> dict[str, bytes]:
        """What each worker answers, by address, at once, whatever they compute."""
        return self._await(self._ask_all(question))

    # What follows is done in the thread of the loop.

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.set_exception_handler(self._note)
        self._loop.run_forever()
        self._loop.close()

    def _await(self, what: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(what, self._loop).result()

    def _note(self, loop: asyncio.AbstractEventLoop, context: Mapping[str, Any]) -> None:
        """Dask's tasks that end in an error as its connection does: that is told by other means."""

    async def _begin(self) -> None:
        client = await self._client(None)
        self._linked = asyncio.ensure_future(_already(client))
        with suppress(KeyError):  # where the scheduler shows none
            self.dashboard = client.dashboard_link
        await self._see_workers(client)
        if self._local is not None:
            return
        if not self._workers:
            refuse(
                f"the scheduler at {self._address} has no workers",
                f"start some with `dask worker {self._address}`",
            )

    async def _client(self, patience: float | None) -> Any:
        """A client that is connected. Raises VoxLogicaError if there can be none."""
        from distributed import Client

        options = {} if patience is None else {"timeout": patience}
        try:
            client = Client(self._address, asynchronous=True, set_as_default=False, **options)
        except (TypeError, ValueError, OSError) as problem:  # TLS is not set up
            unreachable(self._address, problem)
        connecting = asyncio.ensure_future(client)
        looking = asyncio.ensure_future(refusal(self._address))
        await asyncio.wait({connecting, looking}, return_when=asyncio.FIRST_COMPLETED)
        try:
            refused = None if connecting.done() else await looking
            if refused is not None and (
                patience is None or isinstance(refused, ConnectionRefusedError)
            ):
                connecting.cancel()
                unreachable(self._address, refused)
            await connecting
        except (OSError, ImportError) as problem:
            unreachable(self._address, problem)
        finally:
            looking.cancel()
        # What other users' tasks print, or warn of, is not ours.
        client.unsubscribe_topic("print")
        client.unsubscribe_topic("warn")
        client.subscribe_topic("all", partial(self._hear, client))
        return client

    def _hear(self, client: Any, event: tuple[float, Any]) -> None:
        action = event[1].get("action") if isinstance(event[1], Mapping) else None
        if action in ("add-worker", "remove-worker"):
            self._seeing = asyncio.ensure_future(self._see_workers(client))

    async def _see_workers(self, client: Any) -> None:
        """Look who is there."""
        there: dict[str, int] = await client.nthreads()
        new = [address for address in there if address not in self._workers]
        if new:
            for complaint in await _mismatches(client, new):
                refuse(complaint, HOW_TO_MATCH)
        self._workers = there
        # Of those that are started for this run, each is to come.
        self.places = max(self._expected, sum(there.values()))

    def _begin_errand(self, errand: Submitted) -> None:
        self._open.add(errand)
        errand.waiting = self._loop.create_task(self._follow(errand))

    async def _follow(self, errand: Submitted) -> None:
        """Submit an errand, as often as the connection is lost, and fetch its answer."""
        try:
            answer = None
            while answer is None:
                linked = self._linked
                client = await asyncio.shield(linked)
                answer = await self._answer(errand, client)
                if answer is None and linked is self._linked:
                    self._linked = self._loop.create_task(self._link_again(client))
            errand.future.set_result(answer)
        except asyncio.CancelledError:
            errand.future.cancel()
        except BaseException as problem:
            self._release(errand)
            errand.future.set_exception(problem)

    async def _answer(self, errand: Submitted, client: Any) -> bytes | None:
        """The answer, or None where the connection was lost before."""
        options = {}
        if errand.beside is not None:
            options = {"workers": [errand.beside], "allow_other_workers": True}
        errand.at_dask = future = client.submit(
            _carried_out,
            *(self._at_worker, errand.key, errand.message, tuple(errand.contents)),
            key=errand.key,
            **options,
        )
        problem = await future.exception()
        if problem is not None:
            raise _told(problem)
        if future.status != "finished":
            return None
        fetched: asyncio.Future[bytes | None] = self._loop.create_future()
        if not self._ready:
            self._loop.call_soon(self._fetch, client)
        self._ready.append((future, fetched))
        return await fetched

    def _fetch(self, client: Any) -> None:
        ready, self._ready = self._ready, []
        self._fetching = self._loop.create_task(_fetch(client, ready))

    async def _link_again(self, client: Any) -> Any:
        raise Lost(f"the connection to the scheduler at {self._address} was lost")

    def _release_soon(self, errand: Submitted) -> None:
        with suppress(RuntimeError):  # all was let go of
            self._loop.call_soon_threadsafe(self._drop, errand)

    def _drop(self, errand: Submitted) -> None:
        if errand.waiting is not None:
            errand.waiting.cancel()
        self._release(errand)

    def _release(self, errand: Submitted) -> None:
        self._open.discard(errand)
        if errand.at_dask is not None:
            errand.at_dask.release()
            errand.at_dask = None

    async def _ask_all(self, question: bytes) -> dict[str, bytes]:
        client = await asyncio.shield(self._linked)
        answers: dict[str, bytes] = await client.run(_answered, self._at_worker, question)
        return answers

    async def _end(self) -> None:
        for errand in list(self._open):
            self._drop(errand)
        linked = getattr(self, "_linked", None)
        if linked is not None and linked.done() and not linked.exception():
            await linked.result().close()


async def _already(client: Any) -> Any:
    return client


async def _fetch(client: Any, ready: Sequence[tuple[Any, asyncio.Future[bytes | None]]]) -> None:
    """Fetch what is in the cluster's memory; None is for what is gone with the connection."""
    try:
        found = await client.gather({future.key: future for future, _ in ready}, errors="skip")
    except (OSError, asyncio.CancelledError):
        found = {}
    for future, fetched in ready:
        if not fetched.done():
            fetched.set_result(found.get(future.key))


def _told(problem: BaseException) -> BaseException:
    from distributed import KilledWorker

    if isinstance(problem, KilledWorker):
        return WorkerDied(f"{problem.allowed_failures + 1} workers have died carrying it out")
    return problem


async def _mismatches(client: Any, workers: Sequence[str]) -> list[str]:
    """What is said of each worker, and of the scheduler, that has other versions."""
    own = {name: str(_version(resolve_name(w))) for name, (w, _) in COMPARED.items()}
    asked = [
        client.run(resolve_name, where, workers=list(workers), on_error="return")
        for where, _ in COMPARED.values()
    ]
    answers = await asyncio.gather(*asked)
    complaints = []
    for worker in workers:
        found = {
            name: _version(answer[worker])
            for name, answer in zip(COMPARED, answers, strict=True)
            if worker in answer
        }
        said = mismatch(f"the worker {worker}", found, own)
        if said is not None:
            complaints.append(said)
    return complaints


def _version(answer: Any) -> str | None:
    return answer.split()[0] if isinstance(answer, str) else None


def _import_distributed() -> None:
    """Import it, so that it prints nothing, unless the program has it for purposes of its own."""
    import sys

    if "distributed" in sys.modules:
        return
    import dask.config

    with dask.config.set({"logging": dict.fromkeys(_LOGGERS, _SILENT)}):
        try:
            import distributed
        except ImportError as problem:
            refuse(
                f"a cluster needs dask.distributed, which is not installed: {problem}",
                "pip install 'voxlogica[cluster]'",
            )
    import warnings

    warnings.filterwarnings("ignore", category=distributed.versions.VersionMismatchWarning)


# At a worker.


def _carried_out(at_worker: str, key: str, message: bytes, contents: Any) -> bytes:
    answer: bytes = import_module(at_worker).carry_out(key, message, contents)
    return answer


async def _answered(at_worker: str, question: bytes) -> bytes:
    return await asyncio.to_thread(import_module(at_worker).answer, question)


# The process with the scheduler and the nannies of local workers.


def serve(workers: int, cores: int) -> None:
    """Start so many local workers, and print the scheduler's address; until the input ends."""
    _import_distributed()
    threading.Thread(target=_end_with_input, daemon=True).start()
    asyncio.run(_serve(workers, cores))


def _end_with_input() -> None:
    while os.read(0, 1):
        continue
    os._exit(0)  # workers end when the nannies have


async def _serve(workers: int, cores: int) -> None:
    from distributed import LocalCluster

    async with LocalCluster(
        n_workers=0,
        threads_per_worker=1,
        host="127.0.0.1",
        dashboard_address=None,
        worker_dashboard_address=None,
        memory_limit=None,
        silence_logs=_SILENT,
        env={"SLURM_CPUS_PER_TASK": str(cores)},
        asynchronous=True,
    ) as cluster:
        print(cluster.scheduler_address, flush=True)
        cluster.scale(workers)
        await asyncio.Event().wait()
