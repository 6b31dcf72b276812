"""Which operations of a piece wait for other pieces: how many have to be done before, in a row.

What is of one piece and of one level is a part. All that a part needs is of lower levels.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence

from voxlogica.cluster.islands import CLIENT, NOWHERE
from voxlogica.cluster.values import WORTH, Values
from voxlogica.language.workplan import WorkPlan


def levels(
    plan: WorkPlan,
    needed: Sequence[int],
    of_numbers: Sequence[int],
    values: Values,
    home: Sequence[int],
    is_cut: bool,
) -> array[int]:
    """The level of each operation that is at home somewhere. O(operations).

    Where no island `is_cut`, only what is `of_numbers` may wait for others.
    """
    level, is_split = _levels(plan, needed if is_cut else of_numbers, home)
    if is_split:
        # What rests on these waits, too.
        level, _ = _levels(plan, needed, home)
        _put_off(plan, needed, values, home, level)
    return level


def _levels(
    plan: WorkPlan, positions: Sequence[int], home: Sequence[int]
) -> tuple[array[int], bool]:
    """The levels of operations, and whether any waits that is not at the client."""
    level = array("i", bytes(4 * len(plan)))
    arguments_of, is_split = plan.arguments, False
    for position in positions:
        at = home[position]
        if at == NOWHERE:
            continue
        highest = 0
        for argument in arguments_of(position):
            other = home[argument]
            if other != NOWHERE:
                found = level[argument] + (other != at)
                if found > highest:
                    highest = found
        level[position] = highest
        is_split = is_split or (highest > 0 and at != CLIENT)
    return level, is_split


def _put_off(
    plan: WorkPlan,
    needed: Sequence[int],
    values: Values,
    home: Sequence[int],
    level: array[int],
) -> None:
    """Have operations wait with those that alone read them, in their piece, at a higher level.

    So a part of a piece is saved, or images that would travel. But not where what others need first
    takes about as long as what waits, which is better done meanwhile.
    """
    later = _later(plan, needed, home, level)
    if not later:
        return
    put_off = array("i", level)
    for position, found in later.items():
        put_off[position] = found
    begins = _begins(plan, needed, values, home, put_off)
    # Of each piece: what waits takes so long in all; the values that would travel; when it begins.
    waits: dict[int, float] = {}
    travels: dict[int, float] = {}
    until: dict[int, float] = {}
    for position, found in later.items():
        at = home[position]
        waits[at] = waits.get(at, 0.0) + values.takes[position]
        until[at] = max(until.get(at, 0.0), begins.get((found, at), 0.0))
    for position in needed:
        at = home[position]
        for argument in plan.arguments(position) if at in waits else ():
            if argument in later and level[position] > level[argument]:
                sent = values.takes if values.is_again[argument] else values.travels
                travels[at] = travels.get(at, 0.0) + sent[argument]
    for position, found in later.items():
        at = home[position]
        if until[at] <= waits[at] / 2 or waits[at] < WORTH * travels[at]:
            level[position] = found


def _later(
    plan: WorkPlan, needed: Sequence[int], home: Sequence[int], level: Sequence[int]
) -> dict[int, int]:
    """The operations that only others of their piece at higher levels read, and the least level."""
    goals = {goal.node for goal in plan.goals}
    later: dict[int, int] = {}
    # Of each operation, the least level of those that read it; -1 if they are not of its piece.
    read_at = array("i", [0]) * len(plan)
    for position in reversed(needed):
        at = home[position]
        if at == NOWHERE:
            continue
        mine = level[position]
        if at != CLIENT and read_at[position] > mine and position not in goals:
            later[position] = mine = read_at[position]
        for argument in plan.arguments(position):
            if home[argument] != at:
                read_at[argument] = -1
            elif read_at[argument] == 0 or mine < read_at[argument]:
                read_at[argument] = mine if mine else -1
    return later


def _begins(
    plan: WorkPlan,
    needed: Sequence[int],
    values: Values,
    home: Sequence[int],
    level: Sequence[int],
) -> dict[tuple[int, int], float]:
    """When each part could begin, if all were done as soon as they can be."""
    takes: dict[tuple[int, int], float] = {}
    rests: dict[tuple[int, int], set[tuple[int, int]]] = {}
    for position in needed:
        at = home[position]
        if at == NOWHERE:
            continue
        part = level[position], at
        takes[part] = takes.get(part, 0.0) + values.takes[position]
        for argument in plan.arguments(position):
            other = level[argument], home[argument]
            if other != part and other[1] != NOWHERE:
                rests.setdefault(part, set()).add(other)
    ends: dict[tuple[int, int], float] = {}
    begins: dict[tuple[int, int], float] = {}
    for part in sorted(takes):
        begins[part] = max((ends[other] for other in rests.get(part, ())), default=0.0)
        ends[part] = begins[part] + takes[part]
    return begins
