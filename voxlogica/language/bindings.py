"""What a name means, and the values that expressions have while a program is reduced."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count
from typing import Final, NamedTuple

from voxlogica.dataclass import dataclass, field
from voxlogica.language.builtins import Builtin
from voxlogica.language.code import Declared
from voxlogica.language.workplan import Frame, Place
from voxlogica.primitives.signature import Operator, Type
from voxlogica.syntax.ast import Expression

# Gives numbers to sequences, the later ones greater.
next_number = count().__next__

Form = Declared | tuple[Operator, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Overloaded:
    """An operator whose arguments' types decide what it stands for; for sequences, by element."""

    name: str
    forms: dict[tuple[Type, ...], Form]


Applicable = Declared | tuple[Operator, ...] | Overloaded | Builtin
# What a name means whose declaration has an error: no use of it is another.
UNKNOWN: Final = None
Binding = Applicable | None

# Stands for the result of an expression with an error in it: no further error is made of it.
FAILED: Final = -1


@dataclass(frozen=True, slots=True, eq=False)
class Function:
    """A function as a value, with the values that it captured.

    Compared by identity: to look at what functions captured, other functions among them, would take
    as long as they are nested deep.
    """

    name: str
    binding: Applicable
    captured: tuple[Value, ...] = ()


class Numbers(NamedTuple):
    """The elements of a range."""

    first: int
    place: Place


class View(NamedTuple):
    """Some elements of another sequence."""

    of: Elements
    places: Sequence[int]


class Mapped(NamedTuple):
    """What a function gives: for each element of the sequences among its arguments."""

    function: Function
    arguments: tuple[Value, ...]
    expression: Expression
    frame: Frame | None


@dataclass(eq=False, slots=True)
class Elements:
    """A sequence whose length is known while reducing; its elements are reduced when asked for.

    `made` are those that were. Where the length depends on what is computed when the program runs,
    and only types are looked at, `is_known` is False, and there is one element that stands for all.
    """

    length: int
    type: Type
    rule: Numbers | View | Mapped | None = None
    made: dict[int, Value] = field(default_factory=dict)
    is_known: bool = True
    # How many values there are in it, within its elements too, once it was gone through.
    values: int = 1
    # The order in which sequences came to be.
    number: int = field(default_factory=next_number)


# Of an expression: the position of an operation in the plan, a sequence, a function.
Value = int | Elements | Function


class AtLeast(frozenset[int]):
    """All numbers from one on, which is the element."""

    def __contains__(self, count: object) -> bool:
        return isinstance(count, int) and count >= min(self)


def takes(binding: Applicable) -> frozenset[int]:
    """The numbers of arguments that something can be applied to."""
    if isinstance(binding, Declared):
        return frozenset({len(binding.parameters)})
    if isinstance(binding, Builtin):
        return binding.takes
    if isinstance(binding, Overloaded):
        return frozenset(len(types) for types in binding.forms)
    if any(operator.variadic for operator in binding):
        return AtLeast({min(operator.least for operator in binding)})
    return frozenset(
        n for operator in binding for n in range(operator.least, len(operator.parameters) + 1)
    )
