"""What the values of a plan's operations are to a cluster: what they take, and how they travel.

All times are nanoseconds on one core, about: they decide where what is computed, never what.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Sequence
from math import inf
from typing import NamedTuple

from voxlogica.dataclass import dataclass
from voxlogica.engine.batches import A_VOXEL, AN_OPERATION
from voxlogica.images.given import GivenImage
from voxlogica.images.image import Image
from voxlogica.language.operations import Kind
from voxlogica.language.values import innermost
from voxlogica.language.workplan import WorkPlan
from voxlogica.operators.literals import HELD, LOAD
from voxlogica.operators.signature import ANY, REGION, SCALARS, VALUE, Cost, Purity

# What a voxel takes besides: to be read from a compressed file, and, by a filter of SimpleITK's,
# which may be anything; and to travel, compressed, to the client and on from there.
_READING, _BY_ITK, _TRAVELLING, _TRAVELLING_REGIONS = 10, 100, 20, 2
# What a number takes to travel, and an image that has no voxels.
_A_NUMBER, _AN_IMAGE = 100e3, 1e6
# What numbers take that are computed from numbers.
_A_QUICK_ONE = 500.0
# What is sent to another part took at least so many times as long to compute as it travels.
WORTH = 4
# Where only running tells how large images are, and nothing else of the plan does.
_SOME_VOXELS = 1_000_000


@dataclass(frozen=True, slots=True)
class Values:
    """What there is to say of each operation's value, at the operation's position.

    What `is_free` rests on nothing outside the plan. What `is_loose` does not either, and is
    computed wherever it is needed: numbers, and images that are had in no more time than they take
    to travel. What `is_plain` consists of numbers, bools and texts, and
    `is_number` if it is computed in no time from what is plain; a number `is_here` if it rests on
    what the client sees, as its folders. Whatever neither is plain nor `is_image` cannot leave a
    process. It `takes` its operation so long alone, and its value to travel where it can. What
    `is_again` is computed again, with all that it rests on, rather than sent.
    """

    is_free: bytearray
    is_loose: bytearray
    is_plain: bytearray
    is_image: bytearray
    is_number: bytearray
    is_here: bytearray
    is_again: bytearray
    takes: array[float]
    travels: array[float]
    # What it takes to have a value when nothing is there; of a number, no more than its journey.
    anew: array[float]

    def behind(self, plan: WorkPlan, read: Iterable[int]) -> Iterator[int]:
        """The images that have to travel where some values are read, each once."""
        waiting = list(read)
        seen: set[int] = set()
        while waiting:
            position = waiting.pop()
            if position in seen or self.is_plain[position]:
                continue
            seen.add(position)
            if self.is_again[position]:
                waiting += plan.arguments(position)
            else:
                yield position


class _OfKind(NamedTuple):
    """What a kind of operation says of its value by itself.

    A mixed one may have images in it, if it is put together of its arguments. A voxel takes so
    long to be gone over, and to travel.
    """

    is_source: bool
    is_pure: bool
    is_scalar: bool
    is_mixed: bool
    is_put: bool
    is_quick: bool
    is_image: bool
    voxels: int
    a_voxel: float
    a_travelling: float


def values_of(plan: WorkPlan, needed: Sequence[int]) -> Values:
    """The values of the operations that are needed, each after those it needs. O(operations)."""
    size = len(plan)
    free, loose, plain, image, number, here, again = (bytearray(size) for _ in range(7))
    takes, travels, anew = (array("d", bytes(8 * size)) for _ in range(3))
    voxels = array("q", bytes(8 * size))
    known: dict[Kind, _OfKind] = {}
    kinds, arguments_of = plan.kinds, plan.arguments
    unknown = max([kinds[p].voxels or 0 for p in needed], default=0) or _SOME_VOXELS
    for position in needed:
        kind = kinds[position]
        found = known.get(kind)
        if found is None:
            found = known[kind] = _of_kind(kind, unknown)
        is_free = is_loose = not found.is_source
        of_plain, most, below = True, found.voxels, 0.0
        of = image_read = 0
        for argument in arguments_of(position):
            most = max(most, voxels[argument])
            below += anew[argument]
            if not loose[argument]:
                is_loose = False
                is_free = is_free and bool(free[argument])
            if not plain[argument]:
                of_plain, of, image_read = False, of + 1, argument
        if found.is_scalar or (found.is_mixed and (of_plain or not found.is_put)):
            plain[position] = 1
            number[position] = is_quick = of_plain and found.is_quick
            here[position] = is_quick and not found.is_pure
            takes[position] = own = (
                _A_QUICK_ONE if is_quick else AN_OPERATION + found.a_voxel * most
            )
            travels[position] = limit = patience = _A_NUMBER
        else:
            takes[position] = own = AN_OPERATION + found.a_voxel * most
            voxels[position] = found.voxels or most
            patience = _AN_IMAGE + found.a_travelling * voxels[position]
            image[position] = found.is_image
            travels[position] = limit = patience if found.is_image else inf
        anew[position] = own + below
        is_again = own + below <= limit
        if of == 1 and image[position] and not is_again:
            # Others may be computed of the same image, which then travels once.
            is_again = travels[image_read] <= limit >= WORTH * own
        again[position] = found.is_pure and is_again
        free[position] = is_free
        loose[position] = is_loose and (own + below <= patience or number[position])
        if plain[position]:
            anew[position] = min(anew[position], limit)
        elif not found.is_pure:
            anew[position] = inf
    return Values(free, loose, plain, image, number, here, again, takes, travels, anew)


def _of_kind(kind: Kind, unknown: int) -> _OfKind:
    operator, part = kind.operator, innermost(kind.type)
    is_held = operator.function is HELD.function
    is_source = operator is LOAD or operator.purity is not Purity.PURE
    holds_images = is_held and _has_images(kind)
    is_pure = operator.purity is Purity.PURE
    a_travelling = _TRAVELLING_REGIONS if kind.type == REGION else _TRAVELLING
    a_voxel = A_VOXEL.get(operator.cost, _READING)
    if operator.by_itk and operator.cost is Cost.MUCH:
        a_voxel = _BY_ITK
    elif is_held or (operator is LOAD and isinstance(kind.constants[0], GivenImage)):
        # Its content comes with the part.
        a_voxel = a_travelling
    return _OfKind(
        is_source=is_source or holds_images,
        is_pure=is_pure,
        is_scalar=part in SCALARS,
        is_mixed=part in (VALUE, ANY) and not holds_images,
        is_put=operator.cost is Cost.NOTHING,
        is_quick=operator.cost <= Cost.MOMENT and operator.purity in (Purity.PURE, Purity.OUTSIDE),
        is_image=kind.is_image,
        voxels=kind.voxels or (unknown if is_source and kind.is_image else 0),
        a_voxel=a_voxel,
        a_travelling=a_travelling,
    )


def _has_images(kind: Kind) -> bool:
    """Whether a value that was put into the plan has voxels."""
    waiting = [getattr(constant, "value", None) for constant in kind.constants]
    while waiting:
        value = waiting.pop()
        if isinstance(value, Image):
            return True
        if isinstance(value, list | tuple):
            waiting += value
    return False
