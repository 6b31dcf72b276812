"""What the values of a plan's operations are to a cluster: which rest on files, which travel."""

from __future__ import annotations

from collections.abc import Sequence

from voxlogica.dataclass import dataclass
from voxlogica.images.image import Image
from voxlogica.language.operations import Kind
from voxlogica.language.values import innermost
from voxlogica.language.workplan import WorkPlan
from voxlogica.operators.literals import HELD, LOAD
from voxlogica.operators.signature import ANY, SCALARS, VALUE, Cost, Purity


@dataclass(frozen=True, slots=True)
class Values:
    """At each operation's position, 1 where something is so of its value.

    What `is_free` rests on no file nor anything else outside, and on no image from elsewhere. What
    `is_plain` consists of numbers, bools and texts; it travels, and so does what `is_image`. What
    `is_number` is plain, and computed in no time from what is plain.
    """

    is_free: bytearray
    is_plain: bytearray
    is_image: bytearray
    is_number: bytearray

    @staticmethod
    def of(plan: WorkPlan, needed: Sequence[int]) -> Values:
        """The values of the operations that are needed, each after those it needs."""
        free, plain, image, number = (bytearray(len(plan)) for _ in range(4))
        known: dict[Kind, _OfKind] = {}
        for position in needed:
            kind = plan.kinds[position]
            found = known.get(kind)
            if found is None:
                found = known[kind] = _of_kind(kind)
            arguments = plan.arguments(position)
            free[position] = not found.is_source and all(map(free.__getitem__, arguments))
            image[position] = kind.is_image
            of_plain = all(map(plain.__getitem__, arguments))
            is_plain = found.is_scalar or (found.is_mixed and (of_plain or not found.is_put))
            plain[position] = is_plain
            number[position] = is_plain and of_plain and found.is_quick
        return Values(free, plain, image, number)


@dataclass(frozen=True, slots=True)
class _OfKind:
    """What a kind of operation says of its value by itself.

    A mixed one may have images in it, if it is put together of its arguments.
    """

    is_source: bool
    is_scalar: bool
    is_mixed: bool
    is_put: bool
    is_quick: bool


def _of_kind(kind: Kind) -> _OfKind:
    operator, part = kind.operator, innermost(kind.type)
    holds_images = operator.function is HELD.function and _has_images(kind)
    return _OfKind(
        is_source=operator is LOAD or operator.purity is not Purity.PURE or holds_images,
        is_scalar=part in SCALARS,
        is_mixed=part in (VALUE, ANY) and not holds_images,
        is_put=operator.cost is Cost.NOTHING,
        is_quick=operator.cost <= Cost.MOMENT and operator.purity in (Purity.PURE, Purity.OUTSIDE),
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
