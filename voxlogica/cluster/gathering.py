"""Parts put together: what each computes, what it needs of others, and in which order they come.

Parts that are too small for a journey of their own are joined; those that need too much are cut.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from heapq import heappop, heappush
from itertools import groupby

from voxlogica.cluster.cutting import LITTLE
from voxlogica.cluster.values import WORTH, Values
from voxlogica.dataclass import dataclass, field
from voxlogica.language.workplan import WorkPlan


@dataclass(slots=True)
class GatheredPart:
    """A part that is being put together: positions of operations, the last first.

    Those that it computes again, though others do as well, are `again`, too.
    """

    at_client: bool
    goals: list[int] = field(default_factory=list)
    operations: array[int] = field(default_factory=lambda: array("i"))
    needs: list[int] = field(default_factory=list)
    gives: list[int] = field(default_factory=list)
    again: list[int] = field(default_factory=list)


def gather(
    plan: WorkPlan,
    needed: Sequence[int],
    values: Values,
    part_of: Sequence[int],
    at_client: Sequence[bool],
) -> list[GatheredPart]:
    """What each part computes and needs, given the part that operations are in, if any (-1).

    Two parts more are of what is in none, and is a goal, or not to be computed by each that wants
    it: of numbers, at the client; and of all else, which needs no others. O(operations).
    """
    parts = [*map(GatheredPart, at_client), GatheredPart(True), GatheredPart(False)]
    client, elsewhere = len(at_client), len(at_client) + 1
    at = array("i", part_of)
    # Whether an operation's own part computes it; and the other parts that want its value.
    wanted = bytearray(len(plan))
    wanted_by: dict[int, dict[int, None]] = {}
    arguments_of, number, again = plan.arguments, values.is_number, values.is_again
    for count, goal in enumerate(plan.goals):
        node = goal.node
        if at[node] < 0:
            at[node] = client if number[node] else elsewhere
        parts[at[node]].goals.append(count)
        wanted[node] = 1
    for position in reversed(needed):
        computing: list[int] = []
        others = wanted_by.pop(position, None)
        if others is not None:
            mine = at[position]
            giver = mine if mine >= 0 else client if number[position] else elsewhere
            if again[position]:
                # At the client, no images.
                sent = {one for one in others if not number[position] and parts[one].at_client}
            elif mine < 0 and number[position] and len(others) == 1:
                sent = set()
            else:
                sent = others.keys() - {elsewhere}
            sent.discard(giver)
            if sent:
                mine = at[position] = giver
                wanted[position] = 1
                parts[mine].gives.append(position)
            for other in others:
                if other == mine:
                    wanted[position] = 1
                elif other in sent:
                    parts[other].needs.append(position)
                else:
                    computing.append(other)
                    parts[other].again.append(position)
        if wanted[position]:
            computing.append(at[position])
        for part in computing:
            parts[part].operations.append(position)
            for argument in arguments_of(position):
                if at[argument] == part:
                    wanted[argument] = 1
                elif argument in wanted_by:
                    wanted_by[argument][part] = None
                else:
                    wanted_by[argument] = {part: None}
    return parts


def in_order(parts: Sequence[GatheredPart]) -> list[GatheredPart]:
    """The parts, each after those that it needs; of several, those that end first in the plan.

    So values are not there for long before they are needed.
    """
    given_by = {position: n for n, part in enumerate(parts) for position in part.gives}
    before = [{given_by[position] for position in part.needs} for part in parts]
    after: list[list[int]] = [[] for _ in parts]
    for number, others in enumerate(before):
        for other in others:
            after[other].append(number)
    missing = list(map(len, before))
    ready: list[tuple[int, int]] = []
    for number, part in enumerate(parts):
        if part.operations and not missing[number]:
            heappush(ready, (part.operations[0], number))
    found: list[GatheredPart] = []
    while ready:
        _, number = heappop(ready)
        found.append(parts[number])
        for other in after[number]:
            missing[other] -= 1
            if not missing[other]:
                heappush(ready, (parts[other].operations[0], other))
    assert len(found) == sum(bool(part.operations) for part in parts), "parts need each other"
    return found


# So many images a part needs of others at most, where that can be.
MOST_IMAGES = 8


def joined(
    parts: Sequence[GatheredPart], level: Sequence[int], values: Values, groups: int
) -> dict[int, int]:
    """Small parts, by number, each with the number of the part that it is to be joined with.

    Parts are of ascending level, and joined with others of theirs, of which at least so many
    `groups` are left, if there are as many. What both need is a reason to join them.
    """
    found: dict[int, int] = {}
    is_image, takes, travels = values.is_image, values.takes, values.travels
    for _, of_level in groupby(range(len(level)), key=level.__getitem__):
        numbers = [n for n in of_level if parts[n].operations and not parts[n].at_client]
        alone = [_alone(parts[n], values) for n in numbers]
        share = sum(alone) / groups
        into, filled = -1, 0.0
        needs: set[int] = set()
        again: set[int] = set()
        for number, own in zip(numbers, alone, strict=True):
            if own > share:
                continue
            needing = {position for position in parts[number].needs if is_image[position]}
            anew = {position for position in parts[number].again if is_image[position]}
            common = sum([travels[position] for position in needs & needing])
            common += sum([takes[position] for position in again & anew])
            is_small = filled + own <= min(max(LITTLE, WORTH * common), share)
            if into >= 0 and is_small and len(needs | needing) <= MOST_IMAGES:
                found[number] = into
                filled, needs, again = filled + own, needs | needing, again | anew
            else:
                into, filled, needs, again = number, own, needing, anew
    return found


def absorbed(parts: Sequence[GatheredPart], values: Values) -> dict[int, int]:
    """Parts, by number, whose images are not worth their journey to the one part that reads them.

    Each with the number of that part.
    """
    read_by: dict[int, int] = {}
    for number, part in enumerate(parts):
        for position in part.needs:
            read_by[position] = number if read_by.get(position, number) == number else -1
    found: dict[int, int] = {}
    for number in reversed(range(len(parts))):
        part = parts[number]
        readers = {read_by[position] for position in part.gives}
        if part.at_client or len(readers) != 1:
            continue
        (reader,) = readers
        images = [values.travels[p] for p in part.gives if values.is_image[p]]
        if reader >= 0 and images and _alone(part, values) < WORTH * sum(images):
            found[number] = found.get(reader, reader)
    return found


def _alone(part: GatheredPart, values: Values) -> float:
    """How long a part takes for what it does alone."""
    takes = values.takes
    return sum([takes[p] for p in part.operations]) - sum([takes[p] for p in part.again])


def cut(
    plan: WorkPlan, parts: Sequence[GatheredPart], values: Values, part_of: array[int], number: int
) -> int:
    """Cut parts that need too many images into rows of parts, numbered from `number` on.

    Says where operations are now; gives the number after the last. What such a part needs are
    images of others, and what those before it give, as in a sum over many images.
    """
    is_image = values.is_image
    for mine in range(number):
        if sum([is_image[position] for position in parts[mine].needs]) <= MOST_IMAGES:
            continue
        at, there, needs = mine, set[int](), set[int]()
        for position in reversed(parts[mine].operations):
            if part_of[position] != mine:
                continue
            read = {*values.behind(plan, plan.arguments(position))}
            if there and len(needs | (read - there)) > MOST_IMAGES:
                at, number = number, number + 1
                there, needs = set(), set()
            needs |= read - there
            there.add(position)
            part_of[position] = at
    return number
