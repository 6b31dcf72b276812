"""What comes of runs where workers, clients and connections end in the middle of something.

In the end each file is there whole, or as if the run had never begun, and so is each row.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813

from tests.cluster.appearing import Appearing
from tests.cluster.processes import WORKER, Cluster, cluster
from tests.cluster.test_outputs import contents
from tests.cluster.test_telling import OWN, ran, started

NUMBER = 6
CASES = ("--cases", "data/{CASE}.nii", "--no-cache", "--csv", "t.csv")
PROGRAM = """
load m = "data/$CASE.nii"
let r = DO(intensity(m) >. 500)
print "v" volume(dt(r) <. 2)
save "out/$CASE/region.nii.gz" r
save "out/$CASE/noise.mhd" m
"""


class Pipes:
    """Two named pipes: an operator tells in one that it has begun, and waits for the other."""

    def __init__(self, folder: Path) -> None:
        self._begun, self._go_on = folder / "begun", folder / "go_on"
        os.mkfifo(self._begun)
        os.mkfifo(self._go_on)
        self.variables = {WORKER: f"{self._begun}:{self._go_on}"}

    def begun(self) -> int:
        """The process that has begun."""
        return int(self._begun.read_text())

    def go_on(self) -> None:
        """Have it go on."""
        self._go_on.write_text("on")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Scans p0 to p5, in the second of which nothing is bright; and what comes of them here."""
    folder = tmp_path_factory.mktemp("calamities")
    (folder / "data").mkdir()
    numbers = np.random.default_rng(1)
    for number in range(NUMBER):
        scan = numbers.integers(0, 100 if number == 1 else 900, (30, 30, 30)).astype(np.int16)
        sitk.WriteImage(sitk.GetImageFromArray(scan), folder / "data" / f"p{number}.nii")
    for name, operator in {"deadly": "deadly", "held": "held", "plain": ""}.items():
        (folder / f"{name}.imgql").write_text(PROGRAM.replace("DO", operator))
    here = ran(folder, "plain.imgql", *CASES)
    assert here.returncode == 0
    (folder / "out").rename(folder / "expected")
    return folder


@pytest.fixture
def folder(data: Path, tmp_path: Path) -> Path:
    """A folder with scans and programs of its own."""
    shutil.copytree(data, tmp_path / "here", ignore=shutil.ignore_patterns("expected", "t.csv"))
    return tmp_path / "here"


@pytest.fixture
def pipes(tmp_path: Path) -> Pipes:
    """Pipes of `held`."""
    return Pipes(tmp_path)


@pytest.fixture
def empty() -> Iterator[Cluster]:
    """A scheduler without workers."""
    with cluster(0, DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES="1") as there:
        yield there


def worker(there: Cluster, *options: str, **variables: str) -> subprocess.Popen[str]:
    return there.worker("--preload", OWN, *options, **variables).process


def is_whole(folder: Path, data: Path, *without: str) -> None:
    """All is there that a run here gives, but for cases without a result, and nothing beside."""
    rows = {
        at: [row for row in (at / "t.csv").read_text().splitlines() if row[:2] not in without]
        for at in (folder, data)
    }
    assert rows[folder] == rows[data]
    expected = contents(data / "expected")
    there = {name: found for name, found in expected.items() if name[:2] not in without}
    assert contents(folder / "out") == there
    assert not leftovers(folder)


def leftovers(folder: Path) -> list[Path]:
    """Hidden folders that are still there."""
    return [*folder.rglob(".voxlogica*")]


class TestWorkers:
    def test_one_that_is_killed_while_it_computes_loses_nothing(
        self, folder: Path, data: Path, empty: Cluster, pipes: Pipes
    ) -> None:
        for _ in range(2):
            worker(empty, **pipes.variables)
        run = started(folder, "held.imgql", *CASES, "--scheduler", empty.address)
        first = pipes.begun()
        os.kill(first, signal.SIGKILL)
        second = pipes.begun()
        pipes.go_on()
        _, err = run.communicate()
        assert run.returncode == 0, err
        assert first != second
        assert "error" not in err
        is_whole(folder, data)

    def test_one_that_is_killed_while_it_writes_leaves_nothing_half_and_one_that_comes_goes_on(
        self, folder: Path, data: Path, empty: Cluster
    ) -> None:
        first = worker(empty, "--no-nanny")
        (folder / "out" / "p0").mkdir(parents=True)
        with Appearing(folder / "out" / "p0") as appearing:
            run = started(folder, "plain.imgql", *CASES, "--scheduler", empty.address)
            # The folder of the run, in which is the worker's, with a file.
            file = appearing.first_at(3)
            while not file.parent.name.isdigit():
                file = appearing.first_at(3)
            first.kill()
        assert run.stderr is not None
        while "has no workers: waiting for one" not in (line := run.stderr.readline()):
            assert line, run.wait()
        worker(empty)
        _, err = run.communicate()
        assert run.returncode == 0, err
        is_whole(folder, data)

    def test_of_cases_one_that_ends_its_workers_fails_alone(
        self, folder: Path, data: Path, empty: Cluster
    ) -> None:
        worker(empty, "--nthreads", "2", **{WORKER: "yes"})
        run = ran(folder, "deadly.imgql", *CASES, "--scheduler", empty.address)
        assert run.returncode == 1
        assert run.stderr.count("error") == 1
        assert "error in case p1: this takes more memory than a worker has" in run.stderr
        assert "2 workers have died carrying it out, the last at tcp://" in run.stderr
        assert "6 cases: 5 done, 1 failed" in run.stderr
        is_whole(folder, data, "p1")


class TestClients:
    def test_of_one_that_is_killed_no_case_is_half_there_and_the_next_run_finds_all_clean(
        self, folder: Path, data: Path, empty: Cluster, pipes: Pipes
    ) -> None:
        worker(empty, **pipes.variables)
        run = started(folder, "held.imgql", *CASES, "--scheduler", empty.address)
        pipes.begun()
        run.kill()
        run.communicate()
        pipes.go_on()
        expected = contents(data / "expected")
        whole = [path for path in (folder / "out").glob("*/*.*") if path.is_file()]
        assert len(whole) % 3 == 0
        for path in whole:
            assert path.read_bytes() == expected[str(path.relative_to(folder / "out"))]
        assert not (folder / "t.csv").exists()
        again = ran(folder, "plain.imgql", *CASES, "--scheduler", empty.address)
        assert again.returncode == 0, again.stderr
        is_whole(folder, data)

    def test_one_that_is_interrupted_leaves_whole_cases_only_and_nothing_hidden(
        self, folder: Path, data: Path, empty: Cluster, pipes: Pipes
    ) -> None:
        worker(empty, **pipes.variables)
        run = started(folder, "held.imgql", *CASES, "--scheduler", empty.address)
        pipes.begun()
        run.send_signal(signal.SIGINT)
        _, err = run.communicate()
        assert run.returncode == 130
        assert "Traceback" not in err
        assert not leftovers(folder)
        pipes.go_on()
        again = ran(folder, "plain.imgql", *CASES, "--scheduler", empty.address)
        assert again.returncode == 0, again.stderr
        is_whole(folder, data)

    def test_two_at_once_with_the_same_work_get_each_its_own_files(
        self, folder: Path, data: Path, empty: Cluster, pipes: Pipes, tmp_path: Path
    ) -> None:
        other = tmp_path / "other"
        shutil.copytree(folder, other)
        shutil.rmtree(other / "data")
        (other / "data").symlink_to(folder / "data")
        worker(empty, **pipes.variables)  # which has one case at a time
        runs = [
            started(at, "held.imgql", *CASES, "--scheduler", empty.address, *how)
            for at, how in ((folder, ()), (other, ("--fetch-outputs",)))
        ]
        for _ in runs:
            pipes.begun()
            pipes.go_on()
        for run in runs:
            _, err = run.communicate()
            assert run.returncode == 0, err
        is_whole(folder, data)
        is_whole(other, data)

    @pytest.mark.parametrize("how", [(), ("-q",)])
    def test_one_that_waits_for_the_first_worker_is_told_that_the_scheduler_is_gone(
        self, folder: Path, empty: Cluster, how: tuple[str, ...]
    ) -> None:
        run = started(folder, "plain.imgql", *CASES, "--scheduler", empty.address, *how)
        assert run.stderr is not None
        assert " has no workers: waiting for one" in run.stderr.readline()
        empty.scheduler.kill()
        _, err = run.communicate()
        assert run.returncode == 1
        assert err.count("error: ") == 1
        assert f"the scheduler is gone: nothing listens at {empty.address}" in err
        assert not (folder / "t.csv").exists()
