"""From code to workplan: functions and loops unfolded, types checked, every image given its space.

Reduction evaluates nothing. A constant is reduced once, a function once per distinct arguments, an
element of a sequence when something asks for it, so the plan is as long as the program means, not
as long as it would be written out. Nothing recurses on Python's stack: what takes steps that may
themselves take steps is a generator that yields them to `_carried_out`.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, field
from itertools import count
from os import urandom
from typing import Any

from voxlogica.images.errors import ImageFileError
from voxlogica.images.geometry import Geometry
from voxlogica.images.reading import ImageFile
from voxlogica.language.bindings import (
    FAILED,
    Applicable,
    Elements,
    Form,
    Function,
    Mapped,
    Numbers,
    Overloaded,
    Value,
    View,
    signatures,
    takes,
)
from voxlogica.language.builtins import FILTER, FOLD, INDEX, MAP, RANGE, SLICE, SUBSEQUENCE, Builtin
from voxlogica.language.code import Declared, Step
from voxlogica.language.grids import Grids, Wanting, choose, components
from voxlogica.language.places import diagnose
from voxlogica.language.resolver import arity_error
from voxlogica.language.workplan import Frame, Occasion, Place, WorkPlan
from voxlogica.primitives import namespace
from voxlogica.primitives.literals import (
    AT,
    BOOL_LITERAL,
    LOAD,
    NUMBER_LITERAL,
    SEQUENCE,
    STRING_LITERAL,
)
from voxlogica.primitives.signature import (
    ANY,
    BOOL,
    FUNCTION,
    MODEL,
    NUMBER,
    REGION,
    STRING,
    VALUATION,
    OperationError,
    Operator,
    Parameter,
    Standing,
    Type,
    accepts,
    sequence_of,
)
from voxlogica.syntax.ast import Call, Expression, Fold, Loop, Slice
from voxlogica.syntax.diagnostics import Diagnostic, Note
from voxlogica.syntax.source import Span

_LITERALS: dict[type, Operator] = {
    float: NUMBER_LITERAL,
    bool: BOOL_LITERAL,
    str: STRING_LITERAL,
}

# Operators so quick that they are carried out while reducing, where all they rest on is known.
_IMMEDIATE = frozenset({"scalars", "sequences", "strings", "folders", "literals"})

# What a fold begins with, where the program does not say; the others begin with the first element.
_STARTS: dict[str, float | bool] = {"+": 0.0, "-": 0.0, "*": 1.0, "&&": True, "||": False}

# Steps that may take others: each is yielded, and its result sent back.
Task = Generator["Task", Any, Any]


class _NotKnown:
    """Stands for a value that only running the program tells."""


_NOT_KNOWN = _NotKnown()

# Tells apart the effects of a program, the later ones by greater numbers.
_EFFECTS = count(1)


@dataclass(slots=True)
class Reducer:
    """Reduces the expressions of one program into a plan that other programs may share."""

    plan: WorkPlan
    # The grids of the files that are loaded, and their names, in the order of loading.
    files: dict[Geometry, str]
    report: Callable[[Diagnostic], None]
    operators: dict[str, tuple[Operator, ...]]
    open_image: Callable[[str], ImageFile]
    grids: Grids = field(init=False)
    _called: dict[tuple[Declared, tuple[Value, ...], tuple[Value, ...]], Value] = field(
        default_factory=dict
    )
    _listed: dict[Elements, int] = field(default_factory=dict)
    _known: dict[int, Any] = field(default_factory=dict)
    _chosen: dict[tuple[Any, ...], Operator | None] = field(default_factory=dict)
    _reported: set[tuple[object, ...]] = field(default_factory=set)
    # Of each path, the image that was last written there, and the operation that does.
    _written: dict[int, tuple[int, int]] = field(default_factory=dict)
    # Tells the operations of this run from those of others.
    _occasion: str = field(default_factory=lambda: urandom(16).hex())

    def __post_init__(self) -> None:
        self.grids = Grids(self.plan, self.files, self._complain, self._warn, FAILED)

    def reduce(self, expression: Declared) -> Value:
        """The value of a constant's code, or FAILED."""
        value: Value = _carried_out(self._run(expression, (), (), None))
        return value

    def operation(self, value: Value, place: Place) -> int:
        """The operation whose result is the value, of a sequence with all its elements, or FAILED.

        A function is none, and an error.
        """
        position: int = _carried_out(self._operation(value, place))
        return position

    def leaves(self, value: Value, place: Place) -> Iterator[tuple[tuple[int, ...], int]]:
        """The operations of a sequence's elements, of nested ones too, with their indices."""
        waiting: list[tuple[tuple[int, ...], Value]] = [((), value)]
        while waiting:
            indices, item = waiting.pop()
            if isinstance(item, Elements):
                waiting += (
                    ((*indices, i), _carried_out(self._element(item, i)))
                    for i in reversed(range(item.length))
                )
            else:
                yield indices, self.operation(item, place)

    def type_of(self, value: Value) -> Type:
        """The type of a value that has not failed."""
        if isinstance(value, int):
            return self.plan.kinds[value].type
        return sequence_of(value.type) if isinstance(value, Elements) else FUNCTION

    def _run(
        self,
        function: Declared,
        captured: tuple[Value, ...],
        arguments: tuple[Value, ...],
        frame: Frame | None,
    ) -> Task:
        """The value of a function's code on some arguments."""
        stack: list[Any] = []
        returns: list[tuple[Any, ...]] = []
        code, at = function.code, 0
        key = (function, captured, arguments)
        local = _locals(function, captured, arguments)
        while True:
            if at == len(code):
                if not returns:
                    return stack.pop()
                self._called[key] = stack[-1]
                code, at, local, frame, key = returns.pop()
                continue
            step, operand, count, expression = code[at]
            at += 1
            if step is Step.LOCAL:
                stack.append(local[operand])
                continue
            if step is Step.CONSTANT:
                stack.append(operand.value)
                continue
            if step is Step.LITERAL:
                place = Place(expression.span, frame)
                stack.append(self.plan.add(_LITERALS[type(operand)], (), (operand,), None, place))
                continue
            if step is Step.BIND:
                local[operand] = stack.pop()
                continue
            if step is Step.CLOSE:
                closed, places = operand
                stack.append(Function(closed.name, closed, tuple(local[p] for p in places)))
                continue
            values = tuple(stack[len(stack) - count :])
            del stack[len(stack) - count :]
            if step is Step.COLLECT:
                stack.append(self._collect(values, expression, frame))
                continue
            if step is Step.FUNCTION:
                name, binding = operand
                stack.append(Function(name, binding))
                continue
            if step is Step.FAIL:
                stack.append(FAILED)
                continue
            callee, captured = operand, ()
            if step is Step.CALL_VALUE:
                applied = operand.value if isinstance(operand, Declared) else local[operand]
                if applied == FAILED:
                    stack.append(FAILED)
                    continue
                if not isinstance(applied, Function):
                    self._not_a_function(applied, expression, frame)
                    stack.append(FAILED)
                    continue
                callee, captured = applied.binding, applied.captured
            if isinstance(callee, Overloaded) and all(type(v) is int for v in values):
                form = self._form(callee, values)
                callee = callee if form is None else form
            if isinstance(callee, Declared) and len(callee.parameters) == count:
                if callee.span.source.shipped:
                    values = self.grids.joined(values)
                called = (callee, captured, values)
                known = self._called.get(called)
                if known is not None:
                    stack.append(known)
                    continue
                returns.append((code, at, local, frame, key))
                if callee.name:
                    frame = Frame(callee.name, callee.parameters, expression, values, frame)
                code, at, key = callee.code, 0, called
                local = _locals(callee, captured, values)
            elif isinstance(callee, tuple) and all(type(v) is int for v in values):
                stack.append(self._operate(callee, values, expression, frame))
            else:
                applied = Function(_name(expression, callee), callee, captured)
                stack.append((yield self._apply(applied, values, expression, frame)))

    def _apply(
        self,
        function: Function,
        values: tuple[Value, ...],
        expression: Expression,
        frame: Frame | None,
    ) -> Task:
        """What a function gives for some arguments."""
        binding = function.binding
        if len(values) not in takes(binding):
            place = Place(expression.span, frame)
            wrong = arity_error(function.name or "for", binding, len(values), expression.span)
            self._complain(wrong.message, place, notes=list(wrong.notes))
            return FAILED
        if isinstance(binding, Declared):
            if binding.span.source.shipped:
                values = self.grids.joined(values)
            called = (binding, function.captured, values)
            known = self._called.get(called)
            if known is None:
                if binding.name:
                    frame = Frame(binding.name, binding.parameters, expression, values, frame)
                known = yield self._run(binding, function.captured, values, frame)
                self._called[called] = known
            return known
        if FAILED in values:
            return FAILED
        if isinstance(binding, Builtin):
            return (yield _BUILTINS[binding](self, values, expression, frame))
        given = next((v for v in values if isinstance(v, Function)), None)
        if given is not None:
            self._function_as_value(given, values.index(given), expression, frame)
            return FAILED
        if isinstance(binding, Overloaded):
            return (yield self._overloaded(binding, values, expression, frame))
        place = Place(expression.span, frame)
        types = tuple(self.type_of(v) for v in values)
        operands = list(values)
        for number, value in enumerate(values):
            if isinstance(value, Elements):
                if not _may_take(binding, types, number):
                    self._mismatch(binding, values, types, expression, place, function.name)
                    return FAILED
                operands[number] = yield self._operation(value, place)
        return self._operate(binding, tuple(operands), expression, frame, function.name)

    def placed(self, node: int, place: Place) -> int:
        """The operation on the default space, where it has none of its own."""
        return self.grids.placed(node, place)

    def _operate(
        self,
        overloads: tuple[Operator, ...],
        values: tuple[Any, ...],
        expression: Expression,
        frame: Frame | None,
        name: str = "",
    ) -> Value:
        if FAILED in values:
            return FAILED
        place = Place(expression.span, frame)
        operator = self._choice(overloads, values)
        if operator is None:
            types = tuple(self.plan.kinds[v].type for v in values)
            self._mismatch(overloads, values, types, expression, place, name)
            return FAILED
        (intensity,) = self.operators["intensity"]
        wanting = _wanting(name or _name(expression, overloads), place)
        values, space = self.grids.arguments(operator, values, place, wanting, intensity)
        if FAILED in values:
            return FAILED
        if operator.family == "constants" and not operator.spaceless:
            # On the grid of an image, such as `border(img)`: the constant, drawn there.
            spaceless = next(o for o in overloads if o.spaceless)
            constant = self.plan.add(spaceless, (), (), None, place)
            of = self.plan.kinds[values[0]].space
            return constant if of is None else self.grids.in_space(constant, of)
        if operator.standing is not Standing.FIXED:
            return self._from_outside(operator, values, place)
        result = space if operator.result.is_image else None
        return self.plan.add(operator, values, (), result, place)

    def _choice(self, overloads: tuple[Operator, ...], values: tuple[Any, ...]) -> Operator | None:
        """The overload for arguments with the types of these, and models with what is in them."""
        kinds = self.plan.kinds
        types = tuple(kinds[v].type for v in values)
        computed = tuple(
            found == MODEL and components(self.plan, value) is None
            for value, found in zip(values, types, strict=True)
        )
        key = (overloads, types, computed)
        if key not in self._chosen:
            self._chosen[key] = choose(overloads, types, computed)
        return self._chosen[key]

    def _from_outside(self, operator: Operator, values: tuple[int, ...], place: Place) -> Value:
        """An operation that rests on more than its arguments, or changes something.

        The content of a file, and of a folder, is a constant of the plan where its name is known.
        Else the operation is one of this run alone.
        """
        if operator.name == "simpleitk.ReadImage" and self._value_now(values[0]) is not _NOT_KNOWN:
            return self._read(values, place)
        if operator.family in _IMMEDIATE and all(
            self._value_now(value) is not _NOT_KNOWN for value in values
        ):
            try:
                found = operator.function(*map(self._value_now, values))
            except OperationError as problem:
                self._complain(problem.message, place, hint=problem.hint)
                return FAILED
            return self._literal(found, operator.result, place, FAILED)
        order = (0, 0)
        if operator.standing is Standing.EFFECT:
            image, path, *_ = values
            before = self._written.get(path)
            if before is not None and before[0] == image:
                return before[1]
            order = (len(self.plan.goals), next(_EFFECTS))
        occasion = Occasion(self._occasion, order)
        position = self.plan.add(operator, values, (occasion,), None, place)
        if operator.standing is Standing.EFFECT:
            self._written[path] = (image, position)
        return position

    def _read(self, values: tuple[int, ...], place: Place) -> int:
        """The image in a file whose name is known, with the type of values that is asked for."""
        path = self._value_now(values[0])
        try:
            file = self.open_image(path)
        except ImageFileError as problem:
            self._complain(problem.message, place, hint=problem.hint)
            return FAILED
        for message in file.warnings:
            self._warn(message, place)
        self.grids.files.setdefault(file.geometry, path)
        node = self.plan.add(LOAD, (), (file,), file.geometry, place)
        if len(values) == 1:
            return node
        (cast,) = namespace("simpleitk")["Cast"]
        return self.plan.add(cast, (node, values[1]), (), file.geometry, place)

    # Overloaded operators

    def _form(self, overloaded: Overloaded, values: tuple[Any, ...]) -> Form | None:
        """What the operator stands for, for these operations."""
        if FAILED in values:
            return None
        kinds = self.plan.kinds
        types = tuple(kinds[v].type for v in values)
        form = overloaded.forms.get(types)
        # A model counts as numbers; what a filter gave, also as a region.
        for counting in (VALUATION, REGION):
            if form is None and MODEL in types:
                form = overloaded.forms.get(
                    tuple(
                        counting
                        if t == MODEL
                        and (counting == VALUATION or components(self.plan, v) is None)
                        else t
                        for t, v in zip(types, values, strict=True)
                    )
                )
        return form

    def _overloaded(
        self,
        overloaded: Overloaded,
        values: tuple[Value, ...],
        expression: Expression,
        frame: Frame | None,
    ) -> Task:
        """An overloaded operator, of sequences element by element."""
        place = Place(expression.span, frame)
        types = tuple(self.type_of(v) for v in values)
        if not any(t.element for t in types):
            operands: Any = values
            form = self._form(overloaded, operands)
            if form is None:
                candidates = _as_operators(overloaded)
                name = overloaded.name
                self._mismatch(candidates, operands, types, expression, place, name)
                return FAILED
            called = form.name if isinstance(form, Declared) else overloaded.name
            return (yield self._apply(Function(called, form), values, expression, frame))
        parts: list[Value] = []
        for value, found in zip(values, types, strict=True):
            parts.append((yield self._sequence(value, place)) if found.element else value)
        if FAILED in parts:
            return FAILED
        function = Function(overloaded.name, overloaded)
        return (yield self._mapped(function, tuple(parts), expression, frame))

    # Sequences

    def _collect(
        self, values: tuple[Value, ...], expression: Expression, frame: Frame | None
    ) -> Value:
        if FAILED in values:
            return FAILED
        place = Place(expression.span, frame)
        common = ANY
        for value in values:
            found = self.type_of(value)
            joined = _joined_type(common, found)
            if joined is None:
                self._complain(
                    f"the elements of a sequence have one type: found {common} and {found}", place
                )
                return FAILED
            common = joined
        return Elements(len(values), common, None, dict(enumerate(values)))

    def _operation(self, value: Value, place: Place) -> Task:
        if isinstance(value, int):
            return value
        if isinstance(value, Function):
            self._function_as_value(value, None, None, place.frame, place)
            return FAILED
        known = self._listed.get(value)
        if known is not None:
            return known
        items: list[int] = []
        for i in range(value.length):
            element = yield self._element(value, i)
            item = yield self._operation(element, place)
            items.append(self.placed(item, place))
            if items[-1] == FAILED:
                return FAILED
        result = sequence_of(value.type)
        self._listed[value] = self.plan.add(SEQUENCE, tuple(items), (), None, place, result)
        return self._listed[value]

    def _sequence(self, value: Value, place: Place) -> Task:
        """The elements of a value that is a sequence."""
        if isinstance(value, int) and value != FAILED:
            known = self._value(value, place)
            if known is _NOT_KNOWN:
                return FAILED
            return self._literal(known, self.plan.kinds[value].type, place, value)
        return value
        yield

    def _literal(self, known: Any, found: Type, place: Place, operation: int) -> Value:
        """A value as if it had been written, with the type of the operation that it comes of."""
        if found.element is None:
            if found == NUMBER:
                known = float(known)
            return self.plan.add(_LITERALS[type(known)], (), (known,), None, place)
        literal = found.element in (NUMBER, BOOL, STRING) or found.element.element is not None
        made: dict[int, Value] = {}
        for i, item in enumerate(known):
            if literal:
                made[i] = self._literal(item, found.element, place, operation)
            else:
                at = self.plan.add(NUMBER_LITERAL, (), (float(i),), None, place)
                made[i] = self.plan.add(AT, (operation, at), (), None, place, found.element)
        return Elements(len(known), found.element, None, made)

    def _element(self, sequence: Elements, i: int) -> Task:
        """An element of a sequence, reduced the first time that it is asked for."""
        made = sequence.made.get(i)
        if made is not None:
            return made
        rule = sequence.rule
        if isinstance(rule, Numbers):
            number = float(rule.first + i)
            element: Value = self.plan.add(NUMBER_LITERAL, (), (number,), None, rule.place)
        elif isinstance(rule, View):
            element = yield self._element(rule.of, rule.places[i])
        else:
            assert isinstance(rule, Mapped)
            function, arguments, expression, frame = rule
            values: list[Value] = []
            for argument in arguments:
                if isinstance(argument, Elements):
                    argument = yield self._element(argument, i)
                values.append(argument)
            element = yield self._apply(function, tuple(values), expression, frame)
            if element != FAILED:
                found = self.type_of(element)
                joined = _joined_type(sequence.type, found)
                if joined is None:
                    self._complain(
                        "the elements of a sequence have one type: found "
                        f"{sequence.type} and {found}",
                        Place(expression.span, frame),
                    )
                    element = FAILED
                else:
                    sequence.type = joined
        sequence.made[i] = element
        return element

    def _mapped(
        self,
        function: Function,
        arguments: tuple[Value, ...],
        expression: Expression,
        frame: Frame | None,
    ) -> Task:
        """The sequence of what a function gives, element by element; its first one is reduced."""
        lengths = [a.length for a in arguments if isinstance(a, Elements)]
        if len(set(lengths)) > 1:
            self._complain(
                f"`{function.name}` joins sequences element by element: one has "
                f"{_elements(lengths[0])}, the other {lengths[1]}",
                Place(expression.span, frame),
            )
            return FAILED
        rule = Mapped(function, arguments, expression, frame)
        mapped = Elements(lengths[0], ANY, rule)
        if mapped.length and (yield self._element(mapped, 0)) == FAILED:
            return FAILED
        return mapped

    def _map(self, values: tuple[Value, ...], expression: Expression, frame: Frame | None) -> Task:
        function, sequence = values
        if not self._is_function(function, 0, expression, frame):
            return FAILED
        elements = yield self._gone_through(sequence, 1, expression, frame)
        if elements == FAILED:
            return FAILED
        assert isinstance(function, Function)
        return (yield self._mapped(function, (elements,), expression, frame))

    def _filter(
        self, values: tuple[Value, ...], expression: Expression, frame: Frame | None
    ) -> Task:
        function, sequence = values
        assert isinstance(function, Function)
        elements = yield self._gone_through(sequence, 1, expression, frame)
        if elements == FAILED:
            return FAILED
        kept: list[int] = []
        for i in range(elements.length):
            element = yield self._element(elements, i)
            condition = yield self._apply(function, (element,), expression, frame)
            if condition == FAILED:
                return FAILED
            found = self.type_of(condition)
            place = Place(expression.span, frame)
            if found != BOOL:
                assert isinstance(expression, Loop)
                self._complain(
                    f"`filter` keeps those for which a bool is true, found {_article(found)}",
                    place,
                    span=expression.body.span,
                    label=f"this is {_article(found)}",
                    hint=_CONVERSIONS.get((found, BOOL)),
                )
                return FAILED
            is_true = self._value(condition, place)
            if is_true is _NOT_KNOWN:
                return FAILED
            if is_true:
                kept.append(i)
        return Elements(len(kept), elements.type, View(elements, kept))

    def _fold(self, values: tuple[Value, ...], expression: Expression, frame: Frame | None) -> Task:
        function, *starts, sequence = values
        assert isinstance(expression, Fold)
        if not self._is_function(function, 0, expression, frame):
            return FAILED
        assert isinstance(function, Function)
        elements = yield self._gone_through(sequence, len(values) - 1, expression, frame)
        if elements == FAILED:
            return FAILED
        place = Place(expression.span, frame)
        name = function.name
        first = 0
        if starts:
            (joined,) = starts
        elif isinstance(function.binding, Overloaded) and name == "/":
            self._complain(
                "`fold /` needs a start value",
                place,
                hint="write it before the sequence: `fold / 1 s`",
            )
            return FAILED
        elif (
            isinstance(function.binding, Overloaded)
            and name in _STARTS
            and not (elements.type == REGION and name in ("&&", "||"))
        ):
            start = _STARTS[name]
            joined = self.plan.add(_LITERALS[type(start)], (), (start,), None, place)
        elif elements.length == 0:
            self._complain(
                f"`fold {name}` of an empty sequence has no value",
                place,
                span=expression.sequence.span,
                hint=f"give it a start value: `fold {name} start s`",
            )
            return FAILED
        else:
            joined, first = (yield self._element(elements, 0)), 1
        for i in range(first, elements.length):
            element = yield self._element(elements, i)
            joined = yield self._apply(function, (joined, element), expression, frame)
            if joined == FAILED:
                return FAILED
        return joined

    def _range(
        self, values: tuple[Value, ...], expression: Expression, frame: Frame | None
    ) -> Task:
        bounds: list[int] = []
        for number, value in enumerate(values):
            what = "stop" if number == len(values) - 1 else "start"
            bound = yield self._whole(value, number, f"`range` takes {what} as", expression, frame)
            if bound is None:
                return FAILED
            bounds.append(bound)
        start, stop = bounds if len(bounds) == 2 else (0, *bounds)
        rule = Numbers(start, Place(expression.span, frame))
        return Elements(max(0, stop - start), NUMBER, rule)

    def _index(
        self, values: tuple[Value, ...], expression: Expression, frame: Frame | None
    ) -> Task:
        elements = yield self._gone_through(values[0], 0, expression, frame, or_operation=True)
        if elements == FAILED:
            return FAILED
        place = Place(expression.span, frame)
        if not self._is_number(values[1], 1, "an index is", expression, frame):
            return FAILED
        assert isinstance(values[1], int)
        # Of numbers and such, the choice can wait until the program runs.
        of = elements.type if isinstance(elements, Elements) else self.type_of(elements).element
        is_known = self._value_now(values[1]) is not _NOT_KNOWN
        if (not is_known and of in (NUMBER, BOOL, STRING)) or not isinstance(elements, Elements):
            listed = yield self._operation(elements, place)
            if listed == FAILED:
                return FAILED
            return self.plan.add(AT, (listed, values[1]), (), None, place, of)
        i = yield self._whole(values[1], 1, "an index is", expression, frame)
        if i is None:
            return FAILED
        if not 0 <= i < elements.length:
            self._complain(
                f"index {i} is out of range: the sequence has {_elements(elements.length)}",
                place,
                hint="the first element has index 0"
                + (f", the last {elements.length - 1}" if elements.length else ""),
            )
            return FAILED
        return (yield self._element(elements, i))

    def _subsequence(
        self, values: tuple[Value, ...], expression: Expression, frame: Frame | None
    ) -> Task:
        start = values[1] if len(values) == 3 else None
        return (yield self._part(values[0], start, values[-1], expression, frame))

    def _slice(
        self, values: tuple[Value, ...], expression: Expression, frame: Frame | None
    ) -> Task:
        assert isinstance(expression, Slice)
        bounds = iter(values[1:])
        start = next(bounds) if expression.start is not None else None
        stop = next(bounds) if expression.stop is not None else None
        return (yield self._part(values[0], start, stop, expression, frame))

    def _part(
        self,
        sequence: Value,
        start: Value | None,
        stop: Value | None,
        expression: Expression,
        frame: Frame | None,
    ) -> Task:
        elements = yield self._gone_through(sequence, 0, expression, frame)
        if elements == FAILED:
            return FAILED
        bounds = [0, elements.length]
        for number, bound in enumerate((start, stop)):
            if bound is None:
                continue
            what = "a slice begins at" if number == 0 else "a slice ends before"
            position = number + 1 if start is not None else 1
            whole = yield self._whole(bound, position, what, expression, frame)
            if whole is None:
                return FAILED
            if whole < 0:
                self._complain(
                    f"{what} an index, counted from 0, found {whole}",
                    Place(expression.span, frame),
                    hint=f"the sequence has {_elements(elements.length)}",
                )
                return FAILED
            bounds[number] = min(whole, elements.length)
        first, last = bounds
        places: Any = range(first, max(first, last))
        rule = elements.rule
        if isinstance(rule, View):
            # A slice of a slice looks at the sequence itself.
            return Elements(len(places), elements.type, View(rule.of, rule.places[first:last]))
        return Elements(len(places), elements.type, View(elements, places))

    # What builtins take

    def _gone_through(
        self,
        value: Value,
        argument: int,
        expression: Expression,
        frame: Frame | None,
        or_operation: bool = False,
    ) -> Task:
        """The elements of an argument, which must be a sequence."""
        place = Place(expression.span, frame)
        found = self.type_of(value)
        if found.element is None:
            self._complain(
                f"{_said(expression)} a sequence, found {_article(found)}",
                place,
                span=_argument(expression, argument).span,
                label=f"this is {_article(found)}",
            )
            return FAILED
        if or_operation and isinstance(value, int) and self._value_now(value) is _NOT_KNOWN:
            return value
        return (yield self._sequence(value, place))

    def _is_function(
        self, value: Value, argument: int, expression: Expression, frame: Frame | None
    ) -> bool:
        if isinstance(value, Function):
            return True
        found = _article(self.type_of(value))
        self._complain(
            f"{_said(expression)} a function, found {found}",
            Place(expression.span, frame),
            span=_argument(expression, argument).span,
            label=f"this is {found}",
            hint="the name of a declared function, or of an operator",
        )
        return False

    def _is_number(
        self, value: Value, argument: int, what: str, expression: Expression, frame: Frame | None
    ) -> bool:
        found = self.type_of(value)
        if found == NUMBER:
            return True
        self._complain(
            f"{what} a whole number, found {_article(found)}",
            Place(expression.span, frame),
            span=_argument(expression, argument).span,
            label=f"this is {_article(found)}",
            hint=_CONVERSIONS.get((found, NUMBER)),
        )
        return False

    def _whole(
        self, value: Value, argument: int, what: str, expression: Expression, frame: Frame | None
    ) -> Task:
        """A whole number that is known, or None."""
        if not self._is_number(value, argument, what, expression, frame):
            return None
        assert isinstance(value, int)
        place = Place(expression.span, frame)
        number = self._value(value, place)
        if number is _NOT_KNOWN:
            return None
        if number != number // 1:
            self._complain(
                f"{what} a whole number, found {number:g}",
                place,
                span=_argument(expression, argument).span,
            )
            return None
        return int(number)
        yield

    # Known values

    def _value(self, position: int, place: Place) -> Any:
        """What an operation results in, where reduction needs to know it."""
        value = self._value_now(position)
        if value is _NOT_KNOWN:
            self._complain("this depends on image data, which is not there yet", place)
        return value

    def _value_now(self, position: int) -> Any:
        """What an operation results in, if all it rests on is written in the program."""
        known, nodes = self._known, self.plan.nodes
        waiting = [position]
        while waiting:
            current = waiting[-1]
            if current in known:
                waiting.pop()
                continue
            node = nodes[current]
            if (
                node.operator.family not in _IMMEDIATE
                or node.operator is LOAD
                or node.operator.standing is not Standing.FIXED
            ):
                known[current] = _NOT_KNOWN
                continue
            missing = [a for a in node.arguments if a not in known]
            if missing:
                waiting += missing
                continue
            arguments = [known[a] for a in node.arguments]
            if _NOT_KNOWN in arguments:
                known[current] = _NOT_KNOWN
            else:
                # An operation that fails does so when it is carried out, if it ever is.
                try:
                    known[current] = node.operator.function(*arguments, *node.constants)
                except OperationError:
                    known[current] = _NOT_KNOWN
        return known[position]

    # Messages

    def _function_as_value(
        self,
        function: Function,
        argument: int | None,
        expression: Expression | None,
        frame: Frame | None,
        place: Place | None = None,
    ) -> None:
        """That a function stands where a value is wanted."""
        place = place or Place(expression.span, frame) if expression else place
        assert place is not None
        span = _argument(expression, argument).span if expression and argument is not None else None
        self._complain(
            f"`{function.name}` is a function, and a value is wanted here",
            place,
            span=span,
            notes=[Note(text) for text in signatures(function.binding, function.name)[:4]],
            hint=f"apply it to arguments: `{function.name}(…)`",
        )

    def _not_a_function(self, value: Value, expression: Expression, frame: Frame | None) -> None:
        assert isinstance(expression, Call)
        found = _article(self.type_of(value))
        self._complain(
            f"`{expression.name}` is {found}, not a function",
            Place(expression.span, frame),
            span=expression.name_span,
        )

    def _mismatch(
        self,
        overloads: tuple[Operator, ...],
        values: tuple[Any, ...],
        types: tuple[Type, ...],
        expression: Expression,
        place: Place,
        name: str = "",
    ) -> None:
        candidates = [o for o in overloads if o.takes_count(len(types))]
        is_called = isinstance(expression, Call) and name in ("", expression.name)
        name = name or (expression.name if isinstance(expression, Call) else overloads[0].name)
        # Of several, the one that all arguments but one fit, if it is one.
        near = [o for o in candidates if _misfits(types, o) == 1]
        candidates = near if len(near) == 1 else candidates
        wrong = next(
            (
                i
                for i, given in enumerate(types)
                if len(candidates) == 1 and not accepts(candidates[0].parameter(i).type, given)
            ),
            None,
        )
        given = wanted = None
        if wrong is not None:
            given, wanted = types[wrong], candidates[0].parameter(wrong).type
        parameter = candidates[0].parameter(wrong).name if wrong is not None else ""
        notes = [Note(o.signature) for o in candidates[:6]]
        call, passed, frame = expression, wrong, place.frame
        # In a function of a library that ships: speak of the author's own call, and of the argument
        # in it that is wrong.
        while call.span.source.shipped and frame is not None:
            position = None
            if passed is not None:
                at = (i for i, v in enumerate(frame.arguments) if v == values[passed])
                position = next(at, None)
            name, call, passed, values = frame.function, frame.call, position, frame.arguments
            is_called = isinstance(call, Call) and call.name == name
            types = tuple(self.type_of(v) for v in values)
            parameters = list(frame.parameters)
            if position is not None:
                parameter = parameters[position]
                parameters[position] += f": {wanted}"
            notes = [Note(f"declared as `{name}({', '.join(parameters)})`")]
            frame = frame.caller
        place = Place(call.span, frame)
        remedy = self._remedy(name, types)
        if passed is None or given is None or wanted is None:
            self._complain(
                f"`{name}` does not take ({', '.join(map(str, types))})",
                place,
                notes=notes,
                hint=remedy,
            )
            return
        argument = call.arguments[passed] if isinstance(call, Call) and is_called else None
        chained = isinstance(argument, Call) and argument.notation == "infix"
        if remedy is None and chained and given == REGION and name.strip(".") in _DOTTED:
            remedy = "`between(low, high, v)` bounds a value from both sides"
        elif (
            remedy is None
            and len(types) == 2
            and types[1 - passed] == wanted
            and given.is_image != wanted.is_image
        ):
            remedy = f"are the arguments the other way round? {notes[0].message}"
        self._complain(
            f"`{name}` expects {_article(wanted)} as {parameter}, found {_article(given)}",
            place,
            span=argument.span if argument is not None else None,
            label=f"this is {_article(given)}",
            notes=notes,
            hint=remedy or _CONVERSIONS.get((given, wanted)),
        )

    def _remedy(self, name: str, types: tuple[Type, ...]) -> str | None:
        """The operator of the same symbol, its dots put elsewhere, that takes these types."""
        core = name.strip(".")
        fitting = sorted(
            other
            for other, overloads in self.operators.items()
            if other != name
            and other.strip(".") == core
            and any(tuple(p.type for p in o.parameters) == types for o in overloads)
        )
        if fitting:
            return f"`{fitting[0]}` takes ({', '.join(map(str, types))})"
        # Those that the library declares: the dot stands on the number's side.
        if types in ((VALUATION, NUMBER), (NUMBER, VALUATION)) and core in _DOTTED:
            dotted = f"{core}." if types[0] == VALUATION else f".{core}"
            if dotted != name:
                return f"`{dotted}` takes ({', '.join(map(str, types))})"
        return None

    def _complain(
        self,
        message: str,
        place: Place,
        *,
        span: Span | None = None,
        label: str = "",
        notes: list[Note] | None = None,
        hint: str | None = None,
    ) -> None:
        self._say(
            diagnose("error", message, place, span=span, label=label, notes=notes or (), hint=hint)
        )

    def _warn(self, message: str, place: Place, *, hint: str | None = None) -> None:
        if (message,) not in self._reported:
            self._reported.add((message,))
            self._say(diagnose("warning", message, place, hint=hint))

    def _say(self, diagnostic: Diagnostic) -> None:
        span = diagnostic.span
        key = (diagnostic.message, span and (span.source, span.start))
        if key not in self._reported:
            self._reported.add(key)
            self.report(diagnostic)


def _carried_out(task: Task) -> Any:
    """The result of a step, of which it may have to take others first."""
    tasks = [task]
    result: Any = None
    while True:
        try:
            step = tasks[-1].send(result)
        except StopIteration as finished:
            tasks.pop()
            result = finished.value
            if not tasks:
                return result
        else:
            tasks.append(step)
            result = None


_BUILTINS: dict[Builtin, Callable[..., Task]] = {
    MAP: Reducer._map,
    FILTER: Reducer._filter,
    FOLD: Reducer._fold,
    RANGE: Reducer._range,
    INDEX: Reducer._index,
    SUBSEQUENCE: Reducer._subsequence,
    SLICE: Reducer._slice,
}


def _locals(
    function: Declared, captured: tuple[Value, ...], arguments: tuple[Value, ...]
) -> list[Any]:
    """The locals that a function's code begins with."""
    values: list[Any] = [*arguments, *([None] * (function.locals - len(arguments)))]
    for place, value in zip(function.captured, captured, strict=True):
        values[place] = value
    return values


def _name(expression: Expression, callee: Applicable) -> str:
    """What a program calls the thing that it applies."""
    if isinstance(expression, Call) and expression.notation != "index":
        return expression.name
    return callee[0].name if isinstance(callee, tuple) else callee.name


def _wanting(name: str, place: Place) -> Wanting:
    """Who wants an argument, in the author's own text: the operator, or a library's function."""
    span, frame = place
    if not span.source.shipped or frame is None:
        return Wanting(name, named=True)
    while span.source.shipped and frame is not None:
        name, span, frame = frame.function, frame.span, frame.caller
    return Wanting(name, named=False)


def _may_take(overloads: tuple[Operator, ...], types: tuple[Type, ...], position: int) -> bool:
    """Whether some overload takes so many arguments, and a value of this type as one of them."""
    return any(
        o.takes_count(len(types)) and accepts(o.parameter(position).type, types[position])
        for o in overloads
    )


def _misfits(types: tuple[Type, ...], operator: Operator) -> int:
    return sum(not accepts(operator.parameter(i).type, t) for i, t in enumerate(types))


def _joined_type(a: Type, b: Type) -> Type | None:
    """The type of both, if they have one type; the type of empty sequences is that of any."""
    if a in (ANY, b):
        return b
    if b == ANY:
        return a
    if a.element is None or b.element is None:
        return None
    element = _joined_type(a.element, b.element)
    return None if element is None else sequence_of(element)


def _as_operators(overloaded: Overloaded) -> tuple[Operator, ...]:
    """The forms of an operator, for messages."""
    return tuple(
        Operator(
            overloaded.name,
            tuple(Parameter(name, t) for name, t in zip("ab", types, strict=False)),
            form[0].result if isinstance(form, tuple) else types[-1],
            tuple,
            "",
            "",
        )
        for types, form in overloaded.forms.items()
    )


def _elements(count: int) -> str:
    return "1 element" if count == 1 else f"{count} elements"


def _said(expression: Expression) -> str:
    """How a message about what a builtin takes begins."""
    match expression:
        case Loop(kind):
            return f"`{kind}` goes through"
        case Fold():
            return "`fold` takes"
        case Slice():
            return "a slice is of"
        case Call(notation="index"):
            return "an index is into"
        case Call(name):
            return f"`{name}` takes"
    return "this takes"


def _argument(expression: Expression, argument: int) -> Expression:
    """The expression that an argument of a builtin was written as."""
    match expression:
        case Loop():
            return expression.body if argument == 0 else expression.sequence
        case Fold(operator, start, sequence):
            return (operator, *([start] if start else []), sequence)[argument]
        case Slice(sequence, start, stop):
            return (sequence, *(b for b in (start, stop) if b is not None))[argument]
        case Call(_, arguments):
            return arguments[argument]
    return expression


def _article(found: Type) -> str:
    """`a number`, `an image`, but `valuation(bool)` as it is."""
    name = str(found)
    return name if "(" in name else f"{'an' if name[0] in 'aeiou' else 'a'} {name}"


_DOTTED = frozenset({"<", "<=", ">", ">=", "=", "*", "+"})

# How to turn a value of one type into what was wanted.
_CONVERSIONS: dict[tuple[Type, Type], str] = {
    (MODEL, VALUATION): "`intensity(…)`, `red(…)`, `green(…)` and `blue(…)` give a model's values",
    (MODEL, REGION): "compare its values with a number: `intensity(…) >. 0` is a region",
    (VALUATION, REGION): "compare it with a number: `… >. 0` is a region",
    (REGION, VALUATION): "`booleanToNumber(1, …)` is 1 in the region, 0 elsewhere",
    (NUMBER, VALUATION): "`constant(…)` is an image that has the number everywhere",
    (BOOL, REGION): "`bconstant(…)` is the region that is all true or all false",
    (VALUATION, NUMBER): "`min`, `max` and `avg` give a number",
    (REGION, NUMBER): "`volume(…)` is the number of its voxels",
}
