"""What is told of a run on a cluster: who carried it out, and what is lost."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813

from tests.checkout import ROOT
from tests.cluster.own_operators import WORKER
from tests.cluster.processes import Cluster, cluster

OWN = "tests.cluster.own_operators"
CHILD = f"import {OWN}; from voxlogica.cli import main; main()"
PROGRAM = 'load m = "{CASE}.nii"\nlet r = DO(intensity(m) >. 500)\nprint "v" volume(dt(r) <. 9)\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Scans p0, p1 and p2, in which the last has nothing bright."""
    numbers = np.random.default_rng(1)
    for case, most in {"p0": 900, "p1": 900, "p2": 100}.items():
        scan = numbers.integers(0, most, (100, 100, 100)).astype(np.int16)
        sitk.WriteImage(sitk.GetImageFromArray(scan), tmp_path / f"{case}.nii")
    for name, operator in {"deadly": "deadly", "held": "held", "plain": "!"}.items():
        text = PROGRAM.replace("DO", operator).replace("{CASE}", "$CASE")
        (tmp_path / f"{name}.imgql").write_text(text)
    return tmp_path


def started(folder: Path, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-u", "-c", CHILD, "run", *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def ran(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    process = started(folder, *arguments)
    out, err = process.communicate()
    return subprocess.CompletedProcess(process.args, process.returncode, out, err)


def with_worker(there: Cluster, *options: str, **variables: str) -> Cluster:
    there.worker("--preload", OWN, *options, **variables)
    return there


CASES = ("--cases", "{CASE}.nii", "--csv", "t.csv")


class TestWorkers:
    def test_a_note_says_at_the_start_who_computes_and_nothing_does_where_all_is_quiet(
        self, folder: Path
    ) -> None:
        one = ("plain.imgql", "-D", "CASE=p0")
        here = ran(folder, *one, "--no-cache")
        there = ran(folder, *one, "--no-cache", "--workers", "2")
        assert (
            there.stderr == f"note: computed by 2 worker processes of this machine\n{here.stderr}"
        )
        quiet = ran(folder, *one, "--no-cache", "-q", "--workers", "2")
        assert here.stdout == there.stdout == quiet.stdout
        assert quiet.stderr == ""

    def test_the_worker_of_each_operation_is_told_and_counted(self, folder: Path) -> None:
        one = ("plain.imgql", "-D", "CASE=p0", "--no-cache", "-v", "--json", "r.json")
        there = ran(folder, *one, "--workers", "1")
        assert there.returncode == 0
        stats = json.loads((folder / "r.json").read_text())["stats"]
        ((worker, did),) = stats["by_worker"].items()
        assert did["computed"] == stats["computed"] > 0
        lines = re.findall(r"^ +[\d.]+ s  (.*)$", there.stderr, re.MULTILINE)
        assert len(lines) == stats["operations"]
        assert all(line.endswith(f"  at {worker}") for line in lines)

    def test_the_worker_of_each_case_is_told(self, folder: Path) -> None:
        there = ran(folder, "plain.imgql", *CASES, "--no-cache", "-v", "--workers", "1")
        lines = re.findall(r"^ +[\d.]+ s  (.*)$", there.stderr, re.MULTILINE)
        assert sorted(line.rpartition(", at ")[0] for line in lines) == [
            *("p0: done", "p1: done", "p2: done")
        ]
        assert len({line.rpartition(", at ")[2] for line in lines}) == 1


class TestLosses:
    def test_a_case_that_ends_its_workers_fails_and_the_others_are_done(self, folder: Path) -> None:
        with cluster(0) as there:
            with_worker(there, **{WORKER: "yes"})
            run = ran(folder, "deadly.imgql", *CASES, "--no-cache", "--scheduler", there.address)
        assert run.returncode == 1
        assert run.stderr.count("error") == 1
        assert "want of memory" in run.stderr
        table = (folder / "t.csv").read_text().splitlines()
        assert [line.split(",")[0] for line in table] == ["case", "p0", "p1", "p2"]
        assert "want of memory" in table[3]

    def test_when_the_scheduler_is_gone_the_run_ends_with_one_message_and_can_go_on(
        self, folder: Path
    ) -> None:
        begun, go_on = folder / "begun", folder / "go_on"
        os.mkfifo(begun)
        os.mkfifo(go_on)
        arguments = ("held.imgql", *CASES, "--cache", "store", "-v")
        with cluster(0) as there:
            with_worker(there, **{WORKER: f"{begun}:{go_on}"})
            run = started(folder, *arguments, "--scheduler", there.address)
            assert run.stderr is not None
            done = 0
            while done < 2:
                line = run.stderr.readline()
                assert line, run.wait()
                done += ": done" in line
            assert begun.read_text() == "begun"
            there.scheduler.kill()
            out, err = run.communicate()
        assert (run.returncode, out) == (1, "")
        assert err.count("error: ") == 1
        assert "2 of 3 cases are done" in err
        assert "the same command goes on from there" in err
        assert not (folder / "t.csv").exists()
        again = ran(folder, *arguments)
        assert again.returncode == 0
        assert "3 cases: 3 done (2 by an earlier run)" in again.stderr
        assert len((folder / "t.csv").read_text().splitlines()) == 4
