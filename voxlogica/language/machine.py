"""The machine that runs code: functions unfolded, and applied to what their arguments are.

A constant is reduced once, a function once per distinct arguments, so the plan is as long as the
program means, not as long as it would be written out.
"""

from __future__ import annotations

from types import GeneratorType
from typing import Any, cast

from voxlogica.dataclass import dataclass, field
from voxlogica.language.applying import Applying, may_take, name_of
from voxlogica.language.builtins import INDEX, Builtin
from voxlogica.language.code import Declared, Step
from voxlogica.language.grids import Grids
from voxlogica.language.knowledge import LITERALS
from voxlogica.language.limits import DEEPEST_CALL, LARGE, MOST_OPERATIONS, Unfolding, endless
from voxlogica.language.messages import Messages, diagnose
from voxlogica.language.names import Applicable, Overloaded, forms, takes
from voxlogica.language.on_mistakes import complaints
from voxlogica.language.operations import Frame, Kind, Place
from voxlogica.language.sequence_builtins import CARRIED_OUT
from voxlogica.language.sequences import Sequences, Task
from voxlogica.language.stopping import Stopped, never, obey
from voxlogica.language.values import (
    FAILED,
    Application,
    Elements,
    Failed,
    FunctionValue,
    Value,
    innermost,
    type_of,
)
from voxlogica.language.workplan import WorkPlan
from voxlogica.operators.signature import MODEL, STRING, VALUE, Operator
from voxlogica.syntax.ast import Expression

# Looked up once, not a million times.
_LITERAL, _LOCAL, _CONSTANT, _CALL, _OPERATE, _COLLECT, _FUNCTION, _CLOSE, _BIND, _CALL_VALUE, _ = (
    Step
)

# So many steps of tasks, a thousandth of a second or some, are taken before it is asked again
# whether to stop.
_ASKED_EVERY = 256

# Those that apply something to what is on the stack.
_APPLYING = frozenset({_CALL, _CALL_VALUE, _OPERATE})

Values = tuple[Value, ...]

# The type of values that are operations.
_OPERATIONS = frozenset({int})


@dataclass(slots=True)
class Machine:
    """Runs the code of constants and functions, and applies functions to values."""

    plan: WorkPlan
    grids: Grids
    applying: Applying
    sequences: Sequences
    messages: Messages
    # What functions gave: the function, what it captured, and what tells its arguments apart.
    called: dict[tuple[Declared, Values, tuple[Any, ...]], Value] = field(default_factory=dict)
    functions: dict[tuple[str, Applicable, Values], FunctionValue] = field(default_factory=dict)
    # The literals of functions, which are met at every call, as operations with their ids.
    _literal_kinds: dict[Expression, tuple[Kind, bytes]] = field(default_factory=dict)
    # How many functions are being applied, each within the one before.
    _depth: int = 0
    stopped: Stopped = never

    def result(self, task: Task) -> Value:
        """What a task gives, of which others may have to be done first.

        Raises VoxLogicaError where functions that are passed to themselves never end, or planning
        is to stop.
        """
        tasks = [task]
        result: Any = None
        steps = 0
        while True:
            steps += 1
            if not steps % _ASKED_EVERY:
                obey(self.stopped)
            try:
                step: Any = tasks[-1].send(result)
            except StopIteration as finished:
                tasks.pop()
                result = finished.value
                if not tasks:
                    return cast("Value", result)
                continue
            if isinstance(step, Application):
                step = self._applied(step)
            if isinstance(step, GeneratorType):
                tasks.append(step)
                step = None
            result = step

    def run(self, function: Declared, captured: Values, given: Values, frame: Frame | None) -> Task:
        """The value of a function's code on some arguments."""
        stack: list[Any] = []
        remembered, ids = self.called, self.plan.ids
        returns: list[tuple[Any, ...]] = []
        code, at = function.code, 0
        # The caller remembers the result.
        key: tuple[Any, ...] = ()
        local = _locals(function, captured, given)
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
            if step is _LITERAL:
                stack.append(self._literal(operand, expression, frame))
                continue
            if step is _BIND:
                local[operand] = stack.pop()
                continue
            values: tuple[Any, ...] = ()
            if count:
                values = tuple(stack[-count:])
                del stack[-count:]
            if step not in _APPLYING:
                stack.append(self._pushed(step, operand, local, values, expression, frame))
                continue
            callee, captured = operand, ()
            if step is _CALL_VALUE:
                applied = operand.value if isinstance(operand, Declared) else local[operand]
                if not isinstance(applied, FunctionValue):
                    stack.append(self._no_function(applied, expression, frame))
                    continue
                callee, captured = applied.binding, applied.captured
            are_operations = _OPERATIONS.issuperset(map(type, values))
            if isinstance(callee, Overloaded) and are_operations:
                callee = self.applying.form(callee, values) or callee
            if isinstance(callee, Declared) and len(callee.parameters) == count:
                called: tuple[Any, ...] = (callee, captured, values)
                if not callee.is_plain:
                    values, called = self._told_apart(callee, captured, values)
                known = remembered.get(called)
                if known is not None:
                    stack.append(known)
                    continue
                returns.append((code, at, local, frame, key))
                calls, operations, depth = len(remembered), len(ids), len(returns)
                over = calls > unfolding.enough or operations > MOST_OPERATIONS
                if over or depth > DEEPEST_CALL or callee.calls > LARGE or step is _CALL_VALUE:
                    place, passed = Place(expression.span, frame), step is _CALL_VALUE
                    unfolding.check(callee, calls, operations, depth, place, passed)
                if callee.name:
                    frame = Frame(callee.name, callee.parameters, expression, values, frame)
                code, at, key = callee.code, 0, called
                local = _locals(callee, captured, values)
            elif isinstance(callee, tuple) and are_operations:
                stack.append(self.applying.operate(callee, values, expression, frame))
            else:
                of = FunctionValue(name_of(expression, callee), callee, captured)
                stack.append((yield Application(of, values, expression, frame)))

    def _pushed(
        self,
        step: Step,
        operand: Any,
        local: list[Any],
        values: Values,
        expression: Expression,
        frame: Frame | None,
    ) -> Value:
        """What a step pushes that applies nothing."""
        if step is _CONSTANT:
            return cast("Value", operand.value)
        if step is _COLLECT:
            return self.sequences.collected(values, Place(expression.span, frame))
        if step is _FUNCTION:
            return self._function(*operand)
        if step is _CLOSE:
            closed, taken = operand
            return self._function(closed.name, closed, tuple(local[n] for n in taken))
        return FAILED if operand is None else self.messages.told_once(operand)

    def _literal(
        self, value: float | bool | str, expression: Expression, frame: Frame | None
    ) -> int:
        operator = LITERALS[type(value)]
        if frame is None:
            return self.plan.add(operator, (), (value,), None, Place(expression.span))
        written = self._literal_kinds.get(expression)
        if written is None:
            kind = self.plan.kind(operator, 0, (value,), None, operator.result)
            written = self._literal_kinds[expression] = kind, self.plan.identity(kind, ())
        kind, identity = written
        return self.plan.add_of(kind, (), expression.span, frame, identity)

    def _function(self, name: str, binding: Applicable, captured: Values = ()) -> FunctionValue:
        """The one value of a function with what it captured: equal ones are the same object."""
        key = (name, binding, captured)
        function = self.functions.get(key)
        if function is None:
            function = self.functions[key] = FunctionValue(name, binding, captured)
        return function

    def _told_apart(
        self, called: Declared, captured: Values, values: Values
    ) -> tuple[Values, tuple[Any, ...]]:
        """The arguments as a function takes them, and what its result is remembered by.

        Calls that differ in arguments that are ignored are one, where these are checked alike: by
        their types. Models are told apart by more than their form, as the number of their
        components.
        """
        if called.span.source.shipped:
            values = self.grids.joined(values)
        if not called.ignored:
            return values, (called, captured, values)
        kinds = self.plan.kinds
        distinct: list[Any] = list(values)
        for n in called.ignored:
            value = values[n]
            if isinstance(value, int) and kinds[value].type != MODEL:
                distinct[n] = kinds[value].form
        return values, (called, captured, tuple(distinct))

    # Applying

    def _applied(self, applied: Application) -> Task | Value:
        """What a function gives for some arguments, or the task that makes it."""
        binding, values = applied.function.binding, applied.values
        if isinstance(binding, Declared) and len(binding.parameters) == len(values):
            return self._called(binding, applied)
        if isinstance(binding, Declared) or len(values) not in takes(binding):
            return self._wrong_number(applied)
        if FAILED in values:
            return FAILED
        if isinstance(binding, Builtin):
            return CARRIED_OUT[binding](self.sequences, applied)
        for number, value in enumerate(values):
            if isinstance(value, FunctionValue):
                span = complaints.argument_of(applied.expression, number).span
                return self.messages.tell(complaints.function_as_value(value, applied.place, span))
        if isinstance(binding, Overloaded):
            return self._overloaded(binding, applied)
        return self._operation(binding, applied)

    def _called(self, callee: Declared, applied: Application) -> Task | Value:
        function, values, expression, frame = applied
        values, key = self._told_apart(callee, function.captured, values)
        known = self.called.get(key)
        if known is not None:
            return known
        if callee.name:
            frame = Frame(callee.name, callee.parameters, expression, values, frame)
        return self._run_once(key, self.run(callee, function.captured, values, frame), applied)

    def _run_once(self, key: tuple[Any, ...], run: Task, applied: Application) -> Task:
        """What running a function gives, to be remembered."""
        self._depth += 1
        try:
            if self._depth > DEEPEST_CALL:
                raise endless(applied.place)
            result = yield run
        finally:
            # Also when the machine lives on, in a session.
            self._depth -= 1
        self.called[key] = result
        return result

    def _overloaded(self, overloaded: Overloaded, applied: Application) -> Task | Value:
        """An overloaded operator, of sequences element by element."""
        values, name = applied.values, overloaded.name
        types = [type_of(self.plan, value) for value in values]
        # Of texts, no element has a sum: that is told once, of the sequences.
        is_in = STRING in set(map(innermost, types)) <= {STRING, VALUE}
        has_no_sum = name == "+" and is_in and all(found.element for found in types)
        if not has_no_sum and any(found.element for found in types):
            parts = tuple(
                self.sequences.known(value, applied.place) if found.element else value
                for value, found in zip(values, types, strict=True)
            )
            function = FunctionValue(name, overloaded)
            return self.sequences.mapped(applied._replace(function=function, values=parts))
        operations = tuple(value for value in values if isinstance(value, int))
        form = None if has_no_sum else self.applying.form(overloaded, operations)
        if form is None:
            meanings = forms(name, overloaded.forms)
            return self.applying.mismatch(meanings, values, applied.expression, applied.place, name)
        called = form.name if isinstance(form, Declared) else name
        return self._applied(applied._replace(function=FunctionValue(called, form)))

    def _operation(self, overloads: tuple[Operator, ...], applied: Application) -> Task:
        """What an operator gives, applied to sequences as to operations that make them."""
        values, name = list(applied.values), applied.function.name
        types = tuple(type_of(self.plan, value) for value in values)
        for number, value in enumerate(values):
            if isinstance(value, Elements):
                if not may_take(overloads, types, number):
                    return self.applying.mismatch(
                        overloads, applied.values, applied.expression, applied.place, name
                    )
                values[number] = yield self.sequences.operation(value, applied.place)
        if FAILED in values:
            return FAILED
        operations = tuple(value for value in values if isinstance(value, int))
        return self.applying.operate(overloads, operations, applied.expression, applied.frame, name)

    def _wrong_number(self, applied: Application) -> Failed:
        function, values, expression, _ = applied
        if function.binding is INDEX:
            wrong = complaints.indices(expression, type_of(self.plan, values[0]))
        else:
            name, at = function.name or "for", expression.span
            wrong = complaints.arity_error(name, function.binding, len(values), at, expression)
        return self.messages.tell(
            diagnose("error", wrong.message, applied.place, notes=wrong.notes, hint=wrong.hint)
        )

    def _no_function(self, value: Value, expression: Expression, frame: Frame | None) -> Failed:
        """That something else is applied, or nothing said of it where it has failed."""
        if value is FAILED:
            return FAILED
        found, place = type_of(self.plan, value), Place(expression.span, frame)
        return self.messages.tell(complaints.value_as_function(found, expression, place))


def _locals(function: Declared, captured: Values, given: Values) -> list[Any]:
    """The locals that a function's code begins with."""
    values: list[Any] = [*given]
    if function.locals > len(given):
        values += [None] * (function.locals - len(given))
        for local, value in zip(function.captured, captured, strict=True):
            values[local] = value
    return values
