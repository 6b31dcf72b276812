"""A plan split into parts, each of which a worker carries out as a plan of its own.

Images stay where they are made: what is connected by images that rest on files is one part, as a
case is. What rests on no file is done again in each part that reads it. Numbers go from part to
part, and those in which several cases meet are computed at the client. What rests on such a number
is a later part, so parts are in an order in which each follows those that it needs.
"""

from __future__ import annotations

from array import array
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from voxlogica.cluster.values import Values
from voxlogica.dataclass import dataclass, field, replace
from voxlogica.language.formulas import Held
from voxlogica.language.operations import Kind
from voxlogica.language.workplan import Ask, Goal, Save, WorkPlan
from voxlogica.operators.literals import HELD

# Where an operation is at home beside the components, which are known by their first operation:
# nowhere, as what is done again in each part; at the client.
_NOWHERE, _CLIENT = -1, -2


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

    `groups` are how many can be carried out at a time.
    """
    needed = plan.needed()
    values = Values.of(plan, needed)
    home = _homes(plan, needed, values)
    level = _levels(plan, needed, home)
    found: dict[tuple[int, int], _Gathered] = {}
    for position in needed:
        if home[position] != _NOWHERE:
            key = level[position], home[position]
            found.setdefault(key, _Gathered(home[position] == _CLIENT)).own.append(position)
    goals: dict[int, list[int]] = {}
    for number, goal in enumerate(plan.goals):
        goals.setdefault(goal.node, []).append(number)
    for node, numbers in goals.items():
        at = home[node]
        if at == _NOWHERE:
            # Of what rests on nothing, what takes no time is at the client, too.
            at = _CLIENT if values.is_number[node] else _NOWHERE
        key = level[node], at
        gathered = found.setdefault(key, _Gathered(at == _CLIENT))
        gathered.goals += numbers
        if home[node] == _NOWHERE:
            gathered.again.append(node)
    return _put_together(plan, values, [found[key] for key in sorted(found)])


def plan_of(whole: WorkPlan, part: Part, values: Mapping[int, Any]) -> WorkPlan:
    """A part as a plan of its own, given the values of what it needs.

    Its goals are those of the part in their order, what is saved as it is, all else asked for; and
    then, asked for, what it gives.
    """
    plan = WorkPlan()
    moved: dict[int, int] = {}
    for position in part.needs:
        form = whole.kinds[position].form
        place = whole.places[position]
        kind = Kind.of(HELD, 0, (Held(values[position]),), form)
        moved[position] = plan.add_of(kind, (), place.span, None, whole.ids[position])
    for position in part.operations:
        arguments = tuple([moved[argument] for argument in whole.arguments(position)])
        moved[position] = plan.take(whole, position, arguments)
    goals: list[Goal] = []
    for number in part.goals:
        goal = whole.goals[number]
        node = moved[goal.node]
        goals.append(replace(goal, node=node) if isinstance(goal, Save) else Ask(node, goal.span))
    goals += [Ask(moved[position], whole.places[position].span) for position in part.gives]
    plan.goals = goals
    return plan


@dataclass(slots=True)
class _Gathered:
    """A part that is being put together: the operations that are its `own`, and done `again`."""

    at_client: bool
    own: array[int] = field(default_factory=lambda: array("i"))
    again: list[int] = field(default_factory=list)
    goals: list[int] = field(default_factory=list)


def _homes(plan: WorkPlan, needed: Sequence[int], values: Values) -> array[int]:
    """Where each operation is at home: in which component, at the client, or nowhere.

    Images, and what else cannot leave a process, join what reads them with what they are of.
    """
    is_free, is_number, is_plain = values.is_free, values.is_number, values.is_plain
    joined = array("i", range(len(plan)))

    def first(position: int) -> int:
        while joined[position] != position:
            joined[position] = joined[joined[position]]
            position = joined[position]
        return position

    for position in needed:
        if is_free[position] or is_number[position]:
            continue
        root = first(position)
        for argument in plan.arguments(position):
            if not is_free[argument] and not is_plain[argument]:
                other = first(argument)
                if other != root:
                    root, other = min(root, other), max(root, other)
                    joined[other] = root
    home = array("i", [_NOWHERE]) * len(plan)
    for position in needed:
        if is_free[position]:
            continue
        if not is_number[position]:
            home[position] = first(position)
            continue
        homes = {home[a] for a in plan.arguments(position) if not is_free[a]}
        home[position] = homes.pop() if len(homes) == 1 else _CLIENT
    return home


def _levels(plan: WorkPlan, needed: Iterable[int], home: Sequence[int]) -> array[int]:
    """How many parts have to be done before each operation's, one after the other."""
    level = array("i", [0]) * len(plan)
    for position in needed:
        at = home[position]
        if at == _NOWHERE:
            continue
        highest = 0
        for argument in plan.arguments(position):
            if home[argument] != _NOWHERE:
                highest = max(highest, level[argument] + (home[argument] != at))
        level[position] = highest
    return level


def _put_together(plan: WorkPlan, values: Values, found: Collection[_Gathered]) -> list[Part]:
    """The parts, each with what it does again, what it needs, and what others need of it."""
    part_of = array("i", [-1]) * len(plan)
    for number, gathered in enumerate(found):
        for position in gathered.own:
            part_of[position] = number
    is_free, is_plain, is_image = values.is_free, values.is_plain, values.is_image
    gives: list[set[int]] = [set() for _ in found]
    operations: list[array[int]] = []
    needs: list[tuple[int, ...]] = []
    for number, gathered in enumerate(found):
        again: set[int] = set()
        wanted: set[int] = set()
        waiting = [*gathered.again]
        for position in gathered.own:
            waiting += [a for a in plan.arguments(position) if part_of[a] != number]
        while waiting:
            position = waiting.pop()
            if position in again or position in wanted or part_of[position] == number:
                continue
            if is_free[position] or not (is_plain[position] or is_image[position]):
                again.add(position)
                waiting += plan.arguments(position)
            else:
                wanted.add(position)
                gives[part_of[position]].add(position)
        operations.append(array("i", sorted([*gathered.own, *again])) if again else gathered.own)
        needs.append(tuple(sorted(wanted)))
    return [
        Part(of, tuple(sorted(gathered.goals)), needing, tuple(sorted(giving)), gathered.at_client)
        for of, gathered, needing, giving in zip(operations, found, needs, gives, strict=True)
    ]
