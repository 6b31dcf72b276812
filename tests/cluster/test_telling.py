"""What is told of a run on a cluster: who carried it out, and what is lost."""

from __future__ import annotations

import fcntl
import json
import os
import re
import struct
import subprocess
import sys
import termios
import threading
from contextlib import suppress
from itertools import groupby, pairwise
from operator import itemgetter
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813

from tests.checkout import ROOT
from tests.cluster.processes import WORKER, Cluster, cluster

ROW, BEGIN = itemgetter("pid", "tid"), itemgetter("ts")
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
    for name, operator in OPERATORS.items():
        text = PROGRAM.replace("DO", operator).replace("{CASE}", "$CASE")
        (tmp_path / f"{name}.imgql").write_text(text)
    plain = (tmp_path / "plain.imgql").read_text()
    (tmp_path / "saving.imgql").write_text(f'{plain}save "out/$CASE.nii.gz" r\n')
    (tmp_path / "several.imgql").write_text(
        "".join(
            f'load m{n} = "p{n}.nii"\nprint "v{n}" volume(dt(intensity(m{n}) >. 50) <. 9)\n'
            for n in range(3)
        )
    )
    return tmp_path


def started(
    folder: Path, *arguments: str, stderr: int = subprocess.PIPE, **variables: str
) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-u", "-c", CHILD, "run", *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), **variables},
        stdout=subprocess.PIPE,
        stderr=stderr,
        text=True,
    )


def ran(folder: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    process = started(folder, *arguments, **variables)
    out, err = process.communicate()
    return subprocess.CompletedProcess(process.args, process.returncode, out, err)


def with_worker(there: Cluster, *options: str, **variables: str) -> Cluster:
    there.worker("--preload", OWN, *options, **variables)
    return there


OPERATORS = {name: name for name in ("deadly", "held", "broken")} | {"plain": "!"}
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

    @pytest.mark.parametrize("has_bokeh", [True, False])
    def test_the_note_names_the_dashboard_if_the_scheduler_has_one(
        self, folder: Path, has_bokeh: bool
    ) -> None:
        # What Dask looks at is what is said to be installed, and no more.
        modules = folder / "modules"
        (modules / "bokeh-3.9.0.dist-info").mkdir(parents=True)
        (modules / "bokeh-3.9.0.dist-info/METADATA").write_text("Name: bokeh\nVersion: 3.9.0\n")
        with cluster(1, modules=modules if has_bokeh else None) as there:
            where = ("--scheduler", there.address)
            run = ran(folder, "plain.imgql", "-D", "CASE=p0", "--no-cache", *where)
        address = re.escape(there.address)
        page = r"; its dashboard is http://127\.0\.0\.1:\d+/status" if has_bokeh else ""
        said = f"note: computed by a worker of the cluster at {address}{page}\n"
        assert re.match(said, run.stderr)

    def test_what_the_store_of_a_worker_warns_of_is_told_with_its_host(self, folder: Path) -> None:
        (folder / "store").write_text("a file in its place")
        one = ("plain.imgql", "-D", "CASE=p0", "--cache", "store")
        with cluster(1) as there:
            run = ran(folder, *one, "--scheduler", there.address)
        assert run.returncode == 0
        said = re.findall(r"^warning: (.*)the store (.*) cannot be used", run.stderr, re.MULTILINE)
        assert said == [(host, str(folder / "store")) for host in ("", "127.0.0.1: ")]

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

    def test_a_trace_has_each_worker_as_a_process_whose_threads_do_one_thing_at_a_time(
        self, folder: Path
    ) -> None:
        with cluster(2) as there:
            where = ("--scheduler", there.address)
            run = ran(folder, "several.imgql", "--no-cache", "--trace", "t.json", *where)
        assert run.returncode == 0
        events = json.loads((folder / "t.json").read_text())["traceEvents"]
        processes = {e["pid"]: e["args"]["name"] for e in events if e["name"] == "process_name"}
        assert processes.pop(1) == "voxlogica"
        assert processes
        done = [e for e in events if e["ph"] == "X" and e["pid"] in processes]
        assert done
        (whole,) = (e for e in events if (e.get("cat"), e["name"]) == ("run", "run"))
        for _, own in groupby(sorted(done, key=ROW), key=ROW):
            for one, next_one in pairwise(sorted(own, key=BEGIN)):
                assert one["ts"] + one["dur"] <= next_one["ts"] + 1
        for event in done:
            assert event["ts"] >= whole["ts"]
            assert event["ts"] + event["dur"] <= whole["ts"] + whole["dur"] + 1
        counts = [e["args"]["parts"] for e in events if e["ph"] == "C"]
        assert counts[0] == 1
        assert counts[-1] == 0


class TestStores:
    def test_what_the_store_of_a_host_warns_of_is_told_once_with_the_host(
        self, folder: Path
    ) -> None:
        (folder / "file").write_text("no folder")
        with cluster(0) as there:
            for _ in range(2):
                there.worker(VOXLOGICA_CACHE=str(folder / "file"))
            where = ("--scheduler", there.address)
            several = ran(folder, "plain.imgql", *CASES, *where, XDG_CACHE_HOME=str(folder))
            one = ran(folder, "plain.imgql", "-D", "CASE=p0", *where, XDG_CACHE_HOME=str(folder))
        for run in (several, one):
            assert run.returncode == 0
            (line,) = (line for line in run.stderr.splitlines() if line.startswith("warning: "))
            assert re.match(r"warning: \S+: ", line)
            assert str(folder / "file") in line


class TestPages:
    def test_the_page_of_a_run_is_a_local_runs_but_for_times_and_workers(
        self, folder: Path
    ) -> None:
        one = ("saving.imgql", "-D", "CASE=p0", "--no-cache", "--report", "page.html")
        here, there = self.pages(folder, *one)
        assert "data:image/png" in here
        assert " of a cluster" in there
        assert without_times(here) == without_times(there)

    def test_and_so_is_that_of_cases(self, folder: Path) -> None:
        several = ("saving.imgql", *CASES, "--no-cache", "--report", "page.html")
        here, there = self.pages(folder, *several)
        assert here.count("data:image/png") >= 3
        assert there.count(" computed at ") == 3
        assert without_times(here) == without_times(there)

    @staticmethod
    def pages(folder: Path, *arguments: str) -> tuple[str, str]:
        found = list[str]()
        for where in ((), ("--workers", "1")):
            run = ran(folder, *arguments, *where)
            assert run.returncode == 0, run.stderr
            found.append((folder / "page.html").read_text())
        return found[0], found[1]


def without_times(page: str) -> str:
    """A page without when, how long and by whom."""
    page = re.sub(r"\d+-\d+-\d+ \d+:\d+ UTC · .* · (voxlogica [\w.]+).*?</p>", r"\1</p>", page)
    page = re.sub(r'<section [^>]*id="time".*?</section>', "", page, flags=re.DOTALL)
    page = re.sub(r'<td class="number"( data-v="[^"]*")?>[\d.]+</td></tr>', "</tr>", page)
    return re.sub(r"\d+ operations, \d+ computed[^<]*", "", page)


class TestTerminals:
    @pytest.mark.parametrize("what", [("plain.imgql", *CASES), ("saving.imgql", "-D", "CASE=p0")])
    def test_the_note_stays_above_the_bar_that_is_gone_in_the_end(
        self, folder: Path, what: tuple[str, ...]
    ) -> None:
        shown = on_terminal(folder, 60, *what, "--no-cache", "--workers", "1")
        _, note, after = shown.partition("note: computed by a worker process of this machine")
        assert note
        bar, erased, messages = after.rpartition("\x1b[2K")
        assert erased
        assert "/3" in bar or "/8" in bar
        assert "━" not in messages

    @pytest.mark.parametrize("what", [("plain.imgql", *CASES), ("saving.imgql", "-D", "CASE=p0")])
    def test_the_note_breaks_between_words(self, folder: Path, what: tuple[str, ...]) -> None:
        shown = on_terminal(folder, 30, *what, "--no-cache", "--workers", "1")
        assert re.search(r"note: computed by a worker ?\r\nprocess of this machine ?\r\n", shown)


def on_terminal(folder: Path, width: int, *arguments: str) -> str:
    """What a terminal of so many columns gets of a run."""
    master, terminal = os.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, width, 0, 0))
    shown = bytearray()

    def read() -> None:
        with suppress(OSError):  # the terminal is gone
            while part := os.read(master, 4096):
                shown.extend(part)

    reading = threading.Thread(target=read)
    reading.start()
    # COLUMNS, which those who run tests may set, would go before the terminal's width.
    run = started(folder, *arguments, stderr=terminal, TERM="xterm", NO_COLOR="1", COLUMNS="")
    run.communicate()
    os.close(terminal)
    reading.join()
    os.close(master)
    assert run.returncode == 0
    return shown.decode()


class TestDefects:
    def test_one_at_a_worker_is_told_with_it_and_with_its_traceback_where_that_is_wanted(
        self, folder: Path
    ) -> None:
        one = ("broken.imgql", "-D", "CASE=p2", "--no-cache")
        with cluster(0) as there:
            with_worker(there)
            run = ran(folder, *one, "--scheduler", there.address)
            with_traceback = ran(folder, *one, "--scheduler", there.address, "--debug")
        here = ran(folder, *one)
        assert here.returncode == run.returncode == with_traceback.returncode == 1
        lines = [line for line in run.stderr.splitlines() if not line.startswith("note: ")]
        (worker,) = (line for line in lines if "at the worker" in line)
        assert re.fullmatch(r"  = note: at the worker [\w.]+:\d+", worker)
        assert [line for line in lines if line != worker] == here.stderr.splitlines()
        assert "Traceback" not in run.stderr
        assert 'own_operators.py", line' in with_traceback.stderr
        assert "KeyError: 'b'" in with_traceback.stderr


class TestLosses:
    def test_a_case_that_ends_its_workers_fails_and_the_others_are_done(self, folder: Path) -> None:
        with cluster(0, DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES="1") as there:
            with_worker(there, **{WORKER: "yes"})
            run = ran(folder, "deadly.imgql", *CASES, "--no-cache", "--scheduler", there.address)
        assert run.returncode == 1
        assert run.stderr.count("error") == 1
        assert "more memory than a worker has" in run.stderr
        table = (folder / "t.csv").read_text().splitlines()
        assert [line.split(",")[0] for line in table] == ["case", "p0", "p1", "p2"]
        assert "more memory than a worker has" in table[3]

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
            assert int(begun.read_text())
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
