"""What a cluster costs, and what it gains, against the same cases here.

    python -m benchmarks.cluster [ROW ...]

A scheduler and workers are processes of this machine. Rows: `case` (processor time of client and
scheduler, and of workers beyond their work; bytes moved, where this user may make network
namespaces), `start`, `workers` (two against one), `growth` (memory, minutes), `hundred` (a hundred
workers that sleep). Prints each number beside what is allowed; exits with status 1 where one is not
held.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter
from typing import NamedTuple

import numpy as np
import SimpleITK

from benchmarks.cases import COLD, PROGRAM, cases_of, loop, own_work, write_images

MILLI = 1e-3
CLIENT_AND_SCHEDULER, A_WORKER, BYTES = 8 * MILLI, 5 * MILLI, 15_000
START, FASTER, GROWTH, BUSY = 0.5, 1.6, 1.15, 0.95
# Takes 100 to 200 ms of one core.
HEAVY = """load m = "$CASE"
let r = smoothen(percentiles(intensity(m), near(intensity(m) >. 100), 0) >. 0.8, 4)
print "v" volume(r)
print "t" volume(touch(r, border))
print "n" for i in range(4) do volume(smoothen(intensity(m) >. (600 + 50 * i), 3))
"""


class Cluster(NamedTuple):
    """A scheduler and workers that run."""

    address: str
    scheduler: subprocess.Popen[str]
    workers: list[subprocess.Popen[str]]


@contextmanager
def cluster(workers: int, *options: str, **variables: str) -> Iterator[Cluster]:
    """So many worker processes, one errand at a time each unless the options say other."""
    started: list[subprocess.Popen[str]] = []

    def start(word: str, *command: str) -> tuple[subprocess.Popen[str], str]:
        process = subprocess.Popen(
            [sys.executable, "-u", "-m", "dask", *command],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            env={**os.environ, **variables},
        )
        started.append(process)
        assert process.stderr is not None
        for line in process.stderr:
            if word in line:
                return process, line
        raise RuntimeError(f"ended without {word}")

    local = ("--host", "127.0.0.1", "--no-dashboard")
    try:
        scheduler, said = start("Scheduler at:", "scheduler", *local, "--port", "0")
        address = said.split()[-1]
        own = [
            start("Registered to:", "worker", address, *local, "--no-nanny", *options)[0]
            for _ in range(workers)
        ]
        yield Cluster(address, scheduler, own)
    finally:
        for process in reversed(started):
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def processors(process: subprocess.Popen[str]) -> float:
    """The processor seconds that a process has taken so far."""
    fields = Path(f"/proc/{process.pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident(process: subprocess.Popen[str]) -> int:
    """The bytes of memory that a process holds."""
    status = Path(f"/proc/{process.pid}/status").read_text()
    found = re.search(r"^VmRSS:\s+(\d+)", status, re.MULTILINE)
    assert found
    return int(found[1]) * 1024


def moved() -> int:
    """The bytes that have gone over the loopback of this network namespace."""
    for line in Path("/proc/net/dev").read_text().splitlines():
        if line.strip().startswith("lo:"):
            return int(line.split(":")[1].split()[8])
    raise RuntimeError("no loopback")


class Ran(NamedTuple):
    """A run: seconds, processor seconds and the most memory of its process."""

    seconds: float
    processors: float
    peak: int


def ran(folder: Path, program: str, *options: str) -> Ran:
    """A process of `voxlogica run`."""
    command = [sys.executable, "-m", "voxlogica", "run", "-q", *COLD, program, *options]
    begin = perf_counter()
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    assert status == 0, command
    seconds = perf_counter() - begin
    return Ran(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024)


def told(name: str, found: float, allowed: float, unit: str, *, least: bool = False) -> bool:
    """Print a number beside what it is held to; whether it is not."""
    is_held = found >= allowed if least else found <= allowed
    wanted = "at least" if least else "at most"
    print(f"{name:52} {found:10.2f} {unit:8} {wanted} {allowed:g}{'' if is_held else '  MISSED'}")
    return not is_held


def case(folder: Path, number: int = 600) -> Iterator[bool]:
    """What a case costs beside its work."""
    names = write_images(folder, number)
    (folder / "loop.imgql").write_text(loop(names))
    own, _ = own_work(folder, names)
    with cluster(2, "--nthreads", "1") as there:
        on = ("--scheduler", there.address)
        one = ran(folder, "p.imgql", *cases_of(folder, names[:1]), *on)
        before = [processors(p) for p in (there.scheduler, *there.workers)]
        bytes_before = moved()
        all_ = ran(folder, "p.imgql", *cases_of(folder, names), *on)
        bytes_moved = moved() - bytes_before
        after = [processors(p) for p in (there.scheduler, *there.workers)]
    scheduler, *workers = (b - a for a, b in zip(before, after, strict=True))
    client = all_.processors - one.processors
    each = 1 / number / MILLI
    print(f"  client {client * each:.2f}, scheduler {scheduler * each:.2f} ms a case")
    yield told(
        "client and scheduler", (client + scheduler) * each, CLIENT_AND_SCHEDULER / MILLI, "ms"
    )
    yield told(
        "a worker, beyond a case's work", (sum(workers) - own) * each, A_WORKER / MILLI, "ms"
    )
    yield told("bytes moved a case", bytes_moved / number / 1e3, BYTES / 1e3, "kB")


def start(folder: Path) -> Iterator[bool]:
    """How much longer it takes to begin."""
    names = write_images(folder, 1)
    with cluster(1, "--nthreads", "1") as there:
        options = cases_of(folder, names)
        on = [ran(folder, "p.imgql", *options, "--scheduler", there.address) for _ in range(5)]
    here = [ran(folder, "p.imgql", *options) for _ in range(5)]
    later = min(r.seconds for r in on) - min(r.seconds for r in here)
    yield told("to start, beyond a local run", later, START, "s")


def workers(folder: Path) -> Iterator[bool]:
    """Two workers against one, and two local threads against one."""
    numbers = np.random.default_rng(2)
    names = [f"h{i}.nii" for i in range(36)]
    for name in names:
        scan = numbers.integers(0, 1000, (100, 220, 220)).astype(np.int16)
        SimpleITK.WriteImage(SimpleITK.GetImageFromArray(scan), str(folder / name))
    (folder / "heavy.imgql").write_text(HEAVY)
    took = []
    for count in (1, 2):
        # A core each: the kernels of one worker would take both.
        with cluster(count, "--nthreads", "1", SLURM_CPUS_PER_TASK="1") as there:
            took.append(_in_the_middle(folder, names, "--scheduler", there.address))
    here = [_in_the_middle(folder, names, f"-j{count}") for count in (1, 2)]
    print(f"  {took[0]:.2f} and {took[1]:.2f} s; local threads {here[0] / here[1]:.2f} times")
    yield told("two workers against one", took[0] / took[1], FASTER, "times", least=True)


def _in_the_middle(folder: Path, names: Sequence[str], *options: str) -> float:
    """The seconds of all cases but a few, without what beginning and ending takes."""
    few = [ran(folder, "heavy.imgql", *cases_of(folder, names[:6]), *options) for _ in range(2)]
    all_ = ran(folder, "heavy.imgql", *cases_of(folder, names), *options)
    return all_.seconds - few[1].seconds


def growth(folder: Path, number: int = 10_000) -> Iterator[bool]:
    """Whether memory grows with the number of cases."""
    (folder / "slow.imgql").write_text(PROGRAM + 'print "n" $N\n')
    (name,) = write_images(folder, 1)
    peaks, held = [], []
    with cluster(2, "--nthreads", "1") as there:
        for count in (number // 4, number):
            table = folder / "cases.csv"
            table.write_text("\n".join(["CASE,N", *(f"{name},{n}" for n in range(count))]))
            options = ("--cases", str(table), "--csv", os.devnull, "--scheduler", there.address)
            peaks.append(ran(folder, "slow.imgql", *options).peak)
            held.append([resident(p) for p in (there.scheduler, *there.workers)])
    yield told("the client's peak of memory", peaks[1] / peaks[0], GROWTH, "times")
    for what, few, many in zip(("scheduler", "worker", "worker"), *held, strict=True):
        yield told(f"what the {what} holds", many / few, GROWTH, "times")


def hundred(folder: Path, number: int = 2_000) -> Iterator[bool]:
    """A hundred workers, in four processes, kept busy with cases of a second."""
    names = write_images(folder, number)
    asleep = Path(__file__).with_name("sleeping_worker.py")
    with cluster(4, "--nthreads", "25", "--preload", str(asleep)) as there:
        on = ("--scheduler", there.address)
        few = ran(folder, "p.imgql", *cases_of(folder, names[:100]), *on)
        many = ran(folder, "p.imgql", *cases_of(folder, names), *on)
    busy = (number - 100) / 100 / (many.seconds - few.seconds)
    yield told("of a hundred workers are busy", busy, BUSY, "parts", least=True)


ROWS = {row.__name__: row for row in (case, start, workers, growth, hundred)}


def main(chosen: Sequence[str]) -> int:
    """Measure, print, and say whether it is as it should be."""
    missed = False
    for name in chosen or ROWS:
        with tempfile.TemporaryDirectory() as scratch:
            folder = Path(scratch)
            (folder / "p.imgql").write_text(PROGRAM)
            # All numbers are printed, whatever one of them is.
            missed |= any([*ROWS[name](folder)])
    return int(missed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
