"""Which operations one task of the scheduler carries out together, and where there is none needed.

Scheduling a task costs ten times what it takes to add two numbers, or to complement an image of a
few voxels. So such quick operations are not tasks of their own. No task waits for more than each of
its operations does: those are done together whose results are ready at the same time.
"""

from __future__ import annotations

from array import array
from collections.abc import Collection, Iterable, Sequence
from math import inf

from voxlogica.dataclass import dataclass
from voxlogica.images.geometry import Geometry
from voxlogica.images.given import GivenImage
from voxlogica.language.operations import Form
from voxlogica.language.workplan import Save, WorkPlan
from voxlogica.operators.literals import LOAD
from voxlogica.operators.signature import Cost, Purity

# Images of so many voxels are few: passes over them take little.
_SMALL = 4096
# So many operations make a batch at most, where they need not be together: another thread may take
# the next, and what goes on is told more often.
_LARGEST = 500
# Of so many operations at most it is noted by themselves that others rest on them.
_LARGE = 64
# What an operation takes, about: nanoseconds for each voxel that goes in or comes out, measured on
# noise of 64³ voxels on one core; and besides, as its result passes through the table.
A_VOXEL = {
    Cost.NOTHING: 2,
    Cost.MOMENT: 2,
    Cost.PASS: 2,
    Cost.PREPARED_PASS: 2,
    Cost.PASSES: 30,
    Cost.MUCH: 40,
}
AN_OPERATION = 20_000
# What takes less, in all, takes longer where several threads share it: to import Dask takes twice
# as long, the first time, and results are looked up in a store for a tenth of this. An interruption
# waits for one operation at most.
LITTLE = 50_000_000
# What an operation is batched with while none of its readers, or more than one batch, is known.
_NONE, _SEVERAL = -1, -2


@dataclass(frozen=True, slots=True)
class Batch:
    """Operations in an order in which each follows its arguments, and the batches before it.

    All that others need of it is there when the last one is done.
    """

    operations: array[int]
    after: tuple[int, ...]


def batched(
    plan: WorkPlan, positions: Sequence[int], at_hand: Collection[int] = ()
) -> tuple[list[Batch], array[int]]:
    """The batches, and at each operation's position the number of the batch that it is in.

    Takes operations in order, each after those it needs; those `at_hand` need none. O(operations).

    First, quick operations that serve one operation alone make a unit with it. All that others
    need of a unit is its last operation, so units are in an order, too, in which each follows those
    it rests on. Then units of quick operations are in a batch with those that rest on the same of
    the other units, directly or through quick ones: on this set their mark stands. Nothing waits
    in vain, since what is together rests on the same.

    Why no two batches wait for each other. Batches of one mark are in the order of the units in
    them. Otherwise, let a mark's rank be the last unit of its set. A batch of quick units rests on
    units of the set, of its rank at most, and on batches whose set is a part of its own. And a unit
    that is a batch by itself rests on batches of lower rank than its own place. Where a set is
    large, one of its units stands for it from there on; it is in no set made before.
    """
    quick = _quick(plan, positions)
    leader = _leaders(plan, positions, at_hand, quick)
    units: dict[int, array[int]] = {}
    rests_on: dict[int, set[int]] = {}
    mark = array("i", [_NONE]) * len(plan)
    marks: dict[frozenset[int], int] = {}
    # The set that each mark of quick units stands for.
    sets: dict[int, frozenset[int]] = {}
    # The batch of quick units that more of a mark may join.
    open_batch: dict[int, int] = {}
    number = array("i", [_NONE]) * len(plan)
    members: list[array[int]] = []
    after: list[set[int]] = []
    for position in positions:
        leading = leader[position]
        units.setdefault(leading, array("i")).append(position)
        if position not in at_hand:
            for argument in plan.arguments(position):
                if leader[argument] != leading:
                    rests_on.setdefault(leading, set()).add(leader[argument])
        if position != leading:
            continue
        unit, before = units.pop(position), rests_on.pop(position, set())
        batch = len(members)
        if quick[position]:
            below = {mark[other] for other in before}
            (own,) = below if len(below) == 1 else (_NONE,)
            if own not in sets:
                rests = frozenset().union(*[sets.get(other, (other,)) for other in below])
                own = marks.setdefault(rests, position)
                sets[own] = rests if len(rests) <= _LARGE else frozenset({own})
            batch = open_batch.get(own, batch)
            if batch < len(members) and len(members[batch]) + len(unit) > _LARGEST:
                batch = len(members)
            open_batch[own] = batch
            mark[position] = own
        else:
            mark[position] = position
        if batch == len(members):
            members.append(array("i"))
            after.append(set())
        members[batch].extend(unit)
        after[batch].update([number[other] for other in before])
        for member in unit:
            number[member] = batch
    batches = [
        Batch(operations, tuple(sorted(needed - {i})))
        for i, (operations, needed) in enumerate(zip(members, after, strict=True))
    ]
    return batches, number


def in_turn(plan: WorkPlan, positions: Sequence[int]) -> tuple[list[Batch], array[int]]:
    """As `batched`, for what one thread does: the operations in the order that they are in.

    Each that goes over images is told of by itself, and is the last when the run is cancelled.
    """
    number = array("i", [_NONE]) * len(plan)
    together = _LARGEST if of_numbers(plan, positions) else 1
    batches: list[Batch] = []
    for begin in range(0, len(positions), together):
        operations = array("i", positions[begin : begin + together])
        for position in operations:
            number[position] = len(batches)
        batches.append(Batch(operations, (len(batches) - 1,) if batches else ()))
    return batches, number


def of_numbers(plan: WorkPlan, positions: Iterable[int]) -> bool:
    """Whether there are operations on numbers alone, which take no time to speak of."""
    kinds = (plan.kinds[position] for position in positions)
    return all(kind.operator.cost is Cost.NOTHING and not kind.is_image for kind in kinds)


def is_little(
    plan: WorkPlan,
    positions: Sequence[int],
    at_hand: Collection[int] = (),
    little: int = LITTLE,
) -> bool:
    """Whether operations are done in a moment, all in turn: faster than threads begin with them.

    So is what is of numbers alone, however much it is. Otherwise their costs and grids are known:
    no file is read or written, and nothing is SimpleITK's, but where it goes over images a few
    times. What is `at_hand` takes no time; a moment are so many nanoseconds. O(operations).
    """
    if of_numbers(plan, positions):
        return True
    largest = max(plan.kinds[position].voxels or 0 for position in positions)
    takes = 0.0
    for position in positions:
        if position not in at_hand:
            takes += _nanoseconds(plan, position, largest)
            if takes > little:
                return False
    return not any(isinstance(goal, Save) for goal in plan.goals)


def _nanoseconds(plan: WorkPlan, position: int, largest: int) -> float:
    """How long an operation takes, about; infinite where nobody can tell.

    What goes over no image itself goes over what was made of one: of the `largest`, at most.
    """
    kind = plan.kinds[position]
    operator = kind.operator
    if operator is LOAD:
        return 0.0 if isinstance(kind.constants[0], GivenImage) else inf
    is_filter = operator.by_itk and operator.cost is Cost.MUCH
    if operator.purity is not Purity.PURE or operator.cost is Cost.READING or is_filter:
        return inf
    voxels = 0
    for form in (kind.form, *[plan.kinds[argument].form for argument in plan.arguments(position)]):
        if isinstance(form.space, Geometry):
            voxels = max(voxels, form.space.voxels)
        elif form.is_image:
            return inf
    if operator.cost > Cost.MOMENT:
        voxels = voxels or largest
        if not voxels:
            return inf
    return AN_OPERATION + A_VOXEL[operator.cost] * voxels


def _leaders(
    plan: WorkPlan, positions: Sequence[int], at_hand: Collection[int], quick: bytearray
) -> array[int]:
    """The operation that each makes a unit with: itself, or the one that it serves alone."""
    leader = array("i", [_NONE]) * len(plan)
    for goal in plan.goals:
        leader[goal.node] = _SEVERAL
    for position in reversed(positions):
        if leader[position] < 0 or not quick[position]:
            leader[position] = position
        leading = leader[position]
        if position not in at_hand:
            for argument in plan.arguments(position):
                if leader[argument] == _NONE:
                    leader[argument] = leading
                elif leader[argument] != leading:
                    leader[argument] = _SEVERAL
    return leader


def _quick(plan: WorkPlan, positions: Sequence[int]) -> bytearray:
    """At each operation's position, whether it takes less time than scheduling it would."""
    small: dict[Form, bool] = {}
    quick = bytearray(len(plan))
    for position in positions:
        kind = plan.kinds[position]
        if kind.operator.cost is Cost.NOTHING:
            quick[position] = not kind.is_image
        elif kind.operator.cost in (Cost.PASS, Cost.PASSES):
            forms = [kind.form, *[plan.kinds[a].form for a in plan.arguments(position)]]
            for form in forms:
                if form not in small:
                    small[form] = not form.is_image or (
                        isinstance(form.space, Geometry) and form.space.voxels <= _SMALL
                    )
            quick[position] = all(map(small.get, forms))
    return quick
