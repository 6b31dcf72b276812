"""Chains of operators that treat each voxel alone become one operation: one pass over the images.

What a chain has in between is never a whole image. This says how operations are carried out, not
what they mean: a chain has the id of its last operator, whose result it gives.
"""

from __future__ import annotations

from voxlogica.dataclass import dataclass, field, replace
from voxlogica.images.geometry import Geometry
from voxlogica.kernels.voxelwise import MOST_IMAGES, Operation
from voxlogica.language.operations import Kind
from voxlogica.language.workplan import WorkPlan
from voxlogica.operators.signature import REGION, VALUATION
from voxlogica.operators.voxelwise import CHAINED, Chain

# More operators make no pass cheaper, and one operation should not take for ever.
_LONGEST = 200


def fuse(plan: WorkPlan) -> WorkPlan:
    """A plan with the same goals and ids, in which every chain is one operation.

    An operator that only another of a chain reads is part of it, unless it is a goal. What is the
    same everywhere, as `tt`, is part of every chain that reads it. An operator alone stays as it
    is. Takes linear time.
    """
    chains = _chains(plan)
    if not chains:
        return plan
    inner = {p for root, chain in chains.items() for p in chain.members if p != root}
    whole = {goal.node for goal in plan.goals}
    needed = plan.needed()
    for position in needed:
        if position not in inner and position not in chains:
            whole.update(plan.arguments(position))
    fused = WorkPlan()
    moved: dict[int, int] = {}
    for position in needed:
        chain = chains.get(position)
        if position in inner or (_is_constant(plan.kinds[position]) and position not in whole):
            continue
        if chain is None:
            arguments = tuple([moved[a] for a in plan.arguments(position)])
            moved[position] = fused.take(plan, position, arguments)
        else:
            moved[position] = _as_one(plan, chain, fused, moved)
    fused.goals = [replace(goal, node=moved[goal.node]) for goal in plan.goals]
    return fused


@dataclass(slots=True)
class _Growing:
    """A chain that is being found, from its last operator backwards.

    `images` are what its operators read, but for one another and what is the same everywhere.
    """

    members: list[int] = field(default_factory=list)
    images: set[int] = field(default_factory=set)
    constants: bool = False


def _chains(plan: WorkPlan) -> dict[int, _Growing]:
    """The chains of a plan, each by the position of its last operator."""
    chains: dict[int, _Growing] = {}
    # The one chain that reads an operation, None where there are several readers or others.
    read_by: dict[int, int | None] = {goal.node: None for goal in plan.goals}
    for position in reversed(plan.needed()):
        operator = plan.kinds[position].operator
        chain: int | None = None
        if operator.step is not None and not operator.spaceless:
            chain = None if operator.step.gives == "n" else read_by.get(position)
            if chain is None or not _admitted(plan, chains[chain], position):
                chain = position
                chains[chain] = _Growing()
                _admitted(plan, chains[chain], position)
        for argument in plan.arguments(position):
            if read_by.setdefault(argument, chain) != chain:
                read_by[argument] = None
    return {
        root: chain
        for root, chain in chains.items()
        if chain.images and (len(chain.members) > 1 or chain.constants)
    }


def _admitted(plan: WorkPlan, chain: _Growing, position: int) -> bool:
    """Whether an operator is now part of the chain: it can be no longer, nor read more images."""
    kinds = plan.kinds
    images = {a for a in plan.arguments(position) if kinds[a].type in (VALUATION, REGION)}
    constants = {a for a in images if _is_constant(kinds[a])}
    images = (chain.images - {position}) | (images - constants)
    regions = sum(kinds[a].type == REGION for a in images)
    fits = max(regions, len(images) - regions) <= MOST_IMAGES and len(chain.members) < _LONGEST
    if fits:
        chain.members.append(position)
        chain.images = images
        chain.constants |= bool(constants)
    return fits


def _is_constant(kind: Kind) -> bool:
    operator = kind.operator
    return operator.step is not None and operator.spaceless and isinstance(kind.space, Geometry)


def _as_one(plan: WorkPlan, chain: _Growing, fused: WorkPlan, moved: dict[int, int]) -> int:
    """The chain as one operation of the fused plan, to which its arguments have moved."""
    members = chain.members[::-1]
    within = set(members)
    order: list[int] = []
    for member in members:
        for argument in plan.arguments(member):
            if argument not in within and _is_constant(plan.kinds[argument]):
                within.add(argument)
                order.append(argument)
        order.append(member)
    read = (a for member in order for a in plan.arguments(member) if a not in within)
    outside = tuple(dict.fromkeys(read))
    index = {position: i for i, position in enumerate(outside + tuple(order))}
    steps: list[tuple[Operation, tuple[int, ...]]] = []
    for p in order:
        step = plan.kinds[p].operator.step
        assert step is not None
        steps.append((step, tuple([index[a] for a in plan.arguments(p)])))
    last = members[-1]
    kind, ending = plan.kinds[last], steps[-1][0]
    return fused.add(
        CHAINED[ending if ending in CHAINED else None],
        tuple(moved[a] for a in outside),
        (Chain(len(outside), tuple(steps)),),
        kind.space,
        plan.places[last],
        kind.type,
        plan.ids[last],
    )
