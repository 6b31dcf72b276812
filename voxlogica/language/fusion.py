"""Chains of operators that treat each voxel alone become one operation: one pass over the images.

What a chain has in between is never a whole image. This says how operations are carried out, not
what they mean: a chain has the id of its last operator, whose result it gives.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from voxlogica.images.geometry import Geometry
from voxlogica.language.workplan import Node, WorkPlan
from voxlogica.primitives.signature import REGION, VALUATION
from voxlogica.primitives.voxelwise import (
    CHAINED,
    CONSTANTS,
    MOST_IMAGES,
    OPERATIONS,
    REDUCTIONS,
    Chain,
    is_in,
)

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
            whole.update(plan.nodes[position].arguments)
    fused = WorkPlan()
    moved: dict[int, int] = {}
    for position in needed:
        node, chain = plan.nodes[position], chains.get(position)
        if position in inner or (_is_constant(node) and position not in whole):
            continue
        if chain is None:
            node = node._replace(arguments=tuple(moved[a] for a in node.arguments))
        else:
            node = _as_one(plan, chain, moved)
        moved[position] = fused.add(
            node.operator,
            node.arguments,
            node.constants,
            node.space,
            plan.places[position],
            node.type,
            plan.ids[position],
        )
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
        node = plan.nodes[position]
        ends = is_in(node.operator, REDUCTIONS)
        chain: int | None = None
        if ends or is_in(node.operator, OPERATIONS):
            chain = None if ends else read_by.get(position)
            if chain is None or not _admitted(plan, chains[chain], position):
                chain = position
                chains[chain] = _Growing()
                _admitted(plan, chains[chain], position)
        for argument in node.arguments:
            if read_by.setdefault(argument, chain) != chain:
                read_by[argument] = None
    return {
        root: chain
        for root, chain in chains.items()
        if chain.images and (len(chain.members) > 1 or chain.constants)
    }


def _admitted(plan: WorkPlan, chain: _Growing, position: int) -> bool:
    """Whether an operator is now part of the chain: it can be no longer, nor read more images."""
    read = plan.nodes[position].arguments
    images = {a for a in read if plan.nodes[a].type in (VALUATION, REGION)}
    constants = {a for a in images if _is_constant(plan.nodes[a])}
    images = (chain.images - {position}) | (images - constants)
    regions = sum(plan.nodes[a].type == REGION for a in images)
    fits = max(regions, len(images) - regions) <= MOST_IMAGES and len(chain.members) < _LONGEST
    if fits:
        chain.members.append(position)
        chain.images = images
        chain.constants |= bool(constants)
    return fits


def _is_constant(node: Node) -> bool:
    return is_in(node.operator, CONSTANTS) and isinstance(node.space, Geometry)


def _as_one(plan: WorkPlan, chain: _Growing, moved: dict[int, int]) -> Node:
    """The chain as one operation, whose arguments have moved."""
    members = chain.members[::-1]
    within = set(members)
    order: list[int] = []
    for member in members:
        for argument in plan.nodes[member].arguments:
            if argument not in within and _is_constant(plan.nodes[argument]):
                within.add(argument)
                order.append(argument)
        order.append(member)
    read = (a for member in order for a in plan.nodes[member].arguments if a not in within)
    outside = tuple(dict.fromkeys(read))
    index = {position: i for i, position in enumerate(outside + tuple(order))}
    steps = tuple(
        (plan.nodes[p].operator.name, tuple(index[a] for a in plan.nodes[p].arguments))
        for p in order
    )
    last = plan.nodes[members[-1]]
    return Node(
        CHAINED[last.operator.name if last.operator.name in REDUCTIONS else ""],
        tuple(moved[a] for a in outside),
        (Chain(len(outside), steps),),
        last.type,
        last.space,
    )
