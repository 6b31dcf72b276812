"""What several processes need is computed once, also where it is not worth keeping.

Real processes, signals and stores. Operators of the tests wait for a pipe that a test opens, so
that each process is caught where it should be; nothing rests on how long anything takes. Operations
are counted by what each run says it computed.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import signal
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from multiprocessing.process import BaseProcess
from pathlib import Path
from shutil import rmtree

import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813

from voxlogica.cli import main
from voxlogica.engine import store, worth
from voxlogica.engine.store_opening import open_store
from voxlogica.operators.signature import Region, operator

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc/locks")

REGION = 'load m = "m.nii" let r = intensity(m) >. 500 '
TURNS = 1_000_000


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    blocks = np.random.default_rng(1).integers(0, 1000, (6, 6, 6))
    scan = np.kron(blocks, np.ones((8, 8, 8))).astype(np.int16)
    sitk.WriteImage(sitk.GetImageFromArray(scan), "m.nii")
    return tmp_path


def wait_for(pipe: str) -> None:
    """In a process: say that it is here, and wait until the pipe is opened, if there is one."""
    if Path(pipe).exists() and pipe not in os.environ.get("PAST", ""):
        Path(f"at-{pipe}").write_text("")
        Path(pipe).read_text()


def carry_out(folder: Path, name: str, jobs: int, environment: dict[str, str]) -> None:
    """In a process: run a program where nothing is worth its place in the store but goals."""
    os.chdir(folder)
    os.environ.update(environment)
    for descriptor, ending in ((1, "out"), (2, "err")):
        os.dup2(os.open(f"{name}.{ending}", os.O_WRONLY | os.O_CREAT | os.O_TRUNC), descriptor)
    worth._WORTH = 10**9

    @operator("one")
    def one(region: Region) -> Region:
        """The region itself, once the pipe `one` was opened."""
        wait_for("one")
        return region

    @operator("two")
    def two(region: Region) -> Region:
        """The region itself, once the pipe `two` was opened."""
        wait_for("two")
        return region

    if "STUCK" in environment:

        def put_many(_: object, results: Iterable[store.Result]) -> None:
            if any(result.operator == "one" for result in results):
                wait_for("never")

        store.Store.put_many = put_many
    options = ["--cache", "store", "--json", f"{name}.json", f"-j{jobs}"]
    sys.argv = ["voxlogica", "run", f"{name}.imgql", *options]
    main()


# Its children have imported all they need, and are forked by a process that has no threads.
PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload([__name__, "dask.local", "voxlogica.engine.keeping"])
Start = Callable[..., BaseProcess]


@pytest.fixture
def start(folder) -> Iterator[Start]:
    """Starts a process that runs a program; what still runs in the end is killed."""
    processes = []

    def start(name: str, text: str, jobs: int = 1, **environment: str) -> BaseProcess:
        Path(f"{name}.imgql").write_text(text)
        arguments = (folder, name, jobs, environment)
        process = PROCESSES.Process(target=carry_out, args=arguments, name=name)
        processes.append(process)
        process.start()
        return process

    yield start
    for process in processes:
        process.kill()
        process.join()


def pipes(*names: str) -> None:
    for name in names:
        os.mkfifo(name)
        os.mkfifo(f"at-{name}")


def open_pipe(name: str) -> None:
    """Let who waits for it, and everyone who comes, go on."""
    with Path(name).open("w"):
        Path(name).unlink()


def reached(name: str) -> None:
    """Wait until a process waits for a pipe to be opened."""
    Path(f"at-{name}").read_text()


def someone_waits() -> None:
    """Some process waits in the kernel for a claim or for a goal."""
    inode = f":{Path('store/claims').stat().st_ino} "
    for _ in range(TURNS):
        lines = Path("/proc/locks").read_text().splitlines()
        if any("->" in line and inode in line and "WRITE" in line for line in lines):
            return
    pytest.fail("nobody waits")


def ended(process: BaseProcess) -> str:
    """What a process has printed, when it has ended well."""
    process.join(60)
    assert (process.exitcode, Path(f"{process.name}.err").read_text()) == (0, "")
    return Path(f"{process.name}.out").read_text()


def computed(operator: str, *names: str) -> list[int]:
    """How often each program computed the operator."""
    stats = [json.loads(Path(f"{name}.json").read_text())["stats"] for name in names]
    return [s["by_operator"].get(operator, {"computed": 0})["computed"] for s in stats]


def handed() -> list[bytes]:
    """What there is in the store that does not last."""
    opened = open_store(Path("store"), warn=pytest.fail)
    assert opened is not None
    with opened:
        return opened.all_handed()


class TestHandedOver:
    def test_what_another_waits_for_is_handed_over_and_does_not_stay(self, start):
        pipes("one")
        first = start("a", REGION + 'print "a" volume(one(r))')
        reached("one")
        second = start("b", REGION + 'print "b" max(dt(one(r)))', PAST="one")
        someone_waits()
        open_pipe("one")
        assert ended(first).startswith("a=")
        assert ended(second).startswith("b=")
        assert computed("one", "a", "b") == [1, 0]
        assert not handed()

    def test_nobody_asks_nothing_is_handed_over(self, start):
        ended(start("a", REGION + 'print "a" volume(one(r))'))
        assert not handed()
        ended(start("b", REGION + 'print "b" max(dt(one(r)))'))
        assert computed("one", "a", "b") == [1, 1]

    def test_what_another_will_come_to_is_kept_for_it(self, start):
        """The second is at something else of its own, while the first computes what it needs."""
        pipes("two")
        second = start("b", REGION + 'print "b" volume(one(two(r) & r)) + volume(one(r))')
        reached("two")
        ended(start("a", REGION + 'print "a" volume(one(r)) * 2'))
        assert len(handed()) == 1
        open_pipe("two")
        ended(second)
        assert sum(computed("one", "a", "b")) == 2
        assert not handed()

    def test_it_does_not_stay_when_the_last_who_asks_is_killed(self, start):
        pipes("one", "two")
        text = 'print "a" volume(one(r)) print "z" volume(two(near(one(r))))'
        first = start("a", REGION + text)
        reached("one")
        second = start("b", REGION + 'print "b" max(dt(one(r)))')
        someone_waits()
        os.kill(second.pid, signal.SIGSTOP)
        open_pipe("one")
        reached("two")
        for _ in range(TURNS):
            if len(handed()) == 1:
                break
        second.kill()
        for _ in range(TURNS):
            if not handed():
                break
        assert not handed()
        open_pipe("two")
        ended(first)

    def test_what_the_dead_have_left_is_dropped_by_the_next(self, start):
        pipes("one", "two")
        text = 'print "a" volume(one(r)) print "z" volume(two(near(one(r))))'
        first = start("a", REGION + text)
        reached("one")
        second = start("b", REGION + 'print "b" max(dt(one(r)))')
        someone_waits()
        os.kill(second.pid, signal.SIGSTOP)
        open_pipe("one")
        reached("two")
        while not handed():
            pass
        first.kill()
        first.join()
        second.kill()
        second.join()
        assert len(handed()) == 1
        ended(start("c", REGION + 'print "c" volume(r)'))
        assert not handed()

    def test_a_waiter_computes_what_was_computed_and_not_handed_over(self, start):
        pipes("one", "never")
        first = start("a", REGION + 'print "a" volume(one(r))', STUCK="1")
        reached("one")
        second = start("b", REGION + 'print "b" max(dt(one(r)))', PAST="one")
        someone_waits()
        open_pipe("one")
        reached("never")
        first.kill()
        assert ended(second).startswith("b=")
        assert computed("one", "b") == [1]
        assert not handed()

    def test_one_whose_goal_it_is_keeps_it(self, start):
        pipes("one")
        first = start("a", REGION + 'print "a" volume(one(r))')
        reached("one")
        second = start("b", REGION + 'save "b.nii" one(r)', PAST="one")
        someone_waits()
        open_pipe("one")
        ended(first)
        ended(second)
        assert computed("one", "a", "b") == [1, 0]
        ended(start("c", REGION + 'print "c" max(dt(one(r)))'))
        assert computed("one", "c") == [0]


class TestGoals:
    def test_one_that_another_is_at_is_not_begun_from_below(self, start):
        pipes("one")
        text = REGION + 'print "a" volume(near(one(r)))'
        first = start("a", text)
        reached("one")
        second = start("b", text)
        someone_waits()
        open_pipe("one")
        assert ended(first) == ended(second)
        assert json.loads(Path("b.json").read_text())["stats"]["computed"] == 0

    def test_what_no_other_is_at_is_done_first(self, start):
        pipes("one")
        goals = ['print "a" volume(near(one(r)))', 'print "b" volume(near(two(r)))']
        first = start("a", REGION + goals[0])
        reached("one")
        second = start("b", REGION + " ".join(goals))
        someone_waits()
        open_pipe("one")
        ended(first)
        assert [line[:2] for line in ended(second).splitlines()] == ["a=", "b="]
        assert computed("one", "a", "b") == [1, 0]
        assert computed("two", "a", "b") == [0, 1]

    def test_when_who_is_at_it_is_killed_who_waits_computes_it(self, start):
        pipes("one")
        text = REGION + 'print "a" volume(near(one(r)))'
        first = start("a", text)
        reached("one")
        second = start("b", text, PAST="one")
        someone_waits()
        first.kill()
        assert ended(second).startswith("a=")
        assert computed("one", "b") == [1]

    def test_when_who_is_at_it_fails_who_waits_is_told_the_same(self, start):
        pipes("one")
        text = REGION + 'print "a" volume(otsu(intensity(m), one(r), 0.5))'
        first = start("a", text)
        reached("one")
        second = start("b", text, PAST="one")
        someone_waits()
        open_pipe("one")
        first.join()
        second.join()
        said = [Path(name).read_text() for name in ("a.err", "b.err")]
        assert "whole number" in said[0]
        assert said[1].replace("b.imgql", "a.imgql") == said[0]

    def test_crosswise_goals_and_what_they_rest_on_end(self, start):
        """Each has a goal that is beneath one of the other's."""
        pipes("one", "two")
        first = start("a", REGION + 'save "a.nii" one(r) print "a" volume(near(two(r)))', jobs=2)
        reached("one")
        reached("two")
        second = start("b", REGION + 'save "b.nii" two(r) print "b" volume(near(one(r)))', jobs=2)
        someone_waits()
        open_pipe("one")
        open_pipe("two")
        ended(first)
        ended(second)
        assert sum(computed("one", "a", "b")) == sum(computed("two", "a", "b")) == 1


TEXTURE = "let t(k) = crossCorrelation(k, v, v, r, min(v), max(v), 100) "


def goals(numbers: Sequence[int]) -> str:
    begin = 'load m = "m.nii" let v = intensity(m) let r = v >. 500 ' + TEXTURE
    return begin + "\n".join(f'print "{k}" volume(t({k} / 2) >. 0.5)' for k in numbers)


@pytest.mark.parametrize("orders", ["same", "different"])
def test_four_with_the_same_goals_compute_each_texture_once(start, orders):
    numbers, shuffling = list(range(2, 6)), random.Random(1)
    processes = []
    for i in range(4):
        some = numbers if orders == "same" else shuffling.sample(numbers, len(numbers))
        processes.append(start(f"p{i}", goals(some)))
    outs = [sorted(ended(process).splitlines()) for process in processes]
    assert all(out == outs[0] for out in outs)
    assert sum(computed("crossCorrelation", *(f"p{i}" for i in range(4)))) == len(numbers)
    assert not handed()


def test_a_store_with_room_for_nothing_costs_no_result(start):
    processes = [start(f"p{i}", goals([2, 3]), VOXLOGICA_CACHE_LIMIT="10") for i in range(2)]
    outs = [ended(process) for process in processes]
    assert outs[0] == outs[1]
    assert not handed()


REGIONS = ("r", "one(r)", "near(one(r))", "one(two(r))", "two(near(r))", "(t(2) >. 0.5)")
MEASURES = tuple(f"volume({a} & {b})" for a in REGIONS for b in REGIONS)


class TestDeath:
    """Programs at random, processes killed and stopped at random moments: all others end well."""

    def program(self, choose: random.Random, name: str) -> str:
        """A few goals: volumes, which are their own labels, and images."""
        asked = [f'print "{measure}" {measure}' for measure in choose.sample(MEASURES, 3)]
        saved = choose.sample(range(1, len(REGIONS)), choose.randint(0, 2))
        asked += [f'save "{name}/{number}.nii" {REGIONS[number]}' for number in saved]
        choose.shuffle(asked)
        return goals([]) + "\n".join(asked)

    def hunt(self, start: Start, rounds: int) -> None:
        choose = random.Random(5)
        text = "\n".join(f'print "{measure}" {measure}' for measure in MEASURES)
        right = set(ended(start("all", goals([]) + text)).splitlines())
        images: dict[str, set[bytes]] = {}
        for _ in range(rounds):
            rmtree("store")
            processes = []
            for number in range(choose.randint(2, 8)):
                name = f"p{number}"
                rmtree(name, ignore_errors=True)
                text = self.program(choose, name)
                processes.append(start(name, text, choose.randint(1, 2)))
            signals = [choose.choice((signal.SIGKILL, signal.SIGSTOP, 0, 0)) for _ in processes]
            for process, sign in choose.sample(
                [*zip(processes, signals, strict=True)], len(signals)
            ):
                process.join(choose.expovariate(10))
                if process.is_alive():
                    os.kill(process.pid, sign)
            for process, sign in zip(processes, signals, strict=True):
                if process.is_alive() and sign == signal.SIGSTOP:
                    process.join(choose.expovariate(10))
                    os.kill(process.pid, signal.SIGCONT)
            for process, sign in zip(processes, signals, strict=True):
                if sign != signal.SIGKILL:
                    assert set(ended(process).splitlines()) <= right
                    for image in Path().glob(f"{process.name}/*.nii"):
                        images.setdefault(image.name, set()).add(image.read_bytes())
                process.join()
            ended(start("last", REGION + 'print "last" volume(r)'))
            assert not handed()
        assert all(len(contents) == 1 for contents in images.values())

    def test_one_round(self, start):
        self.hunt(start, 1)

    @pytest.mark.slow
    def test_several_hundred_rounds(self, start):
        self.hunt(start, 300)
