"""The clusters of `examples/cluster`: the services of their files, as plain processes."""

from __future__ import annotations

import fcntl
import os
import re
import shlex
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from tests.checkout import ROOT, SESSIONS, Checkout
from tests.cluster.processes import Started

FOLDER = ROOT / "examples/cluster"
# All of a program is Python's: there is no other `python`, `dask` or `voxlogica` to be found.
PROGRAMS = {"python": [], "dask": ["-m", "dask"], "voxlogica": ["-m", "voxlogica"]}
SWEEP = ("--sweep", "high=0.91:0.97:0.01")
CASES = 12


@dataclass(frozen=True)
class Service:
    """What a container runs, with which variables, and where: below the folder that is shared."""

    command: list[str]
    variables: dict[str, str]


@dataclass(frozen=True)
class Described:
    """The services of a file: those who see the scheduler, and what waits until all is there."""

    scheduler: Service
    host: str
    workers: list[Service]
    waiting: list[str]
    client: Service


def read(name: str) -> list[dict]:
    """The documents of a file of YAML."""
    return list(yaml.safe_load_all((FOLDER / name).read_text(encoding="utf-8")))


def compose() -> Described:
    """The services of Compose. All work in the folder below which the examples are."""
    (file,) = read("compose.yaml")

    def service(name: str) -> Service:
        described = file["services"][name]
        assert described["volumes"] == [f"..:{described['working_dir']}/examples"]
        return Service(shlex.split(described["command"]), described["environment"])

    waiting = shlex.split(file["services"]["scheduler"]["healthcheck"]["test"])
    workers = [service("worker-1"), service("worker-2")]
    return Described(service("scheduler"), "scheduler:8786", workers, waiting, service("client"))


def pod(template: dict, **variables: str) -> Service:
    """The one container of a pod, which works in its volume, if it has a folder to work in."""
    (container,) = template["spec"]["containers"]
    found = {one["name"]: one["value"] for one in container.get("env", [])}
    mounted = {one["mountPath"] for one in container.get("volumeMounts", [])}
    assert container.get("workingDir", "/study") == "/study"
    assert mounted in ({"/study", "/own"}, set())
    return Service(container["args"], {**found, **variables})


def kubernetes() -> Described:
    """What Kubernetes is told to run: as many workers as are enough here."""
    documents = {
        one["kind"] + " " + one["metadata"]["name"]: one for one in read("kubernetes.yaml")
    }
    host = documents["Service scheduler"]
    assert host["spec"]["ports"] == [{"name": "scheduler", "port": 8786}]
    scheduler, worker, client = (
        documents[name]["spec"]["template"]
        for name in ("Deployment scheduler", "Deployment worker", "Job score")
    )
    (waiting,) = client["spec"]["initContainers"]
    workers = [pod(worker), pod(worker)]
    return Described(pod(scheduler), "scheduler:8786", workers, waiting["args"], pod(client))


def operator() -> Described:
    """What Dask's operator is told to run, with the variables that it sets; the client's job."""
    (file,) = read("operator.yaml")
    told = kubernetes()
    host = f"{file['metadata']['name']}-scheduler:8786"
    workers = []
    for name in ("one", "two"):
        worker = pod(file["spec"]["worker"], DASK_SCHEDULER_ADDRESS=f"tcp://{host}")
        command = [word.replace("$(DASK_WORKER_NAME)", name) for word in worker.command]
        workers.append(Service(command, worker.variables))
    client, waiting = (
        [word.replace("scheduler:8786", host) for word in words]
        for words in (told.client.command, told.waiting)
    )
    return Described(
        pod(file["spec"]["scheduler"]),
        host,
        workers,
        waiting,
        Service(client, told.client.variables),
    )


class Running:
    """Services that run here: each has a folder of its own for what it does not share."""

    def __init__(self, described: Described, shared: Path, own: Path) -> None:
        self.of, self.shared, self._own = described, shared, own
        self._address = ""
        self.scheduler: Started | None = None
        self.workers: list[Started] = []

    def _here(self, text: str, name: str) -> str:
        if text.startswith(("/tmp/", "/own")):
            return f"{self._own / name}{text}"
        return text.replace(self.of.host, self._address) if self._address else text

    def command(self, words: list[str], name: str) -> list[str]:
        """What a command runs: Python, with these arguments."""
        return [*PROGRAMS[words[0]], *(self._here(word, name) for word in words[1:])]

    def variables(self, service: Service, name: str) -> dict[str, str]:
        """The variables of a service."""
        return {key: self._here(value, name) for key, value in service.variables.items()}

    def _start(self, service: Service, name: str, *more: str) -> Started:
        command = [*self.command(service.command, name), *more]
        where = ("env", "-C", str(self.shared))
        return Started(*command, before=where, **self.variables(service, name))

    def start(self) -> None:
        """Start all but the client, and wait as it would."""
        # In a container of its own every port is free.
        free = ("--host", "127.0.0.1", "--port", "0", "--dashboard-address", "127.0.0.1:0")
        self.scheduler = self._start(self.of.scheduler, "scheduler", *free)
        self._address = self.scheduler.until("Scheduler at:").split()[-1].removeprefix("tcp://")
        for number, worker in enumerate(self.of.workers):
            self.workers.append(self._start(worker, f"worker-{number}"))
        for started in self.workers:
            started.until("Registered to:")
        waiting = self.command(self.of.waiting, "waiting")
        subprocess.run([sys.executable, *waiting], check=True, timeout=60)

    def end(self) -> None:
        """End what was started."""
        for started in [*self.workers, self.scheduler]:
            if started is not None:
                started.kill()

    def client(self, *more: str, local: bool = False) -> subprocess.Popen[bytes]:
        """The client's command, and more arguments: as it is, or for this machine alone."""
        service = self.of.client
        variables = self.variables(service, "client")
        words = service.command
        if local:
            variables.pop("VOXLOGICA_SCHEDULER", None)
            words = [word for word in words if not word.startswith("--scheduler=")]
        return subprocess.Popen(
            [sys.executable, *self.command(words, "client"), *more],
            cwd=self.shared,
            env={**os.environ, "PYTHONPATH": str(ROOT), **variables},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,  # so that nothing of what is not yet read is kept here
        )

    def ended(self, client: subprocess.Popen[bytes], first: bytes = b"") -> list[object]:
        """Status, printed lines, messages and table, which is taken away.

        Notes are left out of the messages, as they are of the cluster, and how far it is, too.
        """
        said, told = client.communicate()
        (table,) = self.shared.rglob("scores.csv")
        content = table.read_bytes()
        table.unlink()
        told = SESSIONS["PROGRESS"].sub("", told.decode())
        lines = [line for line in told.splitlines() if not line.startswith("note: ")]
        return [client.returncode, first + said, lines, content.splitlines()]


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    return Checkout(tmp_path_factory.mktemp("shared"))


@pytest.fixture
def running(
    request: pytest.FixtureRequest, checkout: Checkout, tmp_path: Path
) -> Iterator[Running]:
    describe: Callable[[], Described] = request.param
    running = Running(describe(), checkout.folder, tmp_path)
    try:
        running.start()
        yield running
    finally:
        running.end()


@pytest.mark.parametrize("running", [compose, kubernetes, operator], indirect=True)
def test_the_client_gives_what_a_local_run_gives(running: Running) -> None:
    found = running.ended(running.client("--no-cache"))
    local = running.ended(running.client("--no-cache", local=True))
    assert found == local
    assert len(found[-1]) == CASES + 1


@pytest.mark.parametrize("running", [compose], indirect=True)
def test_a_worker_that_is_killed_in_between_changes_nothing(running: Running) -> None:
    """The client cannot be done by then: a pipe holds less than the rows that it has to write."""
    options = ("--no-cache", *SWEEP, "--jsonl", "-")
    client = running.client(*options)
    assert client.stdout is not None
    fcntl.fcntl(client.stdout, fcntl.F_SETPIPE_SZ, 4096)
    first = client.stdout.readline()
    running.workers[1].kill()
    assert client.poll() is None
    found = running.ended(client, first)
    local = running.ended(running.client(*options, local=True))
    assert len(found[1]) > 2 * 4096
    assert found == local
    assert len(found[-1]) == CASES * 7 + 1


PAGE = (ROOT / "doc/cluster.md").read_text(encoding="utf-8")
# What SLURM does with a job, here and now: it is started, as often as there are nodes, and ended.
SBATCH = '#!/bin/sh\nsetsid bash "$1" > job.log 2>&1 &\necho "Submitted batch job $!"\n'
SCANCEL = '#!/bin/sh\nfor job in "$@"; do kill -- "-$job"; done\n'
SRUN = '#!/bin/sh\nfor node in $(seq "$SLURM_NNODES"); do "$@" & done\nwait\n'


def script(language: str, word: str) -> str:
    """The block of the page in a language that has a word."""
    blocks = re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)
    (found,) = [block for block in blocks if word in block]
    return found


@pytest.fixture
def slurm(checkout: Checkout) -> Checkout:
    """The examples, with commands named as those of SLURM."""
    folder = checkout.folder / "bin"
    folder.mkdir(exist_ok=True)
    commands = {"sbatch": SBATCH, "scancel": SCANCEL, "srun": SRUN}
    for program, arguments in PROGRAMS.items():
        words = shlex.join([sys.executable, *arguments])
        commands[program] = f'#!/bin/sh\nexec {words} "$@"\n'
    for name, text in commands.items():
        (folder / name).write_text(text)
        (folder / name).chmod(0o755)
    return checkout


def job(checkout: Checkout, *command: str, **variables: str) -> list[dict[str, str]]:
    """The rows of the table that a job leaves; all that it has started ends with it."""
    path = f"{checkout.folder / 'bin'}{os.pathsep}{os.environ['PATH']}"
    started = subprocess.Popen(
        command,
        cwd=checkout.folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PATH": path, **variables},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        assert started.wait() == 3
    finally:
        with suppress(ProcessLookupError):
            os.killpg(started.pid, signal.SIGTERM)
    rows = checkout.table("scores.csv")
    (checkout.folder / "scores.csv").unlink()
    return rows


def test_the_job_of_slurm_is_a_cluster_of_its_own(slurm: Checkout) -> None:
    text = script("bash", "#SBATCH").replace("source ~/voxlogica/bin/activate\n", "")
    (slurm.folder / "job.sh").write_text(text)
    given = {"SLURM_JOB_ID": "7", "SLURM_NNODES": "2", "SLURM_CPUS_PER_TASK": "1"}
    rows = job(slurm, "bash", "job.sh", **given, SLURM_MEM_PER_NODE="2000")
    assert len(rows) == CASES


# Where a job ends before its worker is there, nobody starts another, and the script waits.
@pytest.mark.slow
def test_workers_are_jobs_of_slurm(slurm: Checkout) -> None:
    pytest.importorskip("dask_jobqueue")
    text = (
        script("python", "SLURMCluster(").replace("jobs=8", "jobs=2").replace("cores=16", "cores=1")
    )
    (slurm.folder / "jobs.py").write_text(text)
    study = ("examples/study/score.imgql", "--cases", "examples/study/input/{CASE}/flair.nii.gz")
    rows = job(slurm, sys.executable, "jobs.py", *study, "--csv", "scores.csv")
    assert len(rows) == CASES
