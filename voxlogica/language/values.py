"""The values that expressions have while a program is reduced: operations, sequences, functions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import Enum
from itertools import count
from typing import Any, Final, NamedTuple

from voxlogica.dataclass import dataclass, field
from voxlogica.language.names import Applicable
from voxlogica.language.operations import Frame, Place
from voxlogica.language.workplan import WorkPlan
from voxlogica.operators.signature import (
    ANY,
    BOOL,
    FUNCTION,
    NUMBER,
    STRING,
    VALUE,
    Type,
    sequence_of,
)
from voxlogica.syntax.ast import Expression

# Gives numbers to sequences, the later ones greater.
next_number = count().__next__


class Failed(Enum):
    """The result of an expression with an error in it: no further error is made of it."""

    FAILED = "failed"


FAILED: Final = Failed.FAILED


@dataclass(frozen=True, slots=True, eq=False)
class FunctionValue:
    """A function as a value, with the values that it captured.

    Compared by identity: to look at what functions captured, other functions among them, would take
    as long as they are nested deep.
    """

    name: str
    binding: Applicable
    captured: tuple[Value, ...] = ()


class Application(NamedTuple):
    """A function applied to values, and where the program says so.

    As the rule of a sequence: for each element of the sequences among the values.
    """

    function: FunctionValue
    values: tuple[Value, ...]
    expression: Expression
    frame: Frame | None

    @property
    def place(self) -> Place:
        """Where it stands."""
        return Place(self.expression.span, self.frame)


class RangeValue(NamedTuple):
    """The elements of a range."""

    first: int
    place: Place


class Items(NamedTuple):
    """The elements of a sequence that an operation gives, each an image."""

    operation: int
    place: Place


class SelectedElements(NamedTuple):
    """Some elements of another sequence."""

    of: Elements
    indices: Sequence[int]


class Concatenated(NamedTuple):
    """The elements of several sequences, one after the other; and where those of each begin."""

    of: tuple[Elements, ...]
    begins: tuple[int, ...]


@dataclass(eq=False, slots=True)
class Elements:
    """A sequence whose length is known while reducing; its elements are reduced when asked for.

    `made` are those that were. Where the length depends on what is computed when the program runs,
    and only types are looked at, `is_known` is False, and there is one element that stands for all.
    """

    length: int
    type: Type
    rule: RangeValue | Items | SelectedElements | Concatenated | Application | None = None
    made: dict[int, Value] = field(default_factory=dict)
    is_known: bool = True
    # How many values there are in it, within its elements too, once it was gone through.
    values: int = 1
    # The order in which sequences came to be.
    number: int = field(default_factory=next_number)


# Of an expression: the position of an operation in the plan, a sequence, a function.
Value = int | Elements | FunctionValue | Failed


def type_of(plan: WorkPlan, value: Value) -> Type:
    """The type of a value; any, of one that has failed."""
    if isinstance(value, int):
        return plan.kinds[value].type
    if isinstance(value, Elements):
        return sequence_of(value.type)
    return FUNCTION if isinstance(value, FunctionValue) else ANY


def joined_type(a: Type, b: Type) -> Type | None:
    """The type of both, if they have one type; the type of empty sequences is that of any."""
    if a in (ANY, b):
        return b
    if b == ANY:
        return a
    if a.element is None or b.element is None:
        return None
    element = joined_type(a.element, b.element)
    return None if element is None else sequence_of(element)


def common_type(types: Iterable[Type]) -> Type:
    """The type of elements of these types."""
    common = ANY
    for found in types:
        joined = joined_type(common, found)
        if joined is None:
            return VALUE
        common = joined
    return common


def type_of_constant(value: Any) -> Type:
    """The type of a value that is at hand; no image is in it."""
    if isinstance(value, list | tuple):
        return sequence_of(common_type(map(type_of_constant, value)))
    return BOOL if isinstance(value, bool) else STRING if isinstance(value, str) else NUMBER


def innermost(found: Type) -> Type:
    """The type of what a sequence consists of in the end."""
    while found.element is not None:
        found = found.element
    return found
