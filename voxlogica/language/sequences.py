"""Sequences while a program is reduced: their elements, and the operations that they are.

A sequence knows its length and how its elements come to be; each is reduced the first time that
something asks for it. What may take steps of its own is a task: a generator that yields tasks, and
applications of functions, and is sent what they give. Nothing recurses on Python's stack.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Generator
from typing import Any

from voxlogica.dataclass import dataclass, field
from voxlogica.language.code import Declared
from voxlogica.language.knowledge import NOT_KNOWN, Knowledge
from voxlogica.language.limits import DEEPEST_SEQUENCE, MOST_VALUES, Rounds
from voxlogica.language.messages import Messages
from voxlogica.language.on_mistakes import complaints
from voxlogica.language.operations import Frame, Place, Round
from voxlogica.language.outside import Outside
from voxlogica.language.values import (
    FAILED,
    Application,
    Concatenated,
    Elements,
    Failed,
    FunctionValue,
    Items,
    RangeValue,
    SelectedElements,
    Value,
    common_type,
    innermost,
    joined_type,
    type_of,
)
from voxlogica.language.windows import LoopWindow, Windows
from voxlogica.language.workplan import WorkPlan
from voxlogica.operators import registry
from voxlogica.operators.literals import AT, NUMBER_LITERAL, SEQUENCE
from voxlogica.operators.signature import (
    ANY,
    NUMBER,
    SCALARS,
    STRING,
    TABLE,
    VALUE,
    Type,
    sequence_of,
)

TYPE_CHECKING = False

# So many elements of a loop are looked at for errors after the first one that has any.
LOOKED_AT = 1_000
# And no more than so many that have some.
_TOLD = 100

Task = Generator["Task | Application", Any, Any]


@dataclass(slots=True)
class Sequences:
    """Makes sequences, and reduces their elements."""

    plan: WorkPlan
    knowledge: Knowledge
    windows: Windows
    outside: Outside
    messages: Messages
    rounds: Rounds = field(default_factory=Rounds)
    listed: dict[Elements, int] = field(default_factory=dict)

    def element(self, sequence: Elements, i: int) -> Task:
        """An element of a sequence, reduced the first time that it is asked for."""
        made = sequence.made.get(i)
        if made is not None:
            return made
        rule, before = sequence.rule, sequence.type
        element: Value
        if isinstance(rule, RangeValue):
            element = self.plan.add(NUMBER_LITERAL, (), (float(rule.first + i),), None, rule.place)
        elif isinstance(rule, Items):
            index = self.plan.add(NUMBER_LITERAL, (), (float(i),), None, rule.place)
            element = self.item(rule.operation, index, rule.place)
        elif isinstance(rule, SelectedElements):
            element = yield self.element(rule.of, rule.indices[i])
        elif isinstance(rule, Concatenated):
            part = bisect_right(rule.begins, i) - 1
            element = yield self.element(rule.of[part], i - rule.begins[part])
        else:
            assert rule is not None
            function, given, expression, frame = rule
            values: list[Value] = []
            for value in given:
                if isinstance(value, Elements):
                    value = yield self.element(value, i)
                values.append(value)
            applied = Application(function, tuple(values), expression, frame)
            if sequence.is_known:
                applied = self.in_round(applied, i, sequence.length)
            element = yield applied
            if element is not FAILED:
                found = type_of(self.plan, element)
                if found.element is not None or found != sequence.type:
                    sequence.type = joined_type(sequence.type, found) or VALUE
                    if self._is_too_deep(sequence.type, rule.place):
                        element = FAILED
        sequence.made[i] = element
        self.windows.remembered.made.append((sequence, i, before))
        return element

    def in_round(self, applied: Application, i: int, of: int) -> Application:
        """An application as a round of a loop: to its last value, an element."""
        function, values, expression, frame = applied
        binding, element = function.binding, values[-1]
        names = binding.parameters if isinstance(binding, Declared) else ()
        kind = self.plan.kinds[element] if names and isinstance(element, int) else None
        entered = Frame("", names, expression, values, frame, Round(i + 1, of, kind))
        return Application(function, values, expression, entered)

    def item(self, operation: int, index: int, place: Place) -> int:
        """An element of the sequence that an operation gives.

        Images in a sequence lie on the grid of what they are made of, the first argument.
        """
        of = self.plan.kinds[operation].type.element
        assert of is not None
        if not of.is_image:
            return self.plan.add(AT, (operation, index), (), None, place, of)
        space = self.plan.kinds[self.plan.arguments(operation)[0]].space
        (component_at,) = registry()["componentAt"]
        return self.plan.add(component_at, (operation, index), (), space, place)

    def collected(self, values: tuple[Value, ...], place: Place) -> Value:
        """The sequence of these values."""
        if FAILED in values:
            return FAILED
        common = common_type({type_of(self.plan, value) for value in values})
        if self._is_too_deep(common, place):
            return FAILED
        return Elements(len(values), common, None, dict(enumerate(values)))

    def _is_too_deep(self, found: Type, place: Place) -> bool:
        """Whether sequences with elements of this type are nested too deep, which is an error."""
        depth = 1
        while found.element is not None:
            found, depth = found.element, depth + 1
        if depth > DEEPEST_SEQUENCE:
            self.messages.error(
                f"sequences are nested more than {DEEPEST_SEQUENCE} deep, which is the limit",
                place,
            )
        return depth > DEEPEST_SEQUENCE

    def operation(self, value: Value, place: Place) -> Task:
        """The operation whose result is the value, of a sequence with all its elements.

        A function is none, and an error.
        """
        if value is FAILED or isinstance(value, int):
            return value
        if isinstance(value, FunctionValue):
            return self.messages.tell(complaints.function_as_value(value, place))
        known = self.listed.get(value)
        if known is not None:
            return known
        items: list[Value] = []
        window = self.windows.begin()
        value.values = 0
        for i in self.rounds.of(value.length, place):
            element = yield self.element(value, i)
            item = element if isinstance(element, int) else (yield self.operation(element, place))
            value.values += element.values if isinstance(element, Elements) else 1
            if value.values > MOST_VALUES:
                return self.messages.error(
                    f"a sequence of more than {MOST_VALUES:,} values in all, which is the limit",
                    place,
                )
            items.append(self.outside.placed(item, place))
            if items[-1] is FAILED:
                yield self.rest(value, i + 1)
                return FAILED
            if window.is_full:
                yield self.settled(window, items, place)
        for i, settled in enumerate(items):
            if not isinstance(settled, int):
                items[i] = yield self.operation(settled, place)
        listed: Any = tuple(items)
        result = sequence_of(common_type({self.plan.kinds[p].type for p in listed}))
        self.listed[value] = self.plan.add(SEQUENCE, listed, (), None, place, result)
        return self.listed[value]

    def settled(self, window: LoopWindow, results: list[Value], place: Place) -> Task:
        """Compute the results of a loop so far, and forget all else; what can is a literal then."""
        for value in results[window.done :]:
            if isinstance(value, Elements) and innermost(value.type) in {*SCALARS, VALUE}:
                yield self.operation(value, place)
        self.windows.settle(window, results, place)

    def known(self, value: Value, place: Place) -> Value:
        """A value that is a sequence, with its elements: computed, if an operation gives it."""
        if not isinstance(value, int):
            return value
        found = self.plan.kinds[value].type
        (known,) = self.knowledge.asked([value])
        if known is NOT_KNOWN and found.element is not None and found.element.is_image:
            return Elements(1, found.element, Items(value, place), is_known=False)
        if known is NOT_KNOWN and found == TABLE:
            return self._table(value, place)
        if known is NOT_KNOWN:
            return self.knowledge.awaited(found, (value,), place)
        return self.knowledge.literal(known, found, place, value)

    def _table(self, value: int, place: Place) -> Elements:
        """What stands for a table: a heading, and a row that stands for all others."""
        rows = [self.knowledge.awaited(sequence_of(of), (value,), place) for of in (STRING, NUMBER)]
        return Elements(2, VALUE, None, dict(enumerate(rows)), is_known=False)

    def mapped(self, rule: Application) -> Task:
        """The sequence of what a function gives, element by element; its first one is reduced."""
        sequences = [value for value in rule.values if isinstance(value, Elements)]
        lengths = [s.length for s in sequences]
        is_known = all(s.is_known for s in sequences)
        if is_known and len(set(lengths)) > 1:
            return self.messages.error(
                f"`{rule.function.name}` joins sequences element by element: one has "
                f"{counted(lengths[0])}, the other {lengths[1]}",
                rule.place,
            )
        mapped = Elements(lengths[0] if is_known else min(lengths), ANY, rule, {}, is_known)
        if mapped.length:
            with self.rounds.one_of(mapped.length, rule.place):
                if (yield self.element(mapped, 0)) is FAILED:
                    yield self.rest(mapped, 1)
                    return FAILED
        return mapped

    def rest(self, elements: Elements, first: int) -> Task:
        """Reduce the elements after a wrong one, so that all that is wrong is told at once."""
        wrong = 0
        for i in range(first, min(elements.length, first + LOOKED_AT)):
            wrong += (yield self.element(elements, i)) is FAILED
            if wrong == _TOLD:
                return

    # What stands for a value that only running the program tells

    def stand_in(self, value: Value, of: tuple[int, ...], place: Place) -> Task:
        """What stands for a value like this one, and depends on others."""
        if isinstance(value, Failed | FunctionValue):
            return value
        if isinstance(value, int):
            return self.knowledge.awaited(self.plan.kinds[value].type, of, place)
        made: dict[int, Value] = {}
        # Of several types, each has its place; of one, they are alike.
        length = value.length if value.type == VALUE else min(value.length, 1)
        for i in range(length):
            made[i] = yield self.stand_in((yield self.element(value, i)), of, place)
        is_known = value.is_known and value.type == VALUE
        return Elements(length, value.type, None, made, is_known)

    def some(self, elements: Elements, of: tuple[int, ...], place: Place, first: int = 0) -> Task:
        """What stands for some elements of a sequence, who knows which, the first ones left out."""
        if elements.length == 0:
            return elements
        last = elements.length - 1
        one = yield self.element(elements, min(first, last))
        element = yield self.stand_in(one, of, place)
        # The last of a table stands for all rows but the heading.
        rest = elements.type == VALUE and not elements.is_known and first >= last
        found = type_of(self.plan, element) if rest else elements.type
        return Elements(1, found, None, {0: element}, is_known=False)


def counted(count: int) -> str:
    """So many elements, in words."""
    return "1 element" if count == 1 else f"{count} elements"
