"""The threads of a run: which task begins when."""

from __future__ import annotations

import threading
from concurrent.futures import Future
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813

from voxlogica import running
from voxlogica.engine.futures import Cancelled
from voxlogica.engine.pool import Pool
from voxlogica.engine.tasks import PieceError, Task
from voxlogica.syntax.source import Source

# Two files are read, each by itself; what is made of the first is written.
GRAPH = {"read 1": [], "read 2": [], "near": ["read 1"], "and": ["near", "read 2"], "save": ["and"]}


def carried_out(threads, work, graph=None, first=(), cancellation=None):
    """The keys in the order in which they are told to have started and finished."""
    graph = GRAPH if graph is None else graph
    told = []
    tasks = {key: Task([number], after, work) for number, (key, after) in enumerate(graph.items())}
    with closing(Pool(threads, cancellation or Future())) as its:
        its.carry_out(
            tasks,
            first,
            lambda key: told.append(("started", key)),
            lambda key: told.append(("finished", key)),
        )
    return told


@pytest.mark.parametrize("threads", [1, 2, 4])
def test_a_task_begins_when_those_before_it_are_done(threads):
    begun = []
    told = carried_out(threads, begun.append)
    assert sorted(begun) == [0, 1, 2, 3, 4]
    assert len(told) == 2 * len(GRAPH)
    for key, after in GRAPH.items():
        assert told.index(("started", key)) < told.index(("finished", key))
        for other in after:
            assert told.index(("finished", other)) < told.index(("started", key))


def test_what_was_begun_is_ended_before_something_else_is_begun():
    """So that few results are in memory: three chains on one thread, one after the other."""
    graph = {f"{step} {chain}": [] for chain in "abc" for step in ("read",)}
    for before, step in (("read", "near"), ("near", "save")):
        graph |= {f"{step} {chain}": [f"{before} {chain}"] for chain in "abc"}
    started = [key for what, key in carried_out(1, lambda piece: None, graph) if what == "started"]
    chains = [key.split()[1] for key in started]
    assert [key.split()[0] for key in started] == ["read", "near", "save"] * 3
    assert all(chains[i] == chains[i + 1] == chains[i + 2] for i in (0, 3, 6))


def test_tasks_are_done_side_by_side_and_no_more_than_there_are_threads():
    together, at_once, most = threading.Barrier(2), [], []

    def work(piece):
        at_once.append(piece)
        most.append(len(at_once))
        if piece < 2:
            together.wait(10)  # both files are read at a time
        at_once.remove(piece)

    carried_out(2, work)
    assert max(most) == 2


def test_what_fails_is_told_and_nothing_is_begun_after_it():
    begun = []

    def work(piece):
        begun.append(piece)
        if piece == 2:
            raise OSError("no such thing")

    with pytest.raises(PieceError) as failed:
        carried_out(1, work)
    assert isinstance(failed.value.cause, OSError)
    assert failed.value.piece == 2
    assert not {3, 4} & set(begun)


def test_who_waits_is_free_as_soon_as_the_run_is_cancelled():
    cancellation, goes_on = Future(), threading.Event()

    def work(piece):
        cancellation.set_result(None)
        goes_on.wait(60)  # a kernel cannot be stopped

    with pytest.raises((Cancelled, PieceError)):
        carried_out(1, work, {"endless": []}, cancellation=cancellation)
    goes_on.set()


def test_no_thread_is_left_when_reading_a_file_has_failed(tmp_path, monkeypatch):
    """A thread that waits for what another one is at does not outlive the run."""
    monkeypatch.chdir(tmp_path)
    voxels = np.random.default_rng(1).integers(0, 9, (60, 90, 90)).astype(np.int16)
    sitk.WriteImage(sitk.GetImageFromArray(voxels), "whole.nii.gz")
    content = bytearray(Path("whole.nii.gz").read_bytes())
    content[5000:5400] = bytes(400)
    Path("damaged.nii.gz").write_bytes(content)
    program = """
        load damaged = "damaged.nii.gz"
        load whole = "whole.nii.gz"
        print "x" max(intensity(whole)) + max(intensity(damaged))
    """
    before = set(threading.enumerate())
    with pytest.raises(running.VoxLogicaError, match="damaged"):
        running.run(Source("p", program), cache=False)
    for thread in set(threading.enumerate()) - before:
        thread.join(30)
        assert not thread.is_alive()
