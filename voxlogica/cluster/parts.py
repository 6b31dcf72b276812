"""A plan split into parts, each of which a worker carries out as a plan of its own.

What images connect is one part, as a case is; so images stay where they are made. Numbers go from
part to part, and those in which several cases meet are computed at the client. What rests on such a
number is a later part. Where there are too few parts, they are cut further: between files, as where
the images of several cases are summed up, and by goals, as in a sweep on one case. What would take
longer to travel is computed again, and so is what rests on no file.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from voxlogica.cluster.cutting import TOO_LONG, by_ends, by_files
from voxlogica.cluster.gathering import absorbed, cut, gather, in_order, joined
from voxlogica.cluster.islands import (
    CLIENT,
    NOWHERE,
    homes,
    islands,
    join_by_numbers,
    times,
)
from voxlogica.cluster.levels import levels
from voxlogica.cluster.values import Values, values_of
from voxlogica.dataclass import dataclass, replace
from voxlogica.images.arrays import np
from voxlogica.language.contents import holds_colour
from voxlogica.language.formulas import HeldValue
from voxlogica.language.operations import Kind
from voxlogica.language.workplan import Ask, Save, WorkPlan
from voxlogica.operators.literals import HELD


@dataclass(frozen=True, slots=True)
class Part:
    """Operations of a plan that are carried out together, in an order of all that they rest on.

    Operations are positions in the whole plan, and ascending: `needs` are those whose values come
    from other parts, `gives` those whose values others need. `goals` are the numbers of the whole
    plan's goals that it reaches. One `at_client` is of numbers, and takes no time to speak of.
    """

    operations: Sequence[int]
    goals: tuple[int, ...]
    needs: tuple[int, ...]
    gives: tuple[int, ...]
    at_client: bool


def split(plan: WorkPlan, groups: int) -> list[Part]:
    """The parts of a plan, each after those it needs: the same on every machine.

    So many `groups` are carried out at a time. O(operations).
    """
    needed = plan.needed()
    values = values_of(plan, needed)
    most = sum([values.takes[position] for position in needed]) / groups
    connected, of_numbers = islands(plan, needed, values)
    whole = join_by_numbers(plan, of_numbers, values, connected, most * TOO_LONG)
    home = _cut(by_files, plan, needed, values, whole, most)
    if home is not whole:
        home = homes(plan, of_numbers, values, home)
    cut_off = _cut(by_ends, plan, needed, values, home, most)
    if cut_off is not home:
        home = homes(plan, of_numbers, values, cut_off)
    level = levels(plan, needed, of_numbers, values, home, home is not whole)
    part_of, of_parts = _numbered(needed, home, level)
    at_client = [at == CLIENT for _, at in of_parts]
    parts = gather(plan, needed, values, part_of, at_client)
    if into := absorbed(parts, values):
        _move(needed, part_of, into)
        parts = gather(plan, needed, values, part_of, at_client)
    if into := joined(parts, [of for of, _ in of_parts], values, groups):
        _move(needed, part_of, into)
        parts = gather(plan, needed, values, part_of, at_client)
    count = cut(plan, parts, values, part_of, len(of_parts))
    if count > len(of_parts):
        at_client += [False] * (count - len(of_parts))
        parts = gather(plan, needed, values, part_of, at_client)
    return [
        Part(
            of.operations[::-1],
            tuple(of.goals),
            tuple(reversed(of.needs)),
            tuple(reversed(of.gives)),
            of.at_client,
        )
        for of in in_order(parts)
    ]


def plan_of(whole: WorkPlan, part: Part, values: Mapping[int, Any]) -> WorkPlan:
    """A part as a plan of its own, given the values of what it needs.

    Its goals are those of the part in their order, what is saved as it is, all else asked for; and
    then, asked for, what it gives.
    """
    plan, moved = with_values(whole, (*part.needs, *part.operations), values)
    for number in part.goals:
        goal = whole.goals[number]
        node = moved[goal.node]
        plan.goals += [replace(goal, node=node) if isinstance(goal, Save) else Ask(node, goal.span)]
    plan.goals += [Ask(moved[position], whole.places[position].span) for position in part.gives]
    return plan


def with_values(
    whole: WorkPlan, operations: Iterable[int], values: Mapping[int, Any]
) -> tuple[WorkPlan, dict[int, int]]:
    """A plan of some operations of another one, which are in order, and where it has each.

    Where values are known of some, these are in their place.
    """
    plan = WorkPlan()
    moved: dict[int, int] = {}
    for position in operations:
        if position in values:
            held = HeldValue(values[position], holds_colour(whole, position))
            kind = Kind.of(HELD, 0, (held,), whole.kinds[position].form)
            place = whole.places[position].span
            moved[position] = plan.add_of(kind, (), place, None, whole.ids[position])
        else:
            arguments = tuple([moved[argument] for argument in whole.arguments(position)])
            moved[position] = plan.take(whole, position, arguments)
    return plan, moved


def _cut(
    cutting: Callable[[WorkPlan, Sequence[int], Values, float], Mapping[int, int]],
    plan: WorkPlan,
    needed: Sequence[int],
    values: Values,
    home: array[int],
    most: float,
) -> array[int]:
    """Where operations are at home when what takes too long is cut, in one of the ways."""
    found = home
    for operations in _too_long(needed, values, home, most):
        pieces = cutting(plan, operations, values, most)
        if len({*pieces.values()}) > 1:
            found = array("i", home) if found is home else found
            for position, piece in pieces.items():
                found[position] = piece
    return found


def _too_long(
    needed: Sequence[int], values: Values, home: Sequence[int], most: float
) -> list[list[int]]:
    """The operations of each home that takes too long, in order."""
    found: dict[int, list[int]] = {
        at: [] for at, takes in times(values, home).items() if at >= 0 and takes > most * TOO_LONG
    }
    if found:
        for position in needed:
            if home[position] in found:
                found[home[position]].append(position)
    return [*found.values()]


def _numbered(
    needed: Sequence[int], home: Sequence[int], level: Sequence[int]
) -> tuple[array[int], list[tuple[int, int]]]:
    """The number of the part that each operation is in, if any; and level and home of each."""
    at, size = np.asarray(home, np.int64), len(home) - CLIENT
    # Level and home, of which the first is none for what is at home nowhere, as one number.
    key = np.where(at == NOWHERE, -1, np.asarray(level, np.int64) * size + at - CLIENT)
    found = np.unique(key[np.asarray(needed, np.int64)])
    found = found[found >= 0]
    part_of = np.where(key < 0, -1, np.searchsorted(found, key)).astype(np.int32)
    return array("i", part_of.tobytes()), [
        (int(one) // size, int(one) % size + CLIENT) for one in found
    ]


def _move(needed: Sequence[int], part_of: array[int], into: Mapping[int, int]) -> None:
    for position in needed:
        part_of[position] = into.get(part_of[position], part_of[position])
