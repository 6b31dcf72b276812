"""From code to workplan: functions unfolded, types checked, every image given its space.

Reduction evaluates nothing. A constant is reduced once, a function once per distinct arguments, so
the plan is as long as the program means, not as long as it would be written out.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from voxlogica.images.geometry import Geometry
from voxlogica.language.places import diagnose
from voxlogica.language.resolver import Code, Declared, Step
from voxlogica.language.workplan import Frame, Kind, Place, WorkPlan
from voxlogica.primitives.literals import (
    ALIGN,
    BOOL_LITERAL,
    NUMBER_LITERAL,
    SEQUENCE,
    STRING_LITERAL,
)
from voxlogica.primitives.signature import (
    BOOL,
    MODEL,
    NUMBER,
    REGION,
    VALUATION,
    Operator,
    Type,
    sequence_of,
)
from voxlogica.syntax.ast import Call, Expression
from voxlogica.syntax.diagnostics import Diagnostic, Note
from voxlogica.syntax.source import Span

# Those that nearly all instructions are: looked up once, not a million times.
_LITERAL, _LOCAL, _CONSTANT = Step.LITERAL, Step.LOCAL, Step.CONSTANT
_CALL, _OPERATE = Step.CALL, Step.OPERATE
# A function and the operations that it is applied to.
_Application = tuple[Declared, tuple[int, ...]]

# Stands for the result of an expression with an error in it: no further error is made of it.
FAILED = -1

_LITERALS: dict[type, Operator] = {
    float: NUMBER_LITERAL,
    bool: BOOL_LITERAL,
    str: STRING_LITERAL,
}


@dataclass(frozen=True, slots=True)
class Spaces:
    """The grids of a program's images, in the order of loading, and the files they are of."""

    files: dict[Geometry, str]

    @property
    def default(self) -> Geometry | None:
        """What a space-less constant takes where nothing else gives it a space."""
        return next(iter(self.files), None)

    def first(self, spaces: list[Geometry]) -> Geometry:
        """Of some spaces, that of the image loaded first."""
        if len(spaces) == 1 or all(space == spaces[0] for space in spaces):
            return spaces[0]
        return next(space for space in self.files if space in spaces)


@dataclass(slots=True)
class Reducer:
    """Reduces the expressions of one program into a plan that other programs may share."""

    plan: WorkPlan
    spaces: Spaces
    report: Callable[[Diagnostic], None]
    operators: dict[str, tuple[Operator, ...]]
    _called: dict[_Application, int] = field(default_factory=dict)
    _literals: dict[Expression, int] = field(default_factory=dict)
    # What is drawn on a space, by the space-less operation that it is.
    _placed: dict[Geometry, dict[int, int]] = field(default_factory=dict)
    # What overloads are, applied to such forms as need no change: the overloads, then the forms.
    _applied: dict[tuple[object, ...], Kind] = field(default_factory=dict)
    _reported: set[tuple[object, ...]] = field(default_factory=set)

    def reduce(self, code: Code) -> int:
        """The operation that the code's value is the result of, or FAILED."""
        stack: list[int] = []
        push, called = stack.append, self._called
        returns: list[tuple[Code, int, tuple[int, ...], Frame | None, _Application]] = []
        at = 0
        arguments: tuple[int, ...] = ()
        frame: Frame | None = None
        while True:
            if at == len(code):
                if not returns:
                    return stack.pop()
                code, at, arguments, frame, application = returns.pop()
                called[application] = stack[-1]
                continue
            step, operand, count, expression = code[at]
            at += 1
            if step is _LOCAL:
                push(arguments[operand])
            elif step is _CONSTANT:
                push(operand.value)
            elif step is _LITERAL:
                push(self._literal(operand, expression, frame))
            else:
                values = tuple(stack[len(stack) - count :])
                del stack[len(stack) - count :]
                if step is _OPERATE:
                    push(self._operate(operand, values, expression, frame))
                elif step is _CALL:
                    if operand.span.source.shipped:
                        values = self._joined(values)
                    application = operand, values
                    known = called.get(application)
                    if known is not None:
                        push(known)
                    else:
                        returns.append((code, at, arguments, frame, application))
                        frame = Frame(operand.name, operand.parameters, expression, values, frame)
                        code, at, arguments = operand.code, 0, values
                elif step is Step.COLLECT:
                    push(self._collect(values, expression, frame))
                else:
                    push(FAILED)

    def placed(self, node: int, place: Place) -> int:
        """The operation on the default space, where it has none of its own."""
        if node == FAILED or not self._is_floating(node):
            return node
        default = self.spaces.default
        if default is None:
            self._complain(
                "nothing gives this image its size: no image is loaded",
                place,
                hint="constants such as `tt`, `border` and `x` take the space of a loaded image",
            )
            return FAILED
        return self._in_space(node, default)

    def _literal(
        self, value: float | bool | str, expression: Expression, frame: Frame | None
    ) -> int:
        known = self._literals.get(expression)
        if known is None:
            place = Place(expression.span, frame)
            known = self.plan.add(_LITERALS[type(value)], (), (value,), None, place)
            if frame is not None:  # else it is met only once
                self._literals[expression] = known
        return known

    def _operate(
        self,
        overloads: tuple[Operator, ...],
        values: tuple[int, ...],
        expression: Expression,
        frame: Frame | None,
    ) -> int:
        if FAILED in values:
            return FAILED
        kinds = self.plan.kinds
        forms = (overloads, *[kinds[v].form for v in values])
        kind = self._applied.get(forms)
        if kind is None:
            place = Place(expression.span, frame)
            types = tuple(kinds[v].type for v in values)
            operator = next(
                (o for o in overloads if tuple(p.type for p in o.parameters) == types), None
            )
            if operator is None:
                self._mismatch(overloads, values, types, expression, place)
                return FAILED
            values, given = self._together(operator, values, place), values
            if FAILED in values:
                return FAILED
            spaces = (s for s in (kinds[v].space for v in values) if s is not None)
            space = next(spaces, None) if operator.result.is_image else None
            kind = self.plan.kind(operator, len(values), (), space, operator.result)
            if values == given:
                self._applied[forms] = kind
        return self.plan.add_of(kind, values, expression.span, frame)

    def _together(
        self, operator: Operator, values: tuple[int, ...], place: Place
    ) -> tuple[int, ...]:
        """The arguments of an operator, its images on one space; FAILED where that cannot be."""
        kinds = self.plan.kinds
        images = [v for v in values if kinds[v].is_image]
        spaces = [s for s in (kinds[v].space for v in images) if s is not None]
        if spaces:
            space = self.spaces.first(spaces)
            return tuple(self._fitted(v, space, place) for v in values)
        if images and not operator.result.is_image:
            return tuple(self.placed(v, place) for v in values)
        return values

    def _collect(self, values: tuple[int, ...], expression: Expression, frame: Frame | None) -> int:
        if FAILED in values:
            return FAILED
        place = Place(expression.span, frame)
        types = [self.plan.kinds[v].type for v in values]
        for other in types:
            if other != types[0]:
                self._complain(
                    f"the elements of a sequence have one type: found {types[0]} and {other}", place
                )
                return FAILED
        values = tuple(self.placed(v, place) for v in values)
        if FAILED in values:
            return FAILED
        result = sequence_of(types[0]) if types else sequence_of(NUMBER)
        return self.plan.add(SEQUENCE, values, (), None, place, result)

    # Spaces

    def _is_floating(self, node: int) -> bool:
        form = self.plan.kinds[node].form
        return form.is_image and form.space is None

    def _joined(self, values: tuple[int, ...]) -> tuple[int, ...]:
        """The arguments of a library function, which combines them: the space-less ones placed.

        Its declaration may look at an argument alone, as RCC-8 asks whether a region is empty.
        """
        kinds = self.plan.kinds
        floating = [v for v in values if v != FAILED and self._is_floating(v)]
        if not floating or len(floating) == len(values):
            return values
        spaces = [s for s in (kinds[v].space for v in values if v != FAILED) if s is not None]
        if not spaces:
            return values
        space = self.spaces.first(spaces)
        return tuple(self._in_space(v, space) if v in floating else v for v in values)

    def _fitted(self, node: int, space: Geometry, place: Place) -> int:
        """The operation as one on this space."""
        found = self.plan.kinds[node]
        if not found.is_image or found.space is space or found.space == space:
            return node
        if found.space is None:
            return self._in_space(node, space)
        if found.space.size != space.size:
            ours, theirs = (f"{s} ({self.spaces.files[s]})" for s in (space, found.space))
            self._complain(
                f"images of different sizes in one expression: {ours} and {theirs}",
                place,
                hint="only images of the same size can be combined",
            )
            return FAILED
        if not found.space.agrees_with(space):
            self._warn(
                f"{self.spaces.files[found.space]} has the size of {self.spaces.files[space]} "
                "but other spacing, origin or direction",
                place,
                hint=f"the geometry of {self.spaces.files[space]}, loaded first, is used",
            )
        return self.plan.add(ALIGN, (node,), (space,), space, place, found.type)

    def _in_space(self, node: int, space: Geometry) -> int:
        """A space-less expression drawn on a space: the same operations, its constants placed."""
        done = self._placed.setdefault(space, {})
        waiting = [node]
        while waiting:
            current = waiting[-1]
            if current in done:
                waiting.pop()
                continue
            found, of = self.plan.kinds[current], self.plan.arguments(current)
            floating = [a for a in of if self._is_floating(a)]
            missing = [a for a in floating if a not in done]
            if missing:
                waiting.extend(missing)
                continue
            waiting.pop()
            arguments = tuple(done[a] if a in floating else a for a in of)
            constants = (space,) if found.operator.spaceless else ()
            done[current] = self.plan.add(
                found.operator, arguments, constants, space, self.plan.places[current], found.type
            )
        return done[node]

    # Messages

    def _mismatch(
        self,
        overloads: tuple[Operator, ...],
        values: tuple[int, ...],
        types: tuple[Type, ...],
        expression: Expression,
        place: Place,
    ) -> None:
        candidates = [o for o in overloads if len(o.parameters) == len(types)]
        name = expression.name if isinstance(expression, Call) else overloads[0].name
        wrong = next(
            (
                i
                for i, given in enumerate(types)
                if len(candidates) == 1 and candidates[0].parameters[i].type != given
            ),
            None,
        )
        given = wanted = None
        if wrong is not None:
            given, wanted = types[wrong], candidates[0].parameters[wrong].type
        parameter = candidates[0].parameters[wrong].name if wrong is not None else ""
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
            types = tuple(self.plan.kinds[v].type for v in values)
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
        argument = call.arguments[passed] if isinstance(call, Call) else None
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

    def _warn(self, message: str, place: Place, hint: str) -> None:
        if (message,) not in self._reported:
            self._reported.add((message,))
            self._say(diagnose("warning", message, place, hint=hint))

    def _say(self, diagnostic: Diagnostic) -> None:
        span = diagnostic.span
        key = (diagnostic.message, span and (span.source, span.start))
        if key not in self._reported:
            self._reported.add(key)
            self.report(diagnostic)


def _article(found: Type) -> str:
    """`a number`, but `valuation(bool)` as it is."""
    return str(found) if "(" in found.name else f"a {found}"


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
