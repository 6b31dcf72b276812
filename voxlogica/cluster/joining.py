"""Parts that are too small for a journey of their own, joined; those that need too much, cut."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from itertools import groupby

from voxlogica.cluster.gathering import Gathered
from voxlogica.cluster.meetings import LITTLE
from voxlogica.cluster.values import WORTH, Values
from voxlogica.language.workplan import WorkPlan

# So many images a part needs of others at most, where that can be.
MOST_IMAGES = 8


def joined(
    parts: Sequence[Gathered], level: Sequence[int], values: Values, groups: int
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


def absorbed(parts: Sequence[Gathered], values: Values) -> dict[int, int]:
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


def _alone(part: Gathered, values: Values) -> float:
    """How long a part takes for what it does alone."""
    takes = values.takes
    return sum([takes[p] for p in part.operations]) - sum([takes[p] for p in part.again])


def cut(
    plan: WorkPlan, parts: Sequence[Gathered], values: Values, part_of: array[int], number: int
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
