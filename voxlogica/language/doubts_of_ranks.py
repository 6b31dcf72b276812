"""What is read of ranks below a bound: outside the region of `percentiles` the rank is -1.

`percentiles(v, r, 0) < 0.1` is true of all that is outside r. Whoever goes on to `& r` does not
mind; what counts, saves or averages it as it stands reads what was hardly meant.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from voxlogica.language.messages import diagnose
from voxlogica.language.workplan import Save, WorkPlan
from voxlogica.primitives.signature import REGION
from voxlogica.syntax.diagnostics import Diagnostic, warning
from voxlogica.syntax.printer import number_text

Known = Callable[[int], float | None]

# What makes something of a region as a whole. What reaches further (`near`, `dt`, `through`) and
# `not`, `and`, `or` are none of them: of their results the part within r may be taken.
_READERS = frozenset({"volume", "maxvol", "lcc", "avg", "mask"})
# Where each comparison of images with a number is true; the library builds the strict ones of them.
_COMPARED = {".>=": "<=", ".<=": ">="}
_OPPOSITE = {"<=": ">", ">=": "<", "<": ">=", ">": "<="}


def doubts_of_ranks(plan: WorkPlan, begin: int, goals: int, known: Known) -> Iterator[Diagnostic]:
    """The warnings about operations of a plan from `begin` on, and its goals from `goals` on."""
    if not any(kind.operator.name == "percentiles" for kind in set(plan.kinds)):
        return
    read = [
        argument
        for position in range(begin, len(plan))
        if plan.kinds[position].operator.name in _READERS
        for argument in plan.arguments(position)
        if plan.kinds[argument].type == REGION
    ]
    read += [goal.node for goal in plan.goals[goals:] if isinstance(goal, Save)]
    for position in dict.fromkeys(read):
        found = _comparison(plan, position)
        if found is None:
            continue
        sign, bound, ranks = found
        number = known(bound)
        region = plan.kinds[plan.arguments(ranks)[1]].operator.name
        # Below 0 there is nothing but what is outside: who asks for that wants it.
        if not sign.startswith("<") or number is None or number < 0 or region == "tt":
            continue
        if sign == "<" and number == 0:
            continue
        said = diagnose(
            "warning",
            "the rank of what is outside the region of `percentiles` is -1, so all that is"
            f" {sign} {number_text(number)} too",
            plan.places[position],
            hint="where only the region is meant: `(…) & r`, r the region of the ranks",
        )
        yield warning(said.message, said.span, hint=said.hint)


def _comparison(plan: WorkPlan, position: int) -> tuple[str, int, int] | None:
    """Sign, bound and ranks, where an operation is a comparison of ranks with a number."""
    negated = False
    while plan.kinds[position].operator.name == "not":
        (position,) = plan.arguments(position)
        negated = not negated
    arguments = plan.arguments(position)
    found = _compared(plan, position)
    if plan.kinds[position].operator.name == "and":
        for one, other in (arguments, arguments[::-1]):
            if _is_unequal(plan, other) and (inner := _compared(plan, one)):
                found = inner[0][0], *inner[1:]
    return (_OPPOSITE[found[0]], *found[1:]) if found and negated else found


def _compared(plan: WorkPlan, position: int) -> tuple[str, int, int] | None:
    """As `_comparison`, of the operators that include the number itself."""
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
