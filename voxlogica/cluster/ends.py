"""Where a piece of a plan that takes too long is cut: by what is wanted of it, as in a sweep.

What nothing else of a piece reads is one of its ends. Ends that follow each other are a group, and
what only one group rests on is with it. What several groups rest on is a piece before them.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil

from voxlogica.cluster.meetings import GAIN
from voxlogica.cluster.values import Values
from voxlogica.language.workplan import WorkPlan

# What several groups rest on is cut as often, at most.
_DEPTH = 4
# Of what several ends, or groups, rest on.
_SHARED = -1


def cut(
    plan: WorkPlan, operations: Sequence[int], values: Values, most: float, depth: int = _DEPTH
) -> list[list[int]]:
    """The operations of a piece, which are in order, as several pieces, if it is to be cut.

    Each takes `most`, if it can be.
    """
    takes = values.takes
    whole = sum([takes[position] for position in operations])
    readers = _Readers(plan, operations, values)
    ends = readers.ends
    count = min(ceil(whole / most), len(ends))
    if count < 2 or not depth:
        return [list(operations)]
    alone = dict.fromkeys(ends, 0.0)
    end_of = readers.marks({end: end for end in ends})
    for position, end in end_of.items():
        if end != _SHARED:
            alone[end] += takes[position]
    groups = _grouped(alone, count)
    group_of = readers.marks(groups)
    pieces: list[list[int]] = [[] for _ in range(count + 1)]
    for position in operations:
        pieces[group_of[position]].append(position)
    *grouped, shared = pieces
    before = sum([takes[position] for position in shared])
    longest = max(
        sum([takes[position] for position in piece]) + _journeys(plan, piece, group_of, values)
        for piece in grouped
    )
    if before + longest > GAIN * whole:
        return [list(operations)]
    return [*cut(plan, shared, values, most, depth - 1), *filter(None, grouped)]


class _Readers:
    """The operations of a piece, and which of them read each other's values."""

    def __init__(self, plan: WorkPlan, operations: Sequence[int], values: Values) -> None:
        self._plan = plan
        self._operations = operations
        within = set(operations)
        self._read: dict[int, list[int]] = {}
        read: set[int] = set()
        for position in operations:
            found = [a for a in plan.arguments(position) if a in within]
            # Numbers of several operations are taken together by whoever reads these.
            if values.is_number[position] and len(found) > 1:
                found = []
            self._read[position] = found
            read.update(found)
        self.ends = [position for position in operations if position not in read]

    def marks(self, of_ends: dict[int, int]) -> dict[int, int]:
        """Of each operation, the mark of all ends that rest on it, where they have the same."""
        found = dict(of_ends)
        for position in reversed(self._operations):
            mark = found[position]
            for argument in self._read[position]:
                if found.setdefault(argument, mark) != mark:
                    found[argument] = _SHARED
        return found


def _grouped(alone: dict[int, float], count: int) -> dict[int, int]:
    """The numbers of so many groups of ends that follow each other, which take about as long."""
    each = sum(alone.values()) / count
    groups: dict[int, int] = {}
    before = 0.0
    for end, takes in alone.items():
        groups[end] = min(int((before + takes / 2) / each), count - 1) if each else 0
        before += takes
    return groups


def _journeys(
    plan: WorkPlan, piece: Sequence[int], group_of: dict[int, int], values: Values
) -> float:
    """How long the values travel that the operations of a group read of those that others share."""
    read = {
        argument
        for position in piece
        for argument in plan.arguments(position)
        if group_of.get(argument) == _SHARED
    }
    again = [values.takes[position] for position in sorted(read) if values.is_again[position]]
    return sum(again) + sum([values.travels[p] for p in values.behind(plan, sorted(read))])
