"""What is said of a cluster: where a run is carried out, and what is lost."""

from __future__ import annotations

from voxlogica.cluster.connection import Connection, Lost, WorkerDied
from voxlogica.cluster.options import ClusterOptions
from voxlogica.engine.backend import BackendGoneError
from voxlogica.language.messages import diagnose
from voxlogica.language.operations import Place
from voxlogica.syntax.diagnostics import VoxLogicaError, error


def beginning(connection: Connection, options: ClusterOptions) -> str:
    """Who carries out what comes, in a sentence."""
    if options.scheduler is None:
        number = options.workers or 1
        return f"computed by {_counted(number, 'worker process', 'es')} of this machine"
    workers, parts = len(connection.workers), connection.places
    said = f"computed by {_counted(workers, 'worker')} of the cluster at {options.scheduler}"
    if parts > workers:
        said += f", {parts} parts at a time"
    dashboard = connection.dashboard
    return said if dashboard is None else f"{said}; its dashboard is {dashboard}"


def _counted(number: int, what: str, ending: str = "s") -> str:
    return f"a {what}" if number == 1 else f"{number} {what}{ending}"


def of_store(said: str, worker: str, connection: Connection) -> str:
    """What a worker's store warns of: with its host, all of whose workers tell it, if not ours."""
    return said if connection.is_here else f"{worker.rpartition(':')[0] or worker}: {said}"


def gone(problem: Lost) -> BackendGoneError:
    """That the cluster is gone, with all that it was carrying out."""
    return BackendGoneError([error(problem.message, hint=problem.hint, topic="data")])


def deadly(problem: WorkerDied, place: Place, connection: Connection) -> VoxLogicaError:
    """That what is at a place ends each worker that carries it out."""
    message = f"this takes more memory than a worker has, most likely: {problem}"
    hint = "give each worker more memory, by starting fewer of them on a machine or with a higher"
    hint += " `--memory-limit` of `dask worker`; a worker's log says why it has ended"
    if connection.is_here:
        hint = "have fewer `--workers`, so that each has more memory, or a machine with more"
    return VoxLogicaError([diagnose("error", message, place, hint=hint)])
