"""What a saved region is shown over: the image that has most to do with it in the plan."""

from __future__ import annotations

from collections.abc import Iterator

from voxlogica.images.geometry import Geometry
from voxlogica.language.workplan import Goal, Save, Show, WorkPlan
from voxlogica.operators.layers import LIGHT_BOX
from voxlogica.operators.signature import REGION, Cost

# Of larger plans nothing is looked up: it would take longer than what it is for.
_MOST_OPERATIONS = 100_000
# So many saved regions are shown over something.
_MOST_REGIONS = 32


def underlay(plan: WorkPlan, region: int) -> int | None:
    """The position of the image that a region, at a position, is shown over; None if there is none.

    Where the program lays the region over an image by `overlay`, it is that image. Otherwise it is
    one of the images that were read for the region and have its grid: the one of which most images
    are made that the region is made of; of several such, the one that was read first. What gives a
    number alone, as a threshold, has no part in it. O(operations).
    """
    laid = next(_laid_over(plan, region), None)
    return laid if laid is not None else _read_for(plan, region)


def with_underlays(plan: WorkPlan) -> list[Goal]:
    """The goals of a plan, and the goals to have what its saved regions are shown over.

    Each of these is labelled by the place of the region that it is for.
    """
    goals = list(plan.goals)
    saved = [goal for goal in goals if isinstance(goal, Save) and not goal.is_done]
    regions = [goal for goal in saved if plan.kinds[goal.node].type == REGION]
    if len(plan) > _MOST_OPERATIONS:
        return goals
    for goal in regions[:_MOST_REGIONS]:
        under = underlay(plan, goal.node)
        if under is not None:
            goals.append(Show(str(goal.place), under, goal.span))
    return goals


def _laid_over(plan: WorkPlan, region: int) -> Iterator[int]:
    for position in plan.needed():
        if plan.kinds[position].operator.name in ("overlay", LIGHT_BOX.name):
            image, *layers = plan.arguments(position)
            if region in layers and _has_grid_of(plan, image, region):
                yield image


def _read_for(plan: WorkPlan, region: int) -> int | None:
    below = {region}
    # By position, the images that it rests on: their places in `found`, as bits.
    rests: dict[int, int] = {}
    found: list[int] = []
    for position in range(region, -1, -1):
        if position in below:
            below.update(a for a in plan.arguments(position) if plan.kinds[a].is_image)
    for position in sorted(below):
        kind = plan.kinds[position]
        on = 0
        for argument in plan.arguments(position):
            on |= rests.get(argument, 0)
        if kind.is_image and kind.operator.cost is Cost.READING and kind.type != REGION:
            on |= 1 << len(found)
            found.append(position)
        rests[position] = on
    fitting = [k for k, image in enumerate(found) if _has_grid_of(plan, image, region)]
    counts = {k: sum(on >> k & 1 for on in rests.values()) for k in fitting}
    return found[max(counts, key=lambda k: (counts[k], -k))] if counts else None


def _has_grid_of(plan: WorkPlan, image: int, region: int) -> bool:
    """Whether both are known to have one grid, or it is not known yet: then it shows in the end."""
    one, other = plan.kinds[image].space, plan.kinds[region].space
    if isinstance(one, Geometry) and isinstance(other, Geometry):
        return one.agrees_with(other)
    return True


def asked_for(plan: WorkPlan) -> list[Show]:
    """The goals that `with_underlays` has added to those of a program."""
    return [goal for goal in plan.goals if isinstance(goal, Show)]


def called(plan: WorkPlan, position: int) -> str:
    """What an operation's image is called: the file that it is read from, or its operator."""
    kind = plan.kinds[position]
    paths = (getattr(constant, "path", "") for constant in kind.constants)
    return next(filter(None, paths), kind.operator.name)
