"""What a program says that can hardly be meant: bounds the wrong way round, radii below a voxel.

A doubt is about the numbers that an operation gets. Those that stand in the program are known while
planning, and the warning comes then; for others the run is asked, after it has computed them.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import NamedTuple

from voxlogica.dataclass import dataclass
from voxlogica.images.geometry import Geometry
from voxlogica.language.messages import called, users_own
from voxlogica.language.operations import Place
from voxlogica.language.workplan import Save, WorkPlan
from voxlogica.operators.signature import NUMBER, REGION
from voxlogica.remarks import Remark
from voxlogica.syntax.diagnostics import Diagnostic, warning
from voxlogica.syntax.printer import number_text


class Use(NamedTuple):
    """An operation that a doubt may be about: its numbers in order, and all else it is judged by.

    `function` is what the author calls: the operator, or the library's function that it is in.
    """

    numbers: tuple[float, ...]
    function: str
    space: Geometry | None
    operand: str


Known = Callable[[int], float | None]
Judge = Callable[[Use], Remark | None]


@dataclass(frozen=True, slots=True)
class Doubt:
    """An operation whose numbers only running the program tells, and how to judge them.

    `numbers` are known ones, or the operations that compute them.
    """

    operation: int
    numbers: tuple[tuple[float | None, int], ...]
    judge: Judge
    use: Use
    place: Place

    @property
    def asked(self) -> list[int]:
        """The operations whose results are to be known."""
        return [operation for known, operation in self.numbers if known is None]

    def warnings(self, told: Sequence[float]) -> list[Diagnostic]:
        """What there is to warn of, given the results of what was `asked`."""
        results = iter(told)
        numbers = tuple(next(results) if k is None else k for k, _ in self.numbers)
        found = self.judge(self.use._replace(numbers=numbers))
        return [] if found is None else [_said(found.message, found.hint, self.place)]


def doubts(
    plan: WorkPlan, begin: int, first_goal: int, known: Known
) -> tuple[list[Diagnostic], list[Doubt]]:
    """The warnings about operations of a plan, and its goals; and what the run has to tell.

    Looked at are operations from `begin` on, and goals from `first_goal` on. `known` gives the
    number that an operation results in, None where only running it tells.
    """
    told: list[Diagnostic] = []
    waiting: list[Doubt] = []
    kinds = plan.kinds
    for position in range(begin, len(plan)):
        kind = kinds[position]
        judge = _JUDGES.get(kind.operator.name)
        if judge is None:
            continue
        arguments = plan.arguments(position)
        numbers = [(known(a), a) for a in map(partial(_itself, plan), _numbers(plan, position))]
        place = plan.places[position]
        space = kind.space if isinstance(kind.space, Geometry) else None
        operand = kinds[arguments[-1]].operator.name
        use = Use((), called(kind.operator.name, place), space, operand)
        found = Doubt(position, _in_order(plan, numbers), judge, use, place)
        if not found.asked:
            told += found.warnings(())
        else:
            waiting.append(found)
    return [*dict.fromkeys(told), *of_ranks(plan, begin, first_goal, known)], waiting


def _said(message: str, hint: str | None, place: Place) -> Diagnostic:
    """A warning without the functions that it came through: of no use to who called the first."""
    return warning(message, users_own(place), hint=hint)


def _numbers(plan: WorkPlan, position: int) -> list[int]:
    """The arguments that stand where numbers are wanted; an element of `[]` may be one of them."""
    wanted = plan.kinds[position].operator.parameters
    given = plan.arguments(position)
    return [a for a, parameter in zip(given, wanted, strict=False) if parameter.type == NUMBER]


def _itself(plan: WorkPlan, number: int) -> int:
    """The number that the library picks of two arguments in either order."""
    if plan.kinds[number].operator.name != "theNumber":
        return number
    return _numbers(plan, number)[0]


def _in_order(
    plan: WorkPlan, numbers: list[tuple[float | None, int]]
) -> tuple[tuple[float | None, int], ...]:
    """The numbers; the least and the greatest value of one image need not be asked for."""
    asked = [operation for known, operation in numbers if known is None]
    names = [plan.kinds[operation].operator.name for operation in asked]
    if names == ["min", "max"] and len({tuple(plan.arguments(o)) for o in asked}) == 1:
        ordered = dict(zip(asked, (0.0, 1.0), strict=True))
        return tuple((ordered.get(operation, known), operation) for known, operation in numbers)
    return tuple(numbers)


# The judges


def _between(use: Use) -> Remark | None:
    low, high = use.numbers
    if not low > high:
        return None
    return Remark(
        f"`between` from {number_text(low)} to {number_text(high)} is empty: the lower bound comes"
        " first",
        f"`between({number_text(high)}, {number_text(low)}, …)`",
    )


def _histogram(use: Use) -> Remark | None:
    rho, m1, m2, _ = use.numbers
    if m1 > m2:
        return Remark(
            f"the histograms of `{use.function}` would end at {number_text(m2)}, before they begin,"
            f" at {number_text(m1)}: no value is counted",
            "the lower bound comes first, then the upper one",
        )
    return _radius(use.function, rho, use.space, 0.5, "its box is as small as can be")


# Functions of the library that compare the distance to a region with a number.
_BY_DISTANCE = frozenset({"distleq", "distgeq", "dilate", "erode", "smoothen", "imopen", "imclose"})


def _compared(use: Use) -> Remark | None:
    (number,) = use.numbers
    if use.function in _BY_DISTANCE:
        # A distance of 0 is that of the region itself, and may well be meant.
        if number == 0:
            return None
        return _radius(use.function, number, use.space, 1.0, "it reaches no other voxel")
    if use.operand == "percentiles" and number > 1:
        return Remark(
            f"`percentiles` gives ranks from 0 to 1, which are compared with {number_text(number)}",
            f"write {number_text(number / 100)}" if number <= 100 else None,
        )
    return None


def _radius(
    function: str, radius: float, space: Geometry | None, least: float, effect: str
) -> Remark | None:
    """A doubt where a radius is below 0, or below the `least` part of a voxel's smallest side."""
    if radius < 0:
        return Remark(
            f"`{function}` by {number_text(radius)}: a distance is never below 0",
            "give the distance as a positive number; `erode` is the opposite of `dilate`",
        )
    if space is None or not _float32(radius) < _float32(least * min(space.spacing)):
        return None
    return Remark(
        f"`{function}` by {number_text(radius)} is less than a voxel, of"
        f" {'×'.join(map(number_text, space.spacing))}: {effect}",
        "distances are in the units of the image's spacing, not in voxels",
    )


def _correction(use: Use) -> Remark | None:
    (correction,) = use.numbers
    if 0 <= correction <= 1:
        return None
    return Remark(
        f"`percentiles` with the correction {number_text(correction)}: it is a share of the voxels"
        " with the same value, from 0 to 1",
        "0 leaves ties out of the rank, 1 counts them all, 0.5 is their middle",
    )


def _float32(number: float) -> float:
    """The number as an image's values are: rounded to float32."""
    try:
        (rounded,) = struct.unpack("<f", struct.pack("<f", number))
    except OverflowError:
        return number
    assert isinstance(rounded, float)
    return rounded


_JUDGES: dict[str, Judge] = {
    "between": _between,
    "crossCorrelation": _histogram,
    ".<=": _compared,
    ".>=": _compared,
    "percentiles": _correction,
}


# Ranks, below which there is what is outside of their region

# What makes something of a region as a whole. What reaches further (`near`, `dt`, `through`) and
# `not`, `and`, `or` are none of them: of their results the part within r may be taken.
_READERS = frozenset({"volume", "maxvol", "lcc", "avg", "mask"})
# Where each comparison of images with a number is true; the library builds the strict ones of them.
_COMPARED = {".>=": "<=", ".<=": ">="}
_OPPOSITE = {"<=": ">", ">=": "<", "<": ">=", ">": "<="}


def of_ranks(plan: WorkPlan, begin: int, first_goal: int, known: Known) -> Iterator[Diagnostic]:
    """The warnings about what is read of ranks below a bound.

    `percentiles(v, r, 0) < 0.1` is true of all that is outside r, where the rank is -1. Whoever
    goes on to `& r` does not mind; what counts, saves or averages it as it stands reads what was
    hardly meant.
    """
    # Of an input of a session, only what is new is looked at, however much was declared.
    if not begin and not any(k.operator.name == "percentiles" for k in set(plan.kinds)):
        return
    read = [
        argument
        for position in range(begin, len(plan))
        if plan.kinds[position].operator.name in _READERS
        for argument in plan.arguments(position)
        if plan.kinds[argument].type == REGION
    ]
    read += [goal.node for goal in plan.goals[first_goal:] if isinstance(goal, Save)]
    for position in dict.fromkeys(read):
        found = _bound_of_ranks(plan, position)
        if found is None:
            continue
        sign, bound, ranks = found
        number = known(bound)
        region = plan.kinds[plan.arguments(ranks)[1]].operator.name
        if number is None or not sign.startswith("<") or region == "tt":
            continue
        # Below 0 there is nothing but what is outside: who asks for that wants it.
        if number < 0 or (sign == "<" and number == 0):
            continue
        yield _said(
            "the rank of what is outside the region of `percentiles` is -1, so all that is"
            f" {sign} {number_text(number)} too",
            "where only the region is meant: `(…) & r`, r the region of the ranks",
            plan.places[position],
        )


def _bound_of_ranks(plan: WorkPlan, position: int) -> tuple[str, int, int] | None:
    """Sign, bound and ranks, where an operation is a comparison of ranks with a number."""
    negated = False
    while plan.kinds[position].operator.name == "not":
        (position,) = plan.arguments(position)
        negated = not negated
    arguments = plan.arguments(position)
    found = _comparison_of_ranks(plan, position)
    if plan.kinds[position].operator.name == "and":
        for one, other in (arguments, arguments[::-1]):
            if _is_unequal(plan, other) and (inner := _comparison_of_ranks(plan, one)):
                found = inner[0][0], *inner[1:]
    return (_OPPOSITE[found[0]], *found[1:]) if found and negated else found


def _comparison_of_ranks(plan: WorkPlan, position: int) -> tuple[str, int, int] | None:
    """As `_bound_of_ranks`, of the operators that include the number itself."""
    sign = _COMPARED.get(plan.kinds[position].operator.name)
    if sign is None:
        return None
    bound, ranks = plan.arguments(position)
    return (sign, bound, ranks) if plan.kinds[ranks].operator.name == "percentiles" else None


def _is_unequal(plan: WorkPlan, position: int) -> bool:
    """Whether an operation is true where an image is not equal to a number."""
    return plan.kinds[position].operator.name == "not" and (
        plan.kinds[plan.arguments(position)[0]].operator.name == ".="
    )
