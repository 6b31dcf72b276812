"""What is known of values while a program is reduced: now, from a stage of the run, or not at all.

What rests on nothing but what the program says is computed here. Where reduction must know what
image data says, as the length of a loop, it asks a stage; without one, it goes on with what stands
for the value, and only types are looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from enum import Enum
from typing import Any, Final, Protocol

from voxlogica.dataclass import dataclass, field, replace
from voxlogica.language.limits import LONGEST_KNOWN_TEXT
from voxlogica.language.operations import Place
from voxlogica.language.values import Elements, Items, Value, type_of_constant
from voxlogica.language.workplan import Ask, Save, WorkPlan
from voxlogica.operators.literals import (
    AWAITED,
    BOOL_LITERAL,
    NUMBER_LITERAL,
    STRING_LITERAL,
)
from voxlogica.operators.signature import (
    BOOL,
    NUMBER,
    STRING,
    VALUE,
    OperationError,
    Operator,
    Purity,
    Type,
)

LITERALS: dict[type, Operator] = {
    float: NUMBER_LITERAL,
    bool: BOOL_LITERAL,
    str: STRING_LITERAL,
}

# How a value of a type is written, whatever scalar type computed it.
_AS_WRITTEN: dict[Type, Callable[[Any], Any]] = {NUMBER: float, BOOL: bool, STRING: str}


class NotKnown(Enum):
    """Stands for a value that only running the program tells."""

    NOT_KNOWN = "not known"


NOT_KNOWN: Final = NotKnown.NOT_KNOWN


class Stage(Protocol):
    """Who carries out a part of a program while the rest of it is not reduced yet."""

    def reach(self, plan: WorkPlan, lasting: Collection[bytes], *, is_over: bool) -> list[Any]:
        """The values of the goals of a plan, which is finished.

        Other stages will read what the operations of `lasting` result in; where the part `is_over`,
        nothing else of it.
        """
        ...


@dataclass(frozen=True, slots=True)
class Asking:
    """Has parts of a plan carried out while the rest of it is made."""

    stage: Stage
    # Makes a plan the one that is carried out.
    finish: Callable[[WorkPlan], WorkPlan]

    def reach(
        self,
        plan: WorkPlan,
        operations: Sequence[int],
        saves: Sequence[Save],
        before: Sequence[int],
        *,
        again: bool,
    ) -> list[Any]:
        """The results of operations of a plan; and images written.

        Other stages will read what operations of `before` result in; with `again`, what is asked
        for, too.
        """
        asked = [Ask(p, plan.places[p].span) for p in operations]
        part = self.finish(replace(plan, goals=[*asked, *saves]))
        lasting = {plan.ids[p] for p in [*before, *(operations if again else ())]}
        return self.stage.reach(part, lasting, is_over=not again)[: len(asked)]


@dataclass(slots=True)
class Knowledge:
    """What operations of a plan result in, as far as that is known while reducing."""

    plan: WorkPlan
    # Runs what reduction must know the results of; without, only types are looked at.
    stage: Asking | None
    # Whether there was something to ask.
    is_staged: bool = False
    known: dict[int, Any] = field(default_factory=dict)

    def now(self, position: int) -> Any:
        """What an operation results in, if all it rests on is written in the program."""
        known, plan = self.known, self.plan
        waiting = [position]
        while waiting:
            current = waiting[-1]
            if current in known:
                waiting.pop()
                continue
            kind = plan.kinds[current]
            operator = kind.operator
            if not operator.evaluates_early or operator.purity is not Purity.PURE:
                known[current] = NOT_KNOWN
                continue
            missing = [a for a in plan.arguments(current) if a not in known]
            if missing:
                waiting += missing
                continue
            arguments = [known[a] for a in plan.arguments(current)]
            if NOT_KNOWN in arguments:
                known[current] = NOT_KNOWN
            else:
                # An operation that fails does so when it is carried out, if it ever is.
                try:
                    found = operator.function(*arguments, *kind.constants)
                except OperationError:
                    found = NOT_KNOWN
                # What is known stays in memory; no name of a file is as long.
                long = isinstance(found, str) and len(found) > LONGEST_KNOWN_TEXT
                known[current] = NOT_KNOWN if long else found
        return known[position]

    def number_now(self, position: int) -> float | None:
        """The number that an operation results in; None where only running the program tells."""
        value = self.now(position)
        return None if value is NOT_KNOWN else float(value)

    def asked(self, operations: Sequence[int]) -> list[Any]:
        """What operations result in, where reduction needs to know it; if need be, by a stage."""
        unknown = [p for p in dict.fromkeys(operations) if self.now(p) is NOT_KNOWN]
        self.is_staged |= bool(unknown)
        if unknown and self.stage is not None:
            told = self.stage.reach(self.plan, unknown, (), (), again=True)
            self.known.update(zip(unknown, told, strict=True))
        return [self.known[p] for p in operations]

    # What stands for a value

    def literal(self, known: Any, found: Type, place: Place, operation: int | None = None) -> Value:
        """A value as if it had been written; images in it are elements of the operation's result.

        Its type is that of the operation, which may be left out where there are no images.
        """
        if found.element in (None, VALUE):
            found = type_of_constant(known) if VALUE in (found, found.element) else found
        if found.element is None:
            known = _AS_WRITTEN[found](known)
            return self.plan.add(LITERALS[type(known)], (), (known,), None, place)
        if found.element.is_image:
            assert operation is not None
            return Elements(len(known), found.element, Items(operation, place))
        made = {i: self.literal(item, found.element, place) for i, item in enumerate(known)}
        return Elements(len(known), found.element, None, made)

    def awaited(self, found: Type, of: tuple[int, ...], place: Place) -> Value:
        """What stands for a value that only running the program tells, which depends on others."""
        if found.element is None:
            return self.plan.add(AWAITED, of, (str(found),), None, place, found)
        element = self.awaited(found.element, of, place)
        return Elements(1, found.element, None, {0: element}, is_known=False)
