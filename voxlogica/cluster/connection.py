"""The connection to a Dask cluster: errands go out, answers come in. Alone knows `distributed`.

All of it happens in one thread, with a loop of its own, that waits for what the scheduler tells.
Other threads wait for futures.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
import tempfile
import threading
import warnings
from collections.abc import Callable, Coroutine, Mapping, Sequence
from functools import partial, reduce
from importlib import import_module
from operator import call
from pkgutil import resolve_name
from typing import Any, NoReturn, TypeVar

from voxlogica.allowance import cores
from voxlogica.cluster.link import Link, WorkerCalls
from voxlogica.cluster.local_workers import CORES, LocalWorkers, own_cores
from voxlogica.cluster.questions import END
from voxlogica.cluster.reaching import address_of, refuse
from voxlogica.cluster.under_way import Answering, Lost, Submitted, WorkerDied
from voxlogica.freed_memory import keep_freed_memory

__all__ = ["Connection", "Lost", "Submitted", "WorkerDied"]

T = TypeVar("T")

# Louder than all that is ever said.
_SILENT = 1000
_LOGGERS = (
    *("distributed", "distributed.client", "distributed.gc"),
    *("bokeh", "tornado", "tornado.application"),
)
_AT_WORKER = "voxlogica.cluster.at_worker"


class Connection:
    """A cluster to which errands are given. A context manager, safe for any thread.

    `places` is how many errands its workers carry out at a time, as far as is known now;
    `dashboard` the address of the scheduler's page, if it has one.
    """

    def __init__(self, tell: Callable[[str], None], at_worker: str) -> None:
        self.dashboard: str | None = None
        self._tell, self._at_worker = tell, at_worker
        self._local: LocalWorkers | None = None
        self._started = 0
        self._link: Link | None = None
        self._answering = Answering(partial(_call, at_worker), _told)
        self._is_closed = False
        self._closing = threading.Lock()
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
        not trust this process, and where versions differ. Waits for the first worker.
        """
        connection = Connection(tell, at_worker)
        try:
            connection._connect(scheduler, workers, jobs)
        except BaseException:
            connection.close()
            raise
        return connection

    def _connect(self, scheduler: str | None, workers: int | None, jobs: int | None) -> None:
        if scheduler is None:
            number = self._started = workers or 1
            # They start while this process imports what it needs.
            self._local = LocalWorkers(number, max(1, (jobs or cores()) // number))
            _import_distributed()
            address = self._local.address()
        else:
            address = address_of(scheduler)
            _import_distributed()
        from distributed import Client

        module = self._at_worker
        called = WorkerCalls(Client, (_attend, module), (_answered, module))
        self._link = Link(address, called, self._tell, self._answering.place_again)
        try:
            self._await(self._link.begin(self._local is not None))
        except Lost as problem:
            refuse(problem.message, problem.hint)
        self.dashboard = self._link.dashboard

    @property
    def places(self) -> int:
        """How many errands all workers carry out at a time, as known now."""
        # Of those that are started for this run, each is to come.
        return max(self._started, sum(self.workers.values()))

    @property
    def workers(self) -> Mapping[str, int]:
        """The workers that are there now, by address, and how many errands each has at a time."""
        return self._known_link.workers

    @property
    def is_here(self) -> bool:
        """Whether its workers are processes of this machine, started for it: they see the same."""
        return self._local is not None

    def __enter__(self) -> Connection:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            if kind is None and self.is_here:
                # They end with this process: what they are to keep is written before.
                self.ask_all(END)
        finally:
            self.close()

    def close(self) -> None:
        """Let go of the cluster: what is not done is dropped there."""
        with self._closing:
            was_closed, self._is_closed = self._is_closed, True
        if not was_closed:
            self._await(self._end())
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
            if self._local is not None:
                self._local.close()

    def submit(
        self,
        key: str,
        message: bytes,
        files: Sequence[tuple[str, str]] = (),
        beside: str | None = None,
    ) -> Submitted:
        """Have a worker carry out an errand: `beside` is the address of the one preferred.

        The key is the same where the errand is, and begins with `vox-`. Of `files` that go along,
        each is a path and its SHA-256 in hexadecimal digits. Its future's exception is `Lost`,
        `WorkerDied`, ImageFileError where such a file is not what it was, or what was raised at the
        worker.
        """
        release = partial(self._soon, self._answering.drop)
        errand = Submitted(key, message, files, beside, release)
        if not self._soon(self._answering.begin, errand, self._known_link):
            errand.future.cancel()
        return errand

    def ask_all(self, question: bytes) -> dict[str, bytes]:
        """What each worker answers, by address, at once, whatever they compute. Raises Lost."""
        return self._await(self._known_link.ask_all(question))

    @property
    def _known_link(self) -> Link:
        assert self._link is not None
        return self._link

    def _soon(self, call: Callable[..., None], *arguments: object) -> bool:
        """Have the loop call it, unless all was let go of."""
        with self._closing:
            if not self._is_closed:
                self._loop.call_soon_threadsafe(call, *arguments)
            return not self._is_closed

    def _await(self, what: Coroutine[Any, Any, T]) -> T:
        awaited = asyncio.run_coroutine_threadsafe(what, self._loop)
        try:
            return awaited.result()
        except BaseException:
            awaited.cancel()  # where this thread was interrupted
            raise

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        # Tasks of Dask's own end in errors when a connection does: what comes of that is told.
        self._loop.set_exception_handler(lambda *_: None)
        self._loop.run_forever()
        self._loop.close()

    async def _end(self) -> None:
        self._answering.end()
        if self._link is not None:
            await self._link.end()


def _told(problem: BaseException) -> BaseException:
    """An errand's exception as it is told."""
    from distributed import KilledWorker

    if not isinstance(problem, KilledWorker):
        return problem
    return WorkerDied(
        f"{problem.allowed_failures + 1} workers have died carrying it out, the last at"
        f" {problem.last_worker.address}"
    )


def _import_distributed() -> None:
    """Import it so that it prints nothing, unless the program has it for purposes of its own."""
    if "distributed" in sys.modules:
        return
    try:
        import dask.config
    except ImportError as problem:
        _lacking(problem)
    except ValueError as problem:  # a file that is not YAML
        refuse(f"Dask's configuration cannot be read: {' '.join(str(problem).split())}")
    with dask.config.set({"logging": dict.fromkeys(_LOGGERS, _SILENT)}):
        try:
            import distributed
        except ImportError as problem:
            _lacking(problem)
    warnings.filterwarnings("ignore", category=distributed.versions.VersionMismatchWarning)
    warnings.filterwarnings("ignore", message="Sending large graph", module=r"distributed\.")


def _lacking(problem: ImportError) -> NoReturn:
    refuse(
        f"a cluster needs dask.distributed, which is not there: {problem}",
        "pip install 'voxlogica[cluster]'",
    )


def _call(
    at_worker: str, key: str, message: bytes, contents: list[tuple[str, Any]]
) -> tuple[Callable[..., bytes], list[Any], Any]:
    """A function, and its arguments, that carries out an errand at a worker.

    It is made of functions of the standard library, and names ours: a worker that has no voxlogica
    can read it, and fails at it. What a worker cannot read ends the worker.
    """
    errand = ["voxlogica.cluster.connection:carried_out", (at_worker, key, message, contents)]
    return partial(reduce, call), errand, resolve_name


# At a worker.

# Keys that nobody wants any more of those that are carried out, or were.
_forgotten: set[str] = set()


def carried_out(errand: tuple[str, str, bytes, Any]) -> bytes:
    """Carry out an errand in a worker's thread."""
    from distributed import Reschedule, get_worker

    at_worker, key, message, contents = errand
    worker = get_worker()
    asyncio.run_coroutine_threadsafe(_attend(at_worker, worker), worker.loop.asyncio_loop).result()
    try:
        answer: bytes = import_module(at_worker).carry_out(key, message, contents)
    except Exception:
        # It was broken off, as nobody wanted it; if somebody does by now, it begins anew.
        if key in _forgotten:
            raise Reschedule from None
        raise
    return answer


async def _answered(at_worker: str, question: bytes, dask_worker: Any) -> bytes:
    await _attend(at_worker, dask_worker)
    return await asyncio.to_thread(import_module(at_worker).answer, question)


# What makes a process a worker of ours, once, by the module and the worker.
_begun: dict[tuple[str, str], asyncio.Task[None]] = {}


async def _attend(at_worker: str, dask_worker: Any) -> None:
    """Have a worker be one of ours: import what computing needs, and attend to what is wanted."""
    which = (at_worker, dask_worker.address)
    if which not in _begun:
        _begun[which] = asyncio.ensure_future(_begin(at_worker, dask_worker))
    await asyncio.shield(_begun[which])


async def _begin(at_worker: str, worker: Any) -> None:
    module = await asyncio.to_thread(import_module, at_worker)
    limit = worker.memory_manager.memory_limit
    keep_freed_memory(_KEPT if limit is None else min(_KEPT, limit // 8))
    module.begin(worker.address.partition("://")[2], worker.state.nthreads, own_cores(), limit)
    await worker.plugin_add(_plugin(module), name=f"voxlogica ({at_worker})")


# Of memory that is freed, so many bytes stay with a worker for the next arrays, or an eighth of
# what it may take. Nannies have each page given back, and processes spend their time on asking for
# them again.
_KEPT = 1 << 29
# What a task is in while it is carried out, or its answer is kept.
_OURS = ("executing", "long-running", "memory", "error")


def _plugin(module: Any) -> Any:
    from distributed import WorkerPlugin

    class Attending(WorkerPlugin):  # type: ignore[misc]
        def transition(self, key: Any, start: str, finish: str, **_: Any) -> None:
            """Told by the worker, in its loop, what becomes of each task."""
            if not isinstance(key, str) or not key.startswith("vox-"):
                return
            if finish == "executing" or finish == "forgotten":
                _forgotten.discard(key)
            elif finish == "released" and start in _OURS:
                _forgotten.add(key)
                module.forget(key)

    return Attending()


# The process with the scheduler, and the nannies of local workers.


def serve(workers: int, cores: int) -> None:
    """Start so many local workers, and print the scheduler's address; until the input ends."""
    _import_distributed()
    folder = tempfile.mkdtemp(prefix="voxlogica-workers-")
    threading.Thread(target=_end_with_input, args=(folder,), daemon=True).start()
    asyncio.run(_serve(workers, cores, folder))


def _end_with_input(folder: str) -> None:
    while os.read(0, 1):
        continue
    shutil.rmtree(folder, ignore_errors=True)
    os._exit(0)  # workers end when their nannies have


async def _serve(workers: int, cores: int, folder: str) -> None:
    from distributed import LocalCluster

    # Its pages, of health and measures, are for this machine; a limit of memory is not set.
    page = "127.0.0.1:0"
    async with LocalCluster(
        n_workers=0,
        threads_per_worker=1,
        host="127.0.0.1",
        scheduler_kwargs={"dashboard": False, "dashboard_address": page},
        worker_dashboard_address=page,
        dashboard=False,
        memory_limit=None,
        local_directory=folder,
        silence_logs=_SILENT,
        env={CORES: str(cores)},
        asynchronous=True,
    ) as cluster:
        print(cluster.scheduler_address, flush=True)
        cluster.scale(workers)
        await cluster  # raises, and ends this process, where one cannot begin
        await asyncio.Event().wait()
