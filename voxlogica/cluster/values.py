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
from voxlogica.language.operations import Form, Kind
from voxlogica.language.values import innermost
from voxlogica.language.workplan import WorkPlan
from voxlogica.operators.literals import HELD, LOAD
from voxlogica.operators.signature import ANY, REGION, SCALARS, VALUE, Cost, Operator, Purity

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
    to travel. What `is_plain` consists of numbers, bools and texts, and `is_number` if it is
    computed in no time from what is plain; a number `is_here` if it rests on what the client sees,
    as its folders. What neither is plain nor `is_image` cannot leave a process. What `is_again` is
    computed again rather than sent: from nothing, or from an image that travels. An operation
    `takes` so long by itself, and its value `travels` so long.
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


# What is so of a value, as bits of a number.
_FREE, _LOOSE, _PLAIN, _IMAGE, _NUMBER, _HERE, _AGAIN = (1 << bit for bit in range(7))


class _OfKind(NamedTuple):
    """What a kind of operation says of its value by itself.

    It `is_plain` by its type. A mixed one is, if what it is put together of is; `is_put` says that
    it is put together. A voxel takes so long to be gone over, and to travel.
    """

    is_source: bool
    is_pure: bool
    is_plain: bool
    is_put: bool
    is_quick: bool
    is_image: bool
    voxels: int
    a_voxel: float
    a_travelling: float


def values_of(plan: WorkPlan, needed: Sequence[int]) -> Values:
    """The values of the operations that are needed, each after those it needs. O(operations)."""
    size = len(plan)
    kinds, arguments_of = plan.kinds, plan.arguments
    of_kind = _of_kinds(kinds[position] for position in needed)
    flags = bytearray(size)
    takes, travels, anew = (array("d", bytes(8 * size)) for _ in range(3))
    voxels = array("q", bytes(8 * size))
    # Of what is computed again of an image that travels: what that takes.
    derived: dict[int, float] = {}
    for position in needed:
        (is_source, is_pure, is_plain, is_put, is_quick, is_image, most, a_voxel, a_travelling) = (
            of_kind[kinds[position]]
        )
        all_, below, images, read = _FREE | _LOOSE | _PLAIN, 0.0, 0, 0
        for argument in arguments_of(position):
            all_ &= flags[argument]
            below += anew[argument]
            if not flags[argument] & _PLAIN:
                images, read = images + 1, argument
                if voxels[argument] > most:
                    most = voxels[argument]
        if is_plain or (is_put and all_ & _PLAIN):
            found = _PLAIN
            if is_quick and all_ & _PLAIN:
                found = _PLAIN | _NUMBER if is_pure else _PLAIN | _NUMBER | _HERE
                own = _A_QUICK_ONE
            else:
                own = AN_OPERATION + a_voxel * most
            limit = patience = _A_NUMBER
            again = own + below
            is_again = again <= limit
            anew[position] = min(again, limit)
        else:
            found, own = _IMAGE if is_image else 0, AN_OPERATION + a_voxel * most
            voxels[position] = most
            patience = _AN_IMAGE + a_travelling * most
            limit = patience if is_image else inf
            again = own + below
            is_again = again <= limit
            anew[position] = again if is_pure else inf
            if images == 1 and is_image and not is_again and travels[read] <= limit:
                since = own + derived.get(read, 0.0)
                if since * WORTH <= limit:
                    derived[position] = since
                    is_again = True
        takes[position], travels[position] = own, limit
        if is_again and is_pure:
            found |= _AGAIN
        if all_ & _FREE and not is_source:
            found |= _FREE
            if all_ & _LOOSE and (again <= patience or found & _NUMBER):
                found |= _LOOSE
        flags[position] = found
    bits = (_FREE, _LOOSE, _PLAIN, _IMAGE, _NUMBER, _HERE, _AGAIN)
    free, loose, plain, image, number, here, again_ = (
        flags.translate(bytes([bool(of & bit) for of in range(256)])) for bit in bits
    )
    return Values(free, loose, plain, image, number, here, again_, takes, travels, anew)


def _of_kinds(kinds: Iterable[Kind]) -> dict[Kind, _OfKind]:
    distinct = dict.fromkeys(kinds)
    unknown = max([kind.voxels or 0 for kind in distinct], default=0) or _SOME_VOXELS
    known: dict[Kind, _OfKind] = {}
    # Constants say something only of what they are the value of.
    alike: dict[Kind | tuple[Operator, Form], _OfKind] = {}
    for kind in distinct:
        operator = kind.operator
        says_something = operator is LOAD or operator.function is HELD.function
        key = kind if says_something else (operator, kind.form)
        if key not in alike:
            alike[key] = _of_kind(kind, unknown)
        known[kind] = alike[key]
    return known


def _of_kind(kind: Kind, unknown: int) -> _OfKind:
    operator, part = kind.operator, innermost(kind.type)
    purity, cost = operator.purity, operator.cost
    is_held = operator.function is HELD.function
    holds_images = is_held and _has_images(kind)
    is_source = operator is LOAD or purity is not Purity.PURE or holds_images
    # What holds values of several types may hold images, if it is put together of its arguments.
    is_mixed = part in (VALUE, ANY) and not holds_images
    is_put = cost is Cost.NOTHING
    a_travelling = _TRAVELLING_REGIONS if kind.type == REGION else _TRAVELLING
    a_voxel = A_VOXEL.get(cost, _READING)
    if operator.by_itk and cost is Cost.MUCH:
        a_voxel = _BY_ITK
    elif is_held or (operator is LOAD and isinstance(kind.constants[0], GivenImage)):
        # Its content comes with the part.
        a_voxel = a_travelling
    return _OfKind(
        is_source=is_source,
        is_pure=purity is Purity.PURE,
        is_plain=part in SCALARS or (is_mixed and not is_put),
        is_put=is_mixed and is_put,
        is_quick=cost <= Cost.MOMENT and purity in (Purity.PURE, Purity.OUTSIDE),
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
