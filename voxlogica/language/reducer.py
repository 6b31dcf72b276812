"""From code to workplan: functions and loops unfolded, types checked, every image given its space.

Reduction evaluates nothing itself: where it must know what image data says, it asks a stage of the
run, and without one it goes on with what stands for the value. A constant is reduced once, a
function once per distinct arguments, an element of a sequence when something asks for it, so the
plan is as long as the program means, not as long as it would be written out. Nothing recurses on
Python's stack: what takes steps that may themselves take steps is a generator that yields them to
`_carried_out`.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from itertools import count, zip_longest
from os import urandom
from typing import TYPE_CHECKING, Any, cast

from voxlogica.dataclass import dataclass, field, replace
from voxlogica.images.errors import ImageFileError
from voxlogica.images.geometry import Geometry
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
    takes,
)
from voxlogica.language.builtins import FILTER, FOLD, INDEX, MAP, RANGE, SLICE, SUBSEQUENCE, Builtin
from voxlogica.language.choosing import Refusal, chosen, is_choice, left_open, no_numbers
from voxlogica.language.code import Declared, Step
from voxlogica.language.grids import Grids, Wanting, called, choose, components
from voxlogica.language.libraries import beside
from voxlogica.language.limits import (
    DEEPEST_CALL,
    DEEPEST_SEQUENCE,
    LONGEST_KNOWN_TEXT,
    LONGEST_RANGE,
    MOST_VALUES,
    Rounds,
    Unfolding,
    endless,
)
from voxlogica.language.overloading import forms
from voxlogica.language.places import diagnose, users_own
from voxlogica.language.stages import Asking, Mark, Remembered, Window, parts, rests_on
from voxlogica.language.whole_numbers import exactly
from voxlogica.language.workplan import REACHED, Frame, Kind, Occasion, Place, Save, WorkPlan
from voxlogica.later import Later
from voxlogica.primitives import namespace
from voxlogica.primitives.literals import (
    AT,
    AWAITED,
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
    VALUE,
    OperationError,
    Operator,
    Standing,
    Type,
    accepts,
    sequence_of,
)
from voxlogica.primitives.whole_numbers import EXACT
from voxlogica.remarks import heard
from voxlogica.syntax.ast import Call, Expression, Fold, Loop, Slice
from voxlogica.syntax.diagnostics import Diagnostic, Note
from voxlogica.syntax.source import Span

if TYPE_CHECKING:
    from voxlogica.images.reading import ImageFile
    from voxlogica.language import complaints
else:
    complaints = Later("voxlogica.language.complaints")

# Looked up once, not a million times.
_BIND = Step.BIND
_CALL_VALUE = Step.CALL_VALUE
_CLOSE = Step.CLOSE
_COLLECT = Step.COLLECT
_CONSTANT = Step.CONSTANT
_FAIL = Step.FAIL
_FUNCTION = Step.FUNCTION
_LITERAL = Step.LITERAL
_LOCAL = Step.LOCAL

# The type of values that are operations.
_OPERATIONS = frozenset({int})

_LITERALS: dict[type, Operator] = {
    float: NUMBER_LITERAL,
    bool: BOOL_LITERAL,
    str: STRING_LITERAL,
}

# Operators so quick that they are carried out while reducing, where all they rest on is known.
_IMMEDIATE = frozenset({"scalars", "sequences", "strings", "folders", "literals"})

# How a value of a type is written, whatever scalar type computed it.
_AS_WRITTEN: dict[Type, Callable[[Any], Any]] = {NUMBER: float, BOOL: bool, STRING: str}
# The types of values that can stand as literals.
_SCALARS = frozenset({NUMBER, BOOL, STRING})

# What a fold begins with, where the program does not say; the others begin with the first element.
_STARTS: dict[str, float | bool] = {"+": 0.0, "-": 0.0, "*": 1.0, "&&": True, "||": False}

# So many elements of a loop are looked at for errors after the first one that has any.
_LOOKED_AT = 1_000
# And no more than so many that have some.
_TOLD = 100

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
    # Runs what reduction must know the results of; without, only types are looked at.
    stage: Asking | None = None
    # Whether there was something to ask.
    is_staged: bool = False
    grids: Grids = field(init=False)
    _called: dict[tuple[Declared, tuple[Value, ...], tuple[Any, ...]], Value] = field(
        default_factory=dict
    )
    _functions: dict[tuple[str, Applicable, tuple[Value, ...]], Function] = field(
        default_factory=dict
    )
    _listed: dict[Elements, int] = field(default_factory=dict)
    _known: dict[int, Any] = field(default_factory=dict)
    _chosen: dict[tuple[Any, ...], Operator | None] = field(default_factory=dict)
    # What overloads are, applied to such forms as need no change: the overloads, then the forms.
    _applied: dict[tuple[Any, ...], Kind] = field(default_factory=dict)
    # The literals of functions, which are met at every call, as operations with their ids.
    _literal_kinds: dict[Expression, tuple[Kind, bytes]] = field(default_factory=dict)
    _reported: set[tuple[object, ...]] = field(default_factory=set)
    _rounds: Rounds = field(default_factory=Rounds)
    # How many functions are being applied, each within the one before.
    _depth: int = 0
    # Of each path, the image that was last written there, and the operation that does.
    _written: dict[int, tuple[int, int]] = field(default_factory=dict)
    _remembered: Remembered = field(init=False)
    # Tells the operations of this run from those of others.
    _occasion: str = field(default_factory=lambda: urandom(16).hex())

    def __post_init__(self) -> None:
        self.grids = Grids(self.plan, self.files, self._complain, self._warn, FAILED)
        memos = (
            self._called,
            self._functions,
            self._listed,
            self._written,
            self._applied,
            self.grids.placements,
        )
        self._remembered = Remembered(self.plan, memos, self._known)

    def reduce(self, expression: Declared) -> Value:
        """The value of a constant's code, or FAILED.

        Raises VoxLogicaError where functions that are passed to themselves never end.
        """
        value: Value = _carried_out(self._run(expression, (), (), None))
        return value

    def operation(self, value: Value, place: Place) -> int:
        """The operation whose result is the value, of a sequence with all its elements, or FAILED.

        A function is none, and an error.
        """
        position: int = _carried_out(self._operation(value, place))
        return position

    def leaves(
        self, value: Value, place: Place, indices: tuple[int, ...] = ()
    ) -> Iterator[tuple[tuple[int, ...], int]]:
        """The operations of a sequence's elements, of nested ones too, with their indices.

        Goals that the caller makes of them are reached now and then, and their operations gone.
        """
        if not isinstance(value, Elements):
            yield indices, self.operation(value, place)
            return
        window = Window(self._remembered)
        goals = len(self.plan.goals)
        for i in self._rounds.of(value.length, place):
            element = _carried_out(self._element(value, i))
            yield from self.leaves(element, place, (*indices, i))
            if window.is_full:
                self._reached(window, goals, place)
                goals = len(self.plan.goals)

    def lengths(self, value: Value, place: Place) -> list[int]:
        """The length of a sequence, and of those within it the greatest, and so on."""
        if not isinstance(value, Elements):
            return []
        inner: list[int] = []
        window = Window(self._remembered)
        if value.type.element is not None or value.type == VALUE:
            for i in self._rounds.of(value.length, place):
                found = self.lengths(_carried_out(self._element(value, i)), place)
                both = zip_longest(inner, found, fillvalue=0)
                inner = [max(lengths) for lengths in both]
                if window.is_full:
                    self._reached(window, len(self.plan.goals), place)
        return [value.length, *inner]

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
        remembered = self._called
        returns: list[tuple[Any, ...]] = []
        code, at = function.code, 0
        # The caller remembers the result.
        key: tuple[Any, ...] = ()
        local = _locals(function, captured, arguments)
        unfolding = Unfolding()
        while True:
            if at == len(code):
                if not returns:
                    return stack.pop()
                remembered[key] = stack[-1]
                code, at, local, frame, key = returns.pop()
                continue
            step, operand, count, expression = code[at]
            at += 1
            if step is _LOCAL:
                stack.append(local[operand])
                continue
            if step is _CONSTANT:
                stack.append(operand.value)
                continue
            if step is _LITERAL:
                if frame is None:
                    place = Place(expression.span)
                    literal = _LITERALS[type(operand)]
                    stack.append(self.plan.add(literal, (), (operand,), None, place))
                    continue
                written = self._literal_kinds.get(expression)
                if written is None:
                    written = self._literal_kinds[expression] = self._literal_kind(operand)
                kind, identity = written
                stack.append(self.plan.add_of(kind, (), expression.span, frame, identity))
                continue
            if step is _BIND:
                local[operand] = stack.pop()
                continue
            if step is _CLOSE:
                closed, places = operand
                taken = tuple(local[p] for p in places)
                stack.append(self._function(closed.name, closed, taken))
                continue
            if count:
                values = tuple(stack[-count:])
                del stack[-count:]
            else:
                values = ()
            if step is _COLLECT:
                stack.append(self._collect(values, expression, frame))
                continue
            if step is _FUNCTION:
                name, binding = operand
                stack.append(self._function(name, binding))
                continue
            if step is _FAIL:
                stack.append(FAILED)
                continue
            callee, captured = operand, ()
            if step is _CALL_VALUE:
                applied = operand.value if isinstance(operand, Declared) else local[operand]
                if applied == FAILED:
                    stack.append(FAILED)
                    continue
                if not isinstance(applied, Function):
                    self._not_a_function(applied, expression, frame)
                    stack.append(FAILED)
                    continue
                callee, captured = applied.binding, applied.captured
            if isinstance(callee, Overloaded) and _OPERATIONS.issuperset(map(type, values)):
                form = self._form(callee, values)
                callee = callee if form is None else form
            if isinstance(callee, Declared) and len(callee.parameters) == count:
                if callee.span.source.shipped:
                    values = self.grids.joined(values)
                called = (
                    callee,
                    captured,
                    self._distinct(callee, values) if callee.ignored else values,
                )
                known = remembered.get(called)
                if known is not None:
                    stack.append(known)
                    continue
                returns.append((code, at, local, frame, key))
                if len(returns) > DEEPEST_CALL:
                    raise endless(Place(expression.span, frame))
                passed = step is _CALL_VALUE
                unfolding.check(callee, len(remembered), len(self.plan), expression, frame, passed)
                if callee.name:
                    frame = Frame(callee.name, callee.parameters, expression, values, frame)
                code, at, key = callee.code, 0, called
                local = _locals(callee, captured, values)
            elif isinstance(callee, tuple) and _OPERATIONS.issuperset(map(type, values)):
                stack.append(self._operate(callee, values, expression, frame))
            else:
                applied = Function(_name(expression, callee), callee, captured)
                stack.append((yield self._apply(applied, values, expression, frame)))

    def _distinct(self, called: Declared, values: tuple[Value, ...]) -> tuple[Any, ...]:
        """What tells apart calls: of arguments that are ignored, what their types are checked by.

        Models are told apart by more than their form, as the number of their components.
        """
        kinds = self.plan.kinds
        distinct: list[Any] = list(values)
        for n in called.ignored:
            value = values[n]
            if isinstance(value, int) and value != FAILED and kinds[value].type != MODEL:
                distinct[n] = kinds[value].form
        return tuple(distinct)

    def _function(
        self, name: str, binding: Applicable, captured: tuple[Value, ...] = ()
    ) -> Function:
        """The one value of a function with what it captured: equal ones are the same object."""
        key = (name, binding, captured)
        function = self._functions.get(key)
        if function is None:
            function = self._functions[key] = Function(name, binding, captured)
        return function

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
            name, at = function.name or "for", expression.span
            wrong = complaints.arity_error(name, binding, len(values), at, expression)
            if binding is INDEX:
                of = ANY if values[0] == FAILED else self.type_of(values[0])
                wrong = complaints.indices(expression, of)
            self._complain(wrong.message, place, notes=list(wrong.notes), hint=wrong.hint)
            return FAILED
        if isinstance(binding, Declared):
            if binding.span.source.shipped:
                values = self.grids.joined(values)
            called = (
                binding,
                function.captured,
                self._distinct(binding, values) if binding.ignored else values,
            )
            known = self._called.get(called)
            if known is None:
                if binding.name:
                    frame = Frame(binding.name, binding.parameters, expression, values, frame)
                self._depth += 1
                try:
                    if self._depth > DEEPEST_CALL:
                        raise endless(Place(expression.span, frame))
                    known = yield self._run(binding, function.captured, values, frame)
                finally:
                    # Also when the reducer lives on, in a session.
                    self._depth -= 1
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
                    self._mismatch(binding, values, expression, place, function.name)
                    return FAILED
                operands[number] = yield self._operation(value, place)
        return self._operate(binding, tuple(operands), expression, frame, function.name)

    def placed(self, node: int, place: Place) -> int:
        """The operation on the default space, where it has none of its own.

        A file from which something has yet to be chosen is no image.
        """
        if (
            node != FAILED
            and self.plan.kinds[node].operator is LOAD
            and not self._is_image(node, None, 0, place)
        ):
            return FAILED
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
        if overloads[0].name in EXACT:
            exact = exactly(self.plan, overloads, values, Place(expression.span, frame))
            if exact is not None:
                return exact
        kinds = self.plan.kinds
        forms = (overloads, *[kinds[v].form for v in values])
        kind = self._applied.get(forms)
        if kind is not None:
            return self.plan.add_of(kind, values, expression.span, frame)
        place = Place(expression.span, frame)
        operator = self._choice(overloads, values)
        if operator is None:
            self._mismatch(overloads, values, expression, place, name)
            return FAILED
        loaded = [i for i, v in enumerate(values) if kinds[v].operator is LOAD]
        if loaded and is_choice(operator):
            return self._taken(operator, values, place)
        if any(not self._is_image(values[i], operator, i, place) for i in loaded):
            return FAILED
        (intensity,) = self.operators["intensity"]
        wanting = _wanting(name or _name(expression, overloads), place)
        given = values
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
        if values == given and not operator.own_grid:
            kind = self.plan.kind(operator, len(values), (), result, operator.result)
            # Models are told apart by more than their form.
            if all(form.type != MODEL for form in forms[1:]):
                self._applied[forms] = kind
            return self.plan.add_of(kind, values, expression.span, frame)
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

    def _file(self, position: int) -> ImageFile:
        """The file that an operation loads."""
        file = self.plan.kinds[position].constants[0]
        return cast("ImageFile", file)

    def _is_image(self, value: int, operator: Operator | None, number: int, place: Place) -> bool:
        """Whether a file is one image, such as an operator wants; else an error tells how."""
        file = self._file(value)
        refusal = left_open(file)
        if refusal is None and operator is not None:
            refusal = no_numbers(file, operator, number)
        if refusal is not None:
            name = called(self.plan.places[value]) or "img"
            hint = refusal.hint and refusal.hint.replace("(img,", f"({name},")
            self._complain(refusal.message, place, hint=hint)
        return refusal is None

    def _taken(self, operator: Operator, values: tuple[int, ...], place: Place) -> Value:
        """Of the images in a file, the one of a channel or a frame: that alone is loaded."""
        loaded, choice = values
        file = self._file(loaded)
        which = self._value_now(choice)
        if which is _NOT_KNOWN:
            (which,) = self._values([choice])
        if which is _NOT_KNOWN:
            return self._awaited(MODEL, values, place)
        found = chosen(file, operator.name, which)
        if found is None:
            refusal = left_open(file)
            if refusal is None:
                return self.plan.add(operator, values, (), file.geometry, place)
            found = refusal
        if isinstance(found, Refusal):
            self._complain(found.message, place, hint=found.hint)
            return FAILED
        return self.plan.add(LOAD, (), (found,), found.geometry, place)

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
                with heard() as remarks:
                    found = operator.function(*map(self._value_now, values))
                for message, hint in remarks:
                    self._warn(message, place, hint=hint)
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
            if before is not None and isinstance(name := self._value_now(path), str):
                self._warn(f"{name} is written twice: what is written last remains", place)
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
            self.grids.is_whole = False
            hint = beside(path, users_own(place).source) or problem.hint
            self._complain(problem.message, place, hint=hint)
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
                name = overloaded.name
                self._mismatch(forms(name, overloaded.forms), operands, expression, place, name)
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
        common = _common_type({self.type_of(value) for value in values})
        if self._is_too_deep(common, Place(expression.span, frame)):
            return FAILED
        return Elements(len(values), common, None, dict(enumerate(values)))

    def _is_too_deep(self, found: Type, place: Place) -> bool:
        """Whether sequences with elements of this type are nested too deep, which is an error."""
        depth = 1
        while found.element is not None:
            found, depth = found.element, depth + 1
        if depth > DEEPEST_SEQUENCE:
            self._complain(
                f"sequences are nested more than {DEEPEST_SEQUENCE} deep, which is the limit",
                place,
            )
        return depth > DEEPEST_SEQUENCE

    def _operation(self, value: Value, place: Place) -> Task:
        if isinstance(value, int):
            return value
        if isinstance(value, Function):
            self._function_as_value(value, None, None, place.frame, place)
            return FAILED
        known = self._listed.get(value)
        if known is not None:
            return known
        items: list[Value] = []
        window = Window(self._remembered)
        value.values = 0
        for i in self._rounds.of(value.length, place):
            element = yield self._element(value, i)
            item = yield self._operation(element, place)
            value.values += element.values if isinstance(element, Elements) else 1
            if value.values > MOST_VALUES:
                self._complain(
                    f"a sequence of more than {MOST_VALUES:,} values in all, which is the limit",
                    place,
                )
                return FAILED
            items.append(self.placed(item, place))
            if items[-1] == FAILED:
                yield self._rest(value, i + 1)
                return FAILED
            if window.is_full:
                yield self._settle(window, items, place)
        for i, settled in enumerate(items):
            if not isinstance(settled, int):
                items[i] = yield self._operation(settled, place)
        listed: Any = tuple(items)
        result = sequence_of(_common_type({self.plan.kinds[p].type for p in listed}))
        self._listed[value] = self.plan.add(SEQUENCE, listed, (), None, place, result)
        return self._listed[value]

    def _sequence(self, value: Value, place: Place) -> Task:
        """The elements of a value that is a sequence."""
        if isinstance(value, int) and value != FAILED:
            found = self.plan.kinds[value].type
            (known,) = self._values([value])
            if known is _NOT_KNOWN:
                return self._awaited(found, (value,), place)
            return self._literal(known, found, place, value)
        return value
        yield

    def _literal(self, known: Any, found: Type, place: Place, operation: int) -> Value:
        """A value as if it had been written, with the type of the operation that it comes of."""
        if found.element is None:
            known = _AS_WRITTEN[found](known)
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

    def _literal_kind(self, value: Any) -> tuple[Kind, bytes]:
        operator = _LITERALS[type(value)]
        kind = self.plan.kind(operator, 0, (value,), None, operator.result)
        return kind, self.plan.identity(kind, ())

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
                sequence.type = joined or VALUE
                if self._is_too_deep(sequence.type, Place(expression.span, frame)):
                    element = FAILED
        sequence.made[i] = element
        self._remembered.made.append((sequence, i))
        return element

    def _mapped(
        self,
        function: Function,
        arguments: tuple[Value, ...],
        expression: Expression,
        frame: Frame | None,
    ) -> Task:
        """The sequence of what a function gives, element by element; its first one is reduced."""
        sequences = [a for a in arguments if isinstance(a, Elements)]
        lengths = [s.length for s in sequences]
        is_known = all(s.is_known for s in sequences)
        if is_known and len(set(lengths)) > 1:
            self._complain(
                f"`{function.name}` joins sequences element by element: one has "
                f"{_elements(lengths[0])}, the other {lengths[1]}",
                Place(expression.span, frame),
            )
            return FAILED
        rule = Mapped(function, arguments, expression, frame)
        mapped = Elements(lengths[0] if is_known else min(lengths), ANY, rule, {}, is_known)
        if mapped.length:
            with self._rounds.one_of(mapped.length, Place(expression.span, frame)):
                if (yield self._element(mapped, 0)) == FAILED:
                    yield self._rest(mapped, 1)
                    return FAILED
        return mapped

    def _rest(self, elements: Elements, first: int) -> Task:
        """Reduce the elements after a wrong one, so that all that is wrong is told at once."""
        wrong = 0
        for i in range(first, min(elements.length, first + _LOOKED_AT)):
            wrong += (yield self._element(elements, i)) == FAILED
            if wrong == _TOLD:
                return

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
        conditions: list[Value] = []
        window = Window(self._remembered)
        place = Place(expression.span, frame)
        for i in self._rounds.of(elements.length, place):
            element = yield self._element(elements, i)
            condition = yield self._apply(function, (element,), expression, frame)
            if condition == FAILED:
                last = min(elements.length, i + _LOOKED_AT)
                rest = Elements(last, ANY, Mapped(function, (elements,), expression, frame))
                yield self._rest(rest, i + 1)
                return FAILED
            found = self.type_of(condition)
            if found != BOOL:
                assert isinstance(expression, Loop)
                other = complaints.article(found)
                self._complain(
                    f"`filter` keeps those for which a bool is true, found {other}",
                    place,
                    span=expression.body.span,
                    label=f"this is {other}",
                    hint=complaints.converted(found, BOOL, expression.body),
                )
                return FAILED
            conditions.append(condition)
            if window.is_full:
                yield self._settle(window, conditions, place)
        asked = [c for c in conditions if isinstance(c, int)]
        truths = self._values(asked)
        if _NOT_KNOWN in truths or not elements.is_known:
            return (yield self._some(elements, tuple(asked), place))
        kept = [i for i, is_true in enumerate(truths) if is_true]
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
        elif elements.length == 0 and not elements.is_known:
            return self._awaited(elements.type, (), place)
        elif elements.length == 0:
            self._complain(
                f"`fold {name}` of an empty sequence has no value",
                place,
                span=expression.sequence.span,
                hint=f"give it a start value: `fold {name} start s`",
            )
            return FAILED
        else:
            joined, first = (yield self._element(elements, 0)), int(elements.is_known)
        window = Window(self._remembered)
        for i in self._rounds.of(elements.length, place, first):
            element = yield self._element(elements, i)
            if element == FAILED:
                yield self._rest(elements, i + 1)
                return FAILED
            joined = yield self._apply(function, (joined, element), expression, frame)
            if joined == FAILED:
                return FAILED
            if window.is_full:
                results = [joined]
                yield self._settle(window, results, place)
                (joined,), window.done = results, 0
        return joined

    def _range(
        self, values: tuple[Value, ...], expression: Expression, frame: Frame | None
    ) -> Task:
        bounds: list[Any] = []
        for number, value in enumerate(values):
            what = "stop" if number == len(values) - 1 else "start"
            bound = self._whole(value, number, f"`range` takes {what} as", expression, frame)
            if bound is None:
                return FAILED
            bounds.append(bound)
        if _NOT_KNOWN in bounds:
            asked = tuple(v for v in values if isinstance(v, int))
            return self._awaited(sequence_of(NUMBER), asked, Place(expression.span, frame))
        start, stop = bounds if len(bounds) == 2 else (0, *bounds)
        if stop - start > LONGEST_RANGE:
            self._complain(
                f"`range` would have {stop - start:.6g} numbers; the limit is {LONGEST_RANGE:,}",
                Place(expression.span, frame),
            )
            return FAILED
        rule = Numbers(start, Place(expression.span, frame))
        return Elements(max(0, stop - start), NUMBER, rule)
        yield

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
        if not is_known and of == VALUE:
            self._complain(
                "an index that only running the program tells is into a sequence of one type",
                place,
                notes=[Note("the elements of this one are of several types")],
            )
            return FAILED
        if (not is_known and of in _SCALARS) or not isinstance(elements, Elements):
            listed = yield self._operation(elements, place)
            if listed == FAILED:
                return FAILED
            return self.plan.add(AT, (listed, values[1]), (), None, place, of)
        i = self._whole(values[1], 1, "an index is", expression, frame)
        if i is None:
            return FAILED
        if i is _NOT_KNOWN or not elements.is_known:
            if elements.length == 0:
                return self._awaited(elements.type, (), place)
            first = yield self._element(elements, 0)
            return (yield self._stand_in(first, (values[1],), place))
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
        asked = tuple(b for b in (start, stop) if isinstance(b, int))
        is_known = elements.is_known
        for number, bound in enumerate((start, stop)):
            if bound is None:
                continue
            what = "a slice begins at" if number == 0 else "a slice ends before"
            position = number + 1 if start is not None else 1
            whole = self._whole(bound, position, what, expression, frame)
            if whole is None:
                return FAILED
            if whole is _NOT_KNOWN:
                is_known = False
                continue
            if whole < 0:
                self._complain(
                    f"{what} an index, counted from 0, found {whole}",
                    Place(expression.span, frame),
                    hint=f"the sequence has {_elements(elements.length)}",
                )
                return FAILED
            bounds[number] = min(whole, elements.length)
        if not is_known:
            return (yield self._some(elements, asked, Place(expression.span, frame)))
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
                f"{complaints.subject(expression)} a sequence, found {complaints.article(found)}",
                place,
                span=complaints.argument_of(expression, argument).span,
                label=f"this is {complaints.article(found)}",
                hint=complaints.no_sequence(expression, found),
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
        found = complaints.article(self.type_of(value))
        self._complain(
            f"{complaints.subject(expression)} a function, found {found}",
            Place(expression.span, frame),
            span=complaints.argument_of(expression, argument).span,
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
            f"{what} a whole number, found {complaints.article(found)}",
            Place(expression.span, frame),
            span=complaints.argument_of(expression, argument).span,
            label=f"this is {complaints.article(found)}",
            hint=complaints.converted(found, NUMBER, complaints.argument_of(expression, argument)),
        )
        return False

    def _whole(
        self, value: Value, argument: int, what: str, expression: Expression, frame: Frame | None
    ) -> Any:
        """A whole number, _NOT_KNOWN where only running the program tells it; None: an error."""
        if not self._is_number(value, argument, what, expression, frame):
            return None
        assert isinstance(value, int)
        place = Place(expression.span, frame)
        (number,) = self._values([value])
        if number is _NOT_KNOWN:
            return _NOT_KNOWN
        if number != number // 1:
            self._complain(
                f"{what} a whole number, found {number:g}",
                place,
                span=complaints.argument_of(expression, argument).span,
            )
            return None
        return int(number)

    # Known values

    def _values(self, operations: Sequence[int]) -> list[Any]:
        """What operations result in, where reduction needs to know it; if need be, by a stage."""
        asked = [p for p in dict.fromkeys(operations) if self._value_now(p) is _NOT_KNOWN]
        if asked:
            self.is_staged = True
            if self.stage is not None:
                told = self.stage.reach(self.plan, asked, (), (), again=True)
                self._known.update(zip(asked, told, strict=True))
        return [self._known[p] for p in operations]

    def _awaited(self, found: Type, of: tuple[Any, ...], place: Place) -> Value:
        """What stands for a value that only running the program tells, which depends on others."""
        if found.element is None:
            return self.plan.add(AWAITED, of, (str(found),), None, place, found)
        element = self._awaited(found.element, of, place)
        return Elements(1, found.element, None, {0: element}, is_known=False)

    def _stand_in(self, value: Value, of: tuple[Any, ...], place: Place) -> Task:
        """What stands for a value like this one."""
        if value == FAILED or isinstance(value, Function):
            return value
        if isinstance(value, int):
            return self._awaited(self.plan.kinds[value].type, of, place)
        made: dict[int, Value] = {}
        # Of several types, each has its place; of one, they are alike.
        length = value.length if value.type == VALUE else min(value.length, 1)
        for i in range(length):
            element = yield self._element(value, i)
            made[i] = yield self._stand_in(element, of, place)
        is_known = value.is_known and value.type == VALUE
        return Elements(length, value.type, None, made, is_known)

    def _some(self, elements: Elements, of: tuple[Any, ...], place: Place) -> Task:
        """What stands for some elements of a sequence, who knows which."""
        if elements.length == 0:
            return elements
        first = yield self._element(elements, 0)
        element = yield self._stand_in(first, of, place)
        return Elements(1, elements.type, None, {0: element}, is_known=False)

    def number_now(self, position: int) -> float | None:
        """The number that an operation results in; None where only running the program tells."""
        value = self._value_now(position)
        return None if value is _NOT_KNOWN else float(value)

    def _value_now(self, position: int) -> Any:
        """What an operation results in, if all it rests on is written in the program."""
        known, plan = self._known, self.plan
        waiting = [position]
        while waiting:
            current = waiting[-1]
            if current in known:
                waiting.pop()
                continue
            kind = plan.kinds[current]
            if (
                kind.operator.family not in _IMMEDIATE
                or kind.operator is LOAD
                or kind.operator.standing is not Standing.FIXED
            ):
                known[current] = _NOT_KNOWN
                continue
            missing = [a for a in plan.arguments(current) if a not in known]
            if missing:
                waiting += missing
                continue
            arguments = [known[a] for a in plan.arguments(current)]
            if _NOT_KNOWN in arguments:
                known[current] = _NOT_KNOWN
            else:
                # An operation that fails does so when it is carried out, if it ever is.
                try:
                    found = kind.operator.function(*arguments, *kind.constants)
                except OperationError:
                    found = _NOT_KNOWN
                # What is known stays in memory; no name of a file is as long.
                long = isinstance(found, str) and len(found) > LONGEST_KNOWN_TEXT
                known[current] = _NOT_KNOWN if long else found
        return known[position]

    # Windows

    def _settle(self, window: Window, results: list[Value], place: Place) -> Task:
        """Compute the results of a loop so far; they are literals then, and all else is forgotten.

        Elements that these results rest on, of sequences that were there before the loop, become
        literals too: who goes through them again finds them. Others are reduced again then. Where a
        result cannot be a literal, as an image, the loop goes on as it is.
        """
        mark, fresh = window.mark, results[window.done :]
        for value in fresh:
            if isinstance(value, Elements) and _innermost(value.type) in {*_SCALARS, VALUE}:
                yield self._operation(value, place)
        found = [parts(value, mark) for value in fresh]
        kinds = self.plan.kinds
        asked = {p for several in found for p in several or () if p >= mark.operations}
        if None in found or any(_innermost(kinds[p].type) not in _SCALARS for p in asked):
            window.put_off()
            return
        literals = self._cut(window, asked, [], place)
        results[window.done :] = [_replaced(value, literals, mark) for value in fresh]
        window.go_on(len(results))

    def _reached(self, window: Window, first: int, place: Place) -> None:
        """Reach the goals from the first one on, which the loop has made so far."""
        goals = self.plan.goals
        saves = [goal for goal in goals[first:] if isinstance(goal, Save) and goal.node != REACHED]
        types = [self.plan.kinds[goal.node].type for goal in saves]
        self._cut(window, set(), saves, place)
        for goal, found in zip(saves, types, strict=True):
            node = REACHED
            if self.stage is None:
                node = self.plan.add(AWAITED, (), (str(found),), None, place, found)
            goals[goal.number] = replace(goal, node=node)
        window.go_on(0)

    def _cut(
        self, window: Window, asked: set[int], saves: list[Save], place: Place
    ) -> dict[int, Value]:
        """Carry out a part of a loop; gives the results asked for as if they had been written.

        The plan is cut to what it was when that part began.
        """
        self.is_staged = True
        plan, mark, kinds = self.plan, window.mark, self.plan.kinds
        begin = mark.operations
        asked = {p for p in asked if p >= begin}
        roots = [*asked, *(goal.node for goal in saves)]
        wanted, before = rests_on(plan, roots, begin)
        kept: list[tuple[Elements, int, Value]] = []
        for sequence, i in self._remembered.made[mark.made :]:
            if sequence.number > mark.number:
                continue
            value = sequence.made.pop(i)
            of = parts(value, mark)
            if of is not None and all(
                p < begin or (wanted[p - begin] and _innermost(kinds[p].type) in _SCALARS)
                for p in of
            ):
                kept.append((sequence, i, value))
                asked.update(p for p in of if p >= begin)
        operations = sorted(asked)
        types = [kinds[p].type for p in operations]
        values = {p: self._value_now(p) for p in operations}
        unknown = [p for p in operations if values[p] is _NOT_KNOWN]
        if self.stage is not None and (unknown or saves):
            told = self.stage.reach(plan, unknown, saves, before, again=False)
            values.update(zip(unknown, told, strict=True))
        self._remembered.forget(mark)
        literals = {
            p: self._awaited(found, (), place)
            if values[p] is _NOT_KNOWN
            else self._literal(values[p], found, place, FAILED)
            for p, found in zip(operations, types, strict=True)
        }
        for sequence, i, value in kept:
            sequence.made[i] = _replaced(value, literals, mark)
            self._remembered.made.append((sequence, i))
        return literals

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
        span = (
            complaints.argument_of(expression, argument).span
            if expression and argument is not None
            else None
        )
        self._complain(
            f"`{function.name}` is a function, and a value is wanted here",
            place,
            span=span,
            notes=[
                Note(text) for text in complaints.signatures(function.binding, function.name)[:4]
            ],
            hint=f"apply it to arguments: `{function.name}(…)`",
        )

    def _not_a_function(self, value: Value, expression: Expression, frame: Frame | None) -> None:
        assert isinstance(expression, Call)
        found = complaints.article(self.type_of(value))
        self._complain(
            f"`{expression.name}` is {found}, not a function",
            Place(expression.span, frame),
            span=expression.name_span,
        )

    def _mismatch(
        self,
        overloads: tuple[Operator, ...],
        values: tuple[Any, ...],
        expression: Expression,
        place: Place,
        name: str = "",
    ) -> None:
        """That an operator does not take values of these types."""
        self._say(complaints.mismatch(overloads, values, expression, place, name, self.type_of))

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


def _common_type(types: Iterable[Type]) -> Type:
    """The type of elements of these types."""
    common = ANY
    for found in types:
        joined = _joined_type(common, found)
        if joined is None:
            return VALUE
        common = joined
    return common


def _innermost(found: Type) -> Type:
    while found.element is not None:
        found = found.element
    return found


def _replaced(value: Value, literals: dict[int, Value], mark: Mark) -> Value:
    """A value with literals for operations, but for sequences that were there at the mark."""
    if isinstance(value, int):
        return literals.get(value, value)
    if isinstance(value, Function) or value.number < mark.number:
        return value
    made = {i: _replaced(element, literals, mark) for i, element in value.made.items()}
    return Elements(value.length, value.type, None, made, value.is_known)


def _elements(count: int) -> str:
    return "1 element" if count == 1 else f"{count} elements"
