"""How much memory cases may take at a time."""

from __future__ import annotations

import threading
from concurrent.futures import Future
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813

from voxlogica import running
from voxlogica.engine.futures import Cancelled
from voxlogica.engine.memory import Memory
from voxlogica.engine.room import Room, estimate
from voxlogica.language.workplan import WorkPlan
from voxlogica.syntax.source import Source

VOXELS = 1000


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    sitk.WriteImage(sitk.GetImageFromArray(np.zeros((10, 10, 10), np.float32)), "m.nii")
    return tmp_path


def plan_of(text: str) -> WorkPlan:
    return running.plan(Source("p.imgql", f'load m = "m.nii"\n{text}'), rewrites=False)


def test_numbers_take_no_memory():
    assert estimate(plan_of('print "a" 1 .+. 2')) == 0


def test_an_image_takes_what_its_voxels_take_and_computing_with_it_as_much_again():
    # The image, its brightness, and what computing the one of the other may take.
    loaded = 4 * VOXELS
    assert estimate(plan_of('print "a" max(intensity(m))')) == 2 * (2 * loaded)


def test_what_no_operation_reads_any_more_takes_none():
    chain = "near(" * 20 + "intensity(m) >. 0" + ")" * 20
    assert estimate(plan_of(f'print "a" volume({chain})')) == 2 * (2 * 4 * VOXELS)


def test_images_that_are_there_at_a_time_are_added_up():
    terms = " & ".join(f"near(intensity(m) >. {n})" for n in range(20))
    together = [f"let r{n} = near(intensity(m) >. {n})" for n in range(20)]
    text = "\n".join([*together, f'print "a" volume({terms})'])
    assert estimate(plan_of(text)) >= 20 * VOXELS


def test_who_wants_more_than_there_is_waits_for_the_others():
    room, took = Room(Memory(100)), threading.Event()
    room.take(80)

    def take() -> None:
        room.take(30)
        took.set()

    waiting = threading.Thread(target=take)
    waiting.start()
    assert not took.is_set()
    room.give_back(80)
    waiting.join()
    assert took.is_set()


def test_one_case_may_always_begin():
    room = Room(Memory(100))
    room.take(10_000)
    room.give_back(10_000)
    room.take(10_000)


def test_where_all_ends_nobody_waits():
    room = Room(Memory(100))
    room.take(100)
    waiting = threading.Thread(target=room.take, args=(1,))
    waiting.start()
    room.close()
    waiting.join()


def test_who_is_cancelled_waits_no_more():
    room, cancellation, left = Room(Memory(100)), Future(), threading.Event()
    room.take(80)

    def take() -> None:
        with pytest.raises(Cancelled):
            room.take(30, cancellation)
        left.set()

    thread = threading.Thread(target=take)
    thread.start()
    assert not left.is_set()
    cancellation.set_result(None)
    thread.join()
    assert left.is_set()
    room.take(20)
