"""Operators as messages name them: by what they are called, their revision, and what they take.

Those of programs are looked up in the registry, filters where SimpleITK is asked for them; those
that planning puts into plans itself have names of their own here.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from voxlogica.cluster.messages import TravelError, read_count, read_row
from voxlogica.kernels.voxelwise import ENDS, TABLE, Operation
from voxlogica.operators import literals, namespace, registry, whole_numbers
from voxlogica.operators.layers import LIGHT_BOX
from voxlogica.operators.signature import REGISTRY, Operator, Type
from voxlogica.operators.voxelwise import CHAINED

_ITK = "simpleitk"
# Where an operator is looked up.
_OF_PROGRAMS, _OF_PLANS = 0, 1

# Python goes through types by calling itself, and no deeper than this.
_DEEPEST = 1_000

# Types as messages have them: within how many sequences, and the name.
PackedType = tuple[int, str]


@cache
def _of_plans() -> Mapping[str, Operator]:
    """The operators that only plans have."""
    own = {
        word: getattr(literals, word)
        for word in (
            "NUMBER_LITERAL",
            "BOOL_LITERAL",
            "STRING_LITERAL",
            "LOAD",
            "HELD",
            "SEQUENCE",
            "JOINED",
            "AT",
            "LENGTH_OF",
            "ALIGN",
            "FIT",
            "NUMBERS_OF",
            "NOT_ZERO",
            "REGION_OF",
            "MASK_OF",
        )
    }
    exact = {operator.name: operator for operator in whole_numbers.EXACT.values()}
    chained = {operator.name: operator for operator in CHAINED.values()}
    return {**own, **exact, **chained, "LIGHT_BOX": LIGHT_BOX}


@cache
def _names_of_plans() -> Mapping[Operator, str]:
    return {operator: name for name, operator in _of_plans().items()}


@cache
def _of_programs() -> Mapping[tuple[str, tuple[Type, ...]], Operator]:
    """The operators that programs may name, but for those of SimpleITK."""
    registry()
    return {
        (operator.name, _takes(operator)): operator
        for names in REGISTRY.values()
        for overloads in names.values()
        for operator in overloads
    }


def _takes(operator: Operator) -> tuple[Type, ...]:
    return tuple([parameter.type for parameter in operator.parameters])


def _found(name: str, takes: tuple[Type, ...]) -> Operator | None:
    space, dot, own = name.partition(".")
    if space == _ITK and dot:
        overloads = namespace(_ITK).get(own, ())
        return next((o for o in overloads if o.name == name and _takes(o) == takes), None)
    return _of_programs().get((name, takes))


def packed_operator(operator: Operator) -> list[Any]:
    """How a message names an operator. Raises TypeError for what is in no plan that is finished."""
    own = _names_of_plans().get(operator)
    if own is not None:
        return [_OF_PLANS, own, operator.revision, []]
    takes = _takes(operator)
    if _found(operator.name, takes) is not operator:
        raise TypeError(f"the operator `{operator.name}` cannot travel: nobody else knows it")
    return [_OF_PROGRAMS, operator.name, operator.revision, [packed_type(one) for one in takes]]


def operator_of(packed: object) -> Operator:
    """The operator that is named so. TravelError where it is not known here, or is another."""
    where, name, revision, takes = read_row(packed, int, str, int, list)
    if where == _OF_PLANS:
        found = _of_plans().get(name)
    else:
        found = _found(name, tuple(map(type_of, takes)))
    if found is None:
        raise TravelError(
            f"a worker does not know the operator `{name}`",
            "client and workers have to have one version of voxlogica, and of SimpleITK",
        )
    if found.revision != revision:
        what = "SimpleITK" if found.by_itk else "voxlogica"
        raise TravelError(
            f"the operator `{name}` is another at a worker: its revision is {found.revision}, not"
            f" {revision}",
            f"client and workers have to have one version of {what}: install the same on all",
        )
    return found


def packed_type(of: Type) -> PackedType:
    """A type, without types within types."""
    depth = 0
    while of.element is not None:
        depth, of = depth + 1, of.element
    return depth, of.name


def type_of(packed: object) -> Type:
    """The type of that; ValueError where it is none that a value could have."""
    depth, name = read_row(packed, int, str)
    found = Type(name)
    if read_count(depth) > _DEEPEST:
        raise ValueError("sequences within too many others")
    for _ in range(depth):
        found = Type("sequence", found)
    return found


# The rows of chains


@cache
def _rows() -> Mapping[tuple[str, str], Operation]:
    every = (*(row for rows in TABLE.values() for row in rows), *ENDS)
    return {(row.name, "".join(row.takes)): row for row in every}


def packed_row(row: Operation) -> tuple[str, str]:
    """How a message names what a chain consists of: its name, and what it takes."""
    return row.name, "".join(row.takes)


def row_of(packed: object) -> Operation:
    """The row that is named so; ValueError or KeyError where there is none."""
    name, takes = read_row(packed, str, str)
    return _rows()[name, takes]
