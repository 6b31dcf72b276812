"""What a name means: a declaration, an operator and its overloads, a function of the language."""

from __future__ import annotations

from typing import Final

from voxlogica.dataclass import dataclass
from voxlogica.language.builtins import Builtin
from voxlogica.language.code import Declared
from voxlogica.primitives.signature import Operator, Type

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
