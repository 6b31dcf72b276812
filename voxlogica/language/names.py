"""What names mean: declarations, operators and their overloads, functions of the language.

The names of namespaces are there too; their operators are made when they are used. Overloaded
operators stand for the dotted ones between a number and an image, so that a program means the same
operations whichever of the two it is written with.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any, Final

from voxlogica.dataclass import dataclass
from voxlogica.language.builtins import AtLeast, Builtin
from voxlogica.language.code import Declared
from voxlogica.operators import Overloads, namespace, namespaces
from voxlogica.operators.signature import (
    BOOL,
    NUMBER,
    REGION,
    VALUATION,
    Operator,
    OperatorParameter,
    Type,
)

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


def takes(binding: Applicable) -> frozenset[int]:
    """The numbers of arguments that something can be applied to."""
    if isinstance(binding, Declared):
        return frozenset({len(binding.parameters)})
    if isinstance(binding, Builtin):
        return binding.takes
    if isinstance(binding, Overloaded):
        return frozenset(len(types) for types in binding.forms)
    return _taken_by(binding)


@cache
def _taken_by(overloads: Overloads) -> frozenset[int]:
    if any(operator.variadic for operator in overloads):
        return AtLeast({min(operator.least for operator in overloads)})
    return frozenset(
        n for operator in overloads for n in range(operator.least, len(operator.parameters) + 1)
    )


# Is the binding of no name: what is declared wrongly is bound to None.
_NOTHING: Any = object()


class Names(dict[str, Binding]):
    """What names mean, last declaration first; an imported namespace below its own as well.

    SimpleITK has hundreds of functions, and a program uses a few: looking up a name makes it.
    """

    def __init__(self, known: Mapping[str, Binding]) -> None:
        super().__init__(known)
        self._imported: list[tuple[str, Mapping[str, Overloads]]] = []
        # What was bound, in this order: a name alone where it meant nothing before.
        self._bound: list[str | tuple[str, Binding]] = []

    def __setitem__(self, name: str, binding: Binding) -> None:
        before = super().get(name, _NOTHING)
        self._bound.append(name if before is _NOTHING else (name, before))
        super().__setitem__(name, binding)

    def copied(self) -> Names:
        """The same names, for further declarations; what is imported is imported."""
        other = Names(self)
        other._imported = [*self._imported]
        return other

    def mark(self) -> tuple[int, int]:
        """How much there is now, to go back to."""
        return len(self._bound), len(self._imported)

    def bound_since(self, number: int) -> list[str]:
        """The names that were bound after so many, each once."""
        bound = self._bound[number:]
        return [*dict.fromkeys(one if isinstance(one, str) else one[0] for one in bound)]

    def go_back(self, mark: tuple[int, int]) -> None:
        """Mean what names meant then."""
        bound, imported = mark
        while len(self._bound) > bound:
            before = self._bound.pop()
            if isinstance(before, str):
                del self[before]
            else:
                super().__setitem__(*before)
        del self._imported[imported:]

    def bring(self, imported: str) -> None:
        """Import a namespace: its operators under its name and by themselves, beside others."""
        found = namespace(imported)
        for known, before in list(self.items()):
            if known not in found or isinstance(before, Overloaded):
                continue
            own = found[known]
            beside = before if isinstance(before, tuple) else ()
            self[known] = own + tuple(o for o in beside if o not in own)
        self._imported.append((imported, found))

    def __missing__(self, name: str) -> Binding:
        for imported, found in reversed(self._imported):
            own = name.removeprefix(f"{imported}.")
            if own in found:
                self[name] = found[own]
                return found[own]
        raise KeyError(name)

    def __contains__(self, name: object) -> bool:
        return super().__contains__(name) or any(
            str(name).removeprefix(f"{imported}.") in found for imported, found in self._imported
        )

    def __iter__(self) -> Iterator[str]:
        yield from dict.fromkeys([*super().__iter__(), *(n for _, f in self._imported for n in f)])

    def get(self, name: str, default: Any = None) -> Any:
        """What a name means, or the default."""
        try:
            return self[name]
        except KeyError:
            return default


def found_after_import(name: str) -> str | None:
    """How to come by a name that one of the namespaces has, or why it cannot be had."""
    space, _, own = name.rpartition(".")
    for imported in (space,) if space in namespaces() else () if space else namespaces():
        if own in namespace(imported):
            return f'it is there after `import "{imported}"`'
        if imported == "simpleitk":
            from voxlogica.operators.itk.declaring import barred

            why = barred(own)
            if why is not None:
                return f"SimpleITK's `{own}` is not there for programs: {why}"
            alike = {n.casefold(): n for n in namespace(imported)}.get(
                own.replace("_", "").casefold()
            )
            if alike is not None and "_" in own:
                return f'SimpleITK calls it `{alike}`, after `import "simpleitk"`'
    return None


# What overloaded operators stand for

_BETWEEN_NUMBER_AND_IMAGE = {
    (NUMBER, NUMBER): ".{}.",
    (VALUATION, NUMBER): "{}.",
    (NUMBER, VALUATION): ".{}",
}

# The operator that stands for another, by the types of the arguments. Those that are declared under
# the name itself, as of two images, are forms as well.
STANDS_FOR: dict[str, dict[tuple[Type, ...], str]] = {
    **{
        name: {types: dotted.format(name) for types, dotted in _BETWEEN_NUMBER_AND_IMAGE.items()}
        for name in ("+", "-", "*", "/", "<", "<=", ">", ">=")
    },
    "==": {types: dotted.format("=") for types, dotted in _BETWEEN_NUMBER_AND_IMAGE.items()},
    "!=": {},
    "&": {(BOOL, BOOL): ".&.", (REGION, REGION): "&"},
    "|": {(BOOL, BOOL): ".|.", (REGION, REGION): "|"},
    "&&": {(BOOL, BOOL): ".&.", (REGION, REGION): "&"},
    "||": {(BOOL, BOOL): ".|.", (REGION, REGION): "|"},
    "!": {(BOOL,): "!.", (REGION,): "!"},
}


# Words for them, as VoxLogicA 2 has.
WORDS = {"addition": "+", "subtraction": "-", "multiplication": "*", "division": "/"}


def result_of(name: str, types: tuple[Type, ...]) -> Type:
    """The type of what an overloaded operator gives for arguments of these types."""
    is_image = any(t.is_image for t in types)
    if name in ("+", "-", "*", "/"):
        return VALUATION if is_image else NUMBER
    return REGION if is_image else BOOL


def forms(name: str, all_types: Iterable[tuple[Type, ...]]) -> tuple[Operator, ...]:
    """An overloaded operator's meanings for arguments of some types: for messages and manuals."""
    return tuple(
        Operator(
            name,
            tuple(OperatorParameter(p, t) for p, t in zip("ab", types, strict=False)),
            result_of(name, types),
            tuple,
            "",
        )
        for types in all_types
    )


def overloaded(
    names: Mapping[str, Binding], operators: Mapping[str, tuple[Operator, ...]]
) -> dict[str, Overloaded]:
    """The overloaded operators, given what the standard library declares."""
    made: dict[str, Overloaded] = {}
    for name, stands_for in STANDS_FOR.items():
        forms: dict[tuple[Type, ...], Form] = {
            types: binding
            for types, other in stands_for.items()
            if isinstance(binding := names[other], Declared | tuple)
        }
        own = operators.get(name, ())
        forms |= {tuple(p.type for p in operator.parameters): (operator,) for operator in own}
        made[name] = Overloaded(name, forms)
    return made | {word: made[name] for word, name in WORDS.items()}
