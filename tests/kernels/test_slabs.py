"""An array cut into slabs: each index once, on no more threads than there are cores."""

from __future__ import annotations

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voxlogica.kernels import slabs
from voxlogica.kernels.slabs import Cores


@given(st.integers(0, 200), st.integers(1, 8), st.integers(1, 50))
def test_every_index_is_in_one_slab(length: int, number: int, at_least: int) -> None:
    cores = Cores(number)
    found: list[int] = []
    with cores.working():
        cores.over(length, lambda first, end: found.extend(range(first, end)), at_least)
    cores.close()
    assert sorted(found) == list(range(length))


def test_free_cores_take_part() -> None:
    cores = Cores(3)
    together = threading.Barrier(3, timeout=30)
    with cores.working():
        # Nobody passes before three have come.
        cores.over(3, lambda first, end: together.wait())
    cores.close()


def test_where_all_cores_compute_the_calling_thread_does_it_alone() -> None:
    cores = Cores(2)
    threads: set[int] = set()
    with cores.working(), cores.working():
        cores.over(64, lambda first, end: threads.add(threading.get_ident()))
    cores.close()
    assert threads == {threading.get_ident()}


def test_cores_are_free_again_after_an_error() -> None:
    cores = Cores(2)

    def fails(first: int, end: int) -> None:
        raise ValueError(first)

    for _ in range(5):
        with pytest.raises(ValueError, match=r"^\d+$"), cores.working():
            cores.over(8, fails)
    together = threading.Barrier(2, timeout=30)
    with cores.working():
        cores.over(2, lambda first, end: together.wait())
    cores.close()


def test_one_core_is_one_thread() -> None:
    cores = Cores(1)
    threads: list[int] = []
    with cores.working():
        cores.over(100, lambda first, end: threads.append(threading.get_ident()))
    assert threads == [threading.get_ident()]


def test_outside_a_run_all_cores_are_there() -> None:
    found: list[int] = []
    slabs.over(1000, lambda first, end: found.extend(range(first, end)))
    assert sorted(found) == list(range(1000))
