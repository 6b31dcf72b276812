"""Whose turn it is: the parts of a plan that have all they need, and the values of others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from heapq import heapify, heappop, heappush
from typing import Any

from voxlogica.cluster.parts import Part
from voxlogica.language.workplan import WorkPlan

# While so many images wait, and a part goes over some, no part begins that would give more.
MOST_WAITING = 32


class PartTurns:
    """The parts of a plan that have not begun yet, and what others have given them.

    Of those that can begin, it is the turn of the first in their order. So a sum over many images
    goes on as soon as it can; and where it takes longer than the images do, they wait for it.
    """

    def __init__(self, plan: WorkPlan, parts: Sequence[Part]) -> None:
        self._parts = parts
        self._images = {p for part in parts for p in part.gives if plan.kinds[p].is_image}
        self._missing = [len(part.needs) for part in parts]
        self._ready = [number for number, missing in enumerate(self._missing) if not missing]
        heapify(self._ready)
        self._read_by: dict[int, list[int]] = {}
        for number, part in enumerate(parts):
            for position in part.needs:
                self._read_by.setdefault(position, []).append(number)
        self._values: dict[int, Any] = {}
        # How many parts have yet to take each value.
        self._takers = Counter({position: len(of) for position, of in self._read_by.items()})
        # Of the values, the images; and of the parts under way, those that have taken some.
        self._waiting = self._taking = 0

    @property
    def first(self) -> Part | None:
        """The part whose turn it is; None if none is to begin now."""
        if not self._ready:
            return None
        part = self._parts[self._ready[0]]
        is_full = self._waiting >= MOST_WAITING and self._taking > 0
        return None if is_full and not self._images.isdisjoint(part.gives) else part

    @property
    def waiting(self) -> int:
        """How many values wait for parts that need them."""
        return len(self._values)

    def take(self) -> tuple[Part, dict[int, Any]]:
        """The part whose turn it is, which begins, and the values that it needs.

        What no other part will take is not kept.
        """
        part = self._parts[heappop(self._ready)]
        values = {position: self._values[position] for position in part.needs}
        for position in part.needs:
            self._takers[position] -= 1
            if not self._takers[position]:
                del self._values[position]
                self._waiting -= position in self._images
        self._taking += not self._images.isdisjoint(part.needs)
        return part, values

    def give(self, part: Part, values: Iterable[Any]) -> None:
        """Have what a part gives, in the order that it gives it, for those that need it.

        The part is done, also where it gives nothing.
        """
        self._taking -= not self._images.isdisjoint(part.needs)
        for position, value in zip(part.gives, values, strict=True):
            self._values[position] = value
            self._waiting += position in self._images
            for number in self._read_by[position]:
                self._missing[number] -= 1
                if not self._missing[number]:
                    heappush(self._ready, number)
