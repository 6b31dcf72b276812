"""Room in memory for the cases that are under way at a time."""

from __future__ import annotations

import math
import threading
from concurrent.futures import Future

from voxlogica.allowance import memory_left
from voxlogica.engine.futures import Cancelled
from voxlogica.engine.memory import Memory
from voxlogica.images.geometry import Geometry
from voxlogica.language.contents import values_per_voxel
from voxlogica.language.workplan import WorkPlan
from voxlogica.operators.signature import REGION

# What a number takes, and the numbers of a region.
_NUMBER, _TRUTH = 4, 1
# Beside its result, an operation may take as much again as its arguments and result.
_WHILE_COMPUTING = 2


def estimate(plan: WorkPlan) -> int:
    """About how many bytes of images are there at a time at most, in one thread's order.

    Where a grid is known only when the program runs, it is taken to be the largest that is known.
    """
    needed = plan.needed()
    known = [s.voxels for p in needed if isinstance(s := plan.kinds[p].space, Geometry)]
    largest = max(known, default=0)
    readers = dict.fromkeys(needed, 0)
    for position in needed:
        for argument in plan.arguments(position):
            readers[argument] += 1
    size = {position: _bytes(plan, position, largest) for position in needed}
    there = most = 0
    for position in needed:
        arguments = plan.arguments(position)
        there += size[position]
        computing = size[position] + sum(size[argument] for argument in arguments)
        most = max(most, there + (_WHILE_COMPUTING - 1) * computing)
        for argument in arguments:
            readers[argument] -= 1
            if not readers[argument]:
                there -= size[argument]
    return most


def _bytes(plan: WorkPlan, position: int, largest: int) -> int:
    kind = plan.kinds[position]
    if not kind.is_image:
        return 0
    voxels = kind.space.voxels if isinstance(kind.space, Geometry) else largest
    values = values_per_voxel(plan, position) or 1
    return voxels * values * (_TRUTH if kind.type == REGION else _NUMBER)


class Room:
    """Memory for cases under way: what is the limit, or what the machine leaves us.

    There is no limit where it `is_elsewhere` that they are carried out. Safe for any thread.
    """

    def __init__(self, memory: Memory, is_elsewhere: bool = False) -> None:
        left = memory_left() if memory.limit is None else memory.limit
        self._size = math.inf if left is None or is_elsewhere else left
        self._taken = 0
        self._cases = 0
        self._given = threading.Condition()
        self._is_closed = False

    def take(self, size: int, cancellation: Future[None] | None = None) -> None:
        """Take so much, as soon as it is there, or no other case is under way.

        Raises Cancelled where the cancellation comes before.
        """
        if cancellation is not None:
            cancellation.add_done_callback(self._wake)
        with self._given:
            self._given.wait_for(
                lambda: (
                    self._is_closed
                    or not self._cases
                    or self._taken + size <= self._size
                    or (cancellation is not None and cancellation.done())
                )
            )
            if cancellation is not None and cancellation.done():
                raise Cancelled
            self._cases += 1
            self._taken += size

    def give_back(self, size: int) -> None:
        """Give back what was taken for a case."""
        with self._given:
            self._cases -= 1
            self._taken -= size
            self._given.notify_all()

    def close(self) -> None:
        """Let nobody wait any more."""
        self._is_closed = True
        self._wake()

    def _wake(self, _: object = None) -> None:
        with self._given:
            self._given.notify_all()
