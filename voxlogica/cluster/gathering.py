"""Parts put together: what each computes, what it needs of others, and in which order they come."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from heapq import heappop, heappush

from voxlogica.cluster.values import Values
from voxlogica.dataclass import dataclass, field
from voxlogica.language.workplan import WorkPlan


@dataclass(slots=True)
class Gathered:
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
) -> list[Gathered]:
    """What each part computes and needs, given the part that operations are in, if any (-1).

    Two parts more are of what is in none, and is a goal, or not to be computed by each that wants
    it: of numbers, at the client; and of all else, which needs no others. O(operations).
    """
    parts = [*map(Gathered, at_client), Gathered(True), Gathered(False)]
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


def in_order(parts: Sequence[Gathered]) -> list[Gathered]:
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
    found: list[Gathered] = []
    while ready:
        _, number = heappop(ready)
        found.append(parts[number])
        for other in after[number]:
            missing[other] -= 1
            if not missing[other]:
                heappush(ready, (parts[other].operations[0], other))
    assert len(found) == sum(bool(part.operations) for part in parts), "parts need each other"
    return found
