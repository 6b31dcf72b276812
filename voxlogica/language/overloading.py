"""The overloaded operators: what `+`, `<` or `&` stand for, by the types of their arguments.

Between a number and an image they stand for the dotted operators, so that a program means the same
operations whichever of the two it is written with.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from voxlogica.language.code import Declared
from voxlogica.language.names import UNKNOWN, Binding, Form, Overloaded
from voxlogica.operators.signature import (
    BOOL,
    NUMBER,
    REGION,
    VALUATION,
    Operator,
    Parameter,
    Type,
)

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
            tuple(Parameter(p, t) for p, t in zip("ab", types, strict=False)),
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
        forms: dict[tuple[Type, ...], Form] = {}
        for types, other in stands_for.items():
            binding = names[other]
            if binding is not UNKNOWN and isinstance(binding, Declared | tuple):
                forms[types] = binding
        for operator in operators.get(name, ()):
            forms[tuple(p.type for p in operator.parameters)] = (operator,)
        made[name] = Overloaded(name, forms)
    return made | {word: made[name] for word, name in WORDS.items()}
