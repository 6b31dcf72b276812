"""What `map`, `filter`, `fold`, `range`, indices and slices give, while a program is reduced."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import accumulate
from typing import Any

from voxlogica.language.builtins import (
    APPEND,
    FILTER,
    FOLD,
    INDEX,
    LENGTH,
    MAP,
    RANGE,
    SLICE,
    SUBSEQUENCE,
    Builtin,
)
from voxlogica.language.code import Declared
from voxlogica.language.knowledge import LITERALS, NOT_KNOWN, NotKnown
from voxlogica.language.limits import LONGEST_RANGE
from voxlogica.language.names import Overloaded
from voxlogica.language.on_mistakes import complaints
from voxlogica.language.sequences import Sequences, Task, counted
from voxlogica.language.values import (
    FAILED,
    Application,
    Concatenated,
    Elements,
    Failed,
    FunctionValue,
    RangeValue,
    SelectedElements,
    Value,
    common_type,
    innermost,
    type_of,
)
from voxlogica.operators.literals import JOINED, LENGTH_OF, NUMBER_LITERAL
from voxlogica.operators.signature import (
    ANY,
    BOOL,
    NUMBER,
    REGION,
    SCALARS,
    TABLE,
    VALUE,
    sequence_of,
)
from voxlogica.syntax.ast import Fold, Slice

# What a fold begins with, where the program does not say; the others begin with the first element.
_STARTS: dict[str, float | bool] = {"+": 0.0, "-": 0.0, "*": 1.0, "&&": True, "||": False}


def _map(s: Sequences, applied: Application) -> Task:
    function = _function(s, applied)
    elements = function and _elements(s, applied.values[1], 1, applied)
    if function is None or not isinstance(elements, Elements):
        return FAILED
    return (yield s.mapped(_of(function, applied, elements)))


def _filter(s: Sequences, applied: Application) -> Task:
    function = _function(s, applied)
    elements = function and _elements(s, applied.values[1], 1, applied)
    if function is None or not isinstance(elements, Elements):
        return FAILED
    conditions: list[Value] = []
    window = s.windows.begin()
    for i in s.rounds.of(elements.length, applied.place):
        element = yield s.element(elements, i)
        condition = yield s.in_round(_of(function, applied, element), i, elements.length)
        if condition is FAILED:
            yield s.rest(Elements(elements.length, ANY, _of(function, applied, elements)), i + 1)
            return FAILED
        found = type_of(s.plan, condition)
        if found != BOOL:
            return s.messages.tell(complaints.no_condition(applied, found))
        conditions.append(condition)
        if window.is_full:
            yield s.settled(window, conditions, applied.place)
    asked = tuple(c for c in conditions if isinstance(c, int))
    truths = s.knowledge.asked(asked)
    if NOT_KNOWN in truths or not elements.is_known:
        return (yield s.some(elements, asked, applied.place))
    kept = [i for i, is_true in enumerate(truths) if is_true]
    return Elements(len(kept), elements.type, SelectedElements(elements, kept))


def _fold(s: Sequences, applied: Application) -> Task:
    _, *starts, sequence = applied.values
    function = _function(s, applied)
    elements = function and _elements(s, sequence, 1 + len(starts), applied)
    if function is None or not isinstance(elements, Elements):
        return FAILED
    first = 0
    joined = starts[0] if starts else _start(s, function, elements, applied)
    if joined is None:
        joined, first = (yield s.element(elements, 0)), int(elements.is_known)
    elif elements.length == 0 or joined is FAILED:
        return joined
    window = s.windows.begin()
    for i in s.rounds.of(elements.length, applied.place, first):
        element = yield s.element(elements, i)
        if element is FAILED:
            yield s.rest(elements, i + 1)
            return FAILED
        joining = _of(function, applied, joined, element)
        # An operator has no calls within, and all it joins is told as of one place.
        is_declared = isinstance(function.binding, Declared)
        joined = yield s.in_round(joining, i, elements.length) if is_declared else joining
        if joined is FAILED:
            return FAILED
        if window.is_full:
            results = [joined]
            yield s.settled(window, results, applied.place)
            (joined,), window.done = results, 0
    return joined


def _start(
    s: Sequences, function: FunctionValue, elements: Elements, applied: Application
) -> Value | None:
    """What a fold without a start value begins with; None: with the first element."""
    assert isinstance(applied.expression, Fold)
    name, is_operator = function.name, isinstance(function.binding, Overloaded)
    if is_operator and name == "/":
        hint = "write it before the sequence: `fold / 1 s`"
        return s.messages.error("`fold /` needs a start value", applied.place, hint=hint)
    if is_operator and name in _STARTS and not (elements.type == REGION and name in ("&&", "||")):
        start = _STARTS[name]
        return s.plan.add(LITERALS[type(start)], (), (start,), None, applied.place)
    if elements.length:
        return None
    if not elements.is_known:
        return s.knowledge.awaited(elements.type, (), applied.place)
    return s.messages.error(
        f"`fold {name}` of an empty sequence has no value",
        applied.place,
        span=applied.expression.sequence.span,
        hint=f"give it a start value: `fold {name} start s`",
    )


def _range(s: Sequences, applied: Application) -> Value:
    values = applied.values
    bounds: list[int] = []
    for number, value in enumerate(values):
        what = "stop" if number == len(values) - 1 else "start"
        bound = _whole(s, value, number, f"`range` takes {what} as", applied)
        if bound is FAILED:
            return FAILED
        if bound is not NOT_KNOWN:
            bounds.append(bound)
    if len(bounds) < len(values):
        asked = tuple(v for v in values if isinstance(v, int))
        return s.knowledge.awaited(sequence_of(NUMBER), asked, applied.place)
    first, last = bounds if len(bounds) == 2 else (0, *bounds)
    if last - first > LONGEST_RANGE:
        return s.messages.error(
            f"`range` would have {last - first:.6g} numbers; the limit is {LONGEST_RANGE:,}",
            applied.place,
        )
    return Elements(max(0, last - first), NUMBER, RangeValue(first, applied.place))


def _index(s: Sequences, applied: Application) -> Task:
    sequence, index = applied.values
    place = applied.place
    # What a table has at a place is a heading, or one of its rows, which are alike.
    is_table = isinstance(sequence, int) and type_of(s.plan, sequence) == TABLE
    elements = _elements(s, sequence, 0, applied, or_operation=not is_table)
    if elements is FAILED or not _is_number(s, index, 1, "an index is", applied):
        return FAILED
    assert isinstance(index, int)
    # Of numbers and such, the choice can wait until the program runs.
    of = elements.type if isinstance(elements, Elements) else type_of(s.plan, elements).element
    is_known = s.knowledge.now(index) is not NOT_KNOWN
    # With a stage, all was looked at before without one.
    if not is_known and of == VALUE and not is_table and s.knowledge.stage is None:
        return s.messages.tell(complaints.of_several_types(applied))
    if (not is_known and of in SCALARS) or not isinstance(elements, Elements):
        listed = yield s.operation(elements, place)
        if listed is FAILED:
            return FAILED
        return s.item(listed, index, place)
    i = _whole(s, index, 1, "an index is", applied)
    if isinstance(i, Failed):
        return FAILED
    if i is NOT_KNOWN or not elements.is_known:
        if elements.length == 0:
            return s.knowledge.awaited(elements.type, (), place)
        last = elements.length - 1
        at = min(max(i, 0), last) if isinstance(i, int) else last if is_table else 0
        return (yield s.stand_in((yield s.element(elements, at)), (index,), place))
    if not 0 <= i < elements.length:
        hint = f", the last {elements.length - 1}" if elements.length else ""
        return s.messages.error(
            f"index {i} is out of range: the sequence has {counted(elements.length)}",
            place,
            hint=f"the first element has index 0{hint}",
        )
    return (yield s.element(elements, i))


def _append(s: Sequences, applied: Application) -> Task:
    """One sequence of several; an operation, where one is, and there are no images in any."""
    types = [type_of(s.plan, value) for value in applied.values]
    or_operation = not any(innermost(found).is_image for found in types)
    found = [
        _elements(s, value, number, applied, or_operation)
        for number, value in enumerate(applied.values)
    ]
    if FAILED in found:
        return FAILED
    of = common_type([type_of(s.plan, value).element or ANY for value in found])
    elements = [value for value in found if isinstance(value, Elements)]
    if len(elements) < len(found):
        listed: list[Any] = [*found]
        for number, value in enumerate(found):
            listed[number] = yield s.operation(value, applied.place)
        if FAILED in listed:
            return FAILED
        return s.plan.add(JOINED, tuple(listed), (), None, applied.place, sequence_of(of))
    # Of what was joined, its parts: an element of what a fold joins is not looked for through all
    # its rounds.
    parts = [
        part
        for one in elements
        for part in (one.rule.of if isinstance(one.rule, Concatenated) else (one,))
    ]
    begins = tuple(accumulate((part.length for part in parts), initial=0))
    is_known = all(part.is_known for part in parts)
    return Elements(begins[-1], of, Concatenated(tuple(parts), begins[:-1]), {}, is_known)


def _length(s: Sequences, applied: Application) -> Value:
    elements = _elements(s, applied.values[0], 0, applied, or_operation=True)
    if isinstance(elements, int):
        return s.plan.add(LENGTH_OF, (elements,), (), None, applied.place)
    if not isinstance(elements, Elements):
        return FAILED
    if not elements.is_known:
        return s.knowledge.awaited(NUMBER, (), applied.place)
    return s.plan.add(NUMBER_LITERAL, (), (float(elements.length),), None, applied.place)


def _subsequence(s: Sequences, applied: Application) -> Task:
    start = applied.values[1] if len(applied.values) == 3 else None
    return _part(s, applied, start, applied.values[-1])


def _slice(s: Sequences, applied: Application) -> Task:
    assert isinstance(applied.expression, Slice)
    bounds = iter(applied.values[1:])
    start = next(bounds) if applied.expression.start is not None else None
    stop = next(bounds) if applied.expression.stop is not None else None
    return _part(s, applied, start, stop)


def _part(s: Sequences, applied: Application, start: Value | None, stop: Value | None) -> Task:
    """The elements of a sequence from start up to stop."""
    elements = _elements(s, applied.values[0], 0, applied)
    if not isinstance(elements, Elements):
        return FAILED
    bounds = [0, elements.length]
    is_known = elements.is_known
    for number, bound in enumerate((start, stop)):
        if bound is None:
            continue
        what = "a slice begins at" if number == 0 else "a slice ends before"
        position = number + 1 if start is not None else 1
        whole = _whole(s, bound, position, what, applied)
        if whole is NOT_KNOWN:
            is_known = False
        elif whole is FAILED:
            return FAILED
        elif whole < 0:
            hint = f"the sequence has {counted(elements.length)}"
            message = f"{what} an index, counted from 0, found {whole}"
            return s.messages.error(message, applied.place, hint=hint)
        else:
            bounds[number] = min(whole, elements.length)
    if not is_known:
        asked = tuple(b for b in (start, stop) if isinstance(b, int))
        return (yield s.some(elements, asked, applied.place, bounds[0]))
    first, last = bounds
    indices: Any = range(first, max(first, last))
    rule = elements.rule
    # A slice of a slice looks at the sequence itself.
    view = (
        SelectedElements(rule.of, rule.indices[first:last])
        if isinstance(rule, SelectedElements)
        else None
    )
    return Elements(len(indices), elements.type, view or SelectedElements(elements, indices))


# What they take


def _elements(
    s: Sequences, value: Value, argument: int, applied: Application, or_operation: bool = False
) -> Value:
    """An argument that must be a sequence, with its elements.

    With `or_operation` it may be an operation that only running the program gives the result of.
    """
    found = type_of(s.plan, value)
    if found.element is None:
        index = type_of(s.plan, applied.values[1]) if applied.function.binding is INDEX else None
        return s.messages.tell(complaints.no_sequence(applied, argument, found, index))
    if or_operation and isinstance(value, int) and s.knowledge.now(value) is NOT_KNOWN:
        return value
    return s.known(value, applied.place)


def _function(s: Sequences, applied: Application) -> FunctionValue | None:
    """The first argument, which must be a function; None where it is none, which is told."""
    value = applied.values[0]
    if isinstance(value, FunctionValue):
        return value
    s.messages.tell(complaints.no_function(applied, type_of(s.plan, value)))
    return None


def _of(function: FunctionValue, applied: Application, *values: Value) -> Application:
    """The function applied to values, where the program applies what goes through them."""
    return Application(function, values, applied.expression, applied.frame)


def _is_number(s: Sequences, value: Value, argument: int, what: str, applied: Application) -> bool:
    found = type_of(s.plan, value)
    if found != NUMBER:
        s.messages.tell(complaints.no_number(applied, argument, what, found))
    return found == NUMBER


def _whole(
    s: Sequences, value: Value, argument: int, what: str, applied: Application
) -> int | NotKnown | Failed:
    """A whole number, or NOT_KNOWN where only running the program tells it, or FAILED."""
    if not _is_number(s, value, argument, what, applied):
        return FAILED
    assert isinstance(value, int)
    (number,) = s.knowledge.asked([value])
    if isinstance(number, NotKnown):
        return number
    if number != number // 1:
        span = complaints.argument_of(applied.expression, argument).span
        message = f"{what} a whole number, found {number:g}"
        return s.messages.error(message, applied.place, span=span)
    return int(number)


CARRIED_OUT: Mapping[Builtin, Callable[[Sequences, Application], Task | Value]] = {
    MAP: _map,
    FILTER: _filter,
    FOLD: _fold,
    RANGE: _range,
    INDEX: _index,
    LENGTH: _length,
    SUBSEQUENCE: _subsequence,
    SLICE: _slice,
    APPEND: _append,
}
