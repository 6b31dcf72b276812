"""Nothing is computed twice, by any thread, workplan or process, and nothing is lost by a death.

Real processes, threads, signals and stores. Operations are counted by what each run says it
computed; where one has to be caught in the middle, an operator of the tests waits for a file.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813

from voxlogica import running
from voxlogica.engine.events import Planned, Started
from voxlogica.engine.executor import TABLE
from voxlogica.engine.results import Report, RunError
from voxlogica.engine.store_opening import open_store
from voxlogica.operators import registry
from voxlogica.operators.signature import REGISTRY, OperationError, Region, operator
from voxlogica.syntax.source import Source

PROGRAM = """load m = "m.nii"
let v = intensity(m)
let r = v >. 500
let t = crossCorrelation(3, v, v, r, min(v), max(v), 8000)
let a = smoothen(r, 2) | (t >. 0.9)
print "a" volume(a)
print "d" max(dt(a))
save "$OUT/a.nii.gz" a
"""
# What the program's costly operators are: each is worth keeping on these images.
COSTLY = {"crossCorrelation": 1, "volume": 1}

# Operators of the tests: a child process declares them before it runs the command line.
CHILD = """
import os, sys, time
from pathlib import Path
from voxlogica.operators import registry
from voxlogica.operators.signature import Region, operator

@operator("slowly")
def slowly(region: Region) -> Region:
    '''The region itself, once the file `go` is there: created by a test, or never.'''
    Path("entered").touch()
    if not os.environ.get("GO"):
        open("go").read()  # a pipe: waits for who opens it to write
    time.sleep(0.2)  # costs what it says it costs
    return region

from voxlogica.cli import main
main()
"""


def write_scan(path: str, seed: int) -> None:
    """Blocks of 8 voxels a side, of random brightness, and noise."""
    numbers = np.random.default_rng(seed)
    blocks = np.kron(numbers.integers(0, 900, (6, 6, 6)), np.ones((8, 8, 8)))
    scan = (blocks + numbers.integers(0, 100, blocks.shape)).astype(np.int16)
    sitk.WriteImage(sitk.GetImageFromArray(scan), path)


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    write_scan("m.nii", 1)
    Path("p.imgql").write_text(PROGRAM)
    return tmp_path


def start(*arguments: str, child: str = "from voxlogica.cli import main; main()", **environment):
    return subprocess.Popen(
        [sys.executable, "-c", child, "run", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **environment},
    )


def ended(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    out, err = process.communicate(timeout=120)
    return process.returncode, out, err


def computed(report: Report) -> dict[str, int]:
    return {name: s.computed for name, s in report.stats.by_operator.items()}


async def beside_others(programs, **options) -> Report:
    """A run beside other tasks of an event loop."""
    return await running.beside(lambda stop: running.run(programs, cancellation=stop, **options))


def count_above(number: int) -> Source:
    """A program that counts voxels."""
    return Source("p", f'load m = "m.nii"\nprint "v" volume(intensity(m) >. {number * 20})')


def run(text: str = PROGRAM, **options) -> Report:
    definitions = {"OUT": "out"} if "$OUT" in text else {}
    return running.run(
        Source("p.imgql", text), **{"definitions": definitions, "cache": "store"} | options
    )


class TestOneAfterTheOther:
    def test_a_second_run_computes_nothing(self):
        first = run()
        again = run(definitions={"OUT": "again"})
        assert first.stats.computed == first.stats.operations
        assert again.stats.computed == 0
        assert [p.value for p in again.prints] == [p.value for p in first.prints]
        assert Path("again/a.nii.gz").read_bytes() == Path("out/a.nii.gz").read_bytes()

    def test_no_cache_neither_reads_nor_writes_one(self):
        run()
        before = sorted(Path("store").rglob("*"))
        again = run(cache=False)
        assert again.stats.computed == again.stats.operations
        assert sorted(Path("store").rglob("*")) == before

    def test_a_changed_file_is_never_mistaken_for_the_old_one(self):
        first = run()
        stat = Path("m.nii").stat()
        write_scan("m.nii", 2)
        os.utime("m.nii", ns=(stat.st_atime_ns, stat.st_mtime_ns))
        assert run().prints != first.prints
        assert run(cache=False).prints == run().prints

    def test_a_file_replaced_while_a_run_goes_on_is_noticed(self):
        """By another of the same size and time, after it was looked at and before it is read."""
        os.utime("m.nii", ns=(10**18, 10**18))
        write_scan("other.nii", 2)
        os.utime("other.nii", ns=(10**18, 10**18))

        def replace(event: object) -> None:
            if isinstance(event, Planned):
                Path("other.nii").replace("m.nii")

        with pytest.raises(RunError, match="was changed"):
            run(observe=replace)
        assert run().prints == run(cache=False).prints

    def test_equal_work_in_another_program_is_found(self):
        run()
        other = run(PROGRAM.replace("> 0.9", "> 0.8").replace("smoothen(r, 2)", "near(r)"))
        assert other.stats.by_operator["crossCorrelation"].computed == 0
        assert other.stats.by_operator["near"].computed == 1

    def test_damaged_results_are_noticed_and_computed_again(self):
        first = run()
        for frame in Path("store/frames").rglob("*.b2"):
            data = bytearray(frame.read_bytes())
            data[len(data) // 2] ^= 1
            frame.write_bytes(data)
        again = run()
        assert again.prints == first.prints
        assert len(again.log) == 1
        assert "damaged" in again.log[0]
        assert run().stats.computed == 0

    @pytest.mark.parametrize("where", ["/proc/none", "m.nii"])
    def test_a_store_that_cannot_be_is_one_warning(self, where):
        report = run(cache=where)
        assert len(report.log) == 1
        assert report.prints == run(cache=False).prints

    def test_failures_are_told_but_tried_again(self):
        text = 'load m = "m.nii" print "o" volume(otsu(intensity(m), tt, 0.5))'
        for _ in range(2):
            with pytest.raises(RunError, match="whole number"):
                run(text)
        store = open_store(Path("store"), warn=pytest.fail)
        assert store is not None
        with store:
            assert [e.operator for e in store.entries(failed=True)] == ["otsu"]


class TestThreads:
    def test_workplans_at_once_share_a_store(self):
        barrier = threading.Barrier(8)

        def go(number: int) -> Report:
            barrier.wait()
            return run(jobs=2, definitions={"OUT": f"out{number}"})

        with ThreadPoolExecutor(8) as pool:
            reports = list(pool.map(go, range(8)))
        assert len({r.prints for r in reports}) == 1
        for name, count in COSTLY.items():
            assert sum(computed(r).get(name, 0) for r in reports) == count

    def test_workplans_that_meet_in_an_operation_compute_it_once(self, monkeypatch):
        """Eight workplans reach an operation that ends only when all have come."""
        calls: list[int] = []
        entered, go = threading.Event(), threading.Event()

        monkeypatch.setitem(REGISTRY[""], "meeting", [])

        @operator("meeting")
        def meeting(region: Region) -> Region:
            calls.append(1)
            entered.set()
            go.wait()
            return region

        registry.cache_clear()
        text = 'load m = "m.nii" print "v" volume(meeting(intensity(m) >. 500))'
        with ThreadPoolExecutor(8) as pool:
            futures = [pool.submit(run, text, cache=False, jobs=1) for _ in range(8)]
            entered.wait()
            go.set()
            reports = [f.result() for f in futures]
        registry.cache_clear()
        assert len({r.prints for r in reports}) == 1
        assert sum(computed(r).get("meeting", 0) for r in reports) == len(calls)

    def test_a_failure_reaches_all_who_wait_at_the_place_in_their_own_program(self, monkeypatch):
        both, go = threading.Barrier(3), threading.Event()
        monkeypatch.setitem(REGISTRY[""], "failing", [])

        @operator("failing")
        def failing(region: Region) -> Region:
            go.wait()
            raise OperationError("there is no doing it", "do without")

        registry.cache_clear()

        def fail(name: str) -> list[str]:
            def reached(event: object) -> None:
                if isinstance(event, Started) and event.work.name == "failing":
                    both.wait()

            text = (
                f'load m = "m.nii" {" " * len(name)} print "v" volume(failing(intensity(m) >. 5))'
            )
            with pytest.raises(RunError) as raised:
                running.run(Source(name, text), cache=False, jobs=1, observe=reached)
            return [f"{d.span}: {d.message}" for d in raised.value.diagnostics]

        with ThreadPoolExecutor(2) as pool:
            said = [pool.submit(fail, name) for name in ("one.imgql", "another.imgql")]
            both.wait()
            go.set()
            messages = [m for future in said for m in future.result()]
        registry.cache_clear()
        assert messages == [
            "one.imgql:1:45: there is no doing it",
            "another.imgql:1:49: there is no doing it",
        ]

    def test_what_a_failed_run_was_in_the_middle_of_holds_up_no_later_one(self, monkeypatch):
        """An operation worth keeping ends after its run has failed: its claim must not stay."""
        monkeypatch.setitem(REGISTRY[""], "late", [])
        monkeypatch.setitem(REGISTRY[""], "soon", [])
        entered, failed = threading.Event(), threading.Event()

        @operator("late")
        def late(region: Region) -> Region:
            entered.set()
            failed.wait()
            return region

        @operator("soon")
        def soon(region: Region) -> Region:
            entered.wait()
            raise OperationError("no")

        registry.cache_clear()
        costly = 'load m = "m.nii" let r = intensity(m) >. 500 print "late" volume(late(r))'
        with pytest.raises(RunError):
            run(f'{costly} print "soon" volume(soon(r))', jobs=2)
        failed.set()
        report = run(costly, jobs=2)
        registry.cache_clear()
        assert report.stats.computed + report.stats.stored > 0
        # And for another process, too, which knows nothing of this one's table.
        Path("again.imgql").write_text(costly.replace("late(", "near("))
        code, out, _ = ended(start("again.imgql", "--cache", "store"))
        assert (code, out[:5]) == (0, "late=")

    def test_nothing_stays_in_the_table_when_all_runs_have_ended(self):
        run(cache=False)
        assert TABLE.nbytes == 0

    def test_a_cancelled_run_stops(self):
        cancellation: Future[None] = Future()
        cancellation.set_result(None)
        with pytest.raises(CancelledError):
            run(cancellation=cancellation)
        assert not Path("out").exists()

    def test_runs_of_an_event_loop_share_too(self):
        async def both() -> list[Report]:
            options = {"definitions": {"OUT": "out"}, "cache": "store"}
            return list(
                await asyncio.gather(*(beside_others("p.imgql", **options) for _ in range(2)))
            )

        reports = asyncio.run(both())
        assert reports[0].prints == reports[1].prints

    def test_twenty_of_an_event_loop_at_once_are_each_their_own(self):
        async def all_of_them() -> list[Report]:
            runs = [beside_others(count_above(n // 2), cache=False) for n in range(20)]
            return await asyncio.gather(*runs)

        reports = asyncio.run(all_of_them())
        alone = [running.run(count_above(n), cache=False).prints for n in range(10)]
        assert [report.prints for report in reports] == [alone[n // 2] for n in range(20)]

    def test_a_cancelled_task_leaves_the_others_of_its_loop(self):
        options = {"definitions": {"OUT": "out"}, "cache": False}

        async def one_of_two() -> Report:
            begun = asyncio.Event()
            loop = asyncio.get_running_loop()

            def observe(event: object) -> None:
                loop.call_soon_threadsafe(begun.set)

            first = asyncio.create_task(beside_others("p.imgql", observe=observe, **options))
            second = asyncio.create_task(beside_others("p.imgql", **options))
            await begun.wait()
            first.cancel()
            with pytest.raises(asyncio.CancelledError):
                await first
            return await second

        assert asyncio.run(one_of_two()).prints == run(cache=False).prints

    def test_twenty_threads_run_the_same_and_other_programs(self):
        with ThreadPoolExecutor(20) as threads:
            texts = [count_above(n % 5) for n in range(20)]
            reports = list(threads.map(lambda text: running.run(text, cache="store"), texts))
        alone = [running.run(count_above(n), cache=False).prints for n in range(5)]
        assert [report.prints for report in reports] == [alone[n % 5] for n in range(20)]


class TestProcesses:
    def test_eight_at_once_compute_each_stored_operation_once(self):
        processes = [
            start("p.imgql", "-D", f"OUT=out{i}", "--cache", "store", "--json", f"r{i}.json", "-j1")
            for i in range(8)
        ]
        outcomes = [ended(p) for p in processes]
        assert {(code, err) for code, _, err in outcomes} == {(0, "")}
        assert len({out for _, out, _ in outcomes}) == 1
        stats = [json.loads(Path(f"r{i}.json").read_text())["stats"] for i in range(8)]
        for name, count in COSTLY.items():
            assert sum(s["by_operator"].get(name, {"computed": 0})["computed"] for s in stats) == (
                count
            ), name
        assert len({Path(f"out{i}/a.nii.gz").read_bytes() for i in range(8)}) == 1

    def test_when_the_holder_of_a_claim_is_killed_a_waiter_goes_on(self):
        Path("slow.imgql").write_text(
            'load m = "m.nii" print "v" volume(slowly(intensity(m) >. 500))'
        )
        os.mkfifo("go")
        arguments = ("slow.imgql", "--cache", "store", "--json", "r.json")
        holder = start(*arguments, child=CHILD)
        while not Path("entered").exists():
            assert holder.poll() is None, ended(holder)
        waiter = start(*arguments, child=CHILD, GO="1")
        holder.kill()
        holder.communicate()
        code, out, err = ended(waiter)
        assert (code, err) == (0, "")
        assert out.startswith("v=")
        stats = json.loads(Path("r.json").read_text())["stats"]
        assert stats["by_operator"]["slowly"]["computed"] == 1

    def kill_at_random_moments(self, times: int) -> None:
        """Runs killed in the middle leave nothing that a later run could stumble over."""
        expected = run(cache=False, definitions={"OUT": "expected"})
        whole = Path("expected/a.nii.gz").read_bytes()
        moments = random.Random(3)
        for _ in range(times):
            process = start("p.imgql", "-D", "OUT=out", "--cache", "store")
            try:
                process.wait(moments.uniform(0.05, 2.0))
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGKILL)
            process.communicate()
            saved = Path("out/a.nii.gz")
            assert not saved.exists() or saved.read_bytes() == whole
            if moments.random() < 0.3:
                assert run().prints == expected.prints
            if moments.random() < 0.3:
                saved.unlink(missing_ok=True)
        assert run().prints == expected.prints
        assert Path("out/a.nii.gz").read_bytes() == whole
        store = open_store(Path("store"), warn=pytest.fail)
        assert store is not None
        with store:
            found = store.verify()
        assert not found.damaged
        assert not found.index_damaged
        assert not [p for p in Path("out").iterdir() if p.name.startswith(".")]

    def test_runs_killed_at_random_moments(self):
        self.kill_at_random_moments(6)

    @pytest.mark.slow
    def test_a_hundred_runs_killed_at_random_moments(self):
        self.kill_at_random_moments(100)


class TestMemory:
    def cases(self, count: int) -> str:
        """A program over so many cases of 100 kB, each of which needs several images at a time."""
        for i in range(count):
            array = np.random.default_rng(i).integers(0, 1000, (30, 30, 30)).astype(np.int16)
            sitk.WriteImage(sitk.GetImageFromArray(array), f"c{i}.nii")
        lines = []
        for i in range(count):
            lines.append(f'load c{i} = "c{i}.nii" let v{i} = intensity(c{i})')
            lines.append(f"let r{i} = near(v{i} >. 500) & interior(v{i} >. 100)")
            lines.append(f"let k{i} = through(v{i} >. 990, r{i})")
            lines.append(f'print "{i}" avg(percentiles(v{i}, r{i}, 0.5), k{i})')
        return "\n".join(lines)

    def test_many_cases_hold_the_images_of_a_few_at_a_time(self):
        image = 30**3 * 4
        most = 0

        def look(_: object) -> None:
            nonlocal most
            most = max(most, TABLE.nbytes)

        run(self.cases(200), cache=False, jobs=2, observe=look)
        assert most < 12 * image

    def test_a_limit_makes_results_wait_in_files_and_changes_nothing(self):
        text = self.cases(4)
        plain = run(text, cache=False)
        limited = run(text, cache=False, memory_limit=1)
        assert limited.prints == plain.prints
        assert not limited.log

    def test_runs_with_a_limit_may_end_in_any_order(self, tmp_path, monkeypatch):
        """What one of them has put away is read by others when it has ended."""
        monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "away"))
        (tmp_path / "away").mkdir()
        text = self.cases(6)
        plain = run(text, cache=False)

        def part(number: int) -> Report:
            lines = text.split("\n")
            return run("\n".join(lines[: 4 * (number + 1)]), cache=False, memory_limit=1, jobs=1)

        with ThreadPoolExecutor(6) as pool:
            reports = list(pool.map(part, range(6)))
        for number, report in enumerate(reports):
            assert report.prints == plain.prints[: number + 1]
        assert not list((tmp_path / "away").iterdir())
