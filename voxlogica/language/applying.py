"""Which operation an operator is, applied to operations: of its overloads the one that fits."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from voxlogica.dataclass import dataclass, field
from voxlogica.images.geometry import Geometry
from voxlogica.language.contents import values_per_voxel
from voxlogica.language.grids import Grids, Wanting, choose
from voxlogica.language.messages import Messages, called, users_own
from voxlogica.language.names import Applicable, Form, Overloaded
from voxlogica.language.on_mistakes import complaints
from voxlogica.language.operations import Frame, Kind, Place
from voxlogica.language.outside import Outside
from voxlogica.language.values import FAILED, Failed, Value
from voxlogica.language.workplan import WorkPlan
from voxlogica.operators.literals import ALIGN, LOAD, NOT_ZERO
from voxlogica.operators.signature import (
    MODEL,
    NUMBER,
    REGION,
    VALUATION,
    OperationError,
    Operator,
    Purity,
    Type,
    accepts,
)
from voxlogica.operators.whole_numbers import EXACT
from voxlogica.syntax.ast import Call, Expression, Name


@dataclass(slots=True)
class Applying:
    """Applies operators to operations of a plan."""

    plan: WorkPlan
    grids: Grids
    outside: Outside
    messages: Messages
    # What overloads are, applied to such forms as need no change: the overloads, then the forms.
    applied: dict[tuple[Any, ...], Kind] = field(default_factory=dict)
    _chosen: dict[tuple[Any, ...], Operator | None] = field(default_factory=dict)

    def operate(
        self,
        overloads: tuple[Operator, ...],
        values: tuple[int, ...],
        expression: Expression,
        frame: Frame | None,
        name: str = "",
    ) -> Value:
        """What one of several overloads gives for operations."""
        if overloads[0].name in EXACT:
            exact = _exactly(self.plan, overloads, values, Place(expression.span, frame))
            if exact is not None:
                return exact
        kinds = self.plan.kinds
        forms: tuple[Any, ...] = (overloads, *[kinds[v].form for v in values])
        kind = self.applied.get(forms)
        if kind is not None:
            return self.plan.add_of(kind, values, expression.span, frame)
        place = Place(expression.span, frame)
        types = tuple([kinds[v].type for v in values])
        if overloads[0].converts and types == (VALUATION,):
            return values[0]
        if overloads[0].of_not_zero and types == (MODEL,):
            counted = self._not_zero(values[0], place)
            if counted is FAILED:
                return FAILED
            values = (counted,)
        operator = self._choice(overloads, values)
        if operator is None:
            return self.mismatch(overloads, values, expression, place, name)
        if operator.chooses and any(kinds[v].operator is LOAD for v in values):
            return self.outside.chosen(operator, values, place)
        if not all(self.outside.is_image(v, operator, i, place) for i, v in enumerate(values)):
            return FAILED
        name = name or name_of(expression, overloads)
        # Who wants an argument, in the author's own text: the operator, or a library's function.
        wanting = Wanting(called(name, place), named=users_own(place) is place.span)
        located = self.grids.arguments(operator, values, place, wanting)
        if located is FAILED:
            return FAILED
        placed, space = located
        if operator.by_grid_alone:
            return self._of_grid(operator, overloads, placed, place)
        if operator.purity is not Purity.PURE:
            return self.outside.operation(operator, placed, place)
        result = space if operator.result.is_image else None
        names = (_names(expression, len(values)),) if operator.names else ()
        if placed == values and not operator.own_grid and not names:
            kind = self.plan.kind(operator, len(values), (), result, operator.result)
            # Models are told apart by more than their form.
            if all(form.type != MODEL for form in forms[1:]):
                self.applied[forms] = kind
            return self.plan.add_of(kind, values, expression.span, frame)
        return self.plan.add(operator, placed, names, result, place)

    def _of_grid(
        self,
        operator: Operator,
        overloads: tuple[Operator, ...],
        values: tuple[int, ...],
        place: Place,
    ) -> Value:
        """What an operator gives that asks for nothing but the grid of its argument.

        On the grid of an image, such as `border(img)`: the constant, drawn there. What is told of a
        grid, as `spacing(img)`, is known as soon as the grid is.
        """
        of = self.plan.kinds[values[0]].space
        spaceless = next((o for o in overloads if o.spaceless), None)
        if spaceless is not None:
            constant = self.plan.add(spaceless, (), (), None, place)
            return constant if of is None else self.grids.in_space(constant, of)
        if not isinstance(of, Geometry):
            return self.plan.add(operator, values, (), None, place)
        try:
            # What is known of an image as soon as its grid is.
            found = operator.function(SimpleNamespace(geometry=of))
        except OperationError as problem:
            return self.messages.error(problem.message, place, hint=problem.hint)
        return self.outside.knowledge.literal(found, operator.result, place)

    def _not_zero(self, image: int, place: Place) -> int | Failed:
        """Where an image of one number a voxel is not 0; another image as it is."""
        if not self.outside.is_image(image, None, 0, place):
            return FAILED
        if values_per_voxel(self.plan, image) not in (None, 1):
            return image
        return self.plan.add(NOT_ZERO, (image,), (), self.plan.kinds[image].space, place)

    def form(self, overloaded: Overloaded, values: tuple[int, ...]) -> Form | None:
        """What an overloaded operator stands for, for these operations."""
        kinds = self.plan.kinds
        types = tuple(kinds[v].type for v in values)
        form = overloaded.forms.get(types)
        if form is None and MODEL in types:
            # A model counts as numbers; what a filter gave, also as a region.
            as_numbers = tuple(VALUATION if t == MODEL else t for t in types)
            as_regions = tuple(
                REGION if t == MODEL and values_per_voxel(self.plan, v) is None else t
                for t, v in zip(types, values, strict=True)
            )
            form = overloaded.forms.get(as_numbers) or overloaded.forms.get(as_regions)
        return form

    def mismatch(
        self,
        overloads: tuple[Operator, ...],
        values: tuple[Value, ...],
        expression: Expression,
        place: Place,
        name: str,
    ) -> Failed:
        """That an operator does not take values of these types."""
        return self.messages.tell(
            complaints.mismatch(overloads, values, expression, place, name, self.plan)
        )

    def _choice(self, overloads: tuple[Operator, ...], values: tuple[int, ...]) -> Operator | None:
        """The overload for arguments with the types of these, and models with what is in them."""
        kinds = self.plan.kinds
        types = tuple(kinds[v].type for v in values)
        computed = tuple(
            found == MODEL and values_per_voxel(self.plan, value) is None
            for value, found in zip(values, types, strict=True)
        )
        key = (overloads, types, computed)
        if key not in self._chosen:
            self._chosen[key] = choose(overloads, types, computed)
        return self._chosen[key]


def name_of(expression: Expression, callee: Applicable) -> str:
    """What a program calls the thing that it applies."""
    if isinstance(expression, Call) and expression.notation != "index":
        return expression.name
    return callee[0].name if isinstance(callee, tuple) else callee.name


def _names(expression: Expression, count: int) -> str:
    """What a program calls the arguments after the first: those without a name by their number."""
    arguments = expression.arguments if isinstance(expression, Call) else ()
    names: list[str] = []
    for number in range(1, count):
        argument = arguments[number] if len(arguments) == count else None
        name = argument.name if isinstance(argument, Name) else ""
        names.append(name if name and name not in names else str(number))
    return " ".join(names)


def may_take(overloads: tuple[Operator, ...], types: tuple[Type, ...], position: int) -> bool:
    """Whether some overload takes so many arguments, and a value of this type as one of them."""
    return any(
        o.takes_count(len(types)) and accepts(o.parameter(position).type, types[position])
        for o in overloads
    )


def _exactly(
    plan: WorkPlan, overloads: tuple[Operator, ...], values: tuple[int, ...], place: Place
) -> int | None:
    """A comparison of whole numbers with a number, without rounding them to float32 before.

    Its operator is one of those in EXACT. None where it is none of a loaded image of whole numbers.
    """
    operator = EXACT[overloads[0].name]
    numbers = tuple(v for v in values if plan.kinds[v].type == NUMBER)
    images = [v for v in values if plan.kinds[v].type != NUMBER]
    if len(values) != len(operator.parameters) or len(images) != 1:
        return None
    model = _model(plan, images[0], place)
    if model is None:
        return None
    return plan.add(operator, (*numbers, model), (), plan.kinds[model].space, place)


def _model(plan: WorkPlan, image: int, place: Place) -> int | None:
    """The loaded image of large whole numbers that an image is the intensity of, in its place."""
    space = plan.kinds[image].space
    node = image
    while (kind := plan.kinds[node]).operator is not LOAD:
        if kind.operator is not ALIGN and not kind.operator.converts:
            return None
        node = plan.arguments(node)[0]
    file: Any = plan.kinds[node].constants[0]
    if not file.may_be_large or file.components != 1 or space is None:
        return None
    if plan.kinds[node].space == space:
        return node
    constants: Any = (space,)
    return plan.add(ALIGN, (node,), constants, space, place, MODEL)
